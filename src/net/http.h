/* http: an HTTP/1.1 (and 1.0) server: one libuv loop per worker thread, each with its own listening
 * socket on the same port (SO_REUSEPORT). Knows nothing of phones.
 *
 * A request is handed to `on_request` whole: head and body in memory that lives until its reply has
 * been given. The reply may be given there and then (the fast path: http_reply) or later from any
 * thread through its handle (http_reply_from: replies given together wake a loop once). Pipelined
 * requests are answered in order, whatever order their replies come in.
 *
 * Refused before the handler sees them (RFC 9112; DESIGN.md "HTTP loop"): two Content-Length,
 * Content-Length with Transfer-Encoding, any transfer coding but a lone `chunked`, a tab beside either, NUL or bare CR in a
 * header, white space before a colon, an empty header name, obsolete line folding, a missing or second
 * Host (HTTP/1.1), a bad request target, a version other than 1.0/1.1: 400 and close. Head over 16 KiB: 431, target over 8 KiB: 414,
 * body over the plan's maximum: 413, an unknown expectation: 417; each closes.
 *
 * A streamed body is given in small pieces, 8 KiB of all of them in one turn of a worker's loop, so that a handler
 * that works on them holds up nobody else's request for long.
 *
 * Deadlines are for whole requests: `head_ms` from a request's first byte to its head's end (and for a TLS
 * handshake), `body_ms` to its body's end (of a streamed one: for each 64 KiB, not while the handler pauses),
 * both answered with 408; `idle_ms` between requests, `write_ms` for a reply that the peer does not read.
 * Past connections_max the worker's oldest idle connection gives way; if none is idle the new one is closed.
 *
 * Threads: http_server_* by the thread that made it; handlers run in the workers.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define HTTP_HEADERS_MAX 100
#define HTTP_HEAD_MAX (16 * 1024)
#define HTTP_PIPELINE_MAX 64 /* requests of one connection that wait for their reply; reading pauses there */

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_HEAD, HTTP_METHOD_POST, HTTP_METHOD_PUT, HTTP_METHOD_PATCH,
	HTTP_METHOD_DELETE, HTTP_METHOD_OPTIONS, HTTP_METHOD_OTHER };

struct http_header {
	struct str name, value;
};

/* Which request to answer. Copyable; a handle whose connection has gone is answered by nobody, silently. */
struct http_handle {
	uint32_t worker, connection;
	uint64_t request; /* unique for ever in this process */
};

struct http_request {
	enum http_method method;
	struct str target;      /* as sent: path?query */
	struct str path, query; /* raw, not decoded */
	struct http_header headers[HTTP_HEADERS_MAX];
	int headers_n;
	struct str body;        /* whole; of a streamed one the next piece, valid during on_stream */
	struct str host;
	char peer[46];          /* address in text, IPv4-mapped ones as IPv4 */
	bool tls;
	int worker;
	uint64_t began_ns;      /* monotonic: since when it may have waited, at the earliest: what came while the loop was
				 * busy with others counts from that turn's beginning */
	struct http_handle handle;
	struct arena *arena;    /* lives until the reply is given; at most 1 MiB */
	void *stream;           /* the handler's, streamed requests only */
};

/* The value of the first header of that name, any case; STR_NONE (at == NULL) if there is none. */
struct str http_header_of(const struct http_request *request, const char *name);

struct http_reply {
	int status;
	const char *content_type;  /* NULL: none */
	struct str body;           /* copied */
	struct http_header extra[4]; /* e.g. Retry-After; copied */
	int extra_n;
	bool close;                /* after this reply */
};

/* How a body is taken, decided when the head is there. */
struct http_plan {
	size_t body_max; /* bytes; more: 413 */
	bool stream;     /* give it in pieces to on_stream instead (body_max then bounds nothing) */
};

struct http_handler {
	void *context;
	/* Head is there, body not. NULL: 64 KiB, whole. */
	struct http_plan (*plan)(void *context, const struct http_request *request);
	/* Answer with http_reply(), or keep request->handle and answer later. */
	void (*on_request)(void *context, struct http_request *request);
	/* Streamed bodies: request->body is the next piece (any cut), `end` with the last (may be empty).
	 * Return false to pause reading until http_resume_from(handle). If the peer goes away before the
	 * end it is called once with end and gone both true; no reply is needed then, and the request is
	 * no more when the call returns. The reply is given as for on_request, after the end; one before the
	 * end refuses the rest: nothing more is given and the connection closes. */
	bool (*on_stream)(void *context, struct http_request *request, bool end, bool gone);
	/* Once for every reply that was sent (or refused above), in the worker: for metrics and the access log. */
	void (*on_done)(void *context, int worker, int status, uint64_t took_ns);
	/* In each worker before its loop runs, and after each time its loop was busy (flush counters, ...). */
	void (*on_worker)(void *context, int worker);
};

struct http_options {
	const char *listen;      /* "127.0.0.1:8080", "[::1]:0"; port 0: the system's choice */
	int workers;
	uint32_t connections_max; /* of all workers */
	uint32_t head_ms, body_ms, idle_ms, write_ms; /* 0: 10 s, 30 s, 60 s, 30 s */
	const char *certificate, *key; /* PEM files; NULL: plain HTTP. TLS 1.2 and 1.3 */
	bool pin_workers;        /* worker i on core i */
};

struct http_server;

/* Binds and listens; workers don't run yet. Ignores SIGPIPE in the process. ERR_BAD_REQUEST with a sentence in
 * ret_error for an address, port or certificate that can't be used; also for a port that others share. */
MUST_CHECK enum err http_server_new(const struct http_options *options, const struct http_handler *handler,
	struct http_server **ret_server, char ret_error[256]);

/* The port in use. */
int http_server_port(const struct http_server *server);

/* Starts the worker threads; returns when all loops run. */
MUST_CHECK enum err http_server_start(struct http_server *server);

/* Certificates from the same files again; on error the old ones stay. Any thread. */
MUST_CHECK enum err http_server_reload(struct http_server *server, char ret_error[256]);

/* Stops accepting, answers what is in flight (with Connection: close), closes idle connections, and
 * after `grace_ms` whatever is left; then joins the workers. */
void http_server_stop(struct http_server *server, uint32_t grace_ms);
void http_server_free(struct http_server *server);

struct http_counts {
	uint64_t accepted, refused_full, requests, bad_requests, timeouts;
	uint32_t connections;
};
struct http_counts http_server_counts(const struct http_server *server);

/* In the handler's own worker thread, once per request. */
void http_reply(struct http_request *request, const struct http_reply *reply);

/* Any thread. The reply is copied and queued to its worker; nothing is woken until http_wake(). */
void http_reply_from(struct http_server *server, struct http_handle handle, const struct http_reply *reply);
void http_resume_from(struct http_server *server, struct http_handle handle);
void http_wake(struct http_server *server); /* wakes the workers that have something queued, once each */

/* A long reply in pieces (lists, live feeds). Any thread; begin, then chunks, then end; each is
 * queued like http_reply_from. A chunk is refused (false) when the peer is gone or has more than 1 MiB
 * unread: stop or try later. HTTP/1.1 peers get chunks, 1.0 peers a close. */
void http_reply_begin(struct http_server *server, struct http_handle handle, const struct http_reply *head);
bool http_reply_chunk(struct http_server *server, struct http_handle handle, struct str bytes);
void http_reply_end(struct http_server *server, struct http_handle handle);

#endif
