/* Records as strangers make them: larger than anything has room for, with numbers where ids should be, wrong in one place and
 * right in others. */
#include "unit/wiring/feed_fixture.h"

#include <stdlib.h>



static struct feed_batch *batch;

static int begin_test(void **state)
{
	int failed = set_up(state);

	batch = batch_new();
	return failed;
}

static int end_test(void **state)
{
	feed_batch_free(batch);
	batch = NULL;
	return tear_down(state);
}

static bool add_whole(struct kafka_record record)
{
	record.offset = batch->n;
	return feed_batch_add(batch, &fixture.sender, &record, from, &fixture.ends);
}

static bool add_text(const char *key, const char *value)
{
	return add_whole((struct kafka_record){.key = str_of(key), .value = str_of(value)});
}

static struct str filled(size_t len, const char *head, char with)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, with, len);
	text[len] = '\0';
	memcpy(text, head, strlen(head));
	return str_n(text, len);
}

static void drop(struct str text)
{
	free((char *)(uintptr_t)text.at);
}

/* --- how large --- */

/* What the vault seals is what the store is given. */
static void assert_can_be_sealed(const struct dead_row *row)
{
	struct buf out, back;

	buf_init(&out, 4u << 20);
	buf_init(&back, 4u << 20);
	vault_seal_text(fixture.use, row->payload, STR("dead:1"), &out);
	assert_true(buf_ok(&out));
	assert_int_equal(vault_open_text(fixture.use, buf_text(&out), STR("dead:1"), &back), ERR_OK);
	assert_true(str_equal(buf_text(&back), row->payload));
	buf_done(&out);
	buf_done(&back);
}

static void a_record_of_any_size_becomes_a_dead_letter(void **state)
{
	static const size_t sizes[] = {EVENT_MAX, EVENT_MAX + 1, VAULT_TEXT_MAX, VAULT_TEXT_MAX + 1, (size_t)9 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct str value = filled(sizes[i], "{\"order\":\"", 'a');
		feed_batch_free(batch);
		batch = batch_new();
		fixture.ends.n = 0;
		assert_int_equal(position_set(&fixture.ends, 0, position(0)), ERR_OK);
		struct kafka_record record = {.offset = (int64_t)i, .key = STR("A-1"), .value = value};
		assert_true(feed_batch_add(batch, &fixture.sender, &record, from, &fixture.ends));
		drop(value);
		assert_int_equal(run_alone(batch), ERR_OK);
		assert_int_equal(fixture.deads_n, 1);
		const struct dead_row *row = &fixture.deads[0];
		assert_true(str_equal(row->order, STR("A-1")));
		assert_int_equal(row->payload.len, sizes[i] < VAULT_TEXT_MAX ? sizes[i] : VAULT_TEXT_MAX);
		assert_int_equal(batch->records[0].read.err, sizes[i] <= EVENT_MAX ? ERR_BAD_REQUEST : ERR_TOO_LARGE);
		assert_can_be_sealed(row);
		/* Tried again, with what was kept of it, it is as wrong as it was. */
		struct feed_event again;
		assert_int_equal(feed_event_read(&fixture.sender, row->payload, &batch->records[0].around, row->order,
					 &batch->arena, &again), ERR_OK);
		assert_int_equal(again.err, batch->records[0].read.err);
		assert_true(str_equal(again.order, row->order));
	}
}

static void an_event_that_is_too_large_keeps_its_order(void **state)
{
	struct str value = filled(VAULT_TEXT_MAX, "{\"order\":\"A-7\",\"x\":\"", 'a');

	(void)state;
	memcpy((char *)(uintptr_t)value.at + value.len - 2, "\"}", 2);
	assert_true(add_whole((struct kafka_record){.value = value}));
	drop(value);
	assert_int_equal(batch->records[0].read.err, ERR_TOO_LARGE);
	assert_true(str_equal(batch->records[0].read.order, STR("A-7")));
}

