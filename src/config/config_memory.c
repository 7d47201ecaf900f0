/* What `bauta check` prints. Tables that can be made cheaply (address space only) are made and asked; the
 * rest follows the sizes that their headers give. */
#include <inttypes.h>

#include "bus/kafka_consumer.h"
#include "bus/kafka_producer.h"
#include "config/config.h"
#include "core/board.h"
#include "core/busy.h"
#include "core/habit.h"
#include "core/pair.h"
#include "core/tombstone.h"
#include "core/wheel.h"
#include "feed/feed.h"

#define SESSION_BYTES 76u             /* engine_state.h: 64, and cells of two indexes */
#define SESSION_BODY_BYTES (3u * 32u) /* two parties and what a third of the sessions has besides */
#define SESSION_REF_BYTES (3u * 16u)
#define VN_BYTES 160u
#define BUSY_VN_BYTES 8u              /* busy.h: 4, and half of what grows by doubling is room */
#define CALL_BYTES 104u               /* recent.h: 64; ongoing.h: 40 */
#define IDEMPOTENCY_BYTES 72u         /* idempotency.h */
#define BLOCK_BYTES 68u               /* engine_state.h: 56, and cells of two indexes */
#define CONNECTION_BYTES (20u * 1024) /* one head of 16 KiB, state; a body comes on top while it is there */
#define TASK_BYTES 1024u              /* a change on its way to the writer */
#define CALL_RECORD_BYTES 512u
#define OUTBOX_BYTES 1024u            /* an event with its texts, where the store is memory */
#define PREFETCH_BYTES (16u << 20)    /* kafka_consumer.h; beside it a batch in our hands */
#define FEED_BATCHES (FEED_OUT_MAX + 1u) /* on their way to the writer, and one that is being filled */
#define FEED_BATCH_BYTES (sizeof(struct feed_batch) + 2 * KAFKA_BATCH_BYTES_MAX) /* records as they came, and as they are read */
#define DEAD_ORDER_BYTES 32u          /* dead_orders.c: 24, and a cell of an index */
#define DEAD_LETTER_BYTES 2048u       /* one with its payload, where the store is memory; up to 1 MiB each */
#define WAITING_TEXT_BYTES 7168u      /* ledger.h: of the longest text */
#define COMMAND_BYTES 7168u           /* commander.h */
#define KNOWN_TEXT_BYTES 64u
#define RETRIES_MAX 100000u           /* outbox.c: of one receiver */
#define RETRY_BYTES 256u              /* retries.c: 64, cells of two indexes, its key, what is to be stored */
#define MESSAGE_BYTES 2048u           /* an event on its way to a broker, with what librdkafka adds */
#define WEBHOOK_BYTES (256u * 1024)   /* a connection with TLS, a thread, what is out */

static uint64_t board_size(const struct limits *limits)
{
	struct board *board = board_new(limits, 0);
	uint64_t bytes = board ? board_bytes(board) : 0;

	board_free(board);
	return bytes;
}

static uint64_t pairs_size(uint32_t max)
{
	struct pairs *pairs = pairs_new(max, 0);
	uint64_t bytes = pairs ? pairs_bytes(pairs) : 0;

	pairs_free(pairs);
	return bytes;
}

static uint64_t busy_size(const struct limits *limits)
{
	struct busy *busy = busy_new(limits->pairs, limits->pools, 0);
	uint64_t bytes = busy ? busy_bytes(busy) : 0;

	busy_free(busy);
	return bytes + (uint64_t)limits->numbers * BUSY_VN_BYTES;
}

static uint64_t wheel_size(uint32_t max)
{
	struct wheel *wheel = wheel_new(max, 0);
	uint64_t bytes = wheel ? wheel_bytes(wheel) : 0;

	wheel_free(wheel);
	return bytes;
}

static uint64_t tombstones_size(uint32_t max)
{
	struct tombstones *tombstones = tombstones_new(max);
	uint64_t bytes = tombstones ? tombstones_bytes(tombstones) : 0;

	tombstones_free(tombstones);
	return bytes;
}

static uint64_t habits_size(uint32_t max)
{
	struct habits *habits = habits_new(max, 0);
	uint64_t bytes = habits ? habits_bytes(habits) : 0;

	habits_free(habits);
	return bytes;
}

