#include "serve/recent.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

struct entry {
	struct recent_key key;
	struct recent_value value;
};

struct change {
	uint32_t at; /* in the ring */
	bool added;
	struct recent_value before; /* unless added */
};

/* A ring of entries in the order of their coming, and an open-addressed table of ring positions + 1. */
struct recent {
	struct entry *ring;
	uint32_t ring_size, oldest, count, max;
	uint32_t *table;
	uint32_t table_mask;
	uint64_t seed;
	struct change *changes;
	uint32_t changes_n, changes_max;
};

struct recent *recent_new(uint32_t max, uint32_t batch_max, uint64_t seed)
{
	struct recent *recent = calloc(1, sizeof *recent);
	uint64_t table_size = 64;

	ASSERT(max > 0 && batch_max > 0 && (uint64_t)max + batch_max < UINT32_MAX / 4);
	if (!recent)
		return NULL;
	recent->max = max;
	/* Room for a whole batch, so that nothing need be forgotten before the batch is sure. */
	recent->ring_size = max + batch_max;
	while (table_size < (uint64_t)recent->ring_size * 3 / 2)
		table_size *= 2;
	recent->table_mask = (uint32_t)(table_size - 1);
	recent->seed = seed;
	recent->changes_max = batch_max;
	recent->ring = memory_map(recent->ring_size * sizeof *recent->ring);
	recent->table = memory_map(table_size * sizeof *recent->table);
	recent->changes = memory_map(batch_max * sizeof *recent->changes);
	if (!recent->ring || !recent->table || !recent->changes) {
		recent_free(recent);
		return NULL;
	}
	return recent;
}

void recent_free(struct recent *recent)
{
	if (!recent)
		return;
	memory_unmap(recent->ring, recent->ring_size * sizeof *recent->ring);
	memory_unmap(recent->table, ((size_t)recent->table_mask + 1) * sizeof *recent->table);
	memory_unmap(recent->changes, recent->changes_max * sizeof *recent->changes);
	free(recent);
}

static uint32_t home(const struct recent *recent, const struct recent_key *key)
{
	return (uint32_t)hash_two(recent->seed, key->words[0], key->words[1]) & recent->table_mask;
}

static bool same(const struct recent_key *a, const struct recent_key *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* The table's place of the key, or the empty place where it would go. */
static uint32_t place(const struct recent *recent, const struct recent_key *key)
{
	uint32_t at = home(recent, key);

	while (recent->table[at] && !same(&recent->ring[recent->table[at] - 1].key, key))
		at = (at + 1) & recent->table_mask;
	return at;
}

/* Empties a place and moves up what was pushed on from there or before, so that probing needs no marks. */
static void clear_place(struct recent *recent, uint32_t hole)
{
	for (uint32_t at = (hole + 1) & recent->table_mask; recent->table[at]; at = (at + 1) & recent->table_mask) {
		uint32_t from = home(recent, &recent->ring[recent->table[at] - 1].key);
		if (((at - from) & recent->table_mask) < ((at - hole) & recent->table_mask))
			continue;
		recent->table[hole] = recent->table[at];
		hole = at;
	}
	recent->table[hole] = 0;
}

const struct recent_value *recent_find(const struct recent *recent, const struct recent_key *key)
{
	uint32_t found = recent->table[place(recent, key)];

	return found ? &recent->ring[found - 1].value : NULL;
}

enum err recent_put(struct recent *recent, const struct recent_key *key, const struct recent_value *value)
{
	uint32_t at = place(recent, key);
	uint32_t found = recent->table[at];

	if (recent->changes_n == recent->changes_max)
		return ERR_LIMIT_REACHED;
	struct change *change = &recent->changes[recent->changes_n++];
	if (found) {
		*change = (struct change){found - 1, false, recent->ring[found - 1].value};
		recent->ring[found - 1].value = *value;
		return ERR_OK;
	}
	ASSERT(recent->count < recent->ring_size);
	uint32_t slot = (uint32_t)(((uint64_t)recent->oldest + recent->count) % recent->ring_size);
	recent->ring[slot] = (struct entry){*key, *value};
	recent->table[at] = slot + 1;
	recent->count++;
	*change = (struct change){.at = slot, .added = true};
	return ERR_OK;
}

uint32_t recent_mark(const struct recent *recent)
{
	return recent->changes_n;
}

void recent_undo(struct recent *recent, uint32_t mark)
{
	ASSERT(mark <= recent->changes_n);
	while (recent->changes_n > mark) {
		const struct change *change = &recent->changes[--recent->changes_n];
		struct entry *entry = &recent->ring[change->at];
		if (change->added) {
			clear_place(recent, place(recent, &entry->key));
			recent->count--;
		} else {
			entry->value = change->before;
		}
	}
}

void recent_commit(struct recent *recent)
{
	recent->changes_n = 0;
	while (recent->count > recent->max)
		recent_forget_oldest(recent);
}

const struct recent_value *recent_oldest(const struct recent *recent)
{
	return recent->count ? &recent->ring[recent->oldest].value : NULL;
}

void recent_forget_oldest(struct recent *recent)
{
	ASSERT(recent->count > 0 && recent->changes_n == 0);
	clear_place(recent, place(recent, &recent->ring[recent->oldest].key));
	recent->oldest = (recent->oldest + 1) % recent->ring_size;
	recent->count--;
}

uint32_t recent_count(const struct recent *recent)
{
	return recent->count;
}
