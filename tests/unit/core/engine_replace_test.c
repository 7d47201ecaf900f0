/* Live sessions move off a VN that is out. */
#include "engine_fixture.h"

#define ORDERS 30

static struct world world;
static uint32_t slots[ORDERS];

static void open_orders(const struct pool_policy *policy, int vns, int orders)
{
	char ref[16];

	world_init(&world, policy, vns);
	for (int i = 0; i < orders; i++) {
		snprintf(ref, sizeof ref, "A-%d", i);
		slots[i] = world_must_open(&world, ref, 100 + i, 200 + i);
	}
}

static void make_world(int vns, int orders)
{
	struct pool_policy policy = policy_for_tests();

	open_orders(&policy, vns, orders);
}

static uint32_t id_of(struct number vn)
{
	return engine_vn_by_number(world.engine, vn);
}

static struct number vn_of(int order, const char *role)
{
	return party_in(world_row(&world, slots[order]), role)->vn;
}

static uint32_t users(uint32_t vn)
{
	struct vn_view view;

	assert_int_equal(engine_vn(world.engine, vn, &view), ERR_OK);
	return view.sessions;
}

static void take_out(uint32_t vn)
{
	world_begin(&world);
	assert_int_equal(engine_vn_out(world.engine, vn, VN_OUT_SICK), ERR_OK);
	world_end(&world);
}

/* Batches of `max` until it is through; how many it took. */
static int replace_all(struct vn_replace *replace, uint32_t max)
{
	int batches = 0;
	bool more = true;

	while (more) {
		world_begin(&world);
		more = engine_replace(world.engine, replace, max);
		world_end(&world);
		assert_true(++batches < 1000);
	}
	return batches;
}

static void whoever_was_known_by_it_is_known_by_another(void **state)
{
	(void)state;
	make_world(10, 1);
	struct number sick = vn_of(0, "courier"), customers = vn_of(0, "customer");
	struct vn_replace replace = {.vn = id_of(sick)};

	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved, 1);
	assert_int_equal(replace.kept, 0);
	assert_true(vn_of(0, "courier").e164 != sick.e164);
	assert_int_equal(vn_of(0, "customer").e164, customers.e164);
	assert_all_reach(&world, slots[0]);
	assert_refused(&world, number_of(100), sick);
	assert_int_equal(users(replace.vn), 0);
	world_done(&world);
}

static void the_old_pair_cools(void **state)
{
	(void)state;
	make_world(3, 1);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};

	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(world_row(&world, slots[0])->past_n, 1);
	struct person customer = person_of(number_of(100));
	assert_true(engine_cools(world.engine, person_short(&customer), replace.vn));
	world_wait(&world, 601);
	assert_false(engine_cools(world.engine, person_short(&customer), replace.vn));
	assert_all_reach(&world, slots[0]);
	world_done(&world);
}

static void sessions_that_do_not_use_it_are_left_alone(void **state)
{
	struct session_row *before[ORDERS];

	(void)state;
	make_world(6, ORDERS);
	for (int i = 0; i < ORDERS; i++)
		before[i] = world_row(&world, slots[i]);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};
	uint32_t used = users(replace.vn), touched = 0;
	struct number sick = vn_of(0, "courier");
	take_out(replace.vn);
	replace_all(&replace, 64);
	for (int i = 0; i < ORDERS; i++) {
		const struct session_row *after = world_row(&world, slots[i]);
		bool uses = false;
		for (int p = 0; p < 2; p++)
			uses |= before[i]->parties[p].vn.e164 == sick.e164;
		touched += uses;
		if (!uses)
			assert_rows_equal(before[i], after);
		assert_all_reach(&world, slots[i]);
	}
	assert_true(used > 1);
	assert_int_equal(touched, used);
	assert_int_equal(replace.moved, used);
	assert_int_equal(users(replace.vn), 0);
	world_done(&world);
}

static void a_session_for_which_nothing_is_free_keeps_it(void **state)
{
	(void)state;
	make_world(2, 1);
	struct session_row *before = world_row(&world, slots[0]);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};

	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved, 0);
	assert_int_equal(replace.kept, 1);
	assert_rows_equal(before, world_row(&world, slots[0]));
	assert_all_reach(&world, slots[0]);
	assert_int_equal(world.kept.pools[0].level, POOL_LEVEL_OK); /* no order was refused */
	world_done(&world);
}

