/* The sender, which asks the real ledger and makes real requests, with an API at the other end that is busy, refuses or is not heard. A
 * text goes to the very person whom it was meant for, as long as a committed session binds them, from a VN of that session; to nobody
 * else; and what was settled does not go again. */
#include "sim/sim_texts.h"

#define WAITS_STEPS 80 /* twenty turns of the sender: what it is told are chances */
#define WAITS_MS 1800000

struct turn {
	struct command command; /* first */
	struct ledger_take take;
	uint64_t out[OUT_MAX];
	enum err err;
	bool done;
};

static enum err run_take(struct command *command, struct engine *engine, int64_t now_ms)
{
	return ledger_take(server()->ledger, engine, now_ms, &((struct turn *)command)->take);
}

static enum err run_settle(struct command *command, struct engine *engine, int64_t now_ms)
{
	enum err err = ERR_OK;

	(void)command;
	for (int i = 0; i < OUT_MAX && !err; i++)
		if (sim->texts->outs[i].used && sim->texts->outs[i].answered)
			err = ledger_settle(server()->ledger, engine, &sim->texts->outs[i].outcome, now_ms);
	return err;
}

static void finish(struct command *command, enum err err)
{
	struct turn *turn = (struct turn *)command;

	turn->err = err;
	turn->done = true;
}

/* True: it is stored. */
static bool visit(struct turn *turn, enum err (*run)(struct command *command, struct engine *engine, int64_t now_ms))
{
	uint64_t crashes = sim->totals.crashes;

	turn->command = (struct command){.change = true, .run = run, .finish = finish};
	if (writer_submit(server()->writer, &turn->command) != ERR_OK)
		return false;
	server_turn();
	return turn->done && !turn->err && crashes == sim->totals.crashes;
}

/* By what is committed: is it still for them, of them, and from whose VN? */
static struct number shown_by(const struct text *text)
{
	const struct session_row *row = model_session(text->session);

	for (int i = 0; row && row->state != SESSION_WAITING && row->parties_n == 2 && i < 2; i++)
		if (number_equal(row->parties[i].numbers[0], text->to) && number_equal(row->parties[1 - i].numbers[0], text->from))
			return vn_seen(row, i, 1 - i);
	return NUMBER_NONE;
}

/* Has who gets it blocked who wrote it, or the pool? */
static bool is_barred(const struct text *text)
{
	const struct session_row *row = text->from_app ? NULL : model_session(text->session);

	return row && blocks_bar_call((int)row->pool_id - 1, text->from, text->to);
}

static bool waits(const struct text *text)
{
	return text->since_ms && !text->settled && !text->unsure && !text->dropped && number_is(text->to);
}

/* One that the same person wrote before, and that waits still. */
static const struct text *overtaken(const struct text *text)
{
	for (uint32_t n = text->n - 1; n > 0 && n + 64 > text->n; n--) {
		const struct text *before = &sim->texts->texts[n % TEXTS];
		if (before->n == n && before->session == text->session && number_equal(before->from, text->from) && waits(before))
			return before;
	}
	return NULL;
}

static bool says(const struct messaging_request *request, const char *before, const char *value, const char *after)
{
	char part[6 * BODY_MAX];
	int len = snprintf(part, sizeof part, "%s%s%s", before, value, after);

	return memmem(request->body, request->body_len, part, (size_t)len) != NULL;
}

/* What the provider's API is asked: from the VN, to the person, and nobody else's number in it. */
static void judge_request(const struct account *account, const struct ledger_item *item)
{
	static struct messaging_request request;
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
	bool form = account->provider->messaging->answers;
	const struct messaging_out out = {.to = item->to, .shown = item->shown, .body = str_n(item->body, item->body_len),
		.ref = str_of(item->ref), .hook_base = STR("https://vn.example.com/hooks/x/")};

	if (account->provider->messaging->send(account, &out, &request) != ERR_OK)
		violation("L2", "", "%s: a text can't be put", account->provider->name);
	number_text(item->to, to);
	number_text(item->shown, shown);
	if (!says(&request, form ? "From=%2B" : "\"from\":\"+", shown + 1, form ? "&" : "\""))
		violation("S5", "", "%s: a text does not come from its VN", account->provider->name);
	if (!says(&request, form ? "To=%2B" : "\"to\":[\"+", to + 1, form ? "&" : "\"]"))
		violation("S2", "", "%s: a text does not go to its person", account->provider->name);
	const char *real = memmem(request.body, request.body_len, to + 3, 9), *rest = real ? real + 9 : request.body;
	text_check("a text's request", rest, request.body_len - (size_t)(rest - request.body));
}

