/* Infobip publishes no vector of its signature: those here are ours, made by another program from the page's
 * formula. */
#include "../test.h"
#include "page_end.h"
#include "sim_webhook.h"

#define PUBLIC_URL "https://vn.example.com"
#define HOOK_BASE PUBLIC_URL "/hooks/infobip/eu/"
#define URL HOOK_BASE "voice"
#define ID "55ddccad2df62a4b615b7e3c472b2ab6"
#define KEY "5da086b6a8e4424993646b8699c333ca"
#define BODY "{\"a\":1}"
#define OF_PATH "d70812ea4d714ec6fcf3e0e886601706670ee74f35ed7d2f48da8df37c8dc7ac"
#define OF_URL "2e564d978561417090481432ad2d36fe50752ea8d6cff704fb480e677fb2c664"
#define OF_QUERY "1f7510de9157250e018243a85376babe29008d07e0348284ee02f5952b5eff26"
#define CALL "7cb72e4b-cf9f-40b6-9fc4-79588d18a666"

static const struct provider *infobip;
static const struct account pair = {
	.name = "eu", .sid = ID, .api_key = KEY, .audio_url = "https://files.example.com/refused.mp3"};
static const struct account fixed = {
	.name = "eu", .secret = "App s3cret", .audio_url = "https://files.example.com/refused.mp3"};

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? str_of(context) : STR_NONE;
}

static bool verifies(
	const struct account *account, const char *authorization, const char *address, const char *text)
{
	struct page_end url = page_end_copy(str_of(address)), body = page_end_copy(str_of(text));
	struct webhook webhook = {.post = true,
		.url = url.text,
		.body = body.text,
		.header = header,
		.header_context = authorization,
		.peer = "203.0.113.7"};
	bool holds = infobip->verify(account, &webhook);

	page_end_free(&url);
	page_end_free(&body);
	return holds;
}

static void a_signature_over_path_or_url_holds(void **state)
{
	(void)state;
	assert_true(verifies(&pair, ID ":" OF_PATH, URL, BODY));
	assert_true(verifies(&pair, ID ":" OF_URL, URL, BODY));
	assert_true(verifies(&pair, ID ":" OF_QUERY, URL "?x=1", BODY));
	assert_true(verifies(
		&pair, ID ":D70812EA4D714EC6FCF3E0E886601706670EE74F35ED7D2F48DA8DF37C8DC7AC", URL, BODY));
}

static void any_change_of_what_is_signed_is_noticed(void **state)
{
	static const char *const others[] = {NULL, "", ":", ID, ID ":", ID ":" OF_QUERY, ID ":" OF_PATH "0",
		":" OF_PATH, "65ddccad2df62a4b615b7e3c472b2ab6:" OF_PATH, ID " " OF_PATH, ID ": " OF_PATH,
		ID ":e70812ea4d714ec6fcf3e0e886601706670ee74f35ed7d2f48da8df37c8dc7ac", ID ":" KEY};
	const struct account none = {0}, no_key = {.sid = ID}, no_id = {.api_key = KEY},
			     other = {.sid = ID, .api_key = "6da086b6a8e4424993646b8699c333ca"};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (verifies(&pair, others[i], URL, BODY))
			fail_msg("opened by %s", others[i]);
	assert_false(verifies(&pair, ID ":" OF_PATH, URL, BODY " "));
	assert_false(verifies(&pair, ID ":" OF_PATH, URL "?x=1", BODY));
	assert_false(verifies(&pair, ID ":" OF_PATH, "https://", BODY));
	assert_false(verifies(&pair, ID ":" OF_PATH, "https://vn.example.com", BODY));
	assert_false(verifies(&pair, ID ":" OF_PATH, HOOK_BASE "status", BODY));
	assert_false(verifies(&pair, ID ":" OF_PATH, "", BODY));
	assert_false(verifies(&pair, ID ":" OF_PATH, "https://h", BODY));
	assert_false(verifies(&none, ID ":" OF_PATH, URL, BODY));
	assert_false(verifies(&none, ":", URL, BODY));
	assert_false(verifies(&no_key, ID ":" OF_PATH, URL, BODY));
	assert_false(verifies(&no_id, ":" OF_PATH, URL, BODY));
	assert_false(verifies(&other, ID ":" OF_PATH, URL, BODY));
}

