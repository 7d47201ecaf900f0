/* kafka_consumer: a member of a consumer group in a thread of its own. Offsets are the owner's, not the broker's:
 * where a partition begins is asked when it is assigned, and what is committed to the broker is told by the
 * owner afterwards, with a mark of ours, for lag monitors and for instances with another store.
 *
 * Callbacks run in the consumer's thread, which must not be held up for long: `records` takes a batch or says
 * that it is full; then the consumer pauses its partitions, goes on polling (max.poll.interval.ms) and offers
 * the same batch again. The loop's turns take up to 100 ms, longer only while the broker is asked where to begin (2 s),
 * and after a fatal error, when there is no client (2 s). Within a partition records come in order of offset, each
 * once per assignment.
 *
 * Threads: new, start, stop, free by the owner; kafka_consumer_applied and kafka_consumer_room from any.
 * Limits: batch_max records and KAFKA_BATCH_BYTES_MAX bytes a batch (a larger record is a batch of its own);
 * librdkafka's prefetch queue is held to 16 MiB.
 */
#ifndef BUS_KAFKA_CONSUMER_H
#define BUS_KAFKA_CONSUMER_H

#include "bus/kafka.h"

#define KAFKA_BATCH_BYTES_MAX ((size_t)1 << 20)
#define KAFKA_MARK_MAX 64

struct kafka_consumer;

/* Texts live for the call. */
struct kafka_record {
	int32_t partition;
	int64_t offset;
	int64_t time_ms;                    /* 0: none */
	struct str key;                     /* .at NULL: none */
	struct str value;                   /* .at NULL: a tombstone */
	struct str ce_id, ce_type, ce_time; /* headers of CloudEvents' binary mode (ce_id, ce_type, ce_time); .at NULL: none */
};

struct kafka_start {
	int32_t partition;
	int64_t committed;             /* at the broker: next offset; -1: none */
	char mark[KAFKA_MARK_MAX + 1]; /* the commit's metadata; "" */
	int64_t ret_next;              /* where to begin; -1: as auto.offset.reset says (earliest) */
};

struct kafka_consumer_options {
	struct kafka_settings settings;
	const char *topic, *group;
	const char *instance;          /* group.instance.id (static membership); NULL: none */
	int batch_max;                 /* 256 */
	void *context;
	/* Partitions are ours from now on, in this generation: says where each begins. false: can't be told now (the store
	 * is down); asked again after a moment, nothing is fetched meanwhile. */
	bool (*assigned)(void *context, int32_t generation, struct kafka_start *starts, int n);
	/* true: taken (copied). false: no room now. */
	bool (*records)(void *context, int32_t generation, const struct kafka_record *records, int n);
	/* They are to be given back (only after `assigned` said true): returns when nothing of them is on its way any more, after at most `timeout_ms`. `lost`:
	 * they are somebody else's already. What kafka_consumer_applied() says until then is committed to the broker
	 * (not if lost). */
	void (*revoked)(void *context, bool lost, int timeout_ms);
	/* At every turn of the thread's loop, at least ten times a second; NULL: not asked for. */
	void (*turn)(void *context);
};

/* ERR_BAD_REQUEST: librdkafka refuses a setting; ret_error is one sentence. Nothing is connected yet. */
MUST_CHECK enum err kafka_consumer_new(const struct kafka_consumer_options *options, struct kafka_consumer **ret_consumer,
	char ret_error[256]);
MUST_CHECK enum err kafka_consumer_start(struct kafka_consumer *consumer);
/* Revokes in good order, leaves the group, joins. Without a broker it ends as well: within the 5 s of a revocation, 5 s for
 * leaving, 3 s for a last commit, and what the resolver takes for a name that it is just looking up. */
void kafka_consumer_stop(struct kafka_consumer *consumer);
void kafka_consumer_free(struct kafka_consumer *consumer);

/* All records of the partition before `next` are applied and stored: to be committed to the broker, with `mark`, within
 * 100 ms. Older than what was said: ignored. */
void kafka_consumer_applied(struct kafka_consumer *consumer, int32_t partition, int64_t next, const char *mark);

/* There is room again for a batch that was refused. */
void kafka_consumer_room(struct kafka_consumer *consumer);

struct kafka_consumer_counts {
	uint64_t records, rebalances, errors; /* errors: librdkafka's, transient ones too */
	uint64_t lag;                         /* offsets behind the high watermarks of our partitions, by what was applied; the
	                                         markers of transactions count, and a pause keeps the watermarks as they were */
	uint32_t partitions;                  /* ours now */
	bool connected;                       /* a broker answered lately, none is down for all */
	bool paused;                          /* for want of room */
};
struct kafka_consumer_counts kafka_consumer_counts(const struct kafka_consumer *consumer);

#endif
