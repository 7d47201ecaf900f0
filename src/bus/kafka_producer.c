#include "bus/kafka_producer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "bus/kafka_client.h"

#define TIMEOUT_MS 30000
#define PURGE_MS 10000 /* librdkafka's threads give what they have within milliseconds */
#define AGAIN_MS 1000 /* between attempts to make a new client */

struct kafka_producer {
	struct kafka_producer_options options; /* begins with the settings: librdkafka's opaque */
	rd_kafka_conf_t *conf;
	rd_kafka_t *client;         /* NULL: none could be made after a fatal error, or stopped */
	bool fatal, silent, stopped;
	bool reporting;             /* in librdkafka's poll: `delivered` may send, but the client stays */
	int64_t again_at;
	pthread_mutex_t mutex;      /* of the next two: what other threads touch */
	pthread_cond_t woken;
	rd_kafka_queue_t *queue;    /* the client's reports; NULL with it */
	bool wake;
	atomic_uint_fast64_t delivered, failed, errors, clients;
	atomic_uint_fast32_t queued;
};

_Static_assert(offsetof(struct kafka_producer, options) == 0, "librdkafka's opaque begins with the settings");
_Static_assert(offsetof(struct kafka_producer_options, settings) == 0, "librdkafka's opaque begins with the settings");

/* compression.type stays none: our events are a few hundred bytes, a batch rarely holds many, and a topic that wants
 * compression says so at the broker. A batch is kept small, as Java's, so that a batch that is too large for the topic is
 * one message that is too large. */
static const char *const fixed[] = {
	"enable.idempotence", "true",
	"acks", "all",
	"partitioner", "murmur2_random",
	"linger.ms", "2",
	"batch.size", "16384",
	"compression.type", "none",
	"queue.buffering.max.messages", "4096",
	"queue.buffering.max.kbytes", "16384",
	NULL,
};
#define FIXED_N (sizeof fixed / sizeof fixed[0])

_Static_assert(KAFKA_QUEUE_MAX == 4096 && KAFKA_QUEUE_BYTES_MAX == 16384 * 1024, "as the properties say");

static enum kafka_delivery delivery_of(rd_kafka_resp_err_t err)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return KAFKA_DELIVERED;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
		return KAFKA_TOO_LARGE;
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
		return KAFKA_INVALID;
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
		return KAFKA_NO_TOPIC;
	default:
		return KAFKA_UNREACHABLE;
	}
}

static void report(struct kafka_producer *producer, void *message, rd_kafka_resp_err_t err)
{
	enum kafka_delivery delivery = delivery_of(err);

	if (producer->silent)
		return;
	atomic_fetch_add(delivery == KAFKA_DELIVERED ? &producer->delivered : &producer->failed, 1);
	producer->options.delivered(producer->options.context, message, delivery,
		delivery == KAFKA_DELIVERED ? NULL : rd_kafka_err2str(err));
}

static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct kafka_producer *producer = opaque;

	(void)client;
	atomic_fetch_sub(&producer->queued, 1);
	report(producer, message->_private, message->err);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
	struct kafka_producer *producer = opaque;
	char said[256] = "";

	atomic_fetch_add(&producer->errors, 1);
	if (kafka_is_logged(code))
		return;
	if (code != RD_KAFKA_RESP_ERR__FATAL) {
		kafka_log(&producer->options.settings, 4, "producer: %s", reason);
		return;
	}
	rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client, said, sizeof said);
	kafka_log(&producer->options.settings, 3, "producer: fatal, a new client is made: %s: %s", rd_kafka_err2name(cause), said);
	producer->fatal = true;
}

static void hold(struct kafka_producer *producer, rd_kafka_t *client)
{
	pthread_mutex_lock(&producer->mutex);
	if (producer->queue)
		rd_kafka_queue_destroy(producer->queue);
	producer->queue = client ? rd_kafka_queue_get_main(client) : NULL;
	pthread_mutex_unlock(&producer->mutex);
	producer->client = client;
}

