/* Messages in the memory back end: texts and numbers in clear, in memory only. */
#include "store/store_memory.h"

#include "crypto/digest.h"

#include <stdlib.h>

#define LOAD_MS (24ll * 3600 * 1000)

static void wipe(struct message_row *row)
{
	secret_wipe((char *)row->body.at, row->body.len);
	row->body = STR_NONE;
	row->to = row->from = NUMBER_NONE;
	row->keep_until = 0;
}

static void change(struct memory *memory, const struct message_change *change)
{
	struct message_row *row = shelf_get(&memory->messages, change->id);
	if (!row)
		return;
	row->state = change->state;
	row->why = change->why;
	row->tries = change->tries;
	row->due_ms = change->due_ms;
	row->done_ms = change->done_ms;
	memcpy(row->code, change->code, sizeof row->code);
	if (change->provider_id[0])
		memcpy(row->provider_id, change->provider_id, sizeof row->provider_id);
	if (number_is(change->shown))
		row->shown = change->shown;
	if (!change->settles)
		return;
	if (!change->keep_until || !row->body.len) {
		wipe(row);
		return;
	}
	/* What is kept is what was there. */
	row->keep_until = change->keep_until;
	row->to = row->from = NUMBER_NONE;
}

void memory_put_message(struct memory *memory, const struct record *record)
{
	if (record->kind == RECORD_MESSAGE) {
		struct message_row row = *record->message;
		if (row.state != MESSAGE_QUEUED && !row.keep_until)
			row.body = STR_NONE;
		if (row.state != MESSAGE_QUEUED)
			row.to = row.from = NUMBER_NONE;
		shelf_put(&memory->messages, row.id, row_message_copy(memory_room(row_message_size(&row)), &row));
	} else if (record->kind == RECORD_MESSAGE_CHANGE) {
		change(memory, record->message_change);
	} else {
		struct message_policy_row *row = memory_room(sizeof *row);
		*row = *record->message_policy;
		shelf_put(&memory->message_policies, row->pool_id, row);
	}
}

void memory_forget_texts(struct memory *memory, uint64_t session)
{
	for (size_t i = 0; i < memory->messages.n; i++) {
		struct message_row *row = memory->messages.items[i].row;
		if (row->session == session)
			wipe(row);
	}
}

enum err memory_load_messages(struct memory *memory, int64_t now_ms, const struct store_visitor *visitor)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < memory->message_policies.n && err == ERR_OK && visitor->message_policy; i++)
		err = visitor->message_policy(visitor->context, memory->message_policies.items[i].row);
	for (size_t i = 0; i < memory->messages.n && err == ERR_OK && visitor->message; i++) {
		struct message_row row = *(struct message_row *)memory->messages.items[i].row;
		if (row.state != MESSAGE_QUEUED && row.id < row_id_at(now_ms - LOAD_MS))
			continue;
		if (row.state != MESSAGE_QUEUED)
			row.body = STR_NONE;
		row.keep_until = 0;
		err = visitor->message(visitor->context, &row);
	}
	return err;
}

void memory_purge_texts(struct memory *memory, int64_t now_s)
{
	for (size_t i = 0; i < memory->messages.n; i++) {
		struct message_row *row = memory->messages.items[i].row;
		if (row->state != MESSAGE_QUEUED && row->body.len && row->keep_until <= now_s)
			wipe(row);
	}
}

void memory_messages_done(struct memory *memory)
{
	shelf_done(&memory->messages);
	shelf_done(&memory->message_policies);
}

/* As it is told: without a number, and with the text only where it is kept and asked for. */
static enum err give(const struct message_row *from, const struct messages_filter *filter, struct arena *arena,
	struct message_row *ret_row)
{
	*ret_row = *from;
	ret_row->to = ret_row->from = NUMBER_NONE;
	if ((int64_t)from->keep_until * 1000 <= filter->now_ms)
		ret_row->keep_until = 0;
	bool shows = filter->bodies && ret_row->keep_until && from->body.len;
	ret_row->body = shows ? arena_str(arena, from->body) : STR_NONE;
	return shows && !ret_row->body.at ? ERR_LIMIT_REACHED : ERR_OK;
}

enum err memory_read_messages(struct store_reader *reader, const struct messages_filter *filter, struct arena *arena,
	struct message_row **ret_rows, int *ret_n, uint64_t *ret_next)
{
	struct memory *memory = memory_of(reader->store);
	struct message_row *rows = arena_alloc(arena, (size_t)filter->page_size * sizeof *rows);
	enum err err = rows ? ERR_OK : ERR_LIMIT_REACHED;
	uint64_t last = 0;
	int n = 0;
	pthread_mutex_lock(&memory->mutex);
	size_t i = filter->after == 0 ? memory->messages.n : shelf_from(&memory->messages, filter->after);
	for (; err == ERR_OK && i > 0 && n < filter->page_size; i--) {
		const struct message_row *row = memory->messages.items[i - 1].row;
		const struct pool_row *pool = shelf_get(&memory->pools, row->pool_id);
		last = row->id;
		if (pool && str_equal(str_of(pool->tenant), filter->tenant) && row_message_matches(row, filter))
			err = give(row, filter, arena, &rows[n++]);
	}
	pthread_mutex_unlock(&memory->mutex);
	if (err != ERR_OK)
		return err;
	*ret_rows = rows;
	*ret_n = n;
	*ret_next = i > 0 ? last : 0;
	return ERR_OK;
}
