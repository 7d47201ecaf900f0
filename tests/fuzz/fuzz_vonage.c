/* vonage: any bytes as token, query and body. First byte: bit 0 POST. Then lines: the Authorization header, the query; the rest is
 * the body. Nothing verifies but what is signed by the account's secret; what parses is within its limits. */
#include "base/check.h"
#include "provider/provider.h"
#include "provider/vonage_signature.h"
#include "wire/jwt.h"

#define NOW_MS 1704067200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str header(const void *context, const char *name)
{
	return strcmp(name, "Authorization") == 0 ? *(const struct str *)context : STR_NONE;
}

static void parse(const struct provider *vonage, const struct account *account, const struct webhook *webhook)
{
	struct report report;
	struct arena arena;
	struct ask ask;

	arena_init(&arena, 1 << 20);
	if (vonage->parse_voice(account, webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
	}
	if (vonage->parse_status(account, webhook, &arena, &report) == ERR_OK) {
		ASSERT(report.no_news || report.call_id.len >= 1);
		ASSERT(report.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(report.seconds == 0 || report.status == CALL_COMPLETED);
	}
	arena_done(&arena);
}

/* Claims that somebody who has the secret could sign: never more than a refusal. */
static void read_claims(const struct account *account, const struct webhook *webhook, struct str claims)
{
	char room[JWT_MAX + 16];
	struct buf out;

	buf_fixed(&out, room, sizeof room);
	buf_lit(&out, "Bearer ");
	jwt_put(&out, str_of(account->secret), claims);
	struct str value = buf_text(&out);
	struct webhook copy = *webhook;
	copy.header_context = &value;
	if (buf_ok(&out) && vonage_signature_holds(account, &copy))
		ASSERT(memmem(claims.at, claims.len, "payload", 7) || memchr(claims.at, '\\', claims.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "main", .secret = "5c1a0fd34b97", .secret_2 = "a7"};
	const struct provider *vonage = provider_find(STR("vonage"));
	struct sim_outcome outcome;
	char room[1024];
	struct buf made;

	if (size == 0 || size > 65536)
		return 0;
	struct str body, value = str_cut(str_n((const char *)data + 1, size - 1), '\n', &body);
	struct webhook webhook = {.post = data[0] & 1,
		.rest = STR("voice"),
		.header = header,
		.header_context = &value,
		.peer = "203.0.113.7",
		.now_ms = NOW_MS};
	webhook.query = str_cut(body, '\n', &webhook.body);
	ASSERT(!vonage->verify(&account, &webhook));
	read_claims(&account, &webhook, webhook.body);
	buf_fixed(&made, room, sizeof room);
	vonage_sign(&account, webhook.body, NOW_MS, &made);
	value = buf_text(&made);
	ASSERT(!webhook.post || vonage->verify(&account, &webhook));
	parse(vonage, &account, &webhook);
	if (vonage->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK &&
		outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
