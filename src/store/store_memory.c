/* The store that forgets: for tests, the simulator and as a demo's fallback. Plain on purpose: what the contract
 * test finds right here is what it wants of the others. One mutex; numbers are in clear, in memory only. */
#include "base/check.h"
#include "crypto/digest.h"
#include "store/store_memory.h"
#include "store/unique.h"

#include <stdlib.h>

#define CALLS_MS (24ll * 3600 * 1000)

static void *copy(const void *bytes, size_t size)
{
	void *row = malloc(size);
	ASSERT(row);
	return memcpy(row, bytes, size);
}

void *memory_room(size_t size)
{
	void *memory = malloc(size);
	ASSERT(memory);
	return memory;
}

/* --- the writer --- */

static void add_audit(struct memory *memory, const struct audit_row *given)
{
	struct audit_row row = *given;
	uint8_t previous[32] = {0};
	row.id = memory->audit.n + 1;
	if (memory->audit.n > 0)
		memcpy(previous, ((struct audit_row *)memory->audit.items[memory->audit.n - 1].row)->hash, sizeof previous);
	row_audit_hash(memory->use, previous, &row, row.hash);
	shelf_put(&memory->audit, row.id, row_audit_copy(memory_room(row_audit_size(&row)), &row));
}

static void set_call_status(struct memory *memory, const struct call *status)
{
	struct call *call = shelf_get(&memory->calls, status->id);
	if (!call)
		return;
	call->status = status->status;
	call->seconds = status->seconds;
}

/* What goes out and what came in. */
static void write_stream(struct memory *memory, const struct record *record)
{
	switch ((int)record->kind) {
	case RECORD_OUTBOX:
		memory_put_event(memory, record->outbox);
		return;
	case RECORD_SINK:
		memory_put_sink(memory, record->sink);
		return;
	case RECORD_SINK_DROP:
		memory_drop_sink(memory, record->sink);
		return;
	case RECORD_RETRY:
		memory_put_retry(memory, record->retry);
		return;
	case RECORD_RETRY_DROP:
		memory_drop_retry(memory, record->retry);
		return;
	case RECORD_OFFSET:
		memory_put_offset(memory, record->offset);
		return;
	case RECORD_DEAD:
		memory_put_dead(memory, record->dead);
		return;
	case RECORD_DEAD_DROP:
		memory_drop_dead(memory, record->dead);
		return;
	case RECORD_SUPPLY:
	case RECORD_PURCHASE:
	case RECORD_HOUR:
		memory_put_supply(memory, record);
		return;
	case RECORD_BLOCK:
		memory_put_block(memory, record->block);
		return;
	case RECORD_BLOCK_DROP:
		memory_drop_block(memory, record->block);
		return;
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_CHANGE:
	case RECORD_MESSAGE_POLICY:
		memory_put_message(memory, record);
		return;
	}
}

static void write_record(struct memory *memory, const struct record *record)
{
	struct session_row *session;
	switch (record->kind) {
	case RECORD_POOL:
		shelf_put(&memory->pools, record->pool->id, copy(record->pool, sizeof *record->pool));
		return;
	case RECORD_VN:
		shelf_put(&memory->vns, record->vn->id, copy(record->vn, sizeof *record->vn));
		return;
	case RECORD_SESSION:
	case RECORD_SESSION_ALIKE:
		shelf_put(&memory->sessions, record->session->id,
			row_session_copy(memory_room(row_session_size(record->session)), record->session));
		if (row_session_lacks(record->session))
			memory_forget_texts(memory, record->session->id);
		return;
	case RECORD_SESSION_ERASE:
		session = shelf_get(&memory->sessions, record->erase->session);
		if (session)
			row_session_erase(session, record->erase);
		memory_forget_texts(memory, record->erase->session);
		return;
	case RECORD_TOMBSTONE:
		shelf_put(&memory->tombstones, ++memory->tombstones_put,
			copy(record->tombstone, sizeof *record->tombstone));
		return;
	case RECORD_CALL:
		shelf_put(&memory->calls, record->call->id, copy(record->call, sizeof *record->call));
		return;
	case RECORD_CALL_STATUS:
		set_call_status(memory, record->call);
		return;
	case RECORD_IDEMPOTENCY:
		shelf_put(&memory->idempotency, record->idempotency->id,
			row_idempotency_copy(memory_room(row_idempotency_size(record->idempotency)), record->idempotency));
		return;
	case RECORD_AUDIT:
		add_audit(memory, record->audit);
		return;
	case RECORD_TIME:
		if (record->time_ms > memory->time_ms)
			memory->time_ms = record->time_ms;
		return;
	case RECORD_SESSION_TOLD:
		session = shelf_get(&memory->sessions, record->session_id);
		if (session)
			session->announce = false;
		return;
	case RECORD_OUTBOX:
	case RECORD_SINK:
	case RECORD_SINK_DROP:
	case RECORD_RETRY:
	case RECORD_RETRY_DROP:
	case RECORD_OFFSET:
	case RECORD_DEAD:
	case RECORD_DEAD_DROP:
	case RECORD_SUPPLY:
	case RECORD_PURCHASE:
	case RECORD_HOUR:
	case RECORD_BLOCK:
	case RECORD_BLOCK_DROP:
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_CHANGE:
	case RECORD_MESSAGE_POLICY:
		write_stream(memory, record);
		return;
	}
	ASSERT(!"a record of a kind that is known");
}

