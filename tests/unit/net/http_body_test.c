/* The HTTP server: bodies whole, chunked and streamed; replies in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_bench.h"

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
	say(fd, GET("/later") "POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
			      "2\r\n\r\n");
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
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
		"chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
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
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
		"chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n" GET("/x"));
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

/* One write of 60 KB is in the worker's buffer as a whole; the other connection is answered before its end. */
static void another_request_is_answered_between_pieces_of_a_stream(void **state)
{
	static char body[60000];

	(void)state;
	serve_default();
	int stream = dial(), other = dial();
	ask(other, GET("/x"), 200, "/x||a||");
	bench.ask_from = other;
	say(stream, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
	assert_true(tell(stream, str_n(body, sizeof body)));
	expect(other, 200, "/x||a||");
	expect(stream, 200, "60000");
	assert_in_range(bench.echoed_at, 1, sizeof body - 1);
	close(stream);
	close(other);
	end();
}

/* What came while a handler was at work counts from when the loop could last have seen it. */
static void waiting_for_the_loop_counts_as_age(void **state)
{
	(void)state;
	serve_default();
	int slow = dial(), other = dial();
	ask(other, GET("/x"), 200, "/x||a||");
	ask(slow, GET("/x"), 200, "/x||a||");
	bench.ask_from = other;
	ask(slow, GET("/block"), 200, "/block||a||");
	expect(other, 200, "/x||a||");
	assert_true(bench.echo_began_ns <= bench.blocked_ns);
	close(slow);
	close(other);
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
	fd = dial();
	ask(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", 400, NULL);
	expect_end(fd);
	wait_for(&bench.gone_n, 2);
	close(fd);
	bench.stop_stream = true;
	fd = dial();
	say(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
	wait_for(&bench.later_n, 1);
	http_server_stop(bench.server, 1);
	assert_int_equal(bench.gone_n, 3);
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
	http_reply_begin(bench.server, handle,
		&(struct http_reply){.status = 200, .content_type = "text/event-stream"});
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunked_body_is_joined),
		cmocka_unit_test(a_large_body_comes_whole),
		cmocka_unit_test(continue_is_said_before_the_body),
		cmocka_unit_test(continue_waits_for_earlier_replies),
		cmocka_unit_test(a_streamed_body_comes_in_pieces),
		cmocka_unit_test(a_paused_stream_goes_on_when_resumed),
		cmocka_unit_test(another_request_is_answered_between_pieces_of_a_stream),
		cmocka_unit_test(waiting_for_the_loop_counts_as_age),
		cmocka_unit_test(a_stream_may_be_refused_before_its_end),
		cmocka_unit_test(the_handler_hears_when_a_stream_breaks_off),
		cmocka_unit_test(a_reply_in_pieces_is_chunked),
		cmocka_unit_test(a_1_0_peer_gets_pieces_until_the_close),
		cmocka_unit_test(chunks_are_refused_while_the_peer_does_not_read),
		cmocka_unit_test(a_long_reply_reaches_a_slow_reader),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
