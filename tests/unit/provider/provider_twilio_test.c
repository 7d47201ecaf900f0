#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "page_end.h"
#include "provider/twilio_signature.h"
#include "sim_webhook.h"

#define URL "mycompany.com/myapp.php?foo=1&bar=2"
#define FORM                                                                                                 \
	"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
#define JSON "{\"property\": \"value\", \"boolean\": true}"
#define JSON_HASH "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define PUBLIC_URL "http://127.0.0.1:8080"
#define HOOK_BASE PUBLIC_URL "/hooks/twilio/main/"

static const struct provider *twilio;

struct vector {
	const char *url, *body, *type, *signature;
};

/* twilio-python's tests/unit/test_request_validator.py, and two of our own. */
static const struct vector vectors[] = {
	{"https://" URL, FORM, FORM_TYPE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
	{"https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM, FORM_TYPE, "kvajT1Ptam85bY51eRf/AJRuM3w="},
	{"http://mycompany.com:80/myapp.php?foo=1&bar=2", FORM, FORM_TYPE, "0ZXoZLH/DfblKGATFgpif+LLRf4="},
	{"http://mycompany.com:1234/myapp.php?foo=1&bar=2", FORM, FORM_TYPE, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="},
	{"http://" URL, FORM, FORM_TYPE, "OyGYPqTF6ztdbRNCvuQO/oPvqQ4="},
	{"https://" URL, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", FORM_TYPE,
		"IK+Dwps556ElfBT0I3Rgjkr1wJU="},
	{"https://" URL "&bodySHA256=" JSON_HASH, JSON, "application/json", "a9nBmqA0ju/hNViExpshrM61xv4="},
	{"https://" URL "&bodySHA256=" JSON_HASH, JSON, FORM_TYPE, "a9nBmqA0ju/hNViExpshrM61xv4="},
	{"https://vn.example.com/v1/hooks/twilio/voice",
		"AccountSid=AC00000000000000000000000000000000&ApiVersion=2010-04-01&CallSid="
		"CA00000000000000000000000000000001&CallStatus=ringing&Called=%2B15005550006&Caller=%"
		"2B14155551212"
		"&Direction=inbound&From=%2B14155551212&To=%2B15005550006",
		FORM_TYPE, "VdGyFd/Gl+l86FPpGwro5ct7iS4="},
};
#define VECTORS (sizeof vectors / sizeof vectors[0])

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "X-Twilio-Signature") == 0 ? str_of(context) : STR_NONE;
}

static bool verifies(const struct account *account, const struct vector *vector)
{
	struct page_end url = page_end_copy(str_of(vector->url)), body = page_end_copy(str_of(vector->body));
	struct webhook webhook = {.post = true,
		.url = url.text,
		.body = body.text,
		.content_type = str_of(vector->type),
		.header = header,
		.header_context = vector->signature,
		.peer = "203.0.113.7"};

	webhook.path = str_cut(url.text, '?', &webhook.query);
	bool holds = twilio->verify(account, &webhook);
	page_end_free(&url);
	page_end_free(&body);
	return holds;
}

static void the_published_vectors_hold(void **state)
{
	const struct account account = {.secret = "12345"};

	(void)state;
	for (size_t i = 0; i < VECTORS; i++)
		assert_true(verifies(&account, &vectors[i]));
}

static void either_of_two_tokens_will_do_and_no_other(void **state)
{
	const struct account second = {.secret = "new", .secret_2 = "12345"}, other = {.secret = "54321"},
			     none = {0};

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		assert_true(verifies(&second, &vectors[i]));
		assert_false(verifies(&other, &vectors[i]));
		assert_false(verifies(&none, &vectors[i]));
	}
}

static void an_empty_token_signs_nothing(void **state)
{
	const struct account none = {0};
	struct vector vector = vectors[0];
	char signature[TWILIO_SIGNATURE_SIZE];
	struct form form = {0};

	(void)state;
	twilio_sign(STR(""), str_of(vector.url), &form, signature);
	vector.signature = signature;
	vector.body = "";
	assert_false(verifies(&none, &vector));
}