static uint64_t row(struct buf *out, const char *what, uint32_t count, uint64_t bytes)
{
	buf_fmt(out, "%-22s %12" PRIu32 " %14.1f\n", what, count, (double)bytes / (1 << 20));
	return bytes;
}

/* What comes from Kafka, until it is applied or dropped. */
static uint64_t consumed(const struct config *config, struct buf *out)
{
	uint64_t dead = DEAD_ORDER_BYTES + (strcmp(config->store, "memory") == 0 ? DEAD_LETTER_BYTES : 0);
	uint64_t sum = row(out, "kafka: consumed", 1, PREFETCH_BYTES + KAFKA_BATCH_BYTES_MAX);

	sum += row(out, "kafka: batches read", FEED_BATCHES, FEED_BATCHES * FEED_BATCH_BYTES);
	return sum + row(out, "kafka.dead_max", config->kafka.dead_max, config->kafka.dead_max * dead);
}

/* What waits in queues for the outside: 0 unless such an outside is configured. */
static uint64_t outside(const struct config *config, struct buf *out)
{
	const struct config_kafka *kafka = &config->kafka;
	bool produces = kafka->brokers && (kafka->events_topic[0] || kafka->dead_letter_topic[0]);
	uint32_t receivers = (uint32_t)config->webhooks_n + produces + (config->orders_db.url != NULL);
	uint64_t sum = 0;

	if (strcmp(config->store, "memory") == 0)
		sum += row(out, "limits.outbox", config->limits.outbox, (uint64_t)config->limits.outbox * OUTBOX_BYTES);
	if (kafka->brokers && kafka->orders_topic[0])
		sum += consumed(config, out);
	if (produces)
		sum += row(out, "kafka: produced", KAFKA_QUEUE_MAX, (uint64_t)KAFKA_QUEUE_MAX * MESSAGE_BYTES);
	if (config->webhooks_n)
		sum += row(out, "webhooks", (uint32_t)config->webhooks_n,
			(uint64_t)config->webhooks_n * WEBHOOK_BYTES);
	if (receivers)
		sum += row(out, "retries", receivers * RETRIES_MAX, (uint64_t)receivers * RETRIES_MAX * RETRY_BYTES);
	return sum;
}

void config_memory(const struct config *config, struct buf *out)
{
	const struct config_limits *limits = &config->limits;
	const struct limits *engine = &limits->engine;
	uint64_t session = SESSION_BYTES + SESSION_BODY_BYTES + SESSION_REF_BYTES, sum = 0;

	buf_fmt(out, "%-22s %12s %14s\n", "limit", "at most", "MiB when full");
	sum += row(out, "limits.routes", engine->routes, board_size(engine));
	sum += row(out, "limits.pairs", engine->pairs, pairs_size(engine->pairs) + busy_size(engine));
	session *= engine->sessions;
	sum += row(out, "limits.sessions", engine->sessions,
		session + wheel_size(engine->sessions) + habits_size(engine->sessions));
	sum += row(out, "limits.tombstones", engine->tombstones, tombstones_size(engine->tombstones));
	sum += row(out, "limits.numbers", engine->numbers,
		(uint64_t)engine->numbers * VN_BYTES + wheel_size(engine->numbers + 1));
	sum += row(out, "limits.calls", engine->calls, (uint64_t)engine->calls * CALL_BYTES);
	sum += row(out, "limits.idempotency", engine->idempotency,
		(uint64_t)engine->idempotency * IDEMPOTENCY_BYTES);
	sum += row(out, "limits.blocks", engine->blocks, (uint64_t)engine->blocks * BLOCK_BYTES);
	sum += row(out, "limits.connections", limits->connections,
		(uint64_t)limits->connections * CONNECTION_BYTES);
	sum += row(out, "limits.queue", limits->queue, (uint64_t)limits->queue * TASK_BYTES);
	sum += row(out, "limits.call_queue", limits->call_queue,
		(uint64_t)limits->call_queue * CALL_RECORD_BYTES);
	sum += row(out, "limits.messages", limits->messages,
		(uint64_t)limits->messages * WAITING_TEXT_BYTES + (uint64_t)engine->calls * KNOWN_TEXT_BYTES);
	sum += row(out, "limits.commands", limits->commands, (uint64_t)limits->commands * 5 / 4 * COMMAND_BYTES);
	sum += outside(config, out);
	buf_fmt(out, "%-22s %12s %14.1f\n", "sum", "", (double)sum / (1 << 20));
}
