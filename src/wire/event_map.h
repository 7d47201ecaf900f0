/* event_map: order events of a foreign shape, read by a mapping from the configuration: JSON Pointers (RFC 6901)
 * to the fields, tables of type and pool names.
 *
 *	mapping:
 *	  order: /payload/order/id
 *	  type: /event
 *	  version: /seq                # a whole number; or
 *	  time: /ts                    # RFC 3339, or a number of ms (s below 10^11) since the epoch
 *	  pool: /payload/city          # none: `default_pool`, else the tenant's only pool
 *	  default_pool: jakarta
 *	  types: { created: order.placed, driver_assigned: order.assigned, done: order.completed, gps: ignore }
 *	  pools: { JKT: jakarta }      # names not listed stay as they are
 *	  parties:
 *	    - { role: customer, number: /payload/customer/phone }
 *	    - { role: courier, number: /payload/driver/phone }
 *
 * Texts may be strings or whole numbers (an order 1001 is "1001"), but for numbers of people: those are strings. An
 * absent, null or empty value is as if nothing was mapped; a party without a number is not in the event. A `version` that
 * is there counts before the `time`. Where the document is silent about id, type or time, what stands around it (a
 * CloudEvents envelope) counts. Of an event that closes an order the parties are not looked at: what is wrong with them
 * must not keep it open.
 *
 * A type that is not in the table is refused; `ignore` passes it over. Without a table the words are ours already.
 *
 * Memory: the map owns its texts. Threads: read only once made.
 */
#ifndef WIRE_EVENT_MAP_H
#define WIRE_EVENT_MAP_H

#include "wire/event.h"
#include "wire/json_pointer.h"

#define EVENT_MAP_WORD_MAX 255 /* bytes of a foreign type or pool */
#define EVENT_MAP_TYPES_MAX 64
#define EVENT_MAP_POOLS_MAX 1000
#define EVENT_MAP_IGNORE (-1)

struct event_map {
	char *id, *order, *type, *version, *time, *pool, *ttl_s; /* pointers; NULL: none */
	char *default_pool;                                      /* NULL: none */
	struct event_map_type {
		char *from;
		int to; /* enum event_type or EVENT_MAP_IGNORE */
	} types[EVENT_MAP_TYPES_MAX];
	int types_n;
	struct event_map_pool {
		char *from, *to;
	} *pools;
	int pools_n;
	struct event_map_party {
		char *role, *number, *may_call; /* pointers but the role; NULL: none */
	} parties[SESSION_PARTIES_MAX];
	int parties_n;
};

void event_map_free(struct event_map *map); /* with its texts; NULL is ignored */

/* The event that a foreign document tells. `around` may be NULL. `*ret_ignored`: its type is one to pass over; then
 * nothing else is set. Field names in *problem are the pointers. ERR_BAD_REQUEST. */
MUST_CHECK enum err event_map_read(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena, struct event *ret_event, bool *ret_ignored, struct problem *problem);

/* An event of any shape: ours (event_read) or, with a map, a foreign one. It is taken for ours when its `type`, or the one
 * around it, is a word of ours and its fields are ours too, or the map finds no order in it. A CloudEvents envelope is
 * opened first: its `data` may be either. `map` and `around` may be NULL. */
MUST_CHECK enum err event_read_any(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena, struct event *ret_event, bool *ret_ignored, struct problem *problem);

/* The order's id that a document of any shape names although it is no good event: where our shape or the map has it, a text or a
 * whole number that can be an order's id. Lives as the document and the arena do; empty: there is none. */
struct str event_order_any(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena);

/* In our shape, one line without its end: what `bauta ingest --map` sends. event_read() gives the same event. */
void event_write(struct buf *out, const struct event *event);

#endif
