/* event_read_any(): which shape is it? Contract: event_map.h. */
#include "wire/event_map.h"

/* An event of ours has no other fields than ours, and an order that is a text; a foreign one may well use a word of ours
 * for its type. Where the map finds no order either, it is ours with something wrong in it. */
static bool is_ours(const struct event_map *map, const struct json_at *at, const struct event_around *around)
{
	struct json_at type = json_at_field(at, "type"), order = {0};
	struct str word = around->type;
	struct problem nothing;
	enum event_type is;

	if (json_at_there(&type) && !json_at_is_text(&type))
		return false;
	if (json_at_text(&type, 0, SIZE_MAX, &word, &nothing) != ERR_OK || !event_type_find(word, &is))
		return false;
	if (map->order)
		order = json_at_pointer(at, map->order);
	return event_names_are_ours(at) || !json_at_there(&order);
}

enum err event_read_any(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena, struct event *ret_event, bool *ret_ignored, struct problem *problem)
{
	static const struct event_around nothing;
	struct event_around inside = around ? *around : nothing;
	struct json_at data = *at;
	enum err err = ERR_OK;

	if (!json_at_is_object(at))
		return json_at_problem(at, ERR_BAD_REQUEST, "an event is an object", problem);
	if (event_is_envelope(at))
		err = event_envelope(at, &data, &inside, problem);
	if (err)
		return err;
	if (map && !is_ours(map, &data, &inside))
		return event_map_read(map, &data, &inside, arena, ret_event, ret_ignored, problem);
	err = event_read_own(&data, &inside, arena, ret_event, problem);
	if (err == ERR_OK)
		*ret_ignored = false;
	return err;
}

struct str event_order_of(const struct event_map *map, const struct json_at *at, struct arena *arena)
{
	struct json_at data = json_at_field(at, "data"), order;
	struct problem nothing = {0};
	struct str text = map ? event_map_order(map, at, arena) : STR_NONE;

	if (!json_at_is_object(at))
		return STR_NONE;
	if (event_is_envelope(at) && json_at_is_object(&data))
		return event_order_of(map, &data, arena);
	order = json_at_field(at, "order");
	if (!text.len && (json_at_text(&order, 1, SESSION_REF_MAX, &text, &nothing) != ERR_OK || !session_ref_ok(text)))
		return STR_NONE;
	return text;
}
