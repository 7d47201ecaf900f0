/* http_exchange: one request and what becomes of its reply, from its first byte until the reply is out.
 *
 * Memory: objects are pooled per worker, with room for a small request in them; larger heads and bodies
 * come from the heap and go back with the exchange. Ownership: a connection links its exchanges in the
 * order of their requests; one that a handler still has to answer outlives its connection's socket.
 * Threads: the worker's.
 */
#ifndef NET_HTTP_EXCHANGE_H
#define NET_HTTP_EXCHANGE_H

#include "base/buf.h"
#include "net/http_chunks.h"
#include "net/http_parse.h"

#define HTTP_EXCHANGE_ROOM 2048
#define HTTP_ARENA_MAX (1024 * 1024)

struct http_connection;

struct http_exchange {
	struct http_exchange *next; /* of the connection, or of the pool */
	struct http_connection *connection;
	size_t head_len;            /* bytes of the head that are in `bytes` */
	char *bytes;                /* the head: `room`, or HTTP_HEAD_MAX bytes of the heap */
	char *content;              /* the body so far: behind the head, or the heap's */
	size_t content_len, content_size;
	size_t body_max;
	uint64_t body_left;         /* bytes still to come, if the length is known */
	struct http_chunks chunks;
	struct buf held;            /* reply bytes that wait for earlier replies */
	int status;                 /* of the reply; 0 before it */
	bool head_done;             /* the request is filled and the exchange linked */
	bool streamed;
	bool complete;              /* the whole request has been read */
	bool shown;                 /* the handler has seen it and will answer */
	bool began;                 /* http_reply_begin came */
	bool answered;              /* the whole reply is in the output or in `held` */
	bool refused;               /* answered by us, without the handler */
	bool close;                 /* the connection ends with this reply */
	bool in_handler;            /* a handler is on the stack: not given back before it returns */
	bool wants_continue;
	bool chunked_reply;
	struct arena arena;
	struct http_parse parse;
	struct http_request request;
	char room[HTTP_EXCHANGE_ROOM];
};

struct http_exchanges {
	struct http_exchange *free;
	uint32_t free_n;
};

/* NULL without memory. */
struct http_exchange *http_exchange_take(struct http_exchanges *exchanges);
void http_exchange_give(struct http_exchanges *exchanges, struct http_exchange *exchange);
void http_exchanges_done(struct http_exchanges *exchanges);

/* Keeps bytes of the head after those already kept; false without memory. */
bool http_exchange_keep_head(struct http_exchange *exchange, struct str bytes);

/* Fills `request` from the parsed head, which has been kept. */
void http_exchange_fill(struct http_exchange *exchange);

/* Room for a body of known length, at once; false without memory. */
bool http_exchange_expect_body(struct http_exchange *exchange, size_t len);

/* Appends to the body, at most to body_max. ERR_TOO_LARGE, ERR_INTERNAL (memory). */
MUST_CHECK enum err http_exchange_keep_body(struct http_exchange *exchange, struct str bytes);

#endif
