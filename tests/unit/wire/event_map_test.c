#include "unit/test.h"

#include "wire/event_map.h"

/* The example of event_map.h. */
static struct event_map_pool pools[] = {{(char *)"JKT", (char *)"jakarta"}};
static const struct event_map shop = {
	.id = (char *)"/event_id",
	.order = (char *)"/payload/order/id",
	.type = (char *)"/event",
	.version = (char *)"/seq",
	.time = (char *)"/ts",
	.pool = (char *)"/payload/city",
	.ttl_s = (char *)"/payload/ttl",
	.default_pool = (char *)"bali",
	.types = {{(char *)"created", EVENT_PLACED}, {(char *)"driver_assigned", EVENT_ASSIGNED}, {(char *)"done", EVENT_COMPLETED},
		{(char *)"gps", EVENT_MAP_IGNORE}, {(char *)"7", EVENT_CANCELLED}},
	.types_n = 5,
	.pools = pools,
	.pools_n = 1,
	.parties = {{(char *)"customer", (char *)"/payload/customer/phone", NULL},
		{(char *)"courier", (char *)"/payload/driver/phone", (char *)"/payload/driver/may_call"}},
	.parties_n = 2,
};

struct fixture {
	struct arena arena;
	struct json json, written;
	struct event event;
	struct problem problem;
	bool ignored;
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
	json_done(&fixture.written);
	arena_done(&fixture.arena);
	return 0;
}

static struct json_at root_of(const char *text)
{
	json_done(&fixture.json);
	fixture.problem = (struct problem){0};
	fixture.event = (struct event){0};
	assert_int_equal(json_read(str_of(text), EVENT_MAX, &fixture.json, &fixture.problem), ERR_OK);
	return json_at_root(&fixture.json);
}

static enum err any(const struct event_map *map, const char *text, const struct event_around *around)
{
	struct json_at root = root_of(text);

	return event_read_any(map, &root, around, &fixture.arena, &fixture.event, &fixture.ignored, &fixture.problem);
}

static void takes(const char *text)
{
	if (any(&shop, text, NULL) != ERR_OK)
		fail_msg("%s: %s: %s", text, fixture.problem.field, fixture.problem.detail);
	assert_false(fixture.ignored);
}

static void refuses(const char *text, const char *field, const char *detail)
{
	assert_int_equal(any(&shop, text, NULL), ERR_BAD_REQUEST);
	assert_string_equal(fixture.problem.field, field);
	assert_string_equal(fixture.problem.detail, detail);
}

static void assert_text(struct str got, const char *want)
{
	if (!str_equal(got, str_of(want)))
		fail_msg("'%.*s' instead of '%s'", (int)got.len, got.at, want);
}

static void a_foreign_document_is_read_by_its_pointers(void **state)
{
	const struct event *event = &fixture.event;

	(void)state;
	takes("{\"event_id\":12,\"event\":\"created\",\"seq\":3,\"ts\":1,\"payload\":{\"order\":{\"id\":\"A-1001\",\"x\":[]},"
	      "\"city\":\"JKT\",\"ttl\":\"60\",\"customer\":{\"phone\":\"+6281234567210\",\"name\":\"x\"},"
	      "\"driver\":{\"phone\":\"0812 9876 5877\",\"may_call\":false}}}");
	assert_text(event->id, "12");
	assert_int_equal(event->type, EVENT_PLACED);
	assert_text(event->order, "A-1001");
	assert_true(event->version == 3 && event->ttl_s == 60 && event->parties_n == 2);
	assert_text(event->pool, "jakarta");
	assert_text(event->parties[0].role, "customer");
	assert_text(event->parties[0].numbers[0], "+6281234567210");
	assert_true(event->parties[0].may_call && event->parties[0].numbers_n == 1 && !event->parties[0].vn.at);
	assert_text(event->parties[1].role, "courier");
	assert_text(event->parties[1].numbers[0], "0812 9876 5877");
	assert_false(event->parties[1].may_call);
}

