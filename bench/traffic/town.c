#include "town.h"

#include <stdlib.h>

#include "base/check.h"

static void line_init(struct line *line, uint32_t size)
{
	*line = (struct line){.slots = malloc(size * sizeof *line->slots), .size = size};
	ASSERT(line->slots);
}

void town_init(struct town *town, uint32_t size, uint32_t first_serial)
{
	*town = (struct town){.size = size, .serial = first_serial};
	town->orders = calloc(size, sizeof *town->orders);
	town->unused = malloc(size * sizeof *town->unused);
	town->live = malloc(size * sizeof *town->live);
	ASSERT(size > 0 && town->orders && town->unused && town->live);
	for (uint32_t i = 0; i < size; i++)
		town->unused[town->unused_n++] = size - 1 - i;
	line_init(&town->ready, size);
	line_init(&town->calls, size);
	line_init(&town->refused, size);
	line_init(&town->lives, size);
}

void town_done(struct town *town)
{
	free(town->orders);
	free(town->unused);
	free(town->live);
	free(town->ready.slots);
	free(town->calls.slots);
	free(town->refused.slots);
	free(town->lives.slots);
}

void line_put(struct line *line, uint32_t slot)
{
	ASSERT(line->n < line->size);
	line->slots[(line->at + line->n++) % line->size] = slot;
}

uint32_t line_first(const struct line *line)
{
	return line->n ? line->slots[line->at] : TOWN_NONE;
}

void line_drop(struct line *line)
{
	ASSERT(line->n > 0);
	line->at = (line->at + 1) % line->size;
	line->n--;
}

uint32_t town_slot(const struct town *town, const struct order *order)
{
	return (uint32_t)(order - town->orders);
}

struct order *town_begin(struct town *town, bool by_events, uint8_t pool)
{
	if (town->unused_n == 0)
		return NULL;
	struct order *order = &town->orders[town->unused[--town->unused_n]];
	*order = (struct order){.serial = town->serial++, .live_at = TOWN_NONE, .pool = pool, .by_events = by_events,
		.step = by_events ? STEP_PLACE : STEP_OPEN};
	return order;
}

void town_live(struct town *town, struct order *order, uint64_t end_ns)
{
	order->step = STEP_LIVE;
	order->end_ns = end_ns;
	order->live_at = town->live_n;
	town->live[town->live_n++] = town_slot(town, order);
	line_put(&town->lives, town_slot(town, order));
	town->opened++;
}

void town_leave(struct town *town, struct order *order)
{
	uint32_t last = town->live[--town->live_n];

	ASSERT(order->live_at != TOWN_NONE);
	town->live[order->live_at] = last;
	town->orders[last].live_at = order->live_at;
	order->live_at = TOWN_NONE;
	order->ending = true;
}

void town_end(struct town *town, struct order *order)
{
	town->unused[town->unused_n++] = town_slot(town, order);
	town->ended++;
}

struct number town_person(const struct order *order, enum side side)
{
	uint32_t serial = order->serial;

	return (struct number){side == SIDE_CUSTOMER ? 6281234567000u + serial % TOWN_PEOPLE
						     : 6281298765000u + (serial / TOWN_PEOPLE + serial * 7) % TOWN_PEOPLE};
}

struct number town_stranger(uint32_t n)
{
	return (struct number){447700900000u + n % 1000};
}
