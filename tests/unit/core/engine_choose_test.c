/* Which VN for whom: modes, one for both, habits, places, accounts, wishes. */
#include "engine_fixture.h"

static void an_exclusive_vn_serves_one_session_and_rests_longest_first(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.grace_s = 0;
	world_init(&world, &policy, 4);
	uint32_t a = world_must_open(&world, "A-1", 1, 2), b = world_must_open(&world, "A-2", 3, 4), other;

	assert_int_equal(world_open_pair(&world, "A-3", 5, 6, &other), ERR_POOL_EXHAUSTED);
	uint32_t first = world_row(&world, b)->parties[0].vn_id;
	world_close(&world, b, -1);
	assert_int_equal(world_stock(&world).cooling, 2);
	assert_int_equal(world_open_pair(&world, "A-3", 5, 6, &other), ERR_POOL_EXHAUSTED);
	world_wait(&world, 10);
	world_close(&world, a, -1);
	world_restart(&world);
	world_wait(&world, 20);
	assert_int_equal(world_stock(&world).free, 2);
	world_wait(&world, 10);
	uint32_t c = world_must_open(&world, "A-3", 5, 6);
	uint32_t now = world_row(&world, c)->parties[0].vn_id;
	assert_true(now == first || world_row(&world, c)->parties[1].vn_id == first);
	world_done(&world);
}

static void an_exclusive_vn_rests_even_if_the_stop_came_before_its_release(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.mode = POOL_EXCLUSIVE;
	policy.cooldown_s = 0;
	policy.rest_s = 300;
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", 1, 2), other;

	world_close(&world, slot, 60);
	world.now_ms += 100 * 1000;
	world_restart(&world);
	world_wait(&world, 0);
	assert_int_equal(world_stock(&world).cooling, 2);
	assert_int_equal(world_open_pair(&world, "A-2", 3, 4, &other), ERR_POOL_EXHAUSTED);
	world_wait(&world, 260);
	assert_int_equal(world_open_pair(&world, "A-2", 3, 4, &other), ERR_OK);
	world_done(&world);
}

static void one_vn_stands_for_both_where_the_pool_says_so(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.numbers = POOL_ONE;
	world_init(&world, &policy, 1);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;
	const struct session_row *row = world_row(&world, slot);
	struct party three[] = {party_of("a", 10), party_of("b", 11), party_of("c", 12)};

	assert_int_equal(row->parties[0].vn_id, row->parties[1].vn_id);
	assert_all_reach(&world, slot);
	assert_int_equal(world_open(&world, "A-2", three, 3, &other), ERR_TOO_MANY_PARTIES);
	assert_int_equal(world_open_pair(&world, "A-2", CUSTOMER, 9, &other), ERR_POOL_EXHAUSTED);
	assert_int_equal(world_open_pair(&world, "A-2", 8, 9, &other), ERR_OK);
	world_done(&world);
}

