/* A real server on a free loopback port, and a client that is a bare socket. Nobody sleeps: the client
 * blocks in read() until the server has answered or closed, and deadlines are options of a few ms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
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
	struct http_handle later[LATER_MAX]; /* requests for /later, /stream?later: to be answered by the test */
	int later_n;
	int done_n, gone_n, worker_n;
	int last_status;
	size_t streamed;
	bool stop_stream;                    /* pause after each piece */
	char dir[64];
};

static struct bench bench;

static void changed(void)
{
	pthread_cond_broadcast(&bench.changed);
	pthread_mutex_unlock(&bench.lock);
}

static void keep_for_later(const struct http_request *request)
{
	pthread_mutex_lock(&bench.lock);
	assert_true(bench.later_n < LATER_MAX);
	bench.later[bench.later_n++] = request->handle;
	changed();
}

/* Blocks until `*counter` is at least `n`. */
static void wait_for(const int *counter, int n)
{
	pthread_mutex_lock(&bench.lock);
	while (*counter < n)
		pthread_cond_wait(&bench.changed, &bench.lock);
	pthread_mutex_unlock(&bench.lock);
}

static struct http_plan plan(void *context, const struct http_request *request)
{
	(void)context;
	if (str_starts(request->path, STR("/stream")))
		return (struct http_plan){.stream = true};
	if (str_equal(request->path, STR("/large")))
		return (struct http_plan){.body_max = 8 * 1024 * 1024};
	return (struct http_plan){.body_max = 1000};
}

static void echo(struct http_request *request)
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
	http_reply(request, &(struct http_reply){.status = 200, .content_type = "text/plain", .body = buf_text(&buf)});
	buf_done(&buf);
}

static void on_request(void *context, struct http_request *request)
{
	static char big[4 * 1024 * 1024];

	(void)context;
	if (str_equal(request->path, STR("/later")))
		keep_for_later(request);
	else if (str_equal(request->path, STR("/big")))
		http_reply(request, &(struct http_reply){.status = 200, .body = str_n(big, sizeof big)});
	else if (str_equal(request->path, STR("/peer")))
		http_reply(request, &(struct http_reply){.status = 200, .body = str_of(request->peer)});
	else if (str_equal(request->path, STR("/close")))
		http_reply(request, &(struct http_reply){.status = 200, .body = STR("bye"), .close = true});
	else if (str_equal(request->path, STR("/none")))
		http_reply(request, &(struct http_reply){.status = 204, .extra = {{STR("X-A"), STR("b")}}, .extra_n = 1});
	else if (str_equal(request->path, STR("/split")))
		http_reply(request,
			&(struct http_reply){.status = 200, .extra = {{STR("X"), STR("a\r\nSet-Cookie: b")}}, .extra_n = 1});
	else
		echo(request);
}

static bool on_stream(void *context, struct http_request *request, bool end, bool gone)
{
	(void)context;
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

static void on_done(void *context, int worker, int status, uint64_t took_ns)
{
	(void)context;
	(void)worker;
	(void)took_ns;
	pthread_mutex_lock(&bench.lock);
	bench.done_n++;
	bench.last_status = status;
	changed();
}

static void on_worker(void *context, int worker)
{
	(void)context;
	(void)worker;
	pthread_mutex_lock(&bench.lock);
	bench.worker_n++;
	changed();
}

static const struct http_handler handler = {
	.plan = plan, .on_request = on_request, .on_stream = on_stream, .on_done = on_done, .on_worker = on_worker};

static void serve(struct http_options options)
{
	char error[256] = "";

	pthread_mutex_init(&bench.lock, NULL);
	pthread_cond_init(&bench.changed, NULL);
	bench.later_n = bench.done_n = bench.gone_n = bench.worker_n = bench.last_status = 0;
	bench.streamed = 0;
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

static void end(void)
{
	http_server_stop(bench.server, 1000);
	http_server_free(bench.server);
}

#define serve_default() serve((struct http_options){0})

/* ---- the client ---- */

static int dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)bench.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = 20}; /* a broken server must not hang the tests */

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* False when the server has closed. */
static bool tell(int fd, struct str bytes)
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

static size_t length_in(const char *head)
{
	const char *at = strstr(head, "Content-Length: ");

	return at ? strtoul(at + 16, NULL, 10) : 0;
}

static struct heard hear_head(int fd)
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

static struct heard hear(int fd)
{
	struct heard heard = hear_head(fd);

