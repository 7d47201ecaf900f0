#include "unit/test.h"

#include "api/dead_holds.h"
#include "page_end.h"

static bool holds(const char *payload, const char *number_of)
{
	struct page_end copy = page_end_copy(str_of(payload));
	struct number number;

	assert_int_equal(number_parse(str_of(number_of), &number), ERR_OK);
	bool found = dead_holds(copy.text, number);
	page_end_free(&copy);
	return found;
}

#define CUSTOMER "+6281234567210"

static void a_number_is_found_in_every_form(void **state)
{
	static const char *const forms[] = {
		"{\"number\":\"+6281234567210\"}",
		"{\"number\":\"6281234567210\"}",
		"{\"number\":\"006281234567210\"}",
		"{\"number\":\"081234567210\"}",
		"{\"number\":\"81234567210\"}",
		"{\"number\":81234567210}",
		"+62 812-3456-7210",
		"+62 (812) 3456 7210",
		"(0812) 3456.7210",
		"0812/3456/7210",
		"[0812] 3456 - 7210",
		"+62.812.34.56.72.10",
		"call 0812 3456 7210, then come",
		"x081234567210",
		"0812\t34567210",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!holds(forms[i], CUSTOMER))
			fail_msg("not found in %s", forms[i]);
}

static void escapes_of_json_hide_nothing(void **state)
{
	static const char *const forms[] = {
		"{\"n\":\"\\u002b6281234567210\"}",
		"{\"n\":\"0812\\/3456\\/7210\"}",
		"{\"n\":\"\\u0030812\\u0033\\u0034567210\"}",
		"{\"n\":\"0812\\u00a03456\\u00a07210\"}",
		"{\"n\":\"0812\\u20103456\\u2010\\u0037210\"}",
		"{\"body\":\"{\\\"n\\\":\\\"0812\\\\u00a03456\\\\\\/7210\\\"}\"}",
		"{\"n\":\"\\uff10\\uff18\\uff11\\uff12\\uff13\\uff14\\uff15\\uff16\\uff17\\uff12\\uff11\\uff10\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!holds(forms[i], CUSTOMER))
			fail_msg("not found in %s", forms[i]);
}

static void digits_and_marks_of_other_scripts_count(void **state)
{
	(void)state;
	assert_true(holds("\xd9\xa0\xd9\xa8\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7\xd9\xa2\xd9\xa1\xd9\xa0", CUSTOMER));
	assert_true(holds("0812\xc2\xa0" "3456\xe2\x80\x93" "7210", CUSTOMER));
}

static void another_number_is_not_it(void **state)
{
	(void)state;
	assert_false(holds("", CUSTOMER));
	assert_false(holds("+6281234567211", CUSTOMER));
	assert_false(holds("+6281298765877", CUSTOMER));
	assert_false(holds("0812 3456 721", CUSTOMER));
	assert_false(holds("{\"version\":1,\"time\":\"2026-11-22T10:00:00Z\"}", CUSTOMER));
}

static void what_is_too_far_apart_is_two_numbers(void **state)
{
	(void)state;
	assert_false(holds("0812 3456    7210", CUSTOMER));
	assert_false(holds("3456, 7210", CUSTOMER));
	assert_false(holds("\"0812345\",\"67210\"", CUSTOMER));
	assert_false(holds("0812a34567210x", "+6281298765877"));
	assert_false(holds("0812345\n67210", CUSTOMER));
}

static void a_run_may_go_on_before_and_behind(void **state)
{
	(void)state;
	assert_true(holds("17 081234567210 25", CUSTOMER));
	assert_true(holds("9999081234567210", CUSTOMER));
	assert_true(holds("0812345672109999", CUSTOMER));
}

/* Five digits behind the country code decide alone. */
static void a_short_number_is_found_without_its_country(void **state)
{
	struct number number = {99900123};

	(void)state;
	assert_true(dead_holds(STR("+999 00123"), number));
	assert_true(dead_holds(STR("n: 00 123"), number));
	assert_false(dead_holds(STR("0123"), number));
	assert_false(dead_holds(STR("99900 12"), number));
}

static void bytes_that_are_no_text_do_no_harm(void **state)
{
	(void)state;
	assert_true(holds("\xff\xfe" "081234567210", CUSTOMER));
	assert_true(holds("\\\\\\081234567210", CUSTOMER));
	assert_false(holds("0812\xff" "34567210", "+6281298765877"));
	assert_false(holds("\\", CUSTOMER));
	assert_false(holds("\\u", CUSTOMER));
	assert_false(holds("\\u00", CUSTOMER));
	assert_false(holds("\\u003", CUSTOMER));
	assert_false(holds("\xd9", CUSTOMER));
}

/* A walk that began anew at every backslash would take minutes. */
static void a_payload_of_backslashes_is_walked_once(void **state)
{
	size_t len = 4 << 20;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, '\\', len);
	assert_false(dead_holds(str_n(text, len), (struct number){6281234567210}));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_found_in_every_form),
		cmocka_unit_test(escapes_of_json_hide_nothing),
		cmocka_unit_test(digits_and_marks_of_other_scripts_count),
		cmocka_unit_test(another_number_is_not_it),
		cmocka_unit_test(what_is_too_far_apart_is_two_numbers),
		cmocka_unit_test(a_run_may_go_on_before_and_behind),
		cmocka_unit_test(a_short_number_is_found_without_its_country),
		cmocka_unit_test(bytes_that_are_no_text_do_no_harm),
		cmocka_unit_test(a_payload_of_backslashes_is_walked_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
