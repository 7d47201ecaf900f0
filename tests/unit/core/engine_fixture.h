/* engine_fixture: a small world around the engine for its tests: people and VNs by index, a store that
 * keeps what the records say and can bring up a second engine, and questions as a provider asks them. */
#ifndef UNIT_CORE_ENGINE_FIXTURE_H
#define UNIT_CORE_ENGINE_FIXTURE_H

#include "base/check.h"
#include "base/hash.h"
#include "core/engine.h"
#include "unit/test.h"

#define START_MS 1795341600000 /* 2026-11-22T10:00:00Z */
#define PERSON_FIRST 99900000000u
#define VN_FIRST 622150000000u
#define CUSTOMER 1
#define COURIER 2
#define COURIER_2 3

/* --- people --- */

static inline struct number number_of(int person)
{
	return (struct number){PERSON_FIRST + (uint64_t)person};
}

static inline struct number vn_number_of(int vn)
{
	return (struct number){VN_FIRST + (uint64_t)vn};
}

static inline struct person person_of(struct number number)
{
	uint64_t words[2] = {hash_mix(number.e164 + 7), number.e164};
	struct person person;

	memcpy(person.key, words, sizeof words);
	return person;
}

static inline struct party party_of(const char *role, int person)
{
	struct party party = {.numbers_n = 1, .may_call = true, .numbers = {number_of(person)}};

	ASSERT(str_copy(party.role, sizeof party.role, str_of(role)));
	party.persons[0] = person_of(party.numbers[0]);
	return party;
}

static inline void party_add_number(struct party *party, int person)
{
	party->numbers[party->numbers_n] = number_of(person);
	party->persons[party->numbers_n] = person_of(number_of(person));
	party->numbers_n++;
}

/* --- the store: the latest row of each thing --- */

/* A notice as these tests write it: its type's number, and what is spare. */
static inline struct str tell_number(void *context, const struct notice *notice, struct arena *arena)
{
	char text[64];

	(void)context;
	snprintf(text, sizeof text, "%d %lld", (int)notice->type, notice->demand ? (long long)notice->demand->spare : 0);
	return arena_str(arena, str_of(text));
}

struct kept_session {
	struct session_row row;
	int last_notice; /* enum notice_type + 1; 0: none yet */
	struct party parties[SESSION_PARTIES_MAX];
	struct session_view_vn views[SESSION_VIEWS_MAX];
	struct session_past *past;
	char ref[SESSION_REF_MAX + 1];
};

struct kept {
	struct pool_row *pools;
	struct vn_row *vns;
	struct kept_session **sessions; /* ascending by id */
	struct tombstone_row *tombstones;
	uint32_t pools_n, vns_n, sessions_n, tombstones_n, sessions_size, tombstones_size;
	uint32_t erased;
	int alike; /* records that said so */
};

#define KEPT_POOLS_MAX 16
#define KEPT_VNS_MAX 10000

static inline void kept_init(struct kept *kept)
{
	*kept = (struct kept){.pools = calloc(KEPT_POOLS_MAX, sizeof *kept->pools),
		.vns = calloc(KEPT_VNS_MAX, sizeof *kept->vns)};
	ASSERT(kept->pools && kept->vns);
}

static inline void kept_session_free(struct kept_session *session)
{
	free(session->past);
	free(session);
}

static inline void kept_done(struct kept *kept)
{
	for (uint32_t i = 0; i < kept->sessions_n; i++)
		kept_session_free(kept->sessions[i]);
	free(kept->sessions);
	free(kept->tombstones);
	free(kept->pools);
	free(kept->vns);
}

static inline void kept_session_write(struct kept_session *into, const struct session_row *row)
{
	free(into->past);
	into->row = *row;
	into->past = malloc((row->past_n + 1u) * sizeof *into->past);
	ASSERT(into->past && str_copy(into->ref, sizeof into->ref, row->ref));
	memcpy(into->parties, row->parties, row->parties_n * sizeof *row->parties);
	memcpy(into->views, row->views, row->views_n * sizeof *row->views);
	memcpy(into->past, row->past, row->past_n * sizeof *row->past);
	into->row.parties = into->parties;
	into->row.views = into->views;
	into->row.past = into->past;
	into->row.ref = str_of(into->ref);
}

