/* Readers: a connection each; sessions and who is in them. */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "store/row.h"

#include <stdlib.h>

static const char *const queries[Q__COUNT] = {
	[Q_BEGIN] = "BEGIN",
	[Q_END] = "COMMIT",
	[Q_SESSION] = "SELECT * FROM session WHERE id = ?",
	[Q_PAST] = "SELECT * FROM session_past WHERE id = ?",
	[Q_SESSIONS] = "SELECT * FROM session WHERE id < ? ORDER BY id DESC",
	[Q_PASTS] = "SELECT * FROM session_past WHERE id < ? ORDER BY id DESC",
	[Q_VN] = "SELECT number FROM vn WHERE id = ?",
	[Q_POOLS] = "SELECT id FROM pool WHERE tenant = ? ORDER BY id DESC",
	[Q_CALLS] = "SELECT * FROM call WHERE id < ?1 AND id >= ?2 ORDER BY id DESC",
	[Q_AUDIT] = "SELECT * FROM audit WHERE id < ? ORDER BY id DESC",
	[Q_IDEMPOTENCY] = "SELECT * FROM idempotency WHERE id = ?",
	[Q_OUTBOX] = "SELECT * FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2",
	[Q_EVENT] = "SELECT * FROM outbox WHERE id = ?",
	[Q_OUTBOX_SINCE] = "SELECT id FROM outbox WHERE id >= ?1 AND at_ms >= ?2 ORDER BY id LIMIT 1",
	[Q_OFFSET] = "SELECT next, generation FROM stream_offset WHERE consumer = ?1 AND topic = ?2 AND part = ?3",
	[Q_DEAD_LIST] = "SELECT " SQLITE_DEAD_COLUMNS " FROM dead WHERE id > ?1 ORDER BY id",
	[Q_PURCHASES] = "SELECT * FROM purchase WHERE id < ?1 ORDER BY id DESC",
	[Q_BLOCKS] = "SELECT * FROM block WHERE id < ?1 ORDER BY id DESC",
	[Q_MESSAGES] = ("SELECT m.*, b.keep_until, b.box FROM message AS m LEFT JOIN message_box AS b ON b.id = m.id"
		" WHERE m.id < ?1 AND m.id >= ?2 ORDER BY m.id DESC"),
	[Q_DEAD] = "SELECT * FROM dead WHERE id = ?",
};

struct store_reader *sqlite_reader_open(struct store *base)
{
	struct store_sqlite *store = store_sqlite_of(base);
	char error[256];
	struct reader *reader = calloc(1, sizeof *reader);
	if (!reader)
		return NULL;
	reader->base.store = base;
	reader->use = vault_use_new(store->vault);
	bool good = sqlite_connect(store->path, SQLITE_OPEN_READONLY, &reader->db, error) == ERR_OK;
	for (int i = 0; i < Q__COUNT && good; i++)
		good = sqlite3_prepare_v3(reader->db, queries[i], -1, SQLITE_PREPARE_PERSISTENT, &reader->q[i], NULL) ==
				SQLITE_OK;
	if (good)
		return &reader->base;
	sqlite_reader_close(&reader->base);
	return NULL;
}

void sqlite_reader_close(struct store_reader *base)
{
	if (!base)
		return;
	struct reader *reader = reader_of(base);
	for (int i = 0; i < Q__COUNT; i++)
		sqlite3_finalize(reader->q[i]);
	sqlite3_close(reader->db);
	vault_use_free(reader->use);
	free(reader);
}

enum err reader_finish(struct reader *reader, enum err err)
{
	for (int i = 0; i < Q__COUNT; i++)
		sqlite3_reset(reader->q[i]);
	if (!sqlite3_get_autocommit(reader->db))
		(void)sqlite_run(reader->q[Q_END]);
	return err == ERR_STORE_REFUSED ? ERR_STORE_FAILED : err;
}

enum err reader_begin(struct reader *reader)
{
	return sqlite_err(sqlite_run(reader->q[Q_BEGIN]));
}

