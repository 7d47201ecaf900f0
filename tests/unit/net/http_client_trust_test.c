/* Whom the HTTP client talks to: private addresses, kept connections, certificates, proxies. */
#include "unit/net/http_client_bench.h"

static void ok(struct far_link *link)
{
	far_reply(link, 200, "", "ok");
}

static void a_private_address_is_refused_however_it_is_written(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "LocalHost", "127.1", "0x7f.1", "2130706433",
		"0177.0.0.1", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::7f00:1]", "user@127.0.0.1",
		"example.com@127.0.0.1"};

	(void)state;
	begin(ok);
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		struct http_ask ask = ask_for("/");
		ask.url = url_to(hosts[i], "/");
		ask.allow_private = false;
		struct result result = ask_now(&ask);
		if (result.failure != HTTP_NOT_PUBLIC)
			fail_msg("%s: %d", hosts[i], result.failure);
		assert_non_null(strstr(result.why, "not public"));
	}
	assert_int_equal(far_end.accepted, 0);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("localhost", "/");
	assert_int_equal(ask_now(&ask).status, 200);
	finish();
}

static void a_kept_connection_serves_its_own_kind_alone(void **state)
{
	struct result result;

	(void)state;
	begin(ok);
	struct http_ask ask = ask_for("/");
	for (int i = 0; i < 3; i++) {
		ask.allow_private = true;
		result = ask_now(&ask);
		expect_answer(&result, 200, "ok");
		ask.allow_private = false;
		result = ask_now(&ask);
		assert_int_equal(result.failure, HTTP_NOT_PUBLIC);
	}
	assert_int_equal(far_end.accepted, 1);
	assert_int_equal(far_end.requests, 3);
	finish();
}

/* Both kinds reach the same far end through a proxy: each by a connection of its own. */
static void kinds_do_not_mix_the_other_way_round(void **state)
{
	char proxy[64];
	struct result result;

	(void)state;
	far_end_start(&far_end, ok, NULL);
	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", far_end.port);
	setenv("http_proxy", proxy, 1);
	client = http_client_new(&(struct http_client_options){0});
	forget_proxies();
	for (int i = 0; i < 4; i++) {
		struct http_ask ask = ask_for("/");
		ask.url = "http://198.51.100.7/";
		ask.allow_private = i % 2;
		result = ask_now(&ask);
		if (i % 2)
			expect_answer(&result, 200, "ok");
		else
			assert_int_equal(result.failure, HTTP_NOT_PUBLIC);
		ask.url = "http://endpoint.example/";
		result = ask_now(&ask);
		expect_answer(&result, 200, "ok");
	}
	assert_int_equal(far_end.accepted, 2);
	finish();
}

/* What the proxy of a test says back: the request's line. */
static void tell_line(struct far_link *link)
{
	char text[256];
	struct str rest, line = str_cut(link->head, '\r', &rest);

	if (far_asks(link, "CONNECT")) {
		far_reply(link, 403, "", "no");
		return;
	}
	assert_true(str_copy(text, sizeof text, line));
	far_reply(link, 200, "", text);
}

static void the_environment_s_proxy_is_asked(void **state)
{
	char proxy[64];
	struct result result;

	(void)state;
	far_end_start(&far_end, tell_line, NULL);
	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", far_end.port);
	setenv("all_proxy", proxy, 1);
	setenv("no_proxy", "direct.example, localhost", 1);
	client = http_client_new(&(struct http_client_options){0});
	forget_proxies();
	struct http_ask ask = ask_for("/");
	ask.allow_private = false;
	ask.url = "http://endpoint.example/x";
	result = ask_now(&ask);
	expect_answer(&result, 200, "GET http://endpoint.example/x HTTP/1.1");
	ask.url = "https://endpoint.example/x";
	assert_int_equal(ask_now(&ask).failure, HTTP_NOT_CONNECTED); /* it refuses the tunnel */
	ask.url = url_to("localhost", "/");
	assert_int_equal(ask_now(&ask).failure, HTTP_NOT_PUBLIC); /* asked directly */
	ask.url = "http://10.0.0.1/";
	assert_int_equal(ask_now(&ask).failure, HTTP_NOT_PUBLIC); /* the proxy would take us there */
	finish();
}

