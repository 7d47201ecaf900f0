#include "out/sink_webhook.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"
#include "crypto/digest.h"
#include "net/http_client.h"
#include "net/http_url.h"
#include "wire/cloud_event.h"
#include "wire/standard_webhook.h"
#include "wire/type_pattern.h"

#define NAME_MAX_LEN 32

/* A request that is out: what to answer about. */
struct flight {
	struct sink_webhook *webhook;
	const struct outbox_row *row; /* NULL: free */
};

struct sink_webhook {
	struct sink sink; /* first */
	struct http_client *client;
	char *url, *ca, *types; /* types: each with its NUL, one after the other */
	int types_n;
	char tenant[TENANT_NAME_MAX + 1];
	struct standard_webhook_secret secrets[STANDARD_WEBHOOK_SECRETS_MAX];
	int secrets_n;
	bool allow_private, stopped;
	uint32_t timeout_ms;
	int64_t (*now_ms)(void *context);
	void *now_context;
	struct flight flights[SINK_WEBHOOK_WINDOW];
	_Atomic uint64_t delivered, failed;
	_Atomic int last_status;
};

static struct sink_webhook *webhook_of(struct sink *sink)
{
	return (struct sink_webhook *)sink;
}

static bool wants(const struct sink *sink, const struct outbox_row *row)
{
	const struct sink_webhook *webhook = (const struct sink_webhook *)sink;
	const char *pattern = webhook->types;

	if (!str_equal(row->tenant, str_of(webhook->tenant)))
		return false;
	for (int i = 0; i < webhook->types_n; i++, pattern += strlen(pattern) + 1)
		if (type_pattern_holds(str_of(pattern), row->type))
			return true;
	return webhook->types_n == 0;
}

/* ---- what was answered ---- */

static enum sent say(char why[128], enum sent sent, const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum sent say(char why[128], enum sent sent, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, 128, format, args);
	va_end(args);
	return sent;
}

static enum sent verdict_of(const struct http_answered *answered, char why[128])
{
	int status = answered->status;

	if (answered->failure == HTTP_NOT_PUBLIC)
		return say(why, SENT_AGAIN, "its address is not public, and allow_private is not set");
	if (answered->failure != HTTP_ANSWERED)
		return say(why, SENT_AGAIN, "%s", answered->why);
	if (status >= 200 && status <= 299)
		return SENT_DONE;
	if (status == 410)
		return say(why, SENT_REFUSED, "answered 410: it wants no more events");
	if (status >= 300 && status <= 399)
		return say(why, SENT_AGAIN, "answered %d: redirects are not followed", status);
	return say(why, SENT_AGAIN, "answered %d", status);
}

static void heed_retry_after(struct sink *sink, const struct http_answered *answered)
{
	int64_t rest_s = answered->retry_after_s;

	if ((answered->status == 429 || answered->status == 503) && rest_s > 0)
		sink_rest(sink, (uint32_t)(rest_s < SINK_WEBHOOK_REST_MAX_S ? rest_s : SINK_WEBHOOK_REST_MAX_S));
}

static void on_answer(void *context, const struct http_answered *answered)
{
	struct flight *flight = context;
	struct sink_webhook *webhook = flight->webhook;
	const struct outbox_row *row = flight->row;
	char why[128];
	enum sent sent = verdict_of(answered, why);

	flight->row = NULL;
	atomic_store(&webhook->last_status, answered->failure == HTTP_ANSWERED ? answered->status : 0);
	atomic_fetch_add(sent == SENT_DONE ? &webhook->delivered : &webhook->failed, 1);
	if (answered->failure == HTTP_ANSWERED)
		heed_retry_after(&webhook->sink, answered);
	sink_done(&webhook->sink, row, sent, sent == SENT_DONE ? NULL : why);
}

/* ---- what is sent ---- */

static struct flight *free_flight(struct sink_webhook *webhook)
{
	for (int i = 0; i < SINK_WEBHOOK_WINDOW; i++)
		if (!webhook->flights[i].row)
			return &webhook->flights[i];
	ASSERT(!"no more than the window");
	return NULL;
}

