/* cloud_event: an event of the outbox as a CloudEvent 1.0.2 (CNCF): attributes for binary mode, or the JSON format
 * (structured mode) in one piece.
 *
 *	id "evt_01J..."   source "urn:bauta:TENANT"   type "session.live"   subject the order's id (or VN, pool)
 *	time RFC 3339     datacontenttype "application/json"
 *
 * A source is a URI: what a tenant's name has beside A-Z a-z 0-9 - . _ ~ is percent-encoded. An event without a key has no
 * subject (.len 0), one without data neither data nor datacontenttype.
 *
 * Pure; texts live in the caller's struct and the row. The row is the store's own: a tenant that is too long or a time
 * that no calendar knows is an ASSERT.
 */
#ifndef WIRE_CLOUD_EVENT_H
#define WIRE_CLOUD_EVENT_H

#include "base/buf.h"
#include "core/ident.h"
#include "core/record.h"

#define CLOUD_EVENT_VERSION "1.0" /* the attribute specversion */
#define CLOUD_EVENT_DATA_TYPE "application/json"
#define CLOUD_EVENT_CONTENT_TYPE "application/cloudevents+json" /* of the structured mode */
#define EVENT_ID_TEXT_SIZE IDENT_TEXT_SIZE

char *event_id_text(uint64_t id, char text[EVENT_ID_TEXT_SIZE]); /* "evt_..." */
MUST_CHECK enum err event_id_parse(struct str text, uint64_t *ret_id); /* ERR_NOT_FOUND */

struct cloud_event {
	char id[EVENT_ID_TEXT_SIZE];
	char source[sizeof "urn:bauta:" + 3 * TENANT_NAME_MAX];
	char time[32];
	struct str type, subject, data; /* the row's */
};

void cloud_event_of(const struct outbox_row *row, struct cloud_event *ret_event);
void cloud_event_write(struct buf *out, const struct cloud_event *event); /* structured mode */

#endif
