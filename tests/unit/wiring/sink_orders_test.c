/* sink_orders with a carrier of the test's and a real PostgreSQL. */
#include "unit/test.h"

#include <pthread.h>

#include "out/sink_orders.h"
#include "unit/db/postgres.h"

#define UPSERT "INSERT INTO contact (ref, role, vn) VALUES (:ref, :role, :vn)" \
	" ON CONFLICT (ref, role) DO UPDATE SET vn = EXCLUDED.vn"
#define EVENTS_MAX 256

static struct postgres postgres;
static struct sink *sink;
static struct outbox_row events[EVENTS_MAX];
static char datas[EVENTS_MAX][300], keys[EVENTS_MAX][16], why[ORDERS_WHY_SIZE];
static struct {
	int sent[EVENTS_MAX];
	char why[EVENTS_MAX][300];
	int n;
} answers;

static void answered(void *carrier, const struct outbox_row *row, enum sent sent, const char *reason)
{
	int i = (int)(row - events);

	assert_ptr_equal(carrier, &answers);
	assert_int_equal(answers.sent[i], -1);
	answers.sent[i] = (int)sent;
	snprintf(answers.why[i], sizeof answers.why[i], "%s", reason ? reason : "");
	answers.n++;
}

static void forget_answers(void)
{
	memset(&answers, 0, sizeof answers);
	memset(answers.sent, -1, sizeof answers.sent);
}

static int start(void **state)
{
	(void)state;
	postgres_new(&postgres, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	postgres_free(&postgres);
	return 0;
}

static void open_sink(const char *upsert)
{
	sink = sink_orders_new(&(struct sink_orders_options){
		.url = postgres.url, .upsert = upsert, .stop_fd = -1, .connect_s = 20});
	assert_non_null(sink);
	sink->done = answered;
	sink->carrier = &answers;
}

static int set_up(void **state)
{
	(void)state;
	if (postgres.pid == 0)
		postgres_start(&postgres);
	postgres_ask(&postgres, "DROP TABLE IF EXISTS contact; CREATE TABLE contact (ref text CHECK (ref <> 'A-3'), role text,"
		" vn text, PRIMARY KEY (ref, role))");
	forget_answers();
	open_sink(UPSERT);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sink->ops->free(sink);
	return 0;
}

static void send_event(int i)
{
	snprintf(keys[i], sizeof keys[i], "A-%d", i);
	snprintf(datas[i], sizeof datas[i], "{\"tenant\":\"main\",\"pool\":\"jakarta\",\"session\":\"ses_01JD5XK8Q70003\",\"rev\":1,"
		"\"ref\":\"%s\",\"state\":\"live\",\"parties\":[{\"role\":\"customer\",\"vn\":\"+622150001234\"},"
		"{\"role\":\"courier\",\"vn\":\"+622150005678\"}]}", keys[i]);
	events[i] = (struct outbox_row){.id = (uint64_t)i + 1, .at_ms = 1000, .type = STR("session.live"),
		.tenant = STR("main"), .key = str_of(keys[i]), .data = str_of(datas[i])};
	sink->ops->send(sink, &events[i]);
}

static void expect_count(int n)
{
	assert_int_equal(atoi(postgres_ask(&postgres, "SELECT count(*) FROM contact")), n);
}

static void it_wants_what_happens_to_sessions(void **state)
{
	struct outbox_row row = {.type = STR("session.changed")};

	(void)state;
	assert_string_equal(sink->name, "orders_db");
	assert_string_equal(sink->ops->kind, "orders_db");
	assert_true(sink->wants(sink, &row));
	row.type = STR("call.answered");
	assert_false(sink->wants(sink, &row));
	row.type = STR("sessions");
	assert_false(sink->wants(sink, &row));
}

static void a_full_window_goes_in_one_transaction(void **state)
{
	(void)state;
	for (int i = 0; i < sink->ops->window; i++)
		send_event(i);
	assert_int_equal(answers.n, 0);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.n, EVENTS_MAX);
	for (int i = 0; i < EVENTS_MAX; i++)
		assert_int_equal(answers.sent[i], i == 3 ? SENT_AGAIN : SENT_DONE);
	assert_string_equal(answers.why[3], "23514: a check refuses it, constraint contact_ref_check, table contact");
	expect_count(2 * (EVENTS_MAX - 1));
	/* The owner mends the table; the event comes again. */
	postgres_ask(&postgres, "ALTER TABLE contact DROP CONSTRAINT contact_ref_check");
	forget_answers();
	send_event(3);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.sent[3], SENT_DONE);
	expect_count(2 * EVENTS_MAX);
}

