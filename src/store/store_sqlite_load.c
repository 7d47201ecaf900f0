/* What a start reads, in the order that the visitor is promised, within one read transaction. */
#include "store/store_sqlite.h"

#include "base/check.h"
#include "base/hash.h"
#include "store/opener.h"
#include "store/row.h"
#include "store/unique.h"

#include <stdlib.h>

#define VN_ID_MAX ((1u << 24) - 1)
#define CALLS_MS (24ll * 3600 * 1000)
#define PURCHASES_MS (31 * 24ll * 3600 * 1000)

/* Column flags & 2: never live; & 4: its end is still to be announced. */
#define OPEN_AT "(closed_at = 0 OR (flags & 2 = 0 AND grace_until > ?1))"

struct load {
	struct store_sqlite *store;
	int64_t now_ms;
	const struct store_visitor *visitor;
	char *error;          /* 256 */
	uint64_t *vns;        /* numbers by id */
	uint32_t vns_n;
	struct unique *unique;
	bool open;            /* the sessions that are visited now are open */
};

/* Runs `each` for every row of a query; `parameter` is its ?1 if it has one. */
static enum err each_row(struct load *load, const char *sql, int64_t parameter,
	enum err (*each)(struct load *load, sqlite3_stmt *st))
{
	sqlite3_stmt *st = NULL;
	enum err err = ERR_OK;
	int code = sqlite3_prepare_v2(load->store->db, sql, -1, &st, NULL);
	if (code == SQLITE_OK && sqlite3_bind_parameter_count(st) > 0)
		code = sqlite3_bind_int64(st, 1, parameter);
	if (code == SQLITE_OK)
		while (err == ERR_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
			err = each(load, st);
	if (err == ERR_OK && (err = sqlite_err(code)) != ERR_OK)
		sqlite_explain(load->store->db, err, "database", load->error);
	sqlite3_finalize(st);
	return err;
}

/* A clock that was set back must not bring to life what had ended. */
static enum err each_time(struct load *load, sqlite3_stmt *st)
{
	int64_t time_ms = sqlite3_column_int64(st, 0);
	if (time_ms > load->now_ms)
		load->now_ms = time_ms;
	return load->visitor->time(load->visitor->context, time_ms);
}

static enum err each_pool(struct load *load, sqlite3_stmt *st)
{
	struct pool_row row;
	sqlite_get_pool(st, &row);
	return load->visitor->pool(load->visitor->context, &row);
}

static enum err keep_vn(struct load *load, const struct vn_row *row)
{
	if (row->id == 0 || row->id > VN_ID_MAX) {
		snprintf(load->error, 256, "virtual number %u: the id is out of range", row->id);
		return ERR_STORE_REFUSED;
	}
	if (row->id >= load->vns_n) {
		uint32_t want = row->id * 2 + 64;
		uint64_t *more = realloc(load->vns, want * sizeof *more);
		if (!more)
			return ERR_LIMIT_REACHED;
		memset(more + load->vns_n, 0, (want - load->vns_n) * sizeof *more);
		load->vns = more;
		load->vns_n = want;
	}
	load->vns[row->id] = row->number.e164;
	return ERR_OK;
}

static enum err each_vn(struct load *load, sqlite3_stmt *st)
{
	struct vn_row row;
	sqlite_get_vn(st, &row);
	enum err err = keep_vn(load, &row);
	return err == ERR_OK ? load->visitor->vn(load->visitor->context, &row) : err;
}

static enum err each_tombstone(struct load *load, sqlite3_stmt *st)
{
	struct tombstone_row row = {
		.hash = (uint64_t)sqlite3_column_int64(st, 0),
		.session = (uint64_t)sqlite3_column_int64(st, 1),
		.until = (uint32_t)sqlite3_column_int64(st, 2),
	};
	return load->visitor->tombstone(load->visitor->context, &row);
}

static enum err each_idempotency(struct load *load, sqlite3_stmt *st)
{
	struct idempotency_row row = {
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.until = (uint32_t)sqlite3_column_int64(st, 3),
		.status = sqlite3_column_int(st, 4),
		.session = (uint64_t)sqlite3_column_int64(st, 5),
	};
	sqlite_get_bytes(st, 1, row.key_hash, sizeof row.key_hash);
	sqlite_get_bytes(st, 2, row.body_hash, sizeof row.body_hash);
	return load->visitor->idempotency(load->visitor->context, &row);
}

static enum err each_call(struct load *load, sqlite3_stmt *st)
{
	struct call call;
	sqlite_get_call(st, &call);
	if (call.at_ms < load->now_ms - CALLS_MS)
		return ERR_OK;
	return load->visitor->call(load->visitor->context, &call);
}

static enum err each_sink(struct load *load, sqlite3_stmt *st)
{
	const struct sink_row row = {sqlite_get_str(st, 0), (uint64_t)sqlite3_column_int64(st, 1),
		(uint32_t)sqlite3_column_int64(st, 2)};
	return load->visitor->sink(load->visitor->context, &row);
}

static enum err each_retry(struct load *load, sqlite3_stmt *st)
{
	const struct retry_row row = {sqlite_get_str(st, 0), (uint64_t)sqlite3_column_int64(st, 1), sqlite_get_str(st, 2),
		(uint32_t)sqlite3_column_int64(st, 3), sqlite3_column_int64(st, 4)};
	return load->visitor->retry(load->visitor->context, &row);
}

static enum err each_offset(struct load *load, sqlite3_stmt *st)
{
	const struct offset_row row = {sqlite_get_str(st, 0), sqlite_get_str(st, 1), sqlite3_column_int(st, 2),
		sqlite3_column_int64(st, 3), sqlite3_column_int(st, 4)};
	return load->visitor->offset(load->visitor->context, &row);
}

static enum err each_dead(struct load *load, sqlite3_stmt *st)
{
	struct dead_row row;
	sqlite_get_dead(st, &row);
	row.detail = STR_NONE;
	return load->visitor->dead(load->visitor->context, &row);
}

static enum err each_last_id(struct load *load, sqlite3_stmt *st)
{
	return load->visitor->last_id(load->visitor->context, (uint64_t)sqlite3_column_int64(st, 0));
}

enum err sqlite_find_clash(sqlite3 *db, struct vault_use *use, const uint64_t *vns, uint32_t vns_n, int64_t now_ms,
	const struct session_row *row, uint64_t *ret_other)
{
	const struct opener_options options = {.vns = vns, .vns_n = vns_n};
	uint64_t found = unique_clash(row, row) ? row->id : 0;
	struct arena arena;
	arena_init(&arena, 1 << 20);
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(db, "SELECT * FROM session WHERE id < ?2 AND " OPEN_AT " ORDER BY id", -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite_bind_u64(st, 1, (uint64_t)(now_ms / 1000));
		sqlite_bind_u64(st, 2, row->id);
		while (found == 0 && (code = sqlite3_step(st)) == SQLITE_ROW) {
			struct session_row other;
			struct str blob;
			arena_reset(&arena);
			sqlite_get_session(st, &other, &blob);
			if (opener_open(&options, use, blob, &arena, &other) == ERR_OK && unique_clash(row, &other))
				found = other.id;
		}
	}
	sqlite3_finalize(st);
	arena_done(&arena);
	if (sqlite_err(code) == ERR_OK)
		*ret_other = found;
	return sqlite_err(code);
}

static enum err refuse_clash(struct load *load, const struct session_row *row)
{
	char a[SESSION_ID_TEXT_SIZE], b[SESSION_ID_TEXT_SIZE];
	uint64_t other;
	enum err err = sqlite_find_clash(load->store->db, load->store->use, load->vns, load->vns_n, load->now_ms, row,
		&other);
	if (err != ERR_OK || other == 0)
		return err;
	snprintf(load->error, 256, "sessions %s and %s both bind one caller's number to one virtual number (S1)",
		session_id_text(other, a), session_id_text(row->id, b));
	return ERR_STORE_REFUSED;
}

static enum err visit_session(void *context, const struct session_row *row, enum err opened)
{
	struct load *load = context;
	if (opened != ERR_OK) {
		char text[SESSION_ID_TEXT_SIZE];
		snprintf(load->error, 256, "session %s: %s", session_id_text(row->id, text),
			opened == ERR_STORE_REFUSED ? "its row is damaged or was sealed with another key" : "no memory");
		return opened;
	}
	if (load->open) {
		enum unique_said said = unique_add(load->unique, row);
		enum err err = said == UNIQUE_NO_MEMORY ? ERR_LIMIT_REACHED
				: said == UNIQUE_HIT ? refuse_clash(load, row) : ERR_OK;
		if (err != ERR_OK)
			return err;
	}
	return load->visitor->session(load->visitor->context, row);
}

static void soon_session(void *context, const struct session_row *row)
{
	struct load *load = context;
	if (load->open)
		unique_soon(load->unique, row);
	if (load->visitor->session_soon)
		load->visitor->session_soon(load->visitor->context, row);
}

/* Reads rows into pieces until the query ends; the code of its last step. */
static int feed(struct opener *opener, sqlite3_stmt *st)
{
	int code = SQLITE_ROW;
	while (code == SQLITE_ROW) {
		struct opener_piece *piece = opener_next(opener);
		if (!piece)
			return SQLITE_DONE;
		while (piece->n < OPENER_PIECE && (code = sqlite3_step(st)) == SQLITE_ROW) {
			struct session_row row;
			struct str blob;
			sqlite_get_session(st, &row, &blob);
			if (!opener_add(piece, &row, blob))
				return SQLITE_NOMEM;
		}
		opener_give(opener, piece);
	}
	return code;
}

static enum err load_sessions(struct load *load, const char *sql)
{
	const struct opener_options options = {.vault = load->store->vault, .vns = load->vns, .vns_n = load->vns_n,
		.visit = visit_session, .soon = soon_session, .context = load};
	struct opener *opener = opener_new(&options);
	if (!opener)
		return ERR_LIMIT_REACHED;
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(load->store->db, sql, -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, load->now_ms / 1000);
		code = feed(opener, st);
	}
	enum err err = opener_end(opener);
	opener_free(opener);
	if (err == ERR_OK && (err = sqlite_err(code)) != ERR_OK)
		sqlite_explain(load->store->db, err, "database", load->error);
	sqlite3_finalize(st);
	return err;
}

