/* Telnyx's Call Control: each event of tests/provider/telnyx/control_*.request through verify and parse, at the end
 * of a page; what is commanded is compared with the .command beside it byte for byte. And what no file shows. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/control.h"
#include "raw_webhook.h"
#include "wire/base64.h"

#define NOW_MS 1704067200000
#define LEG "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg"
#define SESSION "428c31b6-abf3-3bc1-b7f4-5013ef9657c1"
#define A 14155551212
#define STRANGER 12025550155
#define VN 15005550006

/* RFC 8032's first test key. */
static const struct account account = {
	.name = "main", .secret = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", .api_key = "KEY0123456789"};
static const struct control *const control = &control_telnyx;

struct fixture {
	const char *name;
	enum control_kind kind;
	bool forged;
	/* QUESTION */
	uint64_t caller, called;
	bool withheld, answered;
	const char *digits;
	char attestation;
	enum action action;
	/* STEP */
	enum control_verb next;
	/* REPORT */
	enum call_status status;
	bool leg_answered, leg_ended, hangs_up;
};

static const struct fixture fixtures[] = {
	{"connect", CONTROL_QUESTION, 0, A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"connect_again", CONTROL_QUESTION, 0, A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"not_validated", CONTROL_QUESTION, 0, A, VN, .action = ACTION_REJECT},
	{"forward", CONTROL_QUESTION, 0, STRANGER, VN, .action = ACTION_FORWARD},
	{"reject", CONTROL_QUESTION, 0, STRANGER, VN, .action = ACTION_REJECT},
	{"reject_withheld", CONTROL_QUESTION, 0, 0, VN, true, .action = ACTION_REJECT},
	{"reject_not_a_number", CONTROL_QUESTION, 0, 0, 0, .action = ACTION_REJECT},
	{"announce", CONTROL_QUESTION, 0, STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"say", CONTROL_STEP, .next = CONTROL_SAY},
	{"said", CONTROL_STEP, .next = CONTROL_HANG_UP},
	{"digits", CONTROL_QUESTION, 0, STRANGER, VN, .attestation = 'A', .action = ACTION_DIGITS},
	{"gather", CONTROL_STEP, .next = CONTROL_GATHER, .attestation = 'A'},
	{"digits_again", CONTROL_QUESTION, 0, STRANGER, VN, .answered = true, .digits = "123456", .attestation = 'A',
		.action = ACTION_DIGITS},
	{"digits_connect", CONTROL_QUESTION, 0, STRANGER, VN, .answered = true, .digits = "123456", .action = ACTION_CONNECT},
	{"digits_none", CONTROL_QUESTION, 0, STRANGER, VN, .answered = true, .digits = "*", .action = ACTION_REJECT},
	{"digits_hung_up", .kind = CONTROL_NOTHING},
	{"leg_initiated", .kind = CONTROL_NOTHING},
	{"leg_of_others", .kind = CONTROL_NOTHING},
	{"leg_answered", CONTROL_REPORT, .status = CALL_ANSWERED, .leg_answered = true},
	{"leg_bridged", CONTROL_REPORT, .status = CALL_ANSWERED},
	{"leg_completed", CONTROL_REPORT, .status = CALL_COMPLETED, .leg_ended = true},
	{"leg_busy", CONTROL_REPORT, .status = CALL_BUSY, .leg_ended = true, .hangs_up = true},
	{"leg_no_answer", CONTROL_REPORT, .status = CALL_NO_ANSWER, .leg_ended = true, .hangs_up = true},
	{"leg_failed", CONTROL_REPORT, .status = CALL_FAILED, .leg_ended = true, .hangs_up = true},
	{"leg_canceled", CONTROL_REPORT, .status = CALL_CANCELED, .leg_ended = true},
	{"caller_canceled", CONTROL_REPORT, .status = CALL_CANCELED},
	{"caller_left", .kind = CONTROL_NOTHING},
	{"another_state", .kind = CONTROL_NOTHING},
	{"not_parked", .kind = CONTROL_NOTHING},
	{"forged", .forged = true},
};

static struct str read_file(const struct fixture *fixture, const char *kind, char *room, size_t size)
{
	char path[256];

	snprintf(path, sizeof path, "tests/provider/telnyx/control_%s.%s", fixture->name, kind);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing", path);
	size_t len = fread(room, 1, size, file);
	fclose(file);
	assert_true(len < size);
	return str_n(room, len);
}

static void expect_command(const struct fixture *fixture, const struct control_out *out)
{
	struct inventory_request request;
	char room[4096], text[8192];

	assert_int_equal(control->command(&account, out, &request), ERR_OK);
	assert_int_equal(request.method, INVENTORY_POST);
	assert_string_equal(request.bearer, account.api_key);
	assert_string_equal(request.content_type, "application/json");
	struct str wanted = read_file(fixture, "command", room, sizeof room);
	int len = snprintf(text, sizeof text, "POST %s\n\n%s\n", request.url, request.body);
	if (!str_equal(wanted, str_n(text, (size_t)len)))
		fail_msg("%s: %s", fixture->name, text);
}

static struct decision decision_of(const struct fixture *fixture)
{
	struct decision decision = {.action = fixture->action, .ring_s = 30, .max_call_s = 3600, .pin_digits = 6,
		.wrong_pin = fixture->digits != NULL};

	if (fixture->action == ACTION_CONNECT) {
		decision.callee.e164 = 14155550199;
		decision.show.e164 = 15005550010;
	} else if (fixture->action == ACTION_FORWARD) {
		decision.callee.e164 = 12025550123;
		decision.show.e164 = VN;
	}
	return decision;
}

static void expect_question(const struct fixture *fixture, const struct control_event *event)
{
	const struct decision decision = decision_of(fixture);
	const struct question *question = &event->ask.question;
	struct control_out out = control_out_of(event, &decision);

	assert_int_equal(question->caller.e164, fixture->caller);
	assert_int_equal(question->called.e164, fixture->called);
	assert_int_equal(event->ask.called_is_number, fixture->called != 0);
	assert_int_equal(question->withheld, fixture->withheld);
	assert_true(str_equal(question->digits, str_of(fixture->digits)));
	assert_true(str_equal(event->ask.call_id, STR(SESSION)));
	assert_int_equal(event->ask.attestation, fixture->attestation);
	assert_int_equal(event->answered, fixture->answered);
	expect_command(fixture, &out);
}

static void expect_event(const struct fixture *fixture, const struct control_event *event)
{
	assert_int_equal(event->kind, fixture->kind);
	if (event->kind == CONTROL_NOTHING)
		return;
	assert_true(str_equal(event->call_id, STR(SESSION)));
	if (event->kind == CONTROL_QUESTION) {
		expect_question(fixture, event);
	} else if (event->kind == CONTROL_STEP) {
		const struct control_out out = {.verb = event->next, .leg = event->leg, .event = event->id,
			.pin_digits = event->pin_digits, .attestation = event->attestation};
		assert_int_equal(event->next, fixture->next);
		assert_int_equal(event->attestation, fixture->attestation);
		expect_command(fixture, &out);
	} else {
		assert_int_equal(event->report.status, fixture->status);
		assert_int_equal(event->leg_answered, fixture->leg_answered);
		assert_int_equal(event->leg_ended, fixture->leg_ended);
		assert_true(str_equal(event->caller_leg, fixture->hangs_up ? STR(LEG) : STR_NONE));
	}
}

static void each_event_is_read_and_commanded_as_its_files_say(void **state)
{
	const struct provider *telnyx = provider_find(STR("telnyx"));
	char room[8192];

	(void)state;
	for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
		const struct fixture *fixture = &fixtures[i];
		struct control_event event;
		struct raw_webhook raw;
		struct arena arena;
		print_message("# %s\n", fixture->name);
		raw_webhook_read(&raw, read_file(fixture, "request", room, sizeof room));
		struct page_end body = page_end_copy(raw.webhook.body);
		raw.webhook.body = body.text;
		raw.webhook.now_ms = NOW_MS;
		arena_init(&arena, 1 << 20);
		assert_true(control_hook(telnyx, &raw.webhook));
		assert_int_equal(telnyx->hook(&account, &raw.webhook), HOOK_NONE);
		assert_int_equal(telnyx->verify(&account, &raw.webhook), !fixture->forged);
		if (!fixture->forged) {
			assert_int_equal(control->parse(&account, &raw.webhook, &arena, &event), ERR_OK);
			expect_event(fixture, &event);
		}
		arena_done(&arena);
		page_end_free(&body);
	}
}

