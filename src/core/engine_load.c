/* What the store holds, brought back at start. A row that breaks an invariant is refused, never mended. */
#include "core/engine_state.h"

#include "base/check.h"

struct loading {
	struct engine *e;
	bool clash;
};

static void look(void *context, const struct person *person, uint32_t vn)
{
	struct loading *loading = context;

	loading->clash |= pair_get(loading->e->pairs, person_short(person), vn).until > loading->e->now_s;
}

static void cool(struct engine *e, const struct person *person, uint32_t vn, uint32_t until, enum err *err)
{
	if (vn == 0 || vn > e->vns_n)
		return; /* only a row that is wrong names such a one */
	struct pair pair = pair_get(e->pairs, person_short(person), vn);
	if (until <= e->now_s || pair.until == PAIR_OPEN || pair.until >= until)
		return;
	if (!*err)
		*err = pair_put(e, person_short(person), vn, pair, (struct pair){until, pair.stands});
}

struct cooling {
	struct engine *e;
	uint32_t until;
	enum err err;
};

static void cool_each(void *context, const struct person *person, uint32_t vn)
{
	struct cooling *cooling = context;

	cool(cooling->e, person, vn, cooling->until, &cooling->err);
}

/* Exclusive: its VNs rest since the end of its grace, if a stop kept that from being stored. */
static void rest_vns(struct engine *e, const struct session_row *row)
{
	uint32_t vns[SESSION_VNS_MAX];
	int n = row->state == SESSION_WAITING ? 0 : vns_of(row, vns, SESSION_VNS_MAX);

	for (int i = 0; i < n; i++)
		if (row->grace_until > vn_at(e, vns[i])->row.free_since)
			vn_rest(e, vns[i], row->grace_until);
}

static bool pool_is_there(const struct engine *e, const struct session_row *row)
{
	return row->pool_id > 0 && row->pool_id <= e->pools_n;
}

static enum err load_ended(struct engine *e, const struct session_row *row)
{
	struct cooling cooling = {e, row->cool_until, ERR_OK};

	rest_vns(e, row);
	if (pool_is_there(e, row)) {
		enum err err = row->announce ? untold_add(e, row) : ERR_OK;
		if (err)
			return err;
		keep_habits(e, row);
	}
	pairs_of(row, cool_each, &cooling);
	for (int i = 0; i < row->past_n; i++)
		cool(e, &row->past[i].person, row->past[i].vn_id, row->past[i].until, &cooling.err);
	return cooling.err;
}

static bool vn_is_of(const struct engine *e, uint32_t vn, const struct session_row *row)
{
	return vn != 0 && vn <= e->vns_n && e->vns[vn - 1].row.pool_id == row->pool_id;
}

/* In words, what is wrong with the row by itself; NULL: nothing. */
static const char *row_wrong(const struct engine *e, const struct session_row *row)
{
	bool bound = row->state != SESSION_WAITING;

	if (!pool_is_there(e, row))
		return "its pool is not there";
	if (row->parties_n > SESSION_PARTIES_MAX || row->views_n > SESSION_VIEWS_MAX ||
		row->past_n > SESSION_PAST_MAX)
		return "it has more parties, views or past pairs than there can be";
	if (!session_ref_ok(row->ref))
		return "its ref is not well formed";
	if (bound && row->parties_n < 2)
		return "it is live with fewer than two parties";
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		if ((party->vn_id != 0) != bound || (bound && !vn_is_of(e, party->vn_id, row)))
			return "a party's virtual number does not fit its state";
		if (party->numbers_n < 1 || party->numbers_n > SESSION_NUMBERS_MAX ||
			!session_role_ok(str_of(party->role)))
			return "a party is not well formed";
	}
	for (int i = 0; i < row->views_n; i++)
		if (row->views[i].viewer >= row->parties_n || row->views[i].target >= row->parties_n ||
			!bound || row->views[i].viewer == row->views[i].target ||
			!vn_is_of(e, row->views[i].vn_id, row))
			return "a view is not well formed";
	for (int i = 0; i < row->past_n; i++)
		if (!vn_is_of(e, row->past[i].vn_id, row))
			return "a past pair has a virtual number of another pool, or none";
	return NULL;
}

static uint32_t vn_of(const struct session_row *row, int i)
{
	return i < row->parties_n ? row->parties[i].vn_id : row->views[i - row->parties_n].vn_id;
}

