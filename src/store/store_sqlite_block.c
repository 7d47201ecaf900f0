/* Who may not ring whom. Numbers and reason are one sealed text, bound to the row and its pool:
 *
 *   +<number> LF [+<number of the other>] LF reason
 *
 * No hash of a person stands beside it: a start opens every row, and nobody asks the store for one by its number. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "store/row.h"

static struct str place_of(uint64_t id, uint32_t pool_id, char place[48])
{
	int len = snprintf(place, 48, "block:%llu:%u", (unsigned long long)id, (unsigned)pool_id);
	return str_n(place, (size_t)len);
}

/* --- records --- */

static int put_block(struct store_sqlite *store, const struct block_row *row)
{
	sqlite3_stmt *st = store->st[ST_BLOCK_PUT];
	char number[NUMBER_TEXT_SIZE], with[NUMBER_TEXT_SIZE], room[SQLITE_BLOCK_TEXT_MAX], place[48];
	struct buf text;
	ASSERT(row->reason.len <= BLOCK_REASON_MAX);
	buf_fixed(&text, room, sizeof room);
	buf_fmt(&text, "%s\n%s\n", number_text(row->number, number), number_text(row->with, with));
	buf_str(&text, row->reason);
	ASSERT(buf_ok(&text));
	buf_reset(&store->blob);
	vault_seal_text(store->use, buf_text(&text), place_of(row->id, row->pool_id, place), &store->blob);
	secret_wipe(room, sizeof room);
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, row->pool_id);
	sqlite_bind_u64(st, 3, row->direction);
	sqlite_bind_u64(st, 4, row->created_at);
	sqlite_bind_u64(st, 5, row->until);
	sqlite_bind_blob(st, 6, store->blob.at, store->blob.len);
	return sqlite_run(st);
}

int store_sqlite_write_block(struct store_sqlite *store, const struct record *record)
{
	if (record->kind == RECORD_BLOCK)
		return put_block(store, record->block);
	ASSERT(record->kind == RECORD_BLOCK_DROP);
	sqlite_bind_u64(store->st[ST_BLOCK_DROP], 1, record->block->id);
	return sqlite_run(store->st[ST_BLOCK_DROP]);
}

/* --- rows --- */

static bool read_text(struct str text, struct block_row *row)
{
	struct str rest, number = str_cut(text, '\n', &rest), with = str_cut(rest, '\n', &row->reason);
	if (!rest.at || !row->reason.at || number_parse(number, &row->number) != ERR_OK)
		return false;
	return with.len == 0 || number_parse(with, &row->with) == ERR_OK;
}

enum err sqlite_get_block(struct vault_use *use, sqlite3_stmt *st, struct buf *out, struct block_row *ret_row)
{
	char place[48];
	struct block_row row = {
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.pool_id = (uint32_t)sqlite3_column_int64(st, 1),
		.direction = (enum block_direction)sqlite3_column_int(st, 2),
		.created_at = (uint32_t)sqlite3_column_int64(st, 3),
		.until = (uint32_t)sqlite3_column_int64(st, 4),
	};
	*ret_row = row;
	enum err err = vault_open_text(use, sqlite_get_str(st, 5), place_of(row.id, row.pool_id, place), out);
	if (err != ERR_OK)
		return err;
	if (row.direction > BLOCK_TO || !read_text(buf_text(out), &row))
		return ERR_STORE_REFUSED;
	*ret_row = row;
	return ERR_OK;
}

enum err sqlite_block_renew(struct vault_use *use, uint64_t id, uint32_t pool_id, struct str sealed, struct buf *out)
{
	char room[SQLITE_BLOCK_TEXT_MAX], place[48];
	struct buf text;
	buf_fixed(&text, room, sizeof room);
	enum err err = vault_open_text(use, sealed, place_of(id, pool_id, place), &text);
	if (err == ERR_OK)
		vault_seal_text(use, buf_text(&text), place_of(id, pool_id, place), out);
	secret_wipe(room, sizeof room);
	return err;
}

/* --- at start --- */

static enum err visit_block(struct store_sqlite *store, sqlite3_stmt *st, const struct store_visitor *visitor,
	char ret_error[256])
{
	char room[SQLITE_BLOCK_TEXT_MAX];
	struct block_row row;
	struct buf text;
	buf_fixed(&text, room, sizeof room);
	enum err err = sqlite_get_block(store->use, st, &text, &row);
	if (err != ERR_OK)
		snprintf(ret_error, 256, "block %llu: its row is damaged or was sealed with another key",
			(unsigned long long)row.id);
	else
		err = visitor->block(visitor->context, &row);
	secret_wipe(room, sizeof room);
	return err;
}

enum err store_sqlite_load_blocks(struct store_sqlite *store, const struct store_visitor *visitor, char ret_error[256])
{
	sqlite3_stmt *st = NULL;
	enum err err = ERR_OK;
	int code = sqlite3_prepare_v2(store->db, "SELECT * FROM block ORDER BY id", -1, &st, NULL);
	if (code == SQLITE_OK)
		while (err == ERR_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
			err = visit_block(store, st, visitor, ret_error);
	if (err == ERR_OK && (err = sqlite_err(code)) != ERR_OK)
		sqlite_explain(store->db, err, "database", ret_error);
	sqlite3_finalize(st);
	return err;
}

/* Calls lie by time, and those of a session come after it: its id tells where they begin. */
enum err store_sqlite_load_talked(struct store_sqlite *store, const struct store_visitor *visitor, char ret_error[256])
{
	static const char sql[] = "SELECT session, sum(seconds) FROM call WHERE id >= ?1 AND session <> 0 AND seconds > 0"
				  " GROUP BY session";
	uint64_t from = visitor->talked ? visitor->talked_from(visitor->context) : 0;
	sqlite3_stmt *st = NULL;
	enum err err = ERR_OK;
	if (from == 0)
		return ERR_OK;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite_bind_u64(st, 1, row_id_at((int64_t)(from >> 16)));
		while (err == ERR_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
			err = visitor->talked(visitor->context, (uint64_t)sqlite3_column_int64(st, 0),
				(uint64_t)sqlite3_column_int64(st, 1));
	}
	if (err == ERR_OK && (err = sqlite_err(code)) != ERR_OK)
		sqlite_explain(store->db, err, "database", ret_error);
	sqlite3_finalize(st);
	return err;
}

/* --- readers --- */

static enum err take(const struct page_walk *at, sqlite3_stmt *st, void *row, bool *ret_taken)
{
	const struct block_row head = {.pool_id = (uint32_t)sqlite3_column_int64(st, 1),
		.until = (uint32_t)sqlite3_column_int64(st, 4)};
	struct buf text;

	if (!pools_have(at->pools, head.pool_id) || !row_block_matches(&head, at->filter))
		return ERR_OK;
	char *room = arena_alloc(at->arena, SQLITE_BLOCK_TEXT_MAX);
	if (!room)
		return ERR_LIMIT_REACHED;
	buf_fixed(&text, room, SQLITE_BLOCK_TEXT_MAX);
	*ret_taken = true;
	return sqlite_get_block(at->reader->use, st, &text, row);
}

enum err sqlite_read_blocks(struct store_reader *base, const struct blocks_filter *filter, struct arena *arena,
	struct block_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	const struct page page = {Q_BLOCKS, sizeof **ret_rows, filter->page_size, filter->tenant, filter, take};
	void *rows;

	sqlite_bind_u64(reader_of(base)->q[Q_BLOCKS], 1, reader_from(filter->after));
	enum err err = reader_page(reader_of(base), &page, arena, &rows, ret_n, ret_next);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}
