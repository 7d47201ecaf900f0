#include "wire/base64.h"

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char digits16[] = "0123456789abcdef";

void base64_put(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (; len >= 3; at += 3, len -= 3) {
		uint32_t group = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
		char four[4] = {digits64[group >> 18], digits64[group >> 12 & 63], digits64[group >> 6 & 63],
			digits64[group & 63]};
		buf_put(out, four, 4);
	}
	if (len == 1) {
		char four[4] = {digits64[at[0] >> 2], digits64[(at[0] & 3) << 4], '=', '='};
		buf_put(out, four, 4);
	} else if (len == 2) {
		char four[4] = {digits64[at[0] >> 2], digits64[(at[0] & 3) << 4 | at[1] >> 4],
			digits64[(at[1] & 15) << 2], '='};
		buf_put(out, four, 4);
	}
}

/* -1: not a digit. */
static int value64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of four characters, `digits` (2..4) of them before the padding. False: a foreign
 * character, or bits set that belong to no byte: a second spelling of the same bytes. */
static bool read_group(const char *text, int digits, uint8_t ret_bytes[3])
{
	uint32_t group = 0;

	for (int i = 0; i < 4; i++) {
		int value = i < digits ? value64(text[i]) : 0;
		if (value < 0)
			return false;
		group = group << 6 | (uint32_t)value;
	}
	if ((digits == 2 && (group & 0xffff)) || (digits == 3 && (group & 0xff)))
		return false;
	ret_bytes[0] = (uint8_t)(group >> 16);
	ret_bytes[1] = (uint8_t)(group >> 8);
	ret_bytes[2] = (uint8_t)group;
	return true;
}

bool base64_read(struct str text, void *bytes, size_t size, size_t *ret_len)
{
	if (text.len % 4)
		return false;
	size_t pad = 0;
	while (pad < 2 && pad < text.len && text.at[text.len - 1 - pad] == '=')
		pad++;
	size_t len = text.len / 4 * 3 - pad;
	if (len > size)
		return false;
	size_t written = 0;
	for (size_t i = 0; i < text.len; i += 4) {
		uint8_t three[3];
		size_t gives = len - written < 3 ? len - written : 3;
		if (!read_group(text.at + i, (int)gives + 1, three))
			return false;
		memcpy((uint8_t *)bytes + written, three, gives);
		written += gives;
	}
	*ret_len = len;
	return true;
}

void hex_put(struct buf *out, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++) {
		char two[2] = {digits16[at[i] >> 4], digits16[at[i] & 15]};
		buf_put(out, two, 2);
	}
}

static int value16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(struct str text, void *bytes, size_t size, size_t *ret_len)
{
	if (text.len % 2 || text.len / 2 > size)
		return false;
	for (size_t i = 0; i < text.len / 2; i++) {
		int high = value16(text.at[2 * i]), low = value16(text.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		((uint8_t *)bytes)[i] = (uint8_t)(high << 4 | low);
	}
	*ret_len = text.len / 2;
	return true;
}
