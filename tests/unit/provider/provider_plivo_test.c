#include "unit/test.h"

#include "page_end.h"
#include "provider/plivo_signature.h"
#include "sim_webhook.h"

#define TOKEN "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4"
#define NONCE "31627761595286130198"
#define UUID "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"
#define SIP "PlivoSignature382029104058171078704104"
#define FORM                                                                                                     \
	"Direction=outbound&From=19792014278&ALegUUID=" UUID "&ALegRequestUUID=" UUID "&CallUUID=" UUID          \
	"&RequestUUID=" UUID "&CallStatus=in-progress&BillRate=0.002&ParentAuthID=MANWVLYTK4ZWU1YTY4QA"        \
	"&To=sip%3A" SIP "%40phone-qa.voice.plivodev.com&SIP-H-To=%3Csip%3A" SIP                                 \
	"%4052.9.11.55%3Btransport%3Dudp%3E%3Btag%3D1&SessionStart=2020-04-08+11%3A34%3A33.238707&Event=StartApp"
#define URL "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define LONG_NAME "123456789012345678901234567890123456789012345678901" /* 51 characters */
#define PUBLIC_URL "http://127.0.0.1:8080"
#define HOOK_BASE PUBLIC_URL "/hooks/plivo/main/"

static const struct provider *plivo;

struct vector {
	bool post;
	const char *url, *body, *type;
	const char *v3, *v3_nonce, *v2, *v2_nonce;
};

/* plivo-go's utils_test.go: the same call by POST with and without a query, and by GET, whose query has all of it. */
static const struct vector vectors[] = {
	{true, URL "/?a=b&c=d", FORM, FORM_TYPE, "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c=", NONCE, NULL, NULL},
	{true, URL, FORM, FORM_TYPE, "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=", NONCE, NULL, NULL},
	{false, URL "/?a=b&c=d&" FORM, "", NULL, "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ=", NONCE, NULL, NULL},
	/* Any of several. */
	{true, URL, FORM, FORM_TYPE, "x,iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=", NONCE, NULL, NULL},
	{true, URL, FORM, FORM_TYPE, "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=, y", NONCE, NULL, NULL},
	/* Ours: nothing beside the URL. */
	{true, URL, "", FORM_TYPE, "2fiR8oSSm5YQrm3v7aEjdpolQ/FOuppNUCfqjnJ1XQY=", NONCE, NULL, NULL},
};
#define VECTORS (sizeof vectors / sizeof vectors[0])

static struct str header(const void *context, const char *name)
{
	const struct vector *vector = context;

	if (strcmp(name, "X-Plivo-Signature-V3") == 0)
		return str_of(vector->v3);
	if (strcmp(name, "X-Plivo-Signature-V3-Nonce") == 0)
		return str_of(vector->v3_nonce);
	if (strcmp(name, "X-Plivo-Signature-V2") == 0)
		return str_of(vector->v2);
	return strcmp(name, "X-Plivo-Signature-V2-Nonce") == 0 ? str_of(vector->v2_nonce) : STR_NONE;
}

static bool verifies(const struct account *account, const struct vector *vector)
{
	struct page_end url = page_end_copy(str_of(vector->url)), body = page_end_copy(str_of(vector->body));
	struct webhook webhook = {.post = vector->post,
		.url = url.text,
		.body = body.text,
		.content_type = str_of(vector->type),
		.header = header,
		.header_context = vector,
		.peer = "203.0.113.7"};

	webhook.path = str_cut(url.text, '?', &webhook.query);
	bool holds = plivo->verify(account, &webhook);
	page_end_free(&url);
	page_end_free(&body);
	return holds;
}

static const struct account tokened = {.name = "main", .secret = TOKEN};

static void the_published_vectors_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++)
		assert_true(verifies(&tokened, &vectors[i]));
}

static void either_of_two_tokens_will_do_and_no_other(void **state)
{
	const struct account second = {.secret = "new", .secret_2 = TOKEN}, other = {.secret = "54321"}, none = {0};

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		assert_true(verifies(&second, &vectors[i]));
		assert_false(verifies(&other, &vectors[i]));
		assert_false(verifies(&none, &vectors[i]));
	}
}

