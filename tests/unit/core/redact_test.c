#include "unit/test.h"

#include <stdlib.h>

#include "base/hash.h"
#include "core/redact.h"
#include "page_end.h"

static void expect(const char *text, const char *wanted, int wanted_n)
{
	struct page_end page = page_end_copy(str_of(text));
	char out[512];
	int n = -1;
	size_t len = redact(page.text, out, &n);

	page_end_free(&page);
	out[len] = '\0';
	assert_string_equal(out, wanted);
	assert_int_equal(n, wanted_n);
}

static void stays(const char *text)
{
	expect(text, text, 0);
}

static void numbers_are_blanked_however_they_are_written(void **state)
{
	(void)state;
	expect("call me: +6281234567210", "call me: ***", 1);
	expect("0812-3456-7210 is mine", "*** is mine", 1);
	expect("(0812) 3456.7210, thanks", "***, thanks", 1);
	expect("+62 812 3456 7210", "***", 1);
	expect("tel0812/3456/7210x", "tel***x", 1);
	expect("0812 - 3456 - 7210", "***", 1);
	expect("6 2 8 1 2 3 4 5", "***", 1);
	expect("wa.me/6281234567210", "wa.me/***", 1);
	expect("one +6281234567210 or two: 0812 3456 7211!", "one *** or two: ***!", 2);
	expect("1234567", "***", 1);
	expect("08123456789, +44 7700 900123!", "***, ***!", 2);
	expect("081 +44 7700 900123", "***", 1);
	expect("0812,3456,7210", "***", 1);
	expect("0812\n3456\n7210\nthanks", "***\nthanks", 1);
	expect("08:12:34:56:72:10", "***", 1);
	expect("tel 0812;345|67210", "tel ***", 1);
	expect("0812, 3456, 7210", "***", 1);
	expect("08 12, 34 56, 72 10", "***", 1);
	expect("0812: 3456: 7210", "***", 1);
	expect("0812 | 3456 | 7210", "***", 1);
	expect("0812 -- 3456 -- 7210", "***", 1);
	expect("0812 ... 3456 ... 7210", "***", 1);
	expect("0812[3456]7210", "***", 1);
	expect("08.12.34 56.72.10", "***", 1);
	expect("08/12/34 56/72/10", "***", 1);
	expect("0812\n\n3456\n\n7210", "***", 1);
	expect("0812، 3456، 7210", "***", 1);
	expect("0812、3456", "***", 1);
	expect("(0812) - 3456 - 7210", "***", 1);
	expect("0812=3456?7210!", "***!", 1);
}

static void digits_of_other_scripts_count(void **state)
{
	(void)state;
	expect("اتصل ٠٨١٢٣٤٥٦٧٢١٠", "اتصل ***", 1);
	expect("०८१२ ३४५६ ७२१०", "***", 1);
	expect("０８１２３４５６７", "***", 1);
	expect("๐๘๑๒๓๔๕๖๗", "***", 1);
	expect("𝟎𝟖𝟏𝟐𝟑𝟒𝟓𝟔", "***", 1);
	expect("①②③④⑤⑥⑦", "***", 1);
	expect("❶❷❸❹❺❻❼", "***", 1);
	expect("⑴⑵⑶⑷⑸⑹⑺", "***", 1);
	expect("⒈⒉⒊⒋⒌⒍⒎", "***", 1);
	expect("🯰🯱🯲🯳🯴🯵🯶", "***", 1);
	expect("0812\xc2\xa0" "3456\xe2\x80\x91" "7210", "***", 1);
}

static void what_nobody_sees_hides_no_number(void **state)
{
	(void)state;
	expect("08\xe2\x80\x8b" "12\xe2\x80\x8b\xe2\x80\x8b\xe2\x80\x8b\xe2\x80\x8b" "3456", "***", 1);
	expect("1\xef\xb8\x8f\xe2\x83\xa3" "2\xef\xb8\x8f\xe2\x83\xa3" "3\xef\xb8\x8f\xe2\x83\xa3" "4567", "***", 1);
}

