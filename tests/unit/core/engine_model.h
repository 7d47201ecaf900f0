/* engine_model: what the engine should have done, by plain arrays and loops. It does not choose VNs: it takes
 * over what the engine chose and checks that it was allowed to (S1, S6, accounts, stock), and where the
 * engine says that nothing is free it looks through all there is. */
#ifndef UNIT_CORE_ENGINE_MODEL_H
#define UNIT_CORE_ENGINE_MODEL_H

#include "engine_fixture.h"

#define PEOPLE 30
#define MODEL_SESSIONS 400
#define MODEL_VNS 40
#define MODEL_POOLS 3
#define ORDERS 40
#define COOLS 6000
#define HELD_MAX 400

struct mparty {
	int role, n;
	int who[SESSION_NUMBERS_MAX];
	bool may_call;
	uint32_t vn;
	uint64_t version;
	bool by_event; /* what the event of that version said is known */
	uint32_t pin;
};

struct mview {
	int viewer, target;
	uint32_t vn;
};

struct msession {
	uint64_t id; /* 0: none */
	int pool, order;
	enum session_state state;
	uint32_t expires, closed, grace, cool, cool_least;
	struct mparty parties[SESSION_PARTIES_MAX], asked[SESSION_PARTIES_MAX];
	int parties_n, asked_n;
	uint64_t floor; /* newest version of a party that was taken out */
	struct mview views[SESSION_VIEWS_MAX];
	int views_n;
};

struct mcool {
	int who;
	uint32_t vn;
	uint64_t session;
	int64_t least_ms; /* S6: no other session before */
	uint32_t until;   /* the engine may round up so far */
};

struct mvn {
	int pool;
	uint16_t account;
	bool reserved, disabled;
	uint32_t rest_until;
	struct place place;
};

struct model {
	struct pool_policy policies[MODEL_POOLS];
	int pools_n;
	struct mvn vns[MODEL_VNS + 1]; /* by id */
	uint32_t vns_n;
	struct msession sessions[MODEL_SESSIONS];
	int sessions_n;
	struct mcool cools[COOLS];
	int cools_n;
	uint32_t ended[MODEL_POOLS][ORDERS]; /* tombstones: until */
	int64_t now_ms;
	uint32_t tombstone_s;
	bool tight; /* limits are low: ERR_LIMIT_REACHED may come at any time */
};

static inline uint32_t model_now(const struct model *model)
{
	return (uint32_t)(model->now_ms / 1000);
}

static inline const struct pool_policy *policy_of(const struct model *model, const struct msession *session)
{
	return &model->policies[session->pool];
}

static inline uint32_t seen_vn(const struct msession *session, int viewer, int target)
{
	for (int v = 0; v < session->views_n; v++)
		if (session->views[v].viewer == viewer && session->views[v].target == target)
			return session->views[v].vn;
	return session->parties[target].vn;
}

struct held {
	int who;
	uint32_t vn;
};

static inline int held_by(const struct msession *session, struct held held[HELD_MAX])
{
	int n = 0;

	for (int i = 0; i < session->parties_n; i++)
		for (int j = 0; j < session->parties_n; j++)
			for (int k = 0; i != j && seen_vn(session, i, j) && k < session->parties[i].n; k++)
				held[n++] = (struct held){session->parties[i].who[k], seen_vn(session, i, j)};
	return n;
}

static inline bool is_held(const struct held *held, int n, struct held one)
{
	for (int i = 0; i < n; i++)
		if (held[i].who == one.who && held[i].vn == one.vn)
			return true;
	return false;
}

static inline bool uses_vn(const struct msession *session, uint32_t vn)
{
	for (int i = 0; i < session->parties_n; i++)
		if (session->parties[i].vn == vn)
			return true;
	for (int i = 0; i < session->views_n; i++)
		if (session->views[i].vn == vn)
			return true;
	return false;
}

static inline uint32_t users_of(const struct model *model, uint32_t vn, const struct msession *but)
{
	uint32_t n = 0;

	for (int i = 0; i < model->sessions_n; i++)
		n += &model->sessions[i] != but && model->sessions[i].id && uses_vn(&model->sessions[i], vn);
	return n;
}

