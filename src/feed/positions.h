/* positions: how far each partition of the consumed topic was applied, as the writer knows it: what the store has, plus
 * what the open batch adds.
 *
 * Batches of one partition form a chain: each says from which position it goes on, so that one that failed is never
 * overtaken by a later one. Threads: the writer's alone once it runs. Limits: POSITIONS_MAX partitions.
 */
#ifndef FEED_POSITIONS_H
#define FEED_POSITIONS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define POSITIONS_MAX 2048
#define POSITION_NONE (-1)

struct positions {
	struct position {
		int32_t partition;
		int64_t next; /* POSITION_NONE: nothing was applied yet */
		bool back;    /* it was taken back since it was last set */
	} at[POSITIONS_MAX];
	int n;
};

/* POSITION_NONE: unknown. */
int64_t position_of(const struct positions *positions, int32_t partition);
/* ERR_LIMIT_REACHED: more partitions than POSITIONS_MAX. */
MUST_CHECK enum err position_set(struct positions *positions, int32_t partition, int64_t next);
/* Makes room for a partition, so that position_set() of it can't fail; moves nothing. ERR_LIMIT_REACHED. */
MUST_CHECK enum err position_expect(struct positions *positions, int32_t partition);
/* A batch was taken back: again as before it. Of several that were not stored together the first one counts, so they
 * are to be taken back in the order in which they ran. */
void position_back(struct positions *positions, int32_t partition, int64_t next);

#endif