static void a_reserved_vn_named_by_one_of_two_is_for_both(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.numbers = POOL_ONE;
	world_init(&world, &policy, 0);
	struct vn_add add = {.number = vn_number_of(0), .account = world.account, .reserved = true};
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint32_t slot;

	world_add_vn(&world, world.pool, &add);
	parties[1].vn = vn_number_of(0);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void per_vn_max_is_kept(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.per_vn_max = 2;
	world_init(&world, &policy, 2);
	uint32_t other;

	world_must_open(&world, "A-1", 1, 2);
	world_must_open(&world, "A-2", 3, 4);
	assert_int_equal(world_open_pair(&world, "A-3", 5, 6, &other), ERR_POOL_EXHAUSTED);
	world_done(&world);
}

static void where_people_avoid_a_courier_with_two_orders_has_two_numbers(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint32_t seen[5];
	world_init(&world, &policy, 10);

	for (int i = 0; i < 5; i++) {
		const char ref[] = {'A', (char)('0' + i), 0};
		seen[i] =
			party_in(world_row(&world, world_must_open(&world, ref, 10 + i, COURIER)), "courier")
				->vn_id;
		for (int k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
	}
	world_done(&world);
}

static void where_they_prefer_the_number_of_a_person_stays(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.stick = POOL_STICK_PREFER;
	world_init(&world, &policy, 50);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	uint32_t vn = party_in(world_row(&world, slot), "courier")->vn_id;

	world_close(&world, slot, 0);
	for (int i = 0; i < 5; i++) {
		const char ref[] = {'B', (char)('0' + i), 0};
		slot = world_must_open(&world, ref, 20 + i, COURIER);
		assert_int_equal(party_in(world_row(&world, slot), "courier")->vn_id, vn);
	}
	/* Never against a cooling pair. */
	slot = world_must_open(&world, "C", CUSTOMER, COURIER);
	assert_int_not_equal(party_in(world_row(&world, slot), "courier")->vn_id, vn);
	world_done(&world);
}

static void places_are_wished_for_or_asked_for_strictly(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct place jakarta = {'I' << 8 | 'D', 21}, bandung = {'I' << 8 | 'D', 22},
		     bengaluru = {'I' << 8 | 'N', 80};
	struct place *const places[] = {&jakarta, &jakarta, &bandung, &bengaluru};
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint32_t slot;
	policy.geo = POOL_GEO_AREA;
	world_init(&world, &policy, 0);

	for (int i = 0; i < 4; i++)
		world_add_vn(&world, world.pool,
			&(struct vn_add){
				.number = vn_number_of(i), .account = world.account, .place = *places[i]});
	parties[0].place = jakarta;
	parties[1].place = bandung;
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_true(world_row(&world, slot)->parties[0].vn_id <= 2);
	assert_int_equal(world_row(&world, slot)->parties[1].vn_id, 3);
	parties[1].place = (struct place){'S' << 8 | 'G', 1};
	parties[1] = party_of("courier", 7);
	assert_int_equal(world_open(&world, "A-2", parties, 2, &slot), ERR_OK); /* any will do */
	policy.geo_strict = true;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	assert_int_equal(world_open(&world, "A-3", parties, 2, &slot), ERR_POOL_EXHAUSTED);
	world_done(&world);
}

static void all_vns_of_a_session_are_of_one_account(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint16_t second;
	uint32_t slot;
	world_init(&world, &policy, 1);

	assert_int_equal(engine_account(world.engine, str_of("exotel"), str_of("two"), &second), ERR_OK);
	world_add_vn(&world, world.pool, &(struct vn_add){.number = vn_number_of(50), .account = second});
	assert_int_equal(world_open_pair(&world, "A-1", 1, 2, &slot), ERR_POOL_EXHAUSTED);
	world_add_vn(&world, world.pool, &(struct vn_add){.number = vn_number_of(51), .account = second});
	assert_int_equal(world_open_pair(&world, "A-1", 1, 2, &slot), ERR_OK);
	assert_true(world_row(&world, slot)->parties[0].vn_id >= 2 &&
		    world_row(&world, slot)->parties[1].vn_id >= 2);
	/* A third party finds nothing of that account. */
	assert_int_equal(world_put(&world, slot, "shop", 3), ERR_POOL_EXHAUSTED);
	world_done(&world);
}

static void a_wished_vn_that_is_not_to_be_had_is_refused(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 3);
	uint16_t elsewhere = world_pool(&world, "bandung", &policy);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint32_t slot;

	world_vns(&world, elsewhere, 1);
	parties[1].vn = vn_number_of(3);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_NOT_FOUND);
	parties[1].vn = vn_number_of(0);
	parties[0].vn = vn_number_of(0);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_NUMBER_IN_USE);
	parties[0].vn = vn_number_of(2);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_int_equal(world_row(&world, slot)->parties[0].vn_id, 3);
	parties[0].vn = NUMBER_NONE; /* the customer dials that VN in A-1 */
	assert_int_equal(world_open(&world, "A-2", parties, 2, &slot), ERR_NUMBER_IN_USE);
	world_done(&world);
}

