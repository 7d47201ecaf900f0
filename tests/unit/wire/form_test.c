#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "page_end.h"
#include "wire/form.h"

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

static enum err parse(struct str text, struct form *ret_form)
{
	struct page_end copy = page_end_copy(text);
	enum err err = form_parse(copy.text, &arena, ret_form);

	page_end_free(&copy); /* fields must not point into the text */
	return err;
}

static void expect_text(struct str is, const char *wanted)
{
	assert_non_null(is.at);
	assert_int_equal(is.len, strlen(wanted));
	assert_memory_equal(is.at, wanted, is.len);
}

static void fields_are_decoded_in_their_order(void **state)
{
	struct form form;

	(void)state;
	assert_int_equal(parse(STR("From=%2B14155550123&To=a+b&&x&=y&To=second&e=%E2%82%ac"), &form), ERR_OK);
	assert_int_equal(form.n, 6);
	expect_text(form_value(&form, "From"), "+14155550123");
	expect_text(form_value(&form, "To"), "a b");
	expect_text(form_value(&form, "x"), "");
	expect_text(form_value(&form, ""), "y");
	expect_text(form_value(&form, "e"), "\xe2\x82\xac");
	expect_text(form.fields[4].value, "second");
	assert_null(form_value(&form, "from").at);
}

static void an_equals_sign_belongs_to_the_value_after_the_first(void **state)
{
	struct form form;

	(void)state;
	assert_int_equal(parse(STR("a=b=c"), &form), ERR_OK);
	expect_text(form_value(&form, "a"), "b=c");
}

static void an_empty_text_has_no_fields(void **state)
{
	struct form form = {.n = 7};

	(void)state;
	assert_int_equal(form_parse(STR_NONE, &arena, &form), ERR_OK);
	assert_int_equal(form.n, 0);
	assert_int_equal(parse(STR("&&&"), &form), ERR_OK);
	assert_int_equal(form.n, 0);
}

static void broken_escapes_and_nul_are_refused_and_leave_the_output_alone(void **state)
{
	static const char *const broken[] = {
		"a=%", "a=%2", "a=%2g", "a=%g2", "%=a", "a=%+1", "a=%00", "%00=a", "a=%%41"};
	struct form form = {.n = 7};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(parse(str_of(broken[i]), &form), ERR_BAD_REQUEST);
	assert_int_equal(parse(str_n("a=b\0c", 5), &form), ERR_BAD_REQUEST);
	assert_int_equal(form.n, 7);
}

static void the_field_limit_is_exact(void **state)
{
	char text[2 * FORM_FIELDS_MAX + 2];
	struct form form;

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 ? '&' : 'a';
	assert_int_equal(parse(str_n(text, 2 * FORM_FIELDS_MAX), &form), ERR_OK);
	assert_int_equal(form.n, FORM_FIELDS_MAX);
	assert_int_equal(parse(str_n(text, 2 * FORM_FIELDS_MAX + 1), &form), ERR_TOO_LARGE);
}

static void a_full_arena_is_an_error(void **state)
{
	struct arena small;
	struct form form;

	(void)state;
	arena_init(&small, 64);
	assert_int_equal(form_parse(STR("a=b&c=d&e=f"), &small, &form), ERR_TOO_LARGE);
	arena_done(&small);
}

static void what_is_encoded_comes_back(void **state)
{
	char every[255], room[3 * 255 + 2];
	struct form form;
	struct buf out;

	(void)state;
	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	buf_fixed(&out, room, sizeof room);
	buf_lit(&out, "a=");
	form_encode(&out, str_n(every, sizeof every));
	assert_true(buf_ok(&out));
	assert_int_equal(parse(buf_text(&out), &form), ERR_OK);
	struct str value = form_value(&form, "a");
	assert_int_equal(value.len, 255);
	assert_memory_equal(value.at, every, 255);
	assert_null(memchr(room, '+', out.len));
}

static void a_path_segment_keeps_its_plus(void **state)
{
	struct str text = STR("untouched");

	(void)state;
	assert_true(form_decode_path(STR("%2B62+81%20x"), &arena, &text));
	expect_text(text, "+62+81 x");
	assert_false(form_decode_path(STR("%2"), &arena, &text));
	assert_false(form_decode_path(STR("%00"), &arena, &text));
	expect_text(text, "+62+81 x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields_are_decoded_in_their_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_equals_sign_belongs_to_the_value_after_the_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_text_has_no_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			broken_escapes_and_nul_are_refused_and_leave_the_output_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_field_limit_is_exact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_arena_is_an_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_encoded_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_path_segment_keeps_its_plus, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
