/* The HTTP client against a far end that behaves: what is sent, what is told, how many at a time. */
#include "unit/net/http_client_bench.h"

#include "base/buf.h"
#include "net/http_url.h"

/* Tells what came in: its line, some headers, its body. */
static void echo(struct far_link *link)
{
	static const char *const names[] = {"user-agent", "authorization", "content-type", "x-a", "x-empty", "expect"};
	static char text[2 * HTTP_ASK_HEADER_MAX];
	struct str rest;
	struct buf out;

	buf_fixed(&out, text, sizeof text - 1);
	buf_str(&out, str_cut(link->head, '\r', &rest));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str value = far_header(link, names[i]);
		if (value.at)
			buf_fmt(&out, "|%s=%.*s", names[i], (int)value.len, value.at);
	}
	buf_char(&out, '|');
	buf_str(&out, link->body);
	ASSERT(buf_ok(&out));
	text[out.len] = '\0';
	far_reply(link, 200, "", link->head.at[0] == 'H' ? "" : text);
}

static void a_request_is_sent_as_it_was_asked(void **state)
{
	struct http_header headers[] = {
		{STR("Content-Type"), STR("application/json")}, {STR("X-A"), STR(" b \t c ")}, {STR("X-Empty"), STR("")}};

	(void)state;
	begin(echo);
	struct http_ask ask = ask_for("/a/../b?q=1#f");
	ask.method = HTTP_METHOD_POST;
	ask.headers = headers;
	ask.headers_n = 3;
	ask.body = STR("{}");
	struct result result = ask_now(&ask);
	expect_answer(&result, 200,
		"POST /a/../b?q=1 HTTP/1.1|user-agent=bauta/test|content-type=application/json|x-a=b \t c|x-empty=|{}");
	assert_int_equal(result.retry_after_s, -1);
	finish();
}

static void every_method_is_spoken(void **state)
{
	static const char *const wanted[] = {"GET / HTTP/1.1|user-agent=bauta/test|", "",
		"POST / HTTP/1.1|user-agent=bauta/test|", "PUT / HTTP/1.1|user-agent=bauta/test|",
		"PATCH / HTTP/1.1|user-agent=bauta/test|", "DELETE / HTTP/1.1|user-agent=bauta/test|",
		"OPTIONS / HTTP/1.1|user-agent=bauta/test|"};

	(void)state;
	begin(echo);
	for (int method = HTTP_METHOD_GET; method < HTTP_METHOD_OTHER; method++) {
		struct http_ask ask = ask_for("/");
		ask.method = (enum http_method)method;
		struct result result = ask_now(&ask);
		expect_answer(&result, 200, wanted[method]);
	}
	struct http_ask ask = ask_for("/");
	ask.method = HTTP_METHOD_DELETE;
	ask.body = STR("x");
	struct result result = ask_now(&ask);
	expect_answer(&result, 200, "DELETE / HTTP/1.1|user-agent=bauta/test|x");
	assert_int_equal(far_end.accepted, 1); /* all on one connection */
	finish();
}

static char body[100 * 1024];

static void compare(struct far_link *link)
{
	bool same = str_equal(link->body, str_n(body, sizeof body));

	far_reply(link, 200, "", same ? "same" : "other");
}

static void a_body_of_any_bytes_arrives_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)(i * 7);
	begin(compare);
	struct http_ask ask = ask_for("/");
	ask.method = HTTP_METHOD_PUT;
	ask.body = str_n(body, sizeof body);
	struct result result = ask_now(&ask);
	expect_answer(&result, 200, "same");
	finish();
}

static void basic_credentials_are_sent(void **state)
{
	(void)state;
	begin(echo);
	struct http_ask ask = ask_for("/");
	ask.user = "Aladdin";
	ask.password = "open sesame"; /* RFC 7617 section 2 */
	struct result result = ask_now(&ask);
	expect_answer(&result, 200,
		"GET / HTTP/1.1|user-agent=bauta/test|authorization=Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==|");
	finish();
}