static inline void cool_add(
	struct model *model, struct held held, uint64_t session, int64_t least_ms, uint32_t until)
{
	int n = 0;

	for (int i = 0; i < model->cools_n; i++)
		if (model->cools[i].until > model_now(model))
			model->cools[n++] = model->cools[i];
	model->cools_n = n;
	if (until <= model_now(model))
		return;
	ASSERT(n < COOLS);
	model->cools[model->cools_n++] = (struct mcool){held.who, held.vn, session, least_ms, until};
}

/* --- what is free --- */

struct freedom {
	bool taken[2 * PEOPLE][MODEL_VNS + 1];
};

static inline void look_for_freedom(
	const struct model *model, const struct msession *self, struct freedom *freedom)
{
	struct held held[HELD_MAX];

	memset(freedom, 0, sizeof *freedom);
	for (int i = 0; i < model->sessions_n; i++) {
		const struct msession *session = &model->sessions[i];
		int n = session == self || !session->id ? 0 : held_by(session, held);
		for (int k = 0; k < n; k++)
			freedom->taken[held[k].who][held[k].vn] = true;
	}
	for (int i = 0; i < model->cools_n; i++)
		if (model->cools[i].session != self->id && model->cools[i].until > model_now(model))
			freedom->taken[model->cools[i].who][model->cools[i].vn] = true;
}

/* How many VNs of a pool are taken from the one who has least choice there. PINs aside. */
static inline uint32_t busiest_of(const struct model *model, int pool)
{
	static struct freedom freedom;
	uint32_t most = 0;

	look_for_freedom(model, &(struct msession){.id = 0}, &freedom);
	for (int who = 0; who < 2 * PEOPLE; who++) {
		uint32_t n = 0;
		for (uint32_t vn = 1; vn <= model->vns_n; vn++)
			n += freedom.taken[who][vn] && model->vns[vn].pool == pool;
		most = n > most ? n : most;
	}
	return most;
}

static inline bool vn_has_room(const struct model *model, const struct msession *self, uint32_t vn)
{
	const struct pool_policy *policy = policy_of(model, self);
	const struct mvn *at = &model->vns[vn];
	uint32_t users = users_of(model, vn, self);

	if (uses_vn(self, vn))
		return true;
	if (policy->mode == POOL_EXCLUSIVE)
		return users == 0 && at->rest_until <= model_now(model);
	return users < policy->per_vn_max;
}

static inline struct place place_of_person(int who)
{
	static const uint16_t countries[] = {'I' << 8 | 'D', 'I' << 8 | 'N', 0};

	return (struct place){countries[who % 7 < 4 ? 0 : who % 7 < 6 ? 1 : 2], (uint32_t)(who % 3) * 11};
}

static inline bool geo_fits(const struct pool_policy *policy, struct place person, struct place vn)
{
	if (!policy->geo_strict || policy->geo == POOL_GEO_ANY)
		return true;
	if (!person.country || person.country != vn.country)
		return false;
	return policy->geo == POOL_GEO_COUNTRY || (person.area && person.area == vn.area);
}

static inline bool may_dial_vn(const struct freedom *freedom, const struct mparty *party, uint32_t vn)
{
	for (int k = 0; k < party->n; k++)
		if (freedom->taken[party->who[k]][vn])
			return false;
	return true;
}

/* May `vn` stand for party `target`, dialled by all others (`one`: by itself too)? */
static inline bool vn_suits(const struct model *model, const struct msession *self,
	const struct freedom *freedom, int target, uint32_t vn)
{
	const struct pool_policy *policy = policy_of(model, self);
	const struct mvn *at = &model->vns[vn];

	if (at->pool != self->pool || at->reserved || at->disabled || !vn_has_room(model, self, vn) ||
		!geo_fits(policy, place_of_person(self->parties[target].who[0]), at->place))
		return false;
	for (int i = 0; i < self->parties_n; i++)
		if ((i != target || policy->numbers == POOL_ONE) &&
			!may_dial_vn(freedom, &self->parties[i], vn))
			return false;
	return true;
}

struct options {
	uint64_t fits[SESSION_PARTIES_MAX]; /* bit set of VN ids */
	int n;
};

