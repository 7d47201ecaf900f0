/* The writer's queue is full: the feed waits longer and longer, says so, and goes on by itself. The real consumer on librdkafka's mock
 * cluster, the real writer, which runs only when the test lets it. */
#include "unit/bus/kafka_fixture.h"

#include "api/pools.h"
#include "base/steady.h"
#include "feed/feed.h"
#include "serve/server.h"
#include "serve/writer_calls.h"
#include "store/store_memory.h"

#define TRIES 6
/* Between so many tries lie so many waits, each at least as long as this says. */
#define WAITS_MS (FEED_RETRY_FIRST_MS * ((1 << (TRIES - 1)) - 1))

static int64_t now_ms(void *context)
{
	(void)context;
	return 1795341600000;
}

static void nothing(void *context)
{
	(void)context;
}

static enum err run_nothing(struct command *command, struct engine *engine, int64_t now)
{
	(void)command, (void)engine, (void)now;
	return ERR_OK;
}

static void finish_nothing(struct command *command, enum err err)
{
	(void)command, (void)err;
}

/* Until the feed has tried so often; its counts then. */
static struct feed_counts after_tries(struct fixture *kafka, struct feed *feed, uint64_t tries)
{
	int64_t until = steady_ms() + FIXTURE_WAIT_S * 1000;
	struct feed_counts counts = feed_counts(feed);

	while (counts.retried < tries && steady_ms() < until) {
		rd_kafka_poll(kafka->client, 10);
		counts = feed_counts(feed);
	}
	assert_true(counts.retried >= tries);
	return counts;
}

static void a_full_queue_is_waited_for_and_seen(void **state)
{
	static const uint8_t key[1][96] = {{1, 2, 3}};
	struct fixture kafka = {0};
	char store[] = "memory", topic[] = "orders", group[] = "bauta";
	struct config config = {.store = store};
	struct feed_state feed_state = {.tenant = "main", .group = "bauta", .topic = "orders", .deads = dead_orders_new(10, 1)};
	struct engine_options engine = {.limits = LIMITS_DEFAULT(100), .seed = 1, .now_ms = now_ms(NULL)};
	struct command command = {.run = run_nothing, .finish = finish_nothing};
	struct server server = {.config = &config, .vault = vault_of(key, 1), .feed_state = &feed_state};
	char error[256];

	(void)state;
	fixture_open(&kafka, 1);
	fixture_topic(&kafka, "orders", 1);
	fixture_fill(&kafka, "orders", 0, 0, 1);
	config.kafka.brokers = kafka.brokers;
	config.kafka.orders_topic = topic;
	config.kafka.group = group;
	server.store = store_memory_new(server.vault);
	server.engine = engine_new(&engine);
	server.pools = pools_new(1);
	struct writer_calls *calls = writer_calls_new(10, 1);
	struct writer_options options = {.engine = server.engine, .store = server.store, .calls = calls, .queue_max = 1,
		.call_queue_max = 16, .batch_max = 512, .now_ms = now_ms, .answered = nothing,
		.must_stop = nothing};
	server.writer = writer_new(&options);
	assert_non_null(server.writer);
	assert_int_equal(writer_submit(server.writer, &command), ERR_OK); /* it is full now */
	assert_int_equal(feed_new(&server, &feed_state, &server.feed, error), ERR_OK);
	assert_int_equal(feed_start(server.feed), ERR_OK);

	struct feed_counts counts = after_tries(&kafka, server.feed, 1);
	int64_t began = steady_ms();
	assert_true(counts.waits);
	assert_string_equal(counts.waits_for, "overloaded");
	counts = after_tries(&kafka, server.feed, TRIES);
	assert_true(steady_ms() - began >= WAITS_MS - FEED_RETRY_FIRST_MS);
	assert_true(counts.waits);
	assert_int_equal(counts.refused, 0);

	assert_int_equal(writer_start(server.writer), ERR_OK);
	int64_t until = steady_ms() + FIXTURE_WAIT_S * 1000;
	for (counts = feed_counts(server.feed); counts.refused == 0 && steady_ms() < until; counts = feed_counts(server.feed))
		rd_kafka_poll(kafka.client, 10);
	assert_int_equal(counts.refused, 1);
	assert_false(counts.waits);
	assert_int_equal(counts.out, 0);
	feed_stop(server.feed);
	feed_free(server.feed);
	writer_stop(server.writer);
	writer_free(server.writer);
	writer_calls_free(calls);
	engine_free(server.engine);
	pools_free(server.pools);
	server.store->ops->close(server.store);
	dead_orders_free(feed_state.deads);
	vault_free(server.vault);
	fixture_close(&kafka);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_queue_is_waited_for_and_seen)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
