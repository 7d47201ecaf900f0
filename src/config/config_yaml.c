#include "config/config_yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "config/config_schema.h"
#include "crypto/digest.h"

#define DEPTH_MAX 8

struct reader {
	struct settings *settings;
	const char *file;
	yaml_parser_t parser;
	char path[SETTINGS_PATH_MAX + 1];
	size_t path_len;
	int depth;
};

static void wrong_at(struct reader *reader, size_t line, const char *sentence)
{
	char where[512];

	snprintf(where, sizeof where, "%s:%zu", reader->file, line + 1);
	settings_wrong(reader->settings, where, reader->path_len ? reader->path : NULL, "%s", sentence);
}

/* What libyaml says, such as "did not find expected ',' or '}'". */
static void wrong_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	size_t line = parser->error == YAML_READER_ERROR ? 0 : parser->problem_mark.line;

	reader->path_len = 0;
	wrong_at(reader, line, parser->problem ? parser->problem : "not readable as YAML");
}

/* False: not YAML; a sentence was said. */
static bool next(struct reader *reader, yaml_event_t *ret_event)
{
	if (yaml_parser_parse(&reader->parser, ret_event))
		return true;
	wrong_syntax(reader);
	return false;
}

static bool plain_node(struct reader *reader, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	}
	if (event->type != YAML_ALIAS_EVENT && !anchor && !tag)
		return true;
	wrong_at(reader, event->start_mark.line, "anchors, aliases and tags are not for this file");
	return false;
}

/* Goes one level down to `name`. */
static bool read_name(struct reader *reader, struct str name, size_t line)
{
	size_t len = reader->path_len;

	if (len + 1 + name.len > SETTINGS_PATH_MAX) {
		wrong_at(reader, line, "a key that is too long");
		return false;
	}
	if (len)
		reader->path[len++] = '.';
	memcpy(reader->path + len, name.at, name.len);
	reader->path_len = len + name.len;
	reader->path[reader->path_len] = '\0';
	return true;
}

static void path_pop(struct reader *reader, size_t len)
{
	reader->path_len = len;
	reader->path[len] = '\0';
}

static void put(struct reader *reader, enum setting_kind kind, const char *value, size_t line)
{
	char where[512];

	if (reader->path_len == 0)
		return;
	snprintf(where, sizeof where, "%s:%zu", reader->file, line + 1);
	settings_put(reader->settings, &(struct setting){.path = reader->path,
					       .value = value,
					       .where = where,
					       .kind = kind,
					       .source = SETTING_FILE});
}

static bool read_node(struct reader *reader, const yaml_event_t *event, size_t line);

static bool read_key(struct reader *reader, const yaml_event_t *event)
{
	size_t line = event->start_mark.line;
	struct str key = STR_NONE;

	if (event->type == YAML_SCALAR_EVENT)
		key = str_n((const char *)event->data.scalar.value, event->data.scalar.length);
	/* The dot separates levels in paths: nobody may write "limits.sessions" as one key. */
	if (key.len == 0 || memchr(key.at, '\0', key.len) || memchr(key.at, '.', key.len)) {
		wrong_at(reader, line, "a key must be a word without dots");
		return false;
	}
	return read_name(reader, key, line);
}

static bool read_map(struct reader *reader)
{
	size_t len = reader->path_len;

	for (;;) {
		yaml_event_t event;
		if (!next(reader, &event))
			return false;
		bool end = event.type == YAML_MAPPING_END_EVENT;
		size_t line = event.start_mark.line;
		bool good = end || (plain_node(reader, &event) && read_key(reader, &event));
		yaml_event_delete(&event);
		if (end || !good)
			return good;
		if (!next(reader, &event))
			return false;
		good = read_node(reader, &event, line);
		yaml_event_delete(&event);
		if (!good)
			return false;
		path_pop(reader, len);
	}
}

/* The word behind a free key; both are put as one pair. */
static bool read_word(struct reader *reader, const yaml_event_t *key, size_t line)
{
	const char *from = (const char *)key->data.scalar.value;
	size_t len = reader->path_len;
	yaml_event_t event;
	bool good = true;

	if (!next(reader, &event))
		return false;
	if (!plain_node(reader, &event)) {
		good = false;
	} else if (event.type != YAML_SCALAR_EVENT || event.data.scalar.length != strlen((char *)event.data.scalar.value)) {
		wrong_at(reader, line, "a word is expected behind this key");
		good = false;
	}
	if (good && (good = read_name(reader, STR("from"), line))) {
		put(reader, SETTING_VALUE, from, line);
		path_pop(reader, len);
		good = read_name(reader, STR("to"), line);
	}
	if (good)
		put(reader, SETTING_VALUE, (const char *)event.data.scalar.value, line);
	yaml_event_delete(&event);
	return good;
}

