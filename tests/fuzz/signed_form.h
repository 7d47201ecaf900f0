/* signed_form: Twilio's dialect, which SignalWire speaks too. The fuzzer that includes this names the provider (FUZZED) and
 * the header of its signature (HEADER).
 *
 * Any bytes as signature, URL and body. First byte: bit 0 POST, bit 1 form. Then lines: signature, URL, and the rest is the
 * body. Nothing verifies, what parses is within its limits, and the simulated provider reads any document without harm. */
#include "base/check.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str signature_header(const void *context, const char *name)
{
	return strcmp(name, HEADER) == 0 ? *(const struct str *)context : STR_NONE;
}

static void parse(const struct provider *provider, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (provider->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
		ASSERT(ask.attestation == 0 || (ask.attestation >= 'A' && ask.attestation <= 'C'));
	}
	if (provider->parse_status(account, webhook, &arena, &report) == ERR_OK)
		ASSERT(report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "main",
		.secret = "5c1a0fd34b97",
		.secret_2 = "a7",
		.dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};
	const struct provider *provider = provider_find(STR(FUZZED));
	struct sim_outcome outcome;

	if (size == 0 || size > 65536)
		return 0;
	struct str body, signature = str_cut(str_n((const char *)data + 1, size - 1), '\n', &body);
	struct webhook webhook = {.post = data[0] & 1,
		.header = signature_header,
		.header_context = &signature,
		.peer = "203.0.113.7",
		.content_type =
			data[0] & 2 ? STR("application/x-www-form-urlencoded") : STR("application/json")};
	webhook.url = str_cut(body, '\n', &webhook.body);
	webhook.rest = webhook.url;
	webhook.path = str_cut(webhook.url, '?', &webhook.query);
	provider->hook(&account, &webhook);
	ASSERT(!provider->verify(&account, &webhook));
	parse(provider, &account, &webhook);
	if (provider->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK &&
		outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
