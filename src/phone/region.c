#include "phone/region.h"

#include <stdlib.h>

#include "base/check.h"

/* Tags: a bit for each kind, then these, then the formats. */
#define TAG_PREFIX ((uint64_t)1 << REGION_KINDS)
#define TAG_LEADS ((uint64_t)1 << (REGION_KINDS + 1))
#define FORMATS_FROM (REGION_KINDS + 2)
#define FORMATS_ALL (~(uint64_t)0 << FORMATS_FROM)
_Static_assert(FORMATS_FROM + REGION_FORMATS_MAX <= 64, "a bit for each");

static uint64_t kind_tag(int kind)
{
	return (uint64_t)1 << kind;
}

static uint64_t format_tag(int format)
{
	return (uint64_t)1 << (FORMATS_FROM + format);
}

static size_t patterns_of(const struct region_source *source, struct automaton_pattern *patterns)
{
	size_t n = 0;

	for (int kind = 0; kind < REGION_KINDS; kind++)
		if (source->kinds[kind].pattern)
			patterns[n++] = (struct automaton_pattern){source->kinds[kind].pattern, kind_tag(kind)};
	if (source->national_prefix)
		patterns[n++] = (struct automaton_pattern){source->national_prefix, TAG_PREFIX};
	if (source->leading_digits)
		patterns[n++] = (struct automaton_pattern){source->leading_digits, TAG_LEADS};
	for (int i = 0; i < source->formats_n; i++)
		if (source->formats[i].leading_digits)
			patterns[n++] = (struct automaton_pattern){source->formats[i].leading_digits, format_tag(i)};
	return n;
}

static void lengths_take(struct region *region, const struct region_source *source)
{
	for (int len = 0; len <= REGION_DIGITS_MAX; len++) {
		for (int kind = 0; kind < REGION_KINDS; kind++)
			if (source->kinds[kind].lengths >> len & 1)
				region->of_length[len] |= kind_tag(kind);
		for (int i = 0; i < source->formats_n; i++)
			if (source->formats[i].lengths >> len & 1)
				region->of_length[len] |= format_tag(i);
	}
}

struct region *region_new(const struct region_source *source)
{
	struct automaton_pattern patterns[REGION_KINDS + 2 + REGION_FORMATS_MAX];
	struct region *region = calloc(1, sizeof *region);

	ASSERT(source->formats_n >= 0 && source->formats_n <= REGION_FORMATS_MAX);
	if (!region)
		return NULL;
	region->automaton = automaton_new(patterns, patterns_of(source, patterns));
	/* What begins with nothing at all is seen before the first digit: region_read() looks behind each. */
	if (!region->automaton || region->automaton->tags[AUTOMATON_START] & (TAG_LEADS | FORMATS_ALL)) {
		region_free(region);
		return NULL;
	}
	region->fixed_is_mobile = source->fixed_is_mobile;
	region->has_leading_digits = source->leading_digits;
	region->formats_n = source->formats_n;
	for (int i = 0; i < source->formats_n; i++)
		if (!source->formats[i].leading_digits)
			region->always |= format_tag(i);
	lengths_take(region, source);
	return region;
}

void region_free(struct region *region)
{
	if (!region)
		return;
	automaton_free(region->automaton);
	free(region);
}

/* The first kind that matches; of the two last, fixed line and mobile, which one or both. */
static int type_of(const struct region *region, uint64_t kinds)
{
	uint64_t fixed = kind_tag(REGION_FIXED_LINE), mobile = kind_tag(REGION_MOBILE);

	if (!(kinds & kind_tag(REGION_GENERAL)))
		return REGION_UNKNOWN;
	kinds &= ~kind_tag(REGION_GENERAL) & (kind_tag(REGION_KINDS) - 1);
	if (kinds & (fixed - 1))
		return __builtin_ctzll(kinds);
	if (kinds & fixed)
		return region->fixed_is_mobile || kinds & mobile ? REGION_FIXED_LINE_OR_MOBILE : REGION_FIXED_LINE;
	return kinds & mobile && !region->fixed_is_mobile ? REGION_MOBILE : REGION_UNKNOWN;
}

struct region_reading region_read(const struct region *region, const char *national, size_t len)
{
	const struct automaton *automaton = region->automaton;
	uint32_t state = AUTOMATON_START;
	uint64_t seen = 0; /* what matches the first digits, however many */

	ASSERT(len <= REGION_DIGITS_MAX);
	for (size_t i = 0; i < len && state != AUTOMATON_DEAD; i++) {
		state = automaton->next[state][national[i] - '0'];
		seen |= automaton->tags[state];
	}
	uint64_t formats = (seen | region->always) & region->of_length[len] & FORMATS_ALL;
	return (struct region_reading){
		.type = type_of(region, automaton->tags[state] & region->of_length[len]),
		.format = formats ? __builtin_ctzll(formats) - FORMATS_FROM : region->formats_n,
		.leads = seen & TAG_LEADS,
		.prefixed = seen & TAG_PREFIX,
	};
}
