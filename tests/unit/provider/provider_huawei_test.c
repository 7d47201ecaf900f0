/* What Huawei's X mode sends and takes. Whole requests and answers: provider_fixture_test.c. */
#include "../test.h"
#include "page_end.h"
#include "provider/huawei_signature.h"
#include "provider/webhook_json.h"
#include "sim_webhook.h"

#define PUBLIC_URL "https://vn.example.com"
#define SECRET_PATH "9f2c5d1e8a7b4c60"
#define HOOK_BASE PUBLIC_URL "/hooks/huawei/cn/" SECRET_PATH "/"
#define CALL "1200_1029_4294967295_20180212153020@callenabler246.huaweicaas.com"
#define NONCE "66C92B11FF8A425FB8D4CCFE0ED9ED1F"
#define CREATED "2018-02-12T15:30:20Z"
#define NOW_MS 1518449420000
#define AKSK "zF1iBETEfRkYCOWbUTf6HmG9kdBwqIZDKuP+C2QhFmA="
#define WSSE "qCmRwZJ+sLreruMAe0Y/cBn8Gu3pPt/g295jaoOmQkY="
#define TOKEN(user, digest, created)                                                                         \
	"UsernameToken Username=\"" user "\", PasswordDigest=\"" digest "\", Nonce=\"" NONCE "\", Created=\"" created "\""

static const struct provider *huawei;
static const struct account plain = {.name = "cn", .secret_path = SECRET_PATH};
static const struct account account = {
	.name = "cn", .secret_path = SECRET_PATH, .api_key = "app1", .secret = "cfc8secret", .secret_2 = "next"};

struct headers {
	const char *aksk, *wsse;
};

static struct str header(const void *context, const char *name)
{
	const struct headers *headers = context;

	return strcmp(name, "X-AKSK") == 0   ? str_of(headers->aksk)
	       : strcmp(name, "X-WSSE") == 0 ? str_of(headers->wsse)
					     : STR_NONE;
}

static bool verifies(const struct account *whose, const char *rest, const char *aksk, const char *wsse, int64_t now_ms)
{
	struct page_end rest_text = page_end_copy(str_of(rest));
	struct headers headers = {aksk, wsse};
	struct webhook webhook = {.post = true,
		.rest = rest_text.text,
		.header = header,
		.header_context = &headers,
		.peer = "203.0.113.7",
		.now_ms = now_ms};
	bool holds = huawei->verify(whose, &webhook);

	page_end_free(&rest_text);
	return holds;
}

static void both_digests_are_as_huawei_makes_them(void **state)
{
	char digest[HUAWEI_DIGEST_SIZE];

	(void)state;
	huawei_aksk(STR("cfc8secret"), STR(NONCE), STR(CREATED), digest);
	assert_string_equal(digest, AKSK);
	huawei_wsse(STR("cfc8secret"), STR(NONCE), STR(CREATED), digest);
	assert_string_equal(digest, WSSE);
}

static void without_the_keys_the_path_alone_opens(void **state)
{
	static const char *const others[] = {"", "voice", "/voice", "9f2c5d1e8a7b4c6/voice", "9f2c5d1e8a7b4c61/voice",
		"9f2c5d1e8a7b4c60/x/voice", "x/9f2c5d1e8a7b4c60/voice"};
	const struct account none = {.name = "cn"};
	struct account listed = plain;

	(void)state;
	assert_true(verifies(&plain, SECRET_PATH "/voice", NULL, NULL, NOW_MS));
	assert_false(verifies(&none, SECRET_PATH "/voice", NULL, NULL, NOW_MS));
	assert_false(verifies(&none, "/voice", NULL, NULL, NOW_MS));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(verifies(&plain, others[i], NULL, NULL, NOW_MS));
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, SECRET_PATH "/voice", NULL, NULL, NOW_MS));
}

