/* What Alibaba Cloud asks and takes. Whole requests and answers: provider_fixture_test.c. */
#include "../test.h"
#include "page_end.h"
#include "sim_webhook.h"

#define PUBLIC_URL "https://vn.example.com"
#define SECRET_PATH "9f2c5d1e8a7b4c60"
#define HOOK_BASE PUBLIC_URL "/hooks/alibaba/cn/" SECRET_PATH "/"
#define CALL "7e34bb6c-ec99-11e8-b18b-af10dc1a7640"
#define MOBILE 8612000000001
#define VN 8657100000001

static const struct provider *alibaba;
static const struct account account = {
	.name = "cn", .secret_path = SECRET_PATH, .dialplan = {'C' << 8 | 'N', 86, "0", "00", 1u << 10 | 1u << 11}};

static bool verifies(const struct account *whose, const char *rest)
{
	struct page_end copy = page_end_copy(str_of(rest));
	struct webhook webhook = {.rest = copy.text, .peer = "203.0.113.7"};
	bool holds = alibaba->verify(whose, &webhook);

	page_end_free(&copy);
	return holds;
}

static void only_the_whole_secret_opens(void **state)
{
	static const char *const others[] = {"", "/", "voice", "/voice", "9f2c5d1e8a7b4c6/voice", SECRET_PATH "0/voice", SECRET_PATH,
		SECRET_PATH "/x/voice", "9F2C5D1E8A7B4C60/voice"};
	const struct account none = {0};
	struct account listed = account;

	(void)state;
	assert_true(verifies(&account, SECRET_PATH "/voice"));
	assert_false(verifies(&none, "/voice"));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(verifies(&account, others[i]));
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, SECRET_PATH "/voice"));
}

static void only_voice_is_a_hook(void **state)
{
	static const char *const others[] = {"", SECRET_PATH, SECRET_PATH "/", SECRET_PATH "/status", SECRET_PATH "/voices"};

	(void)state;
	for (int post = 0; post < 2; post++) {
		struct webhook webhook = {.post = post, .rest = STR(SECRET_PATH "/voice")};
		assert_int_equal(alibaba->hook(&account, &webhook), HOOK_VOICE);
		for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
			webhook.rest = str_of(others[i]);
			assert_int_equal(alibaba->hook(&account, &webhook), HOOK_NONE);
		}
	}
}

static enum err parse(const char *query, struct arena *arena, struct ask *ret_ask)
{
	struct webhook webhook = {.query = str_of(query)};

	return alibaba->parse_voice(&account, &webhook, arena, ret_ask);
}

static void numbers_are_read_as_at_home(void **state)
{
	static const struct {
		const char *text;
		uint64_t number;
	} cases[] = {{"12000000001", MOBILE}, {"012000000001", MOBILE}, {"8612000000001", MOBILE}, {"008612000000001", MOBILE},
		{"%2B8612000000001", MOBILE}, {"%2B14155551212", 14155551212}, {"0014155551212", 14155551212}, {"sip", 0}, {"1", 0}};
	struct arena arena;
	char query[128];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ask ask;
		snprintf(query, sizeof query, "uuid=1&caller=%s&serviceNumber=057100000001", cases[i].text);
		assert_int_equal(parse(query, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, cases[i].number);
		assert_false(ask.question.withheld);
		assert_int_equal(ask.question.called.e164, VN);
	}
	arena_done(&arena);
}

static void what_is_no_question_is_refused(void **state)
{
	static const char *const broken[] = {"", "caller=1", "uuid=", "uuid=a%20b", "uuid=%zz", "uuid"};
	struct webhook webhook = {.post = true};
	struct ask ask = {.attestation = 'x'};
	struct report report;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(parse(broken[i], &arena, &ask), ERR_BAD_REQUEST);
	assert_int_equal(ask.attestation, 'x');
	assert_int_equal(alibaba->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static struct provider_reply render(const struct decision *decision, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR(CALL)};

	buf_fixed(out, room, size);
	return alibaba->render(&account, &answer, out);
}

static void numbers_are_written_as_at_home(void **state)
{
	static const struct {
		uint64_t callee;
		const char *text;
	} cases[] = {{MOBILE, "\"12000000001\""}, {VN, "\"057100000001\""},
		{447700900000, "\"447700900000\""}};
	struct sim_outcome outcome;
	char room[1024];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct decision decision = {.action = ACTION_CONNECT, .callee = {cases[i].callee}, .show = {8657100000002}};
		render(&decision, room, sizeof room, &out);
		assert_non_null(memmem(room, out.len, cases[i].text, strlen(cases[i].text)));
		assert_int_equal(alibaba->sim->read(&account, 200, buf_text(&out), &outcome), ERR_OK);
		assert_int_equal(outcome.action, ACTION_CONNECT);
		assert_int_equal(outcome.shows.e164, 8657100000002);
	}
}

