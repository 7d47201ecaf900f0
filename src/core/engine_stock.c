/* VNs, the shelves that they lie on, and the counters of stock.
 *
 *             +------------------------ enabled / taken off reserve ---------------------+
 *             v                                                                          |
 *   (added) FREE --- a session takes it ---> LENT --- the last session leaves ---> COOLING (exclusive: rests)
 *             ^                                                                    |
 *             +------------------------------ rest_s is over ----------------------+
 *
 *   RESERVED and DISABLED hide any of these: such a VN serves its sessions to their end and is not lent
 *   (a reserved one only to a session that names it). Each VN is counted in one state: S12.
 */
#include "core/engine_state.h"

#include <stdlib.h>

#include "base/check.h"

const char *const vn_state_words[] = {"free", "lent", "cooling", "reserved", "disabled", NULL};

enum vn_state vn_state_of(const struct vn *vn)
{
	if (vn->row.disabled)
		return VN_DISABLED;
	if (vn->row.reserved)
		return VN_RESERVED;
	if (vn->sessions)
		return VN_LENT;
	return vn->rest_until ? VN_COOLING : VN_FREE;
}

void vn_count(struct engine *e, const struct vn *vn, int by)
{
	struct pool_stock *stock = &e->pools[vn->pool].stock;
	uint32_t *const counters[] = {
		&stock->free, &stock->lent, &stock->cooling, &stock->reserved, &stock->disabled};

	stock->total += (uint32_t)by;
	*counters[vn_state_of(vn)] += (uint32_t)by;
	if (vn->row.out == VN_OUT_SICK)
		e->pools[vn->pool].sick += (uint32_t)by;
}

struct vn_flags vn_flags_of(const struct vn *vn)
{
	const struct vn_row *row = &vn->row;

	return (struct vn_flags){row->reserved, row->disabled, row->out, row->out_at, row->out_times};
}

void vn_flags_set(struct vn *vn, const struct vn_flags *flags)
{
	vn->row.reserved = flags->reserved;
	vn->row.disabled = flags->disabled;
	vn->row.out = flags->out;
	vn->row.out_at = flags->out_at;
	vn->row.out_times = flags->out_times;
}

static bool lendable(const struct vn *vn)
{
	return !vn->row.disabled && !vn->row.reserved;
}

static struct shelf *shelf_of(struct engine *e, const struct vn *vn)
{
	return &e->pools[vn->pool].shelves[vn->shelf];
}

/* --- the queue of free ones, the longest rested first --- */

static void queue_out(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);
	struct shelf *shelf = shelf_of(e, vn);

	if (!vn->queued)
		return;
	if (vn->prev != NONE)
		vn_at(e, vn->prev)->next = vn->next;
	else
		shelf->head = vn->next;
	if (vn->next != NONE)
		vn_at(e, vn->next)->prev = vn->prev;
	else
		shelf->tail = vn->prev;
	vn->queued = false;
}

static bool rests_longer(struct engine *e, uint32_t a, uint32_t b)
{
	uint32_t since_a = vn_at(e, a)->row.free_since, since_b = vn_at(e, b)->row.free_since;

	return since_a != since_b ? since_a < since_b : a < b;
}

static void queue_in(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);
	struct shelf *shelf = shelf_of(e, vn);
	uint32_t after = shelf->tail;

	/* Nearly always it goes last, after an undo near the head: looked for from both ends. */
	for (uint32_t before = shelf->head; after != NONE && rests_longer(e, id, after);) {
		if (rests_longer(e, id, before)) {
			after = vn_at(e, before)->prev;
			break;
		}
		before = vn_at(e, before)->next;
		after = vn_at(e, after)->prev;
	}
	vn->prev = after;
	vn->next = after == NONE ? shelf->head : vn_at(e, after)->next;
	if (vn->next != NONE)
		vn_at(e, vn->next)->prev = id;
	else
		shelf->tail = id;
	if (after != NONE)
		vn_at(e, after)->next = id;
	else
		shelf->head = id;
	vn->queued = true;
}

void vn_requeue(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);

	if (vn->shelf == NONE)
		return;
	bool wanted = vn_state_of(vn) == VN_FREE && e->pools[vn->pool].row.policy.mode == POOL_EXCLUSIVE;
	if (wanted && !vn->queued)
		queue_in(e, id);
	else if (!wanted && vn->queued)
		queue_out(e, id);
}

/* --- shelves --- */

static struct shelf *shelf_find(struct pool *pool, uint16_t account, uint16_t country, uint32_t area)
{
	for (uint32_t i = 0; i < pool->shelves_n; i++) {
		struct shelf *shelf = &pool->shelves[i];
		if (shelf->account == account && shelf->country == country && shelf->area == area)
			return shelf;
	}
	if (pool->shelves_n == pool->shelves_size) {
		uint32_t size = pool->shelves_size ? pool->shelves_size * 2 : 4;
		struct shelf *shelves = realloc(pool->shelves, size * sizeof *shelves);
		if (!shelves)
			return NULL;
		pool->shelves = shelves;
		pool->shelves_size = size;
	}
	struct shelf *shelf = &pool->shelves[pool->shelves_n++];
	*shelf = (struct shelf){
		.account = account, .country = country, .area = area, .head = NONE, .tail = NONE};
	return shelf;
}

