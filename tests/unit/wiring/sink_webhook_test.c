/* The webhook sink, driven as a carrier drives it, against an endpoint of the test's. */
#include "unit/test.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/buf.h"
#include "http/far_end.h"
#include "out/sink_webhook.h"
#include "wire/base64.h"
#include "wire/json.h"

#define PATIENCE_MS 60000
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_2 "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define GOT_MAX 64

/* ---- the endpoint: keeps what it got, answers what it is told to ---- */

struct got {
	char line[128], type[64], id[64], time[32], signature[128], body[2048];
};

static struct far_end far_end;
static struct got got[GOT_MAX];
static int got_n;
static const char *status_and_headers; /* "503\r\nRetry-After: 5" */

static void copy(char *to, size_t size, struct str from)
{
	ASSERT(str_copy(to, size, from));
}

static void keep(struct far_link *link)
{
	struct str rest;

	pthread_mutex_lock(&far_end.lock);
	ASSERT(got_n < GOT_MAX);
	struct got *at = &got[got_n++];
	copy(at->line, sizeof at->line, str_cut(link->head, '\r', &rest));
	copy(at->type, sizeof at->type, far_header(link, "content-type"));
	copy(at->id, sizeof at->id, far_header(link, "webhook-id"));
	copy(at->time, sizeof at->time, far_header(link, "webhook-timestamp"));
	copy(at->signature, sizeof at->signature, far_header(link, "webhook-signature"));
	copy(at->body, sizeof at->body, link->body);
	pthread_mutex_unlock(&far_end.lock);
}

static void endpoint(struct far_link *link)
{
	char head[256];

	keep(link);
	if (far_asks(link, "POST /hold"))
		far_hold(link);
	else if (far_asks(link, "POST /gate"))
		far_gate(link);
	if (link->close)
		return;
	snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: 3\r\n\r\nyes", status_and_headers);
	far_say(link, head);
}

/* ---- the carrier ---- */

struct verdict {
	int answers; /* of one event */
	enum sent sent;
	char why[128];
};

static struct sink *sink;
static struct outbox_row rows[GOT_MAX];
static struct verdict verdicts[GOT_MAX]; /* of rows[i] */
static int64_t now;

static int64_t now_ms(void *context)
{
	return *(int64_t *)context;
}

static void on_done(void *carrier, const struct outbox_row *row, enum sent sent, const char *why)
{
	struct verdict *verdict = &verdicts[row - rows];

	assert_ptr_equal(carrier, &now);
	verdict->answers++;
	verdict->sent = sent;
	assert_true((sent == SENT_DONE) == (why == NULL));
	assert_true(str_copy(verdict->why, sizeof verdict->why, str_of(why)));
}

static void make_rows(void)
{
	static char keys[GOT_MAX][16];

	for (int i = 0; i < GOT_MAX; i++) {
		snprintf(keys[i], sizeof keys[i], "A-%d", i);
		rows[i] = (struct outbox_row){.id = 0x019311f1e7d00001u + (uint64_t)i,
			.at_ms = 1795341600000,
			.type = STR("session.live"),
			.tenant = STR("main"),
			.key = str_of(keys[i]),
			.data = STR("{\"session\":\"ses_01JC8Z3SYG0001\"}")};
	}
	memset(verdicts, 0, sizeof verdicts);
	got_n = 0;
	now = 1795341600000;
}

static struct sink_webhook_options options_for(const char *path)
{
	static char url[256];

	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", far_end.port, path);
	return (struct sink_webhook_options){.name = "erp",
		.url = url,
		.secret = SECRET,
		.tenant = "main",
		.allow_private = true,
		.timeout_ms = PATIENCE_MS,
		.now_ms = now_ms,
		.now_context = &now};
}

static void make_sink(const struct sink_webhook_options *options)
{
	char error[256] = "";

	sink = sink_webhook_new(options, error);
	assert_string_equal(error, "");
	assert_non_null(sink);
	sink->done = on_done;
	sink->carrier = &now;
}

