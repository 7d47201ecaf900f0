/* What the outside is told: which notice for which change, once, in the batch of its cause, also over restarts. */
#include "engine_fixture.h"

#define TOLD_MAX 4096

/* The outbox: rows of committed batches. */
struct told {
	enum notice_type type;
	uint64_t id, session;
	char key[64];
	int64_t spare;
};
static struct told told[TOLD_MAX];
static int told_n;

static void commit(struct world *world)
{
	size_t n;
	const struct record *records = engine_records(world->engine, &n);

	for (size_t i = 0; i < n; i++) {
		if (records[i].kind != RECORD_OUTBOX)
			continue;
		const struct outbox_row *row = records[i].outbox;
		struct told *at = &told[told_n++];
		assert_true(told_n < TOLD_MAX);
		*at = (struct told){.id = row->id, .session = row->session, .type = (enum notice_type)atoi(row->data.at),
			.spare = atoll(strchr(row->data.at, ' '))};
		assert_true(str_copy(at->key, sizeof at->key, row->key));
		assert_true(str_equal(row->type, str_of(notice_type_words[at->type])));
		assert_true(told_n == 1 || at->id > told[told_n - 2].id);
		assert_int_equal(row->at_ms, world->now_ms);
	}
	world_commit(world);
}

static void begin(struct world *world, const struct pool_policy *policy, int vns)
{
	world_init(world, policy, vns);
	world->options.tell = tell_number;
	world_restart(world);
	told_n = 0;
}

static void tick(struct world *world, double seconds)
{
	world->now_ms += (int64_t)(seconds * 1000);
	for (bool more = true; more;) {
		world_begin(world);
		more = engine_tick(world->engine, 100);
		commit(world);
	}
	world_audit(world);
}

/* Types told since the last look, as words without their prefix. */
static const char *news(void)
{
	static char text[4096];

	text[0] = '\0';
	for (int i = 0; i < told_n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
			strchr(notice_type_words[told[i].type], '.') + 1);
	told_n = 0;
	return text;
}

static uint32_t event(struct world *world, enum event_type type, uint64_t version, const char *order, struct party *parties, int n)
{
	struct order_event order_event = {.type = type, .pool = world->pool, .order = str_of(order), .version = version,
		.parties = parties, .parties_n = n};
	enum event_effect effect;
	uint32_t slot = ENGINE_NONE;

	world_begin(world);
	assert_int_equal(engine_event(world->engine, &order_event, &effect, &slot), ERR_OK);
	commit(world);
	world_audit(world);
	return slot;
}

static void an_order_tells_its_life(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party customer = party_of("customer", CUSTOMER), courier = party_of("courier", COURIER),
		     other = party_of("courier", COURIER_2);
	begin(&world, &policy, 6);

	event(&world, EVENT_PLACED, 1, "A-1", &customer, 1);
	assert_string_equal(news(), "waiting");
	event(&world, EVENT_ASSIGNED, 2, "A-1", &courier, 1);
	assert_string_equal(news(), "live");
	event(&world, EVENT_ASSIGNED, 2, "A-1", &courier, 1);
	assert_string_equal(news(), "");
	event(&world, EVENT_REASSIGNED, 3, "A-1", &other, 1);
	assert_string_equal(news(), "changed");
	event(&world, EVENT_COMPLETED, 4, "A-1", NULL, 0);
	assert_string_equal(news(), "closed");
	event(&world, EVENT_COMPLETED, 4, "A-1", NULL, 0);
	tick(&world, 59.9);
	assert_string_equal(news(), "");
	tick(&world, 0.1);
	assert_string_equal(news(), "ended");
	tick(&world, 100000);
	assert_string_equal(news(), "");
	world_done(&world);
}

static void a_session_that_nobody_closes_expires(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	begin(&world, &policy, 6);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};

	event(&world, EVENT_PLACED, 1, "A-1", parties, 2);
	assert_string_equal(news(), "live");
	tick(&world, 3600);
	assert_string_equal(news(), "expired");
	tick(&world, 60);
	assert_string_equal(news(), "ended");
	world_done(&world);
}

