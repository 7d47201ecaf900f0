#include "bus/kafka_client.h"

#include <stdarg.h>
#include <stdio.h>

#define LOG_LINE_MAX 512

/* Our settings, by the names that the configuration file gives them, and librdkafka's. */
struct property {
	const char *setting, *name;
	size_t at;
	bool secret;
};

#define AT(member) offsetof(struct kafka_settings, member)

static const struct property properties[] = {
	{"client_id", "client.id", AT(client_id), false},
	{"security_protocol", "security.protocol", AT(security_protocol), false},
	{"sasl_mechanism", "sasl.mechanism", AT(sasl_mechanism), false},
	{"sasl_username", "sasl.username", AT(sasl_username), true},
	{"sasl_password", "sasl.password", AT(sasl_password), true},
	{"ssl_ca", "ssl.ca.location", AT(ssl_ca), false},
	{"ssl_certificate", "ssl.certificate.location", AT(ssl_certificate), false},
	{"ssl_key", "ssl.key.location", AT(ssl_key), false},
};
#define PROPERTIES_N (sizeof properties / sizeof properties[0])

void kafka_log(const struct kafka_settings *settings, int level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list arguments;

	if (!settings->log)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	settings->log(settings->log_context, level, line);
}

bool kafka_is_logged(int code)
{
	return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
		code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
}

/* librdkafka's threads call this, while a client is being made too. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *line)
{
	const struct kafka_settings *settings = rd_kafka_opaque(client);

	kafka_log(settings, level, "%s: %s", facility, line);
}

/* "host", "host:port", "[v6]:port", with librdkafka's "protocol://" before it if need be. */
static const char *broker_fault(struct str broker)
{
	uint64_t port = 9092;
	size_t colon = broker.len, bracket = 0;

	for (size_t i = 0; i + 2 < broker.len; i++)
		if (memcmp(broker.at + i, "://", 3) == 0) {
			broker = str_n(broker.at + i + 3, broker.len - i - 3);
			break;
		}
	colon = broker.len;
	for (size_t i = 0; i < broker.len; i++) {
		if (broker.at[i] == ']')
			bracket = i;
		if (broker.at[i] == ':')
			colon = i;
	}
	if (colon < broker.len && colon >= bracket && !str_u64(str_n(broker.at + colon + 1, broker.len - colon - 1), &port))
		return "has no number as its port";
	if (port == 0 || port > 65535)
		return "has a port outside of 1..65535";
	return colon == 0 ? "has no host" : NULL;
}

/* librdkafka takes any text here and says later that all brokers are down. */
static enum err check_brokers(const char *brokers, char error[KAFKA_ERROR_SIZE])
{
	struct str rest = str_of(brokers);
	int n = 0;

	do {
		struct str broker = str_trim(str_cut(rest, ',', &rest));
		const char *fault = broker.len ? broker_fault(broker) : "is empty";

		n++;
		if (fault) {
			snprintf(error, KAFKA_ERROR_SIZE, "kafka: brokers: entry %d %s", n, fault);
			return ERR_BAD_REQUEST;
		}
	} while (rest.at);
	return ERR_OK;
}

static enum err put(rd_kafka_conf_t *conf, const char *setting, const char *name, const char *value, bool secret,
	char error[KAFKA_ERROR_SIZE])
{
	char said[KAFKA_ERROR_SIZE - 64] = "";

	if (rd_kafka_conf_set(conf, name, value, said, sizeof said) == RD_KAFKA_CONF_OK)
		return ERR_OK;
	snprintf(error, KAFKA_ERROR_SIZE, "kafka: %.40s: %s", setting, secret ? "librdkafka refuses this value" : said);
	return ERR_BAD_REQUEST;
}

static enum err put_list(rd_kafka_conf_t *conf, const char *const *list, char error[KAFKA_ERROR_SIZE])
{
	for (int i = 0; list && list[i]; i += 2) {
		enum err err = put(conf, list[i], list[i], list[i + 1], false, error);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

static enum err put_settings(rd_kafka_conf_t *conf, const struct kafka_settings *settings, char error[KAFKA_ERROR_SIZE])
{
	enum err err = check_brokers(settings->brokers, error);

	if (err == ERR_OK)
		err = put(conf, "brokers", "bootstrap.servers", settings->brokers, false, error);
	for (size_t i = 0; i < PROPERTIES_N && err == ERR_OK; i++) {
		const char *value = *(const char *const *)((const char *)settings + properties[i].at);
		if (value)
			err = put(conf, properties[i].setting, properties[i].name, value, properties[i].secret, error);
	}
	return err;
}

enum err kafka_conf_new(const struct kafka_settings *settings, const char *const *fixed, void *opaque,
	rd_kafka_conf_t **ret_conf, char ret_error[KAFKA_ERROR_SIZE])
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	enum err err = put_list(conf, fixed, ret_error);

	if (err == ERR_OK)
		err = put_settings(conf, settings, ret_error);
	if (err == ERR_OK)
		err = put_list(conf, settings->properties, ret_error);
	if (err != ERR_OK) {
		rd_kafka_conf_destroy(conf);
		return err;
	}
	rd_kafka_conf_set_opaque(conf, opaque);
	rd_kafka_conf_set_log_cb(conf, on_log);
	*ret_conf = conf;
	return ERR_OK;
}

/* The setting that librdkafka's sentence speaks of. */
static const char *setting_in(const char *said)
{
	for (size_t i = 0; i < PROPERTIES_N; i++)
		if (strstr(said, properties[i].name))
			return properties[i].setting;
	return strstr(said, "SASL mechanism") ? "sasl_mechanism" : "settings";
}

enum err kafka_client_new(rd_kafka_type_t type, const rd_kafka_conf_t *conf, rd_kafka_t **ret_client,
	char ret_error[KAFKA_ERROR_SIZE])
{
	rd_kafka_conf_t *copy = rd_kafka_conf_dup(conf);
	char said[KAFKA_ERROR_SIZE - 64] = "";
	rd_kafka_t *client = rd_kafka_new(type, copy, said, sizeof said);

	if (!client) {
		rd_kafka_conf_destroy(copy); /* a client that was made has it */
		snprintf(ret_error, KAFKA_ERROR_SIZE, "kafka: %s: %s", setting_in(said), said);
		return ERR_BAD_REQUEST;
	}
	*ret_client = client;
	return ERR_OK;
}
