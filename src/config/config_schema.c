#include "config/config_schema.h"

#include <stddef.h>

#include "config/config.h"
#include "wire/similar.h"

#define LIMIT_MAX 100000000
#define YEAR_S (366u * 86400)

/* clang-format off */
#define ROW(name, kind, field, ...) {.path = name, .type = kind, .offset = offsetof(struct config, field), __VA_ARGS__}
#define ELSEWHERE(name, kind) {.path = name, .type = kind, .offset = SCHEMA_ELSEWHERE}
#define SECRET(name) ELSEWHERE(name, SCHEMA_SECRET), ELSEWHERE(name "_file", SCHEMA_PATH)
#define ACCOUNT(name, kind) ELSEWHERE("accounts.*." name, kind)
#define WEBHOOK(name, kind) ELSEWHERE("webhooks.*." name, kind)
#define MAPPING(name, kind) ELSEWHERE("mapping." name, kind)
#define KAFKA(name, kind, ...) ROW("kafka." #name, kind, kafka.name, __VA_ARGS__)
#define LIMIT(name, least, most) ROW("limits." #name, SCHEMA_COUNT, limits.name, .min = least, .max = most)
#define ENGINE(name, least, most) ROW("limits." #name, SCHEMA_COUNT, limits.engine.name, .min = least, .max = most)
/* clang-format on */

static const char *const stores[] = {"sqlite", "memory", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};

static const char *const protocols[] = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl", NULL};
static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};