	heard.len = length_in(heard.head);
	heard.body = hear_bytes(fd, heard.len);
	return heard;
}

static void expect(int fd, int status, const char *body)
{
	struct heard heard = hear(fd);

	assert_int_equal(heard.status, status);
	if (body)
		assert_string_equal(heard.body, body);
	free(heard.body);
}

static void expect_end(int fd)
{
	char c;
	ssize_t n = read(fd, &c, 1);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

static void ask(int fd, const char *text, int status, const char *body)
{
	say(fd, text);
	expect(fd, status, body);
}

/* ---- tests: plain requests ---- */

static void a_connection_serves_many_requests(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	ask(fd, GET("/a?x=y"), 200, "/a|x=y|a||");
	ask(fd, "POST /b HTTP/1.1\r\nHost: b\r\nX-Note: hi\r\nContent-Length: 5\r\n\r\nhello", 200, "/b||b|hi|hello");
	ask(fd, GET("/peer"), 200, "127.0.0.1");
	for (int i = 0; i < 100; i++)
		ask(fd, GET("/c"), 200, "/c||a||");
	close(fd);
	wait_for(&bench.done_n, 103);
	struct http_counts counts = http_server_counts(bench.server);
	assert_int_equal(counts.requests, 103);
	assert_int_equal(counts.accepted, 1);
	assert_int_equal(counts.bad_requests, 0);
	assert_true(bench.worker_n >= 1);
	end();
}

static void a_request_may_come_byte_by_byte(void **state)
{
	static const char text[] = "POST /b HTTP/1.1\r\nHost: b\r\nX-Note: hi\r\nContent-Length: 5\r\n\r\nhello";

	(void)state;
	serve_default();
	int fd = dial();
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof text - 1; i++)
			assert_true(tell(fd, str_n(text + i, 1)));
		expect(fd, 200, "/b||b|hi|hello");
	}
	close(fd);
	end();
}

static void head_says_the_length_and_sends_no_body(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" GET("/y"));
	struct heard heard = hear_head(fd);
	assert_int_equal(heard.status, 200);
	assert_int_equal(length_in(heard.head), strlen("/x||a||"));
	expect(fd, 200, "/y||a||");
	close(fd);
	end();
}

static void a_204_has_no_length_and_headers_are_sent(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/none") GET("/y"));
	struct heard heard = hear_head(fd);
	assert_int_equal(heard.status, 204);
	assert_null(strstr(heard.head, "Content-Length"));
	assert_non_null(strstr(heard.head, "\r\nX-A: b\r\n"));
	assert_non_null(strstr(heard.head, "\r\nDate: "));
	expect(fd, 200, "/y||a||");
	close(fd);
	end();
}

static void a_reply_that_would_split_is_not_sent(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/split"));
	struct heard heard = hear(fd);
	assert_int_equal(heard.status, 500);
	assert_null(strstr(heard.head, "Cookie"));
	free(heard.body);
	close(fd);
	end();
}

static void http_1_0_closes_unless_asked_not_to(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	struct heard heard = hear(fd);
	assert_non_null(strstr(heard.head, "\r\nConnection: keep-alive\r\n"));
	free(heard.body);
	ask(fd, "GET /x HTTP/1.0\r\n\r\n", 200, "/x||||");
	expect_end(fd);
	close(fd);
	end();
}

static void connection_close_is_obeyed_by_both_sides(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	ask(fd, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/never"), 200, "/x||a||");
	expect_end(fd);
	close(fd);
	fd = dial();
	say(fd, GET("/close") GET("/never"));
	struct heard heard = hear(fd);
	assert_non_null(strstr(heard.head, "\r\nConnection: close\r\n"));
	free(heard.body);
	expect_end(fd);
	close(fd);
	end();
}

static void a_half_closed_peer_still_gets_its_replies(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later") GET("/b"));
	shutdown(fd, SHUT_WR);
	wait_for(&bench.later_n, 1);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("a")});
	http_wake(bench.server);
	expect(fd, 200, "a");
	expect(fd, 200, "/b||a||");
	expect_end(fd);
	close(fd);
	end();
}

/* ---- pipelining and replies from other threads ---- */

static void *answer_backwards(void *context)
{
	int n = *(int *)context;

	for (int i = n - 1; i >= 0; i--) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		http_reply_from(bench.server, bench.later[i], &(struct http_reply){.status = 200, .body = str_of(text)});
		http_wake(bench.server);
	}
	return NULL;
}

