/* Events for the outside: the outbox, the sinks that want them and their retries.
 *
 * The outbox is an append-only table that is emptied at its old end: in quiet moments of what every sink has and is old
 * enough; past outbox_max of the oldest rows whatever their state, in the very commit that brings newer ones (who has
 * them is judged as it was before that commit): first of those that are not of sessions, which a partial index finds, also
 * of those that the commit brings; of sessions' only when there are no others. How many rows there are is kept in memory; the table is counted once, at
 * a start.
 */
#include "store/store_sqlite_reader.h"

#include "base/check.h"
#include "store/row.h"

#define IDLE_STEP 1000
#define PURGE_REST_MS (300ll * 1000)
#define PURGE_REST_LEAST_MS (10ll * 1000)
#define PURGES_A_KEEP 16 /* so an event stays for a sixteenth of its time longer, five minutes at most */
#define FAILED_REST_MS (60ll * 1000)

enum { WANTED_BY_NOBODY, WANTED_AGAIN, WANTED_FIRST }; /* ST_OUTBOX_LOOK's last column */

/* --- records --- */

static int add_event(struct store_sqlite *store, const struct outbox_row *row)
{
	sqlite3_stmt *st = store->st[ST_OUTBOX_ADD];
	struct outbox_change *change = &store->outbox.change;
	ASSERT(row->id > change->last);
	change->last = row->id;
	if (change->skip > 0 && !row_outbox_is_sessions(row)) {
		change->skip--;
		return SQLITE_DONE;
	}
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_u64(st, 2, (uint64_t)row->at_ms);
	sqlite_bind_str(st, 3, row->type);
	sqlite_bind_str(st, 4, row->tenant);
	sqlite_bind_str(st, 5, row->pool);
	sqlite_bind_u64(st, 6, row->session);
	sqlite_bind_str(st, 7, row->key);
	sqlite_bind_str(st, 8, row->data);
	change->added++;
	return sqlite_run(st);
}

static int put_sink(struct store_sqlite *store, const struct sink_row *row)
{
	sqlite3_stmt *st = store->st[ST_SINK_PUT];
	ASSERT(row->name.len > 0 && row->name.len <= ROW_SINK_NAME_MAX);
	sqlite_bind_str(st, 1, row->name);
	sqlite_bind_u64(st, 2, row->cursor);
	sqlite_bind_u64(st, 3, row->disabled_at);
	return sqlite_run(st);
}

static int drop_sink(struct store_sqlite *store, const struct sink_row *row)
{
	sqlite_bind_str(store->st[ST_RETRIES_DROP], 1, row->name);
	int code = sqlite_run(store->st[ST_RETRIES_DROP]);
	if (sqlite_err(code) != ERR_OK)
		return code;
	sqlite_bind_str(store->st[ST_SINK_DROP], 1, row->name);
	return sqlite_run(store->st[ST_SINK_DROP]);
}

static int put_retry(struct store_sqlite *store, const struct retry_row *row)
{
	sqlite3_stmt *st = store->st[ST_RETRY_PUT];
	sqlite_bind_str(st, 1, row->sink);
	sqlite_bind_u64(st, 2, row->event);
	sqlite_bind_str(st, 3, row->key);
	sqlite_bind_u64(st, 4, row->attempt);
	sqlite_bind_u64(st, 5, (uint64_t)row->due_ms);
	return sqlite_run(st);
}

static int drop_retry(struct store_sqlite *store, const struct retry_row *row)
{
	sqlite3_stmt *st = store->st[ST_RETRY_DROP];
	sqlite_bind_str(st, 1, row->sink);
	sqlite_bind_u64(st, 2, row->event);
	return sqlite_run(st);
}

int store_sqlite_write_outbox(struct store_sqlite *store, const struct record *record)
{
	switch ((int)record->kind) {
	case RECORD_OUTBOX:
		return add_event(store, record->outbox);
	case RECORD_SINK:
		return put_sink(store, record->sink);
	case RECORD_SINK_DROP:
		return drop_sink(store, record->sink);
	case RECORD_RETRY:
		return put_retry(store, record->retry);
	case RECORD_RETRY_DROP:
		return drop_retry(store, record->retry);
	}
	ASSERT(!"a record of the outbox");
	return SQLITE_MISUSE;
}

