/* shelf: rows in memory by ascending id, each one malloc'd piece that the shelf owns.
 *
 * Cost: O(log n) to find; adding past the highest id, the usual case, O(1), else O(n). Threads: one at a time.
 */
#ifndef STORE_SHELF_H
#define STORE_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shelf {
	struct shelf_item {
		uint64_t id;
		void *row;
	} *items;
	size_t n, size;
};

void shelf_done(struct shelf *shelf);

/* NULL when there is none. */
void *shelf_get(const struct shelf *shelf, uint64_t id);

/* The index of the first item whose id is not below `id`. */
size_t shelf_from(const struct shelf *shelf, uint64_t id);

/* Puts by id; what was there is freed. No memory is fatal: ASSERT. */
void shelf_put(struct shelf *shelf, uint64_t id, void *row);

/* Frees the first `n` items. O(what stays) */
void shelf_cut(struct shelf *shelf, size_t n);

/* Frees the items that `over` names. */
void shelf_drop(struct shelf *shelf, bool (*over)(void *context, void *row), void *context);

#endif
