/* What the load generator's figures are read from (bench/traffic/histogram.h). */
#include "unit/test.h"

#include "../../../bench/traffic/histogram.c"
#include "base/hash.h"

static struct histogram histogram;

static int set_up(void **state)
{
	(void)state;
	histogram = (struct histogram){0};
	return 0;
}

static void none_are_nothing(void **state)
{
	(void)state;
	assert_true(histogram_at_ns(&histogram, 0.5) == 0 && histogram_at_ns(&histogram, 1) == 0);
}

/* From below a microsecond to an hour: never too small, at most 1/64 and a microsecond too large. */
static void every_value_is_told_within_a_64th(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < 3600ull * 1000000000; ns += ns / 7 + 1) {
		histogram = (struct histogram){0};
		histogram_add(&histogram, ns);
		histogram_add(&histogram, UINT64_MAX / 2); /* so that the largest is no bound */
		uint64_t told = histogram_at_ns(&histogram, 0.4);
		assert_true(told >= ns && told <= ns + ns / 64 + 1000);
	}
}

static void parts_are_what_sorting_says(void **state)
{
	struct random random = {1};

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) /* 1 ms to 1000 ms, in any order */
		histogram_add(&histogram, (i * 7919 % 1000 + 1) * 1000000);
	for (int i = 0; i < 1000; i++) {
		uint64_t part = random_below(&random, 1000), ns = (part + 1) * 1000000;
		uint64_t told = histogram_at_ns(&histogram, (double)part / 1000);
		assert_true(told + 1000000 >= ns && told <= ns + ns / 64 + 1000);
	}
	assert_true(histogram_at_ns(&histogram, 1) == 1000000000);
	assert_true(histogram_at_ns(&histogram, 0.9999) <= 1000000000);
}

static void two_of_them_are_one(void **state)
{
	static struct histogram other, both;

	(void)state;
	for (uint64_t i = 1; i < 500; i++) {
		histogram_add(i % 3 ? &histogram : &other, i * 12345);
		histogram_add(&both, i * 12345);
	}
	histogram_merge(&histogram, &other);
	assert_memory_equal(&histogram, &both, sizeof both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(none_are_nothing, set_up),
		cmocka_unit_test_setup(every_value_is_told_within_a_64th, set_up),
		cmocka_unit_test_setup(parts_are_what_sorting_says, set_up),
		cmocka_unit_test_setup(two_of_them_are_one, set_up),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
