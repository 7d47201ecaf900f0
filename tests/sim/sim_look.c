/* The server beside what was committed: routes, stock, counters, those who wait; bit by bit at each step, all of it after a start and at
 * the end. */
#include "sim/sim_model.h"

/* The board says of each pair of a session what was committed of it. */
static void check_row(const struct session_row *row)
{
	const struct server *server = &sim->serve->server;
	int64_t now_ms = server_ms();

	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties_n; j++) {
			struct number callee = NUMBER_NONE, show = NUMBER_NONE;
			if (i == j || row->state == SESSION_WAITING)
				continue;
			struct question question = {.caller = row->parties[i].numbers[0], .called = vn_seen(row, i, j),
				.account = DECIDE_ANY_ACCOUNT, .tenant = DECIDE_ANY_TENANT, .now_ms = now_ms};
			struct decision decision;
			bool reaches = model_route(question.caller, question.called, now_ms, &callee, &show) &&
				!blocks_bar_call((int)row->pool_id - 1, question.caller, callee);
			decide(server->board, &question, &decision);
			if ((decision.action == ACTION_CONNECT) != reaches)
				violation(reaches ? "S7" : "S2", about(row), "the board %s where what is committed says the other",
					reaches ? "refuses" : "connects");
			if (reaches && (!number_equal(decision.callee, callee) || !number_equal(decision.show, show)))
				violation("S2", about(row), "the board names somebody else, or shows another VN");
		}
}

/* S12: each VN counts once; lent are those that open sessions use. */
static void check_stock(int pool)
{
	const struct sim_model *model = sim->model;
	struct pool_stock stock;
	struct pool_sessions sessions;
	uint32_t total = 0, lent = 0;

	engine_pool_count(sim->serve->server.engine, (uint16_t)pool, &stock, &sessions);
	for (int k = 0; k < sim->vns_n; k++) {
		bool used = false;
		if (sim->vns[k].pool != pool)
			continue;
		total++;
		for (uint32_t r = 0; r < model->rows_n && !used; r++) {
			const struct session_row *row = model->rows[r];
			for (int i = 0; i < row->parties_n && row->state != SESSION_WAITING; i++)
				for (int j = 0; j < row->parties_n; j++)
					used |= i != j && number_equal(vn_seen(row, i, j), sim->vns[k].number);
		}
		lent += used;
	}
	if (stock.total != total || stock.free + stock.lent + stock.cooling + stock.reserved + stock.disabled != stock.total)
		violation("S12", "", "pool %s: %u numbers of %u", pool_name(pool), stock.total, total);
	if (stock.lent != lent)
		violation("S12", "", "pool %s: %u are lent, %u are in use", pool_name(pool), stock.lent, lent);
}

/* Could this order have a VN: does nobody hold or cool the pair, is it free where VNs are lent one at a time? */
static bool could_have(const struct session_row *row, const struct sim_vn *vn)
{
	const struct sim_model *model = sim->model;
	struct vn_view view;
	uint32_t id = engine_vn_by_number(sim->serve->server.engine, vn->number);

	if (vn->pool != (int)row->pool_id - 1 || engine_vn(sim->serve->server.engine, id, &view) != ERR_OK)
		return false;
	if (policy_of(row)->mode == POOL_EXCLUSIVE && view.state != VN_FREE)
		return false;
	for (int i = 0; i < row->parties_n; i++) {
		struct pair pair = {row->parties[i].numbers[0].e164, id}, pairs[PAIRS];
		for (uint32_t r = 0; r < model->rows_n; r++)
			if (pairs_have(pairs, row_pairs(model->rows[r], pairs), pair))
				return false;
		for (uint32_t c = 0; c < model->cools_n; c++)
			if (model->cools[c].pair.person == pair.person && model->cools[c].pair.vn == id &&
				model->cools[c].until_s > server_ms() / 1000)
				return false;
	}
	return true;
}

/* An order that waits while there are VNs for it is served soon. */
static void check_waiting(const struct session_row *row)
{
	struct sim_model *model = sim->model;
	struct could *could = &model->could[row->id % COULD];
	int n = 0;

	for (int k = 0; k < sim->vns_n; k++)
		n += could_have(row, &sim->vns[k]);
	if (n < 2) {
		if (could->session == row->id)
			could->session = 0;
		return;
	}
	if (could->session != row->id || could->behind_ms != sim->behind_ms)
		*could = (struct could){row->id, sim->now_ms, sim->behind_ms};
	if (sim->now_ms - could->since_ms > COULD_MS && sim->now_ms > sim->behind_ms)
		violation("L2", about(row), "it waits though %d VNs are there for it", n);
}

static void check_counts(void)
{
	struct engine_counts counts = engine_counts(sim->serve->server.engine);

	if (counts.sessions != model_open_n())
		violation("S7", "", "%u sessions are open, %u are committed as open", counts.sessions, model_open_n());
}

void model_check(void)
{
	struct sim_model *model = sim->model;

	drop_over(server_ms());
	if (model->rows_n > 0) {
		const struct session_row *row = model->rows[chance_below(&sim->random, model->rows_n)];
		check_row(row);
		if (row->state == SESSION_WAITING && row->parties_n > 1)
			check_waiting(row);
	}
	if (model->checks++ % 64 == 0 && sim->now_ms > sim->behind_ms) {
		check_counts();
		check_stock((int)(model->checks / 64 % SIM_POOLS));
	}
	if (model->checks % 4096 == 0) {
		const char *wrong = engine_audit(sim->serve->server.engine);
		if (wrong)
			violation("S12", "", "the engine's own audit: %s", wrong);
	}
}

/* A start forgets nothing: every route at once. */
void model_restarted(void)
{
	bring_back(server_ms());
	drop_over(server_ms());
	for (uint32_t i = 0; i < sim->model->rows_n; i++)
		check_row(sim->model->rows[i]);
	const char *wrong = engine_audit(sim->serve->server.engine);
	if (wrong)
		violation("S12", "", "the engine's own audit after a start: %s", wrong);
}

void model_check_idle(void)
{
	struct pool_stock stock;
	struct pool_sessions sessions;

	if (model_open_n() > 0)
		violation("L2", "", "%u sessions are open long after", model_open_n());
	check_counts();
	for (int pool = 0; pool < SIM_POOLS; pool++) {
		engine_pool_count(sim->serve->server.engine, (uint16_t)pool, &stock, &sessions);
		if (stock.free != stock.total)
			violation("L2", "", "pool %s: %u of %u numbers have come back", pool_name(pool), stock.free, stock.total);
	}
	struct engine_counts counts = engine_counts(sim->serve->server.engine);
	if (counts.routes || counts.pairs)
		violation("L2", "", "%u routes and %u pairs are left", counts.routes, counts.pairs);
}
