#include "core/forecast.h"

#include <math.h>

#include "base/check.h"

#define HOUR_S 3600.0
#define OCCUPANCY 0.85
#define QUARTERS 4
#define LEAN_FROM 5
#define WANTED_MAX 1000000.0
#define LASTS_LEAST_S 60.0

const char *const forecast_why_words[] = {
	"nothing", "free_vns", "pairs_of_the_busiest", "sessions_on_a_vn", NULL};

double forecast_normal_tail(double p)
{
	ASSERT(p > 0 && p < 1);
	double q = p < 0.5 ? p : 1 - p, t = sqrt(-2 * log(q));
	double z = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) /
			       (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);

	return p < 0.5 ? z : -z;
}

/* What is not exceeded but with the chance that `z` stands for, of something with that mean and variance. A count
 * leans to the right: the second term (Cornish and Fisher) is for that; without it small counts come out short. */
static double bound(double z, double mean, double variance, double lean)
{
	return mean + z * sqrt(variance) + fmax(z * z - 1, 0) / 6 * lean;
}

/* Where next to nothing comes there is nothing to lean. */
static double lean_of(double each, double came)
{
	return each * fmin(1, LEAN_FROM * came);
}

/* Chances add up: a pool may run out at any of several times that have little to do with one another. */
static double margin_of(const struct forecast_ask *ask, double lead, double hold)
{
	return forecast_normal_tail(ask->stockout / (1 + lead / hold));
}

/* Units (VNs, places) that are needed `s` seconds from now. */
static double need_at(const struct forecast_ask *ask, struct rate_outlook *outlook, double z, double hold, double s)
{
	double each = ask->vns_an_order;
	double left = fmax(1 - s / hold, 0), came = rate_expect(outlook, fmax(s - hold, 0), s);
	double mean = ask->in_use * left + each * came;
	double variance = each * ask->in_use * left * (1 - left) + each * each * came * outlook->spread;

	variance += pow(each * came * outlook->doubt, 2);
	return bound(z, mean, variance, lean_of(each, came)) + each * ask->placed;
}

/* The most that is needed at any time until then; what is more than `enough` may be less than the most. */
static double need_until(const struct forecast_ask *ask, struct rate_outlook *outlook, double lead, double hold, double enough)
{
	double z = margin_of(ask, lead, hold), most = 0, first = fmin(lead, hold);

	for (int i = 0; i <= QUARTERS; i++)
		most = fmax(most, need_at(ask, outlook, z, hold, first * i / QUARTERS));
	for (double s = HOUR_S; s < lead && most <= enough; s += HOUR_S)
		most = fmax(most, need_at(ask, outlook, z, hold, s));
	return fmax(most, need_at(ask, outlook, z, hold, lead));
}

/* The busiest party's pairs: orders come to it as they do now, or as much more often as they do to everybody. */
static double pairs_until(const struct forecast_ask *ask, struct rate_outlook *outlook, double lead)
{
	double hold = fmax(ask->pair_s, 1), span = fmin(lead, hold), held = ask->busiest_pairs;
	double now = outlook->now, ahead = span > 0 ? rate_expect(outlook, 0, span) / span : now;
	double growth = now > 0 ? fmin(fmax(ahead / now, 1), 4) : 1;
	double came = held / hold * growth * span, left = 1 - span / hold;
	double variance = held * left * (1 - left) + came * outlook->spread + pow(came * outlook->doubt, 2);

	return bound(margin_of(ask, lead, hold), held * left + came, variance, lean_of(1, came)) / OCCUPANCY;
}

static uint32_t whole(double units)
{
	return (uint32_t)ceil(fmin(fmax(units, 0), WANTED_MAX));
}

/* With more units than `enough` it says so, if not how many more. */
static struct forecast make(const struct forecast_ask *ask, struct rate_outlook *outlook, double enough)
{
	ASSERT(ask->stockout > 0 && ask->stockout <= 0.5 && ask->vns_an_order >= 1);
	double lead = fmin(fmax(ask->lead_s, 1), FORECAST_LEAD_MAX_S), hold = fmax(ask->hold_s, 1);
	struct forecast forecast = {.orders = rate_expect(outlook, 0, lead)};

	if (forecast.orders <= 0 && ask->in_use == 0 && ask->placed == 0 && ask->busiest_pairs == 0)
		return forecast;
	double units = need_until(ask, outlook, lead, hold, enough);
	if (ask->mode == POOL_EXCLUSIVE) {
		/* In whole orders: with half of what one takes nobody is served. */
		forecast.wanted = whole(units / ask->vns_an_order) * ask->vns_an_order;
		forecast.why = FORECAST_FREE;
		return forecast;
	}
	uint32_t places = whole(units / ask->per_vn_max), pairs = whole(pairs_until(ask, outlook, lead));
	/* Two people need two numbers, whatever the sums say. */
	uint32_t least = ask->vns_an_order;
	forecast.wanted = places > pairs ? places : pairs;
	if (forecast.wanted < least)
		forecast.wanted = least;
	forecast.why = places > pairs ? FORECAST_PLACES : FORECAST_PAIRS;
	return forecast;
}

struct forecast forecast_make(const struct forecast_ask *ask)
{
	struct rate_outlook outlook = rate_look(ask->rate, ask->now_s);

	return make(ask, &outlook, INFINITY);
}

/* What is needed only grows with the time that is looked at. */
double forecast_lasts(const struct forecast_ask *ask, uint32_t have)
{
	struct rate_outlook outlook = rate_look(ask->rate, ask->now_s);
	struct forecast_ask until = *ask;
	double enough = 0, short_at = FORECAST_LEAD_MAX_S;
	double units = (double)have * (ask->mode == POOL_EXCLUSIVE ? 1 : ask->per_vn_max);

	until.lead_s = short_at;
	if (make(&until, &outlook, units).wanted <= have)
		return -1;
	while (short_at - enough > fmax(LASTS_LEAST_S, enough / 16)) {
		until.lead_s = (enough + short_at) / 2;
		if (make(&until, &outlook, units).wanted <= have)
			enough = until.lead_s;
		else
			short_at = until.lead_s;
	}
	return enough;
}
