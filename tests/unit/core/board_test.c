#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "core/board.h"

#define VN 622150000000u

static const struct limits limits = {.sessions = 100, .routes = 200, .numbers = 1000, .pools = 10, .accounts = 10};

static struct board_vn vn_of(uint32_t id)
{
	return (struct board_vn){.number = {VN + id * 7}, .id = id, .pool = (uint16_t)(id % 10), .account = (uint16_t)(id % 9)};
}

static void assert_same(const struct board_vn *a, const struct board_vn *b)
{
	assert_true(number_equal(a->number, b->number));
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->pool, b->pool);
	assert_int_equal(a->account, b->account);
}

static void a_vn_is_found_by_number_and_by_id(void **state)
{
	struct board *board = board_new(&limits, 1);
	struct board_vn found = {.id = 77};

	(void)state;
	for (uint32_t id = 1; id <= 500; id++) {
		struct board_vn vn = vn_of(id);
		assert_false(board_vn_find(board, vn.number, &found));
		assert_false(board_vn(board, id, &found));
		assert_int_equal(board_vn_put(board, &vn), ERR_OK);
	}
	for (uint32_t id = 1; id <= 500; id++) {
		struct board_vn vn = vn_of(id);
		assert_true(board_vn_find(board, vn.number, &found));
		assert_same(&found, &vn);
		assert_true(board_vn(board, id, &found));
		assert_same(&found, &vn);
	}
	found.id = 77;
	assert_false(board_vn_find(board, (struct number){VN + 1}, &found));
	assert_false(board_vn_find(board, NUMBER_NONE, &found));
	assert_false(board_vn(board, 0, &found));
	assert_false(board_vn(board, 501, &found));
	assert_false(board_vn(board, UINT32_MAX, &found));
	assert_int_equal(found.id, 77);
	board_free(board);
	board_free(NULL);
}

static void pool_and_account_of_a_vn_change_in_place(void **state)
{
	struct board *board = board_new(&limits, 1);
	struct board_vn vn = vn_of(1), found;

	(void)state;
	assert_int_equal(board_vn_put(board, &vn), ERR_OK);
	vn.account = 9;
	vn.pool = 3;
	assert_int_equal(board_vn_put(board, &vn), ERR_OK);
	assert_true(board_vn_find(board, vn.number, &found));
	assert_same(&found, &vn);
	assert_true(board_vn(board, 1, &found));
	assert_same(&found, &vn);
	assert_false(board_vn(board, 2, &found));
	board_free(board);
}

static void a_full_directory_refuses_what_is_new_and_nothing_else(void **state)
{
	struct board *board = board_new(&limits, 1);
	struct board_vn found;

	(void)state;
	for (uint32_t id = 1; id <= limits.numbers; id++) {
		struct board_vn vn = vn_of(id);
		assert_int_equal(board_vn_put(board, &vn), ERR_OK);
	}
	struct board_vn more = vn_of(limits.numbers + 1), last = vn_of(limits.numbers);
	assert_int_equal(board_vn_put(board, &more), ERR_LIMIT_REACHED);
	assert_false(board_vn_find(board, more.number, &found));
	last.account = 8;
	assert_int_equal(board_vn_put(board, &last), ERR_OK);
	assert_true(board_vn_find(board, last.number, &found));
	assert_same(&found, &last);
	board_free(board);
}

static void a_plan_is_read_as_it_was_put(void **state)
{
	struct board *board = board_new(&limits, 1);
	struct board_plan most = {.unknown_caller = POOL_UNKNOWN_FORWARD, .forward_to = {999999999999999u}, .ring_s = 600,
			.max_call_s = 86400, .pin_digits = 8, .tenant = 65534};
	struct board_plan least = {.ring_s = 5, .max_call_s = 1, .pin_digits = 6}, found;

	(void)state;
	board_plan_put(board, 9, &most);
	board_plan_put(board, 0, &least);
	board_plan(board, 9, &found);
	assert_int_equal(found.unknown_caller, POOL_UNKNOWN_FORWARD);
	assert_true(number_equal(found.forward_to, most.forward_to));
	assert_int_equal(found.ring_s, 600);
	assert_int_equal(found.max_call_s, 86400);
	assert_int_equal(found.pin_digits, 8);
	assert_int_equal(found.tenant, 65534);
	board_plan(board, 0, &found);
	assert_int_equal(found.unknown_caller, POOL_UNKNOWN_REJECT);
	assert_false(number_is(found.forward_to));
	assert_int_equal(found.ring_s, 5);
	assert_int_equal(found.max_call_s, 1);
	assert_int_equal(found.pin_digits, 6);
	assert_int_equal(found.tenant, 0);
	board_free(board);
}

