#include "cli/duration.h"

#include <stdio.h>

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define UNITS (sizeof units / sizeof *units)

/* Index of the unit, UNITS if there is none. */
static size_t unit_of(char letter)
{
	size_t i = 0;

	while (i < UNITS && units[i].letter != letter)
		i++;
	return i;
}

/* Takes the digits at the head of *text. False: none, or far too many. */
static bool take_count(struct str *text, uint64_t *ret_count)
{
	size_t digits = 0;

	while (digits < text->len && text->at[digits] >= '0' && text->at[digits] <= '9')
		digits++;
	if (digits > 10 || !str_u64(str_n(text->at, digits), ret_count))
		return false;
	*text = str_n(text->at + digits, text->len - digits);
	return true;
}

enum err duration_parse(struct str text, uint32_t *ret_seconds)
{
	uint64_t total = 0, count;
	size_t smallest = 0; /* index of the largest unit that may still come */
	bool plain = str_u64(text, &count);

	if (plain && count <= DURATION_MAX_S) {
		*ret_seconds = (uint32_t)count;
		return ERR_OK;
	}
	if (plain || text.len == 0)
		return ERR_BAD_REQUEST;

	while (text.len) {
		if (!take_count(&text, &count) || text.len == 0)
			return ERR_BAD_REQUEST;
		size_t unit = unit_of(text.at[0]);
		if (unit >= UNITS || unit < smallest)
			return ERR_BAD_REQUEST;
		total += count * units[unit].seconds; /* 10^10 weeks fit */
		if (total > DURATION_MAX_S)
			return ERR_BAD_REQUEST;
		smallest = unit + 1;
		text = str_n(text.at + 1, text.len - 1);
	}
	*ret_seconds = (uint32_t)total;
	return ERR_OK;
}

char *duration_text(uint64_t seconds, char text[DURATION_TEXT_SIZE])
{
	int len = 0, shown = 0;

	for (size_t i = 1; i < UNITS && shown < 2;
		i++) { /* days are the largest: "90d" reads better than "12w6d" */
		uint64_t count = seconds / units[i].seconds;
		if (count == 0)
			continue;
		len += snprintf(text + len, DURATION_TEXT_SIZE - (size_t)len, "%llu%c",
			(unsigned long long)count, units[i].letter);
		seconds -= count * units[i].seconds;
		shown++;
	}
	if (shown == 0)
		snprintf(text, DURATION_TEXT_SIZE, "0s");
	return text;
}
