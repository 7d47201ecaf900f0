/* The forecast, judged by what it is for: a town that is simulated for weeks buys by it and runs out no more often than was
 * asked for, without hoarding. */
#include "unit/test.h"

#include <math.h>

#include "base/hash.h"
#include "core/forecast.h"

#define HOUR_S 3600.0
#define BEGIN_H 494000u /* some hour since the epoch */

static double uniform(uint64_t *seed)
{
	*seed = hash_mix(*seed + 0x9e3779b97f4a7c15u);
	return ((double)(*seed >> 11) + 1) / 9007199254740994.0;
}

static double exponential(uint64_t *seed, double mean)
{
	return -mean * log(uniform(seed));
}

static void a_tail_of_the_normal_distribution_is_known(void **state)
{
	(void)state;
	assert_true(fabs(forecast_normal_tail(0.5)) < 1e-3);
	assert_true(fabs(forecast_normal_tail(0.001) - 3.0902) < 1e-3);
	assert_true(fabs(forecast_normal_tail(0.025) - 1.95996) < 1e-3);
	assert_true(fabs(forecast_normal_tail(0.975) + 1.95996) < 1e-3);
	assert_true(fabs(forecast_normal_tail(0.000001) - 4.7534) < 1e-3);
}

static struct forecast_ask plain(const struct rate *rate, int64_t now_s)
{
	return (struct forecast_ask){.rate = rate, .now_s = now_s, .mode = POOL_EXCLUSIVE, .vns_an_order = 2,
		.lead_s = 600, .stockout = 0.001, .hold_s = 3600, .per_vn_max = 100, .pair_s = 18000};
}

static struct rate steady(uint32_t an_hour, uint32_t hours)
{
	struct rate rate = {0};

	for (uint32_t i = 0; i < hours; i++)
		rate_add(&rate, BEGIN_H + i, an_hour);
	return rate;
}

static void a_pool_where_nothing_happens_needs_nothing(void **state)
{
	struct rate rate = {0};
	struct forecast_ask ask = plain(&rate, (int64_t)BEGIN_H * 3600);
	struct forecast forecast = forecast_make(&ask);

	(void)state;
	assert_int_equal(forecast.wanted, 0);
	assert_int_equal(forecast.why, FORECAST_NOTHING);
}

static void more_lead_time_or_less_risk_needs_more(void **state)
{
	struct rate rate = steady(60, 48);
	struct forecast_ask ask = plain(&rate, (int64_t)(BEGIN_H + 48) * 3600);

	(void)state;
	ask.in_use = 60; /* half of what is to be expected at any time */
	uint32_t usual = forecast_make(&ask).wanted;
	ask.lead_s = 3600;
	uint32_t slow = forecast_make(&ask).wanted;
	ask.stockout = 0.00001;
	uint32_t careful = forecast_make(&ask).wanted;
	assert_true(usual > 60 && slow > usual && careful > slow);
	ask.placed = 10;
	assert_int_equal(forecast_make(&ask).wanted, careful + 20);
}

static void a_shared_pool_needs_pairs_for_its_busiest_party(void **state)
{
	struct rate rate = steady(60, 48);
	struct forecast_ask ask = plain(&rate, (int64_t)(BEGIN_H + 48) * 3600);

	(void)state;
	ask.mode = POOL_SHARED;
	ask.busiest_pairs = 25;
	ask.in_use = 120;
	struct forecast forecast = forecast_make(&ask);
	assert_int_equal(forecast.why, FORECAST_PAIRS);
	assert_true(forecast.wanted >= 30 && forecast.wanted <= 45); /* 25 / 0.85, and a margin */
	ask.busiest_pairs = 1;
	ask.in_use = 12000;
	forecast = forecast_make(&ask);
	assert_int_equal(forecast.why, FORECAST_PLACES);
	assert_true(forecast.wanted >= 120 && forecast.wanted < 130);
}

static void a_shared_pool_that_is_asked_for_at_all_has_two(void **state)
{
	struct rate rate = {0};
	struct forecast_ask ask = plain(&rate, (int64_t)BEGIN_H * 3600);

	(void)state;
	ask.mode = POOL_SHARED;
	ask.placed = 1;
	assert_int_equal(forecast_make(&ask).wanted, 2);
}