static void drop_sink(void)
{
	if (sink)
		sink->ops->free(sink);
	sink = NULL;
}

static void finish(void)
{
	drop_sink();
	far_end_stop(&far_end);
}

static void begin(const char *path)
{
	finish(); /* of a test that failed halfway */
	make_rows();
	status_and_headers = "204 No Content";
	far_end_start(&far_end, endpoint, NULL);
	struct sink_webhook_options options = options_for(path);
	make_sink(&options);
}

static const struct verdict *wait_for(int i)
{
	while (!verdicts[i].answers)
		sink->ops->turn(sink, PATIENCE_MS);
	assert_int_equal(verdicts[i].answers, 1);
	return &verdicts[i];
}

static const struct verdict *try(int i)
{
	verdicts[i].answers = 0;
	sink->ops->send(sink, &rows[i]);
	return wait_for(i);
}

static void expect_verdict(const struct verdict *verdict, enum sent sent, const char *why)
{
	assert_int_equal(verdict->sent, sent);
	assert_string_equal(verdict->why, why);
}

/* ---- what is sent ---- */

/* OpenSSL's own HMAC and base64, so that ours don't judge themselves. */
static void sign(const char *secret, const struct got *of, char ret_signature[64])
{
	unsigned char key[64], hash[32], signed_text[4096];
	size_t key_len;
	unsigned hash_len = sizeof hash;
	int len = snprintf((char *)signed_text, sizeof signed_text, "%s.%s.%s", of->id, of->time, of->body);

	assert_true(base64_read(str_of(secret + 6), key, sizeof key, &key_len));
	assert_non_null(HMAC(EVP_sha256(), key, (int)key_len, signed_text, (size_t)len, hash, &hash_len));
	memcpy(ret_signature, "v1,", 3);
	EVP_EncodeBlock((unsigned char *)ret_signature + 3, hash, sizeof hash);
}

static void an_event_is_posted_as_a_signed_cloud_event(void **state)
{
	char signature[64];

	(void)state;
	begin("/hooks/bauta?a=b");
	expect_verdict(try(0), SENT_DONE, "");
	assert_int_equal(got_n, 1);
	assert_string_equal(got[0].line, "POST /hooks/bauta?a=b HTTP/1.1");
	assert_string_equal(got[0].type, "application/cloudevents+json");
	assert_string_equal(got[0].id, "evt_01JC8Z3SYG0001");
	assert_string_equal(got[0].time, "1795341600");
	assert_string_equal(got[0].body,
		"{\"specversion\":\"1.0\",\"id\":\"evt_01JC8Z3SYG0001\",\"source\":\"urn:bauta:main\",\"type\":"
		"\"session.live\",\"subject\":\"A-0\",\"time\":\"2026-11-22T10:00:00Z\",\"datacontenttype\":"
		"\"application/json\",\"data\":{\"session\":\"ses_01JC8Z3SYG0001\"}}");
	sign(SECRET, &got[0], signature);
	assert_string_equal(got[0].signature, signature);
	struct sink_webhook_counts counts = sink_webhook_counts(sink);
	assert_true(counts.delivered == 1 && counts.failed == 0 && counts.last_status == 204);
	finish();
}

static void a_second_secret_signs_too(void **state)
{
	char signatures[2][64], both[160];

	(void)state;
	begin("/");
	drop_sink();
	struct sink_webhook_options options = options_for("/");
	options.secret_2 = SECRET_2;
	make_sink(&options);
	expect_verdict(try(0), SENT_DONE, "");
	sign(SECRET, &got[0], signatures[0]);
	sign(SECRET_2, &got[0], signatures[1]);
	snprintf(both, sizeof both, "%s %s", signatures[0], signatures[1]);
	assert_string_equal(got[0].signature, both);
	finish();
}