static enum err commit(struct store *base, const struct record *records, size_t n, enum store_verdict *verdicts)
{
	struct memory *memory = memory_of(base);
	pthread_mutex_lock(&memory->mutex);
	for (size_t i = 0; i < n; i++) {
		write_record(memory, &records[i]);
		verdicts[records[i].change] = STORE_DONE;
	}
	uint64_t lost = memory_outbox_cut(memory);
	pthread_mutex_unlock(&memory->mutex);
	loss_add(&memory->loss, base, lost);
	return ERR_OK;
}

static enum err refuse_clash(struct memory *memory, const struct session_row *row, int64_t now_ms, char ret_error[256])
{
	char a[SESSION_ID_TEXT_SIZE], b[SESSION_ID_TEXT_SIZE];
	for (size_t i = 0; i < memory->sessions.n; i++) {
		const struct session_row *other = memory->sessions.items[i].row;
		if (other->id > row->id || !row_session_open(other, now_ms) || !unique_clash(row, other))
			continue;
		snprintf(ret_error, 256, "sessions %s and %s both bind one caller's number to one virtual number (S1)",
			session_id_text(other->id, a), session_id_text(row->id, b));
		return ERR_STORE_REFUSED;
	}
	return ERR_OK;
}

static enum err load_open(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor, char ret_error[256])
{
	struct unique *unique = unique_new(0);
	ASSERT(unique);
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->sessions.n && err == ERR_OK; i++) {
		const struct session_row *row = memory->sessions.items[i].row;
		if (!row_session_open(row, now_ms))
			continue;
		if (unique_add(unique, row) == UNIQUE_HIT)
			err = refuse_clash(memory, row, now_ms, ret_error);
		if (err == ERR_OK)
			err = visitor->session(visitor->context, row);
	}
	unique_free(unique);
	return err;
}

static enum err load_cooling(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->sessions.n && err == ERR_OK; i++) {
		const struct session_row *row = memory->sessions.items[i].row;
		if (row_session_open(row, now_ms))
			continue;
		if (row->announce || row_session_done_at(row) > now_ms / 1000)
			err = visitor->session(visitor->context, row);
	}
	return err;
}

static enum err load_rest(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->tombstones.n && err == ERR_OK; i++) {
		const struct tombstone_row *row = memory->tombstones.items[i].row;
		if (row->until > now_ms / 1000)
			err = visitor->tombstone(visitor->context, row);
	}
	for (size_t i = 0; i < memory->idempotency.n && err == ERR_OK; i++) {
		struct idempotency_row row = *(struct idempotency_row *)memory->idempotency.items[i].row;
		row.answer = STR_NONE;
		if (row.until > now_ms / 1000)
			err = visitor->idempotency(visitor->context, &row);
	}
	for (size_t i = 0; i < memory->calls.n && err == ERR_OK; i++) {
		const struct call *call = memory->calls.items[i].row;
		if (call->at_ms >= now_ms - CALLS_MS)
			err = visitor->call(visitor->context, call);
	}
	return err;
}

