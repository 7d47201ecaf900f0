/* index: hash -> slot, for things that lie in an array and know their own hash.
 *
 * Open addressing by cells of 4 bytes, load at most 0.7, deletion by shifting back. The bits of a cell that `max` slots
 * leave hold a tag of the hash, so that few slots of other hashes are looked at: with 10 million slots one in 256 of the
 * cells that are passed. Threads: one.
 */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index;

/* At most `max` slots. `hash_of` tells the hash of a slot that is in. NULL without memory. */
struct index *index_new(uint32_t max, uint64_t (*hash_of)(const void *context, uint32_t slot), const void *context);
void index_free(struct index *index);

/* The first slot of that hash for which `is` says yes; INDEX_NONE. */
uint32_t index_find(const struct index *index, uint64_t hash, bool (*is)(const void *context, uint32_t slot),
	const void *context);
/* The processor begins to bring from memory where that hash belongs. Changes nothing. */
void index_soon(const struct index *index, uint64_t hash);

/* A slot below `max`. The caller keeps count: never more than `max`. */
void index_add(struct index *index, uint64_t hash, uint32_t slot);

/* It must be in. */
void index_remove(struct index *index, uint64_t hash, uint32_t slot);

size_t index_bytes(const struct index *index);

#endif
