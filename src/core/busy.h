/* busy: how many pairs (core/pair.h) each person holds in a pool, and the most that anybody holds there. A shared pool runs
 * out of pairs for its busiest people and not of free VNs: whoever holds a pair with every VN of the pool can't be served.
 *
 * Whoever changes the set of pairs tells: a pair that is open or cools is held. One that has cooled is held until somebody
 * notices, so the figures are an upper bound, late by no more than the sweep is (engine_tick: a minute).
 *
 * Layout: buckets of a cache line, eight entries of 8 bytes: 40 bits of the hash of (pool, person), 24 bits of count.
 * Two people of one pool whose hashes share those bits and the bucket are taken for one: the most may then be too high (chance
 * below 10^-6 among 20 million people). Beside it for each pool how many people hold 1, 2, 3, ... pairs, from which the most
 * follows.
 *
 * Cost: O(1) expected a change, O(1) to ask. Memory: under 10 bytes a person, reserved at start; 4 bytes a VN.
 * Threads: writer only.
 */
#ifndef CORE_BUSY_H
#define CORE_BUSY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct busy;

/* At most `max` people that hold a pair, counted once in each pool. NULL without memory. */
struct busy *busy_new(uint32_t max, uint32_t pools, uint64_t seed);
void busy_free(struct busy *busy);

/* The pool has so many VNs: nobody can hold more pairs. Only ever more. ERR_LIMIT_REACHED: no memory. */
MUST_CHECK enum err busy_room(struct busy *busy, uint16_t pool, uint32_t vns);

/* `person` holds one pair more, one less. The caller keeps count: no more than `max` people, none below 0. */
void busy_more(struct busy *busy, uint16_t pool, uint64_t person);
void busy_less(struct busy *busy, uint16_t pool, uint64_t person);
/* The processor begins to bring from memory what both will look at. Changes nothing. */
void busy_soon(const struct busy *busy, uint16_t pool, uint64_t person);

/* What the one who holds most holds; 0: nobody holds any. */
uint32_t busy_most(const struct busy *busy, uint16_t pool);

size_t busy_bytes(const struct busy *busy);

#endif
