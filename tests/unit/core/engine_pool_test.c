/* Pools and VNs: make, find, change, count; reserved and disabled ones. */
#include "engine_fixture.h"

static enum vn_state state_of(struct world *world, uint32_t vn)
{
	struct vn_view view;

	assert_int_equal(engine_vn(world->engine, vn, &view), ERR_OK);
	return view.state;
}

static void vn_set(struct world *world, uint32_t vn, int disabled, int reserved)
{
	uint32_t id;

	world_begin(world);
	assert_int_equal(engine_vn_set(world->engine, world->tenant, vn_number_of((int)vn - 1), disabled,
				 reserved, &id),
		ERR_OK);
	assert_int_equal(id, vn);
	world_end(world);
}

static void pools_are_found_by_name_or_when_there_is_one(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint16_t found, other;
	world_init(&world, &policy, 1);

	assert_int_equal(engine_pool_find(world.engine, world.tenant, str_of(""), &found), ERR_OK);
	assert_int_equal(found, world.pool);
	uint16_t second = world_pool(&world, "bandung", &policy);
	assert_int_equal(engine_pool_find(world.engine, world.tenant, str_of(""), &found), ERR_NOT_FOUND);
	assert_int_equal(engine_pool_find(world.engine, world.tenant, str_of("bandung"), &found), ERR_OK);
	assert_int_equal(found, second);
	assert_int_equal(engine_tenant(world.engine, str_of("other"), &other), ERR_OK);
	assert_int_equal(engine_pool_find(world.engine, other, str_of("bandung"), &found), ERR_NOT_FOUND);
	world_begin(&world);
	assert_int_equal(engine_pool_create(world.engine, world.tenant, str_of("bandung"), &policy, &found),
		ERR_POOL_EXISTS);
	assert_int_equal(
		engine_vn_set(world.engine, other, vn_number_of(0), 1, -1, &(uint32_t){0}), ERR_NOT_FOUND);
	world_end(&world);
	world_done(&world);
}

static void a_vn_is_added_once(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 3);
	struct vn_add add[] = {
		{.number = vn_number_of(1), .account = world.account}, {.number = number_of(COURIER)}};
	bool in_use[2] = {true, false};

	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	world_begin(&world);
	assert_int_equal(engine_vn_add(world.engine, world.pool, &add[0]), ERR_NUMBER_IN_USE);
	world_end(&world);
	assert_int_equal(engine_vn_in_use(world.engine, add, 2, in_use), ERR_OK);
	assert_false(in_use[0]);
	assert_true(in_use[1]);
	assert_int_equal(engine_vn_by_number(world.engine, vn_number_of(2)), 3);
	assert_int_equal(engine_vn_by_number(world.engine, vn_number_of(9)), 0);
	assert_int_equal(engine_vn_next(world.engine, world.pool, -1, 2), 3);
	assert_int_equal(engine_vn_next(world.engine, world.pool, VN_COOLING, 0), 0);
	world_done(&world);
}

static void a_disabled_vn_serves_to_the_end_and_is_not_lent_again(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;

	vn_set(&world, 1, 1, -1);
	assert_int_equal(state_of(&world, 1), VN_DISABLED);
	assert_all_reach(&world, slot);
	assert_int_equal(world_open_pair(&world, "A-2", 8, 9, &other), ERR_POOL_EXHAUSTED);
	vn_set(&world, 1, 0, -1);
	assert_int_equal(state_of(&world, 1), VN_LENT);
	assert_int_equal(world_open_pair(&world, "A-2", 8, 9, &other), ERR_OK);
	world_restart(&world);
	assert_int_equal(world_stock(&world).lent, 2);
	world_done(&world);
}

static void a_reserved_vn_is_lent_only_to_who_names_it(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint32_t slot;

	vn_set(&world, 2, -1, 1);
	assert_int_equal(state_of(&world, 2), VN_RESERVED);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_POOL_EXHAUSTED);
	parties[1].vn = vn_number_of(1);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_int_equal(world_row(&world, slot)->parties[1].vn_id, 2);
	assert_all_reach(&world, slot);
	assert_int_equal(world_stock(&world).reserved, 1);
	world_done(&world);
}

static void mode_and_numbers_stay_while_sessions_are_open(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	policy.numbers = POOL_ONE;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_BAD_REQUEST);
	world_end(&world);
	world_close(&world, slot, 0);
	policy.mode = POOL_EXCLUSIVE;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	engine_rollback(world.engine);
	world_audit(&world);
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	slot = world_must_open(&world, "A-2", 8, 9);
	assert_int_equal(world_stock(&world).lent, 1);
	assert_all_reach(&world, slot);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_are_found_by_name_or_when_there_is_one),
		cmocka_unit_test(a_vn_is_added_once),
		cmocka_unit_test(a_disabled_vn_serves_to_the_end_and_is_not_lent_again),
		cmocka_unit_test(a_reserved_vn_is_lent_only_to_who_names_it),
		cmocka_unit_test(mode_and_numbers_stay_while_sessions_are_open),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
