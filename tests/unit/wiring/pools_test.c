#include "unit/test.h"

#include "api/pools.h"

static struct pool_row row_of(const char *name, uint16_t country)
{
	struct pool_row row = {.policy = pool_policy_default(country)};

	assert_true(str_copy(row.name, sizeof row.name, str_of(name)));
	return row;
}

static void put(struct pools *pools, uint16_t index, uint16_t tenant, const char *name)
{
	struct pool_row row = row_of(name, 'I' << 8 | 'D');

	assert_int_equal(pools_put(pools, index, tenant, &row), ERR_OK);
}

static void a_pool_is_found_by_tenant_and_name(void **state)
{
	struct pools *pools = pools_new(1);
	struct pool_brief pool;

	(void)state;
	assert_int_equal(pools_find(pools, 0, STR("a"), &pool), ERR_NOT_FOUND);
	put(pools, 0, 0, "a");
	put(pools, 1, 1, "a");
	put(pools, 2, 0, "b");
	assert_int_equal(pools_find(pools, 1, STR("a"), &pool), ERR_OK);
	assert_true(pool.index == 1 && pool.tenant == 1);
	assert_int_equal(pools_find(pools, 0, STR("b"), &pool), ERR_OK);
	assert_int_equal(pool.index, 2);
	assert_int_equal(pools_find(pools, 1, STR("b"), &pool), ERR_NOT_FOUND);
	assert_int_equal(pools_at(pools, 0, 2, &pool), ERR_OK);
	assert_string_equal(pool.name, "b");
	assert_int_equal(pools_at(pools, 1, 2, &pool), ERR_NOT_FOUND);
	assert_int_equal(pools_at(pools, 0, 3, &pool), ERR_NOT_FOUND);
	assert_int_equal(pools_at(pools, 0, UINT32_MAX, &pool), ERR_NOT_FOUND);
	pools_free(pools);
}

static void no_name_is_the_only_pool(void **state)
{
	struct pools *pools = pools_new(1);
	struct pool_brief pool;

	(void)state;
	assert_int_equal(pools_find(pools, 0, STR_NONE, &pool), ERR_NOT_FOUND);
	put(pools, 0, 1, "other");
	put(pools, 1, 0, "mine");
	assert_int_equal(pools_find(pools, 0, STR_NONE, &pool), ERR_OK);
	assert_string_equal(pool.name, "mine");
	put(pools, 2, 0, "second");
	assert_int_equal(pools_find(pools, 0, STR_NONE, &pool), ERR_BAD_REQUEST);
	pools_free(pools);
}

static void the_problem_says_what_is_wrong_with_the_pool(void **state)
{
	struct pools *pools = pools_new(1);
	struct problem problem = {0};
	struct pool_brief pool;

	(void)state;
	assert_int_equal(pools_find_said(pools, 0, STR_NONE, &pool, &problem), ERR_NOT_FOUND);
	assert_string_equal(problem.detail, "there is no pool yet");
	put(pools, 0, 0, "a");
	assert_int_equal(pools_find_said(pools, 0, STR_NONE, &pool, &problem), ERR_OK);
	assert_int_equal(pools_find_said(pools, 0, STR("b"), &pool, &problem), ERR_NOT_FOUND);
	assert_string_equal(problem.detail, "there is no such pool");
	put(pools, 1, 0, "c");
	assert_int_equal(pools_find_said(pools, 0, STR_NONE, &pool, &problem), ERR_BAD_REQUEST);
	assert_string_equal(problem.detail, "there are several pools: say which");
	assert_string_equal(problem.field, "pool");
	pools_free(pools);
}

static void a_change_is_seen(void **state)
{
	struct pools *pools = pools_new(1);
	struct pool_row row = row_of("a", 'I' << 8 | 'D');
	struct pool_brief pool;

	(void)state;
	assert_int_equal(pools_put(pools, 0, 0, &row), ERR_OK);
	assert_int_equal(pools_find(pools, 0, STR("a"), &pool), ERR_OK);
	assert_true(pool_brief_dials(&pool, 'I' << 8 | 'D') && !pool_brief_dials(&pool, 'U' << 8 | 'S') &&
		    !pool.pin);
	row.policy.countries[0] = 'U' << 8 | 'S';
	row.policy.countries_n = 1;
	row.policy.unknown_caller = POOL_UNKNOWN_PIN;
	assert_int_equal(pools_put(pools, 0, 0, &row), ERR_OK);
	assert_int_equal(pools_find(pools, 0, STR("a"), &pool), ERR_OK);
	assert_true(!pool_brief_dials(&pool, 'I' << 8 | 'D') && pool_brief_dials(&pool, 'U' << 8 | 'S') &&
		    pool.pin);
	assert_false(pool_brief_dials(&pool, 0));
	pools_free(pools);
}

static void many_are_found(void **state)
{
	struct pools *pools = pools_new(test_seed());
	struct pool_brief pool;
	char name[16];

	(void)state;
	for (uint16_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "pool-%u", i / 2);
		put(pools, i, i % 2, name);
	}
	for (uint16_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "pool-%u", i / 2);
		assert_int_equal(pools_find(pools, i % 2, str_of(name), &pool), ERR_OK);
		assert_int_equal(pool.index, i);
	}
	pools_free(pools);
}

static void room_for_a_pool_is_nobodys_until_it_is_put(void **state)
{
	struct pools *pools = pools_new(1);
	struct pool_brief pool;

	(void)state;
	put(pools, 0, 0, "a");
	for (uint16_t i = 1; i < 100; i++)
		assert_true(pools_room(pools, i));
	assert_true(pools_room(pools, 0));
	assert_int_equal(pools_find(pools, 0, STR(""), &pool), ERR_OK); /* the only one still */
	assert_int_equal(pools_at(pools, 0, 1, &pool), ERR_NOT_FOUND);
	put(pools, 1, 0, "b");
	assert_int_equal(pools_find(pools, 0, STR("b"), &pool), ERR_OK);
	assert_int_equal(pool.index, 1);
	pools_free(pools);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_is_found_by_tenant_and_name),
		cmocka_unit_test(no_name_is_the_only_pool),
		cmocka_unit_test(the_problem_says_what_is_wrong_with_the_pool),
		cmocka_unit_test(a_change_is_seen),
		cmocka_unit_test(many_are_found),
		cmocka_unit_test(room_for_a_pool_is_nobodys_until_it_is_put),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
