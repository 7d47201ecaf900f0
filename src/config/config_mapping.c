#include "config/config_mapping.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config_section.h"
#include "config/config_value.h"

static const struct {
	const char *key;
	size_t offset;
	bool required;
} pointers[] = {
	{"id", offsetof(struct event_map, id), false},
	{"order", offsetof(struct event_map, order), true},
	{"type", offsetof(struct event_map, type), true},
	{"version", offsetof(struct event_map, version), false},
	{"time", offsetof(struct event_map, time), false},
	{"pool", offsetof(struct event_map, pool), false},
	{"ttl_s", offsetof(struct event_map, ttl_s), false},
};

static void take_pointer(const struct section *section, const char *key, bool required, char **field)
{
	const struct setting *said = section_setting(section, key, "");

	if (!said && required)
		section_missing(section, key);
	else if (said && json_pointer_ok(str_of(said->value)))
		config_value_keep(section->settings, said, said->value, field);
	else if (said)
		settings_wrong(section->settings, said->where, said->path,
			"'%.100s' is no JSON Pointer (RFC 6901), such as /payload/order/id", said->value);
}

static bool pool_ok(const struct section *section, const struct setting *said)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t len = strlen(said->value);

	if (len >= 1 && len <= POOL_NAME_MAX && strspn(said->value, good) == len)
		return true;
	settings_wrong(section->settings, said->where, said->path,
		"a pool's name is 1..%d letters, digits, '_', '-' and '.'", POOL_NAME_MAX);
	return false;
}

/* One pair of a map of free keys. False: it is not whole. */
static bool find_pair(struct settings *settings, const char *list, int i, const struct setting **ret_from,
	const struct setting **ret_to)
{
	struct section pair;

	if (!section_item(settings, list, i, &pair))
		return false;
	*ret_from = section_setting(&pair, "from", "");
	*ret_to = section_setting(&pair, "to", "");
	if (!*ret_from)
		section_missing(&pair, "from");
	if (!*ret_to)
		section_missing(&pair, "to");
	return *ret_from && *ret_to && config_value_text(settings, *ret_from, EVENT_MAP_WORD_MAX);
}

static bool target_of(const struct section *section, const struct setting *to, int *ret_target)
{
	enum event_type type;

	*ret_target = EVENT_MAP_IGNORE;
	if (strcmp(to->value, "ignore") == 0)
		return true;
	if (event_type_find(str_of(to->value), &type)) {
		*ret_target = (int)type;
		return true;
	}
	settings_wrong(section->settings, to->where, to->path,
		"'%.100s' is neither ignore nor order.placed, .assigned, .reassigned, .completed, .cancelled", to->value);
	return false;
}

static void said_twice(const struct section *section, const struct setting *from)
{
	settings_wrong(section->settings, from->where, from->path, "'%.100s' is said before", from->value);
}

static void take_types(const struct section *section, struct event_map *map)
{
	struct settings *settings = section->settings;
	int n = section_count(settings, "mapping.types", EVENT_MAP_TYPES_MAX + 1);
	const struct setting *from, *to;

	if (n > EVENT_MAP_TYPES_MAX) {
		settings_wrong(settings, section->where, "mapping.types", "more than %d types", EVENT_MAP_TYPES_MAX);
		return;
	}
	for (int i = 0; i < n; i++) {
		struct event_map_type *type = &map->types[map->types_n];
		bool twice = false;
		if (!find_pair(settings, "mapping.types", i, &from, &to) || !target_of(section, to, &type->to))
			continue;
		for (int k = 0; k < map->types_n; k++)
			twice = twice || strcmp(map->types[k].from, from->value) == 0;
		if (twice)
			said_twice(section, from);
		else if (config_value_keep(settings, from, from->value, &type->from))
			map->types_n++;
	}
}

static void take_pools(const struct section *section, struct event_map *map)
{
	struct settings *settings = section->settings;
	int n = section_count(settings, "mapping.pools", EVENT_MAP_POOLS_MAX + 1);
	const struct setting *from, *to;

	if (n > EVENT_MAP_POOLS_MAX) {
		settings_wrong(settings, section->where, "mapping.pools", "more than %d pools", EVENT_MAP_POOLS_MAX);
		return;
	}
	map->pools = n ? calloc((size_t)n, sizeof *map->pools) : NULL;
	if (n && !map->pools)
		settings_wrong(settings, section->where, "mapping.pools", "no memory");
	for (int i = 0; map->pools && i < n; i++) {
		struct event_map_pool *pool = &map->pools[map->pools_n];
		bool twice = false;
		if (!find_pair(settings, "mapping.pools", i, &from, &to) || !pool_ok(section, to))
			continue;
		for (int k = 0; k < map->pools_n; k++)
			twice = twice || strcmp(map->pools[k].from, from->value) == 0;
		if (twice) {
			said_twice(section, from);
			continue;
		}
		map->pools_n++; /* with half of it event_map_free() frees that */
		if (config_value_keep(settings, from, from->value, &pool->from))
			config_value_keep(settings, to, to->value, &pool->to);
	}
}

static void take_role(const struct section *section, const struct event_map *map, char **field)
{
	const struct setting *said = section_setting(section, "role", "");

	if (!said) {
		section_missing(section, "role");
		return;
	}
	if (!session_role_ok(str_of(said->value)))
		settings_wrong(section->settings, said->where, said->path,
			"a role is 1..%d letters, digits, '_', '-' and '.'", SESSION_ROLE_MAX);
	for (int i = 0; i < map->parties_n; i++)
		if (map->parties[i].role && strcmp(map->parties[i].role, said->value) == 0)
			settings_wrong(section->settings, said->where, said->path, "two parties have the same role");
	config_value_keep(section->settings, said, said->value, field);
}

static void take_parties(const struct section *section, struct event_map *map)
{
	struct settings *settings = section->settings;
	int n = section_count(settings, "mapping.parties", SESSION_PARTIES_MAX + 1);
	struct section one;

	if (n > SESSION_PARTIES_MAX) {
		settings_wrong(
			settings, section->where, "mapping.parties", "more than %d parties", SESSION_PARTIES_MAX);
		return;
	}
	for (int i = 0; i < n; i++) {
		struct event_map_party *party = &map->parties[i];
		if (section_item(settings, "mapping.parties", i, &one)) {
			take_role(&one, map, &party->role);
			take_pointer(&one, "number", true, &party->number);
			take_pointer(&one, "may_call", false, &party->may_call);
		}
		map->parties_n++;
	}
}

struct event_map *config_mapping(struct settings *settings)
{
	struct section section;

	if (!section_find(settings, "mapping", &section) || !section_is_fit(settings, "mapping"))
		return NULL;
	struct event_map *map = calloc(1, sizeof *map);
	if (!map) {
		settings_wrong(settings, section.where, section.prefix, "no memory");
		return NULL;
	}
	for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
		take_pointer(&section, pointers[i].key, pointers[i].required, (char **)((char *)map + pointers[i].offset));
	const struct setting *pool = section_setting(&section, "default_pool", "");
	if (pool && pool_ok(&section, pool))
		config_value_keep(settings, pool, pool->value, &map->default_pool);
	take_types(&section, map);
	take_pools(&section, map);
	take_parties(&section, map);
	return map;
}
