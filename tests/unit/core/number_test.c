#include "unit/test.h"

#include "core/number.h"

static struct number parsed(const char *text)
{
	struct number number;

	assert_int_equal(number_parse(str_of(text), &number), ERR_OK);
	return number;
}

static void canonical_text_goes_in_and_comes_out(void **state)
{
	static const char *const texts[] = {"+14155550123", "+6281234567210", "+447700900123", "+10000000",
			"+999999999999999"};
	char text[NUMBER_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_string_equal(number_text(parsed(texts[i]), text), texts[i]);
	assert_true(parsed("+6281234567210").e164 == 6281234567210u);
	assert_string_equal(number_text(NUMBER_NONE, text), "");
}

static void anything_else_is_refused_and_touches_nothing(void **state)
{
	static const char *const texts[] = {"", "+", "14155550123", "+1415555", "+1000000000000000", "+04155550123",
			"+1415555012a", "+1415 5550123", " +14155550123", "+14155550123 ", "++14155550123", "+1-4155550123",
			"tel:+14155550123", "+\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4"};
	struct number number = {7};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(number_parse(str_of(texts[i]), &number), ERR_BAD_NUMBER);
	assert_int_equal(number_parse(STR_NONE, &number), ERR_BAD_NUMBER);
	assert_int_equal(number_parse(str_n("+1415\0" "555012", 12), &number), ERR_BAD_NUMBER);
	assert_true(number.e164 == 7);
}

static void digits_without_plus_are_taken_where_providers_send_them(void **state)
{
	struct number number;

	(void)state;
	assert_int_equal(number_parse_digits(STR("14155550123"), &number), ERR_OK);
	assert_true(number_equal(number, parsed("+14155550123")));
	assert_int_equal(number_parse_digits(STR("+14155550123"), &number), ERR_OK);
	assert_int_equal(number_parse_digits(STR("04155550123"), &number), ERR_BAD_NUMBER);
	assert_int_equal(number_parse_digits(STR("1415555"), &number), ERR_BAD_NUMBER);
	assert_int_equal(number_parse_digits(STR(""), &number), ERR_BAD_NUMBER);
}

static void a_mask_shows_the_country_and_the_last_three_digits(void **state)
{
	char text[NUMBER_TEXT_SIZE];

	(void)state;
	assert_string_equal(number_mask(parsed("+6281234567210"), text), "+62*******210");
	assert_string_equal(number_mask(parsed("+14155550123"), text), "+1*******123");
	assert_string_equal(number_mask(parsed("+999999999999999"), text), "+999*******999");
	assert_string_equal(number_mask(parsed("+10000000"), text), "+1*******000");
	assert_string_equal(number_mask(NUMBER_NONE, text), "");
}

static void country_codes_have_the_length_of_their_zone(void **state)
{
	(void)state;
	assert_int_equal(number_country_digits(parsed("+14155550123")), 1);
	assert_int_equal(number_country_digits((struct number){70000000000}), 1);
	assert_int_equal(number_country_digits(parsed("+6281234567210")), 2);
	assert_int_equal(number_country_digits(parsed("+447700900123")), 2);
	assert_int_equal(number_country_digits(parsed("+919876543210")), 2);
	assert_int_equal(number_country_digits((struct number){35300000000}), 3);
	assert_int_equal(number_country_digits((struct number){88200000000}), 3);
	assert_int_equal(number_country_digits((struct number){97100000000}), 3);
}

static void a_country_is_two_letters(void **state)
{
	(void)state;
	assert_int_equal(country_parse(STR("US")), 'U' << 8 | 'S');
	assert_int_equal(country_parse(STR("id")), 'I' << 8 | 'D');
	assert_int_equal(country_parse(STR("U")), 0);
	assert_int_equal(country_parse(STR("USA")), 0);
	assert_int_equal(country_parse(STR("U1")), 0);
	assert_int_equal(country_parse(STR("@A")), 0);
	assert_int_equal(country_parse(STR_NONE), 0);
}

static void a_short_person_is_the_beginning_of_the_key(void **state)
{
	struct person person = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}, other = {{1, 2, 3, 4, 5, 6, 7, 8, 10}};

	(void)state;
	assert_true(person_short(&person) == person_short(&other));
	other.key[7] = 9;
	assert_true(person_short(&person) != person_short(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_text_goes_in_and_comes_out),
		cmocka_unit_test(anything_else_is_refused_and_touches_nothing),
		cmocka_unit_test(digits_without_plus_are_taken_where_providers_send_them),
		cmocka_unit_test(a_mask_shows_the_country_and_the_last_three_digits),
		cmocka_unit_test(country_codes_have_the_length_of_their_zone),
		cmocka_unit_test(a_country_is_two_letters),
		cmocka_unit_test(a_short_person_is_the_beginning_of_the_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
