/* kafka_producer: messages to topics, idempotent (each once and in order within a partition as long as the
 * client lives; a new one is made after a fatal error), partitioned by key as Java clients do (murmur2_random).
 *
 * Threads: one at a time, but kafka_producer_wake. Limits: librdkafka's queue is held to KAFKA_QUEUE_MAX messages and
 * KAFKA_QUEUE_BYTES_MAX bytes; ERR_OVERLOADED when it is full. A message is at most message.max.bytes long (1,000,000).
 */
#ifndef BUS_KAFKA_PRODUCER_H
#define BUS_KAFKA_PRODUCER_H

#include "bus/kafka.h"

#define KAFKA_QUEUE_MAX 4096
#define KAFKA_QUEUE_BYTES_MAX ((size_t)16 << 20)
#define KAFKA_HEADERS_MAX 16

struct kafka_producer;

struct kafka_header {
	const char *name;
	struct str value;
};

struct kafka_message {
	const char *topic;
	struct str key;   /* .at NULL: none */
	struct str value;
	struct kafka_header headers[KAFKA_HEADERS_MAX];
	int headers_n;
};

enum kafka_delivery {
	KAFKA_DELIVERED,
	KAFKA_UNREACHABLE, /* timed out, broker gone, not let in: may be sent again */
	KAFKA_NO_TOPIC,    /* the topic is not there (yet), or not ours to write: the same, but other topics may be well */
	KAFKA_TOO_LARGE,   /* this message will never be taken */
	KAFKA_INVALID,     /* nor this one: the broker checks records, or wants other times */
};

struct kafka_producer_options {
	struct kafka_settings settings;
	int timeout_ms;   /* message.timeout.ms; 0: 30000 */
	void *context;
	/* Once for each message that was taken, in kafka_producer_turn(), in _stop(), or in _send() already when librdkafka
	 * knows that it can't be sent (no such topic). `why` lives for the call; NULL when delivered. After a fatal error
	 * of the idempotent producer a new client is made inside, and what was out is UNREACHABLE. */
	void (*delivered)(void *context, void *message, enum kafka_delivery delivery, const char *why);
};

/* ERR_BAD_REQUEST: librdkafka refuses a setting; ret_error is one sentence that names it. */
MUST_CHECK enum err kafka_producer_new(const struct kafka_producer_options *options, struct kafka_producer **ret_producer,
	char ret_error[256]);
/* Flushes for up to `grace_ms`; what is not delivered by then is dropped without a report. Nothing may be sent after. */
void kafka_producer_stop(struct kafka_producer *producer, int grace_ms);
void kafka_producer_free(struct kafka_producer *producer);

/* Copies. `opaque` comes back in `delivered`. ERR_OVERLOADED: the queue is full: turn, then again. ERR_TOO_LARGE: for good. */
MUST_CHECK enum err kafka_producer_send(struct kafka_producer *producer, const struct kafka_message *message, void *opaque);

/* Delivery reports; waits up to timeout_ms for one; returns soon after kafka_producer_wake(). */
void kafka_producer_turn(struct kafka_producer *producer, int timeout_ms);
void kafka_producer_wake(struct kafka_producer *producer); /* any thread */

struct kafka_producer_counts {
	uint64_t delivered, failed; /* reports */
	uint64_t errors;            /* librdkafka's, transient ones too */
	uint64_t clients;           /* made; more than 1: after fatal errors */
	uint32_t queued;            /* messages without a report */
};
struct kafka_producer_counts kafka_producer_counts(const struct kafka_producer *producer); /* any thread */

#endif
