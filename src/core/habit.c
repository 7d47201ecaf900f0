#include "core/habit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

#define WAYS 4

struct habit {
	uint64_t who; /* person and pool, mixed */
	uint32_t vn;
	uint32_t until;
};

struct habits {
	struct habit *cells;
	uint32_t sets;
	uint64_t seed;
};

static size_t bytes(const struct habits *habits)
{
	return (size_t)habits->sets * WAYS * sizeof *habits->cells;
}

struct habits *habits_new(uint32_t max, uint64_t seed)
{
	struct habits *habits = calloc(1, sizeof *habits);

	if (!habits)
		return NULL;
	habits->sets = max / WAYS + 1;
	habits->seed = seed;
	habits->cells = memory_map(bytes(habits));
	if (!habits->cells) {
		free(habits);
		return NULL;
	}
	return habits;
}

void habits_free(struct habits *habits)
{
	if (!habits)
		return;
	memory_unmap(habits->cells, bytes(habits));
	free(habits);
}

static struct habit *set_of(const struct habits *habits, uint64_t who)
{
	return habits->cells + (size_t)hash_reduce(who, habits->sets) * WAYS;
}

uint32_t habit_find(const struct habits *habits, uint32_t pool, uint64_t person, uint32_t now)
{
	uint64_t who = hash_two(habits->seed, person, pool);
	const struct habit *set = set_of(habits, who);

	for (int i = 0; i < WAYS; i++)
		if (set[i].who == who && set[i].until > now)
			return set[i].vn;
	return 0;
}

void habit_put(struct habits *habits, uint32_t pool, uint64_t person, uint32_t vn, uint32_t until, uint32_t now)
{
	uint64_t who = hash_two(habits->seed, person, pool);
	struct habit *set = set_of(habits, who);
	struct habit *into = &set[0];

	for (int i = 0; i < WAYS; i++) {
		if (set[i].who == who) {
			into = &set[i];
			break;
		}
		if (set[i].until <= now || set[i].until < into->until)
			into = &set[i];
	}
	*into = (struct habit){who, vn, until};
}

size_t habits_bytes(const struct habits *habits)
{
	return bytes(habits);
}
