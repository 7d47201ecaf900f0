#include "db/orders_db.h"

#include <limits.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "db/orders_link.h"

#define CONNECT_S_DEFAULT 5
#define STATEMENT_MS_DEFAULT 10000
#define LATE_MS 1000 /* how much longer than the server we wait, so that it is the server who says so */
#define PRELUDE_N 3  /* BEGIN, the time-out, the statement */

const char *const orders_param_words[] = {"ref", "viewer", "role", "vn", "state", "session", "pool", "tenant", "event",
	"event_id", "rev", "opened_at", "expires_at", "closed_at", "grace_until", "changed_at", NULL};

struct orders_db {
	struct orders_db_options options;
	struct orders_link link;
	char time_out[64];  /* SET LOCAL ... */
	char *explain;      /* "EXPLAIN " and the statement */
	bool heard;         /* the server answered in this call */
	char values[ORDERS_ROW_BYTES_MAX + ORDERS__COUNT];
};

struct orders_db *orders_db_new(const struct orders_db_options *options)
{
	struct orders_db *db = calloc(1, sizeof *db);

	_Static_assert(sizeof orders_param_words / sizeof *orders_param_words == ORDERS__COUNT + 1, "a word each");
	_Static_assert(ORDERS__COUNT <= SQL_NAMED_MAX, "all of them in one statement");
	if (!db)
		return NULL;
	db->options = *options;
	if (db->options.connect_s == 0)
		db->options.connect_s = CONNECT_S_DEFAULT;
	if (db->options.statement_ms == 0)
		db->options.statement_ms = STATEMENT_MS_DEFAULT;
	db->link = (struct orders_link){.stop_fd = options->stop_fd, .last_ms = INT64_MAX};
	snprintf(db->time_out, sizeof db->time_out, "SET LOCAL statement_timeout = %d", db->options.statement_ms);
	if (asprintf(&db->explain, "EXPLAIN %s", options->statement->text) < 0) {
		free(db);
		return NULL;
	}
	return db;
}

void orders_db_free(struct orders_db *db)
{
	if (!db)
		return;
	orders_link_close(&db->link);
	free(db->explain);
	free(db);
}

void orders_db_until(struct orders_db *db, int ms)
{
	db->link.last_ms = ms < 0 ? INT64_MAX : steady_ms() + ms;
}

static void more_time(struct orders_db *db)
{
	db->link.until_ms = steady_ms() + db->options.statement_ms + LATE_MS;
}

/* --- sending --- */

static bool send_words(struct orders_db *db, const char *words)
{
	return PQsendQueryParams(db->link.conn, words, 0, NULL, NULL, NULL, NULL, 0);
}

static bool send_statement(struct orders_db *db)
{
	return PQsendPrepare(db->link.conn, "", db->options.statement->text, 0, NULL);
}

/* libpq wants terminated texts, and copies them. */
static bool send_row(struct orders_db *db, const struct orders_row *row)
{
	const struct sql_named *statement = db->options.statement;
	const char *values[SQL_NAMED_MAX];
	struct buf room;

	buf_fixed(&room, db->values, sizeof db->values);
	for (int i = 0; i < statement->params_n; i++) {
		struct str value = row->at[statement->params[i]];
		values[i] = value.at ? db->values + room.len : NULL;
		if (value.at) {
			buf_str(&room, value);
			buf_char(&room, '\0');
		}
	}
	ASSERT(buf_ok(&room));
	return PQsendQueryPrepared(db->link.conn, "", statement->params_n, values, NULL, NULL, 0);
}

static bool send_batch(struct orders_db *db, const struct orders_row *rows, int n)
{
	bool sent = send_words(db, "BEGIN") && send_words(db, db->time_out) && send_statement(db);

	for (int i = 0; sent && i < n; i++)
		sent = send_row(db, &rows[i]);
	return sent && send_words(db, "COMMIT") && PQpipelineSync(db->link.conn);
}

static enum orders_said lost(struct orders_db *db, char why[ORDERS_WHY_SIZE])
{
	snprintf(why, ORDERS_WHY_SIZE, "the connection was lost");
	orders_link_close(&db->link);
	db->link.lost = true;
	return ORDERS_DOWN;
}

/* --- reading --- */

/* Nothing more will come: the connection broke, or the server waits for data that we have not (COPY: libpq repeats it for
 * ever). */
static bool is_last(const struct orders_db *db, const PGresult *answer)
{
	switch (PQresultStatus(answer)) {
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		return true;
	default:
		return PQstatus(db->link.conn) == CONNECTION_BAD;
	}
}

