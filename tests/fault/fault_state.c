#include "fault/fault.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

static void put(struct buf *out, const char *text, size_t len)
{
	buf_str(out, str_n(text, len));
}

static void put_bytes(struct buf *out, const unsigned char *bytes, int n, bool alike)
{
	buf_fmt(out, "x%d", n);
	for (int i = 0; i < n && !alike; i++)
		buf_fmt(out, "%s%02x", i ? "" : ":", bytes[i]);
}

/* Ids, times in ms and in s, hashes; numbers of VNs are smaller than ids and larger than times. */
static bool differs(sqlite3_int64 value)
{
	return value < 0 || value > 100000000000000 || (value > 1795000000000 && value < 1800000000000) ||
	       (value > 1795000000 && value < 1800000000);
}

static void put_column(struct buf *out, sqlite3_stmt *st, int i, bool alike)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		if (alike && differs(sqlite3_column_int64(st, i)))
			buf_lit(out, "#");
		else
			buf_i64(out, sqlite3_column_int64(st, i));
		break;
	case SQLITE_BLOB:
		put_bytes(out, sqlite3_column_blob(st, i), sqlite3_column_bytes(st, i), alike);
		break;
	case SQLITE_NULL:
		buf_lit(out, "-");
		break;
	default:
		put(out, (const char *)sqlite3_column_text(st, i), (size_t)sqlite3_column_bytes(st, i));
	}
}

/* A connection beside the server's, and a statement for each table: made once, each fork has its own. */
#define TABLES_MAX 40
static sqlite3 *db;
static sqlite3_stmt *tables[TABLES_MAX];
static char names[TABLES_MAX][40];
static int tables_n;

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *st;
	int code = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	ASSERT(code == SQLITE_OK);
	return st;
}

void state_open(void)
{
	char sql[160];
	int code = sqlite3_open_v2(door.serve->datadir.database, &db, SQLITE_OPEN_READONLY, NULL);

	ASSERT(code == SQLITE_OK);
	sqlite3_stmt *st = prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name");
	while (sqlite3_step(st) == SQLITE_ROW) {
		ASSERT(tables_n < TABLES_MAX);
		char *name = names[tables_n];
		snprintf(name, sizeof names[0], "%s", (const char *)sqlite3_column_text(st, 0));
		snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"%s ORDER BY 1, 2", name, strcmp(name, "meta") ? "" : " WHERE name != 'time'");
		tables[tables_n++] = prepare(sql);
	}
	sqlite3_finalize(st);
}

void state_close(void)
{
	while (tables_n > 0)
		sqlite3_finalize(tables[--tables_n]);
	sqlite3_close(db);
}

static void put_table(struct buf *out, int table, bool alike)
{
	sqlite3_stmt *st = tables[table];

	while (sqlite3_step(st) == SQLITE_ROW) {
		buf_lit(out, names[table]);
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			buf_lit(out, " ");
			put_column(out, st, i, alike);
		}
		buf_lit(out, "\n");
	}
	sqlite3_reset(st);
}

/* `text` becomes what was put, terminated. */
static void begin(struct buf *out, char *text, size_t size)
{
	fault_hold();
	buf_fixed(out, text, size - 1);
}

static void end(struct buf *out)
{
	ASSERT(buf_ok(out));
	out->at[out->len] = '\0';
	fault_go_on();
}

void state_stored(char *text, size_t size, bool alike)
{
	struct buf out;

	begin(&out, text, size);
	for (int i = 0; i < tables_n; i++)
		put_table(&out, i, alike);
	end(&out);
	if (alike)
		state_alike(text);
}

void state_shown(char *text, size_t size)
{
	static const char *const targets[] = {"/v1/pools", /* each with its stock; which VN is lent differs from try to try */
		"/v1/sessions", "/v1/sessions/{live}", "/v1/sessions/{other}", "/v1/sessions/{ended}", "/v1/orders/order-live/contact?pool=jakarta&as=customer",
		"/v1/orders/order-new/contact?pool=jakarta&as=customer", "/v1/orders/A-1/contact?pool=later&as=customer", "/v1/calls", "/v1/messages", "/v1/blocks", "/v1/dead",
		"/v1/purchases", "/v1/audit", NULL};
	struct buf out;

	begin(&out, text, size);
	for (int i = 0; targets[i]; i++) {
		town_ask(HTTP_METHOD_GET, town_target(targets[i]), NULL, NULL, town_key, NULL);
		buf_fmt(&out, "%s %d ", targets[i], door.reply.status);
		put(&out, door.reply.body, door.reply.body_len);
		buf_lit(&out, "\n");
	}
	town_ask(HTTP_METHOD_GET, "/v1/pools", NULL, NULL, town_reveals, NULL);
	buf_fmt(&out, "the other key: %d\n", door.reply.status);
	const char *wrong = engine_audit(door.serve->server.engine);
	if (wrong)
		buf_fmt(&out, "the engine's own audit: %s\n", wrong);
	end(&out);
}

/* Runs of digits and capitals are ids, times, signatures, numbers. A forecast begins anew with each start. Time is in an audit row's
 * hash. */
void state_alike(char *text)
{
	static const char forecast[] = "\"days_left\":", hash[] = "\"hash\":";
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (strncmp(from, forecast, sizeof forecast - 1) == 0 || strncmp(from, hash, sizeof hash - 1) == 0)
			from += strcspn(from, ",}");
		bool masked = (*from >= '0' && *from <= '9') || (*from >= 'A' && *from <= 'Z');
		if (!masked)
			*to++ = *from;
		else if (to == text || to[-1] != '#')
			*to++ = '#';
	}
	*to = '\0';
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* A line of `in` that begins as this one does for the longest; how long that is. */
static size_t nearest(const char *line, const char *in)
{
	size_t best = 0, len = (size_t)(next_line(line) - line);

	for (const char *at = in; *at && best < len; at = next_line(at)) {
		size_t same = 0;
		while (same < len && at[same] == line[same])
			same++;
		best = same > best ? same : best;
	}
	return best;
}

static void put_missing(char sign, const char *from, const char *in)
{
	for (const char *line = from; *line; line = next_line(line)) {
		size_t len = (size_t)(next_line(line) - line), same = nearest(line, in);
		size_t begin = same > 100 ? same - 100 : 0, n = len - begin < 300 ? len - begin : 300;
		if (same < len)
			fprintf(stderr, "%c %.30s ... %.*s\n", sign, line, (int)n, line + begin);
	}
}

void state_differs(const char *before, const char *after)
{
	put_missing('-', before, after);
	put_missing('+', after, before);
}
