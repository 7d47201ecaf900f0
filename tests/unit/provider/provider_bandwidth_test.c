#include "../test.h"
#include "page_end.h"
#include "provider/authorization.h"
#include "sim_webhook.h"

#define PUBLIC_URL "https://vn.example.com"
#define HOOK_BASE PUBLIC_URL "/hooks/bandwidth/us/"
#define CALL "c-95ac8d6e-1a31c52e-b38f-4198-93c1-51633ec68f8d"

static const struct provider *bandwidth;
static const struct account account = {
	.name = "us", .api_key = "bauta", .secret = "s3cret", .secret_2 = "next", .sid = "9900012"};

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? str_of(context) : STR_NONE;
}

static bool verifies(const struct account *whose, const char *authorization)
{
	struct page_end copy = page_end_copy(str_of("{}"));
	struct webhook webhook = {.post = true,
		.body = copy.text,
		.header = header,
		.header_context = authorization,
		.peer = "203.0.113.7"};
	bool holds = bandwidth->verify(whose, &webhook);

	page_end_free(&copy);
	return holds;
}

/* The first is RFC 7617's own example. */
static void user_and_password_open_and_nothing_else(void **state)
{
	static const char *const others[] = {NULL, "", "Basic", "Basic ", "Basic  YmF1dGE6czNjcmV0",
		"YmF1dGE6czNjcmV0", "Bearer YmF1dGE6czNjcmV0", "Basic YmF1dGE6czNjcmV",
		"Basic YmF1dGE6czNjcmV0 ", "Basic YmF1dGE6czNjcmV0=", "Basic ymF1dGE6czNjcmV0",
		"Basic bauta:s3cret", "Basic OnMzY3JldA==", "Basic YmF1dGE6"};
	const struct account aladdin = {.api_key = "Aladdin", .secret = "open sesame"}, none = {0},
			     no_user = {.secret = "s3cret"}, no_password = {.api_key = "bauta"};

	(void)state;
	assert_true(verifies(&aladdin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
	assert_true(verifies(&account, "Basic YmF1dGE6czNjcmV0"));
	assert_true(verifies(&account, "bASIC YmF1dGE6czNjcmV0"));
	assert_true(verifies(&account, "Basic YmF1dGE6bmV4dA=="));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (verifies(&account, others[i]))
			fail_msg("opened by %s", others[i]);
	assert_false(verifies(&aladdin, "Basic YmF1dGE6czNjcmV0"));
	assert_false(verifies(&none, "Basic Og=="));
	assert_false(verifies(&none, "Basic "));
	assert_false(verifies(&no_user, "Basic OnMzY3JldA=="));
	assert_false(verifies(&no_password, "Basic YmF1dGE6"));
}

static void an_address_that_is_not_listed_is_refused(void **state)
{
	struct account listed = account;

	(void)state;
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, "Basic YmF1dGE6czNjcmV0"));
	assert_true(account_net_parse(STR("203.0.113.0/24"), &listed.allow[0]));
	assert_true(verifies(&listed, "Basic YmF1dGE6czNjcmV0"));
}

static void the_longest_secrets_fit(void **state)
{
	struct account longest = {.name = "us"};
	char text[AUTHORIZATION_MAX];

	(void)state;
	memset(longest.api_key, 'u', ACCOUNT_SECRET_MAX);
	memset(longest.secret, 'p', ACCOUNT_SECRET_MAX);
	authorization_basic(longest.api_key, longest.secret, text);
	assert_int_equal(strlen(text), 6 + 684);
	assert_true(verifies(&longest, text));
	text[300]++;
	assert_false(verifies(&longest, text));
}

static void only_voice_and_status_by_post_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x"};
	struct webhook webhook = {.post = true, .rest = STR("voice")};

	(void)state;
	assert_int_equal(bandwidth->hook(&account, &webhook), HOOK_VOICE);
	webhook.rest = STR("status");
	assert_int_equal(bandwidth->hook(&account, &webhook), HOOK_STATUS);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(bandwidth->hook(&account, &webhook), HOOK_NONE);
	}
	webhook = (struct webhook){.rest = STR("voice")};
	assert_int_equal(bandwidth->hook(&account, &webhook), HOOK_NONE);
}

static enum err ask_of(const char *body, struct arena *arena, struct ask *ret_ask)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct webhook webhook = {.post = true, .body = copy.text};
	enum err err = bandwidth->parse_voice(&account, &webhook, arena, ret_ask);

	page_end_free(&copy);
	return err;
}

