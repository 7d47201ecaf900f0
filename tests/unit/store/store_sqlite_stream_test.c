/* What only the SQLite store promises of events, sinks and dead letters: migration, faults, files, the full check. */
#include "unit/store/store_place.h"

#include <fcntl.h>
#include <sys/file.h>

#include "unit/store/store_version_1.h"

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *error = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

static int64_t ask_sql(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_open(folder.db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

static int findings;
static char finding[256];

static void note_finding(void *context, const char *sentence)
{
	(void)context;
	findings++;
	snprintf(finding, sizeof finding, "%s", sentence);
}

static int verify(void)
{
	char error[256] = "";
	findings = 0;
	enum err err = store_sqlite_verify(folder.db, vault, NOW_MS, note_finding, NULL, error);
	if (err != ERR_OK || findings)
		print_message("# verify: %s%s\n", error, finding);
	assert_int_equal(err, ERR_OK);
	return findings;
}

/* Some of everything. */
static void fill(struct store *store)
{
	const struct offset_row offset = {STR("bauta"), STR("orders"), 0, 5, 1};
	const struct dead_row dead = made_dead(0, "order-1", DEAD_REFUSED);
	put_stock(store);
	put_events(store, 0, 6);
	put_sink(store, "kafka", made_event(5).id, 0);
	put_retry(store, "kafka", made_event(2).id, 1);
	put_one(store, (struct record){RECORD_OFFSET, 0, {.offset = &offset}});
	put_dead(store, &dead);
}

/* --- migration --- */

#define SCHEMA 5

/* What there is in each of the old tables. */
static void fill_version_1(struct store *store)
{
	struct made_session made;
	struct tombstone_row tombstone = {.hash = 9, .session = 5, .until = NOW_S + 1};
	struct idempotency_row idempotency = {.id = id_at(NOW_MS, 1), .until = NOW_S + 1, .answer = STR("{}")};
	struct call call = {.id = id_at(NOW_MS, 2), .at_ms = NOW_MS, .pool_id = 1, .provider = "twilio"};
	struct key_row key = {.id = "abcdefgh01234567", .name = "backend", .tenant = "main", .scopes = KEY_SESSIONS};
	put_stock(store);
	for (unsigned i = 0; i < 6; i++) {
		make_session(use, i, &made);
		if (i < 3)
			close_session(&made, NOW_S - 1000, 10, 20);
		put_session(store, &made);
	}
	put_one(store, (struct record){RECORD_TOMBSTONE, 0, {.tombstone = &tombstone}});
	put_one(store, (struct record){RECORD_IDEMPOTENCY, 0, {.idempotency = &idempotency}});
	put_one(store, (struct record){RECORD_CALL, 0, {.call = &call}});
	put_one(store, (struct record){RECORD_TIME, 0, {.time_ms = NOW_MS}});
	assert_int_equal(store->ops->key_put(store, &key, NULL), ERR_OK);
	put_audit(store, "main", "pool.set", "jakarta");
	while (store->ops->idle(store, NOW_MS)) /* some are set aside */
		;
}

/* "id,name,...": those of the table as it is in that file. */
static void columns_of(const char *path, const char *table, char *text, size_t size)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT group_concat(name) FROM pragma_table_info(?)", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_true(str_copy(text, size, str_of((const char *)sqlite3_column_text(st, 0))));
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* A database as the first version made it, with the rows of the one that is there, in its place. */
static void make_version_1(void)
{
	char path[128], sql[1024], columns[512];
	snprintf(path, sizeof path, "%s/old.db", folder.path);
	run_sql(path, store_version_1);
	run_sql(path, "PRAGMA application_id = 1113683316; PRAGMA user_version = 1; PRAGMA journal_mode = WAL");
	for (size_t i = 0; i < sizeof store_version_1_tables / sizeof store_version_1_tables[0]; i++) {
		const char *table = store_version_1_tables[i];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
		assert_true(ask_sql(sql) > 0);
		columns_of(path, table, columns, sizeof columns);
		snprintf(sql, sizeof sql, "ATTACH '%s' AS now; INSERT INTO %s SELECT %s FROM now.%s", folder.db, table, columns,
			table);
		run_sql(path, sql);
	}
	unlink(folder.db);
	snprintf(sql, sizeof sql, "%s-wal", folder.db);
	unlink(sql);
	snprintf(sql, sizeof sql, "%s-shm", folder.db);
	unlink(sql);
	assert_int_equal(rename(path, folder.db), 0);
}

static void a_database_of_version_1_is_migrated_with_all_its_rows(void **state)
{
	int64_t counts[sizeof store_version_1_tables / sizeof store_version_1_tables[0]];
	char sql[64];
	(void)state;
	struct store *store = open_store();
	fill_version_1(store);
	store->ops->close(store);
	make_version_1();
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", store_version_1_tables[i]);
		counts[i] = ask_sql(sql);
	}
	assert_int_equal(ask_sql("PRAGMA user_version"), 1);
	store = open_store();
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 3);
	assert_int_equal(loaded->vns_n, 60);
	assert_int_equal(loaded->calls_n, 1);
	assert_true(loaded->last_id == id_at(NOW_MS, 2));
	loaded_free(loaded);
	put_events(store, 0, 3);
	store->ops->close(store);
	assert_int_equal(ask_sql("PRAGMA user_version"), SCHEMA);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", store_version_1_tables[i]);
		assert_int_equal(ask_sql(sql), counts[i]);
	}
	assert_int_equal(verify(), 0);
}

