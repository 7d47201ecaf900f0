#include "unit/test.h"

#include "base/hash.h"
#include "core/tombstone.h"

#define KEYS 200
#define MAX 150

/* Few homes: probing runs long, and from the last of them around the end. */
static uint64_t hash_of_key(uint32_t key)
{
	if (key % 7 == 6)
		return UINT64_MAX - key;
	return (uint64_t)(key % 7 + 1) << 61 | (key + 1);
}

struct model {
	bool in[KEYS];
	struct tombstone at[KEYS];
	uint32_t n;
};

static void check(const struct tombstones *tombstones, const struct model *model, uint32_t now)
{
	for (uint32_t key = 0; key < KEYS; key++) {
		const struct tombstone *found = tombstone_find(tombstones, hash_of_key(key), now);
		bool expected = model->in[key] && model->at[key].until > now;
		assert_int_equal(found != NULL, expected);
		if (found) {
			assert_true(found->session == model->at[key].session);
			assert_int_equal(found->until, model->at[key].until);
		}
	}
}

static void a_tombstone_is_there_until_its_time_is_over(void **state)
{
	struct random random = {test_seed()};
	struct tombstones *tombstones = tombstones_new(MAX);
	static struct model model;

	(void)state;
	assert_non_null(tombstones);
	for (uint32_t now = 1000; now < 6000; now++) {
		uint32_t key = random_below(&random, KEYS);
		struct tombstone tombstone = {hash_of_key(key), random_next(&random), now + 1 + random_below(&random, 300)};
		if (random_below(&random, 4) == 0) {
			tombstone_remove(tombstones, tombstone.hash);
			model.n -= model.in[key];
			model.in[key] = false;
		} else if (model.in[key] || model.n < MAX) {
			tombstone_put(tombstones, &tombstone);
			model.n += !model.in[key];
			model.in[key] = true;
			model.at[key] = tombstone;
		}
		assert_int_equal(tombstones_count(tombstones), model.n);
		check(tombstones, &model, now);
		if (now % 500 == 0) {
			tombstones_sweep(tombstones, now, 2 * KEYS + MAX * 2);
			for (key = 0; key < KEYS; key++) {
				bool over = model.in[key] && model.at[key].until <= now;
				model.in[key] &= !over;
				model.n -= over;
			}
			assert_int_equal(tombstones_count(tombstones), model.n);
		}
	}
	tombstones_free(tombstones);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_tombstone_is_there_until_its_time_is_over)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
