#include "bus/kafka_consumer_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define CLOSE_MS 5000      /* to leave the group in good order */
#define NEW_CLIENT_MS 2000 /* after a fatal error */
#define LOOK_EVERY_MS 1000
#define FIXED_N (sizeof fixed / sizeof fixed[0])

_Static_assert(offsetof(struct kafka_consumer, options) == 0, "librdkafka's opaque begins with the settings");
_Static_assert(offsetof(struct kafka_consumer_options, settings) == 0, "librdkafka's opaque begins with the settings");

/* Eager assignors: cooperative-sticky loses assignments before 2.10 (librdkafka #4059). */
static const char *const fixed[] = {
	"enable.auto.commit", "false",
	"enable.auto.offset.store", "false",
	"isolation.level", "read_committed",
	"partition.assignment.strategy", "range,roundrobin",
	"auto.offset.reset", "earliest",
	"enable.partition.eof", "false",
	"queued.max.messages.kbytes", "16384",
	"fetch.max.bytes", "8388608",
	"statistics.interval.ms", "1000",
	NULL,
};

void kafka_consumer_error(struct kafka_consumer *consumer, const char *doing, rd_kafka_resp_err_t err)
{
	atomic_fetch_add(&consumer->errors_n, 1);
	kafka_log(&consumer->options.settings, 4, "consumer: %s: %s", doing, rd_kafka_err2str(err));
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
	struct kafka_consumer *consumer = opaque;
	char said[256] = "";

	atomic_fetch_add(&consumer->errors_n, 1);
	if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		atomic_store(&consumer->connected, false);
	if (kafka_is_logged(code))
		return;
	if (code != RD_KAFKA_RESP_ERR__FATAL) {
		kafka_log(&consumer->options.settings, 4, "consumer: %s", reason);
		return;
	}
	rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client, said, sizeof said);
	kafka_log(&consumer->options.settings, 3, "consumer: fatal, a new client is made: %s: %s", rd_kafka_err2name(cause), said);
	consumer->fatal = true;
}

/* There is no event for "reachable again": the statistics tell each broker's state, "UP" behind the handshake. */
static int on_statistics(rd_kafka_t *client, char *json, size_t len, void *opaque)
{
	static const char up[] = "\"state\":\"UP\"";
	struct kafka_consumer *consumer = opaque;

	(void)client;
	atomic_store(&consumer->connected, memmem(json, len, up, sizeof up - 1) != NULL);
	return 0; /* librdkafka frees it */
}

/* --- the client --- */

static void hold(struct kafka_consumer *consumer, rd_kafka_t *client)
{
	pthread_mutex_lock(&consumer->mutex);
	if (consumer->queue)
		rd_kafka_queue_destroy(consumer->queue);
	consumer->queue = client ? rd_kafka_queue_get_consumer(client) : NULL;
	pthread_mutex_unlock(&consumer->mutex);
	if (consumer->commits)
		rd_kafka_queue_destroy(consumer->commits);
	consumer->commits = client ? rd_kafka_queue_new(client) : NULL;
	consumer->commit_out = false;
	consumer->client = client;
}

static rd_kafka_resp_err_t subscribe(struct kafka_consumer *consumer)
{
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(topics, consumer->options.topic, RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t err = rd_kafka_subscribe(consumer->client, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	return err;
}

static void open_client(struct kafka_consumer *consumer)
{
	char error[KAFKA_ERROR_SIZE];
	rd_kafka_t *client = NULL;

	consumer->fatal = false;
	consumer->again_at = steady_ms() + NEW_CLIENT_MS;
	if (kafka_client_new(RD_KAFKA_CONSUMER, consumer->conf, &client, error) != ERR_OK) {
		atomic_fetch_add(&consumer->errors_n, 1);
		kafka_log(&consumer->options.settings, 3, "consumer: %s", error);
		return;
	}
	rd_kafka_poll_set_consumer(client);
	hold(consumer, client);
	rd_kafka_resp_err_t err = subscribe(consumer);
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		kafka_consumer_error(consumer, "subscribe", err);
		consumer->fatal = true;
	}
}

/* rd_kafka_consumer_close() waits as long as a session lasts when a commit finds no coordinator; so it is begun, polled,
 * and cut short after CLOSE_MS. */
static bool leave(struct kafka_consumer *consumer)
{
	rd_kafka_t *client = consumer->client;
	rd_kafka_queue_t *closing = rd_kafka_queue_new(client);
	rd_kafka_error_t *error = rd_kafka_consumer_close_queue(client, closing);
	int64_t until = steady_ms() + CLOSE_MS;

	while (!error && !rd_kafka_consumer_closed(client) && steady_ms() < until) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(client, KAFKA_POLL_MS / 4);
		if (message)
			rd_kafka_message_destroy(message);
	}
	bool closed = rd_kafka_consumer_closed(client);
	if (error)
		rd_kafka_error_destroy(error);
	rd_kafka_queue_destroy(closing);
	return closed;
}

