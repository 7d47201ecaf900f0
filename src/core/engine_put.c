/* The one place where a session is linked to everything else, and where a change of it is undone. */
#include "core/engine_state.h"

#include "base/check.h"

bool row_over(const struct session_row *row, uint32_t now_s)
{
	return row->closed_at != 0 && row->grace_until <= now_s;
}

static void count_session(struct engine *e, const struct session_row *row, int by)
{
	struct pool_sessions *sessions = &e->pools[row->pool_id - 1].sessions;

	if (row->state == SESSION_WAITING)
		sessions->waiting += (uint32_t)by;
	else if (row->state == SESSION_LIVE)
		sessions->live += (uint32_t)by;
	else
		sessions->closing += (uint32_t)by;
	if (!row->closed_at)
		e->tombstones_owed += (uint32_t)by;
}

static bool in(uint32_t id, const uint32_t *ids, int n)
{
	for (int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* One change of one session. */
struct move {
	uint32_t slot;
	struct side from, to;
	struct left_vn *left; /* VNs that the later of the two uses no more */
	int left_n;
};

static int open_vns(const struct side *side, uint32_t vns[SESSION_VNS_MAX])
{
	return side->open ? vns_of(side->row, vns, SESSION_VNS_MAX) : 0;
}

/* Which VNs the change gives up, and how they are before it. False: no memory. */
static bool list_left(struct engine *e, struct move *move)
{
	uint32_t before[SESSION_VNS_MAX], after[SESSION_VNS_MAX];
	int before_n = open_vns(&move->from, before), after_n = open_vns(&move->to, after), n = 0;

	for (int i = 0; i < before_n; i++)
		if (!in(before[i], after, after_n))
			before[n++] = before[i];
	move->left = n ? batch_alloc(e, (size_t)n * sizeof *move->left) : NULL;
	if (n && !move->left)
		return false;
	for (int i = 0; i < n; i++) {
		const struct vn *vn = vn_at(e, before[i]);
		move->left[i] = (struct left_vn){
			.id = before[i], .free_since = vn->row.free_since, .rest_until = vn->rest_until};
	}
	move->left_n = n;
	return true;
}

/* VNs that `to` uses and `from` doesn't. */
static int list_came(const struct side *from, const struct side *to, uint32_t came[SESSION_VNS_MAX])
{
	uint32_t before[SESSION_VNS_MAX];
	int before_n = open_vns(from, before), after_n = open_vns(to, came), n = 0;

	for (int i = 0; i < after_n; i++)
		if (!in(came[i], before, before_n))
			came[n++] = came[i];
	return n;
}

static void lend(struct engine *e, const struct move *move)
{
	const struct session_row *row = move->to.row;
	uint32_t came[SESSION_VNS_MAX];
	uint32_t since = row && !move->to.open ? row->grace_until : e->now_s;
	int came_n = list_came(&move->from, &move->to, came);

	for (int i = 0; i < came_n; i++)
		vn_take(e, came[i]);
	for (int i = 0; i < move->left_n; i++) {
		struct left_vn *left = &move->left[i];
		const struct vn *vn = vn_at(e, left->id);
		vn_leave(e, left->id, since);
		if (e->pools[vn->pool].row.policy.mode != POOL_EXCLUSIVE)
			continue;
		left->row = vn->row;
		record_add(e, &(struct record){.kind = RECORD_VN, .vn = &left->row});
	}
}

static void lend_undo(struct engine *e, const struct move *move)
{
	uint32_t came[SESSION_VNS_MAX];
	int came_n = list_came(&move->from, &move->to, came);

	for (int i = move->left_n; i-- > 0;)
		vn_come_back(e, &move->left[i]);
	while (came_n-- > 0)
		vn_give(e, came[came_n]);
}

void keep_habits(struct engine *e, const struct session_row *row)
{
	const struct pool_policy *policy = &e->pools[row->pool_id - 1].row.policy;

	if (policy->stick != POOL_STICK_PREFER)
		return;
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		uint32_t from = row->closed_at ? row->closed_at : row->expires_at;
		if (party->vn_id)
			habit_put(e->habits, row->pool_id, person_short(&party->persons[0]), party->vn_id,
				from + policy->stick_s, e->now_s);
	}
}

static void write_fixed(struct session *session, const struct session_row *row)
{
	session->fingerprint = row->fingerprint;
	session->opened_at = row->opened_at;
	session->expires_at = row->expires_at;
	session->closed_at = row->closed_at;
	session->grace_until = row->grace_until;
	session->cool_until = row->cool_until;
	session->rev = row->rev;
	session->pool = (uint16_t)(row->pool_id - 1);
	session->state = (uint8_t)row->state;
	session->parties_n = row->parties_n;
	session->views_n = row->views_n;
	session->past_n = (uint8_t)row->past_n;
	session->expired = row->expired;
	session->announce = row->announce;
}

static void set_timer(struct engine *e, uint32_t slot, const struct session_row *row)
{
	wheel_set(e->wheel, slot, row->closed_at ? row->grace_until : row->expires_at);
}

/* Unlinks one side, links the other. Everything but VNs and memory. */
static void relink(struct engine *e, uint32_t slot, const struct side *from, const struct side *to)
{
	bool waits = to->open && to->row->state == SESSION_WAITING && to->row->parties_n >= 2;

	if (e->sessions[slot].waits && !waits)
		wait_remove(e, slot);
	pairs_move(e, from, to);
	if (from->open) {
		count_session(e, from->row, -1);
		e->routes_planned -= routes_needed(from->row);
	}
	if (to->open) {
		count_session(e, to->row, +1);
		e->routes_planned += routes_needed(to->row);
	}
	if (to->open && !from->open) {
		index_add(e->by_id, id_hash(to->row->id), slot);
		index_add(e->by_ref, ref_hash(e, (uint16_t)(to->row->pool_id - 1), to->row->ref), slot);
		e->sessions_n++;
	} else if (from->open && !to->open) {
		index_remove(e->by_id, id_hash(from->row->id), slot);
		index_remove(
			e->by_ref, ref_hash(e, (uint16_t)(from->row->pool_id - 1), from->row->ref), slot);
		e->sessions_n--;
	}
	if (to->open) {
		write_fixed(&e->sessions[slot], to->row);
		set_timer(e, slot, to->row);
		if (waits && !e->sessions[slot].waits)
			wait_add(e, slot); /* one that waited already keeps its turn */
	} else {
		wheel_cancel(e->wheel, slot);
		e->sessions[slot].state = SESSION_CLOSED;
	}
}

static void move_on(struct engine *e, const struct move *move)
{
	relink(e, move->slot, &move->from, &move->to);
	lend(e, move);
}

static void move_back(struct engine *e, const struct move *move)
{
	lend_undo(e, move);
	relink(e, move->slot, &move->to, &move->from);
}

bool slot_open(const struct engine *e, uint32_t slot)
{
	return e->sessions[slot].state != SESSION_CLOSED;
}

static bool tables_have_room(struct engine *e, const struct session_row *from, const struct session_row *to)
{
	uint32_t routes_had = routes_needed(from);
	uint32_t routes = routes_needed(to);

	if (routes > routes_had && routes - routes_had > e->limits.routes - e->routes_planned)
		return false;
	return pairs_have_room(e, to);
}

/* A session keeps the place of the tombstone that it will leave: closing must never fail for want of it. */
static bool is_room_for_one_more(struct engine *e, const struct session_row *row)
{
	return e->sessions_n < e->limits.sessions && (row->closed_at || tombstone_room(e));
}

static uint32_t slot_take(struct engine *e)
{
	if (e->free_slot == NONE)
		return e->fresh < e->limits.sessions ? e->fresh++ : NONE;
	uint32_t slot = e->free_slot;
	e->free_slot = e->sessions[slot].wait_next;
	return slot;
}

static void slot_give(struct engine *e, uint32_t slot)
{
	e->sessions[slot] =
		(struct session){.state = SESSION_CLOSED, .wait_next = e->free_slot, .wait_prev = NONE};
	e->free_slot = slot;
}

/* A slot with its ref and the session's id. NONE: no room. */
static uint32_t slot_new(struct engine *e, const struct session_row *row)
{
	uint32_t ref = pile_take(e->refs, (uint32_t)(row->ref.len + 15) / 16);
	uint32_t slot = ref ? slot_take(e) : NONE;

	if (slot == NONE) {
		pile_give(e->refs, ref, (uint32_t)(row->ref.len + 15) / 16);
		return NONE;
	}
	memcpy(pile_at(e->refs, ref), row->ref.at, row->ref.len);
	e->sessions[slot] = (struct session){.ref = ref,
		.ref_len = (uint8_t)row->ref.len,
		.wait_next = NONE,
		.wait_prev = NONE,
		.state = SESSION_CLOSED,
		.pool = (uint16_t)(row->pool_id - 1)};
	board_session_id_put(e->board, slot, row->id); /* its old routes went with an earlier commit */
	return slot;
}

static void give_ref(struct engine *e, uint32_t slot)
{
	pile_give(e->refs, e->sessions[slot].ref, (uint32_t)(e->sessions[slot].ref_len + 15) / 16);
}

static void drop_run_out(const struct engine *e, struct session_row *row)
{
	uint16_t n = 0;

	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].until > e->now_s)
			row->past[n++] = row->past[i];
	row->past_n = n;
}

