#include "core/utf8.h"

size_t utf8_next(struct str text, size_t at, uint32_t *ret_point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *bytes = (const uint8_t *)text.at + at;
	size_t left = text.len - at;
	size_t len = bytes[0] < 0x80   ? 1
		     : bytes[0] < 0xc2 ? 0
		     : bytes[0] < 0xe0 ? 2
		     : bytes[0] < 0xf0 ? 3
		     : bytes[0] < 0xf5 ? 4
				       : 0;
	uint32_t point = len == 1 ? bytes[0] : len == 0 ? 0 : (uint32_t)bytes[0] & (0xffu >> (len + 1));

	*ret_point = 0xfffd;
	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < least[len] || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
		return 0;
	*ret_point = point;
	return len;
}