static size_t put_point(char *at, uint32_t point)
{
	if (point < 0x80)
		return (size_t)snprintf(at, 5, "%c", (int)point);
	if (point < 0x800)
		return (size_t)snprintf(at, 5, "%c%c", (int)(0xc0 | point >> 6), (int)(0x80 | (point & 0x3f)));
	if (point < 0x10000)
		return (size_t)snprintf(at, 5, "%c%c%c", (int)(0xe0 | point >> 12), (int)(0x80 | (point >> 6 & 0x3f)),
			(int)(0x80 | (point & 0x3f)));
	return (size_t)snprintf(at, 5, "%c%c%c%c", (int)(0xf0 | point >> 18), (int)(0x80 | (point >> 12 & 0x3f)),
		(int)(0x80 | (point >> 6 & 0x3f)), (int)(0x80 | (point & 0x3f)));
}

/* "0812", the character, "3456" */
static const char *number_around(uint32_t point)
{
	static char text[16];

	memcpy(text, "0812", 4);
	size_t len = 4 + put_point(text + 4, point);
	snprintf(text + len, sizeof text - len, "3456");
	return text;
}

/* The ends of every range, and what lies a step beyond them. */
static void each_separator_is_one_and_its_neighbour_is_not(void **state)
{
	static const uint32_t between[] = {' ', '\t', ',', ':', ';', '|', '\n', '!', '@', '<', '{', '[', '-', '.', '/', '(', ')', '_', '*',
		'~', '\'', '+', 0xa0, 0xab, 0xad, 0xb7, 0xbb, 0x60c, 0x61b, 0x66a, 0x66c, 0x6d4, 0x964, 0x2000, 0x200a, 0x200b, 0x200f,
		0x2010, 0x2015, 0x2016, 0x2019, 0x2022, 0x2027, 0x202a, 0x202e, 0x202f, 0x2043, 0x205f, 0x2060, 0x206f, 0x20e3, 0x2212,
		0x2502, 0x3000, 0x3001, 0x3003, 0xfe00, 0xfe0f, 0xfe63, 0xfeff, 0xff01, 0xff0f, 0xff1a, 0xff20, 0xff5c};
	static const uint32_t apart[] = {'a', 0x7f, 0xa1, 0xaa, 0xac, 0xb6, 0xb8, 0xba, 0xbc, 0x60b, 0x60d, 0x61a, 0x61c, 0x66d, 0x6d3, 0x6d5,
		0x963, 0x965, 0x1fff, 0x2028, 0x2030, 0x2042, 0x2044, 0x205e, 0x20e2, 0x20e4, 0x2211, 0x2213, 0x2501, 0x2503, 0x2fff, 0x3004,
		0xfdff, 0xfe10, 0xfe62, 0xfe64, 0xfefe, 0xff00, 0xff21, 0xff5b, 0xff5d};

	(void)state;
	for (size_t i = 0; i < sizeof between / sizeof *between; i++)
		expect(number_around(between[i]), "***", 1);
	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
		stays(number_around(apart[i]));
}

static void digits_that_are_not_ten_in_a_row_count(void **state)
{
	static const uint32_t digits[] = {0xb2, 0xb3, 0xb9, 0x2070, 0x24ea, 0x2074, 0x2079, 0x2460, 0x2468};
	static const uint32_t none[] = {0xb4, 0xba, 0x2071, 0x2073, 0x207a, 0x245f, 0x2469, 0x24eb};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
		size_t len = (size_t)snprintf(text, sizeof text, "081234");
		len += put_point(text + len, digits[i]);
		text[len] = '\0';
		expect(text, "***", 1);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		size_t len = (size_t)snprintf(text, sizeof text, "081234");
		len += put_point(text + len, none[i]);
		text[len] = '\0';
		stays(text);
	}
}

