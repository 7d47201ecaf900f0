/* TeXML: what Telnyx signs, sends and takes. Whole requests and answers: provider_fixture_test.c. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/telnyx_signature.h"
#include "sim_webhook.h"

#define PUBLIC_URL "http://127.0.0.1:8080"
#define HOOK_BASE PUBLIC_URL "/hooks/telnyx/main/"
#define NOW_MS 1704067200000
/* RFC 8032's first test key, and what it signs: made with openssl. */
#define KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define OTHER_KEY "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
#define BODY "{\"data\":{\"event_type\":\"call.initiated\",\"id\":\"0ccc7b54-4df3-4bca-a65a-3da1ecc777f0\"}}"
#define SIGNATURE "RPzW+RwoppeWr/fHjC4rahfJJ7YrTOBd553vV8lw8BRH9BBpcuKAl8SUP/zjkxMF/bnq1zOtT3hsulmbwfuNAw=="

static const struct provider *telnyx;

struct signed_body {
	const char *timestamp, *signature, *body;
};

static struct str header(const void *context, const char *name)
{
	const struct signed_body *body = context;

	if (strcmp(name, "telnyx-timestamp") == 0)
		return str_of(body->timestamp);
	return strcmp(name, "telnyx-signature-ed25519") == 0 ? str_of(body->signature) : STR_NONE;
}

static bool verifies(const struct account *account, const struct signed_body *given, int64_t now_ms)
{
	struct page_end body = page_end_copy(str_of(given->body));
	struct webhook webhook = {.post = true,
		.body = body.text,
		.header = header,
		.header_context = given,
		.peer = "203.0.113.7",
		.now_ms = now_ms};

	bool holds = telnyx->verify(account, &webhook);
	webhook.post = false;
	assert_false(telnyx->verify(account, &webhook)); /* a GET's query is not signed */
	page_end_free(&body);
	return holds;
}

static void the_vector_made_elsewhere_holds(void **state)
{
	const struct account account = {.secret = KEY}, second = {.secret = OTHER_KEY, .secret_2 = KEY};
	const struct signed_body given = {"1704067200", SIGNATURE, BODY};

	(void)state;
	assert_true(verifies(&account, &given, NOW_MS));
	assert_true(verifies(&second, &given, NOW_MS));
}

static void no_other_key_and_no_broken_one_opens(void **state)
{
	static const char *const keys[] = {"", OTHER_KEY, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo",
		"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQAA",
		"!1qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="};
	const struct signed_body given = {"1704067200", SIGNATURE, BODY};

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct account account = {0};
		str_copy(account.secret, sizeof account.secret, str_of(keys[i]));
		assert_false(verifies(&account, &given, NOW_MS));
	}
}

static void any_change_of_what_is_signed_is_noticed(void **state)
{
	static const struct signed_body changed[] = {
		{"1704067201", SIGNATURE, BODY},
		{"01704067200", SIGNATURE, BODY},
		{"1704067200 ", SIGNATURE, BODY},
		{"", SIGNATURE, BODY},
		{NULL, SIGNATURE, BODY},
		{"-1704067200", SIGNATURE, BODY},
		{"99999999999999999999", SIGNATURE, BODY},
		{"9223372036854775807", SIGNATURE, BODY},
		{"1704067200", SIGNATURE, BODY " "},
		{"1704067200", SIGNATURE, ""},
		{"1704067200", "RPzW", BODY},
		{"1704067200", "", BODY},
		{"1704067200", NULL, BODY},
		{"1704067200", "rPzW+RwoppeWr/fHjC4rahfJJ7YrTOBd553vV8lw8BRH9BBpcuKAl8SUP/zjkxMF/bnq1zOtT3hsulmbwfuNAw==", BODY},
		{"1704067200", SIGNATURE "AAAA", BODY},
	};
	const struct account account = {.secret = KEY};

	(void)state;
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++)
		assert_false(verifies(&account, &changed[i], NOW_MS));
}

static void a_signature_is_good_for_five_minutes(void **state)
{
	const struct account account = {.secret = KEY};
	const struct signed_body given = {"1704067200", SIGNATURE, BODY};

	(void)state;
	assert_true(verifies(&account, &given, NOW_MS + 300000));
	assert_true(verifies(&account, &given, NOW_MS - 300000));
	assert_false(verifies(&account, &given, NOW_MS + 301000));
	assert_false(verifies(&account, &given, NOW_MS - 301000));
}

static void an_address_that_is_not_listed_is_refused(void **state)
{
	struct account account = {.secret = KEY, .allow_n = 1};
	const struct signed_body given = {"1704067200", SIGNATURE, BODY};

	(void)state;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &account.allow[0]));
	assert_false(verifies(&account, &given, NOW_MS));
}

