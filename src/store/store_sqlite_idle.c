/* Housekeeping in quiet moments, a few hundred rows at a time: checkpoints; ended sessions move to session_past, so
 * that a start reads live ones only; what was kept long enough goes.
 *
 * Each table is swept once an hour, more often if a pool keeps its rows for less than sixteen hours, from its first id
 * to its last or to the first that is too young in any pool; a step looks at SWEEP_LOOK rows and changes at most
 * SWEEP_CHANGE of them in one transaction.
 */
#include "store/store_sqlite.h"

#include "store/row.h"

#include <stdlib.h>

#define SWEEP_LOOK 1000
#define SWEEP_CHANGE 300
#define SWEEP_REST_MS (3600ll * 1000)
#define SWEEP_REST_LEAST_MS (10ll * 1000)
#define SWEEP_REST_TIMES 4  /* as long as the last sweep took, at least */
#define SWEEPS_A_KEEP 16 /* so a row stays for a sixteenth of its time longer, an hour at most */

/* A row's columns: id, epoch seconds of its end (0: none yet), pool, and of what its end is never before, which
 * ascends as ids do (0: nothing is known of that, or it is not kept). */
static const struct {
	const char *look;
	const char *drop;
	bool kept; /* the pool's keep_s after its end */
} sweeps[SWEEP__COUNT] = {
	/* flags & 4: its end is still to be announced. */
	[SWEEP_SESSION] = {"SELECT id, iif(flags & 4, 0, done_at), pool_id, 0 FROM session WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM session WHERE id = ?1", false},
	[SWEEP_PAST] = {"SELECT id, closed_at, pool_id, opened_at FROM session_past WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM session_past WHERE id = ?1", true},
	[SWEEP_CALL] = {"SELECT id, at_ms / 1000, pool_id, at_ms / 1000 FROM call WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM call WHERE id = ?1", true},
	[SWEEP_TOMBSTONE] = {"SELECT id, until, 0, 0 FROM tombstone WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM tombstone WHERE id = ?1", false},
	[SWEEP_IDEMPOTENCY] = {"SELECT id, until, 0, 0 FROM idempotency WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM idempotency WHERE id = ?1", false},
	/* A year, but not what is under way; five weeks. */
	[SWEEP_PURCHASE] = {"SELECT id, iif(state < 3, 0, at_ms / 1000 + 31536000), 0, 0 FROM purchase WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM purchase WHERE id = ?1", false},
	[SWEEP_HOUR] = {"SELECT id, (id & 4294967295) * 3600 + 3024000, 0, 0 FROM pool_hour WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM pool_hour WHERE id = ?1", false},
	/* Not what waits. */
	[SWEEP_MESSAGE] =
		{"SELECT id, iif(state = 1, 0, at_ms / 1000), pool_id, at_ms / 1000 FROM message WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM message WHERE id = ?1", true},
	[SWEEP_MESSAGE_BOX] = {"SELECT id, keep_until, 0, 0 FROM message_box WHERE id > ?1 ORDER BY id LIMIT ?2",
		"DELETE FROM message_box WHERE id = ?1", false},
};

#define NO_POOL UINT32_MAX

static bool make_keep(struct store_sqlite *store, uint32_t pools)
{
	uint32_t *keep = realloc(store->keep_s, (pools + 1ul) * sizeof *keep);
	if (!keep)
		return false;
	store->keep_s = keep;
	store->keep_n = pools + 1;
	for (uint32_t i = 0; i <= pools; i++)
		keep[i] = NO_POOL;
	return true;
}

