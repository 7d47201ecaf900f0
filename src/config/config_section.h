/* section: what is said below one path of the settings: an item of a list ("accounts.12"), or a map ("kafka"). */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include "config/config_settings.h"

#define SECTION_PREFIX_MAX 39

struct section {
	struct settings *settings;
	char prefix[SECTION_PREFIX_MAX + 1];
	const char *where; /* where it was begun: its place in the file, else any setting of it */
};

/* False: nothing is said of it. */
bool section_find(struct settings *settings, const char *path, struct section *ret_section);
/* Item `i` of a list. False: nothing is said of it, and a sentence says so. */
bool section_item(struct settings *settings, const char *list, int i, struct section *ret_section);

/* How many items of the list are spoken of: one more than the highest position, but no more than `max` or than there
 * are settings (places that nothing is said of are errors anyway). */
int section_count(const struct settings *settings, const char *list, int max);

/* PREFIX.key and its suffix ("", "_file"); NULL: not said. */
const struct setting *section_setting(const struct section *section, const char *key, const char *suffix);

/* All of it has the shape of the schema: no sentence was said of that at or below the path. */
bool section_is_fit(const struct settings *settings, const char *path);

/* "WHERE: PREFIX: key is missing" */
void section_missing(const struct section *section, const char *key);

/* A required secret or another value that may be in a file: "key or key_file is missing". */
void section_missing_file(const struct section *section, const char *key);

#endif
