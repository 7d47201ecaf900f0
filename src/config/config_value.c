#include "config/config_value.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "net/http_url.h"

bool config_value_count(struct settings *settings, const struct setting *setting, uint32_t min, uint32_t max,
	uint32_t *ret_value)
{
	uint64_t value;

	if (!str_u64(str_of(setting->value), &value)) {
		settings_wrong(settings, setting->where, setting->path, "'%s' is not a whole number",
			setting->value);
		return false;
	}
	if (value < min || value > max) {
		settings_wrong(settings, setting->where, setting->path, "%s is out of range, %u..%u",
			setting->value, min, max);
		return false;
	}
	*ret_value = (uint32_t)value;
	return true;
}

bool config_value_flag(struct settings *settings, const struct setting *setting, bool *ret_value)
{
	bool yes = strcmp(setting->value, "true") == 0;

	if (!yes && strcmp(setting->value, "false") != 0) {
		settings_wrong(settings, setting->where, setting->path, "'%s' is neither true nor false",
			setting->value);
		return false;
	}
	*ret_value = yes;
	return true;
}

bool config_value_name(struct settings *settings, const struct setting *setting, size_t max)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t len = strlen(setting->value);

	if (len >= 1 && len <= max && strspn(setting->value, good) == len)
		return true;
	settings_wrong(
		settings, setting->where, setting->path, "must be 1..%zu letters, digits, '_' or '-'", max);
	return false;
}

char *config_value_path(const struct setting *setting)
{
	const char *slash = NULL, *colon = strrchr(setting->where, ':');
	char *path;

	if (setting->source == SETTING_FILE && setting->value[0] != '/')
		for (const char *c = setting->where; c < colon; c++)
			if (*c == '/')
				slash = c;
	int folder = slash ? (int)(slash + 1 - setting->where) : 0;
	return asprintf(&path, "%.*s%s", folder, setting->where, setting->value) < 0 ? NULL : path;
}

static bool port_ok(const char *text)
{
	uint64_t port;

	return strlen(text) <= 5 && str_u64(str_of(text), &port) && port <= 65535;
}

bool config_address_ok(const char *text)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const char *colon = strrchr(text, ':');

	if (!colon || !port_ok(colon + 1))
		return false;
	size_t host = (size_t)(colon - text);
	if (text[0] == '[')
		return host > 3 && text[host - 1] == ']' &&
		       strspn(text + 1, "0123456789abcdefABCDEF:.") == host - 2;
	return host > 0 && strspn(text, name) == host;
}

/* A scheme, a host, and nothing behind the path: what providers were given. */
static bool url_ok(const char *text)
{
	const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
			   : strncmp(text, "http://", 7) == 0 ? text + 7
							      : "";
	size_t host_len = strcspn(host, "/");

	return host_len > 0 && strcspn(text, " \t?#@\"<>\\") == strlen(text);
}

/* host:port,host:port without spaces, on the heap. NULL: a sentence was said. */
static char *brokers_copy(struct settings *settings, const struct setting *setting)
{
	struct str rest = str_of(setting->value);
	char *copy = malloc(strlen(setting->value) + 1), one[300];
	size_t len = 0;

	while (copy && rest.at) {
		struct str broker = str_trim(str_cut(rest, ',', &rest));
		if (!str_copy(one, sizeof one, broker) || !config_address_ok(one) || strcmp(strrchr(one, ':'), ":0") == 0) {
			settings_wrong(settings, setting->where, setting->path,
				"'%.*s' is not HOST:PORT, such as kafka1:9092,kafka2:9092", (int)broker.len, broker.at);
			free(copy);
			return NULL;
		}
		if (len)
			copy[len++] = ',';
		memcpy(copy + len, one, broker.len);
		len += broker.len;
	}
	if (copy)
		copy[len] = '\0';
	else
		settings_wrong(settings, setting->where, setting->path, "no memory");
	return copy;
}

/* As Kafka has the names of topics and of static members (org.apache.kafka.common.internals.Topic). */
static bool kafka_name_ok(struct settings *settings, const struct setting *setting)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *name = setting->value;
	size_t len = strlen(name);

	if (len <= 249 && strspn(name, good) == len && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return true;
	settings_wrong(settings, setting->where, setting->path,
		"must be 1..249 letters, digits, '.', '_' and '-', but not '.' or '..'; or '' for none");
	return false;
}

