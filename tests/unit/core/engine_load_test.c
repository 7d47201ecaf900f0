/* Starts: what a store holds comes back as it was, and what breaks an invariant is refused. */
#include "engine_fixture.h"

static void a_start_brings_everything_back(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	policy.unknown_caller = POOL_UNKNOWN_PIN;
	world_init(&world, &policy, 12);
	struct party parties[] = {
		party_of("customer", CUSTOMER), party_of("courier", COURIER), party_of("shop", 20)};
	uint32_t slot;

	party_add_number(&parties[0], 30);
	parties[2].place = (struct place){'I' << 8 | 'D', 21};
	assert_int_equal(world_open(&world, "A-1", parties, 3, &slot), ERR_OK);
	assert_int_equal(world_put(&world, slot, "courier", COURIER_2), ERR_OK);
	world_close(&world, world_must_open(&world, "A-2", 40, 41), -1);
	const struct session_row *before = world_row(&world, slot);
	struct pool_stock stock = world_stock(&world);
	struct engine_counts counts = engine_counts(world.engine);
	world_restart(&world);
	slot = engine_session_find(world.engine, before->id);
	struct session_row *after = world_row(&world, slot);
	after->parties[2].place = before->parties[2].place; /* kept by the engine only */
	assert_rows_equal(before, after);
	assert_all_reach(&world, slot);
	assert_memory_equal(&stock, &(struct pool_stock[]){world_stock(&world)}, sizeof stock);
	struct engine_counts again = engine_counts(world.engine);
	assert_memory_equal(&counts, &again, sizeof counts);
	assert_true(world_must_open(&world, "A-3", 50, 51) != slot);
	assert_true(world.kept.sessions[2]->row.id > before->id);
	world_done(&world);
}

static struct str say_nothing(void *context, const struct notice *notice, struct arena *arena)
{
	(void)context;
	(void)notice;
	return arena_str(arena, STR("{}"));
}

/* More of them than there may be sessions now, each as large as it can be: none keeps the start from succeeding. */
static void ends_that_a_stop_kept_from_being_told_never_refuse_a_start(void **state)
{
	enum { MANY = 5000 };
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct party parties[SESSION_PARTIES_MAX];
	char ref[192];
	const char *wrong;

	(void)state;
	world_init(&world, &policy, 2);
	struct engine_options options = world.options;
	options.limits.sessions = 4;
	options.tell = say_nothing;
	struct engine *engine = engine_new(&options);
	assert_non_null(engine);
	assert_int_equal(engine_load_pool(engine, &world.kept.pools[0]), ERR_OK);
	memset(ref, 'r', sizeof ref);
	for (int i = 0; i < SESSION_PARTIES_MAX; i++) {
		char role[8];
		snprintf(role, sizeof role, "role-%d", i);
		parties[i] = party_of(role, 10 + i);
	}
	for (uint64_t i = 1; i <= MANY; i++) {
		struct session_row row = {.id = i, .pool_id = 1, .ref = str_n(ref, 191), .state = SESSION_WAITING, .opened_at = 1,
			.expires_at = 2, .closed_at = 2, .grace_until = 3, .cool_until = 3, .announce = true, .parties = parties,
			.parties_n = SESSION_PARTIES_MAX};
		assert_int_equal(engine_load_session(engine, &row, &wrong), ERR_OK);
	}
	assert_int_equal(engine_load_done(engine), ERR_OK);
	/* All of them are told, tick by tick. */
	size_t told = 0, n;
	for (int round = 0; round < 1000 && told < MANY; round++) {
		engine_begin(engine, options.now_ms);
		engine_tick(engine, 256);
		const struct record *records = engine_records(engine, &n);
		for (size_t i = 0; i < n; i++)
			told += records[i].kind == RECORD_SESSION_TOLD;
		engine_commit(engine);
	}
	assert_int_equal(told, MANY);
	engine_free(engine);
	world_done(&world);
}

struct breaking {
	struct world world;
	struct engine *engine;
};

/* Everything but sessions. */
static void breaking_init(struct breaking *breaking)
{
	struct pool_policy policy = policy_for_tests();

	world_init(&breaking->world, &policy, 6);
	world_must_open(&breaking->world, "A-1", CUSTOMER, COURIER);
	world_must_open(&breaking->world, "A-2", 10, 11);
	breaking->engine = engine_new(&breaking->world.options);
	for (uint32_t i = 0; i < breaking->world.kept.pools_n; i++)
		assert_int_equal(engine_load_pool(breaking->engine, &breaking->world.kept.pools[i]), ERR_OK);
	for (uint32_t i = 0; i < breaking->world.kept.vns_n; i++)
		assert_int_equal(engine_load_vn(breaking->engine, &breaking->world.kept.vns[i]), ERR_OK);
}

