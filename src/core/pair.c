#include "core/pair.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#define WAYS 4
#define VN_MAX ((1u << 24) - 1)
#define PASSED_MAX 255 /* an overflow counter that got here stays: lookups go on in vain, never stop too soon */

struct entry {
	uint64_t person;
	uint32_t vn : 24;
	uint32_t stands : 8;
	uint32_t until; /* until 0 and stands 0: free */
};

struct bucket {
	struct entry entries[WAYS];
};

_Static_assert(sizeof(struct bucket) == 64, "four entries fill a cache line");

struct pairs {
	struct bucket *buckets;
	uint8_t *passed; /* by bucket: entries that live further on and passed here */
	uint64_t seed;
	uint32_t buckets_n;
	uint32_t count, max;
	uint32_t swept; /* bucket at which the next sweep begins */
};

struct place_of {
	uint32_t bucket;
	struct entry *entry; /* NULL: none */
};

struct pairs *pairs_new(uint32_t max, uint64_t seed)
{
	ASSERT(max > 0);
	struct pairs *pairs = calloc(1, sizeof *pairs);
	if (!pairs)
		return NULL;
	pairs->max = max;
	pairs->seed = seed;
	pairs->buckets_n = (uint32_t)((uint64_t)max * 100 / (85 * WAYS)) + 1;
	pairs->buckets = memory_map(pairs->buckets_n * sizeof *pairs->buckets);
	pairs->passed = memory_map(pairs->buckets_n);
	if (!pairs->buckets || !pairs->passed) {
		pairs_free(pairs);
		return NULL;
	}
	return pairs;
}

void pairs_free(struct pairs *pairs)
{
	if (!pairs)
		return;
	memory_unmap(pairs->buckets, pairs->buckets_n * sizeof *pairs->buckets);
	memory_unmap(pairs->passed, pairs->buckets_n);
	free(pairs);
}

static uint32_t home_of(const struct pairs *pairs, uint64_t person, uint32_t vn)
{
	return hash_reduce(hash_two(pairs->seed, person, vn), pairs->buckets_n);
}

static uint32_t after(const struct pairs *pairs, uint32_t bucket)
{
	return bucket + 1 == pairs->buckets_n ? 0 : bucket + 1;
}

static bool is_taken(const struct entry *entry)
{
	return entry->until != 0 || entry->stands != 0;
}

static struct place_of find(const struct pairs *pairs, uint64_t person, uint32_t vn)
{
	uint32_t home = home_of(pairs, person, vn), at = home;

	do {
		struct entry *entries = pairs->buckets[at].entries;
		for (int i = 0; i < WAYS; i++)
			if (entries[i].person == person && entries[i].vn == vn && is_taken(&entries[i]))
				return (struct place_of){at, &entries[i]};
		if (pairs->passed[at] == 0)
			break;
		at = after(pairs, at);
	} while (at != home);
	return (struct place_of){0, NULL};
}

void pair_soon(const struct pairs *pairs, uint64_t person, uint32_t vn)
{
	uint32_t home = home_of(pairs, person, vn);

	__builtin_prefetch(&pairs->buckets[home], 1);
	__builtin_prefetch(&pairs->passed[home]);
}

/* The load keeps below 1, so there is room somewhere. */
static struct entry *make_room(struct pairs *pairs, uint32_t home)
{
	for (uint32_t at = home;; at = after(pairs, at)) {
		struct entry *entries = pairs->buckets[at].entries;
		for (int i = 0; i < WAYS; i++)
			if (!is_taken(&entries[i]))
				return &entries[i];
		if (pairs->passed[at] < PASSED_MAX)
			pairs->passed[at]++;
	}
}

static void take_out(struct pairs *pairs, struct place_of place)
{
	uint32_t at = home_of(pairs, place.entry->person, place.entry->vn);

	*place.entry = (struct entry){0};
	for (; at != place.bucket; at = after(pairs, at)) {
		ASSERT(pairs->passed[at] > 0);
		if (pairs->passed[at] < PASSED_MAX)
			pairs->passed[at]--;
	}
	pairs->count--;
}

struct pair pair_get(const struct pairs *pairs, uint64_t person, uint32_t vn)
{
	struct entry *entry = find(pairs, person, vn).entry;

	return entry ? (struct pair){entry->until, (uint8_t)entry->stands} : (struct pair){0, 0};
}

enum err pair_set(struct pairs *pairs, uint64_t person, uint32_t vn, struct pair pair)
{
	ASSERT(vn > 0 && vn <= VN_MAX);
	struct place_of place = find(pairs, person, vn);

	if (pair.until == 0 && pair.stands == 0) {
		if (place.entry)
			take_out(pairs, place);
		return ERR_OK;
	}
	if (!place.entry) {
		if (pairs->count == pairs->max)
			return ERR_LIMIT_REACHED;
		place.entry = make_room(pairs, home_of(pairs, person, vn));
		pairs->count++;
	}
	*place.entry = (struct entry){.person = person, .vn = vn, .stands = pair.stands, .until = pair.until};
	return ERR_OK;
}

/* Most buckets have nothing to end. `until` 0, nothing cools, is beyond any time so. */
static inline bool any_cooled(const struct entry *entries, uint32_t now)
{
	_Static_assert(WAYS == 4, "each of them is looked at");
	return (entries[0].until - 1 < now) | (entries[1].until - 1 < now) | (entries[2].until - 1 < now) |
	       (entries[3].until - 1 < now);
}

/* How many went. */
static uint32_t sweep_one(struct pairs *pairs, uint32_t at, uint32_t now, pair_gone *gone, void *context)
{
	struct entry *entries = pairs->buckets[at].entries;
	uint32_t out = 0;

	for (int i = 0; i < WAYS; i++) {
		if (entries[i].until - 1 >= now)
			continue;
		if (gone)
			gone(context, entries[i].person, entries[i].vn);
		if (entries[i].stands != 0) {
			entries[i].until = 0;
		} else {
			take_out(pairs, (struct place_of){at, &entries[i]});
			out++;
		}
	}
	return out;
}

uint32_t pairs_sweep(struct pairs *pairs, uint32_t now, uint32_t buckets, pair_gone *gone, void *context)
{
	uint32_t out = 0, at = pairs->swept;

	ASSERT(now < PAIR_OPEN);
	if (buckets > pairs->buckets_n)
		buckets = pairs->buckets_n;
	for (; buckets > 0; buckets--, at = after(pairs, at))
		if (any_cooled(pairs->buckets[at].entries, now))
			out += sweep_one(pairs, at, now, gone, context);
	pairs->swept = at;
	return out;
}

void pairs_each(const struct pairs *pairs, pair_each *each, void *context)
{
	for (uint32_t at = 0; at < pairs->buckets_n; at++) {
		const struct entry *entries = pairs->buckets[at].entries;
		for (int i = 0; i < WAYS; i++)
			if (is_taken(&entries[i]))
				each(context, entries[i].person, entries[i].vn,
					(struct pair){entries[i].until, (uint8_t)entries[i].stands});
	}
}

uint32_t pairs_count(const struct pairs *pairs)
{
	return pairs->count;
}

uint32_t pairs_max(const struct pairs *pairs)
{
	return pairs->max;
}

uint32_t pairs_buckets(const struct pairs *pairs)
{
	return pairs->buckets_n;
}

size_t pairs_bytes(const struct pairs *pairs)
{
	return sizeof *pairs + pairs->buckets_n * (sizeof *pairs->buckets + sizeof *pairs->passed);
}