static enum err open_client(struct kafka_producer *producer, char error[KAFKA_ERROR_SIZE])
{
	rd_kafka_t *client = NULL;
	enum err err = kafka_client_new(RD_KAFKA_PRODUCER, producer->conf, &client, error);

	if (err != ERR_OK)
		return err;
	producer->fatal = false;
	atomic_fetch_add(&producer->clients, 1);
	hold(producer, client);
	return ERR_OK;
}

static void poll_reports(struct kafka_producer *producer, int timeout_ms)
{
	producer->reporting = true;
	rd_kafka_poll(producer->client, timeout_ms);
	producer->reporting = false;
}

/* What is out is reported first. */
static void close_client(struct kafka_producer *producer)
{
	rd_kafka_t *client = producer->client;
	int64_t until = steady_ms() + PURGE_MS;

	if (!client)
		return;
	rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	while (atomic_load(&producer->queued) > 0 && !producer->silent && steady_ms() < until)
		poll_reports(producer, 100);
	hold(producer, NULL);
	rd_kafka_destroy(client);
	ASSERT(producer->silent || atomic_load(&producer->queued) == 0);
	atomic_store(&producer->queued, 0);
}

/* An idempotent producer is of no use after a fatal error: all that was out is reported by close_client(). */
static void mend(struct kafka_producer *producer)
{
	char error[KAFKA_ERROR_SIZE];

	if (producer->fatal)
		close_client(producer);
	producer->fatal = false;
	if (producer->client || producer->stopped || steady_ms() < producer->again_at)
		return;
	if (open_client(producer, error) != ERR_OK) {
		atomic_fetch_add(&producer->errors, 1);
		producer->again_at = steady_ms() + AGAIN_MS;
		kafka_log(&producer->options.settings, 3, "producer: %s", error);
	}
}

static void init_wake(struct kafka_producer *producer)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&producer->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&producer->woken, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static enum err configure(struct kafka_producer *producer, char error[KAFKA_ERROR_SIZE])
{
	const char *properties[FIXED_N + 2];
	char timeout[16];

	snprintf(timeout, sizeof timeout, "%d", producer->options.timeout_ms);
	memcpy(properties, fixed, sizeof fixed);
	properties[FIXED_N - 1] = "message.timeout.ms"; /* where fixed[] has its NULL */
	properties[FIXED_N] = timeout;
	properties[FIXED_N + 1] = NULL;
	enum err err = kafka_conf_new(&producer->options.settings, properties, producer, &producer->conf, error);
	if (err != ERR_OK)
		return err;
	rd_kafka_conf_set_dr_msg_cb(producer->conf, on_report);
	rd_kafka_conf_set_error_cb(producer->conf, on_error);
	return open_client(producer, error);
}

enum err kafka_producer_new(const struct kafka_producer_options *options, struct kafka_producer **ret_producer,
	char ret_error[256])
{
	struct kafka_producer *producer = calloc(1, sizeof *producer);

	ASSERT(options->settings.brokers && options->delivered);
	if (!producer) {
		snprintf(ret_error, KAFKA_ERROR_SIZE, "kafka: no memory");
		return ERR_INTERNAL;
	}
	producer->options = *options;
	if (options->timeout_ms == 0)
		producer->options.timeout_ms = TIMEOUT_MS;
	init_wake(producer);
	enum err err = configure(producer, ret_error);
	if (err != ERR_OK) {
		kafka_producer_free(producer);
		return err;
	}
	*ret_producer = producer;
	return ERR_OK;
}

void kafka_producer_stop(struct kafka_producer *producer, int grace_ms)
{
	producer->stopped = true;
	if (!producer->client)
		return;
	rd_kafka_flush(producer->client, grace_ms);
	int left = rd_kafka_outq_len(producer->client);
	if (left > 0)
		kafka_log(&producer->options.settings, 4, "producer: stopped with %d messages not delivered", left);
	producer->silent = true;
	close_client(producer);
}

