#include "unit/wiring/feed_fixture.h"

static void events_are_applied_in_order_with_how_far_their_partitions_are(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	add_placed(batch, 0, 10, "A-1");
	add_placed(batch, 4, 3, "A-2");
	add(batch, 0, 11, "A-1", 2, "assigned", "courier", COURIER);
	add(batch, 0, 12, "A-1", 3, "reassigned", "courier", SECOND);
	add(batch, 0, 15, "A-1", 3, "reassigned", "courier", SECOND); /* again; offsets may have gaps */
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(batch->first, batch->n);
	assert_int_equal(batch->ran_counts.applied, 4);
	assert_int_equal(batch->ran_counts.repeated, 1);
	assert_int_equal(parties_of("A-1"), 2);
	assert_int_equal(number_of("A-1", "courier"), 6281211112222);
	assert_int_equal(parties_of("A-2"), 1);
	assert_int_equal(position(0), 16);
	assert_int_equal(position(4), 4);
	assert_int_equal(fixture.offsets_n, 2);
	for (int i = 0; i < 2; i++) {
		const struct offset_row *row = &fixture.offsets[i];
		assert_true(str_equal(row->group, STR("bauta")) && str_equal(row->topic, STR("orders")));
		assert_int_equal(row->next, row->partition == 0 ? 16 : 4);
		assert_int_equal(row->generation, 7);
	}
	feed_batch_free(batch);
}

static void what_is_refused_becomes_a_dead_letter_and_is_told(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	add_placed(batch, 2, 5, "A-1");
	add_bad(batch, 2, 6, "A-2");
	assert_true(add_record(batch, 2, 7, "A-3", "{\"order\": "));
	assert_true(add_record(batch, 2, 8, NULL, "[]"));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(batch->ran_counts.applied, 1);
	assert_int_equal(batch->ran_counts.refused, 3);
	assert_int_equal(fixture.deads_n, 3);
	assert_int_equal(fixture.refusals_n, 3);
	assert_int_equal(position(2), 9);
	const struct dead_row *row = &fixture.deads[0];
	assert_int_equal(row->state, DEAD_REFUSED);
	assert_true(str_equal(row->tenant, STR("main")) && str_equal(row->topic, STR("orders")));
	assert_true(row->partition == 2 && row->offset == 6 && row->at_ms == START_MS);
	assert_true(str_equal(row->order, STR("A-2")) && str_equal(row->code, STR("bad_number")));
	assert_true(str_starts(row->detail, STR("parties[0].number: ")));
	assert_true(str_equal(row->payload, batch->records[1].value));
	assert_true(str_equal(fixture.deads[1].order, STR("A-3"))); /* by its key */
	assert_int_equal(fixture.deads[2].order.len, 0);
	assert_int_equal(dead_rows(), 3);
	assert_int_equal(deads_of("A-2"), 1);
	feed_batch_free(batch);
}

static void an_order_waits_behind_its_dead_letter_and_no_other_does(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	add_bad(batch, 0, 0, "A-1");
	add(batch, 0, 1, "A-1", 2, "assigned", "customer", CUSTOMER);
	add_placed(batch, 0, 2, "A-2");
	assert_int_equal(run_alone(batch), ERR_OK);
	feed_batch_free(batch);
	assert_int_equal(fixture.deads_n, 2);
	assert_int_equal(fixture.deads[1].state, DEAD_PARKED);
	assert_int_equal(fixture.deads[1].code.len + fixture.deads[1].detail.len, 0);
	assert_true(fixture.deads[1].id > fixture.deads[0].id);
	assert_int_equal(fixture.refusals_n, 1);
	assert_int_equal(slot_of("A-1"), ENGINE_NONE);
	assert_int_equal(parties_of("A-2"), 1);

	/* And in later batches, until nothing of it is dead. */
	batch = batch_new();
	add_placed(batch, 0, 3, "A-1");
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(batch->ran_counts.parked, 1);
	feed_batch_free(batch);
	assert_int_equal(deads_of("A-1"), 3);
	for (int i = 0; i < 3; i++)
		dead_orders_remove(fixture.state.deads, STR("main"), STR("A-1"));
	batch = batch_new();
	add_placed(batch, 0, 4, "A-1");
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(parties_of("A-1"), 1);
	feed_batch_free(batch);
}

