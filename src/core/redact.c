#include "core/redact.h"

#include "core/utf8.h"

#include <ctype.h>

#define GAP_MAX 6   /* characters between two digits of a number, those that nobody sees apart */
#define TAIL_MIN 4  /* digits behind what looks like a date that make a number of both */
#define GROUP_MIN 2 /* digits on each side of a joint */

/* Where each script's ten digits begin (Unicode, general category Nd). */
static const uint32_t zeros[] = {0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6,
	0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
	0x1bb0, 0x1c40, 0x1c50, 0x2080, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0,
	0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
	0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
	0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950, 0x1fbf0};
/* Digits that aren't ten in a row: raised ones, and those in circles, in brackets, before a dot: from 1 to 9, and zeros. */
static const uint32_t ones[] = {0x2460, 0x2474, 0x2488, 0x24f5, 0x2776, 0x2780, 0x278a, 0x1f102};
static const uint32_t odd_digits[] = {0xb2, 0xb3, 0xb9, 0x2070, 0x24ea, 0x24ff, 0x1f100, 0x1f101};

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
	for (size_t i = 0; i < sizeof ones / sizeof ones[0]; i++)
		if (point >= ones[i] && point < ones[i] + 9)
			return true;
	return point >= 0x2074 && point <= 0x2079;
}

/* What groups of a number are written with. */
static bool is_separator(uint32_t point)
{
	if (point < 0x80)
		return point && strchr(" \t-./()[]{}_*~'+", (int)point);
	return point == 0xa0 || point == 0xb7 || (point >= 0x2000 && point <= 0x200a) ||
	       (point >= 0x2010 && point <= 0x2015) || point == 0x2019 || point == 0x2022 || point == 0x202f ||
	       point == 0x2043 || point == 0x205f || point == 0x2212 || point == 0x3000 || point == 0xfe63 ||
	       (point >= 0xff08 && point <= 0xff0b) || (point >= 0xff0d && point <= 0xff0f);
}

/* What parts things as often as it parts the groups of a number: all other punctuation, line feeds. */
static bool is_joint(uint32_t point)
{
	if (point < 0x80)
		return point == '\n' || ispunct((int)point);
	return point == 0xab || point == 0xbb || point == 0x60c || point == 0x61b || (point >= 0x66a && point <= 0x66c) ||
	       point == 0x6d4 || point == 0x964 || (point >= 0x2016 && point <= 0x2027) || point == 0x2502 ||
	       (point >= 0x3001 && point <= 0x3003) || (point >= 0xff01 && point <= 0xff0f) ||
	       (point >= 0xff1a && point <= 0xff20) || point == 0xff5c;
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

/* What has a year of two digits is none if more digits follow that are neither a date nor a time: "08.12.34 56.72". */
static bool is_number_behind(struct str text, size_t at);

/* `alone`: nothing behind it is looked at. */
static size_t date_at(struct str text, size_t from, bool alone)
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
		if (!alone && !first && c < 100 && is_number_behind(text, at))
			continue;
		if (first ? is_date(year, b, c) : is_date(c, b, a) || is_date(c, a, b))
			return at - from;
	}
	return 0;
}

static size_t date(struct str text, size_t from)
{
	return date_at(text, from, false);
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

/* What stands between two digits of a number. */
struct gap {
	size_t len;
	int marks;   /* characters that are seen */
	bool apart;  /* a blank or a joint is among them */
	bool joint;
	bool plus;   /* it ends with a '+' behind one of these: another number begins */
};

static struct gap gap_at(struct str text, size_t from)
{
	struct gap gap = {0};

	while (from + gap.len < text.len) {
		struct character character = look(text, from + gap.len);
		if (character.kind == KIND_OTHER || character.kind == KIND_DIGIT)
			break;
		gap.len += character.len;
		gap.marks += character.kind != KIND_UNSEEN;
		gap.plus = gap.apart && character.point == '+';
		gap.joint |= character.kind == KIND_JOINT;
		gap.apart |= character.kind == KIND_JOINT || character.point == ' ';
	}
	return gap;
}

/* How many digits there are up to a blank or a letter. */
static int digits_of_word(struct str text, size_t at)
{
	int n = 0;

	while (at < text.len) {
		struct character character = look(text, at);
		if (character.kind == KIND_OTHER || character.kind == KIND_JOINT || character.point == ' ')
			break;
		n += character.kind == KIND_DIGIT;
		at += character.len;
	}
	return n;
}

static bool is_number_behind(struct str text, size_t at)
{
	struct gap gap = gap_at(text, at);
	size_t next = at + gap.len;

	return gap.marks <= GAP_MAX && digits_of_word(text, next) >= TAIL_MIN && !time_of_day(text, next) && !date_at(text, next, true);
}

/* Does a number go on behind a gap? `group`: how many digits stand before it. */
static bool goes_on(struct str text, size_t at, const struct gap *gap, int group)
{
	size_t next = at + gap->len;

	if (next >= text.len || gap->marks > GAP_MAX || look(text, next).kind != KIND_DIGIT)
		return false;
	if (gap->joint && (group < GROUP_MIN || !is_group(text, next)))
		return false;
	return !gap->apart || (!time_of_day(text, next) && !date(text, next));
}

/* How many bytes from the digit at `from` to the last digit of its run; *ret_digits: how many there are. A run ends
 * before a time of day or a date. */
static size_t run(struct str text, size_t from, int *ret_digits)
{
	size_t at = from, end = from;
	int group = 0;

	*ret_digits = 0;
	for (;;) {
		struct character character = look(text, at);
		++*ret_digits;
		group++;
		at += character.len;
		end = at;
		struct gap gap = gap_at(text, at);
		if (at + gap.len >= text.len || !goes_on(text, at, &gap, group) ||
			(gap.plus && *ret_digits >= REDACT_DIGITS_MIN))
			break;
		if (gap.marks)
			group = 0;
		at += gap.len;
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
