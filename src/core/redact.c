#include "core/redact.h"

#include "core/utf8.h"

#define SEPARATORS_MAX 3
#define GROUP_MIN 2 /* digits on each side of a joint */

/* Where each script's ten digits begin (Unicode, general category Nd). */
static const uint32_t zeros[] = {0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6,
	0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
	0x1bb0, 0x1c40, 0x1c50, 0x2080, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0,
	0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
	0x11c50, 0x16a60, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950};
/* Digits that aren't ten in a row: raised ones, and those in circles. */
static const uint32_t odd_digits[] = {0xb2, 0xb3, 0xb9, 0x2070, 0x24ea};

enum kind { KIND_OTHER, KIND_DIGIT, KIND_SEPARATOR, KIND_JOINT, KIND_UNSEEN };

struct character {
	enum kind kind;
	uint32_t point;
	size_t len;
};

static bool is_digit(uint32_t point)
{
	if (point < 0x80)
		return point >= '0' && point <= '9';
	for (size_t i = 1; i < sizeof zeros / sizeof zeros[0]; i++)
		if (point >= zeros[i] && point < zeros[i] + 10)
			return true;
	for (size_t i = 0; i < sizeof odd_digits / sizeof odd_digits[0]; i++)
		if (point == odd_digits[i])
			return true;
	return (point >= 0x2074 && point <= 0x2079) || (point >= 0x2460 && point <= 0x2468);
}

static bool is_separator(uint32_t point)
{
	if (point < 0x80)
		return point && strchr(" \t-./()_*~'+", (int)point);
	return point == 0xa0 || point == 0xb7 || (point >= 0x2000 && point <= 0x200a) ||
	       (point >= 0x2010 && point <= 0x2015) || point == 0x2019 || point == 0x2022 || point == 0x202f ||
	       point == 0x2043 || point == 0x205f || point == 0x2212 || point == 0x3000 || point == 0xfe63 ||
	       (point >= 0xff08 && point <= 0xff0f);
}

/* What parts things as often as it parts the groups of a number. */
static bool is_joint(uint32_t point)
{
	return point == ',' || point == ':' || point == ';' || point == '|' || point == '\n' || point == 0xff0c;
}

/* Zero width, direction marks, variation selectors, the frame of a keycap. */
static bool is_unseen(uint32_t point)
{
	return point == 0xad || (point >= 0x200b && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2060 && point <= 0x206f) || point == 0x20e3 || (point >= 0xfe00 && point <= 0xfe0f) ||
	       point == 0xfeff;
}

static struct character look(struct str text, size_t at)
{
	struct character character = {.kind = KIND_OTHER};

	character.len = utf8_next(text, at, &character.point);
	if (is_digit(character.point))
		character.kind = KIND_DIGIT;
	else if (is_separator(character.point))
		character.kind = KIND_SEPARATOR;
	else if (is_joint(character.point))
		character.kind = KIND_JOINT;
	else if (is_unseen(character.point))
		character.kind = KIND_UNSEEN;
	if (character.len == 0)
		character.len = 1;
	return character;
}

/* --- times of day and dates, in ASCII --- */

/* `least`..`most` digits at `at`, and no more of them: their value, and *at behind them. -1: not so. */
static int count(struct str text, size_t *at, size_t least, size_t most)
{
	size_t i = *at;
	int value = 0;

	for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9' && i - *at < most; i++)
		value = value * 10 + (text.at[i] - '0');
	if (i - *at < least || (i < text.len && text.at[i] >= '0' && text.at[i] <= '9'))
		return -1;
	*at = i;
	return value;
}

static bool skip(struct str text, size_t *at, char c)
{
	if (*at >= text.len || text.at[*at] != c)
		return false;
	++*at;
	return true;
}

/* Does it end there, so that it stands for itself? */
static bool ends(struct str text, size_t at)
{
	if (at >= text.len)
		return true;
	struct character next = look(text, at);
	if (next.kind == KIND_DIGIT || next.kind == KIND_UNSEEN)
		return false;
	if (next.kind != KIND_SEPARATOR || next.point == ' ' || next.point == ')')
		return next.point != ':';
	return at + next.len >= text.len || look(text, at + next.len).kind != KIND_DIGIT;
}

