#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/dialplan.h"
#include "page_end.h"

static const struct dialplan india = {'I' << 8 | 'N', 91, "0", "00", 1u << 10};
static const struct dialplan indonesia = {
	'I' << 8 | 'D', 62, "0", "00", 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12};
static const struct dialplan usa = {'U' << 8 | 'S', 1, "1", "011", 1u << 10};
/* As Italy's: no trunk prefix. The code 999 is given to nobody. */
static const struct dialplan no_trunk = {'Z' << 8 | 'Z', 999, "", "00", 1u << 9 | 1u << 10 | 1u << 11};
static const struct dialplan nowhere = {0};

static void expect_number(const struct dialplan *plan, const char *text, uint64_t e164)
{
	struct page_end copy = page_end_copy(str_of(text));
	struct number number = {5};
	enum err err = dialplan_number(plan, copy.text, &number);

	page_end_free(&copy);
	assert_int_equal(err, e164 ? ERR_OK : ERR_BAD_NUMBER);
	assert_int_equal(number.e164, e164 ? e164 : 5);
}

static void every_way_to_write_an_indian_number_is_one_number(void **state)
{
	static const char *const ways[] = {"+919876543210", "919876543210", "00919876543210", "09876543210",
		"9876543210", " 09876-543 210", "+91 98765 43210", "(0) 9876.543.210", "[+91] 9876543210"};

	(void)state;
	for (size_t i = 0; i < 8; i++)
		expect_number(&india, ways[i], 919876543210);
	expect_number(&india, ways[8], 0); /* a plus decides only where it leads */
	expect_number(&india, "08047112233", 918047112233);
}

static void numbers_of_other_countries_need_their_international_prefix(void **state)
{
	(void)state;
	expect_number(&india, "+14155550123", 14155550123);
	expect_number(&india, "0014155550123", 14155550123);
	expect_number(&india, "14155550123", 0);
	expect_number(&usa, "011919876543210", 919876543210);
	expect_number(&usa, "00919876543210", 0);
}

static void lengths_decide_between_readings(void **state)
{
	(void)state;
	expect_number(&usa, "14155550123", 14155550123);
	expect_number(&usa, "4155550123", 14155550123);
	expect_number(&usa, "5550123", 0);
	expect_number(&indonesia, "6281234567210", 6281234567210);
	expect_number(&indonesia, "081234567210", 6281234567210);
	expect_number(&indonesia, "81234567210", 6281234567210);
	expect_number(&indonesia, "02150001234", 622150001234);
	expect_number(&india, "0987654321", 0);
	expect_number(&india, "0091987654321", 0);
}

static void a_text_with_two_readings_is_refused(void **state)
{
	(void)state;
	expect_number(&indonesia, "622150001234", 0); /* +62 21 5000 1234, or +62 62 2150 001234 */
	expect_number(&indonesia, "+622150001234", 622150001234);
}

static void without_a_trunk_prefix_a_leading_zero_belongs_to_the_number(void **state)
{
	(void)state;
	expect_number(&no_trunk, "0612345678", 9990612345678);
	expect_number(&no_trunk, "9990612345678", 9990612345678);
}

static void a_plan_without_a_country_knows_international_forms_only(void **state)
{
	(void)state;
	expect_number(&nowhere, "+14155550123", 14155550123);
	expect_number(&nowhere, "14155550123", 0);
	expect_number(&nowhere, "0014155550123", 0);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const broken[] = {"", "+", "0", "00", "000", "+0", "+0919876543210", "anonymous",
		"+919876543210x", "++919876543210", "98765432101234567890",
		"999999999999999999999999999999999999999999", "-", "()", "+9198", "client:alice",
		"sip:1@example.com"};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		expect_number(&india, broken[i], 0);
	struct number number = {5};
	assert_int_equal(dialplan_number(&india,
				 str_n("98765\0"
				       "43210",
					 11),
				 &number),
		ERR_BAD_NUMBER);
	assert_int_equal(dialplan_number(&india, STR_NONE, &number), ERR_BAD_NUMBER);
}

static void expect_national(const struct dialplan *plan, uint64_t e164, const char *wanted)
{
	char text[24] = "";
	struct number back;

	assert_int_equal(dialplan_national(plan, (struct number){e164}, text, sizeof text), ERR_OK);
	assert_string_equal(text, wanted);
	assert_int_equal(dialplan_number(plan, str_of(text), &back), ERR_OK);
	assert_int_equal(back.e164, e164);
}

static void a_number_is_shown_as_at_home_and_read_back(void **state)
{
	char small[11];

	(void)state;
	expect_national(&india, 919876543210, "09876543210");
	expect_national(&india, 14155550123, "0014155550123");
	expect_national(&indonesia, 6281234567210, "081234567210");
	expect_national(&usa, 14155550123, "14155550123");
	expect_national(&usa, 919876543210, "011919876543210");
	expect_national(&nowhere, 14155550123, "+14155550123");
	expect_national(&no_trunk, 99912345678, "+99912345678");
	expect_national(&india, 910804711220, "+910804711220");
	assert_int_equal(
		dialplan_national(&india, (struct number){919876543210}, small, sizeof small), ERR_TOO_LARGE);
	assert_int_equal(dialplan_national(&india, NUMBER_NONE, small, sizeof small), ERR_BAD_NUMBER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_an_indian_number_is_one_number),
		cmocka_unit_test(numbers_of_other_countries_need_their_international_prefix),
		cmocka_unit_test(lengths_decide_between_readings),
		cmocka_unit_test(a_text_with_two_readings_is_refused),
		cmocka_unit_test(without_a_trunk_prefix_a_leading_zero_belongs_to_the_number),
		cmocka_unit_test(a_plan_without_a_country_knows_international_forms_only),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_number_is_shown_as_at_home_and_read_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
