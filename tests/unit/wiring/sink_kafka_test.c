#include "unit/bus/kafka_fixture.h"

#include "out/sink_kafka.h"
#include "wire/cloud_event.h"

static struct fixture fixture;

struct told {
	int done, down, again, never, other;
	const struct outbox_row *last;
	enum sent sent; /* of the last */
	char why[128];
};

static void on_done(void *carrier, const struct outbox_row *row, enum sent sent, const char *why)
{
	struct told *told = carrier;

	told->last = row;
	told->sent = sent;
	snprintf(told->why, sizeof told->why, "%s", why ? why : "");
	switch (sent) {
	case SENT_DONE:
		assert_null(why);
		told->done++;
		break;
	case SENT_DOWN:
		told->down++;
		break;
	case SENT_AGAIN:
		told->again++;
		break;
	case SENT_NEVER:
		told->never++;
		break;
	default:
		told->other++;
	}
}

static int answers(const struct told *told)
{
	return told->done + told->down + told->again + told->never + told->other;
}

static struct sink *start(struct told *told, const char *brokers, const char *events, const char *dead,
	const char *const *properties)
{
	struct sink_kafka_options options = {
		.settings = {.brokers = brokers, .client_id = "bauta", .properties = properties},
		.events_topic = events,
		.dead_letter_topic = dead,
	};
	struct sink *sink = NULL;
	char error[256] = "";

	*told = (struct told){0};
	if (sink_kafka_new(&options, &sink, error) != ERR_OK)
		fail_msg("%s", error);
	sink->done = on_done;
	sink->carrier = told;
	return sink;
}

static void end(struct sink *sink)
{
	sink->ops->stop(sink, 1000);
	sink->ops->free(sink);
}

static void turn_until(struct sink *sink, const struct told *told, int n)
{
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;

	while (answers(told) < n && fixture_now_ms() < until)
		sink->ops->turn(sink, 100);
	assert_int_equal(answers(told), n);
}

static struct outbox_row row_of(uint64_t id, const char *type, const char *key, const char *data)
{
	return (struct outbox_row){.id = id, .at_ms = 1795341600000, .type = str_of(type), .tenant = STR("main"), .pool = STR("jakarta"),
		.key = str_of(key), .data = str_of(data)};
}

/* --- what was written --- */

static rd_kafka_message_t *first_of(const char *topic, rd_kafka_t **ret_reader)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;
	rd_kafka_message_t *message = NULL;
	char said[256];

	rd_kafka_conf_set(conf, "bootstrap.servers", fixture.brokers, said, sizeof said);
	rd_kafka_conf_set(conf, "group.id", "reader", said, sizeof said);
	rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said, sizeof said);
	assert_non_null(reader);
	rd_kafka_poll_set_consumer(reader);
	rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(reader, list), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_topic_partition_list_destroy(list);
	while (!message && fixture_now_ms() < until)
		message = rd_kafka_consumer_poll(reader, 100);
	assert_non_null(message);
	assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
	*ret_reader = reader;
	return message;
}

static void forget(rd_kafka_message_t *message, rd_kafka_t *reader)
{
	rd_kafka_message_destroy(message);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
}

static void has_header(const rd_kafka_message_t *message, const char *name, const char *expected)
{
	rd_kafka_headers_t *headers = NULL;
	const void *value = NULL;
	size_t len = 0;

	assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_resp_err_t err = rd_kafka_header_get_last(headers, name, &value, &len);
	if (!expected) {
		assert_int_equal(err, RD_KAFKA_RESP_ERR__NOENT);
		return;
	}
	assert_int_equal(err, RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(value, expected, len);
}

/* --- tests --- */

static void an_event_is_a_cloud_event_in_binary_mode(void **state)
{
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "sessions", "dead", NULL);
	struct outbox_row row = row_of(77, "session.live", "A-1001", "{\"order\":\"A-1001\"}");
	char id[EVENT_ID_TEXT_SIZE];
	rd_kafka_t *reader;

	(void)state;
	fixture_topic(&fixture, "sessions", 1);
	assert_string_equal(sink->ops->kind, "kafka");
	assert_string_equal(sink->name, "kafka");
	sink->ops->send(sink, &row);
	turn_until(sink, &told, 1);
	assert_int_equal(told.done, 1);
	assert_ptr_equal(told.last, &row);
	rd_kafka_message_t *message = first_of("sessions", &reader);
	assert_int_equal(message->key_len, 6);
	assert_memory_equal(message->key, "A-1001", 6);
	assert_int_equal(message->len, row.data.len);
	assert_memory_equal(message->payload, row.data.at, row.data.len);
	has_header(message, "ce_specversion", "1.0");
	has_header(message, "ce_id", event_id_text(77, id));
	has_header(message, "ce_source", "urn:bauta:main");
	has_header(message, "ce_type", "session.live");
	has_header(message, "ce_subject", "A-1001");
	has_header(message, "ce_time", "2026-11-22T10:00:00Z");
	has_header(message, "content-type", "application/json");
	forget(message, reader);
	end(sink);
}

