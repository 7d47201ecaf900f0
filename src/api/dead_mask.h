/* dead_mask: a dead letter's payload, fit to be shown: in every run of digits that could be a number's the digits become
 * stars. Runs go on over single spaces, dots, dashes, slashes and brackets; five digits are a run. Times and ids are
 * starred with them: better than a number that is not. */
#ifndef DEAD_MASK_H
#define DEAD_MASK_H

#include "base/arena.h"

#define DEAD_MASK_DIGITS 5

/* A copy in the arena; bytes beyond ASCII become '?'. .at NULL: no memory. */
struct str dead_mask(struct str payload, struct arena *arena);

#endif
