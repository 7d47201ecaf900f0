/* control: any bytes as what a provider of Call Control says. First byte: bit 0 an event, else an answer to a
 * command, whose status is by bits 1 to 3. Behind an event's first byte the body. What holds of every event is
 * asserted here; whatever it asks for is commanded. */
#include "base/check.h"
#include "provider/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct account account = {.name = "main", .api_key = "k", .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};

static bool is_id(struct str text, size_t max)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return false;
	return text.len >= 1 && text.len <= max;
}

static void command(const struct control_out *out)
{
	static struct inventory_request request, again;
	struct control_out instead = control_instead(out, true);

	ASSERT(control_telnyx.command(&account, out, &request) == ERR_OK);
	ASSERT(control_telnyx.command(&account, out, &again) == ERR_OK);
	ASSERT(strcmp(request.url, again.url) == 0 && strcmp(request.body, again.body) == 0);
	ASSERT(strncmp(request.url, "https://api.telnyx.com/v2/calls/", 32) == 0 && !strstr(request.url, "/../"));
	ASSERT(control_telnyx.command(&account, &instead, &again) == ERR_OK);
}

static void decide_each(const struct control_event *event)
{
	for (enum action action = ACTION_REJECT; action <= ACTION_FORWARD; action++) {
		const struct decision decision = {.action = action, .callee = {14155550199}, .show = {15005550010}, .ring_s = 30,
			.max_call_s = 3600, .pin_digits = 6};
		const struct control_out out = control_out_of(event, &decision);
		ASSERT(!event->answered || (out.verb != CONTROL_REJECT && out.verb != CONTROL_ANSWER_TO_SAY));
		ASSERT(out.verb == CONTROL_TRANSFER || (!number_is(out.to) && !number_is(out.shown)));
		command(&out);
	}
}

static void expect_event(const struct control_event *event)
{
	const struct control_out step = {.verb = event->next, .leg = event->leg, .event = event->id,
		.pin_digits = event->pin_digits, .attestation = event->attestation};

	ASSERT(is_id(event->id, CONTROL_ID_MAX));
	if (event->kind == CONTROL_NOTHING)
		return;
	ASSERT(is_id(event->leg, CONTROL_ID_MAX) && is_id(event->call_id, CALL_PROVIDER_ID_MAX));
	if (event->kind == CONTROL_QUESTION) {
		ASSERT(str_equal(event->ask.call_id, event->call_id));
		ASSERT(!event->ask.question.withheld || !number_is(event->ask.question.caller));
		ASSERT(event->ask.called_is_number == number_is(event->ask.question.called));
		ASSERT(event->ask.attestation == 0 || (event->ask.attestation >= 'A' && event->ask.attestation <= 'C'));
		ASSERT(event->answered == (event->ask.question.digits.len > 0));
		decide_each(event);
	} else if (event->kind == CONTROL_STEP) {
		ASSERT(event->next == CONTROL_SAY || event->next == CONTROL_HANG_UP ||
			(event->next == CONTROL_GATHER && event->pin_digits > 0));
		command(&step);
	} else {
		ASSERT(event->report.status >= CALL_ANSWERED);
		ASSERT(!event->caller_leg.len || (event->leg_ended && is_id(event->caller_leg, CONTROL_ID_MAX)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 202, 400, 401, 404, 422, 429, 503};
	struct control_event event;
	struct arena arena;
	char code[32];

	if (size == 0 || size > 65536)
		return 0;
	struct str bytes = str_n((const char *)data + 1, size - 1);
	if (data[0] & 1) {
		const struct webhook webhook = {.post = true, .rest = STR("control"), .body = bytes};
		arena_init(&arena, 1 << 20);
		if (control_telnyx.parse(&account, &webhook, &arena, &event) == ERR_OK)
			expect_event(&event);
		arena_done(&arena);
		return 0;
	}
	int status = statuses[data[0] >> 1 & 7];
	enum control_outcome outcome = control_telnyx.read(status, bytes, code);
	ASSERT((outcome == CONTROL_DONE) == (status < 300));
	ASSERT(code[0] && strlen(code) < sizeof code);
	return 0;
}