static void replies_in_reverse_go_out_in_order(void **state)
{
	int n = HTTP_PIPELINE_MAX;
	pthread_t thread;

	(void)state;
	serve_default();
	int fd = dial();
	for (int i = 0; i < n; i++)
		say(fd, GET("/later"));
	wait_for(&bench.later_n, n);
	pthread_create(&thread, NULL, answer_backwards, &n);
	for (int i = 0; i < n; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		expect(fd, 200, text);
	}
	pthread_join(thread, NULL);
	close(fd);
	end();
}

static void an_early_inline_reply_waits_for_its_turn(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later") GET("/b") GET("/later") GET("/d"));
	wait_for(&bench.later_n, 2);
	http_reply_from(bench.server, bench.later[1], &(struct http_reply){.status = 200, .body = STR("c")});
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 201, .body = STR("a")});
	http_wake(bench.server);
	expect(fd, 201, "a");
	expect(fd, 200, "/b||a||");
	expect(fd, 200, "c");
	expect(fd, 200, "/d||a||");
	close(fd);
	end();
}

static void reading_pauses_at_the_pipeline_limit(void **state)
{
	int n = HTTP_PIPELINE_MAX;

	(void)state;
	serve_default();
	int fd = dial();
	for (int i = 0; i < n + 1; i++)
		say(fd, GET("/later"));
	wait_for(&bench.later_n, n);
	/* Another connection's reply comes after the first one's bytes were read: the 65th must not show. */
	int other = dial();
	ask(other, GET("/x"), 200, NULL);
	pthread_mutex_lock(&bench.lock);
	assert_int_equal(bench.later_n, n);
	pthread_mutex_unlock(&bench.lock);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200});
	http_wake(bench.server);
	wait_for(&bench.later_n, n + 1);
	answer_backwards(&bench.later_n);
	for (int i = 0; i < n + 1; i++)
		expect(fd, 200, NULL);
	close(fd);
	close(other);
	end();
}

static void a_reply_to_a_peer_that_has_gone_is_dropped(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later"));
	wait_for(&bench.later_n, 1);
	struct linger reset = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	while (http_server_counts(bench.server).connections)
		sched_yield();
	int other = dial();
	ask(other, GET("/x"), 200, NULL);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("secret")});
	http_wake(bench.server);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("again")});
	assert_false(http_reply_chunk(bench.server, bench.later[0], STR("more")));
	http_wake(bench.server);
	ask(other, GET("/y"), 200, "/y||a||");
	close(other);
	end();
}

static void an_unanswered_request_does_not_leak(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later"));
	wait_for(&bench.later_n, 1);
	http_server_stop(bench.server, 1);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200});
	http_wake(bench.server);
	expect_end(fd);
	close(fd);
	http_server_free(bench.server);
}

static void several_workers_share_the_port(void **state)
{
	(void)state;
	serve((struct http_options){.workers = 4, .pin_workers = true});
	int fds[32];
	for (int i = 0; i < 32; i++) {
		fds[i] = dial();
		say(fds[i], GET("/later"));
	}
	wait_for(&bench.later_n, 32);
	for (int i = 0; i < 32; i++)
		http_reply_from(bench.server, bench.later[i], &(struct http_reply){.status = 200, .body = STR("x")});
	http_wake(bench.server);
	for (int i = 0; i < 32; i++) {
		expect(fds[i], 200, "x");
		close(fds[i]);
	}
	end();
}

static void a_taken_port_is_an_error(void **state)
{
	char listen[32], error[256] = "";
	struct http_server *second = NULL;

	(void)state;
	serve_default();
	snprintf(listen, sizeof listen, "127.0.0.1:%d", bench.port);
	assert_int_not_equal(http_server_new(&(struct http_options){.listen = listen}, &handler, &second, error), ERR_OK);
	assert_non_null(strstr(error, listen));
	assert_null(second);
	assert_int_not_equal(http_server_new(&(struct http_options){.listen = "nonsense"}, &handler, &second, error), ERR_OK);
	assert_int_not_equal(http_server_new(&(struct http_options){.listen = "[::1]x:1"}, &handler, &second, error), ERR_OK);
	end();
}

/* ---- bodies ---- */

