/* Sessions: open and find. */
#include "core/engine_state.h"

#include "base/check.h"

struct looking {
	const struct engine *e;
	uint64_t id;
	uint16_t pool;
	struct str ref;
};

static bool is_id(const void *context, uint32_t slot)
{
	const struct looking *looking = context;

	return board_session_ids_read(looking->e->board)[slot] == looking->id;
}

static bool is_ref(const void *context, uint32_t slot)
{
	const struct looking *looking = context;
	const struct session *session = &looking->e->sessions[slot];

	return session->pool == looking->pool && session->ref_len == looking->ref.len &&
	       memcmp(pile_at(looking->e->refs, session->ref), looking->ref.at, looking->ref.len) == 0;
}

uint32_t engine_session_find(const struct engine *e, uint64_t id)
{
	struct looking looking = {.e = e, .id = id};

	return index_find(e->by_id, id_hash(id), is_id, &looking);
}

uint32_t engine_session_by_ref(const struct engine *e, uint16_t pool, struct str ref)
{
	struct looking looking = {.e = e, .pool = pool, .ref = ref};

	return index_find(e->by_ref, ref_hash(e, pool, ref), is_ref, &looking);
}

bool engine_session_ended(const struct engine *e, uint16_t pool, struct str ref, uint64_t *ret_id)
{
	const struct tombstone *tombstone = tombstone_find(e->tombstones, ref_hash(e, pool, ref), e->now_s);

	if (tombstone)
		*ret_id = tombstone->session;
	return tombstone != NULL;
}

uint16_t engine_session_pool(const struct engine *e, uint32_t slot)
{
	return e->sessions[slot].pool;
}

uint64_t engine_session_id(const struct engine *e, uint32_t slot)
{
	return board_session_ids_read(e->board)[slot];
}

/* Of the request as a whole, whatever the order of its parties. */
static uint64_t open_fingerprint(const struct engine *e, const struct party *parties, int n)
{
	uint64_t sum = (uint64_t)n;

	for (int i = 0; i < n; i++)
		sum += party_fingerprint(e, &parties[i]);
	return hash_mix(sum);
}

static enum err open_again(struct engine *e, const struct session_open *open, uint32_t slot)
{
	uint64_t fingerprint = open_fingerprint(e, open->parties, open->parties_n);

	if (e->sessions[slot].closed_at)
		return ERR_SESSION_CLOSED;
	if (e->sessions[slot].fingerprint == fingerprint)
		return ERR_OK;
	const struct session_row *row = picture(e, slot, &e->arena);
	if (!row)
		return ERR_LIMIT_REACHED;
	return open_fingerprint(e, row->parties, row->parties_n) == fingerprint ? ERR_OK : ERR_SESSION_EXISTS;
}

struct session_row *row_new(
	struct engine *e, uint16_t pool, struct str ref, uint32_t ttl_s, uint32_t expires_at)
{
	struct session_row *row = picture_new(e);

	if (!row)
		return NULL;
	row->id = engine_next_id(e);
	row->pool_id = pool + 1u;
	row->state = SESSION_WAITING;
	row->ref = arena_str(&e->arena, ref);
	row->opened_at = e->now_s;
	uint64_t expires = (uint64_t)e->now_s + (ttl_s ? ttl_s : e->pools[pool].row.policy.ttl_s);
	row->expires_at = expires_at                 ? expires_at
			  : expires > UINT32_MAX - 1 ? UINT32_MAX - 1
						     : (uint32_t)expires;
	return row->ref.at ? row : NULL;
}

