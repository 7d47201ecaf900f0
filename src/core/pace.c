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

/* Where a key lies, and how its words begin. */
struct spot {
	struct bucket *bucket;
	uint32_t tag;
	uint16_t minute;
};

static struct spot spot_of(const struct pace *pace, enum pace_of of, uint64_t a, uint64_t b, int64_t now_ms)
{
	uint64_t hash = hash_two(pace->seed + of, a, b);

	return (struct spot){
		.bucket = &pace->buckets[hash_reduce(hash, pace->buckets_n)],
		.tag = (uint32_t)hash | 1, /* no word is 0 that is used */
		.minute = (uint16_t)(now_ms / 60000),
	};
}

uint32_t pace_look(const struct pace *pace, enum pace_of of, uint64_t a, uint64_t b, int64_t now_ms)
{
	struct spot spot = spot_of(pace, of, a, b, now_ms);
	uint64_t word = 0;

	(void)way_of(spot.bucket, spot.tag, spot.minute, &word);
	return word >> 32 == spot.tag ? count_of(word, spot.minute) : 0;
}

uint32_t pace_count(struct pace *pace, enum pace_of of, uint64_t a, uint64_t b, int64_t now_ms)
{
	struct spot spot = spot_of(pace, of, a, b, now_ms);
	struct bucket *bucket = spot.bucket;
	uint32_t tag = spot.tag;
	uint16_t minute = spot.minute, count = 1;
	uint64_t word = 0;

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

uint64_t pace_name(const struct pace *pace, const void *bytes, size_t len)
{
	const uint64_t key[2] = {pace->seed, hash_mix(pace->seed)};

	return hash_bytes(key, bytes, len);
}

size_t pace_bytes(const struct pace *pace)
{
	return pace->buckets_n * sizeof *pace->buckets;
}
