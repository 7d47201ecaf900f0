/* Pools as the API asks. */
#include "core/engine_state.h"

#include "base/check.h"

static enum err pool_link(struct engine *e, const struct pool_row *row)
{
	uint16_t tenant;

	if (e->pools_n == e->limits.pools)
		return ERR_LIMIT_REACHED;
	enum err err = engine_tenant(e, str_of(row->tenant), &tenant);
	if (err)
		return err;
	e->pools[e->pools_n++] = (struct pool){
		.row = *row, .tenant = tenant, .wait_head = NONE, .wait_tail = NONE, .wait_cursor = NONE};
	return ERR_OK;
}

enum err engine_pool_find(const struct engine *e, uint16_t tenant, struct str name, uint16_t *ret_pool)
{
	int found = -1;

	for (uint32_t i = 0; i < e->pools_n; i++) {
		if (e->pools[i].tenant != tenant)
			continue;
		if (name.len == 0 && found >= 0)
			return ERR_NOT_FOUND;
		if (name.len == 0 || str_equal(str_of(e->pools[i].row.name), name))
			found = (int)i;
		if (name.len && found >= 0)
			break;
	}
	if (found < 0)
		return ERR_NOT_FOUND;
	*ret_pool = (uint16_t)found;
	return ERR_OK;
}

enum err engine_pool_create(struct engine *e, uint16_t tenant, struct str name,
	const struct pool_policy *policy, uint16_t *ret_pool)
{
	uint16_t there;

	ASSERT(tenant < e->tenants.n && name.len > 0);
	if (engine_pool_find(e, tenant, name, &there) == ERR_OK)
		return ERR_POOL_EXISTS;
	struct pool_row *row = batch_alloc(e, sizeof *row);
	if (!row)
		return ERR_LIMIT_REACHED;
	*row = (struct pool_row){.id = e->pools_n + 1, .created_at = e->now_s, .policy = *policy};
	if (!str_copy(row->name, sizeof row->name, name) ||
		!str_copy(row->tenant, sizeof row->tenant, str_of(e->tenants.names[tenant])))
		return ERR_BAD_REQUEST;
	struct entry *entry = entry_new(e, ENTRY_POOL_NEW);
	if (!entry)
		return ERR_LIMIT_REACHED;
	enum err err = pool_link(e, row);
	if (err) {
		e->entries_n--;
		return err;
	}
	entry->id = row->id - 1;
	record_add(e, &(struct record){.kind = RECORD_POOL, .pool = row});
	*ret_pool = (uint16_t)(row->id - 1);
	return ERR_OK;
}

enum err engine_load_pool(struct engine *e, const struct pool_row *row)
{
	if (row->id != e->pools_n + 1 || row->level > POOL_LEVEL_EXHAUSTED)
		return ERR_STORE_REFUSED;
	enum err err = pool_link(e, row);
	/* When it ran out is not known: it may have been just now. */
	if (!err && row->level == POOL_LEVEL_EXHAUSTED)
		e->pools[row->id - 1].ran_out_s = e->now_s;
	return err;
}

enum err engine_pool_set(struct engine *e, uint16_t index, const struct pool_policy *policy)
{
	ASSERT(index < e->pools_n);
	struct pool *pool = &e->pools[index];
	struct pool_policy *old = batch_alloc(e, sizeof *old);
	struct pool_row *row = batch_alloc(e, sizeof *row);
	uint32_t open = pool->sessions.waiting + pool->sessions.live + pool->sessions.closing;

	if (open && (policy->numbers != pool->row.policy.numbers || policy->mode != pool->row.policy.mode))
		return ERR_BAD_REQUEST;
	struct entry *entry = old && row ? entry_new(e, ENTRY_POOL) : NULL;
	if (!entry)
		return ERR_LIMIT_REACHED;
	*old = pool->row.policy;
	entry->id = index;
	entry->policy = old;
	pool->row.policy = *policy;
	if ((old->geo != policy->geo || old->mode != policy->mode) && !vns_reshelve(e, index)) {
		engine_undo(e, (uint32_t)(entry - e->entries));
		return ERR_LIMIT_REACHED;
	}
	pool->stock_came = true;
	*row = pool->row;
	record_add(e, &(struct record){.kind = RECORD_POOL, .pool = row});
	return ERR_OK;
}

uint16_t engine_pools(const struct engine *e)
{
	return (uint16_t)e->pools_n;
}

const struct pool_row *engine_pool(const struct engine *e, uint16_t pool)
{
	ASSERT(pool < e->pools_n);
	return &e->pools[pool].row;
}

uint16_t engine_pool_tenant(const struct engine *e, uint16_t pool)
{
	ASSERT(pool < e->pools_n);
	return e->pools[pool].tenant;
}

uint64_t engine_pool_opened(const struct engine *e, uint16_t pool)
{
	ASSERT(pool < e->pools_n);
	return e->pools[pool].opened;
}

void engine_pool_count(const struct engine *e, uint16_t pool, struct pool_stock *ret_stock,
	struct pool_sessions *ret_sessions)
{
	ASSERT(pool < e->pools_n);
	*ret_stock = e->pools[pool].stock;
	*ret_sessions = e->pools[pool].sessions;
}