static void numbers_last_until_more_are_needed(void **state)
{
	struct rate rate = steady(10, 24), none = {0};
	struct forecast_ask ask = plain(&rate, (int64_t)(BEGIN_H + 24) * 3600);
	double before = -1;

	(void)state;
	/* Ten orders an hour that hold two numbers for an hour need 20 and a margin, however long one looks. */
	assert_true(forecast_lasts(&ask, 100) < 0);
	assert_true(forecast_lasts(&ask, 0) < 60);
	for (uint32_t have = 4; have < 30; have += 2) {
		double lasts = forecast_lasts(&ask, have);
		assert_true(lasts < 0 || lasts >= before);
		ask.lead_s = lasts;
		if (lasts > 0)
			assert_true(forecast_make(&ask).wanted <= have);
		ask.lead_s = lasts * 17 / 16 + 61;
		if (lasts >= 0)
			assert_true(forecast_make(&ask).wanted > have);
		before = lasts < 0 ? before : lasts;
	}
	ask.rate = &none;
	assert_true(forecast_lasts(&ask, 0) < 0); /* nothing comes: none lasts for ever */
}

static void a_number_that_can_not_be_is_bounded(void **state)
{
	struct rate rate = steady(UINT32_MAX, 48);
	struct forecast_ask ask = plain(&rate, (int64_t)(BEGIN_H + 48) * 3600);

	(void)state;
	ask.lead_s = 1e30;
	assert_int_equal(forecast_make(&ask).wanted, 2000000);
	ask.hold_s = 0;
	assert_true(forecast_make(&ask).wanted <= 2000000);
}

/* --- a town --- */

#define WEEKS 5
#define OPEN_MAX 4000
#define DELIVERIES_MAX 4096

struct town {
	uint64_t seed;
	double hold_s, lead_s, stockout, peak; /* orders an hour at noon */
	struct rate rate;
	double ends[OPEN_MAX]; /* when each order that holds a VN gives it back; unordered */
	int open;
	double due[DELIVERIES_MAX]; /* of VNs that are on their way */
	int due_n;
	uint32_t stock;
	/* measured after the first two weeks */
	double orders, refused, spans, spans_short, stock_sum, open_most;
	int64_t ticks;
};

/* By the hour of the day, with weekends half as busy again. */
static double intensity(const struct town *town, double s)
{
	double hour = fmod(s / HOUR_S, 24), day = fmod(s / HOUR_S / 24, 7);

	return town->peak * (0.15 + 0.85 * pow(sin(hour / 24 * 3.14159265), 4)) * (day >= 5 ? 1.5 : 1);
}

static void give_back(struct town *town, double now)
{
	for (int i = 0; i < town->open;)
		if (town->ends[i] <= now)
			town->ends[i] = town->ends[--town->open];
		else
			i++;
	for (int i = 0; i < town->due_n;)
		if (town->due[i] <= now) {
			town->due[i] = town->due[--town->due_n];
			town->stock++;
		} else {
			i++;
		}
}

static void order_more(struct town *town, double now)
{
	struct forecast_ask ask = {.rate = &town->rate, .now_s = (int64_t)now, .mode = POOL_EXCLUSIVE, .vns_an_order = 1,
		.lead_s = town->lead_s, .stockout = town->stockout, .hold_s = town->hold_s,
		.in_use = (uint32_t)town->open};
	uint32_t wanted = forecast_make(&ask).wanted;

	while (wanted > town->stock + (uint32_t)town->due_n && town->due_n < DELIVERIES_MAX)
		town->due[town->due_n++] = now + town->lead_s;
}

