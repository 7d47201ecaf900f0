/* http_connection: one peer, from accept until its socket is closed and its last reply is given.
 *
 * Life: open -> finishing (the last reply is in the output) -> lingering (we have shut down our side and
 * wait shortly for the peer's, so that it can read that reply) -> gone (socket closing) -> freed. Whatever
 * happens to a connection marks it dirty; http_connection_settle_all then brings socket, deadlines and
 * state in line, once for each turn of the loop.
 *
 * Memory: the struct, its TLS state, bytes not yet taken or written. Threads: the worker's.
 */
#ifndef NET_HTTP_CONNECTION_H
#define NET_HTTP_CONNECTION_H

#include "net/http_worker.h"

struct http_tls;

struct http_connection {
	uv_tcp_t tcp;
	struct http_worker *worker;
	struct http_connection *prev, *next; /* of the worker's open ones, or ghosts */
	struct http_connection *dirty_next;
	struct http_connection *yielded_next;
	uint32_t slot_number;
	struct http_slot *slot;

	struct http_exchange *first, *last; /* whose heads are there and whose replies are not out */
	uint32_t exchanges_n;
	struct http_exchange *reading;      /* linked above once its head is done */
	size_t stream_bytes;                /* of a streamed body since its deadline was set */

	char *left;          /* bytes read but not taken: reading is paused */
	size_t left_len;
	uint64_t left_ns;    /* since when, at the earliest */
	uint64_t opened_ns, opened_ready_ns; /* polled_ns and ready_ns of the turn that brought it */
	size_t unread;       /* bytes given to the socket and not yet written */
	size_t held;         /* bytes of replies that wait for earlier ones */

	struct http_deadline read_deadline, write_deadline;
	struct http_tls *tls;
	uv_shutdown_t shutdown;
	char peer[46];

	bool dirty;
	bool socket_reads;
	bool paused;         /* by the handler of a streamed body */
	bool yielded;        /* a streamed body has had its share of this turn */
	bool stopped;        /* no further request is taken */
	bool ended;          /* the peer has shut down its side */
	bool broken;         /* to be closed at once: write error or no memory */
	bool finishing, lingering, gone, closed;
	bool restart;        /* the read deadline begins anew */
	bool wrote;          /* so does the write deadline: a block has gone out whole */
};

/* One whose socket is to be accepted into `tcp`; NULL without memory. */
struct http_connection *http_connection_new(struct http_worker *worker);

/* Its socket is there: reading begins. */
void http_connection_open(struct http_connection *connection);

void http_connection_touch(struct http_connection *connection);
void http_connection_settle_all(struct http_worker *worker);

/* Closes the socket now, whatever is in flight. */
void http_connection_abort(struct http_connection *connection);
void http_connection_expired(struct http_worker *worker, struct http_deadline *deadline, enum http_wait wait);

/* Links an exchange whose head is done. */
void http_connection_link(struct http_connection *connection, struct http_exchange *exchange);

/* Unlinks, gives the exchange back unless a handler is still running with it, and the connection with
 * it if that was the last thing that held it. */
void http_connection_drop(struct http_connection *connection, struct http_exchange *exchange);

/* Gives back an exchange whose handler has returned after dropping it; true if that was so. */
bool http_connection_left_handler(struct http_connection *connection, struct http_exchange *exchange);

/* Closes all, for the end of a drain or of the server; ghosts too if `ghosts`. */
void http_connection_abort_all(struct http_worker *worker);
void http_connection_free_ghosts(struct http_worker *worker);

#endif
