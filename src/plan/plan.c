#include "plan/plan.h"

#include <math.h>

#include "base/check.h"
#include "plan/plan_run.h"

#define VNS_MAX 65536
#define RUNS_GUESS 14 /* that a plan takes, for the progress */
#define OCCUPANCY 0.85

struct making {
	const struct plan_options *options;
	struct plan_city city;
	struct plan *plan;
	int runs;
};

static const char *wrong_field(const struct plan_options *options)
{
	const char *field = NULL;

	if (options->orders_per_hour < 1 || options->orders_per_hour > PLAN_RATE_MAX)
		return "orders-per-hour";
	if (options->session_s < 60 || options->session_s > 7 * 86400)
		return "minutes";
	if (options->busiest < 1 || options->busiest > 1000)
		return "busiest";
	if (!(options->stockout >= 0.0001 && options->stockout <= 0.5))
		return "stockout";
	return pool_policy_check(&options->policy, &field) ? field : NULL;
}

/* Shared: what DESIGN.md says of the busiest party, a VN each for the two sides. Exclusive: VNs in use, in grace and at
 * rest, and three standard deviations. */
static double formula_of(const struct plan_options *options, const struct plan_city *city)
{
	const struct pool_policy *policy = &options->policy;

	if (policy->mode == POOL_EXCLUSIVE) {
		double orders = city->live + options->orders_per_hour / 3600.0 * (policy->grace_s + policy->rest_s);
		return (policy->numbers == POOL_ONE ? 1 : 2) * (orders + 3 * sqrt(orders));
	}
	return options->busiest * (1 + ((double)policy->cooldown_s + policy->grace_s) / options->session_s) / OCCUPANCY;
}

static void keep(struct plan *plan, const struct plan_point *point)
{
	int i = plan->points_n;

	if (plan->points_n == PLAN_POINTS_MAX)
		return;
	while (i > 0 && plan->points[i - 1].vns > point->vns) {
		plan->points[i] = plan->points[i - 1];
		i--;
	}
	plan->points[i] = *point;
	plan->points_n++;
}

static enum err try(struct making *making, uint32_t vns, bool *ret_enough)
{
	struct plan_point point;
	double part = making->runs < RUNS_GUESS - 1 ? 1.0 / RUNS_GUESS : 0;
	enum err err = plan_run(making->options, &making->city, vns, (double)making->runs / RUNS_GUESS, part, &point);

	if (err)
		return err;
	making->runs++;
	keep(making->plan, &point);
	*ret_enough = point.share <= making->options->stockout;
	return ERR_OK;
}

/* Doubles from half the rule of thumb until it is enough; then halves the gap. */
static enum err search(struct making *making)
{
	uint32_t low = 1, high = (uint32_t)fmax(making->plan->formula / 2, 2);
	bool enough = false;
	enum err err = ERR_OK;

	while (!(err = try(making, high, &enough)) && !enough) {
		low = high;
		if (high == VNS_MAX)
			return ERR_LIMIT_REACHED;
		high = high * 2 < VNS_MAX ? high * 2 : VNS_MAX;
	}
	/* To the VN where there are few, to one in a hundred where there are many. */
	while (!err && high - low > 1 + high / 100) {
		uint32_t middle = low + (high - low) / 2;
		err = try(making, middle, &enough);
		if (enough)
			high = middle;
		else
			low = middle;
	}
	making->plan->vns = high;
	return err;
}

enum err plan_make(const struct plan_options *options, struct plan *ret_plan, const char **ret_field)
{
	struct plan plan = {0};
	struct making making = {.options = options, .plan = &plan};

	*ret_field = wrong_field(options);
	if (*ret_field)
		return ERR_BAD_REQUEST;
	making.city = plan_city_of(options);
	plan.simulated_s = (double)making.city.warm_s + making.city.measure_s;
	if (plan.simulated_s * options->orders_per_hour / 3600 > PLAN_ORDERS_MAX)
		return ERR_LIMIT_REACHED;
	plan.live = making.city.live;
	plan.couriers = making.city.couriers;
	plan.formula = formula_of(options, &making.city);
	enum err err = search(&making);
	if (options->progress)
		options->progress(options->context, 1);
	if (!err)
		*ret_plan = plan;
	return err;
}
