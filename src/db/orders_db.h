/* orders_db: the app's own database (PostgreSQL, libpq): one statement of the owner's, run for every change of a
 * session and each of its parties, in one transaction a batch.
 *
 * The statement has named parameters (wire/sql_named.h); it is prepared when a connection is made, so that a wrong one
 * is found at once and told in the server's words. Connecting and running never block for longer than the
 * time-outs; orders_db_stop_fd lets the owner end a wait early.
 *
 * Threads: one. Memory: rows are read in the call.
 */
#ifndef DB_ORDERS_DB_H
#define DB_ORDERS_DB_H

#include "base/err.h"
#include "base/str.h"
#include "wire/sql_named.h"

struct orders_db;

/* Parameters of the statement; every value is text or NULL (.at NULL), which PostgreSQL reads by the parameter's type. */
enum orders_param {
	ORDERS_REF, ORDERS_VIEWER, ORDERS_ROLE, ORDERS_VN, ORDERS_STATE, ORDERS_SESSION, ORDERS_POOL, ORDERS_TENANT, ORDERS_EVENT,
	ORDERS_EVENT_ID, ORDERS_REV, ORDERS_OPENED_AT, ORDERS_EXPIRES_AT, ORDERS_CLOSED_AT, ORDERS_GRACE_UNTIL,
	ORDERS_CHANGED_AT, ORDERS__COUNT
};
extern const char *const orders_param_words[]; /* "ref", "viewer", "role", "vn", "state", "session", "pool", "tenant", "event",
	"event_id", "rev", "opened_at", "expires_at", "closed_at", "grace_until", "changed_at"; NULL ends */

struct orders_row {
	struct str at[ORDERS__COUNT];
	int event; /* which event of the batch it belongs to */
};

struct orders_db_options {
	const char *url;           /* postgres://... */
	const struct sql_named *statement;
	int connect_s;             /* 5 */
	int statement_ms;          /* 10000 */
	int stop_fd;               /* readable: give up waiting; -1: none */
};

/* NULL: no memory. Connects to nothing yet. */
struct orders_db *orders_db_new(const struct orders_db_options *options);
void orders_db_free(struct orders_db *db);

enum orders_said {
	ORDERS_OK,
	ORDERS_DOWN,       /* no connection, time-out, server is starting or stopping, serialization failure, full disk */
	ORDERS_WRONG,      /* the statement itself is refused: syntax, unknown table or column, no privilege, wrong types */
	ORDERS_ROW,        /* this row is refused (constraint, value): nothing of the batch was kept */
};

/* Connects if need be and prepares. `why`: the server's words without values (SQLSTATE and primary message); for ORDERS_WRONG
 * with the position in the owner's statement if told. */
enum orders_said orders_db_check(struct orders_db *db, char why[256]);

/* All rows in one transaction. On ORDERS_ROW *ret_row is the first refused one. */
enum orders_said orders_db_put(struct orders_db *db, const struct orders_row *rows, int n, int *ret_row, char why[256]);

#endif
