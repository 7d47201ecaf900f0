#include "core/number.h"

#include "base/check.h"

#define DIGITS_MIN 8
#define DIGITS_MAX 15
#define NUMBER_END 1000000000000000u /* 10^15 */

enum err number_parse_digits(struct str text, struct number *ret_number)
{
	uint64_t e164 = 0;

	if (text.len && text.at[0] == '+')
		text = str_n(text.at + 1, text.len - 1);
	if (text.len < DIGITS_MIN || text.len > DIGITS_MAX || text.at[0] == '0')
		return ERR_BAD_NUMBER;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return ERR_BAD_NUMBER;
		e164 = e164 * 10 + (uint64_t)(text.at[i] - '0');
	}
	ret_number->e164 = e164;
	return ERR_OK;
}

enum err number_parse(struct str text, struct number *ret_number)
{
	if (text.len == 0 || text.at[0] != '+')
		return ERR_BAD_NUMBER;
	return number_parse_digits(text, ret_number);
}

char *number_text(struct number number, char text[NUMBER_TEXT_SIZE])
{
	char digits[DIGITS_MAX];
	size_t n = sizeof digits;

	ASSERT(number.e164 < NUMBER_END);
	text[0] = '\0';
	if (!number_is(number))
		return text;
	for (uint64_t left = number.e164; left; left /= 10)
		digits[--n] = (char)('0' + left % 10);
	text[0] = '+';
	memcpy(text + 1, digits + n, sizeof digits - n);
	text[1 + sizeof digits - n] = '\0';
	return text;
}

char *number_mask(struct number number, char text[NUMBER_TEXT_SIZE])
{
	static const char stars[] = "*******"; /* always seven: the length is nobody's business either */
	char whole[NUMBER_TEXT_SIZE];

	text[0] = '\0';
	if (!number_is(number))
		return text;
	number_text(number, whole);
	size_t head = 1 + (size_t)number_country_digits(number), len = strlen(whole);
	memcpy(text, whole, head);
	memcpy(text + head, stars, sizeof stars - 1);
	memcpy(text + head + sizeof stars - 1, whole + len - 3, 4);
	return text;
}

int number_country_digits(struct number number)
{
	/* Codes of two digits; 1 and 7 have one, all others three. */
	static const uint8_t two[] = {20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52,
			53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98};
	uint64_t head = number.e164;

	while (head >= 100)
		head /= 10;
	if (head / 10 == 1 || head / 10 == 7)
		return 1;
	return memchr(two, (int)head, sizeof two) ? 2 : 3;
}

static char capital(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

uint16_t country_parse(struct str text)
{
	if (text.len != 2)
		return 0;
	char a = capital(text.at[0]), b = capital(text.at[1]);
	if (a < 'A' || a > 'Z' || b < 'A' || b > 'Z')
		return 0;
	return (uint16_t)(a << 8 | b);
}
