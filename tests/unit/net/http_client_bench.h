/* http_client_bench: what the tests of the HTTP client share: a far end, a client, and what was answered. */
#ifndef UNIT_HTTP_CLIENT_BENCH_H
#define UNIT_HTTP_CLIENT_BENCH_H

#include "unit/test.h"

#include "http/far_end.h"
#include "net/http_client.h"

#define PATIENCE_MS 60000

/* What came of one request. */
struct result {
	int answers; /* must become 1 */
	enum http_failure failure;
	int status;
	int64_t retry_after_s, date_ms;
	size_t body_len;
	char body[256]; /* its beginning */
	const char *why;
};

static struct far_end far_end;
static struct http_client *client;

static inline void take_result(void *context, const struct http_answered *answered)
{
	struct result *result = context;

	*result = (struct result){
		.answers = result->answers + 1,
		.failure = answered->failure,
		.status = answered->status,
		.retry_after_s = answered->retry_after_s,
		.date_ms = answered->date_ms,
		.body_len = answered->body.len,
		.why = answered->why,
	};
	if (answered->body.len < sizeof result->body)
		str_copy(result->body, sizeof result->body, answered->body);
	assert_true((answered->failure == HTTP_ANSWERED) == (answered->why == NULL));
}

static inline const char *url_to(const char *host, const char *path)
{
	static char url[4][512]; /* some are needed at a time */
	static int next;
	char *text = url[next++ % 4];

	snprintf(text, sizeof url[0], "%s%s:%d%s", strstr(host, "://") ? "" : "http://", host, far_end.port, path);
	return text;
}

static inline struct http_ask ask_for(const char *path)
{
	return (struct http_ask){
		.url = url_to("127.0.0.1", path), .allow_private = true, .timeout_ms = PATIENCE_MS, .body_max = 1024};
}

static inline void send_to(struct http_client *to, const struct http_ask *ask, struct result *result)
{
	*result = (struct result){0};
	assert_int_equal(http_client_send(to, ask, take_result, result), ERR_OK);
}

static inline void wait_result(struct http_client *of, const struct result *result)
{
	while (!result->answers)
		http_client_turn(of, PATIENCE_MS);
	assert_int_equal(result->answers, 1);
}

static inline struct result ask_now(const struct http_ask *ask)
{
	struct result result;

	send_to(client, ask, &result);
	wait_result(client, &result);
	assert_int_equal(http_client_out(client), 0);
	return result;
}

static inline void expect_answer(const struct result *result, int status, const char *body)
{
	assert_int_equal(result->failure, HTTP_ANSWERED);
	assert_int_equal(result->status, status);
	assert_string_equal(result->body, body);
}

static inline void finish(void)
{
	http_client_free(client);
	client = NULL;
	far_end_stop(&far_end);
}

static inline void begin_with(
	void (*handle)(struct far_link *link), SSL_CTX *tls, const struct http_client_options *options)
{
	finish(); /* of a test that failed halfway */
	far_end_start(&far_end, handle, tls);
	client = http_client_new(options);
	assert_non_null(client);
}

static inline void begin(void (*handle)(struct far_link *link))
{
	begin_with(handle, NULL, &(struct http_client_options){.user_agent = "bauta/test"});
}

/* The environment of whoever runs the tests must not choose their way. */
static inline void forget_proxies(void)
{
	static const char *const names[] = {
		"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
}

#endif
