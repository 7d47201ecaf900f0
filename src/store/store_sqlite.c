#include "store/store_sqlite.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Who wants event o still: 2 a sink that isn't there yet, 1 a sink's retry, 0 nobody. */
#define WANTED "CASE WHEN id > (SELECT min(cursor) FROM sink WHERE disabled_at = 0) THEN 2" \
	" ELSE EXISTS(SELECT 1 FROM sink AS s CROSS JOIN sink_retry AS r ON r.sink = s.name" \
	" WHERE s.disabled_at = 0 AND r.event = o.id) END"
/* Events that are not of sessions; as the index says it. */
#define OTHERS "INDEXED BY outbox_others WHERE type NOT GLOB 'session.*'"

static const char *const statements[ST__COUNT] = {
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
	[ST_POOL_PUT] = "INSERT OR REPLACE INTO pool VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_VN_PUT] = "INSERT OR REPLACE INTO vn VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_SESSION_PUT] = "INSERT OR REPLACE INTO session VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_SESSION_GET] = "SELECT * FROM session WHERE id = ?",
	[ST_SESSION_ALIKE] = "UPDATE session SET pool_id = ?2, state = ?3, flags = ?4, rev = ?5, opened_at = ?6,"
		" expires_at = ?7, closed_at = ?8, grace_until = ?9, cool_until = ?10, done_at = ?11, fingerprint = ?12,"
		" floor_version = ?13, ref = ?14 WHERE id = ?1",
	[ST_SESSION_TOLD] = "UPDATE session SET flags = flags & ~4 WHERE id = ?",
	[ST_PAST_PUT] = "INSERT OR REPLACE INTO session_past VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_PAST_GET] = "SELECT * FROM session_past WHERE id = ?",
	[ST_TOMBSTONE_ADD] = "INSERT INTO tombstone(hash, session, until) VALUES(?,?,?)",
	[ST_CALL_PUT] = "INSERT OR REPLACE INTO call VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_CALL_STATUS] = "UPDATE call SET status = ?2, seconds = ?3 WHERE id = ?1",
	[ST_IDEMPOTENCY_PUT] = "INSERT OR REPLACE INTO idempotency VALUES(?,?,?,?,?,?,?)",
	[ST_AUDIT_LAST] = "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1",
	[ST_AUDIT_ADD] = "INSERT INTO audit VALUES(?,?,?,?,?,?,?,?)",
	[ST_TIME_PUT] = "INSERT INTO meta VALUES('time', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
	[ST_VAULT_KEY_PUT] = "INSERT OR REPLACE INTO vault_key VALUES(?,?)",
	[ST_VAULT_KEY_DROP] = "DELETE FROM vault_key WHERE id = ?",
	[ST_SESSION_PARTIES] = "UPDATE session SET parties = ?2 WHERE id = ?1",
	[ST_PAST_PARTIES] = "UPDATE session_past SET parties = ?2 WHERE id = ?1",
	[ST_META_PUT] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
	[ST_META_DROP] = "DELETE FROM meta WHERE name = ?",
	[ST_API_KEY_PUT] = "INSERT OR REPLACE INTO api_key VALUES(?,?,?,?,?,?,?,?)",
	[ST_API_KEYS] = "SELECT * FROM api_key ORDER BY id",
	[ST_DATA_VERSION] = "PRAGMA data_version",
	[ST_OUTBOX_ADD] = "INSERT INTO outbox VALUES(?,?,?,?,?,?,?,?)",
	[ST_OUTBOX_LOOK] = "SELECT id, at_ms, " WANTED " FROM outbox AS o WHERE id > ?1 ORDER BY id LIMIT ?2",
	[ST_OUTBOX_CUT] = "DELETE FROM outbox WHERE id > ?1 AND id <= ?2",
	[ST_OTHERS_LOOK] = "SELECT id, at_ms, " WANTED " FROM outbox AS o " OTHERS " AND id > ?1 ORDER BY id LIMIT ?2",
	[ST_OTHERS_CUT] = "DELETE FROM outbox " OTHERS " AND id <= ?1",
	[ST_OTHERS_RETRY_CUT] = "DELETE FROM sink_retry WHERE (sink, event) IN"
		" (SELECT s.name, o.id FROM outbox AS o INDEXED BY outbox_others CROSS JOIN sink AS s"
		" WHERE o.type NOT GLOB 'session.*' AND o.id <= ?1)",
	[ST_SINK_WANTS] = "SELECT EXISTS(SELECT 1 FROM sink WHERE disabled_at = 0)",
	[ST_SINK_PUT] = "INSERT OR REPLACE INTO sink VALUES(?,?,?)",
	[ST_SINK_DROP] = "DELETE FROM sink WHERE name = ?",
	[ST_RETRY_PUT] = "INSERT OR REPLACE INTO sink_retry SELECT name, ?2, ?3, ?4, ?5 FROM sink WHERE name = ?1",
	[ST_RETRY_DROP] = "DELETE FROM sink_retry WHERE sink = ?1 AND event = ?2",
	[ST_RETRY_CUT] = "DELETE FROM sink_retry WHERE sink IN (SELECT name FROM sink) AND event <= ?1",
	[ST_RETRIES_DROP] = "DELETE FROM sink_retry WHERE sink = ?",
	[ST_OFFSET_PUT] = "INSERT OR REPLACE INTO stream_offset VALUES(?,?,?,?,?)",
	[ST_SUPPLY_PUT] = "INSERT OR REPLACE INTO supply VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_PURCHASE_PUT] = "INSERT OR REPLACE INTO purchase VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_HOUR_PUT] = "INSERT OR REPLACE INTO pool_hour VALUES(?,?)",
	[ST_BLOCK_PUT] = "INSERT OR REPLACE INTO block VALUES(?,?,?,?,?,?)",
	[ST_BLOCK_DROP] = "DELETE FROM block WHERE id = ?",
	[ST_BLOCK_SEALED] = "UPDATE block SET sealed = ?2 WHERE id = ?1",
	[ST_MESSAGE_ADD] = "INSERT OR REPLACE INTO message VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_MESSAGE_CHANGE] =
		("UPDATE message SET state = ?2, why = ?3, code = ?4, tries = ?5, due_ms = ?6, done_ms = ?7,"
		" provider_id = iif(?8 = '', provider_id, ?8), shown = iif(?9 = 0, shown, ?9) WHERE id = ?1"),
	[ST_MESSAGE_POLICY_PUT] = "INSERT OR REPLACE INTO message_policy VALUES(?,?,?,?)",
	[ST_MESSAGE_BOX_ADD] = "INSERT OR REPLACE INTO message_box VALUES(?,?,?,?)",
	[ST_MESSAGE_BOX_KEEP] = "UPDATE message_box SET keep_until = ?2, box = ?3 WHERE id = ?1",
	[ST_MESSAGE_BOX_SEAL] = "UPDATE message_box SET box = ?2 WHERE id = ?1",
	[ST_MESSAGE_BOX_DROP] = "DELETE FROM message_box WHERE id = ?",
	[ST_MESSAGE_BOX_FORGET] = "DELETE FROM message_box WHERE session = ?",
	[ST_DEAD_PUT] = "INSERT OR REPLACE INTO dead VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[ST_DEAD_DROP] = "DELETE FROM dead WHERE id = ?",
	[ST_DEAD_PAYLOAD] = "UPDATE dead SET payload = ?2 WHERE id = ?1",
};

