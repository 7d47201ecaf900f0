/* Texts and reports of each provider, and our answers: tests/provider/NAME/sms_*.request and .answer, as
 * provider_fixture_test.c has them of calls. And the requests by which each takes a text of ours: sms.sent; and what it
 * says to them. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/messaging.h"
#include "raw_webhook.h"

#define NOW_MS 1704067200000
#define A 14155551212
#define VN 15005550006
#define SM "SM00000000000000000000000000000001"
#define UUID "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb31"
#define VONAGE_ID "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
#define TELNYX_ID "84cca175-9755-4859-b67f-4730d7f58aa3"
#define BANDWIDTH_ID "14762070468292kw2fuqty55yp2b2"
#define GATE "I am at the gate"

struct fixture {
	const char *provider, *name;
	enum hook hook;
	bool forged;
	enum messaging_kind kind;
	const char *id, *body; /* a text's; a report's ref */
	uint64_t caller, called;
	bool withheld, opted_out, group; /* group: to several numbers, and so to nobody */
	int media;
	enum message_state state;
	const char *code;
};

static const struct fixture fixtures[] = {
	{"twilio", "sms_text", HOOK_SMS, .id = SM, .body = "I am at the <gate> & wait, \"here\"", .caller = A,
		.called = VN},
	{"twilio", "sms_picture", HOOK_SMS, .id = SM, .body = "", .caller = A, .called = VN, .media = 2},
	{"twilio", "sms_stop", HOOK_SMS, .id = SM, .body = "STOP", .caller = A, .called = VN, .opted_out = true},
	{"twilio", "sms_withheld", HOOK_SMS, .id = SM, .body = GATE, .called = VN, .withheld = true},
	{"twilio", "sms_forged", HOOK_SMS, .forged = true},
	{"twilio", "sms_delivered", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = SM, .state = MESSAGE_DELIVERED},
	{"twilio", "sms_undelivered", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = SM, .state = MESSAGE_FAILED,
	.code = "30003"},
	{"signalwire", "sms_text", HOOK_SMS, .id = SM, .body = GATE, .caller = A, .called = VN},
	{"signalwire", "sms_forged", HOOK_SMS, .forged = true},
	{"signalwire", "sms_failed", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = SM, .state = MESSAGE_FAILED,
	.code = "30003"},
	{"plivo", "sms_text", HOOK_SMS, .id = UUID, .body = GATE, .caller = A, .called = VN},
	{"plivo", "sms_picture", HOOK_SMS, .id = UUID, .body = "", .caller = A, .called = VN, .media = 1},
	{"plivo", "sms_forged", HOOK_SMS, .forged = true},
	{"plivo", "sms_undelivered", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = UUID, .state = MESSAGE_FAILED,
	.code = "420"},
	{"vonage", "sms_text", HOOK_SMS, .id = VONAGE_ID, .body = GATE, .caller = A, .called = VN},
	{"vonage", "sms_other_channel", HOOK_SMS, .kind = MESSAGING_NOTHING},
	{"vonage", "sms_forged", HOOK_SMS, .forged = true},
	{"vonage", "sms_delivered", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = VONAGE_ID,
	.state = MESSAGE_DELIVERED},
	{"vonage", "sms_rejected", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = VONAGE_ID, .state = MESSAGE_FAILED,
	.code = "1022"},
	{"telnyx", "sms_text", HOOK_SMS, .id = TELNYX_ID, .body = GATE, .caller = A, .called = VN},
	{"telnyx", "sms_group", HOOK_SMS, .id = TELNYX_ID, .body = GATE, .caller = A, .called = 14155550199, .group = true},
	{"telnyx", "sms_forged", HOOK_SMS, .forged = true},
	{"telnyx", "sms_delivered", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = TELNYX_ID,
	.state = MESSAGE_DELIVERED},
	{"telnyx", "sms_failed", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = TELNYX_ID, .state = MESSAGE_FAILED,
	.code = "40008"},
	{"telnyx", "sms_report_of_none", HOOK_SMS, .kind = MESSAGING_NOTHING},
	{"bandwidth", "sms_text", HOOK_SMS, .id = BANDWIDTH_ID, .body = GATE, .caller = A, .called = VN},
	{"bandwidth", "sms_group", HOOK_SMS, .id = BANDWIDTH_ID, .body = GATE, .caller = A, .called = VN, .group = true},
	{"bandwidth", "sms_picture", HOOK_SMS, .id = BANDWIDTH_ID, .body = "", .caller = A, .called = VN, .media = 1},
	{"bandwidth", "sms_forged", HOOK_SMS, .forged = true},
	{"bandwidth", "sms_delivered", HOOK_SMS_STATUS, .kind = MESSAGING_REPORT, .id = BANDWIDTH_ID,
	.state = MESSAGE_DELIVERED},
	{"bandwidth", "sms_failed", HOOK_SMS, .kind = MESSAGING_REPORT, .id = BANDWIDTH_ID, .state = MESSAGE_FAILED,
	.code = "4405"},
};