static void an_empty_token_or_nonce_signs_nothing(void **state)
{
	const struct account none = {0};
	struct plivo_signed what = {.post = true, .url = STR(URL), .nonce = STR(NONCE)};
	struct vector vector = {true, URL, "", FORM_TYPE, NULL, NONCE, NULL, NONCE};
	char signature[PLIVO_SIGNATURE_SIZE];

	(void)state;
	plivo_sign_v3(STR(""), &what, signature);
	vector.v3 = signature;
	assert_false(verifies(&none, &vector));
	what.nonce = STR("");
	plivo_sign_v3(STR(TOKEN), &what, signature);
	vector.v3_nonce = "";
	assert_false(verifies(&tokened, &vector));
	vector.v3_nonce = NULL;
	assert_false(verifies(&tokened, &vector));
	vector.v3 = NULL;
	vector.v2 = signature;
	plivo_sign_v2(STR(""), STR(URL), STR(NONCE), signature);
	assert_false(verifies(&none, &vector));
	plivo_sign_v2(STR(TOKEN), STR(URL), STR(""), signature);
	vector.v2_nonce = "";
	assert_false(verifies(&tokened, &vector));
}

static void v2_counts_only_where_there_is_no_v3(void **state)
{
	char signature[PLIVO_SIGNATURE_SIZE];
	struct vector vector = {true, URL "/?a=b", FORM, FORM_TYPE, NULL, NULL, signature, NONCE};
	const struct account second = {.secret = "new", .secret_2 = TOKEN};

	(void)state;
	plivo_sign_v2(STR(TOKEN), STR(URL "/?c=d"), STR(NONCE), signature); /* the query isn't in it */
	assert_true(verifies(&tokened, &vector));
	assert_true(verifies(&second, &vector));
	static const char *const wrong[] = {"", "x", "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		vector.v3 = wrong[i];
		vector.v3_nonce = NONCE;
		assert_false(verifies(&tokened, &vector));
	}
	vector.v3 = NULL;
	vector.url = URL "/x";
	assert_false(verifies(&tokened, &vector));
	vector.url = URL "/";
	vector.v2_nonce = NULL;
	assert_false(verifies(&tokened, &vector));
	vector.v2_nonce = "31627761595286130199";
	assert_false(verifies(&tokened, &vector));
}

static void v2_never_counts_for_a_get_whose_question_it_does_not_sign(void **state)
{
	char signature[PLIVO_SIGNATURE_SIZE];
	struct vector vector = {false, URL "/?" FORM, "", NULL, NULL, NULL, signature, NONCE};

	(void)state;
	plivo_sign_v2(STR(TOKEN), STR(URL "/"), STR(NONCE), signature);
	assert_false(verifies(&tokened, &vector));
	vector.post = true;
	assert_true(verifies(&tokened, &vector));
}

static void v2_does_not_count_where_v3_is_required(void **state)
{
	char signature[PLIVO_SIGNATURE_SIZE];
	struct vector vector = {true, URL "/", FORM, FORM_TYPE, NULL, NULL, signature, NONCE};
	const struct account strict = {.secret = TOKEN, .require_v3 = true};

	(void)state;
	plivo_sign_v2(STR(TOKEN), STR(URL "/"), STR(NONCE), signature);
	assert_true(verifies(&tokened, &vector));
	assert_false(verifies(&strict, &vector));
	for (size_t i = 0; i < VECTORS; i++)
		assert_true(verifies(&strict, &vectors[i]));
}

