#include "wire/event_map.h"

#include <stdlib.h>

#include "wire/time_text.h"

#define SECONDS_BELOW 100000000000 /* as ms it is March 1973: what is smaller counts seconds */
#define TIME_MAX_MS 253402300799999 /* the end of the year 9999 */

/* A place of the map; what is null there is absent. */
static struct json_at find(const struct json_at *at, const char *pointer)
{
	struct json_at place = {0};

	if (pointer)
		place = json_at_pointer(at, pointer);
	if (json_at_null(&place))
		place.value = NULL;
	return place;
}

static enum err bad(const struct json_at *place, const char *detail, struct problem *problem)
{
	return json_at_problem(place, ERR_BAD_REQUEST, detail, problem);
}

/* Something is missing that no place can be blamed for: the pointer that should have led to it. */
static enum err missing(const char *pointer, const char *otherwise, const char *detail, struct problem *problem)
{
	return problem_is(problem, ERR_BAD_REQUEST, pointer ? pointer : otherwise, detail);
}

static enum err digits(int64_t value, struct arena *arena, struct str *ret_text)
{
	char text[24];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	buf_i64(&out, value);
	*ret_text = arena_str(arena, buf_text(&out));
	return ret_text->at ? ERR_OK : ERR_TOO_LARGE;
}

/* Up to `max` bytes of text, or a whole number's digits. Nothing there, or an empty text: untouched. */
static enum err read_text(const struct json_at *at, const char *pointer, size_t max, struct arena *arena,
	struct str *ret_text, struct problem *problem)
{
	struct json_at place = find(at, pointer);
	struct str text = STR_NONE;
	int64_t value;

	if (json_at_integer(&place, &value))
		return digits(value, arena, ret_text) ? problem_is(problem, ERR_TOO_LARGE, NULL, NULL) : ERR_OK;
	if (json_at_there(&place) && !json_at_is_text(&place))
		return bad(&place, "this is to be a string or a whole number", problem);
	enum err err = json_at_text(&place, 0, max, &text, problem);
	if (err == ERR_OK && text.len)
		*ret_text = text;
	return err;
}

/* A whole number or its digits, 1..max. Nothing there, or an empty text: untouched. */
static enum err read_count(
	const struct json_at *at, const char *pointer, uint64_t max, uint64_t *ret_value, struct problem *problem)
{
	struct json_at place = find(at, pointer);
	struct str text = STR_NONE;
	uint64_t value;

	if (!json_at_is_text(&place))
		return json_at_u64(&place, 1, max, ret_value, problem);
	enum err err = json_at_text(&place, 0, SIZE_MAX, &text, problem);
	if (err || text.len == 0)
		return err;
	if (!str_u64(text, &value))
		return bad(&place, "this is to be a whole number", problem);
	if (value == 0)
		return bad(&place, "the number is too small", problem);
	if (value > max)
		return bad(&place, "the number is too large", problem);
	*ret_value = value;
	return ERR_OK;
}

static enum err read_type(const struct event_map *map, const struct json_at *at, struct str around, struct arena *arena,
	struct event *event, bool *ret_ignored, struct problem *problem)
{
	struct str type = around;

	enum err err = read_text(at, map->type, EVENT_MAP_WORD_MAX, arena, &type, problem);
	if (err)
		return err;
	if (!type.at)
		return missing(map->type, "type", "this field is needed", problem);
	if (map->types_n == 0 && event_type_find(type, &event->type))
		return ERR_OK;
	for (int i = 0; i < map->types_n; i++) {
		if (!str_equal(type, str_of(map->types[i].from)))
			continue;
		*ret_ignored = map->types[i].to == EVENT_MAP_IGNORE;
		if (!*ret_ignored)
			event->type = (enum event_type)map->types[i].to;
		return ERR_OK;
	}
	return missing(map->type, "type",
		map->types_n ? "this type is not in the mapping's types" : "no event has this type", problem);
}

static enum err read_order(const struct event_map *map, const struct json_at *at, struct arena *arena,
	struct event *event, struct problem *problem)
{
	enum err err = read_text(at, map->order, SESSION_REF_MAX, arena, &event->order, problem);

	if (err == ERR_OK && !event->order.at)
		return missing(map->order, "order", "this field is needed", problem);
	if (err == ERR_OK && !session_ref_ok(event->order))
		return missing(map->order, "order", "an order's id has no control characters", problem);
	return err;
}

static enum err read_pool(const struct event_map *map, const struct json_at *at, struct arena *arena, struct event *event,
	struct problem *problem)
{
	enum err err = read_text(at, map->pool, EVENT_MAP_WORD_MAX, arena, &event->pool, problem);

	if (err)
		return err;
	if (!event->pool.at)
		event->pool = str_of(map->default_pool);
	for (int i = 0; i < map->pools_n; i++) {
		if (event->pool.at && str_equal(event->pool, str_of(map->pools[i].from))) {
			event->pool = str_of(map->pools[i].to);
			break;
		}
	}
	if (event->pool.len > POOL_NAME_MAX)
		return missing(map->pool, "pool", "the text is too long", problem);
	return ERR_OK;
}

