/* Order events: what DESIGN.md says under "Events". Each role keeps the version that set it; a newer one
 * applies, an older one is passed over, the same one must say the same. Close is sticky. */
#include "core/engine_state.h"

#include "base/check.h"

const char *const event_type_words[] = {
	"order.placed", "order.assigned", "order.reassigned", "order.completed", "order.cancelled", NULL};

static enum err end_order(struct engine *e, const struct order_event *event, uint32_t slot,
	enum event_effect *ret_effect, uint32_t *ret_slot)
{
	uint64_t session;

	*ret_slot = slot;
	*ret_effect = EVENT_REPEATED;
	if (slot != NONE) {
		if (e->sessions[slot].closed_at)
			return ERR_OK;
		*ret_effect = EVENT_APPLIED;
		return engine_session_close(e, slot, -1);
	}
	if (engine_session_ended(e, event->pool, event->order, &session))
		return ERR_OK;
	if (!tombstone_room(e))
		return ERR_LIMIT_REACHED;
	*ret_effect = EVENT_APPLIED;
	return tombstone_add(e, event->pool, event->order, 0, e->now_s);
}

static bool role_twice(const struct order_event *event)
{
	for (int i = 0; i < event->parties_n; i++)
		for (int k = 0; k < i; k++)
			if (str_equal(str_of(event->parties[i].role), str_of(event->parties[k].role)))
				return true;
	return false;
}

/* Which of the event's parties are newer than what is known. ERR_TOO_OLD: one contradicts its own version. */
static enum err newer(struct engine *e, const struct order_event *event, const struct session_row *row,
	struct party *ret_parties, int *ret_n)
{
	int n = 0;

	for (int i = 0; i < event->parties_n; i++) {
		const struct party *party = &event->parties[i];
		int there = row ? session_party_of(row, str_of(party->role)) : -1;
		uint64_t fingerprint = party_fingerprint(e, party);
		if (there >= 0 && row->parties[there].version == event->version) {
			if (row->parties[there].fingerprint && row->parties[there].fingerprint != fingerprint)
				return ERR_TOO_OLD;
			continue;
		}
		if (there >= 0 && row->parties[there].version > event->version)
			continue;
		if (row && there < 0 && row->floor_version >= event->version)
			continue;
		ret_parties[n] = *party;
		ret_parties[n].version = event->version;
		ret_parties[n].fingerprint = fingerprint;
		ret_parties[n].vn = NUMBER_NONE;
		ret_parties[n].vn_id = 0;
		n++;
	}
	*ret_n = n;
	return ERR_OK;
}

static enum err change_order(
	struct engine *e, uint32_t slot, const struct party *parties, int n, uint32_t *ret_slot)
{
	struct session_row *old = picture(e, slot, &e->arena);
	struct session_row *row = picture_of(e, slot, PAST_MORE);

	if (!old || !row)
		return ERR_LIMIT_REACHED;
	enum err err = row_parties_put(e, row, parties, n, old);
	if (err == ERR_POOL_EXHAUSTED) {
		/* The old party's routes end all the same: keep the people, give up the VNs, wait. */
		row = picture_of(e, slot, PAST_MORE);
		err = row ? row_parties_wait(e, row, parties, n, old) : ERR_LIMIT_REACHED;
	}
	return err ? err : session_put(e, slot, row, PUT_STORED, ret_slot);
}

static enum err place_order(struct engine *e, const struct order_event *event, const struct party *parties,
	int n, uint32_t *ret_slot)
{
	enum err err = parties_check(e, &e->pools[event->pool], parties, n);

	if (err)
		return err;
	for (int attempt = 0; attempt < 2; attempt++) {
		struct session_row *row = row_new(e, event->pool, event->order, event->ttl_s, 0);
		if (!row)
			return ERR_LIMIT_REACHED;
		memcpy(row->parties, parties, (size_t)n * sizeof *parties);
		row->parties_n = (uint8_t)n;
		row_unbind(row);
		/* First with VNs; if there are none, without: the order waits. */
		if (n >= 2 && attempt == 0) {
			err = row_bind(e, row, NULL);
			if (err == ERR_POOL_EXHAUSTED)
				continue;
			if (err)
				return err;
		}
		return session_put(e, NONE, row, PUT_STORED, ret_slot);
	}
	return ERR_INTERNAL;
}

enum err engine_event(
	struct engine *e, const struct order_event *event, enum event_effect *ret_effect, uint32_t *ret_slot)
{
	ASSERT(event->pool < e->pools_n && session_ref_ok(event->order));
	uint32_t slot = engine_session_by_ref(e, event->pool, event->order);
	struct party parties[SESSION_PARTIES_MAX];
	uint64_t session;
	int n;

	if (event->parties_n > SESSION_PARTIES_MAX)
		return ERR_TOO_MANY_PARTIES;
	if (event->version == 0 || role_twice(event))
		return ERR_BAD_REQUEST;
	if (event->type == EVENT_COMPLETED || event->type == EVENT_CANCELLED)
		return end_order(e, event, slot, ret_effect, ret_slot);
	*ret_effect = EVENT_REPEATED;
	*ret_slot = slot;
	if (slot == NONE ? engine_session_ended(e, event->pool, event->order, &session)
			 : e->sessions[slot].closed_at != 0)
		return ERR_OK; /* S9: what ended stays so */
	const struct session_row *row = slot == NONE ? NULL : picture(e, slot, &e->arena);
	if (slot != NONE && !row)
		return ERR_LIMIT_REACHED;
	enum err err = newer(e, event, row, parties, &n);
	if (err)
		return err;
	if (slot != NONE && n == 0)
		return ERR_OK;
	*ret_effect = EVENT_APPLIED;
	return slot == NONE ? place_order(e, event, parties, n, ret_slot)
			    : change_order(e, slot, parties, n, ret_slot);
}
