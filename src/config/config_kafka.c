#include "config/config_kafka.h"

#include <stddef.h>

#include "config/config_file.h"
#include "config/config_section.h"
#include "config/config_value.h"

#define PASSWORD_MAX 1023

/* Counts once brokers are named. */
static const struct {
	const char *key;
	size_t offset;
	const char *text;
} defaults[] = {
	{"orders_topic", offsetof(struct config_kafka, orders_topic), "orders"},
	{"events_topic", offsetof(struct config_kafka, events_topic), "bauta.sessions"},
	{"dead_letter_topic", offsetof(struct config_kafka, dead_letter_topic), "bauta.dead"},
	{"group", offsetof(struct config_kafka, group), "bauta"},
	{"tenant", offsetof(struct config_kafka, tenant), "main"},
	{"client_id", offsetof(struct config_kafka, client_id), "bauta"},
	{"security_protocol", offsetof(struct config_kafka, security_protocol), "plaintext"},
};

#define TOPICS 3 /* the first of them */

static char **field_of(struct config_kafka *kafka, size_t i)
{
	return (char **)((char *)kafka + defaults[i].offset);
}

static void fill_defaults(const struct section *section, struct config_kafka *kafka)
{
	const struct setting about = {.where = section->where, .path = section->prefix, .value = ""};

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!*field_of(kafka, i))
			config_value_keep(section->settings, &about, defaults[i].text, field_of(kafka, i));
}

/* What we produce must not be what we consume, nor what others take for our events. */
static void check_topics(const struct section *section, struct config_kafka *kafka)
{
	for (size_t i = 0; i < TOPICS; i++) {
		for (size_t k = 0; k < i; k++) {
			const char *one = *field_of(kafka, i), *other = *field_of(kafka, k);
			if (!one || !other || !one[0] || strcmp(one, other) != 0)
				continue;
			const struct setting *said = section_setting(section, defaults[i].key, "");
			if (!said)
				said = section_setting(section, defaults[k].key, "");
			settings_wrong(section->settings, said ? said->where : section->where, section->prefix,
				"%s and %s are the same topic", defaults[k].key, defaults[i].key);
		}
	}
}

static void only_with(const struct section *section, const char *key, const char *suffix, const char *protocols)
{
	const struct setting *said = section_setting(section, key, suffix);

	if (said)
		settings_wrong(section->settings, said->where, said->path, "only with security_protocol %s", protocols);
}

static void check_sasl(const struct section *section, const struct config_kafka *kafka)
{
	static const char *const keys[] = {"sasl_mechanism", "sasl_username", "sasl_password", NULL};
	bool sasl = strncmp(kafka->security_protocol, "sasl_", 5) == 0;

	for (const char *const *key = keys; *key && !sasl; key++)
		only_with(section, *key, "", "sasl_plaintext or sasl_ssl");
	if (!sasl) {
		only_with(section, "sasl_password", "_file", "sasl_plaintext or sasl_ssl");
		return;
	}
	if (!section_setting(section, "sasl_mechanism", ""))
		section_missing(section, "sasl_mechanism");
	if (!section_setting(section, "sasl_username", ""))
		section_missing(section, "sasl_username");
	if (!section_setting(section, "sasl_password", "") && !section_setting(section, "sasl_password", "_file"))
		section_missing_file(section, "sasl_password");
}

static void check_ssl(const struct section *section, const struct config_kafka *kafka)
{
	static const char *const keys[] = {"ssl_ca", "ssl_certificate", "ssl_key", NULL};
	const char *protocol = kafka->security_protocol;
	bool ssl = strcmp(protocol, "ssl") == 0 || strcmp(protocol, "sasl_ssl") == 0;

	for (const char *const *key = keys; *key && !ssl; key++)
		only_with(section, *key, "", "ssl or sasl_ssl");
	if (ssl && kafka->ssl_certificate && !kafka->ssl_key)
		section_missing(section, "ssl_key");
	if (ssl && kafka->ssl_key && !kafka->ssl_certificate)
		section_missing(section, "ssl_certificate");
}

void config_kafka(struct settings *settings, struct config_kafka *kafka)
{
	struct section section;
	const struct setting *said;

	if (!section_find(settings, "kafka", &section) || !section_is_fit(settings, "kafka"))
		return;
	if (!section_setting(&section, "brokers", "")) {
		section_missing(&section, "brokers");
		return;
	}
	const struct setting *file = section_setting(&section, "sasl_password", "_file");
	if (config_file_said(settings, section_setting(&section, "sasl_password", ""), file, &said) && said)
		kafka->sasl_password = config_file_line(settings, said, file, PASSWORD_MAX);
	fill_defaults(&section, kafka);
	if (!kafka->security_protocol)
		return;
	check_topics(&section, kafka);
	check_sasl(&section, kafka);
	check_ssl(&section, kafka);
}
