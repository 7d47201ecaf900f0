/* What was consumed: how far each partition is, and what could not be applied. A dead letter's payload is what somebody
 * sent, with whatever numbers are in it: it is sealed for its row. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "store/row.h"

/* --- records --- */

static int put_offset(struct store_sqlite *store, const struct offset_row *row)
{
	sqlite3_stmt *st = store->st[ST_OFFSET_PUT];
	sqlite_bind_str(st, 1, row->group);
	sqlite_bind_str(st, 2, row->topic);
	sqlite3_bind_int64(st, 3, row->partition);
	sqlite3_bind_int64(st, 4, row->next);
	sqlite3_bind_int64(st, 5, row->generation);
	return sqlite_run(st);
}

static struct str place_of(uint64_t id, char place[32])
{
	int len = snprintf(place, 32, "dead:%llu", (unsigned long long)id);
	return str_n(place, (size_t)len);
}

void sqlite_dead_seal(struct vault_use *use, uint64_t id, struct str payload, struct buf *out)
{
	char place[32];
	vault_seal_text(use, payload, place_of(id, place), out);
}

enum err sqlite_dead_open(struct vault_use *use, uint64_t id, struct str sealed, struct buf *out)
{
	char place[32];
	return vault_open_text(use, sealed, place_of(id, place), out);
}

static int put_dead(struct store_sqlite *store, const struct dead_row *row)
{
	sqlite3_stmt *st = store->st[ST_DEAD_PUT];
	const struct str texts[] = {row->order, row->code, row->detail, row->ce_id, row->ce_type, row->ce_time};
	buf_reset(&store->blob);
	sqlite_dead_seal(store->use, row->id, row->payload, &store->blob);
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	sqlite_bind_u64(st, 1, row->id);
	sqlite3_bind_int64(st, 2, row->at_ms);
	sqlite_bind_u64(st, 3, row->state);
	sqlite_bind_str(st, 4, row->tenant);
	sqlite_bind_str(st, 5, row->topic);
	sqlite3_bind_int64(st, 6, row->partition);
	sqlite3_bind_int64(st, 7, row->offset);
	for (int i = 0; i < 6; i++)
		sqlite_bind_str(st, 8 + i, texts[i]);
	sqlite_bind_blob(st, 14, store->blob.at, store->blob.len);
	return sqlite_run(st);
}

int store_sqlite_write_dead(struct store_sqlite *store, const struct record *record)
{
	switch ((int)record->kind) {
	case RECORD_OFFSET:
		return put_offset(store, record->offset);
	case RECORD_DEAD:
		return put_dead(store, record->dead);
	case RECORD_DEAD_DROP:
		sqlite_bind_u64(store->st[ST_DEAD_DROP], 1, record->dead->id);
		return sqlite_run(store->st[ST_DEAD_DROP]);
	}
	ASSERT(!"a record of what was consumed");
	return SQLITE_MISUSE;
}

void sqlite_get_dead(sqlite3_stmt *st, struct dead_row *ret_row)
{
	*ret_row = (struct dead_row){
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.at_ms = sqlite3_column_int64(st, 1),
		.state = (enum dead_state)sqlite3_column_int(st, 2),
		.tenant = sqlite_get_str(st, 3),
		.topic = sqlite_get_str(st, 4),
		.partition = sqlite3_column_int(st, 5),
		.offset = sqlite3_column_int64(st, 6),
		.order = sqlite_get_str(st, 7),
		.code = sqlite_get_str(st, 8),
		.detail = sqlite_get_str(st, 9),
		.ce_id = sqlite_get_str(st, 10),
		.ce_type = sqlite_get_str(st, 11),
		.ce_time = sqlite_get_str(st, 12),
	};
}

/* --- readers --- */

enum err sqlite_read_offset(struct store_reader *base, struct str group, struct str topic, int32_t partition,
	struct offset_row *ret_row)
{
	struct reader *reader = reader_of(base);
	sqlite3_stmt *st = reader->q[Q_OFFSET];
	sqlite_bind_str(st, 1, group);
	sqlite_bind_str(st, 2, topic);
	sqlite3_bind_int64(st, 3, partition);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret_row = (struct offset_row){group, topic, partition, sqlite3_column_int64(st, 0),
			sqlite3_column_int(st, 1)};
	return reader_finish(reader, code == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(code));
}

static enum err take_listed(const struct page_walk *at, sqlite3_stmt *st, void *ret_row, bool *ret_taken)
{
	struct dead_row row;

	sqlite_get_dead(st, &row);
	if (!row_dead_matches(&row, at->filter))
		return ERR_OK;
	void *memory = arena_alloc(at->arena, row_dead_size(&row));
	if (!memory)
		return ERR_LIMIT_REACHED;
	*(struct dead_row *)ret_row = *row_dead_copy(memory, &row);
	*ret_taken = true;
	return ERR_OK;
}

enum err sqlite_read_dead_list(struct store_reader *base, const struct dead_filter *filter, struct arena *arena,
	struct dead_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	const struct page page = {Q_DEAD_LIST, sizeof **ret_rows, filter->page_size, STR_NONE, filter, take_listed};
	void *rows;

	sqlite_bind_u64(reader_of(base)->q[Q_DEAD_LIST], 1, filter->after); /* the oldest first */
	enum err err = reader_page(reader_of(base), &page, arena, &rows, ret_n, ret_next);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}

/* The whole row out of a statement's, its payload opened in the arena. */
static enum err take_dead(struct reader *reader, sqlite3_stmt *st, struct arena *arena, struct dead_row *ret_row)
{
	struct dead_row row;
	struct buf payload;
	sqlite_get_dead(st, &row);
	struct str sealed = sqlite_get_str(st, SQLITE_DEAD_PAYLOAD);
	void *at = arena_alloc(arena, row_dead_size(&row));
	char *room = arena_alloc(arena, sealed.len + 1);
	if (!at || !room)
		return ERR_LIMIT_REACHED;
	buf_fixed(&payload, room, sealed.len + 1);
	enum err err = sqlite_dead_open(reader->use, row.id, sealed, &payload);
	if (err != ERR_OK)
		return err;
	*ret_row = *row_dead_copy(at, &row);
	ret_row->payload = buf_text(&payload);
	return ERR_OK;
}

enum err sqlite_read_dead(struct store_reader *base, uint64_t id, struct arena *arena, struct dead_row *ret_row)
{
	struct reader *reader = reader_of(base);
	sqlite3_stmt *st = reader->q[Q_DEAD];
	sqlite_bind_u64(st, 1, id);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		return reader_finish(reader, take_dead(reader, st, arena, ret_row));
	return reader_finish(reader, code == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(code));
}
