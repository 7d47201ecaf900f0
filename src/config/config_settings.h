/* settings: what the file, the environment and --set say, as one flat list: path, value, where it was said.
 *
 *   limits.sessions      1000000           bauta.yaml:7
 *   accounts.0.country   "ID"              BAUTA_ACCOUNTS_0_COUNTRY
 *
 * A path is put once; a later source replaces what an earlier one said. Sentences about what is wrong are
 * collected here too. Memory: all texts live as long as the settings. Threads: one.
 * Limits: SETTINGS_MAX settings, SETTINGS_TEXT_MAX bytes of text, SETTINGS_ERRORS_MAX sentences.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SETTINGS_MAX 16384
#define SETTINGS_TEXT_MAX (8u << 20)
#define SETTINGS_ERRORS_MAX 20
#define SETTINGS_PATH_MAX 200

/* NOTHING: the file names the key and no more; '' is a VALUE. */
enum setting_kind { SETTING_VALUE, SETTING_MAP, SETTING_LIST, SETTING_NOTHING };
/* In order: a later one wins. */
enum setting_source { SETTING_FILE, SETTING_ENVIRONMENT, SETTING_SET };

struct setting {
	const char *path;
	const char *value; /* "" unless a SETTING_VALUE */
	const char *where; /* "bauta.yaml:7", "BAUTA_LISTEN", "--set listen" */
	enum setting_kind kind;
	enum setting_source source;
	bool unfit; /* unknown, of another kind than its key wants, or below such: its value is not looked at */
	bool wrong; /* unfit, and a sentence says so */
};

struct settings {
	struct arena texts;
	struct setting *at;
	uint32_t *index; /* open addressing by path; position + 1 */
	int n;
	struct buf *errors;
	int errors_n;
};

/* `errors` gets the sentences and must outlive the settings. ERR_OVERLOADED: no memory. */
MUST_CHECK enum err settings_init(struct settings *settings, struct buf *errors);
void settings_done(struct settings *settings);

/* Copies the setting. Said twice by the file, too long, too many: a sentence. */
void settings_put(struct settings *settings, const struct setting *setting);

/* NULL: not said. */
const struct setting *settings_find(const struct settings *settings, const char *path);

/* "WHERE: PATH: what is wrong"; `path` may be NULL. Control characters become '?'. Past
 * SETTINGS_ERRORS_MAX, or when `errors` is full, sentences are only counted. */
void settings_wrong(struct settings *settings, const char *where, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

bool settings_ok(const struct settings *settings);

#endif
