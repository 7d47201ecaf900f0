#include "supply/reconcile.h"

#include <stdlib.h>
#include <string.h>

const char *const step_kind_words[] = {"join", "vanish", "return", "point", "elsewhere", "unclaimed", "unusable", NULL};

struct reconciling {
	const struct reconcile_ask *ask;
	const struct inventory_number **sorted; /* by number, each once */
	int sorted_n;
	struct reconcile_plan plan;
};

static int compare(struct number a, struct number b)
{
	return (a.e164 > b.e164) - (a.e164 < b.e164);
}

static int by_listed(const void *a, const void *b)
{
	const struct inventory_number *const *x = a, *const *y = b;
	int order = compare((*x)->number, (*y)->number);

	return order ? order : (*x > *y) - (*x < *y);
}

static int by_vn(const void *a, const void *b)
{
	return compare(((const struct reconcile_vn *)a)->number, ((const struct reconcile_vn *)b)->number);
}

static int by_step(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : compare(x->number, y->number);
}

static void add(struct reconciling *work, const struct step *step)
{
	work->plan.steps[work->plan.n++] = *step;
}

/* --- a number that is not in the stock --- */

static bool has_account(const struct supply_policy *policy, const struct reconcile_ask *ask)
{
	for (int i = 0; i < policy->accounts_n; i++)
		if (strcmp(policy->accounts[i].provider, ask->provider) == 0 &&
			strcmp(policy->accounts[i].name, ask->account) == 0)
			return true;
	return false;
}

static bool pool_takes(const struct reconcile_ask *ask, const struct reconcile_pool *pool,
	const struct inventory_number *listed, uint16_t country)
{
	const struct supply_policy *policy = &pool->policy;

	return policy->join && has_account(policy, ask) && country == pool->country && (!policy->sms || listed->sms) &&
	       (!policy->tag[0] || str_equal(listed->tag, str_of(policy->tag)));
}

static const struct reconcile_claim *claim_of(const struct reconcile_ask *ask, struct number number)
{
	for (int i = 0; i < ask->claims_n; i++)
		if (number_equal(ask->claims[i].number, number))
			return &ask->claims[i];
	return NULL;
}

static bool join(struct reconciling *work, const struct inventory_number *listed)
{
	const struct reconcile_ask *ask = work->ask;
	const struct reconcile_claim *claim = claim_of(ask, listed->number);
	struct step step = {.kind = STEP_JOIN, .number = listed->number, .listed = listed};

	if (!listed->voice || !listed->active) {
		step.kind = STEP_UNUSABLE;
		add(work, &step);
		return false;
	}
	if (claim) {
		step.pool = claim->pool;
		step.purchase = claim->purchase;
		add(work, &step);
		return true;
	}
	for (int i = 0; i < ask->pools_n; i++) {
		if (!pool_takes(ask, &ask->pools[i], listed, ask->countries[listed - ask->listed]))
			continue;
		step.pool = ask->pools[i].pool;
		add(work, &step);
		return true;
	}
	step.kind = STEP_UNCLAIMED;
	add(work, &step);
	return false;
}

/* --- one that is --- */

static int by_pool(const void *a, const void *b)
{
	return (int)((const struct reconcile_pool *)a)->pool - (int)((const struct reconcile_pool *)b)->pool;
}

bool reconcile_texts(const struct reconcile_pool *pools, int pools_n, uint16_t pool)
{
	const struct reconcile_pool key = {.pool = pool};
	const struct reconcile_pool *found = pools_n ? bsearch(&key, pools, (size_t)pools_n, sizeof key, by_pool) : NULL;

	return found && found->texts;
}

/* `joins`: it is new, so that where it points matters before it is lent. What was bought is ours to point. */
static void look_at_hook(struct reconciling *work, const struct inventory_number *listed, const struct step *joins, uint32_t vn,
	uint16_t pool)
{
	bool may = work->ask->manage_webhooks || (joins && joins->purchase);
	bool wrong = listed->hook_told ? inventory_points_elsewhere(listed, work->ask->target) : joins && may;
	bool calls = work->ask->target[0] && wrong;
	bool texts = inventory_texts_elsewhere(listed, work->ask->text_target) &&
		     reconcile_texts(work->ask->pools, work->ask->pools_n, pool);

	if (calls || texts)
		add(work, &(struct step){.kind = may ? STEP_POINT : STEP_ELSEWHERE, .number = listed->number, .vn = vn, .pool = pool,
				  .calls = calls, .texts = texts, .listed = listed});
}

