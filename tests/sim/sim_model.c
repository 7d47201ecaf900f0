/* What must hold, judged by what was committed, with nothing but arrays and loops. */
#include "sim/sim_model.h"

#include "store/row.h"

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

/* --- pairs --- */

int row_pairs(const struct session_row *row, struct pair pairs[PAIRS])
{
	int n = 0;

	if (row->state == SESSION_WAITING)
		return 0;
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties_n; j++)
			for (int k = 0; i != j && k < row->parties[i].numbers_n; k++) {
				uint32_t vn;
				if (!number_is(row->parties[i].numbers[k]))
					continue; /* forgotten */
				session_vn_seen(row, i, j, &vn);
				ASSERT(n < PAIRS);
				pairs[n++] = (struct pair){row->parties[i].numbers[k].e164, vn};
			}
	return n;
}

bool pairs_have(const struct pair *pairs, int n, struct pair pair)
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

/* Those whose time is over don't count; they are taken out when there are many. */
static void forget_cooled(int64_t now_s)
{
	struct sim_model *model = sim->model;
	uint32_t n = 0;

	if (model->cools_n < model->cools_enough)
		return;
	for (uint32_t i = 0; i < model->cools_n; i++)
		if (model->cools[i].until_s > now_s)
			model->cools[n++] = model->cools[i];
	model->cools_n = n;
	model->cools_enough = n + n / 4 + 64;
}

/* A pair that a session has from now on: nobody else's, and cooling from nobody else. */
static void expect_fresh(const struct session_row *row, struct pair pair, int64_t now_s)
{
	const struct sim_model *model = sim->model;
	struct pair pairs[PAIRS];

	for (uint32_t i = 0; i < model->rows_n; i++) {
		const struct session_row *other = model->rows[i];
		if (other->id != row->id && pairs_have(pairs, row_pairs(other, pairs), pair))
			violation("S1", about(row), "VN %u is also that of %.*s for the same person", pair.vn, (int)other->ref.len, other->ref.at);
	}
	for (uint32_t i = 0; i < model->cools_n; i++) {
		const struct cool *old = &model->cools[i];
		if (old->session != row->id && old->pair.person == pair.person && old->pair.vn == pair.vn && old->until_s > now_s)
			violation("S6", about(row), "VN %u was lent to that person again %lld s too early", pair.vn,
				(long long)(old->until_s - now_s));
	}
}

static void follow_pairs(const struct session_row *old, const struct session_row *row)
{
	struct pair was[PAIRS], now[PAIRS];
	int was_n = old ? row_pairs(old, was) : 0, now_n = row_pairs(row, now);
	int64_t now_s = server_ms() / 1000;
	bool closes = row->closed_at && !(old && old->closed_at);

	for (int i = 0; i < now_n; i++)
		if (!pairs_have(was, was_n, now[i]))
			expect_fresh(row, now[i], now_s);
	for (int i = 0; i < was_n; i++)
		if (!pairs_have(now, now_n, was[i]))
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

static struct ended *ended_of(struct str ref)
{
	uint32_t n = 0;

	for (size_t i = 0; i < ref.len; i++)
		n = ref.at[i] >= '0' && ref.at[i] <= '9' ? n * 10 + (uint32_t)(ref.at[i] - '0') : n;
	return &sim->model->ended[n % ENDED];
}

static void expect_not_ended(const struct session_row *row)
{
	const struct ended *ended = ended_of(row->ref);

	if (!row->closed_at && ended->pool == (int)row->pool_id - 1 && str_equal(str_of(ended->ref), row->ref))
		violation("S9", about(row), "an order that was over is open again");
}

static void note_end(const struct session_row *row)
{
	struct ended *ended = ended_of(row->ref);

	*ended = (struct ended){.pool = (int)row->pool_id - 1, .session = row->id};
	ASSERT(str_copy(ended->ref, sizeof ended->ref, row->ref));
}

/* A PIN is one person's: who takes a party's place gets another. */
static void expect_own_pins(const struct session_row *old, const struct session_row *row)
{
	for (int i = 0; old && i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		int was = session_party_of(old, str_of(party->role));
		if (was >= 0 && party->pin_digits && old->parties[was].pin_digits && old->parties[was].pin == party->pin &&
			number_is(party->numbers[0]) && !number_equal(old->parties[was].numbers[0], party->numbers[0]))
			violation("S2", about(row), "the new %s has the PIN of the one before", party->role);
	}
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
	expect_own_pins(old, row);
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
void drop_over(int64_t now_ms)
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

void bring_back(int64_t now_ms)
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
		else if (record->kind == RECORD_BLOCK || record->kind == RECORD_BLOCK_DROP)
			blocks_committed(record);
	}
	forget_cooled(server_ms() / 1000);
}

