#include "unit/test.h"

#include "phone/region.h"

/* A region of eight digits: 9 costs more, 800 is free, 5 fixed, 6 either, 7 mobile; 0 is the national prefix. */
static struct region_source small(void)
{
	return (struct region_source){
		.kinds = {[REGION_GENERAL] = {"[5-9]\\d{7}|800\\d{4}", 1u << 7 | 1u << 8},
			[REGION_PREMIUM_RATE] = {"9\\d{7}|700\\d{5}", 1u << 8},
			[REGION_TOLL_FREE] = {"800\\d{4,5}", 1u << 7},
			[REGION_FIXED_LINE] = {"[56]\\d{7}", ~0u},
			[REGION_MOBILE] = {"[67]\\d{7}", ~0u}},
		.leading_digits = "[5-7]",
		.national_prefix = "0|1[1-3]?",
		.formats = {{"5[0-4]", 1u << 8}, {"5", 1u << 8}, {NULL, 1u << 7}},
		.formats_n = 3};
}

static struct region_reading reading_of(const struct region_source *source, const char *national)
{
	struct region *region = region_new(source);

	assert_non_null(region);
	struct region_reading reading = region_read(region, national, strlen(national));
	region_free(region);
	return reading;
}

static int type_of(const struct region_source *source, const char *national)
{
	return reading_of(source, national).type;
}

static void the_first_kind_that_matches_is_the_type(void **state)
{
	struct region_source source = small();

	(void)state;
	assert_int_equal(type_of(&source, "91234567"), REGION_PREMIUM_RATE);
	assert_int_equal(type_of(&source, "70012345"), REGION_PREMIUM_RATE);
	assert_int_equal(type_of(&source, "71012345"), REGION_MOBILE);
	assert_int_equal(type_of(&source, "51234567"), REGION_FIXED_LINE);
	assert_int_equal(type_of(&source, "61234567"), REGION_FIXED_LINE_OR_MOBILE);
	assert_int_equal(type_of(&source, "41234567"), REGION_UNKNOWN);
	assert_int_equal(type_of(&source, ""), REGION_UNKNOWN);
}

static void a_kind_has_its_own_lengths_beside_its_pattern(void **state)
{
	struct region_source source = small();

	(void)state;
	assert_int_equal(type_of(&source, "8001234"), REGION_TOLL_FREE);
	assert_int_equal(type_of(&source, "80012345"), REGION_UNKNOWN);
	source.kinds[REGION_GENERAL].lengths = 1u << 7;
	assert_int_equal(type_of(&source, "51234567"), REGION_UNKNOWN);
}

static void where_fixed_lines_and_mobiles_are_one_neither_is_told_alone(void **state)
{
	struct region_source source = small();

	(void)state;
	source.fixed_is_mobile = true;
	assert_int_equal(type_of(&source, "51234567"), REGION_FIXED_LINE_OR_MOBILE);
	assert_int_equal(type_of(&source, "71012345"), REGION_UNKNOWN);
}

static void prefixes_are_seen_whatever_follows(void **state)
{
	struct region_source source = small();

	(void)state;
	assert_true(reading_of(&source, "0512345").prefixed);
	assert_true(reading_of(&source, "12").prefixed);
	assert_false(reading_of(&source, "5012345").prefixed);
	assert_true(reading_of(&source, "5").leads);
	assert_false(reading_of(&source, "95").leads);
	/* Nothing taken off is nothing altered. */
	source.national_prefix = "0?";
	assert_false(reading_of(&source, "51234567").prefixed);
	assert_true(reading_of(&source, "01234567").prefixed);
}

static void the_first_format_that_fits_is_told(void **state)
{
	struct region_source source = small();

	(void)state;
	assert_int_equal(reading_of(&source, "52345678").format, 0);
	assert_int_equal(reading_of(&source, "57345678").format, 1);
	assert_int_equal(reading_of(&source, "8001234").format, 2);
	assert_int_equal(reading_of(&source, "71234567").format, 3);
}

static void what_it_does_not_know_is_refused(void **state)
{
	struct region_source source = small();

	(void)state;
	source.national_prefix = "([89]\\d{5})$";
	assert_null(region_new(&source));
	source = small();
	source.leading_digits = "5?";
	assert_null(region_new(&source));
	source = small();
	source.formats[0].leading_digits = "(?:)";
	assert_null(region_new(&source));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_kind_that_matches_is_the_type),
		cmocka_unit_test(a_kind_has_its_own_lengths_beside_its_pattern),
		cmocka_unit_test(where_fixed_lines_and_mobiles_are_one_neither_is_told_alone),
		cmocka_unit_test(prefixes_are_seen_whatever_follows),
		cmocka_unit_test(the_first_format_that_fits_is_told),
		cmocka_unit_test(what_it_does_not_know_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
