/* writer_health: what calls tell of VNs (core/health.h), and what follows: a sick VN is taken out of lending in the batch that
 * stores the report which gave the verdict, with its event and its audit row; it is let in again when its time is over, or when
 * orders that it still serves come through. A hand (engine_vn_set) has the last word. Where the pool's supply says `replace`, its live
 * sessions are moved to other VNs meanwhile, some in each batch (engine_replace); one for which nothing is free keeps it.
 *
 * Never more than health_may_leave() of a pool are out at a time. What is out, since when and for how often stands in the
 * VN's row and survives restarts; the evidence is in memory and begins anew.
 *
 * Memory: 60 bytes a VN and 1 KB a pool that calls were reported of, so no more than the limits of the engine allow; without memory
 * evidence is lost, nothing else. Threads: the writer's alone.
 */
#ifndef WRITER_HEALTH_H
#define WRITER_HEALTH_H

#include "base/arena.h"
#include "serve/writer_calls.h"

struct writer_health;
struct book;

/* `book` tells pools' policies; NULL: nothing is replaced. NULL: no memory. */
struct writer_health *writer_health_new(const struct book *book);
void writer_health_free(struct writer_health *health);

/* In the open batch, behind the row of the report. `arena` lives as long as the batch. ERR_LIMIT_REACHED: the batch is full,
 * nothing was noted: again in the next, with the report. */
MUST_CHECK enum err writer_health_report(struct writer_health *health, struct engine *engine, const struct call_came *came,
	int64_t now_ms, struct arena *arena);

/* In each batch: lets in whose time is over, replaces, each a change of its own. Looks at so many VNs a second that a round of 200,000
 * takes a minute. True: more sessions are to be moved, in the next batch. */
bool writer_health_tick(struct writer_health *health, struct engine *engine, int64_t now_ms, struct arena *arena);

/* The batch was stored, or wasn't. */
void writer_health_commit(struct writer_health *health);
void writer_health_undo(struct writer_health *health);

#endif
