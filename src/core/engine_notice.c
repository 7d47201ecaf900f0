/* What is worth telling the outside: changes of sessions, and stock that runs short. Each notice becomes a row of the
 * outbox in the same batch as its cause. */
#include "core/engine_state.h"

#include "base/check.h"

const char *const notice_type_words[] = {"session.waiting", "session.live", "session.changed", "session.closed",
	"session.expired", "session.ended", "pool.low", "pool.exhausted", "pool.recovered", NULL};

#define RAN_OUT_S 60 /* a pool that ran out counts as exhausted for so long */

enum err engine_outbox(struct engine *e, const struct outbox_row *given)
{
	struct outbox_row *row = batch_alloc(e, sizeof *row);

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = *given;
	row->id = engine_next_id(e);
	row->at_ms = e->now_ms;
	return engine_note(e, &(struct record){.kind = RECORD_OUTBOX, .outbox = row});
}

bool engine_tells(const struct engine *e)
{
	return e->tell != NULL;
}

/* The row of a notice; NULL: no room. */
static struct outbox_row *outbox_of(struct engine *e, const struct notice *notice, struct str key)
{
	struct outbox_row *row = batch_alloc(e, sizeof *row);

	if (!row)
		return NULL;
	*row = (struct outbox_row){
		.id = engine_next_id(e),
		.at_ms = notice->at_ms,
		.type = str_of(notice_type_words[notice->type]),
		.tenant = str_of(notice->pool->tenant),
		.pool = str_of(notice->pool->name),
		.session = notice->after ? notice->after->id : 0,
		.key = key,
		.data = e->tell(e->tell_context, notice, &e->arena),
	};
	return row->data.at ? row : NULL;
}

static enum notice_type type_of(const struct session_row *before, const struct session_row *after, bool gone)
{
	if (before && before->closed_at)
		return gone ? NOTICE_SESSION_ENDED : NOTICE_SESSION_CHANGED;
	if (after->closed_at)
		return after->expired ? NOTICE_SESSION_EXPIRED : NOTICE_SESSION_CLOSED;
	if (!before || before->state != after->state)
		return after->state == SESSION_WAITING ? NOTICE_SESSION_WAITING : NOTICE_SESSION_LIVE;
	return NOTICE_SESSION_CHANGED;
}

enum err session_notice(struct engine *e, const struct session_row *before, const struct session_row *after, bool gone,
	struct outbox_row **ret_row)
{
	struct notice notice = {
		.type = type_of(before, after, gone),
		.at_ms = e->now_ms,
		.pool = &e->pools[after->pool_id - 1].row,
		.before = before,
		.after = after,
	};

	*ret_row = NULL;
	if (!e->tell)
		return ERR_OK;
	*ret_row = outbox_of(e, &notice, after->ref);
	return *ret_row ? ERR_OK : ERR_LIMIT_REACHED;
}

/* --- ends that a stop kept from being told --- */

enum err untold_add(struct engine *e, const struct session_row *row)
{
	struct untold *untold = arena_alloc(&e->untold_arena, sizeof *untold);
	struct party *parties = arena_alloc(&e->untold_arena, row->parties_n * sizeof *parties + 1);

	if (!untold || !parties)
		return ERR_LIMIT_REACHED;
	untold->row = *row;
	untold->row.ref = arena_str(&e->untold_arena, row->ref);
	untold->row.views_n = 0;
	untold->row.past_n = 0;
	untold->row.parties = parties;
	for (int i = 0; i < row->parties_n; i++)
		memcpy(parties[i].role, row->parties[i].role, sizeof parties[i].role); /* no numbers: they may be erased meanwhile */
	untold->row.announce = false;
	if (!untold->row.ref.at)
		return ERR_LIMIT_REACHED;
	*e->untold_last = untold;
	e->untold_last = &untold->next;
	if (!e->untold_next)
		e->untold_next = untold;
	return ERR_OK;
}

/* A session's end was told: its row needs to say so no more. */
static enum err told(struct engine *e, const struct session_row *row, struct outbox_row *outbox)
{
	struct entry *entry = entry_new(e, ENTRY_TOLD);

	if (!entry)
		return ERR_LIMIT_REACHED;
	entry->untold = e->untold_next;
	e->untold_next = e->untold_next->next;
	record_add(e, &(struct record){.kind = RECORD_SESSION_TOLD, .session_id = row->id});
	if (outbox)
		record_add(e, &(struct record){.kind = RECORD_OUTBOX, .outbox = outbox});
	return ERR_OK;
}

uint32_t untold_tell(struct engine *e, uint32_t max)
{
	uint32_t n = 0;

	while (e->untold_next && n < max) {
		const struct session_row *row = &e->untold_next->row;
		struct outbox_row *outbox;
		if (session_notice(e, row, row, true, &outbox) || told(e, row, outbox))
			return max; /* the batch is full: in the next */
		n++;
	}
	return n;
}

