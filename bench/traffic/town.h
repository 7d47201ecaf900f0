/* town: the orders that the generator knows: whose numbers, which virtual numbers, what becomes of each next.
 *
 * An order lives in a slot, from its first request to the last; its serial number makes its ref and chooses its
 * people. The steps of a life, each a request that is sent when the answer to the one before it is there:
 *
 *   told by events:  PLACE, ASSIGN, LOOK (twice), lives, COMPLETE, GRACE (a call that still connects)
 *   by the API:      OPEN, lives, CLOSE or FORGET, GONE (a call that no longer does)
 *
 * Memory: all at town_new(). Threads: the owner's.
 */
#ifndef TOWN_H
#define TOWN_H

#include <stdbool.h>

#include "core/number.h"

enum step { STEP_PLACE, STEP_ASSIGN, STEP_LOOK_CUSTOMER, STEP_LOOK_COURIER, STEP_COMPLETE, STEP_GRACE, STEP_OPEN, STEP_CLOSE, STEP_FORGET,
	STEP_GONE, STEP_END, STEP_LIVE };

enum side { SIDE_CUSTOMER, SIDE_COURIER };

#define TOWN_NONE UINT32_MAX
#define TOWN_PEOPLE 1000 /* customers, and as many couriers */

struct order {
	uint32_t serial;
	uint32_t calls;        /* on their way */
	uint32_t live_at;      /* its place among the living; TOWN_NONE */
	uint16_t tries;        /* of the step that is under way, refused with `overloaded` */
	uint8_t step, pool;
	bool by_events, ending;
	uint64_t end_ns;       /* when its life ends */
	uint64_t due_ns;       /* of the step that waits */
	struct number vn[2];   /* the one that the customer is reached by and shown as, the courier's */
	char id[32];           /* of the session, if the API opened it */
};

/* Slots that wait for something, first come first. */
struct line {
	uint32_t *slots;
	uint32_t size, at, n;
};

struct town {
	struct order *orders;
	uint32_t size, unused_n, live_n, serial;
	uint32_t *unused, *live;
	struct line ready;     /* for their next step, */
	struct line calls;     /* or for their last, which is a call */
	struct line refused;   /* for another try */
	struct line lives;     /* for their end */
	uint64_t opened, ended;
	uint64_t waited_max_ns; /* from first try to through, of what was refused */
	uint16_t tries_max;
};

void town_init(struct town *town, uint32_t size, uint32_t first_serial);
void town_done(struct town *town);

/* NULL: all slots are taken. */
struct order *town_begin(struct town *town, bool by_events, uint8_t pool);
void town_live(struct town *town, struct order *order, uint64_t end_ns);
/* No more calls for it; its last steps come when those on their way are answered. */
void town_leave(struct town *town, struct order *order);
void town_end(struct town *town, struct order *order);
uint32_t town_slot(const struct town *town, const struct order *order);

void line_put(struct line *line, uint32_t slot);
uint32_t line_first(const struct line *line); /* TOWN_NONE: nobody */
void line_drop(struct line *line);

/* Whose number it is, of that side: from the ranges of tests/numbers.txt. */
struct number town_person(const struct order *order, enum side side);
struct number town_stranger(uint32_t n);

#endif