static enum err post(struct sink_webhook *webhook, const char *id, struct str body, struct flight *flight)
{
	int64_t now_s = webhook->now_ms(webhook->now_context) / 1000;
	char time[24], signature[STANDARD_WEBHOOK_SIGNATURE_SIZE];

	snprintf(time, sizeof time, "%lld", (long long)now_s);
	standard_webhook_sign(webhook->secrets, webhook->secrets_n, str_of(id), now_s, body, signature);
	const struct http_header headers[] = {
		{STR("Content-Type"), STR(CLOUD_EVENT_CONTENT_TYPE)},
		{STR("webhook-id"), str_of(id)},
		{STR("webhook-timestamp"), str_of(time)},
		{STR("webhook-signature"), str_of(signature)},
	};
	const struct http_ask ask = {
		.method = HTTP_METHOD_POST,
		.url = webhook->url,
		.headers = headers,
		.headers_n = sizeof headers / sizeof headers[0],
		.body = body,
		.timeout_ms = webhook->timeout_ms,
		.allow_private = webhook->allow_private,
		.ca = webhook->ca,
	};
	return http_client_send(webhook->client, &ask, on_answer, flight);
}

static void send_row(struct sink *sink, const struct outbox_row *row)
{
	struct sink_webhook *webhook = webhook_of(sink);
	struct flight *flight = free_flight(webhook);
	enum err err = ERR_OVERLOADED;
	struct cloud_event event;
	struct buf body;

	ASSERT(!webhook->stopped);
	if (row->data.len > SINK_WEBHOOK_DATA_MAX) {
		atomic_fetch_add(&webhook->failed, 1);
		sink_done(sink, row, SENT_NEVER, "the event is larger than 512 KiB");
		return;
	}
	buf_init(&body, SINK_WEBHOOK_DATA_MAX + 16 * 1024);
	cloud_event_of(row, &event);
	cloud_event_write(&body, &event);
	flight->row = row;
	if (buf_ok(&body))
		err = post(webhook, event.id, buf_text(&body), flight);
	buf_done(&body);
	ASSERT(err == ERR_OK || err == ERR_OVERLOADED); /* sink_webhook_new() has looked at the URL */
	if (err != ERR_OK) {
		flight->row = NULL;
		sink_done(sink, row, SENT_DOWN, "no memory to send it");
	}
}

static void turn(struct sink *sink, int timeout_ms)
{
	struct sink_webhook *webhook = webhook_of(sink);

	if (!webhook->stopped)
		http_client_turn(webhook->client, timeout_ms);
}

static void wake(struct sink *sink)
{
	http_client_wake(webhook_of(sink)->client);
}

static void stop(struct sink *sink, int grace_ms)
{
	struct sink_webhook *webhook = webhook_of(sink);
	int64_t left_ms, end_ms = steady_ms() + grace_ms;

	while (!webhook->stopped && http_client_out(webhook->client) > 0 && (left_ms = end_ms - steady_ms()) > 0)
		http_client_turn(webhook->client, (int)left_ms);
	webhook->stopped = true; /* wake() may still come: the client, with what is out, goes with the sink */
}

static void free_sink(struct sink *sink)
{
	struct sink_webhook *webhook = webhook_of(sink);

	http_client_free(webhook->client);
	free(webhook->url);
	free(webhook->ca);
	free(webhook->types);
	secret_wipe(webhook->secrets, sizeof webhook->secrets);
	free(webhook);
}

static const struct sink_ops ops = {
	.kind = "webhook",
	.window = SINK_WEBHOOK_WINDOW,
	.send = send_row,
	.turn = turn,
	.wake = wake,
	.stop = stop,
	.free = free_sink,
};

/* Standard Webhooks' own, after the first try at once. */
static const uint32_t schedule_s[] = {
	5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600, 0};

/* ---- made ---- */

static bool refuse(char ret_error[256], const char *field, const char *why)
{
	snprintf(ret_error, 256, "%s: %s", field, why);
	return false;
}

