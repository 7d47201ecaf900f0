#include "unit/test.h"

#include "cli/mask.h"

static const struct number virtuals[] = {{622150001234}, {918047112233}};

static void assert_masked(const char *text, const char *wanted)
{
	char got[512];
	struct buf out;

	buf_fixed(&out, got, sizeof got - 1);
	mask_document(&out, str_of(text), virtuals, 2, "s3cret");
	assert_true(buf_ok(&out));
	got[out.len] = '\0';
	assert_string_equal(got, wanted);
}

static void real_numbers_are_masked_and_virtual_ones_are_not(void **state)
{
	(void)state;
	assert_masked("<Number>+6281298765877</Number>", "<Number>+62*******877</Number>");
	assert_masked("callerId=\"+622150001234\"", "callerId=\"+622150001234\"");
}

static void percent_escapes_hide_nothing(void **state)
{
	(void)state;
	assert_masked("From=%2B6281234567210&To=%2B622150001234", "From=%2B62*******210&To=%2B622150001234");
	assert_masked("x%2", "x%2");
	assert_masked("%", "%");
}

static void national_forms_are_numbers_too(void **state)
{
	(void)state;
	assert_masked("CallFrom=09876543210&CallTo=08047112233", "CallFrom=*******210&CallTo=08047112233");
	assert_masked("{\"n\":\"9876543210\"}", "{\"n\":\"98*******210\"}");
}

static void call_ids_and_small_figures_are_left(void **state)
{
	(void)state;
	assert_masked("CallSid=CA00000000000000000000000000000001&timeout=30",
		"CallSid=CA00000000000000000000000000000001&timeout=30");
	assert_masked("1234567", "1234567");
}

static void a_secret_path_is_not_shown(void **state)
{
	(void)state;
	assert_masked("/hooks/exotel/india/s3cret/connect?x=1", "/hooks/exotel/india/.../connect?x=1");
}

static void a_run_too_long_for_a_number_is_masked_all_the_same(void **state)
{
	(void)state;
	assert_masked("00000000000000000000012", "*******012");
	assert_masked("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_numbers_are_masked_and_virtual_ones_are_not),
		cmocka_unit_test(percent_escapes_hide_nothing),
		cmocka_unit_test(national_forms_are_numbers_too),
		cmocka_unit_test(call_ids_and_small_figures_are_left),
		cmocka_unit_test(a_secret_path_is_not_shown),
		cmocka_unit_test(a_run_too_long_for_a_number_is_masked_all_the_same),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