static inline bool kept_party_alike(const struct party *a, const struct party *b)
{
	bool alike = strcmp(a->role, b->role) == 0 && a->numbers_n == b->numbers_n && a->may_call == b->may_call &&
		     a->place.country == b->place.country && a->place.area == b->place.area && a->vn_id == b->vn_id &&
		     a->version == b->version && a->fingerprint == b->fingerprint && a->pin == b->pin &&
		     a->pin_digits == b->pin_digits;

	for (int i = 0; alike && i < a->numbers_n; i++)
		alike = number_equal(a->numbers[i], b->numbers[i]) &&
			memcmp(&a->persons[i], &b->persons[i], sizeof a->persons[i]) == 0;
	return alike;
}

/* A store may leave parties, views and past pairs of such a row as it has them: they must be as it has them. */
static inline void kept_check_alike(const struct kept *kept, const struct session_row *row)
{
	const struct session_row *had = NULL;

	for (uint32_t i = 0; i < kept->sessions_n && !had; i++)
		if (kept->sessions[i]->row.id == row->id)
			had = &kept->sessions[i]->row;
	ASSERT(had && had->parties_n == row->parties_n && had->views_n == row->views_n && had->past_n == row->past_n);
	for (int i = 0; i < row->parties_n; i++)
		ASSERT(kept_party_alike(&had->parties[i], &row->parties[i]));
	for (int i = 0; i < row->views_n; i++)
		ASSERT(had->views[i].viewer == row->views[i].viewer && had->views[i].target == row->views[i].target &&
			had->views[i].vn_id == row->views[i].vn_id);
	for (int i = 0; i < row->past_n; i++)
		ASSERT(memcmp(&had->past[i].person, &row->past[i].person, sizeof row->past[i].person) == 0 &&
			had->past[i].vn_id == row->past[i].vn_id && had->past[i].until == row->past[i].until);
}

static inline void kept_put_session(struct kept *kept, const struct session_row *row)
{
	uint32_t at = kept->sessions_n;

	while (at > 0 && kept->sessions[at - 1]->row.id > row->id)
		at--;
	if (at > 0 && kept->sessions[at - 1]->row.id == row->id) {
		kept_session_write(kept->sessions[at - 1], row);
		return;
	}
	if (kept->sessions_n == kept->sessions_size) {
		kept->sessions_size = kept->sessions_size ? 2 * kept->sessions_size : 64;
		kept->sessions = realloc(kept->sessions, kept->sessions_size * sizeof *kept->sessions);
		ASSERT(kept->sessions);
	}
	memmove(&kept->sessions[at + 1], &kept->sessions[at],
		(kept->sessions_n - at) * sizeof *kept->sessions);
	kept->sessions[at] = calloc(1, sizeof **kept->sessions);
	ASSERT(kept->sessions[at]);
	kept->sessions_n++;
	kept_session_write(kept->sessions[at], row);
}

static inline void kept_put_tombstone(struct kept *kept, const struct tombstone_row *row)
{
	if (kept->tombstones_n == kept->tombstones_size) {
		kept->tombstones_size = kept->tombstones_size ? 2 * kept->tombstones_size : 64;
		kept->tombstones =
			realloc(kept->tombstones, kept->tombstones_size * sizeof *kept->tombstones);
		ASSERT(kept->tombstones);
	}
	kept->tombstones[kept->tombstones_n++] = *row;
}