/* The accounts of provider_fixture_test.c, with what their REST APIs ask for. */
static const struct side {
	const char *provider, *hook_base;
	struct account account;
	/* Its word to a text: taken, with an id; and no, with a code. */
	const char *took, *took_id, *no, *no_code;
	int no_status;
} sides[] = {
	{"twilio", RAW_PUBLIC_URL "/hooks/twilio/main/",
		{.name = "main", .sid = "AC00000000000000000000000000000000", .secret = "12345"},
		"{\"sid\":\"" SM "\",\"status\":\"queued\"}", SM,
		"{\"code\":21610,\"message\":\"Attempt to send to unsubscribed recipient\"}",
		"21610", 400},
	{"signalwire", RAW_PUBLIC_URL "/hooks/signalwire/main/",
		{.name = "main", .sid = "p-1", .secret = "PSK12345", .subdomain = "example", .api_password = "PT12345"},
		"{\"sid\":\"" SM "\"}", SM, "{\"code\":\"21610\",\"message\":\"no\"}", "21610", 422},
	{"plivo", RAW_PUBLIC_URL "/hooks/plivo/main/", {.name = "main", .sid = "MA12345", .secret = "12345"},
		"{\"message\":\"message(s) queued\",\"message_uuid\":[\"" UUID "\"],\"api_id\":\"a\"}", UUID,
		"{\"api_id\":\"a\",\"error\":\"dst is invalid\"}", "", 400},
	{"vonage", RAW_PUBLIC_URL "/hooks/vonage/main/",
		{.name = "main", .secret = "qwertyuiopasdfghjklzxcvbnm123456", .api_key = "key",
		.api_password = "secret"},
		"{\"message_uuid\":\"" VONAGE_ID "\"}", VONAGE_ID,
		"{\"type\":\"https://developer.vonage.com/api-errors/messages#1120\",\"title\":\"Invalid sender\"}",
		"1120", 422},
	{"telnyx", RAW_PUBLIC_URL "/hooks/telnyx/main/",
		{.name = "main", .secret = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", .api_key = "KEY12345"},
		"{\"data\":{\"id\":\"" TELNYX_ID "\",\"to\":[{\"status\":\"queued\"}]}}", TELNYX_ID,
		"{\"errors\":[{\"code\":\"40310\",\"title\":\"Invalid 'to' address\"}]}", "40310", 422},
	{"bandwidth", RAW_PUBLIC_URL "/hooks/bandwidth/us/",
		{.name = "us", .sid = "55555555", .api_key = "bauta", .secret = "s3cret:with&colon", .api_user = "u",
		.api_password = "p",
			.message_application = "93de2206-9669-4e07-948d-329f4b722ee2"},
		"{\"id\":\"" BANDWIDTH_ID "\"}", BANDWIDTH_ID,
		"{\"type\":\"request-validation\",\"description\":\"no\"}", "request-validation", 400},
};
#define SIDES (sizeof sides / sizeof sides[0])

static const struct side *side_of(const char *provider)
{
	for (size_t i = 0; i < SIDES; i++)
		if (strcmp(sides[i].provider, provider) == 0)
			return &sides[i];
	fail_msg("%s has no account", provider);
	return NULL;
}

static struct str read_file(const char *provider, const char *name, const char *kind, char *room, size_t size)
{
	char path[256];

	snprintf(path, sizeof path, "tests/provider/%s/%s.%s", provider, name, kind);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing", path);
	size_t len = fread(room, 1, size, file);
	fclose(file);
	assert_true(len < size);
	return str_n(room, len);
}

static void expect_text(struct str text, const char *wanted)
{
	assert_true(str_equal(text, str_of(wanted ? wanted : "")));
}

/* Byte for byte: with "Content-Type" where there is a body. */
static void expect_answer(const struct fixture *fixture, struct provider_reply reply, const struct buf *out)
{
	char room[4096], head[96];
	struct str wanted = read_file(fixture->provider, fixture->name, "answer", room, sizeof room);
	int len = reply.content_type
		? snprintf(head, sizeof head, "%d\nContent-Type: %s\n\n", reply.status, reply.content_type)
				     : snprintf(head, sizeof head, "%d\n\n", reply.status);

	assert_true(buf_ok(out));
	if (wanted.len != (size_t)len + out->len || memcmp(wanted.at, head, (size_t)len) != 0 ||
		memcmp(wanted.at + len, out->at, out->len) != 0)
		fail_msg("%s/%s: %s%.*s", fixture->provider, fixture->name, head, (int)out->len, out->at);
}

static struct messaging_out out_of(const struct side *side, struct str body, struct str ref)
{
	return (struct messaging_out){.to = {14155550199}, .shown = {15005550010}, .body = body, .ref = ref,
		.hook_base = str_of(side->hook_base)};
}

static void expect_in(const struct fixture *fixture, const struct side *side, const struct messaging *messaging,
	const struct webhook *webhook, struct arena *arena)
{
	char room[8192];
	struct messaging_in in;
	struct buf body;
	enum err err = fixture->hook == HOOK_SMS ? messaging->parse(&side->account, webhook, arena, &in)
						 : messaging->parse_status(&side->account, webhook, arena, &in);

	assert_int_equal(err, ERR_OK);
	assert_int_equal(in.kind, fixture->kind);
	if (in.kind == MESSAGING_TEXT) {
		expect_text(in.id, fixture->id);
		expect_text(in.body, fixture->body);
		assert_int_equal(in.question.caller.e164, fixture->caller);
		assert_int_equal(in.question.called.e164, fixture->called);
		assert_int_equal(in.called_is_number, !fixture->group);
		assert_int_equal(in.question.withheld, fixture->withheld);
		assert_int_equal(in.media, fixture->media);
		assert_int_equal(in.opted_out, fixture->opted_out);
	} else if (in.kind == MESSAGING_REPORT) {
		expect_text(in.ref, fixture->id);
		assert_int_equal(in.state, fixture->state);
		expect_text(in.code, fixture->code);
	}
	/* What goes on is answered with, if the dialect has that; a text that nobody gets, with nothing. */
	bool goes = in.kind == MESSAGING_TEXT && messaging->answers && in.body.len && !in.opted_out &&
		number_is(in.question.caller);
	const struct messaging_out out = out_of(side, in.body, in.id);
	buf_fixed(&body, room, sizeof room);
	struct provider_reply reply = fixture->hook == HOOK_SMS
		? messaging->render(&side->account, goes ? &out : NULL, &body)
								: messaging->render_status(&body);
	expect_answer(fixture, reply, &body);
}

static void each_webhook_is_read_and_answered_as_its_files_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
		const struct fixture *fixture = &fixtures[i];
		const struct provider *provider = provider_find(str_of(fixture->provider));
		const struct side *side = side_of(fixture->provider);
		struct raw_webhook raw;
		struct arena arena;
		char room[8192];
		print_message("# %s/%s\n", fixture->provider, fixture->name);
		raw_webhook_read(&raw, read_file(fixture->provider, fixture->name, "request", room, sizeof room));
		struct page_end body = page_end_copy(raw.webhook.body), query = page_end_copy(raw.webhook.query);
		raw.webhook.now_ms = NOW_MS;
		raw.webhook.body = body.text;
		raw.webhook.query = query.text;
		arena_init(&arena, 1 << 20);
		assert_int_equal(provider->hook(&side->account, &raw.webhook), HOOK_NONE);
		assert_int_equal(messaging_hook(provider, &raw.webhook), fixture->hook);
		assert_int_equal(provider->verify(&side->account, &raw.webhook), !fixture->forged);
		if (!fixture->forged)
			expect_in(fixture, side, provider->messaging, &raw.webhook, &arena);
		arena_done(&arena);
		page_end_free(&body);
		page_end_free(&query);
	}
}

