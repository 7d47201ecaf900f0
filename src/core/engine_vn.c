/* VNs as the API asks: add, disable, reserve, list. */
#include "core/engine_state.h"

#include <stdlib.h>

#include "base/check.h"

struct looking {
	const struct engine *e;
	uint64_t e164;
};

static bool is_number(const void *context, uint32_t id)
{
	const struct looking *looking = context;

	return looking->e->vns[id - 1].row.number.e164 == looking->e164;
}

static uint32_t vn_by_number(const struct engine *e, struct number number)
{
	struct looking looking = {e, number.e164};
	uint32_t id = index_find(e->by_vn, hash_mix(number.e164), is_number, &looking);

	return id == INDEX_NONE ? 0 : id;
}

uint32_t engine_vn_by_number(const struct engine *e, struct number number)
{
	return vn_by_number(e, number);
}

static enum err vn_link(struct engine *e, const struct vn_row *row, uint16_t account)
{
	if (e->vns_n == e->limits.numbers)
		return ERR_LIMIT_REACHED;
	if (busy_room(e->busy, (uint16_t)(row->pool_id - 1), e->pools[row->pool_id - 1].stock.total + 1))
		return ERR_LIMIT_REACHED;
	struct vn *vn = &e->vns[e->vns_n];
	*vn = (struct vn){.row = *row,
		.pool = (uint16_t)(row->pool_id - 1),
		.account = account,
		.shelf = NONE,
		.next = NONE,
		.prev = NONE};
	e->vns_n++;
	if (!vn_shelve(e, row->id)) {
		e->vns_n--;
		return ERR_LIMIT_REACHED;
	}
	index_add(e->by_vn, hash_mix(row->number.e164), row->id);
	vn_count(e, vn, +1);
	return ERR_OK;
}

enum err engine_vn_add(struct engine *e, uint16_t pool, const struct vn_add *add)
{
	ASSERT(pool < e->pools_n && add->account < e->accounts_n && number_is(add->number));
	if (vn_by_number(e, add->number))
		return ERR_NUMBER_IN_USE;
	struct vn_row *row = batch_alloc(e, sizeof *row);
	struct entry *entry = row ? entry_new(e, ENTRY_VN_NEW) : NULL;
	if (!entry)
		return ERR_LIMIT_REACHED;
	*row = (struct vn_row){.id = e->vns_n + 1,
		.pool_id = pool + 1u,
		.number = add->number,
		.reserved = add->reserved,
		.free_since = e->now_s,
		.added_at = e->now_s,
		.place = add->place};
	ASSERT(str_copy(row->provider, sizeof row->provider, str_of(e->accounts[add->account].provider)));
	ASSERT(str_copy(row->account, sizeof row->account, str_of(e->accounts[add->account].name)));
	enum err err = vn_link(e, row, add->account);
	if (err) {
		e->entries_n--;
		return err;
	}
	entry->id = row->id;
	record_add(e, &(struct record){.kind = RECORD_VN, .vn = row});
	return ERR_OK;
}

enum err engine_load_vn(struct engine *e, const struct vn_row *row)
{
	uint16_t account;

	if (row->id != e->vns_n + 1 || row->pool_id == 0 || row->pool_id > e->pools_n ||
		!number_is(row->number) || vn_by_number(e, row->number))
		return ERR_STORE_REFUSED;
	enum err err = engine_account(e, str_of(row->provider), str_of(row->account), &account);
	e->loading = true; /* shelves and queues are made at once, when all are there */
	if (!err)
		err = vn_link(e, row, account);
	if (!err && row->free_since > row->added_at)
		vn_rest(e, row->id, row->free_since);
	return err;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct vn_add *const *)a)[0][0].number.e164;
	uint64_t y = ((const struct vn_add *const *)b)[0][0].number.e164;

	return (x > y) - (x < y);
}

static void mark_in_use(const struct vn_add *const *sorted, int n, const struct vn_add *adds,
	struct number number, bool *in_use)
{
	struct vn_add key_add = {.number = number};
	const struct vn_add *key = &key_add;
	const struct vn_add *const *hit = bsearch(&key, sorted, (size_t)n, sizeof *sorted, by_number);

	if (!hit)
		return;
	while (hit > sorted && number_equal(hit[-1]->number, number))
		hit--;
	for (; hit < sorted + n && number_equal((*hit)->number, number); hit++)
		in_use[*hit - adds] = true;
}

/* Without memory for one session nothing is known to be unused. */
static enum err mark_sessions(const struct engine *e, const struct vn_add **sorted, int n, const struct vn_add *adds, bool *in_use)
{
	enum err err = ERR_OK;
	struct arena rows;
	arena_init(&rows, (size_t)1 << 20);
	for (uint32_t slot = 0; !err && slot < e->fresh; slot++) {
		if (!slot_open(e, slot))
			continue;
		arena_reset(&rows);
		const struct session_row *row = picture(e, slot, &rows);
		for (int i = 0; row && i < row->parties_n; i++)
			for (int k = 0; k < row->parties[i].numbers_n; k++)
				mark_in_use(sorted, n, adds, row->parties[i].numbers[k], in_use);
		err = row ? ERR_OK : ERR_LIMIT_REACHED;
	}
	arena_done(&rows);
	return err;
}

