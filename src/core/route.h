/* route: the table of directed answers (caller, VN) -> (callee, VN to show), read by all workers
 * without a lock while one writer changes it.
 *
 * Layout: buckets of 128 bytes (two cache lines), four entries of 28 bytes:
 *
 *   word 0        sequence counter of the bucket: odd while the writer is in it
 *   word 1        how many entries live further on whose probe passed here ("overflow")
 *   words 2..13   entry i: key  = caller (50 bits) | low 14 bits of the VN's id
 *                          answer = callee (50) | low 14 bits of the shown VN's id
 *                          life = session slot (32) | end, epoch seconds (32)
 *   words 14, 15  entry i, 32 bits: high 10 bits of both VN ids, 12 bits of flags
 *
 * Entries never move, so a reader can't miss one: a lookup begins at the key's home bucket and goes
 * on while a bucket's overflow is not 0. A reader copies a bucket and retries if the counter was odd
 * or changed: the writer holds a bucket for some ten stores and never waits for a reader, so neither
 * blocks the other, however long it stalls.
 *
 * Memory: one mapping, made at start, huge pages advised. Threads: route_find() from any thread;
 * all else from the writer alone (or before readers exist).
 */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include <stddef.h>

#include "core/number.h"

#define ROUTE_VN_MAX ((1u << 24) - 1)

/* What the key's first part is. Further kinds (anyone, lists) are further values, not tables. */
enum route_kind { ROUTE_CALLER, ROUTE_PIN };

struct route_key {
	enum route_kind kind;
	uint64_t who;     /* ROUTE_CALLER: E.164 digits; ROUTE_PIN: the PIN with a leading 1 (so that 000123 is not 123) */
	uint32_t vn;      /* id of the VN that is dialled */
};

struct route {
	struct number callee;
	uint32_t show;    /* id of the VN to show */
	uint32_t session; /* slot in the engine */
	uint32_t end;     /* epoch seconds: connects while now < end */
	uint8_t from_role_index; /* position of the caller among the session's parties, 0..7 */
	uint8_t to_role_index;   /* of the callee */
};

struct routes;

/* Room for `max` entries at a load of at most 0.8. NULL without memory. */
struct routes *routes_new(uint32_t max, uint64_t seed);
void routes_free(struct routes *routes);

/* Any thread. False: no such route. `ids`, if not NULL, is the array slot -> session id: the id is
 * read under the same counter as the entry, so that it is the id of that very session. Does not look
 * at `end`. */
bool route_find(const struct routes *routes, const struct route_key *key, const uint64_t *ids,
		struct route *ret_route, uint64_t *ret_session_id);

/* Writer. A new entry or, for a key that is there, a new answer, seen whole or not at all.
 * ERR_LIMIT_REACHED: `max` entries are in it. */
MUST_CHECK enum err route_put(struct routes *routes, const struct route_key *key, const struct route *route);
/* Writer. The processor begins to bring from memory what route_put() will look at. Changes nothing. */
void route_soon(const struct routes *routes, const struct route_key *key);

/* Writer. False: it was not there. */
bool route_drop(struct routes *routes, const struct route_key *key);

uint32_t routes_count(const struct routes *routes);
uint32_t routes_max(const struct routes *routes);
size_t routes_bytes(const struct routes *routes);

#endif
