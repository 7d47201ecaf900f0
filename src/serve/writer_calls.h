/* writer_calls: from what workers note of calls to rows: one row for a provider's call id, however often the
 * provider asks and reports, and in whatever order the reports come (call_status_may decides).
 *
 * Remembers the last `max` calls by (provider, account, provider's call id), across restarts by writer_calls_load.
 * Changes of an open batch are taken back with the engine's: mark, undo, commit as in recent.h.
 *
 * Threads: the writer's alone.
 */
#ifndef WRITER_CALLS_H
#define WRITER_CALLS_H

#include "serve/writer.h"

#define WRITER_CALLS_BATCH_MAX 1024 /* notes and reports that one batch may take */

struct writer_calls;

/* `seed`: secret and fresh per start. NULL without memory. */
struct writer_calls *writer_calls_new(uint32_t max, uint64_t seed);
void writer_calls_free(struct writer_calls *calls);

/* Rows of the store at start, oldest first. */
MUST_CHECK enum err writer_calls_load(struct writer_calls *calls, const struct engine *engine, const struct call *row);

/* Adds to the engine's open batch. The row is made in the arena, which lives as long as the batch.
 * ERR_LIMIT_REACHED: the batch or the arena is full, nothing was done: again in the next batch. */
MUST_CHECK enum err writer_calls_note(struct writer_calls *calls, struct engine *engine, const struct call_note *note,
	struct arena *arena);
/* What became of a connected call, for who judges VNs by it. */
struct call_came {
	uint32_t shown;      /* the VN that was shown to the callee; 0: not connected, or no news */
	uint64_t session;
	int64_t asked_ms;
	enum call_status status;
};
/* The same; ERR_NOT_FOUND: the call isn't known (any more). */
MUST_CHECK enum err writer_calls_report(struct writer_calls *calls, struct engine *engine,
	const struct call_report *report, struct arena *arena, struct call_came *ret_came);

/* The role that a VN of the session stands for; unchanged: none. Where one VN stands for both, `place` tells them
 * apart; else parties may have left since that place was looked up, and the VN knows better. */
void writer_calls_role(const struct session_row *row, struct number vn, int place, char role[33]);

uint32_t writer_calls_mark(const struct writer_calls *calls);
void writer_calls_undo(struct writer_calls *calls, uint32_t mark);
void writer_calls_commit(struct writer_calls *calls);
uint32_t writer_calls_count(const struct writer_calls *calls);

#endif
