/* Blocks as the engine keeps them: undone, published with the batch, expired, erased, loaded. */
#include "unit/core/engine_fixture.h"

#define MODEL_MAX 64

struct model_block {
	uint64_t id;
	struct number number, with;
	enum block_direction direction;
	uint32_t until;
};

/* What the committed records say. */
struct model {
	struct model_block at[MODEL_MAX];
	int n;
};

static void model_take(struct model *model, const struct record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct block_row *row = records[i].block;
		int at = 0;
		if (records[i].kind != RECORD_BLOCK && records[i].kind != RECORD_BLOCK_DROP)
			continue;
		while (at < model->n && model->at[at].id != row->id)
			at++;
		if (records[i].kind == RECORD_BLOCK_DROP) {
			assert_true(at < model->n);
			model->at[at] = model->at[--model->n];
			continue;
		}
		assert_true(at < MODEL_MAX);
		model->at[at] = (struct model_block){row->id, row->number, row->with, row->direction, row->until};
		model->n += at == model->n;
	}
}

static void model_compare(const struct world *world, const struct model *model)
{
	const struct blocks *blocks = board_list(engine_board(world->engine), BOARD_BLOCKED);
	enum block_direction direction;
	uint32_t until;

	assert_int_equal(engine_counts(world->engine).blocks, model->n);
	assert_int_equal(blocks_count(blocks), model->n);
	for (int i = 0; i < model->n; i++) {
		struct block_key key = {world->pool, model->at[i].number, model->at[i].with};
		assert_true(blocks_find(blocks, &key, &direction, &until));
		assert_true(direction == model->at[i].direction && until == model->at[i].until);
	}
}

static struct block_row any_block(const struct world *world, struct random *random)
{
	struct block_row row = {.pool_id = world->pool + 1u, .number = number_of((int)random_below(random, 8)),
		.direction = (enum block_direction)random_below(random, 3), .reason = STR("a reason")};

	if (random_below(random, 2))
		row.with = number_of(20 + (int)random_below(random, 8));
	if (random_below(random, 2))
		row.until = (uint32_t)(world->now_ms / 1000) + 1 + random_below(random, 30);
	return row;
}

static void one_change(struct world *world, struct model *model, struct random *random)
{
	struct block_row row = any_block(world, random), gone;
	uint32_t mark = engine_mark(world->engine), n = 0;
	bool fresh;

	switch (random_below(random, 4)) {
	case 0:
		if (model->n) {
			enum err err = engine_block_drop(world->engine, world->tenant, model->at[random_below(random,
				(uint32_t)model->n)].id,
				&gone);
			assert_true(err == ERR_OK || err == ERR_NOT_FOUND); /* dropped in this batch */
		}
		break;
	case 1:
		if (random_below(random, 8) == 0)
			assert_int_equal(engine_block_erase(world->engine, world->tenant, row.number, 5, &n), ERR_OK);
		break;
	default: {
		enum err err = engine_block_put(world->engine, &row, &fresh);
		assert_true(err == ERR_OK || err == ERR_LIMIT_REACHED);
	}
	}
	if (random_below(random, 4) == 0)
		engine_undo(world->engine, mark);
}

static void whatever_is_undone_the_board_says_what_the_store_says(void **state)
{
	struct random random = {test_seed()};
	struct limits limits = WORLD_LIMITS;
	struct pool_policy policy = policy_for_tests();
	struct model model = {.n = 0};
	struct world world;

	(void)state;
	limits.blocks = 30;
	world_init_limits(&world, &policy, 4, limits);
	for (int batch = 0; batch < 3000; batch++) {
		size_t n;
		world.now_ms += random_below(&random, 2000);
		world_begin(&world);
		for (uint32_t i = random_below(&random, 8); i > 0; i--)
			one_change(&world, &model, &random);
		engine_mark(world.engine);
		(void)engine_tick(world.engine, 10);
		if (random_below(&random, 5) == 0) {
			engine_rollback(world.engine);
		} else {
			const struct record *records = engine_records(world.engine, &n);
			model_take(&model, records, n);
			engine_commit(world.engine);
		}
		model_compare(&world, &model);
	}
	/* Another engine with the same rows. */
	world_restart(&world);
	for (int i = 0; i < model.n; i++) {
		const struct model_block *is = &model.at[i];
		assert_int_equal(engine_load_block(world.engine, &(struct block_row){.id = is->id,
			.pool_id = world.pool + 1u, .number = is->number,
			.with = is->with, .direction = is->direction, .until = is->until}), ERR_OK);
	}
	model_compare(&world, &model);
	world_done(&world);
}

