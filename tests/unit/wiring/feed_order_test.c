/* Several batches that fail together, each in its own way: no later event may pass an earlier one. */
#include "unit/wiring/feed_fixture.h"

static const struct record note = {.kind = RECORD_TIME};

/* Fills the open batch of the writer but for `left` notes. */
static void leave_room(int left)
{
	uint32_t here = engine_here(fixture.engine);
	int n = 0;

	while (engine_note(fixture.engine, &note) == ERR_OK)
		n++;
	engine_undo(fixture.engine, here);
	for (int i = 0; i < n - left; i++)
		assert_int_equal(engine_note(fixture.engine, &note), ERR_OK);
}

static void fill(struct feed_batch *batch, int32_t partition, int n)
{
	char name[8];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "A-%d", i);
		add_placed(batch, partition, i, name);
	}
}

/* The store failed: what the feed does with all of them, in the order in which they ran. */
static void nothing_is_stored(struct feed_batch *one, struct feed_batch *two)
{
	engine_rollback(fixture.engine);
	feed_batch_undone(one, &fixture.state);
	feed_batch_undone(two, &fixture.state);
}

static void assert_goes_on_in_order(struct feed_batch *one, struct feed_batch *two)
{
	assert_int_equal(position(0), POSITION_NONE);
	assert_int_equal(run_alone(two), ERR_OVERLOADED);
	assert_int_equal(position(0), POSITION_NONE);
	assert_int_equal(fixture.offsets_n, 0);
	assert_int_equal(run_alone(one), ERR_OK);
	assert_int_equal(one->first, one->n);
}

static void a_limit_at_the_first_record_and_a_store_that_fails(void **state)
{
	struct feed_batch *one = batch_new(), *two = batch_new();

	(void)state;
	fill(one, 0, SESSIONS_MAX);
	add_placed(two, 0, SESSIONS_MAX, "B-1");
	begin();
	assert_int_equal(run(one), ERR_OK);
	assert_int_equal(run(two), ERR_LIMIT_REACHED);
	nothing_is_stored(one, two);
	assert_goes_on_in_order(one, two);
	assert_int_equal(position(0), SESSIONS_MAX);
	assert_int_equal(run_alone(two), ERR_LIMIT_REACHED);
	assert_int_equal(position(0), SESSIONS_MAX);
	feed_batch_free(one);
	feed_batch_free(two);
}

static void a_limit_after_some_records_and_a_store_that_fails(void **state)
{
	struct feed_batch *one = batch_new(), *two = batch_new();

	(void)state;
	fill(one, 0, SESSIONS_MAX - 1);
	add_placed(two, 0, SESSIONS_MAX - 1, "B-1");
	add_placed(two, 1, 0, "B-2");
	begin();
	assert_int_equal(run(one), ERR_OK);
	assert_int_equal(run(two), ERR_OK);
	assert_int_equal(two->ran, 1);
	nothing_is_stored(one, two);
	assert_int_equal(position(1), POSITION_NONE);
	assert_goes_on_in_order(one, two);
	assert_int_equal(run_alone(two), ERR_OK);
	assert_int_equal(position(0), SESSIONS_MAX);
	assert_int_equal(position(1), POSITION_NONE);
	feed_batch_free(one);
	feed_batch_free(two);
}

/* The records of the second fit into the writer's batch and how far its partitions are then does not. */
static void no_room_for_positions_and_a_store_that_fails(void **state)
{
	struct feed_batch *one = batch_new(), *two = batch_new();

	(void)state;
	fill(one, 0, 2);
	add(two, 0, 2, "A-0", 1, "placed", "customer", CUSTOMER); /* repeated: needs no room */
	add(two, 1, 0, "A-1", 1, "placed", "customer", CUSTOMER);
	begin();
	assert_int_equal(run(one), ERR_OK);
	leave_room(1);
	assert_int_equal(run(two), ERR_LIMIT_REACHED); /* the first of its two positions has room */
	assert_int_equal(position(0), 2);
	assert_int_equal(position(1), POSITION_NONE);
	nothing_is_stored(one, two);
	assert_goes_on_in_order(one, two);
	assert_int_equal(run_alone(two), ERR_OK);
	assert_int_equal(position(0), 3);
	assert_int_equal(position(1), 1);
	feed_batch_free(one);
	feed_batch_free(two);
}

/* Of the first what it has of partition 1 is through, and the second goes on there, while the first still waits for room. */
static void a_part_that_is_through_holds_up_nothing(void **state)
{
	struct feed_batch *one = batch_new(), *two = batch_new();

	(void)state;
	add_placed(one, 1, 0, "A-9");
	fill(one, 0, SESSIONS_MAX - 1);
	add_placed(one, 0, SESSIONS_MAX - 1, "B-1"); /* one too many */
	add(two, 1, 1, "A-9", 1, "placed", "customer", CUSTOMER);
	assert_int_equal(run_alone(one), ERR_OK);
	assert_int_equal(one->first, SESSIONS_MAX);
	assert_int_equal(run_alone(two), ERR_OK);
	assert_int_equal(position(1), 2);
	assert_int_equal(run_alone(one), ERR_LIMIT_REACHED); /* it is its turn */
	begin();
	assert_int_equal(engine_session_close(fixture.engine, slot_of("A-9"), 0), ERR_OK);
	commit();
	fixture.now_ms += 1000;
	begin();
	engine_tick(fixture.engine, 100);
	commit();
	assert_int_equal(run_alone(one), ERR_OK);
	assert_int_equal(position(0), SESSIONS_MAX);
	assert_int_equal(position(1), 2);
	feed_batch_free(one);
	feed_batch_free(two);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_limit_at_the_first_record_and_a_store_that_fails),
		TEST(a_limit_after_some_records_and_a_store_that_fails),
		TEST(no_room_for_positions_and_a_store_that_fails),
		TEST(a_part_that_is_through_holds_up_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
