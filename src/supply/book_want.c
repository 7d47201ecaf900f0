/* Is more wanted, how much of it may be bought, and by which account. */
#include "supply/book_state.h"

#include <math.h>

#include "base/check.h"

#define HOUR_S 3600
#define LEAD_DEFAULT_S 300   /* until purchases have told how long they take */
#define LEAD_LEAST_S 60      /* the provider may be slower the next time */
#define IN_USE_S (6.0 * HOUR_S) /* how far back the mean of what is in use reaches */
#define LITTLE_H 6
#define LITTLE_ORDERS 10     /* fewer in these hours tell nothing */
#define FORECAST_MS 200      /* within that, each order that came counts as one more */
#define TIMER_MS 10000
#define OUTLOOK_MS 300000
#define OUTLOOK_LEAST_MS 1000
#define MANY_POOLS 64
#define MANY_POOLS_MS 100
#define REST_FIRST_MS 60000ll
#define REST_MAX_MS (6 * 3600000ll)
#define REST_ASKED_MAX_MS (24 * 3600000ll) /* whatever a provider asks for: its clock may be wrong */
#define OCCUPANCY 0.85

static uint32_t each_of(const struct pool_policy *policy)
{
	return policy->numbers == POOL_ONE ? 1 : 2;
}

static uint32_t in_use_of(const struct engine *engine, uint16_t pool)
{
	const struct pool_policy *policy = &engine_pool(engine, pool)->policy;
	struct pool_stock stock;
	struct pool_sessions sessions;

	engine_pool_count(engine, pool, &stock, &sessions);
	return policy->mode == POOL_EXCLUSIVE ? stock.lent + stock.cooling : (sessions.live + sessions.closing) * each_of(policy);
}

static void follow(struct book_pool *pool, uint32_t in_use, int64_t now_ms)
{
	double part = pool->in_use_ms ? exp(-(double)(now_ms - pool->in_use_ms) / 1000 / IN_USE_S) : 0;

	pool->in_use = pool->in_use * part + in_use * (1 - part);
	pool->in_use_ms = now_ms;
}

/* How long an order holds what it takes: what is in use, over how much comes (Little's law). A pool that is younger than its
 * orders may live holds them as long as they may. */
static double hold_of(const struct book_pool *pool, const struct pool_policy *policy, int64_t now_ms)
{
	double most = (double)policy->ttl_s + policy->grace_s + (policy->mode == POOL_EXCLUSIVE ? policy->rest_s : 0);
	uint32_t now_h = (uint32_t)(now_ms / 1000 / HOUR_S);
	double orders = 0;

	if (!pool->rate.first || (double)(now_h - pool->rate.first) * HOUR_S < most + LITTLE_H * HOUR_S)
		return most;
	for (uint32_t back = 1; back <= LITTLE_H; back++)
		orders += rate_of(&pool->rate, now_h - back);
	if (orders < LITTLE_ORDERS)
		return most;
	return fmin(fmax(pool->in_use / each_of(policy) / (orders / (LITTLE_H * HOUR_S)), 60), most);
}

static double lead_of(const struct book_pool *pool)
{
	return pool->lead_s > 0 ? fmax(pool->lead_s, LEAD_LEAST_S) : LEAD_DEFAULT_S;
}

static struct forecast_ask ask_for(const struct book_pool *pool, const struct engine *engine, uint16_t index, int64_t now_ms,
	double lead_s)
{
	const struct pool_policy *policy = &engine_pool(engine, index)->policy;
	struct pool_demand demand = engine_pool_demand(engine, index);
	double hold = hold_of(pool, policy, now_ms);

	return (struct forecast_ask){
		.rate = &pool->rate,
		.now_s = now_ms / 1000,
		.mode = policy->mode,
		.vns_an_order = each_of(policy),
		.lead_s = lead_s,
		.stockout = pool->policy.stockout_ppm / 1e6,
		.hold_s = hold,
		.in_use = in_use_of(engine, index),
		.placed = demand.coming + demand.waiting,
		.per_vn_max = policy->per_vn_max,
		.busiest_pairs = demand.busiest_pairs,
		.pair_s = hold + policy->cooldown_s,
	};
}

