/* kafka_client: what consumer and producer share: librdkafka's configuration out of our settings, its log lines to
 * ours, a client out of a configuration. Only for files of bus/.
 *
 * Threads: any; the configuration is its owner's.
 */
#ifndef BUS_KAFKA_CLIENT_H
#define BUS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "base/steady.h"
#include "bus/kafka.h"

#define KAFKA_ERROR_SIZE 256

/* Properties, name and value in turn, NULL ends: first `fixed`, then the settings, then settings->properties. `opaque`
 * must begin with a struct kafka_settings: librdkafka's log goes through it. ERR_BAD_REQUEST: `ret_error` names the
 * setting, without the value of a secret one. Connects to nothing. */
MUST_CHECK enum err kafka_conf_new(const struct kafka_settings *settings, const char *const *fixed, void *opaque,
	rd_kafka_conf_t **ret_conf, char ret_error[KAFKA_ERROR_SIZE]);

/* A client of a copy of `conf`. ERR_BAD_REQUEST: settings that don't go together, a file that can't be read. */
MUST_CHECK enum err kafka_client_new(rd_kafka_type_t type, const rd_kafka_conf_t *conf, rd_kafka_t **ret_client,
	char ret_error[KAFKA_ERROR_SIZE]);

/* An error that librdkafka has logged already when it calls back: a connection's. */
bool kafka_is_logged(int code);

/* Level as syslog's. */
void kafka_log(const struct kafka_settings *settings, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));


#endif