/* What is told of a session goes one way: it begins, changes, closes once, and after its end there is nothing. */
static inline void kept_hear(struct kept *kept, const struct outbox_row *row)
{
	if (strncmp(row->type.at, "session.", 8) != 0)
		return;
	for (uint32_t i = 0; i < kept->sessions_n; i++) {
		struct kept_session *session = kept->sessions[i];
		int type = atoi(row->data.at), last = session->last_notice - 1;
		if (session->row.id != row->session || row->session == 0)
			continue;
		bool closed = last == NOTICE_SESSION_CLOSED || last == NOTICE_SESSION_EXPIRED;
		assert_true(last != NOTICE_SESSION_ENDED);
		assert_true(last >= 0 || type == NOTICE_SESSION_WAITING || type == NOTICE_SESSION_LIVE);
		assert_true(!closed || type == NOTICE_SESSION_ENDED || type == NOTICE_SESSION_CHANGED);
		assert_true(type != NOTICE_SESSION_ENDED || closed);
		if (!(closed && type == NOTICE_SESSION_CHANGED))
			session->last_notice = type + 1;
	}
}

static inline void kept_put(struct kept *kept, const struct record *record)
{
	switch (record->kind) {
	case RECORD_POOL:
		ASSERT(record->pool->id <= KEPT_POOLS_MAX);
		kept->pools[record->pool->id - 1] = *record->pool;
		kept->pools_n = record->pool->id > kept->pools_n ? record->pool->id : kept->pools_n;
		break;
	case RECORD_VN:
		ASSERT(record->vn->id <= KEPT_VNS_MAX);
		kept->vns[record->vn->id - 1] = *record->vn;
		kept->vns_n = record->vn->id > kept->vns_n ? record->vn->id : kept->vns_n;
		break;
	case RECORD_SESSION_ALIKE:
		kept_check_alike(kept, record->session);
		kept->alike++;
		kept_put_session(kept, record->session);
		break;
	case RECORD_SESSION:
		kept_put_session(kept, record->session);
		break;
	case RECORD_OUTBOX:
		kept_hear(kept, record->outbox);
		break;
	case RECORD_SESSION_TOLD:
		for (uint32_t i = 0; i < kept->sessions_n; i++)
			if (kept->sessions[i]->row.id == record->session_id)
				kept->sessions[i]->row.announce = false;
		break;
	case RECORD_TOMBSTONE:
		kept_put_tombstone(kept, record->tombstone);
		break;
	default:
		kept->erased += record->kind == RECORD_SESSION_ERASE;
	}
}

/* As a store does at a start: everything that is open or cools, and tombstones; the rest is forgotten. */
static inline void kept_load(struct kept *kept, struct engine *engine, uint32_t now_s)
{
	uint32_t n = 0;
	const char *wrong;

	for (uint32_t i = 0; i < kept->pools_n; i++)
		assert_int_equal(engine_load_pool(engine, &kept->pools[i]), ERR_OK);
	for (uint32_t i = 0; i < kept->vns_n; i++)
		assert_int_equal(engine_load_vn(engine, &kept->vns[i]), ERR_OK);
	for (uint32_t i = 0; i < kept->sessions_n; i++) {
		struct kept_session *session = kept->sessions[i];
		if (session->row.closed_at && !session->row.announce && session->row.cool_until <= now_s &&
			session->row.grace_until <= now_s) {
			kept_session_free(session);
			continue;
		}
		kept->sessions[n++] = session;
		wrong = NULL;
		engine_load_soon(engine, &session->row);
		enum err err = engine_load_session(engine, &session->row, &wrong);
		if (err)
			fail_msg("%s: %s", err_slug(err), wrong ? wrong : "");
	}
	kept->sessions_n = n;
	n = 0;
	for (uint32_t i = 0; i < kept->tombstones_n; i++) {
		if (kept->tombstones[i].until <= now_s)
			continue;
		kept->tombstones[n++] = kept->tombstones[i];
		assert_int_equal(engine_load_tombstone(engine, &kept->tombstones[i]), ERR_OK);
	}
	kept->tombstones_n = n;
	assert_int_equal(engine_load_done(engine), ERR_OK);
}

/* --- the world --- */