/* The server's last word: it closes the connection. */
static bool is_fatal(const PGresult *answer)
{
	const char *severity = PQresultErrorField(answer, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}

/* The answer to the next thing that was sent; NULL: closed, and why. */
static PGresult *next_answer(struct orders_db *db, char why[ORDERS_WHY_SIZE])
{
	PGresult *answer = NULL, *more;

	for (;;) {
		if (!orders_link_ready(&db->link, why)) {
			PQclear(answer);
			return NULL;
		}
		more = PQgetResult(db->link.conn);
		if (!more)
			break;
		bool last = is_last(db, more) || is_fatal(more);
		if (answer)
			PQclear(more);
		else
			answer = more;
		if (last)
			break;
	}
	/* libpq has forgotten that we wait for something. */
	if (!answer)
		lost(db, why);
	more_time(db);
	return answer;
}

static struct orders_fault fault_of(struct orders_db *db, const PGresult *answer, enum orders_step step)
{
	const char *position = PQresultErrorField(answer, PG_DIAG_STATEMENT_POSITION);
	struct orders_fault fault = {
		.sqlstate = PQresultErrorField(answer, PG_DIAG_SQLSTATE),
		.message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY),
		.constraint = PQresultErrorField(answer, PG_DIAG_CONSTRAINT_NAME),
		.table = PQresultErrorField(answer, PG_DIAG_TABLE_NAME),
		.column = PQresultErrorField(answer, PG_DIAG_COLUMN_NAME),
		.deeper = PQresultErrorField(answer, PG_DIAG_INTERNAL_QUERY) || PQresultErrorField(answer, PG_DIAG_CONTEXT),
	};
	uint64_t at;

	/* Otherwise it is one in "BEGIN". */
	if ((step == ORDERS_PREPARE || step == ORDERS_RUN) && position && str_u64(str_of(position), &at) && at < INT_MAX)
		fault.position = sql_named_position(db->options.text, db->options.statement, (int)at);
	return fault;
}

static enum orders_said judge(
	struct orders_db *db, const PGresult *answer, enum orders_step step, char why[ORDERS_WHY_SIZE])
{
	switch (PQresultStatus(answer)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		if (step != ORDERS_COMMIT || strcmp(PQcmdStatus((PGresult *)answer), "COMMIT") == 0)
			return ORDERS_OK;
		snprintf(why, ORDERS_WHY_SIZE, "the server rolled the transaction back");
		return ORDERS_DOWN;
	case PGRES_EMPTY_QUERY:
	case PGRES_COPY_IN:
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		snprintf(why, ORDERS_WHY_SIZE, "such a statement can't be run for rows");
		orders_link_close(&db->link);
		return ORDERS_WRONG;
	default:;
		struct orders_fault fault = fault_of(db, answer, step);
		orders_fault_why(&fault, step, why);
		return orders_fault_said(&fault, step);
	}
}

/* Reads the next answer and says what it means. After an error the server passes over what follows, up to the sync. */
static enum orders_said read_answer(struct orders_db *db, enum orders_step step, char why[ORDERS_WHY_SIZE])
{
	PGresult *answer = next_answer(db, why);

	if (!answer)
		return ORDERS_DOWN;
	enum orders_said said = judge(db, answer, step, why);
	bool fatal = is_fatal(answer);
	PQclear(answer);
	if (db->link.conn && (fatal || PQstatus(db->link.conn) == CONNECTION_BAD)) {
		orders_link_close(&db->link);
		db->link.lost = true;
	} else {
		db->heard = true;
	}
	return said;
}

/* Reads `n` answers that say nothing new: after an error, or the sync. Errors close the connection, nothing else: what
 * was to be said was said. */
static void pass_over(struct orders_db *db, int n)
{
	char unheard[ORDERS_WHY_SIZE];

	for (int i = 0; i < n && db->link.conn; i++)
		PQclear(next_answer(db, unheard));
}

/* Out of the transaction that an error broke. */
static void roll_back(struct orders_db *db)
{
	char unheard[ORDERS_WHY_SIZE];

	if (!db->link.conn || PQtransactionStatus(db->link.conn) == PQTRANS_IDLE)
		return;
	if (!send_words(db, "ROLLBACK") || !PQpipelineSync(db->link.conn)) {
		orders_link_close(&db->link);
		return;
	}
	more_time(db);
	if (read_answer(db, ORDERS_BEGIN, unheard) == ORDERS_OK)
		pass_over(db, 1);
	if (db->link.conn && PQtransactionStatus(db->link.conn) != PQTRANS_IDLE)
		orders_link_close(&db->link);
}

static enum orders_step step_of(int i, int rows_n)
{
	if (i < PRELUDE_N)
		return i == PRELUDE_N - 1 ? ORDERS_PREPARE : ORDERS_BEGIN;
	return i < PRELUDE_N + rows_n ? ORDERS_RUN : ORDERS_COMMIT;
}

