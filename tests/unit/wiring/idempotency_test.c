#include "unit/test.h"

#include "base/hash.h"
#include "serve/idempotency.h"

#define NOW 1000u
#define LATER 90000u

struct key {
	uint8_t hash[16];
};

static struct key key_of(uint64_t n)
{
	struct key key;
	uint64_t words[2] = {hash_mix(n), hash_mix(n + 77)};

	memcpy(key.hash, words, sizeof key.hash);
	return key;
}

static void note(struct idempotency *idempotency, uint64_t n, uint32_t until)
{
	struct key key = key_of(n);
	struct idempotency_use use = {.row = n, .until = until};

	memset(use.body_hash, (int)(n & 255), sizeof use.body_hash);
	assert_int_equal(idempotency_note(idempotency, key.hash, &use), ERR_OK);
}

static bool knows(struct idempotency *idempotency, uint64_t n, uint32_t now)
{
	struct key key = key_of(n);
	struct idempotency_use use;

	if (!idempotency_find(idempotency, key.hash, now, &use))
		return false;
	assert_int_equal(use.row, n);
	assert_int_equal(use.body_hash[15], n & 255);
	return true;
}

static void a_noted_key_is_found_until_its_time_is_over(void **state)
{
	struct idempotency *idempotency = idempotency_new(100, 1);

	(void)state;
	assert_false(knows(idempotency, 1, NOW));
	note(idempotency, 1, LATER);
	idempotency_commit(idempotency, NOW);
	assert_true(knows(idempotency, 1, LATER - 1));
	assert_false(knows(idempotency, 1, LATER));
	note(idempotency, 1, 2 * LATER);
	idempotency_commit(idempotency, LATER);
	assert_true(knows(idempotency, 1, LATER));
	idempotency_free(idempotency);
}

static void undo_takes_back_to_the_mark(void **state)
{
	struct idempotency *idempotency = idempotency_new(100, 1);

	(void)state;
	note(idempotency, 1, LATER);
	uint32_t mark = idempotency_mark(idempotency);
	note(idempotency, 2, LATER);
	note(idempotency, 3, LATER);
	idempotency_undo(idempotency, mark);
	assert_true(knows(idempotency, 1, NOW));
	assert_false(knows(idempotency, 2, NOW));
	idempotency_undo(idempotency, 0);
	assert_false(knows(idempotency, 1, NOW));
	assert_int_equal(idempotency_count(idempotency), 0);
	idempotency_free(idempotency);
}

static void undo_restores_what_an_expired_key_was(void **state)
{
	struct idempotency *idempotency = idempotency_new(100, 1);
	struct key key = key_of(1);
	struct idempotency_use use = {.row = 99, .until = 2 * LATER};

	(void)state;
	note(idempotency, 1, LATER);
	idempotency_commit(idempotency, NOW);
	assert_int_equal(idempotency_note(idempotency, key.hash, &use), ERR_OK);
	idempotency_undo(idempotency, 0);
	assert_true(knows(idempotency, 1, NOW));
	idempotency_free(idempotency);
}

static void the_oldest_is_forgotten_for_the_newest_and_only_at_commit(void **state)
{
	struct idempotency *idempotency = idempotency_new(10, 1);

	(void)state;
	for (uint64_t n = 0; n < 10; n++)
		note(idempotency, n, LATER);
	idempotency_commit(idempotency, NOW);
	note(idempotency, 10, LATER);
	assert_true(knows(idempotency, 0, NOW));
	idempotency_undo(idempotency, 0);
	assert_true(knows(idempotency, 0, NOW));
	note(idempotency, 10, LATER);
	idempotency_commit(idempotency, NOW);
	assert_false(knows(idempotency, 0, NOW));
	assert_true(knows(idempotency, 1, NOW));
	assert_true(knows(idempotency, 10, NOW));
	assert_int_equal(idempotency_count(idempotency), 10);
	idempotency_free(idempotency);
}

static void expired_keys_give_their_room_back(void **state)
{
	struct idempotency *idempotency = idempotency_new(100, 1);

	(void)state;
	for (uint64_t n = 0; n < 50; n++)
		note(idempotency, n, LATER);
	note(idempotency, 50, 2 * LATER);
	idempotency_commit(idempotency, NOW);
	idempotency_commit(idempotency, LATER);
	assert_int_equal(idempotency_count(idempotency), 1);
	assert_true(knows(idempotency, 50, LATER));
	idempotency_free(idempotency);
}

static void a_batch_notes_so_many_and_no_more(void **state)
{
	struct idempotency *idempotency = idempotency_new(10, 1);
	struct key key = key_of(IDEMPOTENCY_BATCH_MAX);
	struct idempotency_use use = {.until = LATER};

	(void)state;
	for (uint64_t n = 0; n < IDEMPOTENCY_BATCH_MAX; n++)
		note(idempotency, n, LATER);
	assert_int_equal(idempotency_note(idempotency, key.hash, &use), ERR_LIMIT_REACHED);
	idempotency_commit(idempotency, NOW);
	assert_int_equal(idempotency_note(idempotency, key.hash, &use), ERR_OK);
	idempotency_free(idempotency);
}

/* A million keys through a small ring: what is in it is always the last so many. */
static void holds_the_last_keys_whatever_came_before(void **state)
{
	struct idempotency *idempotency = idempotency_new(1000, 7);
	struct random random = {42};
	uint64_t stored = 0;

	(void)state;
	while (stored < 1000000) {
		uint32_t n = 1 + random_below(&random, 300);
		for (uint32_t i = 0; i < n; i++)
			note(idempotency, stored + i, LATER);
		if (random_below(&random, 3) == 0) {
			idempotency_undo(idempotency, 0);
			n = 0;
		}
		idempotency_commit(idempotency, NOW);
		stored += n;
		if (stored < 1000)
			continue;
		uint64_t some = stored - 1 - random_below(&random, 1000);
		assert_true(knows(idempotency, some, NOW));
		assert_false(knows(idempotency, some - 1000, NOW));
		assert_false(knows(idempotency, stored, NOW));
		assert_int_equal(idempotency_count(idempotency), 1000);
	}
	idempotency_free(idempotency);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_noted_key_is_found_until_its_time_is_over),
		cmocka_unit_test(undo_takes_back_to_the_mark),
		cmocka_unit_test(undo_restores_what_an_expired_key_was),
		cmocka_unit_test(the_oldest_is_forgotten_for_the_newest_and_only_at_commit),
		cmocka_unit_test(expired_keys_give_their_room_back),
		cmocka_unit_test(a_batch_notes_so_many_and_no_more),
		cmocka_unit_test(holds_the_last_keys_whatever_came_before),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
