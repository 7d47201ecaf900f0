#include "wire/event.h"

#include "wire/time_text.h"

static const char *const fields[] = {
	"id", "type", "!order", "version", "time", "pool", "parties", "ttl_s", NULL};

static enum err refuse(
	const struct json_at *at, const char *name, const char *detail, struct problem *problem)
{
	struct json_at field = json_at_field(at, name);

	return json_at_problem(&field, ERR_BAD_REQUEST, detail, problem);
}

/* The field's text, else what stands around it. */
static enum err text_or(const struct json_at *at, const char *name, struct str around, struct str *ret_text,
	struct problem *problem)
{
	struct json_at field = json_at_field(at, name);

	*ret_text = around;
	return json_at_text(&field, 1, EVENT_ID_MAX, ret_text, problem);
}

bool event_type_find(struct str word, enum event_type *ret_type)
{
	for (int i = 0; event_type_words[i]; i++) {
		if (str_equal(word, str_of(event_type_words[i]))) {
			*ret_type = (enum event_type)i;
			return true;
		}
	}
	return false;
}

static enum err read_type(
	const struct json_at *at, struct str around, struct event *event, struct problem *problem)
{
	struct str type = STR_NONE;
	enum err err = text_or(at, "type", around, &type, problem);

	if (err)
		return err;
	if (event_type_find(type, &event->type))
		return ERR_OK;
	return refuse(at, "type", type.at ? "no event has this type" : "this field is needed", problem);
}

static enum err read_version(
	const struct json_at *at, struct str around, struct event *event, struct problem *problem)
{
	struct json_at version = json_at_field(at, "version");
	struct str text = STR_NONE;
	int64_t time_ms = 0;

	enum err err = json_at_u64(&version, 1, INT64_MAX, &event->version, problem);
	if (err == ERR_OK)
		err = text_or(at, "time", around, &text, problem);
	if (err)
		return err;
	if (text.at && (time_text_parse(text, &time_ms) != ERR_OK || time_ms <= 0))
		return refuse(at, "time", "this is to be a time such as 2026-11-22T10:00:00Z", problem);
	if (event->version == 0)
		event->version = (uint64_t)time_ms;
	if (event->version == 0)
		return refuse(at, "version", "an event needs a version or a time", problem);
	return ERR_OK;
}

static enum err read_order(const struct json_at *at, struct event *event, struct problem *problem)
{
	struct json_at order = json_at_field(at, "order"), pool = json_at_field(at, "pool");

	enum err err = json_at_text(&order, 1, SESSION_REF_MAX, &event->order, problem);
	if (err == ERR_OK && !session_ref_ok(event->order))
		err = refuse(at, "order", "an order's id has no control characters", problem);
	if (err == ERR_OK)
		err = json_at_text(&pool, 1, POOL_NAME_MAX, &event->pool, problem);
	return err;
}

bool event_names_are_ours(const struct json_at *at)
{
	struct json_at order = json_at_field(at, "order");
	struct problem nothing;

	return json_at_fields(at, fields, &nothing) == ERR_OK && json_at_is_text(&order);
}

enum err event_read_own(const struct json_at *at, const struct event_around *around, struct arena *arena,
	struct event *ret_event, struct problem *problem)
{
	struct json_at parties = json_at_field(at, "parties"), ttl = json_at_field(at, "ttl_s");
	struct event event = {0};

	enum err err = json_at_fields(at, fields, problem);
	if (err == ERR_OK)
		err = text_or(at, "id", around->id, &event.id, problem);
	if (err == ERR_OK)
		err = read_type(at, around->type, &event, problem);
	if (err == ERR_OK)
		err = read_order(at, &event, problem);
	if (err == ERR_OK)
		err = read_version(at, around->time, &event, problem);
	if (err == ERR_OK)
		err = json_at_u32(&ttl, 1, EVENT_TTL_MAX_S, &event.ttl_s, problem);
	if (err == ERR_OK)
		err = party_text_list(&parties, 0, arena, &event.parties, &event.parties_n, problem);
	if (err == ERR_OK && event.type < EVENT_COMPLETED && event.parties_n == 0)
		err = refuse(at, "parties", "such an event names a party or more", problem);
	if (err == ERR_OK)
		*ret_event = event;
	return err;
}

bool event_is_envelope(const struct json_at *at)
{
	struct json_at spec = json_at_field(at, "specversion");

	return json_at_there(&spec);
}

/* CloudEvents 1.0.2, JSON event format, section 3. Attributes that we don't know are extensions. */
enum err event_envelope(const struct json_at *at, struct json_at *ret_data, struct event_around *ret_around,
	struct problem *problem)
{
	static const char *const needed[] = {"id", "source", "type", NULL};
	struct json_at spec = json_at_field(at, "specversion"), data = json_at_field(at, "data");
	struct json_at media = json_at_field(at, "datacontenttype");
	struct event_around around = {0};
	struct str text = STR_NONE;

	enum err err = json_at_text(&spec, 1, 16, &text, problem);
	if (err == ERR_OK && !str_equal(text, STR("1.0")))
		err = json_at_problem(&spec, ERR_BAD_REQUEST, "only CloudEvents 1.0 is known", problem);
	for (int i = 0; err == ERR_OK && needed[i]; i++) {
		text = STR_NONE;
		err = text_or(at, needed[i], STR_NONE, &text, problem);
		if (err == ERR_OK && !text.at)
			err = refuse(at, needed[i], "this field is needed", problem);
	}
	text = STR_NONE;
	if (err == ERR_OK)
		err = json_at_text(&media, 0, 255, &text, problem);
	if (err == ERR_OK && text.at && !str_starts(text, STR("application/json")))
		err = json_at_problem(&media, ERR_BAD_REQUEST, "data is to be application/json", problem);
	if (err == ERR_OK)
		err = text_or(at, "id", STR_NONE, &around.id, problem);
	if (err == ERR_OK)
		err = text_or(at, "type", STR_NONE, &around.type, problem);
	if (err == ERR_OK)
		err = text_or(at, "time", STR_NONE, &around.time, problem);
	if (err == ERR_OK && !json_at_is_object(&data))
		err = json_at_problem(&data, ERR_BAD_REQUEST, "this is to be an object", problem);
	if (err)
		return err;
	*ret_data = data;
	*ret_around = around;
	return ERR_OK;
}

enum err event_read(const struct json_at *at, const struct event_around *around, struct arena *arena,
	struct event *ret_event, struct problem *problem)
{
	static const struct event_around nothing;
	struct event_around inside;
	struct json_at data;

	if (!json_at_is_object(at))
		return json_at_problem(at, ERR_BAD_REQUEST, "an event is an object", problem);
	if (!event_is_envelope(at))
		return event_read_own(at, around ? around : &nothing, arena, ret_event, problem);
	enum err err = event_envelope(at, &data, &inside, problem);
	return err ? err : event_read_own(&data, &inside, arena, ret_event, problem);
}
