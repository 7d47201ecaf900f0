/* The HTTP client against a far end that means it no good: it is slow, breaks off, talks nonsense or without end, sends
 * elsewhere. Whatever it does, there is one answer, in time. */
#include "unit/net/http_client_bench.h"

#define SOON_MS 50

static const char *say; /* what the far end says before it closes */

static void say_and_close(struct far_link *link)
{
	far_say(link, say);
	link->close = true;
}

static void hold(struct far_link *link)
{
	far_say(link, say);
	far_hold(link);
}

static struct result ask_with(void (*handle)(struct far_link *link), const char *text, uint32_t timeout_ms)
{
	say = text;
	begin(handle);
	struct http_ask ask = ask_for("/");
	ask.timeout_ms = timeout_ms;
	struct result result = ask_now(&ask);
	finish();
	return result;
}

static void an_answer_that_does_not_come_times_out(void **state)
{
	static const char *const beginnings[] = {"", "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", "HTTP/1.1 100 Continue\r\n\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
		struct result result = ask_with(hold, beginnings[i], SOON_MS);
		assert_int_equal(result.failure, HTTP_TIMED_OUT);
		assert_int_equal(result.body_len, 0);
	}
}

/* A byte every few ms: there is always something new. */
static void drip(struct far_link *link)
{
	far_say(link, say);
	while (!link->close && !far_gone(link, 2))
		far_say(link, "a");
	link->close = true;
}