static const struct schema rows[] = {
	ROW("listen", SCHEMA_ADDRESS, listen),
	ROW("admin_listen", SCHEMA_ADDRESS, admin_listen),
	ROW("public_url", SCHEMA_URL, public_url),
	{.path = "tls", .type = SCHEMA_MAP},
	ROW("tls.certificate", SCHEMA_PATH, tls_certificate),
	ROW("tls.key", SCHEMA_PATH, tls_key),
	ROW("data", SCHEMA_PATH, data),
	ROW("store", SCHEMA_WORD, store, .words = stores),
	ROW("key_file", SCHEMA_PATH, key_file),
	ROW("log_level", SCHEMA_WORD, log_level, .words = levels),
	ROW("log_format", SCHEMA_WORD, log_format, .words = formats),
	ROW("accept_clock", SCHEMA_FLAG, accept_clock),
	ROW("tombstone_s", SCHEMA_COUNT, tombstone_s, .min = 60, .max = 10 * YEAR_S),
	ROW("deadline_ms", SCHEMA_COUNT, deadline_ms, .min = 50, .max = 10000),
	ROW("outbox_keep_s", SCHEMA_COUNT, outbox_keep_s, .min = 0, .max = YEAR_S),
	{.path = "limits", .type = SCHEMA_MAP},
	ENGINE(sessions, 1, LIMIT_MAX),
	ENGINE(routes, 2, 10u * LIMIT_MAX),
	ENGINE(pairs, 2, 10u * LIMIT_MAX),
	ENGINE(tombstones, 1, 10u * LIMIT_MAX),
	ENGINE(numbers, 1, (1u << 24) - 1),
	ENGINE(pools, 1, 65535),
	ENGINE(accounts, 1, 65535),
	ENGINE(tenants, 1, 65535),
	ENGINE(roles, 1, 65535),
	ENGINE(calls, 1, LIMIT_MAX),
	ENGINE(idempotency, 1, LIMIT_MAX),
	ENGINE(blocks, 1, 10000000),
	LIMIT(connections, 1, 1000000),
	LIMIT(workers, 1, 64),
	LIMIT(queue, 16, 1u << 20),
	LIMIT(call_queue, 16, 1u << 24),
	LIMIT(outbox, 1000, LIMIT_MAX),
	LIMIT(messages, 1, 100000),
	LIMIT(commands, 1, 100000),
	{.path = "accounts", .type = SCHEMA_LIST},
	{.path = "accounts.*", .type = SCHEMA_MAP},
	ACCOUNT("name", SCHEMA_NAME),
	ACCOUNT("provider", SCHEMA_TEXT),
	ACCOUNT("country", SCHEMA_COUNTRY),
	ACCOUNT("tenant", SCHEMA_NAME),
	ACCOUNT("allow", SCHEMA_ITEMS),
	ACCOUNT("allow.*", SCHEMA_ITEM),
	ACCOUNT("sync_s", SCHEMA_COUNT),
	ACCOUNT("manage_webhooks", SCHEMA_FLAG),
	ACCOUNT("require_v3", SCHEMA_FLAG),
	ACCOUNT("api_url", SCHEMA_TEXT),
	ACCOUNT("account_sid", SCHEMA_TEXT),
	ACCOUNT("subdomain", SCHEMA_TEXT),
	ACCOUNT("flow_url", SCHEMA_TEXT),
	ACCOUNT("public_key", SCHEMA_TEXT),
	ACCOUNT("public_key_2", SCHEMA_TEXT),
	ACCOUNT("connection_id", SCHEMA_TEXT),
	ACCOUNT("messaging_profile_id", SCHEMA_TEXT),
	ACCOUNT("call_control", SCHEMA_FLAG),
	ACCOUNT("application_id", SCHEMA_TEXT),
	ACCOUNT("auth_id", SCHEMA_TEXT),
	ACCOUNT("app_id", SCHEMA_TEXT),
	ACCOUNT("project", SCHEMA_TEXT),
	ACCOUNT("space", SCHEMA_TEXT),
	SECRET("accounts.*.signing_key"),
	SECRET("accounts.*.signing_key_2"),
	SECRET("accounts.*.auth_token"),
	SECRET("accounts.*.auth_token_2"),
	SECRET("accounts.*.api_key"),
	SECRET("accounts.*.api_token"),
	SECRET("accounts.*.secret_path"),
	SECRET("accounts.*.api_secret"),
	SECRET("accounts.*.signature_secret"),
	SECRET("accounts.*.signature_secret_2"),
	SECRET("accounts.*.authorization"),
	SECRET("accounts.*.authorization_2"),
	ACCOUNT("api_id", SCHEMA_TEXT),
	ACCOUNT("audio_url", SCHEMA_TEXT),
	ACCOUNT("application_key", SCHEMA_TEXT),
	SECRET("accounts.*.application_secret"),
	ACCOUNT("app_key", SCHEMA_TEXT),
	SECRET("accounts.*.app_secret"),
	SECRET("accounts.*.app_secret_2"),
	ACCOUNT("account_id", SCHEMA_TEXT),
	ACCOUNT("user", SCHEMA_TEXT),
	SECRET("accounts.*.password"),
	SECRET("accounts.*.password_2"),
	ACCOUNT("api_user", SCHEMA_TEXT),
	SECRET("accounts.*.api_password"),
	ACCOUNT("site_id", SCHEMA_TEXT),
	ACCOUNT("location_id", SCHEMA_TEXT),
	ACCOUNT("message_application_id", SCHEMA_TEXT),
	{.path = "kafka", .type = SCHEMA_MAP},
	KAFKA(brokers, SCHEMA_BROKERS),
	KAFKA(orders_topic, SCHEMA_KAFKA),
	KAFKA(events_topic, SCHEMA_KAFKA),
	KAFKA(dead_letter_topic, SCHEMA_KAFKA),
	KAFKA(group, SCHEMA_TEXT, .max = 255),
	KAFKA(instance, SCHEMA_KAFKA),
	KAFKA(tenant, SCHEMA_NAME, .max = TENANT_NAME_MAX),
	KAFKA(client_id, SCHEMA_TEXT, .max = 255),
	KAFKA(security_protocol, SCHEMA_WORD, .words = protocols),
	KAFKA(sasl_mechanism, SCHEMA_WORD, .words = mechanisms),
	KAFKA(sasl_username, SCHEMA_TEXT, .max = 255),
	SECRET("kafka.sasl_password"),
	KAFKA(ssl_ca, SCHEMA_PATH),
	KAFKA(ssl_certificate, SCHEMA_PATH),
	KAFKA(ssl_key, SCHEMA_PATH),
	KAFKA(dead_max, SCHEMA_COUNT, .min = 1, .max = LIMIT_MAX),
	{.path = "orders_db", .type = SCHEMA_MAP},
	ELSEWHERE("orders_db.url", SCHEMA_TEXT),
	ELSEWHERE("orders_db.url_file", SCHEMA_PATH),
	ELSEWHERE("orders_db.upsert", SCHEMA_TEXT),
	ELSEWHERE("orders_db.upsert_file", SCHEMA_PATH),
	{.path = "webhooks", .type = SCHEMA_LIST},
	{.path = "webhooks.*", .type = SCHEMA_MAP},
	WEBHOOK("name", SCHEMA_NAME),
	WEBHOOK("url", SCHEMA_TEXT),
	SECRET("webhooks.*.secret"),
	SECRET("webhooks.*.secret_2"),
	WEBHOOK("tenant", SCHEMA_NAME),
	WEBHOOK("ca", SCHEMA_PATH),
	WEBHOOK("allow_private", SCHEMA_FLAG),
	WEBHOOK("types", SCHEMA_ITEMS),
	WEBHOOK("types.*", SCHEMA_ITEM),
	WEBHOOK("timeout_ms", SCHEMA_COUNT),
	{.path = "mapping", .type = SCHEMA_MAP},
	MAPPING("id", SCHEMA_TEXT),
	MAPPING("order", SCHEMA_TEXT),
	MAPPING("type", SCHEMA_TEXT),
	MAPPING("version", SCHEMA_TEXT),
	MAPPING("time", SCHEMA_TEXT),
	MAPPING("pool", SCHEMA_TEXT),
	MAPPING("ttl_s", SCHEMA_TEXT),
	MAPPING("default_pool", SCHEMA_TEXT),
	MAPPING("types", SCHEMA_WORDS),
	MAPPING("types.*.from", SCHEMA_TEXT),
	MAPPING("types.*.to", SCHEMA_TEXT),
	MAPPING("pools", SCHEMA_WORDS),
	MAPPING("pools.*.from", SCHEMA_TEXT),
	MAPPING("pools.*.to", SCHEMA_TEXT),
	{.path = "mapping.parties", .type = SCHEMA_LIST},
	{.path = "mapping.parties.*", .type = SCHEMA_MAP},
	MAPPING("parties.*.role", SCHEMA_TEXT),
	MAPPING("parties.*.number", SCHEMA_TEXT),
	MAPPING("parties.*.may_call", SCHEMA_TEXT),
	{.path = NULL},
};

