/* 8x8: any bytes as header and body. First line: the Authorization header; the rest is the body. Only the
 * account's own header opens, what parses is within its limits, and the simulated provider reads any document
 * without harm. */
#include "base/check.h"
#include "provider/provider.h"

#define OPEN "Bearer s3cret"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str authorization_header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? *(const struct str *)context : STR_NONE;
}

static void parse(const struct provider *x8x8, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (x8x8->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
		ASSERT(ask.attestation == 0);
	}
	if (x8x8->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(report.seconds == 0 || report.status == CALL_COMPLETED);
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "sg", .secret = OPEN};
	const struct provider *x8x8 = provider_find(STR("8x8"));
	struct sim_outcome outcome;

	if (size > 65536)
		return 0;
	struct str body, authorization = str_cut(str_n((const char *)data, size), '\n', &body);
	struct webhook webhook = {.post = true,
		.rest = STR("voice"),
		.header = authorization_header,
		.header_context = &authorization,
		.peer = "203.0.113.7",
		.content_type = STR("application/json"),
		.body = body};
	ASSERT(x8x8->verify(&account, &webhook) == str_equal(authorization, STR(OPEN)));
	parse(x8x8, &account, &webhook);
	if (x8x8->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK &&
		outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings) && number_is(outcome.shows));
	return 0;
}
