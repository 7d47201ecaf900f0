/* store_version_1: the tables as bauta 0.1.0 made them. Never changed. */
#ifndef UNIT_STORE_VERSION_1_H
#define UNIT_STORE_VERSION_1_H

static const char store_version_1[] =
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

/* Their names; later versions added columns at the ends. */
static const char *const store_version_1_tables[] = {"meta", "vault_key", "api_key", "pool", "vn", "session",
	"session_past", "tombstone", "call", "idempotency", "audit"};

#endif