static void there(struct reconciling *work, const struct reconcile_vn *vn, const struct inventory_number *listed)
{
	int before = work->plan.n;

	if (vn->out == VN_OUT_VANISHED && listed->voice && listed->active)
		add(work, &(struct step){.kind = STEP_RETURN, .number = vn->number, .vn = vn->id, .pool = vn->pool, .listed = listed});
	look_at_hook(work, listed, NULL, vn->id, vn->pool);
	work->plan.same += work->plan.n == before;
}

static void lacks(struct reconciling *work, const struct reconcile_vn *vn)
{
	const struct reconcile_ask *ask = work->ask;
	bool fresh = vn->added_at + RECONCILE_FRESH_S > ask->now_s;

	if (fresh || vn->out == VN_OUT_VANISHED || vn->out == VN_OUT_HAND)
		return;
	work->plan.gone++;
	add(work, &(struct step){.kind = STEP_VANISH, .number = vn->number, .vn = vn->id, .pool = vn->pool});
}

/* --- all of them --- */

static void merge(struct reconciling *work)
{
	const struct reconcile_ask *ask = work->ask;
	int i = 0, j = 0;

	while (i < work->sorted_n || j < ask->vns_n) {
		int order = i == work->sorted_n ? 1 : j == ask->vns_n ? -1 : compare(work->sorted[i]->number, ask->vns[j].number);
		if (order > 0) {
			lacks(work, &ask->vns[j++]);
		} else if (order < 0) {
			const struct inventory_number *listed = work->sorted[i++];
			int at = work->plan.n;
			if (join(work, listed)) {
				const struct step joins = work->plan.steps[at];
				look_at_hook(work, listed, &joins, 0, joins.pool);
			}
		} else {
			there(work, &ask->vns[j++], work->sorted[i++]);
		}
	}
}

static void doubt(struct reconciling *work)
{
	struct reconcile_plan *plan = &work->plan;
	int half = work->ask->vns_n / 2, most = half > RECONCILE_GONE_MAX ? half : RECONCILE_GONE_MAX, n = 0;

	if (work->ask->believe || plan->gone <= most)
		return;
	for (int i = 0; i < plan->n; i++)
		if (plan->steps[i].kind != STEP_VANISH)
			plan->steps[n++] = plan->steps[i];
	plan->n = n;
	plan->doubtful = true;
}

/* A list may name a number twice, on two pages: the first counts. */
static void sort_listed(struct reconciling *work)
{
	const struct reconcile_ask *ask = work->ask;
	int n = 0;

	for (int i = 0; i < ask->listed_n; i++)
		work->sorted[i] = &ask->listed[i];
	if (ask->listed_n)
		qsort(work->sorted, (size_t)ask->listed_n, sizeof *work->sorted, by_listed);
	for (int i = 0; i < ask->listed_n; i++)
		if (n == 0 || !number_equal(work->sorted[n - 1]->number, work->sorted[i]->number))
			work->sorted[n++] = work->sorted[i];
	work->sorted_n = n;
}

enum err reconcile(const struct reconcile_ask *ask, struct arena *arena, struct reconcile_plan *ret_plan)
{
	size_t listed_n = (size_t)ask->listed_n, vns_n = (size_t)ask->vns_n;
	struct reconciling work = {.ask = ask};

	work.sorted = arena_alloc(arena, (listed_n + 1) * sizeof *work.sorted);
	/* Two at most for each: what becomes of it, and where it points. */
	work.plan.steps = arena_alloc(arena, (2 * listed_n + vns_n + 1) * sizeof *work.plan.steps);
	if (!work.sorted || !work.plan.steps)
		return ERR_TOO_LARGE;
	sort_listed(&work);
	if (vns_n)
		qsort(ask->vns, vns_n, sizeof *ask->vns, by_vn);
	merge(&work);
	doubt(&work);
	if (work.plan.n)
		qsort(work.plan.steps, (size_t)work.plan.n, sizeof *work.plan.steps, by_step);
	*ret_plan = work.plan;
	return ERR_OK;
}