const struct session_row *model_open(int pool, const char *ref)
{
	const struct sim_model *model = sim->model;
	struct str name = str_of(ref);

	drop_over(server_ms());
	for (uint32_t i = 0; i < model->rows_n; i++)
		if ((int)model->rows[i]->pool_id - 1 == pool && str_equal(model->rows[i]->ref, name))
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

	for (uint32_t r = 0; r < model->rows_n && number_is(caller); r++) {
		const struct session_row *row = model->rows[r];
		for (int i = 0; i < row->parties_n && row->state != SESSION_WAITING; i++)
			for (int j = 0; j < row->parties_n && number_equal(row->parties[i].numbers[0], caller); j++) {
				if (i == j || !number_equal(vn_seen(row, i, j), vn) || now_ms >= end_ms(row) ||
					!number_is(row->parties[j].numbers[0]))
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

static bool pin_is(const struct party *party, const char *digits)
{
	char text[16];

	snprintf(text, sizeof text, "%0*u", party->pin_digits, party->pin);
	return party->pin_digits && strcmp(text, digits) == 0;
}

bool model_pin(const char *digits, struct number vn, int64_t now_ms, struct number *ret_owner, struct number *ret_callee,
	struct number *ret_show)
{
	const struct sim_model *model = sim->model;
	int found = 0;

	for (uint32_t r = 0; r < model->rows_n; r++) {
		const struct session_row *row = model->rows[r];
		for (int i = 0; i < row->parties_n && row->state != SESSION_WAITING; i++)
			for (int j = 0; j < row->parties_n && pin_is(&row->parties[i], digits); j++) {
				if (i == j || !number_equal(vn_seen(row, i, j), vn) || now_ms >= end_ms(row) ||
					!number_is(row->parties[j].numbers[0]))
					continue;
				found++;
				*ret_owner = row->parties[i].numbers[0];
				*ret_callee = row->parties[j].numbers[0];
				*ret_show = vn_seen(row, j, i);
			}
	}
	if (found > 1)
		violation("S1", "", "%d committed routes for one PIN and one VN", found);
	return found == 1;
}

bool model_some_pin(struct number vn, char ret_digits[12])
{
	const struct sim_model *model = sim->model;

	for (uint32_t r = 0; r < model->rows_n; r++) {
		const struct session_row *row = model->rows[r];
		for (int i = 0; i < row->parties_n && row->state != SESSION_WAITING; i++)
			for (int j = 0; j < row->parties_n && row->parties[i].pin_digits; j++)
				if (i != j && number_equal(vn_seen(row, i, j), vn) && chance_one_in(&sim->random, 2)) {
					snprintf(ret_digits, 12, "%0*u", row->parties[i].pin_digits, row->parties[i].pin);
					return true;
				}
	}
	return false;
}

const struct session_row *model_session(uint64_t id)
{
	drop_over(server_ms());
	for (uint32_t i = 0; i < sim->model->rows_n; i++)
		if (sim->model->rows[i]->id == id)
			return sim->model->rows[i];
	return NULL;
}

bool model_holds(struct number number)
{
	for (uint32_t r = 0; r < sim->model->rows_n; r++)
		for (int i = 0; i < sim->model->rows[r]->parties_n; i++)
			if (number_equal(sim->model->rows[r]->parties[i].numbers[0], number))
				return true;
	return false;
}

int model_pool(struct number number)
{
	for (int i = 0; i < sim->vns_n; i++)
		if (number_equal(sim->vns[i].number, number))
			return sim->vns[i].pool;
	return -1;
}
