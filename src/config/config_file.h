/* config_file: values that may stand in a file of their own (KEY_file): secrets, and long texts.
 *
 * What is in such a file is never in a sentence.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "config/config_settings.h"

/* Which of KEY and KEY_file counts, each NULL where not said: a later source may say as a file what an earlier one said
 * as a value. False: the same source says both; a sentence. *ret_said NULL: neither. */
bool config_file_said(struct settings *settings, const struct setting *value, const struct setting *file,
	const struct setting **ret_said);

/* The text of `said`: the value, or, when it is `file`, the one line of that file without white space at its ends; up to
 * `max` bytes. On the heap, for config_secret_free(). NULL: a sentence was said. */
char *config_file_line(
	struct settings *settings, const struct setting *said, const struct setting *file, size_t max);

/* The same of a text with lines: the whole file. */
char *config_file_whole(
	struct settings *settings, const struct setting *said, const struct setting *file, size_t max);

/* Wipes before it frees; NULL is ignored. */
void config_secret_free(char *text);

#endif
