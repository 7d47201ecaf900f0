/* dead_mask: a dead letter's payload, fit to be shown: in every run of digits that could be a number's (dead_text.h) the
 * digits become stars; five digits are a run. Times and ids are starred with them: better than a number that is not. */
#ifndef DEAD_MASK_H
#define DEAD_MASK_H

#include "base/arena.h"

#define DEAD_MASK_DIGITS 5

/* A copy in the arena, as long as the payload; what is beyond ASCII, escaped or not, becomes '?' for each byte.
 * .at NULL: no memory. */
struct str dead_mask(struct str payload, struct arena *arena);

#endif