static void a_refused_event_goes_to_the_topic_of_dead_letters(void **state)
{
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "elsewhere", "dead", NULL);
	struct outbox_row row = row_of(78, "event.refused", "", "{\"code\":\"bad_request\"}");
	rd_kafka_t *reader;

	(void)state;
	fixture_topic(&fixture, "dead", 1);
	sink->ops->send(sink, &row);
	turn_until(sink, &told, 1);
	assert_int_equal(told.done, 1);
	rd_kafka_message_t *message = first_of("dead", &reader);
	/* Of no order: neither key nor subject. */
	assert_null(message->key);
	has_header(message, "ce_subject", NULL);
	has_header(message, "ce_type", "event.refused");
	forget(message, reader);
	end(sink);
}

static void what_has_no_topic_is_not_wanted(void **state)
{
	static const struct {
		const char *events, *dead;
		bool wants_event, wants_dead;
	} cases[] = {{"e", "d", true, true}, {"e", NULL, true, false}, {"", "d", false, true}, {NULL, "", false, false}};
	struct outbox_row event = row_of(1, "session.closed", "A-1", "{}"), dead = row_of(2, "event.refused", "A-1", "{}");

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct told told;
		struct sink *sink = start(&told, fixture.brokers, cases[i].events, cases[i].dead, NULL);
		assert_int_equal(sink->wants(sink, &event), cases[i].wants_event);
		assert_int_equal(sink->wants(sink, &dead), cases[i].wants_dead);
		end(sink);
	}
}

static void a_whole_window_is_delivered(void **state)
{
	static struct outbox_row rows[SINK_KAFKA_WINDOW];
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "window", NULL, NULL);

	(void)state;
	fixture_topic(&fixture, "window", 4);
	assert_int_equal(sink->ops->window, SINK_KAFKA_WINDOW);
	for (int i = 0; i < SINK_KAFKA_WINDOW; i++) {
		rows[i] = row_of((uint64_t)i + 1, "session.live", "A-1001", "{}");
		sink->ops->send(sink, &rows[i]);
	}
	turn_until(sink, &told, SINK_KAFKA_WINDOW);
	assert_int_equal(told.done, SINK_KAFKA_WINDOW);
	end(sink);
}

static void an_event_larger_than_the_client_may_send_is_given_up(void **state)
{
	static char large[1000001];
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "sessions", NULL, NULL);
	struct outbox_row row = row_of(1, "session.live", "A-1", "");

	(void)state;
	memset(large, 'x', sizeof large);
	row.data = str_n(large, sizeof large);
	sink->ops->send(sink, &row);
	assert_int_equal(told.never, 1);
	assert_non_null(strstr(told.why, "larger"));
	/* And what the broker finds too large. */
	rd_kafka_mock_push_request_errors(fixture.cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	row.data = STR("{}");
	sink->ops->send(sink, &row);
	turn_until(sink, &told, 2);
	assert_int_equal(told.never, 2);
	end(sink);
}

/* The broker refuses a batch whole, whoever in it is to blame. */
static void what_was_refused_in_company_is_tried_again_and_given_up_alone(void **state)
{
	static const char *const properties[] = {"linger.ms", "500", NULL};
	static const int refusals[] = {RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE};
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "company", NULL, properties);
	struct outbox_row rows[3];

	(void)state;
	fixture_topic(&fixture, "company", 1);
	for (int i = 0; i < 3; i++)
		rows[i] = row_of((uint64_t)i + 1, "session.live", "A-1", "{}");
	sink->ops->send(sink, &rows[0]);
	turn_until(sink, &told, 1);
	assert_int_equal(told.done, 1);
	for (int k = 0; k < 2; k++) {
		rd_kafka_mock_push_request_errors(fixture.cluster, API_PRODUCE, 1, refusals[k]);
		for (int i = 0; i < 3; i++)
			sink->ops->send(sink, &rows[i]);
		turn_until(sink, &told, answers(&told) + 3);
		assert_int_equal(told.never, k);
		assert_int_equal(told.again, 3 * (k + 1));
		rd_kafka_mock_push_request_errors(fixture.cluster, API_PRODUCE, 1, refusals[k]);
		sink->ops->send(sink, &rows[1]);
		turn_until(sink, &told, answers(&told) + 1);
		assert_int_equal(told.never, k + 1);
	}
	sink->ops->send(sink, &rows[2]);
	turn_until(sink, &told, answers(&told) + 1);
	assert_int_equal(told.done, 2);
	end(sink);
}