static void absent_null_and_empty_are_the_same(void **state)
{
	static const char *const cases[] = {
		"{\"event\":\"driver_assigned\",\"seq\":1,\"payload\":{\"order\":{\"id\":1001},\"driver\":{\"phone\":\"x\"}}}",
		"{\"event\":\"driver_assigned\",\"event_id\":null,\"seq\":1,\"ts\":null,\"payload\":{\"order\":{\"id\":1001},"
		"\"city\":null,\"ttl\":null,\"customer\":{\"phone\":null},\"driver\":{\"phone\":\"x\",\"may_call\":null}}}",
		"{\"event\":\"driver_assigned\",\"event_id\":\"\",\"seq\":1,\"ts\":\"\",\"payload\":{\"order\":{\"id\":\"1001\"},"
		"\"city\":\"\",\"ttl\":\"\",\"customer\":{\"phone\":\"\"},\"driver\":{\"phone\":\"x\"}}}",
		"{\"event\":\"driver_assigned\",\"seq\":1,\"payload\":{\"order\":{\"id\":1001},\"customer\":5,\"driver\":{\"phone\":"
		"\"x\"}}}",
	};
	const struct event *event = &fixture.event;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		takes(cases[i]);
		assert_true(event->type == EVENT_ASSIGNED && !event->id.at && event->ttl_s == 0);
		assert_text(event->order, "1001");
		assert_text(event->pool, "bali");
		assert_int_equal(event->parties_n, 1);
		assert_text(event->parties[0].role, "courier");
		assert_true(event->parties[0].may_call);
	}
}

static void pools_that_are_not_in_the_table_stay_as_they_are(void **state)
{
	struct event_map without = shop;

	(void)state;
	takes("{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"},\"city\":\"bandung\"}}");
	assert_text(fixture.event.pool, "bandung");
	without.default_pool = NULL;
	assert_int_equal(any(&without, "{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"}}}", NULL), ERR_OK);
	assert_int_equal(fixture.event.pool.len, 0);
}

static void versions_are_whole_numbers_or_their_digits(void **state)
{
	static const char closing[] = "{\"event\":\"done\",%s,\"payload\":{\"order\":{\"id\":\"A\"}}}";
	static const struct {
		const char *said;
		uint64_t version; /* 0: refused */
		const char *field, *detail;
	} cases[] = {
		{"\"seq\":1", 1, "", ""},
		{"\"seq\":9223372036854775807", INT64_MAX, "", ""},
		{"\"seq\":\"17\"", 17, "", ""},
		{"\"seq\":5,\"ts\":\"noon\"", 5, "", ""}, /* a version that is there counts alone */
		{"\"seq\":null,\"ts\":1795341600", 1795341600000, "", ""},
		{"\"ts\":1795341600250", 1795341600250, "", ""},
		{"\"ts\":1795341600.25", 1795341600250, "", ""},
		{"\"ts\":1795341600250.0", 1795341600250, "", ""},
		{"\"ts\":99999999999", 99999999999000, "", ""},
		{"\"ts\":100000000000", 100000000000, "", ""},
		{"\"ts\":\"2026-11-22T17:00:00.250+07:00\"", 1795341600250, "", ""},
		{"\"seq\":0", 0, "/seq", "the number is too small"},
		{"\"seq\":-1", 0, "/seq", "the number is too small"},
		{"\"seq\":\"0\"", 0, "/seq", "the number is too small"},
		{"\"seq\":1.5", 0, "/seq", "this is to be a whole number"},
		{"\"seq\":\"1.5\"", 0, "/seq", "this is to be a whole number"},
		{"\"seq\":\"9223372036854775808\"", 0, "/seq", "the number is too large"},
		{"\"seq\":[1]", 0, "/seq", "this is to be a whole number"},
		{"\"x\":1", 0, "/seq", "an event needs a version or a time"},
		{"\"ts\":0", 0, "/ts", ""},
		{"\"ts\":-5", 0, "/ts", ""},
		{"\"ts\":-1795341600.5", 0, "/ts", ""},
		{"\"ts\":1e300", 0, "/ts", ""},
		{"\"ts\":9223372036854775807", 0, "/ts", ""},
		{"\"ts\":\"yesterday\"", 0, "/ts", ""},
		{"\"ts\":true", 0, "/ts", ""},
		{"\"ts\":\"1969-01-01T00:00:00Z\"", 0, "/ts", ""},
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(text, sizeof text, closing, cases[i].said);
		enum err err = any(&shop, text, NULL);
		if ((err == ERR_OK) != (cases[i].version > 0) || fixture.event.version != cases[i].version ||
			strcmp(fixture.problem.field, cases[i].field) != 0)
			fail_msg("%s: %d, version %llu, %s", cases[i].said, err, (unsigned long long)fixture.event.version,
				fixture.problem.field);
		if (cases[i].detail[0])
			assert_string_equal(fixture.problem.detail, cases[i].detail);
	}
}

