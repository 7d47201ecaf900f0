#include "../test.h"
#include "page_end.h"
#include "provider/sinch_signature.h"
#include "sim_webhook.h"

#define PUBLIC_URL "https://vn.example.com"
#define HOOK_BASE PUBLIC_URL "/hooks/sinch/eu/"
#define KEY "669E367E-6BBA-48AB-AF15-266871C28135"
#define SECRET "BeIukql3pTKJ8RGL5zo0DA=="
#define NOW_MS 1411556381000 /* 2014-09-24T10:59:41Z */
#define CALL "822aa4b7-05b4-4d83-87c7-1f835ee0b6f6_257"

/* The example of developers.sinch.com, "Callback Request Signing". */
#define ACE "{\"event\":\"ace\",\"callid\":\"" CALL "\",\"timestamp\":\"2014-09-24T10:59:41Z\",\"version\":1}"
#define ACE_URL "https://callbacks.yourdomain.com/sinch/callback/ace"
#define ACE_SIGNATURE "Tg6fMyo8mj9pYfWQ9ssbx3Tc1BNC87IEygAfLbJqZb4="

static const struct provider *sinch;
static const struct account account = {.name = "eu", .api_key = KEY, .secret = SECRET};

struct request {
	const char *authorization, *timestamp, *url, *type, *body;
	int64_t now_ms;
};

static const struct request published = {"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z",
	ACE_URL, "application/json", ACE, NOW_MS};

static struct str header(const void *context, const char *name)
{
	const struct request *request = context;

	return strcmp(name, "Authorization") == 0 ? str_of(request->authorization)
	       : strcmp(name, "x-timestamp") == 0 ? str_of(request->timestamp)
						  : STR_NONE;
}

static bool verifies_by(bool post, const struct account *whose, const struct request *request)
{
	struct page_end url = page_end_copy(str_of(request->url)),
			body = page_end_copy(str_of(request->body));
	struct webhook webhook = {.post = post,
		.url = url.text,
		.body = body.text,
		.content_type = str_of(request->type),
		.now_ms = request->now_ms,
		.header = header,
		.header_context = request,
		.peer = "203.0.113.7"};
	bool holds = sinch->verify(whose, &webhook);

	page_end_free(&url);
	page_end_free(&body);
	return holds;
}

static bool verifies(const struct account *whose, const struct request *request)
{
	return verifies_by(true, whose, request);
}

static void the_published_example_holds(void **state)
{
	struct request request = published;

	(void)state;
	assert_true(verifies(&account, &request));
	request.authorization = "APPLICATION " KEY ":" ACE_SIGNATURE;
	assert_true(verifies(&account, &request));
	request.url = ACE_URL "?x=1"; /* the path alone is signed */
	assert_true(verifies(&account, &request));
}