static void only_posts_to_control_are_its_hook_and_only_telnyxs(void **state)
{
	static const char *const others[] = {"", "contro", "controls", "control/", "Control", "voice"};
	struct webhook webhook = {.post = true};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_false(control_hook(provider_find(STR("telnyx")), &webhook));
	}
	webhook.rest = STR("control");
	assert_true(control_hook(provider_find(STR("telnyx")), &webhook));
	assert_false(control_hook(provider_find(STR("twilio")), &webhook));
	webhook.post = false;
	assert_false(control_hook(provider_find(STR("telnyx")), &webhook));
}

static void what_is_no_event_of_a_call_is_no_question(void **state)
{
	static const char *const bodies[] = {"", "[]", "{}", "{\"data\":{}}", "{\"data\":{\"id\":\"1\",\"event_type\":\"call.initiated\"}}",
		"{\"data\":{\"event_type\":\"call.initiated\",\"payload\":{\"call_control_id\":\"v3:1\",\"call_session_id\":\"1\"}}}",
		"{\"data\":{\"id\":\"1\",\"event_type\":\"call.initiated\",\"payload\":{\"call_control_id\":\"v3:1\"}}}",
		"{\"data\":{\"id\":\"1\",\"event_type\":\"call.initiated\",\"payload\":{\"call_control_id\":\"a b\",\"call_session_id\":\"1\"}}}",
		"{\"data\":{\"id\":\"a b\",\"event_type\":\"call.initiated\",\"payload\":{\"call_control_id\":\"v3:1\",\"call_session_id\":\"1\"}}}"};
	struct arena arena;
	struct control_event event;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		const struct webhook webhook = {.post = true, .body = str_of(bodies[i])};
		assert_int_equal(control->parse(&account, &webhook, &arena, &event), ERR_BAD_REQUEST);
	}
	arena_done(&arena);
}