static void simulate(struct town *town)
{
	double begin = (double)BEGIN_H * HOUR_S, end = begin + WEEKS * 7 * 24 * HOUR_S, judged = begin + 14 * 24 * HOUR_S;
	double ceiling = town->peak * 1.5, now = begin, looked = 0, span_end = judged;
	bool was_short = false;

	for (;;) {
		now += exponential(&town->seed, HOUR_S / ceiling);
		if (now >= end)
			break;
		give_back(town, now);
		if (now >= judged)
			for (; now >= span_end; span_end += town->lead_s) {
				town->spans++;
				town->spans_short += was_short;
				was_short = false;
			}
		if (uniform(&town->seed) < intensity(town, now - begin) / ceiling) {
			rate_add(&town->rate, (uint32_t)(now / HOUR_S), 1);
			town->orders += now >= judged;
			if (town->open < (int)town->stock && town->open < OPEN_MAX) {
				/* Half to one and a half of the mean. */
				town->ends[town->open++] = now + town->hold_s * (0.5 + uniform(&town->seed));
			} else if (now >= judged) {
				town->refused++;
				was_short = true;
			}
		}
		if (now - looked >= 60) {
			looked = now;
			order_more(town, now);
			if (now >= judged) {
				town->ticks++;
				town->stock_sum += town->stock;
				town->open_most = fmax(town->open_most, town->open);
			}
		}
	}
}

static double simulate_and_tell(struct town *town)
{
	simulate(town);
	double share = town->spans_short / town->spans, hoard = town->stock_sum / (double)town->ticks / town->open_most;

	printf("# peak %.0f/h, hold %.0f s, lead %.0f s, stockout %g: short in %.0f of %.0f spans (%.5f), %.0f of %.0f orders "
	       "refused; stock %.2f of the most that were in use at a time\n", town->peak, town->hold_s, town->lead_s,
		town->stockout, town->spans_short, town->spans, share, town->refused, town->orders, hoard);
	return hoard;
}

static void a_town_that_buys_by_it_runs_out_as_seldom_as_was_asked(void **state)
{
	/* The longer the way and the smaller the pool, the more it has to have in hand. */
	const struct {
		double peak, hold_s, lead_s, stockout, hoard_max;
	} towns[] = {
		{120, 3600, 300, 0.001, 1.3},
		{120, 3600, 4 * HOUR_S, 0.001, 1.8},
		{60, 4 * HOUR_S, 900, 0.001, 1.4},
		{20, 1800, 24 * HOUR_S, 0.01, 4},
		{400, 1800, 300, 0.0001, 1.3},
	};
	uint64_t seed = test_seed();

	(void)state;
	for (size_t i = 0; i < sizeof towns / sizeof *towns; i++) {
		struct town *town = calloc(1, sizeof *town);
		assert_non_null(town);
		*town = (struct town){.seed = seed + i, .peak = towns[i].peak, .hold_s = towns[i].hold_s,
			.lead_s = towns[i].lead_s, .stockout = towns[i].stockout};
		double hoard = simulate_and_tell(town), meant = town->stockout * town->spans;
		/* Three standard deviations of a count with the mean that was asked for. */
		assert_true(town->spans_short <= meant + 3 * sqrt(meant) + 1);
		assert_true(hoard < towns[i].hoard_max);
		free(town);
	}
}

static void a_town_that_puts_up_with_more_does_run_out(void **state)
{
	struct town *town = calloc(1, sizeof *town);

	(void)state;
	assert_non_null(town);
	*town = (struct town){.seed = test_seed(), .peak = 120, .hold_s = 3600, .lead_s = 300, .stockout = 0.5};
	assert_true(simulate_and_tell(town) < 1.1);
	assert_true(town->spans_short > 0);
	free(town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tail_of_the_normal_distribution_is_known),
		cmocka_unit_test(a_pool_where_nothing_happens_needs_nothing),
		cmocka_unit_test(more_lead_time_or_less_risk_needs_more),
		cmocka_unit_test(a_shared_pool_needs_pairs_for_its_busiest_party),
		cmocka_unit_test(a_shared_pool_that_is_asked_for_at_all_has_two),
		cmocka_unit_test(numbers_last_until_more_are_needed),
		cmocka_unit_test(a_number_that_can_not_be_is_bounded),
		cmocka_unit_test(a_town_that_buys_by_it_runs_out_as_seldom_as_was_asked),
		cmocka_unit_test(a_town_that_puts_up_with_more_does_run_out),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
