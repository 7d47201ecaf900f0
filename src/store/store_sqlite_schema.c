/* Is a file ours, which version has it, which keys does it want. A refused file is only read. */
#include "base/folder.h"
#include "store/store_sqlite.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 100

/* Tables grow at their end, by ascending integer keys; no secondary index (DESIGN.md section 3) but outbox_others, which
 * an event of a session never touches. */
static const char version_1[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE vault_key(id INTEGER PRIMARY KEY, proof BLOB NOT NULL);"
	"CREATE TABLE api_key(id TEXT PRIMARY KEY, name TEXT NOT NULL, tenant TEXT NOT NULL, secret_hash BLOB NOT NULL,"
	" scopes INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
	" revoked_at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE pool(id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,"
	" country INTEGER NOT NULL, countries BLOB NOT NULL, mode INTEGER NOT NULL, numbers INTEGER NOT NULL,"
	" ttl_s INTEGER NOT NULL, ttl_from INTEGER NOT NULL, grace_s INTEGER NOT NULL, cooldown_s INTEGER NOT NULL,"
	" rest_s INTEGER NOT NULL, per_vn_max INTEGER NOT NULL, stick INTEGER NOT NULL, stick_s INTEGER NOT NULL,"
	" geo INTEGER NOT NULL, geo_strict INTEGER NOT NULL, unknown_caller INTEGER NOT NULL,"
	" forward_to INTEGER NOT NULL, ring_s INTEGER NOT NULL, max_call_s INTEGER NOT NULL, keep_s INTEGER NOT NULL,"
	" low_water INTEGER NOT NULL, high_water INTEGER NOT NULL);"
	"CREATE TABLE vn(id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, number INTEGER NOT NULL,"
	" provider TEXT NOT NULL, account TEXT NOT NULL, reserved INTEGER NOT NULL, disabled INTEGER NOT NULL,"
	" free_since INTEGER NOT NULL, added_at INTEGER NOT NULL, country INTEGER NOT NULL, area INTEGER NOT NULL);"
	"CREATE TABLE session(id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, state INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, rev INTEGER NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
	" closed_at INTEGER NOT NULL, grace_until INTEGER NOT NULL, cool_until INTEGER NOT NULL,"
	" done_at INTEGER NOT NULL, fingerprint INTEGER NOT NULL, floor_version INTEGER NOT NULL, ref TEXT NOT NULL,"
	" parties BLOB NOT NULL);"
	"CREATE TABLE session_past(id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, state INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, rev INTEGER NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
	" closed_at INTEGER NOT NULL, grace_until INTEGER NOT NULL, cool_until INTEGER NOT NULL,"
	" done_at INTEGER NOT NULL, fingerprint INTEGER NOT NULL, floor_version INTEGER NOT NULL, ref TEXT NOT NULL,"
	" parties BLOB NOT NULL);"
	"CREATE TABLE tombstone(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, session INTEGER NOT NULL,"
	" until INTEGER NOT NULL);"
	"CREATE TABLE call(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, pool_id INTEGER NOT NULL,"
	" session INTEGER NOT NULL, provider TEXT NOT NULL, account TEXT NOT NULL, provider_call_id TEXT NOT NULL,"
	" vn INTEGER NOT NULL, shown INTEGER NOT NULL, from_role TEXT NOT NULL, to_role TEXT NOT NULL,"
	" action INTEGER NOT NULL, reason INTEGER NOT NULL, status INTEGER NOT NULL, seconds INTEGER NOT NULL,"
	" answer_us INTEGER NOT NULL);"
	"CREATE TABLE idempotency(id INTEGER PRIMARY KEY, key_hash BLOB NOT NULL, body_hash BLOB NOT NULL,"
	" until INTEGER NOT NULL, status INTEGER NOT NULL, session INTEGER NOT NULL, answer BLOB NOT NULL);"
	"CREATE TABLE audit(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL,"
	" action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL);";

/* What goes out and what came in. */
static const char version_2[] =
	"CREATE TABLE outbox(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, type TEXT NOT NULL, tenant TEXT NOT NULL,"
	" pool TEXT NOT NULL, session INTEGER NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL);"
	"CREATE TABLE sink(name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, disabled_at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE sink_retry(sink TEXT NOT NULL, event INTEGER NOT NULL, key TEXT NOT NULL, attempt INTEGER NOT NULL,"
	" due_ms INTEGER NOT NULL, PRIMARY KEY(sink, event)) WITHOUT ROWID;"
	"CREATE TABLE stream_offset(consumer TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL,"
	" next INTEGER NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY(consumer, topic, part)) WITHOUT ROWID;"
	"CREATE TABLE dead(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, state INTEGER NOT NULL, tenant TEXT NOT NULL,"
	" topic TEXT NOT NULL, part INTEGER NOT NULL, position INTEGER NOT NULL, order_id TEXT NOT NULL,"
	" code TEXT NOT NULL, detail TEXT NOT NULL, ce_id TEXT NOT NULL, ce_type TEXT NOT NULL, ce_time TEXT NOT NULL,"
	" payload BLOB NOT NULL);"
	"INSERT OR IGNORE INTO meta VALUES('identity', random());";

/* What was last told of a pool; supply. */
static const char version_3[] =
	"ALTER TABLE pool ADD COLUMN level INTEGER NOT NULL DEFAULT 0;"
	/* Why a VN is disabled: what was disabled before, a hand had done. */
	"ALTER TABLE vn ADD COLUMN out INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE vn ADD COLUMN out_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE vn ADD COLUMN out_times INTEGER NOT NULL DEFAULT 0;"
	"UPDATE vn SET out = 1 WHERE disabled;"
	/* How stock looks after itself. */
	"CREATE TABLE supply(pool_id INTEGER PRIMARY KEY, buy INTEGER NOT NULL, takes INTEGER NOT NULL,"
	" replaces INTEGER NOT NULL, wanted_by INTEGER NOT NULL, stockout_ppm INTEGER NOT NULL, accounts TEXT NOT NULL,"
	" type TEXT NOT NULL, area TEXT NOT NULL, region TEXT NOT NULL, tag TEXT NOT NULL, sms INTEGER NOT NULL,"
	" total_max INTEGER NOT NULL, day_max INTEGER NOT NULL, month_micros INTEGER NOT NULL, currency TEXT NOT NULL);"
	"CREATE TABLE purchase(id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, provider TEXT NOT NULL,"
	" account TEXT NOT NULL, state INTEGER NOT NULL, number INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
	" asked_ms INTEGER NOT NULL, done_ms INTEGER NOT NULL, month_micros INTEGER NOT NULL, currency TEXT NOT NULL,"
	" order_id TEXT NOT NULL, code TEXT NOT NULL, why TEXT NOT NULL, looks INTEGER NOT NULL);"
	/* id: pool << 32 | hour since the epoch */
	"CREATE TABLE pool_hour(id INTEGER PRIMARY KEY, orders INTEGER NOT NULL);";

/* What goes first when the outbox is full; bounds of pools (the default of what had none is none); who may not ring whom. */
static const char version_4[] =
	"CREATE INDEX outbox_others ON outbox(id) WHERE type NOT GLOB 'session.*';"
	"ALTER TABLE pool ADD COLUMN calls_at_once INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE pool ADD COLUMN minutes_per_session INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE pool ADD COLUMN require_attestation INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE pool ADD COLUMN attempts_per_minute INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE pool ADD COLUMN scan_vns INTEGER NOT NULL DEFAULT 0;"
	/* sealed: the numbers and the reason, see store_sqlite_block.c */
	"CREATE TABLE block(id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, direction INTEGER NOT NULL,"
	" created_at INTEGER NOT NULL, until INTEGER NOT NULL, sealed BLOB NOT NULL);";

/* Step i makes version i + 1 out of version i. Steps are never changed once released. */
static const char *const steps[SQLITE_SCHEMA_VERSION] = {version_1, version_2, version_3, version_4,
	sqlite_message_tables};

static enum err pragma(sqlite3 *db, const char *sql, int64_t *ret_value, char ret_error[256])
{
	sqlite3_stmt *st;
	int code = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
		*ret_value = sqlite3_column_int64(st, 0);
	enum err err = sqlite_err(code);
	if (err != ERR_OK)
		sqlite_explain(db, err, "database", ret_error);
	sqlite3_finalize(st);
	return err;
}

static enum err refuse_version(int64_t version, char ret_error[256])
{
	snprintf(ret_error, 256, "the database has schema version %lld, this bauta knows up to %d: it needs a newer one",
		(long long)version, SQLITE_SCHEMA_VERSION);
	return ERR_STORE_REFUSED;
}

static uint32_t big(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* sqlite.org/fileformat2.html, section 1.3. */
static enum err check_header(const uint8_t header[HEADER_SIZE], const char *path, char ret_error[256])
{
	if (memcmp(header, "SQLite format 3", 16) != 0) {
		snprintf(ret_error, 256, "database %.150s: not a database file", path);
		return ERR_STORE_REFUSED;
	}
	if (big(header + 68) != SQLITE_APPLICATION_ID) {
		snprintf(ret_error, 256, "the database file belongs to another program");
		return ERR_STORE_REFUSED;
	}
	int32_t version = (int32_t)big(header + 60);
	return version > SQLITE_SCHEMA_VERSION ? refuse_version(version, ret_error) : ERR_OK;
}

/* Reads the first bytes and not by SQLite: a stop in the middle of a checkpoint leaves a file that makes sense only
 * together with its WAL, and opening the two would touch them. */
enum err sqlite_probe(const char *path, char ret_error[256])
{
	uint8_t header[HEADER_SIZE] = {0};
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return ERR_NOT_FOUND;
	if (fd < 0 || fstat(fd, &st) < 0) {
		snprintf(ret_error, 256, "database %.150s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ERR_STORE_REFUSED;
	}
	/* One that is too short keeps zeros, which are no header. */
	ssize_t got = S_ISREG(st.st_mode) ? read(fd, header, sizeof header) : 0;
	close(fd);
	if (got < 0) {
		snprintf(ret_error, 256, "database %.150s: %s", path, strerror(EIO));
		return ERR_STORE_REFUSED;
	}
	return check_header(header, path, ret_error);
}

static int run_step(sqlite3 *db, int step)
{
	char version[64];
	snprintf(version, sizeof version, "PRAGMA user_version = %d", step + 1);
	int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, steps[step], NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, version, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return code;
}

enum err sqlite_migrate(sqlite3 *db, bool may, char ret_error[256])
{
	int64_t version = 0;
	enum err err = pragma(db, "PRAGMA user_version", &version, ret_error);
	if (err != ERR_OK)
		return err;
	if (version < 0 || version > SQLITE_SCHEMA_VERSION)
		return refuse_version(version, ret_error);
	if (version < SQLITE_SCHEMA_VERSION && !may) {
		snprintf(ret_error, 256, "the database is of an older version, with schema %lld (this bauta's is %d): `bauta serve` brings it"
			" up to date", (long long)version, SQLITE_SCHEMA_VERSION);
		return ERR_STORE_REFUSED;
	}
	for (int step = (int)version; step < SQLITE_SCHEMA_VERSION; step++) {
		err = sqlite_err(run_step(db, step));
		if (err != ERR_OK)
			return sqlite_explain(db, err, "migration", ret_error);
	}
	return ERR_OK;
}

static enum err fill_new(const char *path, char ret_error[256])
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(ret_error, 256, "database %.150s: %s", path, strerror(errno));
		return ERR_STORE_REFUSED;
	}
	close(fd);
	sqlite3 *db = NULL;
	char identity[64];
	snprintf(identity, sizeof identity, "PRAGMA application_id = %d", SQLITE_APPLICATION_ID);
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, identity, NULL, NULL, NULL);
	enum err err = sqlite_err(code);
	if (err != ERR_OK)
		sqlite_explain(db, err, "new database", ret_error);
	else
		err = sqlite_migrate(db, true, ret_error);
	if (sqlite3_close(db) != SQLITE_OK && err == ERR_OK)
		err = ERR_STORE_FAILED;
	return err;
}

