#include "serve/kafka_settings.h"

#include "log.h"

#define SYSLOG_WARNING 4 /* librdkafka's levels are syslog's; <syslog.h> has names that are ours too */

static void on_log(void *context, int level, const char *line)
{
	(void)context;
	if (level <= SYSLOG_WARNING)
		log_warn("kafka client", "says", line);
}

struct kafka_settings kafka_settings_of(const struct config_kafka *kafka)
{
	return (struct kafka_settings){
		.brokers = kafka->brokers,
		.client_id = kafka->client_id,
		.security_protocol = kafka->security_protocol,
		.sasl_mechanism = kafka->sasl_mechanism,
		.sasl_username = kafka->sasl_username,
		.sasl_password = kafka->sasl_password,
		.ssl_ca = kafka->ssl_ca,
		.ssl_certificate = kafka->ssl_certificate,
		.ssl_key = kafka->ssl_key,
		.log = on_log,
	};
}