static void each_try_has_its_time_and_signature_and_the_same_id(void **state)
{
	char signature[64];

	(void)state;
	begin("/");
	status_and_headers = "500 Broken";
	expect_verdict(try(0), SENT_AGAIN, "answered 500");
	now += 5000;
	status_and_headers = "200 OK";
	expect_verdict(try(0), SENT_DONE, "");
	assert_string_equal(got[0].id, got[1].id);
	assert_string_equal(got[0].body, got[1].body);
	assert_string_equal(got[1].time, "1795341605");
	assert_string_not_equal(got[0].signature, got[1].signature);
	sign(SECRET, &got[1], signature);
	assert_string_equal(got[1].signature, signature);
	struct sink_webhook_counts counts = sink_webhook_counts(sink);
	assert_true(counts.delivered == 1 && counts.failed == 1 && counts.last_status == 200);
	finish();
}

/* ---- what an answer means ---- */

static void a_status_has_its_verdict(void **state)
{
	static const struct {
		const char *status;
		enum sent sent;
		const char *why;
	} cases[] = {
		{"200 OK", SENT_DONE, ""},
		{"201 Created", SENT_DONE, ""},
		{"299 Odd", SENT_DONE, ""},
		{"301 Moved\r\nLocation: http://127.0.0.1:1/", SENT_AGAIN, "answered 301: redirects are not followed"},
		{"304 Same", SENT_AGAIN, "answered 304: redirects are not followed"},
		{"400 Bad", SENT_AGAIN, "answered 400"},
		{"401 Who", SENT_AGAIN, "answered 401"},
		{"404 Where", SENT_AGAIN, "answered 404"},
		{"410 Gone", SENT_REFUSED, "answered 410: it wants no more events"},
		{"429 Slower", SENT_AGAIN, "answered 429"},
		{"500 Broken", SENT_AGAIN, "answered 500"},
		{"503 Busy", SENT_AGAIN, "answered 503"},
		{"999 What", SENT_AGAIN, "answered 999"},
	};

	(void)state;
	begin("/");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		status_and_headers = cases[i].status;
		expect_verdict(try((int)i), cases[i].sent, cases[i].why);
		assert_int_equal(sink->rest_s, 0);
	}
	finish();
}

static void who_asks_for_rest_gets_it_for_an_hour_at_most(void **state)
{
	static const struct {
		const char *status;
		uint32_t rest_s;
	} cases[] = {
		{"503 Busy\r\nRetry-After: 7", 7},
		{"429 Slower\r\nRetry-After: 3600", 3600},
		{"429 Slower\r\nRetry-After: 3601", 3600},
		{"503 Busy\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT", 3600},
		{"503 Busy\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT", 0},
		{"503 Busy\r\nRetry-After: 0", 0},
		{"503 Busy\r\nRetry-After: soon", 0},
		{"500 Broken\r\nRetry-After: 7", 0},
		{"200 OK\r\nRetry-After: 7", 0},
	};

	(void)state;
	begin("/");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		status_and_headers = cases[i].status;
		try((int)i);
		assert_int_equal(sink->rest_s, cases[i].rest_s);
		sink->rest_s = 0;
	}
	sink_rest(sink, 5);
	sink_rest(sink, 3);
	assert_int_equal(sink->rest_s, 5);
	finish();
}

static void an_endpoint_that_does_not_answer_is_tried_again(void **state)
{
	(void)state;
	begin("/hold");
	drop_sink();
	struct sink_webhook_options options = options_for("/hold");
	options.timeout_ms = 30;
	make_sink(&options);
	expect_verdict(try(0), SENT_AGAIN, "no whole answer came in time");
	assert_int_equal(sink_webhook_counts(sink).last_status, 0);
	assert_true(sink_webhook_counts(sink).failed == 1);
	far_end_stop(&far_end);
	expect_verdict(try(1), SENT_AGAIN, "no connection could be made");
	drop_sink();
}

static void a_private_address_must_be_allowed(void **state)
{
	(void)state;
	begin("/");
	drop_sink();
	struct sink_webhook_options options = options_for("/");
	options.allow_private = false;
	make_sink(&options);
	expect_verdict(try(0), SENT_AGAIN, "its address is not public, and allow_private is not set");
	assert_int_equal(far_end.accepted, 0);
	finish();
}

