#include "log.h"

#define PLUS_DIGITS_MIN 8
#define BARE_DIGITS_MIN 10

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_between(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

/* The end of a run of digits that begins at `text`; with `spaced` one or two separators may stand between. */
static char *run_end(char *text, bool spaced, int *ret_digits)
{
	char *end = text;
	int digits = 0;

	for (char *c = text;;) {
		while (is_digit(*c)) {
			c++;
			digits++;
		}
		end = c;
		if (!spaced)
			break;
		for (int i = 0; i < 2 && is_between(*c); i++)
			c++;
		if (!is_digit(*c))
			break;
	}
	*ret_digits = digits;
	return end;
}

static void stars(char *text, const char *end)
{
	for (; text < end; text++)
		if (is_digit(*text))
			*text = '*';
}

void log_mask(char *text)
{
	while (*text) {
		bool plus = *text == '+';
		char *first = plus ? text + 1 : text;
		int digits, bare;
		char *end = run_end(first, plus, &digits);
		char *bare_end = run_end(first, false, &bare);
		if (digits < PLUS_DIGITS_MIN || !plus)
			end = bare_end;
		if ((plus && digits >= PLUS_DIGITS_MIN) || bare >= BARE_DIGITS_MIN)
			stars(first, end);
		text = end > text ? end : text + 1;
	}
}