/* What is of no pool is kept as long as by any. */
static int read_keep(struct store_sqlite *store)
{
	sqlite3_stmt *st = NULL;
	uint32_t least = UINT32_MAX, most = 0;
	int code = sqlite3_prepare_v2(store->db, "SELECT id, keep_s FROM pool ORDER BY id DESC", -1, &st, NULL);
	store->keep_n = 0;
	while (code != SQLITE_DONE && (code == SQLITE_OK || code == SQLITE_ROW)) {
		code = sqlite3_step(st);
		if (code != SQLITE_ROW)
			break;
		uint32_t id = (uint32_t)sqlite3_column_int64(st, 0), keep_s = (uint32_t)sqlite3_column_int64(st, 1);
		if (store->keep_n == 0 && !make_keep(store, id)) { /* the highest id comes first */
			code = SQLITE_NOMEM;
			break;
		}
		store->keep_s[id] = keep_s;
		least = keep_s < least ? keep_s : least;
		most = keep_s > most ? keep_s : most;
	}
	sqlite3_finalize(st);
	store->keep_known = sqlite_err(code) == ERR_OK;
	store->keep_others_s = store->keep_n ? most : ROW_KEEP_S;
	store->keep_least_s = store->keep_n ? least : ROW_KEEP_S;
	return code;
}

static uint32_t keep_of(const struct store_sqlite *store, uint32_t pool)
{
	return pool < store->keep_n && store->keep_s[pool] != NO_POOL ? store->keep_s[pool] : store->keep_others_s;
}

static bool is_over(const struct store_sqlite *store, enum sweep sweep, int64_t end, uint32_t pool, int64_t now_s)
{
	if (end == 0)
		return false;
	if (sweeps[sweep].kept)
		end += keep_of(store, pool);
	return end <= now_s;
}

/* Too young in any pool, and so is what follows. */
static bool is_young(const struct store_sqlite *store, int64_t since, int64_t now_s)
{
	return since > 0 && since <= now_s && since + store->keep_least_s > now_s; /* a time to come tells nothing of others */
}

/* The next ids that are over; *ret_more is false at the end of the table, or of what can be over. */
static int look(struct store_sqlite *store, enum sweep sweep, int64_t now_s, uint64_t ids[SWEEP_CHANGE], int *ret_n,
	bool *ret_more)
{
	sqlite3_stmt *st = NULL;
	int looked = 0, n = 0;
	bool young = false;
	int code = sqlite3_prepare_v2(store->db, sweeps[sweep].look, -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite_bind_u64(st, 1, store->sweep[sweep].cursor);
		sqlite3_bind_int(st, 2, SWEEP_LOOK);
		while (!young && n < SWEEP_CHANGE && (code = sqlite3_step(st)) == SQLITE_ROW) {
			uint64_t id = (uint64_t)sqlite3_column_int64(st, 0);
			store->sweep[sweep].cursor = id;
			looked++;
			if (is_over(store, sweep, sqlite3_column_int64(st, 1), (uint32_t)sqlite3_column_int64(st, 2), now_s))
				ids[n++] = id;
			young = is_young(store, sqlite3_column_int64(st, 3), now_s);
		}
	}
	sqlite3_finalize(st);
	*ret_n = n;
	*ret_more = !young && (looked == SWEEP_LOOK || n == SWEEP_CHANGE);
	return code;
}

/* A session's row to session_past, without what served its cool-down. */
static int set_aside(struct store_sqlite *store, uint64_t id, struct arena *arena)
{
	sqlite3_stmt *get = store->st[ST_SESSION_GET];
	struct session_row row;
	struct sealed sealed;
	struct str blob;
	sqlite_bind_u64(get, 1, id);
	int code = sqlite3_step(get);
	if (code == SQLITE_ROW) {
		sqlite_get_session(get, &row, &blob);
		enum err err = blob_decode(blob.at, blob.len, arena, &row, &sealed);
		code = err == ERR_OK ? SQLITE_OK : err == ERR_STORE_REFUSED ? SQLITE_CORRUPT : SQLITE_NOMEM;
		if (err == ERR_OK) {
			sealed_settle(&sealed, &row);
			buf_reset(&store->blob);
			blob_encode(&row, &sealed, &store->blob);
			sqlite_bind_session(store->st[ST_PAST_PUT], &row, buf_text(&store->blob));
			code = buf_ok(&store->blob) ? sqlite_run(store->st[ST_PAST_PUT]) : SQLITE_NOMEM;
		}
	}
	sqlite3_reset(get);
	return code;
}

