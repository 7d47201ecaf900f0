/* From pictures to the table that workers read: what goes, then what comes. */
#include "core/engine_state.h"

#include "base/check.h"

#define ROUTES_OF_MAX (SESSION_PARTIES_MAX * (SESSION_PARTIES_MAX - 1) * (SESSION_NUMBERS_MAX + 1))

struct item {
	struct route_key key;
	struct route route;
};

struct items {
	struct item at[ROUTES_OF_MAX];
	int n;
};

static uint32_t end_of(const struct engine *e, const struct session_row *row)
{
	if (row->closed_at)
		return row->grace_until;
	uint64_t end = (uint64_t)row->expires_at + e->pools[row->pool_id - 1].row.policy.grace_s;
	return end > UINT32_MAX ? UINT32_MAX : (uint32_t)end;
}

static uint64_t pin_who(const struct party *party)
{
	uint64_t one = 1;

	for (int i = 0; i < party->pin_digits; i++)
		one *= 10;
	return one + party->pin;
}

static void add_pair(struct items *items, const struct session_row *row, int from, int to, struct route route)
{
	const struct party *caller = &row->parties[from];
	uint32_t dialled;

	session_vn_seen(row, from, to, &dialled);
	session_vn_seen(row, to, from, &route.show);
	route.callee = row->parties[to].numbers[0];
	route.from_role_index = (uint8_t)from;
	route.to_role_index = (uint8_t)to;
	ASSERT(dialled && route.show);
	if (!number_is(route.callee))
		return; /* erased */
	for (int k = 0; k < caller->numbers_n; k++)
		if (number_is(caller->numbers[k]))
			items->at[items->n++] =
				(struct item){{ROUTE_CALLER, caller->numbers[k].e164, dialled}, route};
	if (caller->pin_digits)
		items->at[items->n++] = (struct item){{ROUTE_PIN, pin_who(caller), dialled}, route};
}

/* None unless the session is bound. */
static void routes_of(
	const struct engine *e, const struct session_row *row, uint32_t slot, struct items *items)
{
	items->n = 0;
	if (!row || row->state == SESSION_WAITING || row_over(row, e->now_s))
		return;
	struct route route = {.session = slot, .end = end_of(e, row)};
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties_n && row->parties[i].may_call; j++)
			if (i != j)
				add_pair(items, row, i, j, route);
}

void routes_each(const struct engine *e, const struct session_row *row, uint32_t slot, route_visit *each,
	void *context)
{
	struct items items;

	routes_of(e, row, slot, &items);
	for (int k = 0; k < items.n; k++)
		each(context, &items.at[k].key, &items.at[k].route);
}

uint32_t routes_needed(const struct session_row *row)
{
	uint32_t n = 0;

	if (!row || row->state == SESSION_WAITING)
		return 0;
	for (int i = 0; i < row->parties_n; i++)
		if (row->parties[i].may_call)
			n += (uint32_t)((row->parties_n - 1) *
					(row->parties[i].numbers_n + (row->parties[i].pin_digits ? 1 : 0)));
	return n;
}

static bool has(const struct items *items, const struct route_key *key)
{
	for (int i = 0; i < items->n; i++)
		if (items->at[i].key.kind == key->kind && items->at[i].key.who == key->who &&
			items->at[i].key.vn == key->vn)
			return true;
	return false;
}

static void publish(struct engine *e, const struct items *items)
{
	/* Room was asked for before: routes_planned. */
	for (int k = 0; k < items->n; k++)
		ASSERT(route_put(board_routes(e->board), &items->at[k].key, &items->at[k].route) == ERR_OK);
}

void routes_publish_new(struct engine *e, uint32_t slot, const struct session_row *row)
{
	struct items items;

	routes_of(e, row, slot, &items);
	publish(e, &items);
}

void routes_soon(const struct engine *e, const struct session_row *row)
{
	struct items items;

	routes_of(e, row, 0, &items);
	for (int k = 0; k < items.n; k++)
		route_soon(board_routes_read(e->board), &items.at[k].key);
}

static bool is_first(const struct engine *e, uint32_t i)
{
	const struct entry *entry = &e->entries[i];

	return entry->kind == ENTRY_SESSION && e->sessions[entry->id].touched == i + 1;
}

void routes_publish(struct engine *e)
{
	struct routes *routes = board_routes(e->board);
	struct items old, new;

	/* All that goes first: a key may pass from one session to another within a batch. */
	for (uint32_t i = 0; i < e->entries_n; i++) {
		if (!is_first(e, i) || !e->entries[i].before)
			continue;
		routes_of(e, e->entries[i].last, e->entries[i].id, &new);
		/* What was open at begin had its routes, whatever time it is now. */
		struct session_row was = *e->entries[i].before;
		if (was.closed_at)
			was.grace_until = UINT32_MAX;
		routes_of(e, &was, e->entries[i].id, &old);
		for (int k = 0; k < old.n; k++)
			if (!has(&new, &old.at[k].key))
				ASSERT(route_drop(routes, &old.at[k].key));
	}
	for (uint32_t i = 0; i < e->entries_n; i++) {
		if (!is_first(e, i))
			continue;
		routes_of(e, e->entries[i].last, e->entries[i].id, &new);
		publish(e, &new);
	}
}