static void an_order_that_ends_while_it_waits_has_no_second_end(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party customer = party_of("customer", CUSTOMER);
	begin(&world, &policy, 6);

	event(&world, EVENT_PLACED, 1, "A-1", &customer, 1);
	event(&world, EVENT_CANCELLED, 2, "A-1", NULL, 0);
	tick(&world, 1000);
	assert_string_equal(news(), "waiting closed");
	world_done(&world);
}

static void a_change_that_is_taken_back_tells_nothing(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct session_open open = {.parties = parties, .parties_n = 2, .ref = STR("A-1")};
	uint32_t slot;
	uint64_t ended;
	bool new;
	begin(&world, &policy, 6);
	open.pool = world.pool;

	world_begin(&world);
	uint32_t mark = engine_mark(world.engine);
	assert_int_equal(engine_session_open(world.engine, &open, &slot, &new, &ended), ERR_OK);
	engine_undo(world.engine, mark);
	commit(&world);
	assert_string_equal(news(), "");
	world_begin(&world);
	assert_int_equal(engine_session_open(world.engine, &open, &slot, &new, &ended), ERR_OK);
	engine_rollback(world.engine);
	world_begin(&world);
	commit(&world);
	assert_string_equal(news(), "");
	world_audit(&world);
	world_done(&world);
}

static void a_grace_that_ended_while_down_is_told_once(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	begin(&world, &policy, 6);

	event(&world, EVENT_PLACED, 1, "A-1", parties, 2);
	event(&world, EVENT_COMPLETED, 2, "A-1", NULL, 0);
	assert_string_equal(news(), "live closed");
	world.now_ms += 100000000; /* the cool-down is over too */
	world_restart(&world);
	/* The first batch fails: it is told by the next. */
	world_begin(&world);
	engine_tick(world.engine, 100);
	engine_rollback(world.engine);
	tick(&world, 0);
	assert_string_equal(news(), "ended");
	tick(&world, 10);
	world_restart(&world);
	tick(&world, 10);
	assert_string_equal(news(), "");
	world_done(&world);
}

static void ends_from_before_there_was_anybody_to_tell_are_not_told(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	begin(&world, &policy, 6);
	world.options.tell = NULL;
	world_restart(&world);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	world_close(&world, slot, -1);

	world.now_ms += 100000;
	world.options.tell = tell_number;
	world_restart(&world);
	tick(&world, 0);
	assert_string_equal(news(), "");
	world_done(&world);
}

static void a_grace_that_is_cut_short_ends_then(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	begin(&world, &policy, 6);

	uint32_t slot = event(&world, EVENT_PLACED, 1, "A-1", parties, 2);
	event(&world, EVENT_COMPLETED, 2, "A-1", NULL, 0);
	world_begin(&world);
	assert_int_equal(engine_session_close(world.engine, slot, 0), ERR_OK);
	commit(&world);
	tick(&world, 1000);
	assert_string_equal(news(), "live closed ended");
	world_done(&world);
}

/* --- pools --- */

static void placed_orders_are_coming_demand(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.low_water = 2;
	begin(&world, &policy, 6);

	tick(&world, 1);
	assert_string_equal(news(), "");
	for (int i = 0; i < 3; i++) {
		char order[8];
		struct party customer = party_of("customer", 10 + i);
		snprintf(order, sizeof order, "A-%d", i);
		event(&world, EVENT_PLACED, 1, order, &customer, 1);
		struct pool_demand demand = engine_pool_demand(world.engine, world.pool);
		assert_int_equal(demand.coming, i + 1);
		assert_int_equal(demand.waiting, 0);
		assert_int_equal(demand.spare, 6 - 2 * (i + 1));
	}
	tick(&world, 0);
	/* Not one VN is lent yet: it is known before anybody misses one. */
	assert_string_equal(news(), "waiting waiting waiting low");
	tick(&world, 5);
	assert_string_equal(news(), "");
	world_begin(&world);
	for (int i = 0; i < 2; i++)
		assert_int_equal(engine_vn_add(world.engine, world.pool,
			&(struct vn_add){.number = vn_number_of(100 + i), .account = world.account}), ERR_OK);
	commit(&world);
	tick(&world, 1);
	assert_string_equal(news(), ""); /* spare 2 is not clearly more than low water */
	event(&world, EVENT_CANCELLED, 2, "A-0", NULL, 0);
	tick(&world, 1);
	assert_string_equal(news(), "closed recovered");
	world_done(&world);
}