static void a_chunked_body_is_joined(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n");
	say(fd, " world\r\n0\r\nTrailer: z\r\n\r\n" GET("/d"));
	expect(fd, 200, "/c||a||hello world");
	expect(fd, 200, "/d||a||");
	close(fd);
	end();
}

static void a_large_body_comes_whole(void **state)
{
	size_t len = 5 * 1024 * 1024;
	char *body = malloc(len + 1), head[128];

	(void)state;
	serve_default();
	assert_non_null(body);
	memset(body, 'x', len);
	body[len] = '\0';
	int fd = dial();
	snprintf(head, sizeof head, "PUT /large HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", len);
	say(fd, head);
	assert_true(tell(fd, str_n(body, len)));
	struct heard heard = hear(fd);
	assert_int_equal(heard.len, len + strlen("/large||a||"));
	assert_string_equal(heard.body + strlen("/large||a||"), body);
	free(heard.body);
	free(body);
	close(fd);
	end();
}

static void continue_is_said_before_the_body(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	assert_int_equal(hear_head(fd).status, 100);
	ask(fd, "ok", 200, "/c||a||ok");
	say(fd, "POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
	expect(fd, 413, NULL);
	expect_end(fd);
	close(fd);
	end();
}

static void continue_waits_for_earlier_replies(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later") "POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	wait_for(&bench.later_n, 1);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("a")});
	http_wake(bench.server);
	expect(fd, 200, "a");
	assert_int_equal(hear_head(fd).status, 100);
	ask(fd, "ok", 200, "/c||a||ok");
	close(fd);
	end();
}

static void a_streamed_body_comes_in_pieces(void **state)
{
	static char piece[100 * 1000];

	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
	for (int i = 0; i < 10; i++)
		assert_true(tell(fd, str_n(piece, sizeof piece)));
	expect(fd, 200, "1000000");
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	expect(fd, 200, "1000003");
	ask(fd, "POST /stream HTTP/1.1\r\nHost: a\r\n\r\n", 200, "1000003");
	close(fd);
	end();
}

static void a_paused_stream_goes_on_when_resumed(void **state)
{
	(void)state;
	serve_default();
	bench.stop_stream = true;
	int fd = dial();
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"
		GET("/x"));
	for (int i = 1; i <= 3; i++) {
		wait_for(&bench.later_n, i);
		pthread_mutex_lock(&bench.lock);
		assert_int_equal(bench.streamed, i);
		assert_int_equal(bench.later_n, i);
		pthread_mutex_unlock(&bench.lock);
		http_resume_from(bench.server, bench.later[0]);
		http_wake(bench.server);
	}
	expect(fd, 200, "3");
	expect(fd, 200, "/x||a||");
	close(fd);
	end();
}

static void a_stream_may_be_refused_before_its_end(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "POST /stream/refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
	struct heard heard = hear(fd);
	assert_int_equal(heard.status, 403);
	assert_non_null(strstr(heard.head, "Connection: close"));
	free(heard.body);
	expect_end(fd);
	close(fd);
	end();
}

static void the_handler_hears_when_a_stream_breaks_off(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
	close(fd);
	wait_for(&bench.gone_n, 1);
	bench.stop_stream = true;
	fd = dial();
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
	wait_for(&bench.later_n, 1);
	http_server_stop(bench.server, 1);
	assert_int_equal(bench.gone_n, 2);
	close(fd);
	http_server_free(bench.server);
}

/* ---- replies in pieces ---- */

static void a_reply_in_pieces_is_chunked(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later") GET("/x"));
	wait_for(&bench.later_n, 1);
	struct http_handle handle = bench.later[0];
	http_reply_begin(bench.server, handle, &(struct http_reply){.status = 200, .content_type = "text/event-stream"});
	http_wake(bench.server);
	struct heard heard = hear_head(fd);
	assert_non_null(strstr(heard.head, "Transfer-Encoding: chunked"));
	assert_true(http_reply_chunk(bench.server, handle, STR("hello")));
	assert_true(http_reply_chunk(bench.server, handle, STR("")));
	http_wake(bench.server);
	char *bytes = hear_bytes(fd, 10);
	assert_string_equal(bytes, "5\r\nhello\r\n");
	free(bytes);
	http_reply_end(bench.server, handle);
	http_wake(bench.server);
	bytes = hear_bytes(fd, 5);
	assert_string_equal(bytes, "0\r\n\r\n");
	free(bytes);
	expect(fd, 200, "/x||a||");
	close(fd);
	end();
}

