/* kafka_consumer_state: the consumer's insides, for the files kafka_consumer*.c alone.
 *
 * The thread's loop of named steps (kafka_consumer.c, loop_once):
 *
 *   turn     of the owner's, if it wants one
 *   begin    partitions that were given to us but not begun: asks broker and owner where (kafka_consumer_group.c)
 *   gather   a batch, if none waits (kafka_consumer_batch.c)
 *   offer    it to the owner; while the owner is full: wait, then pause, go on polling
 *   commit   what was applied, ten times a second at most
 *   look     lag and the rest of what the counts tell
 *
 * librdkafka calls back inside of its polls only (rebalance, errors, statistics), so all of that is the thread's too;
 * only its log lines come from other threads.
 */
#ifndef BUS_KAFKA_CONSUMER_STATE_H
#define BUS_KAFKA_CONSUMER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "bus/kafka_client.h"
#include "bus/kafka_consumer.h"
#include "bus/kafka_progress.h"

#define KAFKA_POLL_MS 100

/* Records that wait for the owner, oldest first. */
struct kafka_batch {
	rd_kafka_message_t **messages; /* batch_max */
	struct kafka_record *records;  /* of them */
	int n;
	size_t bytes;
	rd_kafka_message_t *next;      /* did not fit any more: begins the next batch */
	bool refused;                  /* the owner said that it is full */
	int64_t refused_at, offer_at;
};

struct kafka_consumer {
	struct kafka_consumer_options options; /* begins with the settings: librdkafka's opaque */
	rd_kafka_conf_t *conf;
	pthread_t thread;
	bool started;
	struct kafka_progress *progress;       /* has its own mutex */

	pthread_mutex_t mutex;                 /* of the next four: what other threads touch */
	pthread_cond_t changed;
	rd_kafka_queue_t *queue;               /* the client's, to wake its poll; NULL with it */
	bool stop, room;

	/* The thread's. */
	rd_kafka_t *client;                    /* NULL: none now */
	bool fatal;                            /* it is of no use any more */
	int64_t again_at;                      /* when the next one may be made */
	rd_kafka_topic_partition_list_t *given; /* by the group, not begun yet; NULL */
	int64_t begin_at;
	int32_t generation;
	bool owned;                            /* `assigned` said where they begin */
	bool paused;
	struct kafka_batch batch;
	rd_kafka_queue_t *commits;             /* answers */
	bool commit_out;
	int64_t commit_at, look_at;

	atomic_uint_fast64_t records_n, rebalances_n, errors_n, lag;
	atomic_uint_fast32_t partitions_n;
	atomic_bool connected, is_paused;
};

/* Errors: counted and logged. */
void kafka_consumer_error(struct kafka_consumer *consumer, const char *doing, rd_kafka_resp_err_t err);

/* --- the group: kafka_consumer_group.c --- */

void kafka_group_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque);
void kafka_group_begin(struct kafka_consumer *consumer);
/* Tells the owner, commits unless lost, forgets the partitions. */
void kafka_group_give_up(struct kafka_consumer *consumer, bool lost);
void kafka_group_commit(struct kafka_consumer *consumer);
/* Of the serialised group metadata; -1: not in the form that we know. */
int32_t kafka_generation_parse(const void *bytes, size_t len);

/* --- the batch: kafka_consumer_batch.c --- */

/* Gathers, or polls on while one waits. */
void kafka_batch_fill(struct kafka_consumer *consumer);
void kafka_batch_offer(struct kafka_consumer *consumer);
void kafka_batch_drop(struct kafka_consumer *consumer);
/* Fetching goes on; before partitions are given back too, because librdkafka's pause outlives an assignment. */
void kafka_batch_resume(struct kafka_consumer *consumer);

#endif
