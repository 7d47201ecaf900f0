/* Strangers who try one number after the other, from notes to what is told and who is refused. */
#include "unit/test.h"

#include "base/check.h"
#include "core/scan.h"
#include "serve/writer_abuse.h"

#define START_MS 1795341600000
#define STRANGER 99900000000u
#define THRESHOLD 4

struct world {
	struct engine *engine;
	struct writer_abuse *abuse;
	struct arena arena;
	int64_t now_ms;
	uint16_t tenant, pool;
	int events, audits; /* that were stored */
	char data[512], token[64];
};

static struct world world;

static struct str tell_nothing(void *context, const struct notice *notice, struct arena *arena)
{
	(void)context, (void)notice;
	return arena_str(arena, STR("{}"));
}

static void begin(void)
{
	arena_reset(&world.arena);
	engine_begin(world.engine, world.now_ms);
	engine_mark(world.engine);
}

static void store(void)
{
	size_t n;
	const struct record *records = engine_records(world.engine, &n);

	for (size_t i = 0; i < n; i++) {
		if (records[i].kind == RECORD_OUTBOX && str_equal(records[i].outbox->type, STR("abuse.suspected"))) {
			world.events++;
			assert_true(str_copy(world.data, sizeof world.data, records[i].outbox->data));
		}
		if (records[i].kind == RECORD_AUDIT) {
			world.audits++;
			assert_string_equal(records[i].audit->action.at, "abuse.suspect");
			assert_true(str_copy(world.token, sizeof world.token, records[i].audit->target));
		}
	}
	engine_commit(world.engine);
	writer_abuse_commit(world.abuse, world.now_ms);
}

static int set_up(void **state)
{
	struct pool_policy policy = pool_policy_default('I' << 8 | 'D');
	const uint64_t key[2] = {1, 2};

	(void)state;
	world = (struct world){.now_ms = START_MS};
	struct engine_options options = {.limits = LIMITS_DEFAULT(100), .seed = 1, .now_ms = world.now_ms,
		.tell = tell_nothing};
	world.engine = engine_new(&options);
	arena_init(&world.arena, 1 << 20);
	assert_int_equal(engine_tenant(world.engine, STR("main"), &world.tenant), ERR_OK);
	policy.scan_vns = THRESHOLD;
	begin();
	assert_int_equal(engine_pool_create(world.engine, world.tenant, STR("jakarta"), &policy, &world.pool), ERR_OK);
	engine_commit(world.engine);
	world.abuse = writer_abuse_new(engine_board(world.engine), key, 7);
	assert_non_null(world.abuse);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writer_abuse_free(world.abuse);
	engine_free(world.engine);
	arena_done(&world.arena);
	return 0;
}

static enum err rings(uint64_t stranger, uint32_t vn)
{
	const struct call_note note = {.call = {.pool_id = world.pool + 1u}, .caller = stranger * 7, .vn = vn,
		.stranger = {stranger}};

	engine_mark(world.engine);
	return writer_abuse_note(world.abuse, world.engine, &note, world.now_ms, &world.arena);
}

static void ring_from_to(uint64_t stranger, uint32_t first, uint32_t last)
{
	for (uint32_t vn = first; vn <= last; vn++)
		assert_int_equal(rings(stranger, vn), ERR_OK);
}

static bool is_refused(uint64_t number)
{
	return blocks_bar(board_list(engine_board(world.engine), BOARD_SUSPECTED), world.pool, (struct number){number},
		NUMBER_NONE,
		(uint32_t)(world.now_ms / 1000));
}

