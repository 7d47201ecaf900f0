/* sinch: any bytes as headers and body. First line: the Authorization header, second: x-timestamp, the rest
 * is the body. What verifies was signed with the account's own secret, what parses is within its limits, and
 * the simulated provider reads any document without harm. */
#include "base/check.h"
#include "provider/provider.h"
#include "provider/sinch_signature.h"

#define SECRET "BeIukql3pTKJ8RGL5zo0DA=="
#define NOW_MS 1411556381000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct headers {
	struct str authorization, timestamp;
};

static struct str header(const void *context, const char *name)
{
	const struct headers *headers = context;

	return strcmp(name, "Authorization") == 0 ? headers->authorization : headers->timestamp;
}

static void parse(const struct provider *sinch, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (sinch->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
	}
	if (sinch->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(report.seconds == 0 || report.status == CALL_COMPLETED);
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {
		.name = "eu", .api_key = "669E367E-6BBA-48AB-AF15-266871C28135", .secret = SECRET};
	const struct provider *sinch = provider_find(STR("sinch"));
	struct sim_outcome outcome;
	struct headers headers;

	if (size > 65536)
		return 0;
	struct str rest = str_n((const char *)data, size);
	headers.authorization = str_cut(rest, '\n', &rest);
	headers.timestamp = str_cut(rest, '\n', &rest);
	struct webhook webhook = {.post = true,
		.rest = STR("voice"),
		.url = STR("https://vn.example.com/hooks/sinch/eu/voice"),
		.header = header,
		.header_context = &headers,
		.now_ms = NOW_MS,
		.peer = "203.0.113.7",
		.content_type = STR("application/json"),
		.body = rest};
	sinch->hook(&account, &webhook);
	if (sinch->verify(&account, &webhook)) {
		char signature[SINCH_SIGNATURE_SIZE];
		struct sinch_signed what = {
			webhook.content_type, headers.timestamp, STR("/hooks/sinch/eu/voice"), webhook.body};
		ASSERT(sinch_sign(STR(SECRET), &what, signature));
		ASSERT(headers.authorization.len >= 44 &&
			memcmp(headers.authorization.at + headers.authorization.len - 44, signature, 44) ==
				0);
	}
	parse(sinch, &account, &webhook);
	if (sinch->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK &&
		outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