static void the_fixed_header_opens_where_it_is_set(void **state)
{
	struct account listed = fixed;

	(void)state;
	assert_true(verifies(&fixed, "App s3cret", URL, BODY));
	assert_false(verifies(&fixed, "App s3cre", URL, BODY));
	assert_false(verifies(&fixed, "app s3cret", URL, BODY));
	assert_false(verifies(&fixed, "", URL, BODY));
	assert_false(verifies(&fixed, NULL, URL, BODY));
	assert_false(verifies(&pair, "App s3cret", URL, BODY));
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, "App s3cret", URL, BODY));
	assert_true(account_net_parse(STR("203.0.113.0/24"), &listed.allow[0]));
	assert_true(verifies(&listed, "App s3cret", URL, BODY));
}

static void only_voice_and_status_by_post_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x"};
	struct webhook webhook = {.post = true, .rest = STR("voice")};

	(void)state;
	assert_int_equal(infobip->hook(&pair, &webhook), HOOK_VOICE);
	webhook.rest = STR("status");
	assert_int_equal(infobip->hook(&pair, &webhook), HOOK_STATUS);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(infobip->hook(&pair, &webhook), HOOK_NONE);
	}
	webhook = (struct webhook){.rest = STR("voice")};
	assert_int_equal(infobip->hook(&pair, &webhook), HOOK_NONE);
}

static void what_is_no_question_or_report_is_refused(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "null", "{}", "{\"from\":\"14155551212\"}",
		"{\"nmCorrelationId\":7}", "{\"nmCorrelationId\":\"a b\"}",
		"{\"nmCorrelationId\":\"\",\"correlationId\":\"\"}",
		"{\"nmCorrelationId\":\"1\",\"dtmfCaptured\":true,\"to\":\"123456\"}",
		"{\"nmCorrelationId\":\"1\",\"dtmfCaptured\":\"false\"}",
		"{\"nmCorrelationId\":\"1\",\"nmCorrelationId\":\"2\"}"};
	static const char *const no_report[] = {"{\"nmCorrelationId\":\"1\"}",
		"{\"nmCorrelationId\":\"1\",\"status\":\"asleep\"}",
		"{\"nmCorrelationId\":\"1\",\"status\":7}"};
	struct report report = {.seconds = 77};
	struct ask ask = {.attestation = 'x'};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end body = page_end_copy(str_of(broken[i]));
		struct webhook webhook = {.post = true, .body = body.text};
		assert_int_equal(infobip->parse_voice(&pair, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(infobip->parse_status(&pair, &webhook, &arena, &report), ERR_BAD_REQUEST);
		page_end_free(&body);
	}
	for (size_t i = 0; i < sizeof no_report / sizeof no_report[0]; i++) {
		struct webhook webhook = {.post = true, .body = str_of(no_report[i])};
		assert_int_equal(infobip->parse_status(&pair, &webhook, &arena, &report), ERR_BAD_REQUEST);
	}
	assert_int_equal(ask.attestation, 'x');
	assert_int_equal(report.seconds, 77);
	arena_done(&arena);
}

static void every_status_word_is_understood(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {{"answered", CALL_COMPLETED}, {"busy", CALL_BUSY}, {"no answer", CALL_NO_ANSWER},
		{"failed", CALL_FAILED}, {"congestion", CALL_FAILED}, {"ANSWERED", CALL_COMPLETED}};
	struct report report;
	struct arena arena;
	char body[256];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		for (int audio = 0; audio < 2; audio++) {
			snprintf(body, sizeof body,
				"{\"correlationId\":\"1\",\"action\":\"%s\",\"status\":\"%s\",\"duration\":"
				"73}",
				audio ? "audio" : "dial", words[i].word);
			struct webhook webhook = {.post = true, .body = str_of(body)};
			assert_int_equal(infobip->parse_status(&pair, &webhook, &arena, &report), ERR_OK);
			assert_true(str_equal(report.call_id, STR("1")));
			assert_int_equal(report.status, audio ? CALL_ASKED : words[i].status);
			assert_int_equal(
				report.seconds, !audio && words[i].status == CALL_COMPLETED ? 73 : 0);
		}
	}
	arena_done(&arena);
}

static struct provider_reply render(const struct decision *decision, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR(CALL)};

	buf_fixed(out, room, size);
	return infobip->render(&pair, &answer, out);
}

