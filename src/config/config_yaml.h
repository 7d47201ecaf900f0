/* config_yaml: a YAML file as settings.
 *
 * Maps, lists and scalars, no more: anchors, aliases and tags are refused, so that what stands there is
 * what is meant, and so are several documents in one file. Every scalar is text: `country: NO` is Norway.
 * A map that the schema has as SCHEMA_WORDS becomes pairs: its keys may be any text, with dots and spaces.
 * Limits: 1 MiB, 8 levels.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/config_settings.h"

#define CONFIG_YAML_MAX (1u << 20) /* bytes of a file */

/* Puts what the file says. False: it could not be read to its end, and a sentence says why. */
bool config_yaml_read(struct settings *settings, const char *file);

/* The same of bytes in memory; `file` is for sentences only. */
bool config_yaml_parse(struct settings *settings, const char *file, struct str text);

#endif
