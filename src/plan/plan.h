/* plan: how many virtual numbers a pool needs, found by running the real engine in simulated time.
 *
 * A city of orders: they come at random (Poisson) at a steady rate; each is between a customer of its own and one courier of a
 * fleet; it lasts a while (between half and one and a half of the mean) and is then closed, with the pool's grace. One courier
 * is the busiest: whenever an order of theirs ends, the next one is theirs. A pool is large enough when the share of orders
 * that find nothing free is at most `stockout`, both of all orders and of the busiest courier's.
 *
 * Exclusive pools run out of free VNs; shared ones of pairs, for their busiest people. The same seed gives the same answer.
 *
 * Memory: an engine of the size that the orders need. Threads: one. Cost: some 2 us an order and run.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/buf.h"
#include "core/engine.h"

#define PLAN_RATE_MAX 1000000   /* orders an hour */
#define PLAN_ORDERS_MAX 20000000 /* that a run may simulate */
#define PLAN_POINTS_MAX 48

struct plan_options {
	uint32_t orders_per_hour;
	uint32_t session_s;       /* mean, from open to close */
	uint32_t busiest;         /* orders at a time of the busiest courier */
	struct pool_policy policy;
	double stockout;          /* 0.001 */
	uint64_t seed;
	/* Between runs and within: `done` of 1. May be NULL. */
	void (*progress)(void *context, double done);
	void *context;
};

/* One run: a pool of so many VNs. */
struct plan_point {
	uint32_t vns;
	uint64_t orders, refused;           /* measured: after the pool has come to its steady state */
	uint64_t busiest_orders, busiest_refused;
	double share;                       /* the larger of the two shares refused */
};

struct plan {
	uint32_t vns;                       /* the fewest that are enough */
	struct plan_point points[PLAN_POINTS_MAX]; /* by VNs, ascending */
	int points_n;
	double formula;                     /* DESIGN.md's rule of thumb */
	double live;                        /* orders open at a time, mean */
	uint32_t couriers;
	double simulated_s;                 /* of one run */
};

/* ERR_BAD_REQUEST: *ret_field names what is out of range. ERR_LIMIT_REACHED: it would take more than PLAN_ORDERS_MAX orders a
 * run, or there is no such pool (65,536 VNs aren't enough, or the memory). */
MUST_CHECK enum err plan_make(const struct plan_options *options, struct plan *ret_plan, const char **ret_field);

/* A plot of the points, as an SVG document. */
void plan_svg(struct buf *out, const struct plan_options *options, const struct plan *plan);

#endif
