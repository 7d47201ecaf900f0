/* unique: pairs (real number, VN) of open sessions seen so far, to find one that two sessions hold (S1).
 *
 * Memory: 8 bytes a slot at 1/2 to 3/4 load: 20 million pairs take about 270 MB while a start lasts. A slot keeps
 * 64 hashed bits of 74: a hit says "probably", and whoever asks looks for the other session then (20 million
 * pairs give one false hit in 10^5 starts). Threads: one at a time.
 */
#ifndef STORE_UNIQUE_H
#define STORE_UNIQUE_H

#include "core/session.h"

struct unique;

struct unique *unique_new(uint64_t seed); /* NULL without memory */
void unique_free(struct unique *unique);

/* What adding a session's pairs says. */
enum unique_said { UNIQUE_NEW, UNIQUE_HIT, UNIQUE_NO_MEMORY };

/* Adds all pairs of a session; numbers must be open. */
enum unique_said unique_add(struct unique *unique, const struct session_row *row);

/* The processor begins to bring from memory what unique_add() will look at. Changes nothing. */
void unique_soon(const struct unique *unique, const struct session_row *row);

/* Is one pair of `a` in `b` too? For the same session: is one there twice? */
bool unique_clash(const struct session_row *a, const struct session_row *b);

#endif