static void any_change_of_what_is_signed_is_noticed(void **state)
{
	static const struct request changed[] = {
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL "x",
			"application/json", ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:42Z", ACE_URL, "application/json",
			ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL, "application/json;",
			ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL, "application/json",
			ACE " ", NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL, "application/json",
			"", NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", "", "application/json", ACE,
			NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", "https://h",
			"application/json", ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", "https://",
			"application/json", ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, NULL, ACE_URL, "application/json", ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE, "yesterday", ACE_URL, "application/json", ACE, NOW_MS},
		{"application " KEY ":" ACE_SIGNATURE "=", "2014-09-24T10:59:41Z", ACE_URL,
			"application/json", ACE, NOW_MS},
		{"application " KEY ":tg6fMyo8mj9pYfWQ9ssbx3Tc1BNC87IEygAfLbJqZb4=", "2014-09-24T10:59:41Z",
			ACE_URL, "application/json", ACE, NOW_MS},
		{"application " KEY ":", "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE, NOW_MS},
		{"application " KEY, "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE, NOW_MS},
		{"application :" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE,
			NOW_MS},
		{"application 769E367E-6BBA-48AB-AF15-266871C28135:" ACE_SIGNATURE, "2014-09-24T10:59:41Z",
			ACE_URL, "application/json", ACE, NOW_MS},
		{"service " KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE,
			NOW_MS},
		{KEY ":" ACE_SIGNATURE, "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE, NOW_MS},
		{"", "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE, NOW_MS},
		{NULL, "2014-09-24T10:59:41Z", ACE_URL, "application/json", ACE, NOW_MS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++)
		if (verifies(&account, &changed[i]))
			fail_msg("case %zu verifies", i);
	assert_false(verifies_by(false, &account, &published));
}

static void an_old_signature_is_none(void **state)
{
	struct request request = published;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		request.now_ms = NOW_MS + sign * 300000;
		assert_true(verifies(&account, &request));
		request.now_ms += sign;
		assert_false(verifies(&account, &request));
	}
}

static void without_key_or_secret_nothing_verifies(void **state)
{
	const struct account none = {0}, no_key = {.secret = SECRET}, no_secret = {.api_key = KEY},
			     not_base64 = {.api_key = KEY, .secret = "BeIukql3pTKJ8RGL5zo0DA"},
			     other = {.api_key = KEY, .secret = "BeIukql3pTKJ8RGL5zo0DQ=="};
	struct account listed = account;

	(void)state;
	assert_false(verifies(&none, &published));
	assert_false(verifies(&no_key, &published));
	assert_false(verifies(&no_secret, &published));
	assert_false(verifies(&not_base64, &published));
	assert_false(verifies(&other, &published));
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, &published));
	assert_true(account_net_parse(STR("203.0.113.0/24"), &listed.allow[0]));
	assert_true(verifies(&listed, &published));
}

static enum hook hook_of(const char *rest, const char *text, bool post)
{
	struct page_end body = page_end_copy(str_of(text));
	struct webhook webhook = {.post = post, .rest = str_of(rest), .body = body.text};
	enum hook hook = sinch->hook(&account, &webhook);

	page_end_free(&body);
	return hook;
}

static void the_event_chooses_the_hook(void **state)
{
	static const char *const voice[] = {"{\"event\":\"ice\"}", "{\"event\":\"pie\"}", "", "x",
		"\"event\"", "\"event\":", "\"event\":7", "\"event\" : \"", "\"event\":\"dice",
		"{\"event\":\"DICE\"}"};
	static const char *const status[] = {
		"{\"event\":\"ace\"}", "{ \"event\" : \"dice\" }", "{\"a\":1,\"event\"\n:\n\"notify\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof voice / sizeof voice[0]; i++)
		assert_int_equal(hook_of("voice", voice[i], true), HOOK_VOICE);
	for (size_t i = 0; i < sizeof status / sizeof status[0]; i++)
		assert_int_equal(hook_of("voice", status[i], true), HOOK_STATUS);
	assert_int_equal(hook_of("voice", "{\"event\":\"ice\"}", false), HOOK_NONE);
	assert_int_equal(hook_of("status", "{\"event\":\"ace\"}", true), HOOK_NONE);
	assert_int_equal(hook_of("", "{\"event\":\"ice\"}", true), HOOK_NONE);
}

static void what_is_no_question_or_report_is_refused(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "null", "{}", "{\"event\":\"ice\"}",
		"{\"callid\":\"1\"}", "{\"event\":\"ice\",\"callid\":7}",
		"{\"event\":\"ice\",\"callid\":\"a b\"}",
		"{\"event\":\"pie\",\"callid\":\"1\",\"menuResult\":{\"value\":\"123456\"}}",
		"{\"event\":\"notify\",\"callid\":\"1\"}", "{\"event\":[\"ice\"],\"callid\":\"1\"}",
		"{\"event\":\"ice\",\"callid\":\"1\",\"event\":\"ace\"}"};
	struct report report = {.seconds = 77};
	struct ask ask = {.attestation = 'x'};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end body = page_end_copy(str_of(broken[i]));
		struct webhook webhook = {.post = true, .body = body.text};
		assert_int_equal(sinch->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(sinch->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
		page_end_free(&body);
	}
	assert_int_equal(ask.attestation, 'x');
	assert_int_equal(report.seconds, 77);
	arena_done(&arena);
}

static void every_end_is_understood(void **state)
{
	static const struct {
		const char *result, *reason;
		enum call_status status;
	} ends[] = {{"ANSWERED", "CALLERHANGUP", CALL_COMPLETED},
		{"ANSWERED", "CALLEEHANGUP", CALL_COMPLETED}, {"ANSWERED", "TIMEOUT", CALL_COMPLETED},
		{"BUSY", "N/A", CALL_BUSY}, {"NOANSWER", "TIMEOUT", CALL_NO_ANSWER},
		{"NOANSWER", "N/A", CALL_NO_ANSWER}, {"NOANSWER", "CANCEL", CALL_CANCELED},
		{"N/A", "CALLERHANGUP", CALL_CANCELED}, {"N/A", "TIMEOUT", CALL_NO_ANSWER},
		{"FAILED", "CONGESTION", CALL_FAILED}, {"FAILED", "NOCREDITPARTNER", CALL_FAILED},
		{"N/A", "MANAGERHANGUP", CALL_FAILED}, {"later", "later", CALL_FAILED}};
	struct report report;
	struct arena arena;
	char body[256];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(body, sizeof body,
			"{\"event\":\"dice\",\"callid\":\"1\",\"result\":\"%s\",\"reason\":\"%s\","
			"\"duration\":%s}",
			ends[i].result, ends[i].reason, i ? "73" : "-1");
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(sinch->parse_status(&account, &webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, ends[i].status);
		assert_int_equal(report.seconds, i && ends[i].status == CALL_COMPLETED ? 73 : 0);
		assert_true(report.final_leg);
	}
	arena_done(&arena);
}

static struct provider_reply render(const struct decision *decision, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR(CALL)};

	buf_fixed(out, room, size);
	return sinch->render(&account, &answer, out);
}

static enum err read_back(const struct decision *decision, struct sim_outcome *ret_outcome)
{
	char room[2048];
	struct buf out;

	struct provider_reply reply = render(decision, room, sizeof room, &out);
	struct page_end copy = page_end_copy(buf_text(&out));
	enum err err = sinch->sim->read(&account, reply.status, copy.text, ret_outcome);
	page_end_free(&copy);
	return err;
}

static void the_simulated_provider_understands_every_answer(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 30,
		.max_call_s = 3600};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, 14155550199);
	assert_int_equal(outcome.shows.e164, 15005550010);
	assert_int_equal(outcome.ring_s, 30);
	assert_int_equal(outcome.max_call_s, 3600);
	assert_string_equal(outcome.status_url, "/hooks/sinch/eu/voice");
	decision.ring_s = decision.max_call_s = 100000;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 60);
	assert_int_equal(outcome.max_call_s, 14400);
	decision.action = ACTION_ANNOUNCE;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	decision.action = ACTION_REJECT;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
	assert_string_equal(outcome.status_url, "");
}

