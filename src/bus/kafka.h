/* kafka: how a broker is reached; shared by consumer and producer. The one place that turns settings into
 * librdkafka's. For how we use it see PROOF.md "Events" in the design and docs/events.md.
 */
#ifndef BUS_KAFKA_H
#define BUS_KAFKA_H

#include "base/err.h"
#include "base/str.h"

/* Texts are the caller's and outlive what is made from them. NULL: librdkafka's default. */
struct kafka_settings {
	const char *brokers;           /* "host:port,host:port" */
	const char *client_id;         /* "bauta" */
	const char *security_protocol; /* plaintext, ssl, sasl_plaintext, sasl_ssl */
	const char *sasl_mechanism, *sasl_username, *sasl_password;
	const char *ssl_ca, *ssl_certificate, *ssl_key; /* paths */
	/* Further librdkafka properties, name and value in turn, NULL ends; for tests. NULL: none. */
	const char *const *properties;
	/* One line of librdkafka's log: level as syslog's. NULL: nowhere. Any thread. */
	void (*log)(void *context, int level, const char *line);
	void *log_context;
};

#endif
