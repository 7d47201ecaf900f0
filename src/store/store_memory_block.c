/* Who may not ring whom, and how long sessions have talked, in the memory back end. */
#include "store/store_memory.h"

void memory_put_block(struct memory *memory, const struct block_row *row)
{
	shelf_put(&memory->blocks, row->id, row_block_copy(memory_room(row_block_size(row)), row));
}

static bool is_row(void *context, void *row)
{
	return ((const struct block_row *)row)->id == *(const uint64_t *)context;
}

void memory_drop_block(struct memory *memory, const struct block_row *row)
{
	uint64_t id = row->id;
	shelf_drop(&memory->blocks, is_row, &id);
}

enum err memory_load_blocks(struct memory *memory, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->blocks.n && err == ERR_OK && visitor->block; i++)
		err = visitor->block(visitor->context, memory->blocks.items[i].row);
	return err;
}

/* One call after the other: who asks adds up. */
enum err memory_load_talked(struct memory *memory, const struct store_visitor *visitor)
{
	uint64_t from = visitor->talked ? visitor->talked_from(visitor->context) : 0;
	enum err err = ERR_OK;
	for (size_t i = 0; from && i < memory->calls.n && err == ERR_OK; i++) {
		const struct call *call = memory->calls.items[i].row;
		if (call->session >= from && call->seconds)
			err = visitor->talked(visitor->context, call->session, call->seconds);
	}
	return err;
}

static bool fits(struct memory *memory, const struct block_row *row, const struct blocks_filter *filter)
{
	const struct pool_row *pool = shelf_get(&memory->pools, row->pool_id);
	return pool && str_equal(str_of(pool->tenant), filter->tenant) && row_block_matches(row, filter);
}

enum err memory_read_blocks(struct store_reader *reader, const struct blocks_filter *filter, struct arena *arena,
	struct block_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct block_row *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	enum err err = rows ? ERR_OK : ERR_LIMIT_REACHED;
	uint64_t last = 0;
	int n = 0;
	pthread_mutex_lock(&memory->mutex);
	size_t i = filter->after == 0 ? memory->blocks.n : shelf_from(&memory->blocks, filter->after);
	for (; err == ERR_OK && i > 0 && n < filter->page_size; i--) {
		const struct block_row *row = memory->blocks.items[i - 1].row;
		last = row->id;
		if (!fits(memory, row, filter))
			continue;
		void *at = arena_alloc(arena, row_block_size(row));
		if (at)
			rows[n++] = *row_block_copy(at, row);
		else
			err = ERR_LIMIT_REACHED;
	}
	pthread_mutex_unlock(&memory->mutex);
	if (err != ERR_OK)
		return err;
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = i > 0 ? last : 0;
	return ERR_OK;
}
