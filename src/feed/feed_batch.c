#include "feed/feed_batch.h"

#include <stdlib.h>

#include "base/check.h"
#include "feed/veil.h"
#include "wire/notice_json.h"
#include "wire/time_text.h"

#define ARENA_MAX ((size_t)8 << 20)

struct feed_batch *feed_batch_new(int32_t generation, uint64_t epoch)
{
	struct feed_batch *batch = malloc(sizeof *batch);

	if (!batch)
		return NULL;
	/* Not what follows: each record is written when it is added, and most batches have few. */
	memset(batch, 0, offsetof(struct feed_batch, records));
	arena_init(&batch->arena, ARENA_MAX);
	arena_init(&batch->run_arena, ARENA_MAX);
	batch->generation = generation;
	batch->epoch = epoch;
	return batch;
}

void feed_batch_free(struct feed_batch *batch)
{
	if (!batch)
		return;
	arena_done(&batch->arena);
	arena_done(&batch->run_arena);
	free(batch);
}

static struct feed_part *part_of(struct feed_batch *batch, int32_t partition)
{
	for (int i = 0; i < batch->parts_n; i++)
		if (batch->parts[i].partition == partition)
			return &batch->parts[i];
	return NULL;
}

/* Up to `max` bytes of it. */
static bool copy(struct arena *arena, struct str from, size_t max, struct str *ret_to)
{
	if (from.len > max)
		from.len = max;
	*ret_to = from.at ? arena_str(arena, from) : STR_NONE;
	return !from.at || ret_to->at;
}

/* Texts of the record, each with a maximum. What is cut is longer than any event may have it, so that it is refused however
 * often it is tried, and a dead letter can always be stored. */
static bool copy_texts(struct arena *arena, const struct kafka_record *record, struct feed_record *at)
{
	return copy(arena, record->value, VAULT_TEXT_MAX, &at->value) &&
	       copy(arena, record->ce_id, FEED_HEADER_MAX + 1, &at->around.id) &&
	       copy(arena, record->ce_type, FEED_HEADER_MAX + 1, &at->around.type) &&
	       copy(arena, record->ce_time, FEED_HEADER_MAX + 1, &at->around.time);
}

static bool veil(struct vault_use *use, struct arena *arena, struct str *text)
{
	if (!text->at)
		return true;
	*text = veil_order(use, *text, arena);
	return text->at;
}

/* Headers lie in clear in a dead letter: no number may be among them. A time is one that can be read, and a type of an event
 * that can be applied is one that the mapping knows. */
static bool veil_headers(struct vault_use *use, struct arena *arena, struct feed_record *at)
{
	struct event_around *around = &at->around;
	int64_t time_ms;
	bool is_time = around->time.at && time_text_parse(around->time, &time_ms) == ERR_OK;

	return veil(use, arena, &around->id) && (!at->read.err || veil(use, arena, &around->type)) &&
	       (is_time || veil(use, arena, &around->time));
}

bool feed_batch_add(struct feed_batch *batch, const struct event_sender *sender, const struct kafka_record *record,
	int64_t (*from)(void *context, int32_t partition), void *context)
{
	struct feed_part *part = part_of(batch, record->partition);
	struct feed_record *at = &batch->records[batch->n];
	struct arena *arena = &batch->arena;

	if (batch->n == FEED_BATCH_MAX || (!part && batch->parts_n == FEED_BATCH_PARTITIONS))
		return false;
	*at = (struct feed_record){.partition = record->partition, .offset = record->offset};
	if (!copy_texts(arena, record, at) ||
			feed_event_read(sender, at->value, &at->around, record->key, arena, &at->read) != ERR_OK ||
			!veil_headers(sender->vault, arena, at))
		return false;
	if (!part) {
		part = &batch->parts[batch->parts_n++];
		*part = (struct feed_part){.partition = record->partition, .from = from(context, record->partition)};
	}
	part->next = record->offset + 1;
	batch->n++;
	return true;
}

/* --- in the writer --- */

