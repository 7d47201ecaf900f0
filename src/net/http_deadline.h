/* http_deadline: when a connection has waited long enough. Every kind has one length, so each kind is a
 * list in order of time and setting a deadline is an append; the worker's one timer looks at the heads.
 *
 * Time: milliseconds of the worker's loop. Cost: set, clear O(1); due O(kinds).
 * Memory: the nodes lie in the connections. Threads: the worker's.
 */
#ifndef NET_HTTP_DEADLINE_H
#define NET_HTTP_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

enum http_wait { HTTP_WAIT_NONE, HTTP_WAIT_IDLE, HTTP_WAIT_HEAD, HTTP_WAIT_BODY, HTTP_WAIT_WRITE, HTTP_WAIT_LINGER,
	HTTP_WAIT__COUNT };

/* All zero: not set. */
struct http_deadline {
	struct http_deadline *prev, *next;
	uint64_t at_ms;
	enum http_wait wait;
};

struct http_deadlines {
	struct http_deadline *first[HTTP_WAIT__COUNT], *last[HTTP_WAIT__COUNT];
	uint32_t length_ms[HTTP_WAIT__COUNT];
};

/* (Re)starts it at `now_ms`; HTTP_WAIT_NONE clears it. */
void http_deadline_set(struct http_deadlines *deadlines, struct http_deadline *deadline, enum http_wait wait,
	uint64_t now_ms);

/* Clears one that has passed and says what it was for; NULL if there is none. */
struct http_deadline *http_deadline_due(struct http_deadlines *deadlines, uint64_t now_ms, enum http_wait *ret_wait);

/* The earliest of all, UINT64_MAX if none is set. */
uint64_t http_deadline_next(const struct http_deadlines *deadlines);

/* The one that has waited longest for that, NULL if none; it stays set. */
struct http_deadline *http_deadline_oldest(const struct http_deadlines *deadlines, enum http_wait wait);

#endif