struct world {
	struct engine *engine;
	struct engine_options options;
	struct kept kept;
	int64_t now_ms;
	uint16_t tenant, account, pool;
	int vns_n;
	struct arena arena; /* pictures that tests look at */
};

#define WORLD_LIMITS                                                                                         \
	((struct limits){.sessions = 2000,                                                                   \
		.routes = 20000,                                                                             \
		.pairs = 40000,                                                                              \
		.tombstones = 4000,                                                                          \
		.numbers = 10000,                                                                            \
		.pools = 16,                                                                                 \
		.accounts = 16,                                                                              \
		.tenants = 16,                                                                               \
		.roles = 64,                                                                                 \
		.calls = 16,                                                                                 \
		.idempotency = 16})

static inline void world_audit(struct world *world)
{
	const char *wrong = engine_audit(world->engine);

	if (wrong)
		fail_msg("audit: %s", wrong);
}

static inline void world_begin(struct world *world)
{
	engine_begin(world->engine, world->now_ms);
}

static inline void world_commit(struct world *world)
{
	size_t n;
	const struct record *records = engine_records(world->engine, &n);

	for (size_t i = 0; i < n; i++)
		kept_put(&world->kept, &records[i]);
	engine_commit(world->engine);
}

static inline void world_end(struct world *world)
{
	world_commit(world);
	world_audit(world);
}

static inline struct pool_policy policy_for_tests(void)
{
	struct pool_policy policy = pool_policy_default('I' << 8 | 'D');

	policy.ttl_s = 3600;
	policy.grace_s = 60;
	policy.cooldown_s = 600;
	policy.rest_s = 30;
	return policy;
}

static inline void world_names(struct world *world)
{
	assert_int_equal(engine_tenant(world->engine, str_of("main"), &world->tenant), ERR_OK);
	assert_int_equal(
		engine_account(world->engine, str_of("twilio"), str_of("one"), &world->account), ERR_OK);
}

static inline uint16_t world_pool(struct world *world, const char *name, const struct pool_policy *policy)
{
	uint16_t pool;

	world_begin(world);
	assert_int_equal(
		engine_pool_create(world->engine, world->tenant, str_of(name), policy, &pool), ERR_OK);
	world_end(world);
	return pool;
}

static inline void world_add_vn(struct world *world, uint16_t pool, const struct vn_add *add)
{
	world_begin(world);
	assert_int_equal(engine_vn_add(world->engine, pool, add), ERR_OK);
	world_end(world);
	world->vns_n++;
}

/* `n` more of the world's account: numbers go on from those that are there. */
static inline void world_vns(struct world *world, uint16_t pool, int n)
{
	world_begin(world);
	for (int i = 0; i < n; i++) {
		struct vn_add add = {.number = vn_number_of(world->vns_n++), .account = world->account};
		assert_int_equal(engine_vn_add(world->engine, pool, &add), ERR_OK);
	}
	world_end(world);
}

static inline void world_init_limits(
	struct world *world, const struct pool_policy *policy, int vns, struct limits limits)
{
	*world = (struct world){.now_ms = START_MS,
		.options = {.limits = limits, .seed = 1, .text_key = {2, 3}, .now_ms = START_MS}};
	kept_init(&world->kept);
	arena_init(&world->arena, (size_t)64 << 20);
	world->engine = engine_new(&world->options);
	assert_non_null(world->engine);
	world_names(world);
	if (policy)
		world->pool = world_pool(world, "jakarta", policy);
	world_vns(world, world->pool, vns);
}

static inline void world_init(struct world *world, const struct pool_policy *policy, int vns)
{
	world_init_limits(world, policy, vns, WORLD_LIMITS);
}

static inline void world_done(struct world *world)
{
	engine_free(world->engine);
	kept_done(&world->kept);
	arena_done(&world->arena);
}

/* The engine dies; another begins with what the store kept. */
static inline void world_restart(struct world *world)
{
	engine_free(world->engine);
	world->options.now_ms = world->now_ms;
	world->engine = engine_new(&world->options);
	assert_non_null(world->engine);
	kept_load(&world->kept, world->engine, (uint32_t)(world->now_ms / 1000));
	world_names(world);
	world_audit(world);
}

