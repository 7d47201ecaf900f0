/* terminal: texts that others wrote, shown to people: their width in columns, without what would steer the
 * terminal, with colours only where they are wanted.
 *
 * Threads: any. Reads the environment (NO_COLOR, TERM), which nothing changes. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

enum terminal_colour {
	COLOUR_NONE,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_BLUE
};

/* True on a terminal that is not "dumb", unless NO_COLOR is set to anything but "" (no-color.org). */
bool terminal_colours(FILE *out);

/* Columns of a UTF-8 text as terminal_put() writes it: 2 for East Asian wide characters and emoji, 0 for
 * combining marks, 1 for a byte that is not UTF-8. */
int terminal_columns(struct str text);

/* Control characters (C0, DEL, C1), direction marks and bytes that are not UTF-8 become '?'. Returns the
 * columns. */
int terminal_put(FILE *out, struct str text);

/* The sequence that turns a colour on; "" for COLOUR_NONE. terminal_plain ends any. */
const char *terminal_colour(enum terminal_colour colour);
extern const char terminal_plain[];

#endif
