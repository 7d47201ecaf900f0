/* carrier: takes the outbox to one sink, in a thread of its own. Loop of named steps (carrier_loop_once):
 *
 *   read        new events of the outbox, through a store_reader of its own
 *   send        what the relay says may go now
 *   turn        the sink works on what is out, until something happens
 *   checkpoint  cursor and retries, through the writer, five times a second at most
 *
 * A sink that is slow, down or disabled holds up nobody else. Killed at any moment, it goes on from the stored cursor:
 * what was sent since is sent again.
 *
 * Threads: new, load, start, stop, free by the owner; wake, status and orders from any.
 */
#ifndef OUT_CARRIER_H
#define OUT_CARRIER_H

#include "out/sink.h"
#include "serve/writer.h"

struct carrier;

struct carrier_options {
	struct sink *sink;          /* the carrier's from now on */
	struct store *store;
	struct writer *writer;      /* may be set by carrier_start */
	uint32_t retries_max;
	uint64_t seed;
	int64_t (*now_ms)(void *context); /* the program's clock */
	void *clock_context;
};

/* NULL: no memory; the sink stays the caller's then. */
struct carrier *carrier_new(const struct carrier_options *options);
void carrier_free(struct carrier *carrier);
const char *carrier_name(const struct carrier *carrier);

/* What the store has of it, before the start: its row first. Without one it begins behind `last`, the newest event. */
MUST_CHECK enum err carrier_load(struct carrier *carrier, const struct sink_row *row);
MUST_CHECK enum err carrier_load_retry(struct carrier *carrier, const struct retry_row *row);
void carrier_begin_at(struct carrier *carrier, uint64_t last);

/* Its row as it is to be stored first; false: the store has one. Before the start. */
bool carrier_first_row(const struct carrier *carrier, struct sink_row *ret_row);

MUST_CHECK enum err carrier_start(struct carrier *carrier, struct writer *writer);
void carrier_wake(struct carrier *carrier); /* there may be new events */
void carrier_stopping(struct carrier *carrier); /* nothing new is sent from now on */
bool carrier_ended(const struct carrier *carrier); /* its thread is through */
/* Finishes what is out within `grace_ms`, stores how far it is, joins. Before the writer stops. */
void carrier_stop(struct carrier *carrier, int grace_ms);

/* Sends every event again whose id is above `after`; what waits from before that still waits, and nothing is passed over. Takes
 * effect soon, or at the stop. */
void carrier_replay(struct carrier *carrier, uint64_t after);
void carrier_enable(struct carrier *carrier);

enum carrier_state { CARRIER_OK, CARRIER_FAILING, CARRIER_FULL, CARRIER_DISABLED };
extern const char *const carrier_state_words[]; /* "ok", "failing", "full", "disabled" */

struct carrier_status {
	char name[65];
	const char *kind;
	enum carrier_state state;
	uint64_t cursor;           /* event id */
	uint64_t done, failed, given_up, passed_over;
	uint32_t retries, out;
	int64_t lag_ms;            /* age of the oldest event that was not answered and is no retry; 0: there is none */
	char last_error[128];      /* "" : none since the last success */
	int64_t last_error_ms;
	uint32_t disabled_at;
};
void carrier_status(struct carrier *carrier, struct carrier_status *ret_status);

#endif