/* Time goes on, and what is due is done. */
static inline void world_wait(struct world *world, double seconds)
{
	world->now_ms += (int64_t)(seconds * 1000);
	for (bool more = true; more;) {
		world_begin(world);
		more = engine_tick(world->engine, 100);
		world_end(world);
	}
}

/* --- changes, one a batch --- */

static inline enum err world_open_with(
	struct world *world, const struct session_open *open, uint32_t *ret_slot, bool *ret_new)
{
	uint64_t ended;

	world_begin(world);
	enum err err = engine_session_open(world->engine, open, ret_slot, ret_new, &ended);
	world_end(world);
	return err;
}

static inline enum err world_open(
	struct world *world, const char *ref, struct party *parties, int n, uint32_t *ret_slot)
{
	bool new;

	return world_open_with(world,
		&(struct session_open){
			.pool = world->pool, .ref = str_of(ref), .parties = parties, .parties_n = n},
		ret_slot, &new);
}

static inline enum err world_open_pair(
	struct world *world, const char *ref, int customer, int courier, uint32_t *ret_slot)
{
	struct party parties[] = {party_of("customer", customer), party_of("courier", courier)};

	return world_open(world, ref, parties, 2, ret_slot);
}

static inline uint32_t world_must_open(struct world *world, const char *ref, int customer, int courier)
{
	uint32_t slot = ENGINE_NONE;

	assert_int_equal(world_open_pair(world, ref, customer, courier, &slot), ERR_OK);
	return slot;
}

static inline enum err world_put(struct world *world, uint32_t slot, const char *role, int person)
{
	struct party party = party_of(role, person);

	world_begin(world);
	enum err err = engine_party_put(world->engine, slot, &party);
	world_end(world);
	return err;
}

static inline enum err world_drop(struct world *world, uint32_t slot, const char *role)
{
	world_begin(world);
	enum err err = engine_party_drop(world->engine, slot, str_of(role));
	world_end(world);
	return err;
}

static inline void world_close(struct world *world, uint32_t slot, int64_t grace_s)
{
	world_begin(world);
	assert_int_equal(engine_session_close(world->engine, slot, grace_s), ERR_OK);
	world_end(world);
}

static inline enum err world_event(struct world *world, enum event_type type, const char *order,
	uint64_t version, struct party *parties, int n, enum event_effect *ret_effect, uint32_t *ret_slot)
{
	struct order_event event = {.type = type,
		.pool = world->pool,
		.order = str_of(order),
		.version = version,
		.parties = parties,
		.parties_n = n};

	world_begin(world);
	enum err err = engine_event(world->engine, &event, ret_effect, ret_slot);
	world_end(world);
	return err;
}

/* --- looks --- */

static inline struct session_row *world_row(struct world *world, uint32_t slot)
{
	struct session_row *row = engine_session_row(world->engine, slot, &world->arena);

	assert_non_null(row);
	return row;
}

static inline const struct party *party_in(const struct session_row *row, const char *role)
{
	int i = session_party_of(row, str_of(role));

	assert_true(i >= 0);
	return &row->parties[i];
}

static inline struct decision world_call(struct world *world, struct number caller, struct number vn)
{
	struct question question = {.caller = caller,
		.called = vn,
		.account = DECIDE_ANY_ACCOUNT,
		.tenant = DECIDE_ANY_TENANT,
		.now_ms = world->now_ms};
	struct decision decision = {0};

	decide(engine_board(world->engine), &question, &decision);
	return decision;
}

/* The VN by which a party of the row reaches another. */
static inline struct number vn_to_dial(const struct session_row *row, const char *from, const char *to)
{
	uint32_t id;

	return session_vn_seen(
		row, session_party_of(row, str_of(from)), session_party_of(row, str_of(to)), &id);
}

