#include "unit/test.h"

#include "demo/demo_leaks.h"

static bool clean(struct str text)
{
	struct demo_leaks leaks = {0};

	return demo_leaks_answer(&leaks, text, NUMBER_NONE, "here");
}

static void every_way_to_write_a_number_is_seen(void **state)
{
	static const char *const texts[] = {
		"+6281234567210",
		"6281234567210",
		"081234567210",
		"81234567210",
		"%2B6281234567210",
		"+62 812-3456-7210",
		"+62 (812) 3456.7210",
		"{\"number\":\"+14155550123\"}",
		"(415) 555-0123",
		"07700 900101",
		"id=x098765-43201;",
		NULL,
	};

	(void)state;
	for (int i = 0; texts[i]; i++)
		assert_false(clean(str_of(texts[i])));
}

static void integers_are_seen_in_either_byte_order(void **state)
{
	uint64_t number = cast_customer.number.e164;
	char bytes[32] = "row";

	(void)state;
	memcpy(bytes + 5, &number, sizeof number);
	assert_false(clean(str_n(bytes, sizeof bytes)));
	memset(bytes, 0, sizeof bytes);
	for (int i = 0; i < 6; i++) /* as SQLite stores it */
		bytes[9 + i] = (char)(number >> (8 * (5 - i)));
	assert_false(clean(str_n(bytes, sizeof bytes)));
}

static void masked_numbers_and_virtual_ones_are_clean(void **state)
{
	(void)state;
	assert_true(clean(
		STR("+62*******210 is shown as +622150001234, and 210 calls, at 2026-11-22T10:00:00Z")));
	assert_true(clean(STR("")));
}

static void the_number_to_dial_may_be_there_and_must_be(void **state)
{
	struct str dial = STR("<Number>+6281298765877</Number>");
	struct demo_leaks leaks = {0};

	(void)state;
	assert_true(demo_leaks_answer(&leaks, dial, cast_courier.number, "a"));
	assert_int_equal(leaks.dialled, 1);
	assert_int_equal(leaks.found, 0);
	assert_false(demo_leaks_answer(&leaks, STR("<Number/>"), cast_courier.number, "b"));
	assert_int_equal(leaks.found, 0);
	assert_false(demo_leaks_answer(&leaks, dial, cast_customer.number, "c"));
	assert_int_equal(leaks.found, 1);
	assert_string_equal(leaks.where, "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_a_number_is_seen),
		cmocka_unit_test(integers_are_seen_in_either_byte_order),
		cmocka_unit_test(masked_numbers_and_virtual_ones_are_clean),
		cmocka_unit_test(the_number_to_dial_may_be_there_and_must_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
