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

#define INDIA_SECRET "9f2c5d1e8a7b4c60"

struct fixture {
	const char *provider, *name;
	enum hook hook;
	bool forged;
	const char *call_id;
	/* Voice: what is asked, and the decision to render. */
	uint64_t caller, called;
	bool withheld;
	const char *digits;
	char attestation;
	enum action action;
	/* Status: what is reported. */
	enum call_status status;
	uint32_t seconds;
	bool final_leg;
};

#define CA(n) "CA0000000000000000000000000000000" n
#define EXOTEL_ID "f8c1aa11bb22cc33dd44ee55ff660001"
#define UUID(n) "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb3" n
#define A 14155551212
#define STRANGER 12025550155
#define VN 15005550006
#define INDIA_A 919876543210
#define INDIA_STRANGER 919876543299
#define INDIA_VN 918047112233

static const struct fixture fixtures[] = {
	{"twilio", "connect", HOOK_VOICE, 0, CA("1"), A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"twilio", "connect_by_get", HOOK_VOICE, 0, CA("2"), A, VN, .action = ACTION_CONNECT},
	{"twilio", "connect_second_token", HOOK_VOICE, 0, CA("3"), A, VN, .action = ACTION_CONNECT},
	{"twilio", "connect_without_to", HOOK_VOICE, 0, CA("4"), A, VN, .action = ACTION_CONNECT},
	{"twilio", "forward", HOOK_VOICE, 0, CA("5"), STRANGER, VN, .action = ACTION_FORWARD},
	{"twilio", "reject", HOOK_VOICE, 0, CA("6"), STRANGER, VN, .action = ACTION_REJECT},
	{"twilio", "reject_withheld_word", HOOK_VOICE, 0, CA("7"), 0, VN, true, .action = ACTION_REJECT},
	{"twilio", "reject_withheld_keypad", HOOK_VOICE, 0, CA("8"), 0, VN, true, .action = ACTION_REJECT},
	{"twilio", "reject_not_a_number", HOOK_VOICE, 0, CA("9"), 0, 0, .action = ACTION_REJECT},
	{"twilio", "announce", HOOK_VOICE, 0, CA("a"), STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"twilio", "digits", HOOK_VOICE, 0, CA("b"), STRANGER, VN, .action = ACTION_DIGITS},
	{"twilio", "digits_again", HOOK_VOICE, 0, CA("b"), STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"twilio", "forged", HOOK_VOICE, .forged = true},
	{"twilio", "status_dial_completed", HOOK_STATUS, 0, CA("1"), .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"twilio", "status_dial_no_answer", HOOK_STATUS, 0, CA("1"), .status = CALL_NO_ANSWER,
		.final_leg = true},
	{"twilio", "status_leg_answered", HOOK_STATUS, 0, CA("1"), .status = CALL_ANSWERED},
	{"twilio", "status_leg_completed", HOOK_STATUS, 0, CA("1"), .status = CALL_COMPLETED, .seconds = 73},
	{"twilio", "status_call_canceled", HOOK_STATUS, 0, CA("1"), .status = CALL_CANCELED},

	{"exotel", "connect", HOOK_VOICE, 0, EXOTEL_ID, INDIA_A, INDIA_VN, .action = ACTION_CONNECT},
	{"exotel", "connect_international", HOOK_VOICE, 0, EXOTEL_ID, INDIA_A, INDIA_VN,
		.action = ACTION_CONNECT},
	{"exotel", "forward", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_FORWARD},
	{"exotel", "reject", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_REJECT},
	{"exotel", "reject_withheld", HOOK_VOICE, 0, EXOTEL_ID, 0, INDIA_VN, true, .action = ACTION_REJECT},
	{"exotel", "announce", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_ANNOUNCE},
	{"exotel", "digits", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .action = ACTION_DIGITS},
	{"exotel", "digits_again", HOOK_VOICE, 0, EXOTEL_ID, INDIA_STRANGER, INDIA_VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"exotel", "forged", HOOK_VOICE, .forged = true},
	{"exotel", "passthru_completed", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"exotel", "passthru_no_answer", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_NO_ANSWER,
		.final_leg = true},
	{"exotel", "passthru_client_hangup", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_CANCELED,
		.final_leg = true},
	{"exotel", "status_json", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_COMPLETED, .seconds = 73},
	{"exotel", "status_form", HOOK_STATUS, 0, EXOTEL_ID, .status = CALL_BUSY},

	{"plivo", "connect", HOOK_VOICE, 0, UUID("1"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "connect_by_get", HOOK_VOICE, 0, UUID("2"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "connect_second_token", HOOK_VOICE, 0, UUID("3"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "connect_v2", HOOK_VOICE, 0, UUID("4"), A, VN, .action = ACTION_CONNECT},
	{"plivo", "forward", HOOK_VOICE, 0, UUID("5"), STRANGER, VN, .action = ACTION_FORWARD},
	{"plivo", "reject", HOOK_VOICE, 0, UUID("6"), STRANGER, VN, .action = ACTION_REJECT},
	{"plivo", "reject_withheld", HOOK_VOICE, 0, UUID("7"), 0, VN, true, .action = ACTION_REJECT},
	{"plivo", "reject_sip_caller", HOOK_VOICE, 0, UUID("8"), 0, VN, .action = ACTION_REJECT},
	{"plivo", "announce", HOOK_VOICE, 0, UUID("a"), STRANGER, VN, .action = ACTION_ANNOUNCE},
	{"plivo", "digits", HOOK_VOICE, 0, UUID("b"), STRANGER, VN, .action = ACTION_DIGITS},
	{"plivo", "digits_again", HOOK_VOICE, 0, UUID("b"), STRANGER, VN, .digits = "123456",
		.action = ACTION_DIGITS},
	{"plivo", "forged", HOOK_VOICE, .forged = true},
	{"plivo", "forged_v2_beside_v3", HOOK_VOICE, .forged = true},
	{"plivo", "status_leg_answered", HOOK_STATUS, 0, UUID("1"), .status = CALL_ANSWERED},
	{"plivo", "status_leg_hangup", HOOK_STATUS, 0, UUID("1"), .status = CALL_COMPLETED, .seconds = 73},
	{"plivo", "status_leg_not_answered", HOOK_STATUS, 0, UUID("1"), .status = CALL_CONNECTING},
	{"plivo", "status_dial_completed", HOOK_STATUS, 0, UUID("1"), .status = CALL_ANSWERED, .final_leg = true},
	{"plivo", "status_dial_no_answer", HOOK_STATUS, 0, UUID("1"), .status = CALL_NO_ANSWER, .final_leg = true},
	{"plivo", "status_call_hangup", HOOK_STATUS, 0, UUID("1"), .status = CALL_COMPLETED, .seconds = 80},
	{"plivo", "status_call_canceled", HOOK_STATUS, 0, UUID("1"), .status = CALL_CANCELED},

	{"signalwire", "connect", HOOK_VOICE, 0, UUID("1"), A, VN, .attestation = 'A', .action = ACTION_CONNECT},
	{"signalwire", "connect_by_get", HOOK_VOICE, 0, UUID("2"), A, VN, .action = ACTION_CONNECT},
	{"signalwire", "connect_second_key", HOOK_VOICE, 0, UUID("3"), A, VN, .action = ACTION_CONNECT},
	{"signalwire", "connect_signed_whole", HOOK_VOICE, 0, UUID("4"), A, VN, .action = ACTION_CONNECT},
	{"signalwire", "reject", HOOK_VOICE, 0, UUID("6"), STRANGER, VN, .action = ACTION_REJECT},
	{"signalwire", "reject_withheld", HOOK_VOICE, 0, UUID("7"), 0, VN, true, .action = ACTION_REJECT},
	{"signalwire", "forged", HOOK_VOICE, .forged = true},
	{"signalwire", "forged_url_alone", HOOK_VOICE, .forged = true},
	{"signalwire", "status_dial_completed", HOOK_STATUS, 0, UUID("1"), .status = CALL_COMPLETED, .seconds = 73,
		.final_leg = true},
	{"signalwire", "status_leg_answered", HOOK_STATUS, 0, UUID("1"), .status = CALL_ANSWERED},
};

static const struct account twilio_account = {.name = "main", .secret = "12345", .secret_2 = "67890"};
static const struct account plivo_account = {.name = "main", .secret = "12345", .secret_2 = "67890"};
static const struct account signalwire_account = {.name = "main", .secret = "PSK12345", .secret_2 = "PSK67890"};
static const struct account exotel_account = {
	.name = "india", .secret_path = INDIA_SECRET, .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};

static const struct account *account_of(const struct fixture *fixture)
{
	struct str provider = str_of(fixture->provider);

	return str_equal(provider, STR("twilio")) ? &twilio_account
	       : str_equal(provider, STR("plivo")) ? &plivo_account
	       : str_equal(provider, STR("signalwire")) ? &signalwire_account
							 : &exotel_account;
}

static struct str hook_base_of(const struct account *account)
{
	return account == &exotel_account  ? STR(RAW_PUBLIC_URL "/hooks/exotel/india/" INDIA_SECRET "/")
	       : account == &plivo_account ? STR(RAW_PUBLIC_URL "/hooks/plivo/main/")
	       : account == &signalwire_account ? STR(RAW_PUBLIC_URL "/hooks/signalwire/main/")
					   : STR(RAW_PUBLIC_URL "/hooks/twilio/main/");
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

static struct decision decision_of(const struct fixture *fixture, bool india)
{
	struct decision decision = {
		.action = fixture->action, .ring_s = 30, .max_call_s = 3600, .pin_digits = 6};

	if (fixture->action == ACTION_CONNECT) {
		decision.callee.e164 = india ? 919876543221 : 14155550199;
		decision.show.e164 = india ? 918047112244 : 15005550010;
	} else if (fixture->action == ACTION_FORWARD) {
		decision.callee.e164 = india ? 919876543250 : 12025550123;
		decision.show.e164 = india ? INDIA_VN : VN;
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

static void expect_voice(const struct fixture *fixture, const struct account *account,
	const struct provider *provider, const struct webhook *webhook, struct arena *arena)
{
	bool india = account == &exotel_account;
	struct decision decision = decision_of(fixture, india);
	struct answer answer = {.decision = &decision,
		.pin_again = fixture->digits != NULL,
		.hook_base = hook_base_of(account)};
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
	const struct account *account = account_of(fixture);
	char room[8192];
	struct raw_webhook raw;
	struct arena arena;

	assert_non_null(provider);
	raw_webhook_read(&raw, read_file(fixture, "request", room, sizeof room));
	struct page_end body = page_end_copy(raw.webhook.body), query = page_end_copy(raw.webhook.query);
	raw.webhook.body = body.text;
	raw.webhook.query = query.text;
	arena_init(&arena, 1 << 20);
	assert_int_equal(provider->hook(account, &raw.webhook), fixture->hook);
	assert_int_equal(provider->verify(account, &raw.webhook), !fixture->forged);
	if (!fixture->forged && fixture->hook == HOOK_VOICE)
		expect_voice(fixture, account, provider, &raw.webhook, &arena);
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
