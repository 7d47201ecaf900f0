#include "out/outbox.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/steady.h"
#include "crypto/digest.h"
#include "log.h"
#include "out/sink_kafka.h"
#include "out/sink_orders.h"
#include "out/sink_webhook.h"
#include "serve/kafka_settings.h"
#include "serve/visit.h"
#include "wire/notice_json.h"

#define NOTICE_MAX ((size_t)16 << 10) /* eight parties with their views, a long ref */
#define RETRIES_MAX 100000
#define STOP_LEAST_MS 100 /* for each carrier, also when the time is over */

struct outbox {
	struct carrier *carriers[OUTBOX_SINKS_MAX];
	int carriers_n;
	struct store *store;
	int64_t (*now_ms)(void *context);
	void *clock_context;
	char (*gone)[65]; /* sinks of the store that the configuration doesn't name */
	int gone_n, gone_size;
	int stop_fd;      /* readable from the stop on: nothing is waited for any more */
};

/* "" (said so) is none. */
static bool is_said(const char *topic)
{
	return topic && topic[0];
}

static bool wants_kafka(const struct config_kafka *kafka)
{
	return kafka->brokers && (is_said(kafka->events_topic) || is_said(kafka->dead_letter_topic));
}

bool outbox_wanted(const struct config *config)
{
	return config->webhooks_n > 0 || config->orders_db.url || wants_kafka(&config->kafka);
}

struct str outbox_tell(void *context, const struct notice *notice, struct arena *arena)
{
	char space[NOTICE_MAX];
	struct buf text;

	(void)context;
	buf_fixed(&text, space, sizeof space);
	notice_json_put(&text, notice);
	ASSERT(buf_ok(&text)); /* every part of it has a maximum: see NOTICE_MAX */
	return arena_str(arena, buf_text(&text));
}

/* --- making the sinks --- */

static enum err fail(char ret_error[256], enum err err, const char *sentence)
{
	snprintf(ret_error, 256, "%s", sentence);
	return err;
}

static enum err add(struct outbox *outbox, struct sink *sink, char ret_error[256])
{
	struct carrier_options options = {.sink = sink, .store = outbox->store, .retries_max = RETRIES_MAX,
		.now_ms = outbox->now_ms, .clock_context = outbox->clock_context};

	if (!sink)
		return fail(ret_error, ERR_OVERLOADED, "not enough memory");
	secret_random(&options.seed, sizeof options.seed);
	ASSERT(outbox->carriers_n < OUTBOX_SINKS_MAX);
	struct carrier *carrier = carrier_new(&options);
	if (!carrier) {
		sink->ops->free(sink);
		return fail(ret_error, ERR_OVERLOADED, "not enough memory");
	}
	outbox->carriers[outbox->carriers_n++] = carrier;
	return ERR_OK;
}

static enum err add_kafka(struct outbox *outbox, const struct config_kafka *kafka, char ret_error[256])
{
	struct sink_kafka_options options = {
		.settings = kafka_settings_of(kafka),
		.events_topic = kafka->events_topic,
		.dead_letter_topic = kafka->dead_letter_topic,
	};
	struct sink *sink;
	enum err err = sink_kafka_new(&options, &sink, ret_error);

	return err ? err : add(outbox, sink, ret_error);
}

static enum err add_webhook(struct outbox *outbox, const struct config_webhook *webhook, char ret_error[256])
{
	struct sink_webhook_options options = {
		.name = webhook->name,
		.url = webhook->url,
		.secret = webhook->secret,
		.secret_2 = webhook->secret_2,
		.tenant = webhook->tenant,
		.ca = webhook->ca,
		.allow_private = webhook->allow_private,
		.types = webhook->types,
		.types_n = webhook->types_n,
		.timeout_ms = webhook->timeout_ms,
		.now_ms = outbox->now_ms,
		.now_context = outbox->clock_context,
	};
	char error[256];
	struct sink *sink = sink_webhook_new(&options, error);

	if (sink)
		return add(outbox, sink, ret_error);
	snprintf(ret_error, 256, "webhook %s: %.200s", webhook->name, error);
	return ERR_BAD_REQUEST;
}

static enum err add_orders(struct outbox *outbox, const struct config_orders_db *orders, char ret_error[256])
{
	struct sink_orders_options options = {.url = orders->url, .upsert = orders->upsert, .stop_fd = outbox->stop_fd};
	char why[ORDERS_WHY_SIZE];
	struct sink *sink = sink_orders_new(&options);

	if (!sink)
		return fail(ret_error, ERR_OVERLOADED, "not enough memory");
	enum orders_said said = sink_orders_check(sink, why);
	if (said == ORDERS_WRONG) {
		sink->ops->free(sink);
		snprintf(ret_error, 256, "orders_db.upsert: %.230s", why);
		return ERR_BAD_REQUEST;
	}
	if (said != ORDERS_OK)
		log_warn("the orders database can't be asked now; what it is to get waits", "reason", why);
	return add(outbox, sink, ret_error);
}

static enum err add_all(struct outbox *outbox, const struct config *config, char ret_error[256])
{
	enum err err = ERR_OK;

	if (wants_kafka(&config->kafka))
		err = add_kafka(outbox, &config->kafka, ret_error);
	for (int i = 0; !err && i < config->webhooks_n; i++)
		err = add_webhook(outbox, &config->webhooks[i], ret_error);
	if (!err && config->orders_db.url)
		err = add_orders(outbox, &config->orders_db, ret_error);
	return err;
}

