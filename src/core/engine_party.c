/* Parties of a session: check, fingerprint, add, replace, remove; binding and unbinding of VNs. All of it
 * works on pictures; session_put() makes it so. */
#include "core/engine_state.h"

#include "base/check.h"

enum err parties_check(const struct engine *e, const struct pool *pool, const struct party *parties, int n)
{
	if (n > SESSION_PARTIES_MAX || (pool->row.policy.numbers == POOL_ONE && n > 2))
		return ERR_TOO_MANY_PARTIES;
	for (int i = 0; i < n; i++) {
		const struct party *party = &parties[i];
		if (party->numbers_n < 1 || party->numbers_n > SESSION_NUMBERS_MAX ||
			!session_role_ok(str_of(party->role)))
			return ERR_BAD_REQUEST;
		for (int k = 0; k < party->numbers_n; k++) {
			struct number number = party->numbers[k];
			if (engine_vn_by_number(e, number))
				return ERR_NUMBER_IS_VIRTUAL;
			for (int i2 = 0; i2 <= i; i2++)
				for (int k2 = 0; k2 < (i2 == i ? k : parties[i2].numbers_n); k2++)
					if (number_equal(parties[i2].numbers[k2], number))
						return ERR_SAME_NUMBER_TWICE;
		}
		for (int i2 = 0; i2 < i; i2++)
			if (str_equal(str_of(parties[i2].role), str_of(party->role)))
				return ERR_BAD_REQUEST;
	}
	return ERR_OK;
}

uint64_t party_fingerprint(const struct engine *e, const struct party *party)
{
	uint64_t words[2 + SESSION_NUMBERS_MAX] = {0};
	int n = 0;

	words[n++] = hash_bytes(e->text_key, party->role, strlen(party->role));
	words[n++] = party->may_call;
	for (int k = 0; k < party->numbers_n; k++)
		words[n++] = party->numbers[k].e164;
	uint64_t hash = hash_bytes(e->text_key, words, (size_t)n * sizeof words[0]);
	return hash ? hash : 1;
}

static bool past_add(struct engine *e, struct session_row *row, const struct person *person, uint32_t vn)
{
	const struct pool_policy *policy = &e->pools[row->pool_id - 1].row.policy;
	/* Rounded up: a cool-down is never shorter than its seconds. */
	uint32_t until = (uint32_t)((e->now_ms + 999) / 1000) + policy->cooldown_s;

	if (until <= e->now_s)
		return true;
	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].vn_id == vn &&
			memcmp(row->past[i].person.key, person->key, sizeof person->key) == 0)
			return true;
	if (row->past_n == SESSION_PAST_MAX)
		return false;
	row->past[row->past_n++] = (struct session_past){*person, vn, until};
	return true;
}

struct leaving {
	struct engine *e;
	struct session_row *row;
	const struct session_row *of; /* whose pairs are looked at */
	bool ok;
};

static void still_held(void *context, const struct person *person, uint32_t vn)
{
	struct session_past *asked = context;

	if (asked->vn_id == vn && memcmp(asked->person.key, person->key, sizeof person->key) == 0)
		asked->until = 1;
}

/* A pair that the session as it was held and the new picture doesn't: it cools. */
static void leave(void *context, const struct person *person, uint32_t vn)
{
	struct leaving *leaving = context;
	struct session_past asked = {*person, vn, 0};

	pairs_of(leaving->row, still_held, &asked);
	if (!asked.until)
		leaving->ok &= past_add(leaving->e, leaving->row, person, vn);
}

/* A past pair that is held again no longer cools by itself, and one that has cooled is nothing. */
static void forget_past(const struct engine *e, struct session_row *row)
{
	uint16_t n = 0;

	for (int i = 0; i < row->past_n; i++) {
		struct session_past asked = {row->past[i].person, row->past[i].vn_id, 0};
		pairs_of(row, still_held, &asked);
		if (!asked.until && row->past[i].until > e->now_s)
			row->past[n++] = row->past[i];
	}
	row->past_n = n;
}

