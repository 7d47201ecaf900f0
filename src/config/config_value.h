/* config_value: one setting's text -> its type. Each says a sentence and gives false when it can't. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/config_schema.h"

/* Reads by the row's type into its field of `config` (char * fields are freed and replaced). */
bool config_value(struct settings *settings, const struct setting *setting, const struct schema *row, void *config);

bool config_value_count(struct settings *settings, const struct setting *setting, uint32_t min, uint32_t max,
	uint32_t *ret_value);
bool config_value_flag(struct settings *settings, const struct setting *setting, bool *ret_value);

/* 1..max of letters, digits, '_' and '-'. */
bool config_value_name(struct settings *settings, const struct setting *setting, size_t max);

/* On the heap; relative to the folder of the file that says it, else as it is. NULL: no memory. */
char *config_value_path(const struct setting *setting);

/* 1..max bytes without control characters. The sentence does not quote it. */
bool config_value_text(struct settings *settings, const struct setting *setting, size_t max);

/* A copy on the heap, in place of what *field has; no memory: a sentence. */
bool config_value_keep(struct settings *settings, const struct setting *setting, const char *text, char **field);

/* host:port as net/http.h takes it. */
bool config_address_ok(const char *text);

/* NULL: credentials may be sent there; else a sentence, static. In clear only to this machine: a test, a demo. */
const char *config_api_url_wrong(const char *text);

#endif
