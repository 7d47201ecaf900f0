/* One sync: list, look at the stock, reconcile, carry out, tell. */
#include "supply/agent_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "log.h"
#include "phone/phone.h"

#define CHUNK 256      /* numbers in one change */
#define ONES_A_SYNC 20 /* numbers that are asked about one by one, where the list doesn't say where they point */

struct syncing {
	struct agent *agent;
	struct sync_order order;
	struct agent_list list;
	struct agent_view view;
	struct reconcile_plan plan;
	struct sync_report report;
	bool looked; /* at numbers one by one */
};

/* --- the plan --- */

static enum err fail(struct syncing *syncing, enum err err, const char *sentence)
{
	if (!syncing->report.error[0])
		snprintf(syncing->report.error, sizeof syncing->report.error, "%s", sentence);
	return err;
}

static bool in_stock(const struct agent_view *view, struct number number)
{
	for (int i = 0; i < view->vns_n; i++)
		if (number_equal(view->vns[i].number, number))
			return true;
	return false;
}

/* Where the list doesn't say where numbers point, a few of the stock are asked about one by one, others the next time. */
static enum err look_one_by_one(struct syncing *syncing)
{
	struct agent *agent = syncing->agent;
	struct agent_list *list = &syncing->list;
	int asked = 0;

	if (!agent->inventory->one || syncing->looked)
		return ERR_OK;
	syncing->looked = true;
	for (int i = 0; i < list->n && asked < ONES_A_SYNC; i++) {
		struct inventory_number *number = &list->numbers[(agent->one_cursor + (uint32_t)i) % (uint32_t)list->n];
		struct inventory_request request;
		struct inventory_page page = {0};
		struct inventory_result result;
		struct desk_answer answer;
		const char *why;
		if (number->hook_told || !in_stock(&syncing->view, number->number) || agent->inventory->one(agent->options.account, number, &request, &why) != ERR_OK)
			continue;
		asked++;
		if (agent_ask(agent, &request, DESK_SAFE, &answer, &result) == ERR_OVERLOADED)
			return fail(syncing, ERR_OVERLOADED, "the server is stopping");
		agent->inventory->read_list(agent->options.account, answer.status, answer.body, &agent->arena, &page, &result);
		if (result.outcome == INVENTORY_DONE && page.n == 1 && number_equal(page.numbers[0].number, number->number))
			*number = page.numbers[0];
	}
	agent->one_cursor = list->n ? (agent->one_cursor + ONES_A_SYNC) % (uint32_t)list->n : 0;
	return ERR_OK;
}

static enum err make_plan(struct syncing *syncing)
{
	struct agent *agent = syncing->agent;
	const struct account *account = agent->options.account;
	struct agent_view *view = &syncing->view;

	agent_list_done(&syncing->list);
	agent_view_done(view);
	enum err err = agent_list_all(agent, &syncing->list, syncing->report.error);
	if (!err && agent_view_take(agent, view) != ERR_OK)
		err = fail(syncing, ERR_LIMIT_REACHED, "there is no memory for the plan, or the server is stopping");
	if (!err)
		err = look_one_by_one(syncing);
	if (err)
		return err;
	struct reconcile_ask ask = {
		.provider = agent->self.provider,
		.account = agent->self.name,
		.manage_webhooks = account->manage_webhooks,
		.believe = syncing->order.believe,
		.target = agent->hook.voice_url ? inventory_target(agent->inventory, account, &agent->hook) : "",
		.now_s = (uint32_t)(agent_now_ms(agent) / 1000),
		.listed = syncing->list.numbers,
		.listed_n = syncing->list.n,
		.countries = syncing->list.countries,
		.vns = view->vns,
		.vns_n = view->vns_n,
		.pools = view->pools,
		.pools_n = view->pools_n,
		.claims = view->claims,
		.claims_n = view->claims_n,
	};
	err = reconcile(&ask, &agent->arena, &syncing->plan);
	return err ? fail(syncing, err, "there is no memory for the plan") : ERR_OK;
}

static int vanishing(const struct reconcile_plan *plan)
{
	int n = 0;

	for (int i = 0; i < plan->n; i++)
		n += plan->steps[i].kind == STEP_VANISH;
	return n;
}

/* A number that one list lacks may be in the next: only what two lists lack one after the other is taken out. */
static enum err make_sure(struct syncing *syncing)
{
	int n = vanishing(&syncing->plan), kept = 0;

