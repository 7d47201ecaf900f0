/* orders_db: the app's own database (PostgreSQL, libpq): one statement of the owner's, run for every change of a
 * session and each of its parties, in one transaction a batch.
 *
 * The statement has named parameters (wire/sql_named.h). orders_db_check() has the server read it, so that a wrong one
 * is found at the start and told in the server's words. Every batch carries it anew, unnamed, in one round trip with its
 * rows (pipeline mode): nothing has to survive between batches, so poolers that give each transaction another
 * server (pgbouncer) and tables that were altered need no care, for some 0.1 ms a batch.
 *
 * Time: connecting takes connect_s at most for all hosts of the URL together, but for looking up their names, which is
 * the resolver's time. A statement takes statement_ms at most, by the server's clock (statement_timeout, for the
 * transaction alone) and, a second later, by ours; a batch goes on as long as one statement after the other ends in time.
 * orders_db_until() bounds all of it; stop_fd ends any wait at once.
 *
 * A connection is made when it is needed and kept. One that turns out to be lost is made anew, once, in the same call.
 * Whether a batch was kept is unknown when the connection is lost at its end: it is told as ORDERS_DOWN. Run it again;
 * the statement has to bear that, and an old batch that comes to its end late.
 *
 * Threads: one. Memory: libpq's, and 16 KiB; rows are read in the call.
 */
#ifndef DB_ORDERS_DB_H
#define DB_ORDERS_DB_H

#include "base/err.h"
#include "base/str.h"
#include "db/orders_fault.h"
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

#define ORDERS_ROW_BYTES_MAX (16u * 1024) /* of all values of a row; ORDERS_ROW past it */

struct orders_row {
	struct str at[ORDERS__COUNT];
	int event; /* which event of the batch it belongs to; the caller's */
};

/* The texts and the statement outlive the db. */
struct orders_db_options {
	const char *url;           /* postgres://...; what it says of keepalives and application_name goes before ours */
	struct str text;           /* the statement as its owner wrote it: positions are told in it */
	const struct sql_named *statement; /* the same, read with orders_param_words */
	int connect_s;             /* 0: 5 */
	int statement_ms;          /* 0: 10000 */
	int stop_fd;               /* readable: give up waiting; -1: none */
};

/* NULL: no memory. Connects to nothing yet. */
struct orders_db *orders_db_new(const struct orders_db_options *options);
void orders_db_free(struct orders_db *db);

/* From now on no call waits for longer than `ms` from now; less than 0: no such limit. */
void orders_db_until(struct orders_db *db, int ms);

/* Connects if need be and has the server read the statement and look at what we may (EXPLAIN, where it can explain such a
 * statement); nothing is changed. `why`: the server's words without values; for ORDERS_WRONG with the position in the
 * owner's statement if told. ORDERS_WRONG too if the URL can't be read. Never ORDERS_ROW. */
enum orders_said orders_db_check(struct orders_db *db, char why[ORDERS_WHY_SIZE]);

/* All rows, 1 or more, in one transaction; anything but ORDERS_OK: none of them, as far as is known. On ORDERS_ROW
 * *ret_row is the first refused one, -1 if the server doesn't tell (constraints that are checked at the end). */
enum orders_said orders_db_put(struct orders_db *db, const struct orders_row *rows, int n, int *ret_row,
	char why[ORDERS_WHY_SIZE]);

#endif
