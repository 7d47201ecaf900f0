/* What an agent changes in the stock, each as one change in the writer, with its events and audit rows. */
#include "supply/agent_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "provider/shows_dialled.h"
#include "supply/tell.h"

struct joining {
	struct agent *agent;
	struct agent_join *joins;
	int n;
	const char *why;
};

const char *agent_join_why(enum err err)
{
	return err == ERR_FORBIDDEN ? "the account is another tenant's" : err_title(err);
}

/* What was bought and can't join now stays under way: it is paid for, so it counts, and it is tried again. */
static enum err keep_purchase(struct agent *agent, struct engine *engine, const struct purchase_row *there, enum err joined)
{
	struct purchase_row row = *there;

	row.state = PURCHASE_BOUGHT;
	snprintf(row.code, sizeof row.code, "%s", err_slug(joined));
	snprintf(row.why, sizeof row.why, "bought, but it can't join the pool: %s", agent_join_why(joined));
	if (row.state == there->state && strcmp(row.code, there->code) == 0)
		return ERR_OK;
	return book_purchase_put(agent->options.book, engine, &row);
}

static enum err end_purchase(struct agent *agent, struct engine *engine, int64_t now_ms, uint64_t id, enum err joined)
{
	const struct purchase_row *there = book_purchase(agent->options.book, id);

	if (!there || !(purchase_is_open(there->state) || purchase_is_lost(there)))
		return ERR_OK;
	/* Somebody else may have taken it in already; then it is there, which is what was wanted. */
	if (joined != ERR_OK && joined != ERR_NUMBER_IN_USE)
		return keep_purchase(agent, engine, there, joined);
	struct purchase_row row = *there;
	row.done_ms = now_ms;
	row.state = PURCHASE_JOINED;
	row.code[0] = row.why[0] = '\0';
	return book_purchase_put(agent->options.book, engine, &row);
}

static enum err join_one(struct joining *joining, struct engine *engine, int64_t now_ms, struct agent_join *join)
{
	const struct agent *agent = joining->agent;
	struct vn_add add = {.number = join->number, .account = agent->options.account->index, .place = join->place};
	uint32_t here = engine_here(engine);

	if (!join->err && !shows_dialled_may_join(engine, join->pool, str_of(agent->self.provider)))
		join->err = ERR_BAD_REQUEST;
	/* A purchase may be older than what the configuration says of its account. */
	if (strcmp(engine_pool(engine, join->pool)->tenant, agent->options.account->tenant) != 0)
		join->err = ERR_FORBIDDEN;
	if (!join->err)
		join->err = engine_vn_add(engine, join->pool, &add);
	enum err err = ERR_OK;
	if (!join->err)
		err = tell_number(engine, "number.added", join->pool, agent->self.provider, agent->self.name, join->number, joining->why);
	if (!err && !join->err)
		err = tell_audit(engine, now_ms, join->pool, "number.add", join->number, joining->why);
	if (!err && join->purchase)
		err = end_purchase(joining->agent, engine, now_ms, join->purchase, join->err);
	if (join->err && join->err != ERR_NUMBER_IN_USE && !join->purchase)
		engine_undo(engine, here);
	return err;
}

static enum err run_join(void *context, struct engine *engine, int64_t now_ms)
{
	struct joining *joining = context;
	struct vn_add *adds = calloc((size_t)joining->n, sizeof *adds);
	bool *in_use = calloc((size_t)joining->n, sizeof *in_use);
	enum err err = adds && in_use ? ERR_OK : ERR_LIMIT_REACHED;

	for (int i = 0; !err && i < joining->n; i++)
		adds[i] = (struct vn_add){.number = joining->joins[i].number};
	if (!err)
		err = engine_vn_in_use(engine, adds, joining->n, in_use);
	for (int i = 0; !err && i < joining->n; i++) {
		/* A party's own number can be no VN (S13). */
		joining->joins[i].err = in_use[i] ? ERR_SAME_NUMBER_TWICE : ERR_OK;
		err = join_one(joining, engine, now_ms, &joining->joins[i]);
	}
	free(adds);
	free(in_use);
	return err;
}

enum err agent_stock_join(struct agent *agent, struct agent_join *joins, int n, const char *why)
{
	struct joining joining = {agent, joins, n, why};

	return n ? agent_visit(agent, VISIT_CHANGE, run_join, &joining) : ERR_OK;
}

struct leaving {
	struct agent *agent;
	const uint32_t *vns;
	int n;
	enum vn_out out;
};

static enum err run_out(void *context, struct engine *engine, int64_t now_ms)
{
	const struct leaving *leaving = context;
	const struct agent *agent = leaving->agent;
	bool in = leaving->out == VN_OUT_NOT;
	struct vn_view view;
	enum err err = ERR_OK;

	for (int i = 0; !err && i < leaving->n; i++) {
		err = engine_vn(engine, leaving->vns[i], &view);
		if (err || view.row->out == VN_OUT_HAND || view.row->out == leaving->out)
			continue; /* somebody's hand was quicker */
		uint16_t pool = (uint16_t)(view.row->pool_id - 1);
		const char *why = in ? vn_out_words[view.row->out] : vn_out_words[leaving->out];
		err = engine_vn_out(engine, leaving->vns[i], leaving->out);
		if (!err)
			err = tell_number(engine, in ? "number.enabled" : "number.disabled", pool, agent->self.provider, agent->self.name,
				view.row->number, why);
		if (!err)
			err = tell_audit(engine, now_ms, pool, in ? "number.enable" : "number.disable", view.row->number, why);
	}
	return err;
}

enum err agent_stock_out(struct agent *agent, const uint32_t *vns, int n, enum vn_out out)
{
	struct leaving leaving = {agent, vns, n, out};

	return n ? agent_visit(agent, VISIT_CHANGE, run_out, &leaving) : ERR_OK;
}
