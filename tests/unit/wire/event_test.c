#include "unit/test.h"

#include "wire/event.h"

struct fixture {
	struct arena arena;
	struct json json;
	struct event event;
	struct problem problem;
};

static struct fixture fixture;

static int begin(void **state)
{
	(void)state;
	fixture = (struct fixture){0};
	arena_init(&fixture.arena, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_done(&fixture.json);
	arena_done(&fixture.arena);
	return 0;
}

static enum err read_around(const char *text, const struct event_around *around)
{
	json_done(&fixture.json);
	fixture.problem = (struct problem){0};
	assert_int_equal(json_read(str_of(text), EVENT_MAX, &fixture.json, &fixture.problem), ERR_OK);
	struct json_at root = json_at_root(&fixture.json);
	return event_read(&root, around, &fixture.arena, &fixture.event, &fixture.problem);
}

static void refuses(const char *text, enum err err, const char *field)
{
	assert_int_equal(read_around(text, NULL), err);
	assert_string_equal(fixture.problem.field, field);
}

static void our_own_shape_is_read_whole(void **state)
{
	const struct event *event = &fixture.event;

	(void)state;
	assert_int_equal(
		read_around("{\"id\":\"evt-1\",\"type\":\"order.placed\",\"order\":\"A-1001\",\"version\":1,"
			    "\"time\":\"2026-11-22T10:00:00Z\",\"pool\":\"jakarta\",\"ttl_s\":60,\"parties\":"
			    "[{\"role\":\"customer\","
			    "\"number\":\"+6281234567210\",\"numbers\":[\"0812 9876 "
			    "5877\"],\"may_call\":false,\"vn\":\"+622150000001\"},"
			    "{\"role\":\"courier\",\"number\":\"x\"}]}",
			NULL),
		ERR_OK);
	assert_int_equal(event->type, EVENT_PLACED);
	assert_true(str_equal(event->id, STR("evt-1")) && str_equal(event->order, STR("A-1001")));
	assert_true(str_equal(event->pool, STR("jakarta")) && event->version == 1 && event->ttl_s == 60);
	assert_int_equal(event->parties_n, 2);
	assert_true(str_equal(event->parties[0].role, STR("customer")) && event->parties[0].numbers_n == 2);
	assert_true(str_equal(event->parties[0].numbers[1], STR("0812 9876 5877")) &&
		    !event->parties[0].may_call);
	assert_true(str_equal(event->parties[0].vn, STR("+622150000001")));
	assert_true(
		event->parties[1].may_call && event->parties[1].numbers_n == 1 && !event->parties[1].vn.at);
}

static void every_type_has_its_word(void **state)
{
	char text[256];

	(void)state;
	for (int i = 0; event_type_words[i]; i++) {
		snprintf(text, sizeof text,
			"{\"type\":\"%s\",\"order\":\"A\",\"version\":1,\"parties\":[{\"role\":\"a\","
			"\"number\":\"1\"}]}",
			event_type_words[i]);
		assert_int_equal(read_around(text, NULL), ERR_OK);
		assert_int_equal(fixture.event.type, i);
	}
}

static void time_counts_where_there_is_no_version(void **state)
{
	(void)state;
	assert_int_equal(read_around("{\"type\":\"order.completed\",\"order\":\"A\",\"time\":\"2026-11-22T10:"
				     "00:00.250Z\"}",
				 NULL),
		ERR_OK);
	assert_true(fixture.event.version == 1795341600250);
	refuses("{\"type\":\"order.completed\",\"order\":\"A\"}", ERR_BAD_REQUEST, "version");
	refuses("{\"type\":\"order.completed\",\"order\":\"A\",\"version\":0}", ERR_BAD_REQUEST, "version");
	refuses("{\"type\":\"order.completed\",\"order\":\"A\",\"time\":\"1969-01-01T00:00:00Z\"}",
		ERR_BAD_REQUEST, "time");
	refuses("{\"type\":\"order.completed\",\"order\":\"A\",\"version\":1,\"time\":\"noon\"}",
		ERR_BAD_REQUEST, "time");
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	refuses("[]", ERR_BAD_REQUEST, "");
	refuses("{\"type\":\"order.placed\",\"version\":1}", ERR_BAD_REQUEST, "order");
	refuses("{\"order\":\"A\",\"version\":1}", ERR_BAD_REQUEST, "type");
	refuses("{\"type\":\"order.lost\",\"order\":\"A\",\"version\":1}", ERR_BAD_REQUEST, "type");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1}", ERR_BAD_REQUEST, "parties");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\\u0001\",\"version\":1}", ERR_BAD_REQUEST, "order");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1,\"colour\":1}", ERR_BAD_REQUEST,
		"colour");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1,\"parties\":[{\"role\":\"a\"}]}",
		ERR_BAD_REQUEST, "parties[0].number");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1,\"parties\":[{\"role\":\"a "
		"b\",\"number\":\"1\"}]}",
		ERR_BAD_REQUEST, "parties[0].role");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1,\"parties\":[{\"role\":\"a\","
		"\"number\":\"1\"},"
		"{\"role\":\"a\",\"number\":\"2\"}]}",
		ERR_BAD_REQUEST, "parties[1].role");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1,\"parties\":[0,1,2,3,4,5,6,7,8]}",
		ERR_TOO_MANY_PARTIES, "parties");
	refuses("{\"type\":\"order.placed\",\"order\":\"A\",\"version\":1,\"parties\":[{\"role\":\"a\","
		"\"number\":\"1\","
		"\"numbers\":[\"1\",\"2\",\"3\",\"4\",\"5\"]}]}",
		ERR_BAD_REQUEST, "parties[0].numbers");
}

