/* What the writer knows of an account, copied for its agent. */
#include "supply/agent_state.h"

#include <stdlib.h>

#define CLAIMS_MAX (2 * BOOK_OPEN_MAX)

struct viewing {
	struct agent *agent;
	struct agent_view *view;
};

static bool is_ours(const struct vn_row *row, const struct supply_account *self)
{
	return strcmp(row->provider, self->provider) == 0 && strcmp(row->account, self->name) == 0;
}

static int view_vns(const struct viewing *viewing, const struct engine *engine, bool fill)
{
	struct agent_view *view = viewing->view;
	struct vn_view vn;
	int n = 0;

	for (uint32_t id = 1; engine_vn(engine, id, &vn) == ERR_OK; id++) {
		if (!is_ours(vn.row, &viewing->agent->self))
			continue;
		if (fill)
			view->vns[n] = (struct reconcile_vn){.number = vn.row->number, .id = id, .pool = (uint16_t)(vn.row->pool_id - 1),
				.out = vn.row->out, .added_at = vn.row->added_at};
		n++;
	}
	return n;
}

static void view_pools(const struct viewing *viewing, const struct engine *engine)
{
	struct agent_view *view = viewing->view;
	for (uint16_t i = 0; i < engine_pools(engine); i++) {
		const struct pool_row *row = engine_pool(engine, i);
		if (strcmp(row->tenant, viewing->agent->options.account->tenant) != 0)
			continue;
		view->pools[view->pools_n++] = (struct reconcile_pool){
			.pool = i, .country = row->policy.country, .texts = agent_pool_texts(viewing->agent, i), .policy = *book_policy(viewing->agent->options.book, i)};
	}
}

typedef int purchases_of(const struct book *book, const struct supply_account *account, uint64_t after, struct purchase_row *rows,
	int max);

static void view_claims(const struct viewing *viewing, purchases_of *next)
{
	struct agent_view *view = viewing->view;
	struct purchase_row rows[16];
	uint64_t after = 0;
	int n;

	while ((n = next(viewing->agent->options.book, &viewing->agent->self, after, rows, 16)) > 0 && view->claims_n < CLAIMS_MAX)
		for (int i = 0; i < n; i++) {
			after = rows[i].id;
			if (view->claims_n < CLAIMS_MAX)
				view->claims[view->claims_n++] = (struct reconcile_claim){
					.number = rows[i].number, .purchase = rows[i].id, .pool = (uint16_t)(rows[i].pool_id - 1)};
		}
}

static enum err run_view(void *context, struct engine *engine, int64_t now_ms)
{
	const struct viewing *viewing = context;
	struct agent_view *view = viewing->view;
	int n = view_vns(viewing, engine, false);

	(void)now_ms;
	view->vns = calloc((size_t)n + 1, sizeof *view->vns);
	view->pools = calloc(engine_pools(engine) + (size_t)1, sizeof *view->pools);
	view->claims = calloc(CLAIMS_MAX, sizeof *view->claims);
	if (!view->vns || !view->pools || !view->claims)
		return ERR_LIMIT_REACHED;
	view->vns_n = view_vns(viewing, engine, true);
	view_pools(viewing, engine);
	view_claims(viewing, book_open);
	view_claims(viewing, book_lost); /* they come second: what is asked for once more is claimed by that */
	return ERR_OK;
}

void agent_view_done(struct agent_view *view)
{
	free(view->vns);
	free(view->pools);
	free(view->claims);
	*view = (struct agent_view){0};
}

enum err agent_view_take(struct agent *agent, struct agent_view *ret_view)
{
	struct viewing viewing = {agent, ret_view};

	*ret_view = (struct agent_view){0};
	return agent_visit(agent, VISIT_LOOK, run_view, &viewing);
}