static void with_the_keys_the_header_is_wanted_too(void **state)
{
	static const char *const others[] = {NULL, "", "UsernameToken", TOKEN("app2", AKSK, CREATED), TOKEN("", AKSK, CREATED),
		TOKEN("app1", WSSE, CREATED), TOKEN("app1", "", CREATED), TOKEN("app1", AKSK, ""),
		TOKEN("app1", AKSK, "2018-02-12T15:30:21Z"), "Basic " TOKEN("app1", AKSK, CREATED),
		"UsernameToken Username=", "UsernameToken Username=\"app1\"", "UsernameToken Username=app1, PasswordDigest=" AKSK,
		"UsernameToken Username=\"app1\", PasswordDigest=\"" AKSK "\", Nonce=\"" NONCE "\", Created=\"" CREATED};

	(void)state;
	assert_true(verifies(&account, SECRET_PATH "/voice", TOKEN("app1", AKSK, CREATED), NULL, NOW_MS));
	assert_true(verifies(&account, SECRET_PATH "/voice", NULL, TOKEN("app1", WSSE, CREATED), NOW_MS));
	assert_true(verifies(&account, SECRET_PATH "/voice",
		"UsernameToken Created=\"" CREATED "\",Nonce=\"" NONCE "\",PasswordDigest=\"" AKSK "\",Username=\"app1\"", NULL,
		NOW_MS));
	assert_false(verifies(&account, "other/voice", TOKEN("app1", AKSK, CREATED), NULL, NOW_MS));
	/* The newer header counts where there is one. */
	assert_false(verifies(
		&account, SECRET_PATH "/voice", TOKEN("app1", WSSE, CREATED), TOKEN("app1", WSSE, CREATED), NOW_MS));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (verifies(&account, SECRET_PATH "/voice", others[i], NULL, NOW_MS))
			fail_msg("taken: %s", others[i]);
}

static void an_old_header_is_none(void **state)
{
	static const int64_t near[] = {0, 300000, -300000}, far[] = {300001, -300001, 3600000};

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(verifies(&account, SECRET_PATH "/voice", TOKEN("app1", AKSK, CREATED), NULL, NOW_MS + near[i]));
		assert_false(verifies(&account, SECRET_PATH "/voice", TOKEN("app1", AKSK, CREATED), NULL, NOW_MS + far[i]));
	}
}

/* What is signed rightly, but is nothing that is signed: too long, empty, no time. */
static void nonce_and_time_have_their_limits(void **state)
{
	static const char created[] = "2018-02-12T15:30:20.0000000000000000000Z"; /* 40 bytes */
	char nonce[130], digest[HUAWEI_DIGEST_SIZE], text[512];
	static const struct {
		size_t nonce_len;
		const char *created;
		bool holds;
	} cases[] = {{128, CREATED, true}, {129, CREATED, false}, {0, CREATED, false}, {32, "yesterday", false},
		{32, "0018-02-12T15:30:20.00000000000000000000Z", false}, {32, "", false}};

	(void)state;
	assert_int_equal(sizeof created - 1, 40);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(nonce, 'N', sizeof nonce);
		nonce[cases[i].nonce_len] = '\0';
		huawei_aksk(STR("cfc8secret"), str_of(nonce), str_of(cases[i].created), digest);
		snprintf(text, sizeof text, "UsernameToken Username=\"app1\", PasswordDigest=\"%s\", Nonce=\"%s\", Created=\"%s\"", digest,
			nonce, cases[i].created);
		assert_int_equal(verifies(&account, SECRET_PATH "/voice", text, NULL, NOW_MS), cases[i].holds);
	}
}

/* While secrets are changed either may be empty, and the empty one signs nothing. */
static void an_empty_secret_beside_another_signs_nothing(void **state)
{
	const struct account second = {.name = "cn", .secret_path = SECRET_PATH, .api_key = "app1", .secret_2 = "cfc8secret"};
	char digest[HUAWEI_DIGEST_SIZE], text[512];

	(void)state;
	assert_true(verifies(&second, SECRET_PATH "/voice", TOKEN("app1", AKSK, CREATED), NULL, NOW_MS));
	assert_false(verifies(&second, SECRET_PATH "/voice", NULL, NULL, NOW_MS));
	huawei_aksk(STR(""), STR(NONCE), STR(CREATED), digest);
	snprintf(text, sizeof text, "UsernameToken Username=\"app1\", PasswordDigest=\"%s\", Nonce=\"" NONCE "\", Created=\"" CREATED "\"",
		digest);
	assert_false(verifies(&second, SECRET_PATH "/voice", text, NULL, NOW_MS));
}