static void a_wish_has_to_be_a_vn_and_all_of_one_account(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint16_t second;
	uint32_t slot;
	world_init(&world, &policy, 2);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};

	assert_int_equal(engine_account(world.engine, str_of("exotel"), str_of("two"), &second), ERR_OK);
	world_add_vn(&world, world.pool, &(struct vn_add){.number = vn_number_of(50), .account = second});
	parties[0].vn = vn_number_of(70);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_NOT_FOUND);
	parties[0].vn = vn_number_of(0);
	parties[1].vn = vn_number_of(50);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_NUMBER_IN_USE);
	parties[1].vn = vn_number_of(1);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	world_done(&world);
}

static void where_one_vn_stands_for_both_they_can_not_wish_for_two(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.numbers = POOL_ONE;
	world_init(&world, &policy, 3);
	struct party parties[] = {party_of("customer", CUSTOMER), party_of("courier", COURIER)};
	uint32_t slot;

	parties[0].vn = vn_number_of(0);
	parties[1].vn = vn_number_of(1);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_NUMBER_IN_USE);
	parties[1].vn = vn_number_of(0);
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	assert_all_reach(&world, slot);
	parties[0] = party_of("customer", 8);
	parties[1] = party_of("courier", 9);
	parties[0].vn = vn_number_of(2);
	assert_int_equal(world_open(&world, "A-2", parties, 2, &slot), ERR_OK);
	assert_true(number_equal(world_row(&world, slot)->parties[1].vn, vn_number_of(2)));
	assert_all_reach(&world, slot);
	world_done(&world);
}

/* How often is counted in a byte, and its last value is not used up. */
static void a_vn_stands_for_one_person_in_254_sessions_at_most(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[2];
	uint32_t slot, other;
	char ref[16];
	policy.per_vn_max = 1000;
	world_init(&world, &policy, 300);

	for (int i = 0; i < 254; i++) {
		snprintf(ref, sizeof ref, "A-%d", i);
		parties[0] = party_of("customer", 100 + i);
		parties[1] = party_of("courier", COURIER);
		parties[1].vn = vn_number_of(0);
		assert_int_equal(world_open(&world, ref, parties, 2, &slot), ERR_OK);
	}
	parties[0] = party_of("customer", 90);
	assert_int_equal(world_open(&world, "B-1", parties, 2, &other), ERR_NUMBER_IN_USE);
	parties[1].vn = NUMBER_NONE;
	assert_int_equal(world_open(&world, "B-1", parties, 2, &other), ERR_OK);
	assert_false(number_equal(world_row(&world, other)->parties[1].vn, vn_number_of(0)));
	/* Nor does it come to stand for them where it stood for somebody else. */
	parties[0] = party_of("customer", 91);
	parties[1] = party_of("courier", 92);
	parties[1].vn = vn_number_of(0);
	assert_int_equal(world_open(&world, "B-2", parties, 2, &other), ERR_OK);
	assert_int_equal(world_put(&world, other, "courier", COURIER), ERR_POOL_EXHAUSTED);
	assert_all_reach(&world, other);
	world_close(&world, slot, 0);
	assert_int_equal(world_put(&world, other, "courier", COURIER), ERR_OK);
	world_done(&world);
}

static void a_pool_that_lends_nothing_any_more_keeps_its_sessions(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint32_t id;
	world_init(&world, &policy, 4);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;

	for (int i = 0; i < 4; i++) {
		world_begin(&world);
		assert_int_equal(engine_vn_set(world.engine, world.tenant, vn_number_of(i), 1, -1, &id), ERR_OK);
		world_end(&world);
	}
	policy.geo = POOL_GEO_COUNTRY; /* shelves are made anew: there is nothing to lay on any */
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	assert_int_equal(world_put(&world, slot, "shop", 8), ERR_POOL_EXHAUSTED);
	assert_int_equal(world_open_pair(&world, "A-2", 10, 11, &other), ERR_POOL_EXHAUSTED);
	assert_all_reach(&world, slot);
	world_begin(&world);
	assert_int_equal(engine_vn_set(world.engine, world.tenant, world_row(&world, slot)->parties[0].vn, 0, -1, &id), ERR_OK);
	assert_int_equal(engine_vn_set(world.engine, world.tenant, world_row(&world, slot)->parties[1].vn, 0, -1, &id), ERR_OK);
	world_end(&world);
	assert_int_equal(world_open_pair(&world, "A-2", 10, 11, &other), ERR_OK);
	assert_all_reach(&world, other);
	world_done(&world);
}