static void an_envelope_gives_what_its_data_lacks(void **state)
{
	const struct event *event = &fixture.event;

	(void)state;
	assert_int_equal(read_around("{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/"
				     "shop\",\"type\":\"order.completed\","
				     "\"time\":\"2026-11-22T10:00:00Z\",\"traceparent\":\"00-x\",\"data\":{"
				     "\"order\":\"A\"}}",
				 NULL),
		ERR_OK);
	assert_true(event->type == EVENT_COMPLETED && event->version == 1795341600000 &&
		    str_equal(event->id, STR("ce-1")));
	assert_int_equal(read_around("{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/"
				     "shop\",\"type\":\"com.shop.orders\","
				     "\"data\":{\"id\":\"evt-1\",\"type\":\"order.cancelled\",\"order\":"
				     "\"A\",\"version\":3}}",
				 NULL),
		ERR_OK);
	assert_true(
		event->type == EVENT_CANCELLED && event->version == 3 && str_equal(event->id, STR("evt-1")));
}

static void envelopes_of_another_kind_are_refused(void **state)
{
	(void)state;
	refuses("{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\",\"data\":{}}",
		ERR_BAD_REQUEST, "specversion");
	refuses("{\"specversion\":\"1.0\",\"source\":\"/\",\"type\":\"t\",\"data\":{}}", ERR_BAD_REQUEST,
		"id");
	refuses("{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\",\"data\":{}}", ERR_BAD_REQUEST,
		"source");
	refuses("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\",\"data\":{}}", ERR_BAD_REQUEST,
		"type");
	refuses("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/\",\"type\":\"t\"}", ERR_BAD_REQUEST,
		"data");
	refuses("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/"
		"\",\"type\":\"t\",\"datacontenttype\":\"text/xml\",\"data\":{}}",
		ERR_BAD_REQUEST, "datacontenttype");
	refuses("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/"
		"\",\"type\":\"order.completed\",\"data\":{\"version\":1}}",
		ERR_BAD_REQUEST, "data.order");
}

static void headers_of_binary_mode_count_as_an_envelope(void **state)
{
	struct event_around around = {STR("ce-1"), STR("order.completed"), STR("2026-11-22T10:00:00Z")};

	(void)state;
	assert_int_equal(read_around("{\"order\":\"A\"}", &around), ERR_OK);
	assert_true(fixture.event.type == EVENT_COMPLETED && fixture.event.version == 1795341600000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(our_own_shape_is_read_whole, begin, end),
		cmocka_unit_test_setup_teardown(every_type_has_its_word, begin, end),
		cmocka_unit_test_setup_teardown(time_counts_where_there_is_no_version, begin, end),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_named, begin, end),
		cmocka_unit_test_setup_teardown(an_envelope_gives_what_its_data_lacks, begin, end),
		cmocka_unit_test_setup_teardown(envelopes_of_another_kind_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(headers_of_binary_mode_count_as_an_envelope, begin, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