/* A body whose hash the URL names wrongly, or that nothing signs; without a body the URL alone is signed. */
static void a_body_is_signed_or_there_is_none(void **state)
{
	const struct account account = {.secret = "12345"};
	struct vector vector = {"https://" URL, "", "application/json", NULL};
	char signature[TWILIO_SIGNATURE_SIZE];
	struct form form = {0};
	static const char *const hashes[] = {"https://" URL "&bodySHA256=", "https://" URL "&bodySHA256=e3b0c442",
		"https://" URL "&bodySHA256=not+hex", "https://" URL "&bodySHA256=" JSON_HASH};

	(void)state;
	vector.signature = signature;
	twilio_sign(STR("12345"), str_of(vector.url), &form, signature);
	assert_true(verifies(&account, &vector));
	vector.body = JSON;
	assert_false(verifies(&account, &vector));
	vector.body = "";
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
		vector.url = hashes[i];
		twilio_sign(STR("12345"), str_of(vector.url), &form, signature);
		assert_false(verifies(&account, &vector));
	}
}

static void the_port_may_be_counted_or_not(void **state)
{
	const struct account account = {.secret = "12345"};
	struct vector vector = vectors[0];

	(void)state;
	vector.signature = vectors[1].signature; /* signed with :443, ours has none */
	assert_true(verifies(&account, &vector));
	vector.url = "https://mycompany.com:8443/myapp.php?foo=1&bar=2";
	vector.signature = vectors[0].signature; /* signed without, ours has one */
	assert_true(verifies(&account, &vector));
	vector.url = "http://" URL;
	vector.signature = vectors[2].signature;
	assert_true(verifies(&account, &vector));
	vector.signature = vectors[3].signature; /* :1234 is not http's own */
	assert_false(verifies(&account, &vector));
	vector.signature = vectors[0].signature; /* https is not http */
	assert_false(verifies(&account, &vector));
}

static void any_change_of_what_is_signed_is_noticed(void **state)
{
	static const struct vector changed[] = {
		{"https://mycompany.com/myapp.php?foo=1&bar=3", FORM, FORM_TYPE,
			"RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"https://" URL, FORM "&x=", FORM_TYPE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"https://" URL, "CallSid=CA1234567890ABCDE", FORM_TYPE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"https://" URL, FORM "%", FORM_TYPE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"https://" URL, FORM, "text/plain", "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"https://" URL, FORM, FORM_TYPE, "RSOYDt4T1cUTdK1PDd93/VVr8B8"},
		{"https://" URL, FORM, FORM_TYPE, "rSOYDt4T1cUTdK1PDd93/VVr8B8="},
		{"https://" URL, FORM, FORM_TYPE, ""},
		{"https://" URL, FORM, FORM_TYPE, NULL},
		{"https://" URL "&bodySHA256=" JSON_HASH, JSON " ", "application/json",
			"a9nBmqA0ju/hNViExpshrM61xv4="},
		{"https://" URL, JSON, "application/json", "a9nBmqA0ju/hNViExpshrM61xv4="},
		/* Where there is a hash of the body, the fields are not signed: all of this is, but the hash is wrong. */
		{"https://" URL "&bodySHA256=" JSON_HASH, FORM, FORM_TYPE, "GumkpM0KJbxGeVH5RVsm1KC+pdI="},
		{"https://" URL "&bodySHA256=0a1f", JSON, "application/json", "a9nBmqA0ju/hNViExpshrM61xv4="},
	};
	const struct account account = {.secret = "12345"};

	(void)state;
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++)
		assert_false(verifies(&account, &changed[i]));
}

static void an_address_that_is_not_listed_is_refused(void **state)
{
	struct account account = {.secret = "12345", .allow_n = 1};

	(void)state;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &account.allow[0]));
	assert_false(verifies(&account, &vectors[0]));
}

static void only_voice_and_status_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x"};
	struct webhook webhook = {0};
	const struct account account = {0};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(twilio->hook(&account, &webhook), HOOK_NONE);
	}
}

