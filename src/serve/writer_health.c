#include "serve/writer_health.h"

#include <stdlib.h>

#include "base/check.h"
#include "core/health.h"
#include "supply/book.h"
#include "supply/tell.h"

#define LOOKED_A_SECOND 4096
#define LET_IN_A_SECOND 64
#define MOVED_A_TICK 64
#define WHY_MAX 120

struct entry {
	struct health_vn health;
	uint32_t batch; /* the last that changed it */
	bool seen;      /* since the start */
	bool replaced;  /* as far as could be, since it was taken out */
};

struct pool_entry {
	struct health_pool health;
	uint32_t batch;
};

/* As it was before the open batch. */
struct was_vn {
	struct was_vn *next;
	uint32_t vn;
	struct entry entry;
};

struct was_pool {
	struct was_pool *next;
	uint16_t pool;
	struct health_pool health;
};

struct writer_health {
	const struct book *book;
	struct entry *vns; /* id - 1 */
	uint32_t vns_n;
	struct pool_entry **pools; /* by index; NULL: nothing was reported */
	uint32_t pools_n;
	uint32_t batch;
	struct was_vn *was_vns;
	struct was_pool *was_pools;
	uint32_t looked_s, next_vn; /* the round of the tick */
	struct vn_replace replacing, was_replacing; /* vn 0: none */
};

struct writer_health *writer_health_new(const struct book *book)
{
	struct writer_health *health = calloc(1, sizeof *health);

	if (!health)
		return NULL;
	health->book = book;
	health->batch = 1;
	return health;
}

void writer_health_free(struct writer_health *health)
{
	if (!health)
		return;
	for (uint32_t i = 0; i < health->pools_n; i++)
		free(health->pools[i]);
	free(health->pools);
	free(health->vns);
	free(health);
}

/* --- what is known; NULL: no memory --- */

static struct entry *entry_of(struct writer_health *health, uint32_t vn)
{
	if (vn > health->vns_n) {
		uint32_t n = vn + vn / 2 + 64;
		struct entry *vns = realloc(health->vns, n * sizeof *vns);
		if (!vns)
			return NULL;
		memset(vns + health->vns_n, 0, (n - health->vns_n) * sizeof *vns);
		health->vns = vns;
		health->vns_n = n;
	}
	return &health->vns[vn - 1];
}

static struct pool_entry *pool_of(struct writer_health *health, uint16_t pool)
{
	if (pool >= health->pools_n) {
		uint32_t n = pool + 16u;
		struct pool_entry **pools = realloc(health->pools, n * sizeof *pools);
		if (!pools)
			return NULL;
		for (uint32_t i = health->pools_n; i < n; i++)
			pools[i] = NULL;
		health->pools = pools;
		health->pools_n = n;
	}
	if (!health->pools[pool])
		health->pools[pool] = calloc(1, sizeof *health->pools[pool]);
	return health->pools[pool];
}

/* The same, to be changed: the first time in a batch a copy is kept. */
static struct entry *entry_to_change(struct writer_health *health, uint32_t vn, struct arena *arena)
{
	struct entry *entry = entry_of(health, vn);
	struct was_vn *was = entry && entry->batch != health->batch ? arena_alloc(arena, sizeof *was) : NULL;

	if (!entry || entry->batch == health->batch)
		return entry;
	if (!was)
		return NULL;
	*was = (struct was_vn){health->was_vns, vn, *entry};
	health->was_vns = was;
	entry->batch = health->batch;
	return entry;
}

static struct pool_entry *pool_to_change(struct writer_health *health, uint16_t pool, struct arena *arena)
{
	struct pool_entry *entry = pool_of(health, pool);
	struct was_pool *was = entry && entry->batch != health->batch ? arena_alloc(arena, sizeof *was) : NULL;

	if (!entry || entry->batch == health->batch)
		return entry;
	if (!was)
		return NULL;
	*was = (struct was_pool){health->was_pools, pool, entry->health};
	health->was_pools = was;
	entry->batch = health->batch;
	return entry;
}

static void next_batch(struct writer_health *health)
{
	health->was_vns = NULL;
	health->was_pools = NULL;
	health->was_replacing = health->replacing;
	health->batch++;
}

void writer_health_commit(struct writer_health *health)
{
	next_batch(health);
}

