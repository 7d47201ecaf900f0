/* Batches: one transaction each. Audit rows and API keys go the same way. */
#include "store/store_sqlite.h"

#include "base/check.h"
#include "store/row.h"

#include <stdlib.h>

#define OUTBOX_STEP 256 /* events past the limit that a commit takes out, besides as many as it brings */

/* Boxes are the same for the same number, session and role: what is there already need not be sealed again. */
static int put_session(struct store_sqlite *store, const struct session_row *row, bool whole)
{
	struct sealed sealed;
	int code = row_session_lacks(row) ? store_sqlite_forget_texts(store, row->id) : SQLITE_OK;
	if (sqlite_err(code) != ERR_OK)
		return code;
	if (!whole) {
		sqlite_bind_session_fields(store->st[ST_SESSION_ALIKE], row);
		code = sqlite_run(store->st[ST_SESSION_ALIKE]);
		if (sqlite_err(code) != ERR_OK || sqlite3_changes(store->db) == 1)
			return code;
	}
	if (!sealed_make(store->use, row, &sealed))
		return SQLITE_NOMEM;
	buf_reset(&store->blob);
	blob_encode(row, &sealed, &store->blob);
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	sqlite_bind_session(store->st[ST_SESSION_PUT], row, buf_text(&store->blob));
	return sqlite_run(store->st[ST_SESSION_PUT]);
}

/* Boxes of erased numbers go; the others stay as they are sealed. */
static bool erase_boxes(const struct session_row *row, const struct session_erase *erase, struct sealed *sealed)
{
	bool any = false;
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++) {
			const struct person *person = &row->parties[i].persons[j];
			if (sealed->box[i][j][0] == 0)
				continue;
			if (!erase->all && memcmp(person, &erase->person, sizeof *person) != 0)
				continue;
			memset(sealed->box[i][j], 0, VAULT_BOX_SIZE);
			any = true;
		}
	return any;
}

static int erase_row(struct store_sqlite *store, sqlite3_stmt *get, sqlite3_stmt *put, const struct session_erase *erase,
	struct arena *arena)
{
	struct session_row row;
	struct sealed sealed;
	struct str blob;
	sqlite_get_session(get, &row, &blob);
	enum err err = blob_decode(blob.at, blob.len, arena, &row, &sealed);
	if (err != ERR_OK)
		return err == ERR_STORE_REFUSED ? SQLITE_CORRUPT : SQLITE_NOMEM;
	if (!erase_boxes(&row, erase, &sealed))
		return SQLITE_OK;
	if (put == store->st[ST_PAST_PUT])
		sealed_settle(&sealed, &row);
	buf_reset(&store->blob);
	blob_encode(&row, &sealed, &store->blob);
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	sqlite_bind_session(put, &row, buf_text(&store->blob));
	return sqlite_run(put);
}

static int erase_from(struct store_sqlite *store, enum statement get, enum statement put,
	const struct session_erase *erase)
{
	struct arena arena;
	arena_init(&arena, 1 << 20);
	sqlite3_stmt *st = store->st[get];
	sqlite_bind_u64(st, 1, erase->session);
	int code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		code = erase_row(store, st, store->st[put], erase, &arena);
	sqlite3_reset(st);
	arena_done(&arena);
	return code;
}

static int erase_session(struct store_sqlite *store, const struct session_erase *erase)
{
	int code = erase_from(store, ST_SESSION_GET, ST_SESSION_PUT, erase);
	if (sqlite_err(code) == ERR_OK)
		code = store_sqlite_forget_texts(store, erase->session);
	if (sqlite_err(code) != ERR_OK)
		return code;
	return erase_from(store, ST_PAST_GET, ST_PAST_PUT, erase);
}

static int add_tombstone(struct store_sqlite *store, const struct tombstone_row *row)
{
	sqlite3_stmt *st = store->st[ST_TOMBSTONE_ADD];
	sqlite_bind_u64(st, 1, row->hash);
	sqlite_bind_u64(st, 2, row->session);
	sqlite_bind_u64(st, 3, row->until);
	return sqlite_run(st);
}

static int put_idempotency(struct store_sqlite *store, const struct idempotency_row *row)
{
	sqlite3_stmt *st = store->st[ST_IDEMPOTENCY_PUT];
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_blob(st, 2, row->key_hash, sizeof row->key_hash);
	sqlite_bind_blob(st, 3, row->body_hash, sizeof row->body_hash);
	sqlite_bind_u64(st, 4, row->until);
	sqlite_bind_u64(st, 5, (uint64_t)row->status);
	sqlite_bind_u64(st, 6, row->session);
	sqlite_bind_blob(st, 7, row->answer.at, row->answer.len);
	return sqlite_run(st);
}

