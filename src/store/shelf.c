#include "store/shelf.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void shelf_done(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->n; i++)
		free(shelf->items[i].row);
	free(shelf->items);
	*shelf = (struct shelf){0};
}

size_t shelf_from(const struct shelf *shelf, uint64_t id)
{
	size_t low = 0, high = shelf->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (shelf->items[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *shelf_get(const struct shelf *shelf, uint64_t id)
{
	size_t i = shelf_from(shelf, id);
	return i < shelf->n && shelf->items[i].id == id ? shelf->items[i].row : NULL;
}

void shelf_put(struct shelf *shelf, uint64_t id, void *row)
{
	size_t i = shelf->n > 0 && shelf->items[shelf->n - 1].id < id ? shelf->n : shelf_from(shelf, id);
	if (i < shelf->n && shelf->items[i].id == id) {
		free(shelf->items[i].row);
		shelf->items[i].row = row;
		return;
	}
	if (shelf->n == shelf->size) {
		size_t size = shelf->size ? shelf->size * 2 : 64;
		struct shelf_item *more = realloc(shelf->items, size * sizeof *more);
		ASSERT(more);
		shelf->items = more;
		shelf->size = size;
	}
	memmove(&shelf->items[i + 1], &shelf->items[i], (shelf->n - i) * sizeof *shelf->items);
	shelf->items[i] = (struct shelf_item){id, row};
	shelf->n++;
}

void shelf_cut(struct shelf *shelf, size_t n)
{
	ASSERT(n <= shelf->n);
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		free(shelf->items[i].row);
	shelf->n -= n;
	memmove(shelf->items, shelf->items + n, shelf->n * sizeof *shelf->items);
}

void shelf_drop(struct shelf *shelf, bool (*over)(void *context, void *row), void *context)
{
	size_t kept = 0;
	for (size_t i = 0; i < shelf->n; i++)
		if (over(context, shelf->items[i].row))
			free(shelf->items[i].row);
		else
			shelf->items[kept++] = shelf->items[i];
	shelf->n = kept;
}
