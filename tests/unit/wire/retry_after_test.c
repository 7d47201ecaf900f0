/* RFC 9110 sections 5.6.7 and 10.2.3. */
#include "unit/test.h"

#include "page_end.h"
#include "wire/retry_after.h"
#include "wire/time_text.h"

static int64_t now_ms;

/* -1: refused, and the output untouched. */
static int64_t wait_of(const char *text)
{
	struct page_end copy = page_end_copy(str_of(text));
	int64_t wait_s = -1;
	bool good = retry_after_read(copy.text, now_ms, &wait_s);

	assert_true(good || wait_s == -1);
	page_end_free(&copy);
	return wait_s;
}

static void now_is(const char *text)
{
	assert_int_equal(time_text_parse(str_of(text), &now_ms), ERR_OK);
}

static void seconds_are_seconds(void **state)
{
	(void)state;
	now_is("2026-11-22T10:00:00Z");
	assert_int_equal(wait_of("0"), 0);
	assert_int_equal(wait_of("120"), 120);
	assert_int_equal(wait_of(" 7\t"), 7);
	assert_int_equal(wait_of("00005"), 5);
}

static void more_than_a_year_is_a_year(void **state)
{
	(void)state;
	now_is("2026-11-22T10:00:00Z");
	assert_int_equal(wait_of("31622400"), RETRY_AFTER_MAX_S);
	assert_int_equal(wait_of("31622401"), RETRY_AFTER_MAX_S);
	assert_int_equal(wait_of("99999999999999999999999999"), RETRY_AFTER_MAX_S);
	assert_int_equal(wait_of("Fri, 31 Dec 9999 23:59:59 GMT"), RETRY_AFTER_MAX_S);
}

static void the_three_forms_of_a_date_are_read(void **state)
{
	(void)state;
	now_is("1994-11-06T08:49:00Z");
	assert_int_equal(wait_of("Sun, 06 Nov 1994 08:49:37 GMT"), 37);
	assert_int_equal(wait_of("Sunday, 06-Nov-94 08:49:37 GMT"), 37);
	assert_int_equal(wait_of("Sun Nov  6 08:49:37 1994"), 37);
	assert_int_equal(wait_of("Wed Nov 16 08:49:37 1994"), 10 * 86400 + 37);
	now_ms += 500;
	assert_int_equal(wait_of("Sun, 06 Nov 1994 08:49:37 GMT"), 37); /* not before it */
}

static void a_time_that_has_gone_by_is_now(void **state)
{
	(void)state;
	now_is("2026-11-22T10:00:00Z");
	assert_int_equal(wait_of("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
	assert_int_equal(wait_of("Sun, 22 Nov 2026 10:00:00 GMT"), 0);
}

static void two_digits_of_a_year_are_not_half_a_century_ahead(void **state)
{
	(void)state;
	now_is("2026-11-22T10:00:00Z");
	assert_int_equal(wait_of("Sunday, 06-Nov-94 08:49:37 GMT"), 0);
	assert_int_equal(wait_of("Sunday, 22-Nov-26 10:00:09 GMT"), 9);
	assert_int_equal(wait_of("Sunday, 22-Nov-76 10:00:09 GMT"), RETRY_AFTER_MAX_S);
	assert_int_equal(wait_of("Monday, 22-Nov-77 10:00:09 GMT"), 0);
}

static void anything_else_is_refused(void **state)
{
	static const char *const broken[] = {"", " ", "-1", "+5", "1.5", "5s", "soon", "5, 6", "0x10", ",", ", ",
		"Sun,", "Sun, ", "Sun,06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 32 Nov 1994 08:49:37 GMT", "Wed, 30 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37Z GMT", "Sun, 006 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov  6 08:49:37 94", "Sun Nov 6 08:49:37",
		"Sun Nov  6 08:49:37 1994 GMT", "Sun Nov", "Sun  ", "2026-11-22T10:00:00Z"};

	(void)state;
	now_is("1994-11-06T08:49:00Z");
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (wait_of(broken[i]) != -1)
			fail_msg("\"%s\" was taken", broken[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_are_seconds),
		cmocka_unit_test(more_than_a_year_is_a_year),
		cmocka_unit_test(the_three_forms_of_a_date_are_read),
		cmocka_unit_test(a_time_that_has_gone_by_is_now),
		cmocka_unit_test(two_digits_of_a_year_are_not_half_a_century_ahead),
		cmocka_unit_test(anything_else_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
