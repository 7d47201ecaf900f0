/* What MessageBird signs, sends and takes. Whole requests and answers: provider_fixture_test.c. */
#include "../test.h"
#include "page_end.h"
#include "provider/messagebird_signature.h"
#include "sim_webhook.h"
#include "wire/jwt.h"

#define PUBLIC_URL "https://vn.example.com"
#define HOOK_BASE PUBLIC_URL "/hooks/messagebird/main/"
#define CALL "2894efe1-63b7-4d37-b006-3aab7f000001"
#define SECRET "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb"
#define NOW_MS 1625479200000 /* 2021-07-05T12:00:00+02:00 */
#define HEAD "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
#define OF_NOW HEAD "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOi"
#define ROOT "LCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDc"
#define PARAMETERS "LCJ1cmxfaGFzaCI6IjQxZjA1ZjBkZGQwYTIyYWIyMDlhYzQ2ZjQ3YzQ1NzJkOWNlZmEyNTdlZDc0YjI0MDA0YmFlNzUzZWNlNmMyNjA"
#define HELLO "iLCJwYXlsb2FkX2hhc2giOiJkZmZkNjAyMWJiMmJkNWIwYWY2NzYyOTA4MDllYzNhNTMxOTFkZDgxYzdmNzBhNGIyODY4OGEzNjIxODI5ODZm"
#define BARE OF_NOW "I1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIi" ROOT "ifQ.6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E"

static const struct provider *messagebird;
static const struct account account = {.name = "main", .secret = SECRET, .secret_2 = "next"};

struct vector {
	const char *url, *body, *token;
	bool holds;
};

/* messagebird/go-rest-api, signature_jwt/testdata/reference.json */
static const struct vector vectors[] = {
	{"https://example.com/", "", BARE, true},
	{"https://example.com/path?bar=1&foo=2", "",
		OF_NOW "JjOTQ2YWY3Ny1lMTgyLTRlYWEtYjJmZi0xYTU0NWI1ZTk5MWEi" PARAMETERS "ifQ.huo2ou6JDoDc7sV25d75UMWeYhBeavQlLsqIibSZuac",
		true},
	{"https://example.com/path?bar=1&foo=2", "Hello, World!",
		OF_NOW "I5M2U1NTAwNi1hMGU4LTQ1MjYtYTE5MC1mYTVmZjAwZWExMTYi" PARAMETERS HELLO
		       "In0._H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I",
		true},
	{"https://example.com/?obj%5Bfield1%5D=val1&obj%5Bfield2%5D=val2&param=value+with+spaces", "",
		OF_NOW "I1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjhhZmYzNzQ4ZDc4OWM0MzMzNTczZTFjMzFmZTViMDA0"
		       "OTQwY2I1ZmM0NzQ2MGVkM2QwZTY1NGY3ZmM0ZTVmYWUifQ.mJBCMfEjKmN3IMuzqPXPHktWETrcu0iNdF3agE8PDyI",
		true},
	{"https://example.com/", "Some text containg & < >, & and \\u0026",
		OF_NOW "I1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIi" ROOT
		       "iLCJwYXlsb2FkX2hhc2giOiIyNDMxYmQ5Y2NiNDhlZDAxNmZhZDU2N2IwNzcxMjAzOGI1Y2RkOTQ5YWM5ZDQxZmU0NjkzZDVhMzg0NWNmN2U4In0"
		       ".IQiKzeEPaO3A48lhKmBDSmxZyCESPCGxdSKFdi0dEJs",
		true},
	/* not yet; no more; another order of parameters; another body; another secret; a body taken away, one put there */
	{"https://example.com/", "",
		HEAD "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ4MjgwMCwiZXhwIjoxNjI1NDgyODYwLCJqdGkiOiJmOWY4YzM4Mi0yNDQ5LTQzMTEtYjcy"
		     "Yi0xZGY3MTY4NzkzMWUi" ROOT "ifQ.ZELgDFNGhjZH9CffQKcq3sytBe2I0KciLxpBhcfstHQ",
		false},
	{"https://example.com/", "",
		HEAD "eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3NTYwMCwiZXhwIjoxNjI1NDc1NjYwLCJqdGkiOiI1ZjAyZjUyMi02MDMwLTQ2YzgtYjVh"
		     "My0wMTI0NjQ3OGQ4YmMi" ROOT "ifQ.45MSST3B_2PsjNUeiuW54_vUQgVw4rBXrdWrOUEz3lM",
		false},
	{"https://example.com/path?foo=1&bar=2", "",
		OF_NOW "JhNzVjOTA5Ni1lODIzLTQ0MmItODVmMi03ZDNjOWQ5YjcyNmIiLCJ1cmxfaGFzaCI6IjZhMDIyZDgzNGMxODMzMGJhYWQ4YTJiZDYxMzUxNzNl"
		       "ZDIxNjEwYTQ1NDUxNmJlMGRmM2YxY2MwMTUxNjEwZWEifQ.z6Sw1XQIM0wuEQGBhXBdawDIIrtMg2XnmA_bpDq53pE",
		false},
	{"https://example.com/", "Hello, World!",
		OF_NOW "IxNDUwMTUzMi05NmYyLTQ2ODQtOTgzMi02OGYwOTUxYWUzNDIi" ROOT
		       "iLCJwYXlsb2FkX2hhc2giOiJmYjYyZjAyYWNkYTdkNzQxNzdhNzAxYTFjZTAwNmU2YmFjZDkwYzdkNGQ3YWI0ODE2OTJjMWRhNDdjODEwNzZiIn0"
		       ".m79RCwO6dGa9pvzsQypkVuXQ6eM0CkRl6_U7MfWg6TM",
		false},
	{"https://example.com/", "",
		OF_NOW "IyNDNjMjdhZS0yZjAyLTQ2YTAtODg1Mi1jNjZmMzdlYTlmNDYi" ROOT "ifQ.JgSeYyOtlEKAXk8bz30iJI4tXgf4lxknoiezawuVhb4",
		false},
	{"https://example.com/", "",
		OF_NOW "IxNDUwMTUzMi05NmYyLTQ2ODQtOTgzMi02OGYwOTUxYWUzNDIi" ROOT HELLO
		       "In0.bHfsjj3tljfzTufoG3EU3p_yFrQh9CufyzRSaRMd4ss",
		false},
	{"https://example.com/", "Hello, World!", BARE, false},
	/* HS384, which its libraries take: not by us. */
	{"https://example.com/", "",
		"eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdG"
		"kiOiI1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIi" ROOT
		"ifQ.KNMW-29X77lZeuPmThmHWc_RUAvTkaDkpxIZK6mqE08v8mWKiU9Edh4QXwAJO2nv",
		false},
};

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "MessageBird-Signature-JWT") == 0 ? str_of(context) : STR_NONE;
}

