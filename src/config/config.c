#include "config/config.h"

#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config_account.h"
#include "config/config_env.h"
#include "config/config_file.h"
#include "config/config_kafka.h"
#include "config/config_mapping.h"
#include "config/config_orders.h"
#include "config/config_schema.h"
#include "config/config_section.h"
#include "config/config_value.h"
#include "config/config_webhook.h"
#include "config/config_yaml.h"
#include "crypto/digest.h"

#define SESSIONS_DEFAULT 1000000
#define WORKERS_DEFAULT_MAX 64
#define TOMBSTONE_DEFAULT_S (30 * 86400)
#define OUTBOX_KEEP_DEFAULT_S (3 * 86400)

static uint32_t cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX : (uint32_t)n;
}

static const struct {
	size_t offset;
	const char *text;
} text_defaults[] = {
	{offsetof(struct config, listen), "127.0.0.1:8080"},
	{offsetof(struct config, data), "./bauta-data"},
	{offsetof(struct config, store), "sqlite"},
	{offsetof(struct config, log_level), "info"},
	{offsetof(struct config, log_format), "logfmt"},
};

/* The engine's limits stay 0 until it is known which were said. NULL: no memory. */
static struct config *config_default(void)
{
	struct config *config = calloc(1, sizeof *config);

	if (!config)
		return NULL;
	config->tombstone_s = TOMBSTONE_DEFAULT_S;
	config->deadline_ms = 800;
	config->limits.connections = 10000;
	config->limits.workers = cores();
	config->limits.queue = 16384;
	config->limits.call_queue = 65536;
	config->limits.outbox = 1000000;
	config->limits.messages = 10000;
	config->limits.commands = 1024;
	config->outbox_keep_s = OUTBOX_KEEP_DEFAULT_S;
	config->kafka.dead_max = 100000;
	for (size_t i = 0; i < sizeof text_defaults / sizeof *text_defaults; i++) {
		char **field = (char **)((char *)config + text_defaults[i].offset);
		*field = strdup(text_defaults[i].text);
		if (!*field) {
			config_free(config);
			return NULL;
		}
	}
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (const struct schema *row = schema_rows(); row->path; row++)
		if (schema_is_text(row))
			free(*(char **)((char *)config + row->offset));
	config_secret_free(config->kafka.sasl_password);
	config_secret_free(config->orders_db.url);
	free(config->orders_db.upsert);
	config_webhooks_free(config->webhooks, config->webhooks_n);
	event_map_free(config->mapping);
	if (config->accounts)
		secret_wipe(config->accounts, (size_t)config->accounts_n * sizeof *config->accounts);
	free(config->accounts);
	free(config);
}

static const char *kind_word(enum setting_kind kind)
{
	return kind == SETTING_MAP ? "a map" : kind == SETTING_LIST ? "a list" : "a value";
}

static enum setting_kind kind_of(enum schema_type type)
{
	return type == SCHEMA_MAP || type == SCHEMA_WORDS    ? SETTING_MAP
	       : type == SCHEMA_LIST || type == SCHEMA_ITEMS ? SETTING_LIST
							     : SETTING_VALUE;
}

static void check_unknown(struct settings *settings, const struct setting *setting)
{
	const char *like = schema_like(setting->path);

	if (like)
		settings_wrong(
			settings, setting->where, setting->path, "unknown key; did you mean %s?", like);
	else
		settings_wrong(settings, setting->where, setting->path, "unknown key");
}

/* Below something that is unknown or of the wrong kind itself, nothing more is said. */
static bool is_below_wrong(const struct settings *settings, const struct setting *setting)
{
	char parent[SETTINGS_PATH_MAX + 1];

	if (!str_copy(parent, sizeof parent, str_of(setting->path)) || !strchr(parent, '.'))
		return false;
	*strrchr(parent, '.') = '\0';
	const struct setting *above = settings_find(settings, parent);
	const struct schema *row = schema_find(parent);
	return above && (!row || kind_of(row->type) != above->kind);
}

/* Is it a known key, with the right kind of thing behind it? */
static void check_shape(struct settings *settings, struct setting *setting)
{
	const struct schema *row = schema_find(setting->path);
	int errors_n = settings->errors_n;

	setting->unfit = true;
	if (is_below_wrong(settings, setting))
		return;
	if (!row) {
		check_unknown(settings, setting);
		setting->wrong = true;
		return;
	}
	enum setting_kind want = kind_of(row->type);
	/* Outside the file such a list is one text with commas. */
	if (row->type == SCHEMA_ITEMS && setting->source != SETTING_FILE)
		want = SETTING_VALUE;
	if (setting->kind == SETTING_NOTHING ||
		(setting->kind == want && want == SETTING_VALUE && setting->value[0] == '\0' && row->type != SCHEMA_KAFKA))
		settings_wrong(settings, setting->where, setting->path, "has no value");
	else if (setting->kind != want)
		settings_wrong(settings, setting->where, setting->path, "%s is expected here, not %s",
			kind_word(want), kind_word(setting->kind));
	else if (row->type == SCHEMA_SECRET && setting->source == SETTING_SET)
		settings_wrong(settings, setting->where, NULL,
			"a secret is never on the command line; use %s_file, or the environment",
			strrchr(row->path, '.') + 1);
	setting->unfit = setting->wrong = settings->errors_n != errors_n;
}