/* "POST URL", who we are, type, body. */
static void put_request(struct buf *out, const struct messaging_request *request)
{
	buf_fmt(out, "POST %s\n", request->url);
	if (request->bearer)
		buf_fmt(out, "Bearer %s\n", request->bearer);
	if (request->user)
		buf_fmt(out, "Basic %s %s\n", request->user, request->password);
	buf_fmt(out, "%s\n\n%s\n", request->content_type, request->body);
}

static void each_takes_a_text_by_the_request_of_its_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		const struct messaging *messaging = provider_find(str_of(sides[i].provider))->messaging;
		const struct messaging_out out = out_of(&sides[i], STR("Sant\xc3\xa9 & \"merci\"\n+1"),
			STR("msg_01JD5XK8Q70003"));
		struct messaging_request request;
		char room[4096], wanted[4096];
		struct buf text;
		assert_null(messaging->lacks(&sides[i].account));
		assert_int_equal(messaging->send(&sides[i].account, &out, &request), ERR_OK);
		buf_fixed(&text, room, sizeof room);
		put_request(&text, &request);
		assert_true(buf_ok(&text));
		struct str file = read_file(sides[i].provider, "sms", "sent", wanted, sizeof wanted);
		if (!str_equal(file, buf_text(&text)))
			fail_msg("%s: %.*s", sides[i].provider, (int)text.len, room);
	}
}

