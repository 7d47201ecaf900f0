/* orders_db against a real PostgreSQL. */
#include "unit/test.h"

#include <pthread.h>

#include "db/orders_db.h"
#include "unit/db/postgres.h"

#define UPSERT "INSERT INTO contact (ref, role, vn) VALUES (:ref, :role, :vn)" \
	" ON CONFLICT (ref, role) DO UPDATE SET vn = EXCLUDED.vn"
#define VN "+622150001234"

static struct postgres postgres;
static struct sql_named statement;
static struct orders_db *db;
static char why[ORDERS_WHY_SIZE];

static int start(void **state)
{
	(void)state;
	postgres_new(&postgres, "scram-sha-256");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	postgres_free(&postgres);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	if (postgres.pid == 0)
		postgres_start(&postgres);
	postgres_ask(&postgres, "SET client_min_messages = error; DROP TABLE IF EXISTS contact CASCADE;"
		"CREATE TABLE contact (ref text, role text NOT NULL, vn varchar(16) CONSTRAINT vn_form CHECK (vn LIKE '+%'),"
		" PRIMARY KEY (ref, role))");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	orders_db_free(db);
	sql_named_done(&statement);
	db = NULL;
	return 0;
}

static void open_at(const char *url, const char *text, int stop_fd, int statement_ms)
{
	char error[SQL_NAMED_ERROR_SIZE];

	orders_db_free(db);
	sql_named_done(&statement);
	assert_int_equal(sql_named_read(str_of(text), orders_param_words, &statement, error), ERR_OK);
	db = orders_db_new(&(struct orders_db_options){
		.url = url, .text = str_of(text), .statement = &statement, .stop_fd = stop_fd, .statement_ms = statement_ms,
		.connect_s = 20});
	assert_non_null(db);
}

static void open_db(const char *text)
{
	open_at(postgres.url, text, -1, 0);
}

static struct orders_row row_of(const char *ref, const char *role, const char *vn)
{
	struct orders_row row = {0};

	row.at[ORDERS_REF] = str_of(ref);
	row.at[ORDERS_ROLE] = str_of(role);
	row.at[ORDERS_VN] = str_of(vn);
	return row;
}

static enum orders_said put_one(const char *ref, const char *role, const char *vn, int *ret_row)
{
	struct orders_row row = row_of(ref, role, vn);

	return orders_db_put(db, &row, 1, ret_row, why);
}

static void expect_count(int n)
{
	assert_int_equal(atoi(postgres_ask(&postgres, "SELECT count(*) FROM contact")), n);
}

static void a_right_statement_is_taken_and_nothing_is_written(void **state)
{
	(void)state;
	open_db(UPSERT ";");
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	assert_string_equal(why, "");
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	expect_count(0);
}

static void a_wrong_statement_is_told_with_its_place(void **state)
{
	static const char *const cases[][2] = {
		{"INSERT INTO contact (ref, role) VALUE (:ref, :role)",
			"42601: syntax error at or near \"VALUE\", at character 33 of the statement"},
		{"SELECT :ref::text, :role::text FROM kontakt",
			"42P01: relation \"kontakt\" does not exist, at character 37 of the statement"},
		{"SELECT '\xc3\xa9' || :ref, vnn FROM contact",
			"42703: column \"vnn\" does not exist, at character 21 of the statement"},
		{"INSERT INTO contact (ref, role, vn) VALUES (:ref, :role, :rev::int4 + now())",
			"42883: operator does not exist: integer + timestamp with time zone, at character 69 of the statement"},
		{"UPDATE contact SET vn = 1 WHERE ref = :ref AND 'x'::int = 1",
			"22P02: a value is not of its column's type, at character 48 of the statement"},
		{"INSERT INTO contact (ref", "42601: syntax error at end of input, at character 25 of the statement"},
		{"SELECT :ref", NULL},
	};

	(void)state;
	for (int i = 0; cases[i][1]; i++) {
		int row = -7;
		open_db(cases[i][0]);
		assert_int_equal(orders_db_check(db, why), ORDERS_WRONG);
		assert_string_equal(why, cases[i][1]);
		assert_int_equal(put_one("A-1", "customer", VN, &row), ORDERS_WRONG);
		assert_string_equal(why, cases[i][1]);
		assert_int_equal(row, -7);
	}
}