static void it_goes_on_where_the_last_batch_ended(void **state)
{
	(void)state;
	make_world(6, ORDERS);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};
	uint32_t used = users(replace.vn);

	take_out(replace.vn);
	assert_true(replace_all(&replace, 1) >= (int)used);
	assert_int_equal(replace.moved, used);
	for (int i = 0; i < ORDERS; i++)
		assert_all_reach(&world, slots[i]);
	world_done(&world);
}

/* Some are moved and stored, some moved and never stored: then the program dies. */
static void a_crash_in_the_middle_leaves_every_session_whole(void **state)
{
	(void)state;
	make_world(6, ORDERS);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};
	uint32_t used = users(replace.vn);

	take_out(replace.vn);
	world_begin(&world);
	assert_true(engine_replace(world.engine, &replace, 2));
	world_end(&world);
	world_begin(&world);
	assert_true(engine_replace(world.engine, &replace, 2));
	engine_rollback(world.engine); /* its like on disk: nothing of that batch */
	world_restart(&world);
	assert_int_equal(users(replace.vn), used - 2);
	for (int i = 0; i < ORDERS; i++) {
		char ref[16];
		snprintf(ref, sizeof ref, "A-%d", i);
		slots[i] = engine_session_by_ref(world.engine, world.pool, str_of(ref));
		assert_all_reach(&world, slots[i]);
	}
	struct vn_replace again = {.vn = replace.vn};
	replace_all(&again, 64);
	assert_int_equal(again.moved, used - 2);
	assert_int_equal(users(again.vn), 0);
	world_done(&world);
}

static void a_session_in_its_grace_keeps_it(void **state)
{
	(void)state;
	make_world(10, 1);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};

	world_close(&world, slots[0], 60);
	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved + replace.kept, 0);
	assert_all_reach(&world, slots[0]);
	world_done(&world);
}

static void a_vn_that_is_let_in_meanwhile_is_left_to_them(void **state)
{
	(void)state;
	make_world(6, ORDERS);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};

	take_out(replace.vn);
	world_begin(&world);
	assert_true(engine_replace(world.engine, &replace, 1));
	assert_int_equal(engine_vn_out(world.engine, replace.vn, VN_OUT_NOT), ERR_OK);
	assert_false(engine_replace(world.engine, &replace, 64));
	world_end(&world);
	assert_int_equal(replace.moved, 1);
	world_done(&world);
}

static void what_stands_for_both_is_one_for_both_again(void **state)
{
	struct pool_policy policy = policy_for_tests();

	(void)state;
	policy.numbers = POOL_ONE;
	open_orders(&policy, 4, 1);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};
	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved, 1);
	assert_int_equal(vn_of(0, "courier").e164, vn_of(0, "customer").e164);
	assert_true(id_of(vn_of(0, "courier")) != replace.vn);
	assert_all_reach(&world, slots[0]);
	world_done(&world);
}

static void of_an_exclusive_pool_a_free_one_takes_over_and_the_old_one_rests(void **state)
{
	struct pool_policy policy = policy_for_tests();
	struct pool_stock stock;
	struct pool_sessions sessions;

	(void)state;
	policy.mode = POOL_EXCLUSIVE;
	open_orders(&policy, 4, 1);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};
	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved, 1);
	assert_all_reach(&world, slots[0]);
	engine_pool_count(world.engine, world.pool, &stock, &sessions);
	assert_int_equal(stock.disabled, 1);
	assert_int_equal(stock.lent, 2);
	assert_int_equal(stock.free, 1);
	world_done(&world);
}

