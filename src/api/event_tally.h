/* event_tally: what became of many order events: {applied, repeated, refused: [{line, code, detail}]}, and `ignored`
 * where the mapping of foreign events passed some over.
 *
 * Limits: the first TALLY_REFUSED_MAX refusals are told one by one, the rest as `refused_more`.
 * Memory: grows on the heap with the refusals told. Threads: one at a time.
 */
#ifndef EVENT_TALLY_H
#define EVENT_TALLY_H

#include "base/buf.h"
#include "base/err.h"
#include "wire/problem.h"

#define TALLY_REFUSED_MAX 1000

struct tally_refusal {
	uint32_t line;
	enum err err;
	char detail[PROBLEM_DETAIL_MAX + 1];
};

struct event_tally {
	uint64_t applied, repeated, ignored, refused_more;
	struct tally_refusal *refused;
	int refused_n, refused_size;
};

void event_tally_done(struct event_tally *tally);

/* A line that changed nothing, and why. */
void event_tally_refuse(
	struct event_tally *tally, uint32_t line, enum err err, const struct problem *problem);

/* The answer; refusals by line. */
void event_tally_put(struct buf *out, struct event_tally *tally);

#endif
