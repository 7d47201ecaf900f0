/* forecast: how many VNs a pool should have, so that running out before the next delivery has a chance below `stockout`.
 *
 * An exclusive pool runs out of free VNs. Those in use now come back over the time that an order holds one; orders that are to
 * be expected (rate.h) take others. At each moment until a delivery that is ordered now would arrive, the need is what is left in
 * use, plus what came meanwhile and still holds, plus orders that are placed and wait; with a margin of so many
 * standard deviations that the chance to need more is below `stockout`, shared out over the times an order holds a VN.
 *
 * A shared pool runs out of pairs for its busiest party: each order of theirs takes one more VN that may be nobody else's for
 * them until it has cooled. It needs as many VNs as that party will hold pairs, over the share of a pool that can be used
 * before a choice fails (0.85, DESIGN.md "Choosing a VN"); and places for all sessions (per_vn_max).
 *
 * Pure; a few tens of microseconds at most.
 */
#ifndef CORE_FORECAST_H
#define CORE_FORECAST_H

#include "core/pool.h"
#include "core/rate.h"

#define FORECAST_LEAD_MAX_S (7 * 86400)

struct forecast_ask {
	const struct rate *rate;
	int64_t now_s;
	enum pool_mode mode;
	uint32_t vns_an_order;   /* 2; 1 where the parties share one */
	double lead_s;           /* from the order of a number to its being in the pool; FORECAST_LEAD_MAX_S at most */
	double stockout;         /* 0.001; 0.000001 .. 0.5 */
	double hold_s;           /* exclusive: how long an order holds a VN, rest and all; shared: how long a session lasts */
	uint32_t in_use;         /* exclusive: VNs lent or at rest; shared: places taken on VNs */
	uint32_t placed;         /* orders that are placed and have no VNs yet */
	/* shared */
	uint32_t per_vn_max;
	uint32_t busiest_pairs;  /* that the busiest party holds, cooling ones too */
	double pair_s;           /* how long a pair is held: session and cool-down */
};

enum forecast_why { FORECAST_NOTHING, FORECAST_FREE, FORECAST_PAIRS, FORECAST_PLACES };
extern const char *const forecast_why_words[]; /* "nothing", "free_vns", "pairs_of_the_busiest", "sessions_on_a_vn" */

struct forecast {
	uint32_t wanted;         /* VNs that can be lent, in all */
	enum forecast_why why;   /* what decides */
	double orders;           /* to be expected until the delivery */
};

struct forecast forecast_make(const struct forecast_ask *ask);

/* How long `have` VNs last if none is bought: seconds until more are needed by what is to be expected, to a sixteenth; below 0:
 * not within FORECAST_LEAD_MAX_S. ask->lead_s isn't looked at. */
double forecast_lasts(const struct forecast_ask *ask, uint32_t have);

/* z with P(N(0,1) > z) = p, 0 < p < 1. Error below 5e-4. (Abramowitz and Stegun, 26.2.23) */
double forecast_normal_tail(double p);

#endif