static enum err each_supply(struct load *load, sqlite3_stmt *st)
{
	struct supply_row row;
	sqlite_get_supply(st, &row);
	return load->visitor->supply(load->visitor->context, &row);
}

static enum err each_purchase(struct load *load, sqlite3_stmt *st)
{
	struct purchase_row row;
	sqlite_get_purchase(st, &row);
	return load->visitor->purchase(load->visitor->context, &row);
}

static enum err each_hour(struct load *load, sqlite3_stmt *st)
{
	uint64_t id = (uint64_t)sqlite3_column_int64(st, 0);
	const struct hour_row row = {(uint32_t)(id >> 32), (uint32_t)id, (uint32_t)sqlite3_column_int64(st, 1)};
	return load->visitor->hour(load->visitor->context, &row);
}

static enum err load_supply(struct load *load)
{
	const struct store_visitor *visitor = load->visitor;
	enum err err = ERR_OK;
	if (visitor->supply)
		err = each_row(load, "SELECT * FROM supply ORDER BY pool_id", 0, each_supply);
	if (err == ERR_OK && visitor->purchase)
		err = each_row(load, "SELECT * FROM purchase WHERE state < 3 OR at_ms >= ?1 ORDER BY id",
			load->now_ms - PURCHASES_MS, each_purchase);
	if (err == ERR_OK && visitor->hour)
		err = each_row(load, "SELECT * FROM pool_hour WHERE (id & 4294967295) * 3600 + 3024000 > ?1 ORDER BY id",
			load->now_ms / 1000, each_hour);
	return err;
}