static void any_change_of_what_is_signed_is_noticed(void **state)
{
	static const char right[] = "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=";
	static const struct vector changed[] = {
		{true, URL "/", FORM, FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL "?x=", FORM, FORM_TYPE, right, NONCE, NULL, NULL},
		{true, "http" URL, FORM, FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL, FORM "&x=", FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL, "CallUUID=" UUID, FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL, FORM "%", FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL "?%", FORM, FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL, FORM, "text/plain", right, NONCE, NULL, NULL},
		{true, URL, FORM, "application/json", right, NONCE, NULL, NULL},
		{true, URL, FORM, NULL, right, NONCE, NULL, NULL},
		{false, URL, FORM, FORM_TYPE, right, NONCE, NULL, NULL},
		{true, URL, FORM, FORM_TYPE, right, "31627761595286130199", NULL, NULL},
		{true, URL, FORM, FORM_TYPE, "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0", NONCE, NULL, NULL},
		{true, URL, FORM, FORM_TYPE, "IAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0=", NONCE, NULL, NULL},
		{true, URL, FORM, FORM_TYPE, ",,", NONCE, NULL, NULL},
		{true, URL, FORM, FORM_TYPE, "", NONCE, NULL, NULL},
		{true, URL, FORM, FORM_TYPE, NULL, NONCE, NULL, NULL},
		{true, URL, FORM, FORM_TYPE, NULL, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++)
		assert_false(verifies(&tokened, &changed[i]));
}

/* The most fields that a form may have, in query and body at once, fit what is signed. */
static void as_many_fields_as_a_form_may_have_are_signed(void **state)
{
	char signature[PLIVO_SIGNATURE_SIZE];
	static char fields[FORM_FIELDS_MAX * 8], url[sizeof fields + sizeof URL];
	struct vector vector = {true, url, fields, FORM_TYPE, signature, NONCE, NULL, NULL};
	struct plivo_signed what = {.post = true, .nonce = STR(NONCE)};
	struct arena arena;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		len += (size_t)snprintf(fields + len, sizeof fields - len, "%sf%d=v", i ? "&" : "", i % 100);
	snprintf(url, sizeof url, "%s?%s", URL, fields);
	arena_init(&arena, 1 << 20);
	what.url = str_of(url);
	assert_int_equal(form_parse(str_of(fields), &arena, &what.query), ERR_OK);
	what.body = what.query;
	plivo_sign_v3(STR(TOKEN), &what, signature);
	assert_true(verifies(&tokened, &vector));
	len += (size_t)snprintf(fields + len, sizeof fields - len, "&g=");
	assert_false(verifies(&tokened, &vector));
	arena_done(&arena);
}

static void an_address_that_is_not_listed_is_refused(void **state)
{
	struct account account = {.secret = TOKEN, .allow_n = 1};

	(void)state;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &account.allow[0]));
	assert_false(verifies(&account, &vectors[0]));
}

static void only_voice_and_status_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x"};
	struct webhook webhook = {0};
	const struct account account = {0};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(plivo->hook(&account, &webhook), HOOK_NONE);
	}
}