/* The shelves' last ids and the sinks' cursors: events may be gone that these have seen. */
static uint64_t last_id(const struct memory *memory)
{
	const struct shelf *shelves[] = {&memory->sessions, &memory->calls, &memory->idempotency, &memory->outbox, &memory->others,
		&memory->dead, &memory->purchases, &memory->blocks, &memory->messages};
	uint64_t last = 0;
	for (size_t i = 0; i < sizeof shelves / sizeof shelves[0]; i++)
		if (shelves[i]->n > 0 && shelves[i]->items[shelves[i]->n - 1].id > last)
			last = shelves[i]->items[shelves[i]->n - 1].id;
	for (size_t i = 0; i < memory->sinks_n; i++)
		if (memory->sinks[i]->cursor > last)
			last = memory->sinks[i]->cursor;
	return last;
}

static enum err load(struct store *base, int64_t now_ms, const struct store_visitor *visitor, char ret_error[256])
{
	struct memory *memory = memory_of(base);
	ret_error[0] = '\0';
	/* A clock that was set back must not bring to life what had ended. */
	if (memory->time_ms > now_ms)
		now_ms = memory->time_ms;
	enum err err = visitor->time(visitor->context, memory->time_ms);
	for (size_t i = 0; i < memory->pools.n && err == ERR_OK; i++)
		err = visitor->pool(visitor->context, memory->pools.items[i].row);
	for (size_t i = 0; i < memory->vns.n && err == ERR_OK; i++)
		err = visitor->vn(visitor->context, memory->vns.items[i].row);
	if (err == ERR_OK)
		err = load_open(memory, now_ms, visitor, ret_error);
	if (err == ERR_OK)
		err = load_cooling(memory, now_ms, visitor);
	if (err == ERR_OK)
		err = load_rest(memory, now_ms, visitor);
	if (err == ERR_OK)
		err = memory_load_talked(memory, visitor);
	if (err == ERR_OK)
		err = memory_load_sinks(memory, visitor);
	if (err == ERR_OK)
		err = memory_load_dead(memory, visitor);
	if (err == ERR_OK)
		err = memory_load_supply(memory, now_ms, visitor);
	if (err == ERR_OK)
		err = memory_load_messages(memory, now_ms, visitor);
	if (err == ERR_OK)
		err = memory_load_blocks(memory, visitor);
	if (err == ERR_OK && visitor->last_id)
		err = visitor->last_id(visitor->context, last_id(memory));
	if (err != ERR_OK && ret_error[0] == '\0')
		snprintf(ret_error, 256, "the database can't be loaded: %s", err_title(err));
	return err;
}

/* --- housekeeping --- */

struct purge {
	struct memory *memory;
	int64_t now_s;
	uint32_t others_s; /* how long what is of no pool is kept: as long as by any */
};

static uint32_t keep_s(const struct purge *purge, uint32_t pool_id)
{
	const struct pool_row *pool = shelf_get(&purge->memory->pools, pool_id);
	return pool ? pool->policy.keep_s : purge->others_s;
}

static uint32_t keep_most_s(const struct memory *memory)
{
	uint32_t most = 0;
	for (size_t i = 0; i < memory->pools.n; i++) {
		uint32_t keep = ((struct pool_row *)memory->pools.items[i].row)->policy.keep_s;
		most = keep > most ? keep : most;
	}
	return memory->pools.n ? most : ROW_KEEP_S;
}

static bool session_over(void *context, void *at)
{
	const struct purge *purge = context;
	struct session_row *row = at;
	uint32_t done_at = row_session_done_at(row);
	if (done_at == 0 || done_at > purge->now_s || row->announce)
		return false;
	row_session_settle(row);
	return (int64_t)row->closed_at + keep_s(purge, row->pool_id) <= purge->now_s;
}

static bool call_over(void *context, void *at)
{
	const struct purge *purge = context;
	const struct call *call = at;
	return call->at_ms / 1000 + keep_s(purge, call->pool_id) <= purge->now_s;
}

static bool message_over(void *context, void *at)
{
	const struct purge *purge = context;
	const struct message_row *row = at;
	return row->state != MESSAGE_QUEUED && row->at_ms / 1000 + keep_s(purge, row->pool_id) <= purge->now_s;
}

static bool tombstone_over(void *context, void *at)
{
	return ((struct tombstone_row *)at)->until <= ((struct purge *)context)->now_s;
}

static bool idempotency_over(void *context, void *at)
{
	return ((struct idempotency_row *)at)->until <= ((struct purge *)context)->now_s;
}