static bool verifies(const struct account *whose, const struct vector *vector, int64_t now_ms)
{
	struct page_end url = page_end_copy(str_of(vector->url)), body = page_end_copy(str_of(vector->body));
	struct webhook webhook = {.url = url.text,
		.body = body.text,
		.header = header,
		.header_context = vector->token,
		.peer = "203.0.113.7",
		.now_ms = now_ms};
	bool holds = messagebird->verify(whose, &webhook);

	page_end_free(&url);
	page_end_free(&body);
	return holds;
}

static void the_published_vectors_are_judged_as_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
		if (verifies(&account, &vectors[i], NOW_MS) != vectors[i].holds)
			fail_msg("vector %zu", i);
}

/* Claims for a bare request of https://example.com/, signed as if they were right. */
static void every_claim_must_be_what_it_should(void **state)
{
#define URL_HASH "0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7"
	static const char *const refused[] = {
		"{\"iss\":\"MessageBird\",\"nbf\":\"1625479200\",\"exp\":1625479260,\"jti\":\"1\",\"url_hash\":\"" URL_HASH "\"}",
		"{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"exp\":null,\"jti\":\"1\",\"url_hash\":\"" URL_HASH "\"}",
		"{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"jti\":\"1\",\"url_hash\":\"" URL_HASH "\"}",
		"{\"iss\":\"Bird\",\"nbf\":1625479200,\"exp\":1625479260,\"jti\":\"1\",\"url_hash\":\"" URL_HASH "\"}",
		"{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"exp\":1625479260,\"jti\":\"\",\"url_hash\":\"" URL_HASH "\"}",
		"{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"exp\":1625479260,\"jti\":\"1\",\"url_hash\":\"0f115db0\"}",
		"{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"exp\":1625479260,\"jti\":\"1\",\"url_hash\":\"not hex\"}",
		"{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"exp\":1625479260,\"jti\":\"1\"}",
	};
	char token[2048], claims[1024], jti[258];
	struct vector vector = {.url = "https://example.com/", .body = "", .token = token};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		buf_fixed(&out, token, sizeof token - 1);
		jwt_put(&out, STR(SECRET), str_of(refused[i]));
		token[out.len] = '\0';
		if (verifies(&account, &vector, NOW_MS))
			fail_msg("taken: %s", refused[i]);
	}
	for (size_t len = 256; len <= 257; len++) {
		memset(jti, 'j', len);
		jti[len] = '\0';
		snprintf(claims, sizeof claims, "{\"iss\":\"MessageBird\",\"nbf\":1625479200,\"exp\":1625479260,\"jti\":\"%s\",\"url_hash\":\"" URL_HASH
						"\"}", jti);
		buf_fixed(&out, token, sizeof token - 1);
		jwt_put(&out, STR(SECRET), str_of(claims));
		token[out.len] = '\0';
		assert_int_equal(verifies(&account, &vector, NOW_MS), len == 256);
	}
}