static enum sent send_once(struct sink *sink, struct told *told, const struct outbox_row *row)
{
	int before = answers(told);

	sink->ops->send(sink, row);
	turn_until(sink, told, before + 1);
	return told->sent;
}

/* As a carrier does: the same event until it is taken. */
static enum sent send_while_down(struct sink *sink, struct told *told, const struct outbox_row *row)
{
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;

	while (send_once(sink, told, row) == SENT_DOWN && fixture_now_ms() < until)
		;
	return told->sent;
}

static void a_broker_that_went_away_is_down_and_takes_events_when_it_is_back(void **state)
{
	static const char *const properties[] = {"message.timeout.ms", "300", "reconnect.backoff.max.ms", "100", NULL};
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "back", NULL, properties);
	struct outbox_row row = row_of(1, "session.live", "A-1", "{}");

	(void)state;
	fixture_topic(&fixture, "back", 1);
	/* The first connection may take longer than 300 ms. */
	assert_int_equal(send_while_down(sink, &told, &row), SENT_DONE);
	assert_int_equal(rd_kafka_mock_broker_set_down(fixture.cluster, -1), RD_KAFKA_RESP_ERR_NO_ERROR);
	enum sent sent = send_once(sink, &told, &row);
	assert_int_equal(rd_kafka_mock_broker_set_up(fixture.cluster, -1), RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(sent, SENT_DOWN);
	assert_true(told.why[0] != '\0');
	assert_int_equal(send_while_down(sink, &told, &row), SENT_DONE);
	end(sink);
}

/* One record that was refused must not hold up what is told of sessions. */
static void a_topic_of_dead_letters_that_is_not_there_holds_up_dead_letters_alone(void **state)
{
	static const char *const properties[] = {"topic.metadata.propagation.max.ms", "0", NULL};
	struct outbox_row event = row_of(1, "session.live", "A-1", "{}"), dead = row_of(2, "event.refused", "A-2", "{}");
	struct told told;

	(void)state;
	rd_kafka_mock_topic_set_error(fixture.cluster, "gone", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	struct sink *sink = start(&told, fixture.brokers, "sessions", "gone", properties);
	assert_int_equal(send_once(sink, &told, &dead), SENT_AGAIN);
	assert_true(told.why[0] != '\0');
	assert_int_equal(send_once(sink, &told, &event), SENT_DONE);
	assert_int_equal(send_once(sink, &told, &dead), SENT_AGAIN);
	end(sink);
	/* Nothing can go on without a topic for events. */
	sink = start(&told, fixture.brokers, "gone", NULL, properties);
	assert_int_equal(send_once(sink, &told, &event), SENT_DOWN);
	end(sink);
}

static void nor_does_one_that_is_not_ours_to_write(void **state)
{
	static const char *const properties[] = {"message.timeout.ms", "2000", NULL};
	struct outbox_row event = row_of(1, "session.live", "A-1", "{}"), dead = row_of(2, "event.refused", "A-2", "{}");
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "sessions", "theirs", properties);

	(void)state;
	rd_kafka_mock_topic_set_error(fixture.cluster, "theirs", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	/* As long as nothing goes it may be the broker. */
	assert_int_equal(send_once(sink, &told, &dead), SENT_DOWN);
	assert_int_equal(send_while_down(sink, &told, &event), SENT_DONE);
	assert_int_equal(send_once(sink, &told, &dead), SENT_AGAIN);
	end(sink);
}

static void what_is_out_at_a_stop_is_never_answered(void **state)
{
	struct told told;
	struct sink *sink = start(&told, "127.0.0.1:1", "sessions", NULL, NULL);
	struct outbox_row rows[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		rows[i] = row_of((uint64_t)i + 1, "session.live", "A-1", "{}");
		sink->ops->send(sink, &rows[i]);
	}
	sink->ops->stop(sink, 50);
	sink->ops->turn(sink, 0);
	sink->ops->free(sink);
	assert_int_equal(answers(&told), 0);
}

static void what_can_be_delivered_within_a_stop_s_grace_is_answered(void **state)
{
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "stop", NULL, NULL);
	struct outbox_row row = row_of(1, "session.live", "A-1", "{}");

	(void)state;
	fixture_topic(&fixture, "stop", 1);
	sink->ops->send(sink, &row);
	sink->ops->stop(sink, FIXTURE_WAIT_S * 1000);
	assert_int_equal(told.done, 1);
	sink->ops->free(sink);
	assert_int_equal(answers(&told), 1);
}

