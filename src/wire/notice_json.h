/* notice_json: what the outside is told (core/notice.h and calls), as JSON objects: the `data` of our CloudEvents.
 * Shapes: api/asyncapi.json. Roles and VNs only: no real number gets here (S4).
 */
#ifndef WIRE_NOTICE_JSON_H
#define WIRE_NOTICE_JSON_H

#include "base/buf.h"
#include "core/notice.h"
#include "core/record.h"
#include "wire/json_out.h"

void notice_json_put(struct buf *out, const struct notice *notice);

/* The members `stock` and `sessions` of a pool. */
void notice_json_stock(struct json_out *json, const struct pool_stock *stock, const struct pool_sessions *sessions);
/* Its member `demand`. */
void notice_json_demand(struct json_out *json, const struct pool_demand *demand);

/* What became of a call; `ref` empty: its session is not known (any more), `pool` empty: none. */
void notice_json_call(struct buf *out, const struct call *call, struct str tenant, struct str pool, struct str ref);

/* A text that was sent, delivered or lost: never what it says. Of a session that is open no more: without ref. */
void notice_json_message(struct buf *out, const struct message_row *message, struct str tenant, struct str pool,
	struct str ref);

/* A refused order event: coordinates and reason, never its payload. */
void notice_json_dead(struct buf *out, const struct dead_row *dead);

#define DEAD_ID_TEXT_SIZE 20
char *dead_id_text(uint64_t id, char text[DEAD_ID_TEXT_SIZE]); /* "ddl_..." */
MUST_CHECK enum err dead_id_parse(struct str text, uint64_t *ret_id);

#endif