static void close_client(struct kafka_consumer *consumer)
{
	rd_kafka_t *client = consumer->client;

	if (!client)
		return;
	bool closed = !consumer->fatal && leave(consumer);
	kafka_group_give_up(consumer, consumer->fatal); /* if no rebalance did */
	hold(consumer, NULL);
	rd_kafka_destroy_flags(client, closed ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	atomic_store(&consumer->connected, false);
}

/* --- the thread --- */

static void look(struct kafka_consumer *consumer)
{
	int64_t now = steady_ms();

	if (!consumer->owned || now < consumer->look_at)
		return;
	consumer->look_at = now + LOOK_EVERY_MS;
	atomic_store(&consumer->lag, kafka_progress_lag(consumer->progress, consumer->client, consumer->options.topic));
}

static void loop_once(struct kafka_consumer *consumer)
{
	if (consumer->options.turn)
		consumer->options.turn(consumer->options.context);
	kafka_group_begin(consumer);
	kafka_batch_fill(consumer);
	kafka_batch_offer(consumer);
	kafka_group_commit(consumer);
	look(consumer);
}

/* Without a client: until the next may be made. */
static void rest(struct kafka_consumer *consumer)
{
	struct timespec at = {consumer->again_at / 1000, consumer->again_at % 1000 * 1000000};

	pthread_mutex_lock(&consumer->mutex);
	while (!consumer->stop && pthread_cond_timedwait(&consumer->changed, &consumer->mutex, &at) == 0)
		;
	pthread_mutex_unlock(&consumer->mutex);
}

static bool stopping(struct kafka_consumer *consumer)
{
	pthread_mutex_lock(&consumer->mutex);
	bool stop = consumer->stop;
	pthread_mutex_unlock(&consumer->mutex);
	return stop;
}

static void *run(void *at)
{
	struct kafka_consumer *consumer = at;

	while (!stopping(consumer)) {
		if (consumer->fatal)
			close_client(consumer);
		if (consumer->client)
			loop_once(consumer);
		else if (steady_ms() < consumer->again_at)
			rest(consumer);
		else
			open_client(consumer);
	}
	close_client(consumer);
	return NULL;
}

/* --- the owner's side --- */

static enum err configure(struct kafka_consumer *consumer, char error[KAFKA_ERROR_SIZE])
{
	const struct kafka_consumer_options *options = &consumer->options;
	const char *properties[FIXED_N + 4]; /* group and instance; fixed[] has the NULL */
	size_t n = FIXED_N - 1;

	memcpy(properties, fixed, sizeof fixed);
	properties[n++] = "group.id";
	properties[n++] = options->group;
	if (options->instance) {
		properties[n++] = "group.instance.id";
		properties[n++] = options->instance;
	}
	properties[n] = NULL;
	enum err err = kafka_conf_new(&options->settings, properties, consumer, &consumer->conf, error);
	if (err != ERR_OK)
		return err;
	rd_kafka_conf_set_rebalance_cb(consumer->conf, kafka_group_on_rebalance);
	rd_kafka_conf_set_error_cb(consumer->conf, on_error);
	rd_kafka_conf_set_stats_cb(consumer->conf, on_statistics);
	return ERR_OK;
}

/* What only a client finds out: files, settings that don't go together. One without brokers connects to nothing. */
static enum err try_settings(const struct kafka_consumer *consumer, char error[KAFKA_ERROR_SIZE])
{
	static const char *const filter[] = {"bootstrap.servers", "metadata.broker.list", "test.mock.num.brokers"};
	rd_kafka_conf_t *conf = rd_kafka_conf_dup_filter(consumer->conf, 3, (const char **)(uintptr_t)filter);
	rd_kafka_t *client = NULL;

	rd_kafka_conf_set_log_cb(conf, NULL);
	enum err err = kafka_client_new(RD_KAFKA_CONSUMER, conf, &client, error);
	rd_kafka_conf_destroy(conf);
	if (err == ERR_OK)
		rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return err;
}

static void init_wake(struct kafka_consumer *consumer)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&consumer->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&consumer->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static bool allocate(struct kafka_consumer *consumer)
{
	struct kafka_batch *batch = &consumer->batch;
	size_t n = (size_t)consumer->options.batch_max;

	consumer->progress = kafka_progress_new();
	batch->messages = calloc(n, sizeof *batch->messages);
	batch->records = calloc(n, sizeof *batch->records);
	return consumer->progress && batch->messages && batch->records;
}

enum err kafka_consumer_new(const struct kafka_consumer_options *options, struct kafka_consumer **ret_consumer,
	char ret_error[256])
{
	struct kafka_consumer *consumer = calloc(1, sizeof *consumer);
	enum err err = ERR_INTERNAL;

	ASSERT(options->settings.brokers && options->topic && options->group && options->batch_max > 0);
	ASSERT(options->assigned && options->records && options->revoked);
	snprintf(ret_error, KAFKA_ERROR_SIZE, "kafka: no memory");
	if (!consumer)
		return err;
	consumer->options = *options;
	init_wake(consumer);
	if (allocate(consumer))
		err = configure(consumer, ret_error);
	if (err == ERR_OK)
		err = try_settings(consumer, ret_error);
	if (err != ERR_OK) {
		kafka_consumer_free(consumer);
		return err;
	}
	ret_error[0] = '\0';
	*ret_consumer = consumer;
	return ERR_OK;
}

enum err kafka_consumer_start(struct kafka_consumer *consumer)
{
	ASSERT(!consumer->started);
	if (pthread_create(&consumer->thread, NULL, run, consumer) != 0)
		return ERR_INTERNAL;
	consumer->started = true;
	return ERR_OK;
}

/* librdkafka remembers the yield until its next poll. */
static void wake(struct kafka_consumer *consumer, bool *what)
{
	pthread_mutex_lock(&consumer->mutex);
	*what = true;
	if (consumer->queue)
		rd_kafka_queue_yield(consumer->queue);
	pthread_cond_signal(&consumer->changed);
	pthread_mutex_unlock(&consumer->mutex);
}

void kafka_consumer_stop(struct kafka_consumer *consumer)
{
	if (!consumer->started)
		return;
	wake(consumer, &consumer->stop);
	pthread_join(consumer->thread, NULL);
	consumer->started = false;
}

void kafka_consumer_free(struct kafka_consumer *consumer)
{
	if (!consumer)
		return;
	ASSERT(!consumer->started && !consumer->client);
	if (consumer->conf)
		rd_kafka_conf_destroy(consumer->conf);
	kafka_progress_free(consumer->progress);
	free(consumer->batch.messages);
	free(consumer->batch.records);
	pthread_cond_destroy(&consumer->changed);
	pthread_mutex_destroy(&consumer->mutex);
	free(consumer);
}

void kafka_consumer_applied(struct kafka_consumer *consumer, int32_t partition, int64_t next, const char *mark)
{
	kafka_progress_applied(consumer->progress, partition, next, mark);
}

void kafka_consumer_room(struct kafka_consumer *consumer)
{
	wake(consumer, &consumer->room);
}

struct kafka_consumer_counts kafka_consumer_counts(const struct kafka_consumer *consumer)
{
	return (struct kafka_consumer_counts){
		.records = atomic_load(&consumer->records_n),
		.rebalances = atomic_load(&consumer->rebalances_n),
		.errors = atomic_load(&consumer->errors_n),
		.lag = atomic_load(&consumer->lag),
		.partitions = (uint32_t)atomic_load(&consumer->partitions_n),
		.connected = atomic_load(&consumer->connected),
		.paused = atomic_load(&consumer->is_paused),
	};
}