static void an_event_that_cannot_be_read_is_given_up(void **state)
{
	(void)state;
	events[0] = (struct outbox_row){.id = 1, .type = STR("session.live"), .tenant = STR("main"), .key = STR("A-0"),
		.data = STR("{\"tenant\":\"main\",\"pool\":7}")};
	sink->ops->send(sink, &events[0]);
	assert_int_equal(answers.sent[0], SENT_NEVER);
	assert_string_equal(answers.why[0], "the event can't be read: pool: this is to be a string");
	send_event(1);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.sent[1], SENT_DONE);
}

static void a_database_that_is_down_delays(void **state)
{
	(void)state;
	assert_int_equal(sink_orders_check(sink, why), ORDERS_OK);
	postgres_stop(&postgres, SIGINT);
	assert_int_equal(sink_orders_check(sink, why), ORDERS_DOWN);
	send_event(0);
	send_event(1);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.sent[0], SENT_DOWN);
	assert_int_equal(answers.sent[1], SENT_DOWN);
	assert_string_equal(answers.why[0], "no connection: no server at this socket");
	postgres_start(&postgres);
	forget_answers();
	send_event(0);
	send_event(1);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.sent[0], SENT_DONE);
	assert_int_equal(answers.sent[1], SENT_DONE);
	expect_count(4);
}

static void a_wrong_statement_delays_until_it_is_put_right(void **state)
{
	(void)state;
	postgres_ask(&postgres, "ALTER TABLE contact RENAME vn TO number");
	assert_int_equal(sink_orders_check(sink, why), ORDERS_WRONG);
	assert_string_equal(why, "42703: column \"vn\" of relation \"contact\" does not exist, at character 33 of the statement");
	send_event(0);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.sent[0], SENT_DOWN);
	assert_string_equal(answers.why[0], why);
	postgres_ask(&postgres, "ALTER TABLE contact RENAME number TO vn");
	forget_answers();
	send_event(0);
	sink->ops->turn(sink, 0);
	assert_int_equal(answers.sent[0], SENT_DONE);
}

static void *wake_it(void *data)
{
	(void)data;
	sink->ops->wake(sink);
	return NULL;
}

static void a_turn_without_work_ends_at_a_wake(void **state)
{
	pthread_t thread;

	(void)state;
	sink->ops->turn(sink, 0);
	assert_int_equal(pthread_create(&thread, NULL, wake_it, NULL), 0);
	sink->ops->turn(sink, 600 * 1000); /* the test would end late */
	pthread_join(thread, NULL);
	assert_int_equal(answers.n, 0);
}

static void a_stop_finishes_what_it_can_and_drops_the_rest(void **state)
{
	(void)state;
	send_event(0);
	sink->ops->stop(sink, 20000);
	assert_int_equal(answers.sent[0], SENT_DONE);
	expect_count(2);
	sink->ops->free(sink);
	open_sink(UPSERT);
	send_event(1);
	sink->ops->stop(sink, 0);
	assert_int_equal(answers.sent[1], -1);
	sink->ops->free(sink);
	postgres_stop(&postgres, SIGINT);
	open_sink(UPSERT);
	send_event(2);
	sink->ops->stop(sink, 20000);
	assert_int_equal(answers.sent[2], -1);
}

static void use_an_unread_statement(void *data)
{
	(void)data;
	sink_orders_new(&(struct sink_orders_options){.url = "", .upsert = "SELECT :no_such", .stop_fd = -1});
}

static void a_statement_that_nobody_read_before_is_our_fault(void **state)
{
	(void)state;
	assert_true(test_dies(use_an_unread_statement, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_wants_what_happens_to_sessions),
		TEST(a_full_window_goes_in_one_transaction),
		TEST(an_event_that_cannot_be_read_is_given_up),
		TEST(a_database_that_is_down_delays),
		TEST(a_wrong_statement_delays_until_it_is_put_right),
		TEST(a_turn_without_work_ends_at_a_wake),
		TEST(a_stop_finishes_what_it_can_and_drops_the_rest),
		TEST(a_statement_that_nobody_read_before_is_our_fault),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, start, stop);
}