/* What an open session can't have twice: persons, PINs, roles, VNs (but one may stand for both of two). */
static const char *row_twice(const struct engine *e, const struct session_row *row)
{
	bool one = e->pools[row->pool_id - 1].row.policy.numbers == POOL_ONE && row->parties_n == 2;

	for (int i = 0; i < row->parties_n + row->views_n; i++)
		for (int k = 0; k < i && vn_of(row, i); k++)
			if (vn_of(row, k) == vn_of(row, i) && !(one && i == 1))
				return "one virtual number stands for two of its parties";
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *a = &row->parties[i];
		for (int k = 0; k < i; k++) {
			const struct party *b = &row->parties[k];
			if (str_equal(str_of(a->role), str_of(b->role)))
				return "it has a role twice";
			if (a->pin_digits && a->pin_digits == b->pin_digits && a->pin == b->pin)
				return "two of its parties have one PIN";
			for (int n = 0; n < a->numbers_n * b->numbers_n; n++)
				if (person_short(&a->persons[n / b->numbers_n]) ==
					person_short(&b->persons[n % b->numbers_n]))
					return "it has a party's number twice";
		}
	}
	return NULL;
}

static const char *vns_wrong(const struct engine *e, const struct session_row *row)
{
	uint32_t vns[SESSION_VNS_MAX];
	int n = vns_of(row, vns, SESSION_VNS_MAX);

	for (int i = 0; i < n; i++) {
		const struct vn *vn = &e->vns[vns[i] - 1];
		if (vn->account != e->vns[vns[0] - 1].account)
			return "its virtual numbers are of two accounts";
		if (vn->sessions && e->pools[vn->pool].row.policy.mode == POOL_EXCLUSIVE)
			return "a virtual number of an exclusive pool serves two sessions";
	}
	return NULL;
}

enum err engine_load_session(struct engine *e, const struct session_row *row, const char **ret_error)
{
	const char *wrong = row_wrong(e, row);

	engine_id_seen(e, row->id);
	/* An ended session may have lost its VNs' order; only what it names is used. */
	if (row_over(row, e->now_s) && (!wrong || row->state == SESSION_WAITING))
		return load_ended(e, row);
	if (!wrong)
		wrong = row_twice(e, row);
	if (!wrong)
		wrong = vns_wrong(e, row);
	if (wrong) {
		*ret_error = wrong;
		return ERR_STORE_REFUSED;
	}
	if (engine_session_find(e, row->id) != NONE ||
		engine_session_by_ref(e, (uint16_t)(row->pool_id - 1), row->ref) != NONE) {
		*ret_error = "its order has two open sessions";
		return ERR_STORE_REFUSED;
	}
	struct loading loading = {e, false};
	pairs_of(row, look, &loading);
	if (loading.clash) {
		*ret_error = "a pair of a party and a virtual number is taken twice";
		return ERR_STORE_REFUSED;
	}
	struct session_row copy = *row;
	return session_load(e, &copy);
}

static void pair_and_holder_soon(void *context, const struct person *person, uint32_t vn)
{
	const struct engine *e = context;

	pair_soon(e->pairs, person_short(person), vn);
	busy_soon(e->busy, e->vns[vn - 1].pool, person_short(person));
}

static void pair_there_soon(void *context, const struct person *person, uint32_t vn)
{
	pair_soon(((const struct engine *)context)->pairs, person_short(person), vn);
}

static void vns_soon(const struct engine *e, const struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++) {
		const char *vn = (const char *)&e->vns[row->parties[i].vn_id ? row->parties[i].vn_id - 1 : 0];
		for (size_t at = 0; at < sizeof(struct vn); at += 64)
			__builtin_prefetch(vn + at, 1);
	}
}

void engine_load_soon(const struct engine *e, const struct session_row *row)
{
	if (row_wrong(e, row))
		return;
	pairs_of(row, pair_and_holder_soon, (void *)e);
	if (row_over(row, e->now_s))
		return;
	stands_of(row, pair_there_soon, (void *)e);
	vns_soon(e, row);
	index_soon(e->by_id, id_hash(row->id));
	index_soon(e->by_ref, ref_hash(e, (uint16_t)(row->pool_id - 1), row->ref));
	routes_soon(e, row);
}

enum err engine_load_tombstone(struct engine *e, const struct tombstone_row *row)
{
	if (row->until <= e->now_s || row->hash == 0)
		return ERR_OK;
	if (!tombstone_room(e))
		return ERR_LIMIT_REACHED;
	tombstone_put(e->tombstones, &(struct tombstone){row->hash, row->session, row->until});
	return ERR_OK;
}