static void what_could_smuggle_a_header_is_refused(void **state)
{
	static const struct http_header bad[] = {
		{STR("X-A"), STR("b\r\nX-B: c")}, {STR("X-A"), STR("b\nX-B: c")}, {STR("X-A"), STR("b\rX-B")},
		{STR("X-A"), STR("b\0c")}, {STR("X-A"), STR("\x7f")}, {STR("X-A"), STR("b\n")},
		{STR("X-A\r\nX-B"), STR("c")}, {STR("X-A: b\nX-B"), STR("c")}, {STR("X\0A"), STR("c")},
		{STR("X A"), STR("c")}, {STR("X:"), STR("c")}, {STR(""), STR("c")}, {STR("X\x80"), STR("c")},
		{STR("Content-Length"), STR("0")}, {STR("transfer-encoding"), STR("chunked")},
		{STR("HOST"), STR("a")}, {STR("Connection"), STR("close")}, {STR("Expect"), STR("100-continue")},
	};
	static const char *const bad_urls[] = {"http://a/\r\nX-B: c", "http://a/\n", "http://a /", "http://a/ b",
		"http://a/\x7f", "http://\r\na/", "ftp://a/", "file:///etc/passwd", "gopher://a/", "a", "", "http://",
		"https://", "http:/a/", "//a/", "http://a:70000/", "http://a\xc3\xa9/", "javascript:1"};
	struct result result = {0};

	(void)state;
	begin(echo);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct http_ask ask = ask_for("/");
		ask.headers = &bad[i];
		ask.headers_n = 1;
		assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_BAD_REQUEST);
	}
	for (size_t i = 0; i < sizeof bad_urls / sizeof bad_urls[0]; i++) {
		struct http_ask ask = ask_for("/");
		ask.url = bad_urls[i];
		assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_BAD_REQUEST);
	}
	struct http_ask users[3] = {ask_for("/"), ask_for("/"), ask_for("/")};
	users[0].user = "a\nb";
	users[1].user = "a:b";
	users[2].user = "a";
	users[2].password = "b\r\n";
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_client_send(client, &users[i], take_result, &result), ERR_BAD_REQUEST);
	struct http_ask other = ask_for("/");
	other.method = HTTP_METHOD_OTHER;
	assert_int_equal(http_client_send(client, &other, take_result, &result), ERR_BAD_REQUEST);
	assert_int_equal(http_client_out(client), 0);
	assert_int_equal(result.answers, 0);
	finish();
}

static void what_is_too_large_to_be_asked_is_refused(void **state)
{
	static char value[HTTP_ASK_HEADER_MAX + 1], url[HTTP_URL_MAX + 2];
	struct http_header header = {STR("X-A"), {value, HTTP_ASK_HEADER_MAX - 3}}, many[HTTP_HEADERS_MAX + 1];
	struct result result = {0};

	(void)state;
	begin(echo);
	memset(value, 'v', sizeof value);
	struct http_ask ask = ask_for("/");
	ask.headers = &header;
	ask.headers_n = 1;
	assert_int_equal(ask_now(&ask).status, 200);
	header.value.len++;
	assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_BAD_REQUEST);
	for (int i = 0; i <= HTTP_HEADERS_MAX; i++)
		many[i] = (struct http_header){STR("X-A"), STR("b")};
	ask.headers = many;
	ask.headers_n = HTTP_HEADERS_MAX;
	assert_int_equal(ask_now(&ask).status, 200);
	ask.headers_n++;
	assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_BAD_REQUEST);
	ask = ask_for("/");
	memset(url, 'u', HTTP_URL_MAX + 1);
	memcpy(url, "http://a/", 9);
	ask.url = url;
	assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_BAD_REQUEST);
	finish();
}

static const char *retry_after; /* lines of the head */

