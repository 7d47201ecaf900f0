/* city PEAK MODE A B SEED: a city's orders over five weeks, PEAK in a busy hour at first; the fifth is told, hour by hour.
 *
 *   city 90 forecast 1000 0 SEED     stock kept by forecast, with that chance to run out (ppm)
 *   city 90 water 40 80 SEED         stock kept between water marks
 *
 * The engine (who gets which VN, when it is free again) and the book (whether more is bought) are the server's own; the provider
 * is simulated here: an hour until a number can be used, orders to buy that are refused, hours in which nothing can be bought.
 * Orders come in daily peaks, more of them on Fridays and Saturdays and each week, days differ, and on the Wednesday of the week
 * that is told it rains at dinner. A line an hour on stdout, and last a line of totals.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "supply/book.h"

#define MONDAY_MS 1767571200000ll /* 00:00 UTC */
#define STEP_S 10
#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)
#define WEEK_S (7 * DAY_S)
#define WEEKS 5
#define GROWTH 1.08          /* a week */
#define DAY_SPREAD 0.10      /* of the logarithm */
#define RAIN 1.4
#define MEAN_S 2400          /* from courier to done: half of it to one and a half */
#define LEAD_S 3600          /* a number can be used so long after it was bought, give or take a third */
#define REFUSED 20           /* one order to buy in so many is */
#define OUTAGES 4            /* in five weeks, of both accounts, three hours each */
#define PACE 10              /* orders to buy in a step, by account */
#define PERSON_FIRST 99900000000u /* numbers that nobody has: behind +999 */
#define COURIER_FIRST 99950000000u
#define COURIERS 400
#define ORDERS_MAX 1000000
#define VN_FIRST 9990000000000u

enum what { ASSIGN, FINISH, DELIVER };

struct due {
	uint32_t at_s;
	enum what what;
	uint32_t order;   /* ASSIGN, FINISH */
	uint64_t purchase; /* DELIVER */
};

struct hour {
	uint32_t orders, assigned, waited, bought, total, most_lent;
};

static struct city {
	struct engine *engine;
	struct book *book;
	struct random random, market; /* of orders, which are the same however the stock is kept; of the provider */
	double peak;
	uint16_t pool;
	uint32_t now_s, orders, offers;
	double day_factor[WEEKS * 7];
	uint32_t outage_s[OUTAGES];
	struct due *due; /* a heap, the next first */
	size_t due_n, due_size;
	uint32_t *waits; /* orders with a courier that have no VN */
	size_t waits_n, waits_size;
	uint64_t waited_s, longest_s;
	uint32_t *since;  /* by order: when its courier was there */
	struct hour hours[WEEKS * 7 * 24];
	uint32_t refused;
} city;

static const struct supply_account accounts[] = {{"twilio", "main"}, {"plivo", "spare"}};

/* --- chance --- */

/* 0 < x <= 1 */
static double chance_of(struct random *random)
{
	return ((double)(random_next(random) >> 11) + 1) / 9007199254740992.0;
}

static double chance(void)
{
	return chance_of(&city.random);
}

static double normal(void)
{
	return sqrt(-2 * log(chance())) * cos(2 * M_PI * chance());
}

/* --- what is due --- */

static void *grown(void *items, size_t n, size_t *size, size_t each)
{
	if (n < *size)
		return items;
	*size = *size * 2 + 1024;
	items = realloc(items, *size * each);
	ASSERT(items);
	return items;
}

static void push(struct due due)
{
	city.due = grown(city.due, city.due_n, &city.due_size, sizeof *city.due);
	size_t i = city.due_n++;
	for (; i > 0 && city.due[(i - 1) / 2].at_s > due.at_s; i = (i - 1) / 2)
		city.due[i] = city.due[(i - 1) / 2];
	city.due[i] = due;
}

static struct due pop(void)
{
	struct due first = city.due[0], last = city.due[--city.due_n];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < city.due_n; i = child) {
		child += child + 1 < city.due_n && city.due[child + 1].at_s < city.due[child].at_s;
		if (last.at_s <= city.due[child].at_s)
			break;
		city.due[i] = city.due[child];
	}
	city.due[i] = last;
	return first;
}

/* --- orders --- */

