/* What holds for every dialect: one refusal is like another, and a call without a VN to show can't be written. */
#include "unit/test.h"

#include "provider/provider.h"

#define CALLEE 14155550199
#define VN 15005550010

/* What a dialect can say beside yes and no: where it can't, the decision is refused. */
struct rules {
	const char *provider, *content_type;
	bool announces, asks;
	struct account account;
};

static const struct rules all_rules[] = {
	{"twilio", "text/xml", true, true, {.name = "main"}},
	{"signalwire", "text/xml", true, true, {.name = "main"}},
	{"telnyx", "text/xml", true, true, {.name = "main"}},
	{"vonage", "application/json", true, true, {.name = "main"}},
	{"plivo", "application/xml", true, true, {.name = "main"}},
	{"bandwidth", "application/xml", true, true, {.name = "main"}},
	{"sinch", "application/json", true, false, {.name = "main"}},
	{"infobip", "application/json", false, false,
		{.name = "main", .audio_url = "https://files.example.com/refused.mp3"}},
	{"8x8", "application/json", true, false, {.name = "main"}},
	{"messagebird", "application/xml", true, false, {.name = "main"}},
	{"huawei", "application/json", false, false, {.name = "main", .secret_path = "9f2c5d1e8a7b4c60"}},
	{"alibaba", "application/json", false, false,
		{.name = "main", .secret_path = "9f2c5d1e8a7b4c60", .dialplan = {'C' << 8 | 'N', 86, "0", "00", 1u << 11}}},
	{"exotel", "application/json", false, false,
		{.name = "main", .secret_path = "9f2c5d1e8a7b4c60", .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}}},
};

static const struct rules *rules_of(const struct provider *provider)
{
	for (size_t i = 0; i < sizeof all_rules / sizeof all_rules[0]; i++)
		if (strcmp(all_rules[i].provider, provider->name) == 0)
			return &all_rules[i];
	return NULL;
}

static struct provider_reply render(const struct provider *provider, const struct decision *decision, bool pin_again,
	char room[2048], struct buf *out)
{
	const struct answer answer = {.decision = decision, .hook_base = STR("https://vn.example.com/hooks/x/main/"),
		.call_id = STR("c-1"), .called = {VN}, .pin_again = pin_again};

	buf_fixed(out, room, 2048);
	struct provider_reply reply = provider->render(&rules_of(provider)->account, &answer, out);
	assert_true(buf_ok(out));
	return reply;
}

static void every_dialect_that_has_webhooks_of_its_own_is_listed(void **state)
{
	(void)state;
	for (int i = 0; providers[i]; i++)
		if (!rules_of(providers[i]))
			assert_string_equal(providers[i]->name, "generic"); /* rendered by the app's own server */
}

/* All that may differ between two refusals. */
static struct decision refusal(enum action action, int reason)
{
	return (struct decision){.action = action, .reason = (enum reason)reason, .session = (uint64_t)reason * 77,
		.pool = (uint16_t)reason, .vn = (uint32_t)reason, .ring_s = (uint32_t)reason, .pin_digits = 6,
		.wrong_pin = reason & 1};
}

static void are_alike(const struct provider *provider, enum action action, enum action like)
{
	const struct decision plain = {.action = like, .pool = UINT16_MAX};
	char first_room[2048], room[2048];
	struct buf first, out;

	render(provider, &plain, false, first_room, &first);
	assert_true(first.len > 0);
	for (int reason = 0; reason < REASON__COUNT; reason++) {
		struct decision decision = refusal(action, reason);
		struct provider_reply reply = render(provider, &decision, reason & 1, room, &out);
		assert_int_equal(reply.status, 200);
		assert_string_equal(reply.content_type, rules_of(provider)->content_type);
		assert_int_equal(out.len, first.len);
		assert_memory_equal(room, first_room, out.len);
	}
}

static void refusals_are_the_same_bytes_whatever_the_reason_and_the_caller(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof all_rules / sizeof all_rules[0]; i++) {
		const struct provider *provider = provider_find(str_of(all_rules[i].provider));
		assert_non_null(provider);
		are_alike(provider, ACTION_REJECT, ACTION_REJECT);
		are_alike(provider, ACTION_ANNOUNCE, all_rules[i].announces ? ACTION_ANNOUNCE : ACTION_REJECT);
		if (!all_rules[i].asks)
			are_alike(provider, ACTION_DIGITS, ACTION_REJECT);
	}
}

/* What a dialect can say it does say: it is no refusal in other words. */
static void what_a_dialect_can_say_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof all_rules / sizeof all_rules[0]; i++) {
		const struct provider *provider = provider_find(str_of(all_rules[i].provider));
		struct decision decisions[] = {
			{.action = ACTION_REJECT}, {.action = ACTION_ANNOUNCE}, {.action = ACTION_DIGITS, .pin_digits = 6}};
		char room[3][2048];
		struct buf out[3];
		for (int k = 0; k < 3; k++)
			render(provider, &decisions[k], false, room[k], &out[k]);
		assert_int_equal(!str_equal(buf_text(&out[0]), buf_text(&out[1])), all_rules[i].announces);
		assert_int_equal(!str_equal(buf_text(&out[0]), buf_text(&out[2])), all_rules[i].asks);
	}
}

struct broken {
	const struct provider *provider;
	struct decision decision;
};

static void render_broken(void *context)
{
	const struct broken *broken = context;
	char room[2048];
	struct buf out;

	render(broken->provider, &broken->decision, false, room, &out);
}

static void a_call_without_a_number_to_show_cannot_be_written(void **state)
{
	static const struct decision decisions[] = {
		{.action = ACTION_CONNECT, .callee = {CALLEE}, .ring_s = 30},
		{.action = ACTION_CONNECT, .show = {VN}, .ring_s = 30},
		{.action = ACTION_FORWARD, .callee = {CALLEE}, .ring_s = 30},
	};

	(void)state;
	for (size_t i = 0; i < sizeof all_rules / sizeof all_rules[0]; i++) {
		struct broken broken = {.provider = provider_find(str_of(all_rules[i].provider))};
		for (size_t k = 0; k < sizeof decisions / sizeof decisions[0]; k++) {
			broken.decision = decisions[k];
			assert_true(test_dies(render_broken, &broken));
		}
		broken.decision = (struct decision){
			.action = ACTION_CONNECT, .callee = {CALLEE}, .show = {VN}, .ring_s = 30, .max_call_s = 60};
		assert_false(test_dies(render_broken, &broken));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialect_that_has_webhooks_of_its_own_is_listed),
		cmocka_unit_test(refusals_are_the_same_bytes_whatever_the_reason_and_the_caller),
		cmocka_unit_test(what_a_dialect_can_say_is_said),
		cmocka_unit_test(a_call_without_a_number_to_show_cannot_be_written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