static void only_posts_to_voice_and_status_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "control", "sms", "Voice", "status/x"};
	struct webhook webhook = {.post = true};
	const struct account account = {0};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(telnyx->hook(&account, &webhook), HOOK_NONE);
	}
	webhook.rest = STR("voice");
	assert_int_equal(telnyx->hook(&account, &webhook), HOOK_VOICE);
	webhook.post = false;
	assert_int_equal(telnyx->hook(&account, &webhook), HOOK_NONE);
}

static void a_request_without_a_call_id_is_not_telnyxs(void **state)
{
	static const char *const bodies[] = {"", "From=%2B14155551212", "CallSid=", "CallSid=a+b", "CallSid=%c3%a9", "%",
		"{\"CallSid\":\"v3:1\"}"};
	const struct account account = {0};
	struct webhook webhook = {.post = true};
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		webhook.body = str_of(bodies[i]);
		assert_int_equal(telnyx->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(telnyx->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	}
	webhook.body = STR("CallSid=v3:1&DialCallStatus=asleep");
	assert_int_equal(telnyx->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static void what_was_attested_counts_if_it_was_found_valid(void **state)
{
	static const struct {
		const char *fields;
		char attestation;
	} attested[] = {{"ShakenStirAttestation=A&ShakenStirValidated=true", 'A'},
		{"ShakenStirAttestation=C&ShakenStirValidated=True", 'C'},
		{"ShakenStirAttestation=A&ShakenStirValidated=false", 0}, {"ShakenStirAttestation=A", 0},
		{"ShakenStirAttestation=D&ShakenStirValidated=true", 0}, {"ShakenStirAttestation=AB&ShakenStirValidated=true", 0},
		{"ShakenStirValidated=true", 0}};
	const struct account account = {0};
	struct arena arena;
	struct ask ask;
	char body[128];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof attested / sizeof attested[0]; i++) {
		snprintf(body, sizeof body, "CallSid=v3:1&%s", attested[i].fields);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(telnyx->parse_voice(&account, &webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.attestation, attested[i].attestation);
	}
	arena_done(&arena);
}

static void every_status_word_is_understood_and_the_calls_own_tell_nothing(void **state)
{
	static const struct {
		const char *body;
		enum call_status status;
		bool no_news;
	} words[] = {
		{"CallStatus=initiated", 0, true},
		{"CallStatus=in-progress", 0, true},
		{"CallStatus=completed&CallDuration=9", 0, true},
		{"CallStatus=a-new-word", 0, true},
		{"", 0, true},
		{"ParentCallSid=v3:0&CallStatus=initiated", CALL_CONNECTING, false},
		{"ParentCallSid=v3:0&CallStatus=ringing", CALL_CONNECTING, false},
		{"ParentCallSid=v3:0&CallStatus=in-progress", CALL_ANSWERED, false},
		{"ParentCallSid=v3:0&CallStatus=completed", CALL_COMPLETED, false},
		{"ParentCallSid=v3:0&CallStatus=busy", CALL_BUSY, false},
		{"ParentCallSid=v3:0&CallStatus=no-answer", CALL_NO_ANSWER, false},
		{"ParentCallSid=v3:0&CallStatus=failed", CALL_FAILED, false},
		{"ParentCallSid=v3:0&CallStatus=canceled", CALL_CANCELED, false},
		{"DialCallStatus=completed", CALL_COMPLETED, false},
		{"DialCallStatus=answered", CALL_COMPLETED, false},
		{"DialCallStatus=busy", CALL_BUSY, false},
		{"DialCallStatus=no-answer", CALL_NO_ANSWER, false},
		{"DialCallStatus=failed", CALL_FAILED, false},
		{"DialCallStatus=canceled", CALL_CANCELED, false},
	};
	const struct account account = {0};
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char body[128];
		snprintf(body, sizeof body, "CallSid=v3:1&%s", words[i].body);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(telnyx->parse_status(&account, &webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.no_news, words[i].no_news);
		assert_int_equal(report.status, words[i].status);
		assert_int_equal(report.seconds, 0);
	}
	arena_done(&arena);
}

static struct provider_reply render(
	const struct decision *decision, bool pin_again, char *room, size_t size, struct buf *out)
{
	const struct account account = {.name = "main"};
	struct answer answer = {.decision = decision,
		.hook_base = STR(HOOK_BASE),
		.call_id = STR("v3:1"),
		.pin_again = pin_again};

	buf_fixed(out, room, size);
	return telnyx->render(&account, &answer, out);
}

static enum err read_back(const struct decision *decision, struct sim_outcome *ret_outcome)
{
	const struct account account = {.name = "main"};
	char room[2048];
	struct buf out;

	struct provider_reply reply = render(decision, false, room, sizeof room, &out);
	struct page_end copy = page_end_copy(buf_text(&out));
	enum err err = telnyx->sim->read(&account, reply.status, copy.text, ret_outcome);
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
	assert_string_equal(outcome.status_url, "/hooks/telnyx/main/status");
	decision.action = ACTION_DIGITS;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_DIGITS);
	assert_string_equal(outcome.next, "/hooks/telnyx/main/voice");
	decision.action = ACTION_ANNOUNCE;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	decision.action = ACTION_REJECT;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
}

static void times_stay_within_what_telnyx_takes(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 100000,
		.max_call_s = 100000};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 120);
	assert_int_equal(outcome.max_call_s, 14400);
	decision.ring_s = decision.max_call_s = 0;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 5);
	assert_int_equal(outcome.max_call_s, 60);
}

