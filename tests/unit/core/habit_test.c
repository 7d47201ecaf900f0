#include "unit/test.h"

#include "core/habit.h"

static void a_habit_lasts_until_its_time_is_over(void **state)
{
	struct habits *habits = habits_new(100, 1);

	(void)state;
	assert_non_null(habits);
	assert_int_equal(habit_find(habits, 1, 42, 10), 0);
	habit_put(habits, 1, 42, 7, 100, 10);
	assert_int_equal(habit_find(habits, 1, 42, 99), 7);
	assert_int_equal(habit_find(habits, 1, 42, 100), 0);
	habits_free(habits);
}

static void the_newest_habit_of_a_person_counts_and_pools_are_kept_apart(void **state)
{
	struct habits *habits = habits_new(100, 1);

	(void)state;
	habit_put(habits, 1, 42, 7, 100, 10);
	habit_put(habits, 2, 42, 8, 100, 10);
	habit_put(habits, 1, 42, 9, 90, 11);
	assert_int_equal(habit_find(habits, 1, 42, 20), 9);
	assert_int_equal(habit_find(habits, 2, 42, 20), 8);
	habits_free(habits);
}

static void when_it_is_full_what_ends_first_is_forgotten(void **state)
{
	struct habits *habits = habits_new(1, 1); /* one set of four */

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		habit_put(habits, 1, 100 + i, 1 + i, 1000 - i, 10);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(habit_find(habits, 1, 100 + i, 20), i == 3 ? 0 : 1 + i);
	habits_free(habits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_habit_lasts_until_its_time_is_over),
		cmocka_unit_test(the_newest_habit_of_a_person_counts_and_pools_are_kept_apart),
		cmocka_unit_test(when_it_is_full_what_ends_first_is_forgotten),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
