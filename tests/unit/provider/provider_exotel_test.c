#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "page_end.h"
#include "sim_webhook.h"

#define SECRET "9f2c5d1e8a7b4c60"
#define PUBLIC_URL "https://vn.example.com"
#define HOOK_BASE PUBLIC_URL "/hooks/exotel/india/" SECRET "/"

static const struct provider *exotel;
static const struct account account = {
	.name = "india", .secret_path = SECRET, .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};

static bool verifies(const struct account *whose, const char *rest)
{
	struct page_end copy = page_end_copy(str_of(rest));
	struct webhook webhook = {.rest = copy.text, .peer = "203.0.113.7"};
	bool holds = exotel->verify(whose, &webhook);

	page_end_free(&copy);
	return holds;
}

static void only_the_whole_secret_opens(void **state)
{
	static const char *const others[] = {"", "/", "connect", "/connect", "9f2c5d1e8a7b4c6/connect",
		SECRET "0/connect", SECRET, SECRET "/x/connect", "9F2C5D1E8A7B4C60/connect",
		"x" SECRET "/connect"};
	const struct account none = {0};

	(void)state;
	assert_true(verifies(&account, SECRET "/connect"));
	assert_true(verifies(&account, SECRET "/passthru"));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(verifies(&account, others[i]));
	assert_false(verifies(&none, "/connect"));
	assert_false(verifies(&none, "connect"));
}

static void the_secret_is_not_enough_from_a_foreign_address(void **state)
{
	struct account listed = account;

	(void)state;
	listed.allow_n = 1;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, SECRET "/connect"));
	assert_true(account_net_parse(STR("203.0.113.0/24"), &listed.allow[0]));
	assert_true(verifies(&listed, SECRET "/connect"));
}

static enum hook hook_of(const char *rest, bool post)
{
	struct webhook webhook = {.rest = str_of(rest), .post = post};

	return exotel->hook(&account, &webhook);
}

static void the_last_segment_names_the_hook(void **state)
{
	(void)state;
	assert_int_equal(hook_of(SECRET "/connect", false), HOOK_VOICE);
	assert_int_equal(hook_of(SECRET "/connect", true), HOOK_NONE);
	assert_int_equal(hook_of(SECRET "/passthru", false), HOOK_STATUS);
	assert_int_equal(hook_of(SECRET "/status", true), HOOK_STATUS);
	assert_int_equal(hook_of(SECRET "/", false), HOOK_NONE);
	assert_int_equal(hook_of("", false), HOOK_NONE);
	assert_int_equal(hook_of(SECRET "/voice", false), HOOK_NONE);
}

static enum err ask_of(const char *query, struct ask *ret_ask)
{
	static struct arena arena;
	struct webhook webhook = {.query = str_of(query)};

	arena_done(&arena);
	arena_init(&arena, 1 << 20);
	return exotel->parse_voice(&account, &webhook, &arena, ret_ask);
}

static void digits_are_looked_at_with_and_without_quotes(void **state)
{
	static const struct {
		const char *query, *digits;
	} cases[] = {
		{"CallSid=1&digits=%22123456%22", "123456"},
		{"CallSid=1&digits=123456", "123456"},
		{"CallSid=1&digits=%22%22", ""},
		{"CallSid=1&digits=", ""},
		{"CallSid=1", ""},
		{"CallSid=1&digits=%22", "\""},
		{"CallSid=1&digits=+%2212%22+", "12"},
	};
	struct ask ask;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(ask_of(cases[i].query, &ask), ERR_OK);
		assert_true(str_equal(ask.question.digits, str_of(cases[i].digits)));
	}
}

