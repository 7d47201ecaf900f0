/* feed_batch: consumed records on their way to the engine: read in the consumer's thread (texts, numbers, pool), applied in
 * the writer in one change together with how far their partitions are then.
 *
 * A record ends in one of four ways: applied, repeated (or of a kind to pass over), refused for good (a dead letter), parked
 * (an earlier one of its order is dead). What fails for the time being (a limit, the store) ends the batch there: what
 * came before is kept, the rest stays for another try.
 *
 * Limits: of a record's value VAULT_TEXT_MAX bytes are kept, of a header FEED_HEADER_MAX + 1: more than an event may have, so
 * that what is cut is a dead letter and stays one.
 *
 * Memory: everything lives in the batch's arena. Threads: made and read by the consumer's, run by the writer, never at once.
 */
#ifndef FEED_FEED_BATCH_H
#define FEED_FEED_BATCH_H

#include "bus/kafka_consumer.h"
#include "feed/dead_orders.h"
#include "feed/feed_event.h"
#include "feed/positions.h"
#include "serve/writer.h"

#define FEED_BATCH_MAX 256          /* records */
#define FEED_BATCH_PARTITIONS 64    /* distinct partitions in one batch */

struct feed_record {
	struct feed_event read;
	int32_t partition;
	int64_t offset;
	struct str value;
	struct event_around around; /* as a dead letter keeps it: no number in it (veil.h) */
};

/* One partition's part of a batch. */
struct feed_part {
	int32_t partition;
	int64_t from; /* where the batch before it ended; POSITION_NONE: nothing was applied yet */
	int64_t next; /* behind its last record */
};

struct feed_batch {
	struct arena arena;     /* what was read */
	struct arena run_arena; /* rows of the last run: a batch may have to run many times */
	int n;
	struct feed_part parts[FEED_BATCH_PARTITIONS];
	int parts_n;
	int32_t generation;     /* of the group */
	uint64_t epoch;         /* of the assignment, here */
	int first;              /* records before it are applied and stored */
	/* Of the run under way. */
	int ran;                /* records up to here ran */
	int deads_n;            /* dead_orders_add() that must be taken back if it isn't stored */
	int deads[FEED_BATCH_MAX];
	struct feed_part was[FEED_BATCH_PARTITIONS];
	int was_n;              /* parts whose position it moved; 0: nothing is to be taken back */
	struct { uint32_t applied, repeated, refused, parked; } ran_counts;
	struct feed_record records[FEED_BATCH_MAX]; /* the first n have something in them */
};

struct feed_batch *feed_batch_new(int32_t generation, uint64_t epoch); /* NULL: no memory */
void feed_batch_free(struct feed_batch *batch);

/* False: no room (records, partitions, memory). `from` is asked where the partition is new to the batch. */
bool feed_batch_add(struct feed_batch *batch, const struct event_sender *sender, const struct kafka_record *record,
	int64_t (*from)(void *context, int32_t partition), void *context);

/* What runs in the writer. */
struct feed_state {
	struct positions positions;
	struct dead_orders *deads;
	const char *tenant, *group, *topic;
	_Atomic uint64_t epoch; /* goes up when partitions come or go: what is older is nobody's */
};
/* ERR_OK: up to batch->ran is in the open batch. Else nothing is: ERR_OVERLOADED: a batch before this one has to be run
 * first, or it isn't ours any more; else why the first record can't be applied now. */
MUST_CHECK enum err feed_batch_run(struct feed_batch *batch, struct feed_state *state, struct engine *engine,
	int64_t now_ms);
/* It was stored: goes on at batch->ran. Or it was not, or the run failed: everything is as before the run (without one under
 * way nothing happens). */
void feed_batch_stored(struct feed_batch *batch);
void feed_batch_undone(struct feed_batch *batch, struct feed_state *state);

/* Is it the moment's fault (a limit, memory, the store), not the event's? */
bool feed_is_of_the_moment(enum err err);

/* What a dead letter says of why: "field: sentence", up to FEED_DETAIL_MAX. */
#define FEED_DETAIL_MAX (PROBLEM_FIELD_MAX + PROBLEM_DETAIL_MAX + 8)
void feed_detail(struct buf *out, const struct problem *problem, enum err why);

/* That a letter is refused: to whoever is told of events, in the open batch. The texts must live until the batch ends.
 * ERR_LIMIT_REACHED: no room. */
MUST_CHECK enum err feed_tell_refused(struct engine *engine, struct arena *arena, const struct dead_row *row);

/* A dead letter into the open batch: its row, its count, and what the outside is told of it. The texts must live until the
 * batch ends. ERR_LIMIT_REACHED: too many, or no room in the batch; nothing of it is there then. */
MUST_CHECK enum err feed_bury(struct feed_state *state, struct engine *engine, struct arena *arena, struct dead_row *row);

#endif
