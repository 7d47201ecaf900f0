#include "core/pace.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#define WAYS 8
#define TRIES 4 /* to write a word that others write too */

struct bucket {
	_Alignas(64) _Atomic uint64_t words[WAYS];
};

struct pace {
	struct bucket *buckets;
	uint32_t buckets_n;
	uint64_t seed;
};

struct pace *pace_new(uint32_t max, uint64_t seed)
{
	struct pace *pace = calloc(1, sizeof *pace);

	ASSERT(max > 0);
	if (!pace)
		return NULL;
	pace->seed = hash_mix(seed);
	pace->buckets_n = (max + WAYS - 1) / WAYS;
	pace->buckets = memory_map(pace_bytes(pace));
	if (!pace->buckets) {
		free(pace);
		return NULL;
	}
	return pace;
}

void pace_free(struct pace *pace)
{
	if (!pace)
		return;
	memory_unmap(pace->buckets, pace_bytes(pace));
	free(pace);
}

static uint16_t count_of(uint64_t word, uint16_t minute)
{
	return (uint16_t)(word >> 16) == minute ? (uint16_t)word : 0;
}

/* The way of the tag, else the one that is the least loss. */
static int way_of(const struct bucket *bucket, uint32_t tag, uint16_t minute, uint64_t *ret_word)
{
	int least = 0;

	for (int way = 0; way < WAYS; way++) {
		uint64_t word = atomic_load_explicit(&bucket->words[way], memory_order_relaxed);
		bool first = way == 0;
		if (word >> 32 == tag || first || count_of(word, minute) < count_of(*ret_word, minute)) {
			*ret_word = word;
			least = way;
		}
		if (word >> 32 == tag)
			break;
	}
	return least;
}

uint32_t pace_count(struct pace *pace, enum pace_of of, uint64_t a, uint64_t b, int64_t now_ms)
{
	uint64_t hash = hash_two(pace->seed + of, a, b), word = 0;
	struct bucket *bucket = &pace->buckets[hash_reduce(hash, pace->buckets_n)];
	uint32_t tag = (uint32_t)hash | 1; /* no word is 0 that is used */
	uint16_t minute = (uint16_t)(now_ms / 60000), count = 1;

	for (int i = 0; i < TRIES; i++) {
		int way = way_of(bucket, tag, minute, &word);
		uint16_t was = word >> 32 == tag ? count_of(word, minute) : 0;
		count = was == UINT16_MAX ? was : (uint16_t)(was + 1);
		uint64_t next = (uint64_t)tag << 32 | (uint64_t)minute << 16 | count;
		if (atomic_compare_exchange_strong_explicit(
			    &bucket->words[way], &word, next, memory_order_relaxed, memory_order_relaxed))
			break;
	}
	return count;
}

size_t pace_bytes(const struct pace *pace)
{
	return pace->buckets_n * sizeof *pace->buckets;
}