static void numbers_in_any_form_are_the_same_and_others_are_unknown(void **state)
{
	struct ask ask;

	(void)state;
	assert_int_equal(ask_of("CallSid=1&CallFrom=%2B919876543210&CallTo=08047112233", &ask), ERR_OK);
	assert_int_equal(ask.question.caller.e164, 919876543210);
	assert_int_equal(ask.question.called.e164, 918047112233);
	assert_int_equal(ask_of("CallSid=1&CallFrom=+919876543210&CallTo=8047112233", &ask), ERR_OK);
	assert_int_equal(ask.question.caller.e164, 919876543210);
	assert_int_equal(ask.question.called.e164, 918047112233);
	assert_int_equal(ask_of("CallSid=1&CallFrom=12&CallTo=sip:desk", &ask), ERR_OK);
	assert_int_equal(ask.question.caller.e164, 0);
	assert_false(ask.question.withheld);
	assert_false(ask.called_is_number);
	assert_int_equal(ask_of("CallSid=1&CallFrom=Anonymous&CallTo=08047112233", &ask), ERR_OK);
	assert_true(ask.question.withheld);
	assert_int_equal(ask_of("CallFrom=1", &ask), ERR_BAD_REQUEST);
	assert_int_equal(ask_of("CallSid=%", &ask), ERR_BAD_REQUEST);
}

static enum err report_of(bool post, const char *type, const char *text, struct report *ret_report)
{
	static struct arena arena;
	struct page_end copy = page_end_copy(str_of(text));
	struct webhook webhook = {.post = post,
		.content_type = str_of(type),
		.rest = STR(SECRET "/status"),
		.body = post ? copy.text : STR_NONE,
		.query = post ? STR_NONE : copy.text};

	arena_done(&arena);
	arena_init(&arena, 1 << 20);
	enum err err = exotel->parse_status(&account, &webhook, &arena, ret_report);
	page_end_free(&copy);
	return err;
}

static void the_dialled_leg_tells_before_the_call(void **state)
{
	static const struct {
		const char *query;
		enum call_status status;
		uint32_t seconds;
	} cases[] = {
		{"CallSid=1&CallStatus=in-progress&DialCallStatus=completed&DialCallDuration=73",
			CALL_COMPLETED, 73},
		{"CallSid=1&CallStatus=completed&DialCallStatus=busy&DialCallDuration=9", CALL_BUSY, 0},
		{"CallSid=1&DialCallStatus=failed", CALL_FAILED, 0},
		{"CallSid=1&DialCallStatus=canceled", CALL_CANCELED, 0},
		{"CallSid=1&DialCallStatus=null&CallType=incomplete", CALL_NO_ANSWER, 0},
		{"CallSid=1&CallType=completed&DialCallDuration=5", CALL_COMPLETED, 5},
		{"CallSid=1&CallType=client-hangup", CALL_CANCELED, 0},
		{"CallSid=1&CallType=voicemail", CALL_NO_ANSWER, 0},
		{"CallSid=1&CallType=call-attempt", CALL_CONNECTING, 0},
		{"CallSid=1&EventType=answered", CALL_ANSWERED, 0},
		{"CallSid=1&Status=completed&ConversationDuration=12", CALL_COMPLETED, 12},
		{"CallSid=1&Status=completed&ConversationDuration=-12", CALL_COMPLETED, 0},
	};
	struct report report;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(report_of(false, "", cases[i].query, &report), ERR_OK);
		assert_int_equal(report.status, cases[i].status);
		assert_int_equal(report.seconds, cases[i].seconds);
	}
	assert_int_equal(report_of(false, "", "CallSid=1", &report), ERR_BAD_REQUEST);
	assert_int_equal(report_of(false, "", "DialCallStatus=busy", &report), ERR_BAD_REQUEST);
}

static void reports_in_json_are_read_and_other_shapes_refused(void **state)
{
	static const char *const broken[] = {"", "[]", "null", "{", "{\"CallSid\":1}",
		"{\"CallSid\":\"a\",\"CallSid\":\"b\"}", "{\"CallSid\":\"1\",\"Status\":7}",
		"{\"CallSid\":[\"1\"],\"Status\":\"busy\"}", "\"x\""};
	struct report report = {.seconds = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(report_of(true, "application/json", broken[i], &report), ERR_BAD_REQUEST);
	assert_int_equal(report.seconds, 77);
	assert_int_equal(
		report_of(true, "application/json; charset=utf-8",
			"{\"CallSid\":\"1\",\"Status\":\"completed\",\"ConversationDuration\":\"73\"}",
			&report),
		ERR_OK);
	assert_int_equal(report.seconds, 73);
}

static struct provider_reply render(const struct decision *decision, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision, .hook_base = STR(HOOK_BASE), .call_id = STR("1")};

	buf_fixed(out, room, size);
	return exotel->render(&account, &answer, out);
}

