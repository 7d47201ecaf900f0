/* How a session lies in memory: the fixed part (struct session), its ref, and a body of 32-byte units:
 *
 *   parties   n x 32 bytes
 *   wide      n x 32 bytes, only if a party has an event's version, a PIN or an area of more than five digits
 *   extras    further real numbers, 24 bytes each, in the order of the parties
 *   olds      one 8-byte person under the old key for each number, only while keys rotate
 *   past      pairs of replaced parties, 24 bytes each
 *   views     8 bytes each
 *   floor     8 bytes, only if a party with an event's version was taken out
 */
#include "core/engine_state.h"

#include "base/check.h"

/* Where its number belongs lies in bits that number and VN leave. */
#define AREA_LOW_BITS 10
#define AREA_HIGH_BITS 8
#define AREA_END (1u << (AREA_LOW_BITS + AREA_HIGH_BITS))

struct body_party {
	uint64_t number : 50, numbers_n : 3, may_call : 1, area_low : AREA_LOW_BITS;
	uint8_t person[16];
	uint32_t vn : 24, area_high : AREA_HIGH_BITS;
	uint16_t role;
	uint16_t country;
};
_Static_assert(sizeof(struct body_party) == 32, "one unit a party");
_Static_assert(SESSION_NUMBERS_MAX < 1 << 3 && ROUTE_VN_MAX < 1 << 24, "they fit their bits");

struct body_wide {
	uint64_t version, fingerprint;
	uint32_t area, pin; /* area: of whichever digits it has */
	uint8_t pin_digits;
	uint8_t unused[7];
};
_Static_assert(sizeof(struct body_wide) == 32, "one unit a party");

struct body_extra {
	uint64_t number;
	uint8_t person[16];
};

struct body_past {
	uint8_t person[16];
	uint32_t vn, until;
};

struct body_view {
	uint8_t viewer, target;
	uint16_t unused;
	uint32_t vn;
};

static bool party_is_wide(const struct party *party)
{
	return party->version || party->fingerprint || party->pin_digits || party->place.area >= AREA_END;
}

static bool party_has_olds(const struct party *party)
{
	for (int k = 0; k < party->numbers_n; k++)
		if (party->persons_old[k])
			return true;
	return false;
}

static int extras_of(const struct party *party)
{
	return party->numbers_n > 1 ? party->numbers_n - 1 : 0;
}

static void write_party(const struct party *party, uint16_t role, struct body_party *into)
{
	uint32_t area = party->place.area;

	ASSERT(party->numbers[0].e164 < (uint64_t)1 << 50 && party->vn_id <= ROUTE_VN_MAX);
	*into = (struct body_party){
		.number = party->numbers[0].e164,
		.vn = party->vn_id,
		.role = role,
		.numbers_n = party->numbers_n & 7,
		.may_call = party->may_call,
		.area_low = area & ((1u << AREA_LOW_BITS) - 1),
		.area_high = area >> AREA_LOW_BITS & ((1u << AREA_HIGH_BITS) - 1),
		.country = party->place.country,
	};
	memcpy(into->person, party->persons[0].key, 16);
}

static void write_wide(const struct party *party, struct body_wide *into)
{
	*into = (struct body_wide){
		.version = party->version,
		.fingerprint = party->fingerprint,
		.area = party->place.area,
		.pin = party->pin,
		.pin_digits = party->pin_digits,
	};
}

static char *write_olds(const struct session_row *row, char *at)
{
	for (int i = 0; i < row->parties_n; i++) {
		size_t size = row->parties[i].numbers_n * sizeof row->parties[i].persons_old[0];
		memcpy(at, row->parties[i].persons_old, size);
		at += size;
	}
	return at;
}

/* Writes behind the parties; returns where it ends. */
static char *write_tail(const struct session_row *row, const struct body *body, char *at)
{
	for (int i = 0; i < row->parties_n; i++) {
		for (int k = 1; k < row->parties[i].numbers_n; k++) {
			struct body_extra *extra = (struct body_extra *)(void *)at;
			extra->number = row->parties[i].numbers[k].e164;
			memcpy(extra->person, row->parties[i].persons[k].key, 16);
			at += sizeof *extra;
		}
	}
	if (body->olds)
		at = write_olds(row, at);
	for (int i = 0; i < row->past_n; i++) {
		struct body_past *past = (struct body_past *)(void *)at;
		memcpy(past->person, row->past[i].person.key, 16);
		past->vn = row->past[i].vn_id;
		past->until = row->past[i].until;
		at += sizeof *past;
	}
	for (int i = 0; i < row->views_n; i++) {
		*(struct body_view *)(void *)at = (struct body_view){
			row->views[i].viewer, row->views[i].target, 0, row->views[i].vn_id};
		at += sizeof(struct body_view);
	}
	if (body->floor) {
		memcpy(at, &row->floor_version, sizeof row->floor_version);
		at += sizeof row->floor_version;
	}
	return at;
}

static void give_roles(struct engine *e, const uint16_t *roles, int n)
{
	while (n-- > 0)
		roles_give(e->roles, roles[n]);
}

