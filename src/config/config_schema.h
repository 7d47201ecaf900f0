/* config_schema: every key that a configuration may have, in one table, and how its value is read.
 *
 * From this table come: which keys are known, the names of environment variables, the checks of types and
 * ranges. `*` in a path stands for a position in a list.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/config_settings.h"

enum schema_type {
	SCHEMA_TEXT,    /* char *, or char[] of an account: 1..max bytes without control characters */
	SCHEMA_ADDRESS, /* host:port, port 0 is the system's choice */
	SCHEMA_URL,     /* http(s)://host[:port][/path], kept without a slash at the end */
	SCHEMA_PATH,    /* file or folder; relative to the file's folder when the file says it */
	SCHEMA_WORD,    /* one of `words` */
	SCHEMA_COUNT,   /* uint32_t, min..max */
	SCHEMA_FLAG,    /* bool: true, false */
	SCHEMA_NAME,    /* letters, digits, '_' and '-'; up to `max` */
	SCHEMA_COUNTRY, /* ISO 3166, two letters */
	SCHEMA_SECRET,  /* as NAME or TEXT, but never from --set and never in a sentence */
	SCHEMA_BROKERS, /* host:port,host:port */
	SCHEMA_KAFKA,   /* a name as Kafka has them; '' is none */
	SCHEMA_ITEMS,   /* list of ITEMs; outside the file one text with commas */
	SCHEMA_ITEM,
	SCHEMA_WORDS,   /* map of free keys to words: PATH.0.from is the first key as written, PATH.0.to its word, ... */
	SCHEMA_MAP,
	SCHEMA_LIST,
};

#define SCHEMA_ELSEWHERE SIZE_MAX /* offset of what config_account.c and its kin read */

struct schema {
	const char *path;
	enum schema_type type;
	size_t offset; /* in struct config */
	uint32_t min, max;
	const char *const *words; /* NULL ends */
};

/* The field is a text on the heap, config_free()'s. */
bool schema_is_text(const struct schema *row);

/* The row for a path; NULL: unknown. */
const struct schema *schema_find(const char *path);

/* The path that an environment variable names, without BAUTA_ ("LIMITS_SESSIONS"). NULL: unknown. */
const struct schema *schema_find_variable(const char *name, char path[SETTINGS_PATH_MAX + 1]);

/* The known key that looks most like `path`, NULL if none does. */
const char *schema_like(const char *path);

/* All rows, for tests and man pages; NULL path ends. */
const struct schema *schema_rows(void);

#endif
