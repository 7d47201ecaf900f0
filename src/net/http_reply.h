/* http_reply: the bytes of a reply's head, of one chunk, and of the errors that the server makes itself.
 * Pure: the date is an argument. Threads: any.
 */
#ifndef NET_HTTP_REPLY_H
#define NET_HTTP_REPLY_H

#include "net/http.h"

#define HTTP_CHUNK_FRAME 12 /* bytes around a chunk's data: at most 8 digits, two CRLF */

enum http_length { HTTP_LENGTH_BODY, HTTP_LENGTH_CHUNKED, HTTP_LENGTH_CLOSE };

struct http_reply_form {
	enum http_length length;
	bool close;          /* say Connection: close */
	bool keep_alive;     /* say Connection: keep-alive (to a 1.0 client that asked) */
	const char *date;    /* HTTP_DATE_LEN bytes, RFC 9110 IMF-fixdate */
};

#define HTTP_DATE_LEN 29
/* Writes HTTP_DATE_LEN bytes and a terminator. */
void http_reply_date(int64_t epoch_s, char ret_date[HTTP_DATE_LEN + 1]);

/* False for a reply that would break the framing: a bad status, CR, LF or NUL in a header. */
bool http_reply_is_sound(const struct http_reply *reply);

/* Whether a reply of this status has a body at all. */
bool http_reply_has_body(int status);

/* An upper bound for what http_reply_head will write. */
size_t http_reply_head_size(const struct http_reply *reply);

/* Writes the head of a sound reply, returns its length. */
size_t http_reply_head(const struct http_reply *reply, const struct http_reply_form *form, char *ret_at);

/* The line before a chunk's data, CRLF included; returns its length, at most HTTP_CHUNK_FRAME - 2. */
size_t http_reply_chunk_line(size_t len, char ret_at[HTTP_CHUNK_FRAME]);

/* problem+json about `err` with that status (0: the error's own); the body is written to `array`. */
struct http_reply http_reply_problem(enum err err, int status, char array[256]);

#endif