/* RFC 3339, or a number since the epoch. 0: nothing there. */
static enum err read_time(const struct event_map *map, const struct json_at *at, struct str around, int64_t *ret_time_ms,
	struct problem *problem)
{
	static const char wanted[] = "this is to be a time such as 2026-11-22T10:00:00Z, or s or ms since the epoch";
	struct json_at place = find(at, map->time);
	struct str text = around;
	int64_t time_ms = 0;
	double value;

	if (json_at_integer(&place, &time_ms)) {
		if (time_ms < SECONDS_BELOW && time_ms > -SECONDS_BELOW)
			time_ms *= 1000;
	} else if (json_at_fraction(&place, &value)) {
		value = value < SECONDS_BELOW ? value * 1000 : value;
		time_ms = value > 0 && value < TIME_MAX_MS ? (int64_t)(value + 0.5) : -1;
	} else {
		if (json_at_there(&place) && !json_at_is_text(&place))
			return bad(&place, wanted, problem);
		if (json_at_text(&place, 0, SIZE_MAX, &text, problem) == ERR_OK && text.len == 0)
			return ERR_OK;
		if (time_text_parse(text, &time_ms) != ERR_OK)
			time_ms = -1;
	}
	if (time_ms <= 0 || time_ms > TIME_MAX_MS)
		return missing(map->time, "time", wanted, problem);
	*ret_time_ms = time_ms;
	return ERR_OK;
}

static enum err read_version(const struct event_map *map, const struct json_at *at, struct str around, struct event *event,
	struct problem *problem)
{
	int64_t time_ms = 0;

	enum err err = read_count(at, map->version, INT64_MAX, &event->version, problem);
	if (err || event->version)
		return err;
	err = read_time(map, at, around, &time_ms, problem);
	if (err)
		return err;
	if (time_ms == 0)
		return missing(map->version ? map->version : map->time, "version",
			"an event needs a version or a time", problem);
	event->version = (uint64_t)time_ms;
	return ERR_OK;
}

/* `*ret_there` false: it is not in the event. */
static enum err read_party(const struct event_map_party *mapped, const struct json_at *at, struct party_text *party,
	bool *ret_there, struct problem *problem)
{
	struct json_at number = find(at, mapped->number), may_call = find(at, mapped->may_call);

	*party = (struct party_text){.role = str_of(mapped->role), .may_call = true, .numbers_n = 1};
	enum err err = json_at_text(&number, 0, PARTY_NUMBER_TEXT_MAX, &party->numbers[0], problem);
	*ret_there = err == ERR_OK && party->numbers[0].len > 0;
	return *ret_there ? json_at_bool(&may_call, &party->may_call, problem) : err;
}

static enum err read_parties(const struct event_map *map, const struct json_at *at, struct arena *arena,
	struct event *event, struct problem *problem)
{
	struct party_text *parties = arena_alloc(arena, sizeof *parties * SESSION_PARTIES_MAX);
	bool there;

	if (!parties)
		return problem_is(problem, ERR_TOO_LARGE, NULL, NULL);
	event->parties = parties;
	for (int i = 0; i < map->parties_n; i++) {
		enum err err = read_party(&map->parties[i], at, &parties[event->parties_n], &there, problem);
		if (err)
			return err;
		event->parties_n += there;
	}
	if (event->parties_n == 0)
		return missing(map->parties_n ? map->parties[0].number : NULL, "parties",
			"such an event names a party or more", problem);
	return ERR_OK;
}

enum err event_map_read(const struct event_map *map, const struct json_at *at, const struct event_around *around,
	struct arena *arena, struct event *ret_event, bool *ret_ignored, struct problem *problem)
{
	static const struct event_around nothing;
	struct event event = {0};
	uint64_t ttl_s = 0;
	bool ignored = false;

	around = around ? around : &nothing;
	enum err err = read_type(map, at, around->type, arena, &event, &ignored, problem);
	if (err == ERR_OK && ignored) {
		*ret_ignored = true;
		return ERR_OK;
	}
	event.id = around->id;
	if (err == ERR_OK)
		err = read_text(at, map->id, EVENT_ID_MAX, arena, &event.id, problem);
	if (err == ERR_OK)
		err = read_order(map, at, arena, &event, problem);
	if (err == ERR_OK)
		err = read_pool(map, at, arena, &event, problem);
	if (err == ERR_OK)
		err = read_version(map, at, around->time, &event, problem);
	if (err == ERR_OK)
		err = read_count(at, map->ttl_s, EVENT_TTL_MAX_S, &ttl_s, problem);
	if (err == ERR_OK && event.type < EVENT_COMPLETED)
		err = read_parties(map, at, arena, &event, problem);
	if (err)
		return err;
	event.ttl_s = (uint32_t)ttl_s;
	*ret_event = event;
	*ret_ignored = false;
	return ERR_OK;
}

void event_map_free(struct event_map *map)
{
	if (!map)
		return;
	char *texts[] = {
		map->id, map->order, map->type, map->version, map->time, map->pool, map->ttl_s, map->default_pool};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	for (int i = 0; i < map->types_n; i++)
		free(map->types[i].from);
	for (int i = 0; i < map->pools_n; i++) {
		free(map->pools[i].from);
		free(map->pools[i].to);
	}
	free(map->pools);
	for (int i = 0; i < map->parties_n; i++) {
		free(map->parties[i].role);
		free(map->parties[i].number);
		free(map->parties[i].may_call);
	}
	free(map);
}
