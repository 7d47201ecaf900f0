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

/* Digits of a whole number count as the text. */
static struct str order_at(const struct json_at *place, struct arena *arena)
{
	struct problem nothing;
	struct str text = STR_NONE;
	char digits[24];
	struct buf out;
	int64_t value;

	buf_fixed(&out, digits, sizeof digits);
	if (json_at_integer(place, &value)) {
		buf_i64(&out, value);
		return arena_str(arena, buf_text(&out));
	}
	if (!json_at_is_text(place) || json_at_text(place, 1, SESSION_REF_MAX, &text, &nothing) != ERR_OK)
		return STR_NONE;
	return session_ref_ok(text) ? text : STR_NONE;
}

static struct str order_in(const struct event_map *map, const struct json_at *data, const struct event_around *around,
	struct arena *arena)
{
	struct json_at own = json_at_field(data, "order"), mapped = {0};
	bool ours = !map || is_ours(map, data, around);

	if (map && map->order)
		mapped = json_at_pointer(data, map->order);
	struct str order = order_at(ours ? &own : &mapped, arena);
	return order.len ? order : order_at(ours ? &mapped : &own, arena);
}

struct str event_order_any(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena)
{
	static const struct event_around nothing;
	struct json_at data = json_at_field(at, "data");
	struct str order = STR_NONE;

	around = around ? around : &nothing;
	if (event_is_envelope(at) && json_at_is_object(&data))
		order = order_in(map, &data, around, arena);
	return order.len ? order : order_in(map, at, around, arena);
}
