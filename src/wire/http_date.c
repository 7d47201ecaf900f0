#include "wire/http_date.h"

#include "base/buf.h"
#include "wire/time_text.h"

/* What a date consists of, as it stands there. */
struct http_date {
	struct str day, month, year, time; /* "06" "Nov" "1994" "08:49:37" */
};

/* 1..12; 0: no month. Case counts. */
static int month_of(struct str name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12 && name.len == 3; i++)
		if (str_equal(name, str_n(names + 3 * i, 3)))
			return i + 1;
	return 0;
}

/* "1994"; of two digits (RFC 850) the year that is not more than 50 years ahead. */
static bool year_of(struct str text, int64_t now_ms, uint64_t *ret_year)
{
	uint64_t now = 1970 + (uint64_t)(now_ms / 1000) / 31556952, year; /* a mean year's seconds */

	if (!str_u64(text, &year) || (text.len != 2 && text.len != 4))
		return false;
	if (text.len == 2) {
		year += now / 100 * 100;
		if (year > now + 50)
			year -= 100;
	}
	*ret_year = year;
	return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" without the day's name and the comma. */
static bool split_fixed(struct str text, struct http_date *date)
{
	struct str zone;

	date->day = str_cut(text, ' ', &text);
	date->month = str_cut(text, ' ', &text);
	date->year = str_cut(text, ' ', &text);
	date->time = str_cut(text, ' ', &zone);
	return date->year.len == 4 && str_equal(zone, STR("GMT"));
}

/* "06-Nov-94 08:49:37 GMT", likewise. */
static bool split_rfc850(struct str text, struct http_date *date)
{
	struct str zone;

	date->day = str_cut(text, '-', &text);
	date->month = str_cut(text, '-', &text);
	date->year = str_cut(text, ' ', &text);
	date->time = str_cut(text, ' ', &zone);
	return date->year.len == 2 && str_equal(zone, STR("GMT"));
}

/* "Nov  6 08:49:37 1994", without the day's name. */
static bool split_asctime(struct str text, struct http_date *date)
{
	date->month = str_cut(text, ' ', &text);
	if (text.len && text.at[0] == ' ')
		text = str_n(text.at + 1, text.len - 1);
	date->day = str_cut(text, ' ', &text);
	date->time = str_cut(text, ' ', &date->year);
	return date->year.len == 4;
}

static bool split(struct str text, struct http_date *date)
{
	struct str rest, name = str_cut(text, ',', &rest);

	if (!rest.at) { /* no comma: asctime */
		name = str_cut(text, ' ', &rest);
		return name.len == 3 && split_asctime(rest, date);
	}
	if (!str_starts(rest, STR(" ")))
		return false;
	rest = str_n(rest.at + 1, rest.len - 1);
	return name.len == 3 ? split_fixed(rest, date) : name.len >= 6 && split_rfc850(rest, date);
}

/* A date in words becomes one in figures, which time_text knows how to check. */
bool http_date_read(struct str text, int64_t now_ms, int64_t *ret_time_ms)
{
	struct http_date date;
	uint64_t day, year;
	char figures[32];
	struct buf out;

	text = str_trim(text);
	if (!split(text, &date) || !str_u64(date.day, &day) || date.day.len > 2 || date.time.len != 8)
		return false;
	int month = month_of(date.month);
	if (month == 0 || !year_of(date.year, now_ms, &year))
		return false;
	buf_fixed(&out, figures, sizeof figures);
	buf_fmt(&out, "%04u-%02d-%02uT", (unsigned)year, month, (unsigned)day);
	buf_str(&out, date.time);
	buf_char(&out, 'Z');
	return buf_ok(&out) && time_text_parse(buf_text(&out), ret_time_ms) == ERR_OK;
}
