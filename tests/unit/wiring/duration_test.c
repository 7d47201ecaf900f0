#include "unit/test.h"

#include "cli/duration.h"

static void assert_span(const char *text, uint32_t seconds)
{
	uint32_t got = 1;

	assert_int_equal(duration_parse(str_of(text), &got), ERR_OK);
	assert_int_equal(got, seconds);
}

static void assert_none(const char *text)
{
	uint32_t got = 77;

	assert_int_equal(duration_parse(str_of(text), &got), ERR_BAD_REQUEST);
	assert_int_equal(got, 77);
}

static void every_unit_is_understood(void **state)
{
	(void)state;
	assert_span("15s", 15);
	assert_span("30m", 1800);
	assert_span("12h", 43200);
	assert_span("90d", 7776000);
	assert_span("2w", 1209600);
}

static void units_add_up_from_large_to_small(void **state)
{
	(void)state;
	assert_span("1d12h", 129600);
	assert_span("1w1d1h1m1s", 694861);
	assert_none("12h1d");
	assert_none("1h1h");
}

static void a_bare_number_is_seconds(void **state)
{
	(void)state;
	assert_span("0", 0);
	assert_span("0s", 0);
	assert_span("3600", 3600);
}

static void anything_else_is_refused_and_touches_nothing(void **state)
{
	(void)state;
	assert_none("");
	assert_none("d");
	assert_none("5 m");
	assert_none("-5m");
	assert_none("5m-");
	assert_none("5x");
	assert_none("1d5");
	assert_none("1.5h");
	assert_none("5M");
}

static void more_than_136_years_is_refused(void **state)
{
	(void)state;
	assert_span("4294967295", UINT32_MAX);
	assert_none("4294967296");
	assert_none("7102w");
	assert_none("9999999999w");
	assert_none("99999999999999999999s");
}

static void assert_text(uint64_t seconds, const char *text)
{
	char got[DURATION_TEXT_SIZE];

	assert_string_equal(duration_text(seconds, got), text);
}

static void a_span_is_told_in_its_two_largest_units(void **state)
{
	(void)state;
	assert_text(0, "0s");
	assert_text(59, "59s");
	assert_text(5400, "1h30m");
	assert_text(90061, "1d1h");
	assert_text(7776000, "90d");
	assert_text(UINT64_MAX, "213503982334601d7h");
}

static void what_is_told_is_read_back_where_nothing_was_cut(void **state)
{
	static const uint32_t spans[] = {1, 60, 3600, 5400, 86400, 129600, 7776000};
	char text[DURATION_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
		assert_span(duration_text(spans[i], text), spans[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unit_is_understood),
		cmocka_unit_test(units_add_up_from_large_to_small),
		cmocka_unit_test(a_bare_number_is_seconds),
		cmocka_unit_test(anything_else_is_refused_and_touches_nothing),
		cmocka_unit_test(more_than_136_years_is_refused),
		cmocka_unit_test(a_span_is_told_in_its_two_largest_units),
		cmocka_unit_test(what_is_told_is_read_back_where_nothing_was_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
