#include "wire/json_text.h"

#include "core/utf8.h"

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
		uint32_t point;
		size_t len = utf8_next(text, i, &point);
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
