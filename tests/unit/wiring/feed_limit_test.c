/* Where a record, an order or the engine meets a limit: what fails for good is a dead letter, what fails for now waits, and
 * nothing of an event passes another of its order. */
#include "unit/wiring/feed_fixture.h"

#include "base/str.h"

#define MIB ((size_t)1 << 20)

/* A value of `len` bytes, which is no JSON. */
static bool add_large(struct feed_batch *batch, int64_t offset, const char *key, size_t len)
{
	char *value = malloc(len);
	struct kafka_record record = {.partition = 0, .offset = offset, .key = str_of(key)};

	assert_non_null(value);
	memset(value, 'x', len);
	record.value = str_n(value, len);
	bool added = feed_batch_add(batch, &fixture.sender, &record, from, &fixture.ends);
	free(value);
	if (added)
		assert_int_equal(position_set(&fixture.ends, 0, offset + 1), ERR_OK);
	return added;
}

static void a_later_event_never_passes_one_whose_batch_was_not_stored(void **state)
{
	struct feed_batch *one = batch_new(), *two = batch_new();
	char name[8];

	(void)state;
	for (int i = 0; i < SESSIONS_MAX; i++) {
		snprintf(name, sizeof name, "A-%d", i);
		add_placed(one, 0, i, name);
	}
	add_placed(two, 0, SESSIONS_MAX, "B-1"); /* the engine is full: it fails at its first record */
	begin();
	assert_int_equal(run(one), ERR_OK);
	assert_int_equal(run(two), ERR_LIMIT_REACHED);
	/* Then the store fails too, and both are told so, in order. */
	engine_rollback(fixture.engine);
	feed_batch_undone(one, &fixture.state);
	feed_batch_undone(two, &fixture.state);
	assert_int_equal(position(0), POSITION_NONE);
	/* The later one isn't run before the earlier one. */
	assert_int_equal(run_alone(two), ERR_OVERLOADED);
	assert_int_equal(run_alone(one), ERR_OK);
	for (int i = 0; i < SESSIONS_MAX; i++) {
		snprintf(name, sizeof name, "A-%d", i);
		assert_int_not_equal(slot_of(name), ENGINE_NONE);
	}
	assert_int_equal(position(0), SESSIONS_MAX);
	assert_int_equal(run_alone(two), ERR_LIMIT_REACHED);
	assert_int_equal(position(0), SESSIONS_MAX);
	feed_batch_free(one);
	feed_batch_free(two);
}

static void a_record_of_any_size_becomes_a_dead_letter(void **state)
{
	const size_t sizes[] = {0, 64 * 1024, VAULT_TEXT_MAX - 1, VAULT_TEXT_MAX, VAULT_TEXT_MAX + 1, 9 * MIB, 64 * MIB};
	uint32_t n = sizeof sizes / sizeof *sizes;
	struct buf sealed;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		struct feed_batch *batch = batch_new();
		dead_orders_free(fixture.state.deads);
		fixture.state.deads = dead_orders_new(DEADS_MAX, 1);
		assert_true(add_large(batch, i, "A-1", sizes[i]));
		assert_int_equal(run_alone(batch), ERR_OK);
		assert_int_equal(fixture.deads_n, 1);
		size_t kept = sizes[i] < VAULT_TEXT_MAX ? sizes[i] : VAULT_TEXT_MAX;
		assert_int_equal(fixture.deads[0].payload.len, kept);
		/* As the store does with it. */
		buf_init(&sealed, 2 * MIB);
		vault_seal_text(fixture.use, fixture.deads[0].payload, STR("dead:1"), &sealed);
		assert_true(buf_ok(&sealed));
		buf_done(&sealed);
		feed_batch_free(batch);
	}
}

static void keys_and_headers_of_any_size_are_bounded(void **state)
{
	struct feed_batch *batch = batch_new();
	char *huge = malloc(9 * MIB);

	(void)state;
	assert_non_null(huge);
	memset(huge, 'h', 9 * MIB);
	struct str text = str_n(huge, 9 * MIB);
	struct kafka_record record = {.partition = 0, .offset = 0, .key = text, .value = STR("{}"), .ce_id = text, .ce_type = text,
		.ce_time = text};
	assert_true(feed_batch_add(batch, &fixture.sender, &record, from, &fixture.ends));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(fixture.deads_n, 1);
	assert_int_equal(fixture.deads[0].order.len, 0); /* no order's id is so long */
	assert_int_equal(fixture.deads[0].ce_id.len, EVENT_ID_MAX);
	assert_int_equal(fixture.deads[0].ce_type.len, EVENT_ID_MAX);
	assert_int_equal(fixture.deads[0].ce_time.len, EVENT_ID_MAX);
	feed_batch_free(batch);
	free(huge);
}

static void an_order_with_too_many_changes_is_refused_and_holds_up_nobody(void **state)
{
	char number[32];
	int64_t at = 0;
	int changes = 0;
	struct feed_batch *batch = batch_new();

	(void)state;
	add_placed(batch, 0, at++, "A-1");
	assert_int_equal(run_alone(batch), ERR_OK);
	feed_batch_free(batch);
	for (; dead_rows() == 0 && changes < 1000; changes++) {
		batch = batch_new();
		snprintf(number, sizeof number, "+6281298765%03d", changes);
		add(batch, 0, at++, "A-1", 2 + changes, "reassigned", "courier", number);
		assert_int_equal(run_alone(batch), ERR_OK);
		feed_batch_free(batch);
	}
	assert_true(changes < 1000);
	assert_int_equal(deads_of("A-1"), 1);
	assert_true(str_equal(fixture.deads[0].code, STR("session_full")));
	batch = batch_new();
	add_placed(batch, 0, at++, "B-1");
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_not_equal(slot_of("B-1"), ENGINE_NONE);
	feed_batch_free(batch);
}

