#include "core/index.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

struct index {
	uint32_t *cells; /* tag << bits | slot + 1; 0: empty */
	uint32_t size;
	uint32_t count, max;
	uint32_t slots; /* the mask of the low bits, which hold slot + 1 */
	int bits;
	uint64_t (*hash_of)(const void *context, uint32_t slot);
	const void *context;
};

struct index *index_new(uint32_t max, uint64_t (*hash_of)(const void *context, uint32_t slot), const void *context)
{
	struct index *index = calloc(1, sizeof *index);

	if (!index)
		return NULL;
	index->max = max;
	index->bits = 32 - __builtin_clz(max | 1);
	index->slots = index->bits == 32 ? UINT32_MAX : ((uint32_t)1 << index->bits) - 1;
	index->size = (uint32_t)((uint64_t)max * 10 / 7) + 16;
	index->hash_of = hash_of;
	index->context = context;
	index->cells = memory_map((size_t)index->size * sizeof *index->cells);
	if (!index->cells) {
		free(index);
		return NULL;
	}
	return index;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	memory_unmap(index->cells, (size_t)index->size * sizeof *index->cells);
	free(index);
}

static uint32_t next(const struct index *index, uint32_t at)
{
	return at + 1 == index->size ? 0 : at + 1;
}

/* Of the hash's low half: the high one says where the cell is. */
static uint32_t tag_of(const struct index *index, uint64_t hash)
{
	return (uint32_t)hash & ~index->slots;
}

static uint32_t slot_in(const struct index *index, uint32_t at)
{
	return (index->cells[at] & index->slots) - 1;
}

uint32_t index_find(const struct index *index, uint64_t hash, bool (*is)(const void *context, uint32_t slot),
	const void *context)
{
	uint32_t tag = tag_of(index, hash);

	for (uint32_t at = hash_reduce(hash, index->size); index->cells[at]; at = next(index, at))
		if ((index->cells[at] & ~index->slots) == tag && is(context, slot_in(index, at)))
			return slot_in(index, at);
	return INDEX_NONE;
}

void index_soon(const struct index *index, uint64_t hash)
{
	__builtin_prefetch(&index->cells[hash_reduce(hash, index->size)], 1);
}

void index_add(struct index *index, uint64_t hash, uint32_t slot)
{
	ASSERT(index->count < index->max && slot < index->max);
	uint32_t at = hash_reduce(hash, index->size);

	while (index->cells[at])
		at = next(index, at);
	index->cells[at] = tag_of(index, hash) | (slot + 1);
	index->count++;
}

/* May what has its home at `home` lie at `gap`, coming before `at` in probing order? */
static bool may_move(const struct index *index, uint32_t home, uint32_t gap, uint32_t at)
{
	uint32_t home_to_at = at >= home ? at - home : at + index->size - home;
	uint32_t gap_to_at = at >= gap ? at - gap : at + index->size - gap;

	return home_to_at >= gap_to_at;
}

void index_remove(struct index *index, uint64_t hash, uint32_t slot)
{
	uint32_t gap = hash_reduce(hash, index->size), cell = tag_of(index, hash) | (slot + 1);

	while (index->cells[gap] != cell) {
		ASSERT(index->cells[gap] != 0);
		gap = next(index, gap);
	}
	for (uint32_t at = next(index, gap); index->cells[at]; at = next(index, at)) {
		uint32_t home = hash_reduce(index->hash_of(index->context, slot_in(index, at)), index->size);
		if (may_move(index, home, gap, at)) {
			index->cells[gap] = index->cells[at];
			gap = at;
		}
	}
	index->cells[gap] = 0;
	index->count--;
}

size_t index_bytes(const struct index *index)
{
	return (size_t)index->size * sizeof *index->cells;
}
