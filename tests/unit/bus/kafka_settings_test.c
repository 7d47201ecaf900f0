#include "unit/bus/kafka_member.h"

#include "bus/kafka_consumer_state.h"

/* What needs no broker. */

static struct ledger ledger;

static struct kafka_consumer_options options_of(struct kafka_settings settings, struct member *member)
{
	return (struct kafka_consumer_options){
		.settings = settings, .topic = "orders", .group = "bauta", .batch_max = 256, .context = member,
		.assigned = member_assigned, .records = member_records, .revoked = member_revoked,
	};
}

static void a_bad_setting_is_named(void **state)
{
	static const char *const short_session[] = {"session.timeout.ms", "400000", NULL};
	static const char *const no_such[] = {"no.such", "1", NULL};
	static const struct {
		struct kafka_settings settings;
		const char *named;
	} bad[] = {
		{{.brokers = ""}, "brokers"},
		{{.brokers = "a:9092,b:0"}, "brokers: entry 2"},
		{{.brokers = "h", .security_protocol = "tls"}, "security_protocol"},
		{{.brokers = "h", .security_protocol = "ssl", .ssl_ca = "/nonexistent/ca.pem"}, "ssl_ca"},
		{{.brokers = "h", .security_protocol = "ssl", .ssl_key = "/nonexistent/key.pem"}, "ssl_key"},
		{{.brokers = "h", .security_protocol = "ssl", .ssl_certificate = "/nonexistent/c.pem"}, "ssl_certificate"},
		{{.brokers = "h", .security_protocol = "sasl_ssl", .sasl_mechanism = "NOPE"}, "sasl_mechanism"},
		{{.brokers = "h", .security_protocol = "sasl_plaintext", .sasl_mechanism = "PLAIN"}, "sasl_username"},
		{{.brokers = "h", .properties = short_session}, "max.poll.interval.ms"},
		{{.brokers = "h", .properties = no_such}, "no.such"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct kafka_consumer_options options = options_of(bad[i].settings, NULL);
		struct kafka_consumer *consumer = NULL;
		char error[256] = "";
		assert_int_equal(kafka_consumer_new(&options, &consumer, error), ERR_BAD_REQUEST);
		assert_null(consumer);
		if (!strstr(error, bad[i].named))
			fail_msg("\"%s\" does not name %s", error, bad[i].named);
	}
}

static void an_error_has_no_password(void **state)
{
	struct kafka_settings settings = {.brokers = "h", .security_protocol = "sasl_ssl", .sasl_mechanism = "SCRAM-SHA-999",
		.sasl_username = "planted-user", .sasl_password = "planted-secret"};
	struct kafka_consumer_options options = options_of(settings, NULL);
	struct kafka_consumer *consumer = NULL;
	char error[256] = "";

	(void)state;
	assert_int_equal(kafka_consumer_new(&options, &consumer, error), ERR_BAD_REQUEST);
	assert_null(strstr(error, "planted"));
}

static void a_consumer_that_was_not_started_is_freed(void **state)
{
	struct kafka_consumer_options options = options_of((struct kafka_settings){.brokers = "127.0.0.1:1"}, NULL);
	struct kafka_consumer *consumer = NULL;
	char error[256] = "";

	(void)state;
	assert_int_equal(kafka_consumer_new(&options, &consumer, error), ERR_OK);
	assert_string_equal(error, "");
	kafka_consumer_applied(consumer, 0, 1, "nobody's");
	kafka_consumer_room(consumer);
	assert_false(kafka_consumer_counts(consumer).connected);
	kafka_consumer_stop(consumer);
	kafka_consumer_free(consumer);
	kafka_consumer_free(NULL);
}

static bool has_errors(void *context)
{
	return kafka_consumer_counts(((struct member *)context)->consumer).errors > 0;
}

static void a_stop_without_a_broker_ends(void **state)
{
	struct member member = MEMBER_INIT;

	(void)state;
	ledger_init(&ledger);
	member_start(&member, &ledger, "127.0.0.1:1", "orders", "bauta", NULL);
	assert_true(member_await(&member, has_errors));
	assert_false(kafka_consumer_counts(member.consumer).connected);
	int64_t from = fixture_now_ms();
	member_end(&member);
	assert_true(fixture_now_ms() - from < 10000);
	assert_int_equal(member.assigned_n + member.revoked_n, 0);
	assert_true(member.lines_n > 0);
}

static void a_generation_is_read_only_in_the_form_that_we_know(void **state)
{
	static const char *const magics[] = {"CGMDv1:", "CGMDv3:", "cgmdv2:", "       "};
	char bytes[32] = "CGMDv2:";
	int32_t generation = 77;

	(void)state;
	memcpy(bytes + 7, &generation, sizeof generation);
	assert_int_equal(kafka_generation_parse(bytes, sizeof bytes), 77);
	assert_int_equal(kafka_generation_parse(bytes, 11), 77);
	for (size_t len = 0; len < 11; len++)
		assert_int_equal(kafka_generation_parse(bytes, len), -1);
	generation = -2;
	memcpy(bytes + 7, &generation, sizeof generation);
	assert_int_equal(kafka_generation_parse(bytes, sizeof bytes), -1);
	generation = 77;
	memcpy(bytes + 7, &generation, sizeof generation);
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
		memcpy(bytes, magics[i], 7);
		assert_int_equal(kafka_generation_parse(bytes, sizeof bytes), -1);
	}
}

