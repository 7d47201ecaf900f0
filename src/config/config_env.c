#include "config/config_env.h"

#include <stdio.h>

#include "config/config_schema.h"

static const char prefix[] = "BAUTA_";

/* Of the client, of tests, and core_dump.h's. */
static bool is_elsewhere(const char *name)
{
	static const char *const names[] = {"URL", "KEY", "API_KEY_FILE", "SEED", "ALLOW_CORE", NULL};

	for (const char *const *other = names; *other; other++)
		if (strcmp(name, *other) == 0)
			return true;
	return strncmp(name, "TEST_", 5) == 0;
}

static void read_variable(struct settings *settings, const char *variable)
{
	char where[SETTINGS_PATH_MAX + sizeof prefix], path[SETTINGS_PATH_MAX + 1];
	const char *equals = strchr(variable, '=');

	if (!equals || (size_t)(equals - variable) >= sizeof where)
		return;
	snprintf(where, sizeof where, "%.*s", (int)(equals - variable), variable);
	const char *name = where + sizeof prefix - 1;
	if (is_elsewhere(name))
		return;
	if (!schema_find_variable(name, path)) {
		settings_wrong(settings, where, NULL, "no setting has this name");
		return;
	}
	settings_put(settings, &(struct setting){.path = path,
				       .value = equals + 1,
				       .where = where,
				       .kind = SETTING_VALUE,
				       .source = SETTING_ENVIRONMENT});
}

void config_env_read(struct settings *settings, char *const *environment)
{
	for (; environment && *environment; environment++)
		if (strncmp(*environment, prefix, sizeof prefix - 1) == 0)
			read_variable(settings, *environment);
}

void config_env_sets(struct settings *settings, const char *const *sets)
{
	for (; sets && *sets; sets++) {
		char path[SETTINGS_PATH_MAX + 1], where[SETTINGS_PATH_MAX + 8];
		struct str value, name = str_cut(str_of(*sets), '=', &value);
		if (!value.at || !str_copy(path, sizeof path, name) || name.len == 0) {
			settings_wrong(settings, "--set", NULL, "must be KEY=VALUE");
			continue;
		}
		snprintf(where, sizeof where, "--set %s", path);
		settings_put(settings, &(struct setting){.path = path,
					       .value = value.at,
					       .where = where,
					       .kind = SETTING_VALUE,
					       .source = SETTING_SET});
	}
}
