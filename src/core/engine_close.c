/* How sessions end: by word, by time, by erasure. */
#include "core/engine_state.h"

#include "base/check.h"

static uint32_t plus(uint32_t a, uint32_t b)
{
	return b >= UINT32_MAX - a ? UINT32_MAX - 1 : a + b; /* UINT32_MAX is PAIR_OPEN */
}

bool tombstone_room(struct engine *e)
{
	if (tombstones_count(e->tombstones) + e->tombstones_owed < e->limits.tombstones)
		return true;
	tombstones_sweep(e->tombstones, e->now_s, SWEEP_AT_LIMIT);
	return tombstones_count(e->tombstones) + e->tombstones_owed < e->limits.tombstones;
}

enum err tombstone_add(struct engine *e, uint16_t pool, struct str ref, uint64_t session, uint32_t at)
{
	struct tombstone_row *row = batch_alloc(e, sizeof *row);
	struct entry *entry = row ? entry_new(e, ENTRY_TOMBSTONE) : NULL;

	if (!entry)
		return ERR_LIMIT_REACHED;
	*row = (struct tombstone_row){
		.hash = ref_hash(e, pool, ref), .session = session, .until = plus(at, e->tombstone_s)};
	entry->hash = row->hash;
	tombstone_put(e->tombstones, &(struct tombstone){row->hash, session, row->until});
	record_add(e, &(struct record){.kind = RECORD_TOMBSTONE, .tombstone = row});
	return ERR_OK;
}

enum err row_close(struct engine *e, struct session_row *row, uint32_t at, uint32_t grace_s, bool expired)
{
	const struct pool_policy *policy = &e->pools[row->pool_id - 1].row.policy;
	uint32_t cool = policy->cooldown_s;

	ASSERT(!row->closed_at);
	/* While a VN rests nobody gets it; and a start must hear of it, by cool_until, to let it rest on. */
	if (policy->mode == POOL_EXCLUSIVE && policy->rest_s > cool)
		cool = policy->rest_s;
	row->closed_at = at;
	row->expired = expired;
	row->never_live = row->state == SESSION_WAITING;
	row->grace_until = row->never_live ? at : plus(at, grace_s);
	row->cool_until = row->never_live ? at : plus(plus(row->grace_until, cool), 1);
	if (!row->never_live)
		row->state = SESSION_CLOSING;
	row->announce = e->tell && row->grace_until > e->now_s;
	/* A start asks the store for what cools still, by this time alone. */
	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].until > row->cool_until)
			row->cool_until = row->past[i].until;
	return tombstone_add(e, (uint16_t)(row->pool_id - 1), row->ref, row->id, at);
}

/* Closes a picture and puts it; both or neither. */
static enum err close_put(
	struct engine *e, uint32_t slot, struct session_row *row, uint32_t at, uint32_t grace_s, bool expired)
{
	uint32_t mark = e->entries_n;
	enum err err = row_close(e, row, at, grace_s, expired);

	if (!err)
		err = session_put(e, slot, row, PUT_STORED, &slot);
	if (err)
		engine_undo(e, mark);
	return err;
}

enum err engine_session_close(struct engine *e, uint32_t slot, int64_t grace_s)
{
	struct session_row *row = picture_of(e, slot, 0);

	if (!row)
		return ERR_LIMIT_REACHED;
	const struct pool_policy *policy = &e->pools[row->pool_id - 1].row.policy;
	uint32_t grace = grace_s < 0            ? policy->grace_s
			 : grace_s > UINT32_MAX ? UINT32_MAX
						: (uint32_t)grace_s;
	if (!row->closed_at)
		return close_put(e, slot, row, e->now_s, grace, false);
	if (grace_s < 0 || plus(e->now_s, grace) >= row->grace_until)
		return ERR_OK;
	row->grace_until = plus(e->now_s, grace);
	return session_put(e, slot, row, PUT_STORED, &slot);
}

enum err engine_session_expire_at(struct engine *e, uint32_t slot, uint32_t expires_at)
{
	if (e->sessions[slot].closed_at)
		return ERR_SESSION_CLOSED;
	struct session_row *row = picture_of(e, slot, 0);
	if (!row)
		return ERR_LIMIT_REACHED;
	if (row->expires_at == expires_at)
		return ERR_OK;
	row->expires_at = expires_at;
	if (expires_at <= e->now_s)
		return close_put(e, slot, row, e->now_s, e->pools[row->pool_id - 1].row.policy.grace_s, true);
	return session_put(e, slot, row, PUT_STORED, &slot);
}

static void wipe(struct party *party, const struct number *number)
{
	bool whole = !number;

	for (int k = 0; k < party->numbers_n && !whole; k++)
		whole = number_equal(party->numbers[k], *number);
	for (int k = 0; whole && k < party->numbers_n; k++)
		party->numbers[k] = NUMBER_NONE;
}

