/* How pools' stock looks after itself, in the memory back end. */
#include "store/store_memory.h"

#include <stdlib.h>

#define PURCHASES_LOAD_MS (31 * 86400000ll)

static void *piece(const void *row, size_t size)
{
	return memcpy(memory_room(size), row, size);
}

void memory_put_supply(struct memory *memory, const struct record *record)
{
	if (record->kind == RECORD_SUPPLY)
		shelf_put(&memory->supplies, record->supply->pool_id, piece(record->supply, sizeof *record->supply));
	else if (record->kind == RECORD_PURCHASE)
		shelf_put(&memory->purchases, record->purchase->id, piece(record->purchase, sizeof *record->purchase));
	else
		shelf_put(&memory->hours, row_hour_id(record->hour), piece(record->hour, sizeof *record->hour));
}

enum err memory_load_supply(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->supplies.n && err == ERR_OK && visitor->supply; i++)
		err = visitor->supply(visitor->context, memory->supplies.items[i].row);
	for (size_t i = 0; i < memory->purchases.n && err == ERR_OK && visitor->purchase; i++) {
		const struct purchase_row *row = memory->purchases.items[i].row;
		if (purchase_is_open(row->state) || row->at_ms >= now_ms - PURCHASES_LOAD_MS)
			err = visitor->purchase(visitor->context, row);
	}
	for (size_t i = 0; i < memory->hours.n && err == ERR_OK && visitor->hour; i++) {
		const struct hour_row *row = memory->hours.items[i].row;
		if ((int64_t)row->hour * 3600 + ROW_HOURS_KEEP_S > now_ms / 1000)
			err = visitor->hour(visitor->context, row);
	}
	return err;
}

static bool hour_over(void *context, void *row)
{
	return (int64_t)((const struct hour_row *)row)->hour * 3600 + ROW_HOURS_KEEP_S <= *(const int64_t *)context;
}

static bool purchase_over(void *context, void *at)
{
	const struct purchase_row *row = at;
	return !purchase_is_open(row->state) && row->at_ms / 1000 + ROW_PURCHASES_KEEP_S <= *(const int64_t *)context;
}

void memory_purge_supply(struct memory *memory, int64_t now_s)
{
	shelf_drop(&memory->hours, hour_over, &now_s);
	shelf_drop(&memory->purchases, purchase_over, &now_s);
}

void memory_supply_done(struct memory *memory)
{
	shelf_done(&memory->supplies);
	shelf_done(&memory->purchases);
	shelf_done(&memory->hours);
}

enum err memory_read_purchases(struct store_reader *reader, const struct purchases_filter *filter, struct arena *arena,
	struct purchase_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct purchase_row *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	uint64_t last = 0;
	int n = 0;
	if (!rows)
		return ERR_LIMIT_REACHED;
	pthread_mutex_lock(&memory->mutex);
	size_t i = filter->after == 0 ? memory->purchases.n : shelf_from(&memory->purchases, filter->after);
	for (; i > 0 && n < filter->page_size; i--) {
		const struct purchase_row *row = memory->purchases.items[i - 1].row;
		const struct pool_row *pool = shelf_get(&memory->pools, row->pool_id);
		last = row->id;
		if (pool && str_equal(str_of(pool->tenant), filter->tenant) && row_purchase_matches(row, filter))
			rows[n++] = *row;
	}
	pthread_mutex_unlock(&memory->mutex);
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = i > 0 ? last : 0;
	return ERR_OK;
}