enum err sqlite_make(const char *path, char ret_error[256])
{
	char fresh[4096];
	int len = snprintf(fresh, sizeof fresh, "%s-new", path);
	if (len < 0 || (size_t)len >= sizeof fresh) {
		snprintf(ret_error, 256, "database: the path is too long");
		return ERR_STORE_REFUSED;
	}
	unlink(fresh);
	enum err err = fill_new(fresh, ret_error);
	if (err != ERR_OK) {
		unlink(fresh);
		return err;
	}
	if (rename(fresh, path) < 0 || !folder_sync_of(path)) {
		snprintf(ret_error, 256, "database %.150s: %s", path, strerror(errno));
		return ERR_STORE_FAILED;
	}
	return ERR_OK;
}

static bool proves(struct str proof, const uint8_t check[VAULT_CHECK_SIZE])
{
	return proof.len == VAULT_CHECK_SIZE && memcmp(proof.at, check, VAULT_CHECK_SIZE) == 0;
}

static enum err check_root(const struct vault *vault, struct str proof, char ret_error[256])
{
	uint8_t check[VAULT_CHECK_SIZE];
	vault_root_check(vault, check);
	if (proves(proof, check))
		return ERR_OK;
	snprintf(ret_error, 256, "the key file is not the one of this database: its root is another");
	return ERR_STORE_REFUSED;
}

