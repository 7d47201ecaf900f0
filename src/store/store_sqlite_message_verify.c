/* The full check of messages: what waits has its box, and its box opens; what doesn't has no number left in it. */
#include "store/store_sqlite.h"

#include "crypto/digest.h"

struct verify {
	struct vault_use *use;
	uint64_t ids_end;
	const struct sqlite_findings *findings;
};

static void check_row(const struct verify *verify, const struct message_row *row)
{
	unsigned long long id = row->id;
	if (row->id == 0 || row->id > verify->ids_end)
		sqlite_finding(verify->findings, "message %llu: its id is of a time to come", id);
	if ((int)row->state < MESSAGE_REFUSED || row->state > MESSAGE_FAILED || (int)row->why < 0 ||
		row->why >= MESSAGE__WHYS)
		sqlite_finding(verify->findings, "message %llu: its state is none that is stored", id);
	if (row->provider[0] == '\0' || row->account[0] == '\0' || row->ref[0] == '\0')
		sqlite_finding(verify->findings, "message %llu: it has no account or no name there", id);
}

static void check_box(const struct verify *verify, const struct message_row *row, struct str box, uint32_t keep_until)
{
	unsigned long long id = row->id;
	bool waits = row->state == MESSAGE_QUEUED;
	struct message_row opened = {.id = row->id};
	struct buf text;
	buf_init(&text, box.len + 1);
	if (sqlite_message_open(verify->use, box, &text, &opened) != ERR_OK)
		sqlite_finding(verify->findings, "message %llu: its text is damaged or was sealed with another key",
			id);
	else if (waits != number_is(opened.to) || waits != number_is(opened.from))
		sqlite_finding(verify->findings,
			waits ? "message %llu: it waits, and is for nobody or of nobody" : "message %llu: it is over, and has a number",
			id);
	if (!waits && keep_until == 0)
		sqlite_finding(verify->findings, "message %llu: its text is kept for no time", id);
	secret_wipe(text.at, text.size);
	buf_done(&text);
}

/* A session that lost a number takes what waits for it along: then there is none. */
static void each_message(void *context, sqlite3_stmt *st)
{
	const struct verify *verify = context;
	struct message_row row;
	sqlite_get_message(st, &row);
	check_row(verify, &row);
	struct str box = sqlite_get_str(st, SQLITE_MESSAGE_BOX + 1);
	if (box.len)
		check_box(verify, &row, box, (uint32_t)sqlite3_column_int64(st, SQLITE_MESSAGE_BOX));
}

static void each_policy(void *context, sqlite3_stmt *st)
{
	const struct verify *verify = context;
	const struct message_policy policy = {.keep_bodies_s = (uint32_t)sqlite3_column_int64(st, 3)};
	const char *field = NULL;
	if (message_policy_check(&policy, &field) != ERR_OK)
		sqlite_finding(verify->findings, "pool %lld: the setting %s is out of range",
			(long long)sqlite3_column_int64(st, 0), field);
}

static void each_homeless(void *context, sqlite3_stmt *st)
{
	const struct verify *verify = context;
	sqlite_finding(verify->findings, "messages: something is of pool %lld, which does not exist",
		(long long)sqlite3_column_int64(st, 0));
}

enum err sqlite_verify_messages(sqlite3 *db, struct vault_use *use, uint64_t ids_end,
	const struct sqlite_findings *findings)
{
	struct verify verify = {use, ids_end, findings};
	enum err err = sqlite_verify_rows(db, findings,
		"SELECT m.*, b.keep_until, b.box FROM message AS m LEFT JOIN message_box AS b"
		" ON b.id = m.id ORDER BY m.id", each_message, &verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(db, findings, "SELECT * FROM message_policy", each_policy, &verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(db, findings,
			"SELECT DISTINCT pool_id FROM (SELECT pool_id FROM message WHERE pool_id > 0 UNION"
			" SELECT pool_id FROM message_policy) WHERE pool_id NOT IN (SELECT id FROM pool)",
			each_homeless, &verify);
	return err;
}
