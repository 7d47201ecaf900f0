#include "core/wheel.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"

#define TURN 65536 /* seconds, buckets */
#define DUE TURN   /* the list after the ring: what is due by the cursor */

/* Slots are kept plus 1, so that untouched memory means "no slot" and "not set". */
struct node {
	uint32_t next, prev;
	uint32_t at; /* epoch seconds; 0: not set */
};

/* A slot lies in list DUE if at <= cursor, in bucket at % TURN otherwise. */
struct wheel {
	uint32_t first[TURN + 1];
	uint32_t max;
	uint32_t cursor; /* the second whose bucket was emptied last */
	struct node *nodes;
};

struct wheel *wheel_new(uint32_t max, uint32_t now)
{
	ASSERT(max > 0 && max < WHEEL_NONE);
	struct wheel *wheel = calloc(1, sizeof *wheel);
	if (!wheel)
		return NULL;
	wheel->max = max;
	wheel->cursor = now;
	wheel->nodes = memory_map(max * sizeof *wheel->nodes);
	if (!wheel->nodes) {
		free(wheel);
		return NULL;
	}
	return wheel;
}

void wheel_free(struct wheel *wheel)
{
	if (!wheel)
		return;
	memory_unmap(wheel->nodes, wheel->max * sizeof *wheel->nodes);
	free(wheel);
}

static uint32_t *first_of(struct wheel *wheel, uint32_t at)
{
	return &wheel->first[at <= wheel->cursor ? DUE : at % TURN];
}

static void link_slot(struct wheel *wheel, uint32_t slot, uint32_t *first)
{
	struct node *node = &wheel->nodes[slot];

	node->prev = 0;
	node->next = *first;
	if (*first)
		wheel->nodes[*first - 1].prev = slot + 1;
	*first = slot + 1;
}

static void unlink_slot(struct wheel *wheel, uint32_t slot, uint32_t *first)
{
	struct node *node = &wheel->nodes[slot];

	if (node->prev)
		wheel->nodes[node->prev - 1].next = node->next;
	else
		*first = node->next;
	if (node->next)
		wheel->nodes[node->next - 1].prev = node->prev;
}

void wheel_set(struct wheel *wheel, uint32_t slot, uint32_t at)
{
	wheel_cancel(wheel, slot);
	wheel->nodes[slot].at = at ? at : 1;
	link_slot(wheel, slot, first_of(wheel, wheel->nodes[slot].at));
}

void wheel_cancel(struct wheel *wheel, uint32_t slot)
{
	ASSERT(slot < wheel->max);
	struct node *node = &wheel->nodes[slot];
	if (node->at == 0)
		return;
	unlink_slot(wheel, slot, first_of(wheel, node->at));
	node->at = 0;
}

/* Each second's bucket is walked once, so that what waits for another turn is not passed again and
 * again while its neighbours are taken out. */
static void next_second(struct wheel *wheel)
{
	uint32_t second = wheel->cursor + 1;
	uint32_t *first = &wheel->first[second % TURN];

	for (uint32_t i = *first; i;) {
		uint32_t slot = i - 1;
		i = wheel->nodes[slot].next;
		if (wheel->nodes[slot].at == second) {
			unlink_slot(wheel, slot, first);
			link_slot(wheel, slot, &wheel->first[DUE]);
		}
	}
	wheel->cursor = second;
}

uint32_t wheel_due(struct wheel *wheel, uint32_t now)
{
	ASSERT(now >= wheel->cursor);
	while (wheel->first[DUE] == 0 && wheel->cursor < now)
		next_second(wheel);
	if (wheel->first[DUE] == 0)
		return WHEEL_NONE;
	uint32_t slot = wheel->first[DUE] - 1;
	wheel_cancel(wheel, slot);
	return slot;
}

size_t wheel_bytes(const struct wheel *wheel)
{
	return sizeof *wheel + wheel->max * sizeof *wheel->nodes;
}
