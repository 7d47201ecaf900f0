#include "core/engine_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"


uint64_t id_hash(uint64_t id)
{
	return hash_mix(id ^ 0x5bd1e995u);
}

uint64_t ref_hash(const struct engine *e, uint16_t pool, struct str ref)
{
	uint64_t key[2] = {e->text_key[0] ^ pool, e->text_key[1]};
	uint64_t hash = hash_bytes(key, ref.at, ref.len);

	return hash ? hash : 1;
}

static uint64_t hash_of_id(const void *context, uint32_t slot)
{
	const struct engine *e = context;

	return id_hash(board_session_ids_read(e->board)[slot]);
}

static uint64_t hash_of_ref(const void *context, uint32_t slot)
{
	const struct engine *e = context;
	const struct session *session = &e->sessions[slot];

	return ref_hash(e, session->pool, str_n(pile_at(e->refs, session->ref), session->ref_len));
}

static uint64_t hash_of_vn(const void *context, uint32_t id)
{
	const struct engine *e = context;

	return hash_mix(e->vns[id - 1].row.number.e164);
}

static void *table(size_t n, size_t size)
{
	return memory_map(n * size);
}

static bool tables_new(struct engine *e, uint64_t seed)
{
	const struct limits *limits = &e->limits;

	e->board = board_new(limits, hash_mix(seed + 1));
	e->pairs = pairs_new(limits->pairs, hash_mix(seed + 2));
	e->busy = busy_new(limits->pairs, limits->pools, hash_mix(seed + 5));
	e->swept_ms = e->now_ms;
	e->wheel = wheel_new(limits->sessions, e->now_s);
	e->vn_wheel = wheel_new(limits->numbers + 1, e->now_s);
	/* Two parties with versions take 4 units, a UUID as ref 3. */
	e->bodies = pile_new(32, limits->sessions * 5 + 4096);
	e->refs = pile_new(16, limits->sessions * 4 + 4096);
	e->by_id = index_new(limits->sessions, hash_of_id, e);
	e->by_ref = index_new(limits->sessions, hash_of_ref, e);
	e->by_vn = index_new(limits->numbers + 1, hash_of_vn, e);
	e->tombstones = tombstones_new(limits->tombstones);
	e->habits = habits_new(limits->sessions, hash_mix(seed + 3));
	e->sessions = table(limits->sessions, sizeof *e->sessions);
	e->vns = table(limits->numbers, sizeof *e->vns);
	e->pools = table(limits->pools, sizeof *e->pools);
	e->accounts = table(limits->accounts, sizeof *e->accounts);
	e->tenants = (struct name_list){table(limits->tenants, 65), 0, limits->tenants};
	e->roles = roles_new(limits->roles, e->text_key);
	bool blocks = blocks_table_new(e);
	e->entries = table(ENTRIES_MAX, sizeof *e->entries);
	e->records = table(RECORDS_MAX, sizeof *e->records);
	return blocks && e->board && e->pairs && e->busy && e->wheel && e->vn_wheel && e->bodies && e->refs && e->by_id &&
	       e->by_ref && e->by_vn && e->tombstones && e->habits && e->sessions && e->vns && e->pools &&
	       e->accounts && e->tenants.names && e->roles && e->entries && e->records;
}

