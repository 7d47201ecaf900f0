#include "unit/test.h"

#include "core/attempts.h"

#define HOUR 3600000
#define CALLER(n) ((struct number){14155550100u + (n)})

static struct attempt attempt(int64_t now_ms, struct number caller, uint32_t vn, const char *call)
{
	return (struct attempt){.now_ms = now_ms, .caller = caller, .vn = vn, .call = str_of(call)};
}

/* A call id that was not there before. */
static const char *fresh_call(void)
{
	static char text[16];
	static int n;

	snprintf(text, sizeof text, "call-%d", n++);
	return text;
}

static bool may(struct attempts *attempts, struct attempt attempt)
{
	return attempts_may(attempts, &attempt);
}

static void wrong(struct attempts *attempts, struct attempt attempt)
{
	attempts_wrong(attempts, &attempt);
}

static void a_call_has_three_attempts(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);

	(void)state;
	for (int i = 0; i < ATTEMPTS_PER_CALL; i++) {
		assert_true(may(attempts, attempt(i, CALLER(1), 1, "x")));
		wrong(attempts, attempt(i, CALLER(1), 1, "x"));
	}
	assert_false(may(attempts, attempt(10, CALLER(1), 1, "x")));
	assert_true(may(attempts, attempt(10, CALLER(1), 1, "y")));
	attempts_free(attempts);
	attempts_free(NULL);
}

static void asking_alone_counts_nothing(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(may(attempts, attempt(i, CALLER(1), 1, "x")));
	attempts_free(attempts);
}

static void a_caller_has_five_an_hour_over_all_vns(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);

	(void)state;
	for (uint32_t i = 0; i < ATTEMPTS_PER_CALLER_HOUR; i++) {
		assert_true(may(attempts, attempt(1000 * i, CALLER(1), 1 + i, "x")));
		wrong(attempts, attempt(1000 * i, CALLER(1), 1 + i, fresh_call()));
	}
	assert_false(may(attempts, attempt(10000, CALLER(1), 77, fresh_call())));
	assert_true(may(attempts, attempt(10000, CALLER(2), 1, fresh_call())));
	assert_false(may(attempts, attempt(HOUR - 1, CALLER(1), 1, fresh_call())));
	assert_true(may(attempts, attempt(HOUR, CALLER(1), 1, fresh_call())));
	attempts_free(attempts);
}

static void withheld_callers_are_one_caller_per_vn(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);

	(void)state;
	for (int i = 0; i < ATTEMPTS_PER_CALLER_HOUR; i++)
		wrong(attempts, attempt(0, NUMBER_NONE, 1, fresh_call()));
	assert_false(may(attempts, attempt(0, NUMBER_NONE, 1, fresh_call())));
	assert_true(may(attempts, attempt(0, NUMBER_NONE, 2, fresh_call())));
	assert_true(may(attempts, attempt(0, CALLER(1), 1, fresh_call())));
	attempts_free(attempts);
}

static void a_vn_has_thirty_an_hour_from_the_first(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);

	(void)state;
	for (uint32_t i = 0; i < ATTEMPTS_PER_VN_HOUR; i++) {
		assert_true(may(attempts, attempt(i * 60000, CALLER(i), 1, fresh_call())));
		wrong(attempts, attempt(i * 60000, CALLER(i), 1, fresh_call()));
	}
	assert_false(may(attempts, attempt(HOUR - 1, CALLER(99), 1, fresh_call())));
	assert_true(may(attempts, attempt(HOUR - 1, CALLER(99), 2, fresh_call())));
	assert_true(may(attempts, attempt(HOUR, CALLER(99), 1, fresh_call())));
	wrong(attempts, attempt(HOUR, CALLER(99), 1, fresh_call()));
	assert_true(may(attempts, attempt(HOUR + 1, CALLER(98), 1, fresh_call())));
	attempts_free(attempts);
}

static void call_ids_are_any_bytes(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);
	struct attempt one = attempt(0, CALLER(1), 1, NULL), other = one;

	(void)state;
	one.call = str_n("a\0b", 3);
	other.call = str_n("a\0c", 3);
	for (int i = 0; i < ATTEMPTS_PER_CALL; i++)
		attempts_wrong(attempts, &one);
	assert_false(attempts_may(attempts, &one));
	assert_true(attempts_may(attempts, &other));
	attempts_free(attempts);
}

static void calls_without_an_id_are_not_one_call(void **state)
{
	struct attempts *attempts = attempts_new(1000, 1);

	(void)state;
	for (uint32_t i = 0; i <= ATTEMPTS_PER_CALL; i++)
		wrong(attempts, attempt(0, CALLER(i), 1 + i, ""));
	assert_true(may(attempts, attempt(1, CALLER(50), 1, "")));
	for (int i = 1; i < ATTEMPTS_PER_CALLER_HOUR; i++)
		wrong(attempts, attempt(1, CALLER(0), 1, ""));
	assert_false(may(attempts, attempt(2, CALLER(0), 1, "")));
	attempts_free(attempts);
}

static void a_full_table_forgets_the_hour_that_began_longest_ago(void **state)
{
	struct attempts *attempts = attempts_new(9, 1);

	(void)state;
	/* Three attempts of three keys each fill it. */
	for (uint32_t n = 1; n <= 3; n++)
		wrong(attempts, attempt(n, CALLER(n), n, fresh_call()));
	for (int i = 1; i < ATTEMPTS_PER_CALLER_HOUR; i++)
		wrong(attempts, attempt(4, CALLER(2), 2, "x"));
	assert_false(may(attempts, attempt(5, CALLER(2), 2, fresh_call())));
	wrong(attempts, attempt(5, CALLER(4), 4, fresh_call()));
	assert_false(may(attempts, attempt(5, CALLER(2), 2, fresh_call())));
	wrong(attempts, attempt(5, CALLER(5), 2, fresh_call()));
	assert_true(may(attempts, attempt(6, CALLER(2), 2, fresh_call())));
	attempts_free(attempts);
}

static void a_table_that_is_always_full_goes_on(void **state)
{
	struct attempts *attempts = attempts_new(10, 1);

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		wrong(attempts, attempt(i * 400, CALLER(i % 37), 1 + i % 11, fresh_call()));
		if (i % 100 == 0)
			assert_true(may(attempts, attempt(i * 400, CALLER(90), 99, "z")));
	}
	attempts_free(attempts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_has_three_attempts),
		cmocka_unit_test(asking_alone_counts_nothing),
		cmocka_unit_test(a_caller_has_five_an_hour_over_all_vns),
		cmocka_unit_test(withheld_callers_are_one_caller_per_vn),
		cmocka_unit_test(a_vn_has_thirty_an_hour_from_the_first),
		cmocka_unit_test(call_ids_are_any_bytes),
		cmocka_unit_test(calls_without_an_id_are_not_one_call),
		cmocka_unit_test(a_full_table_forgets_the_hour_that_began_longest_ago),
		cmocka_unit_test(a_table_that_is_always_full_goes_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
