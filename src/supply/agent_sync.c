/* One sync: list, look at the stock, reconcile, carry out (agent_carry.c), tell. */
#include "supply/agent_syncing.h"

#include <stdlib.h>

#include "base/check.h"
#include "log.h"

#define ONES_A_SYNC 20 /* numbers that are asked about one by one, where the list doesn't say where they point */

/* --- the plan --- */

enum err sync_fail(struct syncing *syncing, enum err err, const char *sentence)
{
	if (!syncing->report.error[0])
		snprintf(syncing->report.error, sizeof syncing->report.error, "%s", sentence);
	return err;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct reconcile_vn *)a)->number.e164, y = ((const struct reconcile_vn *)b)->number.e164;

	return (x > y) - (x < y);
}

static bool in_stock(const struct agent_view *view, struct number number)
{
	const struct reconcile_vn key = {.number = number};

	return view->vns_n && bsearch(&key, view->vns, (size_t)view->vns_n, sizeof key, by_number);
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
	if (syncing->view.vns_n)
		qsort(syncing->view.vns, (size_t)syncing->view.vns_n, sizeof *syncing->view.vns, by_number);
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
			return sync_fail(syncing, ERR_OVERLOADED, "the server is stopping");
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
		err = sync_fail(syncing, ERR_LIMIT_REACHED, "there is no memory for the plan, or the server is stopping");
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
		.text_target = inventory_text_target(agent->inventory, account, &agent->hook),
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
	return err ? sync_fail(syncing, err, "there is no memory for the plan") : ERR_OK;
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
	struct number *gone = calloc((size_t)n, sizeof *gone);
	if (!gone)
		return sync_fail(syncing, ERR_LIMIT_REACHED, "there is no memory for the plan");
	for (int i = 0, j = 0; i < syncing->plan.n; i++)
		if (syncing->plan.steps[i].kind == STEP_VANISH)
			gone[j++] = syncing->plan.steps[i].number;
	enum err err = make_plan(syncing);
	for (int i = 0, j = 0; !err && i < syncing->plan.n; i++) {
		const struct step *step = &syncing->plan.steps[i];
		bool twice = step->kind != STEP_VANISH;
		while (!twice && j < n && gone[j].e164 < step->number.e164) /* both by number */
			j++;
		if (twice || (j < n && number_equal(gone[j], step->number)))
			syncing->plan.steps[kept++] = *step;
	}
	if (!err)
		syncing->plan.n = kept;
	free(gone);
	return err;
}

/* --- what it comes to, line by line --- */

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
		return sync_fail(syncing, ERR_LIMIT_REACHED, "there is no memory for the report");
	for (int i = 0; i < plan->n; i++)
		report->counts[plan->steps[i].kind]++;
	for (int i = 0; i < n; i++) {
		const struct step *step = &plan->steps[i];
		bool none = step->kind == STEP_UNCLAIMED || step->kind == STEP_UNUSABLE;
		report->lines[i] = (struct sync_line){.kind = step->kind, .number = step->number, .pool = none ? UINT16_MAX : step->pool};
		if (step->texts)
			snprintf(report->lines[i].why, sizeof report->lines[i].why, step->calls ? "calls and texts" : "texts");
	}
	report->lines_n = n;
	return ERR_OK;
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
		err = sync_carry_out(syncing);
	syncing->report.state = err ? SYNC_FAILED : SYNC_DONE;
	syncing->report.took_ms = agent_now_ms(agent) - begun.at_ms;
	tell(agent, &syncing->report);
	publish(agent, &syncing->report); /* its lines go along */
	agent_list_done(&syncing->list);
	agent_view_done(&syncing->view);
	free(syncing);
}
