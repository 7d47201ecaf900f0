#include "unit/test.h"

#include "out/orders_rows.h"

#define HEAD "{\"tenant\":\"main\",\"pool\":\"jakarta\",\"session\":\"ses_01JD5XK8Q70003\",\"ref\":\"A-1001\",\"rev\":3,"
#define TIMES "\"opened_at\":\"2026-11-22T10:00:00Z\",\"expires_at\":\"2026-11-22T14:00:00Z\",\"closed_at\":null," \
	"\"grace_until\":null}"
#define CUSTOMER "{\"role\":\"customer\",\"vn\":\"+622150001234\"}"
#define COURIER "{\"role\":\"courier\",\"vn\":\"+622150005678\"}"
#define LIVE HEAD "\"state\":\"live\",\"parties\":[" CUSTOMER "," COURIER "],"

static struct orders_rows rows;
static struct problem problem;

static enum err add(const char *data, int event)
{
	struct outbox_row row = {.id = (1732269600123ULL << 16) | 5, .at_ms = 1732269600123, .type = STR("session.changed"),
		.tenant = STR("main"), .key = STR("A-1001")};
	char *copy = strdup(data); /* the rows must not point into it */

	row.data = str_of(copy);
	memset(&problem, 0, sizeof problem);
	enum err err = orders_rows_add(&rows, &row, event, &problem);
	memset(copy, 'x', row.data.len);
	free(copy);
	return err;
}

static int tear_down(void **state)
{
	(void)state;
	orders_rows_done(&rows);
	return 0;
}

static const char *value(int row, enum orders_param param)
{
	static char texts[4][300];
	static int next;
	char *text = texts[next++ % 4];

	assert_in_range(row, 0, rows.n - 1);
	if (!rows.at[row].at[param].at)
		return "NULL";
	assert_true(str_copy(text, sizeof texts[0], rows.at[row].at[param]));
	return text;
}

/* "viewer>role=vn state" of all rows from `first`, in their order. */
static void expect_rows(int first, const char *wanted)
{
	char text[8192];
	struct buf out;

	buf_fixed(&out, text, sizeof text - 1);
	for (int i = first; i < rows.n; i++)
		buf_fmt(&out, "%s%s>%s=%s %s", i > first ? ", " : "", value(i, ORDERS_VIEWER), value(i, ORDERS_ROLE),
			value(i, ORDERS_VN), value(i, ORDERS_STATE));
	text[out.len] = '\0';
	assert_string_equal(text, wanted);
}

static void each_viewer_gets_a_row_for_each_other_role(void **state)
{
	(void)state;
	orders_rows_init(&rows, true);
	assert_int_equal(add(LIVE TIMES, 4), ERR_OK);
	expect_rows(0, "customer>courier=+622150005678 live, courier>customer=+622150001234 live");
	assert_int_equal(rows.at[0].event, 4);
	assert_string_equal(value(0, ORDERS_REF), "A-1001");
	assert_string_equal(value(0, ORDERS_TENANT), "main");
	assert_string_equal(value(0, ORDERS_POOL), "jakarta");
	assert_string_equal(value(0, ORDERS_SESSION), "ses_01JD5XK8Q70003");
	assert_string_equal(value(0, ORDERS_REV), "3");
	assert_string_equal(value(0, ORDERS_EVENT), "session.changed");
	assert_string_equal(value(0, ORDERS_EVENT_ID), "evt_01JD9N0VBV0005");
	assert_string_equal(value(0, ORDERS_CHANGED_AT), "2024-11-22T10:00:00.123Z");
	assert_string_equal(value(0, ORDERS_OPENED_AT), "2026-11-22T10:00:00Z");
	assert_string_equal(value(0, ORDERS_EXPIRES_AT), "2026-11-22T14:00:00Z");
	assert_string_equal(value(0, ORDERS_CLOSED_AT), "NULL");
	assert_string_equal(value(0, ORDERS_GRACE_UNTIL), "NULL");
	/* A second event goes behind. */
	assert_int_equal(add(LIVE TIMES, 5), ERR_OK);
	assert_int_equal(rows.n, 4);
	assert_int_equal(rows.at[3].event, 5);
	orders_rows_reset(&rows);
	assert_int_equal(rows.n, 0);
}

static void without_a_viewer_each_role_gets_one_row(void **state)
{
	(void)state;
	orders_rows_init(&rows, false);
	assert_int_equal(add(LIVE "\"left\":[\"helper\"]," TIMES, 0), ERR_OK);
	expect_rows(0, "NULL>customer=+622150001234 live, NULL>courier=+622150005678 live, NULL>helper=NULL left");
}

static void a_view_goes_before_the_partys_own_number(void **state)
{
	(void)state;
	orders_rows_init(&rows, true);
	assert_int_equal(add(LIVE "\"views\":[{\"viewer\":\"courier\",\"target\":\"customer\",\"vn\":\"+622150001239\"},"
		"{\"viewer\":\"gone\",\"target\":\"customer\",\"vn\":\"+622150001238\"}]," TIMES, 0), ERR_OK);
	expect_rows(0, "customer>courier=+622150005678 live, courier>customer=+622150001239 live");
	orders_rows_done(&rows);
	orders_rows_init(&rows, false);
	assert_int_equal(add(LIVE "\"views\":[{\"viewer\":\"courier\",\"target\":\"customer\",\"vn\":\"+622150001239\"}],"
		TIMES, 0), ERR_OK);
	expect_rows(0, "NULL>customer=+622150001234 live, NULL>courier=+622150005678 live");
}

