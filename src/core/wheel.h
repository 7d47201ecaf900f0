/* wheel: what is due when. One ring of 65,536 one-second buckets, each a doubly linked list of
 * slots through arrays made at start; something further away stays in its bucket for another turn.
 *
 * Cost: set and cancel O(1), due O(what is due + seconds passed). Threads: one at a time.
 */
#ifndef CORE_WHEEL_H
#define CORE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_NONE UINT32_MAX

struct wheel;

/* Slots 0..max-1; `now` in epoch seconds. NULL without memory. */
struct wheel *wheel_new(uint32_t max, uint32_t now);
void wheel_free(struct wheel *wheel);

/* (Re)sets the slot to be due at `at`; a time that has passed is due at once. */
void wheel_set(struct wheel *wheel, uint32_t slot, uint32_t at);
void wheel_cancel(struct wheel *wheel, uint32_t slot); /* not set: nothing */

/* Takes out one slot with at <= now, WHEEL_NONE if there is none. Times before the last `now` are
 * not looked at again; `now` never goes back. */
uint32_t wheel_due(struct wheel *wheel, uint32_t now);

size_t wheel_bytes(const struct wheel *wheel);

#endif
