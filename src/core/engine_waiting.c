/* Sessions of two or more that wait for VNs: tried again, oldest first, when something was set free, and a
 * few of them each second (cooling pairs run out in silence). */
#include "core/engine_state.h"

#include "base/check.h"

void wait_add(struct engine *e, uint32_t slot)
{
	struct session *session = &e->sessions[slot];
	struct pool *pool = &e->pools[session->pool];

	session->waits = true;
	session->wait_prev = pool->wait_tail;
	session->wait_next = NONE;
	if (pool->wait_tail != NONE)
		e->sessions[pool->wait_tail].wait_next = slot;
	else
		pool->wait_head = slot;
	pool->wait_tail = slot;
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

/* Goes round: one whose party is busy does not hold up those behind it. */
static uint32_t pool_retry(struct engine *e, struct pool *pool, uint32_t max)
{
	uint32_t tried = 0;

	if (pool->wait_head == NONE)
		return 0;
	if (pool->stock_came || pool->wait_cursor == NONE)
		pool->wait_cursor = pool->wait_head;
	pool->stock_came = false;
	while (tried < max && pool->wait_cursor != NONE) {
		uint32_t slot = pool->wait_cursor;
		pool->wait_cursor = e->sessions[slot].wait_next;
		tried++;
		if (try_again(e, slot) == ERR_LIMIT_REACHED)
			break;
	}
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
