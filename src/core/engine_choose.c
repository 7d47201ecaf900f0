/* Which VN for whom. A VN fits party Pj when no other party's pair with it is taken, when it is not one of
 * the session's already, and when it may take one session more. Among those that fit:
 *
 *   shared     begin at a seeded place, step by a stride coprime to the shelf: 1/(1 - occupancy) probes
 *              expected, and n probes prove that there is none; people meet fresh VNs
 *   exclusive  the free one that has rested longest
 *
 * Wishes, strongest first: the VN that was asked for; the one that stood for the person last (stick:
 * prefer) or one that stands for the person nowhere else (stick: avoid); the party's area, its country.
 * Needs: one account for all; the country or area if the pool is strict.
 */
#include "core/engine_state.h"

#include "base/check.h"

enum level { LEVEL_AREA, LEVEL_COUNTRY, LEVEL_ANY };
static const enum level level_of[] = {
	[POOL_GEO_ANY] = LEVEL_ANY, [POOL_GEO_COUNTRY] = LEVEL_COUNTRY, [POOL_GEO_AREA] = LEVEL_AREA};

struct search {
	struct engine *e;
	struct choice *choice;
	uint16_t account;
	bool avoid;       /* pass over VNs that stand for the person elsewhere */
	uint32_t viewers; /* bit set: who will dial it */
	int target;       /* whom it stands for */
	bool one;         /* it stands for both parties */
};

/* Did the session as it was hold this very pair? Then it is no obstacle to itself. */
struct owned {
	const struct person *person;
	uint32_t vn;
	bool is;
};

static void compare(void *context, const struct person *person, uint32_t vn)
{
	struct owned *owned = context;

	owned->is |= vn == owned->vn && memcmp(person->key, owned->person->key, sizeof person->key) == 0;
}

/* A past pair that has cooled is nobody's: another session may hold it by now. */
static void compare_past(const struct engine *e, const struct session_row *row, struct owned *owned)
{
	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].until > e->now_s)
			compare(owned, &row->past[i].person, row->past[i].vn_id);
}

static bool is_own(
	const struct engine *e, const struct choice *choice, const struct person *person, uint32_t vn)
{
	struct owned owned = {person, vn, false};

	compare_past(e, choice->row, &owned);
	if (choice->old) {
		pairs_of(choice->old, compare, &owned);
		compare_past(e, choice->old, &owned);
	}
	return owned.is;
}

bool pair_is_free(struct engine *e, const struct choice *choice, const struct person *person, uint32_t vn)
{
	struct pair pair = pair_get(e->pairs, person_short(person), vn);

	return pair.until <= e->now_s || is_own(e, choice, person, vn);
}

static bool left_behind(const struct engine *e, const struct session_row *row, uint64_t person, uint32_t vn)
{
	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].until > e->now_s && row->past[i].vn_id == vn &&
			person_short(&row->past[i].person) == person)
			return true;
	return false;
}

/* Does a pair that was made under the old key, and could not be renamed, bar it (S6)? Open sessions hold theirs under
 * the new key; of this session's own under the old one there are only past ones. */
static bool bars_by_old_key(struct engine *e, const struct choice *choice, uint64_t person, uint32_t vn)
{
	if (!person || pair_get(e->pairs, person, vn).until <= e->now_s)
		return false;
	return !left_behind(e, choice->row, person, vn); /* what `old` left, its copy `row` left */
}

bool party_may_dial(struct engine *e, const struct choice *choice, const struct party *party, uint32_t vn)
{
	for (int k = 0; k < party->numbers_n; k++)
		if (!pair_is_free(e, choice, &party->persons[k], vn) ||
			bars_by_old_key(e, choice, party->persons_old[k], vn))
			return false;
	if (!party->pin_digits)
		return true;
	struct person pin = pin_person(party);
	return pair_is_free(e, choice, &pin, vn);
}

static bool in_session(const struct session_row *row, uint32_t vn)
{
	for (int i = 0; i < row->parties_n; i++)
		if (row->parties[i].vn_id == vn)
			return true;
	for (int i = 0; i < row->views_n; i++)
		if (row->views[i].vn_id == vn)
			return true;
	return false;
}

static bool was_in_session(const struct choice *choice, uint32_t vn)
{
	return choice->old && in_session(choice->old, vn);
}

