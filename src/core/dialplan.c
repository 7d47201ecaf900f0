#include "core/dialplan.h"

#include <stdio.h>

#define DIGITS_MAX 32 /* more than any prefix and number together */

/* The readings of one text so far: none, one, or several that differ. */
struct readings {
	uint64_t e164; /* 0: none yet */
	bool differ;
};

static struct str str_after(struct str s, size_t n)
{
	return str_n(s.at + n, s.len - n);
}

static bool length_fits(const struct dialplan *plan, size_t len)
{
	return len > 0 && len < 32 && (plan->lengths >> len & 1);
}

/* "91"; STR_NONE in a plan without a country. */
static struct str calling_code(const struct dialplan *plan, char text[6])
{
	if (plan->calling_code == 0)
		return STR_NONE;
	int len = snprintf(text, 6, "%u", (unsigned)plan->calling_code);
	return str_n(text, (size_t)len);
}

/* Digits without what people put between them. False: another character, or too many. */
static bool take_digits(struct str text, char digits[DIGITS_MAX], struct str *ret_digits)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c != '\0' && strchr(" -.()[]", c))
			continue;
		if (c < '0' || c > '9' || n == DIGITS_MAX)
			return false;
		digits[n++] = c;
	}
	*ret_digits = str_n(digits, n);
	return true;
}

static void add_reading(struct readings *readings, struct str code, struct str national)
{
	char text[2 * DIGITS_MAX];
	struct number number;

	memcpy(text, code.at ? code.at : "", code.len);
	memcpy(text + code.len, national.at, national.len);
	if (number_parse_digits(str_n(text, code.len + national.len), &number))
		return;
	if (readings->e164 != 0 && readings->e164 != number.e164)
		readings->differ = true;
	readings->e164 = number.e164;
}

/* Where a country has a trunk prefix 0, no number of it begins with 0 behind that prefix. In Italy,
 * which has none, the 0 belongs to the number. */
static bool may_be_national(const struct dialplan *plan, struct str national)
{
	if (!length_fits(plan, national.len))
		return false;
	return !(plan->national_prefix[0] == '0' && national.at[0] == '0');
}

static void read_international(
	const struct dialplan *plan, struct str code, struct str digits, struct readings *readings)
{
	struct str prefix = str_of(plan->international_prefix);

	if (prefix.len == 0 || !str_starts(digits, prefix))
		return;
	struct str rest = str_after(digits, prefix.len);
	bool home = code.len && str_starts(rest, code);
	if (rest.len && (!home || may_be_national(plan, str_after(rest, code.len))))
		add_reading(readings, STR_NONE, rest);
}

static void read_national(
	const struct dialplan *plan, struct str code, struct str digits, struct readings *readings)
{
	struct str prefix = str_of(plan->national_prefix);

	if (str_starts(digits, code) && may_be_national(plan, str_after(digits, code.len)))
		add_reading(readings, STR_NONE, digits);
	if (prefix.len && str_starts(digits, prefix) && may_be_national(plan, str_after(digits, prefix.len)))
		add_reading(readings, code, str_after(digits, prefix.len));
	if (may_be_national(plan, digits))
		add_reading(readings, code, digits);
}

enum err dialplan_number(const struct dialplan *plan, struct str text, struct number *ret_number)
{
	char room[DIGITS_MAX], code_text[6];
	struct str digits, code = calling_code(plan, code_text);
	struct readings readings = {0};

	text = str_trim(text);
	bool plus = text.len && text.at[0] == '+';
	if (!take_digits(plus ? str_after(text, 1) : text, room, &digits) || digits.len == 0)
		return ERR_BAD_NUMBER;
	if (plus) {
		add_reading(&readings, STR_NONE, digits);
	} else {
		read_international(plan, code, digits, &readings);
		if (code.len)
			read_national(plan, code, digits, &readings);
	}
	if (readings.e164 == 0 || readings.differ)
		return ERR_BAD_NUMBER;
	*ret_number = (struct number){readings.e164};
	return ERR_OK;
}

enum err dialplan_national(const struct dialplan *plan, struct number number, char *text, size_t size)
{
	char canonical[NUMBER_TEXT_SIZE], code_text[6];
	struct str code = calling_code(plan, code_text);

	if (!number_is(number))
		return ERR_BAD_NUMBER;
	struct str digits = str_after(str_of(number_text(number, canonical)), 1);
	const char *prefix = plan->international_prefix;
	if (code.len && str_starts(digits, code)) {
		/* What can't be a number of this country is not told from another one without a plus. */
		bool fits = may_be_national(plan, str_after(digits, code.len));
		prefix = fits ? plan->national_prefix : "+";
		digits = fits ? str_after(digits, code.len) : digits;
	} else if (prefix[0] == '\0') {
		prefix = "+";
	}
	int len = snprintf(NULL, 0, "%s%.*s", prefix, (int)digits.len, digits.at);
	if (len < 0 || (size_t)len >= size)
		return ERR_TOO_LARGE;
	snprintf(text, size, "%s%.*s", prefix, (int)digits.len, digits.at);
	return ERR_OK;
}
