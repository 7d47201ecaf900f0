#include "out/sink_kafka.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"
#include "bus/kafka_producer.h"
#include "wire/cloud_event.h"

#define TIMEOUT_MS 30000 /* of a message */

struct sink_kafka {
	struct sink base;
	struct sink_kafka_options options;
	struct kafka_producer *producer;
	int out;                 /* events */
	const void *alone;       /* the event that is out, if nothing else was out since it was sent */
	int64_t delivered_ms;    /* when the last was taken; 0: none yet */
};

static struct sink_kafka *kafka_of(struct sink *sink)
{
	return (struct sink_kafka *)sink;
}

static bool is_dead_letter(const struct outbox_row *row)
{
	return str_equal(row->type, STR("event.refused"));
}

static const char *topic_of(const struct sink_kafka *sink, const struct outbox_row *row)
{
	return is_dead_letter(row) ? sink->options.dead_letter_topic : sink->options.events_topic;
}

static bool wants(const struct sink *base, const struct outbox_row *row)
{
	const char *topic = topic_of((const struct sink_kafka *)base, row);

	return topic && topic[0];
}

/* Is it for the topic alone that it can't be sent? One that we may not write to, librdkafka lets time out: but others were
 * taken in that time. */
static bool is_topics_fault(const struct sink_kafka *sink, enum kafka_delivery delivery)
{
	if (delivery == KAFKA_UNREACHABLE)
		return sink->delivered_ms && steady_ms() - sink->delivered_ms < TIMEOUT_MS;
	return delivery == KAFKA_NO_TOPIC;
}

/* A broker refuses a batch whole, and doesn't tell us which of its messages was to blame: only one that was alone in it
 * is given up. Dead letters whose topic is missing wait by themselves: they are few, and must not hold up the events. */
static void on_delivered(void *context, void *message, enum kafka_delivery delivery, const char *why)
{
	static const enum sent sents[] = {
		[KAFKA_DELIVERED] = SENT_DONE,
		[KAFKA_UNREACHABLE] = SENT_DOWN,
		[KAFKA_NO_TOPIC] = SENT_DOWN,
		[KAFKA_TOO_LARGE] = SENT_NEVER,
		[KAFKA_INVALID] = SENT_NEVER,
	};
	struct sink_kafka *sink = context;
	enum sent sent = sents[delivery];

	sink->out--;
	if (sent == SENT_NEVER && message != sink->alone)
		sent = SENT_AGAIN;
	if (sent == SENT_DONE)
		sink->delivered_ms = steady_ms();
	else if (is_dead_letter(message) && is_topics_fault(sink, delivery))
		sent = SENT_AGAIN;
	sink_done(&sink->base, message, sent, why);
}

static void message_of(const struct sink_kafka *sink, const struct outbox_row *row, const struct cloud_event *event,
	struct kafka_message *ret_message)
{
	*ret_message = (struct kafka_message){
		.topic = topic_of(sink, row),
		.key = row->key.len ? row->key : STR_NONE,
		.value = event->data,
		.headers = {
			{"ce_specversion", STR("1.0")},
			{"ce_id", str_of(event->id)},
			{"ce_source", str_of(event->source)},
			{"ce_type", event->type},
			{"ce_time", str_of(event->time)},
			{"content-type", STR("application/json")},
		},
		.headers_n = 6,
	};
	if (event->subject.len) /* a refused event may be of no order */
		ret_message->headers[ret_message->headers_n++] = (struct kafka_header){"ce_subject", event->subject};
}

static void send_row(struct sink *base, const struct outbox_row *row)
{
	struct sink_kafka *sink = kafka_of(base);
	struct kafka_message message;
	struct cloud_event event;

	cloud_event_of(row, &event);
	message_of(sink, row, &event, &message);
	sink->alone = sink->out++ == 0 ? row : NULL;
	/* The carrier gets it back with its report. */
	enum err err = kafka_producer_send(sink->producer, &message, (void *)(uintptr_t)row);
	sink->out -= err != ERR_OK;
	if (err == ERR_TOO_LARGE)
		sink_done(base, row, SENT_NEVER, "larger than the client may send");
	else if (err)
		sink_done(base, row, SENT_DOWN, "the client's queue is full");
}

static void turn(struct sink *base, int timeout_ms)
{
	kafka_producer_turn(kafka_of(base)->producer, timeout_ms);
}

static void wake(struct sink *base)
{
	kafka_producer_wake(kafka_of(base)->producer);
}

static void stop(struct sink *base, int grace_ms)
{
	kafka_producer_stop(kafka_of(base)->producer, grace_ms);
}

static void sink_free(struct sink *base)
{
	kafka_producer_free(kafka_of(base)->producer);
	free(base);
}

static const struct sink_ops ops = {
	.kind = "kafka",
	.window = SINK_KAFKA_WINDOW,
	.send = send_row,
	.turn = turn,
	.wake = wake,
	.stop = stop,
	.free = sink_free,
};

enum err sink_kafka_new(const struct sink_kafka_options *options, struct sink **ret_sink, char ret_error[256])
{
	struct sink_kafka *sink = calloc(1, sizeof *sink);

	_Static_assert(SINK_KAFKA_WINDOW <= KAFKA_QUEUE_MAX, "what may be out has room in the client's queue");
	if (!sink) {
		snprintf(ret_error, 256, "not enough memory");
		return ERR_OVERLOADED;
	}
	sink->base.ops = &ops;
	sink->base.wants = wants;
	snprintf(sink->base.name, sizeof sink->base.name, "kafka");
	sink->options = *options;
	const struct kafka_producer_options producer = {
		.settings = options->settings, .timeout_ms = TIMEOUT_MS, .context = sink, .delivered = on_delivered};
	enum err err = kafka_producer_new(&producer, &sink->producer, ret_error);
	if (err)
		free(sink);
	else
		*ret_sink = &sink->base;
	return err;
}
