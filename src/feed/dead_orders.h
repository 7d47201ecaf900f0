/* dead_orders: which orders have dead letters, so that later events of theirs are parked behind. The writer's picture of
 * the table `dead`: how many rows each order has, and all together.
 *
 * Orders are told apart by a 64-bit keyed hash of tenant and id: two that share one would only wait for each other.
 * Cost O(1). Limits: `max` rows; then dead_orders_full(). Threads: the writer's alone once it runs.
 */
#ifndef FEED_DEAD_ORDERS_H
#define FEED_DEAD_ORDERS_H

#include "base/err.h"
#include "base/str.h"

struct dead_orders;

struct dead_orders *dead_orders_new(uint32_t max, uint64_t seed); /* NULL: no memory */
void dead_orders_free(struct dead_orders *orders);

/* One row more or less. An empty order counts as a row alone. ERR_LIMIT_REACHED: there are `max`. */
MUST_CHECK enum err dead_orders_add(struct dead_orders *orders, struct str tenant, struct str order);
void dead_orders_remove(struct dead_orders *orders, struct str tenant, struct str order);

uint32_t dead_orders_of(const struct dead_orders *orders, struct str tenant, struct str order);
uint32_t dead_orders_rows(const struct dead_orders *orders); /* any thread */
uint32_t dead_orders_max(const struct dead_orders *orders);

/* Rows are read in one thread and dropped in another, so two may want to drop the same one. Who does notes the turn, reads,
 * and in the writer reads again if it is another turn by then: it changes when a change says that it drops or rewrites
 * rows, and again when they are gone. */
uint64_t dead_orders_turn(const struct dead_orders *orders); /* any thread */
void dead_orders_leaving(struct dead_orders *orders);

#endif
