#include "config/config_section.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

static bool is_below(const char *path, const char *prefix, size_t len)
{
	return strncmp(path, prefix, len) == 0 && path[len] == '.';
}

bool section_find(struct settings *settings, const char *path, struct section *ret_section)
{
	struct section section = {.settings = settings};
	const struct setting *begun = settings_find(settings, path);
	size_t len = strlen(path);

	for (int i = 0; i < settings->n && !begun; i++)
		if (is_below(settings->at[i].path, path, len))
			begun = &settings->at[i];
	if (!begun)
		return false;
	ASSERT(str_copy(section.prefix, sizeof section.prefix, str_of(path)));
	section.where = begun->where;
	*ret_section = section;
	return true;
}

bool section_item(struct settings *settings, const char *list, int i, struct section *ret_section)
{
	char path[SECTION_PREFIX_MAX + 1];

	snprintf(path, sizeof path, "%s.%d", list, i);
	if (section_find(settings, path, ret_section))
		return true;
	settings_wrong(settings, path, NULL, "nothing is said of it, but of a later one");
	return false;
}

int section_count(const struct settings *settings, const char *list, int max)
{
	size_t len = strlen(list);
	int n = 0;

	for (int i = 0; i < settings->n; i++) {
		const char *path = settings->at[i].path;
		if (!is_below(path, list, len))
			continue;
		unsigned long at = strtoul(path + len + 1, NULL, 10);
		if (at >= (unsigned long)n && at < (unsigned long)max)
			n = (int)at + 1;
	}
	return n < settings->n ? n : settings->n;
}

const struct setting *section_setting(const struct section *section, const char *key, const char *suffix)
{
	char path[SETTINGS_PATH_MAX + 1];

	snprintf(path, sizeof path, "%s.%s%s", section->prefix, key, suffix);
	return settings_find(section->settings, path);
}

bool section_is_fit(const struct settings *settings, const char *path)
{
	size_t len = strlen(path);

	for (int i = 0; i < settings->n; i++) {
		const struct setting *setting = &settings->at[i];
		if (setting->wrong && (strcmp(setting->path, path) == 0 || is_below(setting->path, path, len)))
			return false;
	}
	return true;
}

void section_missing(const struct section *section, const char *key)
{
	settings_wrong(section->settings, section->where, section->prefix, "%s is missing", key);
}

void section_missing_file(const struct section *section, const char *key)
{
	settings_wrong(
		section->settings, section->where, section->prefix, "%s or %s_file is missing", key, key);
}