static enum err take_roles(struct engine *e, const struct session_row *row, uint16_t *ret_roles)
{
	for (int i = 0; i < row->parties_n; i++) {
		enum err err = roles_take(e->roles, str_of(row->parties[i].role), &ret_roles[i]);
		if (!err)
			continue;
		give_roles(e, ret_roles, i);
		return err;
	}
	return ERR_OK;
}

void body_give(struct engine *e, const struct body *body, int parties_n)
{
	if (!body->at)
		return;
	const struct body_party *parties = pile_at(e->bodies, body->at);
	for (int i = 0; i < parties_n; i++)
		roles_give(e->roles, parties[i].role);
	pile_give(e->bodies, body->at, body->units);
}

/* What it takes but for the parties' roles: 255 units hold the most that a row can have (the assertion below). */
static size_t body_bytes(const struct session_row *row, struct body *body)
{
	int numbers_n = 0;
	size_t bytes = row->parties_n * sizeof(struct body_party);

	for (int i = 0; i < row->parties_n; i++) {
		body->wide |= party_is_wide(&row->parties[i]);
		body->olds |= party_has_olds(&row->parties[i]);
		numbers_n += row->parties[i].numbers_n;
		bytes += (size_t)extras_of(&row->parties[i]) * sizeof(struct body_extra);
	}
	bytes += body->wide ? row->parties_n * sizeof(struct body_wide) : 0;
	bytes += body->olds ? (size_t)numbers_n * sizeof row->parties[0].persons_old[0] : 0;
	bytes += body->floor ? sizeof row->floor_version : 0;
	return bytes + row->past_n * sizeof(struct body_past) + row->views_n * sizeof(struct body_view);
}

_Static_assert(SESSION_PARTIES_MAX * (sizeof(struct body_party) + sizeof(struct body_wide) +
				(SESSION_NUMBERS_MAX - 1) * sizeof(struct body_extra) + SESSION_NUMBERS_MAX * sizeof(uint64_t)) +
			SESSION_PAST_MAX * sizeof(struct body_past) + SESSION_VIEWS_MAX * sizeof(struct body_view) +
			sizeof(uint64_t) <= (size_t)255 * 32, "a piece of the pile holds the largest body");

enum err body_write(struct engine *e, const struct session_row *row, struct body *ret_body)
{
	uint16_t roles[SESSION_PARTIES_MAX];
	struct body body = {.floor = row->floor_version != 0};
	uint32_t units = (uint32_t)((body_bytes(row, &body) + 31) / 32);

	ASSERT(units <= 255);
	enum err err = take_roles(e, row, roles);
	if (err)
		return err;
	body.units = (uint8_t)units;
	body.at = units ? pile_take(e->bodies, units) : 0;
	if (units && !body.at) {
		give_roles(e, roles, row->parties_n);
		return ERR_LIMIT_REACHED;
	}
	if (body.at) {
		char *at = pile_at(e->bodies, body.at);
		char *end = at + (size_t)units * 32;
		for (int i = 0; i < row->parties_n; i++, at += sizeof(struct body_party))
			write_party(&row->parties[i], roles[i], (struct body_party *)(void *)at);
		for (int i = 0; body.wide && i < row->parties_n; i++, at += sizeof(struct body_wide))
			write_wide(&row->parties[i], (struct body_wide *)(void *)at);
		ASSERT(write_tail(row, &body, at) <= end);
	}
	*ret_body = body;
	return ERR_OK;
}

static struct number vn_number(const struct engine *e, uint32_t id)
{
	return id ? e->vns[id - 1].row.number : NUMBER_NONE;
}

static void read_party(const struct engine *e, const struct body_party *from, const struct body_wide *wide,
	struct party *party)
{
	ASSERT(str_copy(party->role, sizeof party->role, str_of(roles_name(e->roles, from->role))));
	party->numbers_n = from->numbers_n;
	party->may_call = from->may_call;
	party->numbers[0].e164 = from->number;
	memcpy(party->persons[0].key, from->person, 16);
	party->vn_id = from->vn;
	party->vn = vn_number(e, from->vn);
	party->place = (struct place){from->country, (uint32_t)from->area_high << AREA_LOW_BITS | from->area_low};
	if (wide) {
		party->version = wide->version;
		party->fingerprint = wide->fingerprint;
		party->place.area = wide->area;
		party->pin = wide->pin;
		party->pin_digits = wide->pin_digits;
	}
}

static const char *read_olds(struct session_row *row, const char *at)
{
	for (int i = 0; i < row->parties_n; i++) {
		size_t size = row->parties[i].numbers_n * sizeof row->parties[i].persons_old[0];
		memcpy(row->parties[i].persons_old, at, size);
		at += size;
	}
	return at;
}

