#include "wire/time_text.h"

#define DAY_MS 86400000
#define YEAR_0_MS (-62167219200000)   /* 0000-01-01T00:00:00Z */
#define YEAR_10000_MS 253402300800000 /* 10000-01-01T00:00:00Z */

struct date {
	int year, month, day;
};

/* Days since 1970-01-01 and back: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". An era is
 * 400 years (146,097 days) that begin on 1 March. */
static int64_t days_of(struct date date)
{
	int64_t year = date.month <= 2 ? date.year - 1 : date.year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date date_of(int64_t days)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
	struct date date = {
		.year = (int)(year_of_era + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
	};

	return date;
}

/* Behind the last digit, the character that follows them; the place behind that. */
static char *put_digits(char *at, int value, int digits, char next)
{
	for (int i = digits; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
	at[digits] = next;
	return at + digits + 1;
}

void time_text_put(struct buf *out, int64_t time_ms)
{
	char text[sizeof "9999-12-31T23:59:59.999Z"], *at = text;

	if (time_ms < YEAR_0_MS || time_ms >= YEAR_10000_MS) {
		out->failed = true;
		return;
	}
	int64_t days = (time_ms - YEAR_0_MS) / DAY_MS + YEAR_0_MS / DAY_MS;
	int rest = (int)(time_ms - days * DAY_MS);
	struct date date = date_of(days);

	at = put_digits(at, date.year, 4, '-');
	at = put_digits(at, date.month, 2, '-');
	at = put_digits(at, date.day, 2, 'T');
	at = put_digits(at, rest / 3600000, 2, ':');
	at = put_digits(at, rest / 60000 % 60, 2, ':');
	at = put_digits(at, rest / 1000 % 60, 2, rest % 1000 ? '.' : 'Z');
	if (rest % 1000)
		at = put_digits(at, rest % 1000, 3, 'Z');
	buf_put(out, text, (size_t)(at - text));
}

/* Takes `digits` digits off *text; -1 if they are not there. */
static int take_digits(struct str *text, int digits)
{
	int value = 0;

	if (text->len < (size_t)digits)
		return -1;
	for (int i = 0; i < digits; i++) {
		char c = text->at[i];
		if (c < '0' || c > '9')
			return -1;
		value = value * 10 + (c - '0');
	}
	*text = str_n(text->at + digits, text->len - (size_t)digits);
	return value;
}

static bool take_char(struct str *text, char upper)
{
	if (text->len == 0 || (text->at[0] != upper &&
				      text->at[0] != (upper == 'T' || upper == 'Z' ? upper | 0x20 : upper)))
		return false;
	*text = str_n(text->at + 1, text->len - 1);
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct str *text, struct date *ret_date)
{
	struct date date = {.year = take_digits(text, 4)};

	if (date.year < 0 || !take_char(text, '-'))
		return false;
	date.month = take_digits(text, 2);
	if (date.month < 1 || date.month > 12 || !take_char(text, '-'))
		return false;
	date.day = take_digits(text, 2);
	if (date.day < 1 || date.day > month_days(date.year, date.month))
		return false;
	*ret_date = date;
	return true;
}

/* hh:mm */
static bool take_minutes(struct str *text, int *ret_minutes)
{
	int hour = take_digits(text, 2);

	if (hour < 0 || hour > 23 || !take_char(text, ':'))
		return false;
	int minute = take_digits(text, 2);
	if (minute < 0 || minute > 59)
		return false;
	*ret_minutes = hour * 60 + minute;
	return true;
}

static bool take_fraction(struct str *text, int *ret_ms)
{
	int ms = 0, n = 0;

	*ret_ms = 0;
	if (!take_char(text, '.'))
		return true;
	for (int digit; (digit = take_digits(text, 1)) >= 0; n++)
		if (n < 3)
			ms = ms * 10 + digit;
	for (int i = n; i < 3; i++)
		ms *= 10;
	*ret_ms = ms;
	return n > 0;
}

static bool take_offset(struct str *text, int *ret_minutes)
{
	*ret_minutes = 0;
	if (take_char(text, 'Z'))
		return true;
	bool west = take_char(text, '-');
	if (!west && !take_char(text, '+'))
		return false;
	if (!take_minutes(text, ret_minutes))
		return false;
	if (west)
		*ret_minutes = -*ret_minutes;
	return true;
}

enum err time_text_parse(struct str text, int64_t *ret_time_ms)
{
	struct date date;
	int minutes, second, ms, offset;

	if (!take_date(&text, &date) || !take_char(&text, 'T') || !take_minutes(&text, &minutes) ||
		!take_char(&text, ':'))
		return ERR_BAD_REQUEST;
	second = take_digits(&text, 2);
	if (second < 0 || second > 60 || !take_fraction(&text, &ms) || !take_offset(&text, &offset) ||
		text.len)
		return ERR_BAD_REQUEST;
	if (second == 60) {
		second = 59;
		ms = 999;
	}
	*ret_time_ms = days_of(date) * DAY_MS + (int64_t)(minutes - offset) * 60000 + second * 1000 + ms;
	return ERR_OK;
}
