/* What Vonage signs, sends and takes. Whole requests and answers: provider_fixture_test.c. */
#include "unit/test.h"

#include "page_end.h"
#include "provider/vonage_signature.h"
#include "sim_webhook.h"
#include "wire/jwt.h"

#define PUBLIC_URL "http://127.0.0.1:8080"
#define HOOK_BASE PUBLIC_URL "/hooks/vonage/main/"
#define NOW_MS 1704067200000
#define SECRET "qwertyuiopasdfghjklzxcvbnm123456"
/* The body of Vonage's documentation, and a token made for it elsewhere. */
#define BODY                                                                                                 \
	"{\"from\":\"442079460000\",\"to\":\"447700900000\",\"uuid\":\"aaaaaaaa-bbbb-cccc-dddd-0123456789ab\",\"conversation_uuid\":" \
	"\"CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab\"}"
#define TOKEN                                                                                                \
	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."                                                               \
	"eyJpYXQiOjE3MDQwNjcyMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxv" \
	"YWRfaGFzaCI6IjFhNzUyMjkyMWIxNDMwZjI0NzVlY2E0YzMyMzMxM2JmMzk5NDE2NDE2ZjhjZTZiY2YzZTI1Y2Q4ZDQ2NjAzODgiLCJhcGlfa2V5" \
	"IjoiYTFiMmMzZCIsImFwcGxpY2F0aW9uX2lkIjoiYWFhYWFhYWEtYmJiYi1jY2NjLWRkZGQtMDEyMzQ1Njc4OWFiIn0."                      \
	"73klqMXQd8eJn-06AsyiSHyjH3RKEM0jyEHdvUrbZTg"
/* Vonage/vonage-python-jwt's: signed by the same secret, of 2023, without a hash. */
#define OTHER_TOKEN                                                                                          \
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."                                                               \
	"eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9." \
	"88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
#define ID "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"

static const struct provider *vonage;
static const struct account account = {.name = "main", .secret = SECRET};

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? str_of(context) : STR_NONE;
}

static bool verifies(const struct account *with, const char *authorization, const char *body, int64_t now_ms)
{
	struct page_end copy = page_end_copy(str_of(body));
	struct webhook webhook = {.post = true,
		.body = copy.text,
		.header = header,
		.header_context = authorization,
		.peer = "203.0.113.7",
		.now_ms = now_ms};

	bool holds = vonage->verify(with, &webhook);
	page_end_free(&copy);
	return holds;
}

static void the_vector_made_elsewhere_holds(void **state)
{
	const struct account second = {.secret = "new", .secret_2 = SECRET};

	(void)state;
	assert_true(verifies(&account, "Bearer " TOKEN, BODY, NOW_MS));
	assert_true(verifies(&account, "bearer  " TOKEN, BODY, NOW_MS));
	assert_true(verifies(&second, "Bearer " TOKEN, BODY, NOW_MS));
}

static void what_is_not_signed_so_is_refused(void **state)
{
	static const char *const values[] = {NULL, "", "Bearer", "Bearer ", TOKEN, "Basic " TOKEN, "Bearer x" TOKEN,
		"Bearer " OTHER_TOKEN, "Bearer a.b.c", "Bearer ..", "Bearer " TOKEN "," TOKEN};
	const struct account other = {.secret = "other"}, none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		assert_false(verifies(&account, values[i], BODY, NOW_MS));
	assert_false(verifies(&other, "Bearer " TOKEN, BODY, NOW_MS));
	assert_false(verifies(&none, "Bearer " TOKEN, BODY, NOW_MS));
	assert_false(verifies(&account, "Bearer " TOKEN, BODY " ", NOW_MS));
	assert_false(verifies(&account, "Bearer " TOKEN, "", NOW_MS));
}

static void a_token_is_good_for_five_minutes(void **state)
{
	(void)state;
	assert_true(verifies(&account, "Bearer " TOKEN, BODY, NOW_MS + 300000));
	assert_true(verifies(&account, "Bearer " TOKEN, BODY, NOW_MS - 300000));
	assert_false(verifies(&account, "Bearer " TOKEN, BODY, NOW_MS + 301000));
	assert_false(verifies(&account, "Bearer " TOKEN, BODY, NOW_MS - 301000));
}

