/* What each dialect makes of texts, reports and accounts that are nearly right, or wrong: its own files are in messaging_fixture_test.c. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/messaging.h"
#include "wire/form.h"

#define FROM "From=%2B14155551212&To=%2B15005550006"
#define FORM "application/x-www-form-urlencoded"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

struct reading {
	const char *provider;
	bool status, get; /* /sms/status; the text is its query */
	const char *text, *query;
	bool good;
	enum messaging_kind kind;
	const char *id, *code; /* a report's ref is its id */
	enum message_state state;
	int media;
};

#define TEXT MESSAGING_TEXT
#define REPORT MESSAGING_REPORT
#define NOTHING MESSAGING_NOTHING
#define TELNYX(type, payload) "{\"data\":{\"event_type\":\"" type "\",\"payload\":" payload "}}"
#define BANDWIDTH(type, message) "[{\"type\":\"" type "\",\"to\":\"+15005550006\",\"message\":" message "}]"

static const struct reading readings[] = {
	{"twilio", .text = FROM "&Body=hi"},
	{"twilio", .text = FROM "&SmsSid=SM1", .good = true, .kind = TEXT, .id = "SM1"},
	{"twilio", .get = true, .text = FROM "&MessageSid=SM1&SmsSid=SM2", .good = true, .kind = TEXT, .id = "SM1"},
	{"twilio", .text = "MessageSid=S%20M", .good = false},
	{"twilio", .text = FROM "&MessageSid=SM1&NumMedia=65534", .good = true, .kind = TEXT, .id = "SM1", .media = 65534},
	{"twilio", .text = FROM "&MessageSid=SM1&NumMedia=70000", .good = true, .kind = TEXT, .id = "SM1", .media = UINT16_MAX},
	{"twilio", .text = FROM "&MessageSid=SM1&NumMedia=-1", .good = true, .kind = TEXT, .id = "SM1"},
	{"twilio", .text = "a=%zz"},
	{"twilio", true, .text = "a=%zz", .query = "of=msg_1"},
	{"twilio", true, .text = "MessageStatus=delivered"},
	{"twilio", true, .text = "MessageStatus=delivered", .query = "of="},
	{"twilio", true, .text = "MessageStatus=delivered", .query = "of=%zz"},
	{"twilio", true, .text = "MessageStatus=receiving", .query = "of=msg_1", .good = true, .kind = NOTHING, .id = "msg_1"},
	{"twilio", true, .text = "SmsStatus=READ&ErrorCode=1", .query = "of=msg_1", .good = true, .kind = REPORT, .id = "msg_1",
		.state = MESSAGE_DELIVERED},
	{"twilio", true, .text = "SmsStatus=failed&ErrorCode=1", .query = "of=msg_1", .good = true, .kind = REPORT, .id = "msg_1",
		.state = MESSAGE_FAILED, .code = "1"},
	{"twilio", true, true, .text = "of=msg_1&MessageStatus=sent", .good = true, .kind = REPORT, .id = "msg_1", .state = MESSAGE_SENT},
	{"plivo", .text = "From=14155551212&To=15005550006&Text=hi"},
	{"plivo", .get = true, .text = "MessageUUID=u1&Media0=x", .good = true, .kind = TEXT, .id = "u1", .media = 1},
	{"plivo", .text = "MessageUUID=u1&MediaCount=2&Media0=x", .good = true, .kind = TEXT, .id = "u1", .media = 2},
	{"plivo", .text = "MessageUUID=u1&MediaCount=70000", .good = true, .kind = TEXT, .id = "u1", .media = UINT16_MAX},
	{"plivo", .text = "a=%zz"},
	{"plivo", true, .text = "a=%zz", .query = "of=msg_1"},
	{"plivo", true, .text = "Status=sent"},
	{"plivo", true, .text = "Status=?", .query = "of=msg_1", .good = true, .kind = NOTHING, .id = "msg_1"},
	{"plivo", true, .text = "Status=sent&ErrorCode=1", .query = "of=msg_1", .good = true, .kind = REPORT, .id = "msg_1",
		.state = MESSAGE_SENT},
	{"vonage", .text = "{\"from\":\"14155551212\"}"},
	{"vonage", .text = "not json"},
	{"vonage", .text = "{\"message_uuid\":\"u1\",\"channel\":\"mms\",\"message_type\":\"image\"}", .good = true, .kind = TEXT, .id = "u1",
		.media = 1},
	{"vonage", true, .text = "not json", .query = "of=msg_1"},
	{"vonage", true, .text = "{\"status\":\"delivered\",\"client_ref\":\"msg_2\"}", .good = true, .kind = REPORT, .id = "msg_2",
		.state = MESSAGE_DELIVERED},
	{"vonage", true, .text = "{\"status\":\"delivered\"}", .good = true, .kind = NOTHING},
	{"vonage", true, .text = "{\"status\":\"seen\"}", .query = "of=msg_1", .good = true, .kind = NOTHING, .id = "msg_1"},
	{"telnyx", .text = "not json"},
	{"telnyx", .text = "{\"data\":{\"payload\":{}}}"},
	{"telnyx", .text = "{\"data\":{\"event_type\":\"message.received\"}}"},
	{"telnyx", .text = TELNYX("message.received", "{\"text\":\"hi\"}")},
	{"telnyx", .text = TELNYX("message.received", "{\"id\":\"u1\",\"media\":[{},{}]}"), .good = true, .kind = TEXT, .id = "u1", .media = 2},
	{"telnyx", .text = TELNYX("message.received", "{\"id\":\"u1\",\"media\":2}"), .good = true, .kind = TEXT, .id = "u1"},
	{"telnyx", .text = TELNYX("call.initiated", "{}"), .good = true, .kind = NOTHING},
	{"telnyx", true, .text = TELNYX("message.finalized", "{\"to\":[{\"status\":\"?\"}]}"), .query = "of=msg_1", .good = true,
		.kind = NOTHING, .id = "msg_1"},
	{"telnyx", true, .text = TELNYX("message.finalized", "{\"to\":[]}"), .query = "of=%zz", .good = true, .kind = NOTHING},
	{"telnyx", true, .text = TELNYX("message.sent", "{\"to\":[{\"status\":\"sent\"}]}"), .query = "of=msg_1", .good = true,
		.kind = REPORT, .id = "msg_1", .state = MESSAGE_SENT},
	{"bandwidth", .text = "not json"},
	{"bandwidth", .text = "[]"},
	{"bandwidth", .text = "{}"},
	{"bandwidth", .text = "[{},{}]"},
	{"bandwidth", .text = "[{\"message\":{}}]"},
	{"bandwidth", .text = "[{\"type\":\"message-received\"}]"},
	{"bandwidth", .text = BANDWIDTH("message-received", "{\"text\":\"hi\"}")},
	{"bandwidth", .text = BANDWIDTH("message-received", "{\"id\":\"u1\",\"media\":\"x\"}"), .good = true, .kind = TEXT, .id = "u1"},
	{"bandwidth", .text = BANDWIDTH("initiate", "{}"), .good = true, .kind = NOTHING},
	{"bandwidth", true, .text = BANDWIDTH("message-delivered", "{}"), .good = true, .kind = NOTHING},
	{"bandwidth", true, .text = BANDWIDTH("message-seen", "{\"tag\":\"msg_1\"}"), .good = true, .kind = NOTHING, .id = "msg_1"},
	{"bandwidth", true, .text = BANDWIDTH("message-sending", "{\"tag\":\"msg_1\"}"), .good = true, .kind = REPORT, .id = "msg_1",
		.state = MESSAGE_SENT},
};