static void busy(struct far_link *link)
{
	far_say(link, "HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\n");
	far_reply(link, 503, retry_after, "later");
}

static void a_retry_after_is_told_in_seconds(void **state)
{
	static const struct {
		const char *lines;
		int64_t wait_s;
	} cases[] = {
		{"", -1},
		{"Retry-After: 120\r\n", 120},
		{"retry-after:0\r\n", 0},
		{"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0},
		{"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 366 * 86400},
		{"Retry-After: soon\r\n", -1},
		{"Retry-After:\r\n", -1},
	};

	(void)state;
	begin(busy);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		retry_after = cases[i].lines;
		struct http_ask ask = ask_for("/");
		struct result result = ask_now(&ask);
		expect_answer(&result, 503, "later");
		assert_true(result.retry_after_s == cases[i].wait_s);
	}
	finish();
}

static void the_far_end_s_date_is_told(void **state)
{
	static const struct {
		const char *lines;
		int64_t date_ms;
	} cases[] = {
		{"", -1},
		{"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 784111777000},
		{"date:Sun, 06 Nov 1994 08:49:37 GMT \r\n", 784111777000},
		{"Date: today\r\n", -1},
	};

	(void)state;
	begin(busy);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		retry_after = cases[i].lines;
		struct http_ask ask = ask_for("/");
		struct result result = ask_now(&ask);
		expect_answer(&result, 503, "later");
		assert_true(result.date_ms == cases[i].date_ms);
	}
	finish();
}

static void behind_gate(struct far_link *link)
{
	if (far_asks(link, "GET /gate"))
		far_gate(link);
	far_reply(link, 200, "", "done");
}

static void wait_for_busy(int n)
{
	while (far_count(&far_end, &far_end.busy) < n)
		http_client_turn(client, 1);
}

static void no_more_are_at_work_than_connections_max(void **state)
{
	struct result results[10];

	(void)state;
	begin_with(behind_gate, NULL, &(struct http_client_options){.connections_max = 3});
	struct http_ask ask = ask_for("/gate");
	for (int i = 0; i < 10; i++)
		send_to(client, &ask, &results[i]);
	assert_int_equal(http_client_out(client), 10);
	wait_for_busy(3);
	for (int i = 0; i < 20; i++)
		http_client_turn(client, 1);
	assert_int_equal(http_client_out(client), 10);
	assert_int_equal(far_count(&far_end, &far_end.accepted), 3);
	far_open_gate(&far_end, true);
	for (int i = 0; i < 10; i++) {
		wait_result(client, &results[i]);
		expect_answer(&results[i], 200, "done");
	}
	assert_int_equal(far_end.busy_max, 3);
	assert_int_equal(far_end.accepted, 3);
	finish();
}

static void a_slow_host_does_not_take_the_others_places(void **state)
{
	struct result slow[4], quick;

	(void)state;
	begin_with(behind_gate, NULL, &(struct http_client_options){.connections_max = 4, .per_host_max = 2});
	struct http_ask ask = ask_for("/gate");
	for (int i = 0; i < 4; i++)
		send_to(client, &ask, &slow[i]);
	wait_for_busy(2);
	ask.url = url_to("LOCALhost", "/");
	send_to(client, &ask, &quick);
	wait_result(client, &quick);
	expect_answer(&quick, 200, "done");
	while (far_count(&far_end, &far_end.busy) != 2) /* it notices a moment after us that the quick one is done */
		http_client_turn(client, 1);
	far_open_gate(&far_end, true);
	for (int i = 0; i < 4; i++)
		wait_result(client, &slow[i]);
	finish();
}

static void waiting_for_a_place_counts_as_time(void **state)
{
	struct result first, second;

	(void)state;
	begin_with(behind_gate, NULL, &(struct http_client_options){.connections_max = 1});
	struct http_ask ask = ask_for("/gate");
	send_to(client, &ask, &first);
	wait_for_busy(1);
	ask.timeout_ms = 20;
	send_to(client, &ask, &second);
	wait_result(client, &second);
	assert_int_equal(second.failure, HTTP_TIMED_OUT);
	assert_int_equal(first.answers, 0);
	far_open_gate(&far_end, true);
	wait_result(client, &first);
	expect_answer(&first, 200, "done");
	assert_int_equal(far_end.requests, 1);
	finish();
}

static void more_than_out_max_are_refused(void **state)
{
	struct result result = {0};

	(void)state;
	begin(behind_gate);
	struct http_ask ask = ask_for("/gate");
	for (int i = 0; i < HTTP_CLIENT_OUT_MAX; i++)
		assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_OK);
	assert_int_equal(http_client_send(client, &ask, take_result, &result), ERR_OVERLOADED);
	assert_int_equal(http_client_out(client), HTTP_CLIENT_OUT_MAX);
	finish();
	assert_int_equal(result.answers, 0);
}

