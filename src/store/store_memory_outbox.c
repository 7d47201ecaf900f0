/* Events for the outside in the memory back end, the sinks that want them and their retries. */
#include "base/check.h"
#include "store/store_memory.h"

#include <stdlib.h>

static uint64_t last_of(const struct shelf *shelf)
{
	return shelf->n ? shelf->items[shelf->n - 1].id : 0;
}

void memory_put_event(struct memory *memory, const struct outbox_row *row)
{
	struct shelf *shelf = row_outbox_is_sessions(row) ? &memory->outbox : &memory->others;
	ASSERT(last_of(&memory->outbox) < row->id && last_of(&memory->others) < row->id);
	shelf_put(shelf, row->id, row_outbox_copy(memory_room(row_outbox_size(row)), row));
}

/* --- sinks --- */

/* The index of the sink of that name, or of where it would be. */
static size_t sink_at(const struct memory *memory, struct str name)
{
	size_t i = 0;
	while (i < memory->sinks_n && str_compare(str_of(memory->sinks[i]->name), name) < 0)
		i++;
	return i;
}

static struct memory_sink *sink_get(const struct memory *memory, struct str name)
{
	size_t i = sink_at(memory, name);
	bool is = i < memory->sinks_n && str_equal(str_of(memory->sinks[i]->name), name);
	return is ? memory->sinks[i] : NULL;
}

static struct memory_sink *sink_add(struct memory *memory, struct str name)
{
	size_t i = sink_at(memory, name);
	struct memory_sink *sink = memory_room(sizeof *sink);
	*sink = (struct memory_sink){.cursor = 0};
	ASSERT(name.len > 0 && str_copy(sink->name, sizeof sink->name, name));
	if (memory->sinks_n == memory->sinks_size) {
		memory->sinks_size = memory->sinks_size ? memory->sinks_size * 2 : 8;
		memory->sinks = realloc(memory->sinks, memory->sinks_size * sizeof(struct memory_sink *));
		ASSERT(memory->sinks);
	}
	memmove(memory->sinks + i + 1, memory->sinks + i, (memory->sinks_n - i) * sizeof(struct memory_sink *));
	memory->sinks[i] = sink;
	memory->sinks_n++;
	return sink;
}

static void sink_free(struct memory_sink *sink)
{
	shelf_done(&sink->retries);
	free(sink);
}

void memory_put_sink(struct memory *memory, const struct sink_row *row)
{
	struct memory_sink *sink = sink_get(memory, row->name);
	if (!sink)
		sink = sink_add(memory, row->name);
	sink->cursor = row->cursor;
	sink->disabled_at = row->disabled_at;
}

void memory_drop_sink(struct memory *memory, const struct sink_row *row)
{
	struct memory_sink *sink = sink_get(memory, row->name);
	if (!sink)
		return;
	size_t i = sink_at(memory, row->name);
	memory->sinks_n--;
	memmove(memory->sinks + i, memory->sinks + i + 1, (memory->sinks_n - i) * sizeof(struct memory_sink *));
	sink_free(sink);
}

void memory_put_retry(struct memory *memory, const struct retry_row *row)
{
	struct memory_sink *sink = sink_get(memory, row->sink);
	if (sink)
		shelf_put(&sink->retries, row->event, row_retry_copy(memory_room(row_retry_size(row)), row));
}

static bool is_event(void *context, void *row)
{
	return ((struct retry_row *)row)->event == *(const uint64_t *)context;
}

void memory_drop_retry(struct memory *memory, const struct retry_row *row)
{
	struct memory_sink *sink = sink_get(memory, row->sink);
	uint64_t event = row->event;
	if (sink && shelf_get(&sink->retries, event))
		shelf_drop(&sink->retries, is_event, &event);
}

enum err memory_load_sinks(struct memory *memory, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->sinks_n && err == ERR_OK && visitor->sink; i++) {
		const struct memory_sink *sink = memory->sinks[i];
		const struct sink_row row = {str_of(sink->name), sink->cursor, sink->disabled_at};
		err = visitor->sink(visitor->context, &row);
	}
	for (size_t i = 0; i < memory->sinks_n && err == ERR_OK && visitor->retry; i++)
		for (size_t j = 0; j < memory->sinks[i]->retries.n && err == ERR_OK; j++)
			err = visitor->retry(visitor->context, memory->sinks[i]->retries.items[j].row);
	return err;
}

void memory_outbox_done(struct memory *memory)
{
	for (size_t i = 0; i < memory->sinks_n; i++)
		sink_free(memory->sinks[i]);
	free(memory->sinks);
	shelf_done(&memory->outbox);
	shelf_done(&memory->others);
}

/* --- what goes --- */

/* Has every sink that wants anything this event? */
static bool is_delivered(const struct memory *memory, uint64_t event)
{
	for (size_t i = 0; i < memory->sinks_n; i++) {
		const struct memory_sink *sink = memory->sinks[i];
		if (sink->disabled_at == 0 && (event > sink->cursor || shelf_get(&sink->retries, event)))
			return false;
	}
	return true;
}