enum err sqlite_err(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return ERR_OK;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_STORE_REFUSED;
	default:
		return ERR_STORE_FAILED;
	}
}

/* After a failed fsync the kernel may have dropped what it could not write: only a new start, which reads
 * what is really there, knows more. A broken file doesn't get better either. */
enum err store_sqlite_failed(struct store_sqlite *store, int code)
{
	if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC || sqlite_err(code) == ERR_STORE_REFUSED)
		store->must_stop = true;
	return sqlite_err(code);
}

enum err sqlite_explain(sqlite3 *db, enum err err, const char *what, char ret_error[256])
{
	snprintf(ret_error, 256, "%s: %s", what, db ? sqlite3_errmsg(db) : "no memory");
	return err;
}

int sqlite_run(sqlite3_stmt *st)
{
	int code;
	do
		code = sqlite3_step(st);
	while (code == SQLITE_ROW);
	sqlite3_reset(st);
	return code;
}

enum err sqlite_connect(const char *path, int flags, sqlite3 **ret_db, char ret_error[256])
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_extended_result_codes(db, 1);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(db, SQLITE_BUSY_MS);
	if (code == SQLITE_OK)
		code = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db,
			"PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
			"PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY",
			NULL, NULL, NULL);
	if (code != SQLITE_OK) {
		enum err err = sqlite_explain(db, sqlite_err(code), "database", ret_error);
		sqlite3_close(db);
		return err;
	}
	*ret_db = db;
	return ERR_OK;
}

