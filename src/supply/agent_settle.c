/* Purchases under way, until each is in its pool or surely not ours.
 *
 *	INTENT    asked for, and nobody knows what came of it (a crash, a lost answer): is it ours?
 *	PENDING   the provider works on it: its order, or the list, tells
 *	BOUGHT    it is ours: when it is active, takes calls and points to us, it joins its pool
 */
#include "supply/agent_state.h"

#include "base/check.h"
#include "phone/phone.h"

#define ROWS 16
#define SOON_MS 2000            /* between looks, at first; twice as long each time */
#define SELDOM_MS 300000
#define LOST_MS 900000          /* an intent that no list has shown so long after is given up: it was not bought */
#define NEVER_MS (30 * 86400000ll) /* what the provider took on, or said that we have, and never came */

void agent_settle_soon(struct agent *agent, int64_t after_ms)
{
	agent->settle_each_ms = SOON_MS;
	agent->settle_ms = agent_now_ms(agent) + after_ms;
	if (agent->settle_ms == 0)
		agent->settle_ms = 1;
}

struct opening {
	struct agent *agent;
	uint64_t after;
	struct purchase_row rows[ROWS];
	bool texts[ROWS]; /* has its pool any? */
	int n;
};

static enum err run_open(void *context, struct engine *engine, int64_t now_ms)
{
	struct opening *opening = context;

	(void)engine;
	(void)now_ms;
	opening->n = book_open(opening->agent->options.book, &opening->agent->self, opening->after, opening->rows, ROWS);
	for (int i = 0; i < opening->n; i++)
		opening->texts[i] = agent_pool_texts(opening->agent, (uint16_t)(opening->rows[i].pool_id - 1));
	return ERR_OK;
}

struct putting {
	struct agent *agent;
	const struct purchase_row *row;
};

/* Only if it is still open: a sync may have settled it meanwhile. */
static enum err run_put(void *context, struct engine *engine, int64_t now_ms)
{
	const struct putting *putting = context;
	const struct purchase_row *there = book_purchase(putting->agent->options.book, putting->row->id);
	struct purchase_row row = *putting->row;
	enum err err;

	if (!there || !purchase_is_open(there->state))
		return ERR_OK;
	if (!purchase_is_open(row.state))
		row.done_ms = now_ms;
	err = book_purchase_put(putting->agent->options.book, engine, &row);
	return err;
}

static enum err put(struct agent *agent, struct purchase_row *row, enum purchase_state state)
{
	struct putting putting = {agent, row};

	row->state = state;
	row->looks += row->looks < UINT16_MAX;
	return agent_visit(agent, VISIT_CHANGE, run_put, &putting);
}

static void give_up(struct agent *agent, struct purchase_row *row, const char *code, const char *why)
{
	snprintf(row->code, sizeof row->code, "%s", code);
	snprintf(row->why, sizeof row->why, "%s", why);
	if (put(agent, row, PURCHASE_FAILED) == ERR_OK)
		agent_buying_failed(agent, why);
}

/* --- is it ours? --- */

static void settle_intent(struct agent *agent, struct purchase_row *row, enum err found, const char *error)
{
	if (found == ERR_OK) {
		if (put(agent, row, PURCHASE_BOUGHT) == ERR_OK)
			agent_settle_soon(agent, 0);
		return;
	}
	if (found == ERR_NOT_FOUND && agent_now_ms(agent) - row->at_ms >= LOST_MS)
		give_up(agent, row, PURCHASE_LOST, "its answer was lost, and it never came to be ours");
	else if (found != ERR_NOT_FOUND)
		agent_buying_failed(agent, error);
}

/* Else it would be looked for, and would count among those under way, for ever. */
static void settle_never(struct agent *agent, struct purchase_row *row)
{
	if (agent_now_ms(agent) - row->at_ms >= NEVER_MS)
		give_up(agent, row, PURCHASE_LOST, "a month has gone by, and it never came to be ours");
}