/* A pair of theirs cools on VN 1, which rests by then: it is nobody's, but they may not dial it. */
static void dialled_vn_1(struct world *world, const char *ref, int person, int other)
{
	struct party parties[] = {party_of("customer", person), party_of("courier", other)};
	uint32_t slot;

	parties[0].vn = vn_number_of(2);
	parties[1].vn = vn_number_of(1);
	assert_int_equal(world_open(world, ref, parties, 2, &slot), ERR_OK);
	world_close(world, slot, 0);
	world_wait(world, 31);
}

/* Who replaces somebody in an exclusive pool may get the very VN that this change gives up, which is free to nobody yet; but not if
 * it is out by then, or of the wrong place. */
static void an_exclusive_session_takes_back_what_it_gives_up(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	uint32_t slot, id;
	policy.mode = POOL_EXCLUSIVE;
	world_init(&world, &policy, 4);
	for (int i = 0; i < 4; i++)
		dialled_vn_1(&world, (const char[]){'A', (char)('0' + i), 0}, 50 + i, 60 + i);
	struct party parties[] = {party_of("customer", 70), party_of("courier", 71), party_of("shop", 72)};
	for (int i = 0; i < 3; i++)
		parties[i].vn = vn_number_of(i + 1);

	assert_int_equal(world_open(&world, "B", parties, 3, &slot), ERR_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(world_put(&world, slot, "courier", 50 + i), ERR_OK);
		assert_true(number_equal(vn_to_dial(world_row(&world, slot), "courier", "customer"), vn_number_of(0)));
		assert_all_reach(&world, slot);
		assert_int_equal(world_stock(&world).lent, 4);
	}
	world_begin(&world);
	assert_int_equal(engine_vn_set(world.engine, world.tenant, vn_number_of(0), 1, -1, &id), ERR_OK);
	world_end(&world);
	assert_int_equal(world_put(&world, slot, "courier", 52), ERR_POOL_EXHAUSTED);
	world_begin(&world);
	assert_int_equal(engine_vn_set(world.engine, world.tenant, vn_number_of(0), 0, -1, &id), ERR_OK);
	world_end(&world);
	policy.geo = POOL_GEO_COUNTRY;
	policy.geo_strict = true;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	assert_int_equal(world_put(&world, slot, "courier", 52), ERR_POOL_EXHAUSTED);
	assert_all_reach(&world, slot);
	policy.geo_strict = false;
	world_begin(&world);
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	world_end(&world);
	assert_int_equal(world_put(&world, slot, "courier", 52), ERR_OK);
	assert_all_reach(&world, slot);
	world_done(&world);
}

/* The same person as one who asks while the index key is being rotated. */
static struct party party_between_keys(const char *role, int person)
{
	struct party party = party_of(role, person);

	party.persons_old[0] = person_short(&party.persons[0]);
	party.persons[0].key[0] ^= 0xff;
	return party;
}

static void while_keys_rotate_a_pair_that_cools_by_the_old_key_bars_its_vn(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER), other;
	struct party newcomer = party_of("courier", COURIER_2);
	struct number dialled = world_row(&world, slot)->parties[0].vn;

	world_begin(&world);
	assert_int_equal(engine_party_put(world.engine, slot, &newcomer), ERR_OK);
	world_commit(&world);
	struct party parties[] = {party_between_keys("customer", 8), party_between_keys("courier", COURIER)};
	parties[0].vn = dialled; /* the courier dialled it, and it cools */
	assert_int_equal(world_open(&world, "A-2", parties, 2, &other), ERR_NUMBER_IN_USE);
	parties[0].vn = NUMBER_NONE;
	assert_int_equal(world_open(&world, "A-2", parties, 2, &other), ERR_OK);
	assert_false(number_equal(world_row(&world, other)->parties[0].vn, dialled));
	/* Its own session may have the courier back, and remembers who it is. */
	world_begin(&world);
	assert_int_equal(engine_party_put(world.engine, slot, &parties[1]), ERR_OK);
	world_commit(&world);
	const struct session_row *row = world_row(&world, slot);
	assert_true(row->parties[1].persons_old[0] == parties[1].persons_old[0]);
	assert_true(number_equal(row->parties[0].vn, dialled));
	assert_true(row->parties[0].persons_old[0] == 0);
	assert_null(engine_audit(world.engine));
	world_done(&world);
}

