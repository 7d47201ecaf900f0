/* One suite for every back end: who may not ring whom, and how long sessions have talked, as store.h promises. */
#include "unit/store/store_each.h"

#include <sqlite3.h>

#define REASON "threats, twice"

/* What a load gave. */
struct given {
	struct block_row blocks[16];
	char reasons[16][BLOCK_REASON_MAX + 1];
	uint64_t talked_from, sessions[16], seconds[16];
	int blocks_n, talked_n;
	uint64_t last_id;
};

static enum err take_block(void *context, const struct block_row *row)
{
	struct given *given = context;
	assert_true(str_copy(given->reasons[given->blocks_n], sizeof given->reasons[0], row->reason));
	given->blocks[given->blocks_n++] = *row;
	return ERR_OK;
}

static uint64_t talked_from(void *context)
{
	return ((struct given *)context)->talked_from;
}

/* A back end may tell a session in parts. */
static enum err take_talked(void *context, uint64_t session, uint64_t seconds)
{
	struct given *given = context;
	int i = 0;
	while (i < given->talked_n && given->sessions[i] != session)
		i++;
	given->talked_n += i == given->talked_n;
	given->sessions[i] = session;
	given->seconds[i] += seconds;
	return ERR_OK;
}

static enum err take_last_id(void *context, uint64_t id)
{
	((struct given *)context)->last_id = id;
	return ERR_OK;
}

static enum err ignore_time(void *context, int64_t time_ms)
{
	(void)context;
	(void)time_ms;
	return ERR_OK;
}

static enum err ignore_pool(void *context, const struct pool_row *row)
{
	(void)context;
	(void)row;
	return ERR_OK;
}

static enum err ignore_vn(void *context, const struct vn_row *row)
{
	(void)context;
	(void)row;
	return ERR_OK;
}

static enum err ignore_call(void *context, const struct call *row)
{
	(void)context;
	(void)row;
	return ERR_OK;
}

static enum err load(struct bench *bench, struct given *given, char error[256])
{
	struct store_visitor visitor = {.context = given, .time = ignore_time, .pool = ignore_pool, .vn = ignore_vn,
		.session = loaded_session, .tombstone = loaded_tombstone, .idempotency = loaded_idempotency,
			.call = ignore_call,
		.block = take_block, .talked_from = talked_from, .talked = take_talked, .last_id = take_last_id};
	return bench->store->ops->load(bench->store, NOW_MS, &visitor, error);
}

static void load_well(struct bench *bench, struct given *given)
{
	char error[256];
	memset(given, 0, sizeof *given);
	assert_int_equal(load(bench, given, error), ERR_OK);
}

static struct block_row made_block(unsigned i)
{
	return (struct block_row){.id = id_at(NOW_MS + i, 1), .pool_id = 1 + i % 2, .number = nobody(i), .with = {i % 3
		? nobody(50 + i).e164 : 0},
		.direction = (enum block_direction)(i % 3), .created_at = NOW_S + i, .until = i % 2 ? NOW_S + 10 + i
			: 0,
		.reason = i % 4 ? STR(REASON) : STR_NONE};
}

static void put_block(struct bench *bench, const struct block_row *row)
{
	put_one(bench->store, (struct record){RECORD_BLOCK, 0, {.block = row}});
}

static void assert_same(const struct block_row *a, const struct block_row *b)
{
	assert_true(a->id == b->id && a->pool_id == b->pool_id && number_equal(a->number, b->number) &&
		number_equal(a->with, b->with));
	assert_true(a->direction == b->direction && a->created_at == b->created_at && a->until == b->until);
}

TEST(blocks_come_back_as_they_were_and_the_last_counts)
{
	struct block_row row;
	struct given given;
	for (unsigned i = 0; i < 8; i++) {
		row = made_block(i);
		put_block(bench, &row);
	}
	row.direction = BLOCK_BOTH;
	row.reason = STR("another reason");
	put_block(bench, &row);
	struct block_row third = made_block(3);
	put_one(bench->store, (struct record){RECORD_BLOCK_DROP, 0, {.block = &third}});
	bench_reopen(bench);
	load_well(bench, &given);
	assert_int_equal(given.blocks_n, 7);
	for (int i = 0; i < 6; i++) {
		struct block_row wanted = made_block((unsigned)(i < 3 ? i : i + 1));
		assert_same(&given.blocks[i], &wanted);
		assert_string_equal(given.reasons[i], wanted.reason.len ? REASON : "");
	}
	assert_same(&given.blocks[6], &row);
	assert_string_equal(given.reasons[6], "another reason");
	assert_true(given.last_id == row.id);
}

