/* orders_link: a connection to PostgreSQL, in pipeline mode, whose waits end: at a deadline, when it is lost, or when
 * stop_fd is readable. What orders_db.c stands on.
 *
 * Threads: one.
 */
#ifndef DB_ORDERS_LINK_H
#define DB_ORDERS_LINK_H

#include <libpq-fe.h>

#include "base/steady.h"
#include "db/orders_fault.h"

struct orders_link {
	PGconn *conn;      /* NULL: not connected */
	int stop_fd;       /* -1: none */
	bool lost;         /* it was closed because the other side was gone; not at a deadline, not by stop_fd */
	int64_t last_ms;   /* of steady_ms(): no wait goes past it */
	int64_t until_ms;  /* of the wait that is on: the caller moves it as things come on */
};


/* ORDERS_OK, ORDERS_DOWN, or ORDERS_WRONG: the URL can't be read. */
enum orders_said orders_link_open(
	struct orders_link *link, const char *url, int64_t timeout_ms, char why[ORDERS_WHY_SIZE]);
void orders_link_close(struct orders_link *link);

/* Sends what is to be sent and waits until PQgetResult() has something to say. False: closed, and why. */
bool orders_link_ready(struct orders_link *link, char why[ORDERS_WHY_SIZE]);

#endif