void kafka_producer_free(struct kafka_producer *producer)
{
	if (!producer)
		return;
	producer->silent = producer->stopped = true;
	close_client(producer);
	if (producer->conf)
		rd_kafka_conf_destroy(producer->conf);
	pthread_cond_destroy(&producer->woken);
	pthread_mutex_destroy(&producer->mutex);
	free(producer);
}

static rd_kafka_headers_t *headers_of(const struct kafka_message *message)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)message->headers_n);

	ASSERT(message->headers_n <= KAFKA_HEADERS_MAX);
	for (int i = 0; i < message->headers_n; i++)
		if (rd_kafka_header_add(headers, message->headers[i].name, -1, message->headers[i].value.at,
			    (ssize_t)message->headers[i].value.len) != RD_KAFKA_RESP_ERR_NO_ERROR)
			ASSERT(!"headers that were just made are not read-only");
	return headers;
}

static rd_kafka_resp_err_t produce(struct kafka_producer *producer, const struct kafka_message *message, void *opaque)
{
	rd_kafka_headers_t *headers = headers_of(message);
	rd_kafka_resp_err_t err = rd_kafka_producev(producer->client, RD_KAFKA_V_TOPIC(message->topic),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(message->key.at, message->key.len),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)message->value.at, message->value.len), RD_KAFKA_V_HEADERS(headers),
		RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);

	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_headers_destroy(headers); /* a message that was taken has them */
	return err;
}

enum err kafka_producer_send(struct kafka_producer *producer, const struct kafka_message *message, void *opaque)
{
	ASSERT(!producer->stopped);
	if (!producer->reporting)
		mend(producer);
	rd_kafka_resp_err_t err = producer->client ? produce(producer, message, opaque) : RD_KAFKA_RESP_ERR__FATAL;
	switch (err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		atomic_fetch_add(&producer->queued, 1);
		return ERR_OK;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return ERR_OVERLOADED;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return ERR_TOO_LARGE;
	case RD_KAFKA_RESP_ERR__FATAL:
		producer->fatal = producer->client != NULL; /* its callback may not have come yet */
		/* fall through */
	default:
		report(producer, opaque, err);
		return ERR_OK;
	}
}

/* No client: rest until one may be made again. */
static void rest(struct kafka_producer *producer, int timeout_ms)
{
	struct timespec until = steady_in(timeout_ms);

	pthread_mutex_lock(&producer->mutex);
	while (!producer->wake && pthread_cond_timedwait(&producer->woken, &producer->mutex, &until) == 0)
		;
	pthread_mutex_unlock(&producer->mutex);
}

void kafka_producer_turn(struct kafka_producer *producer, int timeout_ms)
{
	if (producer->stopped)
		return;
	mend(producer);
	if (producer->client)
		poll_reports(producer, timeout_ms);
	else
		rest(producer, timeout_ms);
	pthread_mutex_lock(&producer->mutex);
	producer->wake = false;
	pthread_mutex_unlock(&producer->mutex);
	mend(producer);
}

/* librdkafka remembers the yield until the next poll, so a wake between two turns is not lost. */
void kafka_producer_wake(struct kafka_producer *producer)
{
	pthread_mutex_lock(&producer->mutex);
	producer->wake = true;
	if (producer->queue)
		rd_kafka_queue_yield(producer->queue);
	pthread_cond_signal(&producer->woken);
	pthread_mutex_unlock(&producer->mutex);
}

struct kafka_producer_counts kafka_producer_counts(const struct kafka_producer *producer)
{
	return (struct kafka_producer_counts){
		.delivered = atomic_load(&producer->delivered),
		.failed = atomic_load(&producer->failed),
		.errors = atomic_load(&producer->errors),
		.clients = atomic_load(&producer->clients),
		.queued = (uint32_t)atomic_load(&producer->queued),
	};
}
