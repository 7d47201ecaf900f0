#include "config/config_webhook.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "config/config_file.h"
#include "config/config_section.h"
#include "config/config_value.h"
#include "crypto/digest.h"
#include "net/http_url.h"
#include "wire/standard_webhook.h"
#include "wire/type_pattern.h"

#define SECRET_MAX 255 /* of the text */
#define TIMEOUT_DEFAULT_MS 15000

/* Reads one webhook out of the settings. */
struct maker {
	struct settings *settings;
	struct config_webhook *webhook;
	struct section at; /* "webhooks.3" */
};

static const struct setting *find(const struct maker *maker, const char *key)
{
	return section_setting(&maker->at, key, "");
}

/* NULL: it is one. */
static const char *secret_wrong(const char *text)
{
	struct standard_webhook_secret secret;
	const char *why = NULL;
	bool good = standard_webhook_secret_parse(str_of(text), &secret, &why) == ERR_OK;

	secret_wipe(&secret, sizeof secret);
	return good ? NULL : why;
}

static void take_secret(struct maker *maker, const char *key, bool required, char **field)
{
	const struct setting *file = section_setting(&maker->at, key, "_file"), *said;

	if (!config_file_said(maker->settings, find(maker, key), file, &said))
		return;
	if (said)
		*field = config_file_line(maker->settings, said, file, SECRET_MAX);
	else if (required)
		section_missing_file(&maker->at, key);
	const char *why = *field ? secret_wrong(*field) : NULL;
	if (why)
		settings_wrong(maker->settings, said->where, said->path, "%s (Standard Webhooks)", why);
}

static void take_name(struct maker *maker)
{
	struct config_webhook *webhook = maker->webhook;
	const struct setting *name = find(maker, "name");

	if (!name)
		section_missing(&maker->at, "name");
	else if (config_value_name(maker->settings, name, sizeof webhook->name - 1))
		ASSERT(str_copy(webhook->name, sizeof webhook->name, str_of(name->value)));
}

/* NULL: it can be asked. Nothing of it is in the sentence: its path may be a secret of theirs. */
static const char *url_wrong(const char *text, bool allow_private)
{
	struct http_url url;
	const char *why;

	if (http_url_read(text, &url, &why) != ERR_OK)
		return why;
	const char *host = strstr(text, "//") + 2;
	if (memchr(host, '@', strcspn(host, "/?#")))
		return "must not have a user in it; the secret signs what is sent";
	if (strchr(text, '#'))
		return "must not have a '#' in it; what is behind it is never sent";
	if (!allow_private && http_url_is_private(&url))
		return "must be a public address, unless allow_private is true";
	return NULL;
}

static void take_url(struct maker *maker)
{
	const struct setting *url = find(maker, "url");
	const char *why = url ? url_wrong(url->value, maker->webhook->allow_private) : NULL;

	if (!url)
		section_missing(&maker->at, "url");
	else if (why)
		settings_wrong(maker->settings, url->where, url->path, "%s", why);
	else
		config_value_keep(maker->settings, url, url->value, &maker->webhook->url);
}

static void take_tenant(struct maker *maker)
{
	const struct setting *tenant = find(maker, "tenant");
	const struct setting otherwise = {.where = maker->at.where, .path = maker->at.prefix, .value = "main"};

	if (!tenant || config_value_name(maker->settings, tenant, TENANT_NAME_MAX))
		config_value_keep(maker->settings, tenant ? tenant : &otherwise, tenant ? tenant->value : "main",
			&maker->webhook->tenant);
}

