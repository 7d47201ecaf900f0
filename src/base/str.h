/* str: a piece of somebody else's text: pointer and length, no terminator, never owned. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *at;
	size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){0, 0})

/* A str over a terminated C string; NULL gives STR_NONE. */
static inline struct str str_of(const char *text)
{
	return (struct str){text, text ? strlen(text) : 0};
}

static inline struct str str_n(const char *at, size_t len)
{
	return (struct str){at, len};
}

bool str_equal(struct str a, struct str b);

/* ASCII case is ignored: header names, withheld-caller words. */
bool str_equal_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);

/* Byte order; a prefix comes before what it begins. <0, 0, >0. */
int str_compare(struct str a, struct str b);

/* The text before the first `sep`, or all of it; *rest becomes what follows (STR_NONE at the end). */
struct str str_cut(struct str s, char sep, struct str *ret_rest);

/* Without ASCII white space at both ends. */
struct str str_trim(struct str s);

/* Decimal digits only, at least one; false on anything else or overflow. */
bool str_u64(struct str s, uint64_t *ret_value);

/* Copies with a terminator into dst of `size` bytes; false (dst = "") when it does not fit or holds a NUL. */
bool str_copy(char *dst, size_t size, struct str s);

#endif
