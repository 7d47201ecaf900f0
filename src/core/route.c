#include "core/route.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/memory.h"

#define WAYS 4
#define WHO_BITS 50
#define VN_LOW_BITS 14
#define SPINS 64 /* reads of a held bucket before the processor is offered to others: the writer may be asleep in it */

#define WHO_END ((uint64_t)1 << WHO_BITS)
#define WHO_MASK (WHO_END - 1)

/* The 32 bits of an entry in words 14 and 15. */
#define EXTRA_VN_SHIFT 0    /* 10 bits: high part of the dialled VN's id */
#define EXTRA_SHOW_SHIFT 10 /* 10 bits: of the shown VN's */
#define EXTRA_VALID (1u << 20)
#define EXTRA_KIND_SHIFT 21 /* 3 bits */
#define EXTRA_FROM_SHIFT 24 /* 3 bits */
#define EXTRA_TO_SHIFT 27   /* 3 bits; 2 bits are left */
#define EXTRA_HIGH_MASK 0x3ffu
#define EXTRA_THREE_MASK 7u
#define EXTRA_KEY_MASK (EXTRA_HIGH_MASK << EXTRA_VN_SHIFT | EXTRA_VALID | EXTRA_THREE_MASK << EXTRA_KIND_SHIFT)

struct entry {
	_Atomic uint64_t key, answer, life;
};

/* Every word is atomic on its own; `sequence` makes them one picture (Boehm, "Can seqlocks get along
 * with programming language memory models?", 2012). The writer's stores release and the reader's
 * loads acquire, instead of fences: the same instructions on x86-64, and race checkers follow it. */
struct bucket {
	_Atomic uint64_t sequence;
	_Atomic uint64_t overflow;
	struct entry entries[WAYS];
	_Atomic uint64_t extra[WAYS / 2];
};

_Static_assert(sizeof(struct bucket) == 128, "a bucket is two cache lines");

struct routes {
	struct bucket *buckets;
	uint64_t seed;
	uint32_t buckets_n;
	uint32_t count, max; /* writer */
};

/* A key or an entry as it lies in a bucket. */
struct packed {
	uint64_t key, answer, life;
	uint32_t extra;
};

struct place_of {
	struct bucket *bucket; /* NULL: none */
	int way;
};