/* +1 415 555 0199, written as others abroad, would ring +86 141 5555 0199. */
static void a_number_that_would_be_another_at_home_is_not_connected(void **state)
{
	struct decision decisions[] = {
		{.action = ACTION_CONNECT, .callee = {14155550199}, .show = {VN}},
		{.action = ACTION_FORWARD, .callee = {14155550199}, .show = {VN}},
		{.action = ACTION_CONNECT, .callee = {MOBILE}, .show = {14155550199}},
	};
	struct sim_outcome outcome;
	char room[1024];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
		render(&decisions[i], room, sizeof room, &out);
		assert_int_equal(alibaba->sim->read(&account, 200, buf_text(&out), &outcome), ERR_OK);
		assert_int_equal(outcome.action, ACTION_REJECT);
	}
}

#define DATA(members) "{\"result\":\"success\",\"msg\":\"\",\"data\":{" members "}}"

static void the_simulated_provider_refuses_what_alibaba_would(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"result\":\"success\"}", "{\"result\":\"fail\",\"msg\":\"\"}",
		"{\"result\":\"fail\",\"data\":{}}", "{\"result\":\"dance\",\"msg\":\"\",\"data\":{}}", DATA(""),
		DATA("\"showNumber\":\"057100000002\""), DATA("\"called\":12000000002"), DATA("\"called\":\"+8612000000002\""),
		DATA("\"called\":\"12000000002\",\"showNumber\":\"x\"")};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (alibaba->sim->read(&account, 200, str_of(broken[i]), &outcome) != ERR_BAD_REQUEST)
			fail_msg("taken: %s", broken[i]);
	assert_int_equal(alibaba->sim->read(&account, 500, STR(DATA("\"called\":\"12000000002\"")), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
	assert_int_equal(alibaba->sim->read(&account, 200, STR(DATA("\"called\":\"12000000002\"")), &outcome), ERR_OK);
	assert_int_equal(outcome.rings.e164, 8612000000002);
	assert_false(number_is(outcome.shows));
}

static void simulated_questions_are_let_in_and_read_as_meant(void **state)
{
	struct sim_question question = {.to = {VN}, .call_id = CALL, .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 4; i++) {
		question.from.e164 = i & 1 ? 0 : MOBILE;
		question.digits = i & 2 ? "123456" : NULL;
		assert_int_equal(alibaba->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(alibaba->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(alibaba->verify(&account, &sim.webhook));
		assert_int_equal(alibaba->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i & 1);
		assert_int_equal(ask.question.called.e164, VN);
		assert_true(str_equal(ask.question.digits, str_of(question.digits)));
		assert_true(str_equal(ask.call_id, STR(CALL)));
	}
	assert_int_equal(alibaba->sim->tell(&account, &question, &request), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static int find_alibaba(void **state)
{
	(void)state;
	alibaba = provider_find(STR("alibaba"));
	return alibaba ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_whole_secret_opens),
		cmocka_unit_test(only_voice_is_a_hook),
		cmocka_unit_test(numbers_are_read_as_at_home),
		cmocka_unit_test(what_is_no_question_is_refused),
		cmocka_unit_test(numbers_are_written_as_at_home),
		cmocka_unit_test(a_number_that_would_be_another_at_home_is_not_connected),
		cmocka_unit_test(the_simulated_provider_refuses_what_alibaba_would),
		cmocka_unit_test(simulated_questions_are_let_in_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_alibaba, NULL);
}
