/* S7 on a disk that loses its power: at each write, truncation and sync of a workload in turn, with unsynced writes dropped, kept, torn
 * and out of order. Whatever was acknowledged is there afterwards, what was not is whole or absent, and the database is sound. */
#include "unit/store/store_place.h"

#include "power_cut.h"

#define BATCHES 12u

struct done {
	bool opened;
	unsigned stored;  /* batches that were acknowledged */
	bool torn;        /* one more was under way */
};

/* A session that is made, an event of it and what is noted of it. */
static enum err store_batch(struct store *store, unsigned i)
{
	enum store_verdict verdicts[1];
	struct made_session made;
	struct outbox_row event = made_event(i);
	struct audit_row audit = {.at_ms = NOW_MS, .tenant = STR("main"), .key = STR("cli"), .action = STR("x"), .target = STR("y"),
		.detail = STR("")};

	make_session(use, i, &made);
	if (i % 3 == 2)
		close_session(&made, NOW_S + i, 60, 60);
	const struct record records[] = {{RECORD_SESSION, 0, {.session = &made.row}}, {RECORD_OUTBOX, 0, {.outbox = &event}},
		{RECORD_AUDIT, 0, {.audit = &audit}}};
	return store->ops->commit(store, records, 3, verdicts);
}

static enum err stock(struct store *store)
{
	enum store_verdict verdicts[1];
	struct pool_row pool = made_pool(1, "main", "jakarta");
	struct vn_row vns[2 * BATCHES + 2];
	struct record records[2 * BATCHES + 3] = {{RECORD_POOL, 0, {.pool = &pool}}};

	for (uint32_t i = 0; i < 2 * BATCHES + 2; i++) {
		vns[i] = made_vn(i + 1, 1);
		records[i + 1] = (struct record){RECORD_VN, 0, {.vn = &vns[i]}};
	}
	return store->ops->commit(store, records, 2 * BATCHES + 3, verdicts);
}

static struct done work(void)
{
	struct done done = {0};
	struct store *store = NULL;
	char error[256];

	if (store_sqlite_open(folder.db, vault, &store, error) != ERR_OK)
		return done;
	done.opened = stock(store) == ERR_OK;
	for (unsigned i = 0; i < BATCHES && done.opened && !done.torn; i++) {
		done.torn = store_batch(store, i) != ERR_OK;
		done.stored += !done.torn;
		if (i % 4 == 3)
			store->ops->idle(store, NOW_MS + 1000000 * i);
	}
	store->ops->close(store);
	return done;
}

static bool has_session(struct store_reader *reader, unsigned i)
{
	struct made_session made;
	struct session_row *row;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	make_session(use, i, &made);
	enum err err = reader->store->ops->read_session(reader, made.row.id, &arena, &row);
	assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
	if (err == ERR_OK)
		assert_true(number_equal(row->parties[0].numbers[0], made.parties[0].numbers[0]));
	arena_done(&arena);
	return err == ERR_OK;
}

static bool has_event(struct store_reader *reader, unsigned i)
{
	struct outbox_row row, made = made_event(i);
	struct arena arena;

	arena_init(&arena, 1 << 20);
	enum err err = reader->store->ops->read_event(reader, made.id, &arena, &row);
	assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
	arena_done(&arena);
	return err == ERR_OK;
}

static void is_wrong(void *context, const char *sentence)
{
	print_message("# verify: %s\n", sentence);
	++*(int *)context;
}

static void expect(const struct done *done, long n, enum power_mode mode)
{
	struct store *store = open_store();
	struct store_reader *reader = store->ops->reader_open(store);
	char error[256];
	int wrong = 0;

	assert_non_null(reader);
	for (unsigned i = 0; i < BATCHES; i++) {
		bool session = has_session(reader, i), event = has_event(reader, i);
		bool must = i < done->stored, may = must || (done->torn && i == done->stored);
		if (session != event || (must && !session) || (!may && session))
			print_message("# cut at %ld, mode %d: batch %u of %u stored: session %d, event %d\n", n, mode, i, done->stored, session, event);
		assert_true(session == event);
		assert_true(session || !must);
		assert_true(!session || may);
	}
	store->ops->reader_close(reader);
	store->ops->close(store);
	assert_int_equal(store_sqlite_verify(folder.db, vault, NOW_MS, is_wrong, &wrong, error), ERR_OK);
	assert_int_equal(wrong, 0);
}

static long count_operations(void)
{
	power_on(-1, POWER_KEEPS, 0);
	struct done done = work();
	long n = power.seen;
	power_off();
	assert_true(done.opened && done.stored == BATCHES);
	return n;
}

static void cut_everywhere(enum power_mode mode, int times)
{
	folder_drop(&folder);
	folder_make(&folder);
	long n = count_operations(), cuts = 0;

	assert_true(n > 50);
	for (int time = 0; time < times; time++)
		for (long i = 0; i < n; i++, cuts++) {
			folder_drop(&folder);
			folder_make(&folder);
			power_on(i, mode, (uint64_t)i * 1000 + (uint64_t)time + 1);
			struct done done = work();
			bool cut = power.cut;
			power_off();
			assert_true(cut || done.stored == BATCHES);
			expect(&done, i, mode);
		}
	print_message("# %ld power cuts\n", cuts);
}

static void unsynced_writes_are_gone(void **state)
{
	(void)state;
	cut_everywhere(POWER_DROPS, 1);
}

static void unsynced_writes_are_there(void **state)
{
	(void)state;
	cut_everywhere(POWER_KEEPS, 1);
}

static void unsynced_writes_are_torn_and_out_of_order(void **state)
{
	(void)state;
	cut_everywhere(POWER_TEARS, 3);
}

/* Does the test see what it looks for? Without the sync before the acknowledgment something is lost. */
static bool forgetful(const char *path, enum fault_act act, const void *bytes, size_t n, size_t at)
{
	return act == FAULT_SYNC && !power.cut ? false : power_watch(path, act, bytes, n, at);
}

static void a_disk_that_lies_about_syncs_is_seen(void **state)
{
	(void)state;
	power_on(150, POWER_DROPS, 1);
	fault_watch = forgetful;
	struct done done = work();
	power_off();
	assert_true(done.stored > 0);
	struct store *store = NULL;
	char error[256];
	if (store_sqlite_open(folder.db, vault, &store, error) != ERR_OK)
		return; /* not even a database */
	struct store_reader *reader = store->ops->reader_open(store);
	assert_false(has_session(reader, done.stored - 1));
	store->ops->reader_close(reader);
	store->ops->close(store);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unsynced_writes_are_gone),
		T(unsynced_writes_are_there),
		T(unsynced_writes_are_torn_and_out_of_order),
		T(a_disk_that_lies_about_syncs_is_seen),
	};

	fault_vfs_install();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