/* The form is librdkafka's own affair: this fails when another version writes another one. */
static void a_generation_is_what_librdkafka_writes(void **state)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		rd_kafka_consumer_group_metadata_new_with_genid("bauta", 123456, "member", "instance");
	void *bytes = NULL;
	size_t len = 0;

	(void)state;
	assert_non_null(metadata);
	assert_null(rd_kafka_consumer_group_metadata_write(metadata, &bytes, &len));
	assert_int_equal(kafka_generation_parse(bytes, len), 123456);
	rd_kafka_mem_free(NULL, bytes);
	rd_kafka_consumer_group_metadata_destroy(metadata);
}

static void progress_takes_only_what_is_ours_and_newer(void **state)
{
	struct kafka_progress *progress = kafka_progress_new();
	struct kafka_start starts[] = {{.partition = 0, .committed = 5, .mark = "a"}, {.partition = 3, .committed = -1}};

	(void)state;
	assert_int_equal(kafka_progress_assign(progress, starts, 2), ERR_OK);
	assert_null(kafka_progress_due(progress, "t"));
	kafka_progress_applied(progress, 0, 5, "a"); /* known to the broker */
	kafka_progress_applied(progress, 3, 7, "late"); /* before they were ours */
	starts[0].ret_next = 5;
	starts[1].ret_next = 9;
	kafka_progress_starts(progress, starts, 2);
	kafka_progress_applied(progress, 3, 8, "late too");
	kafka_progress_applied(progress, 1, 8, "not ours");
	assert_null(kafka_progress_due(progress, "t"));
	kafka_progress_applied(progress, 0, 5, "b"); /* the mark is another */
	kafka_progress_applied(progress, 3, 12, "b");
	kafka_progress_applied(progress, 3, 11, "older");
	rd_kafka_topic_partition_list_t *due = kafka_progress_due(progress, "t");
	assert_int_equal(due->cnt, 2);
	assert_int_equal(due->elems[0].offset, 5);
	assert_int_equal(due->elems[1].offset, 12);
	assert_int_equal(due->elems[1].metadata_size, 1);
	assert_memory_equal(due->elems[1].metadata, "b", 1);
	due->elems[0].err = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	kafka_progress_committed(progress, due);
	rd_kafka_topic_partition_list_destroy(due);
	due = kafka_progress_due(progress, "t");
	assert_int_equal(due->cnt, 1); /* the other one is said again */
	assert_int_equal(due->elems[0].partition, 0);
	rd_kafka_topic_partition_list_destroy(due);
	assert_int_equal(kafka_progress_n(progress), 2);
	kafka_progress_clear(progress);
	assert_int_equal(kafka_progress_n(progress), 0);
	assert_null(kafka_progress_due(progress, "t"));
	kafka_progress_free(progress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_setting_is_named),
		cmocka_unit_test(an_error_has_no_password),
		cmocka_unit_test(a_consumer_that_was_not_started_is_freed),
		cmocka_unit_test(a_stop_without_a_broker_ends),
		cmocka_unit_test(a_generation_is_read_only_in_the_form_that_we_know),
		cmocka_unit_test(a_generation_is_what_librdkafka_writes),
		cmocka_unit_test(progress_takes_only_what_is_ours_and_newer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
