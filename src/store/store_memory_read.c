/* Readers of the memory back end. */
#include "store/row.h"
#include "store/store_memory.h"

#include <stdlib.h>

struct store_reader *memory_reader_open(struct store *base)
{
	struct store_reader *reader = malloc(sizeof *reader);
	if (reader)
		reader->store = base;
	return reader;
}

void memory_reader_close(struct store_reader *reader)
{
	free(reader);
}

static bool is_tenants(struct memory *memory, uint32_t pool_id, struct str tenant)
{
	const struct pool_row *pool = shelf_get(&memory->pools, pool_id);
	return pool && str_equal(str_of(pool->tenant), tenant);
}

static struct session_row *session_into(struct arena *arena, const struct session_row *row)
{
	void *at = arena_alloc(arena, row_session_size(row));
	return at ? row_session_copy(at, row) : NULL;
}

enum err memory_read_session(struct store_reader *reader, uint64_t id, struct arena *arena, struct session_row **ret_row)
{
	struct memory *memory = memory_of(reader->store);
	pthread_mutex_lock(&memory->mutex);
	const struct session_row *row = shelf_get(&memory->sessions, id);
	struct session_row *into = row ? session_into(arena, row) : NULL;
	pthread_mutex_unlock(&memory->mutex);
	if (!row)
		return ERR_NOT_FOUND;
	if (!into)
		return ERR_LIMIT_REACHED;
	*ret_row = into;
	return ERR_OK;
}

/* Where a list that runs newest first begins: one past the index of its first item. */
static size_t list_start(const struct shelf *shelf, uint64_t after)
{
	return after == 0 ? shelf->n : shelf_from(shelf, after);
}

enum err memory_read_sessions(struct store_reader *reader, const struct sessions_filter *filter, struct arena *arena,
	struct session_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct session_row *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	enum err err = rows ? ERR_OK : ERR_LIMIT_REACHED;
	int n = 0;
	uint64_t last = 0;
	pthread_mutex_lock(&memory->mutex);
	size_t i = list_start(&memory->sessions, filter->after);
	for (; i > 0 && n < filter->page_size && err == ERR_OK; i--) {
		const struct session_row *row = memory->sessions.items[i - 1].row;
		last = row->id;
		if (!is_tenants(memory, row->pool_id, filter->tenant) || !row_session_matches(row, filter))
			continue;
		const struct session_row *into = session_into(arena, row);
		if (into)
			rows[n++] = *into;
		else
			err = ERR_LIMIT_REACHED;
	}
	pthread_mutex_unlock(&memory->mutex);
	if (err != ERR_OK)
		return err;
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = i > 0 ? last : 0;
	return ERR_OK;
}

enum err memory_read_calls(struct store_reader *reader, const struct calls_filter *filter, struct arena *arena,
	struct call **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct call *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	if (!rows)
		return ERR_LIMIT_REACHED;
	int n = 0;
	uint64_t last = 0;
	pthread_mutex_lock(&memory->mutex);
	size_t i = list_start(&memory->calls, filter->after);
	for (; i > 0 && n < filter->page_size; i--) {
		const struct call *call = memory->calls.items[i - 1].row;
		last = call->id;
		if (is_tenants(memory, call->pool_id, filter->tenant) && row_call_matches(call, filter))
			rows[n++] = *call;
	}
	pthread_mutex_unlock(&memory->mutex);
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = i > 0 ? last : 0;
	return ERR_OK;
}

enum err memory_read_audit(struct store_reader *reader, struct str tenant, int64_t since_ms, uint64_t after,
	int page_size, struct arena *arena, struct audit_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct audit_row *rows = arena_alloc(arena, (size_t)page_size * sizeof *rows);
	enum err err = rows ? ERR_OK : ERR_LIMIT_REACHED;
	int n = 0;
	uint64_t last = 0;
	pthread_mutex_lock(&memory->mutex);
	size_t i = list_start(&memory->audit, after);
	for (; i > 0 && n < page_size && err == ERR_OK; i--) {
		const struct audit_row *row = memory->audit.items[i - 1].row;
		last = row->id;
		if (!str_equal(row->tenant, tenant) || row->at_ms < since_ms)
			continue;
		void *at = arena_alloc(arena, row_audit_size(row));
		if (at)
			rows[n++] = *row_audit_copy(at, row);
		else
			err = ERR_LIMIT_REACHED;
	}
	pthread_mutex_unlock(&memory->mutex);
	if (err != ERR_OK)
		return err;
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = i > 0 ? last : 0;
	return ERR_OK;
}

enum err memory_read_idempotency(struct store_reader *reader, uint64_t id, struct arena *arena,
	struct idempotency_row *ret_row)
{
	struct memory *memory = memory_of(reader->store);
	pthread_mutex_lock(&memory->mutex);
	const struct idempotency_row *row = shelf_get(&memory->idempotency, id);
	void *at = row ? arena_alloc(arena, row_idempotency_size(row)) : NULL;
	if (at)
		*ret_row = *row_idempotency_copy(at, row);
	pthread_mutex_unlock(&memory->mutex);
	return !row ? ERR_NOT_FOUND : at ? ERR_OK : ERR_LIMIT_REACHED;
}

enum err memory_read_person(struct store_reader *reader, const struct person *persons, int persons_n,
	struct arena *arena, uint64_t **ret_ids, int *ret_n)
{
	struct memory *memory = memory_of(reader->store);
	int n = 0;
	pthread_mutex_lock(&memory->mutex);
	for (size_t i = memory->sessions.n; i > 0; i--)
		n += row_session_holds(memory->sessions.items[i - 1].row, persons, persons_n);
	uint64_t *ids = arena_alloc(arena, (size_t)n * sizeof *ids);
	if (ids)
		n = 0;
	for (size_t i = memory->sessions.n; i > 0 && ids; i--)
		if (row_session_holds(memory->sessions.items[i - 1].row, persons, persons_n))
			ids[n++] = memory->sessions.items[i - 1].id;
	pthread_mutex_unlock(&memory->mutex);
	if (!ids)
		return ERR_LIMIT_REACHED;
	*ret_ids = ids;
	*ret_n = n;
	return ERR_OK;
}

enum err memory_backup(struct store_reader *reader, const char *path, char ret_error[256])
{
	(void)reader;
	(void)path;
	snprintf(ret_error, 256, "this server keeps nothing on disk: there is nothing to back up");
	return ERR_BAD_REQUEST;
}
