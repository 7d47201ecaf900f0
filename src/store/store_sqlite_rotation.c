/* How far a rotation is. Reads every row that is not known to be done, in one moment of the database. */
#include "store/store_sqlite.h"

#include "base/check.h"

struct count {
	int key;        /* that seals */
	uint64_t rows;  /* under another: sessions */
	uint64_t dead;  /* the same: dead letters and blocks */
	uint64_t messages; /* the same: texts of messages */
	uint32_t until; /* epoch seconds */
	struct arena arena;
};

static enum err count_row(struct count *count, sqlite3_stmt *st)
{
	struct session_row row;
	struct sealed sealed;
	struct str blob;
	arena_reset(&count->arena);
	sqlite_get_session(st, &row, &blob);
	enum err err = blob_decode(blob.at, blob.len, &count->arena, &row, &sealed);
	if (err == ERR_LIMIT_REACHED)
		return err;
	/* One that can't be read keeps the old key needed, as store_sqlite_reseal() has it. */
	if (err != ERR_OK || sealed_is_old(&sealed, &row, count->key))
		count->rows++;
	uint32_t until = err == ERR_OK ? sealed_cools_until(&sealed, &row) : 0;
	if (until > count->until)
		count->until = until;
	return ERR_OK;
}

static enum err count_dead(struct count *count, sqlite3_stmt *st)
{
	count->dead += vault_text_sealed_by(sqlite_get_str(st, 1)) != count->key;
	return ERR_OK;
}

static enum err count_message(struct count *count, sqlite3_stmt *st)
{
	count->messages += vault_text_sealed_by(sqlite_get_str(st, 1)) != count->key;
	return ERR_OK;
}

static enum err count_all(sqlite3 *db, const char *sql, int64_t after,
	enum err (*each)(struct count *count, sqlite3_stmt *st), struct count *count)
{
	sqlite3_stmt *st = NULL;
	enum err err = ERR_OK;
	int code = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, after);
		while (err == ERR_OK && (code = sqlite3_step(st)) == SQLITE_ROW)
			err = each(count, st);
	}
	sqlite3_finalize(st);
	return err != ERR_OK ? err : sqlite_err(code);
}

/* Rows up to the cursor are done. */
static enum err count_left(sqlite3 *db, const struct reseal *reseal, struct store_rotation *rotation)
{
	struct count count = {.key = rotation->key, .until = (uint32_t)reseal->cools_until};
	int64_t after[RESEAL_END];
	enum err err = ERR_OK;
	for (int i = 0; i < RESEAL_END; i++)
		after[i] = i == reseal->table ? reseal->cursor : i < reseal->table ? INT64_MAX : 0;
	arena_init(&count.arena, 1 << 20);
	if (after[RESEAL_SESSION] != INT64_MAX)
		err = count_all(db, "SELECT * FROM session WHERE id > ?1", after[RESEAL_SESSION], count_row, &count);
	if (err == ERR_OK && after[RESEAL_PAST] != INT64_MAX)
		err = count_all(db, "SELECT * FROM session_past WHERE id > ?1", after[RESEAL_PAST], count_row, &count);
	if (err == ERR_OK && after[RESEAL_DEAD] != INT64_MAX)
		err = count_all(db, "SELECT id, payload FROM dead WHERE id > ?1", after[RESEAL_DEAD], count_dead, &count);
	if (err == ERR_OK && after[RESEAL_BLOCK] != INT64_MAX)
		err = count_all(db, "SELECT id, sealed FROM block WHERE id > ?1", after[RESEAL_BLOCK], count_dead,
			&count);
	if (err == ERR_OK && after[RESEAL_MESSAGE] != INT64_MAX)
		err = count_all(db, "SELECT id, box FROM message_box WHERE id > ?1", after[RESEAL_MESSAGE],
			count_message, &count);
	arena_done(&count.arena);
	rotation->messages = count.messages;
	rotation->rows = count.rows;
	rotation->dead = count.dead;
	rotation->cools_until = count.until;
	return err;
}

static enum err look(sqlite3 *db, const struct vault *vault, struct store_rotation *rotation)
{
	int n = vault_keys(vault);
	struct reseal reseal;
	rotation->key = vault_key_id(vault, n - 1);
	enum err err = sqlite_key_known(db, rotation->key, &rotation->begun);
	if (err != ERR_OK || n == 1)
		return err;
	rotation->old_key = vault_key_id(vault, 0);
	err = sqlite_key_known(db, rotation->old_key, &rotation->old_needed);
	if (err == ERR_OK)
		err = sqlite_reseal_read(db, rotation->key, &reseal);
	if (err != ERR_OK || !rotation->old_needed)
		return err;
	return count_left(db, &reseal, rotation);
}

enum err store_sqlite_rotation(const char *path, const struct vault *vault, struct store_rotation *ret_rotation,
	char ret_error[256])
{
	struct store_rotation rotation = {0};
	sqlite3 *db;
	enum err err = sqlite_open_reading(path, vault, &db, ret_error);
	if (err != ERR_OK)
		return err;
	err = look(db, vault, &rotation);
	if (err != ERR_OK)
		sqlite_explain(db, err, "the rows could not be counted", ret_error);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	if (err == ERR_OK)
		*ret_rotation = rotation;
	return err;
}
