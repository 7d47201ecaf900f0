/* Parties come, go and are replaced. */
#include "engine_fixture.h"

static struct world party_world(int vns)
{
	struct world world;
	struct pool_policy policy = policy_for_tests();

	world_init(&world, &policy, vns);
	return world;
}

static void a_newcomer_takes_the_vn_of_its_role(void **state)
{
	(void)state;
	struct world world = party_world(10);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	const struct session_row *before = world_row(&world, slot);

	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	const struct session_row *row = world_row(&world, slot);
	assert_int_equal(party_in(row, "courier")->vn.e164, party_in(before, "courier")->vn.e164);
	assert_int_equal(party_in(row, "customer")->vn.e164, party_in(before, "customer")->vn.e164);
	assert_all_reach(&world, slot);
	assert_refused(&world, number_of(COURIER), party_in(row, "customer")->vn);
	assert_int_equal(row->past_n, 1);
	world_done(&world);
}

static void a_courier_may_come_back_to_its_own_order(void **state)
{
	(void)state;
	struct world world = party_world(2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct number vn = party_in(world_row(&world, slot), "courier")->vn;

	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	assert_int_equal(world_put(&world, slot, "courier", COURIER), ERR_OK);
	assert_int_equal(party_in(world_row(&world, slot), "courier")->vn.e164, vn.e164);
	assert_int_equal(world_row(&world, slot)->past_n, 1); /* the second courier's */
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void what_a_replaced_courier_left_cools_for_others(void **state)
{
	(void)state;
	struct world world = party_world(2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;

	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	assert_int_equal(
		world_open_pair(&world, "A-2", COURIER, 9, &other), ERR_OK); /* the VN it did not dial */
	world_close(&world, other, 0);
	assert_int_equal(world_open_pair(&world, "A-3", COURIER, 10, &other), ERR_POOL_EXHAUSTED);
	world_wait(&world, 599);
	world_restart(&world);
	slot = engine_session_by_ref(world.engine, world.pool, str_of("A-1"));
	assert_int_equal(world_open_pair(&world, "A-3", COURIER, 10, &other), ERR_POOL_EXHAUSTED);
	world_wait(&world, 2);
	assert_int_equal(world_open_pair(&world, "A-3", COURIER, 10, &other), ERR_OK);
	assert_all_reach(&world, other);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void a_past_pair_that_has_cooled_is_not_ones_own_any_more(void **state)
{
	(void)state;
	struct world world = party_world(2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;
	const struct session_row *row = world_row(&world, slot);
	struct party parties[] = {party_of("a", COURIER), party_of("b", 9)};

	parties[1].vn = party_in(row, "customer")->vn;
	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	world_wait(&world, 601);
	assert_int_equal(world_open(&world, "A-2", parties, 2, &other), ERR_OK);
	/* The courier dials that VN in another order now: it can't come back here, where there is no other
	 * VN. */
	assert_int_equal(world_put(&world, slot, "courier", COURIER), ERR_POOL_EXHAUSTED);
	assert_all_reach(&world, slot);
	assert_all_reach(&world, other);
	world_done(&world);
}

static void of_two_the_other_gets_a_new_vn_where_the_newcomers_pair_is_taken(void **state)
{
	(void)state;
	struct world world = party_world(6);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	const struct session_row *before = world_row(&world, slot);
	struct party busy[] = {party_of("a", COURIER_2), party_of("b", 9)};
	uint32_t other;

	busy[1].vn = party_in(before, "customer")->vn;
	assert_int_equal(world_open(&world, "A-2", busy, 2, &other), ERR_OK);
	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	const struct session_row *row = world_row(&world, slot);
	assert_int_equal(row->views_n, 0);
	assert_int_equal(party_in(row, "courier")->vn.e164, party_in(before, "courier")->vn.e164);
	assert_int_not_equal(party_in(row, "customer")->vn.e164, party_in(before, "customer")->vn.e164);
	assert_all_reach(&world, slot);
	assert_all_reach(&world, other);
	world_done(&world);
}

static void of_three_only_the_newcomer_sees_another_vn(void **state)
{
	(void)state;
	struct world world = party_world(8);
	struct party three[] = {
		party_of("customer", CUSTOMER), party_of("courier", COURIER), party_of("shop", 20)};
	struct party busy[] = {party_of("a", COURIER_2), party_of("b", 9)};
	uint32_t slot, other;

	assert_int_equal(world_open(&world, "A-1", three, 3, &slot), ERR_OK);
	const struct session_row *before = world_row(&world, slot);
	busy[1].vn = party_in(before, "customer")->vn;
	assert_int_equal(world_open(&world, "A-2", busy, 2, &other), ERR_OK);
	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	const struct session_row *row = world_row(&world, slot);
	assert_int_equal(row->views_n, 1);
	assert_int_equal(
		vn_to_dial(row, "shop", "customer").e164, vn_to_dial(before, "shop", "customer").e164);
	assert_int_not_equal(
		vn_to_dial(row, "courier", "customer").e164, vn_to_dial(before, "courier", "customer").e164);
	assert_all_reach(&world, slot);
	world_restart(&world);
	slot = engine_session_by_ref(world.engine, world.pool, str_of("A-1"));
	assert_rows_equal(world_row(&world, slot), row);
	assert_all_reach(&world, slot);
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	assert_int_equal(world_row(&world, slot)->views_n, 0);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void a_replacement_that_finds_nothing_changes_nothing(void **state)
{
	(void)state;
	struct world world = party_world(2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint32_t other = world_must_open(&world, "A-2", COURIER_2, 9);
	const struct session_row *before = world_row(&world, slot);

	/* COURIER_2 dials one VN in A-2; if that is the customer's here there is none left. */
	enum err err = world_put(&world, slot, "courier", COURIER_2);
	if (err)
		assert_rows_equal(world_row(&world, slot), before);
	assert_true(err == ERR_OK || err == ERR_POOL_EXHAUSTED);
	assert_all_reach(&world, slot);
	assert_all_reach(&world, other);
	assert_int_equal(world_put(&world, slot, "shop", 30), ERR_POOL_EXHAUSTED);
	assert_int_equal(world_put(&world, slot, "shop", CUSTOMER), ERR_SAME_NUMBER_TWICE);
	assert_int_equal(world_drop(&world, slot, "nobody"), ERR_NOT_FOUND);
	world_done(&world);
}

static void a_session_left_by_all_but_one_waits_and_comes_back(void **state)
{
	(void)state;
	struct world world = party_world(4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	assert_int_equal(world_drop(&world, slot, "courier"), ERR_OK);
	assert_int_equal(world_row(&world, slot)->state, SESSION_WAITING);
	assert_int_equal(world_row(&world, slot)->past_n, 2);
	assert_int_equal(world_stock(&world).free, 4);
	assert_int_equal(world_put(&world, slot, "courier", COURIER), ERR_OK);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void every_party_of_a_pin_pool_has_a_pin_that_says_who_calls(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.unknown_caller = POOL_UNKNOWN_PIN;
	world_init(&world, &policy, 6);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	const struct session_row *row = world_row(&world, slot);
	char digits[9];

	assert_int_equal(row->parties[0].pin_digits, 8);
	assert_int_not_equal(row->parties[0].pin, row->parties[1].pin);
	snprintf(digits, sizeof digits, "%08u", row->parties[0].pin);
	struct question question = {.withheld = true,
		.called = row->parties[1].vn,
		.account = DECIDE_ANY_ACCOUNT,
		.tenant = DECIDE_ANY_TENANT,
		.digits = str_of(digits),
		.now_ms = world.now_ms};
	struct decision decision;
	decide(engine_board(world.engine), &question, &decision);
	assert_int_equal(decision.action, ACTION_CONNECT);
	assert_int_equal(decision.callee.e164, number_of(COURIER).e164);
	assert_int_equal(decision.show.e164, row->parties[0].vn.e164);
	uint32_t kept = row->parties[0].pin;
	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	assert_int_equal(world_row(&world, slot)->parties[0].pin, kept);
	world_done(&world);
}

static void pins_that_would_be_drawn_twice_are_passed_over(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.unknown_caller = POOL_UNKNOWN_PIN;
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint32_t pin = world_row(&world, slot)->parties[0].pin;

	world_restart(&world); /* with the same seed: the same PINs come out of it again */
	uint32_t other = world_must_open(&world, "A-2", 10, 11);
	assert_int_not_equal(world_row(&world, other)->parties[0].pin, pin);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newcomer_takes_the_vn_of_its_role),
		cmocka_unit_test(a_courier_may_come_back_to_its_own_order),
		cmocka_unit_test(what_a_replaced_courier_left_cools_for_others),
		cmocka_unit_test(a_past_pair_that_has_cooled_is_not_ones_own_any_more),
		cmocka_unit_test(of_two_the_other_gets_a_new_vn_where_the_newcomers_pair_is_taken),
		cmocka_unit_test(of_three_only_the_newcomer_sees_another_vn),
		cmocka_unit_test(a_replacement_that_finds_nothing_changes_nothing),
		cmocka_unit_test(a_session_left_by_all_but_one_waits_and_comes_back),
		cmocka_unit_test(every_party_of_a_pin_pool_has_a_pin_that_says_who_calls),
		cmocka_unit_test(pins_that_would_be_drawn_twice_are_passed_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