/* Behind "https://host". */
static const char *path_of(const char *url)
{
	const char *path = strchr(strstr(url, "://") + 3, '/');

	return path ? path : "";
}

/* One api_url stands for both APIs: what a provider's own address has behind its host, both have there. */
static void the_api_url_is_the_one_that_numbers_have(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		const struct messaging *messaging = provider_find(str_of(sides[i].provider))->messaging;
		const struct inventory *inventory = inventory_find(str_of(sides[i].provider));
		const struct messaging_out out = out_of(&sides[i], STR("x"), STR("msg_01JD5XK8Q70003"));
		struct messaging_request own, given;
		struct account account = sides[i].account;
		if (!inventory)
			continue;
		assert_string_equal(path_of(messaging->api_url), path_of(inventory->api_url));
		assert_int_equal(messaging->send(&account, &out, &own), ERR_OK);
		str_copy(account.api_url, sizeof account.api_url, STR("http://127.0.0.1:1/base"));
		assert_int_equal(messaging->send(&account, &out, &given), ERR_OK);
		assert_true(str_starts(str_of(given.url), STR("http://127.0.0.1:1/base/")));
		assert_string_equal(given.url + strlen(account.api_url), own.url + strlen(messaging->api_url));
	}
}

static void the_longest_text_fits_whatever_it_holds(void **state)
{
	static const char *const characters[] = {"\"", "\n", "&", "\xf0\x9f\x9a\xb2", "a"};
	static char body[MESSAGE_BODY_MAX];

	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		for (size_t c = 0; c < sizeof characters / sizeof characters[0]; c++) {
			const struct messaging *messaging = provider_find(str_of(sides[i].provider))->messaging;
			struct messaging_request request;
			size_t len = 0;
			for (int n = 0; n < MESSAGE_CHARS_MAX; n++, len += strlen(characters[c]))
				memcpy(body + len, characters[c], strlen(characters[c]));
			const struct messaging_out out = out_of(&sides[i], str_n(body, len), STR("msg_01JD5XK8Q70003"));
			assert_int_equal(messaging->send(&sides[i].account, &out, &request), ERR_OK);
		}
	}
}

