/* http_bench: a real server on a free loopback port, and a client that is a bare socket, for the tests of
 * the HTTP server. Nobody sleeps: the client blocks in read() until the server has answered or closed, and
 * deadlines are options of a few ms.
 *
 * Paths: /block asks over bench.ask_from for /x while its handler runs, and so does the first piece of a stream;
 * /later is answered by the test through bench.later[]; /stream* is streamed; /big is 4 MiB; /close
 * closes; anything else is echoed as path|query|host|x-note|body. Include after cmocka.h.
 */
#ifndef TESTS_HTTP_BENCH_H
#define TESTS_HTTP_BENCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/http.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LATER_MAX 128

/* ---- the server under test ---- */

struct bench {
	struct http_server *server;
	int port;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct http_handle
		later[LATER_MAX]; /* requests for /later, /stream?later: to be answered by the test */
	int later_n;
	int done_n, gone_n, worker_n;
	int last_status;
	size_t streamed;
	bool stop_stream; /* pause after each piece */
	int ask_from;     /* a client's socket; 0: none */
	size_t echoed_at; /* bench.streamed when /x was echoed last */
	uint64_t echo_began_ns, blocked_ns; /* of /x; when /block had asked for it */
	char dir[64];
};

static struct bench bench;

static inline void changed(void)
{
	pthread_cond_broadcast(&bench.changed);
	pthread_mutex_unlock(&bench.lock);
}

static inline void keep_for_later(const struct http_request *request)
{
	pthread_mutex_lock(&bench.lock);
	assert_true(bench.later_n < LATER_MAX);
	bench.later[bench.later_n++] = request->handle;
	changed();
}

/* Blocks until `*counter` is at least `n`. */
static inline void wait_for(const int *counter, int n)
{
	pthread_mutex_lock(&bench.lock);
	while (*counter < n)
		pthread_cond_wait(&bench.changed, &bench.lock);
	pthread_mutex_unlock(&bench.lock);
}

static inline struct http_plan plan(void *context, const struct http_request *request)
{
	(void)context;
	if (str_starts(request->path, STR("/stream")))
		return (struct http_plan){.stream = true};
	if (str_equal(request->path, STR("/large")))
		return (struct http_plan){.body_max = 8 * 1024 * 1024};
	return (struct http_plan){.body_max = 1000};
}

static inline void echo(struct http_request *request)
{
	struct buf buf;
	struct str note = http_header_of(request, "x-note");

	buf_init(&buf, 16 * 1024 * 1024);
	buf_str(&buf, request->path);
	buf_char(&buf, '|');
	buf_str(&buf, request->query);
	buf_char(&buf, '|');
	buf_str(&buf, request->host);
	buf_char(&buf, '|');
	buf_str(&buf, note);
	buf_char(&buf, '|');
	buf_str(&buf, request->body);
	http_reply(request,
		&(struct http_reply){.status = 200, .content_type = "text/plain", .body = buf_text(&buf)});
	buf_done(&buf);
}

static inline uint64_t steady_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* From within a handler: the worker is busy when the request comes. */
static inline void ask_meanwhile(void)
{
	static const char text[] = GET("/x");

	if (bench.ask_from)
		assert_int_equal(write(bench.ask_from, text, sizeof text - 1), sizeof text - 1);
	bench.ask_from = 0;
	bench.blocked_ns = steady_ns();
}

static inline void on_request(void *context, struct http_request *request)
{
	static char big[4 * 1024 * 1024];

	(void)context;
	if (str_equal(request->path, STR("/x"))) {
		bench.echoed_at = bench.streamed;
		bench.echo_began_ns = request->began_ns;
	}
	if (str_equal(request->path, STR("/block")))
		ask_meanwhile();
	if (str_equal(request->path, STR("/later")))
		keep_for_later(request);
	else if (str_equal(request->path, STR("/big")))
		http_reply(request, &(struct http_reply){.status = 200, .body = str_n(big, sizeof big)});
	else if (str_equal(request->path, STR("/peer")))
		http_reply(request, &(struct http_reply){.status = 200, .body = str_of(request->peer)});
	else if (str_equal(request->path, STR("/close")))
		http_reply(request, &(struct http_reply){.status = 200, .body = STR("bye"), .close = true});
	else if (str_equal(request->path, STR("/none")))
		http_reply(request,
			&(struct http_reply){.status = 204, .extra = {{STR("X-A"), STR("b")}}, .extra_n = 1});
	else if (str_equal(request->path, STR("/split")))
		http_reply(request, &(struct http_reply){.status = 200,
					    .extra = {{STR("X"), STR("a\r\nSet-Cookie: b")}},
					    .extra_n = 1});
	else
		echo(request);
}