static void a_key_is_an_orders_id_up_to_its_length(void **state)
{
	struct str at = filled(SESSION_REF_MAX, "", 'k'), over = filled(SESSION_REF_MAX + 1, "", 'k'),
		   huge = filled((size_t)9 << 20, "", 'k');

	(void)state;
	assert_true(add_whole((struct kafka_record){.key = at, .value = STR("{")}));
	assert_true(add_whole((struct kafka_record){.key = over, .value = STR("{")}));
	assert_true(add_whole((struct kafka_record){.key = huge, .value = STR("{")}));
	assert_true(add_whole((struct kafka_record){.key = STR("a\nb"), .value = STR("{")}));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(fixture.deads_n, 4);
	assert_true(str_equal(fixture.deads[0].order, at));
	for (int i = 1; i < 4; i++)
		assert_int_equal(fixture.deads[i].order.len, 0);
	drop(at);
	drop(over);
	drop(huge);
}

#define GOOD "{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"pool\":\"jakarta\"," \
	     "\"parties\":[{\"role\":\"customer\",\"number\":\"" CUSTOMER "\"}]}"

static void headers_have_a_length(void **state)
{
	static const char *const names[] = {"ce_id", "ce_type", "ce_time"};
	struct str at = filled(FEED_HEADER_MAX, "", 'h'), over = filled(FEED_HEADER_MAX + 1, "", 'h'),
		   huge = filled((size_t)9 << 20, "", 'h');
	const struct str texts[] = {at, over, huge};

	(void)state;
	for (int t = 0; t < 3; t++) {
		for (int i = 0; i < 3; i++) {
			struct kafka_record record = {.value = STR(GOOD)};
			*(i == 0 ? &record.ce_id : i == 1 ? &record.ce_type : &record.ce_time) = texts[t];
			feed_batch_free(batch);
			batch = batch_new();
			assert_true(add_whole(record));
			const struct feed_record *kept = &batch->records[0];
			if (t == 0) {
				/* Of its own type and version; a time is to be one. */
				assert_int_equal(kept->read.err, i == 2 ? ERR_BAD_REQUEST : ERR_OK);
				continue;
			}
			assert_int_equal(kept->read.err, ERR_BAD_REQUEST);
			assert_string_equal(kept->read.problem.field, names[i]);
			assert_true(str_equal(kept->read.order, STR("A-1")));
			struct str header = i == 0 ? kept->around.id : i == 1 ? kept->around.type : kept->around.time;
			assert_int_equal(header.len, FEED_HEADER_MAX + 1);
			struct feed_event again;
			assert_int_equal(feed_event_read(&fixture.sender, kept->value, &kept->around, kept->read.order,
						 &batch->arena, &again), ERR_OK);
			assert_int_equal(again.err, ERR_BAD_REQUEST);
		}
	}
	drop(at);
	drop(over);
	drop(huge);
}

/* --- numbers where ids should be --- */

static bool holds_number(struct str text)
{
	for (size_t i = 0; i + 9 <= text.len; i++)
		if (memcmp(text.at + i, "812345672", 9) == 0)
			return true;
	return false;
}

/* Everything that is told or lies in clear. */
static void assert_no_number_is_told(void)
{
	size_t n;
	const struct record *records = engine_records(fixture.engine, &n);

	for (size_t i = 0; i < n; i++) {
		if (records[i].kind == RECORD_OUTBOX) {
			assert_false(holds_number(records[i].outbox->key));
			assert_false(holds_number(records[i].outbox->data));
		} else if (records[i].kind == RECORD_DEAD) {
			const struct dead_row *row = records[i].dead;
			const struct str texts[] = {row->order, row->code, row->detail, row->ce_id, row->ce_type, row->ce_time};
			for (int k = 0; k < 6; k++)
				assert_false(holds_number(texts[k]));
		}
	}
}

