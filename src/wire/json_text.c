#include "wire/json_text.h"

/* Length of the UTF-8 sequence at `at` (RFC 3629: no overlong form, no surrogate, at most U+10FFFF);
 * 0: none. */
static size_t sequence(const uint8_t *at, size_t left)
{
	size_t len = at[0] < 0x80   ? 1
		     : at[0] < 0xc2 ? 0
		     : at[0] < 0xe0 ? 2
		     : at[0] < 0xf0 ? 3
		     : at[0] < 0xf5 ? 4
				    : 0;

	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
		(at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_escaped(struct buf *out, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";

	if (c == '"' || c == '\\') {
		char two[2] = {'\\', (char)c};
		buf_put(out, two, 2);
	} else {
		char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
		buf_put(out, six, 6);
	}
}

void json_put_string(struct buf *out, struct str text)
{
	const uint8_t *at = (const uint8_t *)text.at;

	buf_char(out, '"');
	for (size_t i = 0; i < text.len;) {
		/* Nearly all texts are one plain run. */
		size_t run = i;
		while (run < text.len && is_plain(at[run]))
			run++;
		buf_put(out, at + i, run - i);
		i = run;
		if (i == text.len)
			break;
		size_t len = sequence(at + i, text.len - i);
		if (len == 1)
			put_escaped(out, at[i]);
		else if (len > 1)
			buf_put(out, at + i, len);
		else
			buf_lit(out, "\xef\xbf\xbd");
		i += len ? len : 1;
	}
	buf_char(out, '"');
}
