/* tombstone: orders that ended and must not come back, by a keyed hash of pool and ref.
 *
 * Two orders whose 64-bit hashes are equal are taken for one: among 30 million a chance of 10^-12 for
 * a new order to be refused without need. Threads: one.
 */
#ifndef CORE_TOMBSTONE_H
#define CORE_TOMBSTONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tombstone {
	uint64_t hash;    /* never 0 */
	uint64_t session; /* the order's last session; 0: there was none */
	uint32_t until;   /* epoch seconds */
};

struct tombstones;

struct tombstones *tombstones_new(uint32_t max);
void tombstones_free(struct tombstones *tombstones);

/* NULL: none, or its time is over. Valid until the next change. */
const struct tombstone *tombstone_find(const struct tombstones *tombstones, uint64_t hash, uint32_t now);

/* Adds or replaces. The caller keeps count: never more than `max`. */
void tombstone_put(struct tombstones *tombstones, const struct tombstone *tombstone);
void tombstone_remove(struct tombstones *tombstones, uint64_t hash); /* not there: nothing */

/* Looks at `cells` cells, going round, and takes out what is over. */
void tombstones_sweep(struct tombstones *tombstones, uint32_t now, uint32_t cells);

uint32_t tombstones_count(const struct tombstones *tombstones);
size_t tombstones_bytes(const struct tombstones *tombstones);

#endif