/* A token with these claims, for an empty body, whose SHA-256 HASH is. */
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void every_claim_must_be_what_it_should(void **state)
{
	static const struct {
		const char *claims;
		bool good;
	} tokens[] = {
		{"{\"iat\":1704067200,\"payload_hash\":\"" HASH "\"}", true},
		{"{\"iat\":1704067200,\"exp\":1704067201,\"payload_hash\":\"" HASH "\"}", true},
		{"{\"iat\":1704067200,\"exp\":1704067200,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200,\"nbf\":1704067200,\"payload_hash\":\"" HASH "\"}", true},
		{"{\"iat\":1704067200,\"nbf\":1704067201,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200,\"nbf\":\"1704067200\",\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200,\"exp\":1704067199,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200,\"exp\":null,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200}", false},
		{"{\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":\"1704067200\",\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200.5,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":9223372036854775807,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":-9223372036854775808,\"payload_hash\":\"" HASH "\"}", false},
		{"{\"iat\":1704067200,\"payload_hash\":null}", false},
		{"{\"iat\":1704067200,\"payload_hash\":\"\"}", false},
		{"{\"iat\":1704067200,\"payload_hash\":\"e3b0c442\"}", false},
		{"{\"iat\":1704067200,\"payload_hash\":\"not hex\"}", false},
		{"{\"iat\":1704067200,\"payload_hash\":[\"" HASH "\"]}", false},
	};
	char value[1024];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
		buf_fixed(&out, value, sizeof value - 1);
		buf_lit(&out, "Bearer ");
		jwt_put(&out, STR(SECRET), str_of(tokens[i].claims));
		value[out.len] = '\0';
		assert_int_equal(verifies(&account, value, "", NOW_MS), tokens[i].good);
	}
}

/* A GET has its query signed, as JSON: what can't be read so has no hash that could be right. */
static void a_query_that_can_not_be_read_is_not_signed(void **state)
{
	char many[2048], value[1024];
	struct buf out, query;
	struct webhook webhook = {.header = header, .header_context = value, .peer = "203.0.113.7", .now_ms = NOW_MS};
	/* SHA-256 of {"to":"442079460000"} and of {} */
	static const char signed_hash[] = "41485c8e20c0255d3169253b7e460b7d93452085625985ae95bc579e88affaa8", empty_hash[] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

	(void)state;
	buf_fixed(&query, many, sizeof many);
	for (int i = 0; i <= FORM_FIELDS_MAX; i++)
		buf_lit(&query, "&a=1");
	assert_true(buf_ok(&query));
	const struct {
		struct str query;
		const char *hash;
		bool holds;
	} cases[] = {{STR("to=442079460000"), signed_hash, true}, {STR("to=442079460001"), signed_hash, false}, {STR(""), empty_hash, true},
		{STR("%zz"), empty_hash, false}, {str_n(many + 1, query.len - 1), empty_hash, false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char claims[256];
		snprintf(claims, sizeof claims, "{\"iat\":1704067200,\"payload_hash\":\"%s\"}", cases[i].hash);
		buf_fixed(&out, value, sizeof value - 1);
		buf_lit(&out, "Bearer ");
		jwt_put(&out, STR(SECRET), str_of(claims));
		value[out.len] = '\0';
		webhook.query = cases[i].query;
		assert_int_equal(vonage->verify(&account, &webhook), cases[i].holds);
	}
}

static void an_address_that_is_not_listed_is_refused(void **state)
{
	struct account listed = {.secret = SECRET, .allow_n = 1};

	(void)state;
	assert_true(account_net_parse(STR("198.51.100.0/24"), &listed.allow[0]));
	assert_false(verifies(&listed, "Bearer " TOKEN, BODY, NOW_MS));
}

static void only_voice_and_posts_to_status_are_hooks(void **state)
{
	static const char *const others[] = {"", "voic", "voices", "voice/", "sms", "Voice", "status/x", "answer", "event"};
	struct webhook webhook = {.post = true};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		webhook.rest = str_of(others[i]);
		assert_int_equal(vonage->hook(&account, &webhook), HOOK_NONE);
	}
	webhook = (struct webhook){.rest = STR("voice")};
	assert_int_equal(vonage->hook(&account, &webhook), HOOK_VOICE);
	webhook.rest = STR("status");
	assert_int_equal(vonage->hook(&account, &webhook), HOOK_NONE);
}

