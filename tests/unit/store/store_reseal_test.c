/* Keys rotate: every row comes under the new key, then the old one may go, and not before. */
#include "unit/store/store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "fault_vfs.h"

#define SESSIONS 1300 /* more than two steps */

static struct folder folder;

static int set_up(void **state)
{
	(void)state;
	folder_make(&folder);
	fault_writes = fault_syncs = -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fault_writes = fault_syncs = -1;
	folder_drop(&folder);
	return 0;
}

static void put_hex(FILE *file, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(file, "%02x", bytes[i]);
}

/* Keys `first` to `last` (1, 2) by a key file. */
static struct vault *vault_with(int first, int last)
{
	char path[96], error[256];
	struct vault *vault;
	snprintf(path, sizeof path, "%s/key", folder.path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	fprintf(file, "bauta-key 1\nroot %064d\n", 7);
	for (int id = first; id <= last; id++) {
		fprintf(file, "key %d index ", id);
		put_hex(file, fixture_keys[id - 1], 32);
		fprintf(file, " data ");
		put_hex(file, fixture_keys[id - 1] + 32, 64);
		fputc('\n', file);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(vault_read(path, &vault, error), ERR_OK);
	return vault;
}

/* --- a store and what it says --- */

struct bench {
	struct vault *vault;
	struct store *store;
	char told[1024];
};

static void note(void *context, const char *sentence)
{
	struct bench *bench = context;
	size_t len = strlen(bench->told);
	snprintf(bench->told + len, sizeof bench->told - len, "%s\n", sentence);
}

static void bench_open(struct bench *bench, int first, int last)
{
	char error[256] = "";
	*bench = (struct bench){.vault = vault_with(first, last)};
	enum err err = store_sqlite_open(folder.db, bench->vault, &bench->store, error);
	if (err != ERR_OK)
		print_message("# open: %s\n", error);
	assert_int_equal(err, ERR_OK);
	bench->store->tell = note;
	bench->store->tell_context = bench;
}

static void bench_close(struct bench *bench)
{
	bench->store->ops->close(bench->store);
	vault_free(bench->vault);
}

static void idle_all(struct bench *bench, int64_t now_ms)
{
	for (int i = 0; i < 200; i++)
		if (!bench->store->ops->idle(bench->store, now_ms))
			return;
	fail_msg("housekeeping has no end");
}

static void assert_refused(int first, int last, const char *word)
{
	struct vault *vault = vault_with(first, last);
	struct store *store;
	char error[256] = "";
	assert_int_equal(store_sqlite_open(folder.db, vault, &store, error), ERR_STORE_REFUSED);
	if (!strstr(error, word))
		print_message("# said: %s\n", error);
	assert_non_null(strstr(error, word));
	vault_free(vault);
}

static struct store_rotation rotation_of(const struct bench *bench)
{
	struct store_rotation rotation;
	char error[256] = "";
	assert_int_equal(store_sqlite_rotation(folder.db, bench->vault, &rotation, error), ERR_OK);
	return rotation;
}

static void make_rows(unsigned from, unsigned n, uint32_t closed_at)
{
	static struct made_session made[512];
	static struct record records[512];
	enum store_verdict verdicts[512];
	struct bench bench;
	bench_open(&bench, 1, 1);
	struct vault_use *use = vault_use_new(bench.vault);
	for (unsigned i = 0; i < n;) {
		unsigned k = 0;
		for (; k < 512 && i < n; k++, i++) {
			make_session(use, from + i, &made[k]);
			if (closed_at)
				close_session(&made[k], closed_at, 0, 1);
			records[k] = (struct record){RECORD_SESSION, k, {.session = &made[k].row}};
		}
		assert_int_equal(bench.store->ops->commit(bench.store, records, k, verdicts), ERR_OK);
	}
	vault_use_free(use);
	if (closed_at)
		idle_all(&bench, NOW_MS); /* into session_past */
	bench_close(&bench);
}

static void find_wrong(void *context, const char *sentence)
{
	if (strstr(sentence, "names a virtual number that does not exist"))
		return; /* these sessions have no stock */
	print_message("# verify: %s\n", sentence);
	++*(int *)context;
}

/* All sessions by key 2 alone: open ones load, ended ones are read, both hold their people by the new names. */
static void assert_all_there(unsigned open_n, unsigned past_n)
{
	struct bench bench;
	struct arena arena;
	struct session_row *row;
	struct made_session made;
	char error[256];
	int wrong = 0;
	bench_open(&bench, 2, 2);
	struct vault_use *use = vault_use_new(bench.vault);
	struct store_reader *reader = bench.store->ops->reader_open(bench.store);
	struct loaded *loaded = load_all(bench.store, NOW_MS);
	assert_int_equal(loaded->sessions_n, open_n);
	for (unsigned i = 0; i < open_n + past_n; i++) {
		make_session(use, i, &made);
		arena_init(&arena, 1 << 20);
		assert_int_equal(bench.store->ops->read_session(reader, made.row.id, &arena, &row), ERR_OK);
		for (int j = 0; j < 2; j++) {
			assert_true(number_equal(row->parties[j].numbers[0], made.parties[j].numbers[0]));
			assert_memory_equal(&row->parties[j].persons[0], &made.parties[j].persons[0], sizeof(struct person));
		}
		arena_done(&arena);
	}
	bench.store->ops->reader_close(reader);
	assert_int_equal(store_sqlite_verify(folder.db, bench.vault, NOW_MS, find_wrong, &wrong, error), ERR_OK);
	assert_int_equal(wrong, 0);
	loaded_free(loaded);
	vault_use_free(use);
	bench_close(&bench);
}

static void every_row_comes_under_the_new_key_across_stops_and_then_the_old_one_may_go(void **state)
{
	struct bench bench;
	(void)state;
	make_rows(0, SESSIONS, 0);
	make_rows(SESSIONS, 40, NOW_S - 100);
	bench_open(&bench, 1, 2);
	assert_false(rotation_of(&bench).begun);
	assert_int_equal(rotation_of(&bench).rows, SESSIONS + 40);
	for (uint64_t left = SESSIONS + 40; left > 0;) {
		assert_true(bench.store->ops->idle(bench.store, NOW_MS));
		assert_true(rotation_of(&bench).begun);
		assert_true(rotation_of(&bench).rows < left); /* some at every step, also after a stop */
		left = rotation_of(&bench).rows;
		bench_close(&bench);
		assert_refused(2, 2, "lacks key 1");
		bench_open(&bench, 1, 2);
	}
	idle_all(&bench, NOW_MS);
	assert_non_null(strstr(bench.told, "key 1 is no longer needed"));
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	assert_refused(1, 1, "lacks key 2");
	assert_all_there(SESSIONS, 40);
}

static void what_is_written_meanwhile_is_under_the_new_key(void **state)
{
	struct made_session made;
	struct bench bench;
	(void)state;
	make_rows(0, 20, 0);
	bench_open(&bench, 1, 2);
	struct vault_use *use = vault_use_new(bench.vault);
	for (unsigned i = 0; i < 20; i += 2) {
		make_session(use, i, &made);
		put_session(bench.store, &made);
	}
	assert_int_equal(rotation_of(&bench).rows, 10);
	make_session(use, 20, &made);
	put_session(bench.store, &made);
	idle_all(&bench, NOW_MS);
	vault_use_free(use);
	bench_close(&bench);
	assert_all_there(21, 0);
}

static void pairs_that_no_box_tells_keep_the_old_key_as_long_as_they_cool(void **state)
{
	struct made_session made;
	struct bench bench;
	(void)state;
	bench_open(&bench, 1, 1);
	struct vault_use *use = vault_use_new(bench.vault);
	make_session(use, 0, &made);
	made.row.past_n = 1;
	made.past[0] = (struct session_past){.vn_id = 7, .until = NOW_S + 500};
	vault_person(use, nobody(90), &made.past[0].person);
	put_session(bench.store, &made);
	make_session(use, 1, &made);
	close_session(&made, NOW_S - 10, 0, 910); /* until NOW_S + 900 */
	put_session(bench.store, &made);
	const struct session_erase erase = {.session = made.row.id, .person = made.parties[0].persons[0]};
	assert_int_equal(commit_one(bench.store, (struct record){RECORD_SESSION_ERASE, 0, {.erase = &erase}}), ERR_OK);
	vault_use_free(use);
	bench_close(&bench);

	bench_open(&bench, 1, 2);
	idle_all(&bench, NOW_MS);
	assert_int_equal(rotation_of(&bench).rows, 0);
	assert_int_equal(rotation_of(&bench).cools_until, NOW_S + 900);
	idle_all(&bench, NOW_MS + 899 * 1000);
	assert_true(rotation_of(&bench).old_needed);
	bench_close(&bench);
	assert_refused(2, 2, "lacks key 1");
	bench_open(&bench, 1, 2); /* a start doesn't forget it */
	idle_all(&bench, NOW_MS + 899 * 1000);
	assert_true(rotation_of(&bench).old_needed);
	idle_all(&bench, NOW_MS + 900 * 1000);
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	bench_open(&bench, 2, 2);
	bench_close(&bench);
}

static void a_row_that_does_not_open_keeps_the_old_key(void **state)
{
	struct bench bench;
	sqlite3 *db;
	(void)state;
	make_rows(0, 5, NOW_S - 100);
	assert_int_equal(sqlite3_open(folder.db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE session_past SET parties = (SELECT parties FROM session_past LIMIT 1)"
		" WHERE id = (SELECT max(id) FROM session_past)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	bench_open(&bench, 1, 2);
	idle_all(&bench, NOW_MS);
	assert_int_equal(rotation_of(&bench).rows, 1);
	assert_true(rotation_of(&bench).old_needed);
	assert_non_null(strstr(bench.told, "can't be opened"));
	bench_close(&bench);
	assert_refused(2, 2, "lacks key 1");
}

/* `n` dead letters, each with a payload of `len` bytes. */
static void make_dead_rows(unsigned n, size_t len)
{
	struct bench bench;
	char *text = malloc(len);
	assert_non_null(text);
	memset(text, 'x', len);
	bench_open(&bench, 1, 1);
	for (unsigned i = 0; i < n; i++) {
		struct dead_row row = made_dead(i, "order-1", DEAD_PARKED);
		row.payload = str_n(text, len);
		put_dead(bench.store, &row);
	}
	bench_close(&bench);
	free(text);
}

static void assert_dead_there(unsigned n, size_t len)
{
	struct bench bench;
	char error[256];
	int wrong = 0;
	bench_open(&bench, 2, 2);
	struct store_reader *reader = bench.store->ops->reader_open(bench.store);
	for (unsigned i = 0; i < n; i++) {
		struct arena arena;
		struct dead_row row;
		arena_init(&arena, 8 << 20);
		assert_int_equal(bench.store->ops->read_dead(reader, made_dead(i, "", DEAD_PARKED).id, &arena, &row), ERR_OK);
		assert_int_equal(row.payload.len, len);
		for (size_t j = 0; j < len; j++)
			assert_true(row.payload.at[j] == 'x');
		arena_done(&arena);
	}
	bench.store->ops->reader_close(reader);
	assert_int_equal(store_sqlite_verify(folder.db, bench.vault, NOW_MS, find_wrong, &wrong, error), ERR_OK);
	assert_int_equal(wrong, 0);
	bench_close(&bench);
}

static void dead_letters_come_under_the_new_key_and_keep_the_old_one_until_then(void **state)
{
	struct bench bench;
	(void)state;
	make_rows(0, 20, 0);
	make_dead_rows(1300, 40);
	bench_open(&bench, 1, 2);
	assert_int_equal(rotation_of(&bench).rows, 20);
	assert_int_equal(rotation_of(&bench).dead, 1300);
	while (rotation_of(&bench).rows > 0)
		assert_true(bench.store->ops->idle(bench.store, NOW_MS));
	for (uint64_t left = 1300, passes = 0; left > 0; passes++) {
		assert_true(rotation_of(&bench).old_needed);
		bench_close(&bench);
		assert_refused(2, 2, "lacks key 1");
		bench_open(&bench, 1, 2); /* goes on where it was */
		assert_true(bench.store->ops->idle(bench.store, NOW_MS));
		assert_true(rotation_of(&bench).dead <= left && passes < 20);
		left = rotation_of(&bench).dead;
	}
	struct dead_row again = made_dead(7, "order-1", DEAD_REFUSED);
	again.payload = STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	put_dead(bench.store, &again); /* under the new key by itself */
	assert_int_equal(rotation_of(&bench).dead, 0);
	idle_all(&bench, NOW_MS);
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	assert_dead_there(1300, 40);
}

static void blocks_come_under_the_new_key_and_keep_the_old_one_until_then(void **state)
{
	char error[256];
	struct bench bench;
	int wrong = 0;
	(void)state;
	bench_open(&bench, 1, 1);
	put_stock(bench.store);
	for (unsigned i = 0; i < 700; i++) {
		const struct block_row row = {.id = id_at(NOW_MS, i), .pool_id = 1, .number = nobody(i),
			.reason = STR("a reason")};
		put_one(bench.store, (struct record){RECORD_BLOCK, 0, {.block = &row}});
	}
	bench_close(&bench);
	bench_open(&bench, 1, 2);
	assert_int_equal(rotation_of(&bench).dead, 700);
	assert_true(bench.store->ops->idle(bench.store, NOW_MS));
	assert_true(rotation_of(&bench).old_needed);
	idle_all(&bench, NOW_MS);
	assert_int_equal(rotation_of(&bench).dead, 0);
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	bench_open(&bench, 2, 2);
	assert_int_equal(store_sqlite_verify(folder.db, bench.vault, NOW_MS, find_wrong, &wrong, error), ERR_OK);
	assert_int_equal(wrong, 0);
	bench_close(&bench);
}

static void large_dead_letters_are_sealed_anew_a_few_at_a_time(void **state)
{
	struct bench bench;
	(void)state;
	make_dead_rows(20, VAULT_TEXT_MAX);
	bench_open(&bench, 1, 2);
	for (uint64_t left = 20; left > 0;) {
		assert_true(bench.store->ops->idle(bench.store, NOW_MS));
		uint64_t now = rotation_of(&bench).dead;
		assert_true(left - now <= 8);
		left = now;
	}
	idle_all(&bench, NOW_MS);
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	assert_dead_there(20, VAULT_TEXT_MAX);
}

static void a_dead_letter_that_does_not_open_keeps_the_old_key_until_it_is_dropped(void **state)
{
	struct dead_row row = made_dead(4, "order-1", DEAD_PARKED);
	struct bench bench;
	sqlite3 *db;
	(void)state;
	make_dead_rows(5, 40);
	assert_int_equal(sqlite3_open(folder.db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE dead SET payload = (SELECT payload FROM dead ORDER BY id LIMIT 1)"
		" WHERE id = (SELECT max(id) FROM dead)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	bench_open(&bench, 1, 2);
	idle_all(&bench, NOW_MS);
	assert_int_equal(rotation_of(&bench).dead, 1);
	assert_true(rotation_of(&bench).old_needed);
	assert_non_null(strstr(bench.told, "can't be opened"));
	put_one(bench.store, (struct record){RECORD_DEAD_DROP, 0, {.dead = &row}});
	idle_all(&bench, NOW_MS + 3600 * 1000);
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	assert_dead_there(4, 40);
}

/* --- messages --- */

static void put_text(struct bench *bench, unsigned i)
{
	char body[64];
	struct message_row row = {.id = id_at(NOW_MS + i, 1), .at_ms = NOW_MS + i, .session = 1, .provider = "twilio",
		.account = "main",
		.from_role = "customer", .to_role = "courier", .state = MESSAGE_QUEUED, .to = nobody(i),
		.from = nobody(i + 1)};
	snprintf(body, sizeof body, "text %u", i);
	snprintf(row.ref, sizeof row.ref, "SM%u", i);
	row.body = str_of(body);
	put_one(bench->store, (struct record){RECORD_MESSAGE, 0, {.message = &row}});
}

static enum err expect_text(void *context, const struct message_row *row)
{
	unsigned *n = context;
	char body[64];
	snprintf(body, sizeof body, "text %u", *n);
	assert_true(str_equal(row->body, str_of(body)));
	assert_true(number_equal(row->to, nobody(*n)));
	++*n;
	return ERR_OK;
}

static enum err ignore_time(void *context, int64_t time_ms)
{
	(void)context, (void)time_ms;
	return ERR_OK;
}

static void texts_that_wait_come_under_the_new_key_and_keep_the_old_one_until_then(void **state)
{
	struct bench bench;
	char error[256];
	unsigned n = 0;
	int wrong = 0;
	(void)state;
	bench_open(&bench, 1, 1);
	for (unsigned i = 0; i < 700; i++)
		put_text(&bench, i);
	bench_close(&bench);
	bench_open(&bench, 1, 2);
	assert_int_equal(rotation_of(&bench).messages, 700);
	bench_close(&bench);
	assert_refused(2, 2, "lacks key 1");
	bench_open(&bench, 1, 2);
	put_text(&bench, 700); /* under the new key by itself */
	idle_all(&bench, NOW_MS);
	assert_int_equal(rotation_of(&bench).messages, 0);
	assert_false(rotation_of(&bench).old_needed);
	bench_close(&bench);
	bench_open(&bench, 2, 2);
	struct store_visitor visitor = {.context = &n, .time = ignore_time, .message = expect_text};
	assert_int_equal(bench.store->ops->load(bench.store, NOW_MS, &visitor, error), ERR_OK);
	assert_int_equal(n, 701);
	assert_int_equal(store_sqlite_verify(folder.db, bench.vault, NOW_MS, find_wrong, &wrong, error), ERR_OK);
	assert_int_equal(wrong, 0);
	bench_close(&bench);
}

static void a_full_disk_only_delays_it(void **state)
{
	struct bench bench;
	(void)state;
	make_rows(0, SESSIONS, 0);
	for (int nth = 0; nth < 40; nth += 3) {
		bench_open(&bench, 1, 2);
		fault_writes = nth;
		bench.store->ops->idle(bench.store, NOW_MS);
		bench.store->ops->idle(bench.store, NOW_MS);
		fault_writes = -1;
		assert_false(bench.store->ops->must_stop(bench.store));
		bench_close(&bench);
	}
	bench_open(&bench, 1, 2);
	idle_all(&bench, NOW_MS);
	bench_close(&bench);
	assert_all_there(SESSIONS, 0);
}

static void a_guest_makes_no_key_needed(void **state)
{
	struct key_row key = {.id = "0123456789abcdef", .name = "shop", .tenant = "main"};
	struct store *guest;
	struct bench bench;
	char error[256];
	(void)state;
	make_rows(0, 1, 0);
	bench_open(&bench, 1, 1);
	struct vault *both = vault_with(1, 2);
	assert_int_equal(store_sqlite_join(folder.db, both, &guest, error), ERR_OK);
	assert_int_equal(guest->ops->key_put(guest, &key, NULL), ERR_OK);
	put_audit(guest, "main", "vault.rotate", "key 2");
	guest->ops->close(guest);
	vault_free(both);
	bench_close(&bench);
	bench_open(&bench, 1, 1); /* the rotation was given up */
	bench_close(&bench);
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
		T(every_row_comes_under_the_new_key_across_stops_and_then_the_old_one_may_go),
		T(what_is_written_meanwhile_is_under_the_new_key),
		T(pairs_that_no_box_tells_keep_the_old_key_as_long_as_they_cool),
		T(a_row_that_does_not_open_keeps_the_old_key),
		T(dead_letters_come_under_the_new_key_and_keep_the_old_one_until_then),
		T(large_dead_letters_are_sealed_anew_a_few_at_a_time),
		T(blocks_come_under_the_new_key_and_keep_the_old_one_until_then),
		T(a_dead_letter_that_does_not_open_keeps_the_old_key_until_it_is_dropped),
		T(texts_that_wait_come_under_the_new_key_and_keep_the_old_one_until_then),
		T(a_full_disk_only_delays_it),
		T(a_guest_makes_no_key_needed),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, install_faults, NULL);
}
