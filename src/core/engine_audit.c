/* Walks everything and compares. O(everything): for tests and the simulator. */
#include "core/engine_state.h"

#include <stdlib.h>

struct walk {
	struct engine *e;
	struct pairs *open; /* what the open sessions hold, counted anew */
	uint32_t *vn_sessions;
	uint32_t routes, roles;
	uint32_t slot;
	uint64_t id;
	bool closed; /* its grace is fixed; before that it is the pool's, which may have changed since */
	const char *wrong;
};

static void wrong(struct walk *walk, const char *sentence)
{
	if (!walk->wrong)
		walk->wrong = sentence;
}

static void pair_once(void *context, const struct person *person, uint32_t vn)
{
	struct walk *walk = context;
	struct pair seen = pair_get(walk->open, person_short(person), vn);
	struct pair kept = pair_get(walk->e->pairs, person_short(person), vn);

	if (seen.until == PAIR_OPEN)
		wrong(walk, "S1: a pair is held by two open sessions");
	seen.until = PAIR_OPEN;
	if (pair_set(walk->open, person_short(person), vn, seen))
		wrong(walk, "the audit has no room");
	if (kept.until != PAIR_OPEN)
		wrong(walk, "a pair of an open session is not marked open");
}

static void stands_once(void *context, const struct person *person, uint32_t vn)
{
	struct walk *walk = context;
	struct pair seen = pair_get(walk->open, person_short(person), vn);

	seen.stands++;
	if (pair_set(walk->open, person_short(person), vn, seen))
		wrong(walk, "the audit has no room");
}

static void stands_compare(void *context, const struct person *person, uint32_t vn)
{
	struct walk *walk = context;

	if (pair_get(walk->open, person_short(person), vn).stands !=
		pair_get(walk->e->pairs, person_short(person), vn).stands)
		wrong(walk, "whom a VN stands for is counted wrong");
}

static void route_once(void *context, const struct route_key *key, const struct route *route)
{
	struct walk *walk = context;
	struct route found;
	uint64_t id;

	walk->routes++;
	if (!route_find(board_routes_read(walk->e->board), key, board_session_ids_read(walk->e->board),
		    &found, &id))
		wrong(walk, "a route of an open session is not published");
	else if (found.session != walk->slot || id != walk->id || found.callee.e164 != route->callee.e164 ||
		 found.show != route->show || (found.end < route->end && walk->closed))
		wrong(walk, "S1: a published route is not its session's");
}

typedef void visit(struct walk *walk, const struct session_row *row);

static void walk_sessions(struct walk *walk, visit *each)
{
	struct arena arena;

	arena_init(&arena, (size_t)1 << 20);
	for (uint32_t slot = 0; slot < walk->e->fresh; slot++) {
		if (!slot_open(walk->e, slot))
			continue;
		arena_reset(&arena);
		const struct session_row *row = picture(walk->e, slot, &arena);
		walk->slot = slot;
		if (!row)
			wrong(walk, "the audit has no room");
		else
			each(walk, row);
	}
	arena_done(&arena);
}

static void first_pass(struct walk *walk, const struct session_row *row)
{
	struct engine *e = walk->e;
	uint32_t vns[SESSION_VNS_MAX];
	int n = vns_of(row, vns, SESSION_VNS_MAX);
	bool bound = row->state != SESSION_WAITING;

	walk->id = row->id;
	walk->roles += row->parties_n;
	walk->closed = row->closed_at != 0;
	pairs_of(row, pair_once, walk);
	stands_of(row, stands_once, walk);
	for (int i = 0; i < n; i++) {
		walk->vn_sessions[vns[i] - 1]++;
		if (e->vns[vns[i] - 1].account != e->vns[vns[0] - 1].account)
			wrong(walk, "a session has VNs of two accounts");
	}
	for (int i = 0; i < row->parties_n; i++)
		if ((row->parties[i].vn_id != 0) != bound)
			wrong(walk, "a party's VN does not fit the session's state");
	if (bound && row->parties_n < 2)
		wrong(walk, "a bound session has fewer than two parties");
	if (engine_session_find(e, row->id) != walk->slot ||
		engine_session_by_ref(e, (uint16_t)(row->pool_id - 1), row->ref) != walk->slot)
		wrong(walk, "a session is not found by its id or ref");
	struct session_row open = *row;
	if (open.closed_at && open.grace_until <= e->now_s)
		open.grace_until =
			e->now_s + 1; /* still in its slot: the tick that takes it out is to come */
	struct walk counted = *walk;
	routes_each(e, &open, walk->slot, route_once, &counted);
	walk->routes = counted.routes;
	if (open.grace_until == row->grace_until)
		wrong(walk, counted.wrong);
}