static void what_a_provider_says_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		const struct messaging *messaging = provider_find(str_of(sides[i].provider))->messaging;
		struct messaging_sent sent;
		messaging_read_sent(messaging, 202, str_of(sides[i].took), &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_DONE);
		assert_string_equal(sent.id, sides[i].took_id);
		messaging_read_sent(messaging, sides[i].no_status, str_of(sides[i].no), &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_REFUSED);
		assert_string_equal(sent.result.code, sides[i].no_code);
		assert_string_equal(sent.id, "");
		messaging_read_sent(messaging, 429, STR("<html>"), &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_AGAIN);
		messaging_read_sent(messaging, 503, STR_NONE, &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_AGAIN);
		/* Taken, in words that we don't know: it must not be sent again. */
		messaging_read_sent(messaging, 200, STR("ok"), &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_UNREADABLE);
		messaging_read_sent(messaging, 201, STR("{}"), &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_DONE);
		assert_string_equal(sent.id, "");
	}
}

static void an_account_that_lacks_something_sends_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		const struct messaging *messaging = provider_find(str_of(sides[i].provider))->messaging;
		const struct account bare = {.name = "main"};
		const struct messaging_out out = out_of(&sides[i], STR("x"), STR("msg_01JD5XK8Q70003"));
		struct messaging_request request;
		assert_non_null(messaging->lacks(&bare));
		assert_int_equal(messaging->send(&bare, &out, &request), ERR_BAD_REQUEST);
	}
}

struct nobody {
	const struct side *side;
	bool renders;
};

static void send_from_nobody(void *data)
{
	const struct nobody *nobody = data;
	const struct messaging *messaging = provider_find(str_of(nobody->side->provider))->messaging;
	struct messaging_out out = out_of(nobody->side, STR("x"), STR("msg_01JD5XK8Q70003"));
	struct messaging_request request;
	char room[4096];
	struct buf body;

	out.shown = NUMBER_NONE;
	buf_fixed(&body, room, sizeof room);
	if (nobody->renders)
		messaging->render(&nobody->side->account, &out, &body);
	else if (messaging->send(&nobody->side->account, &out, &request) != ERR_OK)
		return;
}

static void a_text_without_a_virtual_number_as_its_sender_can_not_be_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIDES; i++) {
		struct nobody nobody = {&sides[i], false};
		assert_true(test_dies(send_from_nobody, &nobody));
		nobody.renders = true;
		assert_true(test_dies(send_from_nobody, &nobody));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_webhook_is_read_and_answered_as_its_files_say),
		cmocka_unit_test(each_takes_a_text_by_the_request_of_its_file),
		cmocka_unit_test(the_api_url_is_the_one_that_numbers_have),
		cmocka_unit_test(the_longest_text_fits_whatever_it_holds),
		cmocka_unit_test(what_a_provider_says_is_understood),
		cmocka_unit_test(an_account_that_lacks_something_sends_nothing),
		cmocka_unit_test(a_text_without_a_virtual_number_as_its_sender_can_not_be_made),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
