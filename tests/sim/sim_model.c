/* What must hold, judged by what was committed, with nothing but arrays and loops. */
#include "sim/sim.h"

#include "store/row.h"

#define OVER 256
#define ROWS 2048
#define COOLS 60000
#define PAIRS 64
#define ENDED 4096
#define COULD 64
#define COULD_MS 1800000

/* Whom a person must reach by a VN. */
struct pair {
	uint64_t person;
	uint32_t vn;
};

struct cool {
	struct pair pair;
	uint64_t session;
	int64_t until_s;
};

struct sim_model {
	struct session_row *rows[ROWS]; /* open ones, any order */
	uint32_t rows_n;
	struct session_row *over[OVER]; /* the last ones whose grace ran out: a start at an earlier time finds them open */
	uint32_t over_n;
	struct cool cools[COOLS];
	uint32_t cools_n;
	/* Orders that were closed: their number, by place. */
	struct ended {
		char ref[16];
		int pool;
		uint64_t session;
	} ended[ENDED];
	uint32_t ended_n;
	uint64_t checks;
	/* Orders that wait though there are VNs for them, by place. */
	struct could {
		uint64_t session;
		int64_t since_ms, behind_ms;
	} could[COULD];
};

struct sim_model *model_new(void)
{
	struct sim_model *model = calloc(1, sizeof *model);

	ASSERT(model);
	return model;
}

void model_free(struct sim_model *model)
{
	for (uint32_t i = 0; i < model->rows_n; i++)
		free(model->rows[i]);
	for (int i = 0; i < OVER; i++)
		free(model->over[i]);
	free(model);
}

/* The server's own clock: what it promises, it promises by that. */
static int64_t server_ms(void)
{
	return clock_now_ms(sim->serve->server.clock);
}

static const char *about(const struct session_row *row)
{
	static char text[32];

	snprintf(text, sizeof text, "%.*s", (int)row->ref.len, row->ref.at);
	return text;
}

/* --- pairs --- */

static int pairs_of(const struct session_row *row, struct pair pairs[PAIRS])
{
	int n = 0;

	if (row->state == SESSION_WAITING)
		return 0;
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties_n; j++)
			for (int k = 0; i != j && k < row->parties[i].numbers_n; k++) {
				uint32_t vn;
				session_vn_seen(row, i, j, &vn);
				ASSERT(n < PAIRS);
				pairs[n++] = (struct pair){row->parties[i].numbers[k].e164, vn};
			}
	return n;
}

static bool has(const struct pair *pairs, int n, struct pair pair)
{
	for (int i = 0; i < n; i++)
		if (pairs[i].person == pair.person && pairs[i].vn == pair.vn)
			return true;
	return false;
}

static void cool(const struct session_row *row, struct pair pair, int64_t until_s)
{
	struct sim_model *model = sim->model;

	ASSERT(model->cools_n < COOLS);
	model->cools[model->cools_n++] = (struct cool){pair, row->id, until_s};
}

static void forget_cooled(int64_t now_s)
{
	struct sim_model *model = sim->model;
	uint32_t n = 0;

	for (uint32_t i = 0; i < model->cools_n; i++)
		if (model->cools[i].until_s > now_s)
			model->cools[n++] = model->cools[i];
	model->cools_n = n;
}

/* A pair that a session has from now on: nobody else's, and cooling from nobody else. */
static void expect_fresh(const struct session_row *row, struct pair pair, int64_t now_s)
{
	const struct sim_model *model = sim->model;
	struct pair pairs[PAIRS];

	for (uint32_t i = 0; i < model->rows_n; i++) {
		const struct session_row *other = model->rows[i];
		if (other->id != row->id && has(pairs, pairs_of(other, pairs), pair))
			violation("S1", about(row), "VN %u is also that of %.*s for the same person", pair.vn, (int)other->ref.len, other->ref.at);
	}
	for (uint32_t i = 0; i < model->cools_n; i++) {
		const struct cool *old = &model->cools[i];
		if (old->session != row->id && old->pair.person == pair.person && old->pair.vn == pair.vn && old->until_s > now_s)
			violation("S6", about(row), "VN %u was lent to that person again %lld s too early", pair.vn,
				(long long)(old->until_s - now_s));
	}
}

