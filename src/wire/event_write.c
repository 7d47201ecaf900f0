/* event_write(): an event in our own shape. Contract: event_map.h. */
#include "wire/event_map.h"
#include "wire/json_out.h"

static void put_text(struct json_out *json, const char *name, struct str text)
{
	if (text.len)
		json_out_str(json, name, text);
}

static void put_party(struct json_out *json, const struct party_text *party)
{
	json_out_object(json, NULL);
	json_out_str(json, "role", party->role);
	json_out_str(json, "number", party->numbers[0]);
	if (party->numbers_n > 1) {
		json_out_array(json, "numbers");
		for (int i = 1; i < party->numbers_n; i++)
			json_out_str(json, NULL, party->numbers[i]);
		json_out_end(json);
	}
	if (!party->may_call)
		json_out_bool(json, "may_call", false);
	put_text(json, "vn", party->vn);
	json_out_end(json);
}

void event_write(struct buf *out, const struct event *event)
{
	struct json_out json = json_out_to(out);

	json_out_object(&json, NULL);
	put_text(&json, "id", event->id);
	json_out_lit(&json, "type", event_type_words[event->type]);
	json_out_str(&json, "order", event->order);
	json_out_u64(&json, "version", event->version);
	put_text(&json, "pool", event->pool);
	if (event->parties_n) {
		json_out_array(&json, "parties");
		for (int i = 0; i < event->parties_n; i++)
			put_party(&json, &event->parties[i]);
		json_out_end(&json);
	}
	if (event->ttl_s)
		json_out_u64(&json, "ttl_s", event->ttl_s);
	json_out_end(&json);
}