static void a_missing_privilege_is_found_by_the_check(void **state)
{
	char url[300];

	(void)state;
	postgres_ask(&postgres, "DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN PASSWORD 'x'; GRANT SELECT ON contact TO app");
	snprintf(url, sizeof url, "postgres://app:x@/postgres?host=%s", postgres.folder);
	open_at(url, UPSERT, -1, 0);
	assert_int_equal(orders_db_check(db, why), ORDERS_WRONG);
	assert_string_equal(why, "42501: permission denied for table contact");
	postgres_ask(&postgres, "GRANT INSERT, UPDATE ON contact TO app");
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	orders_db_free(db);
	db = NULL;
	postgres_ask(&postgres, "DROP OWNED BY app; DROP ROLE app");
}

static void rows_are_written_and_null_is_null(void **state)
{
	struct orders_row rows[] = {row_of("A-1", "customer", VN), row_of("A-1", "courier", NULL), row_of("", "x", NULL)};
	int row;

	(void)state;
	open_db(UPSERT);
	assert_int_equal(orders_db_put(db, rows, 3, &row, why), ORDERS_OK);
	assert_string_equal(postgres_ask(&postgres, "SELECT string_agg(concat_ws(' ', ref, role, coalesce(vn, 'NULL')), ', '"
		" ORDER BY ref, role) FROM contact"), " x NULL, A-1 courier NULL, A-1 customer " VN);
	assert_int_equal(put_one("A-1", "customer", NULL, &row), ORDERS_OK);
	expect_count(3);
	assert_string_equal(postgres_ask(&postgres, "SELECT count(vn) FROM contact"), "0");
}

static void a_thousand_rows_go_in_one_transaction(void **state)
{
	static struct orders_row rows[1000];
	static char refs[1000][16];
	int row = -7;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(refs[i], sizeof refs[i], "A-%d", i);
		rows[i] = row_of(refs[i], "customer", VN);
	}
	open_db(UPSERT);
	assert_int_equal(orders_db_put(db, rows, 1000, &row, why), ORDERS_OK);
	expect_count(1000);
	assert_string_equal(postgres_ask(&postgres, "SELECT count(DISTINCT xmin::text) FROM contact"), "1");
	/* The last of them is refused: none is kept. */
	postgres_ask(&postgres, "TRUNCATE contact");
	rows[999].at[ORDERS_VN] = STR("622150001234");
	assert_int_equal(orders_db_put(db, rows, 1000, &row, why), ORDERS_ROW);
	assert_int_equal(row, 999);
	expect_count(0);
	rows[999].at[ORDERS_VN] = STR(VN);
	assert_int_equal(orders_db_put(db, rows, 1000, &row, why), ORDERS_OK);
	expect_count(1000);
	assert_int_equal(row, 999);
}

static void a_refused_row_is_told_without_its_values(void **state)
{
	struct orders_row rows[] = {row_of("A-1", "customer", VN), row_of("B-2-secret", "courier", "622150001234"),
		row_of("A-3", "helper", "622150001234")};
	int row = -7;

	(void)state;
	open_db(UPSERT);
	assert_int_equal(orders_db_put(db, rows, 3, &row, why), ORDERS_ROW);
	assert_int_equal(row, 1);
	assert_string_equal(why, "23514: a check refuses it, constraint vn_form, table contact");
	expect_count(0);
	assert_int_equal(put_one("B-2-secret", NULL, VN, &row), ORDERS_ROW);
	assert_string_equal(why, "23502: a column that needs a value gets none, table contact, column role");
	assert_int_equal(put_one("B-2-secret", "x", VN "00000000", &row), ORDERS_ROW);
	assert_string_equal(why, "22001: a value is too long for its column");
	/* The connection is still good. */
	assert_int_equal(put_one("A-1", "customer", VN, &row), ORDERS_OK);
	expect_count(1);
}

