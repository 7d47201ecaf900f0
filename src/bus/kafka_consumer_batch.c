#include "bus/kafka_consumer_state.h"

#include <time.h>

#include "base/check.h"

#define PATIENCE_MS 100     /* full for less: no pause, which would throw the prefetched records away */
#define OFFER_EVERY_MS 1000 /* a refused batch is offered again even if nobody said that there is room */

static struct str header(const rd_kafka_headers_t *headers, const char *name)
{
	const void *value = NULL;
	size_t len = 0;

	if (rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return STR_NONE;
	return str_n(value, len);
}

static struct kafka_record record_of(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers = NULL;
	rd_kafka_timestamp_type_t kind;
	int64_t time_ms = rd_kafka_message_timestamp(message, &kind);
	struct kafka_record record = {
		.partition = message->partition,
		.offset = message->offset,
		.time_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time_ms < 0 ? 0 : time_ms,
		.key = str_n(message->key, message->key ? message->key_len : 0),
		.value = str_n(message->payload, message->payload ? message->len : 0),
	};

	if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		record.ce_id = header(headers, "ce_id");
		record.ce_type = header(headers, "ce_type");
		record.ce_time = header(headers, "ce_time");
	}
	return record;
}

static size_t bytes_of(const struct kafka_record *record)
{
	return record->key.len + record->value.len + record->ce_id.len + record->ce_type.len + record->ce_time.len;
}

void kafka_batch_drop(struct kafka_consumer *consumer)
{
	struct kafka_batch *batch = &consumer->batch;

	for (int i = 0; i < batch->n; i++)
		rd_kafka_message_destroy(batch->messages[i]);
	if (batch->next)
		rd_kafka_message_destroy(batch->next);
	batch->next = NULL;
	batch->n = 0;
	batch->bytes = 0;
	batch->refused = false;
}

/* False: the batch is complete, and `message` waits for the next one. */
static bool put(struct kafka_consumer *consumer, rd_kafka_message_t *message)
{
	struct kafka_batch *batch = &consumer->batch;
	struct kafka_record record = record_of(message);
	size_t bytes = bytes_of(&record);

	if (batch->n > 0 && (batch->n == consumer->options.batch_max || batch->bytes + bytes > KAFKA_BATCH_BYTES_MAX)) {
		batch->next = message;
		return false;
	}
	batch->records[batch->n] = record;
	batch->messages[batch->n++] = message;
	batch->bytes += bytes;
	return true;
}

/* What a poll gave: a record, or an error in a record's clothes. False: no more now. */
static bool take(struct kafka_consumer *consumer, rd_kafka_message_t *message)
{
	rd_kafka_resp_err_t err = message->err;

	if (err == RD_KAFKA_RESP_ERR_NO_ERROR && consumer->owned) {
		atomic_store(&consumer->connected, true);
		return put(consumer, message);
	}
	rd_kafka_message_destroy(message);
	if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true; /* of an assignment that ended */
	kafka_consumer_error(consumer, "poll", err);
	if (err == RD_KAFKA_RESP_ERR__FATAL)
		consumer->fatal = true;
	return !consumer->fatal;
}

/* The first is waited for; then whatever is there at once. A rebalance within a poll empties the batch. */
static void gather(struct kafka_consumer *consumer)
{
	struct kafka_batch *batch = &consumer->batch;
	rd_kafka_message_t *message = batch->next;

	batch->next = NULL;
	if (!message)
		message = rd_kafka_consumer_poll(consumer->client, KAFKA_POLL_MS);
	while (message && take(consumer, message) && batch->n < consumer->options.batch_max)
		message = rd_kafka_consumer_poll(consumer->client, 0);
}

static rd_kafka_resp_err_t each(struct kafka_consumer *consumer,
	rd_kafka_resp_err_t (*what)(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list))
{
	rd_kafka_topic_partition_list_t *list = NULL;
	rd_kafka_resp_err_t err = rd_kafka_assignment(consumer->client, &list);

	if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		err = what(consumer->client, list);
		rd_kafka_topic_partition_list_destroy(list);
	}
	return err;
}