enum err engine_vn_in_use(const struct engine *e, const struct vn_add *adds, int n, bool *in_use)
{
	enum err err = ERR_LIMIT_REACHED;
	struct arena arena;
	arena_init(&arena, (size_t)64 << 20);
	const struct vn_add **sorted = arena_alloc(&arena, (size_t)n * sizeof(struct vn_add *));

	for (int i = 0; i < n; i++)
		in_use[i] = false;
	for (int i = 0; sorted && i < n; i++)
		sorted[i] = &adds[i];
	if (sorted && n) {
		qsort(sorted, (size_t)n, sizeof *sorted, by_number);
		err = mark_sessions(e, sorted, n, adds, in_use);
	}
	arena_done(&arena);
	return n ? err : ERR_OK;
}

static enum err set_flags(struct engine *e, uint32_t id, const struct vn_flags *flags)
{
	struct vn *vn = vn_at(e, id);
	struct vn_row *row = batch_alloc(e, sizeof *row);
	struct entry *entry = row ? entry_new(e, ENTRY_VN) : NULL;

	if (!entry)
		return ERR_LIMIT_REACHED;
	entry->id = id;
	entry->vn = vn_flags_of(vn);
	vn_unshelve(e, id);
	vn_count(e, vn, -1);
	vn_flags_set(vn, flags);
	vn_count(e, vn, +1);
	if (!vn_shelve(e, id)) {
		engine_undo(e, (uint32_t)(entry - e->entries));
		return ERR_LIMIT_REACHED;
	}
	pool_stir(e, vn->pool);
	*row = vn->row;
	record_add(e, &(struct record){.kind = RECORD_VN, .vn = row});
	return ERR_OK;
}

/* Whoever takes it out has the last word, a hand above all; that its health was bad before stays known. */
static void take_out(const struct engine *e, struct vn_flags *flags, enum vn_out out)
{
	flags->disabled = out != VN_OUT_NOT;
	flags->out_at = out == VN_OUT_NOT ? 0 : flags->out == out ? flags->out_at : e->now_s;
	flags->out_times += out == VN_OUT_SICK && flags->out != VN_OUT_SICK && flags->out_times < UINT16_MAX;
	flags->out = out;
}

enum err engine_vn_set(
	struct engine *e, uint16_t tenant, struct number number, int disabled, int reserved, uint32_t *ret_vn)
{
	uint32_t id = vn_by_number(e, number);

	if (!id || e->pools[vn_at(e, id)->pool].tenant != tenant)
		return ERR_NOT_FOUND;
	struct vn_flags flags = vn_flags_of(vn_at(e, id));
	if (disabled >= 0)
		take_out(e, &flags, disabled ? VN_OUT_HAND : VN_OUT_NOT);
	if (disabled == 0)
		flags.out_times = 0; /* somebody has looked at it */
	flags.reserved = reserved < 0 ? flags.reserved : reserved != 0;
	enum err err = set_flags(e, id, &flags);
	if (!err)
		*ret_vn = id;
	return err;
}

enum err engine_vn_out(struct engine *e, uint32_t id, enum vn_out out)
{
	if (id == 0 || id > e->vns_n)
		return ERR_NOT_FOUND;
	struct vn_flags flags = vn_flags_of(vn_at(e, id));
	if (flags.out == VN_OUT_HAND)
		return ERR_FORBIDDEN;
	if (flags.out == out)
		return ERR_OK;
	take_out(e, &flags, out);
	return set_flags(e, id, &flags);
}

enum err engine_vn_forgive(struct engine *e, uint32_t id)
{
	if (id == 0 || id > e->vns_n)
		return ERR_NOT_FOUND;
	struct vn_flags flags = vn_flags_of(vn_at(e, id));
	if (flags.out == VN_OUT_SICK || flags.out_times == 0)
		return ERR_OK; /* it counts still, or nothing does */
	flags.out_times = 0;
	return set_flags(e, id, &flags);
}

enum err engine_vn(const struct engine *e, uint32_t id, struct vn_view *ret_view)
{
	if (id == 0 || id > e->vns_n)
		return ERR_NOT_FOUND;
	const struct vn *vn = &e->vns[id - 1];
	*ret_view = (struct vn_view){&vn->row, vn_state_of(vn), vn->sessions};
	return ERR_OK;
}

uint32_t engine_vn_next(const struct engine *e, uint16_t pool, int state, uint32_t after)
{
	for (uint32_t id = after + 1; id <= e->vns_n; id++)
		if (e->vns[id - 1].pool == pool && (state < 0 || (int)vn_state_of(&e->vns[id - 1]) == state))
			return id;
	return 0;
}

uint32_t engine_pool_sick(const struct engine *e, uint16_t pool)
{
	return e->pools[pool].sick;
}

uint32_t engine_pool_lendable(const struct engine *e, uint16_t pool, const char *provider, const char *account)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->pools[pool].shelves_n; i++) {
		const struct shelf *shelf = &e->pools[pool].shelves[i];
		if (strcmp(e->accounts[shelf->account].provider, provider) == 0 && strcmp(e->accounts[shelf->account].name, account) == 0)
			n += shelf->n;
	}
	return n;
}