struct tls_bench {
	char dir[64], path[128];
};

static void begin_tls(struct tls_bench *bench)
{
	snprintf(bench->dir, sizeof bench->dir, "/tmp/http_client_test.XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	snprintf(bench->path, sizeof bench->path, "%s/cert.pem", bench->dir);
	begin_with(ok, far_tls(bench->path), &(struct http_client_options){0});
}

static void finish_tls(struct tls_bench *bench)
{
	finish();
	unlink(bench->path);
	rmdir(bench->dir);
}

static void a_certificate_must_be_trusted(void **state)
{
	struct tls_bench bench;
	struct result result;

	(void)state;
	begin_tls(&bench);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("https://localhost", "/");
	result = ask_now(&ask);
	assert_int_equal(result.failure, HTTP_TLS_FAILED);
	assert_non_null(strstr(result.why, "not trusted"));
	assert_int_equal(far_end.requests, 0);
	ask.ca = bench.path;
	result = ask_now(&ask);
	expect_answer(&result, 200, "ok");
	result = ask_now(&ask);
	expect_answer(&result, 200, "ok");
	finish_tls(&bench);
}

static void trust_is_not_kept_with_a_connection(void **state)
{
	struct tls_bench bench;

	(void)state;
	begin_tls(&bench);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("https://localhost", "/");
	ask.ca = bench.path;
	assert_int_equal(ask_now(&ask).status, 200);
	ask.ca = NULL;
	assert_int_equal(ask_now(&ask).failure, HTTP_TLS_FAILED);
	ask.ca = bench.path;
	assert_int_equal(ask_now(&ask).status, 200);
	assert_int_equal(far_end.requests, 2);
	finish_tls(&bench);
}

static void a_certificate_must_be_for_the_name_that_was_asked(void **state)
{
	struct tls_bench bench;

	(void)state;
	begin_tls(&bench);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("https://127.0.0.1", "/");
	ask.ca = bench.path;
	assert_int_equal(ask_now(&ask).failure, HTTP_TLS_FAILED);
	finish_tls(&bench);
}

static void a_file_of_certificates_that_is_none_is_told(void **state)
{
	struct tls_bench bench;
	struct result result;

	(void)state;
	begin_tls(&bench);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("https://localhost", "/");
	ask.ca = "/nonexistent/ca.pem";
	result = ask_now(&ask);
	assert_int_equal(result.failure, HTTP_TLS_FAILED);
	assert_non_null(strstr(result.why, "can't be read"));
	finish_tls(&bench);
}

static void what_is_not_tls_is_no_answer(void **state)
{
	(void)state;
	begin(ok);
	struct http_ask ask = ask_for("/");
	ask.url = url_to("https://127.0.0.1", "/");
	ask.timeout_ms = 500; /* a far end that waits for the end of a head waits for long */
	struct result result = ask_now(&ask);
	assert_true(result.failure == HTTP_TLS_FAILED || result.failure == HTTP_TIMED_OUT);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_private_address_is_refused_however_it_is_written),
		cmocka_unit_test(a_kept_connection_serves_its_own_kind_alone),
		cmocka_unit_test(kinds_do_not_mix_the_other_way_round),
		cmocka_unit_test(the_environment_s_proxy_is_asked),
		cmocka_unit_test(a_certificate_must_be_trusted),
		cmocka_unit_test(trust_is_not_kept_with_a_connection),
		cmocka_unit_test(a_certificate_must_be_for_the_name_that_was_asked),
		cmocka_unit_test(a_file_of_certificates_that_is_none_is_told),
		cmocka_unit_test(what_is_not_tls_is_no_answer),
	};

	forget_proxies();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