static void what_is_wrong_is_named_by_its_pointer(void **state)
{
	(void)state;
	refuses("{\"seq\":1}", "/event", "this field is needed");
	refuses("{\"event\":\"\",\"seq\":1}", "/event", "this field is needed");
	refuses("{\"event\":true,\"seq\":1}", "/event", "this is to be a string or a whole number");
	refuses("{\"event\":\"burnt\",\"seq\":1}", "/event", "this type is not in the mapping's types");
	refuses("{\"event\":\"done\",\"seq\":1}", "/payload/order/id", "this field is needed");
	refuses("{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"a\\u0001\"}}}", "/payload/order/id",
		"an order's id has no control characters");
	refuses("{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":1.5}}}", "/payload/order/id",
		"this is to be a string or a whole number");
	refuses("{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"},\"city\":{}}}", "/payload/city",
		"this is to be a string or a whole number");
	refuses("{\"event\":\"created\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"}}}", "/payload/customer/phone",
		"such an event names a party or more");
	refuses("{\"event\":\"created\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"},\"customer\":{\"phone\":6281234567210}}}",
		"/payload/customer/phone", "this is to be a string");
	refuses("{\"event\":\"created\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"},\"driver\":{\"phone\":\"x\",\"may_call\":"
		"\"yes\"}}}",
		"/payload/driver/may_call", "this is to be true or false");
	refuses("{\"event\":\"created\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"},\"ttl\":31536001}}", "/payload/ttl",
		"the number is too large");
	refuses("[]", "", "an event is an object");

	char text[512], order[SESSION_REF_MAX + 2];
	memset(order, 'a', sizeof order - 1);
	order[sizeof order - 1] = '\0';
	snprintf(text, sizeof text, "{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"%s\"}}}", order);
	refuses(text, "/payload/order/id", "the text is too long");
	snprintf(text, sizeof text, "{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":1},\"city\":\"%.65s\"}}", order);
	refuses(text, "/payload/city", "the text is too long");
}

static void types_to_ignore_are_passed_over_whatever_else_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(any(&shop, "{\"event\":\"gps\",\"payload\":{\"order\":[]}}", NULL), ERR_OK);
	assert_true(fixture.ignored);
	takes("{\"event\":7,\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"}}}");
	assert_int_equal(fixture.event.type, EVENT_CANCELLED);
}

static void what_closes_an_order_does_not_look_at_parties(void **state)
{
	(void)state;
	takes("{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"},\"customer\":{\"phone\":5}}}");
	assert_int_equal(fixture.event.parties_n, 0);
}

static void without_a_table_the_words_are_ours(void **state)
{
	struct event_map map = {.order = (char *)"/o", .type = (char *)"/t", .version = (char *)"/v"};

	(void)state;
	assert_int_equal(any(&map, "{\"t\":\"order.completed\",\"o\":\"A\",\"v\":1}", NULL), ERR_OK);
	assert_int_equal(fixture.event.type, EVENT_COMPLETED);
	assert_int_equal(any(&map, "{\"t\":\"done\",\"o\":\"A\",\"v\":1}", NULL), ERR_BAD_REQUEST);
	assert_string_equal(fixture.problem.field, "/t");
	assert_int_equal(any(&map, "{\"t\":\"order.placed\",\"o\":\"A\",\"v\":1}", NULL), ERR_BAD_REQUEST);
	assert_string_equal(fixture.problem.field, "parties");
}

static void our_own_shape_stays_ours_beside_a_map(void **state)
{
	(void)state;
	takes("{\"type\":\"order.completed\",\"order\":\"A\",\"version\":1,\"pool\":\"jakarta\"}");
	assert_true(fixture.event.type == EVENT_COMPLETED && fixture.event.version == 1);
	/* Something is wrong in it: said in our words. */
	refuses("{\"type\":\"order.completed\",\"version\":1}", "order", "this field is needed");
	refuses("{\"type\":\"order.completed\",\"order\":\"A\",\"version\":1,\"colour\":1}", "colour",
		"there is no such field here");
	/* Without a map nothing is foreign. */
	assert_int_equal(any(NULL, "{\"event\":\"done\",\"seq\":1}", NULL), ERR_BAD_REQUEST);
	assert_string_equal(fixture.problem.field, "event");
}

static void a_foreign_shape_may_use_our_words(void **state)
{
	struct event_map map = {.order = (char *)"/order/id",
		.type = (char *)"/type",
		.version = (char *)"/v",
		.types = {{(char *)"order.completed", EVENT_CANCELLED}},
		.types_n = 1};

	(void)state;
	assert_int_equal(any(&map, "{\"type\":\"order.completed\",\"order\":{\"id\":\"A\"},\"v\":1}", NULL), ERR_OK);
	assert_true(fixture.event.type == EVENT_CANCELLED);
	map.order = (char *)"/order";
	assert_int_equal(any(&map, "{\"type\":\"order.completed\",\"order\":1001,\"v\":1}", NULL), ERR_OK);
	assert_text(fixture.event.order, "1001");
	assert_int_equal(any(&map, "{\"type\":\"order.completed\",\"order\":\"A\",\"v\":1}", NULL), ERR_OK);
	assert_true(fixture.event.type == EVENT_CANCELLED);
	assert_int_equal(any(&map, "{\"type\":\"order.completed\",\"order\":\"A\",\"version\":1}", NULL), ERR_OK);
	assert_true(fixture.event.type == EVENT_COMPLETED);
}

