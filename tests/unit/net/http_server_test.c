/* The HTTP server: plain requests, pipelining, replies from other threads, the drain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_bench.h"

static void a_connection_serves_many_requests(void **state)
{
	(void)state;
	serve_default();
	int fd = dial();
	ask(fd, GET("/a?x=y"), 200, "/a|x=y|a||");
	ask(fd, "POST /b HTTP/1.1\r\nHost: b\r\nX-Note: hi\r\nContent-Length: 5\r\n\r\nhello", 200,
		"/b||b|hi|hello");
	ask(fd, GET("/peer"), 200, "127.0.0.1");
	for (int i = 0; i < 100; i++)
		ask(fd, GET("/c"), 200, "/c||a||");
	close(fd);
	wait_for(&bench.done_n, 103);
	struct http_counts counts = http_server_counts(bench.server);
	assert_int_equal(counts.requests, 103);
	assert_int_equal(counts.accepted, 1);
	assert_int_equal(counts.bad_requests, 0);
	wait_for(&bench.worker_n, 1);
	end();
}

static void a_request_may_come_byte_by_byte(void **state)
{
	static const char text[] =
		"POST /b HTTP/1.1\r\nHost: b\r\nX-Note: hi\r\nContent-Length: 5\r\n\r\nhello";

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
	http_reply_from(
		bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("secret")});
	http_wake(bench.server);
	http_reply_from(
		bench.server, bench.later[0], &(struct http_reply){.status = 200, .body = STR("again")});
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
		http_reply_from(
			bench.server, bench.later[i], &(struct http_reply){.status = 200, .body = STR("x")});
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
	assert_int_not_equal(
		http_server_new(&(struct http_options){.listen = listen}, &handler, &second, error), ERR_OK);
	assert_non_null(strstr(error, listen));
	assert_null(second);
	assert_int_not_equal(
		http_server_new(&(struct http_options){.listen = "nonsense"}, &handler, &second, error),
		ERR_OK);
	assert_int_not_equal(
		http_server_new(&(struct http_options){.listen = "[::1]x:1"}, &handler, &second, error),
		ERR_OK);
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
	assert_int_equal(http_server_new(&(struct http_options){.listen = "[::1]:0", .workers = 3}, &handler,
				 &server, error),
		ERR_OK);
	http_server_stop(server, 10);
	http_server_free(server);
	http_server_free(NULL);
}

/* The sanitizers are to answer a malloc() of too much as the system does. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void replies_that_find_no_memory_end_their_connection(void **state)
{
	const struct http_reply endless = {.status = 200, .body = {"", SIZE_MAX / 4}};

	(void)state;
	serve_default();
	int fd = dial();
	say(fd, GET("/later") GET("/later") GET("/later"));
	wait_for(&bench.later_n, 3);
	uint32_t slot = bench.later[0].connection;
	for (int i = 0; i < 3; i++)
		http_reply_from(bench.server, bench.later[i], &endless);
	http_wake(bench.server);
	expect_end(fd);
	close(fd);
	/* Nothing of it is left: its place is the next one's. */
	fd = dial();
	say(fd, GET("/later"));
	wait_for(&bench.later_n, 4);
	assert_int_equal(bench.later[3].connection, slot);
	http_reply_from(bench.server, bench.later[3], &(struct http_reply){.status = 200, .body = STR("a")});
	http_wake(bench.server);
	expect(fd, 200, "a");
	close(fd);
	end();
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
		cmocka_unit_test(a_drain_answers_what_is_in_flight),
		cmocka_unit_test(a_server_that_never_ran_can_be_freed),
		cmocka_unit_test(replies_that_find_no_memory_end_their_connection),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