static const struct pool_policy *policy_of(const struct session_row *row)
{
	return &engine_pool(sim->serve->server.engine, (uint16_t)(row->pool_id - 1))->policy;
}

static void follow_pairs(const struct session_row *old, const struct session_row *row)
{
	struct pair was[PAIRS], now[PAIRS];
	int was_n = old ? pairs_of(old, was) : 0, now_n = pairs_of(row, now);
	int64_t now_s = server_ms() / 1000;
	bool closes = row->closed_at && !(old && old->closed_at);

	for (int i = 0; i < now_n; i++)
		if (!has(was, was_n, now[i]))
			expect_fresh(row, now[i], now_s);
	for (int i = 0; i < was_n; i++)
		if (!has(now, now_n, was[i]))
			cool(row, was[i], now_s + policy_of(row)->cooldown_s);
	for (int i = 0; closes && i < now_n; i++)
		cool(row, now[i], (int64_t)row->grace_until + policy_of(row)->cooldown_s);
	if (closes && now_n > 0 && row->cool_until < row->grace_until + policy_of(row)->cooldown_s)
		violation("S6", about(row), "it cools for %d s less than the pool says",
			(int)(row->grace_until + policy_of(row)->cooldown_s - row->cool_until));
}

/* --- rows --- */

/* The end of a grace never moves away once it is known, nor do pairs come back. */
static void expect_no_later(const struct session_row *old, const struct session_row *row)
{
	if (old && old->closed_at && row->grace_until > old->grace_until)
		violation("S9", about(row), "its grace ends %u s later than it was to", row->grace_until - old->grace_until);
}

/* Every VN is its pool's, and every party has one. */
static void expect_whole(const struct session_row *row)
{
	for (int i = 0; i < row->parties_n && row->state != SESSION_WAITING; i++)
		for (int j = 0; j < row->parties_n; j++) {
			struct number vn = i == j ? NUMBER_NONE : vn_seen(row, i, j);
			int k = 0;
			while (i != j && k < sim->vns_n && !(number_equal(sim->vns[k].number, vn) && sim->vns[k].pool == (int)row->pool_id - 1))
				k++;
			if (i != j && k == sim->vns_n)
				violation("S5", about(row), "a party has a VN that is not of its pool");
		}
}

static void expect_not_ended(const struct session_row *row)
{
	const struct sim_model *model = sim->model;

	for (uint32_t i = 0; i < model->ended_n && i < ENDED; i++) {
		const struct ended *ended = &model->ended[i];
		if (ended->pool == (int)row->pool_id - 1 && str_equal(str_of(ended->ref), row->ref) && !row->closed_at)
			violation("S9", about(row), "an order that was over is open again");
	}
}

static void note_end(const struct session_row *row)
{
	struct sim_model *model = sim->model;
	struct ended *ended = &model->ended[model->ended_n++ % ENDED];

	*ended = (struct ended){.pool = (int)row->pool_id - 1, .session = row->id};
	ASSERT(str_copy(ended->ref, sizeof ended->ref, row->ref));
}

static void put(const struct session_row *row)
{
	struct sim_model *model = sim->model;
	uint32_t at = 0;

	while (at < model->rows_n && model->rows[at]->id != row->id)
		at++;
	for (int i = 0; i < OVER; i++)
		if (model->over[i] && model->over[i]->id == row->id) {
			free(model->over[i]);
			model->over[i] = NULL;
		}
	struct session_row *old = at < model->rows_n ? model->rows[at] : NULL;
	trace(about(row), "committed: %s, %d parties%s", session_state_words[row->state], row->parties_n,
		row->closed_at ? row->expired ? ", expired" : ", closed" : "");
	expect_whole(row);
	if (!old || !old->closed_at)
		expect_not_ended(row);
	if (old && old->closed_at && !row->closed_at)
		violation("S9", about(row), "a session that was closed is open again");
	expect_no_later(old, row);
	follow_pairs(old, row);
	if (row->closed_at && !(old && old->closed_at))
		note_end(row);
	struct session_row *copy = row_session_copy(malloc(row_session_size(row)), row);
	if (old) {
		free(old);
		model->rows[at] = copy;
	} else {
		ASSERT(model->rows_n < ROWS);
		model->rows[model->rows_n++] = copy;
	}
}

