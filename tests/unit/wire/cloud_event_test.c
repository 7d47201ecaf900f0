/* CloudEvents 1.0.2 (github.com/cloudevents/spec): attributes, JSON format. */
#include "unit/test.h"

#include "wire/cloud_event.h"
#include "wire/event.h"

static struct outbox_row row(void)
{
	return (struct outbox_row){
		.id = 0x019311f1e7d00001u,
		.at_ms = 1795341600250,
		.type = STR("session.live"),
		.tenant = STR("main"),
		.pool = STR("jakarta"),
		.session = 7,
		.key = STR("A-1001"),
		.data = STR("{\"session\":\"ses_1\"}"),
	};
}

static void expect_written(const struct outbox_row *of, const char *wanted)
{
	char text[2048];
	struct buf out;
	struct cloud_event event;

	buf_fixed(&out, text, sizeof text - 1);
	cloud_event_of(of, &event);
	cloud_event_write(&out, &event);
	assert_true(buf_ok(&out));
	text[out.len] = '\0';
	assert_string_equal(text, wanted);
}

static void an_event_id_is_written_and_read_back(void **state)
{
	static const char *const foreign[] = {"", "evt_", "ses_0000000000001", "evt_00000000000000",
		"evt_0000000000000l", "evt_00000000000011 ", "EVT_00000000000011"};
	char text[EVENT_ID_TEXT_SIZE];
	uint64_t ids[] = {1, 0x019311f1e7d00001u, UINT64_MAX}, id = 5;

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_true(str_starts(str_of(event_id_text(ids[i], text)), STR("evt_")));
		assert_int_equal(event_id_parse(str_of(text), &id), ERR_OK);
		assert_true(id == ids[i]);
	}
	id = 5;
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
		assert_int_equal(event_id_parse(str_of(foreign[i]), &id), ERR_NOT_FOUND);
	assert_int_equal(id, 5);
}

static void a_row_has_its_attributes(void **state)
{
	struct outbox_row of = row();
	struct cloud_event event;
	uint64_t id;

	(void)state;
	cloud_event_of(&of, &event);
	assert_int_equal(event_id_parse(str_of(event.id), &id), ERR_OK);
	assert_true(id == of.id);
	assert_string_equal(event.source, "urn:bauta:main");
	assert_string_equal(event.time, "2026-11-22T10:00:00.250Z");
	assert_true(str_equal(event.type, STR("session.live")));
	assert_true(str_equal(event.subject, STR("A-1001")));
	assert_true(str_equal(event.data, of.data));
}

static void the_structured_mode_is_one_json_object(void **state)
{
	struct outbox_row of = row();

	(void)state;
	expect_written(&of, "{\"specversion\":\"1.0\",\"id\":\"evt_01JC8Z3SYG0001\",\"source\":\"urn:bauta:main\","
			    "\"type\":\"session.live\",\"subject\":\"A-1001\",\"time\":\"2026-11-22T10:00:00.250Z\","
			    "\"datacontenttype\":\"application/json\",\"data\":{\"session\":\"ses_1\"}}");
}

/* The specification: subject and data may be absent, a subject may not be empty. */
static void what_an_event_has_not_is_not_written(void **state)
{
	struct outbox_row of = row();

	(void)state;
	of.key = of.data = STR_NONE;
	of.at_ms = 0;
	expect_written(&of, "{\"specversion\":\"1.0\",\"id\":\"evt_01JC8Z3SYG0001\",\"source\":\"urn:bauta:main\","
			    "\"type\":\"session.live\",\"time\":\"1970-01-01T00:00:00Z\"}");
}

static void a_foreign_order_id_stays_a_string(void **state)
{
	struct outbox_row of = row();

	(void)state;
	of.key = STR("a\"b\\\n\xff");
	of.data = STR("{}");
	expect_written(&of, "{\"specversion\":\"1.0\",\"id\":\"evt_01JC8Z3SYG0001\",\"source\":\"urn:bauta:main\","
			    "\"type\":\"session.live\",\"subject\":\"a\\\"b\\\\\\u000a\xef\xbf\xbd\","
			    "\"time\":\"2026-11-22T10:00:00.250Z\",\"datacontenttype\":\"application/json\",\"data\":{}}");
}

static void a_source_is_a_uri_whatever_the_tenant_is_called(void **state)
{
	char longest[TENANT_NAME_MAX + 1];
	struct outbox_row of = row();
	struct cloud_event event;

	(void)state;
	of.tenant = STR("a b/\xc3\xa9#");
	cloud_event_of(&of, &event);
	assert_string_equal(event.source, "urn:bauta:a%20b%2F%C3%A9%23");
	memset(longest, '%', TENANT_NAME_MAX);
	of.tenant = str_n(longest, TENANT_NAME_MAX);
	cloud_event_of(&of, &event);
	assert_int_equal(strlen(event.source), sizeof event.source - 1);
}

static void write_from_no_calendar(void *data)
{
	struct cloud_event event;

	cloud_event_of(data, &event);
}

static void a_row_that_can_not_be_ours_is_an_assertion(void **state)
{
	char too_long[TENANT_NAME_MAX + 1];
	struct outbox_row of = row();

	(void)state;
	of.at_ms = INT64_MAX;
	assert_true(test_dies(write_from_no_calendar, &of));
	of = row();
	memset(too_long, '/', sizeof too_long);
	of.tenant = str_n(too_long, sizeof too_long);
	assert_true(test_dies(write_from_no_calendar, &of));
}

/* Ours are CloudEvents as we read others': specversion, type and data are where event_read looks for them. */
static void what_is_written_can_be_read(void **state)
{
	struct outbox_row of = row();
	struct cloud_event event;
	struct problem problem = {0};
	struct arena arena;
	struct event read;
	struct json json;
	struct buf out;

	(void)state;
	of.type = STR("order.completed");
	of.data = STR("{\"order\":\"A-1001\"}");
	buf_init(&out, 4096);
	arena_init(&arena, 1 << 20);
	cloud_event_of(&of, &event);
	cloud_event_write(&out, &event);
	assert_true(buf_ok(&out));
	assert_int_equal(json_read(buf_text(&out), EVENT_MAX, &json, &problem), ERR_OK);
	struct json_at root = json_at_root(&json);
	assert_int_equal(event_read(&root, NULL, &arena, &read, &problem), ERR_OK);
	assert_true(str_equal(read.order, STR("A-1001")));
	assert_true(str_equal(read.id, str_of(event.id)));
	assert_true(read.version == (uint64_t)of.at_ms);
	json_done(&json);
	arena_done(&arena);
	buf_done(&out);
}

static void a_full_buffer_is_told_at_the_end(void **state)
{
	struct outbox_row of = row();
	struct cloud_event event;
	char text[64];
	struct buf out;

	(void)state;
	buf_fixed(&out, text, sizeof text);
	cloud_event_of(&of, &event);
	cloud_event_write(&out, &event);
	assert_false(buf_ok(&out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_id_is_written_and_read_back),
		cmocka_unit_test(a_row_has_its_attributes),
		cmocka_unit_test(the_structured_mode_is_one_json_object),
		cmocka_unit_test(what_an_event_has_not_is_not_written),
		cmocka_unit_test(a_foreign_order_id_stays_a_string),
		cmocka_unit_test(a_source_is_a_uri_whatever_the_tenant_is_called),
		cmocka_unit_test(a_row_that_can_not_be_ours_is_an_assertion),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(a_full_buffer_is_told_at_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
