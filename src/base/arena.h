/* arena: memory that lives as long as one request or one batch, and is thrown away whole.
 *
 * Memory: blocks from the heap, at most `max` bytes in all. arena_reset() keeps the first block.
 * Threads: one at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *first;
	struct arena_block *last;
	size_t used; /* bytes of all blocks */
	size_t max;
	bool no_memory; /* the heap had none, since arena_init() or arena_reset(): what failed may be asked again */
};

void arena_init(struct arena *arena, size_t max);
void arena_done(struct arena *arena);
void arena_reset(struct arena *arena);

/* Overwrites all that was allocated, where secrets are in it; only before arena_done() or arena_reset(). */
void arena_wipe(struct arena *arena);

/* `size` zeroed bytes, aligned to 16; NULL past the maximum or without memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A terminated copy of s; NULL as above. */
char *arena_text(struct arena *arena, struct str s);

/* A copy of s in the arena; STR_NONE as above (ask `.at`). */
struct str arena_str(struct arena *arena, struct str s);

#endif
