/* party_blame: which number of a request the engine refused, for the problem's `field`.
 *
 * The engine says what is wrong and not with which of up to 40 numbers; this looks it up once more, after a
 * refusal only. Time: O(numbers squared). Threads: the writer. It never quotes a number.
 */
#ifndef PARTY_BLAME_H
#define PARTY_BLAME_H

#include "core/engine.h"
#include "wire/problem.h"

struct party_blame {
	const struct engine *engine;
	uint16_t pool;
	const struct party *parties; /* of the request */
	int n;
	const struct session_row *session; /* the request has one party, for this session; NULL: they are `parties[..]` */
};

/* Fills the problem where one number is to blame; gives `err` back. */
enum err party_blame(const struct party_blame *blame, enum err err, struct problem *problem);

#endif