/* The link before is read within the transaction: the command line appends too. */
static int add_audit(struct store_sqlite *store, const struct audit_row *given)
{
	struct audit_row row = *given;
	uint8_t previous[32] = {0};
	sqlite3_stmt *last = store->st[ST_AUDIT_LAST];
	int code = sqlite3_step(last);
	row.id = 1;
	if (code == SQLITE_ROW) {
		row.id = (uint64_t)sqlite3_column_int64(last, 0) + 1;
		sqlite_get_bytes(last, 1, previous, sizeof previous);
	}
	sqlite3_reset(last);
	if (sqlite_err(code) != ERR_OK)
		return code;
	row_audit_hash(store->use, previous, &row, row.hash);
	sqlite_bind_audit(store->st[ST_AUDIT_ADD], &row);
	return sqlite_run(store->st[ST_AUDIT_ADD]);
}

static int set_call_status(struct store_sqlite *store, const struct call *call)
{
	sqlite3_stmt *st = store->st[ST_CALL_STATUS];
	sqlite_bind_u64(st, 1, call->id);
	sqlite_bind_u64(st, 2, call->status);
	sqlite_bind_u64(st, 3, call->seconds);
	return sqlite_run(st);
}

static int put_time(struct store_sqlite *store, int64_t time_ms)
{
	sqlite_bind_u64(store->st[ST_TIME_PUT], 1, (uint64_t)time_ms);
	return sqlite_run(store->st[ST_TIME_PUT]);
}

static int write_record(struct store_sqlite *store, const struct record *record, size_t i)
{
	switch (record->kind) {
	case RECORD_POOL:
		store->keep_known = false;
		sqlite_bind_pool(store->st[ST_POOL_PUT], record->pool);
		return sqlite_run(store->st[ST_POOL_PUT]);
	case RECORD_VN:
		sqlite_bind_vn(store->st[ST_VN_PUT], record->vn);
		return sqlite_run(store->st[ST_VN_PUT]);
	case RECORD_SESSION:
	case RECORD_SESSION_ALIKE: {
		const struct last_put *last = store_sqlite_last(store, record->session->id);
		return last->index == i ? put_session(store, record->session, last->whole) : SQLITE_OK;
	}
	case RECORD_SESSION_ERASE:
		return erase_session(store, record->erase);
	case RECORD_TOMBSTONE:
		return add_tombstone(store, record->tombstone);
	case RECORD_CALL:
		sqlite_bind_call(store->st[ST_CALL_PUT], record->call);
		return sqlite_run(store->st[ST_CALL_PUT]);
	case RECORD_CALL_STATUS:
		return set_call_status(store, record->call);
	case RECORD_IDEMPOTENCY:
		return put_idempotency(store, record->idempotency);
	case RECORD_AUDIT:
		return add_audit(store, record->audit);
	case RECORD_TIME:
		return put_time(store, record->time_ms);
	case RECORD_SESSION_TOLD:
		sqlite_bind_u64(store->st[ST_SESSION_TOLD], 1, record->session_id);
		return sqlite_run(store->st[ST_SESSION_TOLD]);
	case RECORD_OUTBOX:
	case RECORD_SINK:
	case RECORD_SINK_DROP:
	case RECORD_RETRY:
	case RECORD_RETRY_DROP:
		return store_sqlite_write_outbox(store, record);
	case RECORD_OFFSET:
	case RECORD_DEAD:
	case RECORD_DEAD_DROP:
		return store_sqlite_write_dead(store, record);
	case RECORD_SUPPLY:
	case RECORD_PURCHASE:
	case RECORD_HOUR:
		return store_sqlite_write_supply(store, record);
	case RECORD_BLOCK:
	case RECORD_BLOCK_DROP:
		return store_sqlite_write_block(store, record);
	case RECORD_MESSAGE:
	case RECORD_MESSAGE_CHANGE:
	case RECORD_MESSAGE_POLICY:
		return store_sqlite_write_message(store, record);
	}
	ASSERT(!"a record of a kind that is known");
	return SQLITE_MISUSE;
}

static int put_proof(struct store_sqlite *store, int id, const uint8_t check[VAULT_CHECK_SIZE])
{
	sqlite3_stmt *st = store->st[ST_VAULT_KEY_PUT];
	sqlite_bind_u64(st, 1, (uint64_t)id);
	sqlite_bind_blob(st, 2, check, VAULT_CHECK_SIZE);
	return sqlite_run(st);
}

/* The first batch sealed with a key makes the database know that key. */
int store_sqlite_put_keys(struct store_sqlite *store)
{
	uint8_t check[VAULT_CHECK_SIZE];
	int last = vault_keys(store->vault) - 1;
	vault_root_check(store->vault, check);
	int code = put_proof(store, SQLITE_ROOT_ID, check);
	if (sqlite_err(code) != ERR_OK)
		return code;
	vault_check(store->vault, last, check);
	return put_proof(store, vault_key_id(store->vault, last), check);
}

/* A guest seals no numbers, and must not make a key needed that the server has not begun to use. */
static bool puts_keys(const struct store_sqlite *store)
{
	return !store->key_known && (store->lock_fd >= 0 || vault_keys(store->vault) == 1);
}