void writer_health_undo(struct writer_health *health)
{
	for (struct was_vn *was = health->was_vns; was; was = was->next)
		health->vns[was->vn - 1] = was->entry;
	for (struct was_pool *was = health->was_pools; was; was = was->next)
		health->pools[was->pool]->health = was->health;
	health->replacing = health->was_replacing;
	next_batch(health);
}

/* --- out and in --- */

static uint16_t pool_index(const struct vn_view *view)
{
	return (uint16_t)(view->row->pool_id - 1);
}

static bool may_leave(const struct engine *engine, uint16_t pool)
{
	struct pool_stock stock;
	struct pool_sessions sessions;
	uint32_t sick = engine_pool_sick(engine, pool);

	engine_pool_count(engine, pool, &stock, &sessions);
	return health_may_leave(sick, stock.total - stock.disabled + sick);
}

/* The event and the audit row of what was done to it. */
static enum err tell(struct engine *engine, const struct vn_view *view, bool out, const char *detail, int64_t now_ms)
{
	const struct vn_row *row = view->row;
	enum err err = tell_number(engine, out ? "number.disabled" : "number.enabled", pool_index(view), row->provider, row->account,
		row->number, vn_out_words[VN_OUT_SICK]);

	if (!err)
		err = tell_audit(engine, now_ms, pool_index(view), out ? "number.disable" : "number.enable", row->number, detail);
	return err;
}

static enum err take_out(struct engine *engine, struct pool_entry *pool, struct entry *entry, const struct vn_view *view, int64_t now_ms)
{
	char why[WHY_MAX];
	int n, failed = health_failed(&entry->health, &n);
	uint32_t vn = view->row->id;
	double others = health_others(&pool->health, vn, (uint32_t)(now_ms / 1000));
	bool may = may_leave(engine, pool_index(view));

	snprintf(why, sizeof why, "unhealthy: calls of %d of its last %d orders failed; of the others' %.0f %% at most%s", failed, n,
		others * 100, may ? "" : "; kept: too many of its pool are out");
	if (!may) {
		/* Judged again by what it does from now on. */
		entry->health.score = 0;
		return tell_audit(engine, now_ms, pool_index(view), "number.keep", view->row->number, why);
	}
	enum err err = engine_vn_out(engine, vn, VN_OUT_SICK);
	if (!err)
		err = tell(engine, view, true, why, now_ms);
	health_leave(&pool->health, &entry->health, vn);
	entry->replaced = false;
	return err;
}

static enum err let_in(struct engine *engine, struct entry *entry, const struct vn_view *view, const char *why, int64_t now_ms)
{
	enum err err = engine_vn_out(engine, view->row->id, VN_OUT_NOT);

	if (!err)
		err = tell(engine, view, false, why, now_ms);
	if (!err)
		health_enter(&entry->health, (uint32_t)(now_ms / 1000));
	return err;
}

/* --- calls --- */

/* After a restart nothing is known of it but that it was sick before: it is on probation. */
static void meet(struct entry *entry, const struct vn_view *view, uint32_t now_s)
{
	if (!entry->seen && view->row->out == VN_OUT_NOT && view->row->out_times > 0)
		health_enter(&entry->health, now_s);
	entry->seen = true;
}

static enum err note(struct engine *engine, struct pool_entry *pool, struct entry *entry, const struct vn_view *view,
	const struct call_came *came, enum health_outcome outcome, int64_t now_ms)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000);

	meet(entry, view, now_s);
	if (view->row->out == VN_OUT_SICK)
		return health_note_out(&entry->health, came->session, outcome, now_s)
			       ? let_in(engine, entry, view, "on probation: calls of its orders come through again", now_ms)
			       : ERR_OK;
	if (health_note(&pool->health, &entry->health, came->shown, came->session, outcome, now_s))
		return take_out(engine, pool, entry, view, now_ms);
	return view->row->out_times > 0 && health_cured(&entry->health) ? engine_vn_forgive(engine, came->shown) : ERR_OK;
}

enum err writer_health_report(struct writer_health *health, struct engine *engine, const struct call_came *came, int64_t now_ms,
	struct arena *arena)
{
	enum health_outcome outcome = health_of_call(came->status, came->asked_ms, now_ms);
	struct vn_view view;

