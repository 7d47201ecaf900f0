/* What a session holds in the set of pairs:
 *
 *   open:   every (real number of Pi, VN by which Pi knows Pj): taken; (Pj, a VN that stands for Pj): stands
 *   over:   the same pairs, cooling until cool_until
 *   always: past pairs, each until its own time
 *   a PIN is one more "person" who may dial the VNs that its party may dial
 */
#include "core/engine_state.h"

#include "base/check.h"

struct person pin_person(const struct party *party)
{
	uint64_t who = hash_mix(((uint64_t)party->pin_digits << 32 | party->pin) ^ 0x9d39247e33776d41u);
	struct person person = {{0}};

	memcpy(person.key, &who, sizeof who);
	return person;
}

void pairs_of(const struct session_row *row, pair_visit *each, void *context)
{
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		for (int j = 0; j < row->parties_n; j++) {
			uint32_t vn;
			if (j == i)
				continue;
			session_vn_seen(row, i, j, &vn);
			if (!vn)
				continue;
			for (int k = 0; k < party->numbers_n; k++)
				each(context, &party->persons[k], vn);
			if (party->pin_digits) {
				struct person pin = pin_person(party);
				each(context, &pin, vn);
			}
		}
	}
}

void stands_of(const struct session_row *row, pair_visit *each, void *context)
{
	for (int i = 0; i < row->parties_n; i++)
		if (row->parties[i].vn_id)
			each(context, &row->parties[i].persons[0], row->parties[i].vn_id);
	for (int i = 0; i < row->views_n; i++)
		each(context, &row->parties[row->views[i].target].persons[0], row->views[i].vn_id);
}

static void count_one(void *context, const struct person *person, uint32_t vn)
{
	(void)person, (void)vn;
	++*(uint32_t *)context;
}

/* At most so many entries; some may be one. */
static uint32_t pairs_needed(const struct session_row *row)
{
	uint32_t n = row->past_n;

	pairs_of(row, count_one, &n);
	stands_of(row, count_one, &n);
	return n;
}

struct lacking {
	const struct engine *e;
	uint32_t n;
};

static void count_lacking(void *context, const struct person *person, uint32_t vn)
{
	struct lacking *lacking = context;
	struct pair pair = pair_get(lacking->e->pairs, person_short(person), vn);

	lacking->n += pair.until == 0 && pair.stands == 0;
}

static uint32_t pairs_lacking(const struct engine *e, const struct session_row *row)
{
	struct lacking lacking = {e, 0};

	pairs_of(row, count_lacking, &lacking);
	stands_of(row, count_lacking, &lacking);
	for (int i = 0; i < row->past_n; i++)
		count_lacking(&lacking, &row->past[i].person, row->past[i].vn_id);
	return lacking.n;
}

enum err pair_put(struct engine *e, uint64_t person, uint32_t vn, struct pair was, struct pair pair)
{
	enum err err = pair_set(e->pairs, person, vn, pair);

	if (err || (was.until != 0) == (pair.until != 0))
		return err;
	if (was.until != 0)
		busy_less(e->busy, vn_at(e, vn)->pool, person);
	else
		busy_more(e->busy, vn_at(e, vn)->pool, person);
	return ERR_OK;
}

static void let_go(void *context, uint64_t person, uint32_t vn)
{
	struct engine *e = context;

	busy_less(e->busy, vn_at(e, vn)->pool, person);
}

void pairs_let_go(struct engine *e, uint32_t buckets)
{
	pairs_sweep(e->pairs, e->now_s, buckets, let_go, e);
}

bool pairs_have_room(struct engine *e, const struct session_row *row)
{
	if (pairs_needed(row) <= pairs_max(e->pairs) - pairs_count(e->pairs))
		return true;
	pairs_let_go(e, SWEEP_AT_LIMIT);
	return pairs_lacking(e, row) <= pairs_max(e->pairs) - pairs_count(e->pairs);
}

struct moving {
	struct engine *e;
	uint32_t until;
};

static void set(struct engine *e, uint64_t person, uint32_t vn, struct pair was, struct pair pair)
{
	/* Room was asked for before (pairs_have_room) and entries that are there take none. */
	ASSERT(pair_put(e, person, vn, was, pair) == ERR_OK);
}

/* Takes out only what this session put in: another may hold the pair since ours ran out. */
static void take_out(void *context, const struct person *person, uint32_t vn)
{
	const struct moving *moving = context;
	struct pair pair = pair_get(moving->e->pairs, person_short(person), vn);

	if (pair.until == moving->until && pair.until != 0) {
		set(moving->e, person_short(person), vn, pair, (struct pair){0, pair.stands});
	}
}

static void put_in(void *context, const struct person *person, uint32_t vn)
{
	const struct moving *moving = context;
	struct engine *e = moving->e;
	struct pair pair = pair_get(e->pairs, person_short(person), vn);

	if (moving->until == PAIR_OPEN) {
		/* S1, S6: nobody else holds it, nothing cools. */
		ASSERT(pair.until <= e->now_s);
	} else if (pair.until == PAIR_OPEN || pair.until >= moving->until || moving->until <= e->now_s) {
		return;
	}
	set(e, person_short(person), vn, pair, (struct pair){moving->until, pair.stands});
}

static void stands_less(void *context, const struct person *person, uint32_t vn)
{
	struct engine *e = context;
	struct pair pair = pair_get(e->pairs, person_short(person), vn);

	ASSERT(pair.stands > 0);
	set(e, person_short(person), vn, pair, (struct pair){pair.until, (uint8_t)(pair.stands - 1)});
}

static void stands_more(void *context, const struct person *person, uint32_t vn)
{
	struct engine *e = context;
	struct pair pair = pair_get(e->pairs, person_short(person), vn);

	ASSERT(pair.stands < PAIR_STANDS_MAX); /* the choice passes over a VN that stands so often */
	set(e, person_short(person), vn, pair, (struct pair){pair.until, (uint8_t)(pair.stands + 1)});
}

static void past_each(struct engine *e, const struct session_row *row, pair_visit *each)
{
	for (int i = 0; i < row->past_n; i++) {
		struct moving moving = {e, row->past[i].until};
		each(&moving, &row->past[i].person, row->past[i].vn_id);
	}
}

void pairs_move(struct engine *e, const struct side *from, const struct side *to)
{
	if (from->row) {
		struct moving moving = {e, from->open ? PAIR_OPEN : from->row->cool_until};
		if (from->open)
			stands_of(from->row, stands_less, e);
		pairs_of(from->row, take_out, &moving);
		past_each(e, from->row, take_out);
	}
	if (to->row) {
		struct moving moving = {e, to->open ? PAIR_OPEN : to->row->cool_until};
		past_each(e, to->row, put_in);
		pairs_of(to->row, put_in, &moving);
		if (to->open)
			stands_of(to->row, stands_more, e);
	}
}

int vns_of(const struct session_row *row, uint32_t *vns, int max)
{
	int n = 0;

	for (int i = 0; i < row->parties_n + row->views_n; i++) {
		uint32_t id =
			i < row->parties_n ? row->parties[i].vn_id : row->views[i - row->parties_n].vn_id;
		bool seen = id == 0;
		for (int k = 0; k < n && !seen; k++)
			seen = vns[k] == id;
		if (!seen) {
			ASSERT(n < max);
			vns[n++] = id;
		}
	}
	return n;
}