static void note_touch(struct engine *e, struct entry *entry, const struct session_row *row)
{
	struct session *session = &e->sessions[entry->id];

	if (!session->touched)
		session->touched = (uint32_t)(entry - e->entries) + 1;
	e->entries[session->touched - 1].last = row;
}

enum err session_put(
	struct engine *e, uint32_t slot, struct session_row *row, enum put_how how, uint32_t *ret_slot)
{
	bool made = slot == NONE;
	struct session_row *before = made ? NULL : picture(e, slot, &e->arena);
	struct body body = {0};

	if (!made && !before)
		return ERR_LIMIT_REACHED;
	if (row->past_n > SESSION_PAST_MAX)
		return ERR_SESSION_FULL;
	drop_run_out(e, row);
	if (how == PUT_STORED)
		row->rev++;
	bool gone = row_over(row, e->now_s);
	struct move move = {.from = {before, !made}, .to = {row, !gone}};
	if ((made && !is_room_for_one_more(e, row)) || !tables_have_room(e, before, row) ||
		!list_left(e, &move))
		return ERR_LIMIT_REACHED;
	struct outbox_row *outbox = NULL;
	bool ends = gone && row->announce;
	if (gone)
		row->announce = false;
	enum err err = how == PUT_STORED || ends ? session_notice(e, before, row, gone, &outbox) : ERR_OK;
	if (!err && !gone)
		err = body_write(e, row, &body);
	if (err)
		return err;
	if (made)
		slot = slot_new(e, row);
	struct entry *entry = slot == NONE ? NULL : entry_new(e, ENTRY_SESSION);
	if (!entry) {
		body_give(e, &body, row->parties_n);
		if (made && slot != NONE) {
			give_ref(e, slot);
			slot_give(e, slot);
		}
		return ERR_LIMIT_REACHED;
	}
	entry->id = slot;
	entry->before = before;
	entry->after = row;
	entry->before_fixed = e->sessions[slot];
	entry->left = move.left;
	entry->left_n = move.left_n;
	entry->gone = gone;
	note_touch(e, entry, row);
	move.slot = slot;
	move_on(e, &move);
	e->sessions[slot].body = body;
	keep_habits(e, row);
	if (how == PUT_STORED)
		record_add(e, &(struct record){
			.kind = before && session_alike(before, row) ? RECORD_SESSION_ALIKE : RECORD_SESSION, .session = row});
	else if (ends)
		record_add(e, &(struct record){.kind = RECORD_SESSION_TOLD, .session_id = row->id});
	if (outbox)
		record_add(e, &(struct record){.kind = RECORD_OUTBOX, .outbox = outbox});
	e->pools[row->pool_id - 1].opened += made;
	pool_stir(e, row->pool_id - 1);
	*ret_slot = slot;
	return ERR_OK;
}