struct engine *engine_new(const struct engine_options *options)
{
	struct engine *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->limits = options->limits;
	e->text_key[0] = options->text_key[0];
	e->text_key[1] = options->text_key[1];
	e->tombstone_s = options->tombstone_s ? options->tombstone_s : 30 * 24 * 3600;
	e->random.state = options->seed;
	e->choice_seed = hash_mix(options->seed + 4);
	e->now_ms = options->now_ms;
	e->now_s = (uint32_t)(options->now_ms / 1000);
	e->tell = options->tell;
	e->tell_context = options->tell_context;
	e->untold_last = &e->untold_next;
	/* As many as the store has: each was a session within the limits of its day. A start must not fail for what is only to be told. */
	arena_init(&e->untold_arena, SIZE_MAX / 2);
	e->free_slot = NONE;
	size_t batch_bytes = options->batch_bytes ? options->batch_bytes : BATCH_BYTES_MAX;
	arena_init(&e->arena, batch_bytes);
	/* The first block stays from batch to batch: an ordinary one asks the heap for nothing. */
	(void)arena_alloc(&e->arena, batch_bytes < BATCH_BYTES_KEPT ? batch_bytes : BATCH_BYTES_KEPT);
	if (!tables_new(e, options->seed)) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; e->pools && i < e->pools_n; i++) {
		for (uint32_t j = 0; j < e->pools[i].shelves_n; j++)
			free(e->pools[i].shelves[j].vns);
		free(e->pools[i].shelves);
	}
	board_free(e->board);
	pairs_free(e->pairs);
	busy_free(e->busy);
	wheel_free(e->wheel);
	wheel_free(e->vn_wheel);
	pile_free_all(e->bodies);
	pile_free_all(e->refs);
	index_free(e->by_id);
	index_free(e->by_ref);
	index_free(e->by_vn);
	tombstones_free(e->tombstones);
	habits_free(e->habits);
	roles_free(e->roles);
	memory_unmap(e->sessions, e->limits.sessions * sizeof *e->sessions);
	memory_unmap(e->vns, e->limits.numbers * sizeof *e->vns);
	memory_unmap(e->pools, e->limits.pools * sizeof *e->pools);
	memory_unmap(e->accounts, e->limits.accounts * sizeof *e->accounts);
	memory_unmap(e->tenants.names, e->limits.tenants * (size_t)65);
	blocks_table_free(e);
	memory_unmap(e->entries, ENTRIES_MAX * sizeof *e->entries);
	memory_unmap(e->records, RECORDS_MAX * sizeof *e->records);
	arena_done(&e->arena);
	arena_done(&e->untold_arena);
	free(e);
}

struct board *engine_board(struct engine *e)
{
	return e->board;
}

size_t engine_bytes(const struct engine *e)
{
	size_t sessions = e->fresh * sizeof *e->sessions + pile_bytes(e->bodies) + pile_bytes(e->refs);

	return board_bytes(e->board) + pairs_bytes(e->pairs) + busy_bytes(e->busy) + wheel_bytes(e->wheel) +
	       wheel_bytes(e->vn_wheel) + index_bytes(e->by_id) + index_bytes(e->by_ref) +
	       index_bytes(e->by_vn) + index_bytes(e->blocks_by_id) + index_bytes(e->blocks_by_key) +
	       e->blocks_fresh * sizeof *e->blocks + tombstones_bytes(e->tombstones) + habits_bytes(e->habits) + sessions +
	       e->vns_n * sizeof *e->vns;
}

/* --- the batch --- */

void engine_begin(struct engine *e, int64_t now_ms)
{
	ASSERT(!e->open && !e->loading);
	if (now_ms > e->now_ms) {
		e->now_ms = now_ms;
		e->now_s = (uint32_t)(now_ms / 1000);
	}
	e->open = true;
	e->entries_n = 0;
	e->records_n = 0;
	e->change = 0;
	arena_reset(&e->arena);
}

void *batch_alloc(struct engine *e, size_t size)
{
	return arena_alloc(&e->arena, size);
}

void *engine_room(struct engine *e, size_t size)
{
	ASSERT(e->open);
	return batch_alloc(e, size);
}

struct entry *entry_new(struct engine *e, enum entry_kind kind)
{
	ASSERT(e->open);
	if (e->entries_n == ENTRIES_MAX || e->records_n + ENTRY_RECORDS_MAX > RECORDS_MAX)
		return NULL;
	struct entry *entry = &e->entries[e->entries_n++];
	*entry = (struct entry){.kind = kind, .records_before = e->records_n};
	return entry;
}

void record_add(struct engine *e, const struct record *record)
{
	ASSERT(e->records_n < RECORDS_MAX);
	e->records[e->records_n] = *record;
	e->records[e->records_n++].change = e->change;
}

enum err engine_note(struct engine *e, const struct record *record)
{
	if (!entry_new(e, ENTRY_NOTE))
		return ERR_LIMIT_REACHED;
	record_add(e, record);
	return ERR_OK;
}

const struct record *engine_records(struct engine *e, size_t *ret_n)
{
	*ret_n = e->records_n;
	return e->records;
}

