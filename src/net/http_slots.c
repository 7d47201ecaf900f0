#include "net/http_slots.h"

#include <stdlib.h>

uint32_t http_slots_take(struct http_slots *slots)
{
	uint32_t number = slots->free;

	if (number != HTTP_SLOTS_NONE) {
		slots->free = http_slots_of(slots, number)->next_free;
		return number;
	}
	if (slots->used == HTTP_SLOTS_SEGMENT * HTTP_SLOTS_SEGMENTS)
		return HTTP_SLOTS_NONE;
	if (slots->used % HTTP_SLOTS_SEGMENT == 0) {
		struct http_slot *segment = calloc(HTTP_SLOTS_SEGMENT, sizeof *segment);
		if (!segment)
			return HTTP_SLOTS_NONE;
		for (uint32_t i = 0; i < HTTP_SLOTS_SEGMENT; i++)
			atomic_init(&segment[i].first, UINT64_MAX);
		atomic_store_explicit(
			&slots->segments[slots->used / HTTP_SLOTS_SEGMENT], segment, memory_order_release);
	}
	return slots->used++;
}

void http_slots_give(struct http_slots *slots, uint32_t number)
{
	struct http_slot *slot = http_slots_of(slots, number);

	slot->connection = NULL;
	slot->next_free = slots->free;
	slots->free = number;
}

struct http_slot *http_slots_of(struct http_slots *slots, uint32_t number)
{
	if (number >= HTTP_SLOTS_SEGMENT * HTTP_SLOTS_SEGMENTS)
		return NULL;
	struct http_slot *segment =
		atomic_load_explicit(&slots->segments[number / HTTP_SLOTS_SEGMENT], memory_order_acquire);
	return segment ? &segment[number % HTTP_SLOTS_SEGMENT] : NULL;
}

void http_slots_done(struct http_slots *slots)
{
	for (int i = 0; i < HTTP_SLOTS_SEGMENTS; i++)
		free(atomic_load_explicit(&slots->segments[i], memory_order_relaxed));
}
