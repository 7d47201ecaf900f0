/* relay: which event of the outbox may go to a sink now, and how far the sink is. Pure: rows, results and time are
 * arguments; carrier.c does the reading, sending and storing.
 *
 *   relay_add(row) ...  ->  relay_next() gives what may be sent  ->  relay_done(what became of it)
 *   relay_checkpoint()  ->  cursor and retries to be stored in one transaction
 *
 * Order: an event is given only when every earlier one of its key was done or given up. One that failed becomes a
 * retry; later ones of its key wait behind it, the rest go on. Everything up to the cursor is done, given up, or among
 * the retries: after a crash what was sent but not checkpointed is sent again (at least once).
 *
 * Limits: `window` events held or out; retries_max retries: at the limit a failure rests the whole sink instead
 * (relay_full). Memory: rows are copied. Threads: one.
 */
#ifndef OUT_RELAY_H
#define OUT_RELAY_H

#include "out/sink.h"

#define RELAY_REST_FIRST_MS 250 /* after SENT_DOWN; doubles up to ... */
#define RELAY_REST_MAX_MS 60000

struct relay;

struct relay_options {
	uint64_t cursor;             /* as stored */
	int window;
	uint32_t retries_max;
	const uint32_t *schedule_s;  /* as struct sink says; NULL: doubling, for ever */
	/* The row of a retry, for the call. ERR_NOT_FOUND: it is not kept any more, and given up. Anything else: the sink rests a
	 * while, and it is asked for again. */
	enum err (*fetch)(void *context, uint64_t event, const struct outbox_row **ret_row);
	void *context;
	uint64_t seed;               /* of jitter */
};

struct relay *relay_new(const struct relay_options *options); /* NULL: no memory */
void relay_free(struct relay *relay);

/* At start, by ascending event. ERR_LIMIT_REACHED: more than retries_max. */
MUST_CHECK enum err relay_load(struct relay *relay, const struct retry_row *row);

/* How many further rows may be added. */
int relay_room(const struct relay *relay);
/* The id after which the next row is wanted. */
uint64_t relay_after(const struct relay *relay);
/* The next row of the outbox, ids ascending, there is room. `wanted` false: passed over. ERR_OVERLOADED: no memory. */
MUST_CHECK enum err relay_add(struct relay *relay, const struct outbox_row *row, bool wanted);

/* An event that may be sent now; it is out until relay_done(). NULL: none now. */
const struct outbox_row *relay_next(struct relay *relay, int64_t now_ms);
void relay_done(struct relay *relay, const struct outbox_row *row, enum sent sent, int64_t now_ms);
/* Nothing is given before that. */
void relay_rest(struct relay *relay, int64_t until_ms);

/* When relay_next() may have something that it hasn't now, by time alone; INT64_MAX: not by time. */
int64_t relay_wakes_ms(const struct relay *relay);
int relay_out(const struct relay *relay);      /* events out */
uint64_t relay_oldest(const struct relay *relay); /* of those held, out, or to be tried again; 0: none. O(retries) */
bool relay_full(const struct relay *relay);    /* retries are at their limit */

/* Passes everything over from now on: what is held, retries (which go), what is added. What is out stays out. */
void relay_disable(struct relay *relay);

/* Begins anew: everything above `after` is wanted again, and what is above the cursor anyway; enables. Retries up to `after` stay,
 * so nothing that waits is forgotten; later ones go, for their events come again. What is out is not answered any more. */
void relay_replay(struct relay *relay, uint64_t after);

int relay_changes(const struct relay *relay); /* retries to be put or dropped by the next checkpoint, at most */

struct relay_checkpoint {
	uint64_t cursor;
	const struct retry_row *puts; /* sink is not filled */
	int puts_n;
	const uint64_t *drops;        /* events */
	int drops_n;
};
/* What changed since the last one; false: nothing. Lives until the next call. Once taken it has to be stored, before any
 * later one. ERR_... never: without memory nothing is taken and it is as if nothing had changed yet. */
bool relay_take(struct relay *relay, struct relay_checkpoint *ret_checkpoint);

struct relay_counts {
	uint64_t done, failed, given_up, passed_over;
	uint32_t retries;
};
struct relay_counts relay_counts(const struct relay *relay);

#endif
