/* sink_kafka: events of the outbox as CloudEvents 1.0 in Kafka's binary mode (CloudEvents Kafka binding 1.0.2): key, headers
 * ce_specversion, ce_id, ce_source, ce_type, ce_subject, ce_time and content-type, the data as value. `event.refused` goes
 * to the topic of dead letters, everything else to the topic of events.
 *
 * Up to SINK_KAFKA_WINDOW events are out; the idempotent producer keeps their order, and the carrier that of each key.
 * A broker that is down, a topic of events that is not there: SENT_DOWN; a topic of dead letters that is not: SENT_AGAIN, for the
 * events go on. What no broker will take: SENT_NEVER, if it was out alone; a broker refuses a batch whole, so in company:
 * SENT_AGAIN. Threads: see sink.h.
 */
#ifndef OUT_SINK_KAFKA_H
#define OUT_SINK_KAFKA_H

#include "bus/kafka.h"
#include "out/sink.h"

#define SINK_KAFKA_WINDOW 512

struct sink_kafka_options {
	struct kafka_settings settings;  /* its texts, and the topics', outlive the sink */
	const char *events_topic;        /* NULL or "": such events are passed over */
	const char *dead_letter_topic;   /* the same */
};

/* Connects to nothing yet. ERR_BAD_REQUEST: librdkafka refuses a setting; ret_error is a sentence. ERR_OVERLOADED: no memory. */
MUST_CHECK enum err sink_kafka_new(const struct sink_kafka_options *options, struct sink **ret_sink, char ret_error[256]);

#endif