static void requests_that_are_out_are_dropped_without_an_answer(void **state)
{
	struct result results[3];

	(void)state;
	begin_with(behind_gate, NULL, &(struct http_client_options){.connections_max = 2});
	struct http_ask ask = ask_for("/gate");
	for (int i = 0; i < 3; i++)
		send_to(client, &ask, &results[i]);
	wait_for_busy(2);
	finish();
	for (int i = 0; i < 3; i++)
		assert_int_equal(results[i].answers, 0);
}

static void *wake_client(void *nothing)
{
	(void)nothing;
	http_client_wake(client);
	return NULL;
}

/* A turn that is not woken would outlast the patience of whoever runs this. */
static void a_turn_is_woken_from_another_thread(void **state)
{
	pthread_t thread;

	(void)state;
	begin(behind_gate);
	http_client_wake(client); /* before the turn */
	http_client_turn(client, 100 * PATIENCE_MS);
	assert_int_equal(pthread_create(&thread, NULL, wake_client, NULL), 0);
	http_client_turn(client, 100 * PATIENCE_MS);
	pthread_join(thread, NULL);
	finish();
}

struct chain {
	struct result result;
	int left;
};

static void send_next(void *context, const struct http_answered *answered)
{
	struct chain *chain = context;
	struct http_ask ask = ask_for("/");

	take_result(&chain->result, answered);
	if (chain->left-- > 0)
		assert_int_equal(http_client_send(client, &ask, send_next, chain), ERR_OK);
}

static void an_answer_may_send_the_next(void **state)
{
	struct chain chain = {.left = 5};
	struct http_ask ask = ask_for("/");

	(void)state;
	begin(behind_gate);
	assert_int_equal(http_client_send(client, &ask, send_next, &chain), ERR_OK);
	while (http_client_out(client))
		http_client_turn(client, PATIENCE_MS);
	assert_int_equal(chain.result.answers, 6);
	assert_int_equal(far_end.accepted, 1);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_sent_as_it_was_asked),
		cmocka_unit_test(every_method_is_spoken),
		cmocka_unit_test(a_body_of_any_bytes_arrives_whole),
		cmocka_unit_test(basic_credentials_are_sent),
		cmocka_unit_test(what_could_smuggle_a_header_is_refused),
		cmocka_unit_test(what_is_too_large_to_be_asked_is_refused),
		cmocka_unit_test(a_retry_after_is_told_in_seconds),
		cmocka_unit_test(the_far_end_s_date_is_told),
		cmocka_unit_test(no_more_are_at_work_than_connections_max),
		cmocka_unit_test(a_slow_host_does_not_take_the_others_places),
		cmocka_unit_test(waiting_for_a_place_counts_as_time),
		cmocka_unit_test(more_than_out_max_are_refused),
		cmocka_unit_test(requests_that_are_out_are_dropped_without_an_answer),
		cmocka_unit_test(a_turn_is_woken_from_another_thread),
		cmocka_unit_test(an_answer_may_send_the_next),
	};

	forget_proxies();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
