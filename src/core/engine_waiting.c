/* Sessions of two or more that wait for VNs: tried again, oldest first, when something was set free, and a
 * few of them each second (cooling pairs run out in silence). */
#include "core/engine_state.h"

#include "base/check.h"

static uint64_t id_of(const struct engine *e, uint32_t slot)
{
	return board_session_ids_read(e->board)[slot];
}

/* Behind which slot it goes, by age: the newest is nearly always the last; one that comes back (an undo, a
 * session that lost its VNs) is looked for from both ends. */
static uint32_t place_behind(const struct engine *e, const struct pool *pool, uint32_t slot)
{
	uint32_t first = pool->wait_head, last = pool->wait_tail;

	while (last != NONE && id_of(e, last) > id_of(e, slot)) {
		if (id_of(e, first) > id_of(e, slot))
			return e->sessions[first].wait_prev;
		first = e->sessions[first].wait_next;
		last = e->sessions[last].wait_prev;
	}
	return last;
}

void wait_add(struct engine *e, uint32_t slot)
{
	struct session *session = &e->sessions[slot];
	struct pool *pool = &e->pools[session->pool];
	uint32_t behind = place_behind(e, pool, slot);

	session->waits = true;
	pool->waiting_n++;
	session->wait_prev = behind;
	session->wait_next = behind == NONE ? pool->wait_head : e->sessions[behind].wait_next;
	if (session->wait_next != NONE)
		e->sessions[session->wait_next].wait_prev = slot;
	else
		pool->wait_tail = slot;
	if (behind != NONE)
		e->sessions[behind].wait_next = slot;
	else
		pool->wait_head = slot;
}

void wait_remove(struct engine *e, uint32_t slot)
{
	struct session *session = &e->sessions[slot];
	struct pool *pool = &e->pools[session->pool];

	ASSERT(session->waits);
	if (pool->wait_cursor == slot)
		pool->wait_cursor = session->wait_next;
	if (session->wait_prev != NONE)
		e->sessions[session->wait_prev].wait_next = session->wait_next;
	else
		pool->wait_head = session->wait_next;
	if (session->wait_next != NONE)
		e->sessions[session->wait_next].wait_prev = session->wait_prev;
	else
		pool->wait_tail = session->wait_prev;
	session->waits = false;
	pool->waiting_n--;
	session->wait_next = NONE;
	session->wait_prev = NONE;
}

static enum err try_again(struct engine *e, uint32_t slot)
{
	struct session_row *old = picture(e, slot, &e->arena);
	struct session_row *row = picture_of(e, slot, 0);

	if (!old || !row)
		return ERR_LIMIT_REACHED;
	enum err err = row_bind(e, row, old);
	return err ? err : session_put(e, slot, row, PUT_STORED, &slot);
}

#define TRIES_A_TICK 64

/* Tries up to `max` from `slot` on. Returns where it stopped; *tried goes up; *full: the batch has no room.
 */
static uint32_t try_from(struct engine *e, uint32_t slot, uint32_t max, uint32_t *tried, bool *full)
{
	while (max-- > 0 && slot != NONE && !*full) {
		uint32_t next = e->sessions[slot].wait_next;
		*full = try_again(e, slot) == ERR_LIMIT_REACHED;
		++*tried;
		slot = *full ? slot : next;
	}
	return slot;
}

/* Half of the tries begin with the oldest; the others go round, so that those whose people are busy do
 * not hold up those behind them. */
static uint32_t pool_retry(struct engine *e, struct pool *pool, uint32_t max)
{
	uint32_t tried = 0, cursor = pool->wait_cursor;
	bool full = false;

	pool->stock_came = false;
	pool->wait_cursor = NONE; /* what is tried may leave the list: the cursor is set anew below */
	uint32_t next = try_from(e, pool->wait_head, (max + 1) / 2, &tried, &full);
	if (next != NONE && cursor != NONE && e->sessions[cursor].waits && id_of(e, cursor) > id_of(e, next))
		next = cursor;
	pool->wait_cursor = try_from(e, next, max - tried, &tried, &full);
	return tried;
}

uint32_t waiting_retry(struct engine *e, uint32_t max)
{
	uint32_t tried = 0;
	bool second = e->now_s != e->waiting_s;

	e->waiting_s = e->now_s;
	for (uint32_t i = 0; i < e->pools_n && tried < max; i++) {
		struct pool *pool = &e->pools[i];
		uint32_t room = max - tried < TRIES_A_TICK ? max - tried : TRIES_A_TICK;
		if (pool->stock_came || second)
			tried += pool_retry(e, pool, room);
	}
	return tried;
}
