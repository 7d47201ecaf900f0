/* Carrying a plan out: what is gone first, so that it is lent no more; then what joins, each pointed to us before; then the
 * rest. */
#include "supply/agent_syncing.h"

#include <stdlib.h>

#include "log.h"
#include "phone/phone.h"

#define CHUNK 256 /* numbers in one change */

static void failed(struct syncing *syncing, int step, const char *why)
{
	syncing->report.failed++;
	if (step >= syncing->report.lines_n)
		return;
	struct sync_line *line = &syncing->report.lines[step];
	line->failed = true;
	snprintf(line->why, sizeof line->why, "%s", why);
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

/* --- where numbers point --- */

typedef enum err set_urls(const struct account *account, const struct inventory_hook *hook,
	struct inventory_request *ret_request, const char **ret_why);

/* Once after a start: our own address may be another one now. False: it is to be tried again. */
static bool set_application(struct agent *agent, set_urls *build, const char *what)
{
	struct inventory_request request;
	struct inventory_result result;
	struct desk_answer answer;
	const char *why = "";
	char text[160];

	if (build(agent->options.account, &agent->hook, &request, &why) != ERR_OK) {
		log_warn("the application's webhook can't be set", "provider", agent->self.provider, "account", agent->self.name,
			"of", what, "why", why);
		return true; /* so it would be the next time */
	}
	if (agent_ask(agent, &request, DESK_SAFE, &answer, &result) == ERR_OK)
		agent->inventory->read_done(agent->options.account, answer.status, answer.body, &agent->arena, &result);
	if (result.outcome == INVENTORY_DONE)
		return true;
	agent_say(&result, text, sizeof text);
	log_warn("the application's webhook was not set", "provider", agent->self.provider, "account", agent->self.name, "of", what,
		"why", text);
	return false;
}

static bool names_us(const struct agent *agent, const struct supply_policy *policy)
{
	for (int i = 0; i < policy->accounts_n; i++)
		if (strcmp(policy->accounts[i].provider, agent->self.provider) == 0 &&
			strcmp(policy->accounts[i].name, agent->self.name) == 0)
			return true;
	return false;
}

/* Is there a pool with texts that has numbers of ours, or may get some? */
static bool has_texts(const struct syncing *syncing)
{
	const struct agent_view *view = &syncing->view;

	for (int i = 0; i < view->pools_n; i++)
		if (view->pools[i].texts && names_us(syncing->agent, &view->pools[i].policy))
			return true;
	for (int i = 0; i < view->vns_n; i++)
		if (reconcile_texts(view->pools, view->pools_n, view->vns[i].pool))
			return true;
	return false;
}

static void set_applications(struct syncing *syncing)
{
	struct agent *agent = syncing->agent;
	const struct inventory *inventory = agent->inventory;

	if (!agent->options.account->manage_webhooks || !agent->hook.voice_url)
		return;
	if (!agent->application_set && inventory->application)
		agent->application_set = set_application(agent, inventory->application, "calls");
	if (!agent->texts_set && inventory->application_texts && agent->hook.text_url && has_texts(syncing))
		agent->texts_set = set_application(agent, inventory->application_texts, "texts");
}

/* The STEP_POINT at `step`. *ret_points: it does now, as far as the provider says. ERR_OVERLOADED: stopping. */
static enum err point(struct syncing *syncing, int step, bool *ret_points)
{
	const struct step *at = &syncing->plan.steps[step];
	struct inventory_result result;
	char why[96];

	if (agent_point(syncing->agent, at->listed, at->calls, at->texts, &result) != ERR_OK)
		return sync_fail(syncing, ERR_OVERLOADED, "the server is stopping");
	*ret_points = result.outcome == INVENTORY_DONE;
	if (*ret_points)
		return ERR_OK;
	agent_say(&result, why, sizeof why);
	failed(syncing, step, why);
	return ERR_OK;
}

/* Those of the stock; what joins was pointed before. */
static enum err point_rest(struct syncing *syncing)
{
	const struct reconcile_plan *plan = &syncing->plan;
	enum err err = ERR_OK;
	bool points;

	for (int i = 0; !err && i < plan->n; i++)
		if (plan->steps[i].kind == STEP_POINT && plan->steps[i].vn)
			err = point(syncing, i, &points);
	return err;
}

/* --- what joins --- */

static int by_kind_and_number(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	return (x->number.e164 > y->number.e164) - (x->number.e164 < y->number.e164);
}

/* A number that takes no calls for us is not lent: it joins once it points here. */
static enum err point_first(struct syncing *syncing, const struct step *join, bool *ret_points)
{
	const struct reconcile_plan *plan = &syncing->plan;
	const struct step key = {.kind = STEP_POINT, .number = join->number};
	const struct step *found = bsearch(&key, plan->steps, (size_t)plan->n, sizeof key, by_kind_and_number);

	*ret_points = true;
	return found ? point(syncing, (int)(found - plan->steps), ret_points) : ERR_OK;
}

static struct agent_join join_of(const struct step *step)
{
	char text[NUMBER_TEXT_SIZE];
	struct phone phone = {0};

	/* Where it belongs is a wish: a number of no known range joins all the same. */
	if (phone_parse_vn(str_of(number_text(step->number, text)), 0, &phone) != ERR_OK)
		phone = (struct phone){0};
	return (struct agent_join){.number = step->number, .pool = step->pool, .purchase = step->purchase, .place = phone.place};
}

static enum err join_some(struct syncing *syncing, int begin, int end)
{
	struct agent_join joins[CHUNK];
	int steps[CHUNK], n = 0;
	bool points;

	for (int i = begin; i < end; i++) {
		enum err err = point_first(syncing, &syncing->plan.steps[i], &points);
		if (err)
			return err;
		if (points) {
			joins[n] = join_of(&syncing->plan.steps[i]);
			steps[n++] = i;
		} else {
			failed(syncing, i, "it can't be pointed here");
		}
	}
	enum err err = agent_stock_join(syncing->agent, joins, n, "sync");
	for (int i = 0; i < n; i++)
		if (err || joins[i].err)
			failed(syncing, steps[i], agent_join_why(err ? err : joins[i].err));
	return err;
}

static enum err join_all(struct syncing *syncing)
{
	const struct reconcile_plan *plan = &syncing->plan;
	enum err err = ERR_OK;
	int n = 0;

	while (n < plan->n && plan->steps[n].kind == STEP_JOIN) /* they come first in a plan */
		n++;
	for (int begin = 0; !err && begin < n; begin += CHUNK)
		err = join_some(syncing, begin, begin + CHUNK < n ? begin + CHUNK : n);
	return err;
}

enum err sync_carry_out(struct syncing *syncing)
{
	enum err err = out_all(syncing, STEP_VANISH, VN_OUT_VANISHED);

	if (!err) {
		set_applications(syncing);
		err = join_all(syncing);
	}
	if (!err)
		err = point_rest(syncing);
	if (!err)
		err = out_all(syncing, STEP_RETURN, VN_OUT_NOT);
	return err ? sync_fail(syncing, err, err_title(err)) : ERR_OK;
}