/* What we left at a call comes back with its next event. */
static struct control_event event_with(const char *type, const char *state, struct arena *arena)
{
	char body[1024], coded[256];
	struct control_event event = {.kind = CONTROL_NOTHING};
	struct buf out;

	buf_fixed(&out, coded, sizeof coded - 1);
	base64_put(&out, state, strlen(state));
	coded[out.len] = '\0';
	snprintf(body, sizeof body,
		"{\"data\":{\"id\":\"1\",\"event_type\":\"%s\",\"payload\":{\"call_control_id\":\"v3:1\",\"call_session_id\":\"1\","
		"\"direction\":\"incoming\",\"status\":\"valid\",\"digits\":\"1\",\"from\":\"+14155551212\",\"to\":\"+15005550006\","
		"\"client_state\":\"%s\"}}}",
		type, state[0] == '!' ? state : coded);
	const struct webhook webhook = {.post = true, .body = str_of(body)};
	assert_int_equal(control->parse(&account, &webhook, arena, &event), ERR_OK);
	return event;
}

static void what_was_left_at_a_call_is_ours_to_the_letter(void **state)
{
	static const char *const others[] = {"bauta", "bauta ", "bauta ask", "bauta ask ", "bauta ask 6", "bauta ask 6 ", "bauta ask 0 A",
		"bauta ask 256 A", "bauta ask x A", "bauta ask 6 AB", "bauta say", "bauta sent", "bauta sent ", "bauta leg v3:1", "bauta leg .",
		"bauta leg ..", "bauta leg ", "bauta leg a b", "Bauta ask 6 A", "ask 6 A", "!!!!"};
	static const char letters[] = "ABCD@-a";
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		assert_int_equal(event_with("call.gather.ended", others[i], &arena).kind, CONTROL_NOTHING);
		assert_int_equal(event_with("call.initiated", others[i], &arena).kind, CONTROL_NOTHING);
	}
	assert_int_equal(event_with("call.initiated", "", &arena).kind, CONTROL_QUESTION);
	for (int i = 0; letters[i]; i++) {
		char left[] = "bauta ask 6 ?";
		left[sizeof left - 2] = letters[i];
		struct control_event event = event_with("call.gather.ended", left, &arena);
		assert_int_equal(event.kind, CONTROL_QUESTION);
		assert_int_equal(event.ask.attestation, i < 3 ? letters[i] : 0);
	}
	assert_int_equal(event_with("call.bridged", "bauta say", &arena).kind, CONTROL_NOTHING);
	assert_int_equal(event_with("call.bridged", "bauta leg ..", &arena).kind, CONTROL_NOTHING);
	assert_int_equal(event_with("call.bridged", "bauta leg v3:9", &arena).kind, CONTROL_REPORT);
	assert_int_equal(event_with("call.speak.ended", "bauta sent", &arena).kind, CONTROL_NOTHING);
	arena_done(&arena);
}