void session_put_undo(struct engine *e, const struct entry *entry)
{
	uint32_t slot = entry->id;
	struct session *session = &e->sessions[slot];
	uint32_t index = (uint32_t)(entry - e->entries);

	move_back(e, &(struct move){slot, {entry->before, entry->before != NULL},
			     {entry->after, !entry->gone}, entry->left, entry->left_n});
	body_give(e, &session->body, entry->after->parties_n);
	session->body = entry->before_fixed.body;
	if (session->touched == index + 1)
		session->touched = 0;
	else
		e->entries[session->touched - 1].last = entry->before;
	if (!entry->before) {
		e->pools[entry->after->pool_id - 1].opened--;
		give_ref(e, slot);
		slot_give(e, slot);
	}
}

void session_unlock_slot(struct engine *e, struct entry *entry)
{
	body_give(e, &entry->before_fixed.body, entry->before_fixed.parties_n);
	e->sessions[entry->id].touched = 0;
	if (entry->gone) {
		give_ref(e, entry->id);
		slot_give(e, entry->id);
	}
}

enum err session_load(struct engine *e, struct session_row *row)
{
	struct body body;

	if (!is_room_for_one_more(e, row) || !tables_have_room(e, NULL, row))
		return ERR_LIMIT_REACHED;
	enum err err = body_write(e, row, &body);
	if (err)
		return err;
	uint32_t slot = slot_new(e, row);
	if (slot == NONE)
		return ERR_LIMIT_REACHED;
	move_on(e, &(struct move){.slot = slot, .to = {row, true}});
	e->sessions[slot].body = body;
	keep_habits(e, row);
	routes_publish_new(e, slot, row);
	return ERR_OK;
}
