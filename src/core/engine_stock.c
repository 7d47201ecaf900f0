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
	uint32_t *const counters[] = {&stock->free, &stock->lent, &stock->cooling, &stock->reserved, &stock->disabled};

	stock->total += (uint32_t)by;
	*counters[vn_state_of(vn)] += (uint32_t)by;
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

static void queue_in(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);
	struct shelf *shelf = shelf_of(e, vn);
	uint32_t after = shelf->tail;

	/* Nearly always the newest; after an undo it goes back near the head. */
	if (after != NONE && vn_at(e, after)->row.free_since > vn->row.free_since) {
		uint32_t at = shelf->head;
		while (vn_at(e, at)->row.free_since <= vn->row.free_since)
			at = vn_at(e, at)->next;
		after = vn_at(e, at)->prev;
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
	bool wanted = vn_state_of(vn) == VN_FREE;
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
	*shelf = (struct shelf){.account = account, .country = country, .area = area, .head = NONE, .tail = NONE};
	return shelf;
}

bool vn_shelve(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);
	struct pool *pool = &e->pools[vn->pool];
	enum pool_geo geo = pool->row.policy.geo;

	if (!lendable(vn) || vn->shelf != NONE)
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

bool pool_reshelve(struct engine *e, uint16_t index)
{
	struct pool *pool = &e->pools[index];

	for (uint32_t i = 0; i < pool->shelves_n; i++)
		free(pool->shelves[i].vns);
	pool->shelves_n = 0;
	for (uint32_t id = 1; id <= e->vns_n; id++) {
		if (vn_at(e, id)->pool != index)
			continue;
		vn_at(e, id)->shelf = NONE;
		vn_at(e, id)->queued = false;
		if (!vn_shelve(e, id))
			return false;
	}
	return true;
}

/* --- lending --- */

void vn_take(struct engine *e, uint32_t id)
{
	struct vn *vn = vn_at(e, id);

	vn_count(e, vn, -1);
	vn->sessions++;
	if (vn->rest_until) {
		vn->rest_until = 0;
		wheel_cancel(e->vn_wheel, id);
	}
	vn_count(e, vn, +1);
	vn_requeue(e, id);
}

void vn_give(struct engine *e, uint32_t id, bool rest, uint32_t since)
{
	struct vn *vn = vn_at(e, id);
	struct pool *pool = &e->pools[vn->pool];

	ASSERT(vn->sessions > 0);
	vn_count(e, vn, -1);
	vn->sessions--;
	if (rest && vn->sessions == 0) {
		vn->row.free_since = since;
		if (pool->row.policy.mode == POOL_EXCLUSIVE && since + pool->row.policy.rest_s > e->now_s) {
			vn->rest_until = since + pool->row.policy.rest_s;
			wheel_set(e->vn_wheel, id, vn->rest_until);
		}
	}
	vn_count(e, vn, +1);
	vn_requeue(e, id);
	pool->stock_came = true;
}

void vn_record(struct engine *e, uint32_t id)
{
	struct vn_row *row = batch_alloc(e, sizeof *row);

	ASSERT(row); /* the batch's memory is far above what its records can take */
	*row = vn_at(e, id)->row;
	record_add(e, &(struct record){.kind = RECORD_VN, .vn = row});
}
