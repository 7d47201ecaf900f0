/* Readers: pages of calls and audit rows, newest first; stored answers. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "store/row.h"

static enum err page_of_calls(struct reader *reader, const struct calls_filter *filter, const struct pools *pools,
	struct call *rows, int *ret_n, uint64_t *ret_next)
{
	sqlite3_stmt *st = reader->q[Q_CALLS];
	uint64_t lowest = row_id_at(filter->since_ms);
	if (filter->session != 0 && row_id_at((int64_t)(filter->session >> 16)) > lowest)
		lowest = row_id_at((int64_t)(filter->session >> 16)); /* its calls came after it */
	sqlite_bind_u64(st, 1, reader_from(filter->after));
	sqlite_bind_u64(st, 2, lowest);
	int code = SQLITE_ROW, n = 0, looked = 0;
	uint64_t last = 0;
	while (n < filter->page_size && looked < SCAN_MAX && (code = sqlite3_step(st)) == SQLITE_ROW) {
		sqlite_get_call(st, &rows[n]);
		last = rows[n].id;
		looked++;
		if (pools_have(pools, rows[n].pool_id) && row_call_matches(&rows[n], filter))
			n++;
	}
	if (sqlite_err(code) != ERR_OK)
		return sqlite_err(code);
	if (code == SQLITE_ROW)
		code = sqlite3_step(st); /* is there more? */
	if (sqlite_err(code) != ERR_OK)
		return sqlite_err(code);
	*ret_n = n;
	*ret_next = code == SQLITE_DONE ? 0 : last;
	return ERR_OK;
}

enum err sqlite_read_calls(struct store_reader *base, const struct calls_filter *filter, struct arena *arena,
	struct call **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct reader *reader = reader_of(base);
	struct pools pools;
	ASSERT(filter->page_size > 0);
	struct call *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	if (!rows)
		return ERR_LIMIT_REACHED;
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = reader_pools(reader, filter->tenant, arena, &pools);
	if (err == ERR_OK)
		err = page_of_calls(reader, filter, &pools, rows, ret_n, ret_next);
	err = reader_finish(reader, err);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}

static enum err page_of_audit(struct reader *reader, struct str tenant, int64_t since_ms, uint64_t after, int page_size,
	struct arena *arena, struct audit_row *rows, int *ret_n, uint64_t *ret_next)
{
	sqlite3_stmt *st = reader->q[Q_AUDIT];
	sqlite_bind_u64(st, 1, reader_from(after));
	int code = SQLITE_ROW, n = 0, looked = 0;
	uint64_t last = 0;
	while (n < page_size && looked < SCAN_MAX && (code = sqlite3_step(st)) == SQLITE_ROW) {
		struct audit_row row;
		sqlite_get_audit(st, &row);
		last = row.id;
		looked++;
		if (!str_equal(row.tenant, tenant) || row.at_ms < since_ms)
			continue;
		void *memory = arena_alloc(arena, row_audit_size(&row));
		if (!memory)
			return ERR_LIMIT_REACHED;
		rows[n++] = *row_audit_copy(memory, &row);
	}
	if (sqlite_err(code) != ERR_OK)
		return sqlite_err(code);
	if (code == SQLITE_ROW)
		code = sqlite3_step(st);
	if (sqlite_err(code) != ERR_OK)
		return sqlite_err(code);
	*ret_n = n;
	*ret_next = code == SQLITE_DONE ? 0 : last;
	return ERR_OK;
}

enum err sqlite_read_audit(struct store_reader *base, struct str tenant, int64_t since_ms, uint64_t after, int page_size,
	struct arena *arena, struct audit_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct reader *reader = reader_of(base);
	ASSERT(page_size > 0);
	struct audit_row *rows = arena_alloc(arena, (size_t)page_size * sizeof *rows);
	if (!rows)
		return ERR_LIMIT_REACHED;
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = page_of_audit(reader, tenant, since_ms, after, page_size, arena, rows, ret_n, ret_next);
	err = reader_finish(reader, err);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}

enum err sqlite_read_idempotency(struct store_reader *base, uint64_t id, struct arena *arena,
	struct idempotency_row *ret_row)
{
	struct reader *reader = reader_of(base);
	sqlite3_stmt *st = reader->q[Q_IDEMPOTENCY];
	sqlite_bind_u64(st, 1, id);
	int code = sqlite3_step(st);
	if (code != SQLITE_ROW)
		return reader_finish(reader, code == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(code));
	struct idempotency_row row = {
		.id = id,
		.until = (uint32_t)sqlite3_column_int64(st, 3),
		.status = sqlite3_column_int(st, 4),
		.session = (uint64_t)sqlite3_column_int64(st, 5),
		.answer = arena_str(arena, sqlite_get_str(st, 6)),
	};
	sqlite_get_bytes(st, 1, row.key_hash, sizeof row.key_hash);
	sqlite_get_bytes(st, 2, row.body_hash, sizeof row.body_hash);
	if (row.answer.at)
		*ret_row = row;
	return reader_finish(reader, row.answer.at ? ERR_OK : ERR_LIMIT_REACHED);
}
