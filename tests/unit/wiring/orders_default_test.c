/* The default statement: the same in the program and in packaging/orders_db.sql, and right on a real PostgreSQL whatever comes
 * twice or late. */
#include "unit/test.h"

#include "out/orders_default.h"
#include "out/orders_rows.h"
#include "unit/db/postgres.h"

#define SQL_FILE "packaging/orders_db.sql"
#define BEGINS "-- >>>\n"
#define ENDS "-- <<<\n"

static struct postgres postgres;
static struct sql_named statement;
static struct orders_db *db;
static struct orders_rows rows;
static char sql[16384], why[ORDERS_WHY_SIZE];

static int start(void **state)
{
	char error[SQL_NAMED_ERROR_SIZE];
	FILE *file = fopen(SQL_FILE, "r");

	(void)state;
	assert_non_null(file);
	size_t len = fread(sql, 1, sizeof sql - 1, file);
	assert_in_range(len, 1, sizeof sql - 2);
	fclose(file);
	assert_int_equal(
		sql_named_read(str_of(orders_default_statement), orders_param_words, &statement, error), ERR_OK);
	postgres_new(&postgres, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sql_named_done(&statement);
	postgres_free(&postgres);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	postgres_ask(&postgres, "DROP TABLE IF EXISTS bauta_contact");
	postgres_ask(&postgres, sql);
	db = orders_db_new(&(struct orders_db_options){.url = postgres.url, .text = str_of(orders_default_statement),
		.statement = &statement, .stop_fd = -1});
	orders_rows_init(&rows, sql_named_uses(&statement, ORDERS_VIEWER));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	orders_db_free(db);
	orders_rows_done(&rows);
	return 0;
}

static void the_file_and_the_program_have_the_same_statement(void **state)
{
	char text[4096];
	struct buf out;

	(void)state;
	const char *at = strstr(sql, BEGINS), *end = strstr(sql, ENDS);
	assert_true(at && end && at < end);
	buf_fixed(&out, text, sizeof text - 1);
	for (at += strlen(BEGINS); at < end; at = strchr(at, '\n') + 1) {
		assert_memory_equal(at, "-- ", 3);
		buf_put(&out, at + 3, (size_t)(strchr(at, '\n') + 1 - at - 3));
	}
	text[out.len] = '\0';
	assert_string_equal(text, orders_default_statement);
}

static void it_names_every_parameter(void **state)
{
	(void)state;
	assert_int_equal(statement.params_n, ORDERS__COUNT);
	assert_true(rows.by_viewer);
}

/* An event: `id` ascends; "customer" and "courier", unless `left`: then the courier left. */
static void give(uint64_t id, const char *type, const char *state, const char *customer, const char *courier, bool left)
{
	struct problem problem = {0};
	char data[1000];
	struct buf out;
	int row = 0;

	buf_fixed(&out, data, sizeof data);
	buf_fmt(&out, "{\"tenant\":\"main\",\"pool\":\"jakarta\",\"session\":\"ses_01JD5XK8Q70003\",\"ref\":\"A-1001\",\"rev\":%d,"
		"\"state\":\"%s\",\"opened_at\":\"2026-11-22T10:00:00Z\",\"expires_at\":null,\"parties\":["
		"{\"role\":\"desk\",\"vn\":null},{\"role\":\"customer\",\"vn\":", (int)id, state);
	buf_fmt(&out, customer ? "\"%s\"}" : "null}", customer);
	if (!left)
		buf_fmt(&out, courier ? ",{\"role\":\"courier\",\"vn\":\"%s\"}]" : ",{\"role\":\"courier\",\"vn\":null}]", courier);
	buf_lit(&out, left ? "],\"left\":[\"courier\"]}" : "}");
	struct outbox_row event = {.id = id << 16 | 1, .at_ms = (int64_t)id * 1000, .type = str_of(type), .tenant = STR("main"),
		.key = STR("A-1001"), .data = buf_text(&out)};
	orders_rows_reset(&rows);
	assert_int_equal(orders_rows_add(&rows, &event, 0, &problem), ERR_OK);
	assert_int_equal(orders_db_put(db, rows.at, rows.n, &row, why), ORDERS_OK);
}

static void expect(const char *wanted)
{
	assert_string_equal(postgres_ask(&postgres, "SELECT concat_ws(' ', coalesce(vn, 'NULL'), state, rev, event) FROM"
		" bauta_contact WHERE ref = 'A-1001' AND viewer = 'customer' AND role = 'courier'"), wanted);
}

static void the_server_takes_it(void **state)
{
	(void)state;
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	/* And the file may be run again. */
	postgres_ask(&postgres, sql);
}

static void an_order_is_followed_to_its_end(void **state)
{
	(void)state;
	give(1, "session.waiting", "waiting", NULL, NULL, false);
	expect("NULL waiting 1 session.waiting");
	give(2, "session.live", "live", "+622150001234", "+622150005678", false);
	expect("+622150005678 live 2 session.live");
	give(3, "session.changed", "live", "+622150001234", NULL, true);
	expect("NULL left 3 session.changed");
	give(4, "session.changed", "live", "+622150001234", "+622150005679", false);
	expect("+622150005679 live 4 session.changed");
	give(5, "session.closed", "closing", "+622150001234", "+622150005679", false);
	expect("+622150005679 closing 5 session.closed");
	give(6, "session.ended", "cooling", NULL, NULL, false);
	expect("NULL cooling 6 session.ended");
	assert_string_equal(postgres_ask(&postgres, "SELECT count(*) FROM bauta_contact"), "6");
	assert_string_equal(postgres_ask(&postgres, "SELECT count(*) FROM bauta_contact WHERE changed_at = to_timestamp(6)"
		" AND opened_at = '2026-11-22T10:00:00Z' AND closed_at IS NULL AND event_id LIKE 'evt_%'"), "6");
}

static void an_event_that_comes_again_or_late_changes_nothing(void **state)
{
	(void)state;
	give(2, "session.live", "live", "+622150001234", "+622150005678", false);
	give(6, "session.ended", "cooling", NULL, NULL, false);
	const char *ask = "SELECT string_agg(xmin::text, ' ' ORDER BY viewer, role) FROM bauta_contact";
	char before[200];
	assert_true(str_copy(before, sizeof before, str_of(postgres_ask(&postgres, ask))));
	give(6, "session.ended", "cooling", NULL, NULL, false);
	give(2, "session.live", "live", "+622150001234", "+622150005678", false);
	give(5, "session.closed", "closing", "+622150001234", "+622150005678", false);
	expect("NULL cooling 6 session.ended");
	/* Not even written again: triggers of the app don't fire. */
	assert_string_equal(postgres_ask(&postgres, ask), before);
}

/* The statement of docs/orders_db.md, for a table of the app's own. */
static void the_example_of_the_documents_is_right(void **state)
{
	static char page[16384];
	char text[1000], error[SQL_NAMED_ERROR_SIZE];
	struct orders_row row = {0};
	struct sql_named own;
	int refused;

	(void)state;
	FILE *file = fopen("docs/orders_db.md", "r");
	assert_non_null(file);
	page[fread(page, 1, sizeof page - 1, file)] = '\0';
	fclose(file);
	const char *at = strstr(page, "upsert: |\n");
	assert_non_null(at);
	at = strchr(at, '\n') + 1;
	assert_true(str_copy(text, sizeof text, str_n(at, (size_t)(strstr(at, "```") - at))));
	assert_int_equal(sql_named_read(str_of(text), orders_param_words, &own, error), ERR_OK);
	/* The app's order has been there before we say anything of it. */
	postgres_ask(&postgres, "CREATE TABLE orders (id text PRIMARY KEY, courier_vn text, masked_by text COLLATE \"C\");"
		"INSERT INTO orders (id) VALUES ('A-1001')");
	orders_db_free(db);
	db = orders_db_new(&(struct orders_db_options){
		.url = postgres.url, .text = str_of(text), .statement = &own, .stop_fd = -1});
	row.at[ORDERS_REF] = STR("A-1001");
	row.at[ORDERS_ROLE] = STR("courier");
	row.at[ORDERS_VN] = STR("+622150005678");
	row.at[ORDERS_REV] = STR("2");
	row.at[ORDERS_EVENT_ID] = STR("evt_01JD5XK8Q70009");
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	assert_int_equal(orders_db_put(db, &row, 1, &refused, why), ORDERS_OK);
	row.at[ORDERS_VN] = STR_NONE;
	row.at[ORDERS_REV] = STR("1");
	row.at[ORDERS_EVENT_ID] = STR("evt_01JD5XK8Q70003");
	assert_int_equal(orders_db_put(db, &row, 1, &refused, why), ORDERS_OK);
	assert_string_equal(postgres_ask(&postgres, "SELECT courier_vn FROM orders"), "+622150005678");
	/* A later session of the same order: its revisions begin anew. */
	row.at[ORDERS_VN] = STR("+622150005679");
	row.at[ORDERS_EVENT_ID] = STR("evt_01JD5XK8Q7000A");
	assert_int_equal(orders_db_put(db, &row, 1, &refused, why), ORDERS_OK);
	assert_string_equal(postgres_ask(&postgres, "SELECT courier_vn FROM orders"), "+622150005679");
	sql_named_done(&own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_file_and_the_program_have_the_same_statement),
		TEST(it_names_every_parameter),
		TEST(the_server_takes_it),
		TEST(an_order_is_followed_to_its_end),
		TEST(an_event_that_comes_again_or_late_changes_nothing),
		TEST(the_example_of_the_documents_is_right),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, stop);
}