/* Can every party have a VN of its own? Those with the fewest first. */
static inline bool can_assign(struct options *options, uint32_t done, uint64_t used)
{
	int party = -1, least = 99;

	for (int i = 0; i < options->n; i++) {
		int n = __builtin_popcountll(options->fits[i] & ~used);
		if (!(done >> i & 1) && n < least) {
			least = n;
			party = i;
		}
	}
	if (party < 0)
		return true;
	for (uint64_t left = options->fits[party] & ~used; left; left &= left - 1)
		if (can_assign(options, done | 1u << party, used | (left & -left)))
			return true;
	return false;
}

/* By looking through everything: could this session (its parties as they are, no VNs yet) be bound? */
static inline bool can_bind(const struct model *model, const struct msession *self)
{
	struct freedom freedom;
	struct options options;
	bool one = policy_of(model, self)->numbers == POOL_ONE;

	look_for_freedom(model, self, &freedom);
	for (uint16_t account = 0; account < 4; account++) {
		options = (struct options){.n = one ? 1 : self->parties_n};
		for (int i = 0; i < options.n; i++)
			for (uint32_t vn = 1; vn <= model->vns_n; vn++)
				if (model->vns[vn].account == account &&
					vn_suits(model, self, &freedom, i, vn))
					options.fits[i] |= (uint64_t)1 << vn;
		if (can_assign(&options, 0, 0))
			return true;
	}
	return false;
}

/* Party `who` is new in a bound session `self` (as it would be; its VN 0 if the role is new). False if it is
 * sure that nothing could be bound, true if something surely could; the choice between them is the engine's.
 */
static inline bool must_take_in(const struct model *model, const struct msession *self, int who)
{
	struct freedom freedom;
	uint16_t account = 0;
	int own = 0, seen = 0, lacking = 0;

	look_for_freedom(model, self, &freedom);
	for (int i = 0; i < self->parties_n; i++) {
		if (self->parties[i].vn)
			account = model->vns[self->parties[i].vn].account;
		lacking += i != who && !may_dial_vn(&freedom, &self->parties[who], seen_vn(self, who, i));
	}
	for (uint32_t vn = 1; vn <= model->vns_n; vn++) {
		const struct mvn *at = &model->vns[vn];
		if (at->account != account || at->pool != self->pool || at->reserved || at->disabled ||
			uses_vn(self, vn) || !vn_has_room(model, self, vn))
			continue;
		bool geo = true;
		for (int i = 0; i < self->parties_n; i++)
			if (i != who && !geo_fits(policy_of(model, self),
						place_of_person(self->parties[i].who[0]), at->place))
				geo = false;
		seen += geo && may_dial_vn(&freedom, &self->parties[who], vn);
		bool others = geo_fits(
			policy_of(model, self), place_of_person(self->parties[who].who[0]), at->place);
		for (int i = 0; i < self->parties_n; i++)
			others &= i == who || may_dial_vn(&freedom, &self->parties[i], vn);
		own += others;
	}
	return self->parties[who].vn ? seen >= lacking : own > 0 && (lacking == 0 || seen > lacking);
}

/* --- taking over what the engine did --- */

static inline void check_new_pair(const struct model *model, const struct msession *self, struct held pair)
{
	struct held held[HELD_MAX];

	for (int i = 0; i < model->sessions_n; i++) {
		const struct msession *session = &model->sessions[i];
		int n = session == self || !session->id ? 0 : held_by(session, held);
		if (is_held(held, n, pair))
			fail_msg("S1: a pair was lent twice");
	}
	for (int i = 0; i < model->cools_n; i++) {
		const struct mcool *cool = &model->cools[i];
		if (cool->who == pair.who && cool->vn == pair.vn && cool->session != self->id &&
			cool->least_ms > model->now_ms)
			fail_msg("S6: a pair was lent while it cools");
	}
}

