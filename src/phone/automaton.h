/* automaton: patterns over digits, compiled into one table that looks at each digit once.
 *
 * A pattern is written as libphonenumber's metadata writes them, a regular expression of: digits, `\d`, `[2-579]`,
 * groups `(...)` and `(?:...)`, alternatives `|`, and behind any of these `?`, `{n}` or `{n,m}`. Each has a tag, one
 * bit; a state's tags are those of all patterns that match the digits so far, whole.
 *
 * Memory: the heap, AUTOMATON_STATES_MAX * 28 bytes at most; while it is made about a MiB more.
 * Threads: read only once made, any.
 */
#ifndef PHONE_AUTOMATON_H
#define PHONE_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>

#define AUTOMATON_STATES_MAX 8192
#define AUTOMATON_NODES_MAX 16384 /* pieces of all patterns together, equal ones counted once */
#define AUTOMATON_DEPTH_MAX 200   /* groups in groups, pieces in a row */
#define AUTOMATON_REPEAT_MAX 32

/* Where it begins; and where nothing can match any more, whatever follows. */
enum { AUTOMATON_START = 1, AUTOMATON_DEAD = 0 };

struct automaton_pattern {
	const char *text;
	uint64_t tag;
};

struct automaton {
	uint16_t (*next)[10]; /* [state][digit] */
	uint64_t *tags;       /* [state] */
	uint32_t states;
};

/* NULL: a pattern that is written otherwise, more than the maxima, or no memory. */
struct automaton *automaton_new(const struct automaton_pattern *patterns, size_t patterns_n);
void automaton_free(struct automaton *automaton); /* NULL is ignored */

#endif
