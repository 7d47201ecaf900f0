#include "net/http_chunks.h"

#define SIZE_DIGITS_MAX 8
#define EXTENSION_MAX 1024
#define TRAILERS_MAX (8 * 1024)

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_text(char c)
{
	return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

static enum http_chunks_state after_size(struct http_chunks *chunks, char c)
{
	int digit = hex(c);

	if (digit >= 0) {
		if (++chunks->digits > SIZE_DIGITS_MAX)
			return HTTP_CHUNKS_BAD;
		chunks->left = chunks->left << 4 | (uint32_t)digit;
		return HTTP_CHUNKS_SIZE;
	}
	if (chunks->digits == 0)
		return HTTP_CHUNKS_BAD;
	chunks->extra = 0;
	return c == ';' ? HTTP_CHUNKS_EXTENSION : c == '\r' ? HTTP_CHUNKS_SIZE_LF : HTTP_CHUNKS_BAD;
}

static enum http_chunks_state after_line(struct http_chunks *chunks)
{
	chunks->digits = 0;
	chunks->extra = 0;
	return chunks->left ? HTTP_CHUNKS_DATA : HTTP_CHUNKS_LINE;
}

/* A byte of an extension or a trailer: stays in `here` or ends with CR. */
static enum http_chunks_state after_text(struct http_chunks *chunks, char c, enum http_chunks_state here,
	uint16_t max, enum http_chunks_state end)
{
	if (c == '\r')
		return end;
	return is_text(c) && ++chunks->extra <= max ? here : HTTP_CHUNKS_BAD;
}

static enum http_chunks_state after(struct http_chunks *chunks, char c)
{
	switch (chunks->state) {
	case HTTP_CHUNKS_SIZE:
		return after_size(chunks, c);
	case HTTP_CHUNKS_EXTENSION:
		return after_text(chunks, c, HTTP_CHUNKS_EXTENSION, EXTENSION_MAX, HTTP_CHUNKS_SIZE_LF);
	case HTTP_CHUNKS_SIZE_LF:
		return c == '\n' ? after_line(chunks) : HTTP_CHUNKS_BAD;
	case HTTP_CHUNKS_DATA_CR:
		return c == '\r' ? HTTP_CHUNKS_DATA_LF : HTTP_CHUNKS_BAD;
	case HTTP_CHUNKS_DATA_LF:
		return c == '\n' ? HTTP_CHUNKS_SIZE : HTTP_CHUNKS_BAD;
	case HTTP_CHUNKS_LINE:
		return after_text(chunks, c, HTTP_CHUNKS_TRAILER, TRAILERS_MAX, HTTP_CHUNKS_LAST_LF);
	case HTTP_CHUNKS_TRAILER:
		return after_text(chunks, c, HTTP_CHUNKS_TRAILER, TRAILERS_MAX, HTTP_CHUNKS_TRAILER_LF);
	case HTTP_CHUNKS_TRAILER_LF:
		return c == '\n' ? HTTP_CHUNKS_LINE : HTTP_CHUNKS_BAD;
	case HTTP_CHUNKS_LAST_LF:
		return c == '\n' ? HTTP_CHUNKS_END : HTTP_CHUNKS_BAD;
	case HTTP_CHUNKS_DATA:
	case HTTP_CHUNKS_END:
	case HTTP_CHUNKS_BAD:
		break;
	}
	return HTTP_CHUNKS_BAD;
}

size_t http_chunks_next(struct http_chunks *chunks, struct str bytes, struct str *ret_piece)
{
	size_t taken = 0;

	*ret_piece = STR_NONE;
	while (taken < bytes.len && chunks->state != HTTP_CHUNKS_DATA && chunks->state < HTTP_CHUNKS_END)
		chunks->state = after(chunks, bytes.at[taken++]);
	if (chunks->state != HTTP_CHUNKS_DATA || taken == bytes.len)
		return taken;
	size_t len = bytes.len - taken;
	if (len > chunks->left)
		len = chunks->left;
	*ret_piece = str_n(bytes.at + taken, len);
	chunks->left -= (uint32_t)len;
	if (chunks->left == 0)
		chunks->state = HTTP_CHUNKS_DATA_CR;
	return taken + len;
}
