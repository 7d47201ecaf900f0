#include "../test.h"
#include "page_end.h"
#include "sim_webhook.h"

#define PUBLIC_URL "https://vn.example.com"
#define HOOK_BASE PUBLIC_URL "/hooks/8x8/sg/"
#define CALL "a4fad4b3-b388-12ee-b217-2fb8260fcf59"

static const struct provider *x8x8;
static const struct account account = {.name = "sg", .secret = "Bearer s3cret", .secret_2 = "next"};

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? str_of(context) : STR_NONE;
}

static bool verifies(const struct account *whose, const char *authorization)
{
	struct webhook webhook = {
		.post = true, .header = header, .header_context = authorization, .peer = "203.0.113.7"};

	return x8x8->verify(whose, &webhook);
}

static void the_header_that_was_set_opens_and_nothing_else(void **state)
{
	static const char *const others[] = {
		NULL, "", "Bearer", "Bearer s3cre", "Bearer s3cret ", "bearer s3cret", "s3cret"};
	const struct account none = {0};
	struct account listed = account;

	(void)state;
	assert_true(verifies(&account, "Bearer s3cret"));
	assert_true(verifies(&account, "next"));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		assert_false(verifies(&account, others[i]));
		assert_false(verifies(&none, others[i]));
	}
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, "Bearer s3cret"));
	assert_true(account_net_parse(STR("203.0.113.0/24"), &listed.allow[0]));
	assert_true(verifies(&listed, "Bearer s3cret"));
}

static void only_voice_and_status_by_post_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x"};
	struct webhook webhook = {.post = true, .rest = STR("voice")};

	(void)state;
	assert_int_equal(x8x8->hook(&account, &webhook), HOOK_VOICE);
	webhook.rest = STR("status");
	assert_int_equal(x8x8->hook(&account, &webhook), HOOK_STATUS);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(x8x8->hook(&account, &webhook), HOOK_NONE);
	}
	webhook = (struct webhook){.rest = STR("voice")};
	assert_int_equal(x8x8->hook(&account, &webhook), HOOK_NONE);
}

#define ACTION(payload) "{\"eventType\":\"CALL_ACTION\",\"payload\":{" payload "}}"
#define STATUS(payload) "{\"eventType\":\"CALL_STATUS\",\"payload\":{\"sessionId\":\"1\"" payload "}}"

static void what_is_no_question_or_report_is_refused(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "null", "{}", ACTION(""),
		"{\"eventType\":\"CALL_ACTION\"}", ACTION("\"sessionId\":\"1\""),
		ACTION("\"sessionId\":7,\"callStatus\":\"CALL_RECEIVED\""),
		ACTION("\"sessionId\":\"a b\",\"callStatus\":\"CALL_RECEIVED\""),
		ACTION("\"sessionId\":\"1\",\"callStatus\":\"ACTION_COMPLETED\""),
		"{\"eventType\":\"CALL_ACTION\",\"payload\":[]}", STATUS(""), STATUS(",\"callStatus\":7"),
		"{\"eventType\":\"SESSION_SUMMARY\",\"payload\":{\"sessionId\":\"1\",\"sessionStatus\":"
		"\"asleep\"}}",
		"{\"eventType\":\"SESSION_SUMMARY\",\"payload\":{\"sessionStatus\":\"COMPLETED\"}}",
		"{\"eventType\":\"OTHER\",\"payload\":{\"sessionId\":\"1\",\"callStatus\":\"CALL_RECEIVED\"}"
		"}"};
	struct report report = {.seconds = 77};
	struct ask ask = {.attestation = 'x'};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end body = page_end_copy(str_of(broken[i]));
		struct webhook webhook = {.post = true, .body = body.text};
		assert_int_equal(x8x8->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(x8x8->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
		page_end_free(&body);
	}
	assert_int_equal(ask.attestation, 'x');
	assert_int_equal(report.seconds, 77);
	arena_done(&arena);
}

