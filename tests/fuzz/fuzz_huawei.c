/* huawei: any bytes as header and body. First line: the X-AKSK header; the rest is the body. What opens is made
 * with the account's secret, what parses is within its limits, and the simulated provider reads any document
 * without harm. */
#include "base/check.h"
#include "provider/provider.h"

#define SECRET_PATH "9f2c5d1e8a7b4c60"
#define DIGEST "zF1iBETEfRkYCOWbUTf6HmG9kdBwqIZDKuP+C2QhFmA=" /* of the nonce and the time in the corpus */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str aksk_header(const void *context, const char *name)
{
	return strcmp(name, "X-AKSK") == 0 ? *(const struct str *)context : STR_NONE;
}

static void parse(const struct provider *huawei, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (huawei->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
		ASSERT(ask.attestation == 0);
	}
	if (huawei->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.no_news || (report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX));
		ASSERT(report.seconds == 0);
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {
		.name = "cn", .secret_path = SECRET_PATH, .api_key = "app1", .secret = "cfc8secret"};
	const struct provider *huawei = provider_find(STR("huawei"));
	struct sim_outcome outcome;

	if (size > 65536)
		return 0;
	struct str body, aksk = str_cut(str_n((const char *)data, size), '\n', &body);
	struct webhook webhook = {.post = true,
		.rest = STR(SECRET_PATH "/voice"),
		.header = aksk_header,
		.header_context = &aksk,
		.peer = "203.0.113.7",
		.content_type = STR("application/json"),
		.now_ms = 1518449420000,
		.body = body};
	huawei->hook(&account, &webhook);
	if (huawei->verify(&account, &webhook))
		ASSERT(aksk.len && memmem(aksk.at, aksk.len, DIGEST, sizeof DIGEST - 1));
	parse(huawei, &account, &webhook);
	if (huawei->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK && outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