/* ERR_NUMBER_IN_USE: another process holds it. */
static enum err lock_take(const char *path, int *ret_fd, char ret_error[256])
{
	char name[4096];
	int len = snprintf(name, sizeof name, "%s-writer", path);
	int fd = len > 0 && (size_t)len < sizeof name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (fd < 0) {
		snprintf(ret_error, 256, "lock %.150s-writer: %s", path, strerror(errno));
		return ERR_STORE_REFUSED;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		snprintf(ret_error, 256, "another bauta is using this folder");
		return ERR_NUMBER_IN_USE;
	}
	*ret_fd = fd;
	return ERR_OK;
}

static int note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store_sqlite *store = context;
	(void)db;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

static enum err prepare_all(struct store_sqlite *store, char ret_error[256])
{
	for (int i = 0; i < ST__COUNT; i++) {
		int code = sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &store->st[i], NULL);
		if (code != SQLITE_OK)
			return sqlite_explain(store->db, sqlite_err(code), "database", ret_error);
	}
	return ERR_OK;
}

static int64_t data_version(struct store_sqlite *store)
{
	sqlite3_stmt *st = store->st[ST_DATA_VERSION];
	int64_t version = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : store->data_version;
	sqlite3_reset(st);
	return version;
}

static bool changed(struct store *base)
{
	struct store_sqlite *store = store_sqlite_of(base);
	int64_t version = data_version(store);
	bool other = version != store->data_version;
	store->data_version = version;
	return other;
}

static uint64_t identity(struct store *base)
{
	return store_sqlite_of(base)->identity;
}

static bool must_stop(const struct store *base)
{
	return ((const struct store_sqlite *)base)->must_stop;
}

void store_sqlite_checkpoint(struct store_sqlite *store)
{
	int all = 0, done = 0;
	int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &all, &done);
	bool whole = code == SQLITE_OK && done == all;
	store->wal_limit = (whole ? 0 : store->wal_pages) + SQLITE_WAL_PAGES;
	if (whole)
		store->wal_pages = 0;
	else
		(void)store_sqlite_failed(store, code);
}