	if (n == 0 || syncing->order.dry_run)
		return ERR_OK;
	uint32_t *gone = calloc((size_t)n, sizeof *gone);
	if (!gone)
		return fail(syncing, ERR_LIMIT_REACHED, "there is no memory for the plan");
	for (int i = 0, j = 0; i < syncing->plan.n; i++)
		if (syncing->plan.steps[i].kind == STEP_VANISH)
			gone[j++] = syncing->plan.steps[i].vn;
	enum err err = make_plan(syncing);
	for (int i = 0; !err && i < syncing->plan.n; i++) {
		struct step *step = &syncing->plan.steps[i];
		bool twice = step->kind != STEP_VANISH;
		for (int j = 0; j < n && !twice; j++)
			twice = gone[j] == step->vn;
		if (twice)
			syncing->plan.steps[kept++] = *step;
	}
	if (!err)
		syncing->plan.n = kept;
	free(gone);
	return err;
}

/* --- what it comes to, line by line --- */

static struct sync_line *line_of(struct syncing *syncing, int step)
{
	return step < syncing->report.lines_n ? &syncing->report.lines[step] : NULL;
}

static void failed(struct syncing *syncing, int step, const char *why)
{
	struct sync_line *line = line_of(syncing, step);

	syncing->report.failed++;
	if (line) {
		line->failed = true;
		snprintf(line->why, sizeof line->why, "%s", why);
	}
}

static enum err make_lines(struct syncing *syncing)
{
	struct sync_report *report = &syncing->report;
	const struct reconcile_plan *plan = &syncing->plan;
	int n = plan->n < AGENT_LINES_MAX ? plan->n : AGENT_LINES_MAX;

	report->listed = syncing->list.n;
	report->same = plan->same;
	report->gone = plan->gone;
	report->doubtful = plan->doubtful;
	report->lines = calloc((size_t)n + 1, sizeof *report->lines);
	if (!report->lines)
		return fail(syncing, ERR_LIMIT_REACHED, "there is no memory for the report");
	for (int i = 0; i < plan->n; i++)
		report->counts[plan->steps[i].kind]++;
	for (int i = 0; i < n; i++) {
		const struct step *step = &plan->steps[i];
		bool none = step->kind == STEP_UNCLAIMED || step->kind == STEP_UNUSABLE;
		report->lines[i] = (struct sync_line){.kind = step->kind, .number = step->number, .pool = none ? UINT16_MAX : step->pool};
	}
	report->lines_n = n;
	return ERR_OK;
}

/* --- carrying it out --- */

static enum err join_all(struct syncing *syncing)
{
	struct agent_join joins[CHUNK];
	const struct reconcile_plan *plan = &syncing->plan;
	char text[NUMBER_TEXT_SIZE];
	enum err err = ERR_OK;

	/* Joins come first in a plan. */
	for (int begin = 0; !err && begin < plan->n && plan->steps[begin].kind == STEP_JOIN;) {
		int n = 0;
		for (; n < CHUNK && begin + n < plan->n && plan->steps[begin + n].kind == STEP_JOIN; n++) {
			const struct step *step = &plan->steps[begin + n];
			struct phone phone = {0};
			/* Where it belongs is a wish: a number of no known range joins all the same. */
			if (phone_parse_vn(str_of(number_text(step->number, text)), 0, &phone) != ERR_OK)
				phone = (struct phone){0};
			joins[n] = (struct agent_join){
				.number = step->number, .pool = step->pool, .purchase = step->purchase, .place = phone.place};
		}
		err = agent_stock_join(syncing->agent, joins, n, "sync");
		for (int i = 0; i < n; i++)
			if (err || joins[i].err)
				failed(syncing, begin + i, err_title(err ? err : joins[i].err));
		begin += n;
	}
	return err;
}

static enum err out_all(struct syncing *syncing, enum step_kind kind, enum vn_out out)
{
	const struct reconcile_plan *plan = &syncing->plan;
	uint32_t vns[CHUNK];
	enum err err = ERR_OK;
	int n = 0;

	for (int i = 0; !err && i < plan->n; i++) {
		if (plan->steps[i].kind != kind)
			continue;
		vns[n++] = plan->steps[i].vn;
		if (n == CHUNK) {
			err = agent_stock_out(syncing->agent, vns, n, out);
			n = 0;
		}
	}
	return err ? err : agent_stock_out(syncing->agent, vns, n, out);
}

static enum err point(struct syncing *syncing, const struct inventory_number *number, struct inventory_result *ret_result)
{
	struct agent *agent = syncing->agent;
	struct inventory_request request;
	struct desk_answer answer;
	const char *why = "the request doesn't fit";

	if (agent->inventory->point(agent->options.account, number, &agent->hook, &request, &why) != ERR_OK) {
		*ret_result = (struct inventory_result){.outcome = INVENTORY_REFUSED, .retry_after_s = -1};
		snprintf(ret_result->why, sizeof ret_result->why, "%s", why);
		return ERR_OK;
	}
	enum err err = agent_ask(agent, &request, DESK_SAFE, &answer, ret_result);
	if (err == ERR_OK)
		agent->inventory->read_done(agent->options.account, answer.status, answer.body, &agent->arena, ret_result);
	return err == ERR_OVERLOADED ? err : ERR_OK;
}

