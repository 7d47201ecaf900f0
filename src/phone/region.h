/* region: one region's numbering plan, compiled from what libphonenumber's metadata says of it.
 *
 * It tells of a national number what the library tells: of which type it is, whether it begins as the region's
 * numbers do, whether the library's parser would take something off its front, and which of its formats it would
 * be written in. One look at each digit, no memory.
 *
 * Memory: the heap, an automaton of 20..1,000 states. Threads: read only once made, any.
 */
#ifndef PHONE_REGION_H
#define PHONE_REGION_H

#include <stdbool.h>

#include "phone/automaton.h"

#define REGION_DIGITS_MAX 15 /* of a national number */
#define REGION_FORMATS_MAX 48

/* What the metadata describes by a pattern each, in the order in which the library asks. */
enum region_kind {
	REGION_GENERAL, /* all of the region's numbers */
	REGION_PREMIUM_RATE,
	REGION_TOLL_FREE,
	REGION_SHARED_COST,
	REGION_VOIP,
	REGION_PERSONAL,
	REGION_PAGER,
	REGION_UAN,
	REGION_VOICEMAIL,
	REGION_FIXED_LINE,
	REGION_MOBILE,
	REGION_KINDS
};

/* A kind of line, or one of these. */
enum { REGION_FIXED_LINE_OR_MOBILE = REGION_KINDS, REGION_UNKNOWN, REGION_TYPES };

/* Texts are patterns (automaton.h) and the caller's; NULL: none. Bit n of `lengths`: n digits. */
struct region_source {
	struct {
		const char *pattern;
		uint32_t lengths; /* 0: none; ~0u: the pattern alone decides */
	} kinds[REGION_KINDS];
	bool fixed_is_mobile;        /* the patterns of both are one */
	const char *leading_digits;  /* what its numbers begin with, where regions share a calling code */
	const char *national_prefix; /* what the library's parser takes off */
	struct {
		const char *leading_digits;
		uint32_t lengths;
	} formats[REGION_FORMATS_MAX];
	int formats_n;
};

struct region {
	struct automaton *automaton;
	uint64_t of_length[REGION_DIGITS_MAX + 1]; /* tags of kinds and formats that have this length */
	uint64_t always;                           /* tags of formats whatever the first digits */
	bool fixed_is_mobile, has_leading_digits;
	int formats_n;
};

struct region_reading {
	int type;
	int format;    /* the first that fits; formats_n: none does */
	bool leads;    /* leading_digits */
	bool prefixed; /* begins with a national prefix, at least a digit long */
};

/* NULL: a pattern that automaton.h doesn't know, or no memory. */
struct region *region_new(const struct region_source *source);
void region_free(struct region *region); /* NULL is ignored */

/* `len` ASCII digits, at most REGION_DIGITS_MAX. */
struct region_reading region_read(const struct region *region, const char *national, size_t len);

#endif