static void either_of_two_keys_will_do_and_no_other(void **state)
{
	const struct account second = {.secret = "next", .secret_2 = SECRET}, other = {.secret = "other"}, none = {0};
	struct account listed = account;

	(void)state;
	assert_true(verifies(&second, &vectors[0], NOW_MS));
	assert_false(verifies(&other, &vectors[0], NOW_MS));
	assert_false(verifies(&none, &vectors[0], NOW_MS));
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, &vectors[0], NOW_MS));
}

static void a_token_holds_for_a_minute_and_some_seconds_on_each_side(void **state)
{
	static const int64_t good[] = {-5000, 0, 60000, 64000, 64999}, bad[] = {-5001, -6000, 65000, 3600000, -3600000};

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(verifies(&account, &vectors[0], NOW_MS + good[i]));
		assert_false(verifies(&account, &vectors[0], NOW_MS + bad[i]));
	}
}

static void only_voice_and_status_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x"};
	struct webhook webhook = {.rest = STR("voice")};

	(void)state;
	assert_int_equal(messagebird->hook(&account, &webhook), HOOK_VOICE);
	webhook.rest = STR("status");
	assert_int_equal(messagebird->hook(&account, &webhook), HOOK_NONE);
	webhook.post = true;
	assert_int_equal(messagebird->hook(&account, &webhook), HOOK_STATUS);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(messagebird->hook(&account, &webhook), HOOK_NONE);
	}
}

static void what_is_no_question_or_report_is_refused(void **state)
{
	static const char *const broken[] = {"", "{", "[]", "{}", "{\"callID\":7}", "{\"callID\":\"a b\"}", "{\"items\":{}}"};
	static const char *const queries[] = {"callID=", "callID=a%20b", "callID=%zz", "source=1"};
	struct report report = {.seconds = 77};
	struct ask ask = {.attestation = 'x'};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct page_end body = page_end_copy(str_of(broken[i]));
		struct webhook webhook = {.post = true, .content_type = STR("application/json"), .body = body.text};
		assert_int_equal(messagebird->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(messagebird->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
		page_end_free(&body);
	}
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		struct webhook webhook = {.query = str_of(queries[i])};
		assert_int_equal(messagebird->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
	}
	assert_int_equal(ask.attestation, 'x');
	assert_int_equal(report.seconds, 77);
	arena_done(&arena);
}

static struct provider_reply render(
	const struct decision *decision, uint64_t called, char *room, size_t size, struct buf *out)
{
	struct answer answer = {
		.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR(CALL), .called = {called}};

	buf_fixed(out, room, size);
	return messagebird->render(&account, &answer, out);
}

static enum action taken_as(const struct decision *decision, uint64_t called, struct sim_outcome *ret_outcome)
{
	char room[1024];
	struct buf out;

	assert_int_equal(render(decision, called, room, sizeof room, &out).status, 200);
	assert_int_equal(messagebird->sim->read(&account, 200, buf_text(&out), ret_outcome), ERR_OK);
	return ret_outcome->action;
}

static void what_would_show_another_number_than_the_dialled_one_is_refused(void **state)
{
	static const enum action actions[] = {ACTION_CONNECT, ACTION_FORWARD};
	struct sim_outcome outcome;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct decision decision = {.action = actions[i], .callee = {14155550199}, .show = {15005550006}};
		assert_int_equal(taken_as(&decision, 15005550006, &outcome), ACTION_CONNECT);
		assert_int_equal(outcome.rings.e164, 14155550199);
		assert_true(outcome.shows_dialled);
		assert_string_equal(outcome.status_url, "/hooks/messagebird/main/status");
		assert_int_equal(taken_as(&decision, 15005550010, &outcome), ACTION_REJECT);
		assert_int_equal(taken_as(&decision, 0, &outcome), ACTION_REJECT);
	}
}