static void a_request_without_a_call_id_is_not_twilios(void **state)
{
	static const char *const bodies[] = {"", "From=%2B14155551212", "CallSid=", "CallSid=a+b",
		"CallSid=%c3%a9", "%",
		"CallSid="
		"01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"23456789x"};
	const struct account account = {0};
	struct webhook webhook = {.post = true};
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		webhook.body = str_of(bodies[i]);
		assert_int_equal(twilio->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(twilio->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	}
	webhook.body = STR("CallSid=CA1&CallStatus=asleep");
	assert_int_equal(twilio->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static void every_status_word_is_understood(void **state)
{
	static const struct {
		const char *body;
		enum call_status status;
	} words[] = {
		{"CallStatus=queued", CALL_CONNECTING},
		{"CallStatus=initiated", CALL_CONNECTING},
		{"CallStatus=ringing", CALL_CONNECTING},
		{"CallStatus=in-progress", CALL_ANSWERED},
		{"CallStatus=completed", CALL_COMPLETED},
		{"CallStatus=busy", CALL_BUSY},
		{"CallStatus=no-answer", CALL_NO_ANSWER},
		{"CallStatus=failed", CALL_FAILED},
		{"CallStatus=canceled", CALL_CANCELED},
		{"DialCallStatus=completed", CALL_COMPLETED},
		{"DialCallStatus=answered", CALL_COMPLETED},
		{"DialCallStatus=busy", CALL_BUSY},
		{"DialCallStatus=no-answer", CALL_NO_ANSWER},
		{"DialCallStatus=failed", CALL_FAILED},
		{"DialCallStatus=canceled", CALL_CANCELED},
	};
	const struct account account = {0};
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char body[128];
		snprintf(body, sizeof body, "CallSid=CA1&%s", words[i].body);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(twilio->parse_status(&account, &webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, words[i].status);
	}
	arena_done(&arena);
}

static struct provider_reply render(
	const struct decision *decision, bool pin_again, char *room, size_t size, struct buf *out)
{
	const struct account account = {.name = "main"};
	struct answer answer = {.decision = decision,
		.hook_base = STR(HOOK_BASE),
		.call_id = STR("CA1"),
		.pin_again = pin_again};

	buf_fixed(out, room, size);
	return twilio->render(&account, &answer, out);
}

static enum err read_back(const struct decision *decision, struct sim_outcome *ret_outcome)
{
	const struct account account = {.name = "main"};
	char room[2048];
	struct buf out;

	struct provider_reply reply = render(decision, false, room, sizeof room, &out);
	struct page_end copy = page_end_copy(buf_text(&out));
	enum err err = twilio->sim->read(&account, reply.status, copy.text, ret_outcome);
	page_end_free(&copy);
	return err;
}

static void the_simulated_provider_understands_every_answer(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 30,
		.max_call_s = 3600,
		.pin_digits = 8};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, 14155550199);
	assert_int_equal(outcome.shows.e164, 15005550010);
	assert_int_equal(outcome.ring_s, 30);
	assert_int_equal(outcome.max_call_s, 3600);
	assert_string_equal(outcome.status_url, "/hooks/twilio/main/status");
	decision.action = ACTION_DIGITS;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_DIGITS);
	assert_string_equal(outcome.next, "/hooks/twilio/main/voice");
	decision.action = ACTION_ANNOUNCE;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	decision.action = ACTION_REJECT;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
}

static void times_stay_within_what_twilio_takes(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 100000,
		.max_call_s = 100000};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 600);
	assert_int_equal(outcome.max_call_s, 14400);
	decision.ring_s = decision.max_call_s = 0;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 1);
	assert_int_equal(outcome.max_call_s, 1);
}