static void expect(const struct reading *reading, const struct messaging_in *in)
{
	struct str id = in->kind == TEXT ? in->id : in->ref;

	assert_int_equal(in->kind, reading->kind);
	assert_true(str_equal(id, str_of(reading->id ? reading->id : "")));
	assert_true(str_equal(in->code, str_of(reading->code ? reading->code : "")));
	assert_int_equal(in->media, reading->media);
	if (reading->kind == REPORT)
		assert_int_equal(in->state, reading->state);
}

static void each_is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		const struct reading *reading = &readings[i];
		const struct messaging *messaging = provider_find(str_of(reading->provider))->messaging;
		const struct account account = {.name = "main"};
		struct page_end text = page_end_copy(str_of(reading->text));
		struct webhook webhook = {.post = !reading->get, .content_type = STR(FORM),
			.query = reading->get ? text.text : str_of(reading->query ? reading->query : ""),
			.body = reading->get ? STR_NONE : text.text};
		struct messaging_in in = {.kind = MESSAGING_NOTHING};
		enum err err = (reading->status ? messaging->parse_status : messaging->parse)(&account, &webhook, &arena, &in);
		if (!err != reading->good)
			fail_msg("%s: %s: %s", reading->provider, reading->text, err_slug(err));
		if (!err)
			expect(reading, &in);
		page_end_free(&text);
	}
}

