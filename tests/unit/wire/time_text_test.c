#include "unit/test.h"

#include "base/hash.h"
#include "wire/time_text.h"

static const char *put(int64_t time_ms, char text[64])
{
	struct buf out;

	buf_fixed(&out, text, 63);
	time_text_put(&out, time_ms);
	text[buf_ok(&out) ? out.len : 0] = '\0';
	return text;
}

static int64_t parse(const char *text)
{
	int64_t time_ms = -1;

	return time_text_parse(str_of(text), &time_ms) == ERR_OK ? time_ms : INT64_MIN;
}

static void times_are_written_in_utc_with_milliseconds_only_where_there_are_some(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(put(0, text), "1970-01-01T00:00:00Z");
	assert_string_equal(put(1795341600000, text), "2026-11-22T10:00:00Z");
	assert_string_equal(put(1795341600250, text), "2026-11-22T10:00:00.250Z");
	assert_string_equal(put(-1, text), "1969-12-31T23:59:59.999Z");
	assert_string_equal(put(951782400000, text), "2000-02-29T00:00:00Z");
	assert_string_equal(put(-62167219200000, text), "0000-01-01T00:00:00Z");
	assert_string_equal(put(253402300799999, text), "9999-12-31T23:59:59.999Z");
}

static void times_that_four_digits_of_year_cannot_tell_are_not_written(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(put(253402300800000, text), "");
	assert_string_equal(put(-62167219200001, text), "");
	assert_string_equal(put(INT64_MAX, text), "");
	assert_string_equal(put(INT64_MIN, text), "");
}

/* The examples of RFC 3339 section 5.8. */
static void the_examples_of_the_standard_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse("1985-04-12T23:20:50.52Z"), 482196050520);
	assert_int_equal(parse("1996-12-19T16:39:57-08:00"), 851042397000);
	assert_int_equal(parse("1996-12-20T00:39:57Z"), 851042397000);
	assert_int_equal(parse("1990-12-31T23:59:60Z"), 662687999999);
	assert_int_equal(parse("1990-12-31T15:59:60-08:00"), 662687999999);
	assert_int_equal(parse("1937-01-01T12:00:27.87+00:20"), -1041337172130);
}

static void small_letters_and_long_fractions_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse("2026-11-22t10:00:00z"), 1795341600000);
	assert_int_equal(parse("2026-11-22T10:00:00.123456789Z"), 1795341600123);
	assert_int_equal(parse("2026-11-22T10:00:00.1Z"), 1795341600100);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = {"", "2026", "2026-11-22", "2026-11-22 10:00:00Z",
		"2026-11-22T10:00:00", "2026-11-22T10:00Z", "2026-13-22T10:00:00Z", "2026-00-22T10:00:00Z",
		"2026-11-31T10:00:00Z", "2026-11-00T10:00:00Z", "2026-02-29T10:00:00Z",
		"1900-02-29T10:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z",
		"2026-11-22T10:00:61Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00+0700",
		"2026-11-22T10:00:00+24:00", "2026-11-22T10:00:00ZZ", "+2026-11-22T10:00:00Z",
		"26-11-22T10:00:00Z", "2026-1-22T10:00:00Z", " 2026-11-22T10:00:00Z", "2026-11-22T10:00:0xZ"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_true(parse(wrong[i]) == INT64_MIN);
}

static void every_time_that_is_written_is_read_back(void **state)
{
	struct random random = {test_seed()};
	char text[64];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t span = 253402300800000 + 62167219200000;
		int64_t time_ms = (int64_t)(random_next(&random) % (uint64_t)span) - 62167219200000;
		assert_true(parse(put(time_ms, text)) == time_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_in_utc_with_milliseconds_only_where_there_are_some),
		cmocka_unit_test(times_that_four_digits_of_year_cannot_tell_are_not_written),
		cmocka_unit_test(the_examples_of_the_standard_are_read),
		cmocka_unit_test(small_letters_and_long_fractions_are_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(every_time_that_is_written_is_read_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