/* Each number of each party that may call reaches every other party, which sees the VN that it would dial
 * itself to call back. */
static inline void assert_all_reach(struct world *world, uint32_t slot)
{
	const struct session_row *row = world_row(world, slot);

	assert_true(row->state == SESSION_LIVE || row->state == SESSION_CLOSING);
	for (int i = 0; i < row->parties_n; i++) {
		for (int j = 0; j < row->parties_n; j++) {
			const struct party *from = &row->parties[i], *to = &row->parties[j];
			for (int k = 0; i != j && k < from->numbers_n; k++) {
				struct decision decision = world_call(
					world, from->numbers[k], vn_to_dial(row, from->role, to->role));
				assert_int_equal(
					decision.action, from->may_call ? ACTION_CONNECT : ACTION_REJECT);
				if (!from->may_call)
					continue;
				assert_int_equal(decision.callee.e164, to->numbers[0].e164);
				assert_int_equal(
					decision.show.e164, vn_to_dial(row, to->role, from->role).e164);
				assert_int_equal(decision.session, row->id);
			}
		}
	}
}

static inline void assert_refused(struct world *world, struct number caller, struct number vn)
{
	assert_int_equal(world_call(world, caller, vn).action, ACTION_REJECT);
}

static inline void assert_rows_equal(const struct session_row *a, const struct session_row *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->pool_id, b->pool_id);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->rev, b->rev);
	assert_true(str_equal(a->ref, b->ref));
	assert_int_equal(a->fingerprint, b->fingerprint);
	assert_int_equal(a->opened_at, b->opened_at);
	assert_int_equal(a->expires_at, b->expires_at);
	assert_int_equal(a->closed_at, b->closed_at);
	assert_int_equal(a->grace_until, b->grace_until);
	assert_int_equal(a->cool_until, b->cool_until);
	assert_int_equal(a->expired, b->expired);
	assert_int_equal(a->parties_n, b->parties_n);
	assert_int_equal(a->views_n, b->views_n);
	assert_int_equal(a->past_n, b->past_n);
	for (int i = 0; i < a->parties_n; i++) {
		const struct party *x = &a->parties[i], *y = &b->parties[i];
		assert_string_equal(x->role, y->role);
		assert_int_equal(x->numbers_n, y->numbers_n);
		assert_int_equal(x->may_call, y->may_call);
		assert_memory_equal(x->numbers, y->numbers, x->numbers_n * sizeof x->numbers[0]);
		assert_memory_equal(x->persons, y->persons, x->numbers_n * sizeof x->persons[0]);
		assert_int_equal(x->vn_id, y->vn_id);
		assert_int_equal(x->vn.e164, y->vn.e164);
		assert_int_equal(x->version, y->version);
		assert_int_equal(x->fingerprint, y->fingerprint);
		assert_int_equal(x->pin, y->pin);
		assert_int_equal(x->pin_digits, y->pin_digits);
	}
	for (int i = 0; i < a->views_n; i++) {
		assert_int_equal(a->views[i].viewer, b->views[i].viewer);
		assert_int_equal(a->views[i].target, b->views[i].target);
		assert_int_equal(a->views[i].vn_id, b->views[i].vn_id);
	}
	for (int i = 0; i < a->past_n; i++) {
		assert_memory_equal(&a->past[i].person, &b->past[i].person, sizeof a->past[i].person);
		assert_int_equal(a->past[i].vn_id, b->past[i].vn_id);
		assert_int_equal(a->past[i].until, b->past[i].until);
	}
}

static inline struct pool_stock world_stock(struct world *world)
{
	struct pool_stock stock;
	struct pool_sessions sessions;

	engine_pool_count(world->engine, world->pool, &stock, &sessions);
	return stock;
}

static inline struct pool_sessions world_sessions(struct world *world)
{
	struct pool_stock stock;
	struct pool_sessions sessions;

	engine_pool_count(world->engine, world->pool, &stock, &sessions);
	return sessions;
}

#endif