/* A newcomer who knows another by a VN of his own (a view) gets another view; everybody else goes on as before. */
static void what_only_one_sees_is_replaced_for_that_one(void **state)
{
	struct party parties[] = {party_of("customer", 1), party_of("courier", 2), party_of("shop", 3)};

	(void)state;
	make_world(12, 0);
	assert_int_equal(world_open(&world, "A-1", parties, 3, &slots[0]), ERR_OK);
	/* Courier 5 has a session in which he dials the customer's VN: as a newcomer he gets another one. */
	struct party others[] = {party_of("a", 5), party_of("b", 6)};
	others[1].vn = vn_of(0, "customer");
	assert_int_equal(world_open(&world, "A-2", others, 2, &slots[1]), ERR_OK);
	assert_int_equal(world_put(&world, slots[0], "courier", 5), ERR_OK);
	const struct session_row *row = world_row(&world, slots[0]);
	assert_int_equal(row->views_n, 1);
	struct number customers = vn_of(0, "customer");
	struct vn_replace replace = {.vn = row->views[0].vn_id};
	take_out(replace.vn);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved, 1);
	row = world_row(&world, slots[0]);
	assert_int_equal(row->views_n, 1);
	assert_true(row->views[0].vn_id != replace.vn);
	assert_int_equal(vn_of(0, "customer").e164, customers.e164);
	assert_all_reach(&world, slots[0]);
	assert_all_reach(&world, slots[1]);
	world_done(&world);
}

static void with_pins_every_pin_still_leads_to_its_party(void **state)
{
	struct pool_policy policy = policy_for_tests();
	char digits[9];

	(void)state;
	policy.unknown_caller = POOL_UNKNOWN_PIN;
	open_orders(&policy, 5, 3);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))};
	take_out(replace.vn);
	replace_all(&replace, 64);
	const struct session_row *row = world_row(&world, slots[0]);
	snprintf(digits, sizeof digits, "%08u", party_in(row, "customer")->pin);
	struct question question = {.caller = number_of(5000), .called = party_in(row, "courier")->vn, .account = DECIDE_ANY_ACCOUNT,
		.tenant = DECIDE_ANY_TENANT, .digits = str_of(digits), .now_ms = world.now_ms};
	struct decision decision = {0};
	decide(engine_board(world.engine), &question, &decision);
	assert_int_equal(decision.action, ACTION_CONNECT);
	assert_int_equal(decision.callee.e164, number_of(200).e164);
	world_done(&world);
}

static void a_full_batch_waits_for_the_next_and_a_full_world_not_for_ever(void **state)
{
	struct audit_row row = {.at_ms = START_MS, .tenant = STR("main"), .key = STR("cli"), .action = STR("x"), .target = STR("x"),
		.detail = STR("x")};

	(void)state;
	make_world(6, 1);
	struct vn_replace replace = {.vn = id_of(vn_of(0, "courier"))}, gives_up = replace;
	take_out(replace.vn);
	world_begin(&world);
	while (engine_note(world.engine, &(struct record){.kind = RECORD_AUDIT, .audit = &row}) == ERR_OK)
		;
	assert_true(engine_replace(world.engine, &replace, 64));
	assert_int_equal(replace.moved + replace.kept, 0);
	for (int i = 0; i < 2; i++)
		assert_true(engine_replace(world.engine, &gives_up, 64));
	assert_false(engine_replace(world.engine, &gives_up, 64));
	assert_int_equal(gives_up.kept, 1);
	engine_rollback(world.engine);
	world_audit(&world);
	replace_all(&replace, 64);
	assert_int_equal(replace.moved, 1);
	assert_all_reach(&world, slots[0]);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_was_known_by_it_is_known_by_another),
		cmocka_unit_test(the_old_pair_cools),
		cmocka_unit_test(sessions_that_do_not_use_it_are_left_alone),
		cmocka_unit_test(a_session_for_which_nothing_is_free_keeps_it),
		cmocka_unit_test(it_goes_on_where_the_last_batch_ended),
		cmocka_unit_test(a_crash_in_the_middle_leaves_every_session_whole),
		cmocka_unit_test(a_session_in_its_grace_keeps_it),
		cmocka_unit_test(a_vn_that_is_let_in_meanwhile_is_left_to_them),
		cmocka_unit_test(what_stands_for_both_is_one_for_both_again),
		cmocka_unit_test(of_an_exclusive_pool_a_free_one_takes_over_and_the_old_one_rests),
		cmocka_unit_test(what_only_one_sees_is_replaced_for_that_one),
		cmocka_unit_test(with_pins_every_pin_still_leads_to_its_party),
		cmocka_unit_test(a_full_batch_waits_for_the_next_and_a_full_world_not_for_ever),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
