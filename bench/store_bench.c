/* store_bench [FOLDER] [SESSIONS] [BATCH] [EVENTS]: durable new sessions a second, one stream, and what a start reads back.
 *
 * Two parties each, sealed, in a transaction of BATCH (256) sessions; nothing between the batches. With EVENTS (0) above
 * 0 each session brings an event for the outside, and the outbox keeps that many. Then the store is opened again and
 * loaded: boxes opened by helper threads, pairs checked (S1). Prints one line of JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "store/store.h"

#define BATCH_MAX 4096
#define VNS 1000

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

struct made {
	struct session_row row;
	struct party parties[2];
	char ref[32];
};

static void make_session(struct vault_use *use, uint64_t i, struct made *ret_made)
{
	static const char *const roles[2] = {"customer", "courier"};
	*ret_made = (struct made){0};
	struct session_row *row = &ret_made->row;
	int len = snprintf(ret_made->ref, sizeof ret_made->ref, "order-%012llu", (unsigned long long)i);
	row->id = (1790000000000ull + i / 100) << 16 | i % 100;
	row->pool_id = 1;
	row->state = SESSION_LIVE;
	row->rev = 1;
	row->ref = str_n(ret_made->ref, (size_t)len);
	row->fingerprint = i * 0x9e3779b97f4a7c15u;
	row->opened_at = 1790000000;
	row->expires_at = 1790014400;
	row->parties_n = 2;
	row->parties = ret_made->parties;
	for (int j = 0; j < 2; j++) {
		struct party *party = &ret_made->parties[j];
		(void)str_copy(party->role, sizeof party->role, str_of(roles[j]));
		party->numbers_n = 1;
		party->may_call = true;
		party->numbers[0].e164 = 9990000000000 + 2 * i + (uint64_t)j;
		party->place.country = 'I' << 8 | 'D';
		party->vn_id = 1 + (uint32_t)(i * 2 + (uint64_t)j) % VNS;
		vault_person(use, party->numbers[0], &party->persons[0]);
	}
}

static void commit(struct store *store, const struct record *records, size_t n)
{
	static enum store_verdict verdicts[BATCH_MAX];
	if (store->ops->commit(store, records, n, verdicts) != ERR_OK) {
		fprintf(stderr, "store_bench: commit failed\n");
		exit(1);
	}
}

static void put_stock(struct store *store)
{
	struct pool_row pool = {.id = 1, .tenant = "main", .name = "bench", .policy = pool_policy_default('I' << 8 | 'D')};
	struct record record = {RECORD_POOL, 0, {.pool = &pool}};
	commit(store, &record, 1);
	for (uint32_t i = 1; i <= VNS; i++) {
		struct vn_row vn = {.id = i, .pool_id = 1, .number = {622150000000 + i}, .provider = "generic",
			.account = "bench"};
		record = (struct record){RECORD_VN, 0, {.vn = &vn}};
		commit(store, &record, 1);
	}
}

static struct outbox_row event_of(const struct made *made)
{
	return (struct outbox_row){.id = made->row.id, .at_ms = (int64_t)(made->row.id >> 16), .type = STR("session.live"),
		.tenant = STR("main"), .pool = STR("bench"), .session = made->row.id, .key = made->row.ref,
		.data = STR("{\"id\": \"ses_01JD5XK8Q70003\", \"pool\": \"bench\", \"ref\": \"order-000000000000\", "
			    "\"state\": \"live\", \"parties\": [{\"role\": \"customer\", \"virtual_number\": "
			    "\"+622150000001\"}, {\"role\": \"courier\", \"virtual_number\": \"+622150000002\"}], "
			    "\"expires_at\": \"2026-09-21T18:13:20Z\"}")};
}

/* Seconds in commit() only: making the rows is the engine's part. */
static double put_sessions(struct store *store, struct vault_use *use, uint64_t sessions, size_t batch)
{
	static struct made made[BATCH_MAX];
	static struct outbox_row events[BATCH_MAX];
	static struct record records[2 * BATCH_MAX];
	size_t each = store->outbox_max > 0 ? 2 : 1;
	double spent = 0;
	for (uint64_t done = 0; done < sessions; done += batch) {
		for (size_t i = 0; i < batch; i++) {
			make_session(use, done + i, &made[i]);
			events[i] = event_of(&made[i]);
			records[i * each] = (struct record){RECORD_SESSION, (uint32_t)i, {.session = &made[i].row}};
			if (each == 2)
				records[i * 2 + 1] = (struct record){RECORD_OUTBOX, (uint32_t)i, {.outbox = &events[i]}};
		}
		double before = now_s();
		commit(store, records, batch * each);
		spent += now_s() - before;
	}
	return spent;
}

static uint64_t loaded;

static enum err count_session(void *context, const struct session_row *row)
{
	(void)context;
	loaded += row->parties_n == 2 && number_is(row->parties[1].vn);
	return ERR_OK;
}

static enum err skip_time(void *context, int64_t time_ms)
{
	(void)context;
	(void)time_ms;
	return ERR_OK;
}

static enum err skip_pool(void *context, const struct pool_row *row)
{
	(void)context;
	(void)row;
	return ERR_OK;
}

static enum err skip_vn(void *context, const struct vn_row *row)
{
	(void)context;
	(void)row;
	return ERR_OK;
}

static struct store *open_store(const char *path, const struct vault *vault)
{
	struct store *store;
	char error[256];
	if (store_sqlite_open(path, vault, &store, error) != ERR_OK) {
		fprintf(stderr, "store_bench: %s\n", error);
		exit(1);
	}
	return store;
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/store_bench.XXXXXX";
	const char *root = argc > 1 ? argv[1] : mkdtemp(folder);
	uint64_t sessions = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	size_t batch = argc > 3 ? strtoul(argv[3], NULL, 10) : 256;
	uint32_t events = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	static const uint8_t key[1][96] = {{7}};
	char path[4096], error[256];
	ASSERT(root && batch > 0 && batch <= BATCH_MAX);
	snprintf(path, sizeof path, "%s/bauta.db", root);
	sessions -= sessions % batch;

	struct vault *vault = vault_of(key, 1);
	struct vault_use *use = vault_use_new(vault);
	struct store *store = open_store(path, vault);
	put_stock(store);
	store->outbox_max = events;
	double wall_s = put_sessions(store, use, sessions, batch);
	store->ops->close(store);
	struct stat st;
	ASSERT(stat(path, &st) == 0);

	store = open_store(path, vault);
	const struct store_visitor visitor = {.time = skip_time, .pool = skip_pool, .vn = skip_vn, .session = count_session};
	double before = now_s(), cpu_before = cpu_s();
	if (store->ops->load(store, 1790000001000, &visitor, error) != ERR_OK || loaded != sessions) {
		fprintf(stderr, "store_bench: load: %s\n", error);
		return 1;
	}
	double load_s = now_s() - before;
	printf("{\"bench\": \"store\", \"sessions\": %llu, \"batch\": %zu, \"events\": %u, \"sessions_per_s\": %.0f, "
		"\"bytes_a_session\": %.0f, \"load_s\": %.2f, \"load_cpu_s\": %.2f, \"load_sessions_per_s\": %.0f}\n",
		(unsigned long long)sessions, batch, events, (double)sessions / wall_s, (double)st.st_size / (double)sessions, load_s,
		cpu_s() - cpu_before, (double)sessions / load_s);
	store->ops->close(store);
	vault_use_free(use);
	vault_free(vault);
	return 0;
}
