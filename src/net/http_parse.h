/* http_parse: the head of one HTTP/1 request, from bytes to offsets into those bytes.
 *
 * llhttp splits the head; this module then insists that the head is exactly its parts joined by one
 * space, `:` and CRLF, and refuses what RFC 9112 leaves open to two readings (the list in http.h).
 * A pure function of the bytes: where the bytes were cut on their way changes nothing.
 *
 * Memory: none besides the struct. Threads: one at a time. Limits: HTTP_HEAD_MAX, HTTP_HEADERS_MAX,
 * HTTP_TARGET_MAX.
 */
#ifndef NET_HTTP_PARSE_H
#define NET_HTTP_PARSE_H

#include <llhttp.h>

#include "net/http.h"

#define HTTP_TARGET_MAX (8 * 1024)

/* A piece of the head, from its first byte. */
struct http_span {
	uint16_t at, len;
};

struct http_field {
	struct http_span name, value; /* the value without white space at its ends */
};

enum http_parsed { HTTP_PARSED_MORE, HTTP_PARSED_HEAD, HTTP_PARSED_BAD };

struct http_parse {
	/* HTTP_PARSED_HEAD: */
	enum http_method method;
	struct http_span target, path, query, host; /* query without `?`; an absolute target's host goes first */
	uint16_t head_len;       /* bytes to the end of the empty line */
	uint16_t fields_n;
	bool http10;
	bool keep_alive;         /* what the client asked for, by its version's rule */
	bool chunked;
	bool expects_continue;
	uint64_t content_length; /* 0 if chunked */
	/* HTTP_PARSED_BAD: */
	int status;              /* 400, 414, 417, 431 */

	/* private */
	llhttp_t llhttp;
	const char *head;
	struct http_span method_text, version;
	bool in_field;
	struct http_field fields[HTTP_HEADERS_MAX]; /* the last member: not cleared between requests */
};

void http_parse_init(struct http_parse *parse);

/* The bytes head[from..to) are new; those before have been fed, and may have moved with `head` since.
 * Asks for more at most until HTTP_HEAD_MAX. Nothing may be fed after HEAD or BAD. */
enum http_parsed http_parse_feed(struct http_parse *parse, const char *head, size_t from, size_t to);

static inline struct str http_span_of(const char *head, struct http_span span)
{
	return str_n(head + span.at, span.len);
}

#endif