/* Each part of a time or a date at its limit, and a step beyond, where it is a number like any other. */
static void times_and_dates_have_their_limits(void **state)
{
	static const char *const good[] = {"0812 24:59:60", "0812 0:00", "0812 1.1.00", "0812 31/12/99", "0812 1900-01-01", "0812 2099-12-31",
		"0812 12/31/1999", "0812 31-12-2099"};
	static const char *const bad[] = {"0812 32.1.2026", "0812 1.13.20261", "0812 13/32/2026", "0812 1899-01-01", "0812 2100-01-01",
		"0812 2026-13-01", "0812 2026-12-32", "0812 2026-00-10", "0812 0.0.2026", "0812 1.1.1899", "0812 1.1.2100", "0812 1.1.100"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		stays(good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect(bad[i], "***", 1);
}

static void short_numbers_words_times_and_dates_stay(void **state)
{
	(void)state;
	stays("order 12345 at 10:30");
	stays("order 123456");
	stays("order 123456, 2 boxes");
	stays("order 123456\n2 boxes");
	stays("order 123456,2");
	stays("12345\n10:30");
	stays("10:30,12:45,18:00");
	stays("12345,2026-11-28");
	stays("28.11.2026\n29.11.2026");
	stays("28/11/26 - 30/11/26");
	stays("from 28/11/26 10:30 to 29/11/26 12:45");
	stays("28/11/26 10 boxes, 28/11/26 125 boxes");
	stays("20, 30, 40");
	stays("12 x 34 = 408");
	stays("12345 10:30");
	stays("at 10:30 on 2026-11-28");
	stays("28.11.2026 10:30");
	stays("28/11/26");
	stays("Rp 150.000, room 12");
	stays("1\n2\n3\n4\n5\n6\n7\n8");
	stays("no digits");
	stays("");
	stays("one 1 two 2 three 3 four 4 five 5 six 6 seven 7");
}

static void what_only_looks_like_a_date_is_blanked(void **state)
{
	(void)state;
	expect("01.12.20.30.45", "***", 1);
	expect("28.11.20261", "***", 1);
	expect("10:30 08123456789", "10:30 ***", 1);
	expect("2026-11-28 08123456789", "2026-11-28 ***", 1);
	expect("99.99.2026", "***", 1);
}

/* No more than was there, no run of seven ASCII digits left, bytes that are no UTF-8 included. */
/* Each thing that looks like a date has to look at the next. */
static void very_many_dates_take_no_longer_than_their_length(void **state)
{
	static char text[6400], out[6400];
	int n;

	(void)state;
	for (size_t i = 0; i + 9 <= sizeof text; i += 9)
		memcpy(text + i, "28/11/26 ", 9);
	assert_int_equal(redact(str_n(text, sizeof text / 9 * 9), out, &n), sizeof text / 9 * 9);
	assert_int_equal(n, 0);
}

static void nothing_gets_through_whatever_it_is(void **state)
{
	static const char *const pieces[] = {"0", "12", "345", " ", "-", ".", ":", "/", "(", "+", "a", "\xc2\xa0",
		"\xe2\x80\x8b", "\xff",
		"\xd9\xa0", "\n", "2026-11-28", "10:30"};
	struct random random = {test_seed()};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[256], out[256];
		size_t len = 0;
		int n, digits = 0;
		for (uint32_t i = random_below(&random, 24); i > 0; i--) {
			const char *piece = pieces[random_below(&random, sizeof pieces / sizeof pieces[0])];
			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		size_t out_len = redact(str_n(text, len), out, &n);
		assert_true(out_len <= len);
		for (size_t i = 0; i < out_len; i++) {
			digits = out[i] >= '0' && out[i] <= '9' ? digits + 1 : 0;
			assert_true(digits < REDACT_DIGITS_MIN);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_blanked_however_they_are_written),
		cmocka_unit_test(digits_of_other_scripts_count),
		cmocka_unit_test(what_nobody_sees_hides_no_number),
		cmocka_unit_test(each_separator_is_one_and_its_neighbour_is_not),
		cmocka_unit_test(digits_that_are_not_ten_in_a_row_count),
		cmocka_unit_test(times_and_dates_have_their_limits),
		cmocka_unit_test(short_numbers_words_times_and_dates_stay),
		cmocka_unit_test(what_only_looks_like_a_date_is_blanked),
		cmocka_unit_test(very_many_dates_take_no_longer_than_their_length),
		cmocka_unit_test(nothing_gets_through_whatever_it_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
