/* dead_text: a dead letter's payload, character by character, as far as numbers are in it. Payloads are JSON, or wanted to
 * be: escapes count as what they stand for. What is a digit and what may stand between digits is what phone/fold.h takes
 * in a number. Functions of bytes.
 */
#ifndef DEAD_TEXT_H
#define DEAD_TEXT_H

#include "phone/fold.h"

#define DEAD_TEXT_GAP_MAX 3 /* marks between two digits of one number, "812 - 345": more, and another begins */

struct dead_char {
	int kind;    /* 0..9 a digit, FOLD_PASSED, FOLD_PLUS, FOLD_OTHER */
	size_t len;  /* bytes that it takes, at least 1 */
	bool beyond; /* not an ASCII character, or a byte that is no character */
};

/* The character at `i` < text.len. */
struct dead_char dead_text_at(struct str text, size_t i);

#endif
