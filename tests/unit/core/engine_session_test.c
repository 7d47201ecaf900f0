/* Sessions as the API asks: open, the same again, close, extend, forget, erase. */
#include "engine_fixture.h"

static struct world open_world(int vns)
{
	struct world world;
	struct pool_policy policy = policy_for_tests();

	world_init(&world, &policy, vns);
	return world;
}

static void two_parties_reach_each_other_and_nobody_else_does(void **state)
{
	(void)state;
	struct world world = open_world(10);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	const struct session_row *row = world_row(&world, slot);

	assert_int_equal(row->state, SESSION_LIVE);
	assert_int_equal(row->expires_at, START_MS / 1000 + 3600);
	assert_all_reach(&world, slot);
	assert_refused(&world, number_of(9), row->parties[0].vn);
	assert_refused(&world, number_of(CUSTOMER), row->parties[0].vn); /* its own VN */
	assert_refused(&world, row->parties[0].vn, row->parties[1].vn);  /* a VN as caller */
	assert_refused(&world, NUMBER_NONE, row->parties[1].vn);
	world_done(&world);
}

static void eight_parties_with_five_numbers_each_all_reach_each_other(void **state)
{
	(void)state;
	struct world world = open_world(20);
	struct party parties[SESSION_PARTIES_MAX];
	uint32_t slot;

	for (int i = 0; i < SESSION_PARTIES_MAX; i++) {
		const char role[2] = {(char)('a' + i), 0};
		parties[i] = party_of(role, i * 10);
		parties[i].may_call = i != 7;
		for (int k = 1; k < SESSION_NUMBERS_MAX; k++)
			party_add_number(&parties[i], i * 10 + k);
	}
	assert_int_equal(world_open(&world, "A-1", parties, 8, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	assert_int_equal(world_put(&world, slot, "ninth", 99), ERR_TOO_MANY_PARTIES);
	world_done(&world);
}

static void a_party_that_may_not_call_still_has_its_pairs_reserved(void **state)
{
	(void)state;
	struct world world = open_world(2);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint32_t slot, other;

	parties[1].may_call = false;
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	/* Crosswise two VNs serve the same two people once more; then each has its pair with both. */
	assert_int_equal(world_open_pair(&world, "A-2", CUSTOMER, COURIER, &other), ERR_OK);
	assert_int_equal(world_open_pair(&world, "A-3", CUSTOMER, COURIER, &other), ERR_POOL_EXHAUSTED);
	world_done(&world);
}

static void the_same_order_again_is_the_same_session(void **state)
{
	(void)state;
	struct world world = open_world(10);
	struct party again[] = {party_of("courier", COURIER), party_of("customer", CUSTOMER)};
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), same;
	uint64_t id = engine_session_id(world.engine, slot), ended = 0;
	bool new = true;

	struct session_open open = {
		.pool = world.pool, .ref = str_of("A-1"), .parties = again, .parties_n = 2};
	assert_int_equal(world_open_with(&world, &open, &same, &new), ERR_OK);
	assert_false(new);
	assert_int_equal(same, slot);
	assert_int_equal(world_open_pair(&world, "A-1", CUSTOMER, 7, &same), ERR_SESSION_EXISTS);
	/* As it was asked for, and as it is now: both are the same order. */
	assert_int_equal(world_put(&world, slot, "courier", 7), ERR_OK);
	assert_int_equal(world_open_pair(&world, "A-1", CUSTOMER, 7, &same), ERR_OK);
	assert_int_equal(world_open_with(&world, &open, &same, &new), ERR_OK);
	world_close(&world, slot, -1);
	world_begin(&world);
	assert_int_equal(engine_session_open(world.engine, &open, &same, &new, &ended), ERR_SESSION_CLOSED);
	assert_int_equal(ended, id);
	world_end(&world);
	world_wait(&world, 3600);
	world_restart(&world);
	ended = 0;
	world_begin(&world);
	assert_int_equal(engine_session_open(world.engine, &open, &same, &new, &ended), ERR_SESSION_CLOSED);
	assert_int_equal(ended, id);
	world_end(&world);
	world_wait(&world, 31 * 86400);
	assert_int_equal(world_open_with(&world, &open, &same, &new), ERR_OK);
	assert_true(new);
	world_done(&world);
}

static void requests_that_make_no_sense_are_refused_and_leave_nothing(void **state)
{
	(void)state;
	struct world world = open_world(10);
	struct party twice[] = {party_of("customer", 1), party_of("courier", 1)};
	struct party virtual[] = {party_of("customer", 1), party_of("courier", 2)};
	struct party roles[] = {party_of("customer", 1), party_of("customer", 2)};
	struct party lone[] = {party_of("customer", 1)};
	struct party many[9];
	uint32_t slot = ENGINE_NONE;
	bool new;

	virtual[1].numbers[0] = vn_number_of(3);
	lone[0].vn = vn_number_of(3);
	for (int i = 0; i < 9; i++)
		many[i] = party_of("x", i);
	assert_int_equal(world_open(&world, "A-1", twice, 2, &slot), ERR_SAME_NUMBER_TWICE);
	assert_int_equal(world_open(&world, "A-1", virtual, 2, &slot), ERR_NUMBER_IS_VIRTUAL);
	assert_int_equal(world_open(&world, "A-1", roles, 2, &slot), ERR_BAD_REQUEST);
	assert_int_equal(world_open(&world, "A-1", lone, 1, &slot), ERR_BAD_REQUEST);
	assert_int_equal(world_open(&world, "A-1", NULL, 0, &slot), ERR_BAD_REQUEST);
	assert_int_equal(world_open(&world, "A-1", many, 9, &slot), ERR_TOO_MANY_PARTIES);
	struct party shapeless[] = {party_of("customer", 1), party_of("courier", 2)};
	for (int n = 0; n <= SESSION_NUMBERS_MAX + 1; n += SESSION_NUMBERS_MAX + 1) {
		shapeless[1].numbers_n = (uint8_t)n;
		assert_int_equal(world_open(&world, "A-1", shapeless, 2, &slot), ERR_BAD_REQUEST);
	}
	shapeless[1] = party_of("courier", 2);
	shapeless[1].role[0] = '\0';
	assert_int_equal(world_open(&world, "A-1", shapeless, 2, &slot), ERR_BAD_REQUEST);
	struct session_open past = {.pool = world.pool,
		.ref = str_of("A-1"),
		.parties = lone,
		.parties_n = 1,
		.expires_at = START_MS / 1000};
	assert_int_equal(world_open_with(&world, &past, &slot, &new), ERR_BAD_REQUEST);
	assert_int_equal(slot, ENGINE_NONE);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	assert_int_equal(world.kept.sessions_n, 0);
	world_done(&world);
}

/* The same customer; the courier is stood for by this very VN. */
static enum err open_on(struct world *world, const char *ref, struct number vn, uint32_t *ret_slot)
{
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};

	parties[1].vn = vn;
	return world_open(world, ref, parties, 2, ret_slot);
}

