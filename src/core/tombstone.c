#include "core/tombstone.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

struct tombstones {
	struct tombstone *cells; /* hash 0: empty */
	uint32_t size, count, max, cursor;
};

struct tombstones *tombstones_new(uint32_t max)
{
	struct tombstones *tombstones = calloc(1, sizeof *tombstones);

	if (!tombstones)
		return NULL;
	tombstones->max = max;
	tombstones->size = (uint32_t)((uint64_t)max * 10 / 8) + 16;
	tombstones->cells = memory_map((size_t)tombstones->size * sizeof *tombstones->cells);
	if (!tombstones->cells) {
		free(tombstones);
		return NULL;
	}
	return tombstones;
}

void tombstones_free(struct tombstones *tombstones)
{
	if (!tombstones)
		return;
	memory_unmap(tombstones->cells, (size_t)tombstones->size * sizeof *tombstones->cells);
	free(tombstones);
}

static uint32_t next(const struct tombstones *tombstones, uint32_t at)
{
	return at + 1 == tombstones->size ? 0 : at + 1;
}

/* Its cell, or the empty one where it would go. */
static uint32_t cell_of(const struct tombstones *tombstones, uint64_t hash)
{
	uint32_t at = hash_reduce(hash, tombstones->size);

	while (tombstones->cells[at].hash && tombstones->cells[at].hash != hash)
		at = next(tombstones, at);
	return at;
}

const struct tombstone *tombstone_find(const struct tombstones *tombstones, uint64_t hash, uint32_t now)
{
	const struct tombstone *cell = &tombstones->cells[cell_of(tombstones, hash)];

	return cell->hash && cell->until > now ? cell : NULL;
}

void tombstone_put(struct tombstones *tombstones, const struct tombstone *tombstone)
{
	ASSERT(tombstone->hash != 0);
	struct tombstone *cell = &tombstones->cells[cell_of(tombstones, tombstone->hash)];

	if (!cell->hash) {
		ASSERT(tombstones->count < tombstones->max);
		tombstones->count++;
	}
	*cell = *tombstone;
}

static void take_out(struct tombstones *tombstones, uint32_t gap)
{
	for (uint32_t at = next(tombstones, gap); tombstones->cells[at].hash; at = next(tombstones, at)) {
		uint32_t home = hash_reduce(tombstones->cells[at].hash, tombstones->size);
		uint32_t home_to_at = at >= home ? at - home : at + tombstones->size - home;
		uint32_t gap_to_at = at >= gap ? at - gap : at + tombstones->size - gap;
		if (home_to_at >= gap_to_at) {
			tombstones->cells[gap] = tombstones->cells[at];
			gap = at;
		}
	}
	tombstones->cells[gap] = (struct tombstone){0};
	tombstones->count--;
}

void tombstone_remove(struct tombstones *tombstones, uint64_t hash)
{
	uint32_t at = cell_of(tombstones, hash);

	if (tombstones->cells[at].hash)
		take_out(tombstones, at);
}

void tombstones_sweep(struct tombstones *tombstones, uint32_t now, uint32_t cells)
{
	while (cells-- > 0) {
		struct tombstone *cell = &tombstones->cells[tombstones->cursor];
		if (cell->hash && cell->until <= now)
			take_out(tombstones, tombstones->cursor); /* another may have come into this cell: look again */
		else
			tombstones->cursor = next(tombstones, tombstones->cursor);
	}
}

uint32_t tombstones_count(const struct tombstones *tombstones)
{
	return tombstones->count;
}

size_t tombstones_bytes(const struct tombstones *tombstones)
{
	return (size_t)tombstones->size * sizeof *tombstones->cells;
}
