/* The full check of what goes out and what came in: events, sinks, retries, offsets, dead letters; supply; blocks; messages. */
#include "store/store_sqlite.h"

#include "crypto/digest.h"
#include "store/row.h"

#define AHEAD_MS (24ll * 3600 * 1000) /* of the clock, before an id is called strange */

struct verify {
	sqlite3 *db;
	struct vault_use *use;
	uint64_t ids_end; /* no id should be above it now */
	struct sqlite_findings findings;
	struct buf payload;
};

static unsigned long long id_in(sqlite3_stmt *st, int i)
{
	return (unsigned long long)sqlite3_column_int64(st, i);
}

/* A name of ours: the configuration's, no stranger's. */
static int name_in(sqlite3_stmt *st, int i, const char **ret_name)
{
	struct str name = sqlite_get_str(st, i);
	*ret_name = name.len ? name.at : "";
	return (int)(name.len < ROW_SINK_NAME_MAX ? name.len : ROW_SINK_NAME_MAX);
}

static void each_event(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	unsigned long long id = id_in(st, 0);
	if (id == 0 || id > INT64_MAX)
		sqlite_finding(&verify->findings, "event %llu: the id is out of range", id);
	if (sqlite_get_str(st, 1).len == 0)
		sqlite_finding(&verify->findings, "event %llu: it has no type", id);
	if (!sqlite3_column_int(st, 2))
		sqlite_finding(&verify->findings, "event %llu: its data is no JSON object", id);
}

static void each_sink(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	const char *name;
	int len = name_in(st, 0, &name);
	if (len == 0 || sqlite_get_str(st, 0).len > ROW_SINK_NAME_MAX)
		sqlite_finding(&verify->findings, "sink %.*s: the name is not well formed", len, name);
	if (id_in(st, 1) > verify->ids_end)
		sqlite_finding(&verify->findings, "sink %.*s: its cursor is ahead of every event", len, name);
}

static void each_retry(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	const char *name;
	int len = name_in(st, 0, &name);
	sqlite_finding(&verify->findings, "a retry of event %llu is for the sink %.*s, which does not exist", id_in(st, 1), len, name);
}

static void each_offset(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	const char *topic;
	int len = name_in(st, 1, &topic);
	if (sqlite3_column_int64(st, 2) < 0 || sqlite3_column_int64(st, 2) > INT32_MAX || sqlite3_column_int64(st, 3) < 0)
		sqlite_finding(&verify->findings, "topic %.*s: a partition or its offset is out of range", len, topic);
}

static void each_dead(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct dead_row row;
	sqlite_get_dead(st, &row);
	if (row.state != DEAD_REFUSED && row.state != DEAD_PARKED)
		sqlite_finding(&verify->findings, "dead letter %llu: its state is none that is stored", (unsigned long long)row.id);
	buf_reset(&verify->payload);
	if (sqlite_dead_open(verify->use, row.id, sqlite_get_str(st, SQLITE_DEAD_PAYLOAD), &verify->payload) != ERR_OK)
		sqlite_finding(&verify->findings, "dead letter %llu: its payload is damaged or was sealed with another key",
			(unsigned long long)row.id);
}

static void each_supply(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	const char *field = NULL;
	struct supply_row row;
	sqlite_get_supply(st, &row);
	if (supply_policy_check(&row.policy, &field) != ERR_OK)
		sqlite_finding(&verify->findings, "pool %u: the setting %s is out of range", row.pool_id, field);
}

static void each_purchase(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct purchase_row row;
	sqlite_get_purchase(st, &row);
	if ((int)row.state < PURCHASE_INTENT || row.state > PURCHASE_FAILED)
		sqlite_finding(&verify->findings, "purchase %llu: its state is none that is stored", (unsigned long long)row.id);
	if (row.provider[0] == '\0' || row.account[0] == '\0' || !number_is(row.number))
		sqlite_finding(&verify->findings, "purchase %llu: it has no account or no number", (unsigned long long)row.id);
	if (row.id > verify->ids_end)
		sqlite_finding(&verify->findings, "purchase %llu: its id is of a time to come", (unsigned long long)row.id);
}

static void each_homeless(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	sqlite_finding(&verify->findings, "supply: something is of pool %lld, which does not exist",
		(long long)sqlite3_column_int64(st, 0));
}

/* Policies, purchases, orders an hour. */
static enum err verify_supply(struct verify *verify)
{
	enum err err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM supply", each_supply, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM purchase ORDER BY id", each_purchase, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings,
			"SELECT DISTINCT pool_id FROM (SELECT pool_id FROM supply UNION SELECT pool_id FROM purchase UNION"
			" SELECT id >> 32 FROM pool_hour) WHERE pool_id NOT IN (SELECT id FROM pool)",
			each_homeless, verify);
	return err;
}

static void each_block(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	struct block_row row;
	buf_reset(&verify->payload);
	if (sqlite_get_block(verify->use, st, &verify->payload, &row) != ERR_OK)
		sqlite_finding(&verify->findings, "block %llu: it is damaged or was sealed with another key",
			(unsigned long long)row.id);
	if (row.id > verify->ids_end)
		sqlite_finding(&verify->findings, "block %llu: its id is of a time to come",
			(unsigned long long)row.id);
}

static void each_block_homeless(void *context, sqlite3_stmt *st)
{
	struct verify *verify = context;
	sqlite_finding(&verify->findings, "block %llu: its pool does not exist", id_in(st, 0));
}

static enum err verify_blocks(struct verify *verify)
{
	enum err err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM block ORDER BY id", each_block,
		verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings,
			"SELECT id FROM block WHERE pool_id NOT IN (SELECT id FROM pool)", each_block_homeless, verify);
	return err;
}

static enum err verify_all(struct verify *verify)
{
	/* A part of a text that is no JSON has no type: iif() asks in order. */
	enum err err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT id, type, iif(json_valid(data), json_type(data) = 'object', 0)"
		" FROM outbox ORDER BY id", each_event, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM sink", each_sink, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM sink_retry WHERE sink NOT IN (SELECT name FROM sink)", each_retry, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM stream_offset", each_offset, verify);
	if (err == ERR_OK)
		err = sqlite_verify_rows(verify->db, &verify->findings, "SELECT * FROM dead ORDER BY id", each_dead, verify);
	if (err == ERR_OK)
		err = verify_supply(verify);
	if (err == ERR_OK)
		err = verify_blocks(verify);
	if (err == ERR_OK)
		err = sqlite_verify_messages(verify->db, verify->use, verify->ids_end, &verify->findings);
	return err;
}

enum err sqlite_verify_stream(sqlite3 *db, struct vault_use *use, int64_t now_ms,
	const struct sqlite_findings *findings)
{
	struct verify verify = {.db = db, .use = use, .findings = *findings};
	verify.ids_end = (uint64_t)(now_ms + AHEAD_MS) << 16;
	buf_init(&verify.payload, VAULT_TEXT_MAX + 1);
	enum err err = verify_all(&verify);
	secret_wipe(verify.payload.at, verify.payload.size);
	buf_done(&verify.payload);
	return err;
}
