#include "plan/plan_run.h"

#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

#define START_MS 1767225600000 /* any time does */
#define MEASURED_LEAST 20000   /* orders, so that a share of 0.1 % is twenty of them */
#define BUSIEST_LEAST 2000     /* of the busiest courier's */
#define PERSON_FIRST 99900000000u /* numbers that nobody has: behind +999 */
#define COURIER_FIRST 99950000000u
#define VN_FIRST 9990000000000u
#define STEP_ORDERS 200        /* between two looks at the progress */

/* An order that is open: when it ends. A heap, the next end first. */
struct ending {
	uint32_t at_s;
	uint32_t slot_courier;
	uint64_t session;
};

struct run {
	const struct plan_options *options;
	const struct plan_city *city;
	struct engine *engine;
	struct random random;
	uint16_t pool;
	uint32_t now_s, customers;
	uint32_t *open;        /* orders at a time, by courier */
	struct ending *endings;
	size_t endings_n, endings_size;
	struct plan_point point;
};

/* 0 < x <= 1 */
static double chance(struct run *run)
{
	return ((double)(random_next(&run->random) >> 11) + 1) / 9007199254740992.0;
}

struct plan_city plan_city_of(const struct plan_options *options)
{
	const struct pool_policy *policy = &options->policy;
	double rate = options->orders_per_hour / 3600.0;
	uint32_t cool = policy->mode == POOL_EXCLUSIVE ? policy->rest_s : policy->cooldown_s;
	uint32_t whole_s = options->session_s * 3 / 2 + policy->grace_s + cool;
	struct plan_city city = {.live = rate * options->session_s};

	/* Everybody else has half of what the busiest has. */
	double each = options->busiest > 1 ? options->busiest / 2.0 : 0.5;
	city.couriers = 1 + (uint32_t)ceil(city.live / each);
	city.warm_s = whole_s;
	double busiest_rate = options->busiest / (double)options->session_s;
	double need_s = fmax(MEASURED_LEAST / rate, BUSIEST_LEAST / fmin(busiest_rate, rate));
	city.measure_s = (uint32_t)fmin(fmax(need_s, whole_s), UINT32_MAX / 4);
	return city;
}

/* --- endings --- */