uint32_t engine_mark(struct engine *e)
{
	ASSERT(e->open);
	e->change++;
	return e->entries_n;
}

uint32_t engine_here(const struct engine *e)
{
	ASSERT(e->open);
	return e->entries_n;
}

static void undo_vn(struct engine *e, const struct entry *entry)
{
	struct vn *vn = vn_at(e, entry->id);

	vn_unshelve(e, entry->id);
	vn_count(e, vn, -1);
	vn_flags_set(vn, &entry->vn);
	vn_count(e, vn, +1);
	ASSERT(vn_shelve(e, entry->id)); /* room was there before */
}

static void undo_vn_new(struct engine *e, uint32_t id)
{
	ASSERT(id == e->vns_n);
	vn_unshelve(e, id);
	vn_count(e, vn_at(e, id), -1);
	index_remove(e->by_vn, hash_mix(vn_at(e, id)->row.number.e164), id);
	e->vns_n--;
	*vn_at(e, id) = (struct vn){0};
}

static void undo_pool(struct engine *e, const struct entry *entry)
{
	struct pool *pool = &e->pools[entry->id];
	bool reshelve =
		pool->row.policy.geo != entry->policy->geo || pool->row.policy.mode != entry->policy->mode;

	pool->row.policy = *entry->policy;
	if (reshelve)
		ASSERT(vns_reshelve(e, (int)entry->id));
}

static void undo_pool_new(struct engine *e, uint32_t index)
{
	ASSERT(index == e->pools_n - 1);
	for (uint32_t i = 0; i < e->pools[index].shelves_n; i++)
		free(e->pools[index].shelves[i].vns);
	free(e->pools[index].shelves);
	e->pools[index] = (struct pool){0};
	e->pools_n--;
}

void engine_undo(struct engine *e, uint32_t mark)
{
	ASSERT(e->open && mark <= e->entries_n);
	while (e->entries_n > mark) {
		struct entry *entry = &e->entries[--e->entries_n];
		e->records_n = entry->records_before;
		switch (entry->kind) {
		case ENTRY_SESSION:
			session_put_undo(e, entry);
			break;
		case ENTRY_VN:
			undo_vn(e, entry);
			break;
		case ENTRY_VN_NEW:
			undo_vn_new(e, entry->id);
			break;
		case ENTRY_POOL:
			undo_pool(e, entry);
			break;
		case ENTRY_POOL_NEW:
			undo_pool_new(e, entry->id);
			break;
		case ENTRY_TOMBSTONE:
			tombstone_remove(e->tombstones, entry->hash);
			break;
		case ENTRY_TOLD:
			e->untold_next = entry->untold;
			break;
		case ENTRY_POOL_LEVEL:
			e->pools[entry->id].row.level = entry->level;
			pool_stir(e, entry->id); /* nobody heard of it */
			break;
		case ENTRY_BLOCK:
			block_undo(e, entry);
			break;
		case ENTRY_TALKED:
		case ENTRY_NOTE:
			break;
		}
	}
}

void engine_rollback(struct engine *e)
{
	engine_undo(e, 0);
	e->open = false;
}

static void publish_plan(struct engine *e, uint16_t index)
{
	const struct pool *pool = &e->pools[index];
	const struct pool_policy *policy = &pool->row.policy;
	struct board_plan plan = {
		.unknown_caller = policy->unknown_caller,
		.forward_to = policy->forward_to,
		.ring_s = (uint16_t)policy->ring_s,
		.max_call_s = policy->max_call_s,
		.pin_digits = policy->mode == POOL_EXCLUSIVE ? 6 : 8,
		.tenant = pool->tenant,
		.calls_at_once = (uint8_t)policy->calls_at_once,
		.minutes_per_session = (uint16_t)policy->minutes_per_session,
		.require_attestation = policy->require_attestation,
		.attempts_per_minute = (uint16_t)policy->attempts_per_minute,
	};

	board_plan_put(e->board, index, &plan);
}

static void publish_vn(struct engine *e, uint32_t id)
{
	const struct vn *vn = vn_at(e, id);
	struct board_vn listed = {vn->row.number, id, vn->pool, vn->account};

	ASSERT(board_vn_put(e->board, &listed) == ERR_OK); /* limits.numbers was asked when it was added */
}