/* The first `n` events of a shelf. */
struct oldest {
	const struct shelf *shelf;
	size_t n;
};

static bool is_of_oldest(void *context, void *row)
{
	const struct oldest *oldest = context;
	uint64_t event = ((const struct retry_row *)row)->event;
	size_t i = shelf_from(oldest->shelf, event);
	return i < oldest->n && oldest->shelf->items[i].id == event;
}

/* They go, with their retries; how many went undelivered. */
static uint64_t cut(struct memory *memory, struct shelf *shelf, size_t n)
{
	struct oldest oldest = {shelf, n};
	uint64_t lost = 0;
	for (size_t i = 0; i < n; i++)
		lost += !is_delivered(memory, shelf->items[i].id);
	for (size_t i = 0; i < memory->sinks_n && n > 0; i++)
		shelf_drop(&memory->sinks[i]->retries, is_of_oldest, &oldest);
	shelf_cut(shelf, n);
	return lost;
}

uint64_t memory_outbox_cut(struct memory *memory)
{
	size_t n = memory->outbox.n + memory->others.n, max = memory->base.outbox_max;
	size_t over = max > 0 && n > max ? n - max : 0;
	size_t others = over < memory->others.n ? over : memory->others.n;
	uint64_t lost = cut(memory, &memory->others, others);
	return lost + cut(memory, &memory->outbox, over - others);
}

struct purge {
	const struct memory *memory;
	int64_t now_ms;
};

static bool event_over(void *context, void *at)
{
	const struct purge *purge = context;
	const struct outbox_row *row = at;
	if (row->at_ms + purge->memory->base.outbox_keep_s * 1000ll > purge->now_ms)
		return false;
	return is_delivered(purge->memory, row->id);
}

void memory_outbox_purge(struct memory *memory, int64_t now_ms)
{
	struct purge purge = {memory, now_ms};
	if (memory->base.outbox_keep_s == 0)
		return;
	shelf_drop(&memory->outbox, event_over, &purge);
	shelf_drop(&memory->others, event_over, &purge);
}

/* --- readers --- */

/* In the arena, whole; false: it is full. */
static bool event_into(struct arena *arena, const struct outbox_row *row, struct outbox_row *ret_row)
{
	void *at = arena_alloc(arena, row_outbox_size(row));
	if (at)
		*ret_row = *row_outbox_copy(at, row);
	return at;
}

/* The two shelves as one, by id. */
struct walk {
	const struct memory *memory;
	size_t outbox, others;
};

static struct walk walk_from(const struct memory *memory, uint64_t id)
{
	return (struct walk){memory, shelf_from(&memory->outbox, id), shelf_from(&memory->others, id)};
}

/* NULL: at the end. */
static const struct outbox_row *walk_on(struct walk *walk)
{
	const struct shelf *outbox = &walk->memory->outbox, *others = &walk->memory->others;
	bool more = walk->outbox < outbox->n, more_others = walk->others < others->n;
	if (more && (!more_others || outbox->items[walk->outbox].id < others->items[walk->others].id))
		return outbox->items[walk->outbox++].row;
	return more_others ? others->items[walk->others++].row : NULL;
}

enum err memory_read_outbox(struct store_reader *reader, uint64_t after, int max, struct arena *arena,
	struct outbox_row **ret_rows, int *ret_n)
{
	struct memory *memory = memory_of(reader->store);
	struct outbox_row *rows = arena_alloc(arena, (size_t)max * sizeof *rows);
	bool good = rows;
	int n = 0;
	pthread_mutex_lock(&memory->mutex);
	struct walk walk = walk_from(memory, after + 1);
	for (const struct outbox_row *row; n < max && good && (row = walk_on(&walk)) != NULL;)
		good = event_into(arena, row, &rows[n++]);
	pthread_mutex_unlock(&memory->mutex);
	if (!good)
		return ERR_LIMIT_REACHED;
	*ret_rows = rows;
	*ret_n = n;
	return ERR_OK;
}

enum err memory_read_event(struct store_reader *reader, uint64_t id, struct arena *arena, struct outbox_row *ret_row)
{
	struct memory *memory = memory_of(reader->store);
	pthread_mutex_lock(&memory->mutex);
	const struct outbox_row *row = shelf_get(&memory->outbox, id);
	if (!row)
		row = shelf_get(&memory->others, id);
	bool good = row && event_into(arena, row, ret_row);
	pthread_mutex_unlock(&memory->mutex);
	return good ? ERR_OK : row ? ERR_LIMIT_REACHED : ERR_NOT_FOUND;
}

enum err memory_read_outbox_since(struct store_reader *reader, int64_t since_ms, uint64_t *ret_id)
{
	struct memory *memory = memory_of(reader->store);
	uint64_t id = 0;
	pthread_mutex_lock(&memory->mutex);
	struct walk walk = walk_from(memory, row_id_at(since_ms));
	for (const struct outbox_row *row; id == 0 && (row = walk_on(&walk)) != NULL;)
		id = row->at_ms >= since_ms ? row->id : 0;
	pthread_mutex_unlock(&memory->mutex);
	*ret_id = id;
	return ERR_OK;
}