static enum err point_all(struct syncing *syncing)
{
	const struct reconcile_plan *plan = &syncing->plan;
	struct inventory_result result;
	char why[96];

	for (int i = 0; i < plan->n; i++) {
		if (plan->steps[i].kind != STEP_POINT)
			continue;
		if (point(syncing, plan->steps[i].listed, &result) != ERR_OK)
			return fail(syncing, ERR_OVERLOADED, "the server is stopping");
		if (result.outcome == INVENTORY_DONE)
			continue;
		agent_say(&result, why, sizeof why);
		failed(syncing, i, why);
	}
	return ERR_OK;
}

/* Once after a start: our own address may be another one now. */
static void set_application(struct syncing *syncing)
{
	struct agent *agent = syncing->agent;
	struct inventory_request request;
	struct inventory_result result;
	struct desk_answer answer;
	const char *why = "";
	char text[160];

	if (agent->application_set || !agent->options.account->manage_webhooks || !agent->hook.voice_url || !agent->inventory->application)
		return;
	if (agent->inventory->application(agent->options.account, &agent->hook, &request, &why) != ERR_OK) {
		log_warn("the application's webhook can't be set", "provider", agent->self.provider, "account", agent->self.name, "why", why);
		agent->application_set = true; /* so it would be the next time */
		return;
	}
	if (agent_ask(agent, &request, DESK_SAFE, &answer, &result) == ERR_OK)
		agent->inventory->read_done(agent->options.account, answer.status, answer.body, &agent->arena, &result);
	agent->application_set = result.outcome == INVENTORY_DONE;
	if (agent->application_set)
		return;
	agent_say(&result, text, sizeof text);
	log_warn("the application's webhook was not set", "provider", agent->self.provider, "account", agent->self.name, "why", text);
}

static enum err carry_out(struct syncing *syncing)
{
	enum err err = join_all(syncing);

	if (!err)
		err = out_all(syncing, STEP_VANISH, VN_OUT_VANISHED);
	if (!err)
		err = out_all(syncing, STEP_RETURN, VN_OUT_NOT);
	if (err)
		return fail(syncing, err, err_title(err));
	set_application(syncing);
	return point_all(syncing);
}

static void publish(struct agent *agent, const struct sync_report *report)
{
	pthread_mutex_lock(&agent->lock);
	free(agent->report.lines);
	agent->report = *report;
	pthread_mutex_unlock(&agent->lock);
}

static void tell(const struct agent *agent, const struct sync_report *report)
{
	char joined[LOG_NUMBER_SIZE], gone[LOG_NUMBER_SIZE], missed[LOG_NUMBER_SIZE];

	if (report->state == SYNC_FAILED)
		log_warn("sync with a provider failed", "provider", agent->self.provider, "account", agent->self.name, "why", report->error);
	else if (report->doubtful)
		log_warn("a provider's list lacks so many numbers that it is not believed", "provider", agent->self.provider,
			"account", agent->self.name, "gone_n", log_number((uint64_t)report->gone, gone));
	else if (!report->order.dry_run && (report->counts[STEP_JOIN] || report->counts[STEP_VANISH] || report->failed))
		log_info("numbers synced", "provider", agent->self.provider, "account", agent->self.name,
			"joined_n", log_number((uint64_t)report->counts[STEP_JOIN], joined),
			"vanished_n", log_number((uint64_t)report->counts[STEP_VANISH], gone),
			"failed_n", log_number((uint64_t)report->failed, missed));
}

void agent_sync_run(struct agent *agent, uint64_t number, const struct sync_order *order)
{
	struct syncing *syncing = calloc(1, sizeof *syncing);
	struct sync_report begun = {.number = number, .state = SYNC_RUNNING, .order = *order, .at_ms = agent_now_ms(agent)};

	publish(agent, &begun);
	if (!syncing) {
		begun.state = SYNC_FAILED;
		publish(agent, &begun);
		return;
	}
	*syncing = (struct syncing){.agent = agent, .order = *order, .report = begun};
	enum err err = make_plan(syncing);
	if (!err)
		err = make_sure(syncing);
	if (!err)
		err = make_lines(syncing);
	if (!err && !order->dry_run)
		err = carry_out(syncing);
	syncing->report.state = err ? SYNC_FAILED : SYNC_DONE;
	syncing->report.took_ms = agent_now_ms(agent) - begun.at_ms;
	tell(agent, &syncing->report);
	publish(agent, &syncing->report); /* its lines go along */
	agent_list_done(&syncing->list);
	agent_view_done(&syncing->view);
	free(syncing);
}
