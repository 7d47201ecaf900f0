/* Starts after a stop at a bad moment, or with a clock that tells another time. */
#include "unit/store/store_place.h"

#include <fcntl.h>

#define PAGE 4096
#define SESSIONS 60

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

static void spill(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* A checkpoint writes page 1, with the new length of the file, before the pages that make it so long. */
static void a_stop_in_the_middle_of_a_checkpoint_opens_again(void **state)
{
	char wal[128];
	size_t before_len, after_len, wal_len;
	(void)state;
	struct store *store = open_store();
	put_stock(store);
	store->ops->close(store);
	char *before = slurp(folder.db, &before_len);
	store = open_store();
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct made_session made;
		make_session(use, i, &made);
		put_session(store, &made);
	}
	snprintf(wal, sizeof wal, "%s-wal", folder.db);
	char *log = slurp(wal, &wal_len);
	store->ops->close(store);
	char *after = slurp(folder.db, &after_len);
	assert_true(wal_len > 0 && after_len > before_len);
	memcpy(before, after, PAGE);
	spill(folder.db, before, before_len);
	spill(wal, log, wal_len);
	store = open_store();
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_int_equal(loaded->sessions_n, SESSIONS);
	loaded_free(loaded);
	store->ops->close(store);
	free(before);
	free(after);
	free(log);
}

/* One pair in a session that ended and in one that came after it. */
static void a_clock_that_was_set_back_brings_nothing_back_to_life(void **state)
{
	struct made_session ended, later;
	(void)state;
	make_session(use, 0, &ended);
	make_session(use, 1, &later);
	later.parties[1].vn_id = ended.parties[1].vn_id;
	later.parties[0].numbers[0] = ended.parties[0].numbers[0];
	later.parties[0].persons[0] = ended.parties[0].persons[0];
	close_session(&ended, NOW_S, 60, 0);
	struct store *store = open_store();
	put_stock(store);
	put_session(store, &ended);
	put_session(store, &later);
	int64_t stored_ms = NOW_MS + 120 * 1000;
	assert_int_equal(commit_one(store, (struct record){RECORD_TIME, 0, {.time_ms = stored_ms}}), ERR_OK);
	struct loaded *loaded = load_all(store, NOW_MS);
	assert_true(loaded->time_ms == stored_ms);
	assert_int_equal(loaded->sessions_n, 1);
	assert_true(loaded->sessions[0]->id == later.row.id);
	loaded_free(loaded);
	store->ops->close(store);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_stop_in_the_middle_of_a_checkpoint_opens_again),
		T(a_clock_that_was_set_back_brings_nothing_back_to_life),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
