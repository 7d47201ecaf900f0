/* writer_abuse: strangers who try one virtual number after the other (core/scan.h), told and refused.
 *
 * Whoever is suspected is told in the batch that keeps the call: the event abuse.suspected and an audit row, both with
 * a token of the day in place of the number. Once that is stored workers refuse all its calls in that pool for an hour
 * (BOARD_SUSPECTED). Nothing of it outlives the process but what was told.
 *
 * Threads: the writer's alone; writer_abuse_counts from any.
 */
#ifndef WRITER_ABUSE_H
#define WRITER_ABUSE_H

#include <stdatomic.h>

#include "serve/writer.h"

struct writer_abuse;

/* `text_key` makes the tokens: the same at every start. NULL: no memory. */
struct writer_abuse *writer_abuse_new(struct board *board, const uint64_t text_key[2], uint64_t seed);
void writer_abuse_free(struct writer_abuse *abuse);

/* A call's note, behind its row in the open batch. `arena` lives as long as the batch. ERR_LIMIT_REACHED: nothing was
 * noted, again in the next batch. */
MUST_CHECK enum err writer_abuse_note(struct writer_abuse *abuse, struct engine *engine, const struct call_note *note,
	int64_t now_ms, struct arena *arena);

/* The batch was stored, or wasn't. */
void writer_abuse_commit(struct writer_abuse *abuse, int64_t now_ms);
void writer_abuse_undo(struct writer_abuse *abuse);

/* Suspected since the start. */
uint64_t writer_abuse_count(const struct writer_abuse *abuse);

#endif
