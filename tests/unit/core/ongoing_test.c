/* Calls that go on, held to a list. */
#include "unit/test.h"

#include "base/hash.h"
#include "core/ongoing.h"

static bool begins(struct ongoing *ongoing, uint64_t key, uint64_t session, int64_t until_ms, uint32_t at_once,
	int64_t now_ms)
{
	const struct ongoing_call call = {key, session, until_ms};

	return ongoing_begin(ongoing, &call, at_once, now_ms);
}

static void so_many_of_one_session_go_on_at_a_time(void **state)
{
	struct ongoing *ongoing = ongoing_new(16, test_seed());

	(void)state;
	assert_true(begins(ongoing, 1, 100, 1000, 2, 0));
	assert_true(begins(ongoing, 2, 100, 1000, 2, 0));
	assert_false(begins(ongoing, 3, 100, 1000, 2, 0));
	assert_true(begins(ongoing, 3, 101, 1000, 2, 0));
	assert_true(begins(ongoing, 1, 100, 1000, 2, 0)); /* asked again */
	ongoing_end(ongoing, 2);
	ongoing_end(ongoing, 2);
	assert_true(begins(ongoing, 4, 100, 1000, 2, 0));
	assert_int_equal(ongoing_count(ongoing), 3);
	ongoing_free(ongoing);
}

static void a_call_whose_report_never_came_is_over_in_time(void **state)
{
	struct ongoing *ongoing = ongoing_new(16, test_seed());

	(void)state;
	assert_true(begins(ongoing, 1, 100, 1000, 1, 0));
	assert_false(begins(ongoing, 2, 100, 2000, 1, 999));
	assert_true(begins(ongoing, 2, 100, 2000, 1, 1000));
	assert_int_equal(ongoing_count(ongoing), 1);
	ongoing_free(ongoing);
}

static void at_the_limit_none_begins_until_one_is_over(void **state)
{
	struct ongoing *ongoing = ongoing_new(8, test_seed());

	(void)state;
	for (uint64_t i = 1; i <= 8; i++)
		assert_true(begins(ongoing, i, 100 + i, 1000, 1, 0));
	assert_false(begins(ongoing, 9, 109, 2000, 1, 999));
	assert_true(begins(ongoing, 3, 103, 2000, 1, 999)); /* is known */
	assert_true(begins(ongoing, 9, 109, 2000, 1, 1000));
	ongoing_free(ongoing);
}

static void it_says_what_a_list_says(void **state)
{
	enum { KEYS = 200, SESSIONS = 10 };
	struct random random = {test_seed()};
	struct ongoing *ongoing = ongoing_new(KEYS, random_next(&random));
	struct ongoing_call list[KEYS] = {{0}}; /* by key; session 0: not going on */
	int64_t now_ms = 0;

	(void)state;
	for (int step = 0; step < 50000; step++) {
		uint32_t key = random_below(&random, KEYS), n = 0;
		now_ms += random_below(&random, 10);
		for (uint32_t i = 0; i < KEYS; i++)
			if (list[i].until_ms <= now_ms)
				list[i].session = 0;
		if (random_below(&random, 3) == 0) {
			ongoing_end(ongoing, key + 1);
			list[key].session = 0;
			continue;
		}
		if (list[key].session)
			continue; /* one key is of one session */
		struct ongoing_call call = {key + 1, 1 + random_below(&random, SESSIONS),
			now_ms + 1 + random_below(&random, 2000)};
		for (uint32_t i = 0; i < KEYS; i++)
			n += list[i].session == call.session;
		assert_int_equal(ongoing_begin(ongoing, &call, 5, now_ms), n < 5);
		if (n < 5)
			list[key] = call;
	}
	ongoing_free(ongoing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_of_one_session_go_on_at_a_time),
		cmocka_unit_test(a_call_whose_report_never_came_is_over_in_time),
		cmocka_unit_test(at_the_limit_none_begins_until_one_is_over),
		cmocka_unit_test(it_says_what_a_list_says),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