void feed_detail(struct buf *out, const struct problem *problem, enum err why)
{
	if (problem->field[0])
		buf_fmt(out, "%s: ", problem->field);
	buf_lit(out, problem_detail(problem, why));
}

enum err feed_tell_refused(struct engine *engine, struct arena *arena, const struct dead_row *row)
{
	struct outbox_row told = {.type = STR("event.refused"), .tenant = row->tenant, .key = row->order};
	struct buf text;
	char space[8192]; /* every part of it has a maximum: 5 KB if each byte of the texts were escaped */

	if (!engine_tells(engine))
		return ERR_OK;
	buf_fixed(&text, space, sizeof space);
	notice_json_dead(&text, row);
	ASSERT(buf_ok(&text));
	told.data = arena_str(arena, buf_text(&text));
	return told.data.at ? engine_outbox(engine, &told) : ERR_LIMIT_REACHED;
}

enum err feed_bury(struct feed_state *state, struct engine *engine, struct arena *arena, struct dead_row *row)
{
	row->id = engine_next_id(engine);
	uint32_t here = engine_here(engine);
	enum err err = dead_orders_add(state->deads, row->tenant, row->order);
	if (err)
		return err;
	err = engine_note(engine, &(struct record){.kind = RECORD_DEAD, .dead = row});
	if (!err && row->state == DEAD_REFUSED)
		err = feed_tell_refused(engine, arena, row);
	if (err) {
		engine_undo(engine, here);
		dead_orders_remove(state->deads, row->tenant, row->order);
	}
	return err;
}

static enum err bury(struct feed_batch *batch, struct feed_state *state, struct engine *engine, int i, enum err why,
	int64_t now_ms)
{
	const struct feed_record *record = &batch->records[i];
	struct dead_row *row = arena_alloc(&batch->run_arena, sizeof *row);

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = (struct dead_row){
		.at_ms = now_ms,
		.state = why ? DEAD_REFUSED : DEAD_PARKED,
		.tenant = str_of(state->tenant),
		.topic = str_of(state->topic),
		.partition = record->partition,
		.offset = record->offset,
		.order = record->read.order,
		.code = why ? str_of(err_slug(why)) : STR(""),
		.ce_id = record->around.id,
		.ce_type = record->around.type,
		.ce_time = record->around.time,
		.payload = record->value,
	};
	if (why) {
		struct buf detail;
		char text[FEED_DETAIL_MAX];
		buf_fixed(&detail, text, sizeof text);
		feed_detail(&detail, &record->read.problem, why);
		row->detail = arena_str(&batch->run_arena, buf_text(&detail));
	}
	enum err err = feed_bury(state, engine, &batch->run_arena, row);
	if (!err)
		batch->deads[batch->deads_n++] = i;
	return err;
}

bool feed_is_of_the_moment(enum err err)
{
	return err == ERR_LIMIT_REACHED || err == ERR_OVERLOADED || err == ERR_STORE_FAILED;
}

static enum err run_record(struct feed_batch *batch, struct feed_state *state, struct engine *engine, int i, int64_t now_ms)
{
	const struct feed_record *record = &batch->records[i];
	enum event_effect effect = EVENT_REPEATED;
	uint32_t slot;
	enum err err = record->read.err;

	if (dead_orders_of(state->deads, str_of(state->tenant), record->read.order) > 0) {
		err = bury(batch, state, engine, i, ERR_OK, now_ms);
		batch->ran_counts.parked += err == ERR_OK;
		return err;
	}
	if (!err && !record->read.ignored)
		err = engine_event(engine, &record->read.event, &effect, &slot);
	if (feed_is_of_the_moment(err))
		return err;
	if (err) {
		err = bury(batch, state, engine, i, err, now_ms);
		batch->ran_counts.refused += err == ERR_OK;
		return err;
	}
	if (effect == EVENT_APPLIED)
		batch->ran_counts.applied++;
	else
		batch->ran_counts.repeated++;
	return ERR_OK;
}

