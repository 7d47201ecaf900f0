/* messagebird: any bytes as query or body. First byte: bit 0 POST, bit 1 JSON. Then a line with the query, the rest
 * is the body. Without the key nothing opens, with the simulated provider's token it does; what parses is within its
 * limits. */
#include "base/check.h"
#include "provider/messagebird_signature.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str jwt_header(const void *context, const char *name)
{
	return strcmp(name, "MessageBird-Signature-JWT") == 0 ? *(const struct str *)context : STR_NONE;
}

static void verify(const struct provider *bird, const struct account *account, struct webhook *webhook)
{
	const struct account other = {.name = "main", .secret = "other"};
	char room[2048];
	struct buf token;
	struct str text = webhook->body;

	webhook->header = jwt_header;
	webhook->header_context = &text;
	ASSERT(!bird->verify(account, webhook));
	buf_fixed(&token, room, sizeof room);
	messagebird_sign(str_of(account->secret), webhook->url, webhook->body, webhook->now_ms, &token);
	ASSERT(buf_ok(&token));
	text = buf_text(&token);
	ASSERT(bird->verify(account, webhook) && !bird->verify(&other, webhook));
}

static void parse(const struct provider *bird, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (bird->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
	}
	if (bird->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.no_news || (report.call_id.len >= 1 && report.call_id.len <= CALL_PROVIDER_ID_MAX));
		ASSERT(report.seconds == 0 || report.status == CALL_COMPLETED);
	}
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "main", .secret = "PSKsigning"};
	const struct provider *bird = provider_find(STR("messagebird"));
	struct sim_outcome outcome;

	if (size == 0 || size > 65536)
		return 0;
	struct webhook webhook = {.post = data[0] & 1,
		.peer = "203.0.113.7",
		.url = STR("https://vn.example.com/hooks/messagebird/main/voice"),
		.now_ms = 1704067200000,
		.content_type = data[0] & 2 ? STR("application/json") : STR("application/x-www-form-urlencoded")};
	webhook.query = str_cut(str_n((const char *)data + 1, size - 1), '\n', &webhook.body);
	verify(bird, &account, &webhook);
	parse(bird, &account, &webhook);
	if (bird->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK && outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