static void put_over(struct session_row *row)
{
	struct session_row **place = &sim->model->over[sim->model->over_n++ % OVER];

	free(*place);
	*place = row;
}

/* Sessions whose grace is over write nothing any more. Time is stored with what is stored, so where nothing was, a start
 * may be at an earlier one. */
static void drop_over(int64_t now_ms)
{
	struct sim_model *model = sim->model;
	uint32_t n = 0;

	for (uint32_t i = 0; i < model->rows_n; i++) {
		struct session_row *row = model->rows[i];
		if (row->closed_at && (int64_t)row->grace_until * 1000 <= now_ms)
			put_over(row);
		else
			model->rows[n++] = row;
	}
	model->rows_n = n;
}

static void bring_back(int64_t now_ms)
{
	struct sim_model *model = sim->model;

	for (int i = 0; i < OVER; i++) {
		struct session_row *row = model->over[i];
		if (!row || (int64_t)row->grace_until * 1000 <= now_ms)
			continue;
		ASSERT(model->rows_n < ROWS);
		model->rows[model->rows_n++] = row;
		model->over[i] = NULL;
	}
}

void model_committed(const struct record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct record *record = &records[i];
		if (record->kind == RECORD_SESSION || record->kind == RECORD_SESSION_ALIKE)
			put(record->session);
		else if (record->kind == RECORD_OUTBOX)
			sink_told(record->outbox);
		else if (record->kind == RECORD_AUDIT)
			text_check("the audit log", record->audit->detail.at ? record->audit->detail.at : "", record->audit->detail.len);
		else if (record->kind == RECORD_OFFSET)
			topic_stored(record->offset->partition, record->offset->next);
	}
	forget_cooled(server_ms() / 1000);
}

const struct session_row *model_open(int pool, const char *ref)
{
	const struct sim_model *model = sim->model;

	drop_over(server_ms());
	for (uint32_t i = 0; i < model->rows_n; i++)
		if ((int)model->rows[i]->pool_id - 1 == pool && str_equal(model->rows[i]->ref, str_of(ref)))
			return model->rows[i];
	return NULL;
}

uint32_t model_open_n(void)
{
	drop_over(server_ms());
	return sim->model->rows_n;
}

/* --- routes --- */

/* Until when a call may come in. */
static int64_t end_ms(const struct session_row *row)
{
	int64_t end_s = row->closed_at ? row->grace_until : (int64_t)row->expires_at + policy_of(row)->grace_s;

	return end_s * 1000;
}

bool model_route(struct number caller, struct number vn, int64_t now_ms, struct number *ret_callee, struct number *ret_show)
{
	const struct sim_model *model = sim->model;
	int found = 0;

	for (uint32_t r = 0; r < model->rows_n; r++) {
		const struct session_row *row = model->rows[r];
		if (row->state == SESSION_WAITING || now_ms >= end_ms(row))
			continue;
		for (int i = 0; i < row->parties_n; i++)
			for (int j = 0; j < row->parties_n; j++) {
				if (i == j || !number_equal(row->parties[i].numbers[0], caller) ||
					!number_equal(vn_seen(row, i, j), vn))
					continue;
				found++;
				*ret_callee = row->parties[j].numbers[0];
				*ret_show = vn_seen(row, j, i);
			}
	}
	if (found > 1)
		violation("S1", "", "%d committed routes for one caller and one VN", found);
	return found == 1;
}

bool model_is_known(struct number number)
{
	for (int i = 0; i < sim->vns_n; i++)
		if (number_equal(sim->vns[i].number, number))
			return true;
	return false;
}

/* --- looking --- */

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
			bool reaches = model_route(question.caller, question.called, now_ms, &callee, &show);
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
			if (has(pairs, pairs_of(model->rows[r], pairs), pair))
				return false;
		for (uint32_t c = 0; c < model->cools_n; c++)
			if (model->cools[c].pair.person == pair.person && model->cools[c].pair.vn == id)
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