static void what_fails_for_now_keeps_what_came_before_and_goes_on_there(void **state)
{
	struct feed_batch *batch = batch_new();
	char name[8];

	(void)state;
	for (int i = 0; i < SESSIONS_MAX + 2; i++) {
		snprintf(name, sizeof name, "A-%d", i);
		add_placed(batch, 1, i, name);
	}
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(batch->first, SESSIONS_MAX);
	assert_int_equal(position(1), SESSIONS_MAX);
	assert_int_equal(parties_of("A-3"), 1);
	assert_int_equal(slot_of("A-4"), ENGINE_NONE);
	assert_int_equal(fixture.offsets[0].next, SESSIONS_MAX);

	assert_int_equal(run_alone(batch), ERR_LIMIT_REACHED);
	assert_int_equal(position(1), SESSIONS_MAX);
	assert_int_equal(fixture.offsets_n, 0);
	assert_int_equal(dead_rows(), 0);

	begin();
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "A-%d", i);
		assert_int_equal(engine_session_forget(fixture.engine, slot_of(name)), ERR_OK);
	}
	engine_commit(fixture.engine);
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(batch->first, batch->n);
	assert_int_equal(parties_of("A-5"), 1);
	assert_int_equal(position(1), SESSIONS_MAX + 2);
	feed_batch_free(batch);
}

static void what_is_not_stored_leaves_all_as_it_was(void **state)
{
	struct feed_batch *first = batch_new(), *second = batch_new();

	(void)state;
	add_bad(first, 0, 0, "A-1");
	add_placed(first, 3, 7, "A-2");
	assert_int_equal(run_alone(first), ERR_OK);
	add_bad(second, 0, 1, "A-3");
	add_placed(second, 0, 2, "A-1");
	add(second, 3, 8, "A-2", 2, "assigned", "courier", COURIER);
	begin();
	assert_int_equal(run(second), ERR_OK);
	assert_int_equal(dead_rows(), 3);
	assert_int_equal(position(0), 3);
	engine_rollback(fixture.engine);
	feed_batch_undone(second, &fixture.state);
	assert_int_equal(dead_rows(), 1);
	assert_int_equal(deads_of("A-1"), 1);
	assert_int_equal(deads_of("A-3"), 0);
	assert_int_equal(position(0), 1);
	assert_int_equal(position(3), 8);
	assert_int_equal(parties_of("A-2"), 1);

	assert_int_equal(run_alone(second), ERR_OK);
	assert_int_equal(dead_rows(), 3);
	assert_int_equal(parties_of("A-2"), 2);
	assert_int_equal(position(0), 3);
	assert_int_equal(position(3), 9);
	feed_batch_free(first);
	feed_batch_free(second);
}

/* A store may be down for days. */
static void a_batch_may_fail_as_often_as_it_has_to(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	add_bad(batch, 0, 0, "A-1");
	add_bad(batch, 1, 0, "A-2");
	add_placed(batch, 0, 1, "A-3");
	for (int i = 0; i < 50000; i++) {
		begin();
		assert_int_equal(run(batch), ERR_OK);
		engine_rollback(fixture.engine);
		feed_batch_undone(batch, &fixture.state);
	}
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(dead_rows(), 2);
	assert_int_equal(position(0), 2);
	feed_batch_free(batch);
}

static void several_that_were_not_stored_together_run_again_in_order(void **state)
{
	struct feed_batch *first = batch_new(), *second = batch_new();

	(void)state;
	add_placed(first, 5, 0, "A-1");
	add(second, 5, 1, "A-1", 2, "assigned", "courier", COURIER);
	begin();
	assert_int_equal(run(first), ERR_OK);
	assert_int_equal(run(second), ERR_OK);
	engine_rollback(fixture.engine);
	feed_batch_undone(first, &fixture.state);
	feed_batch_undone(second, &fixture.state);
	assert_int_equal(position(5), POSITION_NONE);
	assert_int_equal(run_alone(second), ERR_OVERLOADED);
	assert_int_equal(slot_of("A-1"), ENGINE_NONE);
	assert_int_equal(position(5), POSITION_NONE);
	assert_int_equal(run_alone(first), ERR_OK);
	assert_int_equal(run_alone(second), ERR_OK);
	assert_int_equal(parties_of("A-1"), 2);
	assert_int_equal(position(5), 2);
	feed_batch_free(first);
	feed_batch_free(second);
}