/* --- the limit --- */

static int count(struct store_sqlite *store)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(store->db, "SELECT count(*), max(id) FROM outbox", -1, &st, NULL);
	if (code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW) {
		store->outbox.n = (uint64_t)sqlite3_column_int64(st, 0);
		store->outbox.last = (uint64_t)sqlite3_column_int64(st, 1);
		store->outbox.counted = true;
	}
	sqlite3_finalize(st);
	return code;
}

int store_sqlite_outbox_begin(struct store_sqlite *store)
{
	int code = store->outbox.counted || store->lock_fd < 0 ? SQLITE_OK : count(store);
	store->outbox.change = (struct outbox_change){.last = store->outbox.last};
	return code;
}

void store_sqlite_outbox_end(struct store_sqlite *store)
{
	struct outbox_state *outbox = &store->outbox;
	outbox->n += outbox->change.added - outbox->change.gone;
	outbox->last = outbox->change.last;
	loss_add(&outbox->loss, &store->base, outbox->change.lost);
	outbox->change = (struct outbox_change){.last = outbox->last};
}

/* Rows with ids in (after, last]. */
static int drop_events(struct store_sqlite *store, uint64_t after, uint64_t last)
{
	sqlite3_stmt *st = store->st[ST_OUTBOX_CUT];
	sqlite_bind_u64(st, 1, after);
	sqlite_bind_u64(st, 2, last);
	int code = sqlite_run(st);
	if (sqlite_err(code) == ERR_OK)
		store->outbox.change.gone += (uint64_t)sqlite3_changes64(store->db);
	return code;
}

/* The id of the last of the oldest `max` rows; *ret_n: how many there are. Counts those that somebody wants still. */
static int look_oldest(struct store_sqlite *store, enum statement which, uint64_t max, uint64_t *ret_last, uint64_t *ret_n)
{
	sqlite3_stmt *look = store->st[which];
	int code;
	sqlite_bind_u64(look, 1, 0);
	sqlite_bind_u64(look, 2, max);
	*ret_last = *ret_n = 0;
	while ((code = sqlite3_step(look)) == SQLITE_ROW) {
		*ret_last = (uint64_t)sqlite3_column_int64(look, 0);
		store->outbox.change.lost += sqlite3_column_int(look, 2) != WANTED_BY_NOBODY;
		++*ret_n;
	}
	sqlite3_reset(look);
	return code;
}

/* The oldest that are not of sessions, at most `max`. */
static int cut_others(struct store_sqlite *store, uint64_t max, uint64_t *ret_n)
{
	sqlite3_stmt *cut = store->st[ST_OTHERS_CUT], *retries = store->st[ST_OTHERS_RETRY_CUT];
	uint64_t last;
	int code = look_oldest(store, ST_OTHERS_LOOK, max, &last, ret_n);
	if (sqlite_err(code) != ERR_OK || *ret_n == 0)
		return code;
	sqlite_bind_u64(retries, 1, last);
	code = sqlite_run(retries); /* while the events are there to name them */
	if (sqlite_err(code) != ERR_OK)
		return code;
	sqlite_bind_u64(cut, 1, last);
	code = sqlite_run(cut);
	store->outbox.change.gone += *ret_n;
	return code;
}

/* The oldest, at most `max`; there are none but those of sessions. */
static int cut_sessions(struct store_sqlite *store, uint64_t max)
{
	sqlite3_stmt *retries = store->st[ST_RETRY_CUT];
	uint64_t last, n;
	int code = look_oldest(store, ST_OUTBOX_LOOK, max, &last, &n);
	if (sqlite_err(code) == ERR_OK)
		code = drop_events(store, 0, last);
	if (sqlite_err(code) != ERR_OK)
		return code;
	sqlite_bind_u64(retries, 1, last);
	return sqlite_run(retries);
}

/* The next `n` that come and are not of sessions are not added. */
static int skip_others(struct store_sqlite *store, uint64_t n)
{
	sqlite3_stmt *wants = store->st[ST_SINK_WANTS];
	int code = sqlite3_step(wants);
	if (code == SQLITE_ROW && sqlite3_column_int(wants, 0))
		store->outbox.change.lost += n;
	sqlite3_reset(wants);
	store->outbox.change.skip = n;
	return code;
}

