#include "feed/feed_event.h"

#include "feed/veil.h"

/* A read that failed for want of memory: the texts of an event that isn't too large fit into any arena that is not full. */
static bool is_no_memory(enum err err, struct str payload)
{
	return err == ERR_OVERLOADED || err == ERR_LIMIT_REACHED || (err == ERR_TOO_LARGE && payload.len <= EVENT_MAX);
}

static enum err check_headers(const struct event_around *around, struct problem *problem)
{
	static const char *const names[] = {"ce_id", "ce_type", "ce_time"};
	const struct str headers[] = {around->id, around->type, around->time};

	for (int i = 0; i < 3; i++)
		if (headers[i].len > FEED_HEADER_MAX)
			return problem_is(problem, ERR_BAD_REQUEST, names[i], "the header is too long");
	return ERR_OK;
}

static enum err read_event(const struct event_sender *sender, const struct json *json, const struct event_around *around,
	struct arena *arena, struct str *ret_order, struct feed_event *event)
{
	const struct event_map *map = sender->server->config->mapping;
	struct json_at root = json_at_root(json);
	struct event said = {0};

	enum err err = check_headers(around, &event->problem);
	if (err == ERR_OK)
		err = event_read_any(map, &root, around, arena, &said, &event->ignored, &event->problem);
	if (err == ERR_OK && !event->ignored) {
		*ret_order = said.order;
		err = event_lines_fill(sender, &said, arena, &event->event, &event->problem);
	} else if (err) {
		*ret_order = event_order_any(map, &root, around, arena);
	}
	return err;
}

/* An event that is too large is none, but its order is looked for. */
static enum err read_payload(const struct event_sender *sender, struct str payload, const struct event_around *around,
	struct json *json, struct arena *arena, struct str *ret_order, struct feed_event *event)
{
	struct problem nothing;

	if (!payload.at)
		return problem_is(&event->problem, ERR_BAD_REQUEST, NULL, "a record without a value");
	enum err err = json_read(payload, EVENT_MAX, json, &event->problem);
	if (err == ERR_OK)
		return read_event(sender, json, around, arena, ret_order, event);
	if (err != ERR_TOO_LARGE)
		return err;
	enum err whole = json_read(payload, SIZE_MAX, json, &nothing);
	if (whole == ERR_OVERLOADED)
		return whole;
	if (whole == ERR_OK) {
		struct json_at root = json_at_root(json);
		*ret_order = event_order_any(sender->server->config->mapping, &root, around, arena);
	}
	return err;
}

enum err feed_event_read(const struct event_sender *sender, struct str payload, const struct event_around *around,
	struct str key, struct arena *arena, struct feed_event *ret_event)
{
	struct feed_event event = {0};
	struct json json = {0};
	struct str order = STR_NONE;

	arena->no_memory = false;
	event.err = read_payload(sender, payload, around, &json, arena, &order, &event);
	if (order.len == 0 && !event.ignored && key.at && session_ref_ok(key))
		order = key;
	bool room = !is_no_memory(event.err, payload);
	if (room && order.len) {
		event.order = veil_order(sender->vault, order, arena);
		room = event.order.at;
	}
	json_done(&json);
	if (!room || arena->no_memory)
		return ERR_OVERLOADED;
	*ret_event = event;
	return ERR_OK;
}
