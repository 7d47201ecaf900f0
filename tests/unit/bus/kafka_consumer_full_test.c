#include "unit/bus/kafka_member.h"

#define MANY 3000

static struct fixture fixture;
static struct ledger many_ledger, large_ledger;
static struct member many = MEMBER_INIT, large = MEMBER_INIT;

/* Batches of "large" by number of records. */
static int sizes[16], sizes_n;

static bool large_records(void *context, int32_t generation, const struct kafka_record *records, int n)
{
	watch_lock(&large_ledger.watch);
	if (sizes_n < 16)
		sizes[sizes_n++] = n; /* each is taken: there is room */
	watch_unlock(&large_ledger.watch);
	return member_records(context, generation, records, n);
}

static void fill_large(void)
{
	static const size_t lens[] = {300000, 300000, 300000, 300000, 1200000, 10, 1048576, 20};
	static char bytes[1200000];

	memset(bytes, 'x', sizeof bytes);
	fixture_topic(&fixture, "large", 1);
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
		assert_int_equal(rd_kafka_producev(fixture.client, RD_KAFKA_V_TOPIC("large"), RD_KAFKA_V_PARTITION(0),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(bytes, lens[i]), RD_KAFKA_V_END), 0);
	assert_int_equal(rd_kafka_flush(fixture.client, FIXTURE_WAIT_S * 1000), 0);
}

static void start_large(void)
{
	struct kafka_consumer_options options = {
		.settings = {.brokers = fixture.brokers, .properties = member_properties},
		.topic = "large", .group = "large", .batch_max = 256, .context = &large,
		.assigned = member_assigned, .records = large_records, .revoked = member_revoked,
	};
	char error[256];

	large.ledger = &large_ledger;
	large.mark = "";
	assert_int_equal(kafka_consumer_new(&options, &large.consumer, error), ERR_OK);
	assert_int_equal(kafka_consumer_start(large.consumer), ERR_OK);
}

static int open_all(void **state)
{
	(void)state;
	fixture_open(&fixture, 1);
	fixture_topic(&fixture, "many", 2);
	fixture_fill(&fixture, "many", 0, 0, MANY);
	fixture_fill(&fixture, "many", 1, 0, MANY);
	fill_large();
	ledger_init(&many_ledger);
	ledger_init(&large_ledger);
	many.room = 0;
	member_start(&many, &many_ledger, fixture.brokers, "many", "many", NULL);
	start_large();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	fixture_close(&fixture);
	return 0;
}

static bool is_paused(void *member)
{
	return kafka_consumer_counts(((struct member *)member)->consumer).paused;
}

static bool is_paused_and_not_connected(void *member)
{
	struct kafka_consumer_counts counts = kafka_consumer_counts(((struct member *)member)->consumer);

	return counts.paused && !counts.connected;
}

static bool is_connected(void *member)
{
	return kafka_consumer_counts(((struct member *)member)->consumer).connected;
}

static void give_room(int n)
{
	watch_lock(&many_ledger.watch);
	many.room = n;
	watch_unlock(&many_ledger.watch);
	kafka_consumer_room(many.consumer);
}

static void a_full_owner_pauses_and_takes_nothing(void **state)
{
	(void)state;
	assert_true(member_await(&many, is_paused));
	assert_int_equal(many.records_n, 0);
	assert_true(many.refused_n > 0);
	assert_int_equal(kafka_consumer_counts(many.consumer).records, 0);
}

static void a_paused_partition_goes_on_polling(void **state)
{
	(void)state;
	/* Errors and statistics come through polls alone. */
	assert_int_equal(rd_kafka_mock_broker_set_down(fixture.cluster, -1), 0);
	assert_true(member_await(&many, is_paused_and_not_connected));
	assert_int_equal(rd_kafka_mock_broker_set_up(fixture.cluster, -1), 0);
	assert_true(member_await(&many, is_connected));
}

static bool has_taken_more(void *context)
{
	struct member *member = context;

	return member->records_n > member->starts_n;
}

static void pauses_lose_and_reorder_nothing(void **state)
{
	(void)state;
	for (int round = 0; round < 12; round++) {
		watch_lock(&many_ledger.watch);
		many.starts_n = many.records_n; /* borrowed: where this round began */
		watch_unlock(&many_ledger.watch);
		give_room(256 + round * 17);
		assert_true(member_await(&many, has_taken_more));
		assert_true(member_await(&many, is_paused));
	}
	assert_string_equal(many_ledger.fault, "");
	give_room(-1);
	ledger_await(&many_ledger, 2 * MANY);
	for (int p = 0; p < 2; p++)
		for (int i = 0; i < MANY; i++)
			assert_int_equal(many_ledger.taken[p][i], 1);
	assert_false(is_paused(&many));
}

static void a_batch_is_held_to_its_bytes_and_a_larger_record_is_one_of_its_own(void **state)
{
	int taken = 0;

	(void)state;
	ledger_await(&large_ledger, 8);
	for (int i = 0; i < sizes_n; i++) {
		/* Offsets 0..3 are more than a batch; 4 and 6 fill one each. */
		for (int at = taken; at < taken + sizes[i]; at++)
			if (at == 4 || at == 6)
				assert_int_equal(sizes[i], 1);
		assert_true(sizes[i] < 4);
		taken += sizes[i];
	}
	assert_int_equal(taken, 8);
}

static void a_full_owner_can_stop(void **state)
{
	(void)state;
	give_room(0);
	fixture_fill(&fixture, "many", 0, MANY, 10);
	assert_true(member_await(&many, is_paused));
	member_end(&many);
	member_end(&large);
	assert_int_equal(many_ledger.taken_n, 2 * MANY);
	assert_int_equal(many.revoked_n, many.assigned_n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_owner_pauses_and_takes_nothing),
		cmocka_unit_test(a_paused_partition_goes_on_polling),
		cmocka_unit_test(pauses_lose_and_reorder_nothing),
		cmocka_unit_test(a_batch_is_held_to_its_bytes_and_a_larger_record_is_one_of_its_own),
		cmocka_unit_test(a_full_owner_can_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
