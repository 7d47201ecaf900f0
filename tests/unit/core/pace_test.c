/* How often somebody rings in a minute. */
#include "unit/test.h"

#include "base/hash.h"
#include "core/pace.h"

#define MINUTE 60000
#define START (1000 * (int64_t)MINUTE)

static void each_is_counted_by_itself_within_its_minute(void **state)
{
	struct pace *pace = pace_new(1024, test_seed());

	(void)state;
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(pace_count(pace, PACE_PAIR, 1, 2, START + i), i);
		assert_int_equal(pace_count(pace, PACE_CALLER, 1, 2, START + i), i);
	}
	assert_int_equal(pace_count(pace, PACE_PAIR, 2, 1, START), 1);
	assert_int_equal(pace_count(pace, PACE_PAIR, 1, 2, START + MINUTE - 1), 6);
	assert_int_equal(pace_count(pace, PACE_PAIR, 1, 2, START + MINUTE), 1);
	pace_free(pace);
}

static void looking_counts_nothing(void **state)
{
	struct pace *pace = pace_new(1024, test_seed());

	(void)state;
	assert_int_equal(pace_look(pace, PACE_TEXT, 1, 2, START), 0);
	assert_int_equal(pace_count(pace, PACE_TEXT, 1, 2, START), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pace_look(pace, PACE_TEXT, 1, 2, START + i), 1);
	assert_int_equal(pace_look(pace, PACE_CALL, 1, 2, START), 0);
	assert_int_equal(pace_count(pace, PACE_TEXT, 1, 2, START), 2);
	assert_int_equal(pace_look(pace, PACE_TEXT, 1, 2, START + MINUTE), 0);
	pace_free(pace);
}

static void it_stops_at_its_maximum(void **state)
{
	struct pace *pace = pace_new(8, 1);

	(void)state;
	for (uint32_t i = 1; i <= UINT16_MAX; i++)
		assert_int_equal(pace_count(pace, PACE_VN, 1, 0, START), i);
	assert_int_equal(pace_count(pace, PACE_VN, 1, 0, START), UINT16_MAX);
	pace_free(pace);
}

/* Many times as many callers as there is room for, who ring once each. */
static void a_flood_flushes_nobody_who_rings_often(void **state)
{
	enum { LOUD = 100, FLOOD = 100000 };
	struct random random = {test_seed()};
	struct pace *pace = pace_new(4096, random_next(&random));
	uint32_t kept = 0;

	(void)state;
	for (uint64_t caller = 1; caller <= LOUD; caller++)
		for (uint32_t i = 1; i <= 5; i++)
			(void)pace_count(pace, PACE_CALLER, caller, 0, START);
	for (uint64_t caller = 1; caller <= FLOOD; caller++)
		(void)pace_count(pace, PACE_CALLER, LOUD + caller, 0, START + 1);
	for (uint64_t caller = 1; caller <= LOUD; caller++)
		kept += pace_count(pace, PACE_CALLER, caller, 0, START + 2) == 6;
	assert_true(kept >= LOUD - 1); /* nine of them in one bucket, at most by chance */
	assert_true(pace_bytes(pace) <= 4096 * 8);
	pace_free(pace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_counted_by_itself_within_its_minute),
		cmocka_unit_test(looking_counts_nothing),
		cmocka_unit_test(it_stops_at_its_maximum),
		cmocka_unit_test(a_flood_flushes_nobody_who_rings_often),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