void engine_commit(struct engine *e)
{
	ASSERT(e->open);
	for (uint32_t i = 0; i < e->entries_n; i++) {
		const struct entry *entry = &e->entries[i];
		if (entry->kind == ENTRY_POOL || entry->kind == ENTRY_POOL_NEW)
			publish_plan(e, (uint16_t)entry->id);
		else if (entry->kind == ENTRY_VN_NEW)
			publish_vn(e, entry->id);
		else if (entry->kind == ENTRY_BLOCK)
			block_publish(e, entry);
		else if (entry->kind == ENTRY_TALKED)
			board_talked_add(e->board, entry->id, entry->seconds);
	}
	routes_publish(e);
	for (uint32_t i = 0; i < e->entries_n; i++)
		if (e->entries[i].kind == ENTRY_SESSION)
			session_unlock_slot(e, &e->entries[i]);
	e->open = false;
}

enum err engine_load_done(struct engine *e)
{
	ASSERT(!e->open);
	e->loading = false;
	if (!vns_reshelve(e, ALL_POOLS))
		return ERR_LIMIT_REACHED;
	for (uint32_t i = 0; i < e->pools_n; i++)
		publish_plan(e, (uint16_t)i);
	for (uint32_t id = 1; id <= e->vns_n; id++)
		publish_vn(e, id);
	return ERR_OK;
}

uint64_t engine_next_id(struct engine *e)
{
	uint64_t id = (uint64_t)e->now_ms << 16;

	e->last_id = id > e->last_id ? id : e->last_id + 1;
	return e->last_id;
}

void engine_id_seen(struct engine *e, uint64_t id)
{
	if (id > e->last_id)
		e->last_id = id;
}

struct engine_counts engine_counts(const struct engine *e)
{
	return (struct engine_counts){
		.sessions = e->sessions_n,
		.sessions_max = e->limits.sessions,
		.routes = routes_count(board_routes_read(e->board)),
		.routes_max = e->limits.routes,
		.pairs = pairs_count(e->pairs),
		.pairs_max = e->limits.pairs,
		.tombstones = tombstones_count(e->tombstones),
		.tombstones_max = e->limits.tombstones,
		.vns = e->vns_n,
		.pools = e->pools_n,
		.blocks = e->blocks_n,
		.blocks_max = e->limits.blocks,
	};
}

/* --- names --- */

static enum err name_index(struct name_list *list, struct str name, uint16_t *ret_index)
{
	for (uint32_t i = 0; i < list->n; i++) {
		if (str_equal(str_of(list->names[i]), name)) {
			*ret_index = (uint16_t)i;
			return ERR_OK;
		}
	}
	if (list->n == list->max)
		return ERR_LIMIT_REACHED;
	if (!str_copy(list->names[list->n], 65, name))
		return ERR_BAD_REQUEST;
	*ret_index = (uint16_t)list->n++;
	return ERR_OK;
}

enum err engine_tenant(struct engine *e, struct str name, uint16_t *ret_tenant)
{
	return name_index(&e->tenants, name, ret_tenant);
}

enum err engine_account(struct engine *e, struct str provider, struct str name, uint16_t *ret_account)
{
	for (uint32_t i = 0; i < e->accounts_n; i++) {
		if (str_equal(str_of(e->accounts[i].provider), provider) &&
			str_equal(str_of(e->accounts[i].name), name)) {
			*ret_account = (uint16_t)i;
			return ERR_OK;
		}
	}
	if (e->accounts_n == e->limits.accounts)
		return ERR_LIMIT_REACHED;
	struct account_name *account = &e->accounts[e->accounts_n];
	if (!str_copy(account->provider, sizeof account->provider, provider) ||
		!str_copy(account->name, sizeof account->name, name))
		return ERR_BAD_REQUEST;
	*ret_account = (uint16_t)e->accounts_n++;
	return ERR_OK;
}

void engine_account_name(
	const struct engine *e, uint16_t account, const char **ret_provider, const char **ret_name)
{
	ASSERT(account < e->accounts_n);
	*ret_provider = e->accounts[account].provider;
	*ret_name = e->accounts[account].name;
}