static bool idle(struct store *base, int64_t now_ms)
{
	struct memory *memory = memory_of(base);
	struct purge purge = {memory, now_ms / 1000, 0};
	pthread_mutex_lock(&memory->mutex);
	purge.others_s = keep_most_s(memory);
	shelf_drop(&memory->sessions, session_over, &purge);
	shelf_drop(&memory->calls, call_over, &purge);
	shelf_drop(&memory->tombstones, tombstone_over, &purge);
	shelf_drop(&memory->idempotency, idempotency_over, &purge);
	shelf_drop(&memory->messages, message_over, &purge);
	memory_purge_texts(memory, now_ms / 1000);
	memory_purge_supply(memory, now_ms / 1000);
	memory_outbox_purge(memory, now_ms);
	pthread_mutex_unlock(&memory->mutex);
	loss_rest(&memory->loss, base, now_ms);
	return false;
}

static uint64_t identity(struct store *base)
{
	return memory_of(base)->identity;
}

static bool must_stop(const struct store *base)
{
	(void)base;
	return false;
}

static bool changed(struct store *base)
{
	(void)base;
	return false;
}

/* --- API keys --- */

static enum err key_put(struct store *base, const struct key_row *row, const struct audit_row *audit)
{
	struct memory *memory = memory_of(base);
	pthread_mutex_lock(&memory->mutex);
	uint64_t id = memory->keys_put + 1;
	for (size_t i = 0; i < memory->keys.n; i++)
		if (strcmp(((struct key_row *)memory->keys.items[i].row)->id, row->id) == 0)
			id = memory->keys.items[i].id;
	if (id > memory->keys_put)
		memory->keys_put = id;
	shelf_put(&memory->keys, id, copy(row, sizeof *row));
	if (audit)
		add_audit(memory, audit);
	pthread_mutex_unlock(&memory->mutex);
	return ERR_OK;
}

static enum err keys(struct store *base, void (*each)(void *context, const struct key_row *row), void *context)
{
	struct memory *memory = memory_of(base);
	for (size_t i = 0; i < memory->keys.n; i++)
		each(context, memory->keys.items[i].row);
	return ERR_OK;
}

static void store_close(struct store *base)
{
	struct memory *memory = memory_of(base);
	struct shelf *shelves[] = {&memory->pools, &memory->vns, &memory->sessions, &memory->tombstones, &memory->calls,
		&memory->idempotency, &memory->audit, &memory->keys, &memory->offsets, &memory->dead};
	for (size_t i = 0; i < sizeof shelves / sizeof shelves[0]; i++)
		shelf_done(shelves[i]);
	memory_outbox_done(memory);
	memory_supply_done(memory);
	shelf_done(&memory->blocks);
	memory_messages_done(memory);
	vault_use_free(memory->use);
	pthread_mutex_destroy(&memory->mutex);
	free(memory);
}

static const struct store_ops ops = {
	.name = "memory",
	.load = load,
	.commit = commit,
	.idle = idle,
	.identity = identity,
	.must_stop = must_stop,
	.changed = changed,
	.keys = keys,
	.key_put = key_put,
	.close = store_close,
	.reader_open = memory_reader_open,
	.reader_close = memory_reader_close,
	.read_session = memory_read_session,
	.read_sessions = memory_read_sessions,
	.read_calls = memory_read_calls,
	.read_audit = memory_read_audit,
	.read_idempotency = memory_read_idempotency,
	.read_person = memory_read_person,
	.read_outbox = memory_read_outbox,
	.read_event = memory_read_event,
	.read_outbox_since = memory_read_outbox_since,
	.read_offset = memory_read_offset,
	.read_dead_list = memory_read_dead_list,
	.read_dead = memory_read_dead,
	.read_purchases = memory_read_purchases,
	.read_blocks = memory_read_blocks,
	.read_messages = memory_read_messages,
	.backup = memory_backup,
};

struct store *store_memory_new(const struct vault *vault)
{
	struct memory *memory = calloc(1, sizeof *memory);
	ASSERT(memory);
	memory->base.ops = &ops;
	memory->use = vault_use_new(vault);
	secret_random(&memory->identity, sizeof memory->identity);
	pthread_mutex_init(&memory->mutex, NULL);
	return &memory->base;
}