TEST(blocks_are_listed_newest_first_page_by_page_of_a_tenant)
{
	struct blocks_filter filter = {.tenant = STR("main"), .page_size = 3, .now_ms = NOW_MS};
	struct block_row *rows;
	uint64_t next, last = UINT64_MAX;
	int n, total = 0;
	for (unsigned i = 0; i < 10; i++) {
		struct block_row row = made_block(i);
		row.pool_id = 1;
		put_block(bench, &row);
	}
	do {
		assert_int_equal(bench->store->ops->read_blocks(bench->reader, &filter, &bench->arena, &rows, &n,
			&next), ERR_OK);
		for (int i = 0; i < n; i++, total++) {
			assert_true(rows[i].id < last);
			last = rows[i].id;
			assert_true(number_equal(rows[i].number, nobody((unsigned)(9 - total))));
		}
		filter.after = next;
	} while (next);
	assert_int_equal(total, 10);
	filter = (struct blocks_filter){.tenant = STR("main"), .page_size = 100, .now_ms = NOW_MS + 15000};
	assert_int_equal(bench->store->ops->read_blocks(bench->reader, &filter, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_int_equal(n, 7); /* three are over */
	filter.pool_id = 2;
	assert_int_equal(bench->store->ops->read_blocks(bench->reader, &filter, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_int_equal(n, 0);
	filter = (struct blocks_filter){.tenant = STR("nobody"), .page_size = 100, .now_ms = NOW_MS};
	assert_int_equal(bench->store->ops->read_blocks(bench->reader, &filter, &bench->arena, &rows, &n, &next),
		ERR_OK);
	assert_int_equal(n, 0);
}

static void put_call(struct bench *bench, unsigned i, uint64_t session, uint32_t seconds)
{
	const struct call call = {.id = id_at(NOW_MS + i, 0), .at_ms = NOW_MS + i, .pool_id = 1, .session = session,
		.action = ACTION_CONNECT,
		.status = CALL_COMPLETED, .provider = "twilio", .account = "main", .seconds = seconds};
	put_one(bench->store, (struct record){RECORD_CALL, 0, {.call = &call}});
}

TEST(what_sessions_talked_is_the_sum_of_their_calls)
{
	uint64_t first = id_at(NOW_MS - 5000, 1), second = id_at(NOW_MS - 3000, 1);
	char error[256];
	struct given given;
	put_call(bench, 1, first, 60);
	put_call(bench, 2, second, 7);
	put_call(bench, 3, first, 61);
	put_call(bench, 4, 0, 1000);
	put_call(bench, 5, second, 0);
	bench_reopen(bench);
	load_well(bench, &given);
	assert_int_equal(given.talked_n, 0); /* nobody asked */
	given = (struct given){.talked_from = first};
	assert_int_equal(load(bench, &given, error), ERR_OK);
	assert_int_equal(given.talked_n, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(given.seconds[i], given.sessions[i] == first ? 121 : 7);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void count_wrong(void *context, const char *sentence)
{
	(void)sentence;
	++*(int *)context;
}

/* A sealed text that lies in another row, or under another pool, opens nowhere. */
TEST(a_block_whose_row_was_changed_is_refused_and_found)
{
	static const char *const changes[] = {
		"UPDATE block SET sealed = (SELECT sealed FROM block ORDER BY id LIMIT 1) WHERE id = (SELECT max(id) FROM block)",
		"UPDATE block SET pool_id = 3 - pool_id WHERE id = (SELECT max(id) FROM block)",
		"UPDATE block SET direction = 7 WHERE id = (SELECT max(id) FROM block)"};
	char error[256];
	if (!bench->on_disk)
		return;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct given given = {0};
		int wrong = 0;
		for (unsigned k = 0; k < 4; k++) {
			struct block_row row = made_block(k);
			put_block(bench, &row);
		}
		bench_close(bench);
		assert_int_equal(store_sqlite_verify(bench->folder.db, bench->vault, NOW_MS, count_wrong, &wrong,
			error), ERR_OK);
		assert_int_equal(wrong, 0);
		run_sql(bench->folder.db, changes[i]);
		assert_int_equal(store_sqlite_verify(bench->folder.db, bench->vault, NOW_MS, count_wrong, &wrong,
			error), ERR_OK);
		assert_int_equal(wrong, 1);
		bench_open(bench);
		assert_int_equal(load(bench, &given, error), ERR_STORE_REFUSED);
		assert_non_null(strstr(error, "block "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_back_as_they_were_and_the_last_counts),
		cmocka_unit_test(blocks_are_listed_newest_first_page_by_page_of_a_tenant),
		cmocka_unit_test(what_sessions_talked_is_the_sum_of_their_calls),
		cmocka_unit_test(a_block_whose_row_was_changed_is_refused_and_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