static void a_pool_that_has_nothing_left_says_so_once(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	uint32_t slot;
	begin(&world, &policy, 2);

	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	tick(&world, 0);
	news();
	for (int i = 0; i < 5; i++)
		assert_int_equal(world_open_pair(&world, "A-2", 20 + i, 30 + i, &slot), ERR_POOL_EXHAUSTED);
	tick(&world, 0);
	assert_string_equal(news(), "exhausted");
	tick(&world, 30);
	assert_string_equal(news(), "");
	tick(&world, 60);
	assert_string_equal(news(), "recovered"); /* nobody missed any for a while, and none is asked for */
	world_done(&world);
}

static void orders_that_wait_for_vns_keep_a_pool_exhausted(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[] = {party_of("customer", 40), party_of("courier", 41)};
	policy.mode = POOL_EXCLUSIVE;
	begin(&world, &policy, 2);

	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	event(&world, EVENT_PLACED, 1, "A-2", parties, 2);
	tick(&world, 0);
	assert_string_equal(news(), "waiting exhausted");
	assert_int_equal(engine_pool_demand(world.engine, world.pool).waiting, 1);
	tick(&world, 300);
	assert_string_equal(news(), "");
	world_begin(&world);
	assert_int_equal(engine_session_close(world.engine, slot, 0), ERR_OK);
	commit(&world);
	tick(&world, 31);
	assert_string_equal(news(), "closed live");
	assert_int_equal(engine_pool_demand(world.engine, world.pool).waiting, 0);
	tick(&world, 61);
	assert_string_equal(news(), "recovered");
	world_done(&world);
}

static void add_vns(struct world *world, int first, int n)
{
	world_begin(world);
	for (int i = first; i < first + n; i++)
		assert_int_equal(engine_vn_add(world->engine, world->pool,
			&(struct vn_add){.number = vn_number_of(i), .account = world->account}), ERR_OK);
	commit(world);
}

static void what_was_told_of_a_pool_is_kept_over_a_restart(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.low_water = 10;
	begin(&world, &policy, 10);

	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	tick(&world, 0);
	assert_string_equal(news(), "low");
	world_restart(&world);
	tick(&world, 1);
	assert_string_equal(news(), ""); /* it was said */
	add_vns(&world, 100, 2);
	tick(&world, 1);
	assert_string_equal(news(), ""); /* 10 is not clearly more, and that it was low before is known */
	world_restart(&world);
	add_vns(&world, 200, 1);
	tick(&world, 1);
	assert_string_equal(news(), "recovered");
	world_restart(&world);
	tick(&world, 1);
	assert_string_equal(news(), "");
	world_done(&world);
}

static void a_pool_that_had_run_out_before_a_restart_recovers(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint32_t slot;
	policy.mode = POOL_EXCLUSIVE;
	begin(&world, &policy, 2);

	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(world_open_pair(&world, "A-2", 20, 30, &slot), ERR_POOL_EXHAUSTED);
	tick(&world, 0);
	assert_string_equal(news(), "exhausted");
	world_restart(&world);
	tick(&world, 1);
	assert_string_equal(news(), ""); /* who missed some may ask again in a moment */
	tick(&world, 60);
	assert_string_equal(news(), "recovered");
	world_done(&world);
}

