/* What a stranger sees of the TLS at a URL. */
#include "unit/net/http_client_bench.h"

#include <time.h>

#include "net/tls_look.h"

/* A label has 63 letters at most: no resolver needs to be asked for this name. */
#define UNKNOWN "https://a234567890123456789012345678901234567890123456789012345678901234.example/"

static char dir[64], path[128];

static void never(struct far_link *link)
{
	far_reply(link, 200, "", "nobody asks");
}

static void begin_tls(void)
{
	snprintf(dir, sizeof dir, "/tmp/tls_look_test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/cert.pem", dir);
	begin_with(never, far_tls(path), &(struct http_client_options){0});
}

static void finish_tls(void)
{
	assert_int_equal(far_end.requests, 0);
	finish();
	unlink(path);
	rmdir(dir);
}

static struct tls_seen look(const char *host, const char *ca)
{
	struct tls_seen seen;

	tls_look(&(struct tls_look_ask){.url = url_to(host, "/"), .ca = ca, .timeout_ms = PATIENCE_MS}, &seen);
	assert_true((seen.failure == HTTP_ANSWERED) == (seen.why == NULL));
	return seen;
}

static void a_good_certificate_tells_its_end_and_the_version(void **state)
{
	(void)state;
	begin_tls();
	struct tls_seen seen = look("https://localhost", path);
	assert_int_equal(seen.failure, HTTP_ANSWERED);
	assert_true(seen.expires_s > time(NULL) + 86400 - 60 && seen.expires_s <= time(NULL) + 86400);
	assert_string_equal(seen.version, "TLSv1.3");
	finish_tls();
}

static void one_that_signed_itself_is_told(void **state)
{
	(void)state;
	begin_tls();
	struct tls_seen seen = look("https://localhost", NULL);
	assert_int_equal(seen.failure, HTTP_TLS_FAILED);
	assert_int_equal(seen.verify_error, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
	assert_false(seen.other_name);
	assert_non_null(strstr(seen.why, "by itself"));
	finish_tls();
}

static void one_for_another_name_is_told(void **state)
{
	(void)state;
	begin_tls();
	struct tls_seen seen = look("https://127.0.0.1", path);
	assert_int_equal(seen.failure, HTTP_TLS_FAILED);
	assert_true(seen.other_name);
	assert_int_equal(seen.verify_error, 0);
	finish_tls();
}

static void trust_in_a_file_that_is_none_is_told(void **state)
{
	(void)state;
	begin_tls();
	struct tls_seen seen = look("https://localhost", "/nonexistent/ca.pem");
	assert_int_equal(seen.failure, HTTP_TLS_FAILED);
	assert_non_null(strstr(seen.why, "can't be read"));
	finish_tls();
}

static void what_can_t_be_looked_at_is_told_apart(void **state)
{
	struct tls_seen seen;

	(void)state;
	begin(never);
	seen = look("http://localhost", NULL);
	assert_int_equal(seen.failure, HTTP_BAD_ASK);
	tls_look(&(struct tls_look_ask){.url = url_to("https://localhost", "/"), .timeout_ms = 500}, &seen);
	assert_true(seen.failure == HTTP_TLS_FAILED || seen.failure == HTTP_TIMED_OUT);
	tls_look(&(struct tls_look_ask){.url = UNKNOWN}, &seen);
	assert_int_equal(seen.failure, HTTP_NOT_RESOLVED);
	const char *gone = url_to("https://localhost", "/");
	finish();
	tls_look(&(struct tls_look_ask){.url = gone}, &seen);
	assert_int_equal(seen.failure, HTTP_NOT_CONNECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_certificate_tells_its_end_and_the_version),
		cmocka_unit_test(one_that_signed_itself_is_told),
		cmocka_unit_test(one_for_another_name_is_told),
		cmocka_unit_test(trust_in_a_file_that_is_none_is_told),
		cmocka_unit_test(what_can_t_be_looked_at_is_told_apart),
	};

	forget_proxies();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