const struct schema *schema_rows(void)
{
	return rows;
}

bool schema_is_text(const struct schema *row)
{
	switch (row->type) {
	case SCHEMA_TEXT:
	case SCHEMA_ADDRESS:
	case SCHEMA_URL:
	case SCHEMA_PATH:
	case SCHEMA_WORD:
	case SCHEMA_NAME:
	case SCHEMA_BROKERS:
	case SCHEMA_KAFKA:
		return row->offset != SCHEMA_ELSEWHERE;
	default:
		return false;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How a path is said in a variable's name. */
static char variable_char(char c)
{
	return c == '.' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static char same_char(char c)
{
	return c;
}

/* True if `text` is `pattern`, each character of which is written as `spelt` tells; what is read of `*`
 * is copied. Writes the path into `path`. */
static bool matches(const char *pattern, const char *text, char (*spelt)(char), char *path)
{
	size_t n = 0;

	for (; *pattern; pattern++) {
		if (n + 2 >= SETTINGS_PATH_MAX)
			return false;
		if (*pattern == '*') {
			if (!is_digit(*text))
				return false;
			while (is_digit(*text) && n + 2 < SETTINGS_PATH_MAX)
				path[n++] = *text++;
		} else if (*text++ == spelt(*pattern)) {
			path[n++] = *pattern;
		} else {
			return false;
		}
	}
	path[n] = '\0';
	return *text == '\0';
}

const struct schema *schema_find(const char *path)
{
	char copy[SETTINGS_PATH_MAX + 1];

	for (const struct schema *row = rows; row->path; row++)
		if (matches(row->path, path, same_char, copy))
			return row;
	return NULL;
}

const struct schema *schema_find_variable(const char *name, char path[SETTINGS_PATH_MAX + 1])
{
	for (const struct schema *row = rows; row->path; row++) {
		if (row->type == SCHEMA_MAP || row->type == SCHEMA_LIST || row->type == SCHEMA_ITEM ||
			row->type == SCHEMA_WORDS)
			continue;
		if (matches(row->path, name, variable_char, path))
			return row;
	}
	return NULL;
}

const char *schema_like(const char *path)
{
	const char *best = NULL;
	unsigned best_distance = 3; /* further away it is another word */
	const char *dot = strrchr(path, '.');
	const char *last = dot ? dot + 1 : path;

	for (const struct schema *row = rows; row->path; row++) {
		const char *row_dot = strrchr(row->path, '.');
		const char *row_last = row_dot ? row_dot + 1 : row->path;
		unsigned d = similar_changes(str_of(last), str_of(row_last));
		if (*row_last != '*' && d < best_distance && d < strlen(last)) {
			best = row_last;
			best_distance = d;
		}
	}
	return best;
}