#define PSTN(more) "{\"action\":{\"name\":\"connectPstn\"" more "}}"
#define QUIET ",\"suppressCallbacks\":false"

static void the_simulated_provider_refuses_what_sinch_would(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"action\":7}", "{\"action\":{}}",
		"{\"action\":{\"name\":\"dance\"}}", PSTN(""), PSTN(QUIET),
		PSTN(QUIET ",\"number\":\"14155550199\""),
		PSTN(QUIET ",\"number\":\"+14155550199\",\"cli\":\"15005550010\""),
		PSTN(QUIET ",\"number\":\"+14155550199\",\"dialTimeout\":\"30\""),
		PSTN(QUIET ",\"number\":\"+14155550199\",\"maxDuration\":14401"),
		PSTN(",\"number\":\"+14155550199\""),
		"{\"instructions\":{},\"action\":{\"name\":\"hangup\"}}",
		"{\"instructions\":[{\"name\":\"dance\"}],\"action\":{\"name\":\"hangup\"}}",
		"{\"instructions\":[{\"name\":\"say\"}],\"action\":{\"name\":\"hangup\"}}"};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (sinch->sim->read(&account, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(sinch->sim->read(&account, 403, STR("{\"action\":{\"name\":\"hangup\"}}"), &outcome),
		ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
	/* Sinch's default would show the caller. */
	assert_int_equal(
		sinch->sim->read(&account, 200, STR(PSTN(QUIET ",\"number\":\"+14155550199\"")), &outcome),
		ERR_OK);
	assert_false(number_is(outcome.shows));
}

static void simulated_questions_and_reports_are_signed_and_read_as_meant(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
		uint32_t seconds;
	} ends[] = {{"completed", CALL_COMPLETED, 7}, {"busy", CALL_BUSY, 0},
		{"no-answer", CALL_NO_ANSWER, 0}, {"canceled", CALL_CANCELED, 0}, {"failed", CALL_FAILED, 0}};
	struct sim_question question = {.to = {15005550006},
		.call_id = CALL,
		.seconds = 7,
		.public_url = PUBLIC_URL,
		.now_ms = 1700000000500};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int withheld = 0; withheld < 2; withheld++) {
		question.from.e164 = withheld ? 0 : 14155551212;
		question.public_url = withheld ? PUBLIC_URL "/behind" : PUBLIC_URL;
		assert_int_equal(sinch->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, question.public_url);
		sim.webhook.now_ms = 1700000000000;
		assert_int_equal(sinch->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(sinch->verify(&account, &sim.webhook));
		assert_int_equal(sinch->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, withheld);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.call_id, STR(CALL)));
		request.body[20] ^= 1;
		assert_false(sinch->verify(&account, &sim.webhook));
	}
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		question.status = ends[i].word;
		assert_int_equal(sinch->sim->tell(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, question.public_url);
		sim.webhook.now_ms = 1700000000000;
		assert_int_equal(sinch->hook(&account, &sim.webhook), HOOK_STATUS);
		assert_true(sinch->verify(&account, &sim.webhook));
		assert_int_equal(sinch->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, ends[i].status);
		assert_int_equal(report.seconds, ends[i].seconds);
	}
	question.status = "asleep";
	assert_int_equal(sinch->sim->tell(&account, &question, &request), ERR_BAD_REQUEST);
	question.digits = "123456";
	assert_int_equal(sinch->sim->ask(&account, &question, &request), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static int find_sinch(void **state)
{
	(void)state;
	sinch = provider_find(STR("sinch"));
	return sinch ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_example_holds),
		cmocka_unit_test(any_change_of_what_is_signed_is_noticed),
		cmocka_unit_test(an_old_signature_is_none),
		cmocka_unit_test(without_key_or_secret_nothing_verifies),
		cmocka_unit_test(the_event_chooses_the_hook),
		cmocka_unit_test(what_is_no_question_or_report_is_refused),
		cmocka_unit_test(every_end_is_understood),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(the_simulated_provider_refuses_what_sinch_would),
		cmocka_unit_test(simulated_questions_and_reports_are_signed_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_sinch, NULL);
}
