/* http_slots: a worker's connections by number, with what other threads may know about them.
 *
 * Memory: segments that stay until the end, so any thread may look at a slot that it has a handle of.
 * Threads: take and give by the worker; http_slots_of and the atomics by any.
 */
#ifndef NET_HTTP_SLOTS_H
#define NET_HTTP_SLOTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_SLOTS_SEGMENT 1024
#define HTTP_SLOTS_SEGMENTS 1024
#define HTTP_SLOTS_NONE UINT32_MAX

struct http_connection;

struct http_slot {
	struct http_connection *connection; /* the worker's */
	uint32_t next_free;                 /* the worker's */
	_Atomic uint64_t first;    /* the connection's requests have numbers from here on; UINT64_MAX: it is gone */
	_Atomic size_t queued;     /* bytes of chunks on their way to the worker */
	_Atomic size_t unwritten;  /* bytes that the worker has and the peer has not read */
};

/* All zero but free = HTTP_SLOTS_NONE: empty. */
struct http_slots {
	_Atomic(struct http_slot *) segments[HTTP_SLOTS_SEGMENTS];
	uint32_t used; /* slots ever given out */
	uint32_t free;
};

/* The number of a free slot; HTTP_SLOTS_NONE without memory or past the maximum. */
uint32_t http_slots_take(struct http_slots *slots);
void http_slots_give(struct http_slots *slots, uint32_t number);

/* NULL for a number that was never given out. */
struct http_slot *http_slots_of(struct http_slots *slots, uint32_t number);
void http_slots_done(struct http_slots *slots);

#endif