/* Is the database's key `id` the vault's? */
static enum err check_key(const struct vault *vault, int id, struct str proof, bool *ret_seals, char ret_error[256])
{
	for (int i = 0; i < vault_keys(vault); i++) {
		if (vault_key_id(vault, i) != id)
			continue;
		uint8_t check[VAULT_CHECK_SIZE];
		vault_check(vault, i, check);
		if (!proves(proof, check)) {
			snprintf(ret_error, 256, "the key file is not the one of this database: its key %d is another", id);
			return ERR_STORE_REFUSED;
		}
		if (i == vault_keys(vault) - 1)
			*ret_seals = true;
		return ERR_OK;
	}
	snprintf(ret_error, 256, "the key file lacks key %d, which this database still needs: put its line back", id);
	return ERR_STORE_REFUSED;
}

enum err sqlite_check_keys(sqlite3 *db, const struct vault *vault, bool *ret_known, char ret_error[256])
{
	sqlite3_stmt *st = NULL;
	enum err err = ERR_OK;
	bool known = false;
	int code = sqlite3_prepare_v2(db, "SELECT id, proof FROM vault_key ORDER BY id", -1, &st, NULL);
	while (err == ERR_OK && code != SQLITE_DONE && (code == SQLITE_OK || code == SQLITE_ROW)) {
		code = sqlite3_step(st);
		if (code != SQLITE_ROW)
			break;
		int id = sqlite3_column_int(st, 0);
		err = id == SQLITE_ROOT_ID ? check_root(vault, sqlite_get_str(st, 1), ret_error)
					   : check_key(vault, id, sqlite_get_str(st, 1), &known, ret_error);
	}
	if (err == ERR_OK && (err = sqlite_err(code)) != ERR_OK)
		sqlite_explain(db, err, "database", ret_error);
	sqlite3_finalize(st);
	if (err == ERR_OK)
		*ret_known = known;
	return err;
}

enum err sqlite_open_reading(const char *path, const struct vault *vault, sqlite3 **ret_db, char ret_error[256])
{
	sqlite3 *db = NULL;
	bool known;
	enum err err = sqlite_probe(path, ret_error);
	if (err == ERR_NOT_FOUND)
		snprintf(ret_error, 256, "there is no database at %.150s", path);
	if (err == ERR_OK)
		err = sqlite_connect(path, SQLITE_OPEN_READWRITE, &db, ret_error);
	if (err != ERR_OK)
		return err;
	err = sqlite_migrate(db, false, ret_error);
	if (err == ERR_OK)
		err = sqlite_check_keys(db, vault, &known, ret_error);
	if (err == ERR_OK && sqlite3_exec(db, "PRAGMA query_only = ON; BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		err = sqlite_explain(db, ERR_STORE_FAILED, "database", ret_error);
	if (err == ERR_OK)
		*ret_db = db;
	else
		sqlite3_close(db);
	return err;
}