bool config_value_text(struct settings *settings, const struct setting *setting, size_t max)
{
	size_t len = strlen(setting->value);
	bool good = len >= 1 && len <= max;

	for (const char *c = setting->value; *c; c++)
		good = good && (unsigned char)*c >= ' ' && *c != 0x7f;
	if (!good)
		settings_wrong(settings, setting->where, setting->path, "must be 1..%zu bytes without control characters",
			max);
	return good;
}

static bool word_ok(struct settings *settings, const struct setting *setting, const struct schema *row)
{
	char words[100];
	size_t len = 0;

	for (const char *const *word = row->words; *word; word++) {
		if (strcmp(*word, setting->value) == 0)
			return true;
		len += (size_t)snprintf(
			words + len, sizeof words - len, "%s%s", word == row->words ? "" : ", ", *word);
		ASSERT(len < sizeof words);
	}
	if (strcmp(row->path, "store") == 0 && strncmp(setting->value, "postgres", 8) == 0)
		/* Not the value: such a URL holds a password. */
		settings_wrong(
			settings, setting->where, setting->path, "this version has no PostgreSQL store");
	else
		settings_wrong(settings, setting->where, setting->path, "'%s' is none of: %s", setting->value,
			words);
	return false;
}

static void replace(struct settings *settings, const struct setting *setting, char **field, char *text)
{
	if (!text) {
		settings_wrong(settings, setting->where, setting->path, "no memory");
		return;
	}
	free(*field);
	*field = text;
}

bool config_value_keep(struct settings *settings, const struct setting *setting, const char *text, char **field)
{
	char *copy = strdup(text);

	replace(settings, setting, field, copy);
	return copy != NULL;
}

static char *url_copy(const char *text)
{
	size_t len = strlen(text);

	while (text[len - 1] == '/')
		len--;
	return strndup(text, len);
}

bool config_value(
	struct settings *settings, const struct setting *setting, const struct schema *row, void *config)
{
	void *field = (char *)config + row->offset;
	char *text;

	switch (row->type) {
	case SCHEMA_COUNT:
		return config_value_count(settings, setting, row->min, row->max, field);
	case SCHEMA_FLAG:
		return config_value_flag(settings, setting, field);
	case SCHEMA_ADDRESS:
		if (!config_address_ok(setting->value)) {
			settings_wrong(settings, setting->where, setting->path,
				"'%s' is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080",
				setting->value);
			return false;
		}
		replace(settings, setting, field, strdup(setting->value));
		return true;
	case SCHEMA_URL:
		if (!url_ok(setting->value)) {
			settings_wrong(settings, setting->where, setting->path,
				"must begin with https:// (or http://) and a host, without user, '?' and "
				"'#'");
			return false;
		}
		replace(settings, setting, field, url_copy(setting->value));
		return true;
	case SCHEMA_WORD:
		if (!word_ok(settings, setting, row))
			return false;
		replace(settings, setting, field, strdup(setting->value));
		return true;
	case SCHEMA_PATH:
		replace(settings, setting, field, config_value_path(setting));
		return true;
	case SCHEMA_TEXT:
		return config_value_text(settings, setting, row->max) &&
		       config_value_keep(settings, setting, setting->value, field);
	case SCHEMA_NAME:
		return config_value_name(settings, setting, row->max) &&
		       config_value_keep(settings, setting, setting->value, field);
	case SCHEMA_KAFKA:
		return kafka_name_ok(settings, setting) && config_value_keep(settings, setting, setting->value, field);
	case SCHEMA_BROKERS:
		text = brokers_copy(settings, setting);
		if (text)
			replace(settings, setting, field, text);
		return text != NULL;
	default:
		ASSERT(!"a type of fields that are read elsewhere");
	}
}

const char *config_api_url_wrong(const char *text)
{
	struct http_url url;
	const char *why;

	if (http_url_read(text, &url, &why) != ERR_OK)
		return why;
	if (strpbrk(text, "@?#"))
		return "must be a plain address: no user, no '?', no '#'";
	if (!url.tls && !http_url_is_private(&url))
		return "must begin with https://: credentials are sent there";
	return NULL;
}