enum err engine_session_open(struct engine *e, const struct session_open *open, uint32_t *ret_slot,
	bool *ret_new, uint64_t *ret_ended)
{
	ASSERT(open->pool < e->pools_n && session_ref_ok(open->ref));
	uint32_t slot = engine_session_by_ref(e, open->pool, open->ref);
	enum err err;

	if (slot != NONE) {
		err = open_again(e, open, slot);
		if (err == ERR_SESSION_CLOSED)
			*ret_ended = engine_session_id(e, slot);
		if (!err) {
			*ret_slot = slot;
			*ret_new = false;
		}
		return err;
	}
	if (engine_session_ended(e, open->pool, open->ref, ret_ended))
		return ERR_SESSION_CLOSED;
	if (open->expires_at && open->expires_at <= e->now_s)
		return ERR_BAD_REQUEST;
	if (open->parties_n < 1)
		return ERR_BAD_REQUEST;
	err = parties_check(e, &e->pools[open->pool], open->parties, open->parties_n);
	if (err)
		return err;
	struct session_row *row = row_new(e, open->pool, open->ref, open->ttl_s, open->expires_at);
	if (!row)
		return ERR_LIMIT_REACHED;
	for (int i = 0; i < open->parties_n; i++) {
		row->parties[i] = open->parties[i];
		row->parties[i].vn_id = 0;
		row->parties[i].version = 0;
		row->parties[i].fingerprint = 0;
		row->parties[i].pin = 0;
		row->parties[i].pin_digits = 0;
	}
	row->parties_n = (uint8_t)open->parties_n;
	if (row->parties_n == 1 && number_is(row->parties[0].vn))
		return ERR_BAD_REQUEST; /* a wish for a VN that nothing would be bound to */
	row->fingerprint = open_fingerprint(e, open->parties, open->parties_n);
	if (row->parties_n >= 2)
		err = row_bind(e, row, NULL);
	else
		row_unbind(row);
	if (!err)
		err = session_put(e, NONE, row, PUT_STORED, &slot);
	if (!err) {
		*ret_slot = slot;
		*ret_new = true;
	}
	return err;
}

void engine_called(struct engine *e, uint64_t session)
{
	uint32_t slot = engine_session_find(e, session);

	if (slot == NONE || e->sessions[slot].closed_at)
		return;
	const struct pool_policy *policy = &e->pools[e->sessions[slot].pool].row.policy;
	uint64_t expires = (uint64_t)e->now_s + policy->ttl_s;
	/* Not for every ring: a sixteenth of the time, at most a minute, is near enough. */
	uint32_t step = policy->ttl_s / 16 < 60 ? policy->ttl_s / 16 : 60;
	if (policy->ttl_from != POOL_TTL_LAST_CALL || expires > UINT32_MAX - 1 ||
		expires < e->sessions[slot].expires_at + (uint64_t)step)
		return;
	/* At a limit the session keeps the time that it has. */
	enum err err = engine_session_expire_at(e, slot, (uint32_t)expires);
	(void)err;
}

bool engine_cools(const struct engine *e, uint64_t person, uint32_t vn)
{
	struct pair pair = pair_get(e->pairs, person, vn);

	return pair.until != PAIR_OPEN && pair.until > e->now_s;
}

/* --- how long sessions talk --- */

enum err engine_talked(struct engine *e, uint64_t session, uint32_t seconds)
{
	uint32_t slot = engine_session_find(e, session);
	struct entry *entry = slot == NONE || !seconds ? NULL : entry_new(e, ENTRY_TALKED);

	if (slot == NONE || !seconds)
		return ERR_OK; /* nobody rings by it any more */
	if (!entry)
		return ERR_LIMIT_REACHED;
	entry->id = slot;
	entry->seconds = seconds;
	return ERR_OK;
}

void engine_load_talked(struct engine *e, uint64_t session, uint64_t seconds)
{
	uint32_t slot = engine_session_find(e, session);

	if (slot != NONE)
		board_talked_add(e->board, slot, seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds);
}

uint64_t engine_talks_from(const struct engine *e)
{
	uint64_t lowest = 0;

	for (uint32_t slot = 0; slot < e->fresh; slot++) {
		uint64_t id = slot_open(e, slot) ? engine_session_id(e, slot) : 0;
		if (id && e->pools[e->sessions[slot].pool].row.policy.minutes_per_session && (!lowest || id < lowest))
			lowest = id;
	}
	return lowest;
}