static void session_ids_are_read_by_slot(void **state)
{
	struct board *board = board_new(&limits, 1);

	(void)state;
	board_session_id_put(board, 99, 12345);
	assert_true(board_session_ids_read(board)[99] == 12345);
	assert_true(board_session_ids(board)[98] == 0);
	assert_ptr_equal(board_routes(board), board_routes_read(board));
	assert_int_equal(routes_max(board_routes(board)), limits.routes);
	assert_true(board_bytes(board) > routes_bytes(board_routes(board)) + limits.numbers * 16);
	board_free(board);
}

static void put_bad_vn(void *data)
{
	struct board_vn bad[] = {vn_of(3), vn_of(1), vn_of(2), vn_of(2), vn_of(2)};

	bad[1].number.e164 = VN;
	bad[2].pool = 10;
	bad[3].account = 10;
	bad[4].number = vn_of(1).number;
	struct board *board = board_new(&limits, 1);
	struct board_vn first = vn_of(1);
	(void)!board_vn_put(board, &first);
	(void)!board_vn_put(board, &bad[*(int *)data]);
}

static void put_nothing_ask_plan(void *data)
{
	struct board_plan plan;

	(void)data;
	board_plan(board_new(&limits, 1), 1, &plan);
}

static void broken_orders_die(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(test_dies(put_bad_vn, &i));
	assert_true(test_dies(put_nothing_ask_plan, NULL));
}

#define QUESTIONS 500000

struct stage {
	struct board *board;
	_Atomic uint32_t published;
	_Atomic bool answered;
	_Atomic uint32_t wrong;
};

static void *read_on(void *data)
{
	struct stage *stage = data;
	struct random random = {5};

	for (int n = 0; n < QUESTIONS; n++) {
		uint32_t id = 1 + random_below(&random, limits.numbers);
		uint32_t published = atomic_load(&stage->published);
		struct board_vn vn = vn_of(id), by_number, by_id;
		struct board_plan plan;
		bool a = board_vn_find(stage->board, vn.number, &by_number), b = board_vn(stage->board, id, &by_id);
		bool bad = id <= published && !(a && b);
		bad = bad || (a && (by_number.id != id || by_number.account != by_number.pool));
		bad = bad || (b && (by_id.number.e164 != vn.number.e164 || by_id.account != by_id.pool));
		board_plan(stage->board, 0, &plan);
		bad = bad || plan.ring_s != plan.max_call_s || plan.tenant != plan.ring_s;
		if (bad)
			atomic_fetch_add(&stage->wrong, 1);
	}
	atomic_store(&stage->answered, true);
	return NULL;
}

static void readers_see_whole_vns_and_plans_while_they_are_published(void **state)
{
	struct stage stage = {.board = board_new(&limits, 1)};
	struct board_plan plan = {0};
	pthread_t thread;

	(void)state;
	board_plan_put(stage.board, 0, &plan);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &stage), 0);
	for (uint32_t round = 0; !atomic_load(&stage.answered); round++) {
		for (uint32_t id = 1; id <= limits.numbers; id++) {
			struct board_vn vn = vn_of(id);
			vn.pool = vn.account = (uint16_t)((round + id) % 10);
			assert_int_equal(board_vn_put(stage.board, &vn), ERR_OK);
			if (round == 0)
				atomic_store(&stage.published, id);
			plan.tenant = plan.ring_s = (uint16_t)(id % 600);
			plan.max_call_s = plan.ring_s;
			board_plan_put(stage.board, 0, &plan);
		}
	}
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&stage.wrong), 0);
	board_free(stage.board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vn_is_found_by_number_and_by_id),
		cmocka_unit_test(pool_and_account_of_a_vn_change_in_place),
		cmocka_unit_test(a_full_directory_refuses_what_is_new_and_nothing_else),
		cmocka_unit_test(a_plan_is_read_as_it_was_put),
		cmocka_unit_test(session_ids_are_read_by_slot),
		cmocka_unit_test(broken_orders_die),
		cmocka_unit_test(readers_see_whole_vns_and_plans_while_they_are_published),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