static inline void check_vns(
	const struct model *model, const struct msession *self, const struct msession *old, uint32_t wished)
{
	const struct pool_policy *policy = policy_of(model, self);
	int account = -1;

	for (uint32_t vn = 1; vn <= model->vns_n; vn++) {
		const struct mvn *at = &model->vns[vn];
		if (!uses_vn(self, vn))
			continue;
		if (account >= 0 && account != at->account)
			fail_msg("a session has two accounts");
		account = at->account;
		if (uses_vn(old, vn))
			continue;
		if (at->pool != self->pool || at->disabled || (at->reserved && vn != wished))
			fail_msg("a VN was lent that is not to be lent");
		uint32_t users = users_of(model, vn, self);
		if (policy->mode == POOL_EXCLUSIVE ? users > 0 || at->rest_until > model_now(model)
						   : users >= policy->per_vn_max)
			fail_msg("a VN was lent too often or too soon");
	}
	for (int i = 0; i < self->parties_n; i++) {
		for (int k = 0; k < i; k++)
			if (self->parties[i].vn && self->parties[i].vn == self->parties[k].vn &&
				policy->numbers != POOL_ONE)
				fail_msg("two parties have one VN");
		if (self->parties[i].vn && old->parties_n == 0 && self->parties[i].vn != wished &&
			policy->numbers == POOL_EACH &&
			!geo_fits(policy, place_of_person(self->parties[i].who[0]),
				model->vns[self->parties[i].vn].place))
			fail_msg("a VN does not fit the place");
	}
}

/* VNs and pairs that the session gave up since `old`. */
static inline void give_up(struct model *model, const struct msession *self, const struct msession *old)
{
	struct held was[HELD_MAX], is[HELD_MAX];
	int was_n = held_by(old, was), is_n = held_by(self, is), n = 0;
	const struct pool_policy *policy = policy_of(model, self);

	for (int i = 0; i < model->cools_n; i++) {
		struct mcool cool = model->cools[i];
		if (cool.session != self->id || !is_held(is, is_n, (struct held){cool.who, cool.vn}))
			model->cools[n++] = cool;
	}
	model->cools_n = n;
	for (int i = 0; i < was_n; i++)
		if (!is_held(is, is_n, was[i]))
			cool_add(model, was[i], self->id, model->now_ms + (int64_t)policy->cooldown_s * 1000,
				(uint32_t)((model->now_ms + 999) / 1000) + policy->cooldown_s);
	for (uint32_t vn = 1; vn <= model->vns_n; vn++)
		if (uses_vn(old, vn) && !uses_vn(self, vn) && policy->mode == POOL_EXCLUSIVE)
			model->vns[vn].rest_until = model_now(model) + policy->rest_s;
}

static inline void take_picture(struct msession *self, const struct session_row *row)
{
	self->state = row->state;
	assert_int_equal(row->parties_n, self->parties_n);
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		struct mparty *mine = &self->parties[i];
		assert_int_equal(party->numbers_n, mine->n);
		assert_int_equal(party->role[1] - '0', mine->role);
		assert_int_equal(party->may_call, mine->may_call);
		assert_int_equal(party->version, mine->version);
		for (int k = 0; k < mine->n; k++)
			assert_int_equal(party->numbers[k].e164, number_of(mine->who[k]).e164);
		mine->vn = party->vn_id;
		mine->pin = party->pin_digits ? party->pin : 0;
	}
	self->views_n = row->views_n;
	for (int v = 0; v < row->views_n; v++)
		self->views[v] =
			(struct mview){row->views[v].viewer, row->views[v].target, row->views[v].vn_id};
	if (row->state == SESSION_WAITING)
		for (int i = 0; i < self->parties_n; i++)
			assert_int_equal(self->parties[i].vn, 0);
}

/* The session's parties are in the model as they should be; the engine's row tells VNs. */
static inline void adopt(struct model *model, struct msession *self, const struct msession *old,
	const struct session_row *row, uint32_t wished)
{
	struct held was[HELD_MAX], is[HELD_MAX];
	int was_n = held_by(old, was);

	assert_non_null(row);
	take_picture(self, row);
	assert_int_equal(row->expires_at, self->expires);
	int is_n = held_by(self, is);
	for (int i = 0; i < is_n; i++)
		if (!is_held(was, was_n, is[i]))
			check_new_pair(model, self, is[i]);
	check_vns(model, self, old, wished);
	give_up(model, self, old);
}

/* --- the end --- */