static void a_1_0_peer_gets_pieces_until_the_close(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, "GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	wait_for(&bench.later_n, 1);
	http_reply_begin(bench.server, bench.later[0], &(struct http_reply){.status = 200});
	assert_true(http_reply_chunk(bench.server, bench.later[0], STR("hello")));
	http_reply_end(bench.server, bench.later[0]);
	http_wake(bench.server);
	struct heard heard = hear_head(fd);
	assert_null(strstr(heard.head, "Transfer-Encoding"));
	assert_non_null(strstr(heard.head, "Connection: close"));
	char *bytes = hear_bytes(fd, 5);
	assert_string_equal(bytes, "hello");
	free(bytes);
	expect_end(fd);
	close(fd);
	end();
}

static void chunks_are_refused_while_the_peer_does_not_read(void **state)
{
	static char piece[64 * 1024];
	size_t sent = 0;

	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later"));
	wait_for(&bench.later_n, 1);
	http_reply_begin(bench.server, bench.later[0], &(struct http_reply){.status = 200});
	while (http_reply_chunk(bench.server, bench.later[0], str_n(piece, sizeof piece))) {
		sent += sizeof piece;
		http_wake(bench.server);
		assert_true(sent < 256 * 1024 * 1024);
	}
	close(fd);
	while (http_server_counts(bench.server).connections)
		sched_yield();
	assert_false(http_reply_chunk(bench.server, bench.later[0], STR("x")));
	end();
}

static void a_long_reply_reaches_a_slow_reader(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/big") GET("/big") GET("/x"));
	for (int i = 0; i < 2; i++) {
		struct heard heard = hear(fd);
		assert_int_equal(heard.len, 4 * 1024 * 1024);
		free(heard.body);
	}
	expect(fd, 200, "/x||a||");
	close(fd);
	end();
}

/* ---- refusals ---- */

static void a_refusal_says_why_and_closes(void **state)
{
	static const struct {
		int status;
		const char *text, *code;
	} rows[] = {
		{400, "NONSENSE\r\n\r\n", "bad_request"},
		{400, "GET / HTTP/1.1\r\n\r\n", "bad_request"},
		{400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "bad_request"},
		{400, "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "bad_request"},
		{400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "bad_request"},
		{400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", "bad_request"},
		{400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "bad_request"},
		{400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "bad_request"},
		{413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "too_large"},
		{413, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n%01000d\r\n1\r\nx\r\n", "too_large"},
		{414, "GET /%09000d HTTP/1.1\r\nHost: a\r\n\r\n", "too_large"},
		{417, "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", "bad_request"},
		{431, "GET / HTTP/1.1\r\nHost: a\r\nX: %017000d\r\n\r\n", "too_large"},
	};

	(void)state;
	serve_default();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[20000], expected[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof text, rows[i].text, 0);
#pragma GCC diagnostic pop
		int fd = dial();
		say(fd, GET("/before"));
		say(fd, text);
		tell(fd, STR(GET("/never")));
		expect(fd, 200, NULL);
		struct heard heard = hear(fd);
		assert_int_equal(heard.status, rows[i].status);
		assert_non_null(strstr(heard.head, "Content-Type: application/problem+json\r\n"));
		assert_non_null(strstr(heard.head, "Connection: close\r\n"));
		snprintf(expected, sizeof expected, "\"status\":%d,\"code\":\"%s\"}", rows[i].status, rows[i].code);
		assert_non_null(strstr(heard.body, expected));
		free(heard.body);
		expect_end(fd);
		close(fd);
	}
	assert_int_equal(http_server_counts(bench.server).bad_requests, sizeof rows / sizeof rows[0]);
	end();
}

static void a_refusal_waits_for_earlier_replies(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later") "NONSENSE\r\n\r\n");
	wait_for(&bench.later_n, 1);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("a")});
	http_wake(bench.server);
	expect(fd, 200, "a");
	expect(fd, 400, NULL);
	expect_end(fd);
	close(fd);
	end();
}

/* ---- deadlines and limits ---- */

static void a_head_byte_by_byte_is_cut_at_the_deadline(void **state)
{
	(void)state;
	serve((struct http_options){.head_ms = 30});
	int fd = dial();
	/* A byte as often as another connection gets a reply: never slow, never done. */
	int other = dial();
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (http_server_counts(bench.server).timeouts == 0) {
		tell(fd, STR("a"));
		ask(other, GET("/x"), 200, NULL);
	}
	close(other);
	expect(fd, 408, NULL);
	close(fd);
	fd = dial();
	say(fd, "GET / HT");
	expect(fd, 408, NULL);
	expect_end(fd);
	close(fd);
	end();
}