static void a_request_without_a_call_id_is_not_plivos(void **state)
{
	static const char *const bodies[] = {"", "From=14155551212", "CallUUID=", "CallUUID=a+b", "CallUUID=%c3%a9", "%",
		"CallUUID="
		"01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
		"23456789x"};
	const struct account account = {0};
	struct webhook webhook = {.post = true};
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		webhook.body = str_of(bodies[i]);
		assert_int_equal(plivo->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
		assert_int_equal(plivo->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	}
	arena_done(&arena);
}

/* Digits are international, whatever the account's country; what can't be is read as a national form. */
static void numbers_come_with_their_country_code(void **state)
{
	static const struct {
		const char *from;
		uint64_t number;
		bool withheld;
	} callers[] = {
		{"14155551212", 14155551212, false},
		{"+14155551212", 14155551212, false},
		{"%2B14155551212", 14155551212, false},
		{"919876543210", 919876543210, false},
		{"09876543210", 919876543210, false},
		{"anonymous", 0, true},
		{"Restricted", 0, true},
		{"", 0, true},
		{"266696687", 0, true},
		{"sip:alice@example.com", 0, false},
		{"12", 0, false},
	};
	const struct account account = {.dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
		char body[128];
		snprintf(body, sizeof body, "CallUUID=1&To=15005550006&From=%s", callers[i].from);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(plivo->parse_voice(&account, &webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, callers[i].number);
		assert_int_equal(ask.question.withheld, callers[i].withheld);
		assert_int_equal(ask.question.called.e164, 15005550006);
	}
	arena_done(&arena);
}

static void every_status_word_is_understood(void **state)
{
	static const struct {
		const char *body;
		enum call_status status;
		uint32_t seconds;
		bool final_leg;
	} words[] = {
		{"CallStatus=ringing", CALL_CONNECTING, 0, false},
		{"CallStatus=in-progress", CALL_ANSWERED, 0, false},
		{"CallStatus=completed&Duration=9", CALL_COMPLETED, 9, false},
		{"CallStatus=completed&Duration=x", CALL_COMPLETED, 0, false},
		{"CallStatus=completed&HangupCause=ORIGINATOR_CANCEL&Duration=9", CALL_CANCELED, 0, false},
		{"CallStatus=busy", CALL_BUSY, 0, false},
		{"CallStatus=failed", CALL_FAILED, 0, false},
		{"CallStatus=timeout", CALL_NO_ANSWER, 0, false},
		{"CallStatus=no-answer", CALL_NO_ANSWER, 0, false},
		{"CallStatus=cancel", CALL_CANCELED, 0, false},
		{"DialStatus=completed&CallStatus=in-progress", CALL_ANSWERED, 0, true},
		{"DialStatus=busy", CALL_BUSY, 0, true},
		{"DialStatus=failed", CALL_FAILED, 0, true},
		{"DialStatus=cancel", CALL_CANCELED, 0, true},
		{"DialStatus=timeout", CALL_NO_ANSWER, 0, true},
		{"DialStatus=no-answer", CALL_NO_ANSWER, 0, true},
		{"DialAction=answer", CALL_ANSWERED, 0, false},
		{"DialAction=connected", CALL_ANSWERED, 0, false},
		{"DialAction=hangup&DialBLegDuration=9", CALL_COMPLETED, 9, false},
		{"DialAction=hangup&DialBLegDuration=0", CALL_CONNECTING, 0, false},
		{"DialAction=hangup", CALL_CONNECTING, 0, false},
	};
	static const char *const others[] = {"CallStatus=asleep", "DialStatus=asleep", "DialAction=digits", "x=y"};
	const struct account account = {0};
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char body[128];
		snprintf(body, sizeof body, "CallUUID=2&DialALegUUID=1&%s", words[i].body);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(plivo->parse_status(&account, &webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.status, words[i].status);
		assert_int_equal(report.seconds, words[i].seconds);
		assert_int_equal(report.final_leg, words[i].final_leg);
		assert_true(str_equal(report.call_id, STR("1")));
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char body[128];
		snprintf(body, sizeof body, "CallUUID=1&%s", others[i]);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(plivo->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	}
	arena_done(&arena);
}

static struct provider_reply render(
	const struct decision *decision, bool pin_again, char *room, size_t size, struct buf *out)
{
	const struct account account = {.name = "main"};
	struct answer answer = {.decision = decision,
		.hook_base = STR(HOOK_BASE),
		.call_id = STR("CA1"),
		.pin_again = pin_again};

	buf_fixed(out, room, size);
	return plivo->render(&account, &answer, out);
}

static enum err read_back(const struct decision *decision, struct sim_outcome *ret_outcome)
{
	const struct account account = {.name = "main"};
	char room[2048];
	struct buf out;

	struct provider_reply reply = render(decision, false, room, sizeof room, &out);
	struct page_end copy = page_end_copy(buf_text(&out));
	enum err err = plivo->sim->read(&account, reply.status, copy.text, ret_outcome);
	page_end_free(&copy);
	return err;
}

static void the_simulated_provider_understands_every_answer(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 30,
		.max_call_s = 3600,
		.pin_digits = 8};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_CONNECT);
	assert_int_equal(outcome.rings.e164, 14155550199);
	assert_int_equal(outcome.shows.e164, 15005550010);
	assert_int_equal(outcome.ring_s, 30);
	assert_int_equal(outcome.max_call_s, 3600);
	assert_string_equal(outcome.status_url, "/hooks/plivo/main/status");
	decision.action = ACTION_DIGITS;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_DIGITS);
	assert_string_equal(outcome.next, "/hooks/plivo/main/voice");
	decision.action = ACTION_ANNOUNCE;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	decision.action = ACTION_REJECT;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
}

static void times_stay_within_what_plivo_takes(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 100000,
		.max_call_s = 100000};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 86400);
	assert_int_equal(outcome.max_call_s, 86400);
	decision.ring_s = decision.max_call_s = 0;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 1);
	assert_int_equal(outcome.max_call_s, 1);
}

