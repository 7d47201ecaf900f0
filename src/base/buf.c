#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max};
}

void buf_fixed(struct buf *buf, char *array, size_t size)
{
	*buf = (struct buf){.at = array, .size = size, .max = size, .fixed = true};
}

void buf_done(struct buf *buf)
{
	if (!buf->fixed)
		free(buf->at);
	*buf = (struct buf){.failed = true};
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = buf->no_memory = false;
}

bool buf_ok(const struct buf *buf)
{
	return !buf->failed;
}

struct str buf_text(const struct buf *buf)
{
	return str_n(buf->at, buf->len);
}

/* False: past the maximum, or no memory. */
static bool grow(struct buf *buf, size_t len)
{
	if (len > buf->max - buf->len)
		return false;
	size_t size = buf->size ? buf->size : 256;
	while (size - buf->len < len)
		size *= 2;
	if (size > buf->max)
		size = buf->max;
	char *at = realloc(buf->at, size);
	if (!at) {
		buf->no_memory = true;
		return false;
	}
	buf->at = at;
	buf->size = size;
	return true;
}

/* Nearly always there is room: `size` is never above `max`, so that one look tells. An answer is made of some hundred
 * pieces of a few bytes each. */
static inline char *room_for(struct buf *buf, size_t len)
{
	if (buf->failed)
		return NULL;
	if (len > buf->size - buf->len && !grow(buf, len)) {
		buf->failed = true;
		return NULL;
	}
	return buf->at + buf->len;
}

char *buf_room(struct buf *buf, size_t len)
{
	return room_for(buf, len);
}

void buf_took(struct buf *buf, size_t len)
{
	ASSERT(len <= buf->size - buf->len);
	buf->len += len;
}

void buf_put(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	char *room = room_for(buf, len);
	if (room) {
		memcpy(room, bytes, len);
		buf->len += len;
	}
}

void buf_str(struct buf *buf, struct str s)
{
	buf_put(buf, s.at, s.len);
}

void buf_lit(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
	char *room = room_for(buf, 1);
	if (room) {
		*room = c;
		buf->len++;
	}
}

void buf_u64(struct buf *buf, uint64_t value)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	buf_put(buf, digits + n, sizeof digits - n);
}

void buf_i64(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_char(buf, '-');
	buf_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_fmt(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if (buf->failed || (size_t)len > buf->max - buf->len) {
		buf->failed = true;
		return;
	}
	/* vsnprintf wants room for a terminator; a small text is built aside when the buffer is exact. */
	char small[256];
	char *aside = (size_t)len < sizeof small ? small : malloc((size_t)len + 1);
	if (!aside) {
		buf->failed = buf->no_memory = true;
		return;
	}
	va_start(args, format);
	vsnprintf(aside, (size_t)len + 1, format, args);
	va_end(args);
	buf_put(buf, aside, (size_t)len);
	if (aside != small)
		free(aside);
}