static void judge(const struct ledger_item *item)
{
	const struct account *account = NULL;
	struct text *text = text_of(item->body, item->body_len);

	for (int i = 0; i < sim->config->accounts_n; i++)
		if (strcmp(sim->config->accounts[i].name, item->account) == 0)
			account = &sim->config->accounts[i];
	if (!account)
		violation("S5", "", "a text goes by an account that is not there");
	if (!number_is(text->to) || text->dropped)
		violation("S2", "", "text %u goes on, %s", text->n, text->dropped ? "to somebody who was forgotten" : "which nobody binds");
	if (!number_equal(item->to, text->to))
		violation("S2", "", "text %u goes to somebody else", text->n);
	if (text->settled)
		violation("S8", "", "text %u goes on again though it was settled", text->n);
	if (is_barred(text))
		violation("S2", "", "text %u goes to somebody who wants no word of who wrote it", text->n);
	struct number shown = shown_by(text);
	if (!number_is(shown))
		violation("S2", "", "text %u goes to somebody whom no committed session binds any more", text->n);
	if (!number_equal(shown, item->shown) || model_pool(item->shown) < 0)
		violation("S5", "", "text %u comes from the wrong number", text->n);
	if (overtaken(text))
		violation("S8", "", "text %u overtakes text %u", text->n, overtaken(text)->n);
	judge_request(account, item);
}

static void hand_out(const struct ledger_item *item)
{
	struct out *out = sim->texts->outs;

	judge(item);
	for (int i = 0; i < OUT_MAX; i++)
		if (sim->texts->outs[i].used && sim->texts->outs[i].n == text_of(item->body, item->body_len)->n)
			violation("S8", "", "text %u is out twice", sim->texts->outs[i].n);
	while (out->used)
		out++;
	*out = (struct out){.used = true, .answered = true, .n = text_of(item->body, item->body_len)->n,
		.outcome = {.id = item->id, .state = MESSAGE_SENT, .retry_after_s = -1}};
	if (sim->healed)
		return;
	switch (chance_below(&sim->random, 8)) {
	case 0:
		out->outcome.state = MESSAGE_QUEUED;
		break;
	case 1:
		out->outcome.state = MESSAGE_FAILED;
		break;
	case 2: /* it is slow */
		out->answered = false;
		break;
	}
}

static void settle(void)
{
	struct turn turn = {0};
	bool any = false;

	for (int i = 0; i < OUT_MAX; i++)
		any |= sim->texts->outs[i].used && sim->texts->outs[i].answered;
	if (!any || !visit(&turn, run_settle))
		return;
	for (int i = 0; i < OUT_MAX; i++) {
		struct out *out = &sim->texts->outs[i];
		struct text *text = &sim->texts->texts[out->n % TEXTS];
		if (!out->used || !out->answered)
			continue;
		if (text->n == out->n && out->outcome.state != MESSAGE_QUEUED)
			text->settled = true;
		sim->totals.texts_sent += out->outcome.state == MESSAGE_SENT;
		*out = (struct out){0};
	}
}

static bool must_have_gone(const struct text *text)
{
	return waits(text) && sim->now_ms - text->since_ms >= WAITS_MS && sim->step - text->since_step >= WAITS_STEPS;
}

/* What was stored and is still for somebody is on its way soon; a clock that jumps may end its life. */
static void expect_gone(void)
{
	for (uint32_t n = sim->texts->texts_n; n > 0 && n + 64 > sim->texts->texts_n; n--) {
		const struct text *text = &sim->texts->texts[n % TEXTS];
		if (must_have_gone(text) && !sim->faults.clock_steps && sim->now_ms > sim->behind_ms && number_is(shown_by(text)))
			violation("L2", "", "text %u waits though its session is there", text->n);
	}
}

/* They fail when they are looked at. */
static void note_barred(void)
{
	for (uint32_t n = sim->texts->texts_n; n > 0 && n + 256 > sim->texts->texts_n; n--) {
		struct text *text = &sim->texts->texts[n % TEXTS];
		text->unsure |= text->since_ms && !text->settled && (is_barred(text) || !number_is(shown_by(text)));
	}
}

void texts_send(void)
{
	struct turn turn = {.take = {.items = sim->texts->items, .max = OUT_MAX, .account_max = OUT_MAX}};

	for (int i = 0; i < OUT_MAX; i++)
		if (sim->texts->outs[i].used) {
			turn.out[turn.take.out_n++] = sim->texts->outs[i].outcome.id;
			sim->texts->outs[i].answered |= chance_one_in(&sim->random, 2) || sim->healed;
		}
	turn.take.out = turn.out;
	turn.take.max -= turn.take.out_n;
	note_barred();
	if (ledger_counts(server()->ledger).waiting > 0 && turn.take.max > 0 && visit(&turn, run_take))
		for (int i = 0; i < turn.take.n; i++)
			hand_out(&turn.take.items[i]);
	settle();
	expect_gone();
}

bool texts_idle(void)
{
	return ledger_counts(server()->ledger).waiting == 0;
}