/* Neither its own partitions nor others, of which the first is 0, may be moved by that. */
static void a_batch_out_of_turn_changes_nothing(void **state)
{
	struct feed_batch *before = batch_new(), *first = batch_new(), *second = batch_new();

	(void)state;
	add_placed(before, 0, 41, "A-0");
	add_placed(before, 5, 8, "A-1");
	assert_int_equal(run_alone(before), ERR_OK);
	add(first, 5, 9, "A-1", 2, "assigned", "courier", COURIER);
	add(second, 5, 10, "A-1", 3, "reassigned", "courier", SECOND);
	add_bad(second, 6, 0, "A-6");
	assert_int_equal(run_alone(second), ERR_OVERLOADED);
	assert_int_equal(fixture.offsets_n + fixture.deads_n, 0);
	assert_int_equal(position(0), 42);
	assert_int_equal(position(5), 9);
	assert_int_equal(position(6), POSITION_NONE);
	assert_int_equal(parties_of("A-1"), 1);
	assert_int_equal(dead_rows(), 0);
	assert_int_equal(run_alone(first), ERR_OK);
	assert_int_equal(run_alone(second), ERR_OK);
	assert_int_equal(number_of("A-1", "courier"), 6281211112222);
	assert_int_equal(position(5), 11);
	feed_batch_free(before);
	feed_batch_free(first);
	feed_batch_free(second);
}

static void a_batch_of_partitions_that_went_changes_nothing(void **state)
{
	struct feed_batch *before = batch_new(), *batch = batch_new();

	(void)state;
	add_placed(before, 0, 41, "A-0");
	assert_int_equal(run_alone(before), ERR_OK);
	add_placed(batch, 1, 0, "A-1");
	add_placed(batch, 0, 42, "A-2");
	fixture.state.epoch++;
	assert_int_equal(run_alone(batch), ERR_OVERLOADED);
	assert_int_equal(slot_of("A-1"), ENGINE_NONE);
	assert_int_equal(slot_of("A-2"), ENGINE_NONE);
	assert_int_equal(position(0), 42);
	assert_int_equal(position(1), POSITION_NONE);
	feed_batch_free(before);
	feed_batch_free(batch);
}

/* It ran, was not stored, and is out of turn when it comes again: what it was before that is nobody's business now. */
static void a_batch_that_was_taken_back_is_taken_back_once(void **state)
{
	struct feed_batch *batch = batch_new(), *other = batch_new();

	(void)state;
	add_placed(batch, 0, 5, "A-1");
	begin();
	assert_int_equal(run(batch), ERR_OK);
	engine_rollback(fixture.engine);
	feed_batch_undone(batch, &fixture.state);
	fixture.state.epoch++;
	fixture.ends.n = 0;
	other->epoch++;
	add_placed(other, 0, 5, "A-1");
	assert_int_equal(run_alone(other), ERR_OK);
	assert_int_equal(run_alone(batch), ERR_OVERLOADED);
	assert_int_equal(position(0), 6);
	feed_batch_free(batch);
	feed_batch_free(other);
}

static void too_many_dead_letters_end_the_batch(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	add_bad(batch, 0, 0, "A-0");
	for (int i = 1; i < DEADS_MAX; i++)
		add_placed(batch, 0, i, "A-0");
	add_placed(batch, 0, DEADS_MAX, "B-1");
	add_bad(batch, 0, DEADS_MAX + 1, "A-1");
	add_placed(batch, 0, DEADS_MAX + 2, "B-2");
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(batch->first, DEADS_MAX + 1);
	assert_int_equal(dead_rows(), DEADS_MAX);
	assert_int_equal(parties_of("B-1"), 1);
	assert_int_equal(run_alone(batch), ERR_LIMIT_REACHED);
	assert_int_equal(fixture.deads_n + fixture.offsets_n, 0);
	assert_int_equal(position(0), DEADS_MAX + 1);
	assert_int_equal(slot_of("B-2"), ENGINE_NONE);

	dead_orders_remove(fixture.state.deads, STR("main"), STR("A-0"));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(dead_rows(), DEADS_MAX);
	assert_int_equal(deads_of("A-1"), 1);
	assert_int_equal(parties_of("B-2"), 1);
	feed_batch_free(batch);
}