static void at_the_limit_there_is_an_error_and_nothing_done(void **state)
{
	struct limits limits = WORLD_LIMITS;
	struct pool_policy policy = policy_for_tests();
	struct world world;
	bool fresh;

	(void)state;
	limits.blocks = 2;
	world_init_limits(&world, &policy, 4, limits);
	world_begin(&world);
	for (int i = 0; i < 3; i++) {
		struct block_row row = {.pool_id = world.pool + 1u, .number = number_of(i)};
		assert_int_equal(engine_block_put(world.engine, &row, &fresh), i < 2 ? ERR_OK : ERR_LIMIT_REACHED);
	}
	engine_commit(world.engine);
	assert_int_equal(engine_counts(world.engine).blocks, 2);
	world_done(&world);
}

static void a_block_is_another_tenants_affair(void **state)
{
	struct limits limits = WORLD_LIMITS;
	struct pool_policy policy = policy_for_tests();
	struct world world;
	uint32_t n;
	bool fresh;

	(void)state;
	limits.blocks = 2;
	world_init_limits(&world, &policy, 4, limits);
	struct block_row row = {.pool_id = world.pool + 1u, .number = number_of(1)}, gone;
	world_begin(&world);
	assert_int_equal(engine_block_put(world.engine, &row, &fresh), ERR_OK);
	assert_int_equal(engine_block_drop(world.engine, (uint16_t)(world.tenant + 1), row.id, &gone), ERR_NOT_FOUND);
	assert_int_equal(engine_block_erase(world.engine, (uint16_t)(world.tenant + 1), row.number, 10, &n), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(engine_block_drop(world.engine, world.tenant, row.id, &gone), ERR_OK);
	engine_commit(world.engine);
	world_done(&world);
}

static void rows_that_make_no_sense_are_refused(void **state)
{
	struct limits limits = WORLD_LIMITS;
	struct pool_policy policy = policy_for_tests();
	struct world world;

	(void)state;
	limits.blocks = 5;
	world_init_limits(&world, &policy, 4, limits);
	const struct block_row good = {.id = 7, .pool_id = world.pool + 1u, .number = number_of(1)};
	struct block_row bad[] = {good, good, good, good, good};
	assert_int_equal(engine_load_block(world.engine, &good), ERR_OK);
	bad[0].id = 8; /* the same number again */
	bad[1].number = number_of(2); /* the same id again */
	bad[2] = (struct block_row){.id = 9, .pool_id = 17, .number = number_of(2)};
	bad[3] = (struct block_row){.id = 9, .pool_id = 1};
	bad[4] = (struct block_row){.id = 9, .pool_id = 1, .number = number_of(2), .with = number_of(2)};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(engine_load_block(world.engine, &bad[i]), ERR_STORE_REFUSED);
	world_done(&world);
}

/* --- how long sessions talk --- */

static void what_was_talked_is_published_with_the_batch_and_forgotten_with_the_session(void **state)
{
	struct pool_policy policy = policy_for_tests();
	struct world world;

	(void)state;
	policy.minutes_per_session = 5;
	world_init(&world, &policy, 8);
	uint32_t slot = world_must_open(&world, "A-1", CUSTOMER, COURIER);
	const struct board *board = engine_board(world.engine);
	uint64_t id = engine_session_id(world.engine, slot);
	assert_true(engine_talks_from(world.engine) == id);
	world_begin(&world);
	assert_int_equal(engine_talked(world.engine, id, 100), ERR_OK);
	assert_int_equal(board_talked_s(board, slot), 0);
	engine_rollback(world.engine);
	assert_int_equal(board_talked_s(board, slot), 0);
	world_begin(&world);
	assert_int_equal(engine_talked(world.engine, id, 100), ERR_OK);
	assert_int_equal(engine_talked(world.engine, id, 50), ERR_OK);
	assert_int_equal(engine_talked(world.engine, id + 1, 50), ERR_OK); /* of no session that is open */
	world_end(&world);
	assert_int_equal(board_talked_s(board, slot), 150);
	world_restart(&world);
	engine_load_talked(world.engine, id, 150);
	slot = engine_session_find(world.engine, id);
	assert_int_equal(board_talked_s(engine_board(world.engine), slot), 150);
	world_close(&world, slot, 0);
	world_wait(&world, 1);
	uint32_t next = world_must_open(&world, "A-2", CUSTOMER + 10, COURIER + 10);
	assert_int_equal(next, slot);
	assert_int_equal(board_talked_s(engine_board(world.engine), next), 0);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_undone_the_board_says_what_the_store_says),
		cmocka_unit_test(at_the_limit_there_is_an_error_and_nothing_done),
		cmocka_unit_test(a_block_is_another_tenants_affair),
		cmocka_unit_test(rows_that_make_no_sense_are_refused),
		cmocka_unit_test(what_was_talked_is_published_with_the_batch_and_forgotten_with_the_session),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