static void a_level_that_could_not_be_stored_is_told_again(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.low_water = 3;
	begin(&world, &policy, 2);

	world_begin(&world);
	engine_tick(world.engine, 100);
	engine_rollback(world.engine);
	assert_int_equal(engine_pool(world.engine, world.pool)->level, POOL_LEVEL_OK);
	tick(&world, 0);
	assert_string_equal(news(), "low");
	assert_int_equal(engine_pool(world.engine, world.pool)->level, POOL_LEVEL_LOW);
	world_done(&world);
}

static void a_pool_whose_settings_change_keeps_its_level(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.low_water = 3;
	begin(&world, &policy, 2);

	tick(&world, 0);
	assert_string_equal(news(), "low");
	world_begin(&world);
	policy.ttl_s++;
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	commit(&world);
	world_restart(&world);
	tick(&world, 1);
	assert_string_equal(news(), "");
	world_done(&world);
}

static void a_shared_pool_counts_places(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.per_vn_max = 10;
	begin(&world, &policy, 4);

	assert_int_equal(engine_pool_demand(world.engine, world.pool).spare, 4);
	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(engine_pool_demand(world.engine, world.pool).spare, 3); /* 38 of 40 places */
	for (int i = 0; i < 25; i++) {
		char order[8];
		struct party customer = party_of("customer", 100 + i);
		snprintf(order, sizeof order, "B-%d", i);
		event(&world, EVENT_PLACED, 1, order, &customer, 1);
	}
	assert_int_equal(engine_pool_demand(world.engine, world.pool).coming, 25);
	assert_int_equal(engine_pool_demand(world.engine, world.pool).spare, -2); /* 12 places short */
	news();
	tick(&world, 0);
	assert_string_equal(news(), "low");
	world_done(&world);
}

static void a_pool_is_well_again_at_its_high_water(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.low_water = 3;
	policy.high_water = 8;
	begin(&world, &policy, 2);

	tick(&world, 0);
	assert_string_equal(news(), "low");
	add_vns(&world, 100, 5);
	tick(&world, 1);
	assert_string_equal(news(), "");
	add_vns(&world, 200, 1);
	tick(&world, 1);
	assert_string_equal(news(), "recovered");
	world_done(&world);
}

/* Opens "S-n" of a courier with some customer of its own. */
static uint32_t open_of(struct world *world, int n, int courier)
{
	char ref[16];

	snprintf(ref, sizeof ref, "S-%d", n);
	return world_must_open(world, ref, 1000 + n, courier);
}

static struct pool_demand demand_of(struct world *world)
{
	return engine_pool_demand(world->engine, world->pool);
}

static void a_shared_pool_is_low_when_its_busiest_party_runs_out_of_pairs(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests(); /* grace 60, cool-down 600 */
	uint32_t slots[8];
	policy.low_water = 3;
	begin(&world, &policy, 10);

	for (int i = 0; i < 7; i++)
		slots[i] = open_of(&world, i, COURIER);
	for (int i = 20; i < 60; i++)
		open_of(&world, i, 2000 + i); /* other couriers have all the room there is */
	tick(&world, 0);
	assert_string_equal(news(), "");
	assert_int_equal(demand_of(&world).busiest_pairs, 7);
	assert_int_equal(demand_of(&world).spare, 3);
	slots[7] = open_of(&world, 7, COURIER);
	tick(&world, 0);
	assert_string_equal(news(), "low"); /* VNs are free to all others, and none was refused */
	for (int i = 0; i < 8; i++)
		world_close(&world, slots[i], -1);
	tick(&world, 650);
	assert_int_equal(demand_of(&world).busiest_pairs, 8); /* cooling ones can't be lent either */
	assert_null(strstr(news(), "recovered"));
	tick(&world, 10);
	tick(&world, 60);
	assert_non_null(strstr(news(), "recovered"));
	assert_int_equal(demand_of(&world).busiest_pairs, 1);
	assert_int_equal(demand_of(&world).spare, 9);
	world_done(&world);
}