static struct report report_of(const char *body)
{
	struct webhook webhook = {.post = true, .body = str_of(body)};
	struct report report = {0};
	struct arena arena;

	arena_init(&arena, 1 << 20);
	assert_int_equal(x8x8->parse_status(&account, &webhook, &arena, &report), ERR_OK);
	assert_true(str_equal(report.call_id, STR("1")));
	arena_done(&arena);
	return report;
}

static void the_dialled_leg_tells_by_its_sip_status(void **state)
{
	static const struct {
		const char *code;
		enum call_status status;
	} cases[] = {{"200", CALL_COMPLETED}, {"\"200\"", CALL_COMPLETED}, {"486", CALL_BUSY},
		{"600", CALL_BUSY}, {"603", CALL_BUSY}, {"408", CALL_NO_ANSWER}, {"480", CALL_NO_ANSWER},
		{"487", CALL_CANCELED}, {"404", CALL_FAILED}, {"503", CALL_FAILED}, {"0", CALL_FAILED},
		{"-200", CALL_FAILED}, {"null", CALL_FAILED}};
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (int inbound = 0; inbound < 2; inbound++) {
			snprintf(body, sizeof body,
				STATUS(",\"callStatus\":\"CALL_DISCONNECTED\",\"callDirection\":\"%s\","
				       "\"sipCode\":%s,"
				       "\"callDuration\":73"),
				inbound ? "INBOUND" : "OUTBOUND", cases[i].code);
			struct report report = report_of(body);
			assert_int_equal(report.status, inbound ? CALL_ASKED : cases[i].status);
			assert_int_equal(
				report.seconds, !inbound && cases[i].status == CALL_COMPLETED ? 73 : 0);
		}
	}
	assert_int_equal(
		report_of(STATUS(",\"callStatus\":\"CALL_CONNECTED\",\"callDirection\":\"OUTBOUND\"")).status,
		CALL_ANSWERED);
	assert_int_equal(
		report_of(STATUS(",\"callStatus\":\"CALL_INITIATED\",\"callDirection\":\"OUTBOUND\"")).status,
		CALL_ASKED);
}

static void every_word_of_a_summary_is_understood(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {{"COMPLETED", CALL_COMPLETED}, {"NO_ANSWER", CALL_NO_ANSWER}, {"BUSY", CALL_BUSY},
		{"CANCELED", CALL_CANCELED}, {"FAILED", CALL_FAILED}, {"ERROR", CALL_FAILED}};
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		snprintf(body, sizeof body,
			"{\"eventType\":\"SESSION_SUMMARY\",\"payload\":{\"sessionId\":\"1\","
			"\"sessionStatus\":\"%s\"}}",
			words[i].word);
		assert_int_equal(report_of(body).status, words[i].status);
		assert_int_equal(report_of(body).seconds, 0);
	}
}

static struct provider_reply render(const struct decision *decision, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR(CALL)};

	buf_fixed(out, room, size);
	return x8x8->render(&account, &answer, out);
}

static void the_simulated_provider_understands_every_answer(void **state)
{
	static const struct {
		enum action action, is;
	} answers[] = {{ACTION_CONNECT, ACTION_CONNECT}, {ACTION_REJECT, ACTION_REJECT},
		{ACTION_DIGITS, ACTION_REJECT}, {ACTION_ANNOUNCE, ACTION_ANNOUNCE}};
	struct decision decision = {.callee = {14155550199}, .show = {15005550010}};
	struct sim_outcome outcome;
	char room[1024];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		decision.action = answers[i].action;
		render(&decision, room, sizeof room, &out);
		assert_int_equal(x8x8->sim->read(&account, 200, buf_text(&out), &outcome), ERR_OK);
		assert_int_equal(outcome.action, answers[i].is);
		assert_int_equal(outcome.rings.e164, i ? 0 : 14155550199);
		assert_int_equal(outcome.shows.e164, i ? 0 : 15005550010);
		assert_string_equal(outcome.status_url, i ? "" : "/hooks/8x8/sg/status");
	}
}

