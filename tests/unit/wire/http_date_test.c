/* RFC 9110 section 5.6.7. What is no date is in retry_after_test.c, which reads by the same function. */
#include "unit/test.h"

#include "page_end.h"
#include "wire/http_date.h"

#define NOW_MS 1795341600000 /* 2026-11-22T10:00:00Z */

static int64_t date_of(const char *text)
{
	struct page_end copy = page_end_copy(str_of(text));
	int64_t time_ms = -1;
	bool good = http_date_read(copy.text, NOW_MS, &time_ms);

	assert_true(good || time_ms == -1);
	page_end_free(&copy);
	return time_ms;
}

static void a_date_is_the_same_in_all_forms(void **state)
{
	(void)state;
	assert_true(date_of("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777000);
	assert_true(date_of("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777000);
	assert_true(date_of("Sun Nov  6 08:49:37 1994") == 784111777000);
	assert_true(date_of("\tSun, 06 Nov 1994 08:49:37 GMT ") == 784111777000);
}

static void seconds_are_no_date(void **state)
{
	(void)state;
	assert_true(date_of("") == -1);
	assert_true(date_of("784111777") == -1);
	assert_true(date_of("Sun, 06 Nov 1994 08:49:37 CET") == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_the_same_in_all_forms),
		cmocka_unit_test(seconds_are_no_date),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
