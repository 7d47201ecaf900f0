#include "phone/fold.h"

/* Where each script's zero is, ascending; the ten digits follow each other. */
static const uint32_t zeros[] = {'0', 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50, 0x0ed0, 0x1040, 0x17e0, 0xff10};

/* Ranges that are passed over, first and last, ascending. */
static const struct {
	uint32_t first, last;
} passed[] = {
	{'\t', '\t'}, {' ', ' '}, {'(', ')'}, {'-', '/'}, /* - . / */
	{'[', '['}, {']', ']'}, {0x00a0, 0x00a0},         /* no-break space */
	{0x00ad, 0x00ad},                                 /* soft hyphen */
	{0x061c, 0x061c},                                 /* Arabic letter mark */
	{0x2000, 0x200f}, /* spaces of every width, zero-width ones, direction marks */
	{0x2010, 0x2015}, /* hyphens and dashes */
	{0x202a, 0x202f}, /* direction embeddings, narrow no-break space */
	{0x2060, 0x2060}, /* word joiner */
	{0x2066, 0x2069}, /* direction isolates */
	{0x2212, 0x2212}, /* minus */
	{0x3000, 0x3000}, /* ideographic space */
	{0xfeff, 0xfeff}, /* byte order mark */
	{0xff08, 0xff09}, /* full-width brackets */
	{0xff0d, 0xff0f}, /* full-width - . / */
};

/* Length of the character at the start of s, 0 when it is ill-formed (RFC 3629). Text ends at FOLD_TEXT_MAX.
 */
static size_t utf8_at(struct str s, uint32_t *ret_code)
{
	unsigned char head = (unsigned char)s.at[0];
	size_t len = head < 0x80 ? 1 : head >> 5 == 6 ? 2 : head >> 4 == 14 ? 3 : 0;
	static const uint32_t least[] = {0, 0, 0x80, 0x800};

	/* Four-byte characters are none of ours. */
	if (len == 0 || len > s.len)
		return 0;
	uint32_t code = len == 1 ? head : head & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.at[i];
		if (next >> 6 != 2)
			return 0;
		code = code << 6 | (next & 0x3f);
	}
	if (code < least[len])
		return 0;
	*ret_code = code;
	return len;
}

static int digit_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof zeros / sizeof *zeros && code >= zeros[i]; i++)
		if (code <= zeros[i] + 9)
			return (int)(code - zeros[i]);
	return -1;
}

static bool is_passed(uint32_t code)
{
	for (size_t i = 0; i < sizeof passed / sizeof *passed && code >= passed[i].first; i++)
		if (code <= passed[i].last)
			return true;
	return false;
}

int phone_fold_code(uint32_t code)
{
	int digit = digit_of(code);

	return digit >= 0 ? digit : code == '+' || code == 0xff0b ? FOLD_PLUS : is_passed(code) ? FOLD_PASSED : FOLD_OTHER;
}

int phone_fold_char(struct str text, size_t *ret_len)
{
	uint32_t code;
	size_t len = utf8_at(text, &code);

	*ret_len = len ? len : 1;
	return len ? phone_fold_code(code) : FOLD_OTHER;
}

enum err phone_fold(struct str text, char ret_digits[FOLD_SIZE])
{
	char out[FOLD_SIZE];
	size_t n = 0, digits = 0;

	if (text.len > FOLD_TEXT_MAX)
		return ERR_BAD_NUMBER;
	while (text.len) {
		size_t len;
		int kind = phone_fold_char(text, &len);
		text = str_n(text.at + len, text.len - len);
		if (kind < FOLD_PASSED) {
			if (digits++ == FOLD_DIGITS_MAX)
				return ERR_BAD_NUMBER;
			out[n++] = (char)('0' + kind);
		} else if (kind == FOLD_PLUS) {
			if (n != 0)
				return ERR_BAD_NUMBER;
			out[n++] = '+';
		} else if (kind != FOLD_PASSED) {
			return ERR_BAD_NUMBER;
		}
	}
	if (digits == 0)
		return ERR_BAD_NUMBER;
	out[n] = '\0';
	memcpy(ret_digits, out, n + 1);
	return ERR_OK;
}