/* Whoever only reads, or stands beside a running server, changes no schema. */
static void a_check_of_an_older_database_says_what_brings_it_up_to_date(void **state)
{
	char error[256];
	(void)state;
	struct store *store = open_store();
	fill_version_1(store);
	store->ops->close(store);
	make_version_1();
	assert_int_equal(store_sqlite_verify(folder.db, vault, NOW_MS, note_finding, NULL, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "schema 1 "));
	assert_non_null(strstr(error, "`bauta serve`"));
	assert_int_equal(ask_sql("PRAGMA user_version"), 1);
}

/* What the fourth and fifth versions added taken away again: a database of the third. */
static void make_version_3(void)
{
	run_sql(folder.db,
		"ALTER TABLE pool DROP COLUMN calls_at_once; ALTER TABLE pool DROP COLUMN minutes_per_session;"
		"ALTER TABLE pool DROP COLUMN require_attestation; ALTER TABLE pool DROP COLUMN attempts_per_minute;"
		"ALTER TABLE pool DROP COLUMN scan_vns; DROP TABLE block; DROP INDEX outbox_others;"
		"DROP TABLE message; DROP TABLE message_box; DROP TABLE message_policy; PRAGMA user_version = 3");
}

static void pools_of_version_3_have_no_bounds_once_they_are_migrated(void **state)
{
	(void)state;
	struct store *store = open_store();
	fill_version_1(store);
	store->ops->close(store);
	make_version_3();
	store = open_store();
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 3);
	loaded_free(loaded);
	store->ops->close(store);
	assert_int_equal(ask_sql("PRAGMA user_version"), SCHEMA);
	assert_int_equal(ask_sql("SELECT count(*) FROM pool"), 2);
	assert_int_equal(ask_sql("SELECT sum(calls_at_once + minutes_per_session + require_attestation + attempts_per_minute + scan_vns)"
				 " FROM pool"), 0);
	assert_int_equal(ask_sql("SELECT count(*) FROM block"), 0);
	assert_int_equal(verify(), 0);
}

static void a_migration_that_fails_leaves_version_1(void **state)
{
	char error[256];
	(void)state;
	for (int nth = 0; nth < 3; nth++) {
		struct store *store = open_store();
		fill_version_1(store);
		store->ops->close(store);
		make_version_1();
		fault_writes = nth;
		assert_int_not_equal(store_sqlite_open(folder.db, vault, &store, error), ERR_OK);
		fault_writes = -1;
		assert_int_equal(ask_sql("PRAGMA user_version"), 1);
		store = open_store();
		put_events(store, 0, 3);
		store->ops->close(store);
		assert_int_equal(verify(), 0);
		unlink(folder.db);
	}
}

static void a_database_of_version_1_is_not_migrated_beside_its_server(void **state)
{
	struct store *guest;
	char path[128], error[256] = "";
	(void)state;
	struct store *store = open_store();
	fill_version_1(store);
	store->ops->close(store);
	make_version_1();
	snprintf(path, sizeof path, "%s-writer", folder.db);
	int fd = open(path, O_RDWR | O_CREAT, 0600); /* an old server's */
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(store_sqlite_join(folder.db, vault, &guest, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "older version"));
	assert_int_equal(ask_sql("PRAGMA user_version"), 1);
	close(fd);
	assert_int_equal(store_sqlite_join(folder.db, vault, &guest, error), ERR_OK); /* nobody is there */
	guest->ops->close(guest);
	assert_int_equal(ask_sql("PRAGMA user_version"), SCHEMA);
}

static void a_database_of_a_later_version_is_refused(void **state)
{
	struct store *store = open_store();
	char error[256] = "";
	(void)state;
	fill(store);
	store->ops->close(store);
	run_sql(folder.db, "PRAGMA user_version = 99");
	assert_int_equal(store_sqlite_open(folder.db, vault, &store, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "schema version 99, this bauta knows up to 5"));
	run_sql(folder.db, "PRAGMA user_version = 5");
	assert_int_equal(verify(), 0);
}

/* --- the limit --- */

