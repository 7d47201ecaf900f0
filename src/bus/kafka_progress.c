#include "bus/kafka_progress.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"

struct part {
	int32_t partition;
	int64_t start;       /* -1: at the beginning of the log, or not known yet */
	int64_t applied;     /* next offset, with `mark`; -1: nothing was said */
	int64_t committed;   /* at the broker, with `committed_mark`; -1: none */
	char mark[KAFKA_MARK_MAX + 1], committed_mark[KAFKA_MARK_MAX + 1];
};

struct kafka_progress {
	pthread_mutex_t mutex;
	struct part *parts;
	int parts_n;
};

struct kafka_progress *kafka_progress_new(void)
{
	struct kafka_progress *progress = calloc(1, sizeof *progress);

	if (progress)
		pthread_mutex_init(&progress->mutex, NULL);
	return progress;
}

void kafka_progress_free(struct kafka_progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_destroy(&progress->mutex);
	free(progress->parts);
	free(progress);
}

/* The mutex is held. */
static struct part *find(struct kafka_progress *progress, int32_t partition)
{
	for (int i = 0; i < progress->parts_n; i++)
		if (progress->parts[i].partition == partition)
			return &progress->parts[i];
	return NULL;
}

static void replace(struct kafka_progress *progress, struct part *parts, int n)
{
	pthread_mutex_lock(&progress->mutex);
	free(progress->parts);
	progress->parts = parts;
	progress->parts_n = n;
	pthread_mutex_unlock(&progress->mutex);
}

enum err kafka_progress_assign(struct kafka_progress *progress, const struct kafka_start *starts, int n)
{
	struct part *parts = calloc((size_t)n + 1, sizeof *parts);

	if (!parts)
		return ERR_INTERNAL;
	for (int i = 0; i < n; i++) {
		parts[i] = (struct part){starts[i].partition, .start = -1, .applied = -1, .committed = starts[i].committed};
		memcpy(parts[i].committed_mark, starts[i].mark, sizeof parts[i].committed_mark);
	}
	replace(progress, parts, n);
	return ERR_OK;
}

void kafka_progress_clear(struct kafka_progress *progress)
{
	replace(progress, NULL, 0);
}

void kafka_progress_starts(struct kafka_progress *progress, const struct kafka_start *starts, int n)
{
	pthread_mutex_lock(&progress->mutex);
	for (int i = 0; i < n; i++) {
		struct part *part = find(progress, starts[i].partition);
		ASSERT(part);
		part->start = starts[i].ret_next;
		/* A word from before they were ours, that came late. */
		if (part->applied < part->start)
			part->applied = -1;
	}
	pthread_mutex_unlock(&progress->mutex);
}

void kafka_progress_offered(struct kafka_progress *progress, const struct kafka_record *records, int n)
{
	struct part *part = NULL;

	pthread_mutex_lock(&progress->mutex);
	for (int i = 0; i < n; i++) {
		if (!part || part->partition != records[i].partition)
			part = find(progress, records[i].partition);
		if (part && (records[i].offset < part->start || records[i].offset < part->applied)) {
			part->start = records[i].offset;
			part->applied = -1;
		}
	}
	pthread_mutex_unlock(&progress->mutex);
}

int kafka_progress_n(struct kafka_progress *progress)
{
	pthread_mutex_lock(&progress->mutex);
	int n = progress->parts_n;
	pthread_mutex_unlock(&progress->mutex);
	return n;
}

void kafka_progress_applied(struct kafka_progress *progress, int32_t partition, int64_t next, const char *mark)
{
	ASSERT(next >= 0 && strlen(mark) <= KAFKA_MARK_MAX);
	pthread_mutex_lock(&progress->mutex);
	struct part *part = find(progress, partition);
	if (part && next >= part->applied && next >= part->start) {
		part->applied = next;
		memcpy(part->mark, mark, strlen(mark) + 1);
	}
	pthread_mutex_unlock(&progress->mutex);
}

static bool is_due(const struct part *part)
{
	return part->applied >= 0 &&
		(part->applied != part->committed || strcmp(part->mark, part->committed_mark) != 0);
}

/* librdkafka frees the metadata with the list. */
static void add(rd_kafka_topic_partition_list_t *list, const char *topic, const struct part *part)
{
	rd_kafka_topic_partition_t *to = rd_kafka_topic_partition_list_add(list, topic, part->partition);
	size_t len = strlen(part->mark);

	to->offset = part->applied;
	if (len == 0)
		return;
	to->metadata = rd_kafka_mem_malloc(NULL, len);
	ASSERT(to->metadata);
	memcpy(to->metadata, part->mark, len);
	to->metadata_size = len;
}

rd_kafka_topic_partition_list_t *kafka_progress_due(struct kafka_progress *progress, const char *topic)
{
	rd_kafka_topic_partition_list_t *list = NULL;

	pthread_mutex_lock(&progress->mutex);
	for (int i = 0; i < progress->parts_n; i++) {
		if (!is_due(&progress->parts[i]))
			continue;
		if (!list)
			list = rd_kafka_topic_partition_list_new(progress->parts_n);
		add(list, topic, &progress->parts[i]);
	}
	pthread_mutex_unlock(&progress->mutex);
	return list;
}

void kafka_progress_committed(struct kafka_progress *progress, const rd_kafka_topic_partition_list_t *list)
{
	pthread_mutex_lock(&progress->mutex);
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *from = &list->elems[i];
		struct part *part = find(progress, from->partition);
		if (!part || from->err != RD_KAFKA_RESP_ERR_NO_ERROR || from->metadata_size > KAFKA_MARK_MAX)
			continue;
		part->committed = from->offset;
		if (from->metadata_size > 0)
			memcpy(part->committed_mark, from->metadata, from->metadata_size);
		part->committed_mark[from->metadata_size] = '\0';
	}
	pthread_mutex_unlock(&progress->mutex);
}

static uint64_t part_lag(const struct part *part, rd_kafka_t *client, const char *topic)
{
	int64_t low = -1, high = -1;
	int64_t at = part->applied > part->start ? part->applied : part->start;

	if (rd_kafka_get_watermark_offsets(client, topic, part->partition, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	if (at < low)
		at = low; /* the beginning, or what the broker has deleted since */
	return high > at && at >= 0 ? (uint64_t)(high - at) : 0;
}

uint64_t kafka_progress_lag(struct kafka_progress *progress, rd_kafka_t *client, const char *topic)
{
	uint64_t lag = 0;

	pthread_mutex_lock(&progress->mutex);
	for (int i = 0; i < progress->parts_n; i++)
		lag += part_lag(&progress->parts[i], client, topic);
	pthread_mutex_unlock(&progress->mutex);
	return lag;
}