static void the_simulated_provider_understands_every_answer(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT, .callee = {14155550199}, .show = {15005550010}};
	struct sim_outcome outcome;
	char room[1024];
	struct buf out;

	(void)state;
	render(&decision, room, sizeof room, &out);
	assert_int_equal(infobip->sim->read(&pair, 200, buf_text(&out), &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, 14155550199);
	assert_int_equal(outcome.shows.e164, 15005550010);
	assert_string_equal(outcome.status_url, "/hooks/infobip/eu/status");
	decision.action = ACTION_REJECT;
	render(&decision, room, sizeof room, &out);
	assert_int_equal(infobip->sim->read(&pair, 200, buf_text(&out), &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	assert_string_equal(outcome.status_url, "");
}

#define DIAL(more) "{\"command\":\"dial\",\"recording\":{\"enabled\":false}" more "}"

static void the_simulated_provider_refuses_what_infobip_would(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"command\":7}", "{\"command\":\"hangup\"}",
		"{\"command\":\"audio\"}", "{\"command\":\"audio\",\"fileUrl\":\"\"}", DIAL(""),
		DIAL(",\"phoneNumber\":\"14155550199\""), DIAL(",\"callerId\":\"15005550010\""),
		DIAL(",\"phoneNumber\":\"+14155550199\",\"callerId\":\"15005550010\""),
		DIAL(",\"phoneNumber\":\"14155550199\",\"callerId\":15005550010"),
		"{\"command\":\"dial\",\"phoneNumber\":\"14155550199\",\"callerId\":\"15005550010\"}"};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (infobip->sim->read(&pair, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(
		infobip->sim->read(&pair, 500,
			STR(DIAL(",\"phoneNumber\":\"14155550199\",\"callerId\":\"15005550010\"")), &outcome),
		ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
}

static void simulated_questions_and_reports_are_let_in_and_read_as_meant(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
	} ends[] = {{"completed", CALL_COMPLETED}, {"busy", CALL_BUSY}, {"no-answer", CALL_NO_ANSWER},
		{"failed", CALL_FAILED}};
	struct sim_question question = {.to = {15005550006}, .call_id = CALL, .seconds = 7};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 4; i++) {
		const struct account *account = i & 1 ? &fixed : &pair;
		question.from.e164 = i & 2 ? 0 : 14155551212;
		question.public_url = i & 2 ? PUBLIC_URL "/behind" : PUBLIC_URL;
		assert_int_equal(infobip->sim->ask(account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, question.public_url);
		assert_int_equal(infobip->hook(account, &sim.webhook), HOOK_VOICE);
		assert_true(infobip->verify(account, &sim.webhook));
		assert_int_equal(infobip->parse_voice(account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, !question.from.e164);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.call_id, STR(CALL)));
		question.status = ends[i].word;
		assert_int_equal(infobip->sim->tell(account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, question.public_url);
		assert_int_equal(infobip->hook(account, &sim.webhook), HOOK_STATUS);
		assert_true(infobip->verify(account, &sim.webhook));
		assert_int_equal(infobip->parse_status(account, &sim.webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, ends[i].status);
		assert_int_equal(report.seconds, ends[i].status == CALL_COMPLETED ? 7 : 0);
		request.header_value[0][5] ^= 1;
		assert_false(infobip->verify(account, &sim.webhook));
	}
	question.status = "asleep";
	assert_int_equal(infobip->sim->tell(&pair, &question, &request), ERR_BAD_REQUEST);
	question.digits = "123456";
	assert_int_equal(infobip->sim->ask(&pair, &question, &request), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static int find_infobip(void **state)
{
	(void)state;
	infobip = provider_find(STR("infobip"));
	return infobip ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_over_path_or_url_holds),
		cmocka_unit_test(any_change_of_what_is_signed_is_noticed),
		cmocka_unit_test(the_fixed_header_opens_where_it_is_set),
		cmocka_unit_test(only_voice_and_status_by_post_are_hooks),
		cmocka_unit_test(what_is_no_question_or_report_is_refused),
		cmocka_unit_test(every_status_word_is_understood),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(the_simulated_provider_refuses_what_infobip_would),
		cmocka_unit_test(simulated_questions_and_reports_are_let_in_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_infobip, NULL);
}
