/* The table of blocks, held to a list that is looked through from end to end. */
#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "core/blocks.h"

#define PERSON(i) ((struct number){99900000000u + (i)})
#define POOLS 3
#define NOW 1000u

struct rule {
	struct block_key key;
	enum block_direction direction;
	uint32_t until;
};

static bool same_key(const struct block_key *a, const struct block_key *b)
{
	return a->pool == b->pool && number_equal(a->number, b->number) && number_equal(a->with, b->with);
}

static bool holds(const struct rule *rule, enum block_direction direction)
{
	return (rule->direction == BLOCK_BOTH || rule->direction == direction) && (!rule->until || NOW < rule->until);
}

/* What the words of blocks.h say. */
static bool model_bars(const struct rule *rules, int n, uint16_t pool, struct number from, struct number to)
{
	for (int i = 0; i < n; i++) {
		const struct block_key *key = &rules[i].key;
		if (key->pool != pool)
			continue;
		bool anybody = !number_is(key->with);
		if (number_equal(key->number, from) && (anybody || number_equal(key->with, to)) && holds(&rules[i],
			BLOCK_FROM))
			return true;
		if (number_equal(key->number, to) && (anybody || number_equal(key->with, from)) && holds(&rules[i],
			BLOCK_TO))
			return true;
	}
	return false;
}

static struct block_key any_key(struct random *random)
{
	struct block_key key = {(uint16_t)random_below(random, POOLS), PERSON(random_below(random, 12)), NUMBER_NONE};

	if (random_below(random, 2))
		key.with = PERSON(20 + random_below(random, 12));
	return key;
}

#define RULES_MAX 40

static void compare_with_list(struct random *state, int max, int steps)
{
	struct random random = *state;
	struct blocks *blocks = blocks_new((uint32_t)max, POOLS, random_next(&random));
	struct rule rules[RULES_MAX];
	int n = 0;

	for (int step = 0; step < steps; step++) {
		struct rule rule = {any_key(&random), (enum block_direction)random_below(&random, 3),
			random_below(&random, 2) ? 0 : NOW - 1 + random_below(&random, 3)};
		int at = 0;
		while (at < n && !same_key(&rules[at].key, &rule.key))
			at++;
		if (random_below(&random, 3) == 0) {
			assert_int_equal(blocks_drop(blocks, &rule.key), at < n);
			if (at < n)
				rules[at] = rules[--n];
		} else if (at == max) {
			assert_int_equal(blocks_put(blocks, &rule.key, rule.direction, rule.until), ERR_LIMIT_REACHED);
		} else {
			assert_int_equal(blocks_put(blocks, &rule.key, rule.direction, rule.until), ERR_OK);
			rules[at] = rule;
			n += at == n;
		}
		assert_int_equal(blocks_count(blocks), n);
		uint16_t pool = (uint16_t)random_below(&random, POOLS);
		bool any = false;
		for (int i = 0; i < n; i++)
			any |= rules[i].key.pool == pool;
		assert_int_equal(blocks_any(blocks, pool), any);
		struct number from = PERSON(random_below(&random, 32)), to = PERSON(random_below(&random, 32));
		assert_int_equal(blocks_bar(blocks, pool, from, to, NOW), model_bars(rules, n, pool, from, to));
	}
	assert_false(blocks_any(blocks, POOLS));
	blocks_free(blocks);
	*state = random;
}

static void it_says_what_a_list_says(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	compare_with_list(&random, RULES_MAX, 20000);
	blocks_free(NULL);
}

/* In which every other walk goes round the end. */
static void a_table_of_a_few_says_so_too(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int max = 1; max <= 8; max++)
		compare_with_list(&random, max, 4000);
}

static void at_the_limit_there_is_an_error_and_what_is_there_can_be_changed(void **state)
{
	struct blocks *blocks = blocks_new(2, 1, 1);
	struct block_key keys[] = {{0, PERSON(1), {0}}, {0, PERSON(2), {0}}, {0, PERSON(3), {0}}};

	(void)state;
	assert_int_equal(blocks_put(blocks, &keys[0], BLOCK_BOTH, 0), ERR_OK);
	assert_int_equal(blocks_put(blocks, &keys[1], BLOCK_BOTH, 0), ERR_OK);
	assert_int_equal(blocks_put(blocks, &keys[2], BLOCK_BOTH, 0), ERR_LIMIT_REACHED);
	assert_false(blocks_bar(blocks, 0, PERSON(3), PERSON(9), NOW));
	assert_int_equal(blocks_put(blocks, &keys[0], BLOCK_TO, 0), ERR_OK);
	assert_false(blocks_bar(blocks, 0, PERSON(1), PERSON(9), NOW));
	assert_true(blocks_drop(blocks, &keys[0]));
	assert_int_equal(blocks_put(blocks, &keys[2], BLOCK_FROM, 0), ERR_OK);
	blocks_free(blocks);
	blocks = blocks_new(0, 1, 1);
	assert_int_equal(blocks_put(blocks, &keys[0], BLOCK_BOTH, 0), ERR_LIMIT_REACHED);
	assert_false(blocks_bar(blocks, 0, PERSON(1), PERSON(2), NOW));
	blocks_free(blocks);
}

static void a_caller_without_a_number_is_barred_by_the_called_ones_block_alone(void **state)
{
	struct blocks *blocks = blocks_new(4, 1, 1);

	(void)state;
	assert_int_equal(blocks_put(blocks, &(struct block_key){0, PERSON(1), {0}}, BLOCK_TO, 0), ERR_OK);
	assert_true(blocks_bar(blocks, 0, NUMBER_NONE, PERSON(1), NOW));
	assert_false(blocks_bar(blocks, 0, NUMBER_NONE, PERSON(2), NOW));
	assert_false(blocks_bar(blocks, 0, PERSON(1), NUMBER_NONE, NOW));
	blocks_free(blocks);
}

/* --- readers beside the writer --- */

struct beside {
	struct blocks *blocks;
	_Atomic bool done;
	_Atomic uint64_t missed;
};

/* PERSON(0) is blocked from first to last, whatever comes and goes around it. */
static void *read_on(void *context)
{
	struct beside *beside = context;

	while (!atomic_load(&beside->done))
		if (!blocks_bar(beside->blocks, 0, PERSON(0), PERSON(1), NOW))
			atomic_fetch_add(&beside->missed, 1);
	return NULL;
}

static void what_is_there_throughout_is_never_missed(void **state)
{
	struct random random = {test_seed()};
	struct beside beside = {.blocks = blocks_new(64, 1, random_next(&random))};
	pthread_t reader;

	(void)state;
	assert_int_equal(blocks_put(beside.blocks, &(struct block_key){0, PERSON(0), {0}}, BLOCK_FROM, 0), ERR_OK);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &beside), 0);
	for (int step = 0; step < 200000; step++) {
		struct block_key key = {0, PERSON(1 + random_below(&random, 60)), {0}};
		if (!blocks_drop(beside.blocks, &key))
			assert_int_equal(blocks_put(beside.blocks, &key, BLOCK_BOTH, 0), ERR_OK);
	}
	atomic_store(&beside.done, true);
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_int_equal(atomic_load(&beside.missed), 0);
	blocks_free(beside.blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_a_list_says),
		cmocka_unit_test(a_table_of_a_few_says_so_too),
		cmocka_unit_test(at_the_limit_there_is_an_error_and_what_is_there_can_be_changed),
		cmocka_unit_test(a_caller_without_a_number_is_barred_by_the_called_ones_block_alone),
		cmocka_unit_test(what_is_there_throughout_is_never_missed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
