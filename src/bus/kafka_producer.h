/* kafka_producer: messages to topics, idempotent (each once and in order within a partition as long as the
 * process lives), partitioned by key as Java clients do (murmur2_random).
 *
 * Threads: one, but kafka_producer_wake. Limits: librdkafka's queue is held to KAFKA_QUEUE_MAX messages;
 * ERR_OVERLOADED when it is full.
 */
#ifndef BUS_KAFKA_PRODUCER_H
#define BUS_KAFKA_PRODUCER_H

#include "bus/kafka.h"

#define KAFKA_QUEUE_MAX 4096
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
	KAFKA_UNREACHABLE, /* timed out, broker gone, topic not there (yet), not authorised: may be sent again */
	KAFKA_TOO_LARGE,   /* this message will never be taken */
};

struct kafka_producer_options {
	struct kafka_settings settings;
	int timeout_ms;   /* message.timeout.ms; 0: 30000 */
	void *context;
	/* Once for each message that was taken, in kafka_producer_turn() or _stop(). `why` is static or librdkafka's; NULL when
	 * delivered. After a fatal error of the idempotent producer a new client is made inside, and what was out is
	 * UNREACHABLE. */
	void (*delivered)(void *context, void *message, enum kafka_delivery delivery, const char *why);
};

MUST_CHECK enum err kafka_producer_new(const struct kafka_producer_options *options, struct kafka_producer **ret_producer,
	char ret_error[256]);
/* Flushes for up to `grace_ms`; what is not delivered by then is dropped without a report. */
void kafka_producer_stop(struct kafka_producer *producer, int grace_ms);
void kafka_producer_free(struct kafka_producer *producer);

/* Copies. `opaque` comes back in `delivered`. ERR_OVERLOADED: the queue is full: turn, then again. ERR_TOO_LARGE: for good. */
MUST_CHECK enum err kafka_producer_send(struct kafka_producer *producer, const struct kafka_message *message, void *opaque);

/* Delivery reports; waits up to timeout_ms for one; returns soon after kafka_producer_wake(). */
void kafka_producer_turn(struct kafka_producer *producer, int timeout_ms);
void kafka_producer_wake(struct kafka_producer *producer); /* any thread */

#endif