/* The end at once; in grace the end of the cool-down stays as it was fixed. */
static enum err end_now(struct engine *e, uint32_t slot, const struct number *number)
{
	struct session_row *row = picture_of(e, slot, 0);

	if (!row)
		return ERR_LIMIT_REACHED;
	for (int i = 0; i < row->parties_n; i++)
		wipe(&row->parties[i], number);
	if (!row->closed_at)
		return close_put(e, slot, row, e->now_s, 0, false);
	if (row->grace_until > e->now_s)
		row->grace_until = e->now_s;
	return session_put(e, slot, row, PUT_STORED, &slot);
}

enum err engine_session_forget(struct engine *e, uint32_t slot)
{
	return end_now(e, slot, NULL);
}

static bool has_number(const struct session_row *row, struct number number)
{
	for (int i = 0; i < row->parties_n; i++)
		for (int k = 0; k < row->parties[i].numbers_n; k++)
			if (number_equal(row->parties[i].numbers[k], number))
				return true;
	return false;
}

enum err engine_erase(struct engine *e, struct number number, uint32_t *ret_n)
{
	return engine_erase_of(e, DECIDE_ANY_TENANT, number, ret_n);
}

enum err engine_erase_of(struct engine *e, uint16_t tenant, struct number number, uint32_t *ret_n)
{
	uint32_t mark = e->entries_n;
	uint32_t n = 0;
	struct arena arena;
	enum err err = ERR_OK;

	arena_init(&arena, (size_t)1 << 20);
	for (uint32_t slot = 0; slot < e->fresh && !err; slot++) {
		if (!slot_open(e, slot))
			continue;
		arena_reset(&arena);
		const struct session_row *row = picture(e, slot, &arena);
		if (!row)
			err = ERR_LIMIT_REACHED;
		else if ((tenant == DECIDE_ANY_TENANT || e->pools[row->pool_id - 1].tenant == tenant) &&
			 has_number(row, number)) {
			err = end_now(e, slot, &number);
			n++;
		}
	}
	arena_done(&arena);
	if (err)
		engine_undo(e, mark);
	else
		*ret_n = n;
	return err;
}

enum err engine_erase_ended(struct engine *e, uint64_t session, const struct person *person)
{
	struct session_erase *erase = batch_alloc(e, sizeof *erase);

	if (!erase)
		return ERR_LIMIT_REACHED;
	*erase = (struct session_erase){.session = session, .all = !person};
	if (person)
		erase->person = *person;
	return engine_note(e, &(struct record){.kind = RECORD_SESSION_ERASE, .erase = erase});
}

/* One session whose time has come. */
static enum err due(struct engine *e, uint32_t slot)
{
	struct session_row *row = picture_of(e, slot, 0);

	if (!row)
		return ERR_LIMIT_REACHED;
	if (row->closed_at)
		return session_put(e, slot, row, PUT_DERIVED, &slot); /* the grace is over: it leaves */
	return close_put(e, slot, row, row->expires_at, e->pools[row->pool_id - 1].row.policy.grace_s, true);
}

static void vns_rested(struct engine *e)
{
	for (uint32_t id; (id = wheel_due(e->vn_wheel, e->now_s)) != WHEEL_NONE;) {
		struct vn *vn = vn_at(e, id);
		vn_count(e, vn, -1);
		vn->rest_until = 0;
		vn_count(e, vn, +1);
		vn_requeue(e, id);
		e->pools[vn->pool].stock_came = true;
	}
}

/* A round a minute, and more where sessions end: buckets lie in a row, half a million take a few milliseconds. */
static void sweep(struct engine *e, uint32_t done)
{
	int64_t since = e->now_ms - e->swept_ms;
	uint64_t share = (uint64_t)(since < SWEEP_ROUND_MS ? since : SWEEP_ROUND_MS);

	e->swept_ms = e->now_ms;
	pairs_let_go(e, 64 + 4 * done + (uint32_t)(pairs_buckets(e->pairs) * share / SWEEP_ROUND_MS));
	tombstones_sweep(e->tombstones, e->now_s, 64 + 4 * done);
}

bool engine_tick(struct engine *e, uint32_t max)
{
	uint32_t done = 0;

	vns_rested(e);
	blocks_expire(e);
	done = untold_tell(e, max);
	for (; done < max; done++) {
		uint32_t slot = wheel_due(e->wheel, e->now_s);
		if (slot == WHEEL_NONE)
			break;
		if (due(e, slot) != ERR_OK) {
			wheel_set(e->wheel, slot, e->now_s); /* the batch is full: in the next */
			return true;
		}
	}
	sweep(e, done);
	bool more = done == max || waiting_retry(e, max - done) >= max - done;
	return !pools_watch(e) || more;
}