static int change(struct store_sqlite *store, enum sweep sweep, const uint64_t *ids, int n)
{
	sqlite3_stmt *drop = NULL;
	struct arena arena;
	arena_init(&arena, 1 << 20);
	int code = sqlite3_prepare_v2(store->db, sweeps[sweep].drop, -1, &drop, NULL);
	for (int i = 0; i < n && sqlite_err(code) == ERR_OK; i++) {
		arena_reset(&arena);
		if (sweep == SWEEP_SESSION)
			code = set_aside(store, ids[i], &arena);
		if (sqlite_err(code) != ERR_OK)
			break;
		sqlite_bind_u64(drop, 1, ids[i]);
		code = sqlite_run(drop);
	}
	sqlite3_finalize(drop);
	arena_done(&arena);
	return code;
}

/* How long a table is left alone: a large one, which took its time, longer. */
static int64_t rest_ms(const struct store_sqlite *store, enum sweep sweep)
{
	int64_t ms = store->keep_least_s * 1000ll / SWEEPS_A_KEEP, least = SWEEP_REST_LEAST_MS;
	int64_t took = store->sweep[sweep].ended_ms - store->sweep[sweep].began_ms;
	if (took * SWEEP_REST_TIMES > least)
		least = took * SWEEP_REST_TIMES;
	if (ms < least)
		ms = least;
	return ms < SWEEP_REST_MS ? ms : SWEEP_REST_MS;
}

/* One step of a sweep. An error ends it until the next: it is housekeeping. */
static void sweep_step(struct store_sqlite *store, enum sweep sweep, int64_t now_ms)
{
	uint64_t ids[SWEEP_CHANGE];
	int n = 0;
	bool more = false;
	int code = look(store, sweep, now_ms / 1000, ids, &n, &more);
	if (sqlite_err(code) == ERR_OK && n > 0) {
		code = sqlite_run(store->st[ST_BEGIN]);
		if (sqlite_err(code) == ERR_OK)
			code = store_sqlite_finish(store, change(store, sweep, ids, n));
	}
	if (sqlite_err(code) != ERR_OK)
		(void)store_sqlite_failed(store, code);
	if (more && sqlite_err(code) == ERR_OK)
		return;
	store->sweep[sweep].running = false;
	store->sweep[sweep].cursor = 0;
	store->sweep[sweep].ended_ms = now_ms;
}

/* The sweep that is under way, or is due; SWEEP__COUNT: none. */
static enum sweep next_sweep(struct store_sqlite *store, int64_t now_ms)
{
	if (!store->keep_known && sqlite_err(read_keep(store)) != ERR_OK)
		return SWEEP__COUNT;
	for (int i = 0; i < SWEEP__COUNT; i++)
		if (store->sweep[i].running)
			return (enum sweep)i;
	enum sweep next = SWEEP__COUNT; /* of those that are due the one that ended first: none waits for ever */
	for (int i = 0; i < SWEEP__COUNT; i++) {
		if (store->sweep[i].ended_ms > 0 && now_ms < store->sweep[i].ended_ms + rest_ms(store, (enum sweep)i))
			continue;
		if (next == SWEEP__COUNT || store->sweep[i].ended_ms < store->sweep[next].ended_ms)
			next = (enum sweep)i;
	}
	if (next != SWEEP__COUNT) {
		store->sweep[next].running = true;
		store->sweep[next].began_ms = now_ms;
	}
	return next;
}

bool store_sqlite_idle(struct store *base, int64_t now_ms)
{
	struct store_sqlite *store = store_sqlite_of(base);
	if (store->must_stop || store->lock_fd < 0)
		return false;
	if (store->wal_pages >= SQLITE_WAL_PAGES_IDLE)
		store_sqlite_checkpoint(store);
	bool more = store_sqlite_reseal(store, now_ms);
	if (!store->must_stop)
		more |= store_sqlite_outbox_idle(store, now_ms);
	enum sweep sweep = store->must_stop ? SWEEP__COUNT : next_sweep(store, now_ms);
	if (sweep != SWEEP__COUNT)
		sweep_step(store, sweep, now_ms);
	return (more || sweep != SWEEP__COUNT) && !store->must_stop;
}