/* After any change of parties or VNs: what was held before and isn't now cools. */
static enum err settle_past(struct engine *e, struct session_row *row, const struct session_row *old)
{
	struct leaving leaving = {e, row, old, true};

	forget_past(e, row);
	if (old)
		pairs_of(old, leave, &leaving);
	return leaving.ok ? ERR_OK : ERR_SESSION_FULL;
}

static bool pin_free(struct engine *e, const struct session_row *row, int party)
{
	struct session_row only = *row;
	struct choice choice = {.row = &only};
	struct party parties[SESSION_PARTIES_MAX];
	struct person pin;

	/* The PIN's pairs are those of a person who may dial what the party may. */
	memcpy(parties, row->parties, row->parties_n * sizeof *parties);
	only.parties = parties;
	only.past_n = 0;
	pin = pin_person(&parties[party]);
	for (int j = 0; j < row->parties_n; j++) {
		uint32_t vn;
		if (j == party)
			continue;
		session_vn_seen(row, party, j, &vn);
		if (!pair_is_free(e, &choice, &pin, vn))
			return false;
		/* Nor may another party of this session have it. */
		if (parties[j].pin_digits && parties[j].pin == parties[party].pin)
			return false;
	}
	return true;
}

/* A PIN for each party that has none, where the pool asks for PINs. */
static enum err row_pins(struct engine *e, struct session_row *row)
{
	const struct pool_policy *policy = &e->pools[row->pool_id - 1].row.policy;
	uint8_t digits = policy->mode == POOL_EXCLUSIVE ? 6 : 8;

	if (policy->unknown_caller != POOL_UNKNOWN_PIN)
		return ERR_OK;
	for (int i = 0; i < row->parties_n; i++) {
		struct party *party = &row->parties[i];
		int tries = party->pin_digits ? 0 : 1000;
		party->pin_digits = digits;
		while (tries > 0) {
			party->pin = random_below(&e->random, digits == 6 ? 1000000 : 100000000);
			if (pin_free(e, row, i))
				break;
			if (--tries == 0) {
				pool_ran_out(e, &e->pools[row->pool_id - 1]);
				return ERR_POOL_EXHAUSTED;
			}
		}
	}
	return ERR_OK;
}

static bool row_waits(const struct session_row *row)
{
	return row->state == SESSION_WAITING;
}

void row_unbind(struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++) {
		row->parties[i].vn = NUMBER_NONE;
		row->parties[i].vn_id = 0;
		row->parties[i].pin = 0;
		row->parties[i].pin_digits = 0;
	}
	row->views_n = 0;
	row->state = SESSION_WAITING;
}

enum err row_bind(struct engine *e, struct session_row *row, const struct session_row *old)
{
	struct choice choice = {.pool = &e->pools[row->pool_id - 1],
		.row = row,
		.old = old,
		.salt = hash_mix(row->id + row->rev)};

	ASSERT(row_waits(row) && row->parties_n >= 2);
	enum err err = choose_all(e, &choice);
	if (!err)
		err = row_pins(e, row);
	if (!err) {
		row->state = SESSION_LIVE;
		forget_past(e, row);
	}
	return err;
}

/* Views of what party `i` sees and, with `seen`, of how it is seen. */
static void drop_views(struct session_row *row, int i, bool seen)
{
	uint8_t n = 0;

	for (int v = 0; v < row->views_n; v++)
		if (row->views[v].viewer != i && !(seen && row->views[v].target == i))
			row->views[n++] = row->views[v];
	row->views_n = n;
}

/* The newcomer must be able to dial everybody. Where its pair with the VN of party j is taken, j gets another
 * VN that only the newcomer sees: j's own if nobody else dials it, else a view. */
static enum err let_dial(struct engine *e, struct choice *choice, int newcomer)
{
	struct session_row *row = choice->row;