static void who_left_is_overwritten_in_both_directions(void **state)
{
	(void)state;
	orders_rows_init(&rows, true);
	assert_int_equal(add(HEAD "\"state\":\"live\",\"parties\":[" CUSTOMER "],\"left\":[\"helper\",\"desk\",\"customer\",\"desk\"],"
		TIMES, 0), ERR_OK);
	expect_rows(0, "customer>helper=NULL left, customer>desk=NULL left, helper>customer=NULL left, helper>desk=NULL left,"
		" desk>customer=NULL left, desk>helper=NULL left");
}

static void who_waits_has_no_number(void **state)
{
	(void)state;
	orders_rows_init(&rows, true);
	assert_int_equal(add(HEAD "\"state\":\"waiting\",\"parties\":[{\"role\":\"customer\",\"vn\":null}]," TIMES, 0), ERR_OK);
	assert_int_equal(rows.n, 0); /* alone: there is nobody to see */
	assert_int_equal(add(HEAD "\"state\":\"cooling\",\"parties\":[{\"role\":\"customer\",\"vn\":null},{\"role\":\"courier\"}],"
		TIMES, 1), ERR_OK);
	expect_rows(0, "customer>courier=NULL cooling, courier>customer=NULL cooling");
	assert_int_equal(add(HEAD "\"state\":\"closed\",\"parties\":[]}", 2), ERR_OK);
	assert_int_equal(rows.n, 2);
}

static void fields_of_later_versions_are_passed_over(void **state)
{
	(void)state;
	orders_rows_init(&rows, true);
	assert_int_equal(add(HEAD "\"state\":\"paused\",\"new\":{\"a\":[1]},\"parties\":[{\"role\":\"customer\",\"vn\":\"+622150001234\","
		"\"pin\":\"1\"}," COURIER "]}", 0), ERR_OK);
	expect_rows(0, "customer>courier=+622150005678 paused, courier>customer=+622150001234 paused");
}

static void what_cannot_be_read_adds_nothing_and_names_the_field(void **state)
{
	static const struct {
		const char *data, *field;
	} cases[] = {
		{"", ""},
		{"[]", ""},
		{"{}", "tenant"},
		{"{\"tenant\":7}", "tenant"},
		{HEAD "\"parties\":[]}", "state"},
		{HEAD "\"state\":\"live\"}", "parties"},
		{HEAD "\"state\":\"live\",\"parties\":{}}", "parties"},
		{HEAD "\"state\":\"live\",\"parties\":[7]}", "parties[0].role"},
		{HEAD "\"state\":\"live\",\"parties\":[" CUSTOMER ",{\"vn\":null}]}", "parties[1].role"},
		{HEAD "\"state\":\"live\",\"parties\":[{\"role\":\"a\",\"vn\":7}]}", "parties[0].vn"},
		{HEAD "\"state\":\"live\",\"parties\":[{\"role\":\"a\",\"vn\":\"+6221500012340000\"}]}", "parties[0].vn"},
		{LIVE "\"opened_at\":7}", "opened_at"},
		{LIVE "\"views\":[{\"viewer\":\"a\"}]}", "views[0].target"},
		{LIVE "\"left\":[7]}", "left[0]"},
		{LIVE "\"left\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}", "left"},
	};

	(void)state;
	orders_rows_init(&rows, true);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(add(cases[i].data, 0), ERR_BAD_REQUEST);
		assert_string_equal(problem.field, cases[i].field);
		assert_true(problem.detail[0]);
		assert_int_equal(rows.n, 0);
	}
	/* A rev that is missing or no number. */
	assert_int_equal(add("{\"tenant\":\"m\",\"pool\":\"p\",\"session\":\"s\",\"ref\":\"r\",\"state\":\"x\",\"parties\":[]}", 0),
		ERR_BAD_REQUEST);
	assert_string_equal(problem.field, "rev");
}

static void the_limits_are_exact(void **state)
{
	static char data[ORDERS_EVENT_MAX + 2];
	struct buf out;

	(void)state;
	orders_rows_init(&rows, true);
	for (int n = SESSION_PARTIES_MAX; n <= SESSION_PARTIES_MAX + 1; n++) {
		buf_fixed(&out, data, sizeof data - 1);
		buf_lit(&out, HEAD "\"state\":\"live\",\"parties\":[");
		for (int i = 0; i < n; i++)
			buf_fmt(&out, "%s{\"role\":\"r%d\",\"vn\":\"+62215000123%d\"}", i ? "," : "", i, i);
		buf_lit(&out, "],\"left\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]}");
		buf_char(&out, '\0');
		assert_true(buf_ok(&out));
		assert_int_equal(add(data, 0), n == SESSION_PARTIES_MAX ? ERR_OK : ERR_BAD_REQUEST);
		assert_int_equal(rows.n, ORDERS_EVENT_ROWS_MAX);
	}
	memset(data, ' ', sizeof data - 1);
	memcpy(data, LIVE TIMES, sizeof LIVE TIMES - 1);
	data[ORDERS_EVENT_MAX] = '\0';
	assert_int_equal(add(data, 0), ERR_OK);
	data[ORDERS_EVENT_MAX] = ' ';
	assert_int_equal(add(data, 0), ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_viewer_gets_a_row_for_each_other_role, tear_down),
		cmocka_unit_test_teardown(without_a_viewer_each_role_gets_one_row, tear_down),
		cmocka_unit_test_teardown(a_view_goes_before_the_partys_own_number, tear_down),
		cmocka_unit_test_teardown(who_left_is_overwritten_in_both_directions, tear_down),
		cmocka_unit_test_teardown(who_waits_has_no_number, tear_down),
		cmocka_unit_test_teardown(fields_of_later_versions_are_passed_over, tear_down),
		cmocka_unit_test_teardown(what_cannot_be_read_adds_nothing_and_names_the_field, tear_down),
		cmocka_unit_test_teardown(the_limits_are_exact, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