static enum err vn_number(struct reader *reader, uint32_t id, struct number *ret_number)
{
	sqlite3_stmt *st = reader->q[Q_VN];
	sqlite_bind_u64(st, 1, id);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*ret_number = (struct number){(uint64_t)sqlite3_column_int64(st, 0)};
	sqlite3_reset(st);
	return sqlite_err(code);
}

/* The whole session out of a statement's row, in the arena. */
static enum err take_session(struct reader *reader, sqlite3_stmt *st, struct arena *arena, struct session_row *ret_row)
{
	struct session_row row;
	struct sealed sealed;
	struct str blob;
	sqlite_get_session(st, &row, &blob);
	row.ref = arena_str(arena, row.ref);
	if (!row.ref.at)
		return ERR_LIMIT_REACHED;
	enum err err = blob_decode(blob.at, blob.len, arena, &row, &sealed);
	for (int i = 0; i < row.parties_n && err == ERR_OK; i++)
		if (row.parties[i].vn_id != 0)
			err = vn_number(reader, row.parties[i].vn_id, &row.parties[i].vn);
	for (int i = 0; i < row.views_n && err == ERR_OK; i++)
		err = vn_number(reader, row.views[i].vn_id, &row.views[i].vn);
	if (err == ERR_OK)
		err = sealed_open(reader->use, &sealed, &row);
	if (err == ERR_OK)
		*ret_row = row;
	return err;
}

static enum err session_in(struct reader *reader, enum query query, uint64_t id, struct arena *arena,
	struct session_row *ret_row)
{
	sqlite_bind_u64(reader->q[query], 1, id);
	int code = sqlite3_step(reader->q[query]);
	if (code == SQLITE_ROW)
		return take_session(reader, reader->q[query], arena, ret_row);
	return code == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(code);
}

enum err sqlite_read_session(struct store_reader *base, uint64_t id, struct arena *arena, struct session_row **ret_row)
{
	struct reader *reader = reader_of(base);
	struct session_row *row = arena_alloc(arena, sizeof *row);
	if (!row)
		return ERR_LIMIT_REACHED;
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = session_in(reader, Q_SESSION, id, arena, row);
	if (err == ERR_NOT_FOUND)
		err = session_in(reader, Q_PAST, id, arena, row);
	err = reader_finish(reader, err);
	if (err == ERR_OK)
		*ret_row = row;
	return err;
}

enum err reader_pools(struct reader *reader, struct str tenant, struct arena *arena, struct pools *ret_pools)
{
	sqlite3_stmt *st = reader->q[Q_POOLS];
	struct pools pools = {NULL, 0};
	int code;
	sqlite_bind_str(st, 1, tenant);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		uint32_t id = (uint32_t)sqlite3_column_int64(st, 0);
		if (!pools.ours) { /* the highest id comes first */
			pools = (struct pools){arena_alloc(arena, id + 1ul), id + 1};
			if (!pools.ours)
				return ERR_LIMIT_REACHED;
		}
		pools.ours[id] = true;
	}
	sqlite3_reset(st);
	*ret_pools = pools;
	return sqlite_err(code);
}

static uint64_t id_of(sqlite3_stmt *st, int code)
{
	return code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
}

/* A page out of both tables, merged by id. */
static enum err page_of_sessions(struct reader *reader, const struct sessions_filter *filter, const struct pools *pools,
	struct arena *arena, struct session_row *rows, int *ret_n, uint64_t *ret_next)
{
	sqlite3_stmt *live = reader->q[Q_SESSIONS], *past = reader->q[Q_PASTS];
	sqlite_bind_u64(live, 1, reader_from(filter->after));
	sqlite_bind_u64(past, 1, reader_from(filter->after));
	int live_code = sqlite3_step(live), past_code = sqlite3_step(past), n = 0;
	uint64_t last = 0;
	for (int looked = 0; sqlite_err(live_code) == ERR_OK && sqlite_err(past_code) == ERR_OK; looked++) {
		uint64_t live_id = id_of(live, live_code), past_id = id_of(past, past_code);
		if (live_id == 0 && past_id == 0)
			last = 0;
		if ((live_id == 0 && past_id == 0) || n == filter->page_size || looked == SCAN_MAX) {
			*ret_n = n;
			*ret_next = last;
			return ERR_OK;
		}
		sqlite3_stmt *st = live_id > past_id ? live : past;
		struct session_row row;
		struct str blob;
		sqlite_get_session(st, &row, &blob);
		last = row.id;
		if (pools_have(pools, row.pool_id) && row_session_matches(&row, filter)) {
			enum err err = take_session(reader, st, arena, &rows[n]);
			if (err != ERR_OK)
				return err;
			n++;
		}
		*(st == live ? &live_code : &past_code) = sqlite3_step(st);
	}
	return sqlite_err(live_code) != ERR_OK ? sqlite_err(live_code) : sqlite_err(past_code);
}

