/* What only the SQLite store promises: files, keys, faults, crashes. */
#include "unit/store/store_place.h"

#include <fcntl.h>

/* With stock and `n` sessions, closed again. */
static void make_database(unsigned n)
{
	struct store *store = open_store();
	put_stock(store);
	for (unsigned i = 0; i < n; i++) {
		struct made_session made;
		make_session(use, i, &made);
		put_session(store, &made);
	}
	store->ops->close(store);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(folder.db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static char *slurp(const char *path, size_t *ret_len)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	char *bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_len = (size_t)st.st_size;
	return bytes;
}

/* Opening with `with` is refused, the sentence has `word`, and the file has the same bytes after it. */
static void assert_refused(const struct vault *with, const char *word)
{
	struct store *store = NULL;
	char error[256] = "";
	size_t before_len, after_len;
	char *before = slurp(folder.db, &before_len);
	assert_int_equal(store_sqlite_open(folder.db, with, &store, error), ERR_STORE_REFUSED);
	assert_null(store);
	if (!strstr(error, word))
		print_message("# said: %s\n", error);
	assert_non_null(strstr(error, word));
	char *after = slurp(folder.db, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
	free(before);
	free(after);
}

static void another_programs_database_is_refused_untouched(void **state)
{
	(void)state;
	run_sql("CREATE TABLE orders(id INTEGER PRIMARY KEY); INSERT INTO orders VALUES(1)");
	assert_refused(vault, "another program");
}

static void a_file_that_is_no_database_is_refused_untouched(void **state)
{
	static const char text[4096] = "this is a shopping list, not a database";
	(void)state;
	int fd = open(folder.db, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
	assert_refused(vault, "not a database");
	assert_int_equal(truncate(folder.db, 0), 0);
	assert_refused(vault, "not a database");
}

static void a_newer_schema_is_refused_untouched(void **state)
{
	(void)state;
	make_database(1);
	run_sql("PRAGMA user_version = 99");
	assert_refused(vault, "newer");
}

static void a_truncated_database_is_refused(void **state)
{
	struct stat st;
	(void)state;
	make_database(40);
	assert_int_equal(stat(folder.db, &st), 0);
	assert_int_equal(truncate(folder.db, st.st_size - 4096), 0);
	assert_refused(vault, "malformed");
}

static void a_wrong_key_or_a_missing_one_is_refused_untouched(void **state)
{
	const uint8_t other[1][96] = {{99}};
	(void)state;
	make_database(1);
	struct vault *wrong = vault_of(other, 1);
	assert_refused(wrong, "key 1");
	vault_free(wrong);
}

static void while_keys_rotate_old_rows_open_and_the_old_key_stays_needed(void **state)
{
	struct made_session made;
	(void)state;
	make_database(1);
	struct vault *both = vault_of(fixture_keys, 2);
	struct vault_use *both_use = vault_use_new(both);
	struct store *store;
	char error[256];
	assert_int_equal(store_sqlite_open(folder.db, both, &store, error), ERR_OK);
	make_session(both_use, 1, &made);
	put_session(store, &made);
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 2);
	assert_true(number_equal(loaded->sessions[0]->parties[0].numbers[0], nobody(0)));
	/* By the new key, as whoever asks from now on: or a caller could be given one VN twice. */
	struct person person;
	vault_person(both_use, nobody(0), &person);
	assert_memory_equal(&loaded->sessions[0]->parties[0].persons[0], &person, sizeof person);
	loaded_free(loaded);
	store->ops->close(store);
	assert_refused(vault, "lacks key 2");
	vault_use_free(both_use);
	vault_free(both);
}

static void a_database_that_breaks_s1_is_refused_with_both_names_and_untouched(void **state)
{
	struct made_session a, b;
	char id_a[SESSION_ID_TEXT_SIZE], id_b[SESSION_ID_TEXT_SIZE];
	size_t before_len, after_len;
	(void)state;
	make_database(0);
	make_session(use, 0, &a);
	make_session(use, 1, &b);
	b.parties[1].vn_id = a.parties[1].vn_id;
	b.parties[0].numbers[0] = a.parties[0].numbers[0];
	struct store *store = open_store();
	put_session(store, &a);
	put_session(store, &b);
	store->ops->close(store);

	char *before = slurp(folder.db, &before_len);
	store = open_store();
	struct loaded *loaded = malloc(sizeof *loaded);
	assert_int_equal(load_into(store, NOW_MS, loaded), ERR_STORE_REFUSED);
	assert_non_null(strstr(loaded->error, session_id_text(a.row.id, id_a)));
	assert_non_null(strstr(loaded->error, session_id_text(b.row.id, id_b)));
	loaded_free(loaded);
	store->ops->close(store);
	char *after = slurp(folder.db, &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
	free(before);
	free(after);
}

static void a_box_moved_to_another_session_refuses_the_load_by_name(void **state)
{
	struct made_session made;
	char id[SESSION_ID_TEXT_SIZE];
	(void)state;
	make_database(2);
	run_sql("UPDATE session SET parties = (SELECT parties FROM session ORDER BY id LIMIT 1)"
		" WHERE id = (SELECT max(id) FROM session)");
	make_session(use, 1, &made);
	struct store *store = open_store();
	struct loaded *loaded = malloc(sizeof *loaded);
	assert_int_equal(load_into(store, NOW_MS, loaded), ERR_STORE_REFUSED);
	assert_non_null(strstr(loaded->error, session_id_text(made.row.id, id)));
	loaded_free(loaded);
	store->ops->close(store);
}

static int findings;
static char finding[256];

static void note_finding(void *context, const char *sentence)
{
	(void)context;
	findings++;
	snprintf(finding, sizeof finding, "%s", sentence);
}

/* Runs the check; how many findings. */
static int verify(void)
{
	char error[256] = "";
	findings = 0;
	enum err err = store_sqlite_verify(folder.db, vault, NOW_MS, note_finding, NULL, error);
	if (err != ERR_OK)
		print_message("# verify: %s\n", error);
	assert_int_equal(err, ERR_OK);
	return findings;
}

static void only_one_process_serves_a_folder_and_others_join_it(void **state)
{
	struct store *second = NULL, *guest = NULL;
	struct key_row key = {.id = "abcdefgh01234567", .name = "backend", .tenant = "main", .scopes = KEY_SESSIONS};
	struct audit_row audit = {.at_ms = NOW_MS, .tenant = STR("main"), .key = STR("cli"), .action = STR("key.create"),
		.target = str_of(key.id)};
	char error[256];
	(void)state;
	struct store *store = open_store();
	put_stock(store);
	assert_int_equal(store_sqlite_open(folder.db, vault, &second, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "another bauta is using this folder"));
	assert_int_equal(store_sqlite_join(folder.db, vault, &guest, error), ERR_OK);
	put_audit(store, "main", "pool.set", "a");
	assert_false(store->ops->changed(store));
	assert_int_equal(guest->ops->key_put(guest, &key, &audit), ERR_OK);
	assert_true(store->ops->changed(store));
	assert_false(store->ops->changed(store));
	put_audit(store, "main", "pool.set", "b");
	assert_false(guest->ops->idle(guest, NOW_MS));
	guest->ops->close(guest);
	store->ops->close(store);
	store = open_store(); /* free again */
	store->ops->close(store);
	assert_int_equal(verify(), 0);
}

static void verify_is_silent_about_a_good_database_and_names_what_is_wrong(void **state)
{
	static const struct {
		const char *sql, *word;
	} wrongs[] = {
		{"UPDATE vn SET pool_id = 9 WHERE id = 60", "pool 9"},
		{"UPDATE vn SET number = -1 WHERE id = 60", "not a number"},
		{"UPDATE vn SET number = (SELECT number FROM vn WHERE id = 59) WHERE id = 60", "one number"},
		{"UPDATE session SET parties = zeroblob(9) WHERE id = (SELECT max(id) FROM session)", "damaged"},
		{"UPDATE session SET parties = (SELECT parties FROM session ORDER BY id LIMIT 1) WHERE id ="
			" (SELECT max(id) FROM session)", "damaged"},
		{"DELETE FROM vn WHERE id = 2", "does not exist"},
		{"UPDATE session SET state = 7 WHERE id = (SELECT max(id) FROM session)", "state"},
		{"UPDATE pool SET ttl_s = 0 WHERE id = 1", "ttl_s"},
		{"UPDATE pool SET level = 3 WHERE id = 1", "level"},
		{"UPDATE audit SET target = 'x' WHERE id = 2", "audit: row"},
		{"DELETE FROM audit WHERE id = 2", "audit"},
		{"UPDATE audit SET hash = zeroblob(32) WHERE id = 3", "audit: row 3"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		make_database(3);
		struct store *store = open_store();
		for (int j = 0; j < 3; j++)
			put_audit(store, "main", "pool.set", "jakarta");
		store->ops->close(store);
		assert_int_equal(verify(), 0);
		run_sql(wrongs[i].sql);
		assert_true(verify() > 0);
		bool named = strstr(finding, wrongs[i].word) != NULL;
		if (!named)
			print_message("# %s: %s\n", wrongs[i].sql, finding);
		assert_true(named);
		unlink(folder.db);
		char wal[128];
		snprintf(wal, sizeof wal, "%s-wal", folder.db);
		unlink(wal);
		snprintf(wal, sizeof wal, "%s-shm", folder.db);
		unlink(wal);
	}
}

static void a_backup_is_whole_private_and_overwrites_nothing(void **state)
{
	char path[128], error[256];
	struct stat st;
	(void)state;
	make_database(5);
	struct store *store = open_store();
	struct store_reader *reader = store->ops->reader_open(store);
	struct made_session made;
	make_session(use, 5, &made);
	put_session(store, &made);
	snprintf(path, sizeof path, "%s/copy.db", folder.path);
	assert_int_equal(store->ops->backup(reader, path, error), ERR_OK);
	assert_int_equal(store->ops->backup(reader, path, error), ERR_STORE_FAILED);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	store->ops->reader_close(reader);
	store->ops->close(store);
	assert_int_equal(rename(path, folder.db), 0);
	assert_int_equal(verify(), 0);
	store = open_store();
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_int_equal(loaded->sessions_n, 6);
	loaded_free(loaded);
	store->ops->close(store);
}

static void all_files_are_private(void **state)
{
	struct stat st;
	(void)state;
	mode_t old = umask(0);
	struct store *store = open_store();
	put_stock(store);
	DIR *dir = opendir(folder.path);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.') {
			assert_int_equal(fstatat(dirfd(dir), entry->d_name, &st, 0), 0);
			assert_int_equal(st.st_mode & 0777, 0600);
		}
	closedir(dir);
	umask(old);
	store->ops->close(store);
}

static void assert_absent(const char *path, const void *needle, size_t len)
{
	size_t file_len;
	char *bytes = slurp(path, &file_len);
	assert_null(memmem(bytes, file_len, needle, len));
	free(bytes);
}

/* In no shape: digits, 64-bit integers of both orders, the six and seven bytes that SQLite would use. */
static void no_real_number_is_in_any_file(void **state)
{
	char wal[128], digits[24];
	(void)state;
	struct store *store = open_store();
	put_stock(store);
	for (unsigned i = 0; i < 20; i++) {
		struct made_session made;
		make_session(use, i, &made);
		fill_session(use, &made);
		put_session(store, &made);
	}
	snprintf(wal, sizeof wal, "%s-wal", folder.db);
	for (int closed = 0; closed < 2; closed++) {
		for (unsigned i = 0; i < 40; i++) {
			uint64_t number = nobody(i).e164, swapped = __builtin_bswap64(number);
			int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
			const char *path = closed ? folder.db : wal;
			assert_absent(path, digits, (size_t)len);
			assert_absent(path, &number, 5); /* little endian: the bytes that are not zero */
			assert_absent(path, (const char *)&swapped + 3, 5);
		}
		if (!closed)
			store->ops->close(store);
	}
}

/* Commits sessions from `first` until one fails; how many were acknowledged. */
static unsigned commit_until_failure(struct store *store, unsigned first, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		struct made_session made;
		make_session(use, first + i, &made);
		made.parties[0].vn_id = 1 + (first + i) % 60;
		made.parties[1].vn_id = 1 + (first + i + 1) % 60;
		if (commit_one(store, (struct record){RECORD_SESSION, 0, {.session = &made.row}}) != ERR_OK)
			return i;
	}
	return most;
}

static int count_sessions(void)
{
	struct store *store = open_store();
	struct loaded *loaded = load_all(store, NOW_MS);
	int n = loaded->sessions_n;
	loaded_free(loaded);
	store->ops->close(store);
	return n;
}

static void a_full_disk_refuses_and_recovers_with_nothing_lost(void **state)
{
	(void)state;
	for (int nth = 0; nth < 12; nth++) {
		make_database(0);
		struct store *store = open_store();
		unsigned done = commit_until_failure(store, 0, 3);
		assert_int_equal(done, 3);
		fault_writes = nth;
		done += commit_until_failure(store, done, 20);
		assert_true(done < 23);
		assert_false(store->ops->must_stop(store));
		assert_int_equal(commit_until_failure(store, done, 1), 0); /* still full */
		fault_writes = -1;
		done += commit_until_failure(store, done, 5);
		store->ops->close(store);
		assert_int_equal(count_sessions(), done);
		assert_int_equal(verify(), 0);
		unlink(folder.db);
	}
}

static void after_a_failed_sync_the_process_must_stop_and_nothing_acknowledged_is_lost(void **state)
{
	(void)state;
	for (int nth = 0; nth < 6; nth++) {
		make_database(0);
		struct store *store = open_store();
		fault_syncs = nth;
		unsigned done = commit_until_failure(store, 0, 50);
		assert_true(done < 50);
		assert_true(store->ops->must_stop(store));
		fault_syncs = -1;
		assert_int_equal(commit_until_failure(store, done, 1), 0); /* for good */
		assert_false(store->ops->idle(store, NOW_MS));
		store->ops->close(store);
		int there = count_sessions();
		assert_true(there == (int)done || there == (int)done + 1); /* the last one: whole or absent */
		assert_int_equal(verify(), 0);
		unlink(folder.db);
	}
}

/* A child commits batches of three and tells each; it is killed somewhere in between. */
static void what_was_acknowledged_survives_sigkill(void **state)
{
	(void)state;
	make_database(0);
	for (unsigned round = 0; round < 5; round++) {
		int told[2];
		unsigned last = 0, got = 0;
		assert_int_equal(pipe(told), 0);
		pid_t child = fork();
		if (child == 0) {
			close(told[0]);
			struct store *store = open_store();
			for (unsigned i = round * 1000;; i++) {
				if (commit_until_failure(store, i, 1) != 1)
					_exit(1);
				if (write(told[1], &i, sizeof i) != sizeof i)
					_exit(1);
			}
		}
		assert_true(child > 0);
		close(told[1]);
		while (got < 20 + round * 7) {
			assert_int_equal(read(told[0], &last, sizeof last), sizeof last);
			got++;
		}
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(told[0], &last, sizeof last) == sizeof last)
			got++;
		close(told[0]);

		struct store *store = open_store();
		struct loaded *loaded = load_all(store, NOW_MS);
		unsigned there = 0;
		for (int i = 0; i < loaded->sessions_n; i++) {
			unsigned index = (unsigned)(loaded->sessions[i]->id >> 16) - (unsigned)(NOW_MS - 1000);
			there += index >= round * 1000 && index <= last;
		}
		assert_int_equal(there, got);
		loaded_free(loaded);
		store->ops->close(store);
		assert_int_equal(verify(), 0);
	}
}

static void the_wal_stays_small_while_batches_run(void **state)
{
	char wal[128];
	struct stat st;
	static struct made_session made[256];
	static struct record records[256];
	enum store_verdict verdicts[256];
	(void)state;
	struct store *store = open_store();
	snprintf(wal, sizeof wal, "%s-wal", folder.db);
	for (unsigned batch = 0; batch < 300; batch++) {
		for (unsigned i = 0; i < 256; i++) {
			make_session(use, batch * 256 + i, &made[i]);
			records[i] = (struct record){RECORD_SESSION, i, {.session = &made[i].row}};
		}
		assert_int_equal(store->ops->commit(store, records, 256, verdicts), ERR_OK);
		assert_int_equal(stat(wal, &st), 0);
		assert_true(st.st_size < 8 << 20);
	}
	store->ops->close(store);
	assert_int_equal(stat(folder.db, &st), 0);
	assert_true(st.st_size > 12 << 20);
}

/* Steps of housekeeping in a store with `n` calls of this moment. */
static int steps_of_idle(unsigned n)
{
	static struct call calls[1000];
	static struct record records[1000];
	static enum store_verdict verdicts[1000];
	struct pool_row pool = made_pool(1, "main", "jakarta");
	struct store *store = open_store();
	int steps = 1;
	put_pool(store, &pool);
	for (unsigned i = 0; i < n; i++) {
		calls[i % 1000] = (struct call){.id = id_at(NOW_MS, i), .at_ms = NOW_MS, .pool_id = 1};
		records[i % 1000] = (struct record){RECORD_CALL, i % 1000, {.call = &calls[i % 1000]}};
		if (i % 1000 == 999)
			assert_int_equal(store->ops->commit(store, records, 1000, verdicts), ERR_OK);
	}
	while (store->ops->idle(store, NOW_MS + 1000))
		steps++;
	store->ops->close(store);
	unlink(folder.db);
	return steps;
}

/* A month of calls at a thousand a second is 2.6 billion rows. */
static void calls_that_are_too_young_to_go_are_not_all_looked_at(void **state)
{
	(void)state;
	int steps = steps_of_idle(0);
	assert_int_equal(steps_of_idle(20000), steps);
}

/* Two large tables whose sweeps last longer than they rest keep no other table waiting. */
static void every_table_has_its_turn(void **state)
{
	struct pool_row quick = made_pool(1, "main", "jakarta"), slow = made_pool(2, "main", "bandung");
	struct call call = {.id = id_at(NOW_MS - 86400000, 1), .at_ms = NOW_MS - 86400000, .pool_id = 1};
	struct store *store = open_store();
	sqlite3_stmt *st;
	sqlite3 *db;
	char sql[512];

	(void)state;
	quick.policy.keep_s = 60;
	slow.policy.keep_s = 3600 * 24 * 365;
	put_pool(store, &quick);
	put_pool(store, &slow);
	put_one(store, (struct record){RECORD_CALL, 0, {.call = &call}});
	assert_int_equal(sqlite3_open(folder.db, &db), SQLITE_OK);
	for (int past = 0; past < 2; past++) {
		int64_t end = past ? NOW_MS / 1000 - 3600 : 0;
		snprintf(sql, sizeof sql,
			"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 15000) INSERT INTO %s"
			" SELECT i,2,2,0,1,%lld,%lld,%lld,0,0,%lld,0,0,'r'||i,x'00' FROM c", past ? "session_past" : "session",
			(long long)NOW_MS / 1000 - 86400, (long long)NOW_MS / 1000 + 86400, (long long)end, (long long)end);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	}
	for (int i = 0; i < 120; i++)
		(void)store->ops->idle(store, NOW_MS + i * 1000ll);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM call", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	store->ops->close(store);
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
		T(every_table_has_its_turn),
		T(another_programs_database_is_refused_untouched),
		T(a_file_that_is_no_database_is_refused_untouched),
		T(a_newer_schema_is_refused_untouched),
		T(a_truncated_database_is_refused),
		T(a_wrong_key_or_a_missing_one_is_refused_untouched),
		T(while_keys_rotate_old_rows_open_and_the_old_key_stays_needed),
		T(a_database_that_breaks_s1_is_refused_with_both_names_and_untouched),
		T(a_box_moved_to_another_session_refuses_the_load_by_name),
		T(only_one_process_serves_a_folder_and_others_join_it),
		T(verify_is_silent_about_a_good_database_and_names_what_is_wrong),
		T(a_backup_is_whole_private_and_overwrites_nothing),
		T(all_files_are_private),
		T(no_real_number_is_in_any_file),
		T(a_full_disk_refuses_and_recovers_with_nothing_lost),
		T(after_a_failed_sync_the_process_must_stop_and_nothing_acknowledged_is_lost),
		T(what_was_acknowledged_survives_sigkill),
		T(the_wal_stays_small_while_batches_run),
		T(calls_that_are_too_young_to_go_are_not_all_looked_at),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, install_faults, NULL);
}