static void read_tail(const struct engine *e, struct session_row *row, const struct body *body, const char *at)
{
	for (int i = 0; i < row->parties_n; i++) {
		struct party *party = &row->parties[i];
		for (int k = 1; k < party->numbers_n; k++) {
			const struct body_extra *extra = (const struct body_extra *)(const void *)at;
			party->numbers[k].e164 = extra->number;
			memcpy(party->persons[k].key, extra->person, 16);
			at += sizeof *extra;
		}
	}
	if (body->olds)
		at = read_olds(row, at);
	for (int i = 0; i < row->past_n; i++) {
		const struct body_past *past = (const struct body_past *)(const void *)at;
		memcpy(row->past[i].person.key, past->person, 16);
		row->past[i].vn_id = past->vn;
		row->past[i].until = past->until;
		at += sizeof *past;
	}
	for (int i = 0; i < row->views_n; i++) {
		const struct body_view *view = (const struct body_view *)(const void *)at;
		row->views[i] = (struct session_view_vn){
			view->viewer, view->target, view->vn, vn_number(e, view->vn)};
		at += sizeof *view;
	}
	if (body->floor)
		memcpy(&row->floor_version, at, sizeof row->floor_version);
}

bool body_uses(const struct engine *e, uint32_t slot, uint32_t vn)
{
	const struct session *session = &e->sessions[slot];
	size_t n = session->parties_n, numbers_n = 0;

	if (!session->body.at)
		return false;
	const char *at = pile_at(e->bodies, session->body.at);
	const struct body_party *parties = (const struct body_party *)(const void *)at;
	for (size_t i = 0; i < n; i++) {
		if (parties[i].vn == vn)
			return true;
		numbers_n += parties[i].numbers_n;
	}
	if (session->views_n == 0)
		return false;
	at += n * (sizeof *parties + (session->body.wide ? sizeof(struct body_wide) : 0));
	at += (numbers_n - n) * sizeof(struct body_extra) + (session->body.olds ? numbers_n * sizeof(uint64_t) : 0);
	at += session->past_n * sizeof(struct body_past);
	const struct body_view *views = (const struct body_view *)(const void *)at;
	for (int i = 0; i < session->views_n; i++)
		if (views[i].vn == vn)
			return true;
	return false;
}

static struct session_row *row_alloc(struct arena *arena, int parties, int views, int past)
{
	struct session_row *row = arena_alloc(arena, sizeof *row);

	if (!row)
		return NULL;
	row->parties = arena_alloc(arena, (size_t)parties * sizeof *row->parties);
	row->views = arena_alloc(arena, (size_t)views * sizeof *row->views);
	row->past = arena_alloc(arena, (size_t)past * sizeof *row->past);
	return row->parties && row->views && row->past ? row : NULL;
}

static void read_session(const struct engine *e, uint32_t slot, struct session_row *row)
{
	const struct session *session = &e->sessions[slot];

	row->id = board_session_ids_read(e->board)[slot];
	row->pool_id = session->pool + 1u;
	row->state = (enum session_state)session->state;
	row->rev = session->rev;
	row->fingerprint = session->fingerprint;
	row->opened_at = session->opened_at;
	row->expires_at = session->expires_at;
	row->closed_at = session->closed_at;
	row->grace_until = session->grace_until;
	row->cool_until = session->cool_until;
	row->expired = session->expired;
	row->announce = session->announce;
	row->parties_n = session->parties_n;
	row->views_n = session->views_n;
	row->past_n = session->past_n;
	if (!session->body.at)
		return;
	const char *at = pile_at(e->bodies, session->body.at);
	const struct body_party *parties = (const struct body_party *)(const void *)at;
	const struct body_wide *wide = (const struct body_wide *)(const void *)(parties + session->parties_n);
	for (int i = 0; i < session->parties_n; i++)
		read_party(e, &parties[i], session->body.wide ? &wide[i] : NULL, &row->parties[i]);
	const void *tail = session->body.wide ? (const void *)(wide + session->parties_n) : (const void *)wide;
	read_tail(e, row, &session->body, tail);
}

struct session_row *picture(const struct engine *e, uint32_t slot, struct arena *arena)
{
	const struct session *session = &e->sessions[slot];
	struct session_row *row = row_alloc(arena, session->parties_n, session->views_n, session->past_n);

	if (!row)
		return NULL;
	row->ref = arena_str(arena, str_n(pile_at(e->refs, session->ref), session->ref_len));
	if (!row->ref.at)
		return NULL;
	read_session(e, slot, row);
	return row;
}

struct session_row *picture_new(struct engine *e)
{
	return row_alloc(&e->arena, SESSION_PARTIES_MAX, SESSION_VIEWS_MAX, 0);
}

struct session_row *picture_of(struct engine *e, uint32_t slot, int past_more)
{
	struct session_row *row = row_alloc(
		&e->arena, SESSION_PARTIES_MAX, SESSION_VIEWS_MAX, e->sessions[slot].past_n + past_more);

	if (!row)
		return NULL;
	row->ref = str_n(pile_at(e->refs, e->sessions[slot].ref), e->sessions[slot].ref_len);
	read_session(e, slot, row);
	return row;
}

struct session_row *engine_session_row(const struct engine *e, uint32_t slot, struct arena *arena)
{
	ASSERT(slot < e->fresh && e->sessions[slot].state != SESSION_CLOSED);
	return picture(e, slot, arena);
}