static void a_number_for_a_key_is_not_told_and_parks_all_the_same(void **state)
{
	(void)state;
	assert_true(add_text(CUSTOMER, "{"));
	assert_true(add_text(CUSTOMER, "{"));
	assert_true(add_text("6281234567210", "{"));
	assert_true(add_text("cust:" CUSTOMER, "{"));
	begin();
	assert_int_equal(run(batch), ERR_OK);
	assert_no_number_is_told();
	commit();
	feed_batch_stored(batch);
	assert_int_equal(fixture.deads_n, 4);
	assert_int_equal(fixture.deads[0].state, DEAD_REFUSED);
	assert_int_equal(fixture.deads[1].state, DEAD_PARKED);
	assert_int_equal(fixture.deads[2].state, DEAD_REFUSED);
	assert_true(str_equal(fixture.deads[0].order, fixture.deads[1].order));
	assert_true(str_starts(fixture.deads[0].order, STR("+*************~")));
	/* And read again, from what was kept, it has the same name. */
	struct feed_event again;
	assert_int_equal(feed_event_read(&fixture.sender, STR("{"), &(struct event_around){0}, fixture.deads[0].order,
				 &batch->arena, &again), ERR_OK);
	assert_true(str_equal(again.order, fixture.deads[0].order));
}

static void a_number_for_an_orders_id_is_not_told_either(void **state)
{
	(void)state;
	assert_true(add_text(NULL, "{\"type\":\"order.lost\",\"order\":\"" CUSTOMER "\",\"version\":1}"));
	assert_true(add_text(NULL, "{\"type\":\"order.completed\",\"order\":\"" CUSTOMER "\",\"version\":2,\"pool\":\"jakarta\"}"));
	assert_true(add_text(NULL, "{\"type\":\"order.lost\",\"order\":6281234567210,\"version\":1}"));
	begin();
	assert_int_equal(run(batch), ERR_OK);
	assert_no_number_is_told();
	commit();
	feed_batch_stored(batch);
	assert_int_equal(batch->ran_counts.refused, 2);
	assert_int_equal(batch->ran_counts.parked, 1);
	assert_int_equal(batch->ran_counts.applied, 0);
}

/* The event itself goes by what it says, not by the name of its dead letters. */
static void an_orders_id_of_many_digits_is_its_id(void **state)
{
	(void)state;
	assert_true(add_text("81234567",
		"{\"type\":\"order.placed\",\"order\":\"81234567\",\"version\":1,\"pool\":\"jakarta\",\"parties\":[{\"role\":"
		"\"customer\",\"number\":\"" CUSTOMER "\"}]}"));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(parties_of("81234567"), 1);
}

static void a_number_in_a_header_is_not_kept(void **state)
{
	(void)state;
	assert_true(add_whole((struct kafka_record){.key = STR("A-1"), .value = STR("{"), .ce_id = STR(CUSTOMER),
		.ce_type = STR("tel:" CUSTOMER), .ce_time = STR("2026 " CUSTOMER)}));
	assert_true(add_whole((struct kafka_record){.key = STR("A-1"), .value = STR(GOOD), .ce_id = STR("e-1"),
		.ce_type = STR("order.placed"), .ce_time = STR("2026-11-22T10:00:00Z")}));
	begin();
	assert_int_equal(run(batch), ERR_OK);
	assert_no_number_is_told();
	commit();
	feed_batch_stored(batch);
	assert_true(str_equal(fixture.deads[1].ce_time, STR("2026-11-22T10:00:00Z")));
	assert_true(str_equal(fixture.deads[1].ce_type, STR("order.placed")));
}

/* --- wrong in one place --- */

static void assert_later_ones_park(const char *wrong)
{
	feed_batch_free(batch);
	batch = batch_new();
	int64_t next = position(0) == POSITION_NONE ? 0 : position(0);
	fixture.ends.n = 0;
	assert_int_equal(position_set(&fixture.ends, 0, position(0)), ERR_OK);
	struct kafka_record records[] = {{.offset = next, .key = STR("K"), .value = str_of(wrong)},
		{.offset = next + 1, .key = STR("K"), .value = STR(GOOD)}};
	for (int i = 0; i < 2; i++)
		assert_true(feed_batch_add(batch, &fixture.sender, &records[i], from, &fixture.ends));
	assert_int_equal(run_alone(batch), ERR_OK);
	assert_int_equal(fixture.deads_n, 2);
	assert_true(str_equal(fixture.deads[0].order, STR("A-1")));
	assert_int_equal(fixture.deads[1].state, DEAD_PARKED);
	assert_int_equal(slot_of("A-1"), ENGINE_NONE);
	for (int i = 0; i < 2; i++)
		dead_orders_remove(fixture.state.deads, STR("main"), STR("A-1"));
}