enum err outbox_new(const struct config *config, struct store *store, int64_t (*now_ms)(void *context), void *clock_context,
	struct outbox **ret_outbox, char ret_error[256])
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (!outbox)
		return fail(ret_error, ERR_OVERLOADED, "not enough memory");
	outbox->store = store;
	outbox->now_ms = now_ms;
	outbox->clock_context = clock_context;
	outbox->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum err err = outbox->stop_fd < 0 ? fail(ret_error, ERR_OVERLOADED, "no descriptor is left") : ERR_OK;
	if (!err)
		err = add_all(outbox, config, ret_error);
	if (err)
		outbox_free(outbox);
	else
		*ret_outbox = outbox;
	return err;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	for (int i = 0; i < outbox->carriers_n; i++)
		carrier_free(outbox->carriers[i]);
	if (outbox->stop_fd >= 0)
		close(outbox->stop_fd);
	free(outbox->gone);
	free(outbox);
}

/* --- what the store has --- */

static enum err note_gone(struct outbox *outbox, struct str name)
{
	if (outbox->gone_n == outbox->gone_size) {
		int size = outbox->gone_size * 2 + 8;
		char(*gone)[65] = realloc(outbox->gone, (size_t)size * sizeof *gone);
		if (!gone)
			return ERR_LIMIT_REACHED;
		outbox->gone = gone;
		outbox->gone_size = size;
	}
	return str_copy(outbox->gone[outbox->gone_n++], 65, name) ? ERR_OK : ERR_STORE_REFUSED;
}

enum err outbox_load_sink(struct outbox *outbox, const struct sink_row *row)
{
	struct carrier *carrier = outbox_find(outbox, row->name);

	return carrier ? carrier_load(carrier, row) : note_gone(outbox, row->name);
}

enum err outbox_load_retry(struct outbox *outbox, const struct retry_row *row)
{
	struct carrier *carrier = outbox_find(outbox, row->sink);

	return carrier ? carrier_load_retry(carrier, row) : ERR_OK;
}

void outbox_load_last(struct outbox *outbox, uint64_t last_id)
{
	for (int i = 0; i < outbox->carriers_n; i++)
		carrier_begin_at(outbox->carriers[i], last_id);
}

/* --- running --- */

/* The rows of sinks that are new, before anything can happen that they are to be told of: after a crash they would begin behind
 * it. And the end of those that are no more: their cursors must not hold up the purge. */
static enum err run_rows(void *context, struct engine *engine, int64_t now_ms)
{
	const struct outbox *outbox = context;
	enum err err = ERR_OK;

	(void)now_ms;
	for (int i = 0; !err && i < outbox->carriers_n; i++) {
		struct sink_row *row = engine_room(engine, sizeof *row);
		if (!row)
			return ERR_LIMIT_REACHED;
		if (carrier_first_row(outbox->carriers[i], row))
			err = engine_note(engine, &(struct record){.kind = RECORD_SINK, .sink = row});
	}
	for (int i = 0; !err && i < outbox->gone_n; i++) {
		struct sink_row *row = engine_room(engine, sizeof *row);
		if (!row)
			return ERR_LIMIT_REACHED;
		*row = (struct sink_row){.name = str_of(outbox->gone[i])};
		err = engine_note(engine, &(struct record){.kind = RECORD_SINK_DROP, .sink = row});
	}
	return err;
}

enum err outbox_start(struct outbox *outbox, struct writer *writer)
{
	enum err err = ERR_OK;

	/* A store that can't take them now mustn't keep calls from being answered: the carriers try again, the end of old sinks comes
	 * with the next start. */
	if (visit(writer, VISIT_CHANGE, run_rows, outbox) != ERR_OK)
		log_warn("the rows of new receivers of events are not stored yet");
	for (int i = 0; !err && i < outbox->carriers_n; i++)
		err = carrier_start(outbox->carriers[i], writer);
	return err;
}

/* For what is just being sent. */
static void await_end(const struct outbox *outbox, int64_t until_ms)
{
	const struct timespec look = {.tv_nsec = 5000000};
	bool ended = false;

	while (!ended && steady_ms() < until_ms) {
		ended = true;
		for (int i = 0; i < outbox->carriers_n; i++)
			ended &= carrier_ended(outbox->carriers[i]);
		if (!ended)
			nanosleep(&look, NULL);
	}
}

void outbox_stop(struct outbox *outbox, int grace_ms)
{
	int64_t began_ms = steady_ms();

	for (int i = 0; i < outbox->carriers_n; i++)
		carrier_stopping(outbox->carriers[i]);
	await_end(outbox, began_ms + grace_ms / 2);
	(void)eventfd_write(outbox->stop_fd, 1);
	for (int i = 0; i < outbox->carriers_n; i++) {
		int64_t left_ms = began_ms + grace_ms - steady_ms();
		carrier_stop(outbox->carriers[i], left_ms > STOP_LEAST_MS ? (int)left_ms : STOP_LEAST_MS);
	}
}

void outbox_wake(struct outbox *outbox)
{
	for (int i = 0; i < outbox->carriers_n; i++)
		carrier_wake(outbox->carriers[i]);
}

int outbox_sinks(const struct outbox *outbox)
{
	return outbox->carriers_n;
}

struct carrier *outbox_sink(const struct outbox *outbox, int i)
{
	ASSERT(i >= 0 && i < outbox->carriers_n);
	return outbox->carriers[i];
}

struct carrier *outbox_find(const struct outbox *outbox, struct str name)
{
	for (int i = 0; i < outbox->carriers_n; i++)
		if (str_equal(str_of(carrier_name(outbox->carriers[i])), name))
			return outbox->carriers[i];
	return NULL;
}
