#include "unit/test.h"

#include "core/rate.h"

#define HOUR_S 3600
#define MONDAY 494000u /* some hour since the epoch */

static double near(double a, double b)
{
	return a > b ? a - b : b - a;
}

static void what_is_added_in_an_hour_is_told_of_it(void **state)
{
	struct rate rate = {0};

	(void)state;
	assert_int_equal(rate_of(&rate, MONDAY), 0);
	rate_add(&rate, MONDAY, 3);
	rate_add(&rate, MONDAY, 4);
	rate_add(&rate, MONDAY + 2, 1);
	assert_int_equal(rate_of(&rate, MONDAY), 7);
	assert_int_equal(rate_of(&rate, MONDAY + 1), 0);
	assert_int_equal(rate_of(&rate, MONDAY + 2), 1);
}

static void an_hour_is_known_from_the_first_on_and_for_five_weeks(void **state)
{
	struct rate rate = {0};
	int64_t now_s = (int64_t)(MONDAY + 10) * HOUR_S;

	(void)state;
	assert_false(rate_known(&rate, now_s, MONDAY));
	rate_add(&rate, MONDAY, 1);
	assert_false(rate_known(&rate, now_s, MONDAY - 1));
	assert_true(rate_known(&rate, now_s, MONDAY));
	assert_true(rate_known(&rate, now_s, MONDAY + 10));
	assert_false(rate_known(&rate, now_s, MONDAY + 11));
	rate_add(&rate, MONDAY + RATE_HOURS - 1, 1);
	assert_int_equal(rate_of(&rate, MONDAY), 1);
	rate_add(&rate, MONDAY + RATE_HOURS, 9);
	assert_int_equal(rate_of(&rate, MONDAY), 0);
	assert_int_equal(rate_of(&rate, MONDAY + RATE_HOURS), 9);
	assert_int_equal(rate.first, MONDAY + 1);
}

static void a_long_silence_leaves_nothing_of_what_was(void **state)
{
	struct rate rate = {0};

	(void)state;
	for (uint32_t i = 0; i < RATE_HOURS; i++)
		rate_add(&rate, MONDAY + i, 5);
	rate_add(&rate, MONDAY + 10 * RATE_HOURS, 1);
	uint64_t sum = 0;
	for (uint32_t i = 0; i < RATE_HOURS; i++)
		sum += rate_of(&rate, MONDAY + 10 * RATE_HOURS - i);
	assert_int_equal(sum, 1);
}

static void stored_hours_come_in_any_order(void **state)
{
	struct rate up = {0}, down = {0};

	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		rate_set(&up, MONDAY + 3 * i, i);
		rate_set(&down, MONDAY + 3 * (49 - i), 49 - i);
	}
	assert_int_equal(up.first, down.first);
	assert_int_equal(up.last, down.last);
	for (uint32_t hour = MONDAY; hour < MONDAY + 150; hour++)
		assert_int_equal(rate_of(&up, hour), rate_of(&down, hour));
	rate_set(&up, MONDAY, 77); /* replaces */
	assert_int_equal(rate_of(&up, MONDAY), 77);
}

static void without_a_past_the_last_hours_tell_what_comes(void **state)
{
	struct rate rate = {0};
	int64_t now_s = (int64_t)(MONDAY + 3) * HOUR_S;

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		rate_add(&rate, MONDAY + i, 60);
	struct rate_outlook outlook = rate_look(&rate, now_s);
	assert_true(near(outlook.now * HOUR_S, 60) < 0.01);
	assert_true(near(rate_expect(&outlook, 0, HOUR_S), 60) < 0.01);
	assert_true(near(rate_expect(&outlook, HOUR_S / 2, 10 * HOUR_S), 570) < 0.1);
	assert_true(rate_expect(&outlook, 5, 5) == 0);
}

static void the_first_minutes_of_a_pool_are_not_blown_up(void **state)
{
	struct rate rate = {0};

	(void)state;
	rate_add(&rate, MONDAY, 1);
	/* One order in the first second is no 3600 an hour. */
	assert_true(rate_now(&rate, (int64_t)MONDAY * HOUR_S + 1) * HOUR_S <= 6.01);
}

/* 100 at noon, 10 at night, for `weeks`. */
static void fill_weeks(struct rate *rate, uint32_t from, uint32_t weeks)
{
	for (uint32_t hour = from; hour < from + weeks * RATE_WEEK_H; hour++)
		rate_add(rate, hour, hour % 24 == 12 ? 100 : 10);
}

static void the_same_hour_of_the_week_tells_what_comes(void **state)
{
	struct rate rate = {0};
	uint32_t from = MONDAY / 24 * 24, now = from + 3 * RATE_WEEK_H + 11; /* an hour before noon */

	(void)state;
	fill_weeks(&rate, from, 3);
	for (uint32_t hour = from + 3 * RATE_WEEK_H; hour < now; hour++)
		rate_add(&rate, hour, 10);
	struct rate_outlook outlook = rate_look(&rate, (int64_t)now * HOUR_S);
	assert_true(near(outlook.level, 1) < 0.05);
	assert_true(near(outlook.spread, 1) < 0.01);
	assert_true(near(rate_expect(&outlook, 0, HOUR_S), 10) < 0.5);
	assert_true(near(rate_expect(&outlook, HOUR_S, 2 * HOUR_S), 100) < 5);
}

static void a_busier_day_lifts_what_is_expected(void **state)
{
	struct rate rate = {0};
	uint32_t from = MONDAY / 24 * 24, now = from + 3 * RATE_WEEK_H + 11;

	(void)state;
	fill_weeks(&rate, from, 3);
	for (uint32_t hour = from + 3 * RATE_WEEK_H; hour < now; hour++)
		rate_add(&rate, hour, 20);
	struct rate_outlook outlook = rate_look(&rate, (int64_t)now * HOUR_S);
	assert_true(outlook.level > 1.6 && outlook.level < 2);
	assert_true(rate_expect(&outlook, HOUR_S, 2 * HOUR_S) > 160);
	assert_true(outlook.spread > 1);
}

static void one_wild_hour_is_bounded(void **state)
{
	struct rate rate = {0};
	uint32_t from = MONDAY / 24 * 24, now = from + 3 * RATE_WEEK_H + 11;

	(void)state;
	fill_weeks(&rate, from, 3);
	rate_add(&rate, now - 1, 100000);
	struct rate_outlook outlook = rate_look(&rate, (int64_t)now * HOUR_S);
	assert_true(outlook.level <= 4);
	assert_true(outlook.spread <= 20);
}

static void an_empty_pool_expects_nothing(void **state)
{
	struct rate rate = {0};
	struct rate_outlook outlook = rate_look(&rate, (int64_t)MONDAY * HOUR_S);

	(void)state;
	assert_true(rate_expect(&outlook, 0, 8 * 86400) == 0);
	assert_true(rate_now(&rate, (int64_t)MONDAY * HOUR_S) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_in_an_hour_is_told_of_it),
		cmocka_unit_test(an_hour_is_known_from_the_first_on_and_for_five_weeks),
		cmocka_unit_test(a_long_silence_leaves_nothing_of_what_was),
		cmocka_unit_test(stored_hours_come_in_any_order),
		cmocka_unit_test(without_a_past_the_last_hours_tell_what_comes),
		cmocka_unit_test(the_first_minutes_of_a_pool_are_not_blown_up),
		cmocka_unit_test(the_same_hour_of_the_week_tells_what_comes),
		cmocka_unit_test(a_busier_day_lifts_what_is_expected),
		cmocka_unit_test(one_wild_hour_is_bounded),
		cmocka_unit_test(an_empty_pool_expects_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
