#include "unit/bus/kafka_member.h"

/* Groups are begun together in open_all(), because the mock takes its time with each. */
static struct fixture fixture;
static struct ledger from_ledger, parts_ledger, deny_ledger, lag_ledger, whole_ledger, reset_ledger;
static struct member from = MEMBER_INIT, parts = MEMBER_INIT, deny = MEMBER_INIT, lag = MEMBER_INIT, whole = MEMBER_INIT,
	reset = MEMBER_INIT;

/* The fields of the first three records of "whole", copied. */
static struct {
	char key[16], value[16], ce_id[16], ce_type[32], ce_time[32];
	bool no_key, no_value, no_id;
	int64_t time_ms;
} seen[3];

static bool whole_records(void *context, int32_t generation, const struct kafka_record *records, int n)
{
	for (int i = 0; i < n; i++) {
		int at = (int)records[i].offset;
		if (at >= 3)
			continue;
		str_copy(seen[at].key, sizeof seen[at].key, records[i].key);
		str_copy(seen[at].value, sizeof seen[at].value, records[i].value);
		str_copy(seen[at].ce_id, sizeof seen[at].ce_id, records[i].ce_id);
		str_copy(seen[at].ce_type, sizeof seen[at].ce_type, records[i].ce_type);
		str_copy(seen[at].ce_time, sizeof seen[at].ce_time, records[i].ce_time);
		seen[at].no_key = !records[i].key.at;
		seen[at].no_value = !records[i].value.at;
		seen[at].no_id = !records[i].ce_id.at;
		seen[at].time_ms = records[i].time_ms;
	}
	return member_records(context, generation, records, n);
}

static void start_whole(void)
{
	struct kafka_consumer_options options = {
		.settings = {.brokers = fixture.brokers, .properties = member_properties},
		.topic = "whole", .group = "whole", .batch_max = 2, .context = &whole,
		.assigned = member_assigned, .records = whole_records, .revoked = member_revoked,
	};
	char error[256];

	whole.ledger = &whole_ledger;
	whole.mark = "";
	assert_int_equal(kafka_consumer_new(&options, &whole.consumer, error), ERR_OK);
	assert_int_equal(kafka_consumer_start(whole.consumer), ERR_OK);
}

static void fill_whole(void)
{
	rd_kafka_t *client = fixture.client;

	fixture_topic(&fixture, "whole", 1);
	assert_int_equal(rd_kafka_producev(client, RD_KAFKA_V_TOPIC("whole"), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("A-1", 3),
		RD_KAFKA_V_VALUE((char[]){"{}"}, 2), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_TIMESTAMP(1763978400123), RD_KAFKA_V_HEADER("ce_id", "evt-1", 5),
		RD_KAFKA_V_HEADER("ce_type", "order.placed", 12), RD_KAFKA_V_HEADER("ce_time", "2026-11-22T10:00:00Z", 20),
		RD_KAFKA_V_END), 0);
	assert_int_equal(rd_kafka_producev(client, RD_KAFKA_V_TOPIC("whole"), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("A-2", 3),
		RD_KAFKA_V_END), 0);
	assert_int_equal(rd_kafka_producev(client, RD_KAFKA_V_TOPIC("whole"), RD_KAFKA_V_PARTITION(0),
		RD_KAFKA_V_VALUE((char[]){"x"}, 1), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END), 0);
	assert_int_equal(rd_kafka_flush(client, FIXTURE_WAIT_S * 1000), 0);
}

/* The ledger is behind the end of the log, as after a topic was made anew. */
static bool reset_records(void *context, int32_t generation, const struct kafka_record *records, int n)
{
	watch_lock(&reset_ledger.watch);
	if (reset_ledger.next[0] == 5000)
		reset_ledger.next[0] = 0;
	watch_unlock(&reset_ledger.watch);
	return member_records(context, generation, records, n);
}

