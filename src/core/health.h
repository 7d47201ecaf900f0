/* health: is it the VN that makes calls fail?
 *
 * What is judged is the VN that was shown to the callee of a call which we connected: that leg is dialled in its name. (The VN that
 * the caller dialled has worked: the provider asked us about it.) A call tells of it
 *
 *   failed   the provider couldn't set it up: FAILED, or BUSY so soon that no phone can have been asked (HEALTH_AT_ONCE_MS): a
 *            carrier that refuses the VN
 *   came through   it was answered
 *   nothing  no answer, busy later, hung up by the caller: the callee's or the caller's doing; refusals of ours, forwarded calls
 *
 * An order counts once as failed and once as come through, however often its people dial again: a callee whose number is dead must
 * not cost a VN.
 *
 * A VN is held against the others of its pool: their share of failures, over the last HEALTH_RECENT orders and over the last quarter
 * of them, whichever is worse, with a margin for chance (95 %), never below HEALTH_SHARE_LEAST. The test is Page's (CUSUM): each
 * order moves a score by the logarithm of how much likelier its outcome is for a VN whose calls fail six times in ten than for one
 * of that share; it is never below 0, and HEALTH_SCORE is the verdict. So (Lorden 1971) a VN that is as good as the others is taken
 * for sick once in 10^8 of its orders at most, whenever one looks; one whose calls all fail is found after 8 orders where next to
 * nothing else fails, after 64 at the worst. The score halves every three days without orders: what is old is forgotten.
 *
 * No verdict without HEALTH_OTHERS_LEAST orders of others; and since the score was half of what it takes, HEALTH_MEANWHILE_LEAST of them must have
 * come and done well, so that the first minutes of an outage are nobody's illness. Where others fail at HEALTH_SHARE_OUTAGE or more, it is
 * the provider, and scores begin anew.
 *
 * Time: epoch seconds. Memory: the caller's, 48 bytes a VN, 1 KB a pool. Pure.
 */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include "core/call.h"

#define HEALTH_AT_ONCE_MS 1000
#define HEALTH_RECENT 128        /* orders of a pool that are remembered */
#define HEALTH_KEEP_S (7 * 86400) /* and for so long */
#define HEALTH_OTHERS_LEAST 20
#define HEALTH_MEANWHILE_LEAST 4
#define HEALTH_SHARE_LEAST 0.05
#define HEALTH_SHARE_OUTAGE 0.3
#define HEALTH_SHARE_SICK 0.6
#define HEALTH_SCORE 18.42       /* ln 10^8 */
#define HEALTH_ORDERS 8          /* of a VN that are known again */
#define HEALTH_WELL 3            /* orders in a row whose calls come through bring a VN back */
#define HEALTH_CURED 30          /* and so many of one that is back: that it was sick is forgotten */

enum health_outcome { HEALTH_SAYS_NOTHING, HEALTH_CAME_THROUGH, HEALTH_FAILED };
/* Of a connected call that was asked about at `asked_ms` and has got this status at `now_ms`. */
enum health_outcome health_of_call(enum call_status status, int64_t asked_ms, int64_t now_ms);

struct health_order {
	uint32_t who : 30; /* hash of the session, not 0; 0: none */
	uint32_t failed : 1, through : 1; /* what it has counted as */
};

/* All zero: nothing is known. */
struct health_vn {
	float score;
	uint32_t at;  /* when it last moved */
	uint32_t since; /* the pool's count when the score passed half of what it takes */
	uint16_t well; /* orders in a row that came through */
	uint16_t next; /* place in `orders` */
	struct health_order orders[HEALTH_ORDERS];
};

struct health_recent {
	uint32_t vn : 24; /* id; 0: none */
	uint32_t failed : 1;
	uint32_t at;
};

struct health_pool {
	uint32_t count; /* orders so far; the next goes to recent[count % HEALTH_RECENT] */
	struct health_recent recent[HEALTH_RECENT];
};

/* What an order's call came to on a VN that is lent. True: it is sick. HEALTH_SAYS_NOTHING does nothing. */
bool health_note(struct health_pool *pool, struct health_vn *health, uint32_t vn, uint64_t session, enum health_outcome outcome,
	uint32_t now_s);
/* The same of one that its health took out, by sessions that it still serves. True: it is well again. */
bool health_note_out(struct health_vn *health, uint64_t session, enum health_outcome outcome, uint32_t now_s);

/* It was sick once: is it no more on probation? */
bool health_cured(const struct health_vn *health);

/* How the others do: their share of failures as the test takes it; below 0: too little is known, or it is an outage. */
double health_others(const struct health_pool *pool, uint32_t vn, uint32_t now_s);
/* How many of its last HEALTH_ORDERS orders failed; *ret_n: of how many. */
int health_failed(const struct health_vn *health, int *ret_n);

/* It is taken out: the others are no longer held against what it did. */
void health_leave(struct health_pool *pool, struct health_vn *health, uint32_t vn);
/* It is let in again, on probation: half of HEALTH_SCORE more is enough, once. */
void health_enter(struct health_vn *health, uint32_t now_s);

/* One more of a pool of `total` VNs, `out` of which are sick already? A fifth at most; one where there are three or more. */
bool health_may_leave(uint32_t out, uint32_t total);

/* How long it stays out, the `times`-th time: an hour, then twice as long each time, a week at most. */
uint32_t health_out_s(uint16_t times);

#endif
