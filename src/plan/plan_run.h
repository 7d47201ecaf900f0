/* plan_run: one run of plan.h's city with a pool of so many VNs. */
#ifndef PLAN_PLAN_RUN_H
#define PLAN_PLAN_RUN_H

#include "plan/plan.h"

/* How the city is laid out; the same for all runs of a plan. */
struct plan_city {
	double live;        /* orders open at a time */
	uint32_t couriers;  /* the busiest is number 0 */
	uint32_t warm_s;    /* until the first session's pairs have cooled */
	uint32_t measure_s;
};

struct plan_city plan_city_of(const struct plan_options *options);

/* ERR_LIMIT_REACHED: no memory. `done`, `part`: where this run is in the whole, for progress. */
MUST_CHECK enum err plan_run(const struct plan_options *options, const struct plan_city *city, uint32_t vns, double done,
	double part, struct plan_point *ret_point);

#endif