static void an_answer_that_drips_times_out(void **state)
{
	(void)state;
	assert_int_equal(ask_with(drip, "HTTP/1.1 200 OK\r\nX-A: ", SOON_MS).failure, HTTP_TIMED_OUT);
	assert_int_equal(
		ask_with(drip, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", SOON_MS).failure, HTTP_TIMED_OUT);
	assert_int_equal(ask_with(drip, "HTTP/1.1 200 OK\r\n\r\n", SOON_MS).failure, HTTP_TIMED_OUT);
}

static void an_end_in_the_middle_is_no_answer(void **state)
{
	static const char *const beginnings[] = {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
		assert_int_equal(ask_with(say_and_close, beginnings[i], PATIENCE_MS).failure, HTTP_BROKEN);
}

static void nonsense_is_no_answer(void **state)
{
	static const char *const nonsense[] = {"SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n\r\n", "<html>hello</html>",
		"HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcde\r\n0\r\n\r\n",
		"\x16\x03\x01\x02\x01\x02\x03\x04"};

	(void)state;
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		struct result result = ask_with(say_and_close, nonsense[i], PATIENCE_MS);
		if (result.failure != HTTP_BROKEN)
			fail_msg("case %zu: %d %d", i, result.failure, result.status);
	}
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
	struct result result = ask_with(say_and_close,
		"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 2\r\n\r\nno", PATIENCE_MS);

	(void)state;
	expect_answer(&result, 302, "no");
	assert_int_equal(far_end.requests, 1);
}

static void endless_body(struct far_link *link)
{
	static char piece[64 * 1024];

	memset(piece, 'z', sizeof piece);
	far_say(link, "HTTP/1.1 200 OK\r\n\r\n");
	while (!link->close)
		far_say_n(link, piece, sizeof piece);
}

static void a_body_without_end_is_cut(void **state)
{
	(void)state;
	begin(endless_body);
	struct http_ask ask = ask_for("/");
	ask.body_max = 100;
	struct result result = ask_now(&ask);
	assert_int_equal(result.failure, HTTP_ANSWERED);
	assert_int_equal(result.status, 200);
	assert_int_equal(result.body_len, 100);
	ask.body_max = 0;
	result = ask_now(&ask);
	assert_int_equal(result.failure, HTTP_ANSWERED);
	assert_int_equal(result.body_len, 0);
	finish();
}

static void long_body(struct far_link *link)
{
	static char text[60 * 1024 + 1];

	memset(text, 'y', sizeof text - 1);
	far_reply(link, 200, "", text);
}

static void what_is_too_much_of_a_body_is_read_and_thrown_away(void **state)
{
	(void)state;
	begin(long_body);
	for (size_t body_max = 0; body_max <= 128 * 1024; body_max += 32 * 1024) {
		struct http_ask ask = ask_for("/");
		ask.body_max = body_max;
		struct result result = ask_now(&ask);
		assert_int_equal(result.failure, HTTP_ANSWERED);
		assert_int_equal(result.body_len, body_max < 60 * 1024 ? body_max : 60 * 1024);
	}
	assert_int_equal(far_end.accepted, 1); /* the connection serves on */
	finish();
}

static void endless_head(struct far_link *link)
{
	far_say(link, "HTTP/1.1 200 OK\r\n");
	while (!link->close)
		far_say(link, "X-A: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
}

static void endless_line(struct far_link *link)
{
	far_say(link, "HTTP/1.1 200 OK\r\nX-A: ");
	while (!link->close)
		far_say(link, "0123456789012345678901234567890123456789012345678901234567890123456789");
}

static void endless_continue(struct far_link *link)
{
	while (!link->close)
		far_say(link, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void a_head_without_end_is_no_answer(void **state)
{
	(void)state;
	assert_int_equal(ask_with(endless_head, "", PATIENCE_MS).failure, HTTP_BROKEN);
	assert_int_equal(ask_with(endless_continue, "", PATIENCE_MS).failure, HTTP_BROKEN);
	assert_int_not_equal(ask_with(endless_line, "", PATIENCE_MS).failure, HTTP_ANSWERED);
}

static void nobody_listens(void **state)
{
	struct result result;

	(void)state;
	begin(hold);
	struct http_ask ask = ask_for("/");
	int port = far_end.port;
	far_end_stop(&far_end);
	far_end.port = port;
	ask.connect_ms = PATIENCE_MS;
	result = ask_now(&ask);
	assert_int_equal(result.failure, HTTP_NOT_CONNECTED);
	finish();
}

static void a_name_that_can_not_be_is_not_resolved(void **state)
{
	(void)state;
	begin(hold);
	struct http_ask ask = ask_for("/");
	ask.url = "http://a-label-of-more-than-sixty-three-letters-is-none-that-any-server-knows/";
	assert_int_equal(ask_now(&ask).failure, HTTP_NOT_RESOLVED);
	finish();
}

/* Two of three on a connection: the second finds it closed. libcurl takes a fresh one by itself. */
static void answer_once(struct far_link *link)
{
	far_reply(link, 200, "", "ok");
	link->close = true;
}

static void a_kept_connection_that_was_closed_is_replaced(void **state)
{
	(void)state;
	begin(answer_once);
	for (int i = 0; i < 5; i++) {
		struct http_ask ask = ask_for("/");
		struct result result = ask_now(&ask);
		expect_answer(&result, 200, "ok");
	}
	finish();
}

static void mixed(struct far_link *link)
{
	if (far_asks(link, "GET /hold"))
		far_hold(link);
	else if (far_asks(link, "GET /break"))
		link->close = true;
	else
		far_reply(link, 200, "", "ok");
}

static void a_bad_answer_does_not_harm_the_others(void **state)
{
	static const char *const paths[] = {"/hold", "/break", "/ok"};
	static const enum http_failure wanted[] = {HTTP_TIMED_OUT, HTTP_BROKEN, HTTP_ANSWERED};
	struct result results[30];

	(void)state;
	begin(mixed);
	for (int i = 0; i < 30; i++) {
		struct http_ask ask = ask_for(paths[i % 3]);
		ask.timeout_ms = i % 3 == 0 ? SOON_MS : PATIENCE_MS;
		send_to(client, &ask, &results[i]);
	}
	for (int i = 0; i < 30; i++) {
		wait_result(client, &results[i]);
		assert_int_equal(results[i].failure, wanted[i % 3]);
	}
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_that_does_not_come_times_out),
		cmocka_unit_test(an_answer_that_drips_times_out),
		cmocka_unit_test(an_end_in_the_middle_is_no_answer),
		cmocka_unit_test(nonsense_is_no_answer),
		cmocka_unit_test(a_redirect_is_an_answer_and_not_followed),
		cmocka_unit_test(a_body_without_end_is_cut),
		cmocka_unit_test(what_is_too_much_of_a_body_is_read_and_thrown_away),
		cmocka_unit_test(a_head_without_end_is_no_answer),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(a_name_that_can_not_be_is_not_resolved),
		cmocka_unit_test(a_kept_connection_that_was_closed_is_replaced),
		cmocka_unit_test(a_bad_answer_does_not_harm_the_others),
	};

	forget_proxies();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