static void a_busy_party_that_goes_up_and_down_by_one_is_told_once(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.low_water = 3;
	policy.cooldown_s = 0;
	begin(&world, &policy, 10);

	for (int i = 0; i < 7; i++)
		open_of(&world, i, COURIER);
	tick(&world, 0);
	assert_string_equal(news(), "");
	for (int i = 0; i < 10; i++) {
		uint32_t slot = open_of(&world, 100 + i, COURIER);
		tick(&world, 1);
		assert_int_equal(demand_of(&world).spare, 2);
		world_close(&world, slot, 0);
		tick(&world, 1);
		tick(&world, 60);
		assert_int_equal(demand_of(&world).spare, 3);
	}
	assert_string_equal(news(), "low");
	world_done(&world);
}

static void an_exclusive_pool_goes_by_its_free_vns(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	begin(&world, &policy, 10);

	for (int i = 0; i < 3; i++)
		open_of(&world, i, COURIER);
	assert_int_equal(demand_of(&world).busiest_pairs, 3);
	assert_int_equal(demand_of(&world).spare, 4);
	world_done(&world);
}

static void what_the_busiest_party_holds_is_known_after_a_restart(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	begin(&world, &policy, 10);

	for (int i = 0; i < 5; i++)
		open_of(&world, i, COURIER);
	world_close(&world, open_of(&world, 5, COURIER), 0);
	tick(&world, 1);
	world_restart(&world);
	assert_int_equal(demand_of(&world).busiest_pairs, 6);
	world_done(&world);
}

static void vns_that_are_taken_out_leave_the_busiest_party_nothing_and_not_less(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint32_t vn;
	begin(&world, &policy, 6);

	for (int i = 0; i < 5; i++)
		open_of(&world, i, COURIER);
	world_begin(&world);
	for (int i = 0; i < 4; i++)
		assert_int_equal(engine_vn_set(world.engine, world.tenant, vn_number_of(i), 1, -1, &vn), ERR_OK);
	commit(&world);
	assert_int_equal(demand_of(&world).busiest_pairs, 5);
	assert_int_equal(demand_of(&world).spare, 0);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_tells_its_life),
		cmocka_unit_test(a_session_that_nobody_closes_expires),
		cmocka_unit_test(an_order_that_ends_while_it_waits_has_no_second_end),
		cmocka_unit_test(a_change_that_is_taken_back_tells_nothing),
		cmocka_unit_test(a_grace_that_ended_while_down_is_told_once),
		cmocka_unit_test(ends_from_before_there_was_anybody_to_tell_are_not_told),
		cmocka_unit_test(a_grace_that_is_cut_short_ends_then),
		cmocka_unit_test(placed_orders_are_coming_demand),
		cmocka_unit_test(a_pool_that_has_nothing_left_says_so_once),
		cmocka_unit_test(orders_that_wait_for_vns_keep_a_pool_exhausted),
		cmocka_unit_test(what_was_told_of_a_pool_is_kept_over_a_restart),
		cmocka_unit_test(a_pool_that_had_run_out_before_a_restart_recovers),
		cmocka_unit_test(a_level_that_could_not_be_stored_is_told_again),
		cmocka_unit_test(a_pool_whose_settings_change_keeps_its_level),
		cmocka_unit_test(a_pool_is_well_again_at_its_high_water),
		cmocka_unit_test(a_shared_pool_counts_places),
		cmocka_unit_test(a_shared_pool_is_low_when_its_busiest_party_runs_out_of_pairs),
		cmocka_unit_test(a_busy_party_that_goes_up_and_down_by_one_is_told_once),
		cmocka_unit_test(an_exclusive_pool_goes_by_its_free_vns),
		cmocka_unit_test(what_the_busiest_party_holds_is_known_after_a_restart),
		cmocka_unit_test(vns_that_are_taken_out_leave_the_busiest_party_nothing_and_not_less),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
