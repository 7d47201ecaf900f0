/* Buying what the book says that this account is to buy now: search, intend, ask once. */
#include "supply/agent_state.h"

#include "base/check.h"
#include "log.h"
#include "phone/phone.h"
#include "supply/tell.h"

#define ROUNDS_MAX 8         /* pools in a row, before orders and purchases under way are looked at again */
#define MORE_OFFERS 5        /* beyond what is wanted: some will be gone, or won't do */
#define NO_OFFERS "nothing is on offer there that fits"

/* One pool's turn. */
struct turn {
	struct agent *agent;
	bool mine;
	uint16_t pool;
	uint16_t country;
	char name[POOL_NAME_MAX + 1];
	bool texts;
	struct supply_policy policy;
	struct book_want want;
	/* of one purchase */
	struct book_offer offer;
	uint64_t id;
	struct purchase_row row;
	int64_t rest_ms;
};

/* --- in the writer --- */

static bool names_us(const struct agent *agent, const struct supply_policy *policy, int at)
{
	const struct supply_account *account = &policy->accounts[at];

	return strcmp(account->provider, agent->self.provider) == 0 && strcmp(account->name, agent->self.name) == 0;
}

static enum err run_turn(void *context, struct engine *engine, int64_t now_ms)
{
	struct turn *turn = context;
	struct agent *agent = turn->agent;
	struct book *book = agent->options.book;

	for (uint16_t i = 0; i < engine_pools(engine) && !turn->mine; i++) {
		const struct supply_policy *policy = book_policy(book, i);
		const struct pool_row *row = engine_pool(engine, i);
		if (!policy->buy || strcmp(row->tenant, agent->options.account->tenant) != 0)
			continue;
		struct book_want want = book_want(book, engine, i, now_ms);
		int at = want.buy ? book_buyer(book, engine, i, now_ms) : -1;
		if (at < 0 || !names_us(agent, policy, at))
			continue;
		turn->mine = true;
		turn->pool = i;
		turn->country = row->policy.country;
		turn->texts = agent_pool_texts(agent, i);
		memcpy(turn->name, row->name, sizeof turn->name);
		turn->policy = *policy;
		turn->want = want;
	}
	return ERR_OK;
}

static enum err run_intend(void *context, struct engine *engine, int64_t now_ms)
{
	struct turn *turn = context;
	enum err err = book_intend(turn->agent->options.book, engine, &turn->offer, now_ms, &turn->id);

	if (err)
		return err;
	turn->row = *book_purchase(turn->agent->options.book, turn->id);
	return tell_audit(engine, now_ms, turn->pool, "number.buy", turn->offer.number, turn->agent->self.name);
}

static enum err run_result(void *context, struct engine *engine, int64_t now_ms)
{
	struct turn *turn = context;
	const struct purchase_row *there = book_purchase(turn->agent->options.book, turn->id);
	enum err err;

	if (!there || !purchase_is_open(there->state))
		return ERR_OK;
	if (!purchase_is_open(turn->row.state))
		turn->row.done_ms = now_ms;
	err = book_purchase_put(turn->agent->options.book, engine, &turn->row);
	if (!err && turn->row.state == PURCHASE_FAILED)
		err = tell_purchase(engine, "purchase.failed", &turn->row);
	return err;
}

static enum err run_rest(void *context, struct engine *engine, int64_t now_ms)
{
	struct turn *turn = context;

	(void)engine;
	book_rest(turn->agent->options.book, turn->pool, &turn->agent->self, now_ms, turn->rest_ms);
	return ERR_OK;
}

static enum err run_rested(void *context, struct engine *engine, int64_t now_ms)
{
	struct turn *turn = context;

	(void)engine;
	(void)now_ms;
	book_rested(turn->agent->options.book, turn->pool, &turn->agent->self);
	return ERR_OK;
}

/* This account rests for this pool; another one, or this one later, goes on. */
static void rest(struct turn *turn, const char *why, int64_t retry_after_s)
{
	turn->rest_ms = retry_after_s > 0 ? retry_after_s * 1000 : 0;
	agent_buying_failed(turn->agent, why);
	if (agent_visit(turn->agent, VISIT_LOOK, run_rest, turn) != ERR_OK)
		log_debug("the back-off of an account is not kept");
}

