#include "config/config_settings.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/hash.h"

#define INDEX_SIZE (2 * SETTINGS_MAX) /* a power of two */
#define SENTENCE_MAX 1024

enum err settings_init(struct settings *settings, struct buf *errors)
{
	*settings = (struct settings){.errors = errors};
	arena_init(&settings->texts, SETTINGS_TEXT_MAX);
	settings->at = calloc(SETTINGS_MAX, sizeof *settings->at);
	settings->index = calloc(INDEX_SIZE, sizeof *settings->index);
	if (settings->at && settings->index)
		return ERR_OK;
	settings_done(settings);
	return ERR_OVERLOADED;
}

void settings_done(struct settings *settings)
{
	arena_wipe(&settings->texts); /* passwords were among them */
	arena_done(&settings->texts);
	free(settings->at);
	free(settings->index);
	*settings = (struct settings){0};
}

/* The place of the path, or the free one where it belongs. The table is never more than half full. */
static uint32_t *index_of(const struct settings *settings, const char *path)
{
	static const uint64_t key[2] = {1, 2}; /* whoever writes the configuration is no attacker */
	uint32_t i = (uint32_t)hash_bytes(key, path, strlen(path)) & (INDEX_SIZE - 1);

	while (settings->index[i] && strcmp(settings->at[settings->index[i] - 1].path, path) != 0)
		i = (i + 1) & (INDEX_SIZE - 1);
	return &settings->index[i];
}

const struct setting *settings_find(const struct settings *settings, const char *path)
{
	uint32_t i = *index_of(settings, path);

	return i ? &settings->at[i - 1] : NULL;
}

void settings_put(struct settings *settings, const struct setting *setting)
{
	if (strlen(setting->path) > SETTINGS_PATH_MAX) {
		settings_wrong(settings, setting->where, NULL, "a key that is too long");
		return;
	}
	uint32_t *index = index_of(settings, setting->path);
	if (*index) {
		const struct setting *before = &settings->at[*index - 1];
		if (before->source == SETTING_FILE && setting->source == SETTING_FILE) {
			settings_wrong(
				settings, setting->where, setting->path, "said before, at %s", before->where);
			return;
		}
	} else if (settings->n == SETTINGS_MAX) {
		settings_wrong(
			settings, setting->where, setting->path, "more than %d settings", SETTINGS_MAX);
		return;
	}
	struct setting copy = *setting;
	copy.path = arena_text(&settings->texts, str_of(setting->path));
	copy.value = arena_text(&settings->texts, str_of(setting->value));
	copy.where = arena_text(&settings->texts, str_of(setting->where));
	if (!copy.path || !copy.value || !copy.where) {
		settings_wrong(settings, setting->where, setting->path, "more text than there is room for");
		return;
	}
	if (*index == 0)
		*index = (uint32_t)++settings->n;
	settings->at[*index - 1] = copy;
}

void settings_wrong(struct settings *settings, const char *where, const char *path, const char *format, ...)
{
	char text[SENTENCE_MAX];
	struct buf *errors = settings->errors;
	va_list args;

	int len = snprintf(text, sizeof text, "%s: %s%s", where, path ? path : "", path ? ": " : "");
	if (len > 0 && (size_t)len < sizeof text) {
		va_start(args, format);
		vsnprintf(text + len, sizeof text - (size_t)len, format, args);
		va_end(args);
	}
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (settings->errors_n++ >= SETTINGS_ERRORS_MAX || strlen(text) + 1 > errors->max - errors->len)
		return;
	if (errors->len)
		buf_char(errors, '\n');
	buf_lit(errors, text);
}

bool settings_ok(const struct settings *settings)
{
	return settings->errors_n == 0;
}