/* Whoever comes back is told apart from others who were replaced, on this VN and on others; and the past is over when it has cooled. */
static void by_the_old_key_a_session_knows_who_was_its_own(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 2);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	struct party back = party_between_keys("courier", COURIER_2);
	struct number vn = world_row(&world, slot)->parties[0].vn;

	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	world_wait(&world, 300);
	assert_int_equal(world_put(&world, slot, "customer", 8), ERR_OK);
	assert_int_equal(world_put(&world, slot, "courier", 9), ERR_OK);
	for (int past = 3; past >= 2; past--) {
		world_begin(&world);
		assert_int_equal(engine_party_put(world.engine, slot, &back), ERR_OK);
		const struct session_row *row = world_row(&world, slot);
		assert_true(number_equal(vn_to_dial(row, "courier", "customer"), vn));
		assert_int_equal(row->past_n, past + 1); /* the old key's pair cools on, and that of whom it replaced */
		engine_rollback(world.engine);
		world_wait(&world, 301);
	}
	world_done(&world);
}

static void persons_of_the_old_key_cost_room_only_where_there_are_any(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	world_init(&world, &policy, 20);
	struct party parties[] = {party_between_keys("customer", 8), party_between_keys("courier", 9)};
	uint32_t slot;

	party_add_number(&parties[0], 10);
	parties[0].persons_old[1] = 77;
	parties[1].place = (struct place){'I' << 8 | 'D', 21};
	assert_int_equal(world_open(&world, "A-1", parties, 2, &slot), ERR_OK);
	for (int i = 0; i < 2; i++)
		assert_memory_equal(world_row(&world, slot)->parties[i].persons_old, parties[i].persons_old,
			sizeof parties[i].persons_old);
	slot = world_must_open(&world, "A-2", 11, 12);
	assert_true(world_row(&world, slot)->parties[0].persons_old[0] == 0);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exclusive_vn_serves_one_session_and_rests_longest_first),
		cmocka_unit_test(an_exclusive_vn_rests_even_if_the_stop_came_before_its_release),
		cmocka_unit_test(one_vn_stands_for_both_where_the_pool_says_so),
		cmocka_unit_test(a_reserved_vn_named_by_one_of_two_is_for_both),
		cmocka_unit_test(per_vn_max_is_kept),
		cmocka_unit_test(where_people_avoid_a_courier_with_two_orders_has_two_numbers),
		cmocka_unit_test(where_they_prefer_the_number_of_a_person_stays),
		cmocka_unit_test(places_are_wished_for_or_asked_for_strictly),
		cmocka_unit_test(all_vns_of_a_session_are_of_one_account),
		cmocka_unit_test(a_wished_vn_that_is_not_to_be_had_is_refused),
		cmocka_unit_test(a_wish_has_to_be_a_vn_and_all_of_one_account),
		cmocka_unit_test(where_one_vn_stands_for_both_they_can_not_wish_for_two),
		cmocka_unit_test(a_vn_stands_for_one_person_in_254_sessions_at_most),
		cmocka_unit_test(a_pool_that_lends_nothing_any_more_keeps_its_sessions),
		cmocka_unit_test(an_exclusive_session_takes_back_what_it_gives_up),
		cmocka_unit_test(by_the_old_key_a_session_knows_who_was_its_own),
		cmocka_unit_test(while_keys_rotate_a_pair_that_cools_by_the_old_key_bars_its_vn),
		cmocka_unit_test(persons_of_the_old_key_cost_room_only_where_there_are_any),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
