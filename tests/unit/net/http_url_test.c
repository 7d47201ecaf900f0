/* What the client makes of URLs, and which of them go to a proxy. */
#include "unit/test.h"

#include "net/http_proxy.h"

static void expect_url(const char *text, bool tls, const char *host, const char *port)
{
	struct http_url url;

	if (http_url_read(text, &url, NULL) != ERR_OK)
		fail_msg("%s was refused", text);
	assert_int_equal(url.tls, tls);
	assert_string_equal(url.host, host);
	assert_string_equal(url.port, port);
}

static void a_url_is_taken_apart(void **state)
{
	(void)state;
	expect_url("http://example.com", false, "example.com", "80");
	expect_url("HTTPS://Example.COM./a?b#c", true, "example.com", "443");
	expect_url("https://user:secret@example.com:8443/", true, "example.com", "8443");
	expect_url("http://[2606:4700::1111]:8080/", false, "2606:4700::1111", "8080");
	expect_url("http://0x7f.1/", false, "127.0.0.1", "80");
	expect_url("http://example.com@127.0.0.1/", false, "127.0.0.1", "80");
	expect_url("http://xn--mnchen-3ya.example/", false, "xn--mnchen-3ya.example", "80");
}

static void what_can_not_be_asked_is_told_without_the_url(void **state)
{
	static const struct {
		const char *url, *why;
	} cases[] = {
		{"", "http://"}, {"example.com", "http://"}, {"ftp://example.com/", "http://"},
		{"file:///etc/passwd", "http://"}, {"http:/example.com", "http://"}, {"//example.com", "http://"},
		{" http://example.com", "http://"}, {"http://example.com/a b", "space"},
		{"http://example.com/\r\nX: y", "space"}, {"http://example.com/\t", "space"},
		{"http://m\xc3\xbcnchen.example/", "ASCII"}, {"http://", "host"}, {"https://:443/", "host"},
		{"http://example.com:0x50/", "host"}, {"http://example.com:65536/", "host"},
		{"http://example.com:0/", "host"}, {"http://example.com:000/", "host"},
		{"http://exa%00mple.com/", "host"}, {"http://[::1/", "host"}, {"http://[fe80::zz]/", "host"},
	};
	struct http_url url = {.host = "untouched"};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *why = "";
		if (http_url_read(cases[i].url, &url, &why) != ERR_BAD_REQUEST || !strstr(why, cases[i].why))
			fail_msg("%s: %s", cases[i].url, why);
	}
	assert_string_equal(url.host, "untouched");
}

static void a_url_has_its_limits(void **state)
{
	static char text[HTTP_URL_MAX + 2];
	struct http_url url;
	const char *why;

	(void)state;
	memset(text, 'a', HTTP_URL_MAX);
	memcpy(text, "http://a/", 9);
	assert_int_equal(http_url_read(text, &url, NULL), ERR_OK);
	text[HTTP_URL_MAX] = 'a';
	assert_int_equal(http_url_read(text, &url, &why), ERR_BAD_REQUEST);
	assert_non_null(strstr(why, "8192"));
	memset(text, 'a', HTTP_URL_HOST_MAX + 7);
	memcpy(text, "http://", 7);
	text[HTTP_URL_HOST_MAX + 7] = '\0';
	assert_int_equal(http_url_read(text, &url, NULL), ERR_OK);
	text[HTTP_URL_HOST_MAX + 7] = 'a';
	text[HTTP_URL_HOST_MAX + 8] = '\0';
	assert_int_equal(http_url_read(text, &url, NULL), ERR_BAD_REQUEST);
}

static bool is_private(const char *text)
{
	struct http_url url;

	assert_int_equal(http_url_read(text, &url, NULL), ERR_OK);
	return http_url_is_private(&url);
}

static void a_host_that_is_written_as_private_is_seen(void **state)
{
	(void)state;
	assert_true(is_private("http://127.1/"));
	assert_true(is_private("http://10.0.0.1/"));
	assert_true(is_private("http://[::1]/"));
	assert_true(is_private("http://[fd00::1]/"));
	assert_true(is_private("http://LocalHost/"));
	assert_true(is_private("http://localhost./"));
	assert_true(is_private("http://a.localhost/"));
	assert_false(is_private("http://localhost.example/"));
	assert_false(is_private("http://notlocalhost/"));
	assert_false(is_private("http://8.8.8.8/"));
	assert_false(is_private("http://[2606:4700::1111]/"));
}

static const char *const variables[] = {
	"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};

static void forget(void)
{
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		unsetenv(variables[i]);
}

static void expect_proxy(const char *text, const char *wanted)
{
	struct http_proxies proxies;
	struct http_url url;

	assert_int_equal(http_url_read(text, &url, NULL), ERR_OK);
	assert_int_equal(http_proxies_read(&proxies), ERR_OK);
	const char *proxy = http_proxy_of(&proxies, &url);
	if (!proxy != !wanted || (proxy && strcmp(proxy, wanted) != 0))
		fail_msg("%s: %s", text, proxy ? proxy : "none");
	http_proxies_done(&proxies);
}

static void a_scheme_has_its_proxy(void **state)
{
	(void)state;
	forget();
	expect_proxy("http://a/", NULL);
	setenv("HTTP_PROXY", "cgi", 1); /* a request's header Proxy, in a CGI */
	expect_proxy("http://a/", NULL);
	setenv("ALL_PROXY", "all", 1);
	expect_proxy("http://a/", "all");
	expect_proxy("https://a/", "all");
	setenv("http_proxy", "one", 1);
	setenv("HTTPS_PROXY", "two", 1);
	expect_proxy("http://a/", "one");
	expect_proxy("https://a/", "two");
	setenv("https_proxy", "three", 1);
	expect_proxy("https://a/", "three");
	setenv("http_proxy", "", 1); /* as if it were not set */
	expect_proxy("http://a/", "all");
	forget();
}

static void no_proxy_names_who_is_asked_directly(void **state)
{
	(void)state;
	forget();
	setenv("http_proxy", "proxy", 1);
	setenv("no_proxy", "example.com, .internal,10.1.2.3 ::1,,", 1);
	expect_proxy("http://example.com/", NULL);
	expect_proxy("http://EXAMPLE.com./", NULL);
	expect_proxy("http://a.example.com/", NULL);
	expect_proxy("http://notexample.com/", "proxy");
	expect_proxy("http://example.com.evil/", "proxy");
	expect_proxy("http://internal/", NULL);
	expect_proxy("http://db.internal:99/", NULL);
	expect_proxy("http://10.1.2.3/", NULL);
	expect_proxy("http://10.1.2.4/", "proxy");
	expect_proxy("http://[::1]/", NULL);
	setenv("no_proxy", "*", 1);
	expect_proxy("http://anybody/", NULL);
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_taken_apart),
		cmocka_unit_test(what_can_not_be_asked_is_told_without_the_url),
		cmocka_unit_test(a_url_has_its_limits),
		cmocka_unit_test(a_host_that_is_written_as_private_is_seen),
		cmocka_unit_test(a_scheme_has_its_proxy),
		cmocka_unit_test(no_proxy_names_who_is_asked_directly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
