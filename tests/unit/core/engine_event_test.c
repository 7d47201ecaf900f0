/* Order events: versions, repeats, late ones, orders that wait. */
#include "engine_fixture.h"

struct order {
	struct world world;
	uint32_t slot;
	enum event_effect effect;
};

static void order_init(struct order *order, int vns)
{
	struct pool_policy policy = policy_for_tests();

	world_init(&order->world, &policy, vns);
	order->slot = ENGINE_NONE;
}

static enum err tell(
	struct order *order, enum event_type type, uint64_t version, const char *role, int person)
{
	struct party party = party_of(role ? role : "x", person);

	return world_event(
		&order->world, type, "A-1", version, &party, role ? 1 : 0, &order->effect, &order->slot);
}

static void an_order_lives_through_its_events(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, 6);

	assert_int_equal(tell(&order, EVENT_PLACED, 1, "customer", CUSTOMER), ERR_OK);
	assert_int_equal(world_row(&order.world, order.slot)->state, SESSION_WAITING);
	assert_int_equal(tell(&order, EVENT_ASSIGNED, 2, "courier", COURIER), ERR_OK);
	assert_all_reach(&order.world, order.slot);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 3, "courier", COURIER_2), ERR_OK);
	assert_all_reach(&order.world, order.slot);
	assert_int_equal(tell(&order, EVENT_COMPLETED, 4, NULL, 0), ERR_OK);
	assert_int_equal(order.effect, EVENT_APPLIED);
	assert_int_equal(world_row(&order.world, order.slot)->state, SESSION_CLOSING);
	world_done(&order.world);
}

static void whom_the_api_took_out_no_late_event_brings_back(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, 6);

	assert_int_equal(tell(&order, EVENT_PLACED, 1, "customer", CUSTOMER), ERR_OK);
	assert_int_equal(tell(&order, EVENT_ASSIGNED, 2, "courier", COURIER), ERR_OK);
	assert_int_equal(world_drop(&order.world, order.slot, "courier"), ERR_OK);
	assert_int_equal(tell(&order, EVENT_ASSIGNED, 2, "courier", COURIER), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_int_equal(world_row(&order.world, order.slot)->state, SESSION_WAITING);
	world_restart(&order.world);
	order.slot = engine_session_by_ref(order.world.engine, 0, STR("A-1"));
	assert_int_equal(tell(&order, EVENT_ASSIGNED, 2, "courier", COURIER), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 3, "courier", COURIER_2), ERR_OK);
	assert_int_equal(order.effect, EVENT_APPLIED);
	assert_all_reach(&order.world, order.slot);
	world_done(&order.world);
}

static void repeated_and_late_events_change_nothing(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, 6);

	assert_int_equal(tell(&order, EVENT_PLACED, 1, "customer", CUSTOMER), ERR_OK);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 3, "courier", COURIER_2), ERR_OK);
	const struct session_row *row = world_row(&order.world, order.slot);
	assert_int_equal(tell(&order, EVENT_ASSIGNED, 2, "courier", COURIER), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 3, "courier", COURIER_2), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 3, "courier", COURIER), ERR_TOO_OLD);
	assert_rows_equal(world_row(&order.world, order.slot), row);
	/* Only the version is news. */
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 5, "courier", COURIER_2), ERR_OK);
	assert_int_equal(order.effect, EVENT_APPLIED);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 4, "courier", COURIER), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_all_reach(&order.world, order.slot);
	world_done(&order.world);
}

static void an_event_without_version_or_with_a_role_twice_is_refused(void **state)
{
	(void)state;
	struct order order;
	struct party twice[] = {party_of("courier", 1), party_of("courier", 2)};
	order_init(&order, 6);

	assert_int_equal(tell(&order, EVENT_PLACED, 0, "customer", CUSTOMER), ERR_BAD_REQUEST);
	assert_int_equal(
		world_event(&order.world, EVENT_PLACED, "A-1", 1, twice, 2, &order.effect, &order.slot),
		ERR_BAD_REQUEST);
	assert_int_equal(engine_counts(order.world.engine).sessions, 0);
	world_done(&order.world);
}