/* What goes out and what came in; nobody may ask. */
static enum err load_streams(struct load *load)
{
	const struct store_visitor *visitor = load->visitor;
	enum err err = ERR_OK;
	if (visitor->sink)
		err = each_row(load, "SELECT * FROM sink ORDER BY name", 0, each_sink);
	if (err == ERR_OK && visitor->retry)
		err = each_row(load, "SELECT * FROM sink_retry ORDER BY sink, event", 0, each_retry);
	if (err == ERR_OK && visitor->offset)
		err = each_row(load, "SELECT * FROM stream_offset", 0, each_offset);
	if (err == ERR_OK && visitor->dead)
		err = each_row(load, "SELECT " SQLITE_DEAD_COLUMNS " FROM dead ORDER BY id", 0, each_dead);
	if (err == ERR_OK)
		err = load_supply(load);
	if (err == ERR_OK)
		err = store_sqlite_load_messages(load->store, (int64_t)row_id_at(load->now_ms - CALLS_MS),
			load->visitor);
	if (err == ERR_OK && visitor->block)
		err = store_sqlite_load_blocks(load->store, visitor, load->error);
	if (err == ERR_OK && visitor->last_id)
		err = each_row(load,
			"SELECT max(ifnull((SELECT max(id) FROM session), 0), ifnull((SELECT max(id) FROM session_past), 0),"
			" ifnull((SELECT max(id) FROM call), 0), ifnull((SELECT max(id) FROM idempotency), 0),"
			" ifnull((SELECT max(id) FROM outbox), 0), ifnull((SELECT max(id) FROM dead), 0),"
			" ifnull((SELECT max(id) FROM purchase), 0), ifnull((SELECT max(id) FROM block), 0),"
			" ifnull((SELECT max(id) FROM message), 0),"
			" ifnull((SELECT max(cursor) FROM sink), 0))",
			0, each_last_id);
	return err;
}

