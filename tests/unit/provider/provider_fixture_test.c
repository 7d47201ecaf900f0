/* Each provider's requests and our answers, one pair of files a case: tests/provider/NAME/CASE.request
 * and .answer. The request goes through hook, verify and parse, as it is and at the end of a page; the
 * decision of the table below is rendered and compared with the answer byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "page_end.h"
#include "raw_webhook.h"
#include "unit/provider/provider_fixtures.h"

static const struct account twilio_account = {.name = "main", .secret = "12345", .secret_2 = "67890"};
static const struct account plivo_account = {.name = "main", .secret = "12345", .secret_2 = "67890"};
static const struct account signalwire_account = {.name = "main", .secret = "PSK12345", .secret_2 = "PSK67890"};
static const struct account exotel_account = {
	.name = "india", .secret_path = INDIA_SECRET, .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};
/* RFC 8032's first two test keys. */
static const struct account telnyx_account = {.name = "main",
	.secret = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	.secret_2 = "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="};
static const struct account vonage_account = {
	.name = "main", .secret = "qwertyuiopasdfghjklzxcvbnm123456", .secret_2 = "zxcvbnm0987654321"};

static const struct account bandwidth_account = {
	.name = "us", .api_key = "bauta", .secret = "s3cret:with&colon", .secret_2 = "the-next-one"};
static const struct account sinch_account = {.name = "eu",
	.api_key = "669E367E-6BBA-48AB-AF15-266871C28135",
	.secret = "BeIukql3pTKJ8RGL5zo0DA=="};
static const struct account infobip_account = {.name = "eu",
	.sid = "55ddccad2df62a4b615b7e3c472b2ab6",
	.api_key = "5da086b6a8e4424993646b8699c333ca",
	.secret = "App fixed-secret",
	.audio_url = "https://files.example.com/refused.mp3"};
static const struct account messagebird_account = {
	.name = "main", .secret = "PSKsigning", .secret_2 = "the-next-one"};
static const struct account alibaba_account = {
	.name = "cn", .secret_path = INDIA_SECRET, .dialplan = {'C' << 8 | 'N', 86, "0", "00", 1u << 11 | 1u << 10}};
static const struct account huawei_account = {.name = "cn",
	.secret_path = INDIA_SECRET,
	.api_key = "app1",
	.secret = "cfc8secret",
	.secret_2 = "the-next-one"};
static const struct account account_8x8 = {
	.name = "sg", .secret = "Bearer s3cret", .secret_2 = "Bearer the-next-one"};

/* Requests are dated 2024-01-01. */
#define NOW_MS 1704067200000

static const struct side {
	const char *provider;
	const struct account *account;
	const char *hook_base;
	int64_t now_ms; /* 0: NOW_MS */
} sides[] = {
	{"twilio", &twilio_account, RAW_PUBLIC_URL "/hooks/twilio/main/", 0},
	{"exotel", &exotel_account, RAW_PUBLIC_URL "/hooks/exotel/india/" INDIA_SECRET "/", 0},
	{"plivo", &plivo_account, RAW_PUBLIC_URL "/hooks/plivo/main/", 0},
	{"signalwire", &signalwire_account, RAW_PUBLIC_URL "/hooks/signalwire/main/", 0},
	{"telnyx", &telnyx_account, RAW_PUBLIC_URL "/hooks/telnyx/main/", 0},
	{"vonage", &vonage_account, RAW_PUBLIC_URL "/hooks/vonage/main/", 0},
	{"bandwidth", &bandwidth_account, RAW_PUBLIC_URL "/hooks/bandwidth/us/", 0},
	{"infobip", &infobip_account, RAW_PUBLIC_URL "/hooks/infobip/eu/", 0},
	{"messagebird", &messagebird_account, RAW_PUBLIC_URL "/hooks/messagebird/main/", 0},
	{"alibaba", &alibaba_account, RAW_PUBLIC_URL "/hooks/alibaba/cn/" INDIA_SECRET "/", 0},
	{"huawei", &huawei_account, RAW_PUBLIC_URL "/hooks/huawei/cn/" INDIA_SECRET "/", 0},
	{"8x8", &account_8x8, RAW_PUBLIC_URL "/hooks/8x8/sg/", 0},
	{"sinch", &sinch_account, RAW_PUBLIC_URL "/hooks/sinch/eu/", 1411556381500},
};

static const struct side *side_of(const struct fixture *fixture)
{
	for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
		if (strcmp(sides[i].provider, fixture->provider) == 0)
			return &sides[i];
	fail_msg("%s has no account", fixture->provider);
	return NULL;
}

static struct str read_file(const struct fixture *fixture, const char *kind, char *room, size_t size)
{
	char path[256];

	snprintf(path, sizeof path, "tests/provider/%s/%s.%s", fixture->provider, fixture->name, kind);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is missing", path);
	size_t len = fread(room, 1, size, file);
	fclose(file);
	assert_true(len < size);
	return str_n(room, len);
}