static void breaking_done(struct breaking *breaking)
{
	engine_free(breaking->engine);
	world_done(&breaking->world);
}

static void assert_row_refused(struct breaking *breaking, const struct session_row *row)
{
	const char *wrong = NULL;

	engine_load_soon(breaking->engine, row); /* whatever it says */
	assert_int_equal(engine_load_session(breaking->engine, row, &wrong), ERR_STORE_REFUSED);
	assert_non_null(wrong);
}

static void rows_that_break_an_invariant_are_refused(void **state)
{
	(void)state;
	struct breaking breaking;
	breaking_init(&breaking);
	struct kept_session *first = breaking.world.kept.sessions[0];
	const struct kept_session good = *first;
	const char *wrong;

	first->parties[0].vn_id = first->parties[1].vn_id;
	assert_row_refused(&breaking, &first->row);
	*first = good;
	first->parties[0].vn_id = 99;
	assert_row_refused(&breaking, &first->row);
	*first = good;
	first->parties[0].persons[0] = first->parties[1].persons[0];
	assert_row_refused(&breaking, &first->row);
	*first = good;
	memcpy(first->parties[0].role, first->parties[1].role, sizeof first->parties[0].role);
	assert_row_refused(&breaking, &first->row);
	*first = good;
	first->row.parties_n = 1;
	assert_row_refused(&breaking, &first->row);
	*first = good;
	first->row.pool_id = 7;
	assert_row_refused(&breaking, &first->row);
	*first = good;
	first->row.views_n = 1;
	first->views[0] = (struct session_view_vn){0, 0, 3, vn_number_of(2)};
	assert_row_refused(&breaking, &first->row);
	*first = good;
	assert_int_equal(engine_load_session(breaking.engine, &first->row, &wrong), ERR_OK);
	assert_row_refused(&breaking, &first->row); /* twice */
	struct kept_session *second = breaking.world.kept.sessions[1];
	second->parties[0].persons[0] = first->parties[0].persons[0];
	second->parties[1].vn_id = first->parties[1].vn_id;
	second->parties[0].vn_id = first->parties[1].vn_id == 6 ? 5 : 6;
	assert_row_refused(&breaking, &second->row);
	breaking_done(&breaking);
}

static void too_many(struct kept_session *session)
{
	session->row.parties_n = SESSION_PARTIES_MAX + 1;
}

static void too_many_views(struct kept_session *session)
{
	session->row.views_n = SESSION_VIEWS_MAX + 1;
}

static void too_many_past(struct kept_session *session)
{
	session->row.past_n = SESSION_PAST_MAX + 1;
}

static void no_pool(struct kept_session *session)
{
	session->row.pool_id = 0;
}

static void no_ref(struct kept_session *session)
{
	session->row.ref = STR("");
}

static void no_role(struct kept_session *session)
{
	session->parties[0].role[0] = '\0';
}

static void no_numbers(struct kept_session *session)
{
	session->parties[0].numbers_n = 0;
}

static void too_many_numbers(struct kept_session *session)
{
	session->parties[0].numbers_n = SESSION_NUMBERS_MAX + 1;
}

static void bound_while_it_waits(struct kept_session *session)
{
	session->row.state = SESSION_WAITING;
}

static void live_without_a_vn(struct kept_session *session)
{
	session->parties[1].vn_id = 0;
}

static void view_by_nobody(struct kept_session *session)
{
	session->row.views_n = 1;
	session->views[0] = (struct session_view_vn){2, 0, 3, vn_number_of(2)};
}

static void view_of_nobody(struct kept_session *session)
{
	session->row.views_n = 1;
	session->views[0] = (struct session_view_vn){0, 2, 3, vn_number_of(2)};
}

static void view_by_no_vn(struct kept_session *session)
{
	session->row.views_n = 1;
	session->views[0] = (struct session_view_vn){0, 1, 0, NUMBER_NONE};
}

static void view_by_a_partys_vn(struct kept_session *session)
{
	session->row.views_n = 1;
	session->views[0] = (struct session_view_vn){0, 1, session->parties[0].vn_id, session->parties[0].vn};
}