#define FLOW(steps) "{\"clientActionId\":\"x\",\"callflow\":[" steps "]}"
#define MAKE(params) "{\"action\":\"makeCall\",\"params\":{" params "}}"
#define HANGUP "{\"action\":\"hangup\"}"

static void the_simulated_provider_refuses_what_8x8_would(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"callflow\":[" HANGUP "]}", FLOW(""),
		FLOW("7"), FLOW("{\"action\":\"dance\"}"), FLOW(HANGUP "," HANGUP),
		FLOW("{\"action\":\"say\"}," HANGUP),
		FLOW("{\"action\":\"say\",\"params\":{\"text\":\"x\"}}"), FLOW(MAKE("")),
		FLOW(MAKE("\"destination\":\"14155550199\"")), FLOW(MAKE("\"source\":\"15005550010\"")),
		FLOW(MAKE("\"destination\":\"+14155550199\",\"source\":\"15005550010\"")),
		FLOW(MAKE("\"destination\":14155550199,\"source\":\"15005550010\"")),
		FLOW(MAKE(
			"\"destination\":\"14155550199\",\"source\":\"15005550010\",\"callRecording\":true")),
		FLOW(MAKE("\"destination\":\"14155550199\",\"source\":\"15005550010\"") "," HANGUP)};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (x8x8->sim->read(&account, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(x8x8->sim->read(&account, 500, STR(FLOW(HANGUP)), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
}

static void simulated_questions_and_reports_are_let_in_and_read_as_meant(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
	} ends[] = {{"completed", CALL_COMPLETED}, {"busy", CALL_BUSY}, {"no-answer", CALL_NO_ANSWER},
		{"canceled", CALL_CANCELED}, {"failed", CALL_FAILED}};
	struct sim_question question = {
		.to = {15005550006}, .call_id = CALL, .seconds = 7, .public_url = PUBLIC_URL};
	struct account longest = account;
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 5; i++) {
		question.from.e164 = i & 1 ? 0 : 14155551212;
		assert_int_equal(x8x8->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(x8x8->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(x8x8->verify(&account, &sim.webhook));
		assert_int_equal(x8x8->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i & 1);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.call_id, STR(CALL)));
		question.status = ends[i].word;
		assert_int_equal(x8x8->sim->tell(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(x8x8->hook(&account, &sim.webhook), HOOK_STATUS);
		assert_true(x8x8->verify(&account, &sim.webhook));
		assert_int_equal(x8x8->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, ends[i].status);
		assert_int_equal(report.seconds, ends[i].status == CALL_COMPLETED ? 7 : 0);
		request.header_value[0][5] ^= 1;
		assert_false(x8x8->verify(&account, &sim.webhook));
	}
	memset(longest.secret, 'p', ACCOUNT_SECRET_MAX);
	assert_int_equal(x8x8->sim->ask(&longest, &question, &request), ERR_OK);
	question.status = "asleep";
	assert_int_equal(x8x8->sim->tell(&account, &question, &request), ERR_BAD_REQUEST);
	question.digits = "123456";
	assert_int_equal(x8x8->sim->ask(&account, &question, &request), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static int find_8x8(void **state)
{
	(void)state;
	x8x8 = provider_find(STR("8x8"));
	return x8x8 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_that_was_set_opens_and_nothing_else),
		cmocka_unit_test(only_voice_and_status_by_post_are_hooks),
		cmocka_unit_test(what_is_no_question_or_report_is_refused),
		cmocka_unit_test(the_dialled_leg_tells_by_its_sip_status),
		cmocka_unit_test(every_word_of_a_summary_is_understood),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(the_simulated_provider_refuses_what_8x8_would),
		cmocka_unit_test(simulated_questions_and_reports_are_let_in_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_8x8, NULL);
}
