/* Each allocation of the core fails in turn: a table is made whole or not at all, a change is refused and has done nothing. What leaks
 * then is seen by the address sanitizer. */
#include "engine_fixture.h"

#include "core/attempts.h"
#include "core/ongoing.h"
#include "core/pace.h"
#include "core/scan.h"
#include "unit/memory.h"

static const struct limits limits = {.sessions = 20, .routes = 200, .pairs = 400, .tombstones = 40, .numbers = 400, .pools = 4,
	.accounts = 4, .tenants = 4, .roles = 16, .calls = 4, .idempotency = 4, .blocks = 8};

static struct world world;

static void make_attempts(void *data)
{
	unsigned long failed = memory_failed;
	struct attempts *made = attempts_new(10, 1);

	(void)data;
	assert_int_equal(made == NULL, memory_failed != failed);
	if (made)
		attempts_free(made);
}

static void make_ongoing(void *data)
{
	unsigned long failed = memory_failed;
	struct ongoing *made = ongoing_new(10, 1);

	(void)data;
	assert_int_equal(made == NULL, memory_failed != failed);
	ongoing_free(made);
}

static void make_pace(void *data)
{
	unsigned long failed = memory_failed;
	struct pace *made = pace_new(10, 1);

	(void)data;
	assert_int_equal(made == NULL, memory_failed != failed);
	pace_free(made);
}

static void make_scan(void *data)
{
	unsigned long failed = memory_failed;
	struct scan *made = scan_new(10, 1);

	(void)data;
	assert_int_equal(made == NULL, memory_failed != failed);
	scan_free(made);
}

static void make_board(void *data)
{
	unsigned long failed = memory_failed;
	struct board *made = board_new(&limits, 1);

	(void)data;
	assert_int_equal(made == NULL, memory_failed != failed);
	board_free(made);
}

/* The first block of its batches is all that it can do without. */
static void make_engine(void *data)
{
	const struct engine_options options = {.limits = limits, .seed = 1, .now_ms = START_MS, .batch_bytes = 65536};
	unsigned long failed = memory_failed;
	struct engine *made = engine_new(&options);
	int *without = data;

	*without += made && memory_failed != failed;
	assert_true(made || memory_failed != failed);
	if (made)
		assert_non_null(engine_board(made));
	engine_free(made);
}

static void a_table_is_made_whole_or_not_at_all(void **state)
{
	int without = 0;

	(void)state;
	assert_true(memory_try(make_attempts, NULL) >= 6);
	assert_true(memory_try(make_ongoing, NULL) >= 8);
	assert_true(memory_try(make_pace, NULL) >= 4);
	assert_true(memory_try(make_scan, NULL) >= 4);
	assert_true(memory_try(make_board, NULL) >= 20);
	assert_true(memory_try(make_engine, &without) >= 60);
	assert_int_equal(without, 1);
}

/* --- changes --- */

static void make_world(int vns)
{
	struct pool_policy policy = policy_for_tests();

	world_init_limits(&world, &policy, vns, limits);
}

/* In a batch that is taken back: the next try begins where this one did. */
static void try_change(enum err change(void))
{
	unsigned long failed = memory_failed;
	struct engine_counts before = engine_counts(world.engine);
	struct pool_stock stock = world_stock(&world);

	world_begin(&world);
	enum err err = change();
	memory_left = -1; /* an audit allocates too */
	assert_int_equal(err, memory_failed == failed ? ERR_OK : ERR_LIMIT_REACHED);
	if (err) {
		struct engine_counts after = engine_counts(world.engine);
		struct pool_stock now = world_stock(&world);
		assert_memory_equal(&after, &before, sizeof after);
		assert_memory_equal(&now, &stock, sizeof now);
	}
	world_audit(&world);
	engine_rollback(world.engine);
	world_audit(&world);
}

static enum err add_vns(void)
{
	enum err err = ERR_OK;
	uint32_t mark = engine_mark(world.engine);

	for (int i = 0; i < 100 && !err; i++)
		err = engine_vn_add(world.engine, world.pool,
			&(struct vn_add){.number = vn_number_of(200 + i), .account = world.account});
	if (err)
		engine_undo(world.engine, mark);
	return err;
}

static void try_add_vns(void *data)
{
	(void)data;
	engine_free(world.engine);
	long left = memory_left;
	memory_left = -1;
	world.engine = engine_new(&world.options);
	assert_non_null(world.engine);
	kept_load(&world.kept, world.engine, (uint32_t)(world.now_ms / 1000));
	world_names(&world);
	memory_left = left;
	try_change(add_vns);
}

static enum err set_geo(void)
{
	struct pool_policy policy = policy_for_tests();

	policy.geo = POOL_GEO_COUNTRY;
	return engine_pool_set(world.engine, world.pool, &policy);
}

static void a_vn_is_added_whole_or_not_at_all(void **state)
{
	(void)state;
	make_world(2);
	assert_in_range(memory_try(try_add_vns, NULL), 6, 40);
	world_done(&world);
}

static void a_pool_keeps_its_shelves_without_memory_for_others(void **state)
{
	(void)state;
	make_world(40);
	for (long n = 0; n < 2; n++) {
		unsigned long failed = memory_failed;
		memory_gone = false;
		memory_left = n;
		try_change(set_geo);
		assert_int_equal(memory_failed, failed + 1);
	}
	try_change(set_geo);
	assert_true(world_must_open(&world, "A-1", CUSTOMER, COURIER) != ENGINE_NONE);
	world_done(&world);
}

static enum err erase_customer(void)
{
	uint32_t n = 77;
	enum err err = engine_erase(world.engine, number_of(CUSTOMER), &n);

	assert_int_equal(n, err ? 77 : 2);
	return err;
}

static void try_erase(void *data)
{
	(void)data;
	try_change(erase_customer);
}

static void whom_to_erase_is_looked_for_in_all_sessions_or_in_none(void **state)
{
	(void)state;
	make_world(8);
	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	world_must_open(&world, "A-2", CUSTOMER, COURIER_2);
	uint32_t third = world_must_open(&world, "A-3", 10, 11);
	assert_int_equal(memory_try(try_erase, NULL), 2);
	assert_all_reach(&world, third);
	world_done(&world);
}

static void without_memory_nobody_says_that_a_number_is_free(void **state)
{
	const struct vn_add adds[] = {{.number = number_of(CUSTOMER)}, {.number = vn_number_of(300)}};
	bool in_use[2];

	(void)state;
	make_world(4);
	world_must_open(&world, "A-1", CUSTOMER, COURIER);
	assert_int_equal(engine_vn_in_use(world.engine, adds, 2, in_use), ERR_OK);
	assert_true(in_use[0] && !in_use[1]);
	memory_gone = true;
	memory_left = 0;
	enum err err = engine_vn_in_use(world.engine, adds, 2, in_use);
	memory_left = -1;
	assert_int_equal(err, ERR_LIMIT_REACHED);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_made_whole_or_not_at_all),
		cmocka_unit_test(a_vn_is_added_whole_or_not_at_all),
		cmocka_unit_test(a_pool_keeps_its_shelves_without_memory_for_others),
		cmocka_unit_test(whom_to_erase_is_looked_for_in_all_sessions_or_in_none),
		cmocka_unit_test(without_memory_nobody_says_that_a_number_is_free),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
