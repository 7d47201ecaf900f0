/* kafka_topics: makes and removes topics: for the demo and for benchmarks, whose topics are their own. A server makes
 * none: topics, their partitions and retention are the owner's decision. Blocks for up to `timeout_ms`. Threads: any.
 */
#ifndef BUS_KAFKA_TOPICS_H
#define BUS_KAFKA_TOPICS_H

#include "bus/kafka.h"

#define KAFKA_TOPICS_MAX 8

/* One replica each. One that is there already is no error. ERR_OVERLOADED: no broker answered or it refused; ret_error says. */
MUST_CHECK enum err kafka_topics_make(const struct kafka_settings *settings, const char *const *names, int n, int partitions,
	int timeout_ms, char ret_error[256]);
/* As well as can be. */
void kafka_topics_remove(const struct kafka_settings *settings, const char *const *names, int n, int timeout_ms);

#endif
