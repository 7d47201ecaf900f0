/* notice: what the engine has to tell the outside, before it is a row of the outbox. The engine knows when something
 * is worth telling; how it is written (JSON) is the teller's business, a function that whoever makes the engine gives.
 *
 *	session.waiting   an order's people are known, nobody has a VN (any more)
 *	session.live      VNs are bound
 *	session.changed   parties, VNs or times are others
 *	session.closed    by word; VNs work until grace_until       session.expired   the same, by time
 *	session.ended     the grace is over: the VNs are somebody else's next
 *	pool.low          what is left after the coming demand is below low_water
 *	pool.exhausted    somebody found nothing free              pool.recovered    neither, for a while
 *
 * Pictures hold real numbers; a teller writes roles and VNs only (S4).
 */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include "base/arena.h"
#include "core/pool.h"
#include "core/session.h"

enum notice_type {
	NOTICE_SESSION_WAITING,
	NOTICE_SESSION_LIVE,
	NOTICE_SESSION_CHANGED,
	NOTICE_SESSION_CLOSED,
	NOTICE_SESSION_EXPIRED,
	NOTICE_SESSION_ENDED,
	NOTICE_POOL_LOW,
	NOTICE_POOL_EXHAUSTED,
	NOTICE_POOL_RECOVERED,
};
extern const char *const notice_type_words[]; /* NULL ends */

/* Orders that will want VNs of a pool. */
struct pool_demand {
	uint32_t coming;  /* placed: they have one party and wait for another */
	uint32_t waiting; /* they have their parties and wait for VNs */
	/* Pairs that the party with most of them holds now: VNs that can't be lent to it (core/busy.h). Exact but for pairs that
	 * have cooled within the last minute, which still count. */
	uint32_t busiest_pairs;
	/* VNs' worth of room that is left when all of them are served; negative: short by so many. Shared: no more than the
	 * busiest party has left. */
	int64_t spare;
};

struct notice {
	enum notice_type type;
	int64_t at_ms;
	const struct pool_row *pool;
	/* session.*: as it was (NULL: it is new) and as it is; VNs of what is over count no more. */
	const struct session_row *before, *after;
	/* pool.* */
	const struct pool_stock *stock;
	const struct pool_sessions *sessions;
	const struct pool_demand *demand;
};

/* A JSON object in the arena; .at NULL: no room. */
typedef struct str notice_tell(void *context, const struct notice *notice, struct arena *arena);

#endif