static void an_order_that_is_named_waits_whatever_else_is_wrong(void **state)
{
	static const char *const wrong[] = {
		"{\"type\":\"order.lost\",\"order\":\"A-1\",\"version\":1}",
		"{\"type\":7,\"order\":\"A-1\",\"version\":1}",
		"{\"order\":\"A-1\"}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\"}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":-1}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"surprise\":1}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"pool\":7}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"pool\":\"atlantis\"}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"parties\":[{\"role\":\"\"}]}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"parties\":7}",
		"{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":1,\"parties\":[{\"role\":\"customer\",\"number\":\"12\"}]}",
		"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/a\",\"type\":\"order.lost\",\"data\":{\"order\":\"A-1\"}}",
		"{\"specversion\":\"0.3\",\"data\":{\"order\":\"A-1\"}}",
		"{\"specversion\":\"1.0\",\"data\":7,\"order\":\"A-1\"}", NULL};

	(void)state;
	for (int i = 0; wrong[i]; i++)
		assert_later_ones_park(wrong[i]);
}

static void by_the_mapping_too(void **state)
{
	char order[] = "/o/id", type[] = "/t", version[] = "/v", number[] = "/c", role[] = "customer", word[] = "new";
	struct event_map map = {.order = order, .type = type, .version = version,
		.types = {{word, EVENT_PLACED}}, .types_n = 1, .parties = {{.role = role, .number = number}}, .parties_n = 1};

	(void)state;
	fixture.config.mapping = &map;
	assert_later_ones_park("{\"t\":\"gone\",\"o\":{\"id\":\"A-1\"},\"v\":1}");
	assert_later_ones_park("{\"t\":\"new\",\"o\":{\"id\":\"A-1\"},\"v\":1,\"c\":\"12\"}");
	assert_later_ones_park("{\"t\":\"new\",\"o\":{\"id\":\"A-1\"}}");
	assert_later_ones_park("{\"t\":\"new\",\"o\":{\"id\":\"A-1\"},\"order\":\"other\"}");
	assert_later_ones_park("{\"type\":\"order.placed\",\"order\":\"A-1\",\"version\":-1}");
	assert_true(add_text(NULL, "{\"t\":\"gone\",\"o\":{\"id\":1001},\"v\":1}"));
	assert_true(str_equal(batch->records[batch->n - 1].read.order, STR("1001")));
}

static void what_names_no_order_goes_by_its_key(void **state)
{
	static const char *const wrong[] = {"{\"order\":\"A-1\",", "{\"order\":\"\"}", "{\"order\":\"a\\nb\"}", "{\"order\":[]}",
		"{\"order\":1.5}", "{\"order\":\"A-1\",\"order\":\"A-2\"}", "[\"order\"]", "7", NULL};

	(void)state;
	for (int i = 0; wrong[i]; i++) {
		assert_true(add_text("K-1", wrong[i]));
		assert_true(str_equal(batch->records[i].read.order, STR("K-1")));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_of_any_size_becomes_a_dead_letter),
		TEST(an_event_that_is_too_large_keeps_its_order),
		TEST(a_key_is_an_orders_id_up_to_its_length),
		TEST(headers_have_a_length),
		TEST(a_number_for_a_key_is_not_told_and_parks_all_the_same),
		TEST(a_number_for_an_orders_id_is_not_told_either),
		TEST(an_orders_id_of_many_digits_is_its_id),
		TEST(a_number_in_a_header_is_not_kept),
		TEST(an_order_that_is_named_waits_whatever_else_is_wrong),
		TEST(by_the_mapping_too),
		TEST(what_names_no_order_goes_by_its_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
