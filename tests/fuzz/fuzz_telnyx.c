/* telnyx: any bytes as key, headers and body. First byte: bit 0 POST. Then lines: public key, timestamp, signature; the rest is
 * the body. Nothing verifies but what the simulated Telnyx signed; what parses is within its limits. */
#include "base/check.h"
#include "provider/provider.h"
#include "provider/telnyx_signature.h"

#define NOW_MS 1704067200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct headers {
	struct str timestamp, signature;
};

static struct str header(const void *context, const char *name)
{
	const struct headers *headers = context;

	if (strcmp(name, "telnyx-timestamp") == 0)
		return headers->timestamp;
	return strcmp(name, "telnyx-signature-ed25519") == 0 ? headers->signature : STR_NONE;
}

static void parse(const struct provider *telnyx, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (telnyx->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
		ASSERT(ask.attestation == 0 || (ask.attestation >= 'A' && ask.attestation <= 'C'));
	}
	if (telnyx->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!report.no_news || (report.seconds == 0 && !report.final_leg));
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct provider *telnyx = provider_find(STR("telnyx"));
	struct account account = {.name = "main", .dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10}};
	char signature[TELNYX_SIGNATURE_SIZE];
	struct sim_outcome outcome;
	struct headers headers;
	struct str body;

	if (size == 0 || size > 65536)
		return 0;
	struct str key = str_cut(str_n((const char *)data + 1, size - 1), '\n', &body);
	str_copy(account.secret, sizeof account.secret, key);
	headers.timestamp = str_cut(body, '\n', &body);
	headers.signature = str_cut(body, '\n', &body);
	struct webhook webhook = {.post = data[0] & 1,
		.rest = STR("voice"),
		.body = body,
		.header = header,
		.header_context = &headers,
		.peer = "203.0.113.7",
		.now_ms = NOW_MS};
	bool sims = str_equal(key, str_of(telnyx_sim_public_key));
	ASSERT(!telnyx->verify(&account, &webhook) || sims);
	telnyx_sim_sign(STR("1704067200"), body, signature);
	headers = (struct headers){STR("1704067200"), str_of(signature)};
	ASSERT(telnyx->verify(&account, &webhook) == (sims && webhook.post));
	parse(telnyx, &account, &webhook);
	if (telnyx->sim->read(&account, 200, body, &outcome) == ERR_OK && outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
