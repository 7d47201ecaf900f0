/* pile: pieces of 1..255 units out of one mapping made at start, named by 32-bit handles.
 *
 * Freed pieces go to a list of their size; a new piece comes from the list of its size, else from
 * fresh units, else a larger free piece is split. When that fails too, free neighbours are made one
 * piece again: in proportion to the whole pile, at most once for each sixteenth of it that was given
 * back. Handle 0 is "none". Threads: one at a time.
 */
#ifndef BASE_PILE_H
#define BASE_PILE_H

#include <stddef.h>
#include <stdint.h>

struct pile;

/* `unit` bytes each (a multiple of 8), `max` units in all. NULL without memory. */
struct pile *pile_new(uint32_t unit, uint32_t max);
void pile_free_all(struct pile *pile);

/* A handle for at least `units` (1..255) units, not zeroed; 0: no room. */
uint32_t pile_take(struct pile *pile, uint32_t units);

/* Back, with the same number of units as taken. 0 is ignored. */
void pile_give(struct pile *pile, uint32_t handle, uint32_t units);

void *pile_at(const struct pile *pile, uint32_t handle);
uint32_t pile_used(const struct pile *pile); /* units */
size_t pile_bytes(const struct pile *pile);  /* of the mapping that was touched */

#endif