static void a_body_that_does_not_come_is_cut(void **state)
{
	(void)state;
	serve((struct http_options){.body_ms = 30});
	int fd = dial();
	ask(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", 408, NULL);
	expect_end(fd);
	close(fd);
	fd = dial();
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
	expect_end(fd);
	wait_for(&bench.gone_n, 1);
	close(fd);
	end();
}

static void an_idle_connection_is_closed(void **state)
{
	(void)state;
	serve((struct http_options){.idle_ms = 30});
	int fd = dial();
	expect_end(fd);
	close(fd);
	fd = dial();
	ask(fd, GET("/x"), 200, NULL);
	expect_end(fd);
	close(fd);
	end();
}

static void a_handler_may_take_longer_than_any_deadline(void **state)
{
	(void)state;
	serve((struct http_options){.idle_ms = 20, .head_ms = 20, .body_ms = 20, .write_ms = 20});
	int fd = dial(), idle = dial();
	say(fd, GET("/later"));
	wait_for(&bench.later_n, 1);
	expect_end(idle); /* so 20 ms have passed */
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("a")});
	http_wake(bench.server);
	expect(fd, 200, "a");
	close(fd);
	close(idle);
	end();
}

static void a_peer_that_does_not_read_is_cut(void **state)
{
	(void)state;
	serve((struct http_options){.write_ms = 30});
	int fd = dial();
	say(fd, GET("/big") GET("/big") GET("/big"));
	while (http_server_counts(bench.server).timeouts == 0)
		sched_yield();
	close(fd);
	end();
}

static void the_connection_limit_holds(void **state)
{
	(void)state;
	serve((struct http_options){.connections_max = 2});
	int a = dial();
	ask(a, GET("/a"), 200, NULL);
	int b = dial();
	ask(b, GET("/b"), 200, NULL);
	int c = dial();
	ask(c, GET("/c"), 200, NULL);
	expect_end(a); /* it was idle longest */
	say(b, GET("/later"));
	wait_for(&bench.later_n, 1);
	say(c, GET("/later"));
	wait_for(&bench.later_n, 2);
	int d = dial();
	expect_end(d); /* nobody is idle */
	assert_int_equal(http_server_counts(bench.server).refused_full, 1);
	assert_int_equal(http_server_counts(bench.server).connections, 2);
	answer_backwards(&bench.later_n);
	expect(b, 200, "0");
	expect(c, 200, "1");
	close(a);
	close(b);
	close(c);
	close(d);
	end();
}

/* ---- the end ---- */

static void *stop_with_patience(void *context)
{
	(void)context;
	http_server_stop(bench.server, 20000);
	return NULL;
}

static void a_drain_answers_what_is_in_flight(void **state)
{
	pthread_t thread;

	(void)state;
	serve_default();
	int idle = dial(), busy = dial();
	ask(idle, GET("/x"), 200, NULL);
	say(busy, GET("/later") GET("/later"));
	wait_for(&bench.later_n, 2);
	pthread_create(&thread, NULL, stop_with_patience, NULL);
	expect_end(idle);
	http_reply_from(bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("a")});
	http_reply_from(bench.server, bench.later[1], &(struct http_reply){.status = 200, .body = STR("b")});
	http_wake(bench.server);
	struct heard heard = hear(busy);
	assert_null(strstr(heard.head, "Connection: close"));
	free(heard.body);
	heard = hear(busy);
	assert_non_null(strstr(heard.head, "Connection: close"));
	assert_string_equal(heard.body, "b");
	free(heard.body);
	expect_end(busy);
	close(busy);
	close(idle);
	pthread_join(thread, NULL);
	http_server_free(bench.server);
}

static void a_server_that_never_ran_can_be_freed(void **state)
{
	char error[256];
	struct http_server *server;

	(void)state;
	assert_int_equal(http_server_new(&(struct http_options){.listen = "[::1]:0", .workers = 3}, &handler, &server, error),
		ERR_OK);
	http_server_stop(server, 10);
	http_server_free(server);
	http_server_free(NULL);
}

/* ---- TLS ---- */

static void path_in_dir(char *ret_path, const char *name)
{
	snprintf(ret_path, 128, "%s/%s", bench.dir, name);
}