static void a_lower_limit_is_reached_in_bounded_steps(void **state)
{
	static struct outbox_row events[2000];
	static struct record records[2000];
	static enum store_verdict verdicts[2000];
	(void)state;
	struct store *store = open_store();
	for (unsigned i = 0; i < 2000; i++) {
		events[i] = made_event(i);
		records[i] = (struct record){RECORD_OUTBOX, i, {.outbox = &events[i]}};
	}
	assert_int_equal(store->ops->commit(store, records, 2000, verdicts), ERR_OK);
	store->ops->close(store);
	store = open_store();
	store->outbox_max = 100;
	put_events(store, 2000, 1);
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 2001 - 257); /* as many as came, and a step */
	put_audit(store, "main", "pool.set", "jakarta");
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 2001 - 257 - 256);
	assert_true(store->ops->idle(store, NOW_MS));
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 2001 - 257 - 256 - 1000);
	for (unsigned i = 2001; i < 2005; i++)
		put_events(store, i, 1);
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 100);
	assert_int_equal(ask_sql("SELECT max(id) FROM outbox") == (int64_t)made_event(2004).id, 1);
	assert_true(store->outbox_lost == 0); /* no sink wanted them */
	store->ops->close(store);
}

/* A commit that fails changes neither the table nor the count of it. */
static void the_count_stays_true_through_a_full_disk(void **state)
{
	(void)state;
	for (int nth = 0; nth < 10; nth++) {
		struct store *store = open_store();
		store->outbox_max = 10;
		put_sink(store, "kafka", 0, 0);
		put_events(store, 0, 10);
		unsigned next = 10;
		fault_writes = nth;
		for (bool good = true; good;) {
			struct outbox_row row = made_event(next);
			good = commit_one(store, (struct record){RECORD_OUTBOX, 0, {.outbox = &row}}) == ERR_OK;
			next += good;
		}
		store->ops->idle(store, NOW_MS);
		fault_writes = -1;
		assert_false(store->ops->must_stop(store));
		put_events(store, next, 25);
		assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 10);
		assert_true(store->outbox_lost == next + 15);
		store->ops->close(store);
		assert_int_equal(verify(), 0);
		unlink(folder.db);
	}
}

static void events_that_are_kept_for_a_minute_are_gone_soon_after(void **state)
{
	(void)state;
	struct store *store = open_store();
	store->outbox_keep_s = 60;
	put_events(store, 0, 50);
	while (store->ops->idle(store, NOW_MS + 50 * 1000))
		;
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 50);
	while (store->ops->idle(store, NOW_MS + 75 * 1000))
		;
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 0);
	store->ops->close(store);
}

static void a_purge_on_a_full_disk_is_only_put_off(void **state)
{
	(void)state;
	struct store *store = open_store();
	store->outbox_keep_s = 10;
	put_events(store, 0, 50);
	fault_writes = 0;
	for (int i = 0; i < 20; i++)
		store->ops->idle(store, NOW_MS + 20000);
	assert_false(store->ops->must_stop(store));
	fault_writes = -1;
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 50);
	while (store->ops->idle(store, NOW_MS + 20000 + 120 * 1000))
		;
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 0);
	put_events(store, 50, 1); /* ids go on */
	store->ops->close(store);
	assert_int_equal(verify(), 0);
}

/* --- files --- */

static void assert_absent(const char *path, const char *needle)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	char *bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	assert_null(memmem(bytes, (size_t)st.st_size, needle, strlen(needle)));
	free(bytes);
}

static void no_payload_is_in_clear_in_any_file(void **state)
{
	char wal[128];
	(void)state;
	struct store *store = open_store();
	fill(store);
	snprintf(wal, sizeof wal, "%s-wal", folder.db);
	assert_absent(wal, "99900000001");
	assert_absent(wal, "{\"customer");
	store->ops->close(store);
	assert_absent(folder.db, "99900000001");
	assert_absent(folder.db, "{\"customer");
}

static void a_payload_that_does_not_open_is_a_failure_and_no_answer(void **state)
{
	struct dead_row made[2] = {made_dead(0, "order-1", DEAD_REFUSED), made_dead(1, "order-1", DEAD_PARKED)}, row;
	struct arena arena;
	(void)state;
	struct store *store = open_store();
	for (int i = 0; i < 2; i++)
		put_dead(store, &made[i]);
	store->ops->close(store);
	run_sql(folder.db, "UPDATE dead SET payload = (SELECT payload FROM dead ORDER BY id LIMIT 1)");
	store = open_store();
	struct store_reader *reader = store->ops->reader_open(store);
	arena_init(&arena, 1 << 20);
	assert_int_equal(store->ops->read_dead(reader, made[0].id, &arena, &row), ERR_OK);
	assert_int_equal(store->ops->read_dead(reader, made[1].id, &arena, &row), ERR_STORE_FAILED);
	arena_done(&arena);
	store->ops->reader_close(reader);
	store->ops->close(store);
}

