#include "unit/test.h"

#include "api/dead_mask.h"
#include "page_end.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void masks(const char *payload, const char *wanted)
{
	struct page_end copy = page_end_copy(str_of(payload));
	struct str masked = dead_mask(copy.text, &arena);

	page_end_free(&copy);
	if (!str_equal(masked, str_of(wanted)))
		fail_msg("%s became %.*s", payload, (int)masked.len, masked.at);
}

static void numbers_become_stars(void **state)
{
	(void)state;
	masks("{\"number\":\"+6281234567210\"}", "{\"number\":\"+*************\"}");
	masks("{\"number\":\"081234567210\"}", "{\"number\":\"************\"}");
	masks("{\"number\":81234567210}", "{\"number\":***********}");
	masks("12345", "*****");
}

static void marks_between_the_digits_stay(void **state)
{
	(void)state;
	masks("+62 812-3456-7210", "+** ***-****-****");
	masks("(0812) 3456.7210", "(****) ****.****");
	masks("812 - 3456 - 7210", "*** - **** - ****");
	masks("0812\\/3456\\/7210", "****\\/****\\/****");
}

static void what_is_too_short_for_a_number_stays(void **state)
{
	(void)state;
	masks("", "");
	masks("{\"version\":1234,\"type\":\"order.placed\"}", "{\"version\":1234,\"type\":\"order.placed\"}");
	masks("\"A-1001\"", "\"A-1001\"");
	masks("1234    5", "1234    5");
	masks("12,34,56", "12,34,56");
}

static void digits_of_other_scripts_and_escaped_ones_are_digits(void **state)
{
	(void)state;
	masks("\xd9\xa0\xd9\xa8\xd9\xa1\xd9\xa2\xd9\xa3", "**********");
	masks("\\uff10\\uff18\\uff11\\uff12\\uff13", "******************************");
	masks("81\\u00a02\\u00a034", "**??????*??????**");
	masks("812\xc2\xa0" "3456\xe2\x80\x93" "7210", "***??****???****");
}

static void what_is_beyond_ascii_can_not_hide_one(void **state)
{
	(void)state;
	masks("caf\xc3\xa9", "caf??");
	masks("\xff\xfe", "??");
	masks("\\u4e2d", "??????");
	masks("\\u0812\\u3456", "????????????"); /* not letters to anybody, but digits to look at */
	masks("a\\u0026b\\n", "a\\u0026b\\n");
	masks("\\u12", "\\u12");
	masks("\\", "\\");
}

static void without_memory_there_is_no_text(void **state)
{
	char space[1024];
	struct arena small;

	(void)state;
	memset(space, '1', sizeof space);
	arena_init(&small, 64);
	assert_null(dead_mask(str_n(space, sizeof space), &small).at);
	arena_done(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_become_stars),
		TEST(marks_between_the_digits_stay),
		TEST(what_is_too_short_for_a_number_stays),
		TEST(digits_of_other_scripts_and_escaped_ones_are_digits),
		TEST(what_is_beyond_ascii_can_not_hide_one),
		TEST(without_memory_there_is_no_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