int store_sqlite_outbox_cut(struct store_sqlite *store, uint64_t coming, uint64_t others, uint64_t most)
{
	const struct outbox_change *change = &store->outbox.change;
	uint64_t n = store->outbox.n + change->added - change->gone + coming, max = store->base.outbox_max, gone;
	if (max == 0 || n <= max || store->lock_fd < 0)
		return SQLITE_OK;
	uint64_t over = n - max < most ? n - max : most;
	int code = cut_others(store, over, &gone);
	if (sqlite_err(code) != ERR_OK || gone == over)
		return code;
	over -= gone;
	if (others > 0) {
		uint64_t skip = over < others ? over : others;
		code = skip_others(store, skip);
		over -= skip;
	}
	return sqlite_err(code) != ERR_OK || over == 0 ? code : cut_sessions(store, over);
}

/* --- quiet moments --- */

/* What a step of the purge found: rows up to `last` were looked at, all of them go but `kept`. */
struct found {
	uint64_t last;
	uint64_t kept[IDLE_STEP];
	int kept_n, looked;
	bool end; /* what follows is too young, or on its way, or there is nothing */
};

static int look_on(struct store_sqlite *store, int64_t before_ms, struct found *found)
{
	sqlite3_stmt *look = store->st[ST_OUTBOX_LOOK];
	int code;
	sqlite_bind_u64(look, 1, store->outbox.cursor);
	sqlite_bind_u64(look, 2, IDLE_STEP);
	found->last = store->outbox.cursor;
	found->kept_n = found->looked = 0;
	while ((code = sqlite3_step(look)) == SQLITE_ROW) {
		int wanted = sqlite3_column_int(look, 2);
		if (wanted == WANTED_FIRST || sqlite3_column_int64(look, 1) > before_ms)
			break;
		found->last = (uint64_t)sqlite3_column_int64(look, 0);
		found->looked++;
		if (wanted == WANTED_AGAIN)
			found->kept[found->kept_n++] = found->last;
	}
	found->end = found->looked < IDLE_STEP;
	sqlite3_reset(look);
	return code;
}

/* The runs between those that are kept. */
static int drop_found(struct store_sqlite *store, const struct found *found)
{
	uint64_t after = store->outbox.cursor;
	int code = SQLITE_OK;
	for (int i = 0; i < found->kept_n && sqlite_err(code) == ERR_OK; i++) {
		if (found->kept[i] > after + 1)
			code = drop_events(store, after, found->kept[i] - 1);
		after = found->kept[i];
	}
	return sqlite_err(code) == ERR_OK ? drop_events(store, after, found->last) : code;
}

/* One transaction of a quiet moment: towards the limit, or (with `found`) of the purge. */
static int change(struct store_sqlite *store, const struct found *found)
{
	int code = sqlite_run(store->st[ST_BEGIN]);
	if (sqlite_err(code) != ERR_OK)
		return code;
	code = store_sqlite_outbox_begin(store);
	if (sqlite_err(code) == ERR_OK)
		code = found ? drop_found(store, found) : store_sqlite_outbox_cut(store, 0, 0, IDLE_STEP);
	code = store_sqlite_finish(store, code);
	if (code == SQLITE_OK)
		store_sqlite_outbox_end(store);
	return code;
}

/* SQLITE_OK: there is more to do; DONE: for now there is not. */
static int purge(struct store_sqlite *store, int64_t now_ms)
{
	struct found found;
	int code = look_on(store, now_ms - store->base.outbox_keep_s * 1000ll, &found);
	if (sqlite_err(code) == ERR_OK && found.looked > found.kept_n)
		code = change(store, &found);
	if (sqlite_err(code) != ERR_OK)
		return code;
	store->outbox.cursor = found.end ? 0 : found.last;
	return found.end ? SQLITE_DONE : SQLITE_OK;
}

static int64_t purge_rest_ms(const struct store_sqlite *store)
{
	int64_t ms = store->base.outbox_keep_s * 1000ll / PURGES_A_KEEP;
	if (ms < PURGE_REST_LEAST_MS)
		return PURGE_REST_LEAST_MS;
	return ms < PURGE_REST_MS ? ms : PURGE_REST_MS;
}