static enum err report_of(const char *body, struct arena *arena, struct report *ret_report)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct webhook webhook = {.post = true, .body = copy.text};
	enum err err = bandwidth->parse_status(&account, &webhook, arena, ret_report);

	page_end_free(&copy);
	return err;
}

static void what_is_no_question_is_refused(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "null", "7", "{}", "{\"eventType\":\"initiate\"}",
		"{\"callId\":\"c-1\"}", "{\"eventType\":\"initiate\",\"callId\":7}",
		"{\"eventType\":\"initiate\",\"callId\":\"\"}",
		"{\"eventType\":\"initiate\",\"callId\":\"a b\"}", "{\"eventType\":7,\"callId\":\"c-1\"}",
		"{\"eventType\":\"answer\",\"callId\":\"c-1\"}",
		"{\"eventType\":\"Initiate\",\"callId\":\"c-1\"}",
		"{\"eventType\":\"gather\",\"callId\":\"c-1\"}",
		"{\"eventType\":\"gather\",\"callId\":\"c-1\",\"digits\":\"\"}",
		"{\"eventType\":\"gather\",\"callId\":\"c-1\",\"digits\":12}",
		"{\"eventType\":\"initiate\",\"callId\":\"c-1\",\"callId\":\"c-2\"}",
		"eventType=initiate&callId=c-1", "{\"eventType\":\"initiate\",\"callId\":\"c-\\u0000\"}",
		"{\"eventType\":\"initiate\",\"callId\":\"c-1\"}x",
		"{\"eventType\":\"initiate\",\"callId\":\""
		"01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"23456789x\"}"};
	struct ask ask = {.attestation = 'x'};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (ask_of(broken[i], &arena, &ask) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(ask.attestation, 'x');
	arena_done(&arena);
}

static void strange_members_make_a_stranger(void **state)
{
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(
		ask_of("{\"eventType\":\"initiate\",\"callId\":\"c-1\",\"from\":7,\"to\":[\"+15005550006\"],"
		       "\"stirShaken\":{\"verstat\":\"TN-Verification-Passed\",\"attestationIndicator\":"
		       "\"AA\"}}",
			&arena, &ask),
		ERR_OK);
	assert_false(number_is(ask.question.caller));
	assert_false(ask.called_is_number);
	assert_int_equal(ask.attestation, 0);
	assert_int_equal(ask_of("{\"eventType\":\"initiate\",\"callId\":\"c-1\",\"from\":\"+14155551212\","
				"\"to\":\"+15005550006\",\"stirShaken\":[]}",
				 &arena, &ask),
		ERR_OK);
	assert_int_equal(ask.question.caller.e164, 14155551212);
	assert_int_equal(ask.question.called.e164, 15005550006);
	assert_int_equal(ask.question.digits.len, 0);
	arena_done(&arena);
	arena_init(&arena, 0); /* no memory: nothing is read, nothing breaks */
	assert_int_equal(
		ask_of("{\"eventType\":\"initiate\",\"callId\":\"c-1\"}", &arena, &ask), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static void every_cause_is_understood(void **state)
{
	static const struct {
		const char *cause;
		enum call_status status;
	} causes[] = {{"hangup", CALL_CANCELED}, {"busy", CALL_BUSY}, {"timeout", CALL_NO_ANSWER},
		{"cancel", CALL_CANCELED}, {"rejected", CALL_BUSY}, {"callback-error", CALL_FAILED},
		{"invalid-bxml", CALL_FAILED}, {"application-error", CALL_FAILED},
		{"account-limit", CALL_FAILED}, {"node-capacity-exceeded", CALL_FAILED},
		{"error", CALL_FAILED}, {"unknown", CALL_FAILED}, {"of a later version", CALL_FAILED}};
	struct report report;
	struct arena arena;
	char body[512];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
		snprintf(body, sizeof body,
			"{\"eventType\":\"transferDisconnect\",\"callId\":\"c-2\",\"parentCallId\":\"c-1\","
			"\"endTime\":\"2019-12-27T19:19:27.987Z\",\"cause\":\"%s\"}",
			causes[i].cause);
		assert_int_equal(report_of(body, &arena, &report), ERR_OK);
		assert_true(str_equal(report.call_id, STR("c-1")));
		assert_int_equal(report.status, causes[i].status);
		assert_int_equal(report.seconds, 0);
		assert_false(report.final_leg);
		snprintf(body, sizeof body,
			"{\"eventType\":\"disconnect\",\"callId\":\"c-1\",\"cause\":\"%s\"}",
			causes[i].cause);
		assert_int_equal(report_of(body, &arena, &report), ERR_OK);
		assert_true(str_equal(report.call_id, STR("c-1")));
		assert_int_equal(report.status, i ? causes[i].status : CALL_ASKED);
	}
	arena_done(&arena);
}

static void talk_is_counted_from_the_answer(void **state)
{
	static const struct {
		const char *answered, *ended;
		uint32_t seconds;
	} cases[] = {{"2019-12-27T19:18:23.320Z", "2019-12-27T19:19:27.987Z", 64},
		{"2019-12-27T19:18:23.320Z", "2019-12-27T19:18:23.320Z", 0},
		{"2019-12-27T19:18:23.320Z", "2019-12-27T19:18:22.320Z", 0},
		{"2019-12-27T19:18:23.320Z", "", 0}, {"yesterday", "2019-12-27T19:18:22.320Z", 0},
		{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 0}};
	struct report report;
	struct arena arena;
	char body[512];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(body, sizeof body,
			"{\"eventType\":\"transferDisconnect\",\"parentCallId\":\"c-1\",\"answerTime\":\"%"
			"s\","
			"\"endTime\":\"%s\",\"cause\":\"hangup\"}",
			cases[i].answered, cases[i].ended);
		assert_int_equal(report_of(body, &arena, &report), ERR_OK);
		assert_int_equal(report.status, CALL_COMPLETED);
		assert_int_equal(report.seconds, cases[i].seconds);
	}
	arena_done(&arena);
}

