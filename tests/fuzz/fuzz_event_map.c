/* Foreign order events from any bytes: the first line is a pointer, what follows the document. What is taken keeps its
 * promises, and written in our shape it is read as the same event. */
#include <stdlib.h>

#include "wire/event_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
	if (!promise)
		__builtin_trap();
}

static void check(const struct event *event)
{
	must(session_ref_ok(event->order));
	must(event->version > 0 && event->version <= INT64_MAX);
	must(event->pool.len <= POOL_NAME_MAX && event->id.len <= EVENT_ID_MAX && event->ttl_s <= EVENT_TTL_MAX_S);
	must(event->parties_n >= (event->type < EVENT_COMPLETED) && event->parties_n <= SESSION_PARTIES_MAX);
	for (int i = 0; i < event->parties_n; i++)
		must(session_role_ok(event->parties[i].role) && event->parties[i].numbers[0].len > 0);
}

static void check_written(const struct event *event, struct arena *arena)
{
	struct problem problem = {0};
	struct json json = {0};
	struct event again;
	struct buf out;

	buf_init(&out, EVENT_MAX);
	event_write(&out, event);
	must(buf_ok(&out) && !memchr(out.at, '\n', out.len));
	must(json_read(buf_text(&out), EVENT_MAX, &json, &problem) == ERR_OK);
	struct json_at root = json_at_root(&json);
	must(event_read(&root, NULL, arena, &again, &problem) == ERR_OK);
	must(again.type == event->type && again.version == event->version && again.ttl_s == event->ttl_s);
	must(str_equal(again.order, event->order) && str_equal(again.pool, event->pool) && str_equal(again.id, event->id));
	must(again.parties_n == event->parties_n);
	for (int i = 0; i < again.parties_n; i++)
		must(str_equal(again.parties[i].numbers[0], event->parties[i].numbers[0]) &&
			again.parties[i].may_call == event->parties[i].may_call);
	json_done(&json);
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event_map_pool pools[] = {{(char *)"JKT", (char *)"jakarta"}};
	struct str text, line = str_cut(str_n((const char *)data, size), '\n', &text);
	char pointer[JSON_POINTER_MAX + 1];
	struct problem problem = {0};
	struct json json = {0};
	struct event event;
	struct arena arena;
	bool ignored;

	if (!json_pointer_ok(line) || !str_copy(pointer, sizeof pointer, line) ||
		json_read(text, EVENT_MAX, &json, &problem) != ERR_OK)
		return 0;
	struct event_map map = {
		.order = pointer,
		.id = (char *)"/i",
		.type = (char *)"/t",
		.version = (char *)"/v",
		.time = (char *)"/ts",
		.pool = (char *)"/p",
		.ttl_s = (char *)"/s",
		.types = {{(char *)"a", EVENT_PLACED}, {(char *)"b", EVENT_COMPLETED}, {(char *)"c", EVENT_MAP_IGNORE}},
		.types_n = 3,
		.pools = pools,
		.pools_n = 1,
		.parties = {{(char *)"x", (char *)"/n/0", (char *)"/m"}, {(char *)"y", pointer, NULL}},
		.parties_n = 2,
	};
	arena_init(&arena, 1 << 20);
	struct json_at root = json_at_root(&json);
	if (event_read_any(&map, &root, NULL, &arena, &event, &ignored, &problem) == ERR_OK && !ignored) {
		check(&event);
		check_written(&event, &arena);
	}
	arena_done(&arena);
	json_done(&json);
	return 0;
}