/* --- what is on offer --- */

static bool search(struct turn *turn, struct inventory_offers *ret_offers)
{
	struct agent *agent = turn->agent;
	struct inventory_want want = {.country = turn->country, .sms = turn->policy.sms};
	uint32_t n = turn->want.buy + MORE_OFFERS;
	struct inventory_request request;
	struct inventory_result result;
	struct desk_answer answer;
	const char *why = "the search doesn't fit";
	char text[200];

	want.n = n < INVENTORY_OFFERS_MAX ? (int)n : INVENTORY_OFFERS_MAX;
	memcpy(want.type, turn->policy.type, sizeof want.type);
	memcpy(want.area, turn->policy.area, sizeof want.area);
	memcpy(want.region, turn->policy.region, sizeof want.region);
	if (agent->inventory->search(agent->options.account, &want, &request, &why) != ERR_OK) {
		rest(turn, why, -1);
		return false;
	}
	enum err err = agent_ask(agent, &request, DESK_SAFE, &answer, &result);
	if (err == ERR_OVERLOADED)
		return false;
	if (err == ERR_OK)
		agent->inventory->read_search(agent->options.account, answer.status, answer.body, &agent->arena, ret_offers, &result);
	if (err == ERR_OK && result.outcome == INVENTORY_DONE)
		return true;
	agent_say(&result, text, sizeof text);
	rest(turn, text, err == ERR_OK ? answer.retry_after_s : -1);
	return false;
}

/* Providers that can't search by area, or by country as we mean it, are sifted here. */
static bool fits(const struct turn *turn, const struct inventory_offer *offer)
{
	char text[NUMBER_TEXT_SIZE];
	struct phone phone;
	int code = number_country_digits(offer->number);

	if (offer->wants_papers || (offer->country && offer->country != turn->country))
		return false;
	if (phone_parse_vn(str_of(number_text(offer->number, text)), 0, &phone) == ERR_OK && phone.place.country &&
		phone.place.country != turn->country)
		return false;
	return strncmp(text + 1 + code, turn->policy.area, strlen(turn->policy.area)) == 0;
}

/* --- one purchase --- */

enum bought { BOUGHT, NEXT_OFFER, ENOUGH, STOP };

static enum bought intend(struct turn *turn, const struct inventory_offer *offer)
{
	turn->offer = (struct book_offer){
		.pool = turn->pool, .account = turn->agent->self, .number = offer->number, .month_micros = offer->month_micros};
	memcpy(turn->offer.currency, offer->currency, sizeof turn->offer.currency);
	switch (agent_visit(turn->agent, VISIT_CHANGE, run_intend, turn)) {
	case ERR_OK:
		return BOUGHT;
	case ERR_NUMBER_IN_USE:
		return NEXT_OFFER;
	case ERR_NOT_FOUND: /* not wanted any more, or this one is too dear: a cheaper one may do */
		return turn->policy.month_micros ? NEXT_OFFER : ENOUGH;
	default:
		return STOP; /* the store is down, or we are stopping: nothing is bought that can't be written down */
	}
}

/* A purchase that the provider surely did not make. */
static enum bought refuse(struct turn *turn, const struct inventory_result *result, int64_t retry_after_s)
{
	char text[160];

	agent_say(result, text, sizeof text);
	turn->row.state = PURCHASE_FAILED;
	snprintf(turn->row.code, sizeof turn->row.code, "%s", result->code[0] ? result->code : inventory_outcome_words[result->outcome]);
	memcpy(turn->row.why, text, sizeof turn->row.why);
	if (agent_visit(turn->agent, VISIT_CHANGE, run_result, turn) != ERR_OK)
		return STOP;
	if (result->outcome == INVENTORY_GONE)
		return NEXT_OFFER; /* somebody else was quicker */
	rest(turn, text, retry_after_s);
	return STOP;
}