static int notes_that_fit(void)
{
	static const struct record note = {.kind = RECORD_TIME};
	int n = 0;

	begin();
	while (engine_note(fixture.engine, &note) == ERR_OK)
		n++;
	engine_rollback(fixture.engine);
	return n;
}

/* The writer's batch is full when the letter is in it and what is told of it is not: neither may stay. */
static void a_letter_without_room_for_all_of_it_is_none(void **state)
{
	static const struct record note = {.kind = RECORD_TIME};
	struct feed_batch *before = batch_new(), *batch = batch_new();

	(void)state;
	add_placed(before, 0, 0, "A-1");
	assert_int_equal(run_alone(before), ERR_OK);
	add_placed(batch, 0, 1, "A-1"); /* repeated: needs no room */
	add_bad(batch, 0, 2, "A-2");
	int n = notes_that_fit();
	begin();
	for (int i = 0; i < n - 1; i++)
		assert_int_equal(engine_note(fixture.engine, &note), ERR_OK);
	assert_int_equal(run(batch), ERR_OK);
	commit();
	feed_batch_stored(batch);
	assert_int_equal(batch->first, 1);
	assert_int_equal(fixture.deads_n, 0);
	assert_int_equal(fixture.offsets_n, 1);
	assert_int_equal(position(0), 2);
	assert_int_equal(dead_rows(), 0);
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(fixture.deads_n, 1);
	assert_int_equal(fixture.refusals_n, 1);
	assert_int_equal(dead_rows(), 1);
	feed_batch_free(before);
	feed_batch_free(batch);
}

static void a_batch_takes_no_more_than_its_maximum(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	for (int i = 0; i < FEED_BATCH_PARTITIONS; i++)
		add_placed(batch, i, 0, "A-1");
	assert_false(add_record(batch, FEED_BATCH_PARTITIONS, 0, "A-1", "{}"));
	for (int i = FEED_BATCH_PARTITIONS; i < FEED_BATCH_MAX; i++)
		add_placed(batch, 0, i, "A-1");
	assert_false(add_record(batch, 0, FEED_BATCH_MAX, "A-1", "{}"));
	assert_int_equal(batch->n, FEED_BATCH_MAX);
	assert_int_equal(batch->parts_n, FEED_BATCH_PARTITIONS);
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(fixture.offsets_n, FEED_BATCH_PARTITIONS);
	feed_batch_free(batch);
}

static void a_record_without_a_value_is_refused(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	assert_true(add_record(batch, 0, 0, "A-1", NULL));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_true(str_equal(fixture.deads[0].order, STR("A-1")));
	assert_int_equal(fixture.deads[0].payload.len, 0);
	feed_batch_free(batch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_applied_in_order_with_how_far_their_partitions_are),
		TEST(what_is_refused_becomes_a_dead_letter_and_is_told),
		TEST(an_order_waits_behind_its_dead_letter_and_no_other_does),
		TEST(what_fails_for_now_keeps_what_came_before_and_goes_on_there),
		TEST(what_is_not_stored_leaves_all_as_it_was),
		TEST(a_batch_may_fail_as_often_as_it_has_to),
		TEST(several_that_were_not_stored_together_run_again_in_order),
		TEST(a_batch_out_of_turn_changes_nothing),
		TEST(a_batch_of_partitions_that_went_changes_nothing),
		TEST(a_batch_that_was_taken_back_is_taken_back_once),
		TEST(too_many_dead_letters_end_the_batch),
		TEST(a_letter_without_room_for_all_of_it_is_none),
		TEST(a_batch_takes_no_more_than_its_maximum),
		TEST(a_record_without_a_value_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