static uint64_t load(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

struct routes *routes_new(uint32_t max, uint64_t seed)
{
	ASSERT(max > 0);
	struct routes *routes = calloc(1, sizeof *routes);
	if (!routes)
		return NULL;
	routes->max = max;
	routes->seed = seed;
	routes->buckets_n = (uint32_t)((uint64_t)max * 10 / (8 * WAYS)) + 1;
	routes->buckets = memory_map(routes->buckets_n * sizeof *routes->buckets);
	if (!routes->buckets) {
		free(routes);
		return NULL;
	}
	return routes;
}

void routes_free(struct routes *routes)
{
	if (!routes)
		return;
	memory_unmap(routes->buckets, routes->buckets_n * sizeof *routes->buckets);
	free(routes);
}

static struct packed pack_key(const struct route_key *key)
{
	ASSERT(key->kind == ROUTE_CALLER || key->kind == ROUTE_PIN);
	ASSERT(key->who > 0 && key->who < WHO_END);
	ASSERT(key->vn > 0 && key->vn <= ROUTE_VN_MAX);
	return (struct packed){
		.key = key->who | (uint64_t)key->vn << WHO_BITS,
		.extra = key->vn >> VN_LOW_BITS << EXTRA_VN_SHIFT | EXTRA_VALID |
				(uint32_t)key->kind << EXTRA_KIND_SHIFT,
	};
}

static struct packed pack(const struct route_key *key, const struct route *route)
{
	struct packed packed = pack_key(key);

	ASSERT(route->callee.e164 > 0 && route->callee.e164 < WHO_END);
	ASSERT(route->show > 0 && route->show <= ROUTE_VN_MAX);
	ASSERT(route->from_role_index <= EXTRA_THREE_MASK && route->to_role_index <= EXTRA_THREE_MASK);
	packed.answer = route->callee.e164 | (uint64_t)route->show << WHO_BITS;
	packed.life = route->session | (uint64_t)route->end << 32;
	packed.extra |= route->show >> VN_LOW_BITS << EXTRA_SHOW_SHIFT |
			(uint32_t)route->from_role_index << EXTRA_FROM_SHIFT |
			(uint32_t)route->to_role_index << EXTRA_TO_SHIFT;
	return packed;
}

static struct route unpack(uint64_t answer, uint64_t life, uint32_t extra)
{
	uint32_t show_high = extra >> EXTRA_SHOW_SHIFT & EXTRA_HIGH_MASK;

	return (struct route){
		.callee = {answer & WHO_MASK},
		.show = show_high << VN_LOW_BITS | (uint32_t)(answer >> WHO_BITS),
		.session = (uint32_t)life,
		.end = (uint32_t)(life >> 32),
		.from_role_index = extra >> EXTRA_FROM_SHIFT & EXTRA_THREE_MASK,
		.to_role_index = extra >> EXTRA_TO_SHIFT & EXTRA_THREE_MASK,
	};
}

static uint32_t home_of(const struct routes *routes, uint64_t key, uint32_t extra)
{
	return hash_reduce(hash_two(routes->seed, key, extra & EXTRA_KEY_MASK), routes->buckets_n);
}

static uint32_t after(const struct routes *routes, uint32_t bucket)
{
	return bucket + 1 == routes->buckets_n ? 0 : bucket + 1;
}

static uint32_t extra_of(const struct bucket *bucket, int way)
{
	return (uint32_t)(load(&bucket->extra[way / 2]) >> way % 2 * 32);
}

/* The way in which the key lies, -1 if in none. */
static int way_of(const struct bucket *bucket, const struct packed *wanted)
{
	for (int way = 0; way < WAYS; way++)
		if (load(&bucket->entries[way].key) == wanted->key &&
				(extra_of(bucket, way) & EXTRA_KEY_MASK) == wanted->extra)
			return way;
	return -1;
}

/* One whole picture of what a bucket says of a key: the return value, the route with the id of its
 * session, and whether to go on. */
static bool read_bucket(const struct bucket *bucket, const struct packed *wanted, const uint64_t *ids,
		struct route *ret_route, uint64_t *ret_id, bool *ret_more)
{
	for (int spins = 1;; spins++) {
		uint64_t sequence = load(&bucket->sequence);
		if (sequence % 2 == 0) {
			struct route route = {0};
			uint64_t id = 0;
			int way = way_of(bucket, wanted);
			if (way >= 0) {
				const struct entry *entry = &bucket->entries[way];
				route = unpack(load(&entry->answer), load(&entry->life), extra_of(bucket, way));
				/* A slot is given a new id after the old session's routes are gone, so
				 * a new id here goes with a changed counter. */
				if (ids)
					id = __atomic_load_n(&ids[route.session], __ATOMIC_ACQUIRE);
			}
			bool more = load(&bucket->overflow) != 0;
			if (load(&bucket->sequence) == sequence) {
				*ret_route = route;
				*ret_id = id;
				*ret_more = more;
				return way >= 0;
			}
		}
		if (spins % SPINS == 0)
			sched_yield();
	}
}

bool route_find(const struct routes *routes, const struct route_key *key, const uint64_t *ids,
		struct route *ret_route, uint64_t *ret_session_id)
{
	struct packed wanted = pack_key(key);
	uint32_t home = home_of(routes, wanted.key, wanted.extra), at = home;
	bool more;

	do {
		const struct bucket *bucket = &routes->buckets[at];
		__builtin_prefetch(&bucket->extra);
		struct route route;
		uint64_t id;
		if (read_bucket(bucket, &wanted, ids, &route, &id, &more)) {
			*ret_route = route;
			if (ids)
				*ret_session_id = id;
			return true;
		}
		at = after(routes, at);
	} while (more && at != home);
	return false;
}

/* The writer needs no counter: nobody else writes. */
static struct place_of find(const struct routes *routes, const struct packed *wanted)
{
	uint32_t home = home_of(routes, wanted->key, wanted->extra), at = home;

	do {
		struct bucket *bucket = &routes->buckets[at];
		int way = way_of(bucket, wanted);
		if (way >= 0)
			return (struct place_of){bucket, way};
		if (load(&bucket->overflow) == 0)
			break;
		at = after(routes, at);
	} while (at != home);
	return (struct place_of){NULL, 0};
}

/* `extra` 0 takes the entry out. */
static void write_entry(struct place_of place, const struct packed *packed)
{
	struct bucket *bucket = place.bucket;
	struct entry *entry = &bucket->entries[place.way];
	_Atomic uint64_t *extra = &bucket->extra[place.way / 2];
	int shift = place.way % 2 * 32;
	uint64_t sequence = load(&bucket->sequence);

	ASSERT(sequence % 2 == 0);
	store(&bucket->sequence, sequence + 1);
	store(&entry->key, packed->key);
	store(&entry->answer, packed->answer);
	store(&entry->life, packed->life);
	store(extra, (load(extra) & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)packed->extra << shift);
	store(&bucket->sequence, sequence + 2);
}

static int free_way(const struct bucket *bucket)
{
	for (int way = 0; way < WAYS; way++)
		if (!(extra_of(bucket, way) & EXTRA_VALID))
			return way;
	return -1;
}

void route_soon(const struct routes *routes, const struct route_key *key)
{
	struct packed wanted = pack_key(key);
	const struct bucket *bucket = &routes->buckets[home_of(routes, wanted.key, wanted.extra)];

	__builtin_prefetch(bucket, 1);
	__builtin_prefetch(&bucket->extra, 1);
}

/* The counters of full buckets are raised before the entry is there, and lowered after it is gone: a
 * reader may go on in vain but never stops short of an entry. So they need no sequence of their own. */
static struct place_of make_room(struct routes *routes, uint32_t home)
{
	for (uint32_t at = home;; at = after(routes, at)) {
		struct bucket *bucket = &routes->buckets[at];
		int way = free_way(bucket);
		if (way >= 0)
			return (struct place_of){bucket, way};
		store(&bucket->overflow, load(&bucket->overflow) + 1);
	}
}

enum err route_put(struct routes *routes, const struct route_key *key, const struct route *route)
{
	struct packed packed = pack(key, route);
	struct packed wanted = pack_key(key);
	struct place_of place = find(routes, &wanted);

	if (!place.bucket) {
		if (routes->count == routes->max)
			return ERR_LIMIT_REACHED;
		place = make_room(routes, home_of(routes, wanted.key, wanted.extra));
		routes->count++;
	}
	write_entry(place, &packed);
	return ERR_OK;
}

bool route_drop(struct routes *routes, const struct route_key *key)
{
	struct packed wanted = pack_key(key);
	struct place_of place = find(routes, &wanted);

	if (!place.bucket)
		return false;
	write_entry(place, &(struct packed){0});
	uint32_t at = home_of(routes, wanted.key, wanted.extra);
	for (; &routes->buckets[at] != place.bucket; at = after(routes, at)) {
		uint64_t overflow = load(&routes->buckets[at].overflow);
		ASSERT(overflow > 0);
		store(&routes->buckets[at].overflow, overflow - 1);
	}
	routes->count--;
	return true;
}

uint32_t routes_count(const struct routes *routes)
{
	return routes->count;
}

uint32_t routes_max(const struct routes *routes)
{
	return routes->max;
}

size_t routes_bytes(const struct routes *routes)
{
	return sizeof *routes + routes->buckets_n * sizeof *routes->buckets;
}
