/* orders_fault: what an error of PostgreSQL means for us, and what is told of it.
 *
 *	SQLSTATE                                          preparing  a row     begin, commit
 *	08 connection, 57 operator (time-out, shutdown),  DOWN       DOWN      DOWN
 *	53 resources, 40 rolled back, 58 system, F0,
 *	28 not let in, 3D no such database,
 *	XX001, XX002 broken data
 *	25006 read-only (a standby), 25P03, 25P04 idle    DOWN       DOWN      DOWN
 *	55P03, 55006 locked, in use                       DOWN       DOWN      DOWN
 *	42 syntax, names, types, privileges; 0A, 0L, 0P,  WRONG      WRONG     WRONG
 *	25 and 55 (else), 26, 2B, 2D, 34, 3B, 3F
 *	anything else: 21, 22, 23, 27, 38, 39, 44, 54,    WRONG      ROW       ROW at commit,
 *	P0 (RAISE of a trigger), HV, XX000, unknown                            DOWN at begin
 *
 * DOWN is what time mends, or a hand at the server. WRONG is what the owner of statement and table mends: every row would
 * meet it. What may be one row's fault is ROW, so that what we don't know holds up one order and not all.
 *
 * Words: messages quote values ("Key (vn)=(...)", "invalid input syntax for type integer: "..."", "relation "..." does
 * not exist" of a cast to regclass, RAISE). Only the SQLSTATE, what it means in our words and the names of constraint, table
 * and column are told always; the message of the server where none of our values can be in it: while
 * preparing, when it has none yet, and in classes that speak of the server or the connection. Never DETAIL, HINT, CONTEXT.
 *
 * Pure. Threads: any.
 */
#ifndef DB_ORDERS_FAULT_H
#define DB_ORDERS_FAULT_H

#include "base/str.h"

#define ORDERS_WHY_SIZE 256

enum orders_said {
	ORDERS_OK,
	ORDERS_DOWN,       /* no connection, time-out, server is starting or stopping, serialization failure, full disk */
	ORDERS_WRONG,      /* the statement itself is refused: syntax, unknown table or column, no privilege, wrong types */
	ORDERS_ROW,        /* this row is refused (constraint, value): nothing of the batch was kept */
};

enum orders_step { ORDERS_BEGIN, ORDERS_PREPARE, ORDERS_RUN, ORDERS_COMMIT };

/* Fields of an error; NULL: not told. */
struct orders_fault {
	const char *sqlstate;
	const char *message;     /* the primary one */
	const char *constraint, *table, *column;
	bool deeper;             /* it happened in a function or a trigger, whose text may hold values */
	int position;            /* in the owner's statement, from 1; 0: not told */
};

enum orders_said orders_fault_said(const struct orders_fault *fault, enum orders_step step);

/* Terminated, UTF-8, on one line, without values. */
void orders_fault_why(const struct orders_fault *fault, enum orders_step step, char why[ORDERS_WHY_SIZE]);

/* What libpq says of a connection that couldn't be made, in words of ours: its own may quote the URL and so the password.
 * `message`: PQerrorMessage() with PQERRORS_SQLSTATE; NULL: none. */
void orders_fault_connect(const char *message, char why[ORDERS_WHY_SIZE]);

#endif
