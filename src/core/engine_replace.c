/* Live sessions move off a VN that is out: whom it stands for is known by another from then on, to all who knew him by it. */
#include "core/engine_state.h"

#include "base/check.h"

#define LOOKED_A_CALL 65536
#define TRIES_MAX 3

/* Who knows party `target` by its own VN. */
static uint32_t viewers_of(const struct session_row *row, int target)
{
	uint32_t viewers = ((uint32_t)1 << row->parties_n) - 1;

	viewers &= ~((uint32_t)1 << target);
	for (int v = 0; v < row->views_n; v++)
		if (row->views[v].target == target)
			viewers &= ~((uint32_t)1 << row->views[v].viewer);
	return viewers;
}

static void stand_for(const struct engine *e, struct party *party, uint32_t vn)
{
	party->vn_id = vn;
	party->vn = e->vns[vn - 1].row.number;
}

/* Of a party's own VN; where it stands for both of two, it goes on doing so. */
static bool move_party(struct engine *e, struct choice *choice, int i)
{
	struct session_row *row = choice->row;
	uint32_t was = row->parties[i].vn_id;
	bool both = row->parties_n == 2 && row->parties[1 - i].vn_id == was;
	uint32_t vn = choose_other(e, choice, i, both ? 3 : viewers_of(row, i));

	if (!vn)
		return false;
	stand_for(e, &row->parties[i], vn);
	if (both)
		stand_for(e, &row->parties[1 - i], vn);
	return true;
}

static bool move_view(struct engine *e, struct choice *choice, struct session_view_vn *view)
{
	uint32_t vn = choose_other(e, choice, view->target, (uint32_t)1 << view->viewer);

	if (!vn)
		return false;
	view->vn_id = vn;
	view->vn = e->vns[vn - 1].row.number;
	return true;
}

static bool move_row(struct engine *e, struct session_row *row, const struct session_row *old, uint32_t vn)
{
	struct choice choice = {
		.pool = &e->pools[row->pool_id - 1], .row = row, .old = old, .salt = hash_mix(row->id + row->rev)};

	for (int i = 0; i < row->parties_n; i++)
		if (row->parties[i].vn_id == vn && !move_party(e, &choice, i))
			return false;
	for (int v = 0; v < row->views_n; v++)
		if (row->views[v].vn_id == vn && !move_view(e, &choice, &row->views[v]))
			return false;
	return row_settle_past(e, row, old) == ERR_OK;
}

enum moved { MOVED, KEPT, NO_ROOM };

static enum moved move_session(struct engine *e, uint32_t slot, uint32_t vn)
{
	struct session_row *old = picture(e, slot, &e->arena);
	struct session_row *row = picture_of(e, slot, PAST_MORE);

	if (!old || !row)
		return NO_ROOM;
	if (!move_row(e, row, old, vn))
		return KEPT;
	engine_mark(e);
	return session_put(e, slot, row, PUT_STORED, &slot) == ERR_OK ? MOVED : NO_ROOM;
}

static bool is_through(const struct engine *e, const struct vn_replace *replace)
{
	const struct vn *vn = &e->vns[replace->vn - 1];

	return vn->row.out == VN_OUT_NOT || vn->sessions == 0 || replace->slot >= e->fresh;
}

/* Live, for in its grace a session is changed no more. */
static bool concerns(const struct engine *e, uint32_t slot, uint32_t vn)
{
	const struct session *session = &e->sessions[slot];

	return session->state == SESSION_LIVE && session->pool == e->vns[vn - 1].pool && body_uses(e, slot, vn);
}

bool engine_replace(struct engine *e, struct vn_replace *replace, uint32_t max)
{
	uint32_t tried = 0;

	ASSERT(e->open && replace->vn > 0 && replace->vn <= e->vns_n);
	for (uint32_t n = 0; n < LOOKED_A_CALL && tried < max && !is_through(e, replace); n++) {
		if (concerns(e, replace->slot, replace->vn)) {
			enum moved came = move_session(e, replace->slot, replace->vn);
			/* A batch that is full is empty the next time; a table of pairs may be full for long. */
			if (came == NO_ROOM && ++replace->tries < TRIES_MAX)
				return true;
			tried++;
			replace->moved += came == MOVED;
			replace->kept += came != MOVED;
		}
		replace->tries = 0;
		replace->slot++;
	}
	return !is_through(e, replace);
}