static void the_simulated_provider_refuses_what_messagebird_would(void **state)
{
	static const char *const broken[] = {"", "<Response/>", "<Transfer/>", "<Transfer destination=\"x\"/>",
		"<Transfer destination=\"14155550199\" mask=\"yes\"/>", "<Transfer destination=\"14155550199\" from=\"15005550006\"/>",
		"<Transfer destination=\"14155550199\">x</Transfer>", "<Say>x</Say>", "<Say language=\"en-GB\" voice=\"female\"/>",
		"<Hangup reason=\"x\"/>", "<Hangup/><Hangup/>", "<Hangup><Say/></Hangup>"};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (messagebird->sim->read(&account, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(messagebird->sim->read(&account, 500, STR("<Hangup/>"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
	/* Without mask the caller is shown. */
	assert_int_equal(
		messagebird->sim->read(&account, 200, STR("<Transfer destination=\"14155550199\"/>"), &outcome), ERR_OK);
	assert_false(outcome.shows_dialled);
	assert_false(number_is(outcome.shows));
}

static void simulated_questions_and_reports_are_signed_and_read_as_meant(void **state)
{
	static const struct {
		const char *word;
		enum call_status status;
	} ends[] = {{"completed", CALL_COMPLETED}, {"busy", CALL_BUSY}, {"no-answer", CALL_NO_ANSWER}, {"failed", CALL_FAILED}};
	struct sim_question question = {.to = {15005550006}, .call_id = CALL, .seconds = 7, .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 4; i++) {
		question.from.e164 = i & 1 ? 0 : 14155551212;
		assert_int_equal(messagebird->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		sim.webhook.now_ms = NOW_MS;
		assert_int_equal(messagebird->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(messagebird->verify(&account, &sim.webhook));
		assert_int_equal(messagebird->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i & 1);
		assert_int_equal(ask.question.called.e164, 15005550006);
		question.status = ends[i].word;
		assert_int_equal(messagebird->sim->tell(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		sim.webhook.now_ms = NOW_MS;
		assert_int_equal(messagebird->hook(&account, &sim.webhook), HOOK_STATUS);
		assert_true(messagebird->verify(&account, &sim.webhook));
		assert_int_equal(messagebird->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
		assert_true(str_equal(report.call_id, STR(CALL)));
		assert_int_equal(report.status, ends[i].status);
		assert_int_equal(report.seconds, ends[i].status == CALL_COMPLETED ? 7 : 0);
		request.body[5] ^= 1;
		assert_false(messagebird->verify(&account, &sim.webhook));
	}
	question.status = "asleep";
	assert_int_equal(messagebird->sim->tell(&account, &question, &request), ERR_BAD_REQUEST);
	question.digits = "123456";
	assert_int_equal(messagebird->sim->ask(&account, &question, &request), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static int find_messagebird(void **state)
{
	(void)state;
	messagebird = provider_find(STR("messagebird"));
	return messagebird ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_are_judged_as_published),
		cmocka_unit_test(every_claim_must_be_what_it_should),
		cmocka_unit_test(either_of_two_keys_will_do_and_no_other),
		cmocka_unit_test(a_token_holds_for_a_minute_and_some_seconds_on_each_side),
		cmocka_unit_test(only_voice_and_status_are_hooks),
		cmocka_unit_test(what_is_no_question_or_report_is_refused),
		cmocka_unit_test(what_would_show_another_number_than_the_dialled_one_is_refused),
		cmocka_unit_test(the_simulated_provider_refuses_what_messagebird_would),
		cmocka_unit_test(simulated_questions_and_reports_are_signed_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_messagebird, NULL);
}