static void values_that_the_server_would_quote_are_not_told(void **state)
{
	int row;

	(void)state;
	open_db("INSERT INTO contact (ref, role, vn) VALUES (:ref, (:role::text)::regclass, :vn)");
	assert_int_equal(put_one("A-1", "B-2-secret", VN, &row), ORDERS_WRONG);
	assert_null(strstr(why, "secret"));
	open_db("INSERT INTO contact (ref, role) VALUES (:ref, (:role::text)::int)");
	assert_int_equal(put_one("A-1", "B-2-secret", VN, &row), ORDERS_ROW);
	assert_string_equal(why, "22P02: a value is not of its column's type");
	postgres_ask(&postgres, "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
		" $$ BEGIN IF NEW.role = 'run' THEN EXECUTE NEW.ref; END IF; RAISE 'not %', NEW.ref; END $$;"
		"CREATE TRIGGER refuse BEFORE INSERT ON contact FOR EACH ROW EXECUTE FUNCTION refuse()");
	open_db(UPSERT);
	assert_int_equal(put_one("B-2-secret", "x", VN, &row), ORDERS_ROW);
	assert_string_equal(why, "P0001: a trigger or function refuses it, in a function or trigger");
	assert_int_equal(put_one("B-2-secret", "run", VN, &row), ORDERS_WRONG);
	assert_string_equal(why, "42601: the statement's syntax is wrong, in a function or trigger");
}

static void a_row_that_is_too_large_is_refused_here(void **state)
{
	static char large[ORDERS_ROW_BYTES_MAX + 1];
	struct orders_row rows[] = {row_of("A-1", "x", NULL), row_of(NULL, "", NULL)};
	int row;

	(void)state;
	memset(large, 'a', sizeof large);
	open_db("SELECT :ref::text || :role || :vn || :state || :session || :pool || :tenant || :event || :event_id || :rev ||"
		":opened_at || :expires_at || :closed_at || :grace_until || :changed_at || :viewer");
	for (int i = 0; i < ORDERS__COUNT; i++)
		rows[1].at[i] = STR("");
	rows[1].at[ORDERS_VN] = str_n(large, ORDERS_ROW_BYTES_MAX);
	assert_int_equal(orders_db_put(db, rows, 2, &row, why), ORDERS_OK);
	rows[1].at[ORDERS_VN] = str_n(large, ORDERS_ROW_BYTES_MAX + 1);
	assert_int_equal(orders_db_put(db, rows, 2, &row, why), ORDERS_ROW);
	assert_int_equal(row, 1);
	rows[1].at[ORDERS_VN] = str_n("a\0b", 3);
	assert_int_equal(orders_db_put(db, rows, 2, &row, why), ORDERS_ROW);
}

static void a_constraint_checked_at_the_end_names_no_row(void **state)
{
	int row = -7;

	(void)state;
	postgres_ask(&postgres, "ALTER TABLE contact ADD UNIQUE (vn) DEFERRABLE INITIALLY DEFERRED");
	open_db(UPSERT);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_OK);
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_ROW);
	assert_int_equal(row, -1);
	assert_string_equal(why, "23505: a unique key is taken, constraint contact_vn_key, table contact");
	assert_int_equal(put_one("A-2", "x", NULL, &row), ORDERS_OK);
}

static void a_server_that_stops_delays_and_is_found_again(void **state)
{
	int row;

	(void)state;
	open_db(UPSERT);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_OK);
	postgres_stop(&postgres, SIGINT);
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_DOWN);
	assert_string_equal(why, "no connection: no server at this socket");
	assert_int_equal(orders_db_check(db, why), ORDERS_DOWN);
	postgres_start(&postgres);
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_OK);
	expect_count(2);
	/* Stopped and started between two batches: the second notices nothing. */
	postgres_stop(&postgres, SIGQUIT);
	postgres_start(&postgres);
	assert_int_equal(put_one("A-3", "x", VN, &row), ORDERS_OK);
	postgres_stop(&postgres, SIGINT);
	postgres_start(&postgres);
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
}

