#include "core/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#define WAYS 8

struct tried {
	uint64_t key;     /* 0: free */
	uint32_t began_s;
	uint8_t n;        /* VNs */
	uint8_t spared;   /* newcomers that were turned away for it */
	bool told;        /* it is suspected */
	uint16_t vns[SCAN_VNS_MAX];
};

struct place {
	_Alignas(128) struct tried tried;
};
_Static_assert(sizeof(struct place) == sizeof(((struct scan_was *)0)->words), "a place is taken back whole");

struct scan {
	struct place *places;
	uint32_t buckets_n;
	uint64_t seed;
};

struct scan *scan_new(uint32_t max, uint64_t seed)
{
	struct scan *scan = calloc(1, sizeof *scan);

	ASSERT(max >= WAYS);
	if (!scan)
		return NULL;
	scan->seed = hash_mix(seed);
	scan->buckets_n = max / WAYS;
	scan->places = memory_map(scan_bytes(scan));
	if (!scan->places) {
		free(scan);
		return NULL;
	}
	return scan;
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	memory_unmap(scan->places, scan_bytes(scan));
	free(scan);
}

static bool is_over(const struct tried *tried, uint32_t now_s)
{
	return !tried->key || now_s - tried->began_s >= SCAN_SPAN_S;
}

/* Who is least to be kept: 0 is free. */
static uint32_t worth(const struct tried *tried, uint32_t now_s)
{
	return is_over(tried, now_s) ? 0 : tried->n;
}

/* The place of the key, else the one that is worth the least, of these the oldest. */
static uint32_t place_of(const struct scan *scan, uint64_t key, uint32_t now_s)
{
	uint32_t first = hash_reduce(key, scan->buckets_n) * WAYS, least = first;

	for (uint32_t i = first; i < first + WAYS; i++) {
		const struct tried *tried = &scan->places[i].tried, *best = &scan->places[least].tried;
		if (tried->key == key)
			return i;
		uint32_t mine = worth(tried, now_s), its = worth(best, now_s);
		if (mine < its || (mine == its && tried->began_s < best->began_s))
			least = i;
	}
	return least;
}

static bool has(const struct tried *tried, uint16_t vn)
{
	for (int i = 0; i < tried->n; i++)
		if (tried->vns[i] == vn)
			return true;
	return false;
}

/* False: whoever is there stays. */
static bool may_enter(struct tried *tried, uint32_t now_s)
{
	uint32_t is = worth(tried, now_s);

	if (is > 1 && ++tried->spared < is)
		return false;
	return true;
}

bool scan_note(struct scan *scan, const struct scan_try *try, struct scan_was *ret_was)
{
	uint64_t key = hash_two(scan->seed, try->caller, try->pool) | 1;
	uint32_t place = place_of(scan, key, try->now_s);
	struct tried *tried = &scan->places[place].tried;
	uint16_t vn = (uint16_t)hash_two(scan->seed, try->vn, 0);

	ASSERT(try->vns_max >= 2 && try->vns_max <= SCAN_VNS_MAX);
	ret_was->place = place;
	memcpy(ret_was->words, &scan->places[place], sizeof ret_was->words);
	if (tried->key != key && !may_enter(tried, try->now_s))
		return false;
	if (tried->key != key || is_over(tried, try->now_s))
		*tried = (struct tried){.key = key, .began_s = try->now_s};
	if (tried->told || has(tried, vn))
		return false;
	if (tried->n < SCAN_VNS_MAX)
		tried->vns[tried->n++] = vn;
	if (tried->n < try->vns_max)
		return false;
	tried->told = true;
	tried->began_s = try->now_s;
	return true;
}

void scan_undo(struct scan *scan, const struct scan_was *was)
{
	memcpy(&scan->places[was->place], was->words, sizeof was->words);
}

size_t scan_bytes(const struct scan *scan)
{
	return (size_t)scan->buckets_n * WAYS * sizeof *scan->places;
}