static size_t time_of_day(struct str text, size_t from)
{
	size_t at = from;
	int hour = count(text, &at, 1, 2), minute, second = 0;

	if (hour < 0 || hour > 24 || !skip(text, &at, ':'))
		return 0;
	minute = count(text, &at, 2, 2);
	if (skip(text, &at, ':'))
		second = count(text, &at, 2, 2);
	return minute >= 0 && minute < 60 && second >= 0 && second < 61 && ends(text, at) ? at - from : 0;
}

static bool is_date(int year, int month, int day)
{
	bool known = (year >= 1900 && year < 2100) || (year >= 0 && year < 100);

	return known && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static size_t date(struct str text, size_t from)
{
	static const char marks[] = "-./";

	for (const char *mark = marks; *mark; mark++) {
		size_t at = from;
		int year = count(text, &at, 4, 4);
		bool first = year >= 0;
		int a = first ? 0 : count(text, &at, 1, 2);
		if (a < 0 || !skip(text, &at, *mark))
			continue;
		int b = count(text, &at, 1, 2);
		if (b < 0 || !skip(text, &at, *mark))
			continue;
		int c = count(text, &at, first ? 1 : 2, first ? 2 : 4);
		if (c < 0 || !ends(text, at))
			continue;
		if (first ? is_date(year, b, c) : is_date(c, b, a) || is_date(c, a, b))
			return at - from;
	}
	return 0;
}

/* --- numbers --- */

/* Do two digits or more begin there? */
static bool is_group(struct str text, size_t at)
{
	for (int i = 0; i < GROUP_MIN; i++) {
		struct character character = at < text.len ? look(text, at) : (struct character){.kind = KIND_OTHER};
		if (character.kind != KIND_DIGIT)
			return false;
		at += character.len;
	}
	return true;
}

/* How many bytes from the digit at `from` to the last digit of its run; *ret_digits: how many there are. A run ends
 * before a time of day or a date. */
static size_t run(struct str text, size_t from, int *ret_digits)
{
	size_t at = from, end = from;
	int separators = 0, group = 0; /* digits since the last of them */
	bool apart = false; /* a blank or a joint stood before */

	*ret_digits = 0;
	while (at < text.len) {
		struct character character = look(text, at);
		if (character.kind == KIND_DIGIT) {
			if (apart && (time_of_day(text, at) || date(text, at)))
				break;
			++*ret_digits;
			group = separators ? 1 : group + 1;
			separators = 0;
			apart = false;
			end = at + character.len;
		} else if (character.kind == KIND_SEPARATOR && ++separators <= SEPARATORS_MAX) {
			apart |= character.point == ' ';
		} else if (character.kind == KIND_JOINT && !separators && group >= GROUP_MIN &&
			   is_group(text, at + character.len)) {
			separators = SEPARATORS_MAX; /* it stands alone */
			apart = true;
		} else if (character.kind != KIND_UNSEEN) {
			break;
		}
		at += character.len;
	}
	return end - from;
}

/* A '+' or '(' that was written before the number goes with it. */
static size_t without_lead(const char *out, size_t len)
{
	while (len && (out[len - 1] == '+' || out[len - 1] == '('))
		len--;
	return len;
}

size_t redact(struct str text, char *out, int *ret_n)
{
	size_t len = 0;

	*ret_n = 0;
	for (size_t at = 0; at < text.len;) {
		struct character character = look(text, at);
		size_t n = character.len;
		int digits = 0;
		bool blank = false;
		if (character.kind == KIND_DIGIT) {
			size_t other = time_of_day(text, at);
			if (!other)
				other = date(text, at);
			n = other ? other : run(text, at, &digits);
			blank = digits >= REDACT_DIGITS_MIN;
		}
		if (blank) {
			len = without_lead(out, len);
			memcpy(out + len, REDACT_MARK, sizeof REDACT_MARK - 1);
			len += sizeof REDACT_MARK - 1;
			++*ret_n;
		} else {
			memcpy(out + len, text.at + at, n);
			len += n;
		}
		at += n;
	}
	return len;
}
