/* blocks: who may not ring whom, read by all workers without a lock while one writer changes it.
 *
 * A block is of one pool and one person's number, against everybody there or (point to point) against one other
 * number. Its direction is seen from that first number: `from` bars its calls, `to` bars calls to it.
 *
 * Layout: open addressing in cells of 24 bytes at a load of at most a half, one sequence counter for the whole table
 * (odd while the writer is in it): changes are rare, so a reader hardly ever looks twice; it neither waits for the
 * writer nor holds it up. How many blocks each pool has is counted beside it: a pool without any costs one look.
 *
 * Memory: one mapping, made at start. Threads: blocks_any, blocks_find and blocks_bar from any thread; the rest from
 * the writer alone (or before readers exist).
 */
#ifndef CORE_BLOCKS_H
#define CORE_BLOCKS_H

#include <stddef.h>

#include "core/number.h"

enum block_direction { BLOCK_BOTH, BLOCK_FROM, BLOCK_TO };
extern const char *const block_direction_words[]; /* NULL ends */

struct block_key {
	uint16_t pool;        /* index */
	struct number number;
	struct number with;   /* NUMBER_NONE: everybody in the pool */
};

struct blocks;

/* Room for `max` blocks (0: none) of pools 0..pools-1. NULL without memory. */
struct blocks *blocks_new(uint32_t max, uint32_t pools, uint64_t seed);
void blocks_free(struct blocks *blocks);

/* Has the pool any, be they over or not? */
bool blocks_any(const struct blocks *blocks, uint16_t pool);

/* True: such a block is there. `until`: epoch seconds, it holds while now < until; 0: for ever. */
bool blocks_find(const struct blocks *blocks, const struct block_key *key, enum block_direction *ret_direction,
	uint32_t *ret_until);

/* Is a call between two people of that pool barred at that time? `to` NUMBER_NONE: nobody is known to be called,
 * only blocks of the caller against everybody count. */
bool blocks_bar(const struct blocks *blocks, uint16_t pool, struct number from, struct number to, uint32_t now_s);

/* Writer. A new block, or another direction and end for one that is there. ERR_LIMIT_REACHED: `max` are there. */
MUST_CHECK enum err blocks_put(struct blocks *blocks, const struct block_key *key, enum block_direction direction,
	uint32_t until);

/* Writer. False: it was not there. */
bool blocks_drop(struct blocks *blocks, const struct block_key *key);

uint32_t blocks_count(const struct blocks *blocks); /* writer */
size_t blocks_bytes(const struct blocks *blocks);

#endif