static void read_values(struct settings *settings, struct config *config)
{
	for (int i = 0; i < settings->n; i++) {
		const struct setting *setting = &settings->at[i];
		const struct schema *row = schema_find(setting->path);
		if (setting->unfit || row->type == SCHEMA_MAP || row->type == SCHEMA_LIST ||
			row->offset == SCHEMA_ELSEWHERE)
			continue;
		if (!config_value(settings, setting, row, config))
			continue; /* a sentence was said: go on and say all of them */
	}
}

/* Where `sessions` alone was said the others follow it. */
static void scale_limits(struct limits *said)
{
	if (said->sessions == 0)
		said->sessions = SESSIONS_DEFAULT;
	struct limits scaled = LIMITS_DEFAULT(said->sessions);
	struct {
		uint32_t *said, *scaled;
	} each[] = {{&said->routes, &scaled.routes}, {&said->pairs, &scaled.pairs},
		{&said->tombstones, &scaled.tombstones}, {&said->numbers, &scaled.numbers},
		{&said->pools, &scaled.pools}, {&said->accounts, &scaled.accounts},
		{&said->tenants, &scaled.tenants}, {&said->roles, &scaled.roles},
		{&said->calls, &scaled.calls}, {&said->idempotency, &scaled.idempotency},
		{&said->blocks, &scaled.blocks}};

	for (size_t i = 0; i < sizeof each / sizeof *each; i++)
		if (*each[i].said == 0)
			*each[i].said = *each[i].scaled;
}

static void check_together(struct settings *settings, const struct config *config)
{
	const struct setting *certificate = settings_find(settings, "tls.certificate");
	const struct setting *key = settings_find(settings, "tls.key");
	const struct setting *connections = settings_find(settings, "limits.connections");

	if (certificate && !key)
		settings_wrong(settings, certificate->where, "tls", "a certificate without its key");
	if (key && !certificate)
		settings_wrong(settings, key->where, "tls", "a key without its certificate");
	if (config->limits.connections < config->limits.workers)
		settings_wrong(settings, connections ? connections->where : "limits", "limits.connections",
			"fewer than the %u workers", config->limits.workers);
	if ((uint32_t)config->accounts_n > config->limits.engine.accounts)
		settings_wrong(settings, "accounts", NULL, "more than limits.accounts, %u",
			config->limits.engine.accounts);
}

static void read_option(struct settings *settings, const char *option, const char *value, char **field)
{
	if (!value)
		return;
	char *copy = strdup(value);
	if (!copy || value[0] == '\0') {
		settings_wrong(settings, option, NULL, "has no value");
		free(copy);
		return;
	}
	free(*field);
	*field = copy;
}

static void read_options(
	struct settings *settings, const struct config_sources *sources, struct config *config)
{
	if (sources->listen && !config_address_ok(sources->listen))
		settings_wrong(settings, "--listen", NULL, "'%s' is not ADDRESS:PORT", sources->listen);
	read_option(settings, "--listen", sources->listen, &config->listen);
	read_option(settings, "--data", sources->data, &config->data);
}

/* As many sentences as can be said in one go: a wrong setting hides only what can't be read without it. */
static void read_all(struct settings *settings, const struct config_sources *sources, struct config *config)
{
	if (sources->file && !config_yaml_read(settings, sources->file))
		return;
	config_env_read(settings, sources->environment);
	config_env_sets(settings, sources->sets);
	for (int i = 0; i < settings->n; i++)
		check_shape(settings, &settings->at[i]);
	read_values(settings, config);
	/* A file's value that an option replaced is checked all the same. */
	read_options(settings, sources, config);
	scale_limits(&config->limits.engine);
	if (section_is_fit(settings, "accounts"))
		config->accounts = config_accounts(settings, &config->accounts_n);
	config_kafka(settings, &config->kafka);
	config_orders(settings, &config->orders_db);
	config->webhooks = config_webhooks(settings, &config->webhooks_n);
	config->mapping = config_mapping(settings);
	check_together(settings, config);
}

enum err config_read(const struct config_sources *sources, struct config **ret_config, struct buf *ret_errors)
{
	struct settings settings;
	struct config *config = config_default();

	if (!config || settings_init(&settings, ret_errors)) {
		config_free(config);
		buf_lit(ret_errors, "no memory for the configuration");
		return ERR_OVERLOADED;
	}
	read_all(&settings, sources, config);
	bool ok = settings_ok(&settings);
	if (settings.errors_n > SETTINGS_ERRORS_MAX && ret_errors->max - ret_errors->len > 40)
		buf_fmt(ret_errors, "\nand %d more", settings.errors_n - SETTINGS_ERRORS_MAX);
	settings_done(&settings);
	if (!ok) {
		config_free(config);
		return ERR_BAD_REQUEST;
	}
	*ret_config = config;
	return ERR_OK;
}