static void pause_all(struct kafka_consumer *consumer)
{
	rd_kafka_resp_err_t err = each(consumer, rd_kafka_pause_partitions);

	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka_consumer_error(consumer, "pause", err);
	consumer->paused = true;
	atomic_store(&consumer->is_paused, true);
}

void kafka_batch_resume(struct kafka_consumer *consumer)
{
	if (!consumer->paused)
		return;
	rd_kafka_resp_err_t err = each(consumer, rd_kafka_resume_partitions);
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka_consumer_error(consumer, "resume", err);
	consumer->paused = false;
	atomic_store(&consumer->is_paused, false);
}

/* Waits for room, up to PATIENCE_MS since it was refused. */
static void be_patient(struct kafka_consumer *consumer)
{
	int64_t until = consumer->batch.refused_at + PATIENCE_MS;
	struct timespec at = {until / 1000, until % 1000 * 1000000};

	pthread_mutex_lock(&consumer->mutex);
	while (!consumer->room && !consumer->stop && pthread_cond_timedwait(&consumer->changed, &consumer->mutex, &at) == 0)
		;
	pthread_mutex_unlock(&consumer->mutex);
}

/* A pause sets the client back to the record behind the last that it gave out, and throws away what it has fetched; so a
 * paused partition gives nothing. If it did, order would be lost: begin anew with another client, from the owner's
 * offsets. */
static void poll_on(struct kafka_consumer *consumer)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->client, KAFKA_POLL_MS);

	if (!message)
		return;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && consumer->paused && consumer->owned) {
		kafka_consumer_error(consumer, "a record of a paused partition", RD_KAFKA_RESP_ERR__STATE);
		consumer->fatal = true;
		rd_kafka_message_destroy(message);
		return;
	}
	/* Errors; or records of an assignment that came within this poll, which resumed them and emptied the batch. */
	take(consumer, message);
}

void kafka_batch_fill(struct kafka_consumer *consumer)
{
	if (!consumer->batch.refused) {
		gather(consumer);
		return;
	}
	if (!consumer->paused) {
		be_patient(consumer);
		return;
	}
	poll_on(consumer);
}

/* Whether a batch that was refused may be offered again now; pauses when it has waited for long. */
static bool is_time(struct kafka_consumer *consumer)
{
	struct kafka_batch *batch = &consumer->batch;
	int64_t now = steady_ms();

	if (!batch->refused)
		return true;
	pthread_mutex_lock(&consumer->mutex);
	bool room = consumer->room;
	pthread_mutex_unlock(&consumer->mutex);
	if (room || now >= batch->offer_at)
		return true;
	if (!consumer->paused && now >= batch->refused_at + PATIENCE_MS)
		pause_all(consumer);
	return false;
}

static bool offer(struct kafka_consumer *consumer)
{
	const struct kafka_consumer_options *options = &consumer->options;

	pthread_mutex_lock(&consumer->mutex);
	consumer->room = false; /* what is said from here on is about this offer */
	pthread_mutex_unlock(&consumer->mutex);
	kafka_progress_offered(consumer->progress, consumer->batch.records, consumer->batch.n);
	return options->records(options->context, consumer->generation, consumer->batch.records, consumer->batch.n);
}

void kafka_batch_offer(struct kafka_consumer *consumer)
{
	struct kafka_batch *batch = &consumer->batch;
	int64_t now = steady_ms();

	if (batch->n == 0 || consumer->fatal || !is_time(consumer))
		return;
	if (!offer(consumer)) {
		if (!batch->refused)
			batch->refused_at = now;
		batch->refused = true;
		batch->offer_at = now + OFFER_EVERY_MS;
		return;
	}
	rd_kafka_message_t *next = batch->next;
	atomic_fetch_add(&consumer->records_n, (uint_fast64_t)batch->n);
	batch->next = NULL;
	kafka_batch_drop(consumer);
	batch->next = next;
	kafka_batch_resume(consumer);
}