static enum hook hook_of(const char *provider, const char *rest, bool post)
{
	struct webhook webhook = {.post = post, .rest = str_of(rest)};

	return messaging_hook(provider_find(str_of(provider)), &webhook);
}

static void hooks_for_texts_are_of_those_who_have_texts(void **state)
{
	(void)state;
	assert_int_equal(hook_of("twilio", "sms", true), HOOK_SMS);
	assert_int_equal(hook_of("twilio", "sms/status", false), HOOK_SMS_STATUS);
	assert_int_equal(hook_of("vonage", "sms", true), HOOK_SMS);
	assert_int_equal(hook_of("vonage", "sms", false), HOOK_NONE); /* a GET's body is signed by nothing */
	assert_int_equal(hook_of("exotel", "sms", true), HOOK_NONE);
	assert_int_equal(hook_of("twilio", "smss", true), HOOK_NONE);
	assert_int_equal(hook_of("twilio", "voice", true), HOOK_NONE);
}

/* --- what we send --- */

static const struct messaging_out out = {.to = {14155551212}, .shown = {15005550006}, .body = {"hi", 2}, .ref = {"msg_1", 5},
	.hook_base = {"https://vn.example.com/hooks/x/main/", 36}};

static struct account account_of(const char *api_url)
{
	struct account account = {.name = "main", .sid = "sid", .secret = "secret", .api_key = "key", .api_user = "user",
		.api_password = "password", .subdomain = "example", .message_application = "application"};

	snprintf(account.api_url, sizeof account.api_url, "%s", api_url);
	return account;
}

static const char *const senders[] = {"twilio", "signalwire", "plivo", "vonage", "telnyx", "bandwidth"};
#define SENDERS (sizeof senders / sizeof *senders)

static void a_request_goes_to_a_url(void **state)
{
	static const char *const wrong[] = {"ftp://api.example.com", "api.example.com", "https://api example.com", "https://api\x7f",
		"https://api\xc3\xa4"};
	static struct messaging_request request;

	(void)state;
	for (size_t i = 0; i < SENDERS; i++) {
		const struct messaging *messaging = provider_find(str_of(senders[i]))->messaging;
		struct account account = account_of("http://127.0.0.1:8080");
		assert_int_equal(messaging->send(&account, &out, &request), ERR_OK);
		assert_int_equal(strncmp(request.url, "http://127.0.0.1:8080/", 22), 0);
		for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
			account = account_of(wrong[k]);
			assert_int_equal(messaging->send(&account, &out, &request), ERR_BAD_REQUEST);
		}
	}
}

/* Where nobody said where we are, or it doesn't fit, no reports are asked for; the text goes all the same. */
static void reports_are_asked_for_where_they_can_come(void **state)
{
	static struct messaging_request request;
	static char far[INVENTORY_URL_MAX + 1];
	char room[512];

	(void)state;
	memset(far, 'a', INVENTORY_URL_MAX);
	for (size_t i = 0; i < SENDERS; i++) {
		const struct provider *provider = provider_find(str_of(senders[i]));
		const struct account account = account_of("");
		struct messaging_out text = out;
		bool asks = strcmp(senders[i], "bandwidth") != 0; /* its application says where */
		assert_int_equal(provider->messaging->send(&account, &text, &request), ERR_OK);
		assert_int_equal(strstr(request.body, "status") != NULL, asks);
		for (int n = 0; n < 2; n++) {
			struct buf body;
			text.hook_base = n ? str_of(far) : STR_NONE;
			assert_int_equal(provider->messaging->send(&account, &text, &request), ERR_OK);
			assert_null(strstr(request.body, "status"));
			if (!provider->messaging->answers)
				continue;
			buf_fixed(&body, room, sizeof room - 1);
			provider->messaging->render(&account, &text, &body);
			assert_true(buf_ok(&body));
			room[body.len] = '\0';
			assert_null(strstr(room, "status"));
			assert_non_null(strstr(room, "hi</Message>"));
		}
	}
}

