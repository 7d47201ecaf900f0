/* orders_default: the statement that is run when the configuration gives none. It fits the table of
 * packaging/orders_db.sql, which holds its text too; tests/unit/wiring/orders_default_test.c compares them. */
#ifndef ORDERS_DEFAULT_H
#define ORDERS_DEFAULT_H

extern const char orders_default_statement[];

#endif