/* Room on the VN itself, whoever dials it. */
static bool has_room(const struct search *search, uint32_t id)
{
	const struct vn *vn = vn_at(search->e, id);
	const struct pool_policy *policy = &search->choice->pool->row.policy;

	if (was_in_session(search->choice, id))
		return true; /* it is this session's own: nothing is added */
	if (policy->mode == POOL_EXCLUSIVE)
		return vn->sessions == 0 && vn->rest_until == 0;
	return vn->sessions < policy->per_vn_max;
}

static bool stands_too_often(const struct search *search, int party, uint32_t vn)
{
	struct pair pair =
		pair_get(search->e->pairs, person_short(&search->choice->row->parties[party].persons[0]), vn);

	if (pair.stands >= PAIR_STANDS_MAX - 1)
		return true;
	return search->avoid && pair.stands > 0 && !was_in_session(search->choice, vn);
}

/* All but being one of the session's already. */
static bool suits(const struct search *search, uint32_t vn)
{
	const struct session_row *row = search->choice->row;

	if (!has_room(search, vn) || stands_too_often(search, search->target, vn))
		return false;
	if (search->one && stands_too_often(search, 1 - search->target, vn))
		return false;
	for (int i = 0; i < row->parties_n; i++)
		if (search->viewers >> i & 1 &&
			!party_may_dial(search->e, search->choice, &row->parties[i], vn))
			return false;
	return true;
}

static bool fits(const struct search *search, uint32_t vn)
{
	return !in_session(search->choice->row, vn) && suits(search, vn);
}

static uint32_t coprime(uint32_t n, uint64_t hash)
{
	uint32_t stride = n > 2 ? 1 + hash_reduce(hash, n - 1) : 1;

	for (;; stride = stride % n + 1) {
		uint32_t a = n, b = stride;
		while (b) {
			uint32_t rest = a % b;
			a = b;
			b = rest;
		}
		if (a == 1)
			return stride;
	}
}

static uint32_t probe(const struct search *search, const struct shelf *shelf)
{
	const struct party *party = &search->choice->row->parties[search->target];
	uint64_t hash = hash_two(search->e->choice_seed ^ search->choice->salt,
		person_short(&party->persons[0]), (uint64_t)search->target);
	uint32_t at = hash_reduce(hash, shelf->n);
	uint32_t stride = coprime(shelf->n, hash_mix(hash));

	for (uint32_t i = 0; i < shelf->n; i++) {
		if (fits(search, shelf->vns[at]))
			return shelf->vns[at];
		at = (uint32_t)(((uint64_t)at + stride) % shelf->n);
	}
	return 0;
}

static uint32_t longest_rested(const struct search *search, const struct shelf *shelf)
{
	for (uint32_t id = shelf->head; id != NONE; id = vn_at(search->e, id)->next)
		if (fits(search, id))
			return id;
	return 0;
}

static bool on_level(const struct shelf *shelf, struct place place, enum level level)
{
	if (level == LEVEL_ANY)
		return true;
	if (shelf->country != place.country || !place.country)
		return false;
	return level == LEVEL_COUNTRY || (place.area && shelf->area == place.area);
}

/* What a strict pool asks of a VN on one of its shelves. */
static bool is_near_enough(const struct search *search, uint32_t vn)
{
	const struct pool *pool = search->choice->pool;
	const struct pool_policy *policy = &pool->row.policy;
	struct place place = search->choice->row->parties[search->target].place;

	return !policy->geo_strict ||
	       on_level(&pool->shelves[vn_at(search->e, vn)->shelf], place, level_of[policy->geo]);
}

static uint32_t from_shelves(const struct search *search, enum level level)
{
	const struct pool *pool = search->choice->pool;
	struct place place = search->choice->row->parties[search->target].place;
	uint32_t first =
		hash_reduce(hash_mix(search->choice->salt + 1), pool->shelves_n ? pool->shelves_n : 1);

	for (uint32_t i = 0; i < pool->shelves_n; i++) {
		const struct shelf *shelf = &pool->shelves[(first + i) % pool->shelves_n];
		if (shelf->account != search->account || shelf->n == 0 || !on_level(shelf, place, level))
			continue;
		uint32_t id = pool->row.policy.mode == POOL_EXCLUSIVE ? longest_rested(search, shelf)
								      : probe(search, shelf);
		if (id)
			return id;
	}
	return 0;
}