static void an_event_of_more_parties_than_there_can_be_is_refused(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[SESSION_PARTIES_MAX + 1];
	enum event_effect effect;
	uint32_t slot;
	char role[8];
	world_init(&world, &policy, 20);

	for (int i = 0; i <= SESSION_PARTIES_MAX; i++) {
		snprintf(role, sizeof role, "r%d", i);
		parties[i] = party_of(role, 10 + i);
	}
	assert_int_equal(world_event(&world, EVENT_PLACED, "A-1", 1, parties, SESSION_PARTIES_MAX + 1, &effect, &slot),
		ERR_TOO_MANY_PARTIES);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	assert_int_equal(world_event(&world, EVENT_PLACED, "A-1", 1, parties, SESSION_PARTIES_MAX, &effect, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	world_done(&world);
}

/* Its tombstone is what keeps a late order.placed from opening it: without room for it the event comes again. */
static void an_unknown_orders_end_is_kept_or_refused(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct limits limits = WORLD_LIMITS;
	struct party customer = party_of("customer", CUSTOMER);
	enum event_effect effect;
	uint32_t slot;
	limits.tombstones = 2;
	world_init_limits(&world, &policy, 4, limits);

	assert_int_equal(world_event(&world, EVENT_PLACED, "A-1", 1, &customer, 1, &effect, &slot), ERR_OK);
	assert_int_equal(world_event(&world, EVENT_CANCELLED, "A-2", 1, NULL, 0, &effect, &slot), ERR_OK);
	assert_int_equal(world_event(&world, EVENT_CANCELLED, "A-3", 1, NULL, 0, &effect, &slot), ERR_LIMIT_REACHED);
	assert_int_equal(engine_counts(world.engine).tombstones, 1); /* the other is owed to the order that is open */
	assert_int_equal(world_event(&world, EVENT_COMPLETED, "A-1", 2, NULL, 0, &effect, &slot), ERR_OK);
	assert_int_equal(engine_counts(world.engine).tombstones, 2);
	world_wait(&world, 30 * 86400);
	assert_int_equal(world_event(&world, EVENT_CANCELLED, "A-3", 1, NULL, 0, &effect, &slot), ERR_OK);
	assert_int_equal(effect, EVENT_APPLIED);
	assert_int_equal(world_event(&world, EVENT_PLACED, "A-3", 2, &customer, 1, &effect, &slot), ERR_OK);
	assert_int_equal(effect, EVENT_REPEATED);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	world_done(&world);
}

static void closing_comes_first_and_sticks(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, 6);

	assert_int_equal(tell(&order, EVENT_COMPLETED, 4, NULL, 0), ERR_OK);
	assert_int_equal(order.effect, EVENT_APPLIED);
	assert_int_equal(order.slot, ENGINE_NONE);
	world_restart(&order.world);
	assert_int_equal(tell(&order, EVENT_PLACED, 9, "customer", CUSTOMER), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_int_equal(tell(&order, EVENT_CANCELLED, 10, NULL, 0), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	assert_int_equal(engine_counts(order.world.engine).sessions, 0);
	assert_int_equal(engine_counts(order.world.engine).tombstones, 1);
	world_done(&order.world);
}

static void two_parties_may_swap_their_numbers_in_one_event(void **state)
{
	(void)state;
	struct order order;
	struct party first[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct party swapped[] = {party_of("customer", COURIER), party_of("courier", CUSTOMER)};
	order_init(&order, 6);

	assert_int_equal(
		world_event(&order.world, EVENT_PLACED, "A-1", 1, first, 2, &order.effect, &order.slot),
		ERR_OK);
	assert_int_equal(
		world_event(&order.world, EVENT_REASSIGNED, "A-1", 2, swapped, 2, &order.effect, &order.slot),
		ERR_OK);
	assert_int_equal(world_row(&order.world, order.slot)->state, SESSION_LIVE);
	assert_all_reach(&order.world, order.slot);
	world_done(&order.world);
}

static void a_party_that_an_event_repeats_keeps_its_pin_and_what_it_dials(void **state)
{
	(void)state;
	struct order order;
	struct pool_policy policy = policy_for_tests();
	struct party first[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct party second[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER_2)};
	policy.unknown_caller = POOL_UNKNOWN_PIN;
	world_init(&order.world, &policy, 6);

	assert_int_equal(
		world_event(&order.world, EVENT_PLACED, "A-1", 1, first, 2, &order.effect, &order.slot),
		ERR_OK);
	const struct session_row *before = world_row(&order.world, order.slot);
	assert_int_equal(
		world_event(&order.world, EVENT_REASSIGNED, "A-1", 2, second, 2, &order.effect, &order.slot),
		ERR_OK);
	const struct session_row *row = world_row(&order.world, order.slot);
	assert_int_equal(row->parties[0].pin, before->parties[0].pin);
	assert_int_equal(row->parties[0].version, 2);
	assert_int_equal(
		vn_to_dial(row, "customer", "courier").e164, vn_to_dial(before, "customer", "courier").e164);
	world_done(&order.world);
}

static void by_event_the_old_courier_is_cut_off_even_if_nothing_is_free(void **state)
{
	(void)state;
	struct order order;
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct party busy[] = {party_of("a", COURIER_2), party_of("b", 9)};
	uint32_t other;
	order_init(&order, 2);

	assert_int_equal(
		world_event(&order.world, EVENT_PLACED, "A-1", 1, parties, 2, &order.effect, &order.slot),
		ERR_OK);
	struct number vn = party_in(world_row(&order.world, order.slot), "customer")->vn;
	busy[1].vn = vn;
	assert_int_equal(world_open(&order.world, "A-2", busy, 2, &other), ERR_OK);
	assert_int_equal(tell(&order, EVENT_REASSIGNED, 2, "courier", COURIER_2), ERR_OK);
	const struct session_row *row = world_row(&order.world, order.slot);
	assert_int_equal(row->state, SESSION_WAITING);
	assert_int_equal(party_in(row, "courier")->numbers[0].e164, number_of(COURIER_2).e164);
	assert_refused(&order.world, number_of(COURIER), vn);
	world_vns(&order.world, order.world.pool, 2);
	world_wait(&order.world, 1);
	assert_all_reach(&order.world, order.slot);
	world_done(&order.world);
}

static void orders_that_wait_are_bound_oldest_first_when_vns_come(void **state)
{
	(void)state;
	struct order order;
	const char *const refs[] = {"W-0", "W-1", "W-2"};
	uint32_t slots[3];
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	world_init(&order.world, &policy, 0);

	for (int i = 0; i < 3; i++) {
		struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
		assert_int_equal(world_event(&order.world, EVENT_PLACED, refs[i], 1, parties, 2,
					 &order.effect, &slots[i]),
			ERR_OK);
		assert_int_equal(world_row(&order.world, slots[i])->state, SESSION_WAITING);
	}
	/* A batch that binds the oldest is rolled back: it is the oldest still. */
	world_begin(&order.world);
	struct vn_add add[] = {{.number = vn_number_of(100), .account = order.world.account},
		{.number = vn_number_of(101), .account = order.world.account}};
	for (int i = 0; i < 2; i++)
		assert_int_equal(engine_vn_add(order.world.engine, order.world.pool, &add[i]), ERR_OK);
	engine_tick(order.world.engine, 100);
	engine_rollback(order.world.engine);
	world_audit(&order.world);
	assert_int_equal(world_sessions(&order.world).waiting, 3);
	for (int i = 0; i < 3; i++) {
		world_vns(&order.world, order.world.pool, 2);
		world_wait(&order.world, 0);
		for (int k = 0; k < 3; k++)
			assert_int_equal(world_row(&order.world, slots[k])->state,
				k <= i ? SESSION_LIVE : SESSION_WAITING);
	}
	world_done(&order.world);
}

static void many_that_can_not_be_bound_do_not_hold_up_those_behind(void **state)
{
	(void)state;
	struct order order;
	char ref[8];
	uint32_t slot, last;
	order_init(&order, 2);

	uint32_t busy = world_must_open(&order.world, "busy", CUSTOMER, COURIER);
	for (int i = 0; i < 200; i++) {
		struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
		snprintf(ref, sizeof ref, "W-%d", i);
		assert_int_equal(
			world_event(&order.world, EVENT_PLACED, ref, 1, parties, 2, &order.effect, &slot),
			ERR_OK);
	}
	world_begin(&order.world);
	uint32_t vn;
	assert_int_equal(
		engine_vn_set(order.world.engine, order.world.tenant, vn_number_of(0), 1, -1, &vn), ERR_OK);
	world_end(&order.world);
	struct party free[] = {party_of("customer", 50), party_of("courier", 51)};
	assert_int_equal(
		world_event(&order.world, EVENT_PLACED, "last", 1, free, 2, &order.effect, &last), ERR_OK);
	assert_int_equal(world_row(&order.world, last)->state, SESSION_WAITING);
	for (int i = 0; i < 12 && world_row(&order.world, last)->state == SESSION_WAITING; i++) {
		world_begin(&order.world); /* stock comes at every tick */
		assert_int_equal(
			engine_vn_set(order.world.engine, order.world.tenant, vn_number_of(0), 0, -1, &vn),
			ERR_OK);
		world_end(&order.world);
		world_wait(&order.world, 0);
	}
	assert_int_equal(world_row(&order.world, last)->state, SESSION_LIVE);
	assert_all_reach(&order.world, busy);
	world_done(&order.world);
}

static void an_order_that_waits_expires_without_cool_down(void **state)
{
	(void)state;
	struct order order;
	order_init(&order, 0);

	assert_int_equal(tell(&order, EVENT_PLACED, 1, "customer", CUSTOMER), ERR_OK);
	world_wait(&order.world, 3600);
	assert_int_equal(engine_counts(order.world.engine).sessions, 0);
	assert_true(order.world.kept.sessions[0]->row.never_live);
	assert_int_equal(tell(&order, EVENT_ASSIGNED, 2, "courier", COURIER), ERR_OK);
	assert_int_equal(order.effect, EVENT_REPEATED);
	world_done(&order.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_lives_through_its_events),
		cmocka_unit_test(repeated_and_late_events_change_nothing),
		cmocka_unit_test(whom_the_api_took_out_no_late_event_brings_back),
		cmocka_unit_test(an_event_without_version_or_with_a_role_twice_is_refused),
		cmocka_unit_test(an_event_of_more_parties_than_there_can_be_is_refused),
		cmocka_unit_test(an_unknown_orders_end_is_kept_or_refused),
		cmocka_unit_test(closing_comes_first_and_sticks),
		cmocka_unit_test(two_parties_may_swap_their_numbers_in_one_event),
		cmocka_unit_test(a_party_that_an_event_repeats_keeps_its_pin_and_what_it_dials),
		cmocka_unit_test(by_event_the_old_courier_is_cut_off_even_if_nothing_is_free),
		cmocka_unit_test(orders_that_wait_are_bound_oldest_first_when_vns_come),
		cmocka_unit_test(many_that_can_not_be_bound_do_not_hold_up_those_behind),
		cmocka_unit_test(an_order_that_waits_expires_without_cool_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