static bool push(struct run *run, struct ending ending)
{
	if (run->endings_n == run->endings_size) {
		size_t size = run->endings_size * 2 + 1024;
		struct ending *more = realloc(run->endings, size * sizeof *more);
		if (!more)
			return false;
		run->endings = more;
		run->endings_size = size;
	}
	size_t i = run->endings_n++;
	while (i > 0 && run->endings[(i - 1) / 2].at_s > ending.at_s) {
		run->endings[i] = run->endings[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	run->endings[i] = ending;
	return true;
}

static struct ending pop(struct run *run)
{
	struct ending first = run->endings[0], last = run->endings[--run->endings_n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= run->endings_n)
			break;
		if (child + 1 < run->endings_n && run->endings[child + 1].at_s < run->endings[child].at_s)
			child++;
		if (last.at_s <= run->endings[child].at_s)
			break;
		run->endings[i] = run->endings[child];
		i = child;
	}
	if (run->endings_n)
		run->endings[i] = last;
	return first;
}

/* --- orders --- */

static struct party party_of(const char *role, uint64_t number)
{
	struct party party = {.numbers_n = 1, .may_call = true, .numbers = {{number}}};
	uint64_t words[2] = {hash_mix(number), hash_mix(number ^ 0x9e3779b97f4a7c15u)};

	ASSERT(str_copy(party.role, sizeof party.role, str_of(role)));
	memcpy(party.persons[0].key, words, sizeof words);
	return party;
}

static uint32_t courier_for(struct run *run)
{
	uint32_t others = run->city->couriers - 1;

	if (run->open[0] < run->options->busiest || others == 0)
		return 0;
	return 1 + random_below(&run->random, others);
}

static bool open_order(struct run *run)
{
	uint32_t courier = courier_for(run);
	struct party parties[] = {party_of("customer", PERSON_FIRST + run->customers),
		party_of("courier", COURIER_FIRST + courier)};
	char ref[24];
	snprintf(ref, sizeof ref, "%u", run->customers++);
	struct session_open open = {.pool = run->pool, .ref = str_of(ref), .parties = parties, .parties_n = 2};
	bool counts = run->now_s >= run->city->warm_s;
	uint64_t ended;
	uint32_t slot;
	bool made;

	enum err err = engine_session_open(run->engine, &open, &slot, &made, &ended);
	ASSERT(err == ERR_OK || err == ERR_POOL_EXHAUSTED || err == ERR_LIMIT_REACHED);
	run->point.orders += counts;
	run->point.refused += counts && err == ERR_POOL_EXHAUSTED;
	run->point.busiest_orders += counts && courier == 0;
	run->point.busiest_refused += counts && courier == 0 && err == ERR_POOL_EXHAUSTED;
	if (err)
		return err == ERR_POOL_EXHAUSTED;
	run->open[courier]++;
	uint32_t lasts_s = (uint32_t)(run->options->session_s * (0.5 + chance(run)));
	return push(run, (struct ending){run->now_s + (lasts_s ? lasts_s : 1), courier, engine_session_id(run->engine, slot)});
}

static bool close_due(struct run *run)
{
	while (run->endings_n > 0 && run->endings[0].at_s <= run->now_s) {
		struct ending ending = pop(run);
		uint32_t slot = engine_session_find(run->engine, ending.session);
		ASSERT(slot != ENGINE_NONE);
		if (engine_session_close(run->engine, slot, -1) != ERR_OK)
			return false;
		run->open[ending.slot_courier]--;
	}
	return true;
}

/* A batch: what is due at this second, and an order if one comes. */
static bool step(struct run *run, bool order)
{
	bool good;

	engine_begin(run->engine, START_MS + run->now_s * 1000ll);
	while (engine_tick(run->engine, 1000))
		;
	engine_mark(run->engine);
	good = close_due(run) && (!order || open_order(run));
	engine_commit(run->engine);
	return good;
}

static bool go(struct run *run, double done, double part)
{
	double rate = run->options->orders_per_hour / 3600.0, next_s = 0;
	uint32_t end_s = run->city->warm_s + run->city->measure_s;
	uint32_t n = 0;

	while (next_s < end_s) {
		next_s += -log(chance(run)) / rate;
		/* Endings before it, each at its time. */
		while (run->endings_n > 0 && run->endings[0].at_s < next_s) {
			run->now_s = run->endings[0].at_s;
			if (!step(run, false))
				return false;
		}
		run->now_s = (uint32_t)next_s;
		if (!step(run, true))
			return false;
		if (++n % STEP_ORDERS == 0 && run->options->progress)
			run->options->progress(run->options->context, done + part * next_s / end_s);
	}
	return true;
}

/* --- making it --- */

static struct limits limits_of(const struct plan_options *options, const struct plan_city *city, uint32_t vns)
{
	const struct pool_policy *policy = &options->policy;
	double rate = options->orders_per_hour / 3600.0;
	double open = city->live * 1.5 + rate * policy->grace_s;
	double cool = rate * (policy->cooldown_s > policy->rest_s ? policy->cooldown_s : policy->rest_s);
	uint32_t sessions = (uint32_t)(open * 1.5) + 1000;

	return (struct limits){.sessions = sessions, .routes = sessions * 2 + 4096,
		.pairs = (uint32_t)((open + cool) * 1.5 * 4) + 8192, .tombstones = (uint32_t)(open + rate * 120) * 2 + 8192,
		.numbers = vns + 1, .pools = 1, .accounts = 1, .tenants = 1, .roles = 2, .calls = 1, .idempotency = 1};
}

static void stock(struct run *run, uint32_t vns)
{
	uint16_t tenant, account;

	ASSERT(engine_tenant(run->engine, STR("main"), &tenant) == ERR_OK);
	ASSERT(engine_account(run->engine, STR("generic"), STR("plan"), &account) == ERR_OK);
	engine_begin(run->engine, START_MS);
	ASSERT(engine_pool_create(run->engine, tenant, STR("plan"), &run->options->policy, &run->pool) == ERR_OK);
	engine_commit(run->engine);
	for (uint32_t i = 0; i < vns;) {
		engine_begin(run->engine, START_MS);
		for (uint32_t k = 0; k < 10000 && i < vns; k++, i++) {
			struct vn_add add = {.number = {VN_FIRST + i}, .account = account};
			ASSERT(engine_vn_add(run->engine, run->pool, &add) == ERR_OK);
		}
		engine_commit(run->engine);
	}
}

static double share(uint64_t refused, uint64_t orders)
{
	return orders ? (double)refused / (double)orders : 0;
}

enum err plan_run(const struct plan_options *options, const struct plan_city *city, uint32_t vns, double done, double part,
	struct plan_point *ret_point)
{
	struct run run = {.options = options, .city = city, .random = {options->seed}, .point = {.vns = vns}};
	struct engine_options engine = {.limits = limits_of(options, city, vns), .seed = options->seed, .text_key = {1, 2},
		.tombstone_s = 60, .now_ms = START_MS};

	run.engine = engine_new(&engine);
	run.open = calloc(city->couriers, sizeof *run.open);
	bool good = run.engine && run.open;
	if (good) {
		stock(&run, vns);
		good = go(&run, done, part);
	}
	engine_free(run.engine);
	free(run.open);
	free(run.endings);
	if (!good)
		return ERR_LIMIT_REACHED;
	double all = share(run.point.refused, run.point.orders);
	double busiest = share(run.point.busiest_refused, run.point.busiest_orders);
	run.point.share = all > busiest ? all : busiest;
	*ret_point = run.point;
	return ERR_OK;
}
