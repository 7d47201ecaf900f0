#include "base/pile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"

#define UNITS_MAX 255

struct pile {
	char *at;
	uint32_t unit;  /* bytes */
	uint32_t max;   /* units */
	uint32_t fresh; /* units 0..fresh-1 have been handed out at least once */
	uint32_t used;  /* units */
	uint32_t given; /* units that came back since the last merge */
	uint32_t free[UNITS_MAX + 1];       /* first free piece of n units; the next one's handle lies in it */
	uint64_t any[(UNITS_MAX + 1) / 64]; /* bit n: free[n] is not empty */
	uint8_t *marks;                     /* a bit a unit, for merge() */
};

static size_t mapping_bytes(const struct pile *pile)
{
	return (size_t)pile->unit * pile->max;
}

static size_t marks_bytes(const struct pile *pile)
{
	return (size_t)pile->max / 8 + 1;
}

struct pile *pile_new(uint32_t unit, uint32_t max)
{
	ASSERT(unit > 0 && unit % 8 == 0 && max > 0 && max < UINT32_MAX);
	struct pile *pile = calloc(1, sizeof *pile);
	if (!pile)
		return NULL;
	pile->unit = unit;
	pile->max = max;
	pile->at = memory_map(mapping_bytes(pile));
	pile->marks = memory_map(marks_bytes(pile));
	if (!pile->at || !pile->marks) {
		pile_free_all(pile);
		return NULL;
	}
	return pile;
}

void pile_free_all(struct pile *pile)
{
	if (!pile)
		return;
	memory_unmap(pile->at, mapping_bytes(pile));
	memory_unmap(pile->marks, marks_bytes(pile));
	free(pile);
}

void *pile_at(const struct pile *pile, uint32_t handle)
{
	ASSERT(handle > 0 && handle <= pile->fresh);
	return pile->at + (size_t)(handle - 1) * pile->unit;
}

static void push(struct pile *pile, uint32_t handle, uint32_t units)
{
	memcpy(pile_at(pile, handle), &pile->free[units], sizeof pile->free[units]);
	pile->free[units] = handle;
	pile->any[units / 64] |= (uint64_t)1 << units % 64;
}

static uint32_t pop(struct pile *pile, uint32_t units)
{
	uint32_t handle = pile->free[units];

	if (handle == 0)
		return 0;
	memcpy(&pile->free[units], pile_at(pile, handle), sizeof pile->free[units]);
	if (pile->free[units] == 0)
		pile->any[units / 64] &= ~((uint64_t)1 << units % 64);
	return handle;
}

/* The largest size with a free piece, at least `units`; 0: none. Splitting the largest leaves the
 * most useful rest. */
static uint32_t largest_free(const struct pile *pile, uint32_t units)
{
	for (int i = UNITS_MAX / 64; i >= 0; i--) {
		if (pile->any[i]) {
			uint32_t largest = (uint32_t)(i * 64 + 63 - __builtin_clzll(pile->any[i]));
			return largest >= units ? largest : 0;
		}
	}
	return 0;
}

static uint32_t take_piece(struct pile *pile, uint32_t units)
{
	uint32_t handle = pop(pile, units);

	if (handle)
		return handle;
	if (pile->max - pile->fresh >= units) {
		handle = pile->fresh + 1;
		pile->fresh += units;
		return handle;
	}
	uint32_t from = largest_free(pile, units);
	if (from == 0)
		return 0;
	handle = pop(pile, from);
	push(pile, handle + units, from - units);
	return handle;
}

static bool is_marked(const struct pile *pile, uint32_t unit)
{
	return pile->marks[unit / 8] >> unit % 8 & 1;
}

static void mark_free_pieces(struct pile *pile)
{
	memset(pile->marks, 0, marks_bytes(pile));
	for (uint32_t units = 1; units <= UNITS_MAX; units++) {
		for (uint32_t handle; (handle = pop(pile, units)) != 0;)
			for (uint32_t unit = handle - 1; unit < handle - 1 + units; unit++)
				pile->marks[unit / 8] |= (uint8_t)(1 << unit % 8);
	}
}

/* Makes free neighbours one piece. Takes time in proportion to the whole pile, so it waits for a
 * good part of it to have come back. */
static void merge(struct pile *pile)
{
	uint32_t fresh = pile->fresh, units;

	mark_free_pieces(pile);
	while (fresh > 0 && is_marked(pile, fresh - 1))
		fresh--;
	for (uint32_t unit = 0; unit < fresh; unit += units) {
		bool is_free = is_marked(pile, unit);
		for (units = 1; units < UNITS_MAX && unit + units < fresh; units++)
			if (is_marked(pile, unit + units) != is_free)
				break;
		if (is_free)
			push(pile, unit + 1, units);
	}
	pile->fresh = fresh;
	pile->given = 0;
}

uint32_t pile_take(struct pile *pile, uint32_t units)
{
	ASSERT(units >= 1 && units <= UNITS_MAX);
	uint32_t handle = take_piece(pile, units);
	if (!handle && pile->max - pile->used >= units && pile->given > pile->max / 16) {
		merge(pile);
		handle = take_piece(pile, units);
	}
	if (handle)
		pile->used += units;
	return handle;
}

void pile_give(struct pile *pile, uint32_t handle, uint32_t units)
{
	if (handle == 0)
		return;
	ASSERT(units >= 1 && units <= UNITS_MAX && units <= pile->used);
	ASSERT(handle <= pile->fresh && units <= pile->fresh - handle + 1);
	push(pile, handle, units);
	pile->used -= units;
	if (pile->given < pile->max)
		pile->given += units;
}

uint32_t pile_used(const struct pile *pile)
{
	return pile->used;
}

size_t pile_bytes(const struct pile *pile)
{
	return (size_t)pile->fresh * pile->unit;
}