static void the_data_of_an_envelope_may_be_foreign_too(void **state)
{
	struct event_around around = {STR("ce-2"), STR("gps"), STR("2026-11-22T10:00:00Z")};

	(void)state;
	takes("{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/shop\",\"type\":\"done\",\"time\":\"2026-11-22T10:00:00Z\","
	      "\"data\":{\"payload\":{\"order\":{\"id\":\"A\"}}}}");
	assert_true(fixture.event.type == EVENT_COMPLETED && fixture.event.version == 1795341600000);
	assert_text(fixture.event.id, "ce-1");
	takes("{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/shop\",\"type\":\"order.completed\","
	      "\"data\":{\"order\":\"A\",\"version\":1}}");
	assert_text(fixture.event.order, "A");
	refuses("{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/shop\",\"type\":\"done\",\"data\":{\"seq\":1}}",
		"/payload/order/id", "this field is needed");
	refuses("{\"specversion\":\"1.0\",\"id\":\"ce-1\",\"source\":\"/shop\",\"type\":\"done\"}", "data",
		"this is to be an object");
	assert_int_equal(any(&shop, "{\"payload\":{\"order\":{\"id\":\"A\"}}}", &around), ERR_OK);
	assert_true(fixture.ignored);
	around.type = STR("done");
	assert_int_equal(any(&shop, "{\"payload\":{\"order\":{\"id\":\"A\"}}}", &around), ERR_OK);
	assert_true(!fixture.ignored && fixture.event.version == 1795341600000);
}

static void what_is_written_is_read_as_the_same_event(void **state)
{
	static const char full[] = "{\"id\":\"e\\\"1\",\"type\":\"order.placed\",\"order\":\"\xc3\xa9/1\",\"version\":9,"
				   "\"pool\":\"jakarta\",\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567210\","
				   "\"numbers\":[\"+6281298765877\"],\"may_call\":false,\"vn\":\"+622150000001\"},"
				   "{\"role\":\"courier\",\"number\":\"x\"}],\"ttl_s\":60}";
	static const char closing[] = "{\"type\":\"order.completed\",\"order\":\"A\",\"version\":1}";
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	takes(full);
	event_write(&out, &fixture.event);
	assert_true(buf_ok(&out) && str_equal(buf_text(&out), str_of(full)));
	buf_reset(&out);
	takes("{\"event\":\"done\",\"seq\":1,\"payload\":{\"order\":{\"id\":\"A\"}}}");
	fixture.event.pool = STR_NONE;
	event_write(&out, &fixture.event);
	assert_true(buf_ok(&out) && str_equal(buf_text(&out), str_of(closing)));
	buf_done(&out);
}

static void a_map_frees_its_texts_and_none_is_none(void **state)
{
	struct event_map *map = calloc(1, sizeof *map);

	(void)state;
	event_map_free(NULL);
	assert_non_null(map);
	map->order = strdup("/o");
	map->types[map->types_n++].from = strdup("x");
	map->pools = calloc(1, sizeof *map->pools);
	assert_non_null(map->pools);
	map->pools[map->pools_n++] = (struct event_map_pool){strdup("a"), strdup("b")};
	map->parties[map->parties_n++] = (struct event_map_party){strdup("r"), strdup("/n"), strdup("/m")};
	event_map_free(map); /* ASan tells what is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_foreign_document_is_read_by_its_pointers, begin, end),
		cmocka_unit_test_setup_teardown(absent_null_and_empty_are_the_same, begin, end),
		cmocka_unit_test_setup_teardown(pools_that_are_not_in_the_table_stay_as_they_are, begin, end),
		cmocka_unit_test_setup_teardown(versions_are_whole_numbers_or_their_digits, begin, end),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_named_by_its_pointer, begin, end),
		cmocka_unit_test_setup_teardown(types_to_ignore_are_passed_over_whatever_else_is_wrong, begin, end),
		cmocka_unit_test_setup_teardown(what_closes_an_order_does_not_look_at_parties, begin, end),
		cmocka_unit_test_setup_teardown(without_a_table_the_words_are_ours, begin, end),
		cmocka_unit_test_setup_teardown(our_own_shape_stays_ours_beside_a_map, begin, end),
		cmocka_unit_test_setup_teardown(a_foreign_shape_may_use_our_words, begin, end),
		cmocka_unit_test_setup_teardown(the_data_of_an_envelope_may_be_foreign_too, begin, end),
		cmocka_unit_test_setup_teardown(what_is_written_is_read_as_the_same_event, begin, end),
		cmocka_unit_test(a_map_frees_its_texts_and_none_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
