/* While keys rotate: every row of session, session_past, dead and block is brought under the key that seals, a few
 * hundred
 * rows in a quiet moment; then the database forgets the old key, and its line may leave the key file.
 *
 *   pass     session, then session_past (where a row may move to meanwhile), by ascending id: boxes of the old key are
 *            opened and sealed anew, with the persons that go with them; then dead: the payloads; then block,
 *            messages: the texts
 *   again    until a pass found nothing to do: what proves that nothing is left is not what was to do the work
 *   cool     persons of replaced parties and of erased numbers have no box to be made anew from: the longest time that
 *            such a pair was seen to cool must run out. (Those under the new key are counted with them; nobody can tell
 *            them apart.)
 *   forget   the old key's row in vault_key goes, and with it what stands here in `meta`
 *
 * A row that is written meanwhile is under the new key by itself: boxes are sealed at every write, and persons of open
 * numbers are renamed at load (opener.c). A step and where it ended are one transaction: a start goes on from there.
 */
#include "store/store_sqlite.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "store/row.h"

#define RESEAL_LOOK 2000
#define RESEAL_CHANGE 500
#define RESEAL_BYTES (8u << 20) /* of payloads */
#define RETRY_MS (60ll * 1000)
#define STUCK_REST_MS (3600ll * 1000)

static const struct {
	const char *next;
	enum statement put;
} tables[RESEAL_END] = {
	[RESEAL_SESSION] = {"SELECT * FROM session WHERE id > ?1 ORDER BY id LIMIT 1", ST_SESSION_PARTIES},
	[RESEAL_PAST] = {"SELECT * FROM session_past WHERE id > ?1 ORDER BY id LIMIT 1", ST_PAST_PARTIES},
	[RESEAL_DEAD] = {"SELECT id, payload FROM dead WHERE id > ?1 ORDER BY id LIMIT 1", ST_DEAD_PAYLOAD},
	[RESEAL_BLOCK] = {"SELECT id, sealed, pool_id FROM block WHERE id > ?1 ORDER BY id LIMIT 1", ST_BLOCK_SEALED},
	[RESEAL_MESSAGE] = {"SELECT id, box FROM message_box WHERE id > ?1 ORDER BY id LIMIT 1", ST_MESSAGE_BOX_SEAL},
};

/* The numbers of `struct reseal` that are kept, by name. */
#define KEPT(field) {"reseal_" #field, offsetof(struct reseal, field)}
static const struct {
	const char *name;
	size_t at;
} kept[] = {KEPT(key), KEPT(table), KEPT(cursor), KEPT(rows), KEPT(stuck), KEPT(cools_until)};
#define KEPT_N (sizeof kept / sizeof kept[0])

static int64_t *kept_in(struct reseal *reseal, size_t i)
{
	return (int64_t *)(void *)((char *)reseal + kept[i].at);
}

