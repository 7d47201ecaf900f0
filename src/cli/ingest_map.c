#include "cli/ingest_map.h"

#include <stdlib.h>

#include "base/check.h"
#include "cli/cli_config.h"
#include "cli/commands.h"

#define ARENA_MAX (1u << 20)

struct ingest_map {
	struct config *config;
	struct arena arena;
	struct buf out;
};

struct ingest_map *ingest_map_new(const struct arguments *arguments)
{
	const char *file = arguments_value(arguments, "config");
	struct config *config = cli_config(arguments);

	if (!config)
		return NULL;
	if (!config->mapping) {
		command_failed("%s: there is no mapping", file ? file : "the configuration");
		config_free(config);
		return NULL;
	}
	struct ingest_map *map = calloc(1, sizeof *map);
	ASSERT(map);
	map->config = config;
	arena_init(&map->arena, ARENA_MAX);
	buf_init(&map->out, EVENT_MAX);
	return map;
}

void ingest_map_free(struct ingest_map *map)
{
	if (!map)
		return;
	config_free(map->config);
	arena_done(&map->arena);
	buf_done(&map->out);
	free(map);
}

enum err ingest_map_line(struct ingest_map *map, struct str line, struct str *ret_line, struct problem *problem)
{
	struct json json = {0};
	struct event event;
	bool ignored = false;

	*problem = (struct problem){0};
	arena_reset(&map->arena);
	buf_reset(&map->out);
	enum err err = json_read(line, EVENT_MAX, &json, problem);
	struct json_at root = json_at_root(&json);
	if (err == ERR_OK)
		err = event_read_any(map->config->mapping, &root, NULL, &map->arena, &event, &ignored, problem);
	if (err == ERR_OK && !ignored)
		event_write(&map->out, &event);
	if (err == ERR_OK && !buf_ok(&map->out))
		err = problem_is(problem, ERR_TOO_LARGE, NULL, "in our shape it has more than 64 KiB");
	json_done(&json);
	if (err == ERR_OK)
		*ret_line = buf_text(&map->out);
	return err;
}