static void the_simulated_provider_understands_a_connect(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {919876543221},
		.show = {918047112244},
		.ring_s = 100000,
		.max_call_s = 100000};
	struct sim_outcome outcome;
	char room[1024];
	struct buf out;

	(void)state;
	render(&decision, room, sizeof room, &out);
	assert_int_equal(exotel->sim->read(&account, 200, buf_text(&out), &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, 919876543221);
	assert_int_equal(outcome.shows.e164, 918047112244);
	assert_int_equal(outcome.ring_s, 60);
	assert_int_equal(outcome.max_call_s, 14400);
	assert_string_equal(outcome.status_url, "/hooks/exotel/india/" SECRET "/passthru");
}

static void the_simulated_provider_refuses_what_is_no_answer(void **state)
{
	static const char *const broken[] = {"", "{}", "[]", "{\"fetch_after_attempt\":false}",
		"{\"fetch_after_attempt\":true,\"destination\":{\"numbers\":[]}}",
		"{\"fetch_after_attempt\":false,\"destination\":{\"numbers\":[\"09876543221\"]},\"record\":"
		"false}",
		"{\"fetch_after_attempt\":false,\"destination\":{\"numbers\":[\"+919876543221\"]},\"record\":"
		"true}",
		"{\"fetch_after_attempt\":false,\"destination\":{\"numbers\":\"+919876543221\"},\"record\":"
		"false}"};
	struct sim_outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
			exotel->sim->read(&account, 200, str_of(broken[i]), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(exotel->sim->read(&account, 500, STR("{}"), &outcome), ERR_BAD_REQUEST);
}

static void simulated_questions_and_reports_are_read_as_meant(void **state)
{
	struct sim_question question = {.from = {919876543210},
		.to = {918047112233},
		.call_id = "f8c1",
		.digits = "123456",
		.status = "no-answer",
		.seconds = 3,
		.public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int withheld = 0; withheld < 2; withheld++) {
		question.from.e164 = withheld ? 0 : 919876543210;
		assert_int_equal(exotel->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(exotel->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(exotel->verify(&account, &sim.webhook));
		assert_int_equal(exotel->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, withheld);
		assert_int_equal(ask.question.called.e164, 918047112233);
		assert_true(str_equal(ask.question.digits, STR("123456")));
	}
	assert_int_equal(exotel->sim->tell(&account, &question, &request), ERR_OK);
	sim_webhook_read(&sim, &request, PUBLIC_URL);
	assert_int_equal(exotel->hook(&account, &sim.webhook), HOOK_STATUS);
	assert_int_equal(exotel->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
	assert_int_equal(report.status, CALL_NO_ANSWER);
	assert_true(report.final_leg);
	arena_done(&arena);
}

static int find_exotel(void **state)
{
	(void)state;
	exotel = provider_find(STR("exotel"));
	return exotel ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_whole_secret_opens),
		cmocka_unit_test(the_secret_is_not_enough_from_a_foreign_address),
		cmocka_unit_test(the_last_segment_names_the_hook),
		cmocka_unit_test(digits_are_looked_at_with_and_without_quotes),
		cmocka_unit_test(numbers_in_any_form_are_the_same_and_others_are_unknown),
		cmocka_unit_test(the_dialled_leg_tells_before_the_call),
		cmocka_unit_test(reports_in_json_are_read_and_other_shapes_refused),
		cmocka_unit_test(the_simulated_provider_understands_a_connect),
		cmocka_unit_test(the_simulated_provider_refuses_what_is_no_answer),
		cmocka_unit_test(simulated_questions_and_reports_are_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_exotel, NULL);
}
