#include "core/rate.h"

#include <math.h>

#include "base/check.h"

#define HOUR_S 3600
#define WEEKS_BACK 4
#define RECENT_H 3          /* full hours that tell how it is going now, and the one under way */
#define SPREAD_H 48         /* hours that tell how far things stray */
#define STEADY 6.0          /* orders of prior belief that all is as ever: keeps small numbers from swinging */
#define LEVEL_MIN 0.25
#define LEVEL_MAX 4.0
#define SPREAD_MAX 20.0
#define BEGUN_S 600         /* an hour that has just begun is not judged by less */
#define DOUBT_OLD 0.1       /* with weeks of past */
#define DOUBT_YOUNG 0.3     /* with less than a day */
#define YOUNG_H 24

static uint32_t hour_of(int64_t now_s)
{
	return (uint32_t)(now_s / HOUR_S);
}

/* Hours that turn over become empty. */
static void go_to(struct rate *rate, uint32_t hour)
{
	if (!rate->first) {
		rate->first = rate->last = hour;
		return;
	}
	if (hour <= rate->last)
		return;
	uint32_t steps = hour - rate->last;
	for (uint32_t i = 0; i < steps && i < RATE_HOURS; i++)
		rate->orders[(hour - i) % RATE_HOURS] = 0;
	rate->last = hour;
	if (rate->last - rate->first >= RATE_HOURS)
		rate->first = rate->last - RATE_HOURS + 1;
}

static bool has(const struct rate *rate, uint32_t hour)
{
	return rate->first && hour >= rate->first && hour <= rate->last;
}

void rate_add(struct rate *rate, uint32_t hour, uint32_t orders)
{
	go_to(rate, hour);
	if (has(rate, hour))
		rate->orders[hour % RATE_HOURS] += orders;
}

void rate_set(struct rate *rate, uint32_t hour, uint32_t orders)
{
	go_to(rate, hour);
	if (hour < rate->first && rate->last - hour < RATE_HOURS) {
		for (uint32_t between = hour; between < rate->first; between++)
			rate->orders[between % RATE_HOURS] = 0;
		rate->first = hour;
	}
	if (has(rate, hour))
		rate->orders[hour % RATE_HOURS] = orders;
}

bool rate_known(const struct rate *rate, int64_t now_s, uint32_t hour)
{
	uint32_t end = hour_of(now_s);

	if (end < rate->last)
		end = rate->last;
	return rate->first && hour >= rate->first && hour <= end && end - hour < RATE_HOURS;
}

uint32_t rate_of(const struct rate *rate, uint32_t hour)
{
	return has(rate, hour) ? rate->orders[hour % RATE_HOURS] : 0;
}

double rate_now(const struct rate *rate, int64_t now_s)
{
	uint32_t hour = hour_of(now_s);
	double orders = 0, seconds = 0;

	if (!rate->first || rate->first > hour)
		return 0;
	for (uint32_t back = 1; back <= RECENT_H && hour >= back && hour - back >= rate->first; back++) {
		orders += rate_of(rate, hour - back);
		seconds += HOUR_S;
	}
	orders += rate_of(rate, hour);
	seconds += (double)(now_s % HOUR_S);
	return orders / fmax(seconds, BEGUN_S);
}

/* Mean of that hour of the week in the weeks before; -1: unknown. */
static double usual(const struct rate *rate, int64_t now_s, uint32_t hour)
{
	double sum = 0;
	int n = 0;

	for (uint32_t week = 1; week <= WEEKS_BACK; week++) {
		uint32_t then = hour - week * RATE_WEEK_H;
		/* Hours that are not over say too little. */
		if (then >= hour_of(now_s) || !rate_known(rate, now_s, then))
			continue;
		sum += rate_of(rate, then);
		n++;
	}
	return n ? sum / n : -1;
}

static double level_of(const struct rate *rate, int64_t now_s)
{
	uint32_t hour = hour_of(now_s);
	double was = 0, is = 0, begun = (double)(now_s % HOUR_S) / HOUR_S;

	for (uint32_t back = 0; back <= RECENT_H; back++) {
		double then = usual(rate, now_s, hour - back);
		if (then < 0 || !rate_known(rate, now_s, hour - back))
			continue;
		was += then * (back ? 1 : begun);
		is += rate_of(rate, hour - back);
	}
	return fmin(fmax((is + STEADY) / (was + STEADY), LEVEL_MIN), LEVEL_MAX);
}

/* How far hours were from what their weeks before said, against chance alone. */
static double spread_of(const struct rate *rate, int64_t now_s)
{
	double squares = 0, means = 0;
	uint32_t hour = hour_of(now_s);

	for (uint32_t back = 1; back <= SPREAD_H; back++) {
		double then = usual(rate, now_s, hour - back);
		if (then < 0 || !rate_known(rate, now_s, hour - back))
			continue;
		double off = rate_of(rate, hour - back) - then;
		squares += off * off;
		means += then;
	}
	return means < STEADY ? 1 : fmin(fmax(squares / means, 1), SPREAD_MAX);
}

struct rate_outlook rate_look(const struct rate *rate, int64_t now_s)
{
	uint32_t hour = hour_of(now_s);
	struct rate_outlook outlook = {.rate = rate, .now_s = now_s, .level = 1, .spread = 1, .doubt = DOUBT_YOUNG};

	if (!rate->first)
		return outlook;
	outlook.now = rate_now(rate, now_s);
	outlook.level = level_of(rate, now_s);
	outlook.spread = spread_of(rate, now_s);
	if (hour > rate->first && hour - rate->first >= YOUNG_H)
		outlook.doubt = DOUBT_OLD;
	return outlook;
}

/* Orders a second in an hour. */
static double expect_in(const struct rate_outlook *outlook, uint32_t hour)
{
	double then = usual(outlook->rate, outlook->now_s, hour);

	return then < 0 ? outlook->now : then * outlook->level / HOUR_S;
}

/* The hour that begins so many hours after this one began. */
static const struct rate_hour *hour_ahead(struct rate_outlook *outlook, int ahead)
{
	struct rate_hour *hours = outlook->hours;

	ASSERT(ahead < RATE_AHEAD_H);
	for (int i = outlook->hours_n; i <= ahead; i++) {
		double lasts = i == 1 ? (double)(HOUR_S - outlook->now_s % HOUR_S) : HOUR_S;
		hours[i] = (struct rate_hour){
			.each = expect_in(outlook, hour_of(outlook->now_s) + (uint32_t)i),
			.before = i ? hours[i - 1].before + hours[i - 1].each * lasts : 0,
		};
		outlook->hours_n = i + 1;
	}
	return &hours[ahead];
}

/* Orders from now to then. */
static double expect_until(struct rate_outlook *outlook, double until_s)
{
	double since_hour_s = (double)(outlook->now_s % HOUR_S) + until_s;
	int ahead = (int)(since_hour_s / HOUR_S);
	const struct rate_hour *hour = hour_ahead(outlook, ahead);

	return hour->before + hour->each * (ahead ? since_hour_s - (double)ahead * HOUR_S : until_s);
}

double rate_expect(struct rate_outlook *outlook, double from_s, double to_s)
{
	if (!outlook->rate->first || from_s >= to_s)
		return 0;
	return fmax(expect_until(outlook, to_s) - expect_until(outlook, from_s), 0);
}