static void an_event_that_is_too_large_is_given_up(void **state)
{
	static char data[SINK_WEBHOOK_DATA_MAX + 1];

	(void)state;
	begin("/");
	memset(data, ' ', sizeof data);
	rows[0].data = str_n(data, sizeof data);
	expect_verdict(try(0), SENT_NEVER, "the event is larger than 512 KiB");
	assert_int_equal(far_end.accepted, 0);
	finish();
}

static void the_schedule_is_that_of_standard_webhooks(void **state)
{
	static const uint32_t since_start_s[] = {5, 305, 2105, 9305, 27305, 63305, 113705, 185705, 272105};
	uint32_t sum_s = 0;
	int i = 0;

	(void)state;
	begin("/");
	for (; sink->schedule_s[i]; i++)
		assert_int_equal(sum_s += sink->schedule_s[i], since_start_s[i]);
	assert_int_equal(i, 9);
	finish();
}

/* ---- many, and the end ---- */

static void a_window_of_events_is_out_at_a_time(void **state)
{
	(void)state;
	begin("/gate");
	assert_int_equal(sink->ops->window, 16);
	for (int i = 0; i < 16; i++)
		sink->ops->send(sink, &rows[i]);
	while (far_count(&far_end, &far_end.busy) < 16)
		sink->ops->turn(sink, 1);
	far_open_gate(&far_end, true);
	for (int i = 0; i < 16; i++)
		expect_verdict(wait_for(i), SENT_DONE, "");
	for (int i = 16; i < 32; i++)
		expect_verdict(try(i), SENT_DONE, "");
	assert_true(sink_webhook_counts(sink).delivered == 32);
	finish();
}

static void send_too_many(void *data)
{
	(void)data;
	for (int i = 0; i < 17; i++)
		sink->ops->send(sink, &rows[i]);
}

static void more_than_the_window_is_an_assertion(void **state)
{
	(void)state;
	begin("/gate");
	assert_true(test_dies(send_too_many, NULL));
	finish();
}

static void stop_drops_what_is_out_without_an_answer(void **state)
{
	(void)state;
	begin("/hold");
	for (int i = 0; i < 3; i++)
		sink->ops->send(sink, &rows[i]);
	while (far_count(&far_end, &far_end.busy) < 3)
		sink->ops->turn(sink, 1);
	sink->ops->stop(sink, 20);
	sink->ops->turn(sink, PATIENCE_MS); /* does nothing, at once */
	sink->ops->wake(sink);
	for (int i = 0; i < 3; i++)
		assert_int_equal(verdicts[i].answers, 0);
	finish();
}

static void *open_gate(void *nothing)
{
	far_open_gate(&far_end, true);
	return nothing;
}

static void stop_finishes_what_can_be_finished(void **state)
{
	pthread_t thread;

	(void)state;
	begin("/gate");
	for (int i = 0; i < 3; i++)
		sink->ops->send(sink, &rows[i]);
	while (far_count(&far_end, &far_end.busy) < 3)
		sink->ops->turn(sink, 1);
	assert_int_equal(pthread_create(&thread, NULL, open_gate, NULL), 0);
	sink->ops->stop(sink, PATIENCE_MS);
	pthread_join(thread, NULL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(verdicts[i].answers, 1);
		expect_verdict(&verdicts[i], SENT_DONE, "");
	}
	finish();
}

static void *wake(void *nothing)
{
	sink->ops->wake(sink);
	return nothing;
}

static void a_turn_is_woken(void **state)
{
	pthread_t thread;

	(void)state;
	begin("/");
	assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
	sink->ops->turn(sink, 100 * PATIENCE_MS);
	pthread_join(thread, NULL);
	finish();
}

/* ---- what is wanted, and options ---- */

static bool wants(struct str tenant, struct str type)
{
	struct outbox_row row = rows[0];

	row.tenant = tenant;
	row.type = type;
	return sink->wants(sink, &row);
}