	for (int j = 0; j < row->parties_n; j++) {
		uint32_t vn, other;
		if (j == newcomer)
			continue;
		session_vn_seen(row, newcomer, j, &vn);
		if (!vn)
			continue; /* a newcomer too: its VN will be one that this one may dial */
		if (party_may_dial(e, choice, &row->parties[newcomer], vn))
			continue;
		enum err err = choose_one(e, choice, j, (uint32_t)1 << newcomer, &other);
		if (err)
			return err;
		if (row->parties_n == 2) {
			row->parties[j].vn_id = other;
			row->parties[j].vn = vn_at(e, other)->row.number;
			continue;
		}
		if (row->views_n == SESSION_VIEWS_MAX)
			return ERR_SESSION_FULL;
		row->views[row->views_n++] = (struct session_view_vn){
			(uint8_t)newcomer, (uint8_t)j, other, vn_at(e, other)->row.number};
	}
	return ERR_OK;
}

static void copy_identity(struct party *into, const struct party *from)
{
	memcpy(into->role, from->role, sizeof into->role);
	memcpy(into->numbers, from->numbers, sizeof into->numbers);
	memcpy(into->persons, from->persons, sizeof into->persons);
	memcpy(into->persons_old, from->persons_old, sizeof into->persons_old);
	into->numbers_n = from->numbers_n;
	into->may_call = from->may_call;
	into->place = from->place;
	into->version = from->version;
	into->fingerprint = from->fingerprint;
	into->pin = 0;
	into->pin_digits = 0;
}

/* Into the picture, without VNs. Bits of *ret_new: who is not the one that was there. */
static enum err parties_write(
	struct engine *e, struct session_row *row, const struct party *parties, int n, uint32_t *ret_new)
{
	uint32_t new = 0;

	for (int k = 0; k < n; k++) {
		int i = session_party_of(row, str_of(parties[k].role));
		if (i < 0 && row->parties_n == SESSION_PARTIES_MAX)
			return ERR_TOO_MANY_PARTIES;
		if (i >= 0 && party_fingerprint(e, &row->parties[i]) == party_fingerprint(e, &parties[k])) {
			/* Only the version is news: the party keeps its VNs, its views, its PIN. */
			row->parties[i].version = parties[k].version;
			row->parties[i].fingerprint = parties[k].fingerprint;
			continue;
		}
		if (i >= 0) {
			drop_views(row, i, false);
		} else {
			i = row->parties_n++;
			row->parties[i] = (struct party){0};
		}
		copy_identity(&row->parties[i], &parties[k]);
		new |= (uint32_t)1 << i;
	}
	*ret_new = new;
	return ERR_OK;
}

static uint32_t everybody_but(const struct session_row *row, int i)
{
	return (((uint32_t)1 << row->parties_n) - 1) & ~((uint32_t)1 << i);
}

/* The VNs that stand for a role stand for the newcomer now: one person can be stood for only so often. */
static bool may_stand(struct engine *e, const struct session_row *row, int i)
{
	uint64_t person = person_short(&row->parties[i].persons[0]);

	if (row->parties[i].vn_id &&
		pair_get(e->pairs, person, row->parties[i].vn_id).stands >= PAIR_STANDS_MAX - 1)
		return false;
	for (int v = 0; v < row->views_n; v++)
		if (row->views[v].target == i &&
			pair_get(e->pairs, person, row->views[v].vn_id).stands >= PAIR_STANDS_MAX - 1)
			return false;
	return true;
}

/* VNs for a party that was just written into a bound session. */
static enum err party_bind(struct engine *e, struct session_row *row, int i, const struct session_row *old)
{
	struct choice choice = {.pool = &e->pools[row->pool_id - 1],
		.row = row,
		.old = old,
		.salt = hash_mix(row->id + row->rev)};

