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

static void pools_and_vns_out_of_order_are_refused(void **state)
{
	(void)state;
	struct breaking breaking;
	breaking_init(&breaking);

	assert_int_equal(engine_load_pool(breaking.engine, &breaking.world.kept.pools[0]), ERR_STORE_REFUSED);
	assert_int_equal(engine_load_vn(breaking.engine, &breaking.world.kept.vns[0]), ERR_STORE_REFUSED);
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
		cmocka_unit_test(pools_and_vns_out_of_order_are_refused),
		cmocka_unit_test(a_full_table_of_tombstones_does_not_keep_it_from_starting),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