static void the_simulated_provider_refuses_what_plivo_would(void **state)
{
	static const char *const broken[] = {
		"",
		"<Response>",
		"<Response></Respons>",
		"<Hangup/>",
		"<Response><Dial><Number>14155550199</Number>",
		"<Response><Dial timeout=\"x\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial timeLimit=\"86401\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial callerid=\"15005550010\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial callerId=\"us\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial method=\"PUT\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial callerName=\"" LONG_NAME "\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial><Number url=\"x\">14155550199</Number></Dial></Response>",
		"<Response><Dial>14155550199</Dial></Response>",
		"<Response><Dial><Number/></Dial></Response>",
		"<Response><Dance/></Response>",
		"<Response><Hangup reason=\"because\"/></Response>",
		"<Response>reject</Response>",
		"<Response><GetDigits><Speak>x</Speak></GetDigits><Hangup/></Response>",
		"<Response><GetDigits action=\"/x\" finishOnKey=\"none\"><Speak>x</Speak></GetDigits><Hangup/></Response>",
		"<Response><Speak>x</Speak></Response>",
	};
	const struct account account = {0};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
			plivo->sim->read(&account, 200, str_of(broken[i]), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(plivo->sim->read(&account, 403, STR("<Response/>"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
}

static void without_caller_id_and_name_the_simulated_provider_shows_no_number_of_ours(void **state)
{
	static const char *const leaks[] = {
		"<Response><Dial><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial callerName=\"15005550010\"><Number>14155550199</Number></Dial></Response>",
		"<Response><Dial callerId=\"15005550010\"><Number>14155550199</Number></Dial></Response>",
	};
	const struct account account = {0};
	struct sim_outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof leaks / sizeof leaks[0]; i++) {
		assert_int_equal(plivo->sim->read(&account, 200, str_of(leaks[i]), &outcome), ERR_OK);
		assert_int_equal(outcome.rings.e164, 14155550199);
		assert_int_equal(outcome.shows.e164, 0);
		assert_int_equal(outcome.max_call_s, 14400);
	}
}

static void simulated_questions_are_signed_and_read_as_meant(void **state)
{
	const struct account account = {
		.name = "main", .secret = "12345", .sid = "AC00000000000000000000000000000001"};
	struct sim_question question = {
		.from = {14155551212}, .to = {15005550006}, .call_id = "CA1", .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 3; i++) {
		question.digits = i == 1 ? "123456" : NULL;
		question.from.e164 = i == 2 ? 0 : 14155551212;
		assert_int_equal(plivo->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(plivo->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(plivo->verify(&account, &sim.webhook));
		assert_int_equal(plivo->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i == 2);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.question.digits, str_of(question.digits)));
		assert_true(str_equal(ask.call_id, STR("CA1")));
		request.header_value[0][3] ^= 1;
		assert_false(plivo->verify(&account, &sim.webhook));
	}
	arena_done(&arena);
}

static struct report told(const char *status, struct arena *arena)
{
	const struct account account = {.name = "main", .secret = "12345"};
	const struct sim_question question = {.from = {14155551212},
		.to = {15005550006},
		.call_id = "CA1",
		.status = status,
		.seconds = 7,
		.public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct report report;

	assert_int_equal(plivo->sim->tell(&account, &question, &request), ERR_OK);
	sim_webhook_read(&sim, &request, PUBLIC_URL);
	assert_int_equal(plivo->hook(&account, &sim.webhook), HOOK_STATUS);
	assert_true(plivo->verify(&account, &sim.webhook));
	assert_int_equal(plivo->parse_status(&account, &sim.webhook, arena, &report), ERR_OK);
	assert_true(str_equal(report.call_id, STR("CA1")));
	return report;
}

static void simulated_reports_are_signed_and_read_as_meant(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	struct report report = told("busy", &arena);
	assert_int_equal(report.status, CALL_BUSY);
	assert_int_equal(report.seconds, 0); /* nobody talked */
	assert_true(report.final_leg);
	report = told("completed", &arena);
	assert_int_equal(report.status, CALL_COMPLETED);
	assert_int_equal(report.seconds, 7);
	assert_false(report.final_leg);
	arena_done(&arena);
}

static int find_plivo(void **state)
{
	(void)state;
	plivo = provider_find(STR("plivo"));
	return plivo ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_hold),
		cmocka_unit_test(either_of_two_tokens_will_do_and_no_other),
		cmocka_unit_test(an_empty_token_or_nonce_signs_nothing),
		cmocka_unit_test(v2_counts_only_where_there_is_no_v3),
		cmocka_unit_test(v2_never_counts_for_a_get_whose_question_it_does_not_sign),
		cmocka_unit_test(v2_does_not_count_where_v3_is_required),
		cmocka_unit_test(any_change_of_what_is_signed_is_noticed),
		cmocka_unit_test(as_many_fields_as_a_form_may_have_are_signed),
		cmocka_unit_test(an_address_that_is_not_listed_is_refused),
		cmocka_unit_test(only_voice_and_status_are_hooks),
		cmocka_unit_test(a_request_without_a_call_id_is_not_plivos),
		cmocka_unit_test(numbers_come_with_their_country_code),
		cmocka_unit_test(every_status_word_is_understood),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(times_stay_within_what_plivo_takes),
		cmocka_unit_test(the_simulated_provider_refuses_what_plivo_would),
		cmocka_unit_test(without_caller_id_and_name_the_simulated_provider_shows_no_number_of_ours),
		cmocka_unit_test(simulated_questions_are_signed_and_read_as_meant),
		cmocka_unit_test(simulated_reports_are_signed_and_read_as_meant),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_plivo, NULL);
}
