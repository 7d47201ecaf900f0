#include "unit/test.h"

#include "base/hash.h"
#include "core/index.h"

#define MAX 300

/* Things in an array that know their hash; few distinct hashes, so that they pile up. */
struct things {
	uint64_t hash[MAX];
	bool in[MAX];
};

static uint64_t hash_of(const void *context, uint32_t slot)
{
	return ((const struct things *)context)->hash[slot];
}

struct wanted {
	uint32_t slot;
};

static bool is_wanted(const void *context, uint32_t slot)
{
	return ((const struct wanted *)context)->slot == slot;
}

static void check(const struct index *index, const struct things *things)
{
	for (uint32_t slot = 0; slot < MAX; slot++) {
		struct wanted wanted = {slot};
		uint32_t found = index_find(index, things->hash[slot], is_wanted, &wanted);
		assert_int_equal(found, things->in[slot] ? slot : INDEX_NONE);
	}
}

static void what_is_in_is_found_and_what_was_taken_out_is_not(void **state)
{
	struct random random = {test_seed()};
	static struct things things;
	struct index *index = index_new(MAX, hash_of, &things);

	(void)state;
	assert_non_null(index);
	for (uint32_t slot = 0; slot < MAX; slot++)
		things.hash[slot] = hash_mix(random_below(&random, 40)) | (slot % 2 ? 0 : (uint64_t)UINT32_MAX << 32);
	for (int step = 0; step < 20000; step++) {
		uint32_t slot = random_below(&random, MAX);
		if (things.in[slot])
			index_remove(index, things.hash[slot], slot);
		else
			index_add(index, things.hash[slot], slot);
		things.in[slot] = !things.in[slot];
		if (step % 100 == 0)
			check(index, &things);
	}
	check(index, &things);
	index_free(index);
}

static bool is_counted(const void *context, uint32_t slot)
{
	(void)slot;
	++*(uint32_t *)(uintptr_t)context;
	return false;
}

/* All in one heap of neighbours that every search goes through, and of 2^23 tags hardly two alike. */
static void slots_of_other_hashes_are_not_looked_at(void **state)
{
	struct random random = {test_seed()};
	static struct things things;
	struct index *index = index_new(MAX, hash_of, &things);
	uint32_t looked = 0;

	(void)state;
	for (uint32_t slot = 0; slot < MAX; slot++) {
		things.hash[slot] = (uint32_t)random_next(&random);
		index_add(index, things.hash[slot], slot);
	}
	for (int i = 0; i < 200; i++) {
		index_soon(index, (uint32_t)random_next(&random));
		assert_int_equal(index_find(index, (uint32_t)random_next(&random), is_counted, &looked), INDEX_NONE);
	}
	assert_in_range(looked, 0, 10);
	index_free(index);
}

static void a_tag_that_two_have_tells_them_not_apart(void **state)
{
	static struct things things;
	struct index *index = index_new(MAX, hash_of, &things);

	(void)state;
	for (uint32_t slot = 0; slot < MAX; slot++) {
		things.hash[slot] = UINT64_MAX;
		index_add(index, things.hash[slot], slot);
		things.in[slot] = true;
	}
	check(index, &things);
	for (uint32_t slot = 0; slot < MAX; slot += 2) {
		index_remove(index, things.hash[slot], slot);
		things.in[slot] = false;
	}
	check(index, &things);
	index_free(index);
}

static void remove_one_that_is_not_in(void *data)
{
	struct things *things = data;
	struct index *index = index_new(MAX, hash_of, things);

	index_remove(index, things->hash[0], 0);
}

static void taking_out_what_is_not_in_is_our_own_fault(void **state)
{
	static struct things things;

	(void)state;
	assert_true(test_dies(remove_one_that_is_not_in, &things));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_is_found_and_what_was_taken_out_is_not),
		cmocka_unit_test(slots_of_other_hashes_are_not_looked_at),
		cmocka_unit_test(a_tag_that_two_have_tells_them_not_apart),
		cmocka_unit_test(taking_out_what_is_not_in_is_our_own_fault),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