	if (!may_stand(e, row, i))
		return ERR_POOL_EXHAUSTED;
	if (!row->parties[i].vn_id) {
		uint32_t vn;
		enum err err = choose_one(e, &choice, i, everybody_but(row, i), &vn);
		if (err)
			return err;
		row->parties[i].vn_id = vn;
		row->parties[i].vn = vn_at(e, vn)->row.number;
	}
	return let_dial(e, &choice, i);
}

static enum err newcomers_bind(
	struct engine *e, struct session_row *row, uint32_t new, const struct session_row *old)
{
	enum err err = ERR_OK;

	if (row_waits(row))
		return row->parties_n >= 2 ? row_bind(e, row, old) : ERR_OK;
	for (int i = 0; i < row->parties_n && !err; i++)
		if (new >> i & 1)
			err = party_bind(e, row, i, old);
	return err ? err : row_pins(e, row);
}

enum err row_parties_put(struct engine *e, struct session_row *row, const struct party *parties, int n,
	const struct session_row *old)
{
	uint32_t new;
	enum err err = parties_write(e, row, parties, n, &new);

	if (err || new == 0)
		return err;
	err = parties_check(e, &e->pools[row->pool_id - 1], row->parties, row->parties_n);
	if (!err)
		err = newcomers_bind(e, row, new, old);
	return err ? err : settle_past(e, row, old);
}

enum err row_parties_wait(struct engine *e, struct session_row *row, const struct party *parties, int n,
	const struct session_row *old)
{
	uint32_t new;
	enum err err = parties_write(e, row, parties, n, &new);

	if (!err)
		err = parties_check(e, &e->pools[row->pool_id - 1], row->parties, row->parties_n);
	if (err)
		return err;
	row_unbind(row);
	return settle_past(e, row, old);
}

enum err engine_party_put(struct engine *e, uint32_t slot, const struct party *party)
{
	if (e->sessions[slot].closed_at)
		return ERR_SESSION_CLOSED;
	struct session_row *old = picture(e, slot, &e->arena);
	struct session_row *row = picture_of(e, slot, PAST_MORE);
	struct party *newcomer = batch_alloc(e, sizeof *newcomer);
	if (!old || !row || !newcomer)
		return ERR_LIMIT_REACHED;
	*newcomer = *party;
	newcomer->version = 0;
	newcomer->fingerprint = 0;
	int there = session_party_of(row, str_of(party->role));
	/* Between API and events the last to come wins, but an older event must still be told as old. */
	if (there >= 0)
		newcomer->version = row->parties[there].version;
	if (there >= 0 && party_fingerprint(e, &row->parties[there]) == party_fingerprint(e, party))
		return ERR_OK;
	enum err err = row_parties_put(e, row, newcomer, 1, old);
	return err ? err : session_put(e, slot, row, PUT_STORED, &slot);
}

static void take_party_out(struct session_row *row, int i)
{
	drop_views(row, i, true);
	for (int v = 0; v < row->views_n; v++) {
		row->views[v].viewer -= row->views[v].viewer > i;
		row->views[v].target -= row->views[v].target > i;
	}
	for (int k = i; k + 1 < row->parties_n; k++)
		row->parties[k] = row->parties[k + 1];
	row->parties_n--;
}

enum err engine_party_drop(struct engine *e, uint32_t slot, struct str role)
{
	if (e->sessions[slot].closed_at)
		return ERR_SESSION_CLOSED;
	struct session_row *old = picture(e, slot, &e->arena);
	struct session_row *row = picture_of(e, slot, PAST_MORE);
	if (!old || !row)
		return ERR_LIMIT_REACHED;
	int i = session_party_of(row, role);
	if (i < 0)
		return ERR_NOT_FOUND;
	/* What the API took out no late event brings back. */
	if (row->parties[i].version > row->floor_version)
		row->floor_version = row->parties[i].version;
	take_party_out(row, i);
	if (row->parties_n < 2)
		row_unbind(row);
	enum err err = settle_past(e, row, old);
	return err ? err : session_put(e, slot, row, PUT_STORED, &slot);
}
