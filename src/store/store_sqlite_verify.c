/* The full check of a database at rest. Sentences name ids, never a real number. */
#include "store/store_sqlite.h"

#include "base/check.h"
#include "store/opener.h"
#include "store/row.h"
#include "store/unique.h"

#include <stdarg.h>
#include <stdlib.h>

#define VN_ID_MAX ((1u << 24) - 1)
#define NUMBERS_END 1000000000000000u /* 10^15: number_text() takes none from here on */

struct verify {
	sqlite3 *db;
	struct vault_use *use;
	int64_t now_ms;
	struct sqlite_findings findings;
	uint64_t *vns;         /* numbers by VN id */
	uint32_t *vn_pools;    /* pools by VN id; 0: there is no such VN */
	uint32_t vns_n;
	struct unique *unique;
	struct arena arena;    /* of one row */
	bool past;             /* the sessions that are looked at are those set aside */
	uint64_t audit_id;     /* of the last row seen */
	uint8_t audit_hash[32];
};

void sqlite_finding(const struct sqlite_findings *findings, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	findings->wrong(findings->context, sentence);
}

static void say_session(struct verify *verify, const struct session_row *row, const char *what)
{
	char id[SESSION_ID_TEXT_SIZE];
	sqlite_finding(&verify->findings, "session %s: %s", session_id_text(row->id, id), what);
}

enum err sqlite_verify_rows(sqlite3 *db, const struct sqlite_findings *findings, const char *sql,
	void (*each)(void *context, sqlite3_stmt *st), void *context)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	if (code == SQLITE_OK)
		while ((code = sqlite3_step(st)) == SQLITE_ROW)
			each(context, st);
	if (sqlite_err(code) == ERR_STORE_REFUSED) {
		sqlite_finding(findings, "the file is damaged: %s", sqlite3_errmsg(db));
		code = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return sqlite_err(code);
}

static void each_finding(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct str finding = sqlite_get_str(st, 0);
	if (!str_equal(finding, STR("ok")))
		sqlite_finding(&verify->findings, "SQLite: %.*s", (int)finding.len, finding.at);
}

static void each_pool(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct pool_row row;
	const char *field;
	sqlite_get_pool(st, &row);
	if (row.tenant[0] == '\0' || row.name[0] == '\0')
		sqlite_finding(&verify->findings, "pool %u: it has no name or no tenant", row.id);
	if (pool_policy_check(&row.policy, &field) != ERR_OK)
		sqlite_finding(&verify->findings, "pool %u: the setting %s is out of range", row.id, field);
	if (row.level > POOL_LEVEL_EXHAUSTED)
		sqlite_finding(&verify->findings, "pool %u: the level of its stock is out of range", row.id);
}

static void each_vn(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct vn_row row;
	char text[NUMBER_TEXT_SIZE];
	struct number again;
	sqlite_get_vn(st, &row);
	if (row.id == 0 || row.id > VN_ID_MAX) {
		sqlite_finding(&verify->findings, "virtual number %u: the id is out of range", row.id);
		return;
	}
	if (row.number.e164 >= NUMBERS_END || number_parse(str_of(number_text(row.number, text)), &again) != ERR_OK)
		sqlite_finding(&verify->findings, "virtual number %u: it is not a number", row.id);
	if (row.provider[0] == '\0' || row.account[0] == '\0')
		sqlite_finding(&verify->findings, "virtual number %u: it has no provider or no account", row.id);
	if (row.out > VN_OUT_SICK || row.disabled != (row.out != VN_OUT_NOT))
		sqlite_finding(&verify->findings, "virtual number %u: whether it is disabled, and why, don't go together", row.id);
	verify->vns[row.id] = row.number.e164;
	verify->vn_pools[row.id] = row.pool_id ? row.pool_id : UINT32_MAX;
}

static void each_twice(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	sqlite_finding(&verify->findings, "virtual numbers %u and %u are one number", (unsigned)sqlite3_column_int64(st, 0),
		(unsigned)sqlite3_column_int64(st, 1));
}

static void each_homeless(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	sqlite_finding(&verify->findings, "virtual number %u: its pool %u does not exist", (unsigned)sqlite3_column_int64(st, 0),
		(unsigned)sqlite3_column_int64(st, 1));
}

static void check_vn(struct verify *verify, const struct session_row *row, uint32_t vn_id)
{
	if (vn_id == 0)
		return;
	if (vn_id >= verify->vns_n || verify->vn_pools[vn_id] == 0)
		say_session(verify, row, "it names a virtual number that does not exist");
	else if (verify->vn_pools[vn_id] != row->pool_id && !verify->past)
		say_session(verify, row, "it holds a virtual number of another pool");
}

static void check_party(struct verify *verify, const struct session_row *row, const struct party *party)
{
	if (!session_role_ok(str_of(party->role)))
		say_session(verify, row, "a role is not well formed");
	check_vn(verify, row, party->vn_id);
	for (int i = 0; i < party->numbers_n; i++) {
		struct person now, old;
		if (!number_is(party->numbers[i]))
			continue;
		vault_person(verify->use, party->numbers[i], &now);
		bool same = memcmp(&now, &party->persons[i], sizeof now) == 0;
		if (!same && vault_person_old(verify->use, party->numbers[i], &old))
			same = memcmp(&old, &party->persons[i], sizeof old) == 0;
		if (!same)
			say_session(verify, row, "a number is not the one that its keyed hash says");
	}
}