static void one_role_too_many_is_refused_and_holds_up_nobody(void **state)
{
	char order[16], role[24];
	int64_t at = 0;
	int i = 0;

	(void)state;
	for (; dead_rows() == 0 && i < 2000; i++) {
		struct feed_batch *batch = batch_new();
		snprintf(order, sizeof order, "R-%d", i);
		snprintf(role, sizeof role, "courier-%d", i);
		add(batch, 0, at++, order, 1, "placed", role, CUSTOMER);
		add(batch, 0, at++, order, 2, "cancelled", NULL, NULL);
		assert_int_equal(run_alone(batch), ERR_OK);
		feed_batch_free(batch);
		/* What ended leaves its slot. */
		fixture.now_ms += 3600 * 1000;
		begin();
		engine_mark(fixture.engine);
		engine_tick(fixture.engine, 100);
		commit();
	}
	assert_true(i < 2000);
	struct feed_batch *batch = batch_new();
	add_placed(batch, 0, at++, "B-1"); /* of a role that is known or may be refused too, but not waited for */
	assert_int_equal(run_alone(batch), ERR_OK);
	feed_batch_free(batch);
}

static bool names(const struct record *record, const char *text)
{
	struct str word = str_of(text), places[4] = {{0}};

	if (record->kind == RECORD_DEAD) {
		places[0] = record->dead->order;
		places[1] = record->dead->detail;
	} else if (record->kind == RECORD_OUTBOX) {
		places[2] = record->outbox->key;
		places[3] = record->outbox->data;
	}
	for (int i = 0; i < 4; i++)
		if (places[i].len && memmem(places[i].at, places[i].len, word.at, word.len))
			return true;
	return false;
}

static void a_key_that_may_be_somebodys_number_never_leaves(void **state)
{
	static const char *const keys[] = {"+6281234567210", "6281234567210", "0812-3456-7210", "(0812) 3456 7210", "00 62 812.34567210"};
	static const char *const digits[] = {"4567210", "3456-7210", "3456 7210", "34567210"};
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct feed_batch *batch = batch_new();
		dead_orders_free(fixture.state.deads);
		fixture.state.deads = dead_orders_new(DEADS_MAX, 1);
		assert_true(add_record(batch, 0, (int64_t)i, keys[i], "this is no event"));
		begin();
		assert_int_equal(run(batch), ERR_OK);
		const struct record *records = engine_records(fixture.engine, &n);
		assert_true(n > 0);
		for (size_t k = 0; k < n; k++)
			for (size_t d = 0; d < sizeof digits / sizeof *digits; d++)
				assert_false(names(&records[k], digits[d]));
		commit();
		assert_int_equal(fixture.deads_n, 1);
		assert_int_equal(fixture.refusals_n, 1);
		feed_batch_stored(batch);
		feed_batch_free(batch);
	}
}

static void a_key_that_is_an_order_is_what_an_unreadable_record_is_of(void **state)
{
	struct feed_batch *batch = batch_new();

	(void)state;
	assert_true(add_record(batch, 0, 0, "A-1001", "this is no event"));
	add_placed(batch, 0, 1, "A-1001");
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(deads_of("A-1001"), 2);
	assert_int_equal(slot_of("A-1001"), ENGINE_NONE);
	feed_batch_free(batch);
}

static void an_event_that_is_wrong_elsewhere_still_parks_its_order(void **state)
{
	static const char *const wrong[] = {
		"{\"type\":\"order.lost\",\"order\":\"A-1\",\"version\":1}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":-1,\"parties\":[]}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"parties\":7}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"unheard\":\"of\"}",
		"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"order.lost\",\"data\":{\"order\":\"A-1\"}}",
		"{\"specversion\":\"9\",\"data\":{\"order\":\"A-1\"}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct feed_batch *batch = batch_new();
		dead_orders_free(fixture.state.deads);
		fixture.state.deads = dead_orders_new(DEADS_MAX, 1);
		assert_true(add_record(batch, 0, (int64_t)(2 * i), "+6281234567210", wrong[i]));
		add_placed(batch, 0, (int64_t)(2 * i + 1), "A-1");
		assert_int_equal(run_alone(batch), ERR_OK);
		assert_int_equal(batch->ran_counts.refused, 1);
		assert_int_equal(batch->ran_counts.parked, 1);
		assert_int_equal(deads_of("A-1"), 2);
		assert_int_equal(slot_of("A-1"), ENGINE_NONE);
		feed_batch_free(batch);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_later_event_never_passes_one_whose_batch_was_not_stored),
		TEST(a_record_of_any_size_becomes_a_dead_letter),
		TEST(keys_and_headers_of_any_size_are_bounded),
		TEST(an_order_with_too_many_changes_is_refused_and_holds_up_nobody),
		TEST(one_role_too_many_is_refused_and_holds_up_nobody),
		TEST(a_key_that_may_be_somebodys_number_never_leaves),
		TEST(a_key_that_is_an_order_is_what_an_unreadable_record_is_of),
		TEST(an_event_that_is_wrong_elsewhere_still_parks_its_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