bool vn_shelve(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);
	struct pool *pool = &e->pools[vn->pool];
	enum pool_geo geo = pool->row.policy.geo;

	if (!lendable(vn) || vn->shelf != NONE || e->loading)
		return true;
	struct shelf *shelf = shelf_find(pool, vn->account, geo == POOL_GEO_ANY ? 0 : vn->row.place.country,
		geo == POOL_GEO_AREA ? vn->row.place.area : 0);
	if (!shelf)
		return false;
	if (shelf->n == shelf->size) {
		uint32_t size = shelf->size ? shelf->size * 2 : 16;
		uint32_t *vns = realloc(shelf->vns, size * sizeof *vns);
		if (!vns)
			return false;
		shelf->vns = vns;
		shelf->size = size;
	}
	vn->shelf = (uint32_t)(shelf - pool->shelves);
	vn->place = shelf->n;
	shelf->vns[shelf->n++] = id;
	vn_requeue(e, id);
	pool->stock_came = true;
	return true;
}

void vn_unshelve(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);

	if (vn->shelf == NONE)
		return;
	struct shelf *shelf = shelf_of(e, vn);
	queue_out(e, id);
	uint32_t last = shelf->vns[--shelf->n];
	shelf->vns[vn->place] = last;
	vn_at(e, last)->place = vn->place;
	vn->shelf = NONE;
}

struct waiting_vn {
	uint32_t free_since, id;
};

static int by_rest(const void *a, const void *b)
{
	const struct waiting_vn *x = a, *y = b;

	if (x->free_since != y->free_since)
		return x->free_since < y->free_since ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void clear_shelves(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->shelves_n; i++)
		free(pool->shelves[i].vns);
	pool->shelves_n = 0;
}

/* In the order of their rest, so that each goes to the end of its queue. */
bool vns_reshelve(struct engine *e, int index)
{
	struct waiting_vn *vns = malloc((e->vns_n + (size_t)1) * sizeof *vns);
	uint32_t n = 0;
	bool done = vns != NULL;

	for (uint32_t i = 0; done && i < e->pools_n; i++)
		if (index == ALL_POOLS || (int)i == index)
			clear_shelves(&e->pools[i]);
	for (uint32_t id = 1; done && id <= e->vns_n; id++) {
		struct vn *vn = vn_at(e, id);
		if (index != ALL_POOLS && vn->pool != index)
			continue;
		vn->shelf = NONE;
		vn->queued = false;
		vns[n++] = (struct waiting_vn){vn->row.free_since, id};
	}
	if (done)
		qsort(vns, n, sizeof *vns, by_rest);
	for (uint32_t i = 0; done && i < n; i++)
		done = vn_shelve(e, vns[i].id);
	free(vns);
	return done;
}

/* --- lending --- */

static void use(struct engine *e, uint32_t id, int by)
{
	struct vn *vn = vn_at(e, id);

	vn_count(e, vn, -1);
	vn->sessions += (uint32_t)by;
	vn_count(e, vn, +1);
	vn_requeue(e, id);
}

void vn_take(struct engine *e, uint32_t id)
{
	use(e, id, +1);
}

void vn_give(struct engine *e, uint32_t id)
{
	ASSERT(vn_at(e, id)->sessions > 0);
	use(e, id, -1);
	e->pools[vn_at(e, id)->pool].stock_came = true;
}

static void set_rest(struct engine *e, uint32_t id, uint32_t rest_until)
{
	struct vn *vn = vn_at(e, id);

	vn_count(e, vn, -1);
	vn->rest_until = rest_until;
	vn_count(e, vn, +1);
	if (rest_until)
		wheel_set(e->vn_wheel, id, rest_until);
	else
		wheel_cancel(e->vn_wheel, id);
}

void vn_rest(struct engine *e, uint32_t id, uint32_t since)
{
	struct vn *vn = vn_at(e, id);
	const struct pool_policy *policy = &e->pools[vn->pool].row.policy;

	vn->row.free_since = since;
	/* Free since it was added means never lent (engine_load_vn), so it has to be added earlier than that. */
	if (vn->row.added_at >= since)
		vn->row.added_at = since - 1;
	if (policy->mode == POOL_EXCLUSIVE && since + policy->rest_s > e->now_s)
		set_rest(e, id, since + policy->rest_s);
}

void vn_leave(struct engine *e, uint32_t id, uint32_t since)
{
	/* Rest first: a VN goes into the queue by the time since when it is free. */
	if (vn_at(e, id)->sessions == 1)
		vn_rest(e, id, since);
	vn_give(e, id);
}

void vn_come_back(struct engine *e, const struct left_vn *left)
{
	vn_take(e, left->id);
	vn_at(e, left->id)->row.free_since = left->free_since;
	set_rest(e, left->id, left->rest_until);
}