static void start_reset(void)
{
	struct kafka_consumer_options options = {
		.settings = {.brokers = fixture.brokers, .properties = member_properties},
		.topic = "reset", .group = "reset", .batch_max = 256, .context = &reset,
		.assigned = member_assigned, .records = reset_records, .revoked = member_revoked,
	};
	char error[256];

	reset.ledger = &reset_ledger;
	reset.mark = "mark";
	reset.begin[0] = 5000;
	reset.silent = true;
	assert_int_equal(kafka_consumer_new(&options, &reset.consumer, error), ERR_OK);
	assert_int_equal(kafka_consumer_start(reset.consumer), ERR_OK);
}

static int open_all(void **state)
{
	(void)state;
	fixture_open(&fixture, 3);
	fixture_topic(&fixture, "from", 1);
	fixture_topic(&fixture, "parts", 4);
	fixture_topic(&fixture, "deny", 2);
	fixture_topic(&fixture, "lag", 2);
	fixture_fill(&fixture, "from", 0, 0, 500);
	for (int p = 0; p < 4; p++)
		fixture_fill(&fixture, "parts", p, 0, 300);
	fixture_fill(&fixture, "deny", 0, 0, 10);
	fixture_fill(&fixture, "lag", 0, 0, 30);
	fixture_fill(&fixture, "lag", 1, 0, 12);
	fixture_topic(&fixture, "reset", 1);
	fixture_fill(&fixture, "reset", 0, 0, 30);
	fill_whole();
	ledger_init(&reset_ledger);
	ledger_init(&from_ledger);
	ledger_init(&parts_ledger);
	ledger_init(&deny_ledger);
	ledger_init(&lag_ledger);
	ledger_init(&whole_ledger);
	from.begin[0] = 100;
	for (int p = 0; p < 4; p++)
		parts.begin[p] = -1;
	deny.deny = 2;
	lag.silent = true;
	member_start(&from, &from_ledger, fixture.brokers, "from", "from", NULL);
	member_start(&parts, &parts_ledger, fixture.brokers, "parts", "parts", NULL);
	member_start(&deny, &deny_ledger, fixture.brokers, "deny", "deny", NULL);
	member_start(&lag, &lag_ledger, fixture.brokers, "lag", "lag", NULL);
	start_whole();
	start_reset();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static bool has_counted_450(void *context)
{
	return kafka_consumer_counts(((struct member *)context)->consumer).records == 450;
}

static void records_come_in_order_from_where_the_owner_says(void **state)
{
	(void)state;
	ledger_await(&from_ledger, 400);
	assert_int_equal(from_ledger.taken[0][99], 0);
	assert_int_equal(from_ledger.taken[0][100], 1);
	assert_int_equal(from_ledger.taken[0][499], 1);
	assert_int_equal(from.starts[0].committed, -1);
	assert_string_equal(from.starts[0].mark, "");
	/* And what is written from now on. */
	fixture_fill(&fixture, "from", 0, 500, 50);
	ledger_await(&from_ledger, 450);
	assert_true(from.batch_most <= 256);
	assert_true(member_await(&from, has_counted_450)); /* counted when the owner has them */
}

static bool has_a_lag_of_0(void *context)
{
	struct kafka_consumer_counts counts = kafka_consumer_counts(((struct member *)context)->consumer);

	return counts.lag == 0 && counts.connected;
}

static void several_partitions_come_each_in_order_from_the_beginning(void **state)
{
	(void)state;
	ledger_await(&parts_ledger, 1200);
	struct kafka_consumer_counts counts = kafka_consumer_counts(parts.consumer);
	assert_int_equal(counts.partitions, 4);
	assert_int_equal(counts.rebalances, 1);
	assert_false(counts.paused);
	assert_true(member_await(&parts, has_a_lag_of_0));
	assert_true(parts.generation > 0);
}

static void an_owner_that_cannot_tell_is_asked_again(void **state)
{
	(void)state;
	ledger_await(&deny_ledger, 10);
	assert_int_equal(deny.denied_n, 2);
	assert_int_equal(deny.assigned_n, 1);
	assert_int_equal(kafka_consumer_counts(deny.consumer).rebalances, 1);
}

static bool turns_on(void *context)
{
	return ((struct member *)context)->turns_n > 20;
}

static void the_owner_has_its_turn_while_nothing_comes(void **state)
{
	(void)state;
	assert_true(member_await(&deny, turns_on));
}

static bool has_a_lag_of_42(void *context)
{
	return kafka_consumer_counts(((struct member *)context)->consumer).lag == 42;
}

static bool has_a_lag_of_20(void *context)
{
	return kafka_consumer_counts(((struct member *)context)->consumer).lag == 20;
}

static void lag_counts_what_was_not_applied(void **state)
{
	(void)state;
	ledger_await(&lag_ledger, 42);
	assert_true(member_await(&lag, has_a_lag_of_42));
	kafka_consumer_applied(lag.consumer, 0, 10, "m");
	kafka_consumer_applied(lag.consumer, 1, 12, "m");
	kafka_consumer_applied(lag.consumer, 0, 5, "m");   /* older: ignored */
	kafka_consumer_applied(lag.consumer, 7, 100, "m"); /* not ours: ignored */
	assert_true(member_await(&lag, has_a_lag_of_20));
}

static bool has_a_lag_of_7(void *context)
{
	return kafka_consumer_counts(((struct member *)context)->consumer).lag == 7;
}

/* Or another member would begin behind its end, too, and lag would be 0 until it is as long as the one before. */
static void a_log_that_begins_anew_is_committed_and_counted_anew(void **state)
{
	(void)state;
	ledger_await(&reset_ledger, 30);
	kafka_consumer_applied(reset.consumer, 0, 30, "mark");
	assert_true(fixture_committed(&fixture, "reset", "reset", 0, 30, "mark"));
	fixture_fill(&fixture, "reset", 0, 30, 7);
	ledger_await(&reset_ledger, 37);
	assert_true(member_await(&reset, has_a_lag_of_7));
}

static void a_record_has_its_key_its_value_and_its_headers(void **state)
{
	(void)state;
	ledger_await(&whole_ledger, 3);
	assert_string_equal(seen[0].key, "A-1");
	assert_string_equal(seen[0].value, "{}");
	assert_string_equal(seen[0].ce_id, "evt-1");
	assert_string_equal(seen[0].ce_type, "order.placed");
	assert_string_equal(seen[0].ce_time, "2026-11-22T10:00:00Z");
	assert_int_equal(seen[0].time_ms, 1763978400123);
	assert_string_equal(seen[1].key, "A-2");
	assert_true(seen[1].no_value);
	assert_true(seen[1].no_id);
	assert_true(seen[2].no_key);
	assert_string_equal(seen[2].value, "x");
	assert_true(whole.batch_most <= 2);
}

static void the_next_member_reads_offset_and_mark_that_were_committed(void **state)
{
	struct member next = MEMBER_INIT;

	(void)state;
	ledger_await(&from_ledger, 450);
	member_end(&from); /* commits what was applied */
	assert_int_equal(from.revoked_n, 1);
	assert_int_equal(from.lost_n, 0);
	fixture_fill(&fixture, "from", 0, 550, 5);
	member_start(&next, &from_ledger, fixture.brokers, "from", "from", NULL);
	ledger_await(&from_ledger, 455);
	assert_int_equal(next.starts[0].committed, 550);
	assert_string_equal(next.starts[0].mark, "mark");
	member_end(&next);
}

static void a_stop_gives_partitions_back_first(void **state)
{
	(void)state;
	member_end(&parts);
	member_end(&deny);
	member_end(&lag);
	member_end(&whole);
	member_end(&reset);
	assert_int_equal(parts.revoked_n, 1);
	assert_int_equal(deny.revoked_n, 1);
	assert_int_equal(lag.revoked_n, 1);
	assert_int_equal(parts.lost_n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order_from_where_the_owner_says),
		cmocka_unit_test(several_partitions_come_each_in_order_from_the_beginning),
		cmocka_unit_test(an_owner_that_cannot_tell_is_asked_again),
		cmocka_unit_test(the_owner_has_its_turn_while_nothing_comes),
		cmocka_unit_test(lag_counts_what_was_not_applied),
		cmocka_unit_test(a_log_that_begins_anew_is_committed_and_counted_anew),
		cmocka_unit_test(a_record_has_its_key_its_value_and_its_headers),
		cmocka_unit_test(the_next_member_reads_offset_and_mark_that_were_committed),
		cmocka_unit_test(a_stop_gives_partitions_back_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
