/* The HTTP server: what it refuses, its deadlines and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/http_bench.h"

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
		{400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
			"bad_request"},
		{400,
			"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
			"chunked\r\n\r\nx",
			"bad_request"},
		{400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "bad_request"},
		{400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
			"bad_request"},
		{413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "too_large"},
		{413,
			"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
			"chunked\r\n\r\n3e8\r\n%01000d\r\n1\r\nx\r\n",
			"too_large"},
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
		snprintf(expected, sizeof expected, "\"status\":%d,\"detail\":\"", rows[i].status);
		assert_non_null(strstr(heard.body, expected));
		snprintf(expected, sizeof expected, "\"code\":\"%s\"}", rows[i].code);
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
	ask(fd, "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc", 408, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_says_why_and_closes),
		cmocka_unit_test(a_refusal_waits_for_earlier_replies),
		cmocka_unit_test(a_head_byte_by_byte_is_cut_at_the_deadline),
		cmocka_unit_test(a_body_that_does_not_come_is_cut),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(a_handler_may_take_longer_than_any_deadline),
		cmocka_unit_test(a_peer_that_does_not_read_is_cut),
		cmocka_unit_test(the_connection_limit_holds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
