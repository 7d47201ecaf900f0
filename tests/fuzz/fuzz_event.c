/* Order events from any bytes: what is taken keeps its promises. */
#include "wire/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
	if (!promise)
		__builtin_trap();
}

static void check(const struct event *event)
{
	must(session_ref_ok(event->order));
	must(event->version > 0);
	must(event->parties_n >= 0 && event->parties_n <= SESSION_PARTIES_MAX);
	for (int i = 0; i < event->parties_n; i++) {
		must(session_role_ok(event->parties[i].role));
		must(event->parties[i].numbers_n >= 1 && event->parties[i].numbers_n <= SESSION_NUMBERS_MAX);
		for (int k = 0; k < i; k++)
			must(!str_equal(event->parties[i].role, event->parties[k].role));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem problem = {0};
	struct json json = {0};
	struct event event;
	struct arena arena;

	if (json_read(str_n((const char *)data, size), EVENT_MAX, &json, &problem) != ERR_OK)
		return 0;
	arena_init(&arena, 1 << 20);
	struct json_at root = json_at_root(&json);
	if (event_read(&root, NULL, &arena, &event, &problem) == ERR_OK)
		check(&event);
	arena_done(&arena);
	json_done(&json);
	return 0;
}
