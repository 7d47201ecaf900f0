/* rate: how many orders a pool gets, hour by hour, and how many are to be expected.
 *
 * An hour to come is expected to be as the same hour of the week was in the weeks before, times how much more (or less) the last
 * hours were than theirs. Without such a past the last hours alone count. What is expected is uncertain beyond chance, too:
 * rate_spread() tells by how much.
 *
 * Time: whole hours since the epoch, seconds within one. Memory: the caller's, 3.4 KB. Pure.
 */
#ifndef CORE_RATE_H
#define CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_WEEK_H 168
#define RATE_HOURS (5 * RATE_WEEK_H)
#define RATE_AHEAD_H (8 * 24 + 2)

struct rate {
	uint32_t first; /* the earliest hour that is known; 0: none */
	uint32_t last;  /* the latest; hours after it had no orders, if they are over */
	uint32_t orders[RATE_HOURS]; /* by hour % RATE_HOURS */
};

/* Orders of an hour. Hours older than RATE_HOURS before the latest are ignored; so are those before the latest but for the
 * sum of rate_set, which replaces (start: what the store has, any order). */
void rate_add(struct rate *rate, uint32_t hour, uint32_t orders);
void rate_set(struct rate *rate, uint32_t hour, uint32_t orders);
/* False: nothing is known of it. `now_s` tells up to when "nothing" means none. */
bool rate_known(const struct rate *rate, int64_t now_s, uint32_t hour);
uint32_t rate_of(const struct rate *rate, uint32_t hour); /* 0 where nothing is known */

/* Orders a second now, by the last three hours at most. */
double rate_now(const struct rate *rate, int64_t now_s);

/* What is to be expected: made once, asked for any hour ahead. 3.2 KB. */
struct rate_outlook {
	const struct rate *rate;
	int64_t now_s;
	double now;    /* orders a second, as rate_now */
	double level;  /* the last hours against the same of earlier weeks; 1: as ever */
	double spread; /* variance of an hour's orders over their mean, 1 (chance alone) .. 20 */
	double doubt;  /* how wrong the expectation itself may be: standard deviation over mean */
	/* By hour from this one on, as far as was asked: a forecast asks of the same hours again and again. */
	struct rate_hour {
		double each;   /* orders a second */
		double before; /* orders from now to its beginning */
	} hours[RATE_AHEAD_H];
	int hours_n;
};
struct rate_outlook rate_look(const struct rate *rate, int64_t now_s);
/* Orders between two times from now on, in seconds from now (0 <= from <= to <= 8 days). */
double rate_expect(struct rate_outlook *outlook, double from_s, double to_s);

#endif