static void a_backup_has_all_of_it(void **state)
{
	char path[128], error[256];
	(void)state;
	struct store *store = open_store();
	fill(store);
	struct store_reader *reader = store->ops->reader_open(store);
	snprintf(path, sizeof path, "%s/copy.db", folder.path);
	assert_int_equal(store->ops->backup(reader, path, error), ERR_OK);
	store->ops->reader_close(reader);
	store->ops->close(store);
	assert_int_equal(rename(path, folder.db), 0);
	assert_int_equal(verify(), 0);
	store = open_store();
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_int_equal(loaded->sinks_n, 1);
	assert_int_equal(loaded->retries_n, 1);
	assert_int_equal(loaded->offsets_n, 1);
	assert_int_equal(loaded->dead_n, 1);
	loaded_free(loaded);
	store->ops->close(store);
	assert_int_equal(ask_sql("SELECT count(*) FROM outbox"), 6);
}

/* A refused event may be of no order. */
static void verify_takes_an_event_without_a_key(void **state)
{
	struct outbox_row row = made_event(0);
	(void)state;
	struct store *store = open_store();
	row.type = STR("event.refused");
	row.pool = row.key = STR("");
	row.session = 0;
	put_one(store, (struct record){RECORD_OUTBOX, 0, {.outbox = &row}});
	store->ops->close(store);
	assert_int_equal(verify(), 0);
}

static void verify_names_what_is_wrong(void **state)
{
	static const struct {
		const char *sql, *word;
	} wrongs[] = {
		{"UPDATE outbox SET id = -5 WHERE id = (SELECT min(id) FROM outbox)", "out of range"},
		{"UPDATE outbox SET data = '[1]' WHERE id = (SELECT min(id) FROM outbox)", "no JSON object"},
		{"UPDATE outbox SET data = '{\"a\":' WHERE id = (SELECT min(id) FROM outbox)", "no JSON object"},
		{"UPDATE outbox SET type = '' WHERE id = (SELECT min(id) FROM outbox)", "no type"},
		{"UPDATE sink SET cursor = -1", "sink kafka: its cursor is ahead"},
		{"UPDATE sink SET cursor = cursor + (200000000 << 16)", "sink kafka: its cursor is ahead"},
		{"UPDATE sink SET name = ''", "which does not exist"}, /* and the name */
		{"UPDATE sink_retry SET sink = 'webhook:x'", "webhook:x, which does not exist"},
		{"UPDATE stream_offset SET next = -1", "topic orders"},
		{"UPDATE stream_offset SET part = -1", "topic orders"},
		{"UPDATE dead SET state = 9", "state"},
		{"UPDATE dead SET payload = zeroblob(40)", "damaged"},
		{"UPDATE dead SET payload = ''", "damaged"},
		{"UPDATE dead SET id = id + 1", "damaged"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		struct store *store = open_store();
		fill(store);
		store->ops->close(store);
		assert_int_equal(verify(), 0);
		run_sql(folder.db, wrongs[i].sql);
		char error[256];
		findings = 0;
		assert_int_equal(store_sqlite_verify(folder.db, vault, NOW_MS, note_finding, NULL, error), ERR_OK);
		bool named = findings > 0 && strstr(finding, wrongs[i].word);
		if (!named)
			print_message("# %s: %s\n", wrongs[i].sql, finding);
		assert_true(named);
		char wal[128];
		unlink(folder.db);
		snprintf(wal, sizeof wal, "%s-wal", folder.db);
		unlink(wal);
		snprintf(wal, sizeof wal, "%s-shm", folder.db);
		unlink(wal);
	}
}

static int install_faults(void **state)
{
	(void)state;
	fault_vfs_install();
	return 0;
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_database_of_version_1_is_migrated_with_all_its_rows),
		T(a_check_of_an_older_database_says_what_brings_it_up_to_date),
		T(pools_of_version_3_have_no_bounds_once_they_are_migrated),
		T(a_migration_that_fails_leaves_version_1),
		T(a_database_of_version_1_is_not_migrated_beside_its_server),
		T(a_database_of_a_later_version_is_refused),
		T(a_lower_limit_is_reached_in_bounded_steps),
		T(the_count_stays_true_through_a_full_disk),
		T(a_purge_on_a_full_disk_is_only_put_off),
		T(events_that_are_kept_for_a_minute_are_gone_soon_after),
		T(no_payload_is_in_clear_in_any_file),
		T(a_payload_that_does_not_open_is_a_failure_and_no_answer),
		T(a_backup_has_all_of_it),
		T(verify_takes_an_event_without_a_key),
		T(verify_names_what_is_wrong),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, install_faults, NULL);
}