static void a_request_of_another_shape_is_not_vonages(void **state)
{
	static const char *const bodies[] = {"", "null", "[]", "{}", "{\"uuid\":\"\"}", "{\"uuid\":1}", "{\"uuid\":\"a b\"}",
		"{\"uuid\":\"1\",\"uuid\":\"2\"}", "{\"uuid\":{}}", "uuid=1", "{\"uuid\":\"\xc3\xa9\"}"};
	struct webhook webhook = {.post = true};
	struct arena arena;
	struct report report;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		webhook.body = str_of(bodies[i]);
		assert_int_equal(vonage->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
	}
	webhook.query = STR("call=a%20b");
	webhook.body = STR("{}");
	assert_int_equal(vonage->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	webhook.query = STR("call=1");
	webhook.body = STR("[]");
	assert_int_equal(vonage->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	webhook.body = STR("");
	assert_int_equal(vonage->parse_status(&account, &webhook, &arena, &report), ERR_BAD_REQUEST);
	webhook = (struct webhook){.query = STR("from=14155551212&to=15005550006")};
	assert_int_equal(vonage->parse_voice(&account, &webhook, &arena, &ask), ERR_BAD_REQUEST);
	arena_done(&arena);
}

static void a_body_has_a_limit(void **state)
{
	size_t size = 65537;
	char *body = malloc(size);
	struct webhook webhook = {.post = true};
	struct arena arena;
	struct ask ask;

	(void)state;
	assert_non_null(body);
	memset(body, ' ', size);
	memcpy(body, BODY, strlen(BODY));
	arena_init(&arena, 1 << 20);
	webhook.body = str_n(body, size - 1);
	assert_int_equal(vonage->parse_voice(&account, &webhook, &arena, &ask), ERR_OK);
	webhook.body = str_n(body, size);
	assert_int_equal(vonage->parse_voice(&account, &webhook, &arena, &ask), ERR_TOO_LARGE);
	arena_done(&arena);
	free(body);
}

static void every_status_word_is_understood_and_other_events_tell_nothing(void **state)
{
	static const struct {
		const char *body;
		enum call_status status;
		uint32_t seconds;
		bool no_news;
	} events[] = {
		{"{\"status\":\"started\"}", CALL_CONNECTING, 0, false},
		{"{\"status\":\"ringing\",\"direction\":\"outbound\"}", CALL_CONNECTING, 0, false},
		{"{\"status\":\"answered\"}", CALL_ANSWERED, 0, false},
		{"{\"status\":\"completed\",\"duration\":\"73\"}", CALL_COMPLETED, 73, false},
		{"{\"status\":\"completed\",\"duration\":73}", CALL_COMPLETED, 73, false},
		{"{\"status\":\"completed\",\"duration\":-1}", CALL_COMPLETED, 0, false},
		{"{\"status\":\"completed\",\"duration\":\"long\"}", CALL_COMPLETED, 0, false},
		{"{\"status\":\"completed\",\"duration\":null}", CALL_COMPLETED, 0, false},
		{"{\"status\":\"busy\",\"duration\":\"9\"}", CALL_BUSY, 0, false},
		{"{\"status\":\"unanswered\"}", CALL_NO_ANSWER, 0, false},
		{"{\"status\":\"timeout\"}", CALL_NO_ANSWER, 0, false},
		{"{\"status\":\"rejected\"}", CALL_FAILED, 0, false},
		{"{\"status\":\"failed\"}", CALL_FAILED, 0, false},
		{"{\"status\":\"cancelled\"}", CALL_CANCELED, 0, false},
		{"{\"status\":\"answered\",\"direction\":\"inbound\"}", 0, 0, true},
		{"{\"status\":\"answered\",\"uuid\":\"" ID "\"}", 0, 0, true},
		{"{\"status\":\"machine\"}", 0, 0, true},
		{"{\"status\":1}", 0, 0, true},
		{"{}", 0, 0, true},
	};
	struct webhook webhook = {.post = true, .query = STR("call=" ID)};
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		webhook.body = str_of(events[i].body);
		assert_int_equal(vonage->parse_status(&account, &webhook, &arena, &report), ERR_OK);
		assert_int_equal(report.no_news, events[i].no_news);
		if (!report.no_news)
			assert_int_equal(report.status, events[i].status);
		assert_int_equal(report.seconds, events[i].seconds);
		assert_true(str_equal(report.call_id, STR(ID)));
	}
	webhook.query = STR("");
	webhook.body = STR("{\"status\":\"completed\"}");
	assert_int_equal(vonage->parse_status(&account, &webhook, &arena, &report), ERR_OK);
	assert_true(report.no_news);
	arena_done(&arena);
}

static void numbers_are_read_without_their_plus_in_every_country(void **state)
{
	static const struct {
		const char *from;
		uint64_t caller;
		bool withheld;
	} callers[] = {{"447700900000", 447700900000, false}, {"+447700900000", 447700900000, false}, {"unknown", 0, true},
		{"Anonymous", 0, true}, {"", 0, true}, {"266696687", 0, true}, {"07700900000", 0, false},
		{"sip:alice@example.com", 0, false}};
	const struct account british = {.secret = SECRET, .dialplan = {'G' << 8 | 'B', 44, "0", "00", 3u << 9}};
	struct arena arena;
	struct ask ask;
	char body[256];

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
		snprintf(body, sizeof body, "{\"from\":\"%s\",\"to\":\"442079460000\",\"uuid\":\"1\"}", callers[i].from);
		struct webhook webhook = {.post = true, .body = str_of(body)};
		assert_int_equal(vonage->parse_voice(&british, &webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, callers[i].caller);
		assert_int_equal(ask.question.withheld, callers[i].withheld);
		assert_int_equal(ask.question.called.e164, 442079460000);
		assert_true(ask.called_is_number);
		assert_int_equal(ask.question.digits.len, 0);
	}
	arena_done(&arena);
}

static struct provider_reply render(
	const struct decision *decision, bool pin_again, char *room, size_t size, struct buf *out)
{
	struct answer answer = {.decision = decision,
		.hook_base = STR(HOOK_BASE),
		.call_id = STR(ID),
		.pin_again = pin_again};

	buf_fixed(out, room, size);
	return vonage->render(&account, &answer, out);
}

static enum err read_back(const struct decision *decision, struct sim_outcome *ret_outcome)
{
	char room[2048];
	struct buf out;

	struct provider_reply reply = render(decision, false, room, sizeof room, &out);
	struct page_end copy = page_end_copy(buf_text(&out));
	enum err err = vonage->sim->read(&account, reply.status, copy.text, ret_outcome);
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
	assert_string_equal(outcome.status_url, "/hooks/vonage/main/status?call=" ID);
	decision.action = ACTION_DIGITS;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_DIGITS);
	assert_string_equal(outcome.next, "/hooks/vonage/main/voice");
	decision.action = ACTION_ANNOUNCE;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_ANNOUNCE);
	decision.action = ACTION_REJECT;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.action, ACTION_REJECT);
}