static uint32_t by_habit(const struct search *search)
{
	const struct choice *choice = search->choice;
	const struct pool *pool = choice->pool;
	const struct person *person = &choice->row->parties[search->target].persons[0];

	if (pool->row.policy.stick != POOL_STICK_PREFER)
		return 0;
	uint32_t id = habit_find(search->e->habits, pool->row.id, person_short(person), search->e->now_s);
	if (!id || id > search->e->vns_n)
		return 0;
	const struct vn *vn = vn_at(search->e, id);
	if (vn->shelf == NONE || &search->e->pools[vn->pool] != pool || vn->account != search->account)
		return 0;
	return is_near_enough(search, id) && fits(search, id) ? id : 0;
}

/* Exclusive: what the session itself gives up in this change lies in no queue yet. */
static uint32_t from_own(const struct search *search)
{
	const struct session_row *old = search->choice->old;
	uint32_t vns[SESSION_VNS_MAX];

	if (search->choice->pool->row.policy.mode != POOL_EXCLUSIVE || !old)
		return 0;
	int n = vns_of(old, vns, SESSION_VNS_MAX);
	for (int i = 0; i < n; i++) {
		const struct vn *vn = vn_at(search->e, vns[i]);
		ASSERT(vn->account == search->account); /* a session's VNs are of one account */
		if (vn->shelf != NONE && is_near_enough(search, vns[i]) && fits(search, vns[i]))
			return vns[i];
	}
	return 0;
}

static uint32_t pick(const struct search *search)
{
	const struct pool_policy *policy = &search->choice->pool->row.policy;
	enum level last = policy->geo_strict ? level_of[policy->geo] : LEVEL_ANY;
	uint32_t id = by_habit(search);

	for (enum level level = level_of[policy->geo]; !id && level <= last; level++)
		id = from_shelves(search, level);
	return id ? id : from_own(search);
}

static uint32_t all_but(const struct session_row *row, int party)
{
	return (((uint32_t)1 << row->parties_n) - 1) & ~((uint32_t)1 << party);
}

/* A VN for every party whose vn_id is 0. Which VNs suit one party does not hang on the others' but for
 * being distinct: where the last that suits is taken by another party of the session, that one moves on
 * (an augmenting path; `moved` are those that have). */
static bool place_party(struct search *search, int target, uint32_t moved)
{
	struct session_row *row = search->choice->row;
	struct search mine = *search;

	mine.target = target;
	mine.viewers = all_but(row, target);
	uint32_t id = pick(&mine);
	if (id) {
		row->parties[target].vn_id = id;
		return true;
	}
	for (int k = 0; k < row->parties_n; k++) {
		uint32_t taken = row->parties[k].vn_id;
		if (k == target || !taken || moved >> k & 1 || number_is(row->parties[k].vn))
			continue;
		if (!is_near_enough(&mine, taken) || !suits(&mine, taken))
			continue;
		row->parties[target].vn_id = taken;
		row->parties[k].vn_id = 0;
		if (place_party(search, k, moved | (uint32_t)1 << k | (uint32_t)1 << target))
			return true;
		row->parties[target].vn_id = 0;
		row->parties[k].vn_id = taken;
	}
	return false;
}

static bool place_one_for_both(struct search *search)
{
	struct session_row *row = search->choice->row;

	ASSERT(row->parties_n == 2);
	search->target = 0;
	search->viewers = 3;
	search->one = true;
	uint32_t id = pick(search);
	row->parties[0].vn_id = row->parties[1].vn_id = id;
	return id != 0;
}

static bool place_all(struct search *search)
{
	struct session_row *row = search->choice->row;
	uint32_t wanted[SESSION_PARTIES_MAX];

	for (int i = 0; i < row->parties_n; i++)
		wanted[i] = row->parties[i].vn_id;
	bool done = true;
	if (search->choice->pool->row.policy.numbers == POOL_ONE)
		done = place_one_for_both(search);
	else
		for (int i = 0; done && i < row->parties_n; i++)
			if (!row->parties[i].vn_id)
				done = place_party(search, i, 0);
	for (int i = 0; !done && i < row->parties_n; i++)
		row->parties[i].vn_id = wanted[i];
	return done;
}

/* Fills vn_id of parties that name a VN. *ret_account: theirs, or NONE. */
static enum err place_wanted(struct search *search, uint32_t *ret_account)
{
	struct session_row *row = search->choice->row;
	bool one = search->choice->pool->row.policy.numbers == POOL_ONE;

