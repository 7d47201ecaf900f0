/* orders_rows: an event of a session -> rows for the statement of the orders database (db/orders_db.h).
 *
 * If the statement uses :viewer, one row for each ordered pair of different roles: what `viewer` dials to reach `role`
 * (a view of its own goes before the role's VN). Otherwise one row for each role, with the VN that stands for it.
 *
 *	parties customer 1234, courier 5678; left helper    viewer    role      vn    state
 *	                                                    customer  courier   5678  live
 *	                                                    courier   customer  1234  live
 *	                                                    helper    customer  NULL  left
 *	                                                    customer  helper    NULL  left   ... and with courier
 *
 * A role that the change took out is there with vn NULL and the state "left" instead of the session's, as viewer and as
 * role, towards the present ones and towards others that left: whatever an earlier event wrote for it is overwritten, and
 * an app that shows `vn IS NOT NULL` is right whether it knows "left" or not. A role that left and is present is present.
 * When an order waits, or its grace is over, all its rows have vn NULL and the session's state; rows are never taken out.
 *
 * Fields that are not known are passed over: a later version may have written the event.
 * Pure. Memory: texts are copied. Threads: one at a time.
 * Limits: SESSION_PARTIES_MAX parties and as many that left, SESSION_VIEWS_MAX views; ORDERS_EVENT_ROWS_MAX rows come of it.
 */
#ifndef ORDERS_ROWS_H
#define ORDERS_ROWS_H

#include "base/arena.h"
#include "core/record.h"
#include "db/orders_db.h"
#include "wire/problem.h"

#define ORDERS_EVENT_MAX (64u * 1024) /* bytes of an event's data */
#define ORDERS_EVENT_ROWS_MAX (2 * SESSION_PARTIES_MAX * (2 * SESSION_PARTIES_MAX - 1))

struct orders_rows {
	struct orders_row *at;
	int n, size;
	bool by_viewer;
	struct arena texts;
};

void orders_rows_init(struct orders_rows *rows, bool by_viewer);
void orders_rows_done(struct orders_rows *rows);
void orders_rows_reset(struct orders_rows *rows);

/* Adds the rows of an event, marked with `event`; possibly none (one party alone sees nobody). ERR_BAD_REQUEST, ERR_TOO_LARGE:
 * no such event can be read, and *problem says which field is to blame; ERR_INTERNAL: no memory. Then nothing was added. */
MUST_CHECK enum err orders_rows_add(
	struct orders_rows *rows, const struct outbox_row *row, int event, struct problem *problem);

#endif