static void one_pin_for_two(struct kept_session *session)
{
	for (int i = 0; i < 2; i++) {
		session->parties[i].pin = 1234;
		session->parties[i].pin_digits = 8;
	}
}

static struct session_past some_past;

static void past_with_another_pools_vn(struct kept_session *session)
{
	some_past = (struct session_past){session->parties[0].persons[0], 7, START_MS / 1000 + 100};
	session->row.past = &some_past;
	session->row.past_n = 1;
}

static void vns_of_two_accounts(struct kept_session *session)
{
	session->parties[1].vn_id = 8;
}

/* The seventh VN is another pool's, the eighth another account's. */
static void whatever_is_wrong_in_a_row_is_seen(void **state)
{
	static void (*const breaks[])(struct kept_session *session) = {too_many, too_many_views, too_many_past, no_pool, no_ref,
		no_role, no_numbers, too_many_numbers, bound_while_it_waits, live_without_a_vn, view_by_nobody, view_of_nobody,
		view_by_no_vn, view_by_a_partys_vn, one_pin_for_two, past_with_another_pools_vn, vns_of_two_accounts};
	struct breaking breaking;
	const char *wrong;

	(void)state;
	breaking_init(&breaking);
	struct kept_session *first = breaking.world.kept.sessions[0];
	const struct kept_session good = *first;
	struct pool_row pool = breaking.world.kept.pools[0];
	struct vn_row others = breaking.world.kept.vns[0], account = others;
	pool.id = 2;
	assert_true(str_copy(pool.name, sizeof pool.name, STR("bandung")));
	assert_int_equal(engine_load_pool(breaking.engine, &pool), ERR_OK);
	others.id = 7;
	others.pool_id = 2;
	others.number = vn_number_of(70);
	assert_int_equal(engine_load_vn(breaking.engine, &others), ERR_OK);
	account.id = 8;
	account.number = vn_number_of(80);
	assert_true(str_copy(account.account, sizeof account.account, STR("two")));
	assert_int_equal(engine_load_vn(breaking.engine, &account), ERR_OK);
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
		breaks[i](first);
		assert_row_refused(&breaking, &first->row);
		*first = good;
	}
	assert_int_equal(engine_load_session(breaking.engine, &first->row, &wrong), ERR_OK);
	assert_int_equal(engine_load_done(breaking.engine), ERR_OK);
	assert_null(engine_audit(breaking.engine));
	breaking_done(&breaking);
}

static void an_exclusive_vn_in_two_sessions_is_refused(void **state)
{
	(void)state;
	struct breaking breaking;
	const char *wrong;
	breaking_init(&breaking);
	struct engine *engine = engine_new(&breaking.world.options);
	struct pool_row pool = breaking.world.kept.pools[0];
	struct kept_session *second = breaking.world.kept.sessions[1];

	engine_free(breaking.engine);
	breaking.engine = engine;
	pool.policy.mode = POOL_EXCLUSIVE;
	assert_int_equal(engine_load_pool(engine, &pool), ERR_OK);
	for (uint32_t i = 0; i < breaking.world.kept.vns_n; i++)
		assert_int_equal(engine_load_vn(engine, &breaking.world.kept.vns[i]), ERR_OK);
	assert_int_equal(engine_load_session(engine, &breaking.world.kept.sessions[0]->row, &wrong), ERR_OK);
	second->parties[0].vn_id = breaking.world.kept.sessions[0]->parties[0].vn_id;
	assert_row_refused(&breaking, &second->row);
	breaking_done(&breaking);
}

/* What has ended is of use for its pairs alone; of a pool that is not there nothing is told. */
static void an_end_in_a_pool_that_is_not_there_is_told_to_nobody(void **state)
{
	(void)state;
	struct breaking breaking;
	const char *wrong;
	size_t n;
	breaking_init(&breaking);
	struct session_row row = breaking.world.kept.sessions[0]->row;

	breaking.world.options.tell = say_nothing;
	engine_free(breaking.engine);
	breaking.engine = engine_new(&breaking.world.options);
	row.state = SESSION_WAITING;
	row.closed_at = row.grace_until = row.cool_until = START_MS / 1000 - 1;
	row.announce = true;
	row.parties_n = 0;
	for (row.pool_id = 0; row.pool_id < 3; row.pool_id += 2)
		assert_int_equal(engine_load_session(breaking.engine, &row, &wrong), ERR_OK);
	assert_int_equal(engine_load_pool(breaking.engine, &breaking.world.kept.pools[0]), ERR_OK);
	assert_int_equal(engine_load_done(breaking.engine), ERR_OK);
	engine_begin(breaking.engine, START_MS);
	assert_false(engine_tick(breaking.engine, 100));
	engine_records(breaking.engine, &n);
	assert_int_equal(n, 0);
	engine_rollback(breaking.engine);
	breaking_done(&breaking);
}

