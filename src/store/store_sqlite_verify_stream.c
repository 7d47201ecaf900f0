/* The full check of what goes out and what came in: events, sinks, retries, offsets, dead letters. */
#include "store/store_sqlite.h"

#include "crypto/digest.h"
#include "store/row.h"

#include <stdarg.h>

#define AHEAD_MS (24ll * 3600 * 1000) /* of the clock, before an id is called strange */

struct verify {
	sqlite3 *db;
	struct vault_use *use;
	uint64_t ids_end; /* no id should be above it now */
	void (*wrong)(void *context, const char *sentence);
	void *context;
	struct buf payload;
};

static void __attribute__((format(printf, 2, 3))) say(struct verify *verify, const char *format, ...)
{
	char sentence[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	verify->wrong(verify->context, sentence);
}

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

static void each_event(struct verify *verify, sqlite3_stmt *st)
{
	unsigned long long id = id_in(st, 0);
	if (id == 0 || id > INT64_MAX)
		say(verify, "event %llu: the id is out of range", id);
	if (sqlite_get_str(st, 1).len == 0 || sqlite_get_str(st, 2).len == 0)
		say(verify, "event %llu: it has no type or no key", id);
	if (!sqlite3_column_int(st, 3))
		say(verify, "event %llu: its data is no JSON object", id);
}

static void each_sink(struct verify *verify, sqlite3_stmt *st)
{
	const char *name;
	int len = name_in(st, 0, &name);
	if (len == 0 || sqlite_get_str(st, 0).len > ROW_SINK_NAME_MAX)
		say(verify, "sink %.*s: the name is not well formed", len, name);
	if (id_in(st, 1) > verify->ids_end)
		say(verify, "sink %.*s: its cursor is ahead of every event", len, name);
}

static void each_retry(struct verify *verify, sqlite3_stmt *st)
{
	const char *name;
	int len = name_in(st, 0, &name);
	say(verify, "a retry of event %llu is for the sink %.*s, which does not exist", id_in(st, 1), len, name);
}

static void each_offset(struct verify *verify, sqlite3_stmt *st)
{
	const char *topic;
	int len = name_in(st, 1, &topic);
	if (sqlite3_column_int64(st, 2) < 0 || sqlite3_column_int64(st, 2) > INT32_MAX || sqlite3_column_int64(st, 3) < 0)
		say(verify, "topic %.*s: a partition or its offset is out of range", len, topic);
}

static void each_dead(struct verify *verify, sqlite3_stmt *st)
{
	struct dead_row row;
	sqlite_get_dead(st, &row);
	if (row.state != DEAD_REFUSED && row.state != DEAD_PARKED)
		say(verify, "dead letter %llu: its state is none that is stored", (unsigned long long)row.id);
	buf_reset(&verify->payload);
	if (sqlite_dead_open(verify->use, row.id, sqlite_get_str(st, SQLITE_DEAD_PAYLOAD), &verify->payload) != ERR_OK)
		say(verify, "dead letter %llu: its payload is damaged or was sealed with another key",
			(unsigned long long)row.id);
}

static enum err each_row(struct verify *verify, const char *sql, void (*each)(struct verify *verify, sqlite3_stmt *st))
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(verify->db, sql, -1, &st, NULL);
	if (code == SQLITE_OK)
		while ((code = sqlite3_step(st)) == SQLITE_ROW)
			each(verify, st);
	if (sqlite_err(code) == ERR_STORE_REFUSED) {
		say(verify, "the file is damaged: %s", sqlite3_errmsg(verify->db));
		code = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return sqlite_err(code);
}

static enum err verify_all(struct verify *verify)
{
	/* A part of a text that is no JSON has no type: iif() asks in order. */
	enum err err = each_row(verify, "SELECT id, type, key, iif(json_valid(data), json_type(data) = 'object', 0)"
		" FROM outbox ORDER BY id", each_event);
	if (err == ERR_OK)
		err = each_row(verify, "SELECT * FROM sink", each_sink);
	if (err == ERR_OK)
		err = each_row(verify, "SELECT * FROM sink_retry WHERE sink NOT IN (SELECT name FROM sink)", each_retry);
	if (err == ERR_OK)
		err = each_row(verify, "SELECT * FROM stream_offset", each_offset);
	if (err == ERR_OK)
		err = each_row(verify, "SELECT * FROM dead ORDER BY id", each_dead);
	return err;
}

enum err sqlite_verify_stream(sqlite3 *db, struct vault_use *use, int64_t now_ms,
	void (*wrong)(void *context, const char *sentence), void *context)
{
	struct verify verify = {.db = db, .use = use, .wrong = wrong, .context = context};
	verify.ids_end = (uint64_t)(now_ms + AHEAD_MS) << 16;
	buf_init(&verify.payload, VAULT_TEXT_MAX + 1);
	enum err err = verify_all(&verify);
	secret_wipe(verify.payload.at, verify.payload.size);
	buf_done(&verify.payload);
	return err;
}