static bool is_our_turn(const struct feed_batch *batch, struct feed_state *state)
{
	if (batch->epoch != state->epoch)
		return false;
	for (int i = 0; i < batch->parts_n; i++) {
		const struct feed_part *part = &batch->parts[i];
		/* A part that is through waits for nobody: another batch may have gone on there. */
		if (part->from != part->next && position_of(&state->positions, part->partition) != part->from)
			return false;
	}
	return true;
}

/* Where the partition is behind the records that ran; POSITION_NONE: none of them was its. */
static int64_t ran_to(const struct feed_batch *batch, int32_t partition)
{
	int64_t next = POSITION_NONE;

	for (int i = batch->first; i < batch->ran; i++)
		if (batch->records[i].partition == partition)
			next = batch->records[i].offset + 1;
	return next;
}

static enum err note_position(struct feed_batch *batch, struct feed_state *state, struct engine *engine, int32_t partition,
	int64_t next)
{
	struct offset_row *row = arena_alloc(&batch->run_arena, sizeof *row);

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = (struct offset_row){.group = str_of(state->group), .topic = str_of(state->topic), .partition = partition,
		.next = next, .generation = batch->generation};
	enum err err = position_expect(&state->positions, partition);
	return err ? err : engine_note(engine, &(struct record){.kind = RECORD_OFFSET, .offset = row});
}

/* How far each partition is with the records that ran. Positions move only once nothing can fail any more: one that was taken
 * back without having moved would keep the batch before it from being taken back, and later events would pass. */
static enum err note_positions(struct feed_batch *batch, struct feed_state *state, struct engine *engine)
{
	for (int k = 0; k < batch->parts_n; k++) {
		int64_t next = ran_to(batch, batch->parts[k].partition);
		enum err err = next == POSITION_NONE
				       ? ERR_OK
				       : note_position(batch, state, engine, batch->parts[k].partition, next);
		if (err)
			return err;
	}
	for (int k = 0; k < batch->parts_n; k++) {
		int64_t next = ran_to(batch, batch->parts[k].partition);
		if (next == POSITION_NONE)
			continue;
		ASSERT(position_set(&state->positions, batch->parts[k].partition, next) == ERR_OK);
		batch->was[batch->was_n++] = batch->parts[k];
	}
	return ERR_OK;
}

enum err feed_batch_run(struct feed_batch *batch, struct feed_state *state, struct engine *engine, int64_t now_ms)
{
	enum err err = ERR_OK;

	batch->ran = batch->first;
	batch->deads_n = batch->was_n = 0;
	arena_reset(&batch->run_arena);
	memset(&batch->ran_counts, 0, sizeof batch->ran_counts);
	if (!is_our_turn(batch, state))
		return ERR_OVERLOADED;
	while (batch->ran < batch->n && !err) {
		err = run_record(batch, state, engine, batch->ran, now_ms);
		batch->ran += err == ERR_OK;
	}
	if (err && batch->ran > batch->first)
		err = ERR_OK; /* what came before is kept */
	if (!err)
		err = note_positions(batch, state, engine);
	if (err)
		feed_batch_undone(batch, state);
	return err;
}

void feed_batch_stored(struct feed_batch *batch)
{
	for (int k = 0; k < batch->parts_n; k++)
		for (int i = batch->first; i < batch->ran; i++)
			if (batch->records[i].partition == batch->parts[k].partition)
				batch->parts[k].from = batch->records[i].offset + 1;
	batch->first = batch->ran;
	batch->deads_n = batch->was_n = 0;
}

void feed_batch_undone(struct feed_batch *batch, struct feed_state *state)
{
	for (int i = 0; i < batch->deads_n; i++)
		dead_orders_remove(state->deads, str_of(state->tenant), batch->records[batch->deads[i]].read.order);
	for (int i = 0; i < batch->was_n; i++)
		position_back(&state->positions, batch->was[i].partition, batch->was[i].from);
	batch->deads_n = batch->was_n = 0;
	batch->ran = batch->first;
}