static void a_sink_wants_its_tenant_s_events_of_its_types(void **state)
{
	char live[] = "session.live", calls[] = "call.*";
	char *const types[] = {live, calls};

	(void)state;
	begin("/");
	assert_string_equal(sink->name, "webhook:erp");
	assert_true(wants(STR("main"), STR("anything.at_all")));
	assert_false(wants(STR("other"), STR("session.live")));
	assert_false(wants(STR("mai"), STR("session.live")));
	drop_sink();
	struct sink_webhook_options options = options_for("/");
	options.types = types;
	options.types_n = 2;
	make_sink(&options);
	memset(live, 'x', sizeof live - 1); /* it has its own */
	assert_true(wants(STR("main"), STR("session.live")));
	assert_false(wants(STR("main"), STR("session.closed")));
	assert_true(wants(STR("main"), STR("call.refused")));
	assert_false(wants(STR("other"), STR("call.refused")));
	finish();
}

static void expect_refused(const struct sink_webhook_options *options, const char *wanted)
{
	char error[256] = "";

	assert_null(sink_webhook_new(options, error));
	if (strncmp(error, wanted, strlen(wanted)) != 0)
		fail_msg("%s, not %s", error, wanted);
	assert_null(strstr(error, "tell"));
}

static void options_that_can_not_be_are_told_by_name(void **state)
{
	char bad[] = "tell*", longest[66], good[] = "a";
	char *const types[] = {bad};
	char *many[SINK_WEBHOOK_TYPES_MAX + 1];

	(void)state;
	memset(longest, 'n', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	struct sink_webhook_options good_ones = options_for("/"), options = good_ones;
	options.name = "";
	expect_refused(&options, "name: ");
	options.name = "123456789012345678901234567890123";
	expect_refused(&options, "name: ");
	options = good_ones;
	options.url = "http://user:tell@/?tell=1";
	expect_refused(&options, "url: has no host");
	options.url = "ftp://tell/";
	expect_refused(&options, "url: must begin with http");
	options.url = NULL;
	expect_refused(&options, "url: must begin with http");
	options = good_ones;
	options.secret = "whsec_tell";
	expect_refused(&options, "secret: ");
	options.secret = NULL;
	expect_refused(&options, "secret: must begin with whsec_");
	options = good_ones;
	options.secret_2 = "tell";
	expect_refused(&options, "secret_2: must begin with whsec_");
	options = good_ones;
	options.tenant = "";
	expect_refused(&options, "tenant: ");
	options.tenant = longest;
	expect_refused(&options, "tenant: ");
	options = good_ones;
	options.types = types;
	options.types_n = 1;
	expect_refused(&options, "types: ");
	for (int i = 0; i <= SINK_WEBHOOK_TYPES_MAX; i++)
		many[i] = good;
	options.types = many;
	options.types_n = SINK_WEBHOOK_TYPES_MAX + 1;
	expect_refused(&options, "types: at most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_posted_as_a_signed_cloud_event),
		cmocka_unit_test(a_second_secret_signs_too),
		cmocka_unit_test(each_try_has_its_time_and_signature_and_the_same_id),
		cmocka_unit_test(a_status_has_its_verdict),
		cmocka_unit_test(who_asks_for_rest_gets_it_for_an_hour_at_most),
		cmocka_unit_test(an_endpoint_that_does_not_answer_is_tried_again),
		cmocka_unit_test(a_private_address_must_be_allowed),
		cmocka_unit_test(an_event_that_is_too_large_is_given_up),
		cmocka_unit_test(the_schedule_is_that_of_standard_webhooks),
		cmocka_unit_test(a_window_of_events_is_out_at_a_time),
		cmocka_unit_test(more_than_the_window_is_an_assertion),
		cmocka_unit_test(stop_drops_what_is_out_without_an_answer),
		cmocka_unit_test(stop_finishes_what_can_be_finished),
		cmocka_unit_test(a_turn_is_woken),
		cmocka_unit_test(a_sink_wants_its_tenant_s_events_of_its_types),
		cmocka_unit_test(options_that_can_not_be_are_told_by_name),
	};

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
