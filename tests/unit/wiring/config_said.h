/* What config_read says of a file, for the tests of the configuration. A folder of its own is made by make_folder
 * and dropped with the files "bauta.yaml", "token" and "second" in it. */
#ifndef UNIT_CONFIG_SAID_H
#define UNIT_CONFIG_SAID_H

#include <sys/stat.h>

#include "base/buf.h"
#include "config/config.h"

static char folder[] = "/tmp/bauta-config-XXXXXX";
static char errors_text[8192];

static inline const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static inline void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* What config_read says of a file with that text; "" when it is good (then *ret_config). */
static inline const char *said_of(const char *text, const struct config_sources *more, struct config **ret_config)
{
	char file[256];
	struct config_sources sources = more ? *more : (struct config_sources){0};
	struct config *config = NULL;
	struct buf errors;

	if (text) {
		write_file("bauta.yaml", text);
		snprintf(file, sizeof file, "%s", path_of("bauta.yaml"));
		sources.file = file;
	}
	buf_init(&errors, sizeof errors_text - 1);
	enum err err = config_read(&sources, &config, &errors);
	assert_int_equal(err == ERR_OK, errors.len == 0);
	memcpy(errors_text, errors.len ? errors.at : "", errors.len);
	errors_text[errors.len] = '\0';
	buf_done(&errors);
	if (ret_config)
		*ret_config = config;
	else
		config_free(config);
	return errors_text;
}

/* `want` has % for the file's path. */
static inline void assert_said(const char *text, const char *want)
{
	char expected[8192];
	size_t n = 0;

	for (const char *c = want; *c; c++)
		if (*c == '%')
			n += (size_t)snprintf(expected + n, sizeof expected - n, "%s/bauta.yaml", folder);
		else
			expected[n++] = *c;
	expected[n] = '\0';
	assert_string_equal(said_of(text, NULL, NULL), expected);
}

static inline struct config *good(const char *text, const struct config_sources *more)
{
	struct config *config;

	assert_string_equal(said_of(text, more, &config), "");
	return config;
}

static inline int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static inline int drop_folder(void **state)
{
	static const char *const names[] = {"bauta.yaml", "token", "second"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

#endif