static double orders_per_hour(uint32_t at_s)
{
	static const double hours[24] = {.12, .06, .04, .03, .03, .06, .15, .3, .4, .42, .55, .85, 1, .8, .5, .42, .45, .6, .9, 1, .85,
		.6, .4, .22};
	static const double days[7] = {.9, .9, .95, 1, 1.2, 1.25, 1.05};
	uint32_t day = at_s / DAY_S, hour = at_s / HOUR_S % 24, next = (hour + 1) % 24;
	double part = at_s % HOUR_S / (double)HOUR_S;
	double shape = hours[hour] * (1 - part) + hours[next] * part;
	bool rain = day == (WEEKS - 1) * 7 + 2 && hour >= 18 && hour < 21;

	return city.peak * shape * days[day % 7] * pow(GROWTH, at_s / (double)WEEK_S) * city.day_factor[day] * (rain ? RAIN : 1);
}

static struct party party_of(const char *role, uint64_t number)
{
	struct party party = {.numbers_n = 1, .may_call = true, .numbers = {{number}}};
	uint64_t words[2] = {hash_mix(number), hash_mix(number ^ 0x9e3779b97f4a7c15u)};

	ASSERT(str_copy(party.role, sizeof party.role, str_of(role)));
	memcpy(party.persons[0].key, words, sizeof words);
	return party;
}

static void event(uint32_t order, enum event_type type, uint64_t version, struct party *parties, int n)
{
	char ref[24];
	enum event_effect effect;
	uint32_t slot;

	snprintf(ref, sizeof ref, "%u", order);
	struct order_event event = {.type = type, .pool = city.pool, .order = str_of(ref), .version = version, .parties = parties,
		.parties_n = n};
	engine_mark(city.engine);
	ASSERT(engine_event(city.engine, &event, &effect, &slot) == ERR_OK);
}

static struct hour *hour_now(void)
{
	return &city.hours[city.now_s / HOUR_S];
}

static void place(void)
{
	ASSERT(city.orders < ORDERS_MAX);
	uint32_t order = city.orders++;
	struct party customer = party_of("customer", PERSON_FIRST + order);
	uint32_t courier_s = city.now_s + 120 + random_below(&city.random, 360);

	event(order, EVENT_PLACED, 1, &customer, 1);
	hour_now()->orders++;
	push((struct due){.at_s = courier_s, .what = ASSIGN, .order = order});
}

static bool is_waiting(uint32_t order)
{
	char ref[24];
	struct arena arena;

	snprintf(ref, sizeof ref, "%u", order);
	uint32_t slot = engine_session_by_ref(city.engine, city.pool, str_of(ref));
	if (slot == ENGINE_NONE)
		return false;
	arena_init(&arena, 1 << 16);
	const struct session_row *row = engine_session_row(city.engine, slot, &arena);
	ASSERT(row);
	bool waits = row->state == SESSION_WAITING;
	arena_done(&arena);
	return waits;
}

static void assign(uint32_t order)
{
	struct party courier = party_of("courier", COURIER_FIRST + random_below(&city.random, COURIERS));

	event(order, EVENT_ASSIGNED, 2, &courier, 1);
	hour_now()->assigned++;
	push((struct due){.at_s = city.now_s + (uint32_t)(MEAN_S * (0.5 + chance())), .what = FINISH, .order = order});
	if (!is_waiting(order))
		return;
	hour_now()->waited++;
	city.waits = grown(city.waits, city.waits_n, &city.waits_size, sizeof *city.waits);
	city.waits[city.waits_n++] = order;
	city.since[order] = city.now_s;
}

static void look_at_waiting(void)
{
	size_t n = 0;

	for (size_t i = 0; i < city.waits_n; i++) {
		uint32_t order = city.waits[i], waited_s = city.now_s - city.since[order];
		if (is_waiting(order)) {
			city.waits[n++] = order;
			continue;
		}
		if (city.now_s < (WEEKS - 1) * WEEK_S)
			continue;
		city.waited_s += waited_s;
		if (waited_s > city.longest_s)
			city.longest_s = waited_s;
	}
	city.waits_n = n;
}

/* --- the provider --- */

static int64_t now_ms(void)
{
	return MONDAY_MS + city.now_s * 1000ll;
}