static void tombstones_that_are_over_or_nobodys_are_passed_over(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct limits limits = WORLD_LIMITS;
	limits.tombstones = 2;
	world_init_limits(&world, &policy, 2, limits);
	const struct tombstone_row over = {.hash = 1, .until = START_MS / 1000}, nobodys = {.until = UINT32_MAX - 1};

	assert_int_equal(engine_load_tombstone(world.engine, &over), ERR_OK);
	assert_int_equal(engine_load_tombstone(world.engine, &nobodys), ERR_OK);
	assert_int_equal(engine_counts(world.engine).tombstones, 0);
	for (uint64_t hash = 1; hash <= 3; hash++) {
		const struct tombstone_row row = {.hash = hash << 32 | hash, .until = START_MS / 1000 + 1};
		assert_int_equal(engine_load_tombstone(world.engine, &row), hash <= 2 ? ERR_OK : ERR_LIMIT_REACHED);
	}
	world_done(&world);
}

static void pools_and_vns_out_of_order_are_refused(void **state)
{
	(void)state;
	struct breaking breaking;
	breaking_init(&breaking);
	struct pool_row pool = breaking.world.kept.pools[0];
	struct vn_row vn = breaking.world.kept.vns[0];

	assert_int_equal(engine_load_pool(breaking.engine, &pool), ERR_STORE_REFUSED);
	pool.id = 2;
	pool.level = POOL_LEVEL_EXHAUSTED + 1;
	assert_int_equal(engine_load_pool(breaking.engine, &pool), ERR_STORE_REFUSED);
	assert_int_equal(engine_load_vn(breaking.engine, &vn), ERR_STORE_REFUSED);
	vn.id = 7;
	assert_int_equal(engine_load_vn(breaking.engine, &vn), ERR_STORE_REFUSED); /* its number is the first's */
	vn.number = NUMBER_NONE;
	assert_int_equal(engine_load_vn(breaking.engine, &vn), ERR_STORE_REFUSED);
	vn.number = vn_number_of(7);
	for (vn.pool_id = 0; vn.pool_id <= 2; vn.pool_id += 2)
		assert_int_equal(engine_load_vn(breaking.engine, &vn), ERR_STORE_REFUSED);
	vn.pool_id = 1;
	assert_int_equal(engine_load_vn(breaking.engine, &vn), ERR_OK);
	breaking_done(&breaking);
}

static void a_full_table_of_tombstones_does_not_keep_it_from_starting(void **state)
{
	(void)state;
	struct world world;
	struct pool_policy policy = policy_for_tests();
	struct limits limits = WORLD_LIMITS;
	char ref[8];
	uint32_t slot;
	limits.tombstones = 6;
	world_init_limits(&world, &policy, 20, limits);

	for (int i = 0; i < 6; i++) {
		snprintf(ref, sizeof ref, "A-%d", i);
		slot = world_must_open(&world, ref, 10 + i, 20 + i);
		world_close(&world, slot, -1);
	}
	assert_int_equal(world_open_pair(&world, "B", 1, 2, &slot), ERR_LIMIT_REACHED);
	world_restart(&world);
	assert_int_equal(engine_counts(world.engine).tombstones, 6);
	assert_int_equal(engine_counts(world.engine).sessions, 6);
	world_wait(&world, 31 * 86400);
	assert_int_equal(world_open_pair(&world, "B", 1, 2, &slot), ERR_OK);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_brings_everything_back),
		cmocka_unit_test(ends_that_a_stop_kept_from_being_told_never_refuse_a_start),
		cmocka_unit_test(rows_that_break_an_invariant_are_refused),
		cmocka_unit_test(whatever_is_wrong_in_a_row_is_seen),
		cmocka_unit_test(an_exclusive_vn_in_two_sessions_is_refused),
		cmocka_unit_test(an_end_in_a_pool_that_is_not_there_is_told_to_nobody),
		cmocka_unit_test(tombstones_that_are_over_or_nobodys_are_passed_over),
		cmocka_unit_test(pools_and_vns_out_of_order_are_refused),
		cmocka_unit_test(a_full_table_of_tombstones_does_not_keep_it_from_starting),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