/* A map whose keys are somebody else's words, with dots and spaces as they come: a list of pairs (SCHEMA_WORDS). */
static bool read_words(struct reader *reader)
{
	size_t len = reader->path_len;

	for (int i = 0;; i++) {
		yaml_event_t event;
		char name[12];
		if (!next(reader, &event))
			return false;
		bool end = event.type == YAML_MAPPING_END_EVENT;
		size_t line = event.start_mark.line;
		bool good = end || plain_node(reader, &event);
		if (good && !end &&
			(event.type != YAML_SCALAR_EVENT || event.data.scalar.length == 0 ||
				strlen((char *)event.data.scalar.value) != event.data.scalar.length)) {
			wrong_at(reader, line, "a key is to be a word");
			good = false;
		}
		snprintf(name, sizeof name, "%d", i);
		if (good && !end)
			good = read_name(reader, str_of(name), line) && read_word(reader, &event, line);
		yaml_event_delete(&event);
		if (end || !good)
			return good;
		path_pop(reader, len);
	}
}

static bool read_list(struct reader *reader)
{
	size_t len = reader->path_len;

	for (int i = 0;; i++) {
		yaml_event_t event;
		char name[12];
		if (!next(reader, &event))
			return false;
		bool end = event.type == YAML_SEQUENCE_END_EVENT;
		snprintf(name, sizeof name, "%d", i);
		size_t line = event.start_mark.line;
		bool good = end || (read_name(reader, str_of(name), line) && read_node(reader, &event, line));
		yaml_event_delete(&event);
		if (end || !good)
			return good;
		path_pop(reader, len);
	}
}

/* `line` is where it is said to stand: a map's value on the line of its key. A sentence was said when it
 * gives false. */
static bool read_node(struct reader *reader, const yaml_event_t *event, size_t line)
{
	bool good;

	if (!plain_node(reader, event))
		return false;
	if (event->type == YAML_SCALAR_EVENT) {
		const char *value = (const char *)event->data.scalar.value;
		if (strlen(value) != event->data.scalar.length) {
			wrong_at(reader, line, "a value with a NUL in it");
			return false;
		}
		bool nothing = *value == '\0' && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		put(reader, nothing ? SETTING_NOTHING : SETTING_VALUE, value, line);
		return true;
	}
	bool map = event->type == YAML_MAPPING_START_EVENT;
	const struct schema *row = schema_find(reader->path);
	if (reader->depth == DEPTH_MAX) {
		wrong_at(reader, line, "nested too deeply");
		return false;
	}
	put(reader, map ? SETTING_MAP : SETTING_LIST, "", line);
	reader->depth++;
	if (map)
		good = row && row->type == SCHEMA_WORDS ? read_words(reader) : read_map(reader);
	else
		good = read_list(reader);
	reader->depth--;
	return good;
}

/* One event between documents, or the one that begins the document's map. */
static bool read_top(struct reader *reader, const yaml_event_t *event, int *documents)
{
	size_t line = event->start_mark.line;

	switch (event->type) {
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	case YAML_DOCUMENT_START_EVENT:
		if ((*documents)++ == 0)
			return true;
		wrong_at(reader, line, "a second document");
		return false;
	case YAML_MAPPING_START_EVENT:
		return read_node(reader, event, line);
	default:
		/* Nothing but comments behind "---" is an empty scalar. */
		if (event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0)
			return true;
		wrong_at(reader, line, "keys and values are expected");
		return false;
	}
}

bool config_yaml_parse(struct settings *settings, const char *file, struct str text)
{
	struct reader reader = {.settings = settings, .file = file};
	int documents = 0;
	bool good = true;

	if (!yaml_parser_initialize(&reader.parser)) {
		settings_wrong(settings, file, NULL, "no memory to read it");
		return false;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.at, text.len);
	for (bool end = false; good && !end;) {
		yaml_event_t event;
		good = next(&reader, &event);
		if (!good)
			break;
		end = event.type == YAML_STREAM_END_EVENT;
		good = read_top(&reader, &event, &documents);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&reader.parser);
	return good;
}

bool config_yaml_read(struct settings *settings, const char *file)
{
	FILE *stream = fopen(file, "re");
	char *text = malloc(CONFIG_YAML_MAX + 1);
	bool good = false;
	size_t len = 0;

	if (!stream || !text) {
		settings_wrong(settings, file, NULL, "can't be read: %s", strerror(errno));
		goto out;
	}
	len = fread(text, 1, CONFIG_YAML_MAX + 1, stream);
	if (ferror(stream))
		settings_wrong(settings, file, NULL, "can't be read: %s", strerror(errno));
	else if (len > CONFIG_YAML_MAX)
		settings_wrong(settings, file, NULL, "larger than %u bytes", CONFIG_YAML_MAX);
	else
		good = config_yaml_parse(settings, file, str_n(text, len));
out:
	if (stream)
		fclose(stream);
	if (text)
		secret_wipe(text, len);
	free(text);
	return good;
}
