#include "cli/terminal.h"

#include <stdlib.h>
#include <unistd.h>

const char terminal_plain[] = "\033[0m";

bool terminal_colours(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no && no[0] != '\0')
		return false;
	return term && strcmp(term, "dumb") != 0 && isatty(fileno(out));
}

const char *terminal_colour(enum terminal_colour colour)
{
	static const char *const sequences[] = {
		[COLOUR_NONE] = "",
		[COLOUR_BOLD] = "\033[1m",
		[COLOUR_DIM] = "\033[2m",
		[COLOUR_RED] = "\033[31m",
		[COLOUR_GREEN] = "\033[32m",
		[COLOUR_YELLOW] = "\033[33m",
		[COLOUR_BLUE] = "\033[34m",
	};
	return sequences[colour];
}

struct range {
	uint32_t first, last;
};

/* Unicode 15, East Asian Width W and F and emoji, in blocks: what names in lists of orders may hold. */
static const struct range wide[] = {
	{0x1100, 0x115F},
	{0x231A, 0x231B},
	{0x2E80, 0x303E},
	{0x3041, 0x33FF},
	{0x3400, 0x4DBF},
	{0x4E00, 0x9FFF},
	{0xA000, 0xA4CF},
	{0xA960, 0xA97F},
	{0xAC00, 0xD7A3},
	{0xF900, 0xFAFF},
	{0xFE30, 0xFE6F},
	{0xFF00, 0xFF60},
	{0xFFE0, 0xFFE6},
	{0x1F300, 0x1F64F},
	{0x1F680, 0x1F6FF},
	{0x1F900, 0x1F9FF},
	{0x1FA70, 0x1FAFF},
	{0x20000, 0x3FFFD},
};

/* Combining marks, zero width joiners, variation selectors. */
static const struct range narrow[] = {
	{0x0300, 0x036F},
	{0x0483, 0x0489},
	{0x0591, 0x05BD},
	{0x0610, 0x061A},
	{0x064B, 0x065F},
	{0x093C, 0x093C},
	{0x0941, 0x0948},
	{0x094D, 0x094D},
	{0x0E31, 0x0E31},
	{0x0E34, 0x0E3A},
	{0x0E47, 0x0E4E},
	{0x1AB0, 0x1AFF},
	{0x1DC0, 0x1DFF},
	{0x200B, 0x200D},
	{0x20D0, 0x20FF},
	{0x3099, 0x309A},
	{0xFE00, 0xFE0F},
	{0xFE20, 0xFE2F},
	{0xE0100, 0xE01EF},
};

/* What would move the cursor, change colours or turn the reading direction round ("Trojan source"). */
static const struct range steering[] = {
	{0x00, 0x1F},
	{0x7F, 0x9F},
	{0x200E, 0x200F},
	{0x2028, 0x202E},
	{0x2066, 0x2069},
	{0xFEFF, 0xFEFF},
};

static bool within(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

#define WITHIN(c, ranges) within(c, ranges, sizeof ranges / sizeof *ranges)
#define NOT_UTF8 UINT32_MAX

/* Takes a character off the head of *text; NOT_UTF8 takes one byte. Strict: no surrogates, no long forms. */
static uint32_t take_character(struct str *text, struct str *ret_bytes)
{
	const uint8_t *at = (const uint8_t *)text->at;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xF0 && at[0] < 0xF8 ? 4 : at[0] >= 0xE0 ? 3 : 2;
	uint32_t c = len == 1 ? at[0] : at[0] & (0x7Fu >> len);
	bool good = at[0] < 0x80 || (at[0] >= 0xC2 && at[0] < 0xF5 && len <= text->len);

	for (size_t i = 1; good && i < len; i++) {
		good = (at[i] & 0xC0) == 0x80;
		c = c << 6 | (at[i] & 0x3F);
	}
	if (good && len > 1)
		good = c >= least[len] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
	if (!good) {
		len = 1;
		c = NOT_UTF8;
	}
	*ret_bytes = str_n(text->at, len);
	*text = str_n(text->at + len, text->len - len);
	return c;
}

static int put(FILE *out, struct str text)
{
	int columns = 0;

	while (text.len) {
		struct str bytes;
		uint32_t c = take_character(&text, &bytes);
		if (c == NOT_UTF8 || WITHIN(c, steering)) {
			bytes = STR("?");
			c = '?';
		}
		columns += WITHIN(c, narrow) ? 0 : WITHIN(c, wide) ? 2 : 1;
		if (out)
			fwrite(bytes.at, 1, bytes.len, out);
	}
	return columns;
}

int terminal_columns(struct str text)
{
	return put(NULL, text);
}

int terminal_put(FILE *out, struct str text)
{
	return put(out, text);
}