/* A self-signed certificate of that serial number, and its key. */
static void write_certificate(long serial)
{
	char path[128];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	assert_true(key && cert);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	path_in_dir(path, "cert.pem");
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	PEM_write_X509(file, cert);
	fclose(file);
	path_in_dir(path, "key.pem");
	file = fopen(path, "w");
	assert_non_null(file);
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	X509_free(cert);
	EVP_PKEY_free(key);
}

struct tls_client {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
};

static struct tls_client tls_dial(int version)
{
	struct tls_client client = {.fd = dial(), .context = SSL_CTX_new(TLS_client_method())};

	SSL_CTX_set_max_proto_version(client.context, version);
	client.ssl = SSL_new(client.context);
	SSL_set_alpn_protos(client.ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12);
	SSL_set_fd(client.ssl, client.fd);
	return client;
}

static void tls_hang_up(struct tls_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
}

static long tls_serial(int version)
{
	static const char expected[] = "/x||a||";
	struct tls_client client = tls_dial(version);
	char reply[1024] = "";
	const unsigned char *alpn;
	unsigned alpn_len;

	assert_int_equal(SSL_connect(client.ssl), 1);
	assert_int_equal(SSL_version(client.ssl), version);
	SSL_get0_alpn_selected(client.ssl, &alpn, &alpn_len);
	assert_true(str_equal(str_n((const char *)alpn, alpn_len), STR("http/1.1")));
	for (int i = 0; i < 3; i++) {
		assert_true(SSL_write(client.ssl, GET("/x"), sizeof GET("/x") - 1) > 0);
		int n = SSL_read(client.ssl, reply, sizeof reply - 1);
		assert_true(n > 0);
		reply[n] = '\0';
		assert_string_equal(reply + n - (int)sizeof expected + 1, expected);
	}
	X509 *cert = SSL_get1_peer_certificate(client.ssl);
	long serial = ASN1_INTEGER_get(X509_get0_serialNumber(cert));
	X509_free(cert);
	tls_hang_up(&client);
	return serial;
}

static void serve_tls(char certificate[128], char key[128])
{
	snprintf(bench.dir, sizeof bench.dir, "/tmp/http_server_test.XXXXXX");
	assert_non_null(mkdtemp(bench.dir));
	path_in_dir(certificate, "cert.pem");
	path_in_dir(key, "key.pem");
	write_certificate(1);
	serve((struct http_options){.certificate = certificate, .key = key, .head_ms = 2000});
}

static void end_tls(const char *certificate, const char *key)
{
	end();
	unlink(certificate);
	unlink(key);
	rmdir(bench.dir);
}

static void tls_serves_and_reloads(void **state)
{
	char certificate[128], key[128], error[256] = "";

	(void)state;
	serve_tls(certificate, key);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 1);
	assert_int_equal(tls_serial(TLS1_2_VERSION), 1);
	write_certificate(2);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 1);
	assert_int_equal(http_server_reload(bench.server, error), ERR_OK);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 2);
	assert_int_equal(truncate(certificate, 10), 0);
	assert_int_not_equal(http_server_reload(bench.server, error), ERR_OK);
	assert_non_null(strstr(error, certificate));
	assert_int_equal(tls_serial(TLS1_3_VERSION), 2);
	end_tls(certificate, key);
}

static void tls_refuses_what_is_not_tls(void **state)
{
	char certificate[128], key[128];

	(void)state;
	serve_tls(certificate, key);
	int fd = dial();
	say(fd, GET("/x"));
	char bytes[64];
	while (read(fd, bytes, sizeof bytes) > 0)
		;
	close(fd);
	struct tls_client client = tls_dial(TLS1_1_VERSION);
	SSL_set_security_level(client.ssl, 0);
	assert_true(SSL_connect(client.ssl) != 1);
	tls_hang_up(&client);
	client = tls_dial(TLS1_3_VERSION);
	SSL_set_alpn_protos(client.ssl, (const unsigned char *)"\x02h2", 3);
	assert_true(SSL_connect(client.ssl) != 1);
	tls_hang_up(&client);
	assert_int_equal(tls_serial(TLS1_3_VERSION), 1);
	end_tls(certificate, key);
}

