/* alibaba: any bytes as path, query and body. First byte: bit 0 POST. Then a line with the target, the rest is the
 * body. Only the account's own secret opens, what parses is within its limits. */
#include "base/check.h"
#include "provider/provider.h"

#define SECRET "9f2c5d1e8a7b4c60"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "cn",
		.secret_path = SECRET,
		.dialplan = {'C' << 8 | 'N', 86, "0", "00", 1u << 10 | 1u << 11}};
	const struct provider *alibaba = provider_find(STR("alibaba"));
	struct sim_outcome outcome;
	struct arena arena;
	struct ask ask;

	if (size == 0 || size > 65536)
		return 0;
	struct webhook webhook = {
		.post = data[0] & 1, .peer = "203.0.113.7", .content_type = STR("application/x-www-form-urlencoded")};
	struct str target = str_cut(str_n((const char *)data + 1, size - 1), '\n', &webhook.body);
	webhook.path = webhook.rest = str_cut(target, '?', &webhook.query);
	alibaba->hook(&account, &webhook);
	ASSERT(!alibaba->verify(&account, &webhook) || str_starts(webhook.rest, STR(SECRET "/")));
	arena_init(&arena, 1 << 20);
	if (alibaba->parse_voice(&account, &webhook, &arena, &ask) == ERR_OK) {
		ASSERT(ask.call_id.len >= 1 && ask.call_id.len <= CALL_PROVIDER_ID_MAX);
		ASSERT(!ask.question.withheld || !number_is(ask.question.caller));
		ASSERT(ask.called_is_number == number_is(ask.question.called));
	}
	arena_done(&arena);
	if (alibaba->sim->read(&account, 200, webhook.body, &outcome) == ERR_OK && outcome.action == ACTION_CONNECT)
		ASSERT(number_is(outcome.rings));
	return 0;
}