static void check_times(struct verify *verify, const struct session_row *row, uint32_t done_at)
{
	if (row->state > SESSION_CLOSING)
		say_session(verify, row, "its state is none that is stored");
	if (done_at != row_session_done_at(row) && !verify->past)
		say_session(verify, row, "the end of its cool-down is not what its times say");
	if (row->closed_at == 0 && (verify->past || row->grace_until != 0 || row->cool_until != 0))
		say_session(verify, row, "it ended without having been closed");
	if (row->closed_at != 0 && !row->never_live && row->cool_until < row->grace_until)
		say_session(verify, row, "its cool-down ends before its grace");
}

static void check_pairs(struct verify *verify, const struct session_row *row)
{
	uint64_t other = 0;
	if (verify->past || !row_session_open(row, verify->now_ms))
		return;
	if (unique_add(verify->unique, row) != UNIQUE_HIT)
		return;
	if (sqlite_find_clash(verify->db, verify->use, verify->vns, verify->vns_n, verify->now_ms, row, &other) != ERR_OK ||
		other == 0)
		return;
	char a[SESSION_ID_TEXT_SIZE], b[SESSION_ID_TEXT_SIZE];
	sqlite_finding(&verify->findings, "sessions %s and %s both bind one caller's number to one virtual number (S1)",
		session_id_text(other, a), session_id_text(row->id, b));
}

static void each_session(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	const struct opener_options options = {.vns = verify->vns, .vns_n = verify->vns_n};
	struct session_row row;
	struct str blob;
	arena_reset(&verify->arena);
	sqlite_get_session(st, &row, &blob);
	if (opener_open(&options, verify->use, blob, &verify->arena, &row) != ERR_OK) {
		say_session(verify, &row, "its row is damaged or was sealed with another key");
		return;
	}
	if (!session_ref_ok(row.ref))
		say_session(verify, &row, "its order id is not well formed");
	for (int i = 0; i < row.parties_n; i++)
		check_party(verify, &row, &row.parties[i]);
	for (int i = 0; i < row.views_n; i++)
		check_vn(verify, &row, row.views[i].vn_id);
	check_times(verify, &row, (uint32_t)sqlite3_column_int64(st, 10));
	check_pairs(verify, &row);
}

static void each_audit(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct audit_row row;
	uint8_t hash[32];
	sqlite_get_audit(st, &row);
	if (row.id != verify->audit_id + 1)
		sqlite_finding(&verify->findings, "audit: rows are missing between %llu and %llu", (unsigned long long)verify->audit_id,
			(unsigned long long)row.id);
	row_audit_hash(verify->use, verify->audit_hash, &row, hash);
	if (memcmp(hash, row.hash, sizeof hash) != 0)
		sqlite_finding(&verify->findings, "audit: row %llu was changed, or the one before it was", (unsigned long long)row.id);
	verify->audit_id = row.id;
	memcpy(verify->audit_hash, row.hash, sizeof row.hash);
}

static enum err verify_all(struct verify *verify)
{
	enum err err = sqlite_verify_rows(verify->db, &verify->findings, "PRAGMA integrity_check(20)", each_finding, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM pool", each_pool, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM vn", each_vn, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT min(id), max(id) FROM vn GROUP BY number HAVING count(*) > 1", each_twice, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT id, pool_id FROM vn WHERE pool_id NOT IN (SELECT id FROM pool)", each_homeless, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM session ORDER BY id", each_session, verify);
	verify->past = true;
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM session_past ORDER BY id", each_session, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM audit ORDER BY id", each_audit, verify);
	if (err == ERR_OK)
		err = sqlite_verify_stream(verify->db, verify->use, verify->now_ms, &verify->findings);
	return err;
}

static enum err vn_tables(struct verify *verify)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(verify->db, "SELECT max(id) FROM vn", -1, &st, NULL);
	if (code == SQLITE_OK && (code = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t most = sqlite3_column_int64(st, 0);
		verify->vns_n = (uint32_t)(most < 0 ? 0 : most > VN_ID_MAX ? VN_ID_MAX : most) + 1;
	}
	sqlite3_finalize(st);
	if (sqlite_err(code) != ERR_OK)
		return sqlite_err(code);
	verify->vns = calloc(verify->vns_n, sizeof *verify->vns);
	verify->vn_pools = calloc(verify->vns_n, sizeof *verify->vn_pools);
	verify->unique = unique_new((uint64_t)verify->now_ms);
	return verify->vns && verify->vn_pools && verify->unique ? ERR_OK : ERR_LIMIT_REACHED;
}

enum err store_sqlite_verify(const char *path, const struct vault *vault, int64_t now_ms,
	void (*wrong)(void *context, const char *sentence), void *context, char ret_error[256])
{
	struct verify verify = {.now_ms = now_ms, .findings = {wrong, context}};
	enum err err = sqlite_open_reading(path, vault, &verify.db, ret_error);
	if (err != ERR_OK)
		return err;
	verify.use = vault_use_new(vault);
	arena_init(&verify.arena, 1 << 20);
	err = vn_tables(&verify);
	if (err == ERR_OK)
		err = verify_all(&verify);
	if (err != ERR_OK)
		sqlite_explain(verify.db, err, "the check could not be finished", ret_error);
	sqlite3_exec(verify.db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(verify.db);
	vault_use_free(verify.use);
	arena_done(&verify.arena);
	unique_free(verify.unique);
	free(verify.vns);
	free(verify.vn_pools);
	return err;
}
