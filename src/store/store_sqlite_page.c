/* Readers: a page of a list. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"

static enum err walk(const struct page *page, sqlite3_stmt *st, const struct page_walk *at, char *rows, int *ret_n,
	uint64_t *ret_next)
{
	int code = SQLITE_ROW, n = 0;
	uint64_t last = 0;

	for (int looked = 0; n < page->size && looked < SCAN_MAX && (code = sqlite3_step(st)) == SQLITE_ROW; looked++) {
		bool taken = false;
		last = (uint64_t)sqlite3_column_int64(st, 0);
		enum err err = page->take(at, st, rows + (size_t)n * page->row_size, &taken);
		if (err != ERR_OK)
			return err;
		n += taken;
	}
	if (sqlite_err(code) == ERR_OK && code == SQLITE_ROW)
		code = sqlite3_step(st); /* is there more? */
	*ret_n = n;
	*ret_next = code == SQLITE_DONE ? 0 : last;
	return sqlite_err(code);
}

enum err reader_page(struct reader *reader, const struct page *page, struct arena *arena, void **ret_rows, int *ret_n,
	uint64_t *ret_next)
{
	struct pools pools = {NULL, 0};
	const struct page_walk at = {reader, &pools, page->filter, arena};

	ASSERT(page->size > 0);
	*ret_rows = arena_alloc(arena, (size_t)page->size * page->row_size);
	if (!*ret_rows)
		return ERR_LIMIT_REACHED;
	enum err err = reader_begin(reader);
	if (err == ERR_OK && page->tenant.len)
		err = reader_pools(reader, page->tenant, arena, &pools);
	if (err == ERR_OK)
		err = walk(page, reader->q[page->query], &at, *ret_rows, ret_n, ret_next);
	return reader_finish(reader, err);
}