static bool take_secret(struct sink_webhook *webhook, const char *field, const char *text, char ret_error[256])
{
	const char *why;

	if (standard_webhook_secret_parse(str_of(text), &webhook->secrets[webhook->secrets_n], &why) != ERR_OK)
		return refuse(ret_error, field, why);
	webhook->secrets_n++;
	return true;
}

static bool take_types(struct sink_webhook *webhook, const struct sink_webhook_options *options, char ret_error[256])
{
	struct buf out;

	if (options->types_n < 0 || options->types_n > SINK_WEBHOOK_TYPES_MAX)
		return refuse(ret_error, "types", "at most 64 of them");
	buf_init(&out, SINK_WEBHOOK_TYPES_MAX * (TYPE_PATTERN_MAX + 1));
	for (int i = 0; i < options->types_n; i++) {
		if (!type_pattern_ok(str_of(options->types[i]))) {
			buf_done(&out);
			return refuse(ret_error, "types", "must be such as session.live, call.* or *");
		}
		buf_put(&out, options->types[i], strlen(options->types[i]) + 1);
	}
	webhook->types = out.at;
	webhook->types_n = options->types_n;
	return buf_ok(&out) || refuse(ret_error, "types", "no memory");
}

static bool take_names(struct sink_webhook *webhook, const struct sink_webhook_options *options, char ret_error[256])
{
	struct str name = str_of(options->name);
	struct http_url url;
	const char *why;

	if (name.len == 0 || name.len > NAME_MAX_LEN)
		return refuse(ret_error, "name", "must be 1 to 32 bytes");
	snprintf(webhook->sink.name, sizeof webhook->sink.name, "webhook:%s", options->name);
	if (!options->tenant || !options->tenant[0] ||
		!str_copy(webhook->tenant, sizeof webhook->tenant, str_of(options->tenant)))
		return refuse(ret_error, "tenant", "must be 1 to 64 bytes");
	if (http_url_read(options->url ? options->url : "", &url, &why) != ERR_OK)
		return refuse(ret_error, "url", why);
	webhook->url = strdup(options->url);
	webhook->ca = options->ca ? strdup(options->ca) : NULL;
	return (webhook->url && (webhook->ca || !options->ca)) || refuse(ret_error, "url", "no memory");
}

static bool fill(struct sink_webhook *webhook, const struct sink_webhook_options *options, char ret_error[256])
{
	const struct http_client_options client = {
		.connections_max = SINK_WEBHOOK_WINDOW, .user_agent = "bauta/" BAUTA_VERSION};

	webhook->sink.ops = &ops;
	webhook->sink.wants = wants;
	webhook->sink.schedule_s = schedule_s;
	webhook->allow_private = options->allow_private;
	webhook->timeout_ms = options->timeout_ms;
	webhook->now_ms = options->now_ms;
	webhook->now_context = options->now_context;
	for (int i = 0; i < SINK_WEBHOOK_WINDOW; i++)
		webhook->flights[i].webhook = webhook;
	if (!take_names(webhook, options, ret_error) || !take_secret(webhook, "secret", options->secret, ret_error) ||
		(options->secret_2 && !take_secret(webhook, "secret_2", options->secret_2, ret_error)) ||
		!take_types(webhook, options, ret_error))
		return false;
	webhook->client = http_client_new(&client);
	return webhook->client || refuse(ret_error, "webhook", "no memory");
}

struct sink *sink_webhook_new(const struct sink_webhook_options *options, char ret_error[256])
{
	struct sink_webhook *webhook = calloc(1, sizeof *webhook);

	ASSERT(options->now_ms);
	if (!webhook) {
		refuse(ret_error, "webhook", "no memory");
		return NULL;
	}
	if (!fill(webhook, options, ret_error)) {
		free_sink(&webhook->sink);
		return NULL;
	}
	return &webhook->sink;
}

struct sink_webhook_counts sink_webhook_counts(const struct sink *sink)
{
	const struct sink_webhook *webhook = (const struct sink_webhook *)sink;

	return (struct sink_webhook_counts){
		.delivered = atomic_load(&webhook->delivered),
		.failed = atomic_load(&webhook->failed),
		.last_status = atomic_load(&webhook->last_status),
	};
}