static void *wake_it(void *data)
{
	struct sink *sink = data;

	sink->ops->wake(sink);
	return NULL;
}

/* Nothing is out that could end the turns. */
static void a_turn_is_woken_from_another_thread(void **state)
{
	struct told told;
	struct sink *sink = start(&told, fixture.brokers, "sessions", NULL, NULL);
	int64_t from = fixture_now_ms();
	pthread_t thread;

	(void)state;
	sink->ops->wake(sink); /* before the turn: not lost */
	sink->ops->turn(sink, FIXTURE_WAIT_S * 1000);
	assert_int_equal(pthread_create(&thread, NULL, wake_it, sink), 0);
	sink->ops->turn(sink, FIXTURE_WAIT_S * 1000);
	pthread_join(thread, NULL);
	assert_true(fixture_now_ms() - from < FIXTURE_WAIT_S * 1000);
	assert_int_equal(answers(&told), 0);
	end(sink);
}

static void a_full_queue_and_a_broker_that_is_away_are_the_receivers_state(void **state)
{
	static const char *const properties[] = {"queue.buffering.max.messages", "1", "message.timeout.ms", "300", NULL};
	static const char *const away[] = {"message.timeout.ms", "300", NULL};
	struct told told;
	struct outbox_row one = row_of(1, "session.live", "A-1", "{}"), two = row_of(2, "session.live", "A-2", "{}");

	(void)state;
	struct sink *sink = start(&told, "127.0.0.1:1", "sessions", NULL, properties);
	sink->ops->send(sink, &one);
	sink->ops->send(sink, &two);
	assert_int_equal(told.down, 1);
	assert_ptr_equal(told.last, &two);
	end(sink);
	sink = start(&told, "127.0.0.1:1", "sessions", NULL, away);
	sink->ops->send(sink, &one);
	turn_until(sink, &told, 1);
	assert_int_equal(told.down, 1);
	assert_true(told.why[0] != '\0');
	end(sink);
}

static void a_bad_setting_is_named(void **state)
{
	struct sink_kafka_options options = {.settings = {.brokers = "h", .security_protocol = "tls"}, .events_topic = "sessions"};
	struct sink *sink = NULL;
	char error[256] = "";

	(void)state;
	assert_int_equal(sink_kafka_new(&options, &sink, error), ERR_BAD_REQUEST);
	assert_null(sink);
	assert_non_null(strstr(error, "security_protocol"));
}

static int open_all(void **state)
{
	(void)state;
	fixture_open(&fixture, 1);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_cloud_event_in_binary_mode),
		cmocka_unit_test(a_refused_event_goes_to_the_topic_of_dead_letters),
		cmocka_unit_test(what_has_no_topic_is_not_wanted),
		cmocka_unit_test(a_whole_window_is_delivered),
		cmocka_unit_test(an_event_larger_than_the_client_may_send_is_given_up),
		cmocka_unit_test(what_was_refused_in_company_is_tried_again_and_given_up_alone),
		cmocka_unit_test(a_full_queue_and_a_broker_that_is_away_are_the_receivers_state),
		cmocka_unit_test(a_broker_that_went_away_is_down_and_takes_events_when_it_is_back),
		cmocka_unit_test(a_topic_of_dead_letters_that_is_not_there_holds_up_dead_letters_alone),
		cmocka_unit_test(nor_does_one_that_is_not_ours_to_write),
		cmocka_unit_test(what_is_out_at_a_stop_is_never_answered),
		cmocka_unit_test(what_can_be_delivered_within_a_stop_s_grace_is_answered),
		cmocka_unit_test(a_turn_is_woken_from_another_thread),
		cmocka_unit_test(a_bad_setting_is_named),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
