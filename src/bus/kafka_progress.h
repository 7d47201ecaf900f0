/* kafka_progress: the partitions that are ours now: where each began, how far its owner says it was applied, what of that
 * the broker knows. Only for files of bus/.
 *
 * Threads: kafka_progress_applied from any; the rest from the consumer's.
 */
#ifndef BUS_KAFKA_PROGRESS_H
#define BUS_KAFKA_PROGRESS_H

#include <librdkafka/rdkafka.h>

#include "bus/kafka_consumer.h"

struct kafka_progress;

struct kafka_progress *kafka_progress_new(void); /* NULL: no memory */
void kafka_progress_free(struct kafka_progress *progress);

/* Instead of what was there. Their beginnings are not known yet: what is applied counts only for what is at or
 * behind them, kafka_progress_starts() tells them. */
MUST_CHECK enum err kafka_progress_assign(struct kafka_progress *progress, const struct kafka_start *starts, int n);
void kafka_progress_starts(struct kafka_progress *progress, const struct kafka_start *starts, int n);
void kafka_progress_clear(struct kafka_progress *progress);
/* These records are about to be given to the owner. A partition whose record lies before what was begun at or applied has
 * another log (its topic was made anew, or lost its end): it begins there. */
void kafka_progress_offered(struct kafka_progress *progress, const struct kafka_record *records, int n);
int kafka_progress_n(struct kafka_progress *progress);

/* As kafka_consumer_applied(). A partition that is not ours: ignored. */
void kafka_progress_applied(struct kafka_progress *progress, int32_t partition, int64_t next, const char *mark);

/* What the broker does not know yet, offsets and marks; NULL: nothing. Destroyed by the caller. */
rd_kafka_topic_partition_list_t *kafka_progress_due(struct kafka_progress *progress, const char *topic);
/* The broker has taken these. */
void kafka_progress_committed(struct kafka_progress *progress, const rd_kafka_topic_partition_list_t *list);

/* Records between what was applied and the high watermarks that the client has seen. */
uint64_t kafka_progress_lag(struct kafka_progress *progress, rd_kafka_t *client, const char *topic);

#endif
