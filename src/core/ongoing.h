/* ongoing: calls that go on now, by session: how many of one session there are at a time.
 *
 * A call begins when it is connected and ends when its provider says so, or at a time that it can't outlast, if no
 * report ever comes. The same call asked about again (a provider's second try) is the same call.
 *
 * Memory: 40 bytes a call, reserved at start. At the maximum no further call begins; what is over makes room before.
 * Cost: O(calls of the session). Threads: one at a time (callers lock).
 */
#ifndef CORE_ONGOING_H
#define CORE_ONGOING_H

#include <stdbool.h>
#include <stdint.h>

struct ongoing;

struct ongoing_call {
	uint64_t key;     /* keyed hash of provider, account and the provider's call id */
	uint64_t session;
	int64_t until_ms; /* it is over by then */
};

struct ongoing *ongoing_new(uint32_t max, uint64_t seed);
void ongoing_free(struct ongoing *ongoing);

/* False: `at_once` others of the session go on, or `max` calls in all. */
bool ongoing_begin(struct ongoing *ongoing, const struct ongoing_call *call, uint32_t at_once, int64_t now_ms);

/* Not there: nothing. */
void ongoing_end(struct ongoing *ongoing, uint64_t key);

uint32_t ongoing_count(const struct ongoing *ongoing);

#endif
