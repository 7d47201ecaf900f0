#include "demo/demo_feed.h"

#include <stdlib.h>

#include "bus/kafka_producer.h"
#include "bus/kafka_topics.h"
#include "crypto/digest.h"
#include "demo/demo_clock.h"

#define TIMEOUT_MS 15000
#define TOPICS 3
#define PARTITIONS 3

struct demo_feed {
	struct kafka_settings settings;
	char brokers[300];
	char topics[TOPICS][64]; /* orders, events, dead letters */
	struct kafka_producer *producer;
	int waiting; /* for their delivery report */
	bool failed;
};

static void names_of(const struct demo_feed *feed, const char *names[TOPICS])
{
	for (int i = 0; i < TOPICS; i++)
		names[i] = feed->topics[i];
}

static void on_delivered(void *context, void *message, enum kafka_delivery delivery, const char *why)
{
	struct demo_feed *feed = context;

	(void)message, (void)why;
	feed->waiting--;
	feed->failed |= delivery != KAFKA_DELIVERED;
}

struct demo_feed *demo_feed_new(const char *brokers, char ret_error[256])
{
	static const char *const kinds[TOPICS] = {"orders", "sessions", "dead"};
	struct demo_feed *feed = calloc(1, sizeof *feed);
	const char *names[TOPICS];
	uint32_t run;

	snprintf(ret_error, 256, "not enough memory");
	if (!feed)
		return NULL;
	secret_random(&run, sizeof run);
	snprintf(feed->brokers, sizeof feed->brokers, "%s", brokers);
	feed->settings = (struct kafka_settings){.brokers = feed->brokers, .client_id = "bauta-demo"};
	for (int i = 0; i < TOPICS; i++)
		snprintf(feed->topics[i], sizeof feed->topics[i], "bauta-demo-%08x.%s", (unsigned)run, kinds[i]);
	names_of(feed, names);
	struct kafka_producer_options options = {
		.settings = feed->settings, .timeout_ms = TIMEOUT_MS, .context = feed, .delivered = on_delivered};
	if (kafka_topics_make(&feed->settings, names, TOPICS, PARTITIONS, TIMEOUT_MS, ret_error) == ERR_OK &&
		kafka_producer_new(&options, &feed->producer, ret_error) == ERR_OK)
		return feed;
	free(feed);
	return NULL;
}

void demo_feed_free(struct demo_feed *feed)
{
	const char *names[TOPICS];

	if (!feed)
		return;
	kafka_producer_stop(feed->producer, 0);
	kafka_producer_free(feed->producer);
	names_of(feed, names);
	kafka_topics_remove(&feed->settings, names, TOPICS, TIMEOUT_MS);
	free(feed);
}

void demo_feed_config(const struct demo_feed *feed, struct buf *out)
{
	buf_fmt(out,
		"kafka:\n  brokers: \"%s\"\n  orders_topic: %s\n  events_topic: %s\n  dead_letter_topic: %s\n"
		"  group: %s\n",
		feed->brokers, feed->topics[0], feed->topics[1], feed->topics[2], feed->topics[0]);
}

bool demo_feed_send(struct demo_feed *feed, struct str order, struct str event, int times)
{
	struct kafka_message message = {.topic = feed->topics[0], .key = order, .value = event};
	double until = demo_clock_ms() + TIMEOUT_MS;

	feed->failed = false;
	for (int i = 0; i < times; i++) {
		if (kafka_producer_send(feed->producer, &message, NULL) != ERR_OK)
			return false;
		feed->waiting++;
	}
	while (feed->waiting > 0 && demo_clock_ms() < until)
		kafka_producer_turn(feed->producer, 100);
	return feed->waiting == 0 && !feed->failed;
}