struct built {
	struct control_out out;
	struct inventory_request request;
};

static void build(void *data)
{
	struct built *built = data;

	(void)!control->command(&account, &built->out, &built->request);
}

static void a_transfer_without_a_number_to_show_or_to_ring_cannot_be_built(void **state)
{
	struct built built = {.out = {.verb = CONTROL_TRANSFER, .leg = STR("v3:1"), .event = STR("1"), .to = {14155550199}}};

	(void)state;
	assert_true(test_dies(build, &built));
	built.out.shown.e164 = 15005550010;
	assert_false(test_dies(build, &built));
	built.out.to = NUMBER_NONE;
	assert_true(test_dies(build, &built));
}

static void a_command_is_named_by_leg_and_event_whatever_it_is(void **state)
{
	struct control_out out = {.verb = CONTROL_REJECT, .leg = STR("v3:1"), .event = STR("1")};
	struct control_out instead = control_instead(&out, false);
	struct inventory_request one, two;

	(void)state;
	assert_int_equal(control->command(&account, &out, &one), ERR_OK);
	assert_int_equal(control->command(&account, &instead, &two), ERR_OK);
	assert_string_not_equal(one.body, two.body);
	out.verb = CONTROL_TRANSFER;
	out.to.e164 = 14155550199;
	out.shown.e164 = 15005550010;
	assert_int_equal(control->command(&account, &out, &two), ERR_OK);
	const char *name = strstr(one.body, "\"command_id\":\"");
	assert_non_null(name);
	assert_non_null(strstr(two.body, name));
	out.event = STR("2");
	assert_int_equal(control->command(&account, &out, &two), ERR_OK);
	assert_null(strstr(two.body, name));
}

static void figures_are_kept_within_what_telnyx_takes(void **state)
{
	struct control_out out = {.verb = CONTROL_TRANSFER, .leg = STR("v3:1"), .event = STR("1"), .to = {14155550199},
		.shown = {15005550010}, .ring_s = 1, .max_call_s = 100000};
	struct inventory_request request;

	(void)state;
	assert_int_equal(control->command(&account, &out, &request), ERR_OK);
	assert_non_null(strstr(request.body, "\"timeout_secs\":5,"));
	assert_non_null(strstr(request.body, "\"time_limit_secs\":14400,"));
}

static void a_leg_cannot_lead_elsewhere_and_without_a_key_nothing_is_built(void **state)
{
	struct account other = account;
	struct control_out out = {.verb = CONTROL_REJECT, .leg = STR("../../v2/phone_numbers?x=1#"), .event = STR("1")};
	struct inventory_request request;

	(void)state;
	assert_int_equal(control->command(&account, &out, &request), ERR_OK);
	assert_string_equal(request.url,
		"https://api.telnyx.com/v2/calls/..%2F..%2Fv2%2Fphone_numbers%3Fx%3D1%23/actions/reject");
	str_copy(other.api_url, sizeof other.api_url, STR("http://127.0.0.1:1/v2"));
	assert_int_equal(control->command(&other, &out, &request), ERR_OK);
	assert_true(str_starts(str_of(request.url), STR("http://127.0.0.1:1/v2/calls/")));
	other.api_key[0] = '\0';
	assert_int_equal(control->command(&other, &out, &request), ERR_BAD_REQUEST);
	assert_non_null(control->lacks(&other));
	out.leg = STR("");
	assert_int_equal(control->command(&account, &out, &request), ERR_BAD_REQUEST);
	out.leg = STR("..");
	assert_int_equal(control->command(&account, &out, &request), ERR_BAD_REQUEST);
}

static struct str header_of_request(const void *context, const char *name)
{
	const struct sim_request *request = context;

	for (int i = 0; i < request->headers_n; i++)
		if (str_equal_nocase(str_of(request->header_name[i]), str_of(name)))
			return str_of(request->header_value[i]);
	return STR_NONE;
}