static enum orders_said read_batch(struct orders_db *db, int n, int *ret_row, char why[ORDERS_WHY_SIZE])
{
	enum orders_said said = ORDERS_OK;
	int all = PRELUDE_N + n + 1, i = 0;

	while (said == ORDERS_OK && i < all) {
		enum orders_step step = step_of(i, n);
		said = read_answer(db, step, why);
		if (said == ORDERS_ROW)
			*ret_row = step == ORDERS_RUN ? i - PRELUDE_N : -1;
		i++;
	}
	pass_over(db, all - i + 1);
	roll_back(db);
	return said;
}

/* --- the two calls --- */

static enum orders_said connect_first(struct orders_db *db, char why[ORDERS_WHY_SIZE])
{
	if (db->link.conn)
		return ORDERS_OK;
	return orders_link_open(&db->link, db->options.url, db->options.connect_s * 1000LL, why);
}

static enum orders_said check_once(struct orders_db *db, char why[ORDERS_WHY_SIZE])
{
	enum orders_said said = connect_first(db, why);

	if (said != ORDERS_OK)
		return said;
	more_time(db);
	if (!send_statement(db) || !PQpipelineSync(db->link.conn))
		return lost(db, why);
	said = read_answer(db, ORDERS_PREPARE, why);
	pass_over(db, 1);
	return said;
}

/* Privileges are looked at when a statement is about to run, so it is explained, with NULL for all. What can't be
 * explained (CALL) is not held against it. */
static enum orders_said check_privileges(struct orders_db *db, char why[ORDERS_WHY_SIZE])
{
	static const char *const nothing[SQL_NAMED_MAX];

	more_time(db);
	if (!PQsendQueryParams(
		    db->link.conn, db->explain, db->options.statement->params_n, NULL, nothing, NULL, NULL, 0) ||
		!PQpipelineSync(db->link.conn))
		return lost(db, why);
	PGresult *answer = next_answer(db, why);
	if (!answer)
		return ORDERS_DOWN;
	const char *sqlstate = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
	struct orders_fault fault = fault_of(db, answer, ORDERS_BEGIN);
	bool refused = sqlstate && strcmp(sqlstate, "42501") == 0;
	if (refused)
		orders_fault_why(&fault, ORDERS_PREPARE, why);
	PQclear(answer);
	pass_over(db, 1);
	return refused ? ORDERS_WRONG : ORDERS_OK;
}

/* Once more, if a connection from before was lost before the server said anything. */
static bool worth_another(const struct orders_db *db, bool was_open, enum orders_said said)
{
	return said == ORDERS_DOWN && was_open && !db->heard && !db->link.conn && db->link.lost;
}

enum orders_said orders_db_check(struct orders_db *db, char why[ORDERS_WHY_SIZE])
{
	bool was_open = db->link.conn != NULL;

	db->heard = false;
	why[0] = '\0';
	enum orders_said said = check_once(db, why);
	if (worth_another(db, was_open, said))
		said = check_once(db, why);
	if (said == ORDERS_OK)
		said = check_privileges(db, why);
	/* A statement may hold a literal of the wrong kind, but no row is to blame for it. */
	ASSERT(said != ORDERS_ROW);
	return said;
}

static enum orders_said put_once(
	struct orders_db *db, const struct orders_row *rows, int n, int *ret_row, char why[ORDERS_WHY_SIZE])
{
	enum orders_said said = connect_first(db, why);

	if (said != ORDERS_OK)
		return said;
	more_time(db);
	if (!send_batch(db, rows, n))
		return lost(db, why);
	return read_batch(db, n, ret_row, why);
}

/* What can be sent at all: as much as there is room for, no NUL. */
static bool row_is_sound(const struct orders_row *row)
{
	size_t bytes = 0;

	for (int i = 0; i < ORDERS__COUNT; i++) {
		if (row->at[i].len && memchr(row->at[i].at, '\0', row->at[i].len))
			return false;
		bytes += row->at[i].len;
	}
	return bytes <= ORDERS_ROW_BYTES_MAX;
}

enum orders_said orders_db_put(struct orders_db *db, const struct orders_row *rows, int n, int *ret_row,
	char why[ORDERS_WHY_SIZE])
{
	bool was_open = db->link.conn != NULL;

	ASSERT(n > 0);
	for (int i = 0; i < n; i++) {
		if (!row_is_sound(&rows[i])) {
			snprintf(why, ORDERS_WHY_SIZE, "a value holds a NUL, or the row is larger than %u bytes",
				ORDERS_ROW_BYTES_MAX);
			*ret_row = i;
			return ORDERS_ROW;
		}
	}
	db->heard = false;
	why[0] = '\0';
	enum orders_said said = put_once(db, rows, n, ret_row, why);
	if (worth_another(db, was_open, said))
		said = put_once(db, rows, n, ret_row, why);
	return said;
}
