#include "unit/test.h"

#include <inttypes.h>

#include "base/hash.h"
#include "phone/phone.h"

static uint16_t country(const char *code)
{
	return country_parse(str_of(code));
}

static void assert_is(const char *text, const char *in, const char *e164, const char *where, uint32_t area)
{
	struct phone phone;
	char got[NUMBER_TEXT_SIZE];

	enum err err = phone_parse(str_of(text), country(in), &phone);
	if (err)
		fail_msg("%s in %s: %s", text, in, err_slug(err));
	assert_string_equal(number_text(phone.number, got), e164);
	assert_int_equal(phone.place.country, country(where));
	assert_int_equal(phone.place.area, area);
}

static void assert_refused(const char *text, const char *in, enum err want)
{
	struct phone phone = {.number = {1}};
	enum err err = phone_parse(str_of(text), country(in), &phone);

	if (err != want)
		fail_msg("%s in %s: %s, not %s", text, in, err_slug(err), err_slug(want));
	assert_int_equal(phone.number.e164, 1);
}

static void numbers_of_reserved_ranges_are_possible_and_taken(void **state)
{
	(void)state;
	assert_is("+14155550123", "US", "+14155550123", "US", 415);
	assert_is("+12025550123", "ID", "+12025550123", "US", 202);
	assert_is("+447700900123", "GB", "+447700900123", "GB", 0);
	assert_is("+442079460123", "GB", "+442079460123", "GB", 20);
	assert_is("+6281234567210", "ID", "+6281234567210", "ID", 0);
	assert_is("+622150001234", "ID", "+622150001234", "ID", 21);
	assert_is("+919876543210", "IN", "+919876543210", "IN", 0);
	assert_is("+918047112200", "IN", "+918047112200", "IN", 80);
}

static void national_forms_are_read_in_the_country_of_the_pool(void **state)
{
	(void)state;
	assert_is("(415) 555-0123", "US", "+14155550123", "US", 415);
	assert_is("1 415.555.0123", "US", "+14155550123", "US", 415);
	assert_is("0812-3456-7210", "ID", "+6281234567210", "ID", 0);
	assert_is("(021) 5000 1234", "ID", "+622150001234", "ID", 21);
	assert_is("098765 43210", "IN", "+919876543210", "IN", 0);
	assert_is("9876543210", "IN", "+919876543210", "IN", 0);
	assert_is("07700 900123", "GB", "+447700900123", "GB", 0);
	assert_is("+44 (0)20 7946 0123", "GB", "+442079460123", "GB", 20);
	assert_is("6281234567210", "ID", "+6281234567210", "ID", 0);
	assert_is("9123456789", "IN", "+919123456789", "IN", 0);
}

static void an_international_prefix_is_read_as_a_plus(void **state)
{
	(void)state;
	assert_is("0062 812 3456 7210", "ID", "+6281234567210", "ID", 0);
	assert_is("0044 20 7946 0123", "IN", "+442079460123", "GB", 20);
	assert_is("011 44 7700 900123", "US", "+447700900123", "GB", 0);
	assert_is("0044 7700 900123", "US", "+447700900123", "GB", 0);
	assert_refused("00", "GB", ERR_BAD_NUMBER);
	assert_refused("000447700900123", "GB", ERR_BAD_NUMBER);
}

static void digits_of_other_scripts_and_pasted_marks_are_read(void **state)
{
	(void)state;
	assert_is("٠٩٨٧٦٥٤٣٢١٠", "IN", "+919876543210", "IN", 0);
	assert_is("+۱۴۱۵۵۵۵۰۱۲۳", "US", "+14155550123", "US", 415);
	assert_is("९८७६५४३२१०", "IN", "+919876543210", "IN", 0);
	assert_is("＋６２ ８１２－３４５６－７２１０", "ID", "+6281234567210", "ID", 0);
	assert_is("\u202a+62\u00a0812\u20103456\u20107210\u202c", "ID", "+6281234567210", "ID", 0);
}

static void letters_uris_extensions_and_dial_codes_are_refused(void **state)
{
	static const char *const texts[] = {"", " ", "+", "1-800-FLOWERS", "tel:+14155550123", "+1 415 555 0123 ext 5",
		"+14155550123x5", "+14155550123;ext=5", "*67 415 555 0123", "+14155550123#", "+14155550123,,1",
		"1+4155550123", "++14155550123", "4155550123 / 2025550123", "+1415555012\xc3", "+1415\xff" "5550123",
		"\xf0\x9f\x93\x9e +14155550123", "anonymous", "+266696687", NULL};

	(void)state;
	for (int i = 0; texts[i]; i++)
		assert_refused(texts[i], "US", ERR_BAD_NUMBER);
}