static int write_batch(struct store_sqlite *store, const struct record *records, size_t n)
{
	uint64_t events = 0, others = 0;
	for (size_t i = 0; i < n; i++)
		if (records[i].kind == RECORD_OUTBOX) {
			events++;
			others += !row_outbox_is_sessions(records[i].outbox);
		}
	int code = store_sqlite_outbox_begin(store);
	if (sqlite_err(code) == ERR_OK && puts_keys(store))
		code = store_sqlite_put_keys(store);
	/* Room first: the pages of those that go take those that come. */
	if (sqlite_err(code) == ERR_OK)
		code = store_sqlite_outbox_cut(store, events, others, events + OUTBOX_STEP);
	for (size_t i = 0; i < n && sqlite_err(code) == ERR_OK; i++)
		code = write_record(store, &records[i], i);
	/* More than there is room for in all? */
	if (sqlite_err(code) == ERR_OK && events > store->base.outbox_max)
		code = store_sqlite_outbox_cut(store, 0, 0, events);
	return code;
}

int store_sqlite_finish(struct store_sqlite *store, int code)
{
	if (sqlite_err(code) == ERR_OK)
		code = sqlite_run(store->st[ST_COMMIT]);
	if (sqlite_err(code) == ERR_OK)
		return SQLITE_OK;
	(void)store_sqlite_failed(store, code);
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite_run(store->st[ST_ROLLBACK]);
	return code;
}

/* The same for what makes the vault's keys known. */
static enum err finish(struct store_sqlite *store, int code)
{
	if (store_sqlite_finish(store, code) != SQLITE_OK)
		return ERR_STORE_FAILED;
	store->key_known |= puts_keys(store);
	return ERR_OK;
}

enum err store_sqlite_commit(struct store *base, const struct record *records, size_t n, enum store_verdict *verdicts)
{
	struct store_sqlite *store = store_sqlite_of(base);
	enum err err = ERR_STORE_FAILED;
	if (!store->must_stop && store_sqlite_note_lasts(store, records, n)) {
		int code = sqlite_run(store->st[ST_BEGIN]);
		if (sqlite_err(code) == ERR_OK)
			err = finish(store, write_batch(store, records, n));
		else
			(void)store_sqlite_failed(store, code);
	}
	for (size_t i = 0; i < n; i++)
		verdicts[records[i].change] = err == ERR_OK ? STORE_DONE : STORE_FAILED;
	if (err == ERR_OK)
		store_sqlite_outbox_end(store);
	if (err == ERR_OK && store->lock_fd >= 0 && store->wal_pages >= store->wal_limit)
		store_sqlite_checkpoint(store);
	return err;
}

static int put_api_key(struct store_sqlite *store, const struct key_row *row)
{
	sqlite3_stmt *st = store->st[ST_API_KEY_PUT];
	sqlite_bind_str(st, 1, str_of(row->id));
	sqlite_bind_str(st, 2, str_of(row->name));
	sqlite_bind_str(st, 3, str_of(row->tenant));
	sqlite_bind_blob(st, 4, row->secret_hash, sizeof row->secret_hash);
	sqlite_bind_u64(st, 5, row->scopes);
	sqlite_bind_u64(st, 6, row->created_at);
	sqlite_bind_u64(st, 7, row->expires_at);
	sqlite_bind_u64(st, 8, row->revoked_at);
	return sqlite_run(st);
}

enum err store_sqlite_key_put(struct store *base, const struct key_row *row, const struct audit_row *audit)
{
	struct store_sqlite *store = store_sqlite_of(base);
	if (store->must_stop)
		return ERR_STORE_FAILED;
	int code = sqlite_run(store->st[ST_BEGIN]);
	if (sqlite_err(code) != ERR_OK) {
		(void)store_sqlite_failed(store, code);
		return ERR_STORE_FAILED;
	}
	code = put_api_key(store, row);
	if (sqlite_err(code) == ERR_OK && audit)
		code = add_audit(store, audit);
	if (sqlite_err(code) == ERR_OK && puts_keys(store))
		code = store_sqlite_put_keys(store);
	return finish(store, code);
}

static void get_api_key(sqlite3_stmt *st, struct key_row *ret_row)
{
	*ret_row = (struct key_row){
		.scopes = (unsigned)sqlite3_column_int64(st, 4),
		.created_at = (uint32_t)sqlite3_column_int64(st, 5),
		.expires_at = (uint32_t)sqlite3_column_int64(st, 6),
		.revoked_at = (uint32_t)sqlite3_column_int64(st, 7),
	};
	(void)str_copy(ret_row->id, sizeof ret_row->id, sqlite_get_str(st, 0));
	(void)str_copy(ret_row->name, sizeof ret_row->name, sqlite_get_str(st, 1));
	(void)str_copy(ret_row->tenant, sizeof ret_row->tenant, sqlite_get_str(st, 2));
	sqlite_get_bytes(st, 3, ret_row->secret_hash, sizeof ret_row->secret_hash);
}

enum err store_sqlite_keys(struct store *base, void (*each)(void *context, const struct key_row *row), void *context)
{
	struct store_sqlite *store = store_sqlite_of(base);
	sqlite3_stmt *st = store->st[ST_API_KEYS];
	int code;
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct key_row row;
		get_api_key(st, &row);
		each(context, &row);
	}
	sqlite3_reset(st);
	return sqlite_err(code) == ERR_OK ? ERR_OK : ERR_STORE_FAILED;
}