static inline bool on_stream(void *context, struct http_request *request, bool end, bool gone)
{
	(void)context;
	if (request->body.len)
		ask_meanwhile();
	pthread_mutex_lock(&bench.lock);
	bench.streamed += request->body.len;
	bool pause = bench.stop_stream && !end;
	if (pause || (end && str_equal(request->query, STR("later")))) {
		bench.later[bench.later_n % LATER_MAX] = request->handle;
		bench.later_n++;
	}
	bench.gone_n += gone;
	size_t streamed = bench.streamed;
	changed();
	if (gone)
		return true;
	if (str_equal(request->path, STR("/stream/refuse"))) {
		http_reply(request, &(struct http_reply){.status = 403, .body = STR("no")});
	} else if (end && !str_equal(request->query, STR("later"))) {
		char text[32];
		snprintf(text, sizeof text, "%zu", streamed);
		http_reply(request, &(struct http_reply){.status = 200, .body = str_of(text)});
	}
	return !pause;
}

static inline void on_done(void *context, int worker, int status, uint64_t took_ns)
{
	(void)context;
	(void)worker;
	(void)took_ns;
	pthread_mutex_lock(&bench.lock);
	bench.done_n++;
	bench.last_status = status;
	changed();
}

static inline void on_worker(void *context, int worker)
{
	(void)context;
	(void)worker;
	pthread_mutex_lock(&bench.lock);
	bench.worker_n++;
	changed();
}

static const struct http_handler handler = {.plan = plan,
	.on_request = on_request,
	.on_stream = on_stream,
	.on_done = on_done,
	.on_worker = on_worker};

static inline void serve(struct http_options options)
{
	char error[256] = "";

	pthread_mutex_init(&bench.lock, NULL);
	pthread_cond_init(&bench.changed, NULL);
	bench.later_n = bench.done_n = bench.gone_n = bench.worker_n = bench.last_status = 0;
	bench.streamed = bench.echoed_at = 0;
	bench.ask_from = 0;
	bench.stop_stream = false;
	if (!options.listen)
		options.listen = "127.0.0.1:0";
	if (!options.workers)
		options.workers = 1;
	enum err err = http_server_new(&options, &handler, &bench.server, error);
	if (err)
		fail_msg("%s", error);
	bench.port = http_server_port(bench.server);
	assert_int_equal(http_server_start(bench.server), ERR_OK);
}

static inline void end(void)
{
	http_server_stop(bench.server, 1000);
	http_server_free(bench.server);
}

#define serve_default() serve((struct http_options){0})

/* ---- the client ---- */

static inline int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)bench.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = 20}; /* a broken server must not hang the tests */

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* False when the server has closed. */
static inline bool tell(int fd, struct str bytes)
{
	while (bytes.len) {
		ssize_t n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
		if (n < 0)
			return false;
		bytes = str_n(bytes.at + n, bytes.len - (size_t)n);
	}
	return true;
}

#define say(fd, text) assert_true(tell(fd, str_of(text)))

struct heard {
	int status;
	char head[2048];
	char *body; /* terminated */
	size_t len;
};

static char hear_char(int fd)
{
	char c;
	ssize_t n = read(fd, &c, 1);

	if (n != 1)
		fail_msg("the server closed or was silent");
	return c;
}

static inline size_t length_in(const char *head)
{
	const char *at = strstr(head, "Content-Length: ");

	return at ? strtoul(at + 16, NULL, 10) : 0;
}

static inline struct heard hear_head(int fd)
{
	struct heard heard = {0};
	size_t n = 0;

	do {
		assert_true(n + 1 < sizeof heard.head);
		heard.head[n++] = hear_char(fd);
		heard.head[n] = '\0';
	} while (n < 4 || strcmp(heard.head + n - 4, "\r\n\r\n") != 0);
	assert_int_equal(strncmp(heard.head, "HTTP/1.1 ", 9), 0);
	heard.status = atoi(heard.head + 9);
	return heard;
}

static char *hear_bytes(int fd, size_t len)
{
	char *bytes = calloc(1, len + 1);

	assert_non_null(bytes);
	for (size_t n = 0; n < len;) {
		ssize_t got = read(fd, bytes + n, len - n);
		assert_true(got > 0);
		n += (size_t)got;
	}
	return bytes;
}

static inline struct heard hear(int fd)
{
	struct heard heard = hear_head(fd);

	heard.len = length_in(heard.head);
	heard.body = hear_bytes(fd, heard.len);
	return heard;
}

static inline void expect(int fd, int status, const char *body)
{
	struct heard heard = hear(fd);

	assert_int_equal(heard.status, status);
	if (body)
		assert_string_equal(heard.body, body);
	free(heard.body);
}

static inline void expect_end(int fd)
{
	char c;
	ssize_t n = read(fd, &c, 1);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

static inline void ask(int fd, const char *text, int status, const char *body)
{
	say(fd, text);
	expect(fd, status, body);
}

static inline void *answer_backwards(void *context)
{
	int n = *(int *)context;

	for (int i = n - 1; i >= 0; i--) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		http_reply_from(bench.server, bench.later[i],
			&(struct http_reply){.status = 200, .body = str_of(text)});
		http_wake(bench.server);
	}
	return NULL;
}

#endif
