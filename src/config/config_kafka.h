/* config_kafka: what of `kafka` is more than one value: the password, the defaults, and what must fit together. */
#ifndef CONFIG_KAFKA_H
#define CONFIG_KAFKA_H

#include "config/config.h"
#include "config/config_settings.h"

/* Sentences in settings. Nothing said of kafka: all stays NULL. */
void config_kafka(struct settings *settings, struct config_kafka *kafka);

#endif