static void store_close(struct store *base)
{
	struct store_sqlite *store = store_sqlite_of(base);
	for (int i = 0; i < ST__COUNT; i++)
		sqlite3_finalize(store->st[i]);
	if (store->db && store->lock_fd >= 0 && !store->refused && !store->must_stop)
		(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_close(store->db);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	vault_use_free(store->use);
	buf_done(&store->blob);
	free(store->ids);
	free(store->lasts);
	free(store->keep_s);
	free(store->path);
	free(store);
}

static const struct store_ops ops = {
	.name = "sqlite",
	.load = store_sqlite_load,
	.commit = store_sqlite_commit,
	.idle = store_sqlite_idle,
	.identity = identity,
	.must_stop = must_stop,
	.changed = changed,
	.keys = store_sqlite_keys,
	.key_put = store_sqlite_key_put,
	.close = store_close,
	.reader_open = sqlite_reader_open,
	.reader_close = sqlite_reader_close,
	.read_session = sqlite_read_session,
	.read_sessions = sqlite_read_sessions,
	.read_calls = sqlite_read_calls,
	.read_audit = sqlite_read_audit,
	.read_idempotency = sqlite_read_idempotency,
	.read_person = sqlite_read_person,
	.read_outbox = sqlite_read_outbox,
	.read_event = sqlite_read_event,
	.read_outbox_since = sqlite_read_outbox_since,
	.read_offset = sqlite_read_offset,
	.read_dead_list = sqlite_read_dead_list,
	.read_dead = sqlite_read_dead,
	.read_purchases = sqlite_read_purchases,
	.read_blocks = sqlite_read_blocks,
	.read_messages = sqlite_read_messages,
	.backup = sqlite_backup,
};

static enum err read_identity(struct store_sqlite *store, char ret_error[256])
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE name = 'identity'", -1, &st, NULL);
	if (code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
		store->identity = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return sqlite_err(code) == ERR_OK ? ERR_OK : sqlite_explain(store->db, sqlite_err(code), "database", ret_error);
}

/* Looks before it touches: a database that is refused here has only been read. */
static enum err open_checked(struct store_sqlite *store, char ret_error[256])
{
	enum err err = sqlite_probe(store->path, ret_error);
	if (err == ERR_NOT_FOUND)
		err = store->lock_fd >= 0 ? sqlite_make(store->path, ret_error) : ERR_STORE_REFUSED;
	if (err == ERR_OK)
		err = sqlite_connect(store->path, SQLITE_OPEN_READWRITE, &store->db, ret_error);
	if (err == ERR_OK)
		err = sqlite_migrate(store->db, store->lock_fd >= 0, ret_error);
	if (err == ERR_OK)
		err = sqlite_check_keys(store->db, store->vault, &store->key_known, ret_error);
	if (err != ERR_OK)
		return err;
	int code = sqlite3_exec(store->db,
		"PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 67108864", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return sqlite_explain(store->db, sqlite_err(code), "database", ret_error);
	sqlite3_wal_hook(store->db, note_wal, store);
	err = prepare_all(store, ret_error);
	if (err == ERR_OK)
		err = read_identity(store, ret_error);
	if (err == ERR_OK)
		store->data_version = data_version(store);
	return err;
}

static enum err open_with(const char *path, const struct vault *vault, int lock_fd, struct store **ret_store,
	char ret_error[256])
{
	struct store_sqlite *store = calloc(1, sizeof *store);
	ASSERT(store);
	store->base.ops = &ops;
	store->vault = vault;
	store->use = vault_use_new(vault);
	store->lock_fd = lock_fd;
	store->wal_limit = SQLITE_WAL_PAGES;
	store->path = strdup(path);
	ASSERT(store->path);
	buf_init(&store->blob, VAULT_TEXT_MAX + VAULT_TEXT_MORE);
	snprintf(ret_error, 256, "there is no database yet");
	enum err err = open_checked(store, ret_error);
	if (err != ERR_OK) {
		store->refused = true;
		store_close(&store->base);
		return err;
	}
	*ret_store = &store->base;
	return ERR_OK;
}

enum err store_sqlite_open(const char *path, const struct vault *vault, struct store **ret_store,
	char ret_error[256])
{
	int fd;
	enum err err = lock_take(path, &fd, ret_error);
	if (err != ERR_OK)
		return ERR_STORE_REFUSED;
	return open_with(path, vault, fd, ret_store, ret_error);
}

enum err store_sqlite_join(const char *path, const struct vault *vault, struct store **ret_store,
	char ret_error[256])
{
	int fd;
	enum err err = lock_take(path, &fd, ret_error);
	if (err == ERR_NUMBER_IN_USE)
		fd = -1;
	else if (err != ERR_OK)
		return err;
	err = open_with(path, vault, fd, ret_store, ret_error);
	if (err != ERR_OK || fd < 0)
		return err;
	/* The lock was for making or migrating the database only: a server may start now. */
	store_sqlite_of(*ret_store)->lock_fd = -1;
	close(fd);
	return ERR_OK;
}
