/* big FOLDER SESSIONS [VNS]: makes a data folder of that many two-party sessions the way the server does, in batches
 * through the engine and the SQLite store, so that `bauta serve --data FOLDER` can be timed on it.
 *
 * Prints one line of JSON: how fast one thread made them (hashing, engine, sealing, commit), and what the engine
 * reserved for each.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "datadir.h"
#include "stock.h"

#define BATCH 512

static void die(const char *what, const char *why)
{
	fprintf(stderr, "big: %s: %s\n", what, why);
	exit(1);
}

/* Seconds. */
static double make(struct engine *engine, struct store *store, struct vault_use *use, uint32_t sessions)
{
	struct stock_request request;
	uint64_t began = stock_now_ns();
	uint32_t slot;

	for (uint32_t i = 0; i < sessions;) {
		engine_begin(engine, stock_wall_ms());
		for (int j = 0; j < BATCH && i < sessions; j++, i++) {
			stock_request(use, i, &request);
			enum err err = stock_open(engine, &request, &slot);
			if (err)
				die(request.ref, err_title(err));
		}
		stock_commit(engine, store);
	}
	return (double)(stock_now_ns() - began) / 1e9;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: big FOLDER SESSIONS [VNS]\n");
		return 2;
	}
	uint32_t sessions = (uint32_t)strtoul(argv[2], NULL, 10);
	uint32_t vns = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 20000;
	struct datadir datadir;
	struct vault *vault;
	struct store *store;
	char error[256];

	if (datadir_of(argv[1], NULL, &datadir, error) || datadir_make(&datadir, error) ||
			vault_create(datadir.key, &vault, error) || store_sqlite_open(datadir.database, vault, &store, error))
		die(argv[1], error);
	struct engine_options options = {.limits = LIMITS_DEFAULT(sessions), .seed = 1, .now_ms = stock_wall_ms()};
	struct vault_use *use = vault_use_new(vault);
	vault_text_key(vault, options.text_key);
	struct engine *engine = engine_new(&options);
	ASSERT(engine && use);
	stock_fill(engine, store, vns);

	double seconds = make(engine, store, use, sessions);
	while (store->ops->idle(store, stock_wall_ms()))
		;
	printf("{\"sessions\":%u,\"vns\":%u,\"made_per_s\":%.0f,\"reserved_bytes_a_session\":%.1f}\n", sessions, vns,
			(double)sessions / seconds, (double)engine_bytes(engine) / sessions);
	store->ops->close(store);
	engine_free(engine);
	vault_use_free(use);
	vault_free(vault);
	return 0;
}