/* Whom to ring and what to show: connected, forwarded. */
static const struct shown {
	const struct account *account; /* NULL: all others */
	uint64_t callee, show, forward_to, vn;
} shown[] = {
	{&exotel_account, 919876543221, 918047112244, 919876543250, INDIA_VN},
	{&alibaba_account, 8612000000002, 8657100000002, 8657100000009, CHINA_VN},
	{&messagebird_account, 14155550199, VN, 12025550123, VN}, /* shows the number that was dialled alone */
	{NULL, 14155550199, 15005550010, 12025550123, VN},
};

static struct decision decision_of(const struct fixture *fixture, const struct account *account)
{
	struct decision decision = {
		.action = fixture->action, .ring_s = 30, .max_call_s = 3600, .pin_digits = 6};
	const struct shown *here = shown;

	while (here->account && here->account != account)
		here++;
	if (fixture->action == ACTION_CONNECT) {
		decision.callee.e164 = here->callee;
		decision.show.e164 = here->show;
	} else if (fixture->action == ACTION_FORWARD) {
		decision.callee.e164 = here->forward_to;
		decision.show.e164 = here->vn;
	}
	return decision;
}

static void expect_answer(const struct fixture *fixture, struct provider_reply reply, const struct buf *out)
{
	char room[4096], head[64];
	struct str wanted = read_file(fixture, "answer", room, sizeof room);

	assert_true(buf_ok(out));
	snprintf(head, sizeof head, "%d\nContent-Type: %s\n\n", reply.status, reply.content_type);
	assert_true(str_starts(wanted, str_of(head)));
	wanted = str_n(wanted.at + strlen(head), wanted.len - strlen(head));
	assert_int_equal(out->len, wanted.len);
	assert_memory_equal(out->at, wanted.at, wanted.len);
}

static void expect_voice(const struct fixture *fixture, const struct side *side, const struct provider *provider,
	const struct webhook *webhook, struct arena *arena)
{
	const struct account *account = side->account;
	struct decision decision = decision_of(fixture, account);
	struct answer answer = {.decision = &decision,
		.pin_again = fixture->digits != NULL,
		.call_id = str_of(fixture->call_id),
		.called = {fixture->called},
		.hook_base = str_of(side->hook_base)};
	char room[4096];
	struct ask ask;
	struct buf out;

	assert_int_equal(provider->parse_voice(account, webhook, arena, &ask), ERR_OK);
	assert_int_equal(ask.question.caller.e164, fixture->caller);
	assert_int_equal(ask.question.called.e164, fixture->called);
	assert_int_equal(ask.called_is_number, fixture->called != 0);
	assert_int_equal(ask.question.withheld, fixture->withheld);
	assert_int_equal(ask.attestation, fixture->attestation);
	assert_true(str_equal(ask.question.digits, str_of(fixture->digits)));
	assert_true(str_equal(ask.call_id, str_of(fixture->call_id)));
	buf_fixed(&out, room, sizeof room);
	expect_answer(fixture, provider->render(account, &answer, &out), &out);
}

static void expect_status(const struct fixture *fixture, const struct account *account,
	const struct provider *provider, const struct webhook *webhook, struct arena *arena)
{
	char room[4096];
	struct report report;
	struct buf out;

	assert_int_equal(provider->parse_status(account, webhook, arena, &report), ERR_OK);
	assert_true(str_equal(report.call_id, str_of(fixture->call_id)));
	assert_int_equal(report.no_news, fixture->no_news);
	if (!fixture->no_news)
		assert_int_equal(report.status, fixture->status);
	assert_int_equal(report.seconds, fixture->seconds);
	assert_int_equal(report.final_leg, fixture->final_leg);
	buf_fixed(&out, room, sizeof room);
	expect_answer(fixture, provider->render_status(account, &report, &out), &out);
}

/* Body and query each at the end of a page: what is read last decides, so both are tried. */
static void expect_fixture(const struct fixture *fixture)
{
	const struct provider *provider = provider_find(str_of(fixture->provider));
	const struct side *side = side_of(fixture);
	const struct account *account = side->account;
	char room[8192];
	struct raw_webhook raw;
	struct arena arena;

	assert_non_null(provider);
	raw_webhook_read(&raw, read_file(fixture, "request", room, sizeof room));
	struct page_end body = page_end_copy(raw.webhook.body), query = page_end_copy(raw.webhook.query);
	raw.webhook.now_ms = side_of(fixture)->now_ms ? side_of(fixture)->now_ms : NOW_MS;
	raw.webhook.body = body.text;
	raw.webhook.query = query.text;
	arena_init(&arena, 1 << 20);
	assert_int_equal(provider->hook(account, &raw.webhook), fixture->hook);
	assert_int_equal(provider->verify(account, &raw.webhook), !fixture->forged);
	if (!fixture->forged && fixture->hook == HOOK_VOICE)
		expect_voice(fixture, side, provider, &raw.webhook, &arena);
	else if (!fixture->forged)
		expect_status(fixture, account, provider, &raw.webhook, &arena);
	arena_done(&arena);
	page_end_free(&body);
	page_end_free(&query);
}

static void each_request_is_read_and_answered_as_its_files_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
		print_message("# %s/%s\n", fixtures[i].provider, fixtures[i].name);
		expect_fixture(&fixtures[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_is_read_and_answered_as_its_files_say),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
