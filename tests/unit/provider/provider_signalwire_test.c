#include "unit/test.h"

#include "page_end.h"
#include "provider/signalwire_signature.h"
#include "sim_webhook.h"

#define KEY "PSKtest1234567890abcdef"
#define URL "https://example.ngrok.io/webhook"
#define HASH "?bodySHA256=69f3cbfc18e386ef8236cb7008cd5a54b7fed637a8cb3373b5a1591d7f0fd5f4"
#define JSON "{\"event\":\"call.state\",\"params\":{\"call_id\":\"abc-123\",\"state\":\"answered\"}}"
#define JSON_SIGNATURE "c3c08c1fefaf9ee198a100d5906765a6f394bf0f"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define PUBLIC_URL "http://127.0.0.1:8080"

static const struct provider *signalwire;

struct vector {
	const char *url, *body, *type, *signature;
	bool by_twilios_name;
};

/* signalwire-python's, and ours for forms: fields of one name stay in their order. */
static const struct vector vectors[] = {
	{URL, JSON, "application/json", JSON_SIGNATURE, false},
	{URL, JSON, "application/json", JSON_SIGNATURE, true},
	{"https://example.ngrok.io:443/webhook", JSON, "application/json", JSON_SIGNATURE, false},
	{URL HASH, "{\"event\":\"call.state\"}", "application/json", "dfO9ek8mxyFtn2nMz24plPmPfIY=", false},
	{"https://example.com/webhook", "b=2&a=1&b=1&b=2", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
	{"https://example.com/webhook", "b=2&a=1&b=1&b=2", FORM_TYPE, "eTbVqeo0VvlmTb5D1nFwo/RYXkw=", true},
	{"https://example.com:443/webhook", "b=2&b=1&a=1&b=2", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
};
#define VECTORS (sizeof vectors / sizeof vectors[0])

static struct str header(const void *context, const char *name)
{
	const struct vector *vector = context;

	return strcmp(name, vector->by_twilios_name ? "X-Twilio-Signature" : "X-SignalWire-Signature") == 0
		       ? str_of(vector->signature)
		       : STR_NONE;
}

static bool verifies(const struct account *account, const struct vector *vector)
{
	struct page_end url = page_end_copy(str_of(vector->url)), body = page_end_copy(str_of(vector->body));
	struct webhook webhook = {.post = true,
		.url = url.text,
		.body = body.text,
		.content_type = str_of(vector->type),
		.header = header,
		.header_context = vector,
		.peer = "203.0.113.7"};

	webhook.path = str_cut(url.text, '?', &webhook.query);
	bool holds = signalwire->verify(account, &webhook);
	page_end_free(&url);
	page_end_free(&body);
	return holds;
}

static const struct account keyed = {.name = "main", .secret = KEY};

static void the_published_vectors_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS; i++)
		assert_true(verifies(&keyed, &vectors[i]));
}

static void either_of_two_keys_will_do_and_no_other(void **state)
{
	const struct account second = {.secret = "new", .secret_2 = KEY}, other = {.secret = "54321"}, none = {0};

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		assert_true(verifies(&second, &vectors[i]));
		assert_false(verifies(&other, &vectors[i]));
		assert_false(verifies(&none, &vectors[i]));
	}
}

static void an_empty_key_signs_nothing(void **state)
{
	const struct account none = {0};
	const struct form form = {0};
	char signature[SIGNALWIRE_FORM_SIZE];
	struct vector vector = {URL, "", FORM_TYPE, signature, false};

	(void)state;
	signalwire_sign_form(STR(""), STR(URL), &form, signature);
	assert_false(verifies(&none, &vector));
	signalwire_sign_form(STR(KEY), STR(URL), &form, signature);
	assert_true(verifies(&keyed, &vector));
}

