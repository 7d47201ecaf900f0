/* sink: one receiver of the outbox: a Kafka topic, a webhook endpoint, the orders database. An interface with
 * back ends (sink_kafka.c, sink_webhook.c, sink_orders.c).
 *
 * A carrier (carrier.h) drives each sink in a thread of its own: it decides which event may be sent now, keeps
 * the cursor and the retries, and asks the sink to send. A sink sends, and says what became of it.
 *
 * What the carrier promises a sink: an event of a key is given only when all earlier events of that key were
 * answered; at most `window` events are out at a time. What a sink must do: answer each event given to send()
 * exactly once through sink_done(), in send() or in turn(), in any order.
 *
 * Threads: open, send, turn, close in the carrier's; wake from any; counts are atomics of the implementation.
 */
#ifndef OUT_SINK_H
#define OUT_SINK_H

#include "core/record.h"

enum sent {
	SENT_DONE,     /* the receiver has it */
	SENT_AGAIN,    /* this event failed: again by the schedule; events of other keys go on */
	SENT_DOWN,     /* the receiver can't be reached at all: nobody's fault, no attempt is counted; the carrier rests
	                  (backing off up to a minute) and gives this event again. Nothing else is sent meanwhile. */
	SENT_NEVER,    /* will never be taken: given up, counted, logged */
	SENT_REFUSED,  /* the receiver wants nothing any more (HTTP 410): the sink is disabled until somebody enables it */
};

struct sink;

struct sink_ops {
	const char *kind;   /* "kafka", "webhook", "orders_db" */
	int window;         /* events out at a time, at most */
	/* Begins to send; `row` and its texts live until sink_done() for it. */
	void (*send)(struct sink *sink, const struct outbox_row *row);
	/* Works on what is out: waits up to `timeout_ms` (0: not at all) for something to happen, returns soon after
	 * wake(). */
	void (*turn)(struct sink *sink, int timeout_ms);
	void (*wake)(struct sink *sink);
	/* Everything that is out is dropped without an answer (it will be sent again after the next start), but what can
	 * be finished within `grace_ms` is finished and answered before. */
	void (*stop)(struct sink *sink, int grace_ms);
	void (*free)(struct sink *sink);
};

/* Back ends begin with this. */
struct sink {
	const struct sink_ops *ops;
	char name[65];      /* unique among the sinks: "kafka", "orders_db", "webhook:NAME" */
	/* Does this sink want such an event? NULL: all of them. Others are passed over as if done. */
	bool (*wants)(const struct sink *sink, const struct outbox_row *row);
	/* The schedule of SENT_AGAIN: wait before attempt 2, 3, ... in seconds; 0 ends: after that many attempts the
	 * event is given up. NULL: every 2^n s up to an hour, for ever. */
	const uint32_t *schedule_s;
	/* The carrier's. */
	void (*done)(void *carrier, const struct outbox_row *row, enum sent sent, const char *why);
	void *carrier;
	/* The receiver asked to be left alone for so many seconds (Retry-After): set with sink_rest(), in send() or turn(). After
	 * either the carrier takes it (and sets 0) and gives nothing, of whatever key, until they are over; what is out
	 * stays out, schedules run on. */
	uint32_t rest_s;
};

/* The longest of several counts. */
static inline void sink_rest(struct sink *sink, uint32_t rest_s)
{
	if (rest_s > sink->rest_s)
		sink->rest_s = rest_s;
}

/* `why`: a short reason for people, without values of the event, lives for the call; NULL for SENT_DONE. */
static inline void sink_done(struct sink *sink, const struct outbox_row *row, enum sent sent, const char *why)
{
	sink->done(sink->carrier, row, sent, why);
}

#endif