static enum err load_all(struct load *load)
{
	enum err err = each_row(load, "SELECT coalesce((SELECT value FROM meta WHERE name = 'time'), 0)", 0, each_time);
	if (err == ERR_OK)
		err = each_row(load, "SELECT * FROM pool ORDER BY id", 0, each_pool);
	if (err == ERR_OK)
		err = each_row(load, "SELECT * FROM vn ORDER BY id", 0, each_vn);
	load->open = true;
	if (err == ERR_OK)
		err = load_sessions(load, "SELECT * FROM session WHERE " OPEN_AT " ORDER BY id");
	load->open = false;
	if (err == ERR_OK)
		err = load_sessions(load, "SELECT * FROM session WHERE (done_at > ?1 OR flags & 4) AND NOT " OPEN_AT " ORDER BY id");
	if (err == ERR_OK)
		err = each_row(load, "SELECT hash, session, until FROM tombstone WHERE until > ?1 ORDER BY id",
			load->now_ms / 1000, each_tombstone);
	if (err == ERR_OK)
		err = each_row(load, "SELECT id, key_hash, body_hash, until, status, session FROM idempotency"
			" WHERE until > ?1 ORDER BY id", load->now_ms / 1000, each_idempotency);
	if (err == ERR_OK)
		err = each_row(load, "SELECT * FROM call WHERE id >= ?1 ORDER BY id",
			(int64_t)row_id_at(load->now_ms - CALLS_MS), each_call);
	if (err == ERR_OK)
		err = store_sqlite_load_talked(load->store, load->visitor, load->error);
	if (err == ERR_OK)
		err = load_streams(load);
	/* Counted now, and not by the first commit. */
	return err == ERR_OK ? sqlite_err(store_sqlite_outbox_begin(load->store)) : err;
}

enum err store_sqlite_load(struct store *base, int64_t now_ms, const struct store_visitor *visitor, char ret_error[256])
{
	struct store_sqlite *store = store_sqlite_of(base);
	uint8_t check[VAULT_CHECK_SIZE];
	uint64_t seed;
	vault_check(store->vault, 0, check);
	memcpy(&seed, check, sizeof seed);
	struct load load = {.store = store, .now_ms = now_ms, .visitor = visitor, .error = ret_error,
		.unique = unique_new(seed)};
	ret_error[0] = '\0';
	enum err err = load.unique ? ERR_OK : ERR_LIMIT_REACHED;
	int code = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);
	if (err == ERR_OK && (err = sqlite_err(code)) != ERR_OK)
		sqlite_explain(store->db, err, "database", ret_error);
	if (err == ERR_OK)
		err = load_all(&load);
	if (code == SQLITE_OK)
		sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	if (err != ERR_OK && ret_error[0] == '\0')
		snprintf(ret_error, 256, "the database can't be loaded: %s", err_title(err));
	store->refused = err != ERR_OK;
	unique_free(load.unique);
	free(load.vns);
	return err;
}
