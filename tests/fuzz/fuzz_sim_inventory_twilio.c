/* Any requests to Twilio's side of the inventory: a request is three lines (method, target behind the
 * account, body). Whatever they ask for, the books stay right and each answer is one that our client reads. */
#include "base/check.h"
#include "provider/inventory.h"
#include "provider/provider.h"
#include "provider/sim_inventory_twilio.h"
#include "wire/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NUMBERS 4
#define OWNED_MAX 3
#define REQUESTS_MAX 32

static const struct account account = {.name = "main", .sid = "AC0", .secret = "token"};
static struct sim_twilio_number table[NUMBERS];
static struct sim_inventory_twilio sim;

static void begin(void)
{
	static const struct sim_twilio_number offers[NUMBERS] = {
		{.number = {15005550006}, .country = 'U' << 8 | 'S', .type = "local", .sms = true},
		{.number = {15005550007}, .country = 'U' << 8 | 'S', .type = "local", .region = "CA"},
		{.number = {447700900000}, .country = 'G' << 8 | 'B', .type = "mobile", .wants_address = true},
		{.number = {447700900001}, .country = 'G' << 8 | 'B', .type = "mobile"},
	};

	sim_inventory_twilio_init(&sim, account.sid, account.secret, table, NUMBERS, OWNED_MAX);
	for (int i = 0; i < NUMBERS; i++)
		ASSERT(sim_inventory_twilio_offer(&sim, &offers[i]) == ERR_OK);
}

static void check_books(void)
{
	int owned = 0;

	for (int i = 0; i < NUMBERS; i++) {
		owned += table[i].serial != 0;
		ASSERT(!table[i].application[0] || !table[i].trunk[0]);
		ASSERT(table[i].serial || !table[i].voice_url[0]);
	}
	ASSERT(sim.n == NUMBERS && sim.owned == owned && owned <= OWNED_MAX);
}

static void check_answer(int status, struct str body)
{
	const struct inventory *twilio = inventory_find(STR("twilio"));
	struct inventory_result result;
	struct inventory_page page = {0};
	struct arena arena;

	arena_init(&arena, 1 << 20);
	twilio->read_list(&account, status, body, &arena, &page, &result);
	if (status >= 300)
		ASSERT(result.code[0] && result.outcome != INVENTORY_UNREADABLE);
	if (body.len > 26 && memcmp(body.at, "{\"incoming_phone_numbers\":", 26) == 0)
		ASSERT(result.outcome == INVENTORY_DONE && page.n <= sim.owned);
	arena_done(&arena);
}

static void ask(struct str method, struct str target_rest, struct str body, struct buf *out)
{
	char target_text[4096], authorization_text[64];
	struct buf target, authorization;

	buf_fixed(&target, target_text, sizeof target_text);
	buf_lit(&target, "/2010-04-01/Accounts/AC0/");
	buf_str(&target, target_rest);
	buf_fixed(&authorization, authorization_text, sizeof authorization_text);
	buf_lit(&authorization, "Basic ");
	base64_put(&authorization, "AC0:token", 9);
	if (!buf_ok(&target))
		return;
	const struct sim_twilio_ask one = {.method = method,
		.target = buf_text(&target),
		.authorization = buf_text(&authorization),
		.content_type = STR("application/x-www-form-urlencoded"),
		.body = body,
		.now_ms = 1438298344000};
	int status = sim_inventory_twilio_answer(&sim, &one, out);
	ASSERT(status == 200 || status == 201 || status == 204 || (status >= 400 && status < 500));
	ASSERT((status == 204) == (out->len == 0));
	check_books();
	check_answer(status, buf_text(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_n((const char *)data, size);
	struct buf out;

	if (size > 65536)
		return 0;
	begin();
	buf_init(&out, SIM_TWILIO_ANSWER_MAX);
	for (int i = 0; i < REQUESTS_MAX && rest.len; i++) {
		struct str method = str_cut(rest, '\n', &rest), target = str_cut(rest, '\n', &rest);
		ask(method, target, str_cut(rest, '\n', &rest), &out);
	}
	buf_done(&out);
	return 0;
}
