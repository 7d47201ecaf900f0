#include "unit/test.h"

#include "base/hash.h"

/* Aumasson, Bernstein: "SipHash: a fast short-input PRF", appendix A, and the first of its vectors. */
static void siphash_gives_the_published_values(void **state)
{
	const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
	unsigned char bytes[15];

	(void)state;
	for (unsigned char i = 0; i < sizeof bytes; i++)
		bytes[i] = i;
	assert_true(hash_bytes(key, bytes, 0) == 0x726fdb47dd0e0e31u);
	assert_true(hash_bytes(key, bytes, 1) == 0x74f839c593dc67fdu);
	assert_true(hash_bytes(key, bytes, 8) == 0x93f5f5799a932462u);
	assert_true(hash_bytes(key, bytes, 15) == 0xa129ca6149be45e5u);
}

static void every_bit_of_two_words_and_the_seed_matters(void **state)
{
	uint64_t seed = 1, a = 628123456, b = 7, whole = hash_two(seed, a, b);

	(void)state;
	for (int i = 0; i < 64; i++) {
		uint64_t bit = (uint64_t)1 << i;
		int flips = __builtin_popcountll(whole ^ hash_two(seed, a ^ bit, b));
		assert_in_range(flips, 10, 54);
		flips = __builtin_popcountll(whole ^ hash_two(seed, a, b ^ bit));
		assert_in_range(flips, 10, 54);
		flips = __builtin_popcountll(whole ^ hash_two(seed ^ bit, a, b));
		assert_in_range(flips, 10, 54);
	}
}

static void a_reduction_is_below_n_and_even(void **state)
{
	struct random random = {test_seed()};
	uint32_t hits[10] = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		hits[random_below(&random, 10)]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(hits[i], 9500, 10500);
	assert_int_equal(hash_reduce(UINT64_MAX, 1), 0);
	assert_int_equal(hash_reduce(UINT64_MAX, UINT32_MAX), UINT32_MAX - 1);
	assert_int_equal(hash_reduce(0, 5), 0);
}

static void random_numbers_follow_from_their_seed(void **state)
{
	struct random one = {5}, same = {5}, other = {6};

	(void)state;
	for (int i = 0; i < 100; i++) {
		uint64_t value = random_next(&one);
		assert_true(value == random_next(&same));
		assert_true(value != random_next(&other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_published_values),
		cmocka_unit_test(every_bit_of_two_words_and_the_seed_matters),
		cmocka_unit_test(a_reduction_is_below_n_and_even),
		cmocka_unit_test(random_numbers_follow_from_their_seed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
