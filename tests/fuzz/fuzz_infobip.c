/* infobip: any bytes as header and body. First line: the Authorization header; the rest is the body. What
 * verifies was signed with the account's own key, what parses is within its limits, and the simulated
 * provider reads any document without harm. */
#include <strings.h>

#include "base/check.h"
#include "provider/infobip_signature.h"
#include "provider/provider.h"

#define KEY "5da086b6a8e4424993646b8699c333ca"
#define URL "https://vn.example.com/hooks/infobip/eu/voice"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str authorization_header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? *(const struct str *)context : STR_NONE;
}

static void parse(
	const struct provider *infobip, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (infobip->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
	}
	if (infobip->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(report.seconds == 0 || report.status == CALL_COMPLETED);
	}
	arena_done(&arena);
}

static bool ends_with_hash(struct str header, const char *called, struct str body)
{
	char hash[INFOBIP_SIGNATURE_SIZE], given[INFOBIP_SIGNATURE_SIZE];

	ASSERT(infobip_sign(STR(KEY), str_of(called), body, hash));
	return header.len > 64 && str_copy(given, sizeof given, str_n(header.at + header.len - 64, 64)) &&
	       strcasecmp(given, hash) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {
		.name = "eu", .sid = "55ddccad2df62a4b615b7e3c472b2ab6", .api_key = KEY};
	const struct provider *infobip = provider_find(STR("infobip"));
	struct sim_outcome outcome;

	if (size > 65536)
		return 0;
	struct str body, authorization = str_cut(str_n((const char *)data, size), '\n', &body);
	struct webhook webhook = {.post = true,
		.rest = STR("voice"),
		.url = STR(URL),
		.header = authorization_header,
		.header_context = &authorization,
		.peer = "203.0.113.7",
		.content_type = STR("application/json"),
		.body = body};
	if (infobip->verify(&account, &webhook))
		ASSERT(ends_with_hash(authorization, "/hooks/infobip/eu/voice", body) ||
			ends_with_hash(authorization, URL, body));
	parse(infobip, &account, &webhook);
	if (infobip->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK &&
		outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings) && number_is(outcome.shows));
	return 0;
}