static void take_type(struct maker *maker, const struct setting *setting, struct str type)
{
	struct config_webhook *webhook = maker->webhook;
	char text[TYPE_PATTERN_MAX + 1];

	bool whole = str_equal(type, STR("*")) || (type.len && memchr(type.at, '.', type.len)); /* all our types have a dot */
	if (!whole || !type_pattern_ok(type))
		settings_wrong(maker->settings, setting->where, setting->path,
			"'%.*s' is no type of events, such as session.live or call.*", (int)type.len, type.at);
	else if (webhook->types_n == CONFIG_WEBHOOK_TYPES_MAX)
		settings_wrong(maker->settings, setting->where, setting->path, "more than %d types",
			CONFIG_WEBHOOK_TYPES_MAX);
	else if (str_copy(text, sizeof text, type) &&
		 config_value_keep(maker->settings, setting, text, &webhook->types[webhook->types_n]))
		webhook->types_n++;
}

/* A list in the file; one text with commas elsewhere, which replaces the list. */
static void take_types(struct maker *maker)
{
	const struct setting *said = find(maker, "types"), *one;
	struct str rest = said && said->kind == SETTING_VALUE ? str_of(said->value) : STR_NONE;
	char key[24] = "types.0";

	while (rest.at)
		take_type(maker, said, str_trim(str_cut(rest, ',', &rest)));
	if (said && said->kind == SETTING_VALUE)
		return;
	for (int i = 0; (one = find(maker, key)) != NULL; snprintf(key, sizeof key, "types.%d", ++i))
		take_type(maker, one, str_of(one->value));
}

static void take_webhook(struct maker *maker)
{
	struct config_webhook *webhook = maker->webhook;
	const struct setting *ca = find(maker, "ca"), *allow = find(maker, "allow_private");
	const struct setting *timeout = find(maker, "timeout_ms");

	webhook->timeout_ms = TIMEOUT_DEFAULT_MS;
	take_name(maker);
	if (!allow || config_value_flag(maker->settings, allow, &webhook->allow_private))
		take_url(maker); /* it isn't known before what it may be */
	take_secret(maker, "secret", true, &webhook->secret);
	take_secret(maker, "secret_2", false, &webhook->secret_2);
	take_tenant(maker);
	take_types(maker);
	if (ca && !(webhook->ca = config_value_path(ca)))
		settings_wrong(maker->settings, ca->where, ca->path, "no memory");
	if (timeout && !config_value_count(maker->settings, timeout, 100, 60000, &webhook->timeout_ms))
		return;
}

static void refuse_twice(struct maker *maker, const struct config_webhook *webhooks, int n)
{
	for (int i = 0; i < n && maker->webhook->name[0]; i++)
		if (strcmp(webhooks[i].name, maker->webhook->name) == 0)
			settings_wrong(maker->settings, maker->at.where, maker->at.prefix, "webhooks.%d has the same name", i);
}

struct config_webhook *config_webhooks(struct settings *settings, int *ret_n)
{
	int n = section_is_fit(settings, "webhooks") ? section_count(settings, "webhooks", CONFIG_WEBHOOKS_MAX + 1) : 0;

	*ret_n = 0;
	if (n > CONFIG_WEBHOOKS_MAX) {
		settings_wrong(settings, "webhooks", NULL, "more than %d", CONFIG_WEBHOOKS_MAX);
		return NULL;
	}
	struct config_webhook *webhooks = n ? calloc((size_t)n, sizeof *webhooks) : NULL;
	if (n && !webhooks)
		settings_wrong(settings, "webhooks", NULL, "no memory");
	*ret_n = webhooks ? n : 0;
	for (int i = 0; i < *ret_n; i++) {
		struct maker maker = {.settings = settings, .webhook = &webhooks[i]};
		if (!section_item(settings, "webhooks", i, &maker.at))
			continue;
		take_webhook(&maker);
		refuse_twice(&maker, webhooks, i);
	}
	return webhooks;
}

void config_webhooks_free(struct config_webhook *webhooks, int n)
{
	for (int i = 0; i < n; i++) {
		config_secret_free(webhooks[i].url);
		config_secret_free(webhooks[i].secret);
		config_secret_free(webhooks[i].secret_2);
		free(webhooks[i].tenant);
		free(webhooks[i].ca);
		for (int k = 0; k < webhooks[i].types_n; k++)
			free(webhooks[i].types[k]);
	}
	free(webhooks);
}