static void impossible_and_local_numbers_are_refused(void **state)
{
	(void)state;
	assert_refused("5550123", "US", ERR_BAD_NUMBER);
	assert_refused("+1415555012", "US", ERR_BAD_NUMBER);
	assert_refused("+1415555012345", "US", ERR_BAD_NUMBER);
	assert_refused("+999123456789", "US", ERR_BAD_NUMBER);
	assert_refused("4155550123", "ZZ", ERR_BAD_NUMBER);
	assert_refused("12345678901234567890123", "US", ERR_BAD_NUMBER);
	assert_is("+14155550123", "ZZ", "+14155550123", "US", 415);
}

static void emergency_and_short_numbers_are_refused(void **state)
{
	static const struct {
		const char *text, *in;
	} cases[] = {{"911", "US"}, {"112", "US"}, {"+1911", "US"}, {"9112345678", "US"}, {"+19112345678", "GB"},
		{"411", "US"}, {"999", "GB"}, {"112", "GB"}, {"101", "GB"}, {"116123", "GB"}, {"100", "IN"}, {"108", "IN"},
		{"112", "IN"}, {"+91112", "IN"}, {"110", "ID"}, {"112", "ID"}, {"119", "ID"}, {"110", "CN"}, {"112", "DE"},
		{"000", "AU"}, {"110", "JP"}, {"190", "BR"}, {"٩١١", "US"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_refused(cases[i].text, cases[i].in, ERR_BAD_NUMBER);
}

static void numbers_that_cost_more_than_a_call_are_refused(void **state)
{
	static const struct {
		const char *text, *in;
	} cases[] = {{"+19005550123", "US"}, {"1-900-555-0123", "US"}, {"0900 123 4567", "GB"}, {"09012345678", "GB"},
		{"0843 123 4567", "GB"}, {"070 1234 5678", "GB"}, {"1861 123 4567", "IN"}, {"1860 123 4567", "IN"},
		{"0809 123 456", "ID"}, {"+62 809 1 234 567", "ID"}, {"+80812345678", "US"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_refused(cases[i].text, cases[i].in, ERR_DESTINATION_NOT_ALLOWED);
	/* Free for whoever rings: a desk's number. */
	assert_is("+18005550123", "US", "+18005550123", "US", 0);
}

static void satellite_and_international_networks_are_refused_but_not_their_neighbours(void **state)
{
	static const char *const texts[] = {"+870123456789", "+881612345678", "+882123456789", "+8831234567890",
		"+979123456789", NULL};

	(void)state;
	for (int i = 0; texts[i]; i++)
		assert_refused(texts[i], "US", ERR_DESTINATION_NOT_ALLOWED);
	assert_is("+8801712345678", "US", "+8801712345678", "BD", 0);
	assert_is("+886912345678", "US", "+886912345678", "TW", 0);
}

static void a_number_that_begins_as_another_country_of_its_zone_is_there(void **state)
{
	(void)state;
	assert_is("+18765550123", "US", "+18765550123", "JM", 0); /* of no range in use, but not American */
}

static void mobiles_of_argentina_have_the_area_of_their_city(void **state)
{
	(void)state;
	assert_is("011 15-2345-6789", "AR", "+5491123456789", "AR", 11);
	assert_is("011 4123-4567", "AR", "+541141234567", "AR", 11);
	assert_is("+52 1 55 1234 5678", "MX", "+525512345678", "MX", 55);
}

static void assert_reads_as_itself(const char *text, const char *in)
{
	char canonical[NUMBER_TEXT_SIZE];
	struct phone first, again;

	if (phone_parse(str_of(text), country(in), &first) != ERR_OK)
		return;
	if (phone_parse(str_of(number_text(first.number, canonical)), 0, &again) != ERR_OK)
		fail_msg("%s in %s is taken as %s, which is refused", text, in, canonical);
	if (!number_equal(first.number, again.number))
		fail_msg("%s in %s is taken as %s, and that as another", text, in, canonical);
	assert_int_equal(first.place.country, again.place.country);
	assert_int_equal(first.place.area, again.place.area);
}

/* Else somebody whose number was written oddly once would be nobody when they call. */
static void one_person_has_one_number_however_it_was_written(void **state)
{
	static const char *const countries[] = {"MX", "AR", "BR", "CN", "RU", "IT", "US", "ID", "IN", "DE", "HU", "BY", "CR", "SM"};
	struct random random = {test_seed()};
	char text[17];

	(void)state;
	assert_is("1 1 400 381 3020", "MX", "+524003813020", "MX", 0);
	for (int i = 0; i < 4000; i++) {
		size_t len = 8 + random_below(&random, 8);
		for (size_t at = 0; at < len; at++)
			text[at] = (char)('0' + random_below(&random, at < 3 ? 2 : 10));
		text[len] = '\0';
		assert_reads_as_itself(text, countries[(size_t)i % (sizeof countries / sizeof *countries)]);
	}
}

static void a_virtual_number_may_be_of_any_kind_but_must_be_possible(void **state)
{
	struct phone phone;

	(void)state;
	assert_int_equal(phone_parse_vn(STR("+19005550123"), country("US"), &phone), ERR_OK);
	assert_int_equal(phone_parse_vn(STR("+881612345678"), country("US"), &phone), ERR_OK);
	assert_int_equal(phone.place.country, 0);
	assert_int_equal(phone_parse_vn(STR("021 5000 1234"), country("ID"), &phone), ERR_OK);
	assert_int_equal(phone.number.e164, 622150001234);
	assert_int_equal(phone.place.area, 21);
	assert_int_equal(phone_parse_vn(STR("112"), country("ID"), &phone), ERR_BAD_NUMBER);
	assert_int_equal(phone_parse_vn(STR("+1415"), country("US"), &phone), ERR_BAD_NUMBER);
}

static void dialplans_name_prefixes_and_lengths(void **state)
{
	static const struct {
		const char *in;
		uint16_t code;
		const char *national, *international;
		uint32_t lengths; /* bit n */
	} cases[] = {{"IN", 91, "0", "00", 0x400}, {"ID", 62, "0", "00", 0x1f80}, {"US", 1, "1", "011", 0x400},
		{"CA", 1, "1", "011", 0x400}, {"GB", 44, "0", "00", 0x600}, {"MX", 52, "01", "00", 0xc00},
		{"AR", 54, "0", "00", 0xc00}, {"CN", 86, "0", "00", 0xf80}, {"IT", 39, "", "00", 0xfc0},
		{"AU", 61, "0", "0011", 0x200}, {"SG", 65, "", "00", 0x100}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dialplan plan;
		assert_int_equal(phone_dialplan(country(cases[i].in), &plan), ERR_OK);
		assert_int_equal(plan.country, country(cases[i].in));
		assert_int_equal(plan.calling_code, cases[i].code);
		assert_string_equal(plan.national_prefix, cases[i].national);
		assert_string_equal(plan.international_prefix, cases[i].international);
		assert_int_equal(plan.lengths, cases[i].lengths);
	}
}

static void unknown_countries_have_no_plan(void **state)
{
	struct dialplan plan = {.calling_code = 7};

	(void)state;
	assert_int_equal(phone_dialplan(country("ZZ"), &plan), ERR_NOT_FOUND);
	assert_int_equal(phone_dialplan(country("UK"), &plan), ERR_NOT_FOUND);
	assert_int_equal(phone_dialplan(0, &plan), ERR_NOT_FOUND);
	assert_int_equal(plan.calling_code, 7);
	assert_false(phone_country_known(0));
	assert_false(phone_country_known(country("ZZ")));
	assert_true(phone_country_known(country("GB")));
	assert_true(phone_country_known(country("ID")));
}

static void assert_same(struct number got, struct number want, const char *text, const char *in)
{
	if (!number_equal(got, want))
		fail_msg("%s in %s: %" PRIu64 ", not %" PRIu64, text, in, got.e164, want.e164);
}

/* Of a number that the library takes, every form that a provider may send gives the same number or is
 * refused as ambiguous; the canonical one and the national one with its prefix are always read. */
static void a_dialplan_reads_what_the_library_reads(void **state)
{
	static const char *const countries[] = {"IN", "ID", "US", "GB", "MX", "AR", "CN", "BR", "DE", NULL};
	struct random random = {test_seed()};
	int taken = 0;

	(void)state;
	for (int c = 0; countries[c]; c++) {
		struct dialplan plan;
		assert_int_equal(phone_dialplan(country(countries[c]), &plan), ERR_OK);
		size_t code_len = plan.calling_code > 99 ? 3 : plan.calling_code > 9 ? 2 : 1;
		for (int i = 0; i < 2000; i++) {
			char digits[32], text[64], national[32];
			struct phone phone;
			struct number got;
			int len = 6 + (int)random_below(&random, 7);
			for (int d = 0; d < len; d++)
				digits[d] = (char)('0' + random_below(&random, 10));
			digits[len] = '\0';
			snprintf(text, sizeof text, "+%u%s", plan.calling_code, digits);
			if (phone_parse(str_of(text), plan.country, &phone))
				continue;
			number_text(phone.number, text);
			if (!(plan.lengths >> (strlen(text) - 1 - code_len) & 1))
				continue; /* toll-free and the like: no caller's */
			taken++;
			assert_int_equal(dialplan_number(&plan, str_of(text), &got), ERR_OK);
			assert_same(got, phone.number, text, countries[c]);
			if (dialplan_national(&plan, phone.number, national, sizeof national) == ERR_OK &&
				dialplan_number(&plan, str_of(national), &got) == ERR_OK)
				assert_same(got, phone.number, national, countries[c]);
			if (dialplan_number(&plan, str_of(text + 1), &got) == ERR_OK)
				assert_same(got, phone.number, text + 1, countries[c]);
		}
	}
	assert_true(taken > 3000);
}

static void the_forms_that_providers_send_are_read_by_the_plan(void **state)
{
	static const struct {
		const char *in, *text;
		uint64_t e164;
	} cases[] = {{"IN", "09876543210", 919876543210}, {"IN", "9876543210", 919876543210},
		{"IN", "919876543210", 919876543210}, {"IN", "00919876543210", 919876543210},
		{"IN", "08047112233", 918047112233}, {"ID", "081234567210", 6281234567210},
		{"ID", "6281234567210", 6281234567210}, {"US", "4155550123", 14155550123}, {"US", "14155550123", 14155550123},
		{"GB", "07700900123", 447700900123}, {"GB", "447700900123", 447700900123}, {"CN", "+8613812345678", 8613812345678}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dialplan plan;
		struct number number;
		assert_int_equal(phone_dialplan(country(cases[i].in), &plan), ERR_OK);
		enum err err = dialplan_number(&plan, str_of(cases[i].text), &number);
		if (err)
			fail_msg("%s in %s: %s", cases[i].text, cases[i].in, err_slug(err));
		assert_int_equal(number.e164, cases[i].e164);
	}
}

static void the_library_tells_its_version(void **state)
{
	(void)state;
	assert_true(phone_library_version()[0] >= '0' && phone_library_version()[0] <= '9');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_reserved_ranges_are_possible_and_taken),
		cmocka_unit_test(national_forms_are_read_in_the_country_of_the_pool),
		cmocka_unit_test(an_international_prefix_is_read_as_a_plus),
		cmocka_unit_test(digits_of_other_scripts_and_pasted_marks_are_read),
		cmocka_unit_test(letters_uris_extensions_and_dial_codes_are_refused),
		cmocka_unit_test(impossible_and_local_numbers_are_refused),
		cmocka_unit_test(emergency_and_short_numbers_are_refused),
		cmocka_unit_test(numbers_that_cost_more_than_a_call_are_refused),
		cmocka_unit_test(satellite_and_international_networks_are_refused_but_not_their_neighbours),
		cmocka_unit_test(a_number_that_begins_as_another_country_of_its_zone_is_there),
		cmocka_unit_test(mobiles_of_argentina_have_the_area_of_their_city),
		cmocka_unit_test(one_person_has_one_number_however_it_was_written),
		cmocka_unit_test(a_virtual_number_may_be_of_any_kind_but_must_be_possible),
		cmocka_unit_test(dialplans_name_prefixes_and_lengths),
		cmocka_unit_test(unknown_countries_have_no_plan),
		cmocka_unit_test(a_dialplan_reads_what_the_library_reads),
		cmocka_unit_test(the_forms_that_providers_send_are_read_by_the_plan),
		cmocka_unit_test(the_library_tells_its_version),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
