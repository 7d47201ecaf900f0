/* store_each: a test for each back end; a new back end is listed here. */
#ifndef UNIT_STORE_EACH_H
#define UNIT_STORE_EACH_H

#include "unit/store/store_fixture.h"

/* A back end with stock in it, and what the tests ask of it. */
struct bench {
	bool on_disk;
	struct folder folder;
	struct vault *vault;
	struct vault_use *use;
	struct store *store;
	struct store_reader *reader;
	struct arena arena;
};

static inline void bench_open(struct bench *bench)
{
	char error[256];
	if (bench->on_disk)
		assert_int_equal(store_sqlite_open(bench->folder.db, bench->vault, &bench->store, error), ERR_OK);
	else
		bench->store = store_memory_new(bench->vault);
	bench->reader = bench->store->ops->reader_open(bench->store);
	assert_non_null(bench->reader);
}

static inline void bench_close(struct bench *bench)
{
	bench->store->ops->reader_close(bench->reader);
	bench->store->ops->close(bench->store);
}

/* What is kept on disk is asked again after a new start. */
static inline void bench_reopen(struct bench *bench)
{
	if (!bench->on_disk)
		return;
	bench_close(bench);
	bench_open(bench);
}

static inline void on_each_back_end(void (*test)(struct bench *bench))
{
	for (int on_disk = 0; on_disk < 2; on_disk++) {
		struct bench bench = {.on_disk = on_disk};
		folder_make(&bench.folder);
		bench.vault = vault_of(fixture_keys, 1);
		bench.use = vault_use_new(bench.vault);
		arena_init(&bench.arena, 64 << 20);
		bench_open(&bench);
		put_stock(bench.store);
		test(&bench);
		bench_close(&bench);
		arena_done(&bench.arena);
		vault_use_free(bench.use);
		vault_free(bench.vault);
		folder_drop(&bench.folder);
	}
}

static inline struct session_row *read_back(struct bench *bench, uint64_t id)
{
	struct session_row *row = NULL;
	assert_int_equal(bench->store->ops->read_session(bench->reader, id, &bench->arena, &row), ERR_OK);
	return row;
}

static inline void idle_all(struct bench *bench, int64_t now_ms)
{
	while (bench->store->ops->idle(bench->store, now_ms))
		;
}

#define TEST(sentence) \
	static void check_##sentence(struct bench *bench); \
	static void sentence(void **state) \
	{ \
		(void)state; \
		on_each_back_end(check_##sentence); \
	} \
	static void check_##sentence(struct bench *bench)

#endif