/* --- pools --- */

void pool_stir(struct engine *e, uint32_t index)
{
	struct pool *pool = &e->pools[index];

	if (pool->stirred)
		return;
	pool->stirred = true;
	if (e->stirred_n < STIRRED_MAX)
		e->stirred[e->stirred_n] = index;
	e->stirred_n++; /* past the maximum: all of them are looked at */
}

void pool_ran_out(struct engine *e, const struct pool *pool)
{
	uint32_t index = (uint32_t)(pool - e->pools);

	e->pools[index].ran_out_s = e->now_s;
	pool_stir(e, index);
}

/* Places are what all parties share; pairs are what each has of its own. */
static int64_t spare_of_shared(const struct pool *pool, int64_t wanted, int64_t each, int64_t busiest)
{
	int64_t per_vn = pool->row.policy.per_vn_max, vns = (int64_t)pool->stock.free + pool->stock.lent;
	int64_t left = vns * per_vn - ((int64_t)pool->sessions.live + pool->sessions.closing) * each - wanted;
	/* Down: half a VN is no VN; -1 place is short by one. */
	int64_t spare = left >= 0 ? left / per_vn : -((per_vn - 1 - left) / per_vn);
	/* Some of what it holds may be disabled since. It is short of nothing before it asks. */
	int64_t own = vns > busiest ? vns - busiest : 0;

	return spare < own ? spare : own;
}

struct pool_demand engine_pool_demand(const struct engine *e, uint16_t index)
{
	ASSERT(index < e->pools_n);
	const struct pool *pool = &e->pools[index];
	const struct pool_policy *policy = &pool->row.policy;
	int64_t each = policy->numbers == POOL_ONE ? 1 : 2;
	struct pool_demand demand = {
		.coming = pool->sessions.waiting - pool->waiting_n,
		.waiting = pool->waiting_n,
		.busiest_pairs = busy_most(e->busy, index),
	};
	int64_t wanted = ((int64_t)demand.coming + demand.waiting) * each;

	demand.spare = policy->mode == POOL_EXCLUSIVE ? pool->stock.free - wanted
						      : spare_of_shared(pool, wanted, each, demand.busiest_pairs);
	return demand;
}

/* How it is with the pool; what was said before holds until there is clearly more again. */
static enum pool_level level_of(const struct engine *e, const struct pool *pool, const struct pool_demand *demand)
{
	int64_t low = pool->row.policy.low_water, high = pool->row.policy.high_water;
	int64_t more = high ? high : low + (low + 9) / 10;
	int64_t enough = pool->row.level == POOL_LEVEL_OK ? low : more;
	bool ran_out = pool->ran_out_s && e->now_s - pool->ran_out_s < RAN_OUT_S;

	if (ran_out || demand->waiting > 0)
		return POOL_LEVEL_EXHAUSTED;
	return demand->spare < enough ? POOL_LEVEL_LOW : POOL_LEVEL_OK;
}

static bool pool_watch(struct engine *e, uint32_t index)
{
	static const enum notice_type types[] = {
		[POOL_LEVEL_OK] = NOTICE_POOL_RECOVERED,
		[POOL_LEVEL_LOW] = NOTICE_POOL_LOW,
		[POOL_LEVEL_EXHAUSTED] = NOTICE_POOL_EXHAUSTED,
	};
	struct pool *pool = &e->pools[index];
	struct pool_demand demand = engine_pool_demand(e, (uint16_t)index);
	enum pool_level level = level_of(e, pool, &demand);

	pool->stirred = false;
	if (level == pool->row.level)
		return true;
	struct notice notice = {.type = types[level], .at_ms = e->now_ms, .pool = &pool->row, .stock = &pool->stock,
		.sessions = &pool->sessions, .demand = &demand};
	struct outbox_row *outbox = outbox_of(e, &notice, str_of(pool->row.name));
	struct pool_row *row = batch_alloc(e, sizeof *row);
	struct entry *entry = outbox && row ? entry_new(e, ENTRY_POOL_LEVEL) : NULL;
	if (!entry)
		return false;
	entry->id = index;
	entry->level = pool->row.level;
	pool->row.level = level;
	*row = pool->row;
	record_add(e, &(struct record){.kind = RECORD_OUTBOX, .outbox = outbox});
	record_add(e, &(struct record){.kind = RECORD_POOL, .pool = row});
	return true;
}

/* Those that something happened to; once a second all, for time alone changes levels too. */
bool pools_watch(struct engine *e)
{
	bool all = e->stirred_n > STIRRED_MAX || e->watched_s != e->now_s;
	uint32_t n = all ? e->pools_n : e->stirred_n;

	if (!e->tell)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (!pool_watch(e, all ? i : e->stirred[i])) {
			e->stirred_n = STIRRED_MAX + 1; /* the batch is full: all of them in the next */
			return false;
		}
	e->stirred_n = 0;
	e->watched_s = e->now_s;
	return true;
}
