#include "unit/test.h"

static void strings_are_equal_by_bytes_and_length(void **state)
{
	(void)state;
	assert_true(str_equal(STR("abc"), STR("abc")));
	assert_false(str_equal(STR("abc"), STR("abd")));
	assert_false(str_equal(STR("abc"), STR("ab")));
	assert_true(str_equal(STR_NONE, STR("")));
	assert_true(str_equal(str_n("a\0b", 3), str_n("a\0b", 3)));
	assert_false(str_equal(str_n("a\0b", 3), str_n("a\0c", 3)));
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(str_equal_nocase(STR("Content-LENGTH"), STR("content-length")));
	assert_false(str_equal_nocase(STR("a["), STR("a{")));
	assert_false(str_equal_nocase(STR("@"), STR("`")));
	assert_false(str_equal_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
}

static void a_prefix_starts_what_it_begins(void **state)
{
	(void)state;
	assert_true(str_starts(STR("/v1/pools"), STR("/v1/")));
	assert_true(str_starts(STR("x"), STR("")));
	assert_true(str_starts(STR_NONE, STR_NONE));
	assert_false(str_starts(STR("/v"), STR("/v1")));
	assert_false(str_starts(STR("/v2/"), STR("/v1/")));
}

static void a_prefix_comes_before_what_it_begins_in_order(void **state)
{
	(void)state;
	assert_true(str_compare(STR("ab"), STR("abc")) < 0);
	assert_true(str_compare(STR("abc"), STR("ab")) > 0);
	assert_true(str_compare(STR("b"), STR("abc")) > 0);
	assert_true(str_compare(STR("\x7f"), STR("\x80")) < 0);
	assert_int_equal(str_compare(STR("abc"), STR("abc")), 0);
	assert_int_equal(str_compare(STR_NONE, STR("")), 0);
}

static void a_cut_gives_what_is_before_and_after_the_first_separator(void **state)
{
	struct str rest;

	(void)state;
	assert_true(str_equal(str_cut(STR("a,b,c"), ',', &rest), STR("a")));
	assert_true(str_equal(rest, STR("b,c")));
	assert_true(str_equal(str_cut(STR(",b"), ',', &rest), STR("")));
	assert_true(str_equal(rest, STR("b")));
	assert_true(str_equal(str_cut(STR("abc"), ',', &rest), STR("abc")));
	assert_null(rest.at);
	assert_true(str_equal(str_cut(STR("abc,"), ',', &rest), STR("abc")));
	assert_non_null(rest.at);
	assert_int_equal(rest.len, 0);
	assert_int_equal(str_cut(STR_NONE, ',', &rest).len, 0);
}

static void a_trim_takes_white_space_from_both_ends(void **state)
{
	(void)state;
	assert_true(str_equal(str_trim(STR(" \t a b\r\n")), STR("a b")));
	assert_int_equal(str_trim(STR(" \t ")).len, 0);
	assert_int_equal(str_trim(STR_NONE).len, 0);
}

static void a_decimal_is_read_up_to_the_largest_and_no_further(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_true(str_u64(STR("0"), &value));
	assert_true(value == 0);
	assert_true(str_u64(STR("18446744073709551615"), &value));
	assert_true(value == UINT64_MAX);
	value = 7;
	assert_false(str_u64(STR("18446744073709551616"), &value));
	assert_false(str_u64(STR("99999999999999999999"), &value));
	assert_false(str_u64(STR(""), &value));
	assert_false(str_u64(STR("+1"), &value));
	assert_false(str_u64(STR("-1"), &value));
	assert_false(str_u64(STR("1 "), &value));
	assert_false(str_u64(STR("0x1"), &value));
	assert_true(value == 7);
}

static void a_copy_that_does_not_fit_leaves_the_empty_text(void **state)
{
	char dst[4] = "xyz";

	(void)state;
	assert_true(str_copy(dst, sizeof dst, STR("abc")));
	assert_string_equal(dst, "abc");
	assert_false(str_copy(dst, sizeof dst, STR("abcd")));
	assert_string_equal(dst, "");
	assert_false(str_copy(dst, sizeof dst, str_n("a\0b", 3)));
	assert_string_equal(dst, "");
	assert_true(str_copy(dst, sizeof dst, STR_NONE));
	assert_string_equal(dst, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_equal_by_bytes_and_length),
		cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
		cmocka_unit_test(a_prefix_starts_what_it_begins),
		cmocka_unit_test(a_prefix_comes_before_what_it_begins_in_order),
		cmocka_unit_test(a_cut_gives_what_is_before_and_after_the_first_separator),
		cmocka_unit_test(a_trim_takes_white_space_from_both_ends),
		cmocka_unit_test(a_decimal_is_read_up_to_the_largest_and_no_further),
		cmocka_unit_test(a_copy_that_does_not_fit_leaves_the_empty_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
