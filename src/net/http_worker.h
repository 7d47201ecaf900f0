/* http_worker: one loop with its listening socket, connections, timer and mailbox; and the server that
 * has them all.
 *
 * Memory: three buffers of HTTP_BUFFER_SIZE, used by one connection at a time. Threads: a worker's
 * members belong to its thread, but for the mailbox, the slots and the atomics.
 */
#ifndef NET_HTTP_WORKER_H
#define NET_HTTP_WORKER_H

#include <pthread.h>
#include <uv.h>

#include "net/http_deadline.h"
#include "net/http_exchange.h"
#include "net/http_mailbox.h"
#include "net/http_reply.h"
#include "net/http_slots.h"

#define HTTP_BUFFER_SIZE (64 * 1024)
#define HTTP_TURN_MAX (8 * 1024)      /* bytes of streamed bodies that a worker gives to handlers in one turn of its loop */
#define HTTP_UNREAD_MAX (1024 * 1024) /* bytes of replies that one peer leaves unread: past it reading pauses */

struct http_connection;
struct http_server;
struct http_tls_context;

/* Written by one worker, read by anybody. */
struct http_tally {
	_Atomic uint64_t accepted, refused_full, requests, bad_requests, timeouts;
};

/* Replies that found no memory for their message: nobody will answer those requests, so their connections end. */
#define HTTP_LOST_MAX 256
struct http_lost {
	pthread_mutex_t lock;
	struct http_handle at[HTTP_LOST_MAX];
	uint32_t n;           /* more than HTTP_LOST_MAX: not all are known, every connection ends */
	_Atomic bool any;
};

struct http_worker {
	struct http_server *server;
	int index;
	uv_loop_t loop;
	uv_tcp_t listener;
	uv_tcp_t refused;     /* see http_accept.c */
	bool refusing, another_waits;
	uv_async_t wake;
	uv_timer_t tick;      /* the next deadline */
	uv_timer_t grace;     /* of the drain */
	uv_prepare_t prepare; /* before each wait */
	uv_sem_t running;
	pthread_t thread;
	bool has_loop, has_thread, draining, busy;
	uv_idle_t again;      /* runs while a streamed body waits for the next turn */
	struct http_connection *yielded, *yielded_last; /* whose they are, longest first */
	size_t turn_room;     /* what is left of HTTP_TURN_MAX */
	uint64_t polled_ns;   /* when this turn's wait was over; 0: nothing came of it yet */
	uint64_t waiting_ns;  /* when it began */
	uint64_t before_ns;   /* when the wait before it was over: what came since then is seen only now */
	uint64_t ready_ns;    /* what is read in this turn was there no earlier than this */
	uint64_t armed_ms;    /* when `tick` comes; UINT64_MAX: not set */
	uint64_t next_request;

	struct http_connection *connections; /* open ones */
	struct http_connection *ghosts;      /* closed ones that a handler still has requests of */
	struct http_connection *dirty;       /* to be settled */
	struct http_exchanges exchanges;
	struct http_deadlines deadlines;

	char *input, *plain;  /* what was read; the same after TLS */
	char *cork;           /* replies of `corked` that are not written yet */
	size_t cork_len;
	struct http_connection *corked;
	int64_t date_s;
	char date[HTTP_DATE_LEN + 1];

	struct http_mailbox mailbox;
	struct http_slots slots;
	struct http_lost lost;
	struct http_tally tally;
};

struct http_server {
	struct http_options options;
	struct http_handler handler;
	struct http_tls_context *tls; /* NULL: plain */
	int port;
	bool started, stopped;
	_Atomic uint32_t connections;
	_Atomic uint32_t drain_ms;
	_Atomic bool draining;
	int workers_n;
	struct http_worker workers[];
};

/* Takes the listening socket `fd`, also on failure. The worker lies in zeroed memory. */
MUST_CHECK enum err http_worker_init(struct http_worker *worker, struct http_server *server, int index, int fd);
MUST_CHECK enum err http_worker_start(struct http_worker *worker);
void http_worker_join(struct http_worker *worker);
void http_worker_done(struct http_worker *worker);

/* Called by whatever the loop's wait brought: the turn's times are set by the first. */
void http_worker_polled(struct http_worker *worker);

/* A streamed body has had its share of this turn; it goes on in a later one, in order. */
void http_worker_yield(struct http_connection *connection);
void http_worker_unyield(struct http_connection *connection);

/* The tick comes no later than this. */
void http_worker_arm(struct http_worker *worker, uint64_t at_ms);

/* HTTP_DATE_LEN bytes, at most a second old. */
const char *http_worker_date(struct http_worker *worker);

/* A counter with one writer needs no locked instruction. */
static inline void http_tally_add(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

#endif