enum err sqlite_read_sessions(struct store_reader *base, const struct sessions_filter *filter, struct arena *arena,
	struct session_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct reader *reader = reader_of(base);
	struct pools pools;
	ASSERT(filter->page_size > 0);
	struct session_row *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	if (!rows)
		return ERR_LIMIT_REACHED;
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = reader_pools(reader, filter->tenant, arena, &pools);
	if (err == ERR_OK)
		err = page_of_sessions(reader, filter, &pools, arena, rows, ret_n, ret_next);
	err = reader_finish(reader, err);
	if (err == ERR_OK)
		*ret_rows = rows;
	return err;
}

/* Ids found, doubling in the arena. */
struct found {
	uint64_t *ids;
	int n, size;
};

static bool found_add(struct found *found, struct arena *arena, uint64_t id)
{
	if (found->n == found->size) {
		int size = found->size ? found->size * 2 : 64;
		uint64_t *more = arena_alloc(arena, (size_t)size * sizeof *more);
		if (!more)
			return false;
		if (found->n)
			memcpy(more, found->ids, (size_t)found->n * sizeof *more);
		found->ids = more;
		found->size = size;
	}
	found->ids[found->n++] = id;
	return true;
}

/* Persons lie in the blob as they are: only rows that have the bytes are decoded. */
static bool may_hold(struct str blob, const struct person *persons, int persons_n)
{
	for (int i = 0; i < persons_n; i++)
		if (blob.len && memmem(blob.at, blob.len, persons[i].key, sizeof persons[i].key))
			return true;
	return false;
}

static enum err find_person(sqlite3_stmt *st, const struct person *persons, int persons_n, struct arena *arena,
	struct arena *scratch, struct found *found)
{
	int code;
	sqlite_bind_u64(st, 1, INT64_MAX);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct session_row row;
		struct sealed sealed;
		struct str blob;
		sqlite_get_session(st, &row, &blob);
		if (!may_hold(blob, persons, persons_n))
			continue;
		arena_reset(scratch);
		enum err err = blob_decode(blob.at, blob.len, scratch, &row, &sealed);
		if (err != ERR_OK)
			return err;
		sealed_mark(&sealed, &row);
		if (row_session_holds(&row, persons, persons_n) && !found_add(found, arena, row.id))
			return ERR_LIMIT_REACHED;
	}
	return sqlite_err(code);
}

enum err sqlite_read_person(struct store_reader *base, const struct person *persons, int persons_n, struct arena *arena,
	uint64_t **ret_ids, int *ret_n)
{
	struct reader *reader = reader_of(base);
	struct found found = {NULL, 0, 0};
	struct arena scratch;
	arena_init(&scratch, 1 << 20);
	enum err err = reader_begin(reader);
	if (err == ERR_OK)
		err = find_person(reader->q[Q_SESSIONS], persons, persons_n, arena, &scratch, &found);
	if (err == ERR_OK)
		err = find_person(reader->q[Q_PASTS], persons, persons_n, arena, &scratch, &found);
	arena_done(&scratch);
	err = reader_finish(reader, err);
	if (err != ERR_OK)
		return err;
	*ret_ids = found.ids;
	*ret_n = found.n;
	return ERR_OK;
}