static void settle_pending(struct agent *agent, struct purchase_row *row)
{
	struct inventory_bought bought = {0};
	struct inventory_request request;
	struct inventory_result result;
	struct desk_answer answer;
	const char *why;
	char text[160];

	if (!agent->inventory->order || !row->order[0] ||
		agent->inventory->order(agent->options.account, row->order, &request, &why) != ERR_OK)
		return;
	if (agent_ask(agent, &request, DESK_SAFE, &answer, &result) != ERR_OK)
		return;
	agent->inventory->read_buy(agent->options.account, answer.status, answer.body, &agent->arena, &bought, &result);
	if (result.outcome == INVENTORY_DONE) {
		if (put(agent, row, PURCHASE_BOUGHT) == ERR_OK)
			agent_settle_soon(agent, 0);
	} else if (result.outcome == INVENTORY_PENDING) {
		settle_never(agent, row);
	} else if (result.outcome != INVENTORY_AGAIN && result.outcome != INVENTORY_NO_ACCESS &&
		   result.outcome != INVENTORY_UNREADABLE) {
		agent_say(&result, text, sizeof text);
		give_up(agent, row, result.code[0] ? result.code : inventory_outcome_words[result.outcome], text);
	}
}

/* --- into its pool --- */

static bool points_to_us(const struct agent *agent, const struct inventory_number *number)
{
	const char *target = inventory_target(agent->inventory, agent->options.account, &agent->hook);

	return number->hook_told && !number->hook_hidden && str_equal(number->hook, str_of(target));
}

/* True: it does now, as far as the provider says. */
static bool point(struct agent *agent, const struct inventory_number *number, bool texts)
{
	const char *target = inventory_text_target(agent->inventory, agent->options.account, &agent->hook);
	bool calls = !points_to_us(agent, number);
	struct inventory_result result;
	char text[160];

	texts = texts && inventory_texts_elsewhere(number, target);
	if (!calls && !texts)
		return true;
	if (agent_point(agent, number, calls, texts, &result) == ERR_OVERLOADED)
		return false;
	if (result.outcome == INVENTORY_DONE)
		return true;
	agent_say(&result, text, sizeof text);
	agent_buying_failed(agent, text);
	return false;
}

struct bought {
	const struct purchase_row *row;
	bool texts; /* its pool has them */
};

static void settle_bought(struct agent *agent, const struct bought *bought, enum err found, const struct inventory_number *number)
{
	const struct purchase_row *row = bought->row;
	struct agent_join join = {.number = row->number, .pool = (uint16_t)(row->pool_id - 1), .purchase = row->id};
	char text[NUMBER_TEXT_SIZE];
	struct phone phone;

	/* Not listed yet, or not to be used yet: it counts when it is. */
	if (found != ERR_OK || !number->active || !number->voice || !agent->hook.voice_url || !point(agent, number, bought->texts))
		return;
	if (phone_parse_vn(str_of(number_text(row->number, text)), 0, &phone) == ERR_OK)
		join.place = phone.place;
	if (agent_stock_join(agent, &join, 1, "bought") == ERR_OK && join.err != ERR_NUMBER_IN_USE)
		agent_buying_failed(agent, join.err ? "a number was bought that can't join its pool: see its purchase" : "");
}

static void settle_one(struct agent *agent, struct purchase_row *row, bool texts)
{
	struct inventory_number number;
	char error[200] = "";
	enum err found;

	if (row->state == PURCHASE_PENDING && row->order[0] && agent->inventory->order) {
		settle_pending(agent, row);
		return;
	}
	found = agent_list_one(agent, row->number, &number, error);
	if (found == ERR_OVERLOADED)
		return;
	if (row->state != PURCHASE_INTENT && found == ERR_NOT_FOUND)
		settle_never(agent, row);
	else if (row->state == PURCHASE_BOUGHT)
		settle_bought(agent, &(struct bought){row, texts}, found, &number);
	else if (row->state == PURCHASE_INTENT)
		settle_intent(agent, row, found, error);
	else if (found == ERR_OK) /* pending without an order to ask about */
		settle_intent(agent, row, found, error);
}

void agent_settle(struct agent *agent)
{
	struct opening opening = {.agent = agent};
	bool any = false;

	agent->settle_ms = 0;
	do {
		if (agent_visit(agent, VISIT_LOOK, run_open, &opening) != ERR_OK)
			opening.n = 0;
		for (int i = 0; i < opening.n && !atomic_load(&agent->stopping); i++) {
			opening.after = opening.rows[i].id;
			any = true;
			settle_one(agent, &opening.rows[i], opening.texts[i]);
			arena_reset(&agent->arena);
		}
	} while (opening.n == ROWS && !atomic_load(&agent->stopping));
	if (!any || agent->settle_ms)
		return;
	if (!agent->settle_each_ms)
		agent->settle_each_ms = SOON_MS;
	agent->settle_ms = agent_now_ms(agent) + agent->settle_each_ms;
	agent->settle_each_ms = agent->settle_each_ms * 2 < SELDOM_MS ? agent->settle_each_ms * 2 : SELDOM_MS;
}