static inline void model_gone(struct model *model, struct msession *self)
{
	struct held held[HELD_MAX];
	int n = held_by(self, held);
	const struct pool_policy *policy = policy_of(model, self);

	for (int i = 0; i < n; i++)
		cool_add(model, held[i], self->id, (int64_t)self->cool_least * 1000, self->cool);
	for (uint32_t vn = 1; vn <= model->vns_n; vn++)
		if (uses_vn(self, vn) && policy->mode == POOL_EXCLUSIVE)
			model->vns[vn].rest_until = self->grace + policy->rest_s;
	self->id = 0;
}

static inline void model_close(struct model *model, struct msession *self, uint32_t at, uint32_t grace_s)
{
	const struct pool_policy *policy = policy_of(model, self);

	model->ended[self->pool][self->order] = at + model->tombstone_s;
	self->closed = at;
	if (self->state == SESSION_WAITING) {
		self->id = 0;
		return;
	}
	self->state = SESSION_CLOSING;
	self->grace = at + grace_s;
	self->cool_least = self->grace + policy->cooldown_s;
	self->cool = self->cool_least + 1;
	if (policy->mode == POOL_EXCLUSIVE && policy->rest_s > policy->cooldown_s)
		self->cool = self->grace + policy->rest_s + 1;
	for (int i = 0; i < model->cools_n; i++)
		if (model->cools[i].session == self->id && model->cools[i].until > self->cool)
			self->cool = model->cools[i].until;
	if (self->grace <= model_now(model))
		model_gone(model, self);
}

static inline void model_advance(struct model *model, int64_t now_ms)
{
	model->now_ms = now_ms;
	for (int i = 0; i < model->sessions_n; i++) {
		struct msession *session = &model->sessions[i];
		if (session->id && !session->closed && session->expires <= model_now(model))
			model_close(model, session, session->expires, policy_of(model, session)->grace_s);
		else if (session->id && session->closed && session->grace <= model_now(model))
			model_gone(model, session);
	}
}

static inline struct msession *model_find(struct model *model, int pool, int order)
{
	for (int i = 0; i < model->sessions_n; i++) {
		struct msession *session = &model->sessions[i];
		if (session->id && session->pool == pool && session->order == order)
			return session;
	}
	return NULL;
}

static inline struct msession *model_new(struct model *model)
{
	int i = 0;

	while (i < model->sessions_n && model->sessions[i].id)
		i++;
	ASSERT(i < MODEL_SESSIONS);
	model->sessions_n = i == model->sessions_n ? i + 1 : model->sessions_n;
	model->sessions[i] = (struct msession){0};
	return &model->sessions[i];
}

/* --- who reaches whom --- */

struct expected {
	bool connects;
	int callee;
	uint32_t show;
	uint64_t session;
};

static inline struct expected who_is_reached(const struct model *model, int caller, uint32_t vn)
{
	struct expected expected = {0};

	for (int s = 0; s < model->sessions_n; s++) {
		const struct msession *session = &model->sessions[s];
		for (int i = 0; session->id && i < session->parties_n; i++) {
			for (int k = 0; k < session->parties[i].n && session->parties[i].may_call; k++) {
				for (int j = 0; j < session->parties_n; j++) {
					if (session->parties[i].who[k] != caller || i == j ||
						seen_vn(session, i, j) != vn)
						continue;
					if (expected.connects)
						fail_msg("the model itself is ambiguous");
					expected = (struct expected){true, session->parties[j].who[0],
						seen_vn(session, j, i), session->id};
				}
			}
		}
	}
	return expected;
}

/* S12 */
static inline struct pool_stock model_stock(const struct model *model, int pool)
{
	struct pool_stock stock = {0};

	for (uint32_t vn = 1; vn <= model->vns_n; vn++) {
		const struct mvn *at = &model->vns[vn];
		if (at->pool != pool)
			continue;
		stock.total++;
		if (at->disabled)
			stock.disabled++;
		else if (at->reserved)
			stock.reserved++;
		else if (users_of(model, vn, NULL))
			stock.lent++;
		else if (at->rest_until > model_now(model))
			stock.cooling++;
		else
			stock.free++;
	}
	return stock;
}

#endif
