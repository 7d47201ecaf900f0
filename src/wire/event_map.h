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
 * A party whose number is absent, null or empty is not in the event. A type that is not in the table is refused;
 * `ignore` passes it over. Memory: the map owns its texts. Threads: read only once made.
 */
#ifndef WIRE_EVENT_MAP_H
#define WIRE_EVENT_MAP_H

#include "wire/event.h"

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

/* RFC 6901: "" or begins with '/', '~' only as ~0 and ~1. */
bool event_pointer_ok(struct str pointer);

/* The event that a foreign document tells. `*ret_ignored`: its type is one to pass over; then nothing else is set. Field
 * names in *problem are the pointers. */
MUST_CHECK enum err event_map_read(const struct event_map *map, const struct json_at *at, struct arena *arena,
	struct event *ret_event, bool *ret_ignored, struct problem *problem);

/* An event of any shape: ours and CloudEvents (event_read) if it is one: has `specversion`, or a `type` that is a word of
 * ours, or no map is given; else by the map. A CloudEvent's `data` may be foreign too. */
MUST_CHECK enum err event_read_any(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena, struct event *ret_event, bool *ret_ignored, struct problem *problem);

/* In our shape, one line: what `bauta ingest --map` sends. */
void event_write(struct buf *out, const struct event *event);

#endif