static void tls_carries_long_replies_and_says_goodbye(void **state)
{
	static char bytes[16384];
	char certificate[128], key[128];
	size_t total = 0;
	int n;

	(void)state;
	serve_tls(certificate, key);
	struct tls_client client = tls_dial(TLS1_3_VERSION);
	assert_int_equal(SSL_connect(client.ssl), 1);
	assert_true(SSL_write(client.ssl, GET("/big") GET("/close"), sizeof(GET("/big") GET("/close")) - 1) > 0);
	while ((n = SSL_read(client.ssl, bytes, sizeof bytes)) > 0)
		total += (size_t)n;
	assert_int_equal(SSL_get_error(client.ssl, n), SSL_ERROR_ZERO_RETURN);
	assert_true(total > 4 * 1024 * 1024);
	tls_hang_up(&client);
	end_tls(certificate, key);
}

static void a_handshake_that_stops_is_cut(void **state)
{
	char certificate[128], key[128];

	(void)state;
	serve_tls(certificate, key);
	end();
	serve((struct http_options){.certificate = certificate, .key = key, .head_ms = 30});
	int fd = dial();
	expect_end(fd);
	close(fd);
	end_tls(certificate, key);
}

static void a_bad_certificate_is_an_error_at_start(void **state)
{
	char error[256] = "";
	struct http_server *server;
	struct http_options options = {.listen = "127.0.0.1:0", .certificate = "/nonexistent", .key = "/nonexistent"};

	(void)state;
	assert_int_not_equal(http_server_new(&options, &handler, &server, error), ERR_OK);
	assert_non_null(strstr(error, "/nonexistent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_serves_many_requests),
		cmocka_unit_test(a_request_may_come_byte_by_byte),
		cmocka_unit_test(head_says_the_length_and_sends_no_body),
		cmocka_unit_test(a_204_has_no_length_and_headers_are_sent),
		cmocka_unit_test(a_reply_that_would_split_is_not_sent),
		cmocka_unit_test(http_1_0_closes_unless_asked_not_to),
		cmocka_unit_test(connection_close_is_obeyed_by_both_sides),
		cmocka_unit_test(a_half_closed_peer_still_gets_its_replies),
		cmocka_unit_test(replies_in_reverse_go_out_in_order),
		cmocka_unit_test(an_early_inline_reply_waits_for_its_turn),
		cmocka_unit_test(reading_pauses_at_the_pipeline_limit),
		cmocka_unit_test(a_reply_to_a_peer_that_has_gone_is_dropped),
		cmocka_unit_test(an_unanswered_request_does_not_leak),
		cmocka_unit_test(several_workers_share_the_port),
		cmocka_unit_test(a_taken_port_is_an_error),
		cmocka_unit_test(a_chunked_body_is_joined),
		cmocka_unit_test(a_large_body_comes_whole),
		cmocka_unit_test(continue_is_said_before_the_body),
		cmocka_unit_test(continue_waits_for_earlier_replies),
		cmocka_unit_test(a_streamed_body_comes_in_pieces),
		cmocka_unit_test(a_paused_stream_goes_on_when_resumed),
		cmocka_unit_test(a_stream_may_be_refused_before_its_end),
		cmocka_unit_test(the_handler_hears_when_a_stream_breaks_off),
		cmocka_unit_test(a_reply_in_pieces_is_chunked),
		cmocka_unit_test(a_1_0_peer_gets_pieces_until_the_close),
		cmocka_unit_test(chunks_are_refused_while_the_peer_does_not_read),
		cmocka_unit_test(a_long_reply_reaches_a_slow_reader),
		cmocka_unit_test(a_refusal_says_why_and_closes),
		cmocka_unit_test(a_refusal_waits_for_earlier_replies),
		cmocka_unit_test(a_head_byte_by_byte_is_cut_at_the_deadline),
		cmocka_unit_test(a_body_that_does_not_come_is_cut),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(a_handler_may_take_longer_than_any_deadline),
		cmocka_unit_test(a_peer_that_does_not_read_is_cut),
		cmocka_unit_test(the_connection_limit_holds),
		cmocka_unit_test(a_drain_answers_what_is_in_flight),
		cmocka_unit_test(a_server_that_never_ran_can_be_freed),
		cmocka_unit_test(tls_serves_and_reloads),
		cmocka_unit_test(tls_refuses_what_is_not_tls),
		cmocka_unit_test(tls_carries_long_replies_and_says_goodbye),
		cmocka_unit_test(a_handshake_that_stops_is_cut),
		cmocka_unit_test(a_bad_certificate_is_an_error_at_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