static void the_event_chooses_the_hook(void **state)
{
	static const struct {
		const char *rest, *body;
		bool get;
		enum hook hook;
	} cases[] = {
		{SECRET_PATH "/voice", "{\"eventType\":\"callin\"}", false, HOOK_VOICE},
		{SECRET_PATH "/voice", "{ \"eventType\" : \"callin\"", false, HOOK_VOICE},
		{SECRET_PATH "/voice", "{\"x\":\"eventType\",\"eventType\":\"callin\"}", false, HOOK_STATUS},
		{SECRET_PATH "/voice", "{\"eventType\":\"answer\"}", false, HOOK_STATUS},
		{SECRET_PATH "/voice", "", false, HOOK_STATUS},
		{SECRET_PATH "/status", "{\"eventType\":\"callin\"}", false, HOOK_STATUS},
		{SECRET_PATH "/voice", "{\"eventType\":\"callin\"}", true, HOOK_NONE},
		{SECRET_PATH "/sms", "{\"eventType\":\"callin\"}", false, HOOK_NONE},
		{"", "", false, HOOK_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct page_end body = page_end_copy(str_of(cases[i].body));
		struct webhook webhook = {.post = !cases[i].get, .rest = str_of(cases[i].rest), .body = body.text};
		assert_int_equal(huawei->hook(&plain, &webhook), cases[i].hook);
		page_end_free(&body);
	}
}

static void a_member_is_peeked_at_without_reading_past_the_end(void **state)
{
	static const char *const none[] = {"", "\"", "\"event", "\"event\"", "\"event\":", "\"event\": \"", "\"event\":\"ice",
		"\"event\":7", "\"event\" \"ice\"", "\"events\":\"ice\"", "event:\"ice\""};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct page_end body = page_end_copy(str_of(none[i]));
		assert_null(webhook_json_peek(body.text, "event").at);
		page_end_free(&body);
	}
	struct page_end body = page_end_copy(STR("{\"a\":1, \"event\"\n:\t\"ice\""));
	assert_true(str_equal(webhook_json_peek(body.text, "event"), STR("ice")));
	page_end_free(&body);
}

#define EVENT(type, info) "{\"eventType\":\"" type "\",\"statusInfo\":{" info "}}"

static void what_is_no_question_or_report_is_refused(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "null", "{}", "{\"eventType\":\"callout\"}", EVENT("callout", ""),
		EVENT("answer", "\"sessionId\":7"), EVENT("answer", "\"sessionId\":\"a b\""), EVENT("dance", "\"sessionId\":\"1\""),
		EVENT("disconnect", "\"sessionId\":\"1\""), "{\"eventType\":\"answer\",\"statusInfo\":[]}"};
	struct report report = {.seconds = 77};
	struct ask ask = {.attestation = 'x'};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end body = page_end_copy(str_of(broken[i]));
		struct webhook webhook = {.post = true, .body = body.text};
		assert_int_equal(huawei->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(huawei->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
		page_end_free(&body);
	}
	assert_int_equal(ask.attestation, 'x');
	assert_int_equal(report.seconds, 77);
	arena_done(&arena);
}

static void every_end_is_understood(void **state)
{
	static const struct {
		int reason;
		enum call_status status;
	} ends[] = {{0, CALL_COMPLETED}, {8010, CALL_COMPLETED}, {8003, CALL_NO_ANSWER}, {8101, CALL_NO_ANSWER},
		{8102, CALL_BUSY}, {8009, CALL_CANCELED}, {8100, CALL_FAILED}, {8103, CALL_FAILED}, {1, CALL_FAILED}};
	struct arena arena;
	char body[256];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct report report;
		snprintf(body, sizeof body, EVENT("disconnect", "\"sessionId\":\"1\",\"stateCode\":%d"), ends[i].reason);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(huawei->parse_status(&account, &webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, ends[i].status);
		assert_true(report.final_leg);
	}
	arena_done(&arena);
}

static struct provider_reply render(const struct decision *decision, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR(CALL)};

	buf_fixed(out, room, size);
	return huawei->render(&account, &answer, out);
}

static void a_call_lasts_whole_minutes_and_none_too_many(void **state)
{
	static const struct {
		uint32_t asked, given;
	} cases[] = {{0, 60}, {59, 60}, {60, 60}, {119, 60}, {3600, 3600}, {86399, 86340}, {86400, 86400},
		{UINT32_MAX, 86400}};
	struct sim_outcome outcome;
	char room[1024];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct decision decision = {.action = ACTION_CONNECT,
			.callee = {14155550199},
			.show = {15005550010},
			.max_call_s = cases[i].asked};
		render(&decision, room, sizeof room, &out);
		assert_int_equal(huawei->sim->read(&account, 200, buf_text(&out), &outcome), ERR_OK);
		assert_int_equal(outcome.max_call_s, cases[i].given);
		assert_int_equal(outcome.rings.e164, 14155550199);
		assert_int_equal(outcome.shows.e164, 15005550010);
		assert_string_equal(outcome.status_url, "/hooks/huawei/cn/" SECRET_PATH "/status");
	}
}

