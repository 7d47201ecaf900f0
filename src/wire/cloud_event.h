/* cloud_event: an event of the outbox as a CloudEvent 1.0.2 (CNCF): attributes for binary mode, or the JSON format
 * (structured mode) in one piece.
 *
 *	id "evt_01J..."   source "urn:bauta:TENANT"   type "session.live"   subject the order's id (or VN, pool)
 *	time RFC 3339     datacontenttype "application/json"
 *
 * Pure; texts live in the caller's struct and the row.
 */
#ifndef WIRE_CLOUD_EVENT_H
#define WIRE_CLOUD_EVENT_H

#include "base/buf.h"
#include "core/record.h"

#define EVENT_ID_TEXT_SIZE 20

char *event_id_text(uint64_t id, char text[EVENT_ID_TEXT_SIZE]); /* "evt_..." */
MUST_CHECK enum err event_id_parse(struct str text, uint64_t *ret_id);

struct cloud_event {
	char id[EVENT_ID_TEXT_SIZE];
	char source[sizeof "urn:bauta:" + TENANT_NAME_MAX];
	char time[32];
	struct str type, subject, data; /* the row's */
};

void cloud_event_of(const struct outbox_row *row, struct cloud_event *ret_event);
void cloud_event_write(struct buf *out, const struct cloud_event *event); /* structured mode */

#endif
