#include "wire/cloud_event.h"

#include "base/check.h"
#include "wire/form.h"
#include "wire/json_out.h"
#include "wire/time_text.h"

static const char prefix[] = "evt_";

char *event_id_text(uint64_t id, char text[EVENT_ID_TEXT_SIZE])
{
	return ident_text(prefix, id, text);
}

enum err event_id_parse(struct str text, uint64_t *ret_id)
{
	return ident_parse(prefix, text, ret_id);
}

void cloud_event_of(const struct outbox_row *row, struct cloud_event *ret_event)
{
	struct buf source, time;

	event_id_text(row->id, ret_event->id);
	buf_fixed(&source, ret_event->source, sizeof ret_event->source);
	buf_lit(&source, "urn:bauta:");
	form_encode(&source, row->tenant);
	buf_char(&source, '\0');
	buf_fixed(&time, ret_event->time, sizeof ret_event->time);
	time_text_put(&time, row->at_ms);
	buf_char(&time, '\0');
	ASSERT(buf_ok(&source) && buf_ok(&time));
	ret_event->type = row->type;
	ret_event->subject = row->key;
	ret_event->data = row->data;
}

void cloud_event_write(struct buf *out, const struct cloud_event *event)
{
	struct json_out json = json_out_to(out);

	json_out_object(&json, NULL);
	json_out_lit(&json, "specversion", CLOUD_EVENT_VERSION);
	json_out_lit(&json, "id", event->id);
	json_out_lit(&json, "source", event->source);
	json_out_str(&json, "type", event->type);
	if (event->subject.len)
		json_out_str(&json, "subject", event->subject);
	json_out_lit(&json, "time", event->time);
	if (event->data.len) {
		json_out_lit(&json, "datacontenttype", CLOUD_EVENT_DATA_TYPE);
		buf_lit(out, ",\"data\":"); /* JSON already */
		buf_str(out, event->data);
	}
	json_out_end(&json);
}
