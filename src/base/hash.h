/* hash: seeded mixing of integers and bytes for tables in memory, and a small random generator.
 *
 * Not cryptography: where a stranger can choose keys the seed must be secret and fresh per start.
 * hash_bytes is SipHash-2-4 (Aumasson, Bernstein, 2012), so that chosen order ids can't pile up.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* splitmix64's finaliser: every input bit reaches every output bit. */
static inline uint64_t hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	x ^= x >> 31;
	return x;
}

static inline uint64_t hash_two(uint64_t seed, uint64_t a, uint64_t b)
{
	return hash_mix(hash_mix(a ^ seed) + (b ^ (seed << 32 | seed >> 32)));
}

/* Maps a hash to 0..n-1 without division (Lemire's reduction); n > 0. */
static inline uint32_t hash_reduce(uint64_t hash, uint32_t n)
{
	return (uint32_t)(((hash >> 32) * n) >> 32);
}

uint64_t hash_bytes(const uint64_t key[2], const void *bytes, size_t len);

/* splitmix64: deterministic from its seed. Not for secrets. */
struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	return hash_mix(random->state += 0x9e3779b97f4a7c15u);
}

/* 0..n-1, n > 0. */
static inline uint32_t random_below(struct random *random, uint32_t n)
{
	return hash_reduce(random_next(random), n);
}

#endif