static bool is_out(void)
{
	for (int i = 0; i < OUTAGES; i++)
		if (city.now_s >= city.outage_s[i] && city.now_s < city.outage_s[i] + 3 * HOUR_S)
			return true;
	return false;
}

static void settle(uint64_t id, enum purchase_state state)
{
	struct purchase_row row = *book_purchase(city.book, id);

	row.state = state;
	row.asked_ms = row.asked_ms ? row.asked_ms : now_ms();
	row.done_ms = purchase_is_open(state) ? 0 : now_ms();
	engine_mark(city.engine);
	ASSERT(book_purchase_put(city.book, city.engine, &row) == ERR_OK);
}

static void deliver(uint64_t id)
{
	struct purchase_row row = *book_purchase(city.book, id);
	struct vn_add add = {.number = row.number};

	ASSERT(engine_account(city.engine, str_of(row.provider), str_of(row.account), &add.account) == ERR_OK);
	settle(id, PURCHASE_JOINED);
	engine_mark(city.engine);
	ASSERT(engine_vn_add(city.engine, city.pool, &add) == ERR_OK);
	hour_now()->bought++;
}

/* One order to buy, as an agent makes it. False: nothing is wanted, or nobody may. */
static bool buy(void)
{
	struct book_want want = book_want(city.book, city.engine, city.pool, now_ms());
	int at = want.buy ? book_buyer(city.book, city.engine, city.pool, now_ms()) : -1;
	uint64_t id;

	if (at < 0)
		return false;
	if (is_out()) {
		book_rest(city.book, city.pool, &accounts[at], now_ms(), 0);
		return true;
	}
	struct book_offer offer = {.pool = city.pool, .account = accounts[at], .number = {VN_FIRST + city.offers++},
		.month_micros = 1000000, .currency = "USD"};
	engine_mark(city.engine);
	ASSERT(book_intend(city.book, city.engine, &offer, now_ms(), &id) == ERR_OK);
	if (random_below(&city.market, REFUSED) == 0) {
		settle(id, PURCHASE_FAILED);
		book_rest(city.book, city.pool, &accounts[at], now_ms(), 0);
		city.refused++;
		return true;
	}
	settle(id, PURCHASE_PENDING);
	book_rested(city.book, city.pool, &accounts[at]);
	push((struct due){.at_s = city.now_s + (uint32_t)(LEAD_S * (2 + 2 * chance_of(&city.market)) / 3), .what = DELIVER, .purchase = id});
	return true;
}

/* --- time --- */

static void step(void)
{
	struct pool_stock stock;
	struct pool_sessions sessions;

	engine_begin(city.engine, now_ms());
	while (engine_tick(city.engine, 1000))
		;
	while (city.due_n > 0 && city.due[0].at_s <= city.now_s) {
		struct due due = pop();
		if (due.what == ASSIGN)
			assign(due.order);
		else if (due.what == FINISH)
			event(due.order, EVENT_COMPLETED, 3, NULL, 0);
		else
			deliver(due.purchase);
	}
	double expected = orders_per_hour(city.now_s) * STEP_S / HOUR_S;
	for (double at = -log(chance()); at < expected; at -= log(chance()))
		place();
	for (int i = 0; i < PACE && buy(); i++)
		;
	book_note(city.book, city.engine, now_ms(), false);
	engine_commit(city.engine);
	book_commit(city.book);
	(void)book_look(city.book, city.engine, now_ms());
	look_at_waiting();
	engine_pool_count(city.engine, city.pool, &stock, &sessions);
	struct hour *hour = hour_now();
	hour->total = stock.total;
	if (stock.total - stock.free > hour->most_lent)
		hour->most_lent = stock.total - stock.free;
}