static enum bought read_answer(struct turn *turn, const struct desk_answer *answer)
{
	struct agent *agent = turn->agent;
	struct inventory_bought bought = {0};
	struct inventory_result result;

	agent->inventory->read_buy(agent->options.account, answer->status, answer->body, &agent->arena, &bought, &result);
	if (answer->unsure || result.outcome == INVENTORY_UNREADABLE) {
		agent_settle_soon(agent, 0); /* it stays an intent: what we own is looked at */
		return STOP;
	}
	if (result.outcome != INVENTORY_DONE && result.outcome != INVENTORY_PENDING)
		return refuse(turn, &result, answer->retry_after_s);
	/* Another number than was asked for would be a provider's fault; what is listed as ours decides. */
	turn->row.state = result.outcome == INVENTORY_PENDING ? PURCHASE_PENDING : PURCHASE_BOUGHT;
	if (number_is(bought.number) && !number_equal(bought.number, turn->row.number))
		turn->row.state = PURCHASE_INTENT;
	memcpy(turn->row.order, bought.order, sizeof turn->row.order);
	agent_settle_soon(agent, 0);
	return agent_visit(agent, VISIT_CHANGE, run_result, turn) == ERR_OK ? BOUGHT : STOP;
}

static enum bought buy_one(struct turn *turn, const struct inventory_offer *offer)
{
	struct agent *agent = turn->agent;
	struct inventory_request request;
	struct inventory_result failed = {.outcome = INVENTORY_REFUSED, .retry_after_s = -1};
	struct desk_answer answer;
	const struct inventory_hook hook = agent_hook(agent, turn->texts);
	const char *why = "the request doesn't fit";
	enum bought intended = intend(turn, offer);

	if (intended != BOUGHT)
		return intended;
	if (agent->inventory->buy(agent->options.account, offer, &hook, &request, &why) != ERR_OK) {
		snprintf(failed.why, sizeof failed.why, "%s", why);
		return refuse(turn, &failed, -1);
	}
	enum err err = agent_ask(agent, &request, DESK_SPENDS, &answer, &failed);
	if (err == ERR_OK)
		return read_answer(turn, &answer);
	if (answer.unsure) {
		agent_settle_soon(agent, 0);
		return STOP;
	}
	if (err == ERR_OVERLOADED)
		snprintf(failed.why, sizeof failed.why, "the server was stopped before it asked");
	return refuse(turn, &failed, -1); /* it surely never got there */
}

/* True: something was bought. */
static bool buy_for(struct turn *turn)
{
	struct inventory_offers offers = {0};
	uint32_t bought = 0, fitting = 0;
	enum bought last = NEXT_OFFER;

	if (!search(turn, &offers))
		return false;
	for (int i = 0; i < offers.n && bought < turn->want.buy && !atomic_load(&turn->agent->stopping); i++) {
		if (!fits(turn, &offers.offers[i]))
			continue;
		fitting++;
		last = buy_one(turn, &offers.offers[i]);
		bought += last == BOUGHT;
		if (last == ENOUGH || last == STOP)
			break;
	}
	if (bought > 0) {
		agent_buying_failed(turn->agent, "");
		return agent_visit(turn->agent, VISIT_LOOK, run_rested, turn) == ERR_OK;
	}
	if (last == NEXT_OFFER) /* none fits, all were gone, or all are too dear */
		rest(turn, fitting ? "what is on offer there was gone, or is beyond the budget" : NO_OFFERS, -1);
	return false;
}

void agent_buy(struct agent *agent)
{
	for (int rounds = 0; rounds < ROUNDS_MAX && !atomic_load(&agent->stopping); rounds++) {
		struct turn turn = {.agent = agent};
		if (agent_visit(agent, VISIT_LOOK, run_turn, &turn) != ERR_OK || !turn.mine)
			return;
		if (!agent->hook.voice_url) {
			rest(&turn, "public_url is not set: a number that is bought could not find us", -1);
			return;
		}
		if (!buy_for(&turn))
			return;
		arena_reset(&agent->arena);
	}
	agent_wake(agent); /* there may be more */
}
