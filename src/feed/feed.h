/* feed: order events from a Kafka topic to the engine, exactly once in effect.
 *
 *   consumer's thread:  records -> read (numbers, pool) -> feed_batch -> writer_submit
 *   writer:             one change: events applied, dead letters, and how far each partition is; one transaction
 *   consumer's thread:  what was stored is committed to the broker, for lag monitors and for other instances
 *
 * Up to FEED_OUT_MAX batches are on their way; they are applied in order, whatever fails. A store that is down, a
 * limit that is reached or a writer without room makes the feed wait and pauses the consumer: nothing is passed over.
 *
 * Where a partition begins: where our store says, unless another Bauta store of the same group (told by the mark in the
 * broker's commit) went further meanwhile. Without either where the group was, else at the earliest record.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "feed/feed_batch.h"

#define FEED_OUT_MAX 24 /* more than a batch of the writer takes, so that reading goes on beside a commit */
#define FEED_RETRY_FIRST_MS 50
#define FEED_RETRY_MAX_MS 5000

struct feed;

/* ERR_BAD_REQUEST: a setting of librdkafka's is wrong; ret_error is one sentence. `state` is the caller's and outlives
 * it; its positions are those of the store. */
MUST_CHECK enum err feed_new(struct server *server, struct feed_state *state, struct feed **ret_feed, char ret_error[256]);
void feed_free(struct feed *feed);
MUST_CHECK enum err feed_start(struct feed *feed);
/* Gives its partitions back in good order, joins. Before the writer stops. */
void feed_stop(struct feed *feed);

struct feed_counts {
	uint64_t records, applied, repeated, refused, parked, retried; /* retried: batches that had to be run again */
	struct kafka_consumer_counts consumer;
	uint32_t out;         /* batches on their way */
	bool waits;           /* for the store, a limit, or room in the writer's queue */
	const char *waits_for; /* err_slug(); "" */
};
struct feed_counts feed_counts(struct feed *feed);

#endif
