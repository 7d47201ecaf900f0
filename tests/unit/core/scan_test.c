/* Who tries one virtual number after the other. */
#include "unit/test.h"

#include "base/hash.h"
#include "core/scan.h"

#define NOW 1000000u

static struct scan_was was;

static bool tries(struct scan *scan, uint64_t caller, uint32_t vn, uint32_t now_s)
{
	const struct scan_try try = {.pool = 1, .caller = caller, .vn = vn, .now_s = now_s, .vns_max = 5};

	return scan_note(scan, &try, &was);
}

static void so_many_different_ones_within_an_hour_are_suspicious_once(void **state)
{
	struct scan *scan = scan_new(64, test_seed());

	(void)state;
	for (uint32_t vn = 1; vn <= 4; vn++)
		for (int again = 0; again < 3; again++)
			assert_false(tries(scan, 7, vn, NOW + vn));
	assert_false(tries(scan, 8, 5, NOW));
	assert_true(tries(scan, 7, 5, NOW + 10));
	for (uint32_t vn = 6; vn <= 40; vn++)
		assert_false(tries(scan, 7, vn, NOW + 10 + vn));
	/* An hour after it was told it begins anew. */
	for (uint32_t vn = 1; vn <= 4; vn++)
		assert_false(tries(scan, 7, vn, NOW + 10 + SCAN_SPAN_S));
	assert_true(tries(scan, 7, 5, NOW + 10 + SCAN_SPAN_S));
	scan_free(scan);
}

static void what_is_an_hour_ago_does_not_count(void **state)
{
	struct scan *scan = scan_new(64, test_seed());

	(void)state;
	for (uint32_t vn = 1; vn <= 40; vn++)
		assert_false(tries(scan, 7, vn, NOW + vn * (SCAN_SPAN_S / 4 + 1)));
	scan_free(scan);
}

static void of_two_pools_each_has_its_own_count(void **state)
{
	struct scan *scan = scan_new(64, test_seed());

	(void)state;
	for (uint32_t vn = 1; vn <= 8; vn++) {
		const struct scan_try try = {.pool = (uint16_t)(vn % 2), .caller = 7, .vn = vn, .now_s = NOW,
			.vns_max = 5};
		assert_false(scan_note(scan, &try, &was));
	}
	scan_free(scan);
}

static void a_try_that_is_taken_back_was_none(void **state)
{
	struct scan *scan = scan_new(64, test_seed());
	struct scan_was first, second;
	const struct scan_try one = {.pool = 1, .caller = 7, .vn = 8, .now_s = NOW, .vns_max = 5};
	struct scan_try other = one;

	(void)state;
	for (uint32_t vn = 1; vn <= 3; vn++)
		assert_false(tries(scan, 7, vn, NOW));
	for (int again = 0; again < 3; again++) {
		other.vn = 9;
		assert_false(scan_note(scan, &one, &first));
		assert_true(scan_note(scan, &other, &second));
		scan_undo(scan, &second);
		scan_undo(scan, &first);
	}
	scan_free(scan);
}

/* A scanner four VNs on its way; then strangers in the tens of thousands, in a table of some thousand. */
static void a_flood_of_strangers_does_not_flush_a_scanner(void **state)
{
	enum { SCANNERS = 50 };
	struct random random = {test_seed()};
	struct scan *scan = scan_new(8192, random_next(&random));
	int suspected = 0;

	(void)state;
	for (uint64_t scanner = 1; scanner <= SCANNERS; scanner++)
		for (uint32_t vn = 1; vn <= 4; vn++)
			assert_false(tries(scan, scanner, vn, NOW));
	/* Eight times as many as there are places, each new. */
	for (uint64_t i = 0; i < 8 * 8192; i++)
		(void)tries(scan, 1000 + i, 1 + random_below(&random, 1000), NOW + 1);
	for (uint64_t scanner = 1; scanner <= SCANNERS; scanner++)
		suspected += tries(scan, scanner, 5, NOW + 2);
	assert_true(suspected == SCANNERS);
	scan_free(scan);
}

/* All places of a bucket are taken by callers with three VNs: a newcomer gets in once three were turned away for it. */
static void who_is_new_gets_in_at_last(void **state)
{
	struct scan *scan = scan_new(8, test_seed());
	int turned_away = 0;

	(void)state;
	for (uint64_t caller = 1; caller <= 8; caller++)
		for (uint32_t vn = 1; vn <= 3; vn++)
			assert_false(tries(scan, caller, vn, NOW + (uint32_t)caller));
	for (uint32_t vn = 1; vn <= 5 && !tries(scan, 99, vn, NOW + 100); vn++)
		turned_away++;
	assert_int_equal(turned_away, 5); /* two in vain, then three of its own */
	assert_false(tries(scan, 99, 6, NOW + 100));
	assert_true(tries(scan, 99, 7, NOW + 100));
	/* The others are there still. */
	assert_false(tries(scan, 8, 4, NOW + 101));
	assert_true(tries(scan, 8, 5, NOW + 101));
	assert_true(scan_bytes(scan) <= 8 * 128);
	scan_free(scan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_different_ones_within_an_hour_are_suspicious_once),
		cmocka_unit_test(what_is_an_hour_ago_does_not_count),
		cmocka_unit_test(of_two_pools_each_has_its_own_count),
		cmocka_unit_test(a_try_that_is_taken_back_was_none),
		cmocka_unit_test(a_flood_of_strangers_does_not_flush_a_scanner),
		cmocka_unit_test(who_is_new_gets_in_at_last),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
