/* sink_orders: the orders database as a receiver of the outbox: for every change of a session it runs the owner's
 * statement, with a row for each of its parties (out/orders_rows.h).
 *
 * Takes events of the types session.*; others are passed over. What was given since the last turn goes in one
 * transaction, in the next (out/orders_batch.h), which takes as long as the database does, bounded by its time-outs; a wake
 * meanwhile counts for the turn after it. A database that is down, and a statement that it refuses, hold up
 * all (SENT_DOWN); a row that it refuses holds up its order (SENT_AGAIN, for ever); an event that can't be read is given up.
 */
#ifndef SINK_ORDERS_H
#define SINK_ORDERS_H

#include "db/orders_db.h"
#include "out/sink.h"

/* The texts outlive the sink. */
struct sink_orders_options {
	const char *url;
	const char *upsert;   /* read without error by sql_named_read() with orders_param_words before (ASSERT); NULL: the default one */
	int connect_s;        /* 0: 5 */
	int statement_ms;     /* 0: 10000 */
	int stop_fd;          /* readable: the database is waited for no more; -1: none */
};

/* NULL: no memory, no descriptor. Connects to nothing yet. Its own threads: none. */
struct sink *sink_orders_new(const struct sink_orders_options *options);

/* At the start, before there is a carrier: is the statement right? ORDERS_WRONG: refuse to start, with the server's words.
 * ORDERS_DOWN: not to be told now; a warning. */
enum orders_said sink_orders_check(struct sink *sink, char why[ORDERS_WHY_SIZE]);

#endif