	if (!came->shown || outcome == HEALTH_SAYS_NOTHING || engine_vn(engine, came->shown, &view) != ERR_OK)
		return ERR_OK;
	if (view.row->out == VN_OUT_HAND || view.row->out == VN_OUT_VANISHED)
		return ERR_OK; /* it is out for another reason */
	struct entry *entry = entry_to_change(health, came->shown, arena);
	struct pool_entry *pool = entry ? pool_to_change(health, pool_index(&view), arena) : NULL;
	if (!pool)
		return ERR_OK;
	struct entry entry_was = *entry;
	struct health_pool pool_was = pool->health;
	enum err err = note(engine, pool, entry, &view, came, outcome, now_ms);
	if (err) {
		*entry = entry_was;
		pool->health = pool_was;
	}
	return err;
}

/* --- time --- */

static bool is_due(const struct vn_view *view, uint32_t now_s)
{
	return view->row->out == VN_OUT_SICK && now_s >= view->row->out_at &&
	       now_s - view->row->out_at >= health_out_s(view->row->out_times);
}

/* False: the batch is full. */
static bool end_time(struct writer_health *health, struct engine *engine, const struct vn_view *view, int64_t now_ms,
	struct arena *arena)
{
	struct entry *entry = entry_to_change(health, view->row->id, arena);
	uint32_t mark = engine_mark(engine);
	char why[WHY_MAX];

	if (!entry)
		return false;
	entry->seen = true;
	snprintf(why, sizeof why, "on probation: it was out for %u hours", (unsigned)(health_out_s(view->row->out_times) / 3600));
	if (let_in(engine, entry, view, why, now_ms) == ERR_OK)
		return true;
	engine_undo(engine, mark);
	return false;
}

/* Of one VN after the other; whichever is found next begins. */
static void begin_replacing(struct writer_health *health, const struct vn_view *view)
{
	const struct entry *entry = entry_of(health, view->row->id);

	if (health->replacing.vn || !health->book || view->row->out != VN_OUT_SICK || view->sessions == 0 || !entry || entry->replaced)
		return;
	if (book_policy(health->book, pool_index(view))->replace)
		health->replacing = (struct vn_replace){.vn = view->row->id};
}

/* Everybody who could be moved was. False: the batch is full. */
static bool end_replacing(struct writer_health *health, struct engine *engine, int64_t now_ms, struct arena *arena)
{
	const struct vn_replace *replacing = &health->replacing;
	struct entry *entry = entry_to_change(health, replacing->vn, arena);
	uint32_t mark = engine_mark(engine);
	char what[WHY_MAX];
	struct vn_view view;

	if (!entry || engine_vn(engine, replacing->vn, &view) != ERR_OK)
		return false;
	snprintf(what, sizeof what, "%u sessions have another number now, %u kept it", (unsigned)replacing->moved,
		(unsigned)replacing->kept);
	if (replacing->moved + replacing->kept > 0 &&
		tell_audit(engine, now_ms, pool_index(&view), "number.replace", view.row->number, what) != ERR_OK) {
		engine_undo(engine, mark);
		return false;
	}
	entry->replaced = true;
	health->replacing = (struct vn_replace){0};
	return true;
}

static bool replace_some(struct writer_health *health, struct engine *engine, int64_t now_ms, struct arena *arena)
{
	if (!health->replacing.vn)
		return false;
	return engine_replace(engine, &health->replacing, MOVED_A_TICK) || !end_replacing(health, engine, now_ms, arena);
}

static bool any_sick(const struct engine *engine)
{
	for (uint16_t pool = 0; pool < engine_pools(engine); pool++)
		if (engine_pool_sick(engine, pool))
			return true;
	return false;
}

static void look_round(struct writer_health *health, struct engine *engine, int64_t now_ms, struct arena *arena)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000), vns = engine_counts(engine).vns, let = 0;
	struct vn_view view;

	if (now_s == health->looked_s)
		return;
	health->looked_s = now_s;
	if (!any_sick(engine))
		return;
	for (uint32_t i = 0; i < LOOKED_A_SECOND && i < vns && let < LET_IN_A_SECOND; i++) {
		uint32_t vn = health->next_vn % vns + 1;
		if (engine_vn(engine, vn, &view) != ERR_OK)
			continue;
		begin_replacing(health, &view);
		if (is_due(&view, now_s)) {
			if (!end_time(health, engine, &view, now_ms, arena))
				return; /* in the next batch, from here on */
			let++;
		}
		health->next_vn = vn % vns;
	}
}

bool writer_health_tick(struct writer_health *health, struct engine *engine, int64_t now_ms, struct arena *arena)
{
	look_round(health, engine, now_ms, arena);
	return replace_some(health, engine, now_ms, arena);
}
