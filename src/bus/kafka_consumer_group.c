#include "bus/kafka_consumer_state.h"

#include <stdlib.h>

#include "base/check.h"

#define COMMITTED_MS 2000 /* how long the broker is waited for when asked for committed offsets */
#define AGAIN_MS 500      /* after it, or the owner, could not tell where to begin */
#define REVOKED_MS 5000   /* what the owner has to come to rest */
#define LAST_COMMIT_MS 3000
#define COMMIT_EVERY_MS 100 /* what a killed member had not committed is applied again by the next one's store */

#define MAGIC "CGMDv2:"

/* "CGMDv2:", then the generation id as the machine writes an int32_t (rdkafka_cgrp.c,
 * rd_kafka_consumer_group_metadata_write()); 2.0.2 has no getter. */
int32_t kafka_generation_parse(const void *bytes, size_t len)
{
	const size_t magic_len = sizeof MAGIC - 1;
	int32_t generation = -1;

	if (len < magic_len + sizeof generation || memcmp(bytes, MAGIC, magic_len) != 0)
		return -1;
	memcpy(&generation, (const char *)bytes + magic_len, sizeof generation);
	return generation < 0 ? -1 : generation;
}

static int32_t generation_of(rd_kafka_t *client)
{
	rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(client);
	void *bytes = NULL;
	size_t len = 0;
	int32_t generation = -1;

	if (!metadata)
		return -1;
	rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &len);
	if (error) {
		rd_kafka_error_destroy(error);
	} else {
		generation = kafka_generation_parse(bytes, len);
		rd_kafka_mem_free(client, bytes);
	}
	rd_kafka_consumer_group_metadata_destroy(metadata);
	return generation;
}

static void forget_given(struct kafka_consumer *consumer)
{
	if (consumer->given)
		rd_kafka_topic_partition_list_destroy(consumer->given);
	consumer->given = NULL;
}

static void assign(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_resp_err_t err = rd_kafka_assign(consumer->client, list);

	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka_consumer_error(consumer, "assign", err);
}

/* The group is answered at once, with nothing: where they begin is asked in the loop, which goes on polling meanwhile. */
static void take_over(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);

	atomic_fetch_add(&consumer->rebalances_n, 1);
	forget_given(consumer);
	consumer->generation = generation_of(consumer->client);
	if (list->cnt > 0)
		consumer->given = rd_kafka_topic_partition_list_copy(list);
	consumer->begin_at = 0;
	assign(consumer, none);
	rd_kafka_topic_partition_list_destroy(none);
}

void kafka_group_on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_consumer *consumer = opaque;

	ASSERT(client == consumer->client);
	if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		take_over(consumer, list);
	} else {
		if (err != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
			kafka_consumer_error(consumer, "rebalance", err);
		kafka_group_give_up(consumer, rd_kafka_assignment_lost(client));
		assign(consumer, NULL);
	}
	rd_kafka_yield(client); /* back to the loop */
}

/* --- where to begin --- */

static void later(struct kafka_consumer *consumer)
{
	consumer->begin_at = steady_ms() + AGAIN_MS;
}