static void times_stay_within_what_vonage_takes(void **state)
{
	struct decision decision = {.action = ACTION_CONNECT,
		.callee = {14155550199},
		.show = {15005550010},
		.ring_s = 100000,
		.max_call_s = 100000};
	struct sim_outcome outcome;

	(void)state;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 120);
	assert_int_equal(outcome.max_call_s, 7200);
	decision.ring_s = decision.max_call_s = 0;
	assert_int_equal(read_back(&decision, &outcome), ERR_OK);
	assert_int_equal(outcome.ring_s, 1);
	assert_int_equal(outcome.max_call_s, 1);
}

#define CONNECT(rest, number) "[{\"action\":\"connect\"" rest ",\"endpoint\":[{\"type\":\"phone\",\"number\":\"" number "\"}]}]"

#define INPUT(dtmf, rest) "{\"action\":\"input\",\"type\":[\"dtmf\"],\"dtmf\":" dtmf rest "}"

static void the_simulated_provider_refuses_what_vonage_would(void **state)
{
	static const char *const broken[] = {"", "{}", "null", "[", "[{}]", "[[]]", "[{\"action\":\"dance\"}]",
		"[{\"action\":\"talk\"}]", "[{\"action\":\"talk\",\"text\":\"\"}]", "[{\"action\":\"connect\"}]",
		CONNECT("", "+14155550199"), CONNECT("", ""), CONNECT(",\"from\":\"+15005550010\"", "14155550199"),
		CONNECT(",\"from\":null", "14155550199"), CONNECT(",\"timeout\":0", "14155550199"),
		CONNECT(",\"timeout\":\"30\"", "14155550199"), CONNECT(",\"limit\":7201", "14155550199"),
		CONNECT(",\"eventUrl\":\"https://x/\"", "14155550199"), CONNECT(",\"eventUrl\":[]", "14155550199"),
		CONNECT(",\"randomFromNumber\":true", "14155550199"),
		"[{\"action\":\"connect\",\"endpoint\":[]}]",
		"[{\"action\":\"talk\",\"text\":\"x\"}," INPUT("{\"maxDigits\":21}", ",\"eventUrl\":[\"https://x/\"]") "]",
		"[{\"action\":\"talk\",\"text\":\"x\"}," INPUT("{}", "") "]"};
	struct sim_outcome outcome = {.ring_s = 77};

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
			vonage->sim->read(&account, 200, str_of(broken[i]), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(vonage->sim->read(&account, 403, STR("[]"), &outcome), ERR_BAD_REQUEST);
	assert_int_equal(outcome.ring_s, 77);
	assert_int_equal(vonage->sim->read(&account, 200, STR(CONNECT("", "14155550199")), &outcome), ERR_OK);
	assert_int_equal(outcome.shows.e164, 0); /* "unknown" to the callee */
	assert_int_equal(outcome.ring_s, 60);
	assert_int_equal(outcome.max_call_s, 7200);
}

static void simulated_questions_are_signed_and_read_as_meant(void **state)
{
	struct sim_question question = {
		.from = {14155551212}, .to = {15005550006}, .call_id = ID, .public_url = PUBLIC_URL, .now_ms = NOW_MS};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct ask ask;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 3; i++) {
		question.digits = i == 1 ? "123456" : NULL;
		question.from.e164 = i == 2 ? 0 : 14155551212;
		assert_int_equal(vonage->sim->ask(&account, &question, &request), ERR_OK);
		sim_webhook_read(&sim, &request, PUBLIC_URL);
		sim.webhook.now_ms = NOW_MS;
		assert_int_equal(vonage->hook(&account, &sim.webhook), HOOK_VOICE);
		assert_true(vonage->verify(&account, &sim.webhook));
		assert_int_equal(vonage->parse_voice(&account, &sim.webhook, &arena, &ask), ERR_OK);
		assert_int_equal(ask.question.caller.e164, question.from.e164);
		assert_int_equal(ask.question.withheld, i == 2);
		assert_int_equal(ask.question.called.e164, 15005550006);
		assert_true(str_equal(ask.question.digits, str_of(question.digits)));
		assert_true(str_equal(ask.call_id, STR(ID)));
		request.header_value[0][80] ^= 1;
		assert_false(vonage->verify(&account, &sim.webhook));
	}
	arena_done(&arena);
}