	*ret_account = NONE;
	search->one = one;
	for (int i = 0; i < row->parties_n; i++) {
		if (!number_is(row->parties[i].vn))
			continue;
		uint32_t id = engine_vn_by_number(search->e, row->parties[i].vn);
		const struct vn *vn = id ? vn_at(search->e, id) : NULL;
		if (!vn || &search->e->pools[vn->pool] != search->choice->pool)
			return ERR_NOT_FOUND;
		if (*ret_account != NONE && *ret_account != vn->account)
			return ERR_NUMBER_IN_USE;
		*ret_account = vn->account;
		search->target = i;
		search->viewers = one ? 3 : all_but(row, i);
		bool twice = in_session(row, id) && !one;
		if (vn->row.disabled || twice || !suits(search, id))
			return ERR_NUMBER_IN_USE;
		if (one && i == 1 && row->parties[0].vn_id && row->parties[0].vn_id != id)
			return ERR_NUMBER_IN_USE;
		row->parties[i].vn_id = id;
	}
	/* One for both: what one of them names is the other's too. */
	for (int i = 0; one && i < row->parties_n; i++)
		if (!row->parties[i].vn_id)
			row->parties[i].vn_id = row->parties[1 - i].vn_id;
	return ERR_OK;
}

static void fill_numbers(struct engine *e, struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++)
		row->parties[i].vn = vn_at(e, row->parties[i].vn_id)->row.number;
}

/* Has an account come up on an earlier shelf? */
static bool is_new_account(const struct pool *pool, uint32_t shelf)
{
	for (uint32_t i = 0; i < shelf; i++)
		if (pool->shelves[i].account == pool->shelves[shelf].account)
			return false;
	return true;
}

enum err choose_all(struct engine *e, struct choice *choice)
{
	struct search search = {.e = e, .choice = choice};
	const struct pool *pool = choice->pool;
	uint32_t wanted;
	enum err err = place_wanted(&search, &wanted);

	if (err)
		return err;
	bool all_wanted = true;
	for (int i = 0; i < choice->row->parties_n; i++)
		all_wanted &= choice->row->parties[i].vn_id != 0;
	if (all_wanted) {
		fill_numbers(e, choice->row);
		return ERR_OK;
	}
	uint32_t first = hash_reduce(hash_mix(choice->salt + 2), pool->shelves_n ? pool->shelves_n : 1);
	for (int avoid = pool->row.policy.stick == POOL_STICK_AVOID; avoid >= 0; avoid--) {
		for (uint32_t i = 0; i < pool->shelves_n; i++) {
			uint32_t shelf = (first + i) % pool->shelves_n;
			search.account = pool->shelves[shelf].account;
			search.avoid = avoid;
			search.one = false;
			if (!is_new_account(pool, shelf) || (wanted != NONE && wanted != search.account))
				continue;
			if (place_all(&search)) {
				fill_numbers(e, choice->row);
				return ERR_OK;
			}
		}
	}
	pool_ran_out(e, choice->pool);
	return ERR_POOL_EXHAUSTED;
}

/* The account of the VNs of a session that is bound: newcomers, who have none yet, come last. */
static uint16_t account_of(struct engine *e, const struct session_row *row)
{
	ASSERT(row->parties[0].vn_id);
	return vn_at(e, row->parties[0].vn_id)->account;
}

/* 0: none. */
static uint32_t pick_one(struct search *search)
{
	const struct pool_policy *policy = &search->choice->pool->row.policy;
	uint32_t id = 0;

	search->account = account_of(search->e, search->choice->row);
	for (int avoid = policy->stick == POOL_STICK_AVOID; !id && avoid >= 0; avoid--) {
		search->avoid = avoid;
		id = pick(search);
	}
	return id;
}

enum err choose_one(struct engine *e, struct choice *choice, int target, uint32_t viewers, uint32_t *ret_vn)
{
	struct search search = {.e = e, .choice = choice, .target = target, .viewers = viewers};
	uint32_t id = pick_one(&search);

	if (id) {
		*ret_vn = id;
		return ERR_OK;
	}
	pool_ran_out(e, choice->pool);
	return ERR_POOL_EXHAUSTED;
}

uint32_t choose_other(struct engine *e, struct choice *choice, int target, uint32_t viewers)
{
	struct search search = {.e = e, .choice = choice, .target = target, .viewers = viewers, .one = viewers >> target & 1};

	return pick_one(&search);
}