static bool ask_broker(struct kafka_consumer *consumer)
{
	rd_kafka_topic_partition_list_t *list = consumer->given;
	rd_kafka_resp_err_t err = rd_kafka_committed(consumer->client, list, COMMITTED_MS);

	for (int i = 0; i < list->cnt && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		err = list->elems[i].err;
	if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	kafka_consumer_error(consumer, "committed offsets", err);
	return false;
}

/* Metadata that can't be a mark of ours is somebody else's. */
static struct kafka_start start_of(const rd_kafka_topic_partition_t *from)
{
	struct kafka_start start = {from->partition, .committed = from->offset >= 0 ? from->offset : -1, .ret_next = -1};

	str_copy(start.mark, sizeof start.mark, str_n(from->metadata, from->metadata_size));
	return start;
}

static bool ask_owner(struct kafka_consumer *consumer, struct kafka_start *starts, int n)
{
	const struct kafka_consumer_options *options = &consumer->options;

	for (int i = 0; i < n; i++)
		starts[i] = start_of(&consumer->given->elems[i]);
	if (kafka_progress_assign(consumer->progress, starts, n) != ERR_OK)
		return false;
	if (!options->assigned(options->context, consumer->generation, starts, n)) {
		kafka_progress_clear(consumer->progress);
		return false;
	}
	kafka_progress_starts(consumer->progress, starts, n);
	return true;
}

/* The offsets go into the assignment: a seek afterwards races with what is fetched already (librdkafka #4230). */
static void start(struct kafka_consumer *consumer, const struct kafka_start *starts)
{
	rd_kafka_topic_partition_list_t *list = consumer->given;

	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = starts[i].ret_next >= 0 ? starts[i].ret_next : RD_KAFKA_OFFSET_BEGINNING;
	consumer->owned = true;
	atomic_store(&consumer->partitions_n, (uint_fast32_t)list->cnt);
	assign(consumer, list);
	forget_given(consumer);
}

void kafka_group_begin(struct kafka_consumer *consumer)
{
	/* If the group took them away again, a revocation is on its way. */
	if (!consumer->given || steady_ms() < consumer->begin_at || rd_kafka_assignment_lost(consumer->client))
		return;
	int n = consumer->given->cnt;
	struct kafka_start *starts = calloc((size_t)n, sizeof *starts);
	if (starts && ask_broker(consumer) && ask_owner(consumer, starts, n))
		start(consumer, starts);
	else
		later(consumer);
	free(starts);
}

/* --- commits --- */

static void take_answer(struct kafka_consumer *consumer, rd_kafka_event_t *event)
{
	consumer->commit_out = false;
	if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		atomic_store(&consumer->connected, true);
		kafka_progress_committed(consumer->progress, rd_kafka_event_topic_partition_list(event));
	} else {
		/* It stays due and is said again. */
		kafka_consumer_error(consumer, "commit", rd_kafka_event_error(event));
	}
}

/* Takes the answer that is out, waiting for it up to `timeout_ms`. */
static void await_answer(struct kafka_consumer *consumer, int64_t timeout_ms)
{
	rd_kafka_event_t *event = consumer->commit_out
		? rd_kafka_queue_poll(consumer->commits, timeout_ms > 0 ? (int)timeout_ms : 0) : NULL;

	if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
		take_answer(consumer, event);
	if (event)
		rd_kafka_event_destroy(event);
}

static void send_commit(struct kafka_consumer *consumer)
{
	rd_kafka_topic_partition_list_t *list = kafka_progress_due(consumer->progress, consumer->options.topic);

	if (!list)
		return;
	rd_kafka_resp_err_t err = rd_kafka_commit_queue(consumer->client, list, consumer->commits, NULL, NULL);
	if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
		consumer->commit_out = true;
	else
		kafka_consumer_error(consumer, "commit", err);
	rd_kafka_topic_partition_list_destroy(list);
}

void kafka_group_commit(struct kafka_consumer *consumer)
{
	int64_t now = steady_ms();

	await_answer(consumer, 0);
	if (consumer->commit_out || now < consumer->commit_at)
		return;
	send_commit(consumer);
	consumer->commit_at = now + COMMIT_EVERY_MS;
}

/* rd_kafka_commit() would wait for a coordinator as long as a session lasts. */
static void commit_last(struct kafka_consumer *consumer)
{
	int64_t until = steady_ms() + LAST_COMMIT_MS;

	await_answer(consumer, LAST_COMMIT_MS);
	if (consumer->commit_out)
		return;
	send_commit(consumer);
	await_answer(consumer, until - steady_ms());
}

void kafka_group_give_up(struct kafka_consumer *consumer, bool lost)
{
	const struct kafka_consumer_options *options = &consumer->options;

	kafka_batch_drop(consumer);
	kafka_batch_resume(consumer);
	forget_given(consumer);
	if (!consumer->owned)
		return;
	options->revoked(options->context, lost, REVOKED_MS);
	if (!lost)
		commit_last(consumer);
	kafka_progress_clear(consumer->progress);
	consumer->owned = false;
	atomic_store(&consumer->partitions_n, 0);
	atomic_store(&consumer->lag, 0);
}