static void what_is_no_report_is_refused(void **state)
{
	static const char *const broken[] = {"", "[]", "{}",
		"{\"eventType\":\"disconnect\",\"callId\":\"c-1\"}",
		"{\"eventType\":\"disconnect\",\"cause\":\"busy\"}",
		"{\"eventType\":\"transferDisconnect\",\"callId\":\"c-1\",\"cause\":\"busy\"}",
		"{\"eventType\":\"transferComplete\",\"callId\":\"c-1\",\"cause\":\"busy\"}",
		"{\"eventType\":\"initiate\",\"callId\":\"c-1\",\"cause\":\"busy\"}",
		"{\"eventType\":\"disconnect\",\"callId\":\"c-1\",\"cause\":7}"};
	struct report report = {.seconds = 77};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (report_of(broken[i], &arena, &report) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(report.seconds, 77);
	arena_done(&arena);
}

static struct provider_reply render(
	const struct decision *decision, bool pin_again, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision,
		.hook_base = STR(HOOK_BASE),
		.call_id = STR(CALL),
		.pin_again = pin_again};

	buf_fixed(out, room, size);
	return bandwidth->render(&account, &answer, out);
}

static enum err read_back(const struct decision *decision, struct sim_outcome *ret_outcome)
{
	char room[2048];
	struct buf out;

	struct provider_reply reply = render(decision, false, room, sizeof room, &out);
	struct page_end copy = page_end_copy(buf_text(&out));
	enum err err = bandwidth->sim->read(&account, reply.status, copy.text, ret_outcome);
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
	assert_int_equal(outcome.max_call_s, 0); /* a transfer has none */
	assert_string_equal(outcome.status_url, "/hooks/bandwidth/us/status");
	decision.ring_s = 100000;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 300);
	decision.ring_s = 0;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 1);
	decision.action = ACTION_DIGITS;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_DIGITS);
	assert_string_equal(outcome.next, "/hooks/bandwidth/us/voice");
	decision.action = ACTION_ANNOUNCE;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	decision.action = ACTION_REJECT;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
}

#define TRANSFER(attributes, number)                                                                         \
	"<Response><Transfer" attributes "><PhoneNumber>" number "</PhoneNumber></Transfer></Response>"

