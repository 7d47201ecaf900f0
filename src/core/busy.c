#include "core/busy.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#define WAYS 8
#define TAG_BITS 40
#define PASSED_MAX 255 /* as in pair.c */

struct entry {
	uint64_t tag : TAG_BITS;
	uint64_t n : 24; /* 0: free */
};

struct bucket {
	struct entry entries[WAYS];
};
_Static_assert(sizeof(struct bucket) == 64, "eight entries fill a cache line");

struct pool_busy {
	uint32_t *people; /* [n]: how many hold n pairs; [0] is not used */
	uint32_t size, most;
};

struct busy {
	struct bucket *buckets;
	uint8_t *passed; /* by bucket: entries that live further on and passed here */
	struct pool_busy *pools;
	uint64_t seed;
	uint32_t buckets_n, pools_n;
	uint32_t count, max;
};

struct place_of {
	uint32_t home, bucket;
	uint64_t tag;
	struct entry *entry; /* NULL: none */
};

struct busy *busy_new(uint32_t max, uint32_t pools, uint64_t seed)
{
	ASSERT(max > 0 && pools > 0);
	struct busy *busy = calloc(1, sizeof *busy);
	if (!busy)
		return NULL;
	busy->max = max;
	busy->pools_n = pools;
	busy->seed = seed;
	busy->buckets_n = (uint32_t)((uint64_t)max * 100 / (85 * WAYS)) + 1;
	busy->buckets = memory_map(busy->buckets_n * sizeof *busy->buckets);
	busy->passed = memory_map(busy->buckets_n);
	busy->pools = memory_map(pools * sizeof *busy->pools);
	if (!busy->buckets || !busy->passed || !busy->pools) {
		busy_free(busy);
		return NULL;
	}
	return busy;
}

void busy_free(struct busy *busy)
{
	if (!busy)
		return;
	for (uint32_t i = 0; busy->pools && i < busy->pools_n; i++)
		free(busy->pools[i].people);
	memory_unmap(busy->buckets, busy->buckets_n * sizeof *busy->buckets);
	memory_unmap(busy->passed, busy->buckets_n);
	memory_unmap(busy->pools, busy->pools_n * sizeof *busy->pools);
	free(busy);
}

enum err busy_room(struct busy *busy, uint16_t index, uint32_t vns)
{
	ASSERT(index < busy->pools_n);
	struct pool_busy *pool = &busy->pools[index];
	uint32_t size = pool->size ? pool->size : 64;

	if (vns < pool->size)
		return ERR_OK;
	while (size <= vns)
		size *= 2;
	uint32_t *people = realloc(pool->people, size * sizeof *people);
	if (!people)
		return ERR_LIMIT_REACHED;
	memset(people + pool->size, 0, (size - pool->size) * sizeof *people);
	pool->people = people;
	pool->size = size;
	return ERR_OK;
}

static uint32_t after(const struct busy *busy, uint32_t bucket)
{
	return bucket + 1 == busy->buckets_n ? 0 : bucket + 1;
}

static struct place_of find(const struct busy *busy, uint16_t pool, uint64_t person)
{
	uint64_t hash = hash_two(busy->seed, person, pool);
	struct place_of place = {
		.home = hash_reduce(hash, busy->buckets_n), .tag = hash & (((uint64_t)1 << TAG_BITS) - 1)};

	place.bucket = place.home;
	do {
		struct entry *entries = busy->buckets[place.bucket].entries;
		for (int i = 0; i < WAYS; i++) {
			if (entries[i].n == 0 || entries[i].tag != place.tag)
				continue;
			place.entry = &entries[i];
			return place;
		}
		if (busy->passed[place.bucket] == 0)
			break;
		place.bucket = after(busy, place.bucket);
	} while (place.bucket != place.home);
	return place;
}

void busy_soon(const struct busy *busy, uint16_t pool, uint64_t person)
{
	uint32_t home = hash_reduce(hash_two(busy->seed, person, pool), busy->buckets_n);

	__builtin_prefetch(&busy->buckets[home], 1);
	__builtin_prefetch(&busy->passed[home]);
}

/* The load keeps below 1, so there is room somewhere. */
static struct entry *make_room(struct busy *busy, uint32_t home)
{
	ASSERT(busy->count < busy->max);
	busy->count++;
	for (uint32_t at = home;; at = after(busy, at)) {
		struct entry *entries = busy->buckets[at].entries;
		for (int i = 0; i < WAYS; i++)
			if (entries[i].n == 0)
				return &entries[i];
		if (busy->passed[at] < PASSED_MAX)
			busy->passed[at]++;
	}
}

static void take_out(struct busy *busy, const struct place_of *place)
{
	*place->entry = (struct entry){0};
	busy->count--;
	for (uint32_t at = place->home; at != place->bucket; at = after(busy, at)) {
		ASSERT(busy->passed[at] > 0);
		if (busy->passed[at] < PASSED_MAX)
			busy->passed[at]--;
	}
}

/* Two who are taken for one may hold more than there are VNs. */
static uint32_t *people_of(const struct pool_busy *pool, uint32_t n)
{
	return &pool->people[n < pool->size ? n : pool->size - 1];
}

static void leave(struct pool_busy *pool, uint32_t n)
{
	uint32_t *people = people_of(pool, n);

	*people -= *people > 0;
}

void busy_more(struct busy *busy, uint16_t index, uint64_t person)
{
	struct pool_busy *pool = &busy->pools[index];
	struct place_of place = find(busy, index, person);

	ASSERT(pool->size > 0);
	if (!place.entry) {
		place.entry = make_room(busy, place.home);
		*place.entry = (struct entry){.tag = place.tag};
	}
	uint32_t before = (uint32_t)place.entry->n;
	place.entry->n = before + 1;
	if (before)
		leave(pool, before);
	++*people_of(pool, before + 1);
	if (before + 1 > pool->most)
		pool->most = before + 1;
}

void busy_less(struct busy *busy, uint16_t index, uint64_t person)
{
	struct pool_busy *pool = &busy->pools[index];
	struct place_of place = find(busy, index, person);

	ASSERT(place.entry);
	uint32_t before = (uint32_t)place.entry->n;
	place.entry->n = before - 1;
	leave(pool, before);
	if (before > 1)
		++*people_of(pool, before - 1);
	else
		take_out(busy, &place);
	if (before == pool->most && *people_of(pool, before) == 0)
		pool->most--; /* whoever held most holds one less now */
}

uint32_t busy_most(const struct busy *busy, uint16_t pool)
{
	ASSERT(pool < busy->pools_n);
	return busy->pools[pool].most;
}

size_t busy_bytes(const struct busy *busy)
{
	size_t bytes = sizeof *busy + busy->buckets_n * (sizeof *busy->buckets + sizeof *busy->passed) +
		       busy->pools_n * sizeof *busy->pools;

	for (uint32_t i = 0; i < busy->pools_n; i++)
		bytes += busy->pools[i].size * sizeof *busy->pools[i].people;
	return bytes;
}
