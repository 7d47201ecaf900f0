#include "unit/bus/kafka_fixture.h"

#include "bus/kafka_producer.h"

static struct fixture fixture;

struct told {
	int delivered, unreachable, no_topic, too_large, invalid;
	int last;      /* of the delivered messages, by opaque */
	bool in_order; /* they were delivered in the order of their opaques */
	char why[128];
};

static void on_delivered(void *context, void *message, enum kafka_delivery delivery, const char *why)
{
	struct told *told = context;
	int number = (int)(intptr_t)message;

	if (why)
		snprintf(told->why, sizeof told->why, "%s", why);
	switch (delivery) {
	case KAFKA_DELIVERED:
		assert_null(why);
		told->delivered++;
		if (number <= told->last)
			told->in_order = false;
		told->last = number;
		break;
	case KAFKA_UNREACHABLE:
		told->unreachable++;
		break;
	case KAFKA_NO_TOPIC:
		told->no_topic++;
		break;
	case KAFKA_TOO_LARGE:
		told->too_large++;
		break;
	case KAFKA_INVALID:
		told->invalid++;
		break;
	}
}

static struct kafka_producer *start_at(const char *brokers, struct told *told, int timeout_ms, const char *const *properties)
{
	struct kafka_producer_options options = {
		.settings = {.brokers = brokers, .client_id = "bauta", .properties = properties},
		.timeout_ms = timeout_ms,
		.context = told,
		.delivered = on_delivered,
	};
	struct kafka_producer *producer = NULL;
	char error[256] = "";

	*told = (struct told){.last = -1, .in_order = true};
	if (kafka_producer_new(&options, &producer, error) != ERR_OK)
		fail_msg("%s", error);
	return producer;
}

static struct kafka_producer *start(struct told *told)
{
	return start_at(fixture.brokers, told, 0, NULL);
}

static struct kafka_message message_of(const char *topic, const char *key, const char *value)
{
	return (struct kafka_message){.topic = topic, .key = str_of(key), .value = str_of(value)};
}

static enum err send_number(struct kafka_producer *producer, const char *topic, const char *key, int number)
{
	char value[16];

	snprintf(value, sizeof value, "%d", number);
	struct kafka_message message = message_of(topic, key, value);
	return kafka_producer_send(producer, &message, (void *)(intptr_t)number);
}

static int reports(const struct told *told)
{
	return told->delivered + told->unreachable + told->no_topic + told->too_large + told->invalid;
}

static void turn_until(struct kafka_producer *producer, const struct told *told, int n)
{
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;

	while (reports(told) < n && fixture_now_ms() < until)
		kafka_producer_turn(producer, 100);
	assert_int_equal(reports(told), n);
}

/* --- a reader of what was written --- */

struct reader {
	rd_kafka_t *client;
	rd_kafka_message_t *message;
};