static void the_simulated_provider_refuses_what_bandwidth_would(void **state)
{
	static const char *const broken[] = {"", "<Response>", "<Hangup/>", "<Response>x</Response>",
		"<Response><Dance/></Response>", "<Response><Hangup/><Hangup/></Response>",
		"<Response><Hangup>x</Hangup></Response>", "<Response><Transfer/></Response>",
		TRANSFER("", "4155550199"), TRANSFER("", ""),
		TRANSFER(" callTimeout=\"301\"", "+14155550199"),
		TRANSFER(" callTimeout=\"x\"", "+14155550199"),
		TRANSFER(" callerId=\"+15005550010\"", "+14155550199"),
		TRANSFER(" transferCallerId=\"15005550010\"", "+14155550199"),
		TRANSFER(" diversionTreatment=\"stack\"", "+14155550199"),
		"<Response><Transfer><PhoneNumber "
		"transferDisconnectUrl=\"/x\">+14155550199</PhoneNumber></Transfer>"
		"</Response>",
		"<Response><Transfer><PhoneNumber>+14155550199</PhoneNumber><PhoneNumber>+14155550198</"
		"PhoneNumber>"
		"</Transfer></Response>",
		"<Response><Gather gatherUrl=\"/x\"><SpeakSentence>x</SpeakSentence></Gather></Response>",
		"<Response><Gather username=\"bauta\" "
		"password=\"s3cret\"><SpeakSentence>x</SpeakSentence></Gather>"
		"</Response>",
		"<Response><SpeakSentence/><Hangup/></Response>"};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (bandwidth->sim->read(&account, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(bandwidth->sim->read(&account, 403, STR("<Response/>"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
	assert_int_equal(bandwidth->sim->read(&account, 200, STR("<Response/>"), &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
	/* Bandwidth's default would show the caller. */
	assert_int_equal(bandwidth->sim->read(&account, 200,
				 STR(TRANSFER(" transferCallerId=\"\"", "+14155550199")), &outcome),
		ERR_OK);
	assert_false(number_is(outcome.shows));
	assert_int_equal(outcome.ring_s, 30);
}

static void simulated_questions_are_let_in_and_read_as_meant(void **state)
{
	struct sim_question question = {
		.from = {14155551212}, .to = {15005550006}, .call_id = CALL, .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 3; i++) {
		question.digits = i == 1 ? "123456" : NULL;
		question.from.e164 = i == 2 ? 0 : 14155551212;
		assert_int_equal(bandwidth->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(bandwidth->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(bandwidth->verify(&account, &sim.webhook));
		assert_int_equal(bandwidth->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i == 2);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.question.digits, str_of(question.digits)));
		assert_int_equal(ask.attestation, i == 0 ? 'A' : 0);
		assert_true(str_equal(ask.call_id, STR(CALL)));
		request.header_value[0][10] ^= 1;
		assert_false(bandwidth->verify(&account, &sim.webhook));
	}
	arena_done(&arena);
}

static void simulated_reports_are_let_in_and_read_as_meant(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
		uint32_t seconds;
	} cases[] = {{"completed", CALL_COMPLETED, 7}, {"busy", CALL_BUSY, 0},
		{"no-answer", CALL_NO_ANSWER, 0}, {"canceled", CALL_CANCELED, 0}, {"failed", CALL_FAILED, 0},
		{NULL, CALL_COMPLETED, 7}};
	struct sim_question question = {.from = {14155551212},
		.to = {15005550006},
		.call_id = CALL,
		.seconds = 7,
		.public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		question.status = cases[i].word;
		assert_int_equal(bandwidth->sim->tell(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(bandwidth->hook(&account, &sim.webhook), HOOK_STATUS);
		assert_true(bandwidth->verify(&account, &sim.webhook));
		assert_int_equal(bandwidth->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, cases[i].status);
		assert_int_equal(report.seconds, cases[i].seconds);
		assert_true(str_equal(report.call_id, STR(CALL)));
	}
	arena_done(&arena);
}

static void the_longest_secrets_go_into_the_simulated_header(void **state)
{
	const struct sim_question question = {.from = {14155551212}, .to = {15005550006}};
	struct account longest = account;
	struct sim_request request;

	(void)state;
	memset(longest.api_key, 'u', ACCOUNT_SECRET_MAX);
	memset(longest.secret, 'p', ACCOUNT_SECRET_MAX);
	assert_int_equal(bandwidth->sim->ask(&longest, &question, &request), ERR_OK);
}

static int find_bandwidth(void **state)
{
	(void)state;
	bandwidth = provider_find(STR("bandwidth"));
	return bandwidth ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_and_password_open_and_nothing_else),
		cmocka_unit_test(an_address_that_is_not_listed_is_refused),
		cmocka_unit_test(the_longest_secrets_fit),
		cmocka_unit_test(only_voice_and_status_by_post_are_hooks),
		cmocka_unit_test(what_is_no_question_is_refused),
		cmocka_unit_test(strange_members_make_a_stranger),
		cmocka_unit_test(every_cause_is_understood),
		cmocka_unit_test(talk_is_counted_from_the_answer),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(the_simulated_provider_refuses_what_bandwidth_would),
		cmocka_unit_test(simulated_questions_are_let_in_and_read_as_meant),
		cmocka_unit_test(simulated_reports_are_let_in_and_read_as_meant),
		cmocka_unit_test(the_longest_secrets_go_into_the_simulated_header),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_bandwidth, NULL);
}