static void second_pass(struct walk *walk, const struct session_row *row)
{
	stands_of(row, stands_compare, walk);
}

static void check_stock(struct walk *walk)
{
	struct engine *e = walk->e;

	for (uint32_t p = 0; p < e->pools_n; p++) {
		struct pool_stock stock = {0};
		uint32_t *const counters[] = {
			&stock.free, &stock.lent, &stock.cooling, &stock.reserved, &stock.disabled};
		for (uint32_t i = 0; i < e->vns_n; i++) {
			if (e->vns[i].pool != p)
				continue;
			stock.total++;
			++*counters[vn_state_of(&e->vns[i])];
		}
		if (memcmp(&stock, &e->pools[p].stock, sizeof stock) != 0)
			wrong(walk, "S12: stock does not add up");
	}
	for (uint32_t i = 0; i < e->vns_n; i++) {
		const struct vn *vn = &e->vns[i];
		if (walk->vn_sessions[i] != vn->sessions)
			wrong(walk, "a VN's sessions are counted wrong");
		bool exclusive = e->pools[vn->pool].row.policy.mode == POOL_EXCLUSIVE;
		if (vn->queued != (exclusive && vn->shelf != NONE && vn_state_of(vn) == VN_FREE))
			wrong(walk, "a VN is queued wrong");
		if (exclusive && vn->sessions > 1)
			wrong(walk, "a VN of an exclusive pool serves two sessions");
	}
}

/* Who holds a pair where: one entry for each pair. */
struct holding {
	uint64_t person;
	uint16_t pool;
};

struct holdings {
	const struct engine *e;
	struct holding *at;
	uint32_t n;
};

static void list_holding(void *context, uint64_t person, uint32_t vn, struct pair pair)
{
	struct holdings *holdings = context;

	if (pair.until)
		holdings->at[holdings->n++] = (struct holding){person, holdings->e->vns[vn - 1].pool};
}

static int by_pool_and_person(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	return x->pool != y->pool ? x->pool - y->pool : (x->person > y->person) - (x->person < y->person);
}

/* Every person's pairs in each pool are counted anew. */
static void check_busy(struct walk *walk)
{
	struct holdings list = {.e = walk->e, .at = calloc(pairs_count(walk->e->pairs) + (size_t)1, sizeof *list.at)};
	uint32_t *most = calloc(walk->e->pools_n + (size_t)1, sizeof *most);

	if (!list.at || !most) {
		wrong(walk, "the audit has no room");
	} else {
		pairs_each(walk->e->pairs, list_holding, &list);
		qsort(list.at, list.n, sizeof *list.at, by_pool_and_person);
	}
	for (uint32_t i = 0, from = 0; list.at && most && i < list.n; i++) {
		if (by_pool_and_person(&list.at[from], &list.at[i]) != 0)
			from = i;
		if (i - from + 1 > most[list.at[i].pool])
			most[list.at[i].pool] = i - from + 1;
	}
	for (uint32_t i = 0; most && i < walk->e->pools_n; i++)
		if (most[i] != busy_most(walk->e->busy, (uint16_t)i))
			wrong(walk, "the busiest party's pairs are counted wrong");
	free(list.at);
	free(most);
}

const char *engine_audit(const struct engine *engine)
{
	struct engine *e = (struct engine *)(uintptr_t)
		engine; /* the tables' read functions take it so; nothing is changed */
	struct walk walk = {.e = e, .open = pairs_new(e->limits.pairs, 1)};

	walk.vn_sessions = calloc(e->vns_n + 1, sizeof *walk.vn_sessions);
	if (!walk.open || !walk.vn_sessions) {
		wrong(&walk, "the audit has no room");
	} else {
		walk_sessions(&walk, first_pass);
		walk_sessions(&walk, second_pass);
		check_stock(&walk);
		check_busy(&walk);
		if (!e->open && walk.routes != routes_count(board_routes_read(e->board)))
			wrong(&walk, "S1: a route is published that no session has");
		if (!e->open && walk.roles != roles_uses(e->roles))
			wrong(&walk, "a role is in use that no session has");
		if (!e->open && e->blocks_n != blocks_count(board_list(e->board, BOARD_BLOCKED)))
			wrong(&walk, "other blocks are published than there are");
		if (walk.routes != e->routes_planned)
			wrong(&walk, "routes are counted wrong");
	}
	pairs_free(walk.open);
	free(walk.vn_sessions);
	return walk.wrong;
}