static void who_is_suspected_is_told_once_and_refused_for_an_hour(void **state)
{
	(void)state;
	begin();
	ring_from_to(STRANGER, 1, THRESHOLD - 1);
	store();
	assert_false(is_refused(STRANGER));
	begin();
	ring_from_to(STRANGER, THRESHOLD, 10);
	assert_false(is_refused(STRANGER)); /* not before it is stored */
	store();
	assert_true(is_refused(STRANGER));
	assert_int_equal(world.events, 1);
	assert_int_equal(world.audits, 1);
	assert_int_equal(writer_abuse_count(world.abuse), 1);
	assert_non_null(strstr(world.data, world.token));
	assert_non_null(strstr(world.data, "\"vns\":4"));
	assert_null(strstr(world.data, "99900000000"));
	world.now_ms += SCAN_SPAN_S * 1000 - 1;
	assert_true(is_refused(STRANGER));
	world.now_ms++;
	assert_false(is_refused(STRANGER));
	begin();
	store();
	assert_false(blocks_any(board_list(engine_board(world.engine), BOARD_SUSPECTED), world.pool));
}

static void a_batch_that_was_not_stored_is_noted_again(void **state)
{
	(void)state;
	for (int again = 0; again < 3; again++) {
		begin();
		ring_from_to(STRANGER, 1, 10);
		engine_rollback(world.engine);
		writer_abuse_undo(world.abuse);
		assert_false(is_refused(STRANGER));
	}
	begin();
	ring_from_to(STRANGER, 1, 10);
	store();
	assert_int_equal(world.events, 1);
	assert_true(is_refused(STRANGER));
}

static void without_room_in_the_batch_nothing_is_noted(void **state)
{
	(void)state;
	begin();
	ring_from_to(STRANGER, 1, THRESHOLD - 1);
	while (engine_note(world.engine, &(struct record){.kind = RECORD_TIME, .time_ms = 1}) == ERR_OK)
		;
	assert_int_equal(rings(STRANGER, THRESHOLD), ERR_LIMIT_REACHED);
	assert_int_equal(rings(STRANGER, THRESHOLD), ERR_LIMIT_REACHED);
	engine_commit(world.engine);
	writer_abuse_commit(world.abuse, world.now_ms);
	assert_false(is_refused(STRANGER));
	begin();
	assert_int_equal(rings(STRANGER, THRESHOLD), ERR_OK);
	store();
	assert_int_equal(world.events, 1);
}

static void a_pool_may_suspect_nobody(void **state)
{
	struct pool_policy policy = engine_pool(world.engine, world.pool)->policy;

	(void)state;
	policy.scan_vns = 0;
	begin();
	assert_int_equal(engine_pool_set(world.engine, world.pool, &policy), ERR_OK);
	ring_from_to(STRANGER, 1, 100);
	store();
	assert_int_equal(world.events, 0);
	assert_false(is_refused(STRANGER));
}

/* More suspects than there is room for: the oldest go. Some of the callers are not noticed at all, for the table of
 * tries is not endless either. */
static void past_the_limit_the_oldest_are_let_go(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (uint64_t i = 0; i < SUSPECTS_MAX + 2000; i++) {
		begin();
		ring_from_to(STRANGER + i, 1, THRESHOLD);
		store();
		last = STRANGER + i;
	}
	assert_true(blocks_count(board_list(engine_board(world.engine), BOARD_SUSPECTED)) <= SUSPECTS_MAX);
	assert_true(writer_abuse_count(world.abuse) > SUSPECTS_MAX);
	assert_false(is_refused(STRANGER));
	assert_true(is_refused(last));
}

static void the_token_is_another_one_each_day(void **state)
{
	char first[sizeof world.token];

	(void)state;
	begin();
	ring_from_to(STRANGER, 1, THRESHOLD);
	store();
	memcpy(first, world.token, sizeof first);
	world.now_ms += 86400000;
	begin();
	ring_from_to(STRANGER, 1, THRESHOLD);
	store();
	assert_int_equal(world.events, 2);
	assert_string_not_equal(first, world.token);
	assert_int_equal(strlen(first), 16);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_suspected_is_told_once_and_refused_for_an_hour),
		TEST(a_batch_that_was_not_stored_is_noted_again),
		TEST(without_room_in_the_batch_nothing_is_noted),
		TEST(a_pool_may_suspect_nobody),
		TEST(past_the_limit_the_oldest_are_let_go),
		TEST(the_token_is_another_one_each_day),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
