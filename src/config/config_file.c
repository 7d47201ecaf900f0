#include "config/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config_value.h"
#include "crypto/digest.h"

bool config_file_said(struct settings *settings, const struct setting *value, const struct setting *file,
	const struct setting **ret_said)
{
	if (value && file && value->source == file->source) {
		settings_wrong(settings, file->where, file->path, "said as a value too, at %s", value->where);
		return false;
	}
	*ret_said = file && (!value || file->source > value->source) ? file : value;
	return true;
}

void config_secret_free(char *text)
{
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
}

static char *copy_of(struct settings *settings, const struct setting *said, struct str text)
{
	char *copy = strndup(text.at, text.len);

	if (!copy)
		settings_wrong(settings, said->where, said->path, "no memory");
	return copy;
}

/* What was read, if it is fit. */
static char *take(struct settings *settings, const struct setting *said, const char *path, struct str text, bool one_line,
	size_t max)
{
	text = str_trim(text);
	if (text.len == 0)
		settings_wrong(settings, said->where, said->path, "%s is empty", path);
	else if (one_line && memchr(text.at, '\n', text.len))
		settings_wrong(settings, said->where, said->path, "%s has more than one line", path);
	else if (text.len > max || memchr(text.at, '\0', text.len))
		settings_wrong(settings, said->where, said->path, "%s is longer than %zu bytes or has a NUL in it", path,
			max);
	else
		return copy_of(settings, said, text);
	return NULL;
}

static char *read_file(struct settings *settings, const struct setting *said, bool one_line, size_t max)
{
	size_t size = 2 * max + 2; /* with white space around it */
	char *text = malloc(size), *taken = NULL;
	char *path = config_value_path(said);
	FILE *stream = text && path ? fopen(path, "re") : NULL;
	size_t len = stream ? fread(text, 1, size, stream) : 0;

	if (!stream || ferror(stream))
		settings_wrong(settings, said->where, said->path, "%s can't be read: %s", path ? path : said->value,
			strerror(errno));
	else if (len == size)
		settings_wrong(settings, said->where, said->path, "%s is longer than %zu bytes or has a NUL in it", path,
			max);
	else
		taken = take(settings, said, path, str_n(text, len), one_line, max);
	if (text)
		secret_wipe(text, size);
	free(text);
	if (stream)
		fclose(stream);
	free(path);
	return taken;
}

static char *read_text(
	struct settings *settings, const struct setting *said, const struct setting *file, bool one_line, size_t max)
{
	if (said == file)
		return read_file(settings, said, one_line, max);
	if (strlen(said->value) <= max)
		return copy_of(settings, said, str_of(said->value));
	settings_wrong(settings, said->where, said->path, "longer than %zu bytes", max);
	return NULL;
}

char *config_file_line(struct settings *settings, const struct setting *said, const struct setting *file, size_t max)
{
	return read_text(settings, said, file, true, max);
}

char *config_file_whole(struct settings *settings, const struct setting *said, const struct setting *file, size_t max)
{
	return read_text(settings, said, file, false, max);
}