static void reader_open(struct reader *reader, const char *topic, int partitions_n)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions_n);
	char said[256];

	rd_kafka_conf_set(conf, "bootstrap.servers", fixture.brokers, said, sizeof said);
	rd_kafka_conf_set(conf, "group.id", "reader", said, sizeof said);
	reader->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said, sizeof said);
	assert_non_null(reader->client);
	reader->message = NULL;
	rd_kafka_poll_set_consumer(reader->client);
	for (int i = 0; i < partitions_n; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	assert_int_equal(rd_kafka_assign(reader->client, list), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_topic_partition_list_destroy(list);
}

static rd_kafka_message_t *reader_next(struct reader *reader)
{
	int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;

	if (reader->message)
		rd_kafka_message_destroy(reader->message);
	reader->message = NULL;
	while (!reader->message && fixture_now_ms() < until)
		reader->message = rd_kafka_consumer_poll(reader->client, 100);
	assert_non_null(reader->message);
	assert_int_equal(reader->message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
	return reader->message;
}

static void reader_close(struct reader *reader)
{
	if (reader->message)
		rd_kafka_message_destroy(reader->message);
	rd_kafka_consumer_close(reader->client);
	rd_kafka_destroy(reader->client);
}

static int number_of(const rd_kafka_message_t *message)
{
	uint64_t number;

	assert_true(str_u64(str_n(message->payload, message->len), &number));
	return (int)number;
}

/* --- tests --- */

static void a_message_arrives_with_key_value_and_headers(void **state)
{
	struct told told;
	struct kafka_producer *producer = start(&told);
	struct reader reader;
	struct kafka_message message = message_of("whole", "A-1001", "{\"a\":1}");
	rd_kafka_headers_t *headers = NULL;
	const void *value;
	size_t len;

	(void)state;
	fixture_topic(&fixture, "whole", 1);
	message.headers[0] = (struct kafka_header){"ce_id", STR("evt_1")};
	message.headers[1] = (struct kafka_header){"content-type", STR("application/json")};
	message.headers_n = 2;
	assert_int_equal(kafka_producer_send(producer, &message, NULL), ERR_OK);
	assert_int_equal(kafka_producer_counts(producer).queued, 1);
	turn_until(producer, &told, 1);
	assert_int_equal(told.delivered, 1);
	reader_open(&reader, "whole", 1);
	rd_kafka_message_t *got = reader_next(&reader);
	assert_int_equal(got->key_len, 6);
	assert_memory_equal(got->key, "A-1001", 6);
	assert_int_equal(got->len, 7);
	assert_memory_equal(got->payload, "{\"a\":1}", 7);
	assert_int_equal(rd_kafka_message_headers(got, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(rd_kafka_header_get_last(headers, "ce_id", &value, &len), RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_memory_equal(value, "evt_1", 5);
	assert_int_equal(rd_kafka_header_cnt(headers), 2);
	reader_close(&reader);
	struct kafka_producer_counts counts = kafka_producer_counts(producer);
	assert_int_equal(counts.delivered, 1);
	assert_int_equal(counts.queued, 0);
	kafka_producer_stop(producer, 1000);
	kafka_producer_free(producer);
}

/* Apache Kafka, clients, UtilsTest.testMurmur2: Java's hashes. Its partition is (hash & 0x7fffffff) % n. */
static void a_key_goes_to_the_partition_that_java_chooses(void **state)
{
	static const struct {
		const char *key;
		int32_t hash;
	} known[] = {
		{"21", -973932308},
		{"foobar", -790332482},
		{"a-little-bit-long-string", -985981536},
		{"a-little-bit-longer-string", -1486304829},
		{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
		{"abc", 479470107},
	};
	const int n = sizeof known / sizeof known[0], partitions_n = 12;
	struct told told;
	struct kafka_producer *producer = start(&told);
	struct reader reader;

	(void)state;
	fixture_topic(&fixture, "murmur", partitions_n);
	for (int i = 0; i < n; i++)
		assert_int_equal(send_number(producer, "murmur", known[i].key, i), ERR_OK);
	turn_until(producer, &told, n);
	assert_int_equal(told.delivered, n);
	reader_open(&reader, "murmur", partitions_n);
	for (int i = 0; i < n; i++) {
		rd_kafka_message_t *got = reader_next(&reader);
		int number = number_of(got);
		assert_int_equal(got->partition, (known[number].hash & 0x7fffffff) % partitions_n);
	}
	reader_close(&reader);
	kafka_producer_stop(producer, 1000);
	kafka_producer_free(producer);
}

static void the_order_of_a_key_outlives_errors_that_are_retried(void **state)
{
	struct told told;
	struct kafka_producer *producer = start(&told);
	struct reader reader;
	const int n = 600;

	(void)state;
	fixture_topic(&fixture, "order", 1);
	assert_int_equal(send_number(producer, "order", "A-1", 0), ERR_OK);
	turn_until(producer, &told, 1);
	rd_kafka_mock_push_request_errors(fixture.cluster, API_PRODUCE, 5, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
	for (int i = 1; i < n; i++)
		assert_int_equal(send_number(producer, "order", "A-1", i), ERR_OK);
	turn_until(producer, &told, n);
	assert_int_equal(told.delivered, n);
	assert_true(told.in_order);
	reader_open(&reader, "order", 1);
	for (int next = 0; next < n;) {
		int number = number_of(reader_next(&reader));
		/* The mock does not know sequence numbers: where it cut the connection it has what is sent again twice. */
		assert_true(number <= next);
		next = number + 1 > next ? number + 1 : next;
	}
	reader_close(&reader);
	kafka_producer_stop(producer, 1000);
	kafka_producer_free(producer);
	rd_kafka_mock_clear_request_errors(fixture.cluster, API_PRODUCE);
}

static void a_full_queue_says_so_and_empties_again(void **state)
{
	static const char *const properties[] = {"queue.buffering.max.messages", "5", "linger.ms", "500", NULL};
	struct told told;
	struct kafka_producer *producer = start_at(fixture.brokers, &told, 0, properties);

	(void)state;
	fixture_topic(&fixture, "full", 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_number(producer, "full", "k", i), ERR_OK);
	assert_int_equal(send_number(producer, "full", "k", 5), ERR_OVERLOADED);
	turn_until(producer, &told, 5);
	assert_int_equal(send_number(producer, "full", "k", 5), ERR_OK);
	turn_until(producer, &told, 6);
	assert_int_equal(told.delivered, 6);
	kafka_producer_stop(producer, 1000);
	kafka_producer_free(producer);
}

static void a_message_too_large_is_never_taken(void **state)
{
	static char large[1000001];
	struct told told;
	struct kafka_producer *producer = start(&told);
	struct kafka_message message = {.topic = "large", .key = STR("k")};

	(void)state;
	memset(large, 'x', sizeof large);
	message.value = str_n(large, sizeof large);
	fixture_topic(&fixture, "large", 1);
	assert_int_equal(kafka_producer_send(producer, &message, NULL), ERR_TOO_LARGE);
	/* The broker's limit may be smaller. */
	rd_kafka_mock_push_request_errors(fixture.cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	assert_int_equal(send_number(producer, "large", "k", 1), ERR_OK);
	turn_until(producer, &told, 1);
	assert_int_equal(told.too_large, 1);
	assert_non_null(strstr(told.why, "too large"));
	kafka_producer_stop(producer, 1000);
	kafka_producer_free(producer);
}

static void a_broker_that_is_down_is_unreachable_after_the_time_out(void **state)
{
	struct told told;
	struct kafka_producer *producer = start_at("127.0.0.1:1", &told, 300, NULL);

	(void)state;
	assert_int_equal(send_number(producer, "t", "k", 1), ERR_OK);
	turn_until(producer, &told, 1);
	assert_int_equal(told.unreachable, 1);
	assert_true(told.why[0] != '\0');
	assert_true(kafka_producer_counts(producer).errors > 0);
	kafka_producer_stop(producer, 0);
	kafka_producer_free(producer);
}

static void a_topic_that_is_not_there_is_told(void **state)
{
	static const char *const properties[] = {"topic.metadata.propagation.max.ms", "0", NULL};
	struct told told;
	struct kafka_producer *producer = start_at(fixture.brokers, &told, 0, properties);

	(void)state;
	rd_kafka_mock_topic_set_error(fixture.cluster, "nowhere", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	assert_int_equal(send_number(producer, "nowhere", "k", 1), ERR_OK);
	turn_until(producer, &told, 1);
	/* Known now: refused in the call, and reported all the same. */
	assert_int_equal(send_number(producer, "nowhere", "k", 2), ERR_OK);
	turn_until(producer, &told, 2);
	assert_int_equal(told.no_topic, 2);
	kafka_producer_stop(producer, 0);
	kafka_producer_free(producer);
}

static void a_fatal_error_makes_a_new_client(void **state)
{
	struct told told;
	struct kafka_producer *producer = start(&told);

	(void)state;
	fixture_topic(&fixture, "fatal", 1);
	assert_int_equal(send_number(producer, "fatal", "k", 0), ERR_OK);
	turn_until(producer, &told, 1);
	/* Out of sequence: to an idempotent producer the end. */
	rd_kafka_mock_push_request_errors(fixture.cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	for (int i = 1; i <= 20; i++)
		assert_int_equal(send_number(producer, "fatal", "k", i), ERR_OK);
	turn_until(producer, &told, 21);
	for (int64_t until = fixture_now_ms() + FIXTURE_WAIT_S * 1000;
		kafka_producer_counts(producer).clients < 2 && fixture_now_ms() < until;)
		kafka_producer_turn(producer, 50);
	assert_int_equal(kafka_producer_counts(producer).clients, 2);
	assert_true(told.unreachable > 0);
	assert_int_equal(told.delivered + told.unreachable, 21);
	int before = told.delivered;
	assert_int_equal(send_number(producer, "fatal", "k", 21), ERR_OK);
	turn_until(producer, &told, 22);
	assert_int_equal(told.delivered, before + 1);
	kafka_producer_stop(producer, 1000);
	kafka_producer_free(producer);
}

static void *wake_it(void *producer)
{
	kafka_producer_wake(producer);
	return NULL;
}

static void a_turn_returns_soon_after_a_wake(void **state)
{
	struct told told;
	struct kafka_producer *producer = start(&told);
	pthread_t thread;

	(void)state;
	int64_t from = fixture_now_ms();
	kafka_producer_wake(producer); /* before the turn: not lost */
	kafka_producer_turn(producer, FIXTURE_WAIT_S * 1000);
	assert_int_equal(pthread_create(&thread, NULL, wake_it, producer), 0);
	kafka_producer_turn(producer, FIXTURE_WAIT_S * 1000);
	assert_true(fixture_now_ms() - from < FIXTURE_WAIT_S * 1000);
	pthread_join(thread, NULL);
	kafka_producer_stop(producer, 0);
	kafka_producer_free(producer);
}

static void a_stop_delivers_what_it_can_within_its_grace(void **state)
{
	static const char *const properties[] = {"linger.ms", "1000", NULL};
	struct told told;
	struct kafka_producer *producer = start_at(fixture.brokers, &told, 0, properties);

	(void)state;
	fixture_topic(&fixture, "stop", 1);
	assert_int_equal(send_number(producer, "stop", "k", 1), ERR_OK);
	kafka_producer_stop(producer, FIXTURE_WAIT_S * 1000);
	assert_int_equal(told.delivered, 1);
	kafka_producer_free(producer);
}

static void a_stop_without_a_broker_ends_and_reports_nothing(void **state)
{
	struct told told;
	struct kafka_producer *producer = start_at("127.0.0.1:1", &told, 0, NULL);

	(void)state;
	assert_int_equal(send_number(producer, "t", "k", 1), ERR_OK);
	int64_t from = fixture_now_ms();
	kafka_producer_stop(producer, 100);
	kafka_producer_free(producer);
	assert_true(fixture_now_ms() - from < 10000);
	assert_int_equal(reports(&told), 0);
}

static void a_bad_setting_is_named(void **state)
{
	static const char *const no_such[] = {"no.such", "1", NULL};
	static const struct {
		struct kafka_settings settings;
		int timeout_ms;
		const char *named;
	} bad[] = {
		{{.brokers = ""}, 0, "brokers"},
		{{.brokers = "a:9092,,b:9092"}, 0, "brokers: entry 2"},
		{{.brokers = "host:port"}, 0, "brokers: entry 1"},
		{{.brokers = "host:70000"}, 0, "brokers: entry 1"},
		{{.brokers = ":9092"}, 0, "brokers: entry 1"},
		{{.brokers = "[::1]:x"}, 0, "brokers: entry 1"},
		{{.brokers = "h", .security_protocol = "tls"}, 0, "security_protocol"},
		{{.brokers = "h", .security_protocol = "ssl", .ssl_ca = "/nonexistent/ca.pem"}, 0, "ssl_ca: "},
		{{.brokers = "h", .security_protocol = "sasl_ssl", .sasl_mechanism = "NOPE"}, 0, "sasl_mechanism: "},
		{{.brokers = "h", .security_protocol = "sasl_plaintext", .sasl_mechanism = "PLAIN"}, 0, "sasl_username: "},
		{{.brokers = "h", .properties = no_such}, 0, "no.such"},
		{{.brokers = "h"}, -5, "message.timeout.ms"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct kafka_producer_options options = {.settings = bad[i].settings, .timeout_ms = bad[i].timeout_ms,
			.delivered = on_delivered};
		struct kafka_producer *producer = NULL;
		char error[256] = "";
		assert_int_equal(kafka_producer_new(&options, &producer, error), ERR_BAD_REQUEST);
		assert_null(producer);
		if (!strstr(error, bad[i].named))
			fail_msg("\"%s\" does not name %s", error, bad[i].named);
	}
}

static void brokers_may_be_names_addresses_and_lists(void **state)
{
	static const char *const good[] = {"h", "h:9092", "h1:9092, h2:9093", "[::1]:9092", "[::1]", "PLAINTEXT://h:9092"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct told told;
		kafka_producer_free(start_at(good[i], &told, 0, NULL));
	}
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
		cmocka_unit_test(a_message_arrives_with_key_value_and_headers),
		cmocka_unit_test(a_key_goes_to_the_partition_that_java_chooses),
		cmocka_unit_test(the_order_of_a_key_outlives_errors_that_are_retried),
		cmocka_unit_test(a_full_queue_says_so_and_empties_again),
		cmocka_unit_test(a_message_too_large_is_never_taken),
		cmocka_unit_test(a_broker_that_is_down_is_unreachable_after_the_time_out),
		cmocka_unit_test(a_topic_that_is_not_there_is_told),
		cmocka_unit_test(a_fatal_error_makes_a_new_client),
		cmocka_unit_test(a_turn_returns_soon_after_a_wake),
		cmocka_unit_test(a_stop_delivers_what_it_can_within_its_grace),
		cmocka_unit_test(a_stop_without_a_broker_ends_and_reports_nothing),
		cmocka_unit_test(a_bad_setting_is_named),
		cmocka_unit_test(brokers_may_be_names_addresses_and_lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