static struct forecast forecast_for(const struct book_pool *pool, const struct engine *engine, uint16_t index, int64_t now_ms,
	double lead_s)
{
	struct forecast_ask ask = ask_for(pool, engine, index, now_ms, lead_s);

	return forecast_make(&ask);
}

static void forecast(struct book_pool *pool, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	pool->forecast = forecast_for(pool, engine, index, now_ms, lead_of(pool));
	pool->forecast_ms = now_ms;
	pool->forecast_opened = engine_pool_opened(engine, index);
}

/* VNs' worth of room; a shared pool's busiest party counts too. */
static int64_t spare_of(const struct engine *engine, uint16_t index, uint32_t have, enum forecast_why *ret_why)
{
	struct pool_demand demand = engine_pool_demand(engine, index);

	*ret_why = FORECAST_FREE;
	if (engine_pool(engine, index)->policy.mode == POOL_EXCLUSIVE)
		return demand.spare;
	int64_t pairs = (int64_t)have - (int64_t)ceil(demand.busiest_pairs / OCCUPANCY);
	*ret_why = pairs < demand.spare ? FORECAST_PAIRS : FORECAST_PLACES;
	return pairs < demand.spare ? pairs : demand.spare;
}

/* By low_water and high_water: once below the one, as many as make up the other. What is on order counts as if it were there. */
static uint32_t wanted_by_water(struct book_pool *pool, const struct engine *engine, uint16_t index, struct book_want *want)
{
	const struct pool_policy *policy = &engine_pool(engine, index)->policy;
	int64_t spare = spare_of(engine, index, want->have, &want->why), low = policy->low_water;
	int64_t high = policy->high_water > low ? policy->high_water : low, coming = spare + want->on_order;

	if (coming < low)
		pool->filling = true;
	else if (coming >= high)
		pool->filling = false;
	int64_t wanted = pool->filling ? want->have + (high - spare) : want->have;
	return wanted < 0 ? 0 : (uint32_t)wanted;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void hold(struct book_want *want, uint32_t allowed, enum book_hold why)
{
	if (want->buy <= allowed)
		return;
	want->buy = allowed;
	if (allowed == 0)
		want->hold = why;
}

static uint32_t room(uint32_t most, uint32_t used)
{
	return most > used ? most - used : 0;
}

static bool any_account(const struct book_pool *pool, int64_t now_ms)
{
	for (int i = 0; i < pool->policy.accounts_n; i++)
		if (pool->rests[i].until_ms <= now_ms)
			return true;
	return false;
}

/* What is wanted, cut down to what may be. */
static void hold_back(const struct book *book, const struct book_pool *pool, struct book_want *want, uint32_t owned, int64_t now_ms)
{
	const struct supply_policy *policy = &pool->policy;

	if (want->buy == 0)
		want->hold = BOOK_HOLD_ENOUGH;
	if (!policy->buy)
		hold(want, 0, BOOK_HOLD_OFF);
	if (policy->total_max)
		hold(want, room(policy->total_max, owned), BOOK_HOLD_TOTAL);
	hold(want, room(policy->day_max, pool->bought_day), BOOK_HOLD_DAY);
	if (policy->month_micros && pool->bought_month_micros >= policy->month_micros)
		hold(want, 0, BOOK_HOLD_MONEY);
	hold(want, least(room(BOOK_OPEN_MAX, book->open_n), room(BOOK_PURCHASES_MAX, book->purchases_n)), BOOK_HOLD_OPEN);
	if (!any_account(pool, now_ms))
		hold(want, 0, BOOK_HOLD_ACCOUNTS);
}

static uint32_t have_of(const struct pool_stock *stock)
{
	return stock->free + stock->lent + stock->cooling;
}

/* What is paid for: also what is out for its health (it comes back) or reserved, and what was bought and is not there yet. Not
 * what is gone, or what a hand has disabled. */
static uint32_t owned_of(const struct engine *engine, uint16_t index, const struct book_pool *pool, const struct pool_stock *stock)
{
	return have_of(stock) + stock->reserved + engine_pool_sick(engine, index) + pool->open_n;
}

struct book_want book_want(struct book *book, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	struct book_pool *pool = book_pool(book, index);
	struct book_want want = {.hold = BOOK_HOLD_OFF, .lasts_s = NAN};
	struct pool_stock stock;
	struct pool_sessions sessions;

	if (!pool)
		return want;
	want.hold = BOOK_HOLD_NOT;
	book_sum(book, now_ms);
	engine_pool_count(engine, index, &stock, &sessions);
	want.have = have_of(&stock);
	want.lasts_s = pool->lasts_s;
	want.on_order = pool->on_order;
	want.orders_per_hour = rate_now(&pool->rate, now_ms / 1000) * HOUR_S;
	want.lead_s = lead_of(pool);
	want.bought_day = pool->bought_day;
	want.bought_month_micros = pool->bought_month_micros;
	if (pool->policy.by == SUPPLY_BY_WATER) {
		want.wanted = wanted_by_water(pool, engine, index, &want);
	} else {
		if (!pool->forecast_ms || now_ms - pool->forecast_ms >= FORECAST_MS || now_ms < pool->forecast_ms)
			forecast(pool, engine, index, now_ms);
		uint64_t since = engine_pool_opened(engine, index) - pool->forecast_opened;
		want.wanted = pool->forecast.wanted;
		want.why = pool->forecast.why;
		if (engine_pool(engine, index)->policy.mode == POOL_EXCLUSIVE)
			want.wanted += (uint32_t)(since * each_of(&engine_pool(engine, index)->policy));
	}
	want.buy = room(want.wanted, want.have + want.on_order);
	hold_back(book, pool, &want, owned_of(engine, index, pool, &stock), now_ms);
	return want;
}

void book_outlook(struct book *book, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	struct book_pool *pool = book_pool(book, index);
	struct pool_stock stock;
	struct pool_sessions sessions;

	if (!pool)
		return;
	struct forecast_ask ask = ask_for(pool, engine, index, now_ms, FORECAST_LEAD_MAX_S);
	engine_pool_count(engine, index, &stock, &sessions);
	pool->lasts_s = forecast_lasts(&ask, have_of(&stock));
}

uint32_t book_surplus(struct book *book, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	const struct book_pool *pool = book_pool_read(book, index);
	struct book_want want = book_want(book, engine, index, now_ms);
	uint32_t needed;

	if (!pool)
		return 0;
	if (pool->policy.by == SUPPLY_BY_WATER) {
		int64_t spare = spare_of(engine, index, want.have, &want.why), high = engine_pool(engine, index)->policy.high_water;
		return high > 0 && spare > high ? (uint32_t)(spare - high) : 0;
	}
	/* A week of the past has to be known before a week to come is judged. */
	if (!rate_known(&pool->rate, now_ms / 1000, (uint32_t)(now_ms / 1000 / HOUR_S) - RATE_WEEK_H))
		return 0;
	needed = forecast_for(pool, engine, index, now_ms, FORECAST_LEAD_MAX_S).wanted;
	return room(want.have, needed > want.wanted ? needed : want.wanted);
}

/* --- whose turn --- */

int book_account_of(const struct supply_policy *policy, const char *provider, const char *name)
{
	for (int i = 0; i < policy->accounts_n; i++)
		if (strcmp(policy->accounts[i].provider, provider) == 0 && strcmp(policy->accounts[i].name, name) == 0)
			return i;
	return -1;
}

int book_buyer(struct book *book, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	const struct book_pool *pool = book_pool_read(book, index);
	uint32_t fewest = 0;
	int best = -1;

	if (!pool)
		return -1;
	book_sum(book, now_ms);
	for (int i = 0; i < pool->policy.accounts_n; i++) {
		const struct supply_account *account = &pool->policy.accounts[i];
		uint32_t n = pool->open_by[i] + engine_pool_lendable(engine, index, account->provider, account->name);
		if (pool->rests[i].until_ms > now_ms || (best >= 0 && n >= fewest))
			continue;
		best = i;
		fewest = n;
	}
	return best;
}

void book_rest(struct book *book, uint16_t index, const struct supply_account *account, int64_t now_ms, int64_t least_ms)
{
	struct book_pool *pool = book_pool(book, index);
	int at = pool ? book_account_of(&pool->policy, account->provider, account->name) : -1;

	if (at < 0)
		return;
	struct book_rest *rest = &pool->rests[at];
	int64_t ms = rest->fails < 16 ? REST_FIRST_MS << rest->fails : REST_MAX_MS;
	if (ms > REST_MAX_MS)
		ms = REST_MAX_MS;
	if (least_ms > REST_ASKED_MAX_MS)
		least_ms = REST_ASKED_MAX_MS;
	rest->fails += rest->fails < UINT8_MAX;
	rest->until_ms = now_ms + (ms > least_ms ? ms : least_ms);
}

void book_rested(struct book *book, uint16_t index, const struct supply_account *account)
{
	struct book_pool *pool = book_pool(book, index);
	int at = pool ? book_account_of(&pool->policy, account->provider, account->name) : -1;

	if (at >= 0)
		pool->rests[at] = (struct book_rest){0};
}

/* --- after each batch --- */

/* Orders that came since; true: some did. */
static bool count(struct book_pool *pool, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	uint64_t opened = engine_pool_opened(engine, index);
	uint32_t hour = (uint32_t)(now_ms / 1000 / HOUR_S);

	if (opened == pool->opened_seen)
		return false;
	rate_add(&pool->rate, hour, (uint32_t)(opened - pool->opened_seen));
	if (!pool->dirty_from)
		pool->dirty_from = hour;
	pool->opened_seen = opened;
	return true;
}

/* Orders that came since the forecast were only added up. */
static bool is_stale(const struct book_pool *pool, const struct engine *engine, uint16_t index, int64_t now_ms)
{
	return pool->forecast_ms == 0 ||
	       (pool->forecast_opened != engine_pool_opened(engine, index) && now_ms - pool->forecast_ms >= FORECAST_MS);
}

/* One pool after the other, each every five minutes, no more than one a second. */
static void look_ahead(struct book *book, const struct engine *engine, uint16_t n, int64_t now_ms)
{
	int64_t since_ms = now_ms - book->outlook_ms, each_ms = n ? OUTLOOK_MS / n : 0;

	if (n == 0 || (since_ms >= 0 && since_ms < (each_ms > OUTLOOK_LEAST_MS ? each_ms : OUTLOOK_LEAST_MS)))
		return;
	book->outlook_ms = now_ms;
	book->outlook_next = (uint16_t)((book->outlook_next + 1) % n);
	book_outlook(book, engine, book->outlook_next, now_ms);
}

bool book_look(struct book *book, const struct engine *engine, int64_t now_ms)
{
	bool timer = now_ms - book->timer_ms >= TIMER_MS, news = false;
	uint16_t n = engine_pools(engine);

	if (n > MANY_POOLS && !timer && now_ms - book->looked_ms < MANY_POOLS_MS)
		return false;
	book->looked_ms = now_ms;
	if (timer)
		book->timer_ms = now_ms;
	look_ahead(book, engine, n, now_ms);
	for (uint16_t i = 0; i < n; i++) {
		struct book_pool *pool = book_pool(book, i);
		if (!pool)
			continue;
		bool came = count(pool, engine, i, now_ms);
		if (came || timer)
			follow(pool, in_use_of(engine, i), now_ms);
		if (!pool->policy.buy || !(came || timer || is_stale(pool, engine, i, now_ms)))
			continue;
		uint32_t wanted = book_want(book, engine, i, now_ms).buy;
		news |= wanted > 0 && (timer || wanted > pool->wanted);
		pool->wanted = wanted;
	}
	return news;
}
