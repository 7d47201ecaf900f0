/* event: an order event as it comes in: our own shape, or a CloudEvents 1.0 envelope (JSON format,
 * structured mode) whose `data` is our shape. API.md, "Order events".
 *
 * A function of bytes: numbers and the pool's name are texts still. Where an envelope's data has no
 * `id`, `type` or `time` of its own, the envelope's count; so do the `ce-...` headers of binary mode, which
 * the caller gives as `around`.
 *
 * Limits: 64 KiB a document (EVENT_MAX). Memory: texts live until json_done() of the document.
 */
#ifndef WIRE_EVENT_H
#define WIRE_EVENT_H

#include "core/engine.h"
#include "wire/party_text.h"

#define EVENT_MAX (64 * 1024)
#define EVENT_ID_MAX 255
#define EVENT_TTL_MAX_S (365u * 86400)

struct event {
	struct str id; /* .at NULL: none; told back to nobody, for people's logs */
	enum event_type type;
	struct str order; /* 1..191 bytes */
	struct str pool;  /* empty: the tenant's only one */
	uint64_t version; /* `version`, else `time` in ms; > 0 */
	struct party_text *parties;
	int parties_n;
	uint32_t ttl_s; /* 0: the pool's */
};

/* What stands around an event and counts where the event itself is silent. .at NULL: nothing. */
struct event_around {
	struct str id, type, time;
};

/* `around` may be NULL. ERR_BAD_REQUEST (also: neither version nor time), ERR_TOO_MANY_PARTIES. */
MUST_CHECK enum err event_read(const struct json_at *at, const struct event_around *around,
	struct arena *arena, struct event *ret_event, struct problem *problem);

/* --- what event_read() is made of, for readers of other shapes (event_map.h) --- */

/* Our shape alone. */
MUST_CHECK enum err event_read_own(const struct json_at *at, const struct event_around *around, struct arena *arena,
	struct event *ret_event, struct problem *problem);
/* Only names of our shape's fields, and `order` is a text. */
bool event_names_are_ours(const struct json_at *at);

/* The object has `specversion`. */
bool event_is_envelope(const struct json_at *at);
/* Its `data`, an object, which hangs on `at`, and what stands around it. ERR_BAD_REQUEST. */
MUST_CHECK enum err event_envelope(const struct json_at *at, struct json_at *ret_data, struct event_around *ret_around,
	struct problem *problem);

/* False: no event of ours has this type. */
bool event_type_find(struct str word, enum event_type *ret_type);

#endif
