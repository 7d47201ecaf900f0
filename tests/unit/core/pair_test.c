#include "unit/test.h"

#include "base/hash.h"
#include "core/pair.h"

static void assert_pair(const struct pairs *pairs, uint64_t person, uint32_t vn, uint32_t until, uint8_t stands)
{
	struct pair pair = pair_get(pairs, person, vn);

	assert_int_equal(pair.until, until);
	assert_int_equal(pair.stands, stands);
}

static void a_pair_is_what_was_set_last(void **state)
{
	struct pairs *pairs = pairs_new(100, 1);

	(void)state;
	assert_pair(pairs, 5, 7, 0, 0);
	assert_int_equal(pair_set(pairs, 5, 7, (struct pair){PAIR_OPEN, 3}), ERR_OK);
	assert_pair(pairs, 5, 7, PAIR_OPEN, 3);
	assert_pair(pairs, 5, 8, 0, 0);
	assert_pair(pairs, 6, 7, 0, 0);
	assert_int_equal(pair_set(pairs, 5, 7, (struct pair){1000, 0}), ERR_OK);
	assert_pair(pairs, 5, 7, 1000, 0);
	assert_int_equal(pairs_count(pairs), 1);
	assert_int_equal(pair_set(pairs, 5, 7, (struct pair){0, 0}), ERR_OK);
	assert_pair(pairs, 5, 7, 0, 0);
	assert_int_equal(pairs_count(pairs), 0);
	assert_int_equal(pair_set(pairs, 5, 7, (struct pair){0, 0}), ERR_OK);
	pairs_free(pairs);
	pairs_free(NULL);
}

static void the_extremes_of_persons_vns_and_stands_are_kept_apart(void **state)
{
	static const uint64_t persons[] = {0, 1, UINT64_MAX};
	static const uint32_t vns[] = {1, (1u << 24) - 1};
	struct pairs *pairs = pairs_new(100, 1);

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(pair_set(pairs, persons[i / 2], vns[i % 2], (struct pair){i, PAIR_STANDS_MAX}), ERR_OK);
	for (uint32_t i = 0; i < 6; i++)
		assert_pair(pairs, persons[i / 2], vns[i % 2], i, PAIR_STANDS_MAX);
	pairs_free(pairs);
}

static void a_full_set_refuses_what_is_new_and_nothing_else(void **state)
{
	struct pairs *pairs = pairs_new(1000, 1);

	(void)state;
	assert_int_equal(pairs_max(pairs), 1000);
	for (uint64_t person = 0; person < 1000; person++)
		assert_int_equal(pair_set(pairs, person, 7, (struct pair){1, 0}), ERR_OK);
	assert_int_equal(pair_set(pairs, 1000, 7, (struct pair){1, 0}), ERR_LIMIT_REACHED);
	assert_pair(pairs, 1000, 7, 0, 0);
	assert_int_equal(pairs_count(pairs), 1000);
	assert_int_equal(pair_set(pairs, 999, 7, (struct pair){2, 2}), ERR_OK);
	assert_int_equal(pair_set(pairs, 2000, 7, (struct pair){0, 0}), ERR_OK);
	assert_int_equal(pair_set(pairs, 5, 7, (struct pair){0, 0}), ERR_OK);
	assert_int_equal(pair_set(pairs, 1000, 7, (struct pair){1, 0}), ERR_OK);
	assert_pair(pairs, 999, 7, 2, 2);
	pairs_free(pairs);
}

static void count_gone(void *context, uint64_t person, uint32_t vn)
{
	++*(int *)context;
	assert_int_equal(vn, 1);
	assert_true(person < 50 || person == 202);
}