static void simulated_reports_are_signed_and_read_as_meant(void **state)
{
	struct sim_question question = {.from = {14155551212},
		.to = {15005550006},
		.call_id = ID,
		.status = "completed",
		.seconds = 7,
		.public_url = PUBLIC_URL,
		.now_ms = NOW_MS};
	struct sim_request request;
	struct sim_webhook sim;
	struct arena arena;
	struct report report;

	(void)state;
	arena_init(&arena, 1 << 20);
	assert_int_equal(vonage->sim->tell(&account, &question, &request), ERR_OK);
	sim_webhook_read(&sim, &request, PUBLIC_URL);
	sim.webhook.now_ms = NOW_MS;
	assert_int_equal(vonage->hook(&account, &sim.webhook), HOOK_STATUS);
	assert_true(vonage->verify(&account, &sim.webhook));
	assert_int_equal(vonage->parse_status(&account, &sim.webhook, &arena, &report), ERR_OK);
	assert_int_equal(report.status, CALL_COMPLETED);
	assert_int_equal(report.seconds, 7);
	assert_false(report.no_news);
	assert_true(str_equal(report.call_id, STR(ID)));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vector_made_elsewhere_holds),
		cmocka_unit_test(what_is_not_signed_so_is_refused),
		cmocka_unit_test(a_query_that_can_not_be_read_is_not_signed),
		cmocka_unit_test(a_token_is_good_for_five_minutes),
		cmocka_unit_test(every_claim_must_be_what_it_should),
		cmocka_unit_test(an_address_that_is_not_listed_is_refused),
		cmocka_unit_test(only_voice_and_posts_to_status_are_hooks),
		cmocka_unit_test(a_request_of_another_shape_is_not_vonages),
		cmocka_unit_test(a_body_has_a_limit),
		cmocka_unit_test(every_status_word_is_understood_and_other_events_tell_nothing),
		cmocka_unit_test(numbers_are_read_without_their_plus_in_every_country),
		cmocka_unit_test(the_simulated_provider_understands_every_answer),
		cmocka_unit_test(times_stay_within_what_vonage_takes),
		cmocka_unit_test(the_simulated_provider_refuses_what_vonage_would),
		cmocka_unit_test(simulated_questions_are_signed_and_read_as_meant),
		cmocka_unit_test(simulated_reports_are_signed_and_read_as_meant),
	};

	vonage = provider_find(STR("vonage"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