static void the_simulated_provider_refuses_what_telnyx_would(void **state)
{
	static const char *const broken[] = {
		"",
		"<Response>",
		"<Response/>",
		"<Reject/>",
		"<Response><Dial timeout=\"121\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial timeout=\"4\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial timeLimit=\"59\"><Number>+14155550199</Number></Dial></Response>",
		"<Response><Dial answerOnBridge=\"true\"><Number>+14155550199</Number></Dial></Response>",
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
			telnyx->sim->read(&account, 200, str_of(broken[i]), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(telnyx->sim->read(&account, 403, STR("<Response><Hangup/></Response>"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
}

static void simulated_questions_are_signed_and_read_as_meant(void **state)
{
	const struct account account = {.name = "main", .secret = KEY}, real = {.name = "main", .secret = OTHER_KEY};
	struct sim_question question = {.from = {14155551212},
		.to = {15005550006},
		.call_id = "v3:1",
		.public_url = PUBLIC_URL,
		.now_ms = NOW_MS};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct ask ask;

	(void)state;
	assert_int_equal(telnyx->sim->ask(&real, &question, &request), ERR_FORBIDDEN);
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 3; i++) {
		question.digits = i == 1 ? "123456" : NULL;
		question.from.e164 = i == 2 ? 0 : 14155551212;
		assert_int_equal(telnyx->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		sim.webhook.now_ms = NOW_MS;
		assert_int_equal(telnyx->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(telnyx->verify(&account, &sim.webhook));
		assert_int_equal(telnyx->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i == 2);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_int_equal(ask.attestation, i == 2 ? 0 : 'A');
		assert_true(str_equal(ask.question.digits, str_of(question.digits)));
		assert_true(str_equal(ask.call_id, STR("v3:1")));
		request.header_value[0][3] ^= 1;
		assert_false(telnyx->verify(&account, &sim.webhook));
	}
	arena_done(&arena);
}

static void simulated_reports_are_signed_and_read_as_meant(void **state)
{
	const struct account account = {.name = "main", .secret = KEY};
	struct sim_question question = {.from = {14155551212},
		.to = {15005550006},
		.call_id = "v3:1",
		.status = "completed",
		.seconds = 7,
		.public_url = PUBLIC_URL,
		.now_ms = NOW_MS};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(telnyx->sim->tell(&account, &question, &request), ERR_OK);
	sim_webhook_read(&sim, &request, PUBLIC_URL);
	sim.webhook.now_ms = NOW_MS;
	assert_int_equal(telnyx->hook(&account, &sim.webhook), HOOK_STATUS);
	assert_true(telnyx->verify(&account, &sim.webhook));
	assert_int_equal(telnyx->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
	assert_int_equal(report.status, CALL_COMPLETED);
	assert_int_equal(report.seconds, 7);
	assert_true(report.final_leg);
	assert_true(str_equal(report.call_id, STR("v3:1")));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vector_made_elsewhere_holds),
		cmocka_unit_test(no_other_key_and_no_broken_one_opens),
		cmocka_unit_test(any_change_of_what_is_signed_is_noticed),
		cmocka_unit_test(a_signature_is_good_for_five_minutes),
		cmocka_unit_test(an_address_that_is_not_listed_is_refused),
		cmocka_unit_test(only_posts_to_voice_and_status_are_hooks),
		cmocka_unit_test(a_request_without_a_call_id_is_not_telnyxs),
		cmocka_unit_test(what_was_attested_counts_if_it_was_found_valid),
		cmocka_unit_test(every_status_word_is_understood_and_the_calls_own_tell_nothing),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(times_stay_within_what_telnyx_takes),
		cmocka_unit_test(the_simulated_provider_refuses_what_telnyx_would),
		cmocka_unit_test(simulated_questions_are_signed_and_read_as_meant),
		cmocka_unit_test(simulated_reports_are_signed_and_read_as_meant),
	};

	telnyx = provider_find(STR("telnyx"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
