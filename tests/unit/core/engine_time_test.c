/* Time: expiry in order, while down, cool-downs rounded up, time that stands still or goes back. */
#include "engine_fixture.h"

static void expiry_is_a_close_with_grace(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_wait(&world, 3599.999);
	assert_int_equal(world_row(&world, slot)->state, SESSION_LIVE);
	world_wait(&world, 0.001);
	assert_int_equal(world_row(&world, slot)->state, SESSION_CLOSING);
	assert_true(world_row(&world, slot)->expired);
	assert_all_reach(&world, slot);
	world_wait(&world, 60);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	assert_int_equal(engine_counts(world.engine).routes, 0);
	world_done(&world);
}

static void what_expired_while_down_ends_by_its_own_times(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint32_t expires = START_MS / 1000 + 3600;

	world.now_ms += (3600 + 60 + 300) * 1000;
	world_restart(&world);
	world_wait(&world, 0);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	assert_int_equal(world.kept.sessions[0]->row.closed_at, expires);
	assert_int_equal(world.kept.sessions[0]->row.grace_until, expires + 60);
	assert_int_equal(world.kept.sessions[0]->row.cool_until, expires + 60 + 600 + 1);
	assert_int_equal(engine_counts(world.engine).pairs, 2);
	world_done(&world);
}

static void routes_end_by_the_clock_even_if_nobody_ticks(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct number vn = vn_to_dial(world_row(&world, slot), "customer", "courier");

	world.now_ms += 3659999;
	assert_int_equal(world_call(&world, number_of(CUSTOMER), vn).action, ACTION_CONNECT);
	world.now_ms += 1;
	assert_refused(&world, number_of(CUSTOMER), vn);
	world_done(&world);
}

static void time_never_goes_back(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 4);

	world_wait(&world, 100);
	world.now_ms -= 50000;
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(world_row(&world, slot)->opened_at, START_MS / 1000 + 100);
	world_done(&world);
}

static void a_tick_does_no_more_than_it_may(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	char ref[8];
	world_init(&world, &policy, 40);

	for (int i = 0; i < 10; i++) {
		snprintf(ref, sizeof ref, "A-%d", i);
		world_must_open(&world, ref, 100 + i, 200 + i);
	}
	world.now_ms += 3600 * 1000;
	for (int i = 1; i <= 3; i++) {
		world_begin(&world);
		assert_true(engine_tick(world.engine, 3));
		world_end(&world);
		assert_int_equal(world_sessions(&world).closing, 3 * i);
	}
	world_begin(&world);
	assert_false(engine_tick(world.engine, 3));
	world_end(&world);
	assert_int_equal(world_sessions(&world).closing, 10);
	world_done(&world);
}

static void a_shorter_cool_down_does_not_shorten_what_cools_already(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;
	struct number vn = vn_to_dial(world_row(&world, slot), "courier", "customer");
	struct party parties[] = {party_of("a", COURIER), party_of("b", 9)};
	parties[1].vn = vn;

	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	policy.cooldown_s = 0;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	world_close(&world, slot, 0);
	world_wait(&world, 300);
	world_restart(&world);
	assert_int_equal(world_open(&world, "A-2", parties, 2, &other), ERR_NUMBER_IN_USE);
	world_wait(&world, 301);
	assert_int_equal(world_open(&world, "A-2", parties, 2, &other), ERR_OK);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expiry_is_a_close_with_grace),
		cmocka_unit_test(what_expired_while_down_ends_by_its_own_times),
		cmocka_unit_test(routes_end_by_the_clock_even_if_nobody_ticks),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(a_tick_does_no_more_than_it_may),
		cmocka_unit_test(a_shorter_cool_down_does_not_shorten_what_cools_already),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
