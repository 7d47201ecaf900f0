#include "api/dead_text.h"

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits. */
static bool read_code(struct str text, size_t i, uint32_t *ret_code)
{
	uint32_t code = 0;

	if (text.len - i < 4)
		return false;
	for (size_t k = i; k < i + 4; k++) {
		int digit = hex_of(text.at[k]);
		if (digit < 0)
			return false;
		code = code << 4 | (uint32_t)digit;
	}
	*ret_code = code;
	return true;
}

/* JSON in a string of JSON has its backslashes doubled, once for each time. */
static struct dead_char escaped(struct str text, size_t i)
{
	struct dead_char other = {FOLD_OTHER, 1, false};
	size_t end = i;
	uint32_t code;

	while (end < text.len && text.at[end] == '\\')
		end++;
	other.len = end - i;
	if (end == text.len)
		return other;
	if (text.at[end] == '/' || text.at[end] == 't')
		return (struct dead_char){FOLD_PASSED, end + 1 - i, false};
	if (text.at[end] == 'u' && read_code(text, end + 1, &code))
		return (struct dead_char){phone_fold_code(code), end + 5 - i, code >= 0x80};
	return other;
}

struct dead_char dead_text_at(struct str text, size_t i)
{
	struct dead_char at = {.beyond = (unsigned char)text.at[i] >= 0x80};

	if (text.at[i] == '\\')
		return escaped(text, i);
	at.kind = phone_fold_char(str_n(text.at + i, text.len - i), &at.len);
	return at;
}
