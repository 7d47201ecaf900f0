/* writer_state: what the writer's own files (writer*.c) share. Nobody else includes this. */
#ifndef WRITER_STATE_H
#define WRITER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "serve/writer.h"
#include "serve/writer_calls.h"
#include "serve/writer_queue.h"

#define BATCH_SIZES 11
#define COMMIT_TIMES 17

/* writer_counts() without a lock: each is changed by one thread alone but calls_dropped. */
struct writer_tally {
	_Atomic uint64_t rounds, batches, changes, store_failures, calls_dropped, reports_unknown;
	_Atomic uint64_t batch_size[BATCH_SIZES], commit_us[COMMIT_TIMES], commit_us_sum;
};

/* The picture for /metrics. */
struct writer_view {
	pthread_mutex_t lock;
	struct writer_pool_counts *pools;
	int pools_n, pools_max;
	struct engine_counts counts;
	struct book_counts purchases;
	int wants_next;             /* the pool whose want is looked at next */
	int64_t taken_ms;
};

struct writer {
	struct writer_options options;
	struct writer_queue *queue;
	struct writer_tally tally;
	struct writer_view view;
	pthread_t thread;
	bool running;

	/* The open batch. */
	struct arena arena;         /* rows of calls */
	struct command *batch, **batch_last; /* commands that were taken and ran or are to be answered */
	struct command *left;       /* taken, but the batch was large enough without them */
	uint32_t items_n;           /* of the ring: turned into records, or found to be worth none */
	uint32_t changes_n;         /* that did something */
	bool more_due;              /* engine_tick has more */
	enum store_verdict *verdicts;
	size_t verdicts_max;

	int64_t now_ms;
	int64_t time_stored_ms;     /* of the last RECORD_TIME */
	int64_t time_before_ms;     /* the same without the open batch */
	int64_t looked_ms;          /* when store->changed was last asked */
	bool keys_changed;          /* and nobody could read them since: a key that was revoked must not stay in force */
	int64_t housekept_ms;       /* when store->idle was last called */
	bool housework;             /* it has more to do, or a batch came since */
	int64_t retry_ms;           /* after a failed commit: what nobody waits for rests until then */
	uint32_t failures;          /* in a row */
	bool dead;                  /* the store must not be used again */
};

/* writer_commit.c: where a change begins in all that it may change; and back to there. */
struct writer_marks {
	uint32_t engine, idempotency, book, ledger;
};
struct writer_marks writer_mark(struct writer *writer);
void writer_undo(struct writer *writer, const struct writer_marks *marks);

/* writer_commit.c: the batch's records -> the store; publishes, or takes everything back. ERR_STORE_FAILED. */
MUST_CHECK enum err writer_commit(struct writer *writer);

/* writer_view.c */
bool writer_view_init(struct writer_view *view);
void writer_view_done(struct writer_view *view);
void writer_view_take(struct writer *writer); /* at most once a second */

static inline void tally(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

#endif