enum err sqlite_reseal_read(sqlite3 *db, int key, struct reseal *ret_reseal)
{
	struct reseal reseal = {0};
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = ?1", -1, &st, NULL);
	for (size_t i = 0; code == SQLITE_OK && i < KEPT_N; i++) {
		sqlite_bind_str(st, 1, str_of(kept[i].name));
		code = sqlite3_step(st);
		if (code == SQLITE_ROW)
			*kept_in(&reseal, i) = sqlite3_column_int64(st, 0);
		code = sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	if (sqlite_err(code) != ERR_OK)
		return sqlite_err(code);
	/* What an earlier rotation, to another key, left says nothing of this one. */
	*ret_reseal = reseal.key == key ? reseal : (struct reseal){.key = key};
	ret_reseal->known = reseal.key == key;
	return ERR_OK;
}

static int put_kept(struct store_sqlite *store, struct reseal *reseal)
{
	sqlite3_stmt *st = store->st[ST_META_PUT];
	int code = SQLITE_OK;
	for (size_t i = 0; i < KEPT_N && sqlite_err(code) == ERR_OK; i++) {
		sqlite_bind_str(st, 1, str_of(kept[i].name));
		sqlite_bind_u64(st, 2, (uint64_t)*kept_in(reseal, i));
		code = sqlite_run(st);
	}
	return code;
}

static int drop_kept(struct store_sqlite *store)
{
	int code = SQLITE_OK;
	for (size_t i = 0; i < KEPT_N && sqlite_err(code) == ERR_OK; i++) {
		sqlite_bind_str(store->st[ST_META_DROP], 1, str_of(kept[i].name));
		code = sqlite_run(store->st[ST_META_DROP]);
	}
	return code;
}

static void __attribute__((format(printf, 2, 3))) tell(struct store_sqlite *store, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	if (!store->base.tell)
		return;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	store->base.tell(store->base.tell_context, sentence);
}

/* --- a pass --- */

/* SQLITE_OK or the error: DONE is what an end of the table is told by. */
static int put_parties(struct store_sqlite *store, enum statement put, const struct session_row *row,
	const struct sealed *sealed)
{
	sqlite3_stmt *st = store->st[put];
	buf_reset(&store->blob);
	blob_encode(row, sealed, &store->blob);
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	sqlite_bind_u64(st, 1, row->id);
	sqlite_bind_blob(st, 2, store->blob.at, store->blob.len);
	int code = sqlite_run(st);
	return sqlite_err(code) == ERR_OK ? SQLITE_OK : code;
}

/* One row, decoded: its boxes, and until when it needs the old key without any. */
static int renew(struct store_sqlite *store, struct reseal *reseal, struct session_row *row, struct sealed *sealed)
{
	uint32_t until = sealed_cools_until(sealed, row);
	if (until > reseal->cools_until)
		reseal->cools_until = until;
	if (!sealed_is_old(sealed, row, (int)reseal->key))
		return SQLITE_OK;
	enum err err = sealed_renew(store->use, (int)reseal->key, sealed, row);
	if (err == ERR_OVERLOADED)
		return SQLITE_NOMEM;
	if (err != ERR_OK) {
		reseal->stuck++;
		return SQLITE_OK;
	}
	reseal->rows++;
	return put_parties(store, tables[reseal->table].put, row, sealed);
}

/* The row behind the cursor. SQLITE_DONE: there is none. */
static int take_next(struct store_sqlite *store, sqlite3_stmt *next, struct reseal *reseal, struct arena *arena)
{
	struct session_row row;
	struct sealed sealed;
	struct str blob;
	sqlite_bind_u64(next, 1, (uint64_t)reseal->cursor);
	int code = sqlite3_step(next);
	if (code != SQLITE_ROW) {
		sqlite3_reset(next);
		return code;
	}
	sqlite_get_session(next, &row, &blob);
	enum err err = blob_decode(blob.at, blob.len, arena, &row, &sealed);
	row.ref = STR_NONE; /* the statement's, as the blob is */
	sqlite3_reset(next);
	reseal->cursor = (int64_t)row.id;
	if (err == ERR_LIMIT_REACHED)
		return SQLITE_NOMEM;
	if (err == ERR_OK)
		return renew(store, reseal, &row, &sealed);
	reseal->stuck++;
	return SQLITE_OK;
}

static enum err open_text(struct store_sqlite *store, const struct reseal *reseal, uint64_t id, struct str sealed,
	struct buf *out)
{
	return reseal->table == RESEAL_DEAD ? sqlite_dead_open(store->use, id, sealed, out)
					    : sqlite_message_unseal(store->use, id, sealed, out);
}

static int put_text(struct store_sqlite *store, const struct reseal *reseal, uint64_t id, struct str payload)
{
	sqlite3_stmt *st = store->st[tables[reseal->table].put];
	buf_reset(&store->blob);
	if (reseal->table == RESEAL_DEAD)
		sqlite_dead_seal(store->use, id, payload, &store->blob);
	else
		sqlite_message_seal(store->use, id, payload, &store->blob);
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	sqlite_bind_u64(st, 1, id);
	sqlite_bind_blob(st, 2, store->blob.at, store->blob.len);
	int code = sqlite_run(st);
	return sqlite_err(code) == ERR_OK ? SQLITE_OK : code;
}

/* The dead letter or message behind the cursor, as take_next(); adds the bytes of its payload. */
static int take_text(struct store_sqlite *store, sqlite3_stmt *next, struct reseal *reseal, size_t *bytes)
{
	struct buf payload;
	sqlite_bind_u64(next, 1, (uint64_t)reseal->cursor);
	int code = sqlite3_step(next);
	if (code != SQLITE_ROW) {
		sqlite3_reset(next);
		return code;
	}
	uint64_t id = (uint64_t)sqlite3_column_int64(next, 0);
	struct str sealed = sqlite_get_str(next, 1);
	bool old = vault_text_sealed_by(sealed) != (int)reseal->key;
	buf_init(&payload, VAULT_TEXT_MAX + 1);
	enum err err = old ? open_text(store, reseal, id, sealed, &payload) : ERR_OK;
	*bytes += sealed.len;
	sqlite3_reset(next);
	reseal->cursor = (int64_t)id;
	code = err == ERR_OK || err == ERR_STORE_REFUSED ? SQLITE_OK : SQLITE_NOMEM;
	reseal->stuck += err == ERR_STORE_REFUSED;
	reseal->rows += old && err == ERR_OK;
	if (old && err == ERR_OK)
		code = put_text(store, reseal, id, buf_text(&payload));
	secret_wipe(payload.at, payload.size);
	buf_done(&payload);
	return code;
}

/* The block behind the cursor, as take_next(). */
static int take_block(struct store_sqlite *store, sqlite3_stmt *next, struct reseal *reseal)
{
	sqlite3_stmt *st = store->st[ST_BLOCK_SEALED];
	enum err err = ERR_OK;
	sqlite_bind_u64(next, 1, (uint64_t)reseal->cursor);
	int code = sqlite3_step(next);
	if (code != SQLITE_ROW) {
		sqlite3_reset(next);
		return code;
	}
	uint64_t id = (uint64_t)sqlite3_column_int64(next, 0);
	struct str sealed = sqlite_get_str(next, 1);
	bool old = vault_text_sealed_by(sealed) != (int)reseal->key;
	buf_reset(&store->blob);
	if (old)
		err = sqlite_block_renew(store->use, id, (uint32_t)sqlite3_column_int64(next, 2), sealed, &store->blob);
	sqlite3_reset(next);
	reseal->cursor = (int64_t)id;
	reseal->stuck += err != ERR_OK;
	if (!old || err != ERR_OK)
		return SQLITE_OK;
	if (!buf_ok(&store->blob))
		return SQLITE_NOMEM;
	reseal->rows++;
	sqlite_bind_u64(st, 1, id);
	sqlite_bind_blob(st, 2, store->blob.at, store->blob.len);
	code = sqlite_run(st);
	return sqlite_err(code) == ERR_OK ? SQLITE_OK : code;
}

static int walk(struct store_sqlite *store, struct reseal *reseal)
{
	sqlite3_stmt *next = NULL;
	struct arena arena;
	int64_t most = reseal->rows + RESEAL_CHANGE;
	size_t bytes = 0;
	arena_init(&arena, 1 << 20);
	int code = sqlite3_prepare_v2(store->db, tables[reseal->table].next, -1, &next, NULL);
	for (int i = 0; i < RESEAL_LOOK && reseal->rows < most && bytes < RESEAL_BYTES && code == SQLITE_OK; i++) {
		arena_reset(&arena);
		if (reseal->table == RESEAL_BLOCK)
			code = take_block(store, next, reseal);
		else if (reseal->table >= RESEAL_DEAD)
			code = take_text(store, next, reseal, &bytes);
		else
			code = take_next(store, next, reseal, &arena);
	}
	if (code == SQLITE_DONE) {
		reseal->table++;
		reseal->cursor = 0;
	}
	sqlite3_finalize(next);
	arena_done(&arena);
	return code;
}

/* At the end of a pass: the next one, unless this one found nothing. */
static void turn(struct store_sqlite *store, struct reseal *reseal, int64_t now_ms)
{
	if (reseal->rows == 0 && reseal->stuck == 0)
		return;
	if (reseal->rows == 0) {
		tell(store,
			"%lld stored sessions, dead letters, blocks or messages can't be opened, and so not sealed anew: the old key "
			"stays needed until they go (bauta verify names them)", (long long)reseal->stuck);
		reseal->rests_until_ms = now_ms + STUCK_REST_MS;
	}
	reseal->table = RESEAL_SESSION;
	reseal->cursor = reseal->rows = reseal->stuck = 0;
}

/* --- steps --- */

/* Nothing of the step is there; in a minute again. */
static bool failed(struct store_sqlite *store, int code, int64_t now_ms)
{
	(void)store_sqlite_failed(store, code);
	store->reseal.rests_until_ms = now_ms + RETRY_MS;
	return false;
}

static bool step(struct store_sqlite *store, int64_t now_ms)
{
	struct reseal next = store->reseal;
	int code = sqlite_run(store->st[ST_BEGIN]);
	if (sqlite_err(code) != ERR_OK)
		return failed(store, code, now_ms);
	if (!store->key_known)
		code = store_sqlite_put_keys(store);
	if (sqlite_err(code) == ERR_OK)
		code = walk(store, &next);
	if (next.table == RESEAL_END)
		turn(store, &next, now_ms);
	if (sqlite_err(code) == ERR_OK)
		code = put_kept(store, &next);
	if (store_sqlite_finish(store, code) != SQLITE_OK)
		return failed(store, code, now_ms);
	store->key_known = true;
	store->reseal = next;
	return true;
}

static bool forget_old(struct store_sqlite *store, int64_t now_ms)
{
	int old = vault_key_id(store->vault, 0);
	if (store->reseal.cools_until > now_ms / 1000) {
		store->reseal.rests_until_ms = store->reseal.cools_until * 1000;
		return false;
	}
	int code = sqlite_run(store->st[ST_BEGIN]);
	if (sqlite_err(code) != ERR_OK)
		return failed(store, code, now_ms);
	sqlite_bind_u64(store->st[ST_VAULT_KEY_DROP], 1, (uint64_t)old);
	code = sqlite_run(store->st[ST_VAULT_KEY_DROP]);
	if (sqlite_err(code) == ERR_OK)
		code = drop_kept(store);
	if (store_sqlite_finish(store, code) != SQLITE_OK)
		return failed(store, code, now_ms);
	store->reseal.done = true;
	tell(store, "key %d is no longer needed: remove its line from the key file before the next start", old);
	return false;
}

enum err sqlite_key_known(sqlite3 *db, int id, bool *ret_known)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(db, "SELECT 1 FROM vault_key WHERE id = ?1", -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int(st, 1, id);
		code = sqlite3_step(st);
		*ret_known = code == SQLITE_ROW;
	}
	sqlite3_finalize(st);
	return sqlite_err(code);
}

