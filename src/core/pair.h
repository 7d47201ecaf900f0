/* pair: the writer's set of (person, VN): what is open, what cools, whom a VN stands for.
 *
 * An entry is 16 bytes: person (first 8 bytes of the key) | VN id 24 bits, `stands` 8 bits | until.
 * Four entries fill a cache line; probing as in route.h (overflow counters), load at most 0.85.
 * Two people whose keys share 8 bytes are taken for one here: a VN is then passed over without need,
 * nothing worse (chance 10^-5 among 20 million people).
 *
 * Threads: writer only. Cost: O(1) expected. Expired cooling entries are dropped by pairs_sweep().
 */
#ifndef CORE_PAIR_H
#define CORE_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PAIR_OPEN UINT32_MAX /* `until` of a pair that an open session holds */
#define PAIR_STANDS_MAX 255

struct pair {
	uint32_t until; /* 0: not taken; PAIR_OPEN; else cooling until then (epoch seconds) */
	uint8_t stands; /* in how many open sessions the VN stands for that person */
};

struct pairs;

struct pairs *pairs_new(uint32_t max, uint64_t seed);
void pairs_free(struct pairs *pairs);

/* {0, 0} when there is no entry. */
struct pair pair_get(const struct pairs *pairs, uint64_t person, uint32_t vn);
/* The processor begins to bring from memory what the others will look at. Changes nothing. */
void pair_soon(const struct pairs *pairs, uint64_t person, uint32_t vn);

/* Sets both fields; {0, 0} takes the entry out. ERR_LIMIT_REACHED when full and it is not there;
 * a change of an entry that is there, and taking out, never fail. */
MUST_CHECK enum err pair_set(struct pairs *pairs, uint64_t person, uint32_t vn, struct pair pair);

/* Looks at up to `buckets` buckets, going round, and ends what has cooled: `until` <= now becomes 0, told by `gone`
 * (NULL: to nobody), which must not change the set. Entries with stands 0 go. Returns how many went. */
typedef void pair_gone(void *context, uint64_t person, uint32_t vn);
uint32_t pairs_sweep(struct pairs *pairs, uint32_t now, uint32_t buckets, pair_gone *gone, void *context);

/* All that are taken, in no order. O(max). */
typedef void pair_each(void *context, uint64_t person, uint32_t vn, struct pair pair);
void pairs_each(const struct pairs *pairs, pair_each *each, void *context);

uint32_t pairs_count(const struct pairs *pairs);
uint32_t pairs_max(const struct pairs *pairs);
uint32_t pairs_buckets(const struct pairs *pairs); /* so many are a round of the sweep */
size_t pairs_bytes(const struct pairs *pairs);

#endif