static void the_simulated_provider_refuses_what_twilio_would(void **state)
{
	static const char *const broken[] = {
		"",
		"<Response>",
		"<Response></Respons>",
		"<Reject/>",
		"<Response><Dial><Number>+14155550199</Number>",
		"<Response><Dial timeout=\"x\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial timeout=\"601\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial callerid=\"+15005550010\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial callerId=\"15005550010\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial><Number>4155550199</Number></Dial></Response>",
		"<Response><Dial><Number/></Dial></Response>",
		"<Response><Dance/></Response>",
		"<Response><Reject reason=\"because\"/></Response>",
		"<Response>reject</Response>",
		"<Response><Gather><Say>x</Say></Gather><Hangup/></Response>",
	};
	const struct account account = {0};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
			twilio->sim->read(&account, 200, str_of(broken[i]), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(twilio->sim->read(&account, 403, STR("<Response/>"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
}

static void without_a_caller_id_the_simulated_provider_shows_no_number_of_ours(void **state)
{
	const struct account account = {0};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(
		twilio->sim->read(&account, 200,
			STR("<Response><Dial><Number>+14155550199</Number></Dial></Response>"), &outcome),
		ERR_OK);
	assert_int_equal(outcome.shows.e164, 0);
	assert_int_equal(outcome.ring_s, 30);
	assert_int_equal(outcome.max_call_s, 14400);
}

static void simulated_questions_are_signed_and_read_as_meant(void **state)
{
	const struct account account = {
		.name = "main", .secret = "12345", .sid = "AC00000000000000000000000000000001"};
	struct sim_question question = {
		.from = {14155551212}, .to = {15005550006}, .call_id = "CA1", .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 3; i++) {
		question.digits = i == 1 ? "123456" : NULL;
		question.from.e164 = i == 2 ? 0 : 14155551212;
		assert_int_equal(twilio->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(twilio->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(twilio->verify(&account, &sim.webhook));
		assert_int_equal(twilio->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i == 2);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.question.digits, str_of(question.digits)));
		assert_true(str_equal(ask.call_id, STR("CA1")));
		request.header_value[0][3] ^= 1;
		assert_false(twilio->verify(&account, &sim.webhook));
	}
	arena_done(&arena);
}

static void simulated_reports_are_signed_and_read_as_meant(void **state)
{
	const struct account account = {.name = "main", .secret = "12345"};
	const struct sim_question question = {.from = {14155551212},
		.to = {15005550006},
		.call_id = "CA1",
		.status = "busy",
		.seconds = 7,
		.public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(twilio->sim->tell(&account, &question, &request), ERR_OK);
	sim_webhook_read(&sim, &request, PUBLIC_URL);
	assert_int_equal(twilio->hook(&account, &sim.webhook), HOOK_STATUS);
	assert_true(twilio->verify(&account, &sim.webhook));
	assert_int_equal(twilio->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
	assert_int_equal(report.status, CALL_BUSY);
	assert_int_equal(report.seconds, 0); /* nobody talked */
	assert_true(report.final_leg);
	assert_true(str_equal(report.call_id, STR("CA1")));
	arena_done(&arena);
}

static int find_twilio(void **state)
{
	(void)state;
	twilio = provider_find(STR("twilio"));
	return twilio ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_hold),
		cmocka_unit_test(either_of_two_tokens_will_do_and_no_other),
		cmocka_unit_test(an_empty_token_signs_nothing),
		cmocka_unit_test(a_body_is_signed_or_there_is_none),
		cmocka_unit_test(the_port_may_be_counted_or_not),
		cmocka_unit_test(any_change_of_what_is_signed_is_noticed),
		cmocka_unit_test(an_address_that_is_not_listed_is_refused),
		cmocka_unit_test(only_voice_and_status_are_hooks),
		cmocka_unit_test(a_request_without_a_call_id_is_not_twilios),
		cmocka_unit_test(every_status_word_is_understood),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(times_stay_within_what_twilio_takes),
		cmocka_unit_test(the_simulated_provider_refuses_what_twilio_would),
		cmocka_unit_test(without_a_caller_id_the_simulated_provider_shows_no_number_of_ours),
		cmocka_unit_test(simulated_questions_are_signed_and_read_as_meant),
		cmocka_unit_test(simulated_reports_are_signed_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_twilio, NULL);
}