/* What is there to do? Once a start. */
static enum err begin(struct store_sqlite *store)
{
	int n = vault_keys(store->vault), key = vault_key_id(store->vault, n - 1), old = vault_key_id(store->vault, 0);
	bool needed = false;
	if (n == 1) {
		store->reseal.done = true; /* or the database would have been refused */
		return ERR_OK;
	}
	enum err err = sqlite_key_known(store->db, old, &needed);
	if (err != ERR_OK)
		return err;
	if (!needed) {
		store->reseal.done = true;
		tell(store, "key %d is not needed: remove its line from the key file", old);
		return ERR_OK;
	}
	err = sqlite_reseal_read(store->db, key, &store->reseal);
	if (err != ERR_OK)
		return err;
	store->reseal.known = true;
	tell(store, "key %d takes the place of key %d: stored sessions are sealed anew in quiet moments", key, old);
	return ERR_OK;
}

bool store_sqlite_reseal(struct store_sqlite *store, int64_t now_ms)
{
	struct reseal *reseal = &store->reseal;
	if (reseal->done || now_ms < reseal->rests_until_ms)
		return false;
	if (!reseal->known && begin(store) != ERR_OK)
		return failed(store, SQLITE_ERROR, now_ms);
	if (reseal->done)
		return false;
	return reseal->table == RESEAL_END ? forget_old(store, now_ms) : step(store, now_ms);
}
