/* kafka_settings: the configuration's Kafka -> what bus/ takes. Texts are the configuration's. */
#ifndef KAFKA_SETTINGS_H
#define KAFKA_SETTINGS_H

#include "bus/kafka.h"
#include "config/config.h"

/* What librdkafka says goes to our log. */
struct kafka_settings kafka_settings_of(const struct config_kafka *kafka);

#endif
