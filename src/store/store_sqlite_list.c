/* Readers: pages of calls and audit rows, newest first; stored answers. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "store/row.h"

static enum err take_call(const struct page_walk *at, sqlite3_stmt *st, void *ret_row, bool *ret_taken)
{
	struct call *row = ret_row;

	sqlite_get_call(st, row);
	*ret_taken = pools_have(at->pools, row->pool_id) && row_call_matches(row, at->filter);
	return ERR_OK;
}

enum err sqlite_read_calls(struct store_reader *base, const struct calls_filter *filter, struct arena *arena,
	struct call **ret_rows, int *ret_n, uint64_t *ret_next)
{
	const struct page page = {Q_CALLS, sizeof **ret_rows, filter->page_size, filter->tenant, filter, take_call};
	void *rows;

	sqlite_bind_u64(reader_of(base)->q[Q_CALLS], 1, reader_from(filter->after));
	sqlite_bind_u64(reader_of(base)->q[Q_CALLS], 2, reader_lowest(filter->since_ms, filter->session));
	enum err err = reader_page(reader_of(base), &page, arena, &rows, ret_n, ret_next);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}

/* What is asked of the audit. */
struct audit_filter {
	struct str tenant;
	int64_t since_ms;
};

static enum err take_audit(const struct page_walk *at, sqlite3_stmt *st, void *ret_row, bool *ret_taken)
{
	const struct audit_filter *filter = at->filter;
	struct audit_row row;

	sqlite_get_audit(st, &row);
	if (!str_equal(row.tenant, filter->tenant) || row.at_ms < filter->since_ms)
		return ERR_OK;
	void *memory = arena_alloc(at->arena, row_audit_size(&row));
	if (!memory)
		return ERR_LIMIT_REACHED;
	*(struct audit_row *)ret_row = *row_audit_copy(memory, &row);
	*ret_taken = true;
	return ERR_OK;
}

enum err sqlite_read_audit(struct store_reader *base, struct str tenant, int64_t since_ms, uint64_t after, int page_size,
	struct arena *arena, struct audit_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	const struct audit_filter filter = {tenant, since_ms};
	const struct page page = {Q_AUDIT, sizeof **ret_rows, page_size, STR_NONE, &filter, take_audit};
	void *rows;

	sqlite_bind_u64(reader_of(base)->q[Q_AUDIT], 1, reader_from(after));
	enum err err = reader_page(reader_of(base), &page, arena, &rows, ret_n, ret_next);
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