static void a_connection_that_the_server_ends_is_made_anew(void **state)
{
	int row;

	(void)state;
	open_db(UPSERT);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_OK);
	assert_string_equal(postgres_ask(&postgres, "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
		" WHERE application_name = 'bauta'"), "t");
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_OK);
	expect_count(2);
	/* In the middle of a batch: not again by itself. */
	open_db("SELECT pg_terminate_backend(pg_backend_pid()), :ref::text");
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_DOWN);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_DOWN);
}

static void a_wrong_password_is_no_reason_to_show_it(void **state)
{
	char url[300];

	(void)state;
	snprintf(url, sizeof url, "postgres://" POSTGRES_USER ":pa55word@/postgres?host=%s", postgres.folder);
	open_at(url, UPSERT, -1, 0);
	assert_int_equal(orders_db_check(db, why), ORDERS_DOWN);
	assert_string_equal(why, "no connection: 28P01: the password is wrong");
	/* A password with an '@' that is not escaped: libpq takes the rest for a host. */
	open_at("postgres://bauta:p@ss:wo%rd@localhost/x", UPSERT, -1, 0);
	assert_int_equal(orders_db_check(db, why), ORDERS_WRONG);
	assert_null(strstr(why, "ss"));
	snprintf(url, sizeof url, "postgres://" POSTGRES_USER ":open%%20sesame@/nowhere?host=%s", postgres.folder);
	open_at(url, UPSERT, -1, 0);
	assert_int_equal(orders_db_check(db, why), ORDERS_DOWN);
	assert_string_equal(why, "no connection: 3D000: there is no such database");
}

static void a_statement_that_takes_too_long_is_ended_by_the_server(void **state)
{
	int row = -7;

	(void)state;
	open_at(postgres.url, "INSERT INTO contact (ref, role) SELECT :ref, :role FROM pg_sleep(60)", -1, 100);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_DOWN);
	assert_string_equal(why, "57014: canceling statement due to statement timeout");
	/* The limit is the transaction's, not the connection's. */
	assert_int_equal(row, -7);
	expect_count(0);
}

static void a_locked_row_is_waited_for_no_longer(void **state)
{
	PGconn *app = PQconnectdb(postgres.url);
	int row;

	(void)state;
	PQclear(PQexec(app, "BEGIN; INSERT INTO contact (ref, role) VALUES ('A-1', 'x')"));
	open_at(postgres.url, UPSERT, -1, 100);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_DOWN);
	PQclear(PQexec(app, "COMMIT"));
	PQfinish(app);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_OK);
}

static void a_frozen_server_is_given_up(void **state)
{
	int row;

	(void)state;
	open_at(postgres.url, UPSERT, -1, 100);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_OK);
	/* The process that serves us, then the one that lets people in. */
	pid_t backend = atoi(postgres_ask(
		&postgres, "SELECT pid FROM pg_stat_activity WHERE application_name = 'bauta'"));
	assert_int_equal(kill(backend, SIGSTOP), 0);
	orders_db_until(db, 200);
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_DOWN);
	assert_string_equal(why, "the server doesn't answer in time");
	assert_int_equal(kill(backend, SIGCONT), 0);
	assert_int_equal(kill(-postgres.pid, SIGSTOP), 0);
	open_at(postgres.url, UPSERT, -1, 100);
	orders_db_until(db, 200);
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_DOWN);
	assert_string_equal(why, "the server doesn't answer in time");
	assert_int_equal(kill(-postgres.pid, SIGCONT), 0);
	orders_db_until(db, -1);
	assert_int_equal(put_one("A-2", "x", VN, &row), ORDERS_OK);
}