static bool is_over(const struct store_sqlite *store)
{
	return store->base.outbox_max > 0 && store->outbox.n > store->base.outbox_max;
}

bool store_sqlite_outbox_idle(struct store_sqlite *store, int64_t now_ms)
{
	struct outbox_state *outbox = &store->outbox;
	loss_rest(&outbox->loss, &store->base, now_ms);
	int code = outbox->counted ? SQLITE_OK : count(store);
	if (sqlite_err(code) == ERR_OK && is_over(store))
		code = change(store, NULL);
	else if (sqlite_err(code) == ERR_OK && store->base.outbox_keep_s > 0 && now_ms >= outbox->rests_until_ms)
		code = purge(store, now_ms);
	else if (sqlite_err(code) == ERR_OK)
		return false;
	if (code == SQLITE_OK)
		return true;
	outbox->rests_until_ms = now_ms + (code == SQLITE_DONE ? purge_rest_ms(store) : FAILED_REST_MS);
	if (code != SQLITE_DONE)
		(void)store_sqlite_failed(store, code);
	return false;
}

/* --- readers --- */

/* Texts point into the statement until it steps. */
static struct outbox_row event_of(sqlite3_stmt *st)
{
	return (struct outbox_row){
		.id = (uint64_t)sqlite3_column_int64(st, 0),
		.at_ms = sqlite3_column_int64(st, 1),
		.type = sqlite_get_str(st, 2),
		.tenant = sqlite_get_str(st, 3),
		.pool = sqlite_get_str(st, 4),
		.session = (uint64_t)sqlite3_column_int64(st, 5),
		.key = sqlite_get_str(st, 6),
		.data = sqlite_get_str(st, 7),
	};
}

static enum err take_event(sqlite3_stmt *st, struct arena *arena, struct outbox_row *ret_row)
{
	struct outbox_row row = event_of(st);
	void *at = arena_alloc(arena, row_outbox_size(&row));
	if (!at)
		return ERR_LIMIT_REACHED;
	*ret_row = *row_outbox_copy(at, &row);
	return ERR_OK;
}

enum err sqlite_read_outbox(struct store_reader *base, uint64_t after, int max, struct arena *arena,
	struct outbox_row **ret_rows, int *ret_n)
{
	struct reader *reader = reader_of(base);
	sqlite3_stmt *st = reader->q[Q_OUTBOX];
	enum err err = ERR_OK;
	int code, n = 0;
	ASSERT(max > 0);
	struct outbox_row *rows = arena_alloc(arena, (size_t)max * sizeof *rows);
	if (!rows)
		return ERR_LIMIT_REACHED;
	sqlite_bind_u64(st, 1, after);
	sqlite_bind_u64(st, 2, (uint64_t)max);
	while (err == ERR_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
		err = take_event(st, arena, &rows[n++]);
	sqlite3_reset(st);
	if (err == ERR_OK)
		err = reader_finish(reader, sqlite_err(code));
	if (err != ERR_OK)
		return err;
	*ret_rows = rows;
	*ret_n = n;
	return ERR_OK;
}

enum err sqlite_read_event(struct store_reader *base, uint64_t id, struct arena *arena, struct outbox_row *ret_row)
{
	struct reader *reader = reader_of(base);
	sqlite3_stmt *st = reader->q[Q_EVENT];
	sqlite_bind_u64(st, 1, id);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		return reader_finish(reader, take_event(st, arena, ret_row));
	return reader_finish(reader, code == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_err(code));
}

/* An id is of the time of its event or, when the clock was set back, of a later one: never of an earlier one. */
enum err sqlite_read_outbox_since(struct store_reader *base, int64_t since_ms, uint64_t *ret_id)
{
	struct reader *reader = reader_of(base);
	sqlite3_stmt *st = reader->q[Q_OUTBOX_SINCE];
	sqlite_bind_u64(st, 1, row_id_at(since_ms));
	sqlite_bind_u64(st, 2, (uint64_t)since_ms);
	int code = sqlite3_step(st);
	if (sqlite_err(code) == ERR_OK)
		*ret_id = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	return reader_finish(reader, sqlite_err(code));
}