static void any_change_of_what_is_signed_is_noticed(void **state)
{
	static const struct vector changed[] = {
		{URL "/", JSON, "application/json", JSON_SIGNATURE, false},
		{URL, JSON " ", "application/json", JSON_SIGNATURE, false},
		{URL, "", "application/json", JSON_SIGNATURE, false},
		{URL, JSON, "application/json", "C3C08C1FEFAF9EE198A100D5906765A6F394BF0F", false},
		{URL, JSON, "application/json", "c3c08c1fefaf9ee198a100d5906765a6f394bf0", false},
		{URL, JSON, "application/json", "", false},
		{URL, JSON, "application/json", NULL, false},
		{URL HASH, "{\"event\":\"call.state\"} ", "application/json", "dfO9ek8mxyFtn2nMz24plPmPfIY=", false},
		{URL HASH, "event=x", FORM_TYPE, "dfO9ek8mxyFtn2nMz24plPmPfIY=", false},
		{URL, "{\"event\":\"call.state\"}", "application/json", "dfO9ek8mxyFtn2nMz24plPmPfIY=", false},
		{"https://example.com/webhook", "b=1&a=1&b=2&b=2", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false}, /* another order of one name */
		{"https://example.com/webhook", "b=2&a=1&b=1", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
		{"https://example.com/webhook", "b=2&a=1&b=1&b=2&b=2", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
		{"https://example.com/webhook", "b=2&a=1&b=1&b=2%", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
		{"https://example.com/webhook", "b=2&a=1&b=1&b=2", "text/plain", "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
		{"http://example.com/webhook", "b=2&a=1&b=1&b=2", FORM_TYPE, "ZTFogQaRH4Xe2ff577jfvBSVeEw=", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++)
		assert_false(verifies(&keyed, &changed[i]));
}

/* Who has seen a signed URL without a body can't put a body behind it. */
static void a_signature_of_the_url_alone_signs_no_form(void **state)
{
	const struct form form = {0};
	char signature[SIGNALWIRE_FORM_SIZE];
	struct vector vector = {URL, "CallSid=1", FORM_TYPE, signature, false};

	(void)state;
	signalwire_sign_form(STR(KEY), STR(URL), &form, signature);
	assert_false(verifies(&keyed, &vector));
	vector.type = "application/json";
	assert_false(verifies(&keyed, &vector));
	vector.type = NULL;
	assert_false(verifies(&keyed, &vector));
}

static void as_many_fields_as_a_form_may_have_are_signed(void **state)
{
	static char fields[FORM_FIELDS_MAX * 8 + 8];
	char signature[SIGNALWIRE_FORM_SIZE];
	struct vector vector = {URL, fields, FORM_TYPE, signature, false};
	struct arena arena;
	struct form form;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		len += (size_t)snprintf(fields + len, sizeof fields - len, "%sf%d=v", i ? "&" : "", i % 100);
	arena_init(&arena, 1 << 20);
	assert_int_equal(form_parse(str_of(fields), &arena, &form), ERR_OK);
	signalwire_sign_form(STR(KEY), STR(URL), &form, signature);
	assert_true(verifies(&keyed, &vector));
	len += (size_t)snprintf(fields + len, sizeof fields - len, "&g=");
	assert_false(verifies(&keyed, &vector));
	arena_done(&arena);
}

static void an_address_that_is_not_listed_is_refused(void **state)
{
	struct account account = {.secret = KEY, .allow_n = 1};

	(void)state;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &account.allow[0]));
	assert_false(verifies(&account, &vectors[0]));
}

static void only_voice_and_status_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voice/", "sms", "Voice", "status/x"};
	const struct account account = {0};
	struct webhook webhook = {.rest = STR("voice")};

	(void)state;
	assert_int_equal(signalwire->hook(&account, &webhook), HOOK_VOICE);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(signalwire->hook(&account, &webhook), HOOK_NONE);
	}
}

static void simulated_questions_are_signed_and_read_as_meant(void **state)
{
	const struct account account = {.name = "main", .secret = KEY, .sid = "00000000-0000-0000-0000-000000000001"};
	struct sim_question question = {
		.from = {14155551212}, .to = {15005550006}, .call_id = "CA1", .public_url = PUBLIC_URL};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 3; i++) {
		question.digits = i == 1 ? "123456" : NULL;
		question.from.e164 = i == 2 ? 0 : 14155551212;
		assert_int_equal(signalwire->sim->ask(&account, &question, &request), ERR_OK);
		assert_string_equal(request.target, "/hooks/signalwire/main/voice");
		assert_int_equal(request.headers_n, 1);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		assert_int_equal(signalwire->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(signalwire->verify(&account, &sim.webhook));
		assert_int_equal(signalwire->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i == 2);
		assert_int_equal(ask.question.called.e164, 15005550006);
		request.header_value[0][3] ^= 1;
		assert_false(signalwire->verify(&account, &sim.webhook));
	}
	question.status = "busy";
	assert_int_equal(signalwire->sim->tell(&account, &question, &request), ERR_OK);
	sim_webhook_read(&sim, &request, PUBLIC_URL);
	assert_int_equal(signalwire->hook(&account, &sim.webhook), HOOK_STATUS);
	assert_true(signalwire->verify(&account, &sim.webhook));
	assert_int_equal(signalwire->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
	assert_int_equal(report.status, CALL_BUSY);
	arena_done(&arena);
}

/* What doesn't fit is an error, not half a request. */
static void a_name_that_is_too_long_for_a_target_is_refused(void **state)
{
	static char public_url[3000];
	const struct account account = {.name = "main", .secret = KEY};
	const struct sim_question question = {.from = {14155551212}, .to = {15005550006}, .public_url = public_url};
	struct sim_request request = {.headers_n = 77};

	(void)state;
	memset(public_url, 'a', sizeof public_url - 1);
	assert_int_equal(signalwire->sim->ask(&account, &question, &request), ERR_TOO_LARGE);
	assert_int_equal(request.headers_n, 77);
}

static void simulated_answers_are_read_back(void **state)
{
	const struct account account = {.name = "main"};
	const struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 30,
		.max_call_s = 3600};
	const struct answer answer = {.decision = &decision, .hook_base = STR(PUBLIC_URL "/hooks/signalwire/main/")};
	struct sim_outcome outcome;
	char room[2048];
	struct buf out;

	(void)state;
	buf_fixed(&out, room, sizeof room);
	struct provider_reply reply = signalwire->render(&account, &answer, &out);
	assert_int_equal(signalwire->sim->read(&account, reply.status, buf_text(&out), &outcome), ERR_OK);
	assert_int_equal(outcome.rings.e164, 14155550199);
	assert_int_equal(outcome.shows.e164, 15005550010);
	assert_string_equal(outcome.status_url, "/hooks/signalwire/main/status");
}

static int find_signalwire(void **state)
{
	(void)state;
	signalwire = provider_find(STR("signalwire"));
	return signalwire ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_hold),
		cmocka_unit_test(either_of_two_keys_will_do_and_no_other),
		cmocka_unit_test(an_empty_key_signs_nothing),
		cmocka_unit_test(any_change_of_what_is_signed_is_noticed),
		cmocka_unit_test(a_signature_of_the_url_alone_signs_no_form),
		cmocka_unit_test(as_many_fields_as_a_form_may_have_are_signed),
		cmocka_unit_test(an_address_that_is_not_listed_is_refused),
		cmocka_unit_test(only_voice_and_status_are_hooks),
		cmocka_unit_test(simulated_questions_are_signed_and_read_as_meant),
		cmocka_unit_test(a_name_that_is_too_long_for_a_target_is_refused),
		cmocka_unit_test(simulated_answers_are_read_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_signalwire, NULL);
}
