/* similar: which of the known words was probably meant by one that is not known, for errors.
 *
 * Pure. Time: length times length for each word. Threads: any.
 */
#ifndef WIRE_SIMILAR_H
#define WIRE_SIMILAR_H

#include "base/str.h"

#define SIMILAR_MAX 40 /* bytes; longer ones are like nothing */

/* How many letters must be changed, put in, left out or swapped with their neighbour to make one of the other (restricted
 * Damerau-Levenshtein distance); case doesn't count. SIMILAR_MAX + 1 for longer texts. */
unsigned similar_changes(struct str a, struct str b);

/* The word that differs least: in one letter for names of up to three, else in two; case doesn't count. NULL: none. `words`:
 * NULL ends. */
const char *similar_word(const char *const *words, struct str name);

#endif