static void *write_soon(void *data)
{
	/* Once the statement is seen running, not after a time. */
	while (atoi(postgres_ask(&postgres, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")) == 0)
		;
	assert_int_equal(write(*(int *)data, "x", 1), 1);
	return NULL;
}

static void a_wait_ends_when_we_are_stopped(void **state)
{
	pthread_t thread;
	int ends[2], row;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	open_at(postgres.url, "SELECT pg_sleep(600), :ref::text", ends[0], 600 * 1000);
	assert_int_equal(pthread_create(&thread, NULL, write_soon, &ends[1]), 0);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_DOWN);
	assert_string_equal(why, "stopped while waiting for the server");
	pthread_join(thread, NULL);
	/* And it stays so. */
	assert_int_equal(orders_db_check(db, why), ORDERS_DOWN);
	close(ends[0]);
	close(ends[1]);
}

static void a_server_that_is_read_only_is_down(void **state)
{
	char url[300];
	int row;

	(void)state;
	snprintf(url, sizeof url, "%s&options=-cdefault_transaction_read_only%%3Don", postgres.url);
	open_at(url, UPSERT, -1, 0);
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_DOWN);
	assert_string_equal(why, "25006: cannot execute INSERT in a read-only transaction");
}

static void a_table_altered_in_between_is_no_matter(void **state)
{
	int row;

	(void)state;
	open_db("INSERT INTO contact (ref, role) VALUES (:ref, :role) RETURNING *");
	for (int i = 0; i < 8; i++) {
		char ref[16];
		snprintf(ref, sizeof ref, "A-%d", i);
		assert_int_equal(put_one(ref, "x", VN, &row), ORDERS_OK);
	}
	postgres_ask(&postgres, "ALTER TABLE contact ADD note text");
	assert_int_equal(put_one("A-8", "x", VN, &row), ORDERS_OK);
	postgres_ask(&postgres, "ALTER TABLE contact RENAME role TO part");
	assert_int_equal(put_one("A-9", "x", VN, &row), ORDERS_WRONG);
	postgres_ask(&postgres, "ALTER TABLE contact RENAME part TO role");
	assert_int_equal(put_one("A-9", "x", VN, &row), ORDERS_OK);
}

static void statements_that_cannot_run_for_rows_are_wrong(void **state)
{
	int row;

	(void)state;
	open_db("VACUUM contact");
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_WRONG);
	open_db("COPY contact FROM STDIN");
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_WRONG);
	open_db("COPY contact TO STDOUT");
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_WRONG);
}

static void a_procedure_may_be_called(void **state)
{
	int row;

	(void)state;
	postgres_ask(&postgres, "CREATE OR REPLACE PROCEDURE keep(a text, b text) LANGUAGE sql AS"
		" $$ INSERT INTO contact (ref, role) VALUES (a, b) $$");
	open_db("CALL keep(:ref, :role)");
	assert_int_equal(orders_db_check(db, why), ORDERS_OK);
	assert_int_equal(put_one("A-1", "x", VN, &row), ORDERS_OK);
	expect_count(1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_right_statement_is_taken_and_nothing_is_written),
		TEST(a_wrong_statement_is_told_with_its_place),
		TEST(a_missing_privilege_is_found_by_the_check),
		TEST(rows_are_written_and_null_is_null),
		TEST(a_thousand_rows_go_in_one_transaction),
		TEST(a_refused_row_is_told_without_its_values),
		TEST(values_that_the_server_would_quote_are_not_told),
		TEST(a_row_that_is_too_large_is_refused_here),
		TEST(a_constraint_checked_at_the_end_names_no_row),
		TEST(a_server_that_stops_delays_and_is_found_again),
		TEST(a_connection_that_the_server_ends_is_made_anew),
		TEST(a_wrong_password_is_no_reason_to_show_it),
		TEST(a_statement_that_takes_too_long_is_ended_by_the_server),
		TEST(a_locked_row_is_waited_for_no_longer),
		TEST(a_frozen_server_is_given_up),
		TEST(a_wait_ends_when_we_are_stopped),
		TEST(a_server_that_is_read_only_is_down),
		TEST(a_table_altered_in_between_is_no_matter),
		TEST(statements_that_cannot_run_for_rows_are_wrong),
		TEST(a_procedure_may_be_called),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, stop);
}
