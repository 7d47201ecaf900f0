#include "unit/test.h"

#include "base/hash.h"
#include "core/wheel.h"

static void a_slot_is_due_at_its_time_and_once(void **state)
{
	struct wheel *wheel = wheel_new(10, 1000);

	(void)state;
	wheel_set(wheel, 3, 1005);
	assert_int_equal(wheel_due(wheel, 1004), WHEEL_NONE);
	assert_int_equal(wheel_due(wheel, 1005), 3);
	assert_int_equal(wheel_due(wheel, 1005), WHEEL_NONE);
	assert_int_equal(wheel_due(wheel, 2000), WHEEL_NONE);
	wheel_free(wheel);
	wheel_free(NULL);
}

static void a_time_that_has_passed_is_due_at_once(void **state)
{
	struct wheel *wheel = wheel_new(10, 1000);

	(void)state;
	wheel_set(wheel, 1, 0);
	assert_int_equal(wheel_due(wheel, 1000), 1);
	assert_int_equal(wheel_due(wheel, 1500), WHEEL_NONE);
	wheel_set(wheel, 1, 1500);
	assert_int_equal(wheel_due(wheel, 1500), 1);
	wheel_set(wheel, 1, 1200);
	assert_int_equal(wheel_due(wheel, 1500), 1);
	wheel_free(wheel);
}

static void a_slot_that_is_set_again_has_only_the_new_time(void **state)
{
	struct wheel *wheel = wheel_new(10, 1000);

	(void)state;
	wheel_set(wheel, 1, 1005);
	wheel_set(wheel, 1, 1010);
	assert_int_equal(wheel_due(wheel, 1009), WHEEL_NONE);
	assert_int_equal(wheel_due(wheel, 1010), 1);
	wheel_set(wheel, 1, 1020);
	wheel_cancel(wheel, 1);
	wheel_cancel(wheel, 1);
	wheel_cancel(wheel, 2);
	assert_int_equal(wheel_due(wheel, 2000), WHEEL_NONE);
	wheel_free(wheel);
}

static void what_is_turns_away_waits_in_its_bucket(void **state)
{
	struct wheel *wheel = wheel_new(10, 1000);

	(void)state;
	wheel_set(wheel, 1, 1010);
	wheel_set(wheel, 2, 1010 + 65536);
	wheel_set(wheel, 3, 1010 + 3 * 65536);
	assert_int_equal(wheel_due(wheel, 1010), 1);
	assert_int_equal(wheel_due(wheel, 1009 + 65536), WHEEL_NONE);
	assert_int_equal(wheel_due(wheel, 1010 + 65536), 2);
	assert_int_equal(wheel_due(wheel, 1009 + 3 * 65536), WHEEL_NONE);
	assert_int_equal(wheel_due(wheel, 1010 + 3 * 65536), 3);
	wheel_free(wheel);
}

static void earlier_times_come_out_first(void **state)
{
	struct wheel *wheel = wheel_new(10, 1000);

	(void)state;
	wheel_set(wheel, 1, 1030);
	wheel_set(wheel, 2, 1010);
	wheel_set(wheel, 3, 1020);
	assert_int_equal(wheel_due(wheel, 5000), 2);
	assert_int_equal(wheel_due(wheel, 5000), 3);
	assert_int_equal(wheel_due(wheel, 5000), 1);
	assert_int_equal(wheel_due(wheel, 5000), WHEEL_NONE);
	wheel_free(wheel);
}

static void it_does_what_a_plain_list_of_times_does(void **state)
{
	enum { SLOTS = 300 };
	struct random random = {test_seed()};
	uint32_t times[SLOTS] = {0}, now = 1790000000;
	struct wheel *wheel = wheel_new(SLOTS, now);

	(void)state;
	for (int step = 0; step < 30000; step++) {
		uint32_t slot = random_below(&random, SLOTS);
		if (random_below(&random, 5) == 0) {
			times[slot] = 0;
			wheel_cancel(wheel, slot);
		} else {
			times[slot] = now - 50 + random_below(&random, random_below(&random, 4) ? 300 : 300000);
			wheel_set(wheel, slot, times[slot]);
		}
		if (random_below(&random, 20))
			continue;
		now += random_below(&random, random_below(&random, 50) ? 100 : 100000);
		for (uint32_t due; (due = wheel_due(wheel, now)) != WHEEL_NONE;) {
			assert_true(times[due] != 0 && times[due] <= now);
			times[due] = 0;
		}
		for (uint32_t i = 0; i < SLOTS; i++)
			assert_true(times[i] == 0 || times[i] > now);
	}
	wheel_free(wheel);
}

static void go_back(void *data)
{
	wheel_due(data, 999);
}

static void set_foreign(void *data)
{
	wheel_set(data, 10, 2000);
}

static void time_that_goes_back_and_foreign_slots_die(void **state)
{
	struct wheel *wheel = wheel_new(10, 1000);

	(void)state;
	assert_true(test_dies(go_back, wheel));
	assert_true(test_dies(set_foreign, wheel));
	wheel_free(wheel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_is_due_at_its_time_and_once),
		cmocka_unit_test(a_time_that_has_passed_is_due_at_once),
		cmocka_unit_test(a_slot_that_is_set_again_has_only_the_new_time),
		cmocka_unit_test(what_is_turns_away_waits_in_its_bucket),
		cmocka_unit_test(earlier_times_come_out_first),
		cmocka_unit_test(it_does_what_a_plain_list_of_times_does),
		cmocka_unit_test(time_that_goes_back_and_foreign_slots_die),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
