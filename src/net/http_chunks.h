/* http_chunks: a chunked body (RFC 9112, 7.1), from bytes to the pieces of data in them.
 *
 * Strict: sizes are 1..8 hexadecimal digits, lines end in CRLF, no control characters in extensions
 * and trailers; both are read and forgotten. A pure function of the bytes, however they were cut.
 * Memory: none besides the struct. Limits: 1 KiB of extension a chunk, 8 KiB of trailers.
 */
#ifndef NET_HTTP_CHUNKS_H
#define NET_HTTP_CHUNKS_H

#include "base/str.h"

enum http_chunks_state { HTTP_CHUNKS_SIZE, HTTP_CHUNKS_EXTENSION, HTTP_CHUNKS_SIZE_LF, HTTP_CHUNKS_DATA,
	HTTP_CHUNKS_DATA_CR, HTTP_CHUNKS_DATA_LF, HTTP_CHUNKS_LINE, HTTP_CHUNKS_TRAILER, HTTP_CHUNKS_TRAILER_LF,
	HTTP_CHUNKS_LAST_LF, HTTP_CHUNKS_END, HTTP_CHUNKS_BAD };

struct http_chunks {
	enum http_chunks_state state;
	uint32_t left;   /* bytes of data of this chunk; while its size is read, what the digits say so far */
	uint16_t digits;
	uint16_t extra;  /* bytes of this extension, or of the trailers */
};

static inline struct http_chunks http_chunks_start(void)
{
	return (struct http_chunks){0};
}

/* Takes bytes up to the end of one piece of data, of `bytes`, or of the body, and returns how many.
 * *ret_piece lies in `bytes` and may be empty. Look at chunks->state afterwards: END, BAD, or else go on. */
size_t http_chunks_next(struct http_chunks *chunks, struct str bytes, struct str *ret_piece);

#endif