static void what_is_too_long_is_not_sent(void **state)
{
	static struct messaging_request request;
	static char body[MESSAGING_BODY_MAX + 1];
	struct messaging_out text = out;

	(void)state;
	memset(body, 'a', MESSAGING_BODY_MAX);
	text.body = str_n(body, MESSAGING_BODY_MAX);
	for (size_t i = 0; i < SENDERS; i++) {
		const struct account account = account_of("");
		assert_int_equal(provider_find(str_of(senders[i]))->messaging->send(&account, &text, &request), ERR_TOO_LARGE);
	}
}

static void each_lack_is_told(void **state)
{
	const struct messaging *bandwidth = provider_find(STR("bandwidth"))->messaging;
	const struct messaging *signalwire = provider_find(STR("signalwire"))->messaging;
	struct account account = account_of("");
	static struct messaging_request request;

	(void)state;
	assert_null(bandwidth->lacks(&account));
	account.message_application[0] = '\0';
	assert_string_equal(bandwidth->lacks(&account), "message_application_id is missing");
	account.api_password[0] = '\0';
	assert_string_equal(bandwidth->lacks(&account), "api_password is missing");
	assert_string_equal(signalwire->lacks(&account), "api_token is missing");
	account.api_user[0] = '\0';
	assert_string_equal(bandwidth->lacks(&account), "api_user is missing");
	account.sid[0] = '\0';
	assert_string_equal(bandwidth->lacks(&account), "account_id is missing");
	account = account_of("");
	account.subdomain[0] = '\0';
	assert_string_equal(signalwire->lacks(&account), "space is missing");
	account = account_of("https://other.example.com");
	account.subdomain[0] = '\0';
	assert_null(signalwire->lacks(&account));
	account = account_of("");
	snprintf(account.subdomain, sizeof account.subdomain, "sip.example.com");
	assert_int_equal(signalwire->send(&account, &out, &request), ERR_OK);
	assert_int_equal(strncmp(request.url, "https://sip.example.com/api/", 28), 0);
	static const char *const two[] = {"twilio", "plivo", "vonage"};
	for (size_t i = 0; i < 3; i++) {
		account = account_of("");
		account.secret[0] = account.api_password[0] = '\0';
		assert_non_null(provider_find(str_of(two[i]))->messaging->lacks(&account));
	}
}

/* An id is kept as it is or not at all: a report is looked for by it. */
static void an_id_that_can_not_be_kept_is_none(void **state)
{
	static const char *const bodies[] = {"{\"sid\":\"S M\"}", "{\"sid\":7}", "{\"sid\":\"\"}",
		"{\"sid\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"};
	struct messaging_sent sent;

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		messaging_read_sent(provider_find(STR("twilio"))->messaging, 201, str_of(bodies[i]), &sent);
		assert_int_equal(sent.result.outcome, INVENTORY_DONE);
		assert_string_equal(sent.id, "");
	}
	messaging_read_sent(provider_find(STR("plivo"))->messaging, 202, STR("{\"message_uuid\":[7]}"), &sent);
	assert_string_equal(sent.id, "");
	messaging_read_sent(provider_find(STR("plivo"))->messaging, 202, STR("{\"message_uuid\":\"u1\"}"), &sent);
	assert_string_equal(sent.id, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_is_read_or_refused, set_up, tear_down),
		cmocka_unit_test(hooks_for_texts_are_of_those_who_have_texts),
		cmocka_unit_test(a_request_goes_to_a_url),
		cmocka_unit_test(reports_are_asked_for_where_they_can_come),
		cmocka_unit_test(what_is_too_long_is_not_sent),
		cmocka_unit_test(each_lack_is_told),
		cmocka_unit_test(an_id_that_can_not_be_kept_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
