/* orders_batch: events that go to the orders database together, and what becomes of each.
 *
 * They are run in their order, as many as possible in one transaction. When a row is refused, what stands before its event
 * is run first, then the event waits (SENT_AGAIN) and the others go on without it; if the server doesn't tell which row it
 * was, halves are tried. The transactions that follow begin small and double, so that a batch of which every
 * event is refused costs two transactions an event and not its square.
 *
 * An event behind a refused one of its order (tenant and key) waits with it, should the carrier ever give both together.
 *
 * Memory: ORDERS_BATCH_MAX events and their rows. Threads: one.
 */
#ifndef ORDERS_BATCH_H
#define ORDERS_BATCH_H

#include "out/orders_rows.h"
#include "out/sink.h"

#define ORDERS_BATCH_MAX 256

struct orders_batch_entry {
	const struct outbox_row *row; /* lives until it is answered */
	int first; /* of its rows */
	bool refused;
};

struct orders_batch {
	struct orders_rows rows;
	struct orders_batch_entry entries[ORDERS_BATCH_MAX];
	int n;
};

/* Who runs rows and who hears of events. */
struct orders_batch_ends {
	enum orders_said (*put)(void *context, const struct orders_row *rows, int n, int *ret_row, char why[ORDERS_WHY_SIZE]);
	void (*answer)(void *context, const struct outbox_row *row, enum sent sent, const char *why);
	void *context;
};

void orders_batch_init(struct orders_batch *batch, bool by_viewer);
void orders_batch_done(struct orders_batch *batch);

/* Errors as of orders_rows_add(): the event is not in the batch then. Not more than ORDERS_BATCH_MAX (ASSERT). */
MUST_CHECK enum err orders_batch_add(struct orders_batch *batch, const struct outbox_row *row, struct problem *problem);

/* Runs all of it and answers each event once; empty afterwards. */
void orders_batch_run(struct orders_batch *batch, const struct orders_batch_ends *ends);

/* Forgets what is in it, without an answer. */
void orders_batch_reset(struct orders_batch *batch);

#endif