static void make(const struct supply_policy *supply, uint32_t low, uint32_t high, uint64_t seed)
{
	struct limits limits = LIMITS_DEFAULT(20000);
	struct engine_options options = {.limits = limits, .seed = seed, .text_key = {1, 2}, .tombstone_s = 60, .now_ms = MONDAY_MS};
	struct pool_policy policy = pool_policy_default('I' << 8 | 'D');
	uint16_t tenant;

	city.random = (struct random){seed};
	city.market = (struct random){hash_mix(seed)};
	city.engine = engine_new(&options);
	city.book = book_new();
	city.since = calloc(ORDERS_MAX, sizeof *city.since);
	ASSERT(city.engine && city.book && city.since);
	policy.mode = POOL_EXCLUSIVE;
	policy.low_water = low;
	policy.high_water = high;
	for (int i = 0; i < WEEKS * 7; i++)
		city.day_factor[i] = exp(DAY_SPREAD * normal());
	for (int i = 0; i < OUTAGES; i++) /* the last one falls into the week that is told: on Friday, from 10:00 */
		city.outage_s[i] = i == OUTAGES - 1 ? (WEEKS - 1) * WEEK_S + 4 * DAY_S + 10 * HOUR_S
						    : random_below(&city.market, (WEEKS - 1) * WEEK_S);
	engine_begin(city.engine, MONDAY_MS);
	engine_mark(city.engine);
	ASSERT(engine_tenant(city.engine, STR("main"), &tenant) == ERR_OK);
	ASSERT(engine_pool_create(city.engine, tenant, STR("city"), &policy, &city.pool) == ERR_OK);
	ASSERT(book_policy_set(city.book, city.engine, city.pool, supply) == ERR_OK);
	engine_commit(city.engine);
	book_commit(city.book);
}

static void tell(void)
{
	struct hour sum = {0};
	uint32_t first = (WEEKS - 1) * 7 * 24, before = city.hours[first - 1].total;

	puts("hour\torders\twaited\tbought\ttotal\tmost_in_use");
	for (uint32_t i = first; i < WEEKS * 7 * 24; i++) {
		const struct hour *hour = &city.hours[i];
		printf("%u\t%u\t%u\t%u\t%u\t%u\n", i - first, hour->orders, hour->waited, hour->bought, hour->total, hour->most_lent);
		sum.orders += hour->assigned;
		sum.waited += hour->waited;
		sum.bought += hour->bought;
		if (hour->most_lent > sum.most_lent)
			sum.most_lent = hour->most_lent;
		sum.total = hour->total;
	}
	for (int week = 0; week < WEEKS; week++) {
		uint32_t orders = 0, waited = 0;
		for (int i = week * 7 * 24; i < (week + 1) * 7 * 24; i++) {
			orders += city.hours[i].assigned;
			waited += city.hours[i].waited;
		}
		printf("week %d\torders %u\twaited %u\ttotal %u\n", week + 1, orders, waited, city.hours[(week + 1) * 7 * 24 - 1].total);
	}
	printf("all\torders %u\twaited %u\tmean_wait_s %.0f\tlongest_s %llu\tbefore %u\tbought %u\ttotal %u\tmost_in_use %u\trefused %u\n",
		sum.orders, sum.waited, sum.waited ? (double)city.waited_s / sum.waited : 0, (unsigned long long)city.longest_s, before,
		sum.bought, sum.total, sum.most_lent, city.refused);
}

int main(int argc, char **argv)
{
	struct supply_policy supply = supply_policy_default();
	bool forecast = argc == 6 && strcmp(argv[2], "forecast") == 0;

	city.peak = argc > 1 ? strtod(argv[1], NULL) : 0;
	if ((!forecast && !(argc == 6 && strcmp(argv[2], "water") == 0)) || !(city.peak >= 1 && city.peak <= 1000)) {
		fprintf(stderr, "usage: city PEAK forecast PPM 0 SEED | city PEAK water LOW HIGH SEED (PEAK: 1..1000 orders an hour)\n");
		return 2;
	}
	uint32_t a = (uint32_t)strtoul(argv[3], NULL, 10), b = (uint32_t)strtoul(argv[4], NULL, 10);
	supply.buy = true;
	supply.by = forecast ? SUPPLY_BY_FORECAST : SUPPLY_BY_WATER;
	supply.stockout_ppm = forecast ? a : supply.stockout_ppm;
	supply.day_max = 10000;
	supply.accounts_n = sizeof accounts / sizeof accounts[0];
	memcpy(supply.accounts, accounts, sizeof accounts);
	make(&supply, forecast ? 0 : a, forecast ? 0 : b, strtoull(argv[5], NULL, 10));
	for (; city.now_s < WEEKS * WEEK_S; city.now_s += STEP_S)
		step();
	ASSERT(!engine_audit(city.engine));
	tell();
	book_free(city.book);
	engine_free(city.engine);
	free(city.since);
	free(city.waits);
	free(city.due);
	return 0;
}
