#include "unit/test.h"

#include <inttypes.h>
#include <pthread.h>

#include "base/hash.h"
#include "phone/phone.h"
#include "phone/region.h"
#include "phone/world.h"

#define CODES_END 1000
#define EACH 60 /* numbers a calling code */

static struct world_reading read_number(const char *digits)
{
	struct world_reading reading;

	if (!world_read(digits, strlen(digits), &reading))
		fail_msg("%s is left to the library", digits);
	return reading;
}

static void usual_numbers_are_read_without_the_library(void **state)
{
	static const struct {
		const char *digits, *country;
		int code, type;
	} cases[] = {{"14155550123", "US", 1, REGION_FIXED_LINE_OR_MOBILE}, {"18005550123", "US", 1, REGION_TOLL_FREE},
		{"19005550123", "US", 1, REGION_PREMIUM_RATE}, {"16045550123", "CA", 1, REGION_FIXED_LINE_OR_MOBILE},
		{"442079460123", "GB", 44, REGION_FIXED_LINE}, {"6281234567210", "ID", 62, REGION_MOBILE},
		{"919876543210", "IN", 91, REGION_MOBILE}, {"622150001234", "ID", 62, REGION_FIXED_LINE}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world_reading reading = read_number(cases[i].digits);
		assert_int_equal(reading.calling_code, cases[i].code);
		assert_int_equal(reading.country, country_parse(str_of(cases[i].country)));
		assert_int_equal(reading.type, cases[i].type);
		assert_int_equal(reading.national_len, strlen(reading.national));
		assert_ptr_equal(reading.national + reading.national_len, cases[i].digits + strlen(cases[i].digits));
	}
}

static void what_only_the_library_can_tell_is_left_to_it(void **state)
{
	/* No range in use, a national prefix, not possible, no such country, nothing. */
	static const char *const numbers[] = {"447700900123", "4402079460123", "44207946012", "999123456789", "0441234567890",
		"44", "1", "", NULL};
	struct world_reading reading;

	(void)state;
	for (int i = 0; numbers[i]; i++)
		if (world_read(numbers[i], strlen(numbers[i]), &reading))
			fail_msg("%s", numbers[i]);
}

static void numbers_of_one_kind_share_a_place_for_their_area(void **state)
{
	(void)state;
	uint8_t *london = read_number("442079460123").area;
	assert_ptr_equal(read_number("442079460124").area, london);
	assert_ptr_not_equal(read_number("622150001234").area, read_number("6281234567210").area);
	assert_ptr_not_equal(read_number("14155550123").area, read_number("16045550123").area);
}

/* --- the same as the library --- */

struct seen {
	char national[16]; /* of a number that somebody may be called by, or that is refused for its type */
};

static void random_national(struct random *random, const struct seen *seen, int seen_n, char national[16])
{
	int len = 5 + (int)random_below(random, 9);

	/* A stranger, or a neighbour of one that was met: so every range's edges are met too. */
	if (seen_n == 0 || random_below(random, 4) == 0) {
		for (int d = 0; d < len; d++)
			national[d] = (char)('0' + random_below(random, 10));
		national[len] = '\0';
		return;
	}
	memcpy(national, seen[random_below(random, (uint32_t)seen_n)].national, 16);
	len = (int)strlen(national);
	uint32_t what = random_below(random, 8);
	if (what == 0 && len < 13) {
		national[len] = '5';
		national[len + 1] = '\0';
	} else if (what == 1 && len > 5) {
		national[len - 1] = '\0';
	} else {
		national[random_below(random, (uint32_t)(what < 6 ? 4 : len))] = (char)('0' + random_below(random, 10));
	}
}

/* "+" is read by us where we can; "00", an international prefix everywhere, always by the library's own parser. */
static enum err same_both_ways(int code, const char *national, enum err parse(struct str, uint16_t, struct phone *))
{
	char plus[24], zeros[24];
	struct phone one = {0}, other = {0};
	uint16_t france = country_parse(STR("FR"));

	snprintf(plus, sizeof plus, "+%d%s", code, national);
	snprintf(zeros, sizeof zeros, "00%d%s", code, national);
	enum err err = parse(str_of(plus), france, &one), want = parse(str_of(zeros), france, &other);
	if (err != want || !number_equal(one.number, other.number) || one.place.country != other.place.country ||
		one.place.area != other.place.area)
		fail_msg("%s: %s, not %s; %" PRIu64 " in %x %u, not %" PRIu64 " in %x %u", plus, err_slug(err), err_slug(want),
			one.number.e164, one.place.country, one.place.area, other.number.e164, other.place.country,
			other.place.area);
	return err;
}

static void every_calling_code_is_read_as_the_library_reads_it(void **state)
{
	static struct seen seen[EACH];
	struct random random = {test_seed()};
	int taken = 0, ours = 0, codes = 0;

	(void)state;
	for (int code = 1; code < CODES_END; code++) {
		int seen_n = 0, ours_before = ours;
		for (int i = 0; i < EACH; i++) {
			char national[16], digits[24];
			struct world_reading reading;
			random_national(&random, seen, seen_n, national);
			int len = snprintf(digits, sizeof digits, "%d%s", code, national);
			if (len < 8 || len > 15)
				continue;
			enum err err = same_both_ways(code, national, phone_parse);
			bool was_ours = world_read(digits, (size_t)len, &reading) && reading.calling_code == code;
			ours += was_ours;
			if (err == ERR_BAD_NUMBER)
				continue;
			taken++;
			/* Whose ranges have ends, and those that cost more, are worth staying near to. */
			if (was_ours && same_both_ways(code, national, phone_parse_vn) == ERR_OK)
				memcpy(seen[seen_n++].national, national, sizeof national);
		}
		codes += ours > ours_before;
	}
	printf("# %d of %d numbers of %d codes without the library\n", ours, taken, codes);
	assert_true(codes > 150);
	assert_true(ours > 2500);
}

/* --- the first time, by many threads at once --- */

static void *first_reader(void *failed)
{
	static const char *const numbers[] = {"14155550123", "6281234567210", "919876543210", "622150001234", "442079460123"};
	struct phone phone;
	char plus[24];

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		snprintf(plus, sizeof plus, "+%s", numbers[i]);
		if (phone_parse(str_of(plus), 0, &phone))
			*(bool *)failed = true;
	}
	return NULL;
}

static void threads_may_ask_for_the_first_time_at_once(void **state)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	bool failed[THREADS] = {0};

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, first_reader, &failed[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(failed[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_may_ask_for_the_first_time_at_once), /* nobody has asked before */
		cmocka_unit_test(usual_numbers_are_read_without_the_library),
		cmocka_unit_test(what_only_the_library_can_tell_is_left_to_it),
		cmocka_unit_test(numbers_of_one_kind_share_a_place_for_their_area),
		cmocka_unit_test(every_calling_code_is_read_as_the_library_reads_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