/* What the doctor asks, and what the server makes of it. */
static void the_simulated_telnyx_asks_by_an_event_that_is_a_question(void **state)
{
	const struct sim_question question = {.from = {14155551212}, .to = {15005550006}, .call_id = "v3:abc", .now_ms = NOW_MS},
				  withheld = {.to = {15005550006}, .call_id = "v3:abc", .now_ms = NOW_MS},
				  digits = {.from = {14155551212}, .to = {15005550006}, .digits = "1"};
	const struct sim_question *const questions[] = {&question, &withheld};
	struct account played = account;
	struct sim_outcome outcome;
	struct sim_request request;
	struct arena arena;

	(void)state;
	played.provider = provider_find(STR("telnyx"));
	played.call_control = true;
	str_copy(played.secret, sizeof played.secret, STR("PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="));
	assert_int_equal(played.provider->sim->ask(&played, &question, &request), ERR_FORBIDDEN); /* Telnyx's own key */
	str_copy(played.secret, sizeof played.secret, str_of(account.secret));
	assert_int_equal(played.provider->sim->ask(&played, &digits, &request), ERR_BAD_REQUEST);
	for (int i = 0; i < 2; i++) {
		struct control_event event;
		assert_int_equal(played.provider->sim->ask(&played, questions[i], &request), ERR_OK);
		assert_string_equal(request.target, "/hooks/telnyx/main/control");
		assert_string_equal(request.content_type, "application/json");
		const struct webhook webhook = {.post = true, .rest = STR("control"), .content_type = str_of(request.content_type),
			.body = str_of(request.body), .now_ms = NOW_MS, .header = header_of_request, .header_context = &request};
		assert_true(control_hook(played.provider, &webhook));
		assert_true(played.provider->verify(&played, &webhook));
		arena_init(&arena, 1 << 16);
		assert_int_equal(control->parse(&played, &webhook, &arena, &event), ERR_OK);
		assert_int_equal(event.kind, CONTROL_QUESTION);
		assert_true(number_equal(event.ask.question.caller, questions[i]->from));
		assert_int_equal(event.ask.question.withheld, i == 1);
		assert_true(number_equal(event.ask.question.called, question.to));
		arena_done(&arena);
	}
	assert_int_equal(played.provider->sim->read(&played, 200, STR(""), &outcome), ERR_OK);
	assert_int_equal(played.provider->sim->read(&played, 200, STR("<Response/>"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(played.provider->sim->read(&played, 503, STR(""), &outcome), ERR_BAD_REQUEST);
}

static void an_answer_says_whether_to_try_again(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum control_outcome outcome;
		const char *code;
	} answers[] = {
		{200, "{\"data\":{\"result\":\"ok\"}}", CONTROL_DONE, "200"},
		{200, "", CONTROL_DONE, "200"},
		{404, "{\"errors\":[{\"code\":\"10005\"}]}", CONTROL_GONE, "10005"},
		{422, "{\"errors\":[{\"code\":\"90018\",\"title\":\"Call has already ended\"}]}", CONTROL_NOT_NOW, "90018"},
		{400, "{}", CONTROL_REFUSED, "400"},
		{401, "no", CONTROL_REFUSED, "401"},
		{429, "", CONTROL_AGAIN, "429"},
		{503, "<html>", CONTROL_AGAIN, "503"},
	};
	char code[32];

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		assert_int_equal(control->read(answers[i].status, str_of(answers[i].body), code), answers[i].outcome);
		assert_string_equal(code, answers[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_is_read_and_commanded_as_its_files_say),
		cmocka_unit_test(only_posts_to_control_are_its_hook_and_only_telnyxs),
		cmocka_unit_test(what_is_no_event_of_a_call_is_no_question),
		cmocka_unit_test(what_was_left_at_a_call_is_ours_to_the_letter),
		cmocka_unit_test(a_transfer_without_a_number_to_show_or_to_ring_cannot_be_built),
		cmocka_unit_test(a_command_is_named_by_leg_and_event_whatever_it_is),
		cmocka_unit_test(figures_are_kept_within_what_telnyx_takes),
		cmocka_unit_test(a_leg_cannot_lead_elsewhere_and_without_a_key_nothing_is_built),
		cmocka_unit_test(the_simulated_telnyx_asks_by_an_event_that_is_a_question),
		cmocka_unit_test(an_answer_says_whether_to_try_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