#define CONNECT(info) "{\"operation\":\"connect\",\"connectInfo\":{" info "}}"
#define CALLEE "\"calleeNum\":\"+14155550199\""

static void the_simulated_provider_refuses_what_huawei_would(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"operation\":\"close\"}", "{\"operation\":\"dance\"}",
		"{\"operation\":\"connect\"}", CONNECT(""), CONNECT("\"calleeNum\":\"14155550199\""),
		CONNECT("\"calleeNum\":14155550199"), CONNECT(CALLEE ",\"displayCalleeNum\":\"x\""),
		CONNECT(CALLEE ",\"maxDuration\":1441"), CONNECT(CALLEE ",\"maxDuration\":\"60\""),
		CONNECT(CALLEE ",\"maxDuration\":-1"), CONNECT(CALLEE ",\"recordFlag\":\"true\""),
		CONNECT(CALLEE ",\"recordFlag\":false")};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (huawei->sim->read(&account, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(huawei->sim->read(&account, 500, STR(CONNECT(CALLEE)), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
	/* The number that was dialled, which an answer can't know: none is named. */
	assert_int_equal(huawei->sim->read(&account, 200, STR(CONNECT(CALLEE)), &outcome), ERR_OK);
	assert_false(number_is(outcome.shows));
}

static void simulated_questions_and_reports_are_let_in_and_read_as_meant(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
	} ends[] = {{"completed", CALL_COMPLETED}, {"busy", CALL_BUSY}, {"no-answer", CALL_NO_ANSWER},
		{"canceled", CALL_CANCELED}, {"failed", CALL_FAILED}};
	struct sim_question question = {.to = {15005550006}, .call_id = CALL, .seconds = 7, .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 10; i++) {
		const struct account *whose = i & 1 ? &plain : &account;
		question.from.e164 = i & 2 ? 0 : 14155551212;
		assert_int_equal(huawei->sim->ask(whose, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		sim.webhook.now_ms = NOW_MS;
		assert_int_equal(huawei->hook(whose, &sim.webhook), HOOK_VOICE);
		assert_true(huawei->verify(whose, &sim.webhook));
		assert_int_equal(huawei->parse_voice(whose, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, !number_is(question.from));
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.call_id, STR(CALL)));
		question.status = ends[i / 2].word;
		assert_int_equal(huawei->sim->tell(whose, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		sim.webhook.now_ms = NOW_MS;
		assert_int_equal(huawei->hook(whose, &sim.webhook), HOOK_STATUS);
		assert_true(huawei->verify(whose, &sim.webhook));
		assert_int_equal(huawei->parse_status(whose, &sim.webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, ends[i / 2].status);
	}
	question.status = "asleep";
	assert_int_equal(huawei->sim->tell(&account, &question, &request), ERR_BAD_REQUEST);
	question.digits = "123456";
	assert_int_equal(huawei->sim->ask(&account, &question, &request), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static int find_huawei(void **state)
{
	(void)state;
	huawei = provider_find(STR("huawei"));
	return huawei ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_digests_are_as_huawei_makes_them),
		cmocka_unit_test(without_the_keys_the_path_alone_opens),
		cmocka_unit_test(with_the_keys_the_header_is_wanted_too),
		cmocka_unit_test(an_old_header_is_none),
		cmocka_unit_test(nonce_and_time_have_their_limits),
		cmocka_unit_test(an_empty_secret_beside_another_signs_nothing),
		cmocka_unit_test(the_event_chooses_the_hook),
		cmocka_unit_test(a_member_is_peeked_at_without_reading_past_the_end),
		cmocka_unit_test(what_is_no_question_or_report_is_refused),
		cmocka_unit_test(every_end_is_understood),
		cmocka_unit_test(a_call_lasts_whole_minutes_and_none_too_many),
		cmocka_unit_test(the_simulated_provider_refuses_what_huawei_would),
		cmocka_unit_test(simulated_questions_and_reports_are_let_in_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_huawei, NULL);
}