static void a_sweep_takes_out_what_has_cooled_and_goes_round(void **state)
{
	struct pairs *pairs = pairs_new(1000, 1);
	uint32_t out = 0;
	int gone = 0;

	(void)state;
	for (uint64_t person = 0; person < 100; person++)
		assert_int_equal(pair_set(pairs, person, 1, (struct pair){50 + (uint32_t)person, 0}), ERR_OK);
	assert_int_equal(pair_set(pairs, 200, 1, (struct pair){PAIR_OPEN, 0}), ERR_OK);
	assert_int_equal(pair_set(pairs, 201, 1, (struct pair){0, 1}), ERR_OK);
	assert_int_equal(pair_set(pairs, 202, 1, (struct pair){60, 1}), ERR_OK);
	for (int i = 0; i < 1000; i++)
		out += pairs_sweep(pairs, 99, 1, count_gone, &gone);
	assert_int_equal(out, 50);
	assert_int_equal(gone, 51); /* each once, also the one whose VN still stands for it */
	assert_pair(pairs, 49, 1, 0, 0);
	assert_pair(pairs, 50, 1, 100, 0);
	assert_int_equal(pairs_sweep(pairs, PAIR_OPEN - 1, 1000000, NULL, NULL), 50);
	assert_pair(pairs, 200, 1, PAIR_OPEN, 0);
	assert_pair(pairs, 201, 1, 0, 1);
	assert_pair(pairs, 202, 1, 0, 1);
	assert_int_equal(pairs_count(pairs), 3);
	pairs_free(pairs);
}

#define PERSONS 64
#define VNS 32
#define MAX 1500

static bool is_there(struct pair pair)
{
	return pair.until || pair.stands;
}

static uint32_t model_sweep(struct pair model[PERSONS][VNS + 1], uint32_t now)
{
	uint32_t out = 0;

	for (int person = 0; person < PERSONS; person++) {
		for (int vn = 1; vn <= VNS; vn++) {
			struct pair *pair = &model[person][vn];
			if (pair->until == 0 || pair->until > now)
				continue;
			out += pair->stands == 0;
			pair->until = 0;
		}
	}
	return out;
}

static void it_does_what_a_plain_matrix_does(void **state)
{
	static struct pair model[PERSONS][VNS + 1];
	struct random random = {test_seed()};
	struct pairs *pairs = pairs_new(MAX, random_next(&random));
	uint32_t count = 0, full = 0;

	(void)state;
	for (uint32_t step = 0; step < 300000; step++) {
		uint32_t person = random_below(&random, PERSONS), vn = 1 + random_below(&random, VNS);
		struct pair *there = &model[person][vn];
		struct pair pair = {0, 0};
		if (random_below(&random, 5))
			pair = (struct pair){random_below(&random, 5) ? step + random_below(&random, 9000) : PAIR_OPEN,
					(uint8_t)(random_below(&random, 8) ? 0 : random_below(&random, 256))};
		enum err err = pair_set(pairs, person, vn, pair);
		bool refused = count == MAX && is_there(pair) && !is_there(*there);
		assert_int_equal(err, refused ? ERR_LIMIT_REACHED : ERR_OK);
		full += refused;
		if (!refused) {
			count += (uint32_t)is_there(pair) - (uint32_t)is_there(*there);
			*there = pair;
		}
		assert_int_equal(pairs_count(pairs), count);
		person = random_below(&random, PERSONS);
		assert_pair(pairs, person, vn, model[person][vn].until, model[person][vn].stands);
		if (random_below(&random, 20000) == 0) {
			uint32_t out = model_sweep(model, step);
			assert_int_equal(pairs_sweep(pairs, step, UINT32_MAX, NULL, NULL), out);
			count -= out;
		}
	}
	assert_true(full > 0);
	pairs_free(pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_what_was_set_last),
		cmocka_unit_test(the_extremes_of_persons_vns_and_stands_are_kept_apart),
		cmocka_unit_test(a_full_set_refuses_what_is_new_and_nothing_else),
		cmocka_unit_test(a_sweep_takes_out_what_has_cooled_and_goes_round),
		cmocka_unit_test(it_does_what_a_plain_matrix_does),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
