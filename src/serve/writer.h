/* writer: the one thread that changes anything. Loop of named steps (writer_loop_once):
 *
 *   take     up to `batch_max` commands and call records from the bounded queues (wait for the first)
 *   prepare  run each change in the engine; a change that fails has done nothing
 *   tick     what time has made due
 *   commit   all records in one transaction
 *   publish  engine_commit (or engine_rollback: every change of the batch is answered `store_failed`)
 *   query    run what only reads
 *   answer   finish each command, wake the workers once
 *   idle     when nothing waits: a little housekeeping of the store
 *
 * Threads: writer_submit, writer_call and the counters from any; run and finish of commands in the writer.
 */
#ifndef WRITER_H
#define WRITER_H

#include "core/engine.h"
#include "store/store.h"
#include "supply/book.h"

struct writer;
struct writer_calls;
struct idempotency;
struct writer_health;
struct ledger;
struct writer_abuse;
struct command;

/* A message to the writer. The sender makes it (and what it embeds it in) on the heap and gives it away;
 * finish() answers and frees. */
struct command {
	struct command *next;      /* the queue's */
	bool change;               /* false: runs after the batch's commit, must not change */
	/* Returns ERR_OK or why nothing was done. A change that returns an error is undone to where it began. */
	enum err (*run)(struct command *command, struct engine *engine, int64_t now_ms);
	/* Exactly once: `err` of run, or ERR_STORE_FAILED when the batch was not stored. */
	void (*finish)(struct command *command, enum err err);
	enum err err;              /* the writer's */
};

struct writer_options {
	struct engine *engine;     /* loaded */
	struct store *store;
	struct idempotency *idempotency; /* loaded; NULL: none */
	struct writer_calls *calls;      /* loaded (writer_calls.h) */
	struct book *book;               /* loaded (supply/book.h); NULL: none */
	struct writer_health *health;    /* writer_health.h; NULL: nobody judges VNs */
	struct writer_abuse *abuse;      /* writer_abuse.h; NULL: nobody is suspected */
	struct ledger *ledger;           /* loaded (message/ledger.h); NULL: none */
	uint32_t queue_max;        /* commands that wait; more: ERR_OVERLOADED */
	uint32_t call_queue_max;   /* call notes that wait; more are dropped and counted */
	uint32_t batch_max;        /* 512 */
	int64_t (*now_ms)(void *context); /* the program's clock: never goes back */
	void *clock_context;
	void (*answered)(void *context);  /* after each batch's answers: wake the workers */
	void (*told)(void *context);      /* after a batch that has rows for the outbox; NULL: nobody asks */
	void (*wanted)(void *context);    /* a pool wants numbers that it didn't before; NULL: nobody asks */
	bool (*keys_changed)(void *context); /* another process changed the API keys; false: to be told again in a second */
	void (*must_stop)(void *context);    /* the store failed for good: end the process */
	void *context;
};

struct writer *writer_new(const struct writer_options *options);
MUST_CHECK enum err writer_start(struct writer *writer);
/* Answers what is queued, stops, joins. Commands submitted after are refused with ERR_OVERLOADED. */
void writer_stop(struct writer *writer);
void writer_free(struct writer *writer);

/* One round in the calling thread, without waiting for anything: for who drives it (the simulator) instead of writer_start().
 * True: something waits that another round would take. */
bool writer_turn(struct writer *writer);

/* ERR_OVERLOADED: the queue is full (or stopped); the command stays the caller's. */
MUST_CHECK enum err writer_submit(struct writer *writer, struct command *command);
/* It would refuse one now: who asks before making a command refuses for next to nothing. Any thread. */
bool writer_is_full(const struct writer *writer);

/* What a worker notes of a question it answered; copied. Never waits, never fails: when the queue is full
 * the note is dropped and counted. The writer turns it into a call row (one for a provider's call id). */
struct call_note {
	struct call call;          /* id 0: the writer gives it; roles are looked up by the writer */
	uint8_t from_role_index, to_role_index; /* places in the session when it was decided: parties may have left since */
	uint16_t account;
	uint64_t caller;           /* person_short() of an unknown caller; 0: not to be looked up */
	uint64_t caller_old;       /* the same under the old key while keys rotate; 0 */
	uint32_t vn;               /* with `caller`: the VN that was dialled; if that pair cools, the reason is not_active */
	struct number stranger;    /* with `caller`: the number itself, of who rang in vain; kept nowhere */
};
void writer_call(struct writer *writer, const struct call_note *note);

/* A provider's status report; as writer_call. Unknown call ids are counted and dropped. */
struct call_report {
	uint16_t account;
	char provider_call_id[CALL_PROVIDER_ID_MAX + 1];
	enum call_status status;
	uint32_t seconds;
};
void writer_report(struct writer *writer, const struct call_report *report);

struct writer_counts {
	uint64_t rounds; /* of the loop, at least one a second: a watchdog's sign of life */
	uint64_t batches, changes, store_failures, calls_dropped, reports_unknown;
	uint32_t queue_depth, call_queue_depth;
	/* histograms: batch sizes 1,2,4..512+; commit times in us by powers of two from 64 us to 2 s+ */
	uint64_t batch_size[11], commit_us[17];
	uint64_t commit_us_sum;
};
struct writer_counts writer_counts(const struct writer *writer);

/* Stock by pool and state, sessions, and so on as last seen by the writer (refreshed at most once a
 * second): a copy in the arena for /metrics. */
struct writer_pool_counts {
	char tenant[TENANT_NAME_MAX + 1], name[POOL_NAME_MAX + 1];
	struct pool_stock stock;
	struct pool_sessions sessions;
	struct pool_demand demand;
	struct book_want want; /* brought up to date for WRITER_WANTS pools a second, in turn; without a book: nothing is wanted */
};
#define WRITER_WANTS 64
int writer_pools(struct writer *writer, struct arena *arena, struct writer_pool_counts **ret_pools,
	struct engine_counts *ret_counts);
struct book_counts writer_purchases(struct writer *writer); /* the same picture's */

#endif
