/* What was consumed in the memory back end: how far each partition is, and what could not be applied. Payloads are in
 * clear, in memory only. */
#include "base/check.h"
#include "store/store_memory.h"

#include <stdlib.h>

/* --- how far --- */

/* The id of that partition's row on the shelf; 0: there is none. */
static uint64_t offset_id(const struct memory *memory, struct str group, struct str topic, int32_t partition)
{
	for (size_t i = 0; i < memory->offsets.n; i++) {
		const struct offset_row *row = memory->offsets.items[i].row;
		if (row->partition == partition && str_equal(row->topic, topic) && str_equal(row->group, group))
			return memory->offsets.items[i].id;
	}
	return 0;
}

void memory_put_offset(struct memory *memory, const struct offset_row *row)
{
	uint64_t id = offset_id(memory, row->group, row->topic, row->partition);
	if (id == 0)
		id = ++memory->offsets_put;
	shelf_put(&memory->offsets, id, row_offset_copy(memory_room(row_offset_size(row)), row));
}

enum err memory_read_offset(struct store_reader *reader, struct str group, struct str topic, int32_t partition,
	struct offset_row *ret_row)
{
	struct memory *memory = memory_of(reader->store);
	pthread_mutex_lock(&memory->mutex);
	uint64_t id = offset_id(memory, group, topic, partition);
	const struct offset_row *row = shelf_get(&memory->offsets, id);
	if (row)
		*ret_row = (struct offset_row){group, topic, partition, row->next, row->generation};
	pthread_mutex_unlock(&memory->mutex);
	return row ? ERR_OK : ERR_NOT_FOUND;
}

/* --- dead letters --- */

void memory_put_dead(struct memory *memory, const struct dead_row *row)
{
	ASSERT(row->payload.len <= VAULT_TEXT_MAX);
	shelf_put(&memory->dead, row->id, row_dead_copy(memory_room(row_dead_size(row)), row));
}

static bool is_dead(void *context, void *row)
{
	return ((struct dead_row *)row)->id == *(const uint64_t *)context;
}

void memory_drop_dead(struct memory *memory, const struct dead_row *row)
{
	uint64_t id = row->id;
	if (shelf_get(&memory->dead, id))
		shelf_drop(&memory->dead, is_dead, &id);
}

enum err memory_load_dead(struct memory *memory, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->offsets.n && err == ERR_OK && visitor->offset; i++)
		err = visitor->offset(visitor->context, memory->offsets.items[i].row);
	for (size_t i = 0; i < memory->dead.n && err == ERR_OK && visitor->dead; i++) {
		struct dead_row row = *(const struct dead_row *)memory->dead.items[i].row;
		row.detail = row.payload = STR_NONE;
		err = visitor->dead(visitor->context, &row);
	}
	return err;
}

/* In the arena; false: it is full. */
static bool dead_into(struct arena *arena, const struct dead_row *row, struct dead_row *ret_row)
{
	void *at = arena_alloc(arena, row_dead_size(row));
	if (at)
		*ret_row = *row_dead_copy(at, row);
	return at;
}

enum err memory_read_dead_list(struct store_reader *reader, const struct dead_filter *filter, struct arena *arena,
	struct dead_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct dead_row *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	bool good = rows;
	int n = 0;
	uint64_t last = 0;
	pthread_mutex_lock(&memory->mutex);
	size_t i = shelf_from(&memory->dead, filter->after + 1);
	for (; i < memory->dead.n && n < filter->page_size && good; i++) {
		struct dead_row row = *(const struct dead_row *)memory->dead.items[i].row;
		last = row.id;
		row.payload = STR_NONE;
		if (row_dead_matches(&row, filter))
			good = dead_into(arena, &row, &rows[n++]);
	}
	bool more = i < memory->dead.n;
	pthread_mutex_unlock(&memory->mutex);
	if (!good)
		return ERR_LIMIT_REACHED;
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = more ? last : 0;
	return ERR_OK;
}

enum err memory_read_dead(struct store_reader *reader, uint64_t id, struct arena *arena, struct dead_row *ret_row)
{
	struct memory *memory = memory_of(reader->store);
	pthread_mutex_lock(&memory->mutex);
	const struct dead_row *row = shelf_get(&memory->dead, id);
	bool good = row && dead_into(arena, row, ret_row);
	pthread_mutex_unlock(&memory->mutex);
	return good ? ERR_OK : row ? ERR_LIMIT_REACHED : ERR_NOT_FOUND;
}