static void closing_goes_through_grace_and_cool_down(void **state)
{
	(void)state;
	struct world world = open_world(3);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;
	struct number vn = vn_to_dial(world_row(&world, slot), "customer", "courier");

	world_close(&world, slot, -1);
	assert_int_equal(world_row(&world, slot)->state, SESSION_CLOSING);
	assert_int_equal(world_put(&world, slot, "courier", 5), ERR_SESSION_CLOSED);
	assert_int_equal(world_drop(&world, slot, "courier"), ERR_SESSION_CLOSED);
	world_wait(&world, 59);
	assert_all_reach(&world, slot);
	world_wait(&world, 1);
	assert_refused(&world, number_of(CUSTOMER), vn);
	assert_int_equal(world_sessions(&world).closing, 0);
	assert_int_equal(world_stock(&world).free, 3);
	assert_int_equal(open_on(&world, "A-2", vn, &other), ERR_NUMBER_IN_USE);
	world_restart(&world);
	world_wait(&world, 599);
	assert_int_equal(open_on(&world, "A-2", vn, &other), ERR_NUMBER_IN_USE);
	world_wait(&world, 2);
	assert_int_equal(open_on(&world, "A-2", vn, &other), ERR_OK);
	world_done(&world);
}

static void what_leaves_the_parties_alone_says_so(void **state)
{
	(void)state;
	struct world world = open_world(4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	assert_int_equal(world.kept.alike, 0);
	assert_int_equal(world_put(&world, slot, "courier", 5), ERR_OK);
	assert_int_equal(world.kept.alike, 0);
	world_close(&world, slot, -1);
	assert_int_equal(world.kept.alike, 1);
	world_done(&world);
}

static void a_second_close_only_shortens(void **state)
{
	(void)state;
	struct world world = open_world(4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_close(&world, slot, 100);
	uint32_t cool_until = world_row(&world, slot)->cool_until;
	world_close(&world, slot, 1000);
	world_close(&world, slot, -1);
	assert_int_equal(world_row(&world, slot)->grace_until, START_MS / 1000 + 100);
	world_close(&world, slot, 10);
	assert_int_equal(world_row(&world, slot)->grace_until, START_MS / 1000 + 10);
	assert_int_equal(world_row(&world, slot)->cool_until, cool_until);
	world_close(&world, slot, 0);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	world_done(&world);
}

static void a_session_is_extended_and_shortened(void **state)
{
	(void)state;
	struct world world = open_world(4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_begin(&world);
	assert_int_equal(engine_session_expire_at(world.engine, slot, START_MS / 1000 + 7200), ERR_OK);
	world_end(&world);
	world_wait(&world, 7199);
	assert_int_equal(world_row(&world, slot)->state, SESSION_LIVE);
	world_begin(&world);
	assert_int_equal(engine_session_expire_at(world.engine, slot, START_MS / 1000), ERR_OK);
	world_end(&world);
	assert_int_equal(world_row(&world, slot)->state, SESSION_CLOSING);
	assert_true(world_row(&world, slot)->expired);
	world_begin(&world);
	assert_int_equal(
		engine_session_expire_at(world.engine, slot, START_MS / 1000 + 9000), ERR_SESSION_CLOSED);
	world_end(&world);
	world_done(&world);
}

/* Areas to the last bit of a narrow body and beyond, beside whatever else makes a body wide. */
static void a_place_is_kept_whatever_it_is(void **state)
{
	static const uint32_t areas[] = {0, 1, 21, 1023, 1024, 212345, (1 << 18) - 1, 1 << 18, UINT32_MAX};
	static const uint16_t countries[] = {0, 'I' << 8 | 'D', UINT16_MAX};
	enum { AREAS = sizeof areas / sizeof areas[0], ALL = AREAS * 3 * 2 };
	struct pool_policy policy = policy_for_tests();
	struct world world;
	char ref[16];

	(void)state;
	world_init(&world, &policy, 12);
	for (int i = 0; i < ALL; i++) {
		struct party parties[] = {party_of("customer", 200 + 2 * i), party_of("courier", 201 + 2 * i)};
		uint32_t slot;
		parties[0].place = (struct place){countries[i / AREAS % 3], areas[i % AREAS]};
		parties[1].place = (struct place){countries[i / AREAS % 3], 7};
		parties[i % 2].version = i / (AREAS * 3) ? 5 : 0;
		snprintf(ref, sizeof ref, "A-%d", i);
		assert_int_equal(world_open(&world, ref, parties, 2, &slot), ERR_OK);
		const struct session_row *row = world_row(&world, slot);
		for (int k = 0; k < 2; k++) {
			const struct party *party = party_in(row, parties[k].role);
			assert_int_equal(party->place.country, parties[k].place.country);
			assert_int_equal(party->place.area, parties[k].place.area);
			assert_true(number_equal(party->numbers[0], parties[k].numbers[0]));
			assert_true(party->may_call && party->numbers_n == 1);
		}
	}
	world_done(&world);
}

static void forgetting_ends_at_once_and_wipes_the_numbers_but_pairs_cool(void **state)
{
	(void)state;
	struct world world = open_world(3);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;
	struct number vn = vn_to_dial(world_row(&world, slot), "customer", "courier");

	world_begin(&world);
	assert_int_equal(engine_session_forget(world.engine, slot), ERR_OK);
	world_end(&world);
	assert_refused(&world, number_of(CUSTOMER), vn);
	for (int i = 0; i < 2; i++)
		assert_int_equal(world.kept.sessions[0]->parties[i].numbers[0].e164, 0);
	assert_int_equal(open_on(&world, "A-2", vn, &other), ERR_NUMBER_IN_USE);
	world_restart(&world);
	assert_int_equal(open_on(&world, "A-2", vn, &other), ERR_NUMBER_IN_USE);
	world_done(&world);
}

static void erasing_a_person_ends_its_sessions_and_wipes_it_there_only(void **state)
{
	(void)state;
	struct world world = open_world(10);
	uint32_t n = 0;

	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	world_must_open(&world, "A-2", 5, COURIER);
	uint32_t third = world_must_open(&world, "A-3", 5, 6);
	world_begin(&world);
	assert_int_equal(engine_erase(world.engine, number_of(COURIER), &n), ERR_OK);
	assert_int_equal(engine_erase_ended(world.engine, 77, NULL), ERR_OK);
	world_end(&world);
	assert_int_equal(n, 2);
	assert_int_equal(world.kept.erased, 1);
	for (int i = 0; i < 2; i++) {
		assert_true(number_is(party_in(&world.kept.sessions[i]->row, "customer")->numbers[0]));
		assert_false(number_is(party_in(&world.kept.sessions[i]->row, "courier")->numbers[0]));
	}
	assert_all_reach(&world, third);
	world_done(&world);
}

/* Seconds since 1970 end in 2106: a later end is that one. */
static void a_grace_without_end_ends_with_time_itself(void **state)
{
	(void)state;
	struct world world = open_world(4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint32_t other = world_must_open(&world, "A-2", 8, 9);

	world_close(&world, slot, INT64_MAX);
	world_close(&world, other, UINT32_MAX);
	assert_int_equal(world_row(&world, slot)->grace_until, UINT32_MAX - 1);
	assert_int_equal(world_row(&world, slot)->cool_until, UINT32_MAX - 1);
	assert_int_equal(world_row(&world, other)->grace_until, UINT32_MAX - 1);
	world_wait(&world, 1000000);
	assert_all_reach(&world, slot);
	world_close(&world, slot, INT64_MAX - 1);
	assert_all_reach(&world, slot);
	world_close(&world, slot, 1);
	world_wait(&world, 1);
	assert_int_equal(world_sessions(&world).closing, 1);
	world_done(&world);
}

static void what_is_forgotten_when_its_grace_is_over_is_wiped_before_it_goes(void **state)
{
	(void)state;
	struct world world = open_world(4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint32_t over = START_MS / 1000 + 60;

	world_close(&world, slot, 60);
	world.now_ms += 61 * 1000; /* nobody ticked */
	world_begin(&world);
	assert_int_equal(engine_session_forget(world.engine, slot), ERR_OK);
	world_end(&world);
	assert_int_equal(engine_counts(world.engine).sessions, 0);
	assert_int_equal(world.kept.sessions[0]->row.grace_until, over);
	for (int i = 0; i < 2; i++)
		assert_false(number_is(world.kept.sessions[0]->parties[i].numbers[0]));
	world_done(&world);
}

static void a_tenant_erases_a_person_from_its_own_pools_alone(void **state)
{
	(void)state;
	struct world world = open_world(4);
	struct pool_policy policy = policy_for_tests();
	struct person person = person_of(number_of(COURIER));
	uint16_t first = world.tenant, first_pool = world.pool;
	uint32_t own = world_must_open(&world, "A-1", CUSTOMER, COURIER), n = 0;
	size_t records_n;

	assert_int_equal(engine_tenant(world.engine, str_of("other"), &world.tenant), ERR_OK);
	world.pool = world_pool(&world, "bandung", &policy);
	world_vns(&world, world.pool, 2);
	uint32_t others = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	world_begin(&world);
	assert_int_equal(engine_erase_of(world.engine, first, number_of(COURIER), &n), ERR_OK);
	assert_int_equal(engine_erase_ended(world.engine, 77, &person), ERR_OK);
	const struct record *records = engine_records(world.engine, &records_n);
	assert_memory_equal(&records[records_n - 1].erase->person, &person, sizeof person);
	assert_false(records[records_n - 1].erase->all);
	world_end(&world);
	assert_int_equal(n, 1);
	assert_all_reach(&world, others);
	assert_int_equal(engine_session_find(world.engine, world.kept.sessions[0]->row.id), ENGINE_NONE);
	world_begin(&world);
	assert_int_equal(engine_erase_of(world.engine, first, number_of(COURIER), &n), ERR_OK);
	world_end(&world);
	assert_int_equal(n, 0);
	assert_true(own != others && first_pool != world.pool);
	world_done(&world);
}

static void a_call_begins_the_time_anew_where_the_pool_says_so(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.ttl_from = POOL_TTL_LAST_CALL;
	world_init(&world, &policy, 4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_wait(&world, 1000);
	world_begin(&world);
	engine_called(world.engine, engine_session_id(world.engine, slot));
	engine_called(world.engine, 12345);
	world_end(&world);
	assert_int_equal(world_row(&world, slot)->expires_at, START_MS / 1000 + 1000 + 3600);
	world_done(&world);
}

static uint32_t expires_after_call(struct world *world, uint32_t slot)
{
	world_begin(world);
	engine_called(world->engine, engine_session_id(world->engine, slot));
	world_end(world);
	return world_row(world, slot)->expires_at - START_MS / 1000;
}

static void policy_ttl(struct world *world, enum pool_ttl_from from, uint32_t ttl_s)
{
	struct pool_policy policy = policy_for_tests();

	policy.ttl_from = from;
	policy.ttl_s = ttl_s;
	world_begin(world);
	assert_int_equal(engine_pool_set(world->engine, world->pool, &policy), ERR_OK);
	world_end(world);
}

/* A minute, or a sixteenth of a short time; not in the grace, and not past the end of time. */
static void not_every_ring_begins_the_time_anew(void **state)
{
	(void)state;
	struct world world = open_world(6);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);

	world_wait(&world, 1000);
	assert_int_equal(expires_after_call(&world, slot), 3600); /* this pool counts from the beginning */
	policy_ttl(&world, POOL_TTL_LAST_CALL, 3600);
	assert_int_equal(expires_after_call(&world, slot), 4600);
	world_wait(&world, 59);
	assert_int_equal(expires_after_call(&world, slot), 4600);
	world_wait(&world, 1);
	assert_int_equal(expires_after_call(&world, slot), 4660);
	policy_ttl(&world, POOL_TTL_LAST_CALL, UINT32_MAX);
	assert_int_equal(expires_after_call(&world, slot), 4660);
	policy_ttl(&world, POOL_TTL_LAST_CALL, 7200);
	world_close(&world, slot, -1);
	assert_int_equal(expires_after_call(&world, slot), 4660);
	policy_ttl(&world, POOL_TTL_LAST_CALL, 160);
	slot = world_must_open(&world, "A-2", 8, 9);
	world_wait(&world, 9);
	assert_int_equal(expires_after_call(&world, slot), 1060 + 160);
	world_wait(&world, 1);
	assert_int_equal(expires_after_call(&world, slot), 1070 + 160);
	world_done(&world);
}

static void a_session_ends_in_the_time_that_there_is(void **state)
{
	(void)state;
	struct world world = open_world(6);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	struct session_open open = {.pool = world.pool, .ref = STR("A-1"), .parties = parties, .parties_n = 2};
	uint32_t slot;
	bool new;

	for (open.expires_at = START_MS / 1000 - 1; open.expires_at <= START_MS / 1000; open.expires_at++)
		assert_int_equal(world_open_with(&world, &open, &slot, &new), ERR_BAD_REQUEST);
	assert_int_equal(world_open_with(&world, &open, &slot, &new), ERR_OK);
	assert_int_equal(world_row(&world, slot)->expires_at, START_MS / 1000 + 1);
	world_wait(&world, 1);
	assert_int_equal(world_row(&world, slot)->state, SESSION_CLOSING);
	parties[0] = party_of("customer", 8);
	parties[1] = party_of("courier", 9);
	open = (struct session_open){.pool = world.pool, .ref = STR("A-2"), .parties = parties, .parties_n = 2, .ttl_s = UINT32_MAX};
	assert_int_equal(world_open_with(&world, &open, &slot, &new), ERR_OK);
	assert_int_equal(world_row(&world, slot)->expires_at, UINT32_MAX - 1);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void a_pair_cools_from_its_end_to_the_second(void **state)
{
	(void)state;
	struct world world = open_world(2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct person person = person_of(number_of(CUSTOMER));
	uint64_t customer = person_short(&person);
	uint32_t vn = engine_vn_by_number(world.engine, vn_to_dial(world_row(&world, slot), "customer", "courier"));

	assert_false(engine_cools(world.engine, customer, vn)); /* it is held */
	assert_false(engine_cools(world.engine, customer + 1, vn));
	world_close(&world, slot, 60);
	assert_false(engine_cools(world.engine, customer, vn));
	world_wait(&world, 60);
	assert_true(engine_cools(world.engine, customer, vn));
	world_wait(&world, 600);
	assert_true(engine_cools(world.engine, customer, vn));
	world_wait(&world, 1);
	assert_false(engine_cools(world.engine, customer, vn));
	world_done(&world);
}

static void what_was_talked_is_of_sessions_that_are_there(void **state)
{
	(void)state;
	struct world world = open_world(8);
	struct pool_policy policy = policy_for_tests();
	uint32_t first = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint64_t id = engine_session_id(world.engine, first);

	assert_true(engine_talks_from(world.engine) == 0); /* no pool bounds it */
	world_begin(&world);
	assert_int_equal(engine_talked(world.engine, id, 0), ERR_OK);
	assert_int_equal(engine_talked(world.engine, id + 1, 60), ERR_OK);
	assert_int_equal(engine_talked(world.engine, id, 60), ERR_OK);
	world_end(&world);
	assert_int_equal(board_talked_s(engine_board(world.engine), first), 60);
	engine_load_talked(world.engine, id + 1, 60);
	engine_load_talked(world.engine, id, UINT64_MAX);
	assert_int_equal(board_talked_s(engine_board(world.engine), first), UINT32_MAX);
	policy.minutes_per_session = 5;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	uint32_t second = world_must_open(&world, "A-2", 8, 9);
	assert_true(engine_talks_from(world.engine) == id);
	world_close(&world, first, 0);
	assert_true(engine_talks_from(world.engine) == engine_session_id(world.engine, second));
	assert_int_equal(engine_session_pool(world.engine, second), world.pool);
	world_must_open(&world, "A-3", 10, 11); /* in the first one's slot: the later is not the lower */
	assert_true(engine_talks_from(world.engine) == engine_session_id(world.engine, second));
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_parties_reach_each_other_and_nobody_else_does),
		cmocka_unit_test(eight_parties_with_five_numbers_each_all_reach_each_other),
		cmocka_unit_test(a_party_that_may_not_call_still_has_its_pairs_reserved),
		cmocka_unit_test(the_same_order_again_is_the_same_session),
		cmocka_unit_test(requests_that_make_no_sense_are_refused_and_leave_nothing),
		cmocka_unit_test(closing_goes_through_grace_and_cool_down),
		cmocka_unit_test(what_leaves_the_parties_alone_says_so),
		cmocka_unit_test(a_second_close_only_shortens),
		cmocka_unit_test(a_session_is_extended_and_shortened),
		cmocka_unit_test(a_place_is_kept_whatever_it_is),
		cmocka_unit_test(forgetting_ends_at_once_and_wipes_the_numbers_but_pairs_cool),
		cmocka_unit_test(erasing_a_person_ends_its_sessions_and_wipes_it_there_only),
		cmocka_unit_test(a_grace_without_end_ends_with_time_itself),
		cmocka_unit_test(what_is_forgotten_when_its_grace_is_over_is_wiped_before_it_goes),
		cmocka_unit_test(a_tenant_erases_a_person_from_its_own_pools_alone),
		cmocka_unit_test(a_call_begins_the_time_anew_where_the_pool_says_so),
		cmocka_unit_test(not_every_ring_begins_the_time_anew),
		cmocka_unit_test(a_session_ends_in_the_time_that_there_is),
		cmocka_unit_test(a_pair_cools_from_its_end_to_the_second),
		cmocka_unit_test(what_was_talked_is_of_sessions_that_are_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
