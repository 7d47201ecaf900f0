/* Batches: rollback, undo, limits; after a refusal everything is as before. */
#include "engine_fixture.h"

static void a_rollback_leaves_everything_as_it_was(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	world_init(&world, &policy, 12);
	uint32_t a = world_must_open(&world, "A-1", CUSTOMER, COURIER),
		 b = world_must_open(&world, "A-2", 10, 11), slot;
	const struct session_row *before[] = {world_row(&world, a), world_row(&world, b)};
	struct pool_stock stock = world_stock(&world);
	struct engine_counts counts = engine_counts(world.engine);
	struct party newcomer = party_of("courier", COURIER_2), third = party_of("shop", 20);
	struct party pair[] = {party_of("customer", 30), party_of("courier", 31)};
	struct session_open open = {
		.pool = world.pool, .ref = str_of("A-3"), .parties = pair, .parties_n = 2};
	struct pool_policy other = policy;
	uint64_t ended;
	uint32_t vn, n;
	bool new;

	other.geo = POOL_GEO_COUNTRY;
	for (int round = 0; round < 3; round++) {
		world_begin(&world);
		assert_int_equal(engine_session_open(world.engine, &open, &slot, &new, &ended), ERR_OK);
		assert_int_equal(engine_party_put(world.engine, a, &newcomer), ERR_OK);
		assert_int_equal(engine_party_put(world.engine, slot, &third), ERR_OK);
		assert_int_equal(engine_session_close(world.engine, b, 0), ERR_OK);
		assert_int_equal(engine_session_find(world.engine, before[1]->id), ENGINE_NONE);
		assert_int_equal(
			engine_vn_set(world.engine, world.tenant, vn_number_of(11), 1, 1, &vn), ERR_OK);
		assert_int_equal(
			engine_vn_add(world.engine, world.pool,
				&(struct vn_add){.number = vn_number_of(77), .account = world.account}),
			ERR_OK);
		assert_int_equal(engine_pool_set(world.engine, world.pool, &other), ERR_OK);
		assert_int_equal(engine_pool_create(
					 world.engine, world.tenant, str_of("new"), &policy, &(uint16_t){0}),
			ERR_OK);
		assert_int_equal(engine_erase(world.engine, number_of(CUSTOMER), &n), ERR_OK);
		engine_rollback(world.engine);
		world_audit(&world);
		assert_rows_equal(world_row(&world, a), before[0]);
		assert_rows_equal(world_row(&world, b), before[1]);
		assert_all_reach(&world, a);
		assert_all_reach(&world, b);
		struct engine_counts again = engine_counts(world.engine);
		assert_memory_equal(&counts, &again, sizeof counts);
		assert_memory_equal(&stock, &(struct pool_stock[]){world_stock(&world)}, sizeof stock);
		assert_int_equal(engine_vn_by_number(world.engine, vn_number_of(77)), 0);
	}
	world_begin(&world);
	assert_int_equal(engine_session_open(world.engine, &open, &slot, &new, &ended), ERR_OK);
	world_end(&world);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void nothing_is_published_before_the_commit(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party pair[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint64_t ended;
	uint32_t slot;
	bool new;
	world_init(&world, &policy, 4);

	world_begin(&world);
	assert_int_equal(
		engine_session_open(world.engine,
			&(struct session_open){
				.pool = world.pool, .ref = str_of("A-1"), .parties = pair, .parties_n = 2},
			&slot, &new, &ended),
		ERR_OK);
	struct number vn = vn_to_dial(world_row(&world, slot), "customer", "courier");
	assert_refused(&world, number_of(CUSTOMER), vn);
	world_end(&world);
	assert_all_reach(&world, slot);
	/* And until the commit that ends it, it connects. */
	world_begin(&world);
	assert_int_equal(engine_session_close(world.engine, slot, 0), ERR_OK);
	assert_int_equal(world_call(&world, number_of(CUSTOMER), vn).action, ACTION_CONNECT);
	world_end(&world);
	assert_refused(&world, number_of(CUSTOMER), vn);
	world_done(&world);
}

static void a_pair_may_pass_from_one_session_to_another_within_a_batch(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party pair[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint64_t ended;
	uint32_t next;
	bool new;
	policy.cooldown_s = 0;
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct number vn = party_in(world_row(&world, slot), "courier")->vn;

	world_close(&world, slot, 10);
	world.now_ms += 12000;
	world_begin(&world);
	while (engine_tick(world.engine, 10))
		;
	pair[1].vn = vn;
	assert_int_equal(
		engine_session_open(world.engine,
			&(struct session_open){
				.pool = world.pool, .ref = str_of("A-2"), .parties = pair, .parties_n = 2},
			&next, &new, &ended),
		ERR_OK);
	world_end(&world);
	assert_all_reach(&world, next);
	world_done(&world);
}

static void an_undone_change_leaves_the_rest_of_the_batch(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party newcomer = party_of("courier", COURIER_2);
	size_t before_n, after_n;
	world_init(&world, &policy, 4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_begin(&world);
	assert_int_equal(engine_party_put(world.engine, slot, &newcomer), ERR_OK);
	engine_records(world.engine, &before_n);
	uint32_t mark = engine_mark(world.engine);
	assert_int_equal(engine_session_close(world.engine, slot, 0), ERR_OK);
	engine_undo(world.engine, mark);
	engine_records(world.engine, &after_n);
	assert_int_equal(before_n, after_n);
	world_end(&world);
	assert_int_equal(
		party_in(world_row(&world, slot), "courier")->numbers[0].e164, number_of(COURIER_2).e164);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static struct limits limits_of(void)
{
	return WORLD_LIMITS;
}

static void assert_full(struct limits limits)
{
	struct world world;
	struct pool_policy policy = policy_for_tests();
	char ref[16];
	uint32_t slot;
	int n = 0;
	enum err err = ERR_OK;

	world_init_limits(&world, &policy, 30, limits);
	while (!err && n < 100) {
		snprintf(ref, sizeof ref, "A-%d", n++);
		err = world_open_pair(&world, ref, 100 + n, 300 + n, &slot);
	}
	assert_int_equal(err, ERR_LIMIT_REACHED);
	struct engine_counts counts = engine_counts(world.engine);
	assert_int_equal(counts.sessions, n - 1);
	assert_int_equal(world_open_pair(&world, ref, 500, 501, &slot), ERR_LIMIT_REACHED);
	struct engine_counts again = engine_counts(world.engine);
	assert_memory_equal(&counts, &again, sizeof counts);
	/* Ending is never refused for want of room; what ended makes room. */
	for (int i = 0; i < n - 1; i++) {
		snprintf(ref, sizeof ref, "A-%d", i);
		world_close(&world, engine_session_by_ref(world.engine, world.pool, str_of(ref)), 0);
	}
	world_wait(&world, 40 * 86400);
	assert_int_equal(world_open_pair(&world, "B", 500, 501, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void every_table_has_a_limit_and_an_error_at_it(void **state)
{
	(void)state;
	struct limits limits = limits_of();

	limits.sessions = 5;
	assert_full(limits);
	limits = limits_of();
	limits.routes = 11;
	assert_full(limits);
	limits = limits_of();
	limits.pairs = 22;
	assert_full(limits);
	limits = limits_of();
	limits.tombstones = 5;
	assert_full(limits);
}

static void roles_and_names_have_limits(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct limits limits = limits_of();
	uint32_t slot;
	uint16_t index;
	limits.roles = 3;
	limits.pools = 1;
	limits.tenants = 1;
	limits.accounts = 1;
	limits.numbers = 6;
	world_init_limits(&world, &policy, 6, limits);

	slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(world_put(&world, slot, "shop", 20), ERR_OK);
	const struct session_row *before = world_row(&world, slot);
	assert_int_equal(world_put(&world, slot, "desk", 21), ERR_TOO_MANY_ROLES);
	assert_rows_equal(world_row(&world, slot), before);
	assert_int_equal(engine_tenant(world.engine, str_of("two"), &index), ERR_LIMIT_REACHED);
	assert_int_equal(engine_account(world.engine, str_of("x"), str_of("y"), &index), ERR_LIMIT_REACHED);
	world_begin(&world);
	assert_int_equal(engine_pool_create(world.engine, world.tenant, str_of("b"), &policy, &index),
		ERR_LIMIT_REACHED);
	assert_int_equal(engine_vn_add(world.engine, world.pool,
				 &(struct vn_add){.number = vn_number_of(50), .account = world.account}),
		ERR_LIMIT_REACHED);
	world_end(&world);
	world_done(&world);
}

static void a_full_batch_refuses_and_the_next_goes_on(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	int64_t time = 1;
	struct record record = {.kind = RECORD_TIME, .time_ms = time};
	struct party newcomer = party_of("courier", COURIER_2);
	world_init(&world, &policy, 4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_begin(&world);
	while (engine_note(world.engine, &record) == ERR_OK)
		;
	assert_int_equal(engine_party_put(world.engine, slot, &newcomer), ERR_LIMIT_REACHED);
	assert_int_equal(engine_session_close(world.engine, slot, 0), ERR_LIMIT_REACHED);
	world_end(&world);
	assert_all_reach(&world, slot);
	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	world_done(&world);
}

static void a_session_has_room_for_so_many_past_pairs(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	enum err err = ERR_OK;
	int n = 0;
	world_init(&world, &policy, 6);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	while (!err && n < 500)
		err = world_put(&world, slot, "courier", 1000 + n++);
	assert_int_equal(err, ERR_SESSION_FULL);
	assert_int_equal(world_row(&world, slot)->past_n, SESSION_PAST_MAX);
	assert_all_reach(&world, slot);
	world_wait(&world, 601);
	assert_int_equal(world_put(&world, slot, "courier", 5000), ERR_OK);
	assert_int_equal(world_row(&world, slot)->past_n, 1);
	world_done(&world);
}

static void the_same_seed_and_calls_give_the_same_vns(void **state)
{
	(void)state;
	struct world a, b;
	struct pool_policy policy = policy_for_tests();
	char ref[8];
	world_init(&a, &policy, 30);
	world_init(&b, &policy, 30);

	for (int i = 0; i < 50; i++) {
		snprintf(ref, sizeof ref, "A-%d", i);
		uint32_t x = world_must_open(&a, ref, i % 7, 50 + i),
			 y = world_must_open(&b, ref, i % 7, 50 + i);
		assert_rows_equal(world_row(&a, x), world_row(&b, y));
	}
	world_done(&a);
	world_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rollback_leaves_everything_as_it_was),
		cmocka_unit_test(nothing_is_published_before_the_commit),
		cmocka_unit_test(a_pair_may_pass_from_one_session_to_another_within_a_batch),
		cmocka_unit_test(an_undone_change_leaves_the_rest_of_the_batch),
		cmocka_unit_test(every_table_has_a_limit_and_an_error_at_it),
		cmocka_unit_test(roles_and_names_have_limits),
		cmocka_unit_test(a_full_batch_refuses_and_the_next_goes_on),
		cmocka_unit_test(a_session_has_room_for_so_many_past_pairs),
		cmocka_unit_test(the_same_seed_and_calls_give_the_same_vns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
