#include "demo/demo_pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "demo/demo_app.h"
#include "demo/demo_clock.h"

#define WAIT_MS 30000
#define LOOK_MS 20 /* between two looks while we wait */

static json_t *pool_body(const struct demo_pool *pool)
{
	json_t *countries = json_array();

	for (int i = 0; pool->countries[i]; i++)
		json_array_append_new(countries, json_string(pool->countries[i]));
	json_t *body = json_pack("{s:s, s:s, s:o, s:s, s:i, s:i, s:i}", "name", pool->name, "country",
		pool->country, "countries", countries, "mode", "exclusive", "grace_s", pool->grace_s,
		"rest_s", pool->rest_s, "cooldown_s", pool->cooldown_s);
	ASSERT(body);
	json_object_set_new(body, "messages", json_boolean(pool->texts));
	json_object_set_new(body, "redact", json_boolean(pool->texts));
	return body;
}

static json_t *ask_to_make(struct demo *demo, json_t *body, double *ret_ms)
{
	return demo_app_ask(demo, "POST", "/v1/pools", body, 201, ret_ms);
}

/* --- numbers that were rented by hand --- */

static json_t *numbers_body(const struct demo_pool *pool)
{
	json_t *numbers = json_array();
	char text[NUMBER_TEXT_SIZE];

	for (int i = 0; i < pool->numbers_n; i++) {
		struct number number = {pool->first.e164 + (uint64_t)i};
		json_array_append_new(
			numbers, json_pack("{s:s, s:s, s:s}", "number", number_text(number, text), "provider",
					 pool->provider, "account", pool->account));
	}
	json_t *body = json_pack("{s:o}", "numbers", numbers);
	ASSERT(body);
	return body;
}

static int count_of(const json_t *object, const char *name)
{
	return (int)json_integer_value(json_object_get(object, name));
}

static bool make_given(struct demo *demo, const struct demo_pool *pool)
{
	char target[100];
	double pool_ms, numbers_ms;

	snprintf(target, sizeof target, "/v1/pools/%s/numbers", pool->name);
	json_t *made = ask_to_make(demo, pool_body(pool), &pool_ms);
	json_t *added =
		made ? demo_app_ask(demo, "POST", target, numbers_body(pool), 200, &numbers_ms) : NULL;
	bool good = added &&
		    demo_expect(demo, count_of(added, "added") == pool->numbers_n, "not all VNs were taken");
	if (good)
		demo_screen_arrow(&demo->screen,
			&(struct demo_arrow){LANE_APP, LANE_BAUTA, COLOUR_BLUE, pool_ms + numbers_ms, false},
			"pool %s: %d virtual numbers (VNs) at %s, lent to one order at a time", pool->name,
			pool->numbers_n, pool->provider);
	json_decref(made);
	json_decref(added);
	return good;
}

/* --- numbers that are bought --- */

/* To be kept full, from the account, within a day's budget of just that many. */
static json_t *supplied_body(const struct demo_pool *pool)
{
	char account[80];
	json_t *body = pool_body(pool);

	snprintf(account, sizeof account, "%s/%s", pool->provider, pool->account);
	json_object_set_new(body, "low_water", json_integer(pool->numbers_n));
	json_object_set_new(body, "high_water", json_integer(pool->numbers_n));
	json_t *supply =
		json_pack("{s:b, s:[s], s:i}", "buy", true, "accounts", account, "day_max", pool->numbers_n);
	ASSERT(supply);
	json_object_set_new(body, "supply", supply);
	return body;
}

/* How many VNs it has; -1: it can't be asked. */
static int stock_of(struct demo *demo, const struct demo_pool *pool)
{
	char target[100];

	snprintf(target, sizeof target, "/v1/pools/%s", pool->name);
	json_t *answer = demo_app_ask(demo, "GET", target, NULL, 200, NULL);
	int free = answer ? count_of(json_object_get(answer, "stock"), "free") : -1;
	json_decref(answer);
	return free;
}

static bool wait_full(struct demo *demo, const struct demo_pool *pool, double *ret_ms)
{
	double began = demo_clock_ms();
	int free = stock_of(demo, pool);

	while (free >= 0 && free < pool->numbers_n && demo_clock_ms() - began < WAIT_MS &&
		demo_stop_pause(&demo->stop, LOOK_MS))
		free = stock_of(demo, pool);
	*ret_ms = demo_clock_ms() - began;
	if (demo->stop.told)
		return false;
	return demo_expect(demo, free == pool->numbers_n, "%d VNs are free after %.0f s, not %d", free, *ret_ms / 1e3,
		pool->numbers_n);
}

bool demo_pool_look_at_market(struct demo *demo)
{
	struct buf asked;

	buf_init(&asked, DEMO_STOCK_ASKED_MAX);
	demo_stock_asked(demo->stock, &asked);
	bool clean = buf_ok(&asked) &&
		     demo_leaks_answer(&demo->leaks, buf_text(&asked), NUMBER_NONE, "what the market was asked");
	buf_done(&asked);
	return demo_expect(demo, clean, "a real number was told to the market");
}

static void draw_purchase(const struct demo *demo, const struct demo_stock_counts *counts, double ms)
{
	const struct demo_arrow ask = {LANE_BAUTA, LANE_PROVIDER, COLOUR_BLUE, -1, false};
	const struct demo_arrow answer = {LANE_PROVIDER, LANE_BAUTA, COLOUR_BLUE, ms, false};

	demo_screen_arrow(&demo->screen, &ask, "searches for numbers: GET .../AvailablePhoneNumbers/ID/Local.json");
	demo_screen_arrow(&demo->screen, &ask, "buys %d, each set to ask us whom to ring, and who gets a text", counts->bought);
	demo_screen_arrow(&demo->screen, &answer, "%d are ours, each after a check that it takes calls", counts->bought);
}

static bool make_bought(struct demo *demo, const struct demo_pool *pool)
{
	double made_ms, full_ms;

	json_t *made = ask_to_make(demo, supplied_body(pool), &made_ms);
	if (!made)
		return false;
	json_decref(made);
	demo_screen_arrow(&demo->screen, &(struct demo_arrow){LANE_APP, LANE_BAUTA, COLOUR_BLUE, made_ms, false},
		"pool %s: empty, to be kept at %d virtual numbers (VNs)", pool->name, pool->numbers_n);
	if (!wait_full(demo, pool, &full_ms))
		return false;
	struct demo_stock_counts counts = demo_stock_counts(demo->stock, demo->server.url);
	draw_purchase(demo, &counts, full_ms);
	demo_pool_look_at_market(demo);
	return demo_expect(demo, counts.wrong == 0, "%d requests to the market were wrong", counts.wrong) &&
	       demo_expect(demo, counts.bought == pool->numbers_n && counts.pointed == counts.bought,
		       "%d numbers were bought and %d point to us", counts.bought, counts.pointed);
}

bool demo_pool_make(struct demo *demo, const struct demo_pool *pool)
{
	return number_is(pool->first) ? make_given(demo, pool) : make_bought(demo, pool);
}
