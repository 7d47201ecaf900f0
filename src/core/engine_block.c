/* Who may not ring whom: the writer's side. What workers read is blocks.h, published with the batch. */
#include "core/engine_state.h"

#include "base/check.h"
#include "base/memory.h"
#include "core/ident.h"

#define EXPIRE_A_SECOND 1024 /* slots looked at */
#define EXPIRE_DROPS 64      /* of them taken out */

char *block_id_text(uint64_t id, char text[BLOCK_ID_TEXT_SIZE])
{
	_Static_assert(IDENT_TEXT_SIZE <= BLOCK_ID_TEXT_SIZE, "a block's id fits its text");
	return ident_text("blk_", id, text);
}

enum err block_id_parse(struct str text, uint64_t *ret_id)
{
	return ident_parse("blk_", text, ret_id);
}

static struct block_key key_of(const struct block *block)
{
	return (struct block_key){block->pool, block->number, block->with};
}

static uint64_t key_hash(const struct block_key *key)
{
	return hash_two(key->pool, key->number.e164, key->with.e164);
}

static uint64_t hash_of_key(const void *context, uint32_t slot)
{
	struct block_key key = key_of(&((const struct engine *)context)->blocks[slot]);

	return key_hash(&key);
}

static uint64_t hash_of_id(const void *context, uint32_t slot)
{
	return id_hash(((const struct engine *)context)->blocks[slot].id);
}

static size_t table_bytes(const struct engine *e)
{
	return ((size_t)e->limits.blocks + 1) * sizeof *e->blocks;
}

bool blocks_table_new(struct engine *e)
{
	e->blocks = memory_map(table_bytes(e));
	e->blocks_free = NONE;
	e->blocks_by_id = index_new(e->limits.blocks + 1, hash_of_id, e);
	e->blocks_by_key = index_new(e->limits.blocks + 1, hash_of_key, e);
	return e->blocks && e->blocks_by_id && e->blocks_by_key;
}

void blocks_table_free(struct engine *e)
{
	memory_unmap(e->blocks, table_bytes(e));
	index_free(e->blocks_by_id);
	index_free(e->blocks_by_key);
}

/* --- slots --- */

static void link_at(struct engine *e, uint32_t slot, const struct block *block)
{
	e->blocks[slot] = *block;
	index_add(e->blocks_by_id, hash_of_id(e, slot), slot);
	index_add(e->blocks_by_key, hash_of_key(e, slot), slot);
	e->blocks_n++;
}

static void unlink_at(struct engine *e, uint32_t slot)
{
	index_remove(e->blocks_by_id, hash_of_id(e, slot), slot);
	index_remove(e->blocks_by_key, hash_of_key(e, slot), slot);
	e->blocks_n--;
}

static uint32_t slot_take(struct engine *e)
{
	uint32_t slot = e->blocks_free;

	if (slot == NONE)
		return e->blocks_fresh++;
	e->blocks_free = e->blocks[slot].next_free;
	return slot;
}

static void slot_give(struct engine *e, uint32_t slot)
{
	e->blocks[slot] = (struct block){.next_free = e->blocks_free};
	e->blocks_free = slot;
}

struct wanted {
	const struct engine *e;
	struct block_key key;
	uint64_t id;
};

static bool is_key(const void *context, uint32_t slot)
{
	const struct wanted *wanted = context;
	struct block_key key = key_of(&wanted->e->blocks[slot]);

	return key.pool == wanted->key.pool && number_equal(key.number, wanted->key.number) &&
	       number_equal(key.with, wanted->key.with);
}

static bool is_id(const void *context, uint32_t slot)
{
	const struct wanted *wanted = context;

	return wanted->e->blocks[slot].id == wanted->id;
}

static uint32_t find_key(const struct engine *e, const struct block_key *key)
{
	const struct wanted wanted = {.e = e, .key = *key};

	return index_find(e->blocks_by_key, key_hash(key), is_key, &wanted);
}

static uint32_t find_id(const struct engine *e, uint64_t id)
{
	const struct wanted wanted = {.e = e, .id = id};

	return index_find(e->blocks_by_id, id_hash(id), is_id, &wanted);
}

/* --- changes --- */

/* From what is in the slot to another picture, in the open batch. */
static enum err move(struct engine *e, uint32_t slot, const struct block *now, const struct block_row *row)
{
	struct block *was = batch_alloc(e, sizeof *was), *is = now ? batch_alloc(e, sizeof *is) : NULL;
	struct entry *entry = was && (is || !now) ? entry_new(e, ENTRY_BLOCK) : NULL;
	bool there = e->blocks[slot].id != 0;

	if (!entry)
		return ERR_LIMIT_REACHED;
	*was = e->blocks[slot];
	if (is)
		*is = *now;
	entry->id = slot;
	entry->block_was = there ? was : NULL;
	entry->block_now = is;
	if (there)
		unlink_at(e, slot);
	if (now)
		link_at(e, slot, now);
	else
		slot_give(e, slot);
	record_add(e, &(struct record){.kind = now ? RECORD_BLOCK : RECORD_BLOCK_DROP, .block = row});
	return ERR_OK;
}

void block_undo(struct engine *e, const struct entry *entry)
{
	if (entry->block_now)
		unlink_at(e, entry->id);
	if (entry->block_was) {
		if (!entry->block_now)
			ASSERT(slot_take(e) == entry->id);
		link_at(e, entry->id, entry->block_was);
	} else {
		slot_give(e, entry->id);
	}
}

void block_publish(struct engine *e, const struct entry *entry)
{
	struct block_key key = key_of(entry->block_now ? entry->block_now : entry->block_was);

	/* Room was asked for when it was put: what a batch drops and puts is published in that order. */
	if (entry->block_now)
		ASSERT(board_list_put(e->board, BOARD_BLOCKED, &key, (enum block_direction)entry->block_now->direction,
			       entry->block_now->until) == ERR_OK);
	else
		ASSERT(board_list_drop(e->board, BOARD_BLOCKED, &key));
}

static struct block_row *row_copy(struct engine *e, const struct block_row *row)
{
	struct block_row *copy = batch_alloc(e, sizeof *copy);

	if (!copy)
		return NULL;
	*copy = *row;
	copy->reason = arena_str(&e->arena, row->reason);
	return copy->reason.len && !copy->reason.at ? NULL : copy;
}

enum err engine_block_put(struct engine *e, struct block_row *put, bool *ret_new)
{
	ASSERT(put->pool_id >= 1 && put->pool_id <= e->pools_n && number_is(put->number));
	struct block block = {.number = put->number, .with = put->with, .until = put->until,
		.pool = (uint16_t)(put->pool_id - 1),
		.direction = (uint8_t)put->direction};
	struct block_key key = key_of(&block);
	uint32_t slot = find_key(e, &key);
	bool fresh = slot == INDEX_NONE;

	if (fresh && e->blocks_n == e->limits.blocks)
		return ERR_LIMIT_REACHED;
	block.id = fresh ? engine_next_id(e) : e->blocks[slot].id;
	block.created_at = fresh ? e->now_s : e->blocks[slot].created_at;
	put->id = block.id;
	put->created_at = block.created_at;
	struct block_row *row = row_copy(e, put);
	if (!row)
		return ERR_LIMIT_REACHED;
	if (fresh)
		slot = slot_take(e);
	enum err err = move(e, slot, &block, row);
	if (err && fresh)
		slot_give(e, slot);
	if (!err)
		*ret_new = fresh;
	return err;
}

static enum err drop_at(struct engine *e, uint32_t slot, struct block_row *ret_row)
{
	const struct block *block = &e->blocks[slot];
	struct block_row *row = batch_alloc(e, sizeof *row);

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = (struct block_row){.id = block->id, .pool_id = block->pool + 1u, .number = block->number,
		.with = block->with, .direction = (enum block_direction)block->direction,
		.created_at = block->created_at, .until = block->until};
	enum err err = move(e, slot, NULL, row);
	if (!err && ret_row)
		*ret_row = *row;
	return err;
}

enum err engine_block_drop(struct engine *e, uint16_t tenant, uint64_t id, struct block_row *ret_row)
{
	uint32_t slot = find_id(e, id);

	if (slot == INDEX_NONE || e->pools[e->blocks[slot].pool].tenant != tenant)
		return ERR_NOT_FOUND;
	return drop_at(e, slot, ret_row);
}

/* A suspicion is of the number too, and stands in no row. */
static void forget_suspect(struct engine *e, uint16_t tenant, struct number number)
{
	for (uint32_t i = 0; i < e->pools_n; i++)
		if (e->pools[i].tenant == tenant)
			(void)board_list_drop(e->board, BOARD_SUSPECTED,
				&(struct block_key){(uint16_t)i, number, NUMBER_NONE});
}

enum err engine_block_erase(struct engine *e, uint16_t tenant, struct number number, uint32_t max, uint32_t *ret_n)
{
	uint32_t n = 0, mark = e->entries_n;

	for (uint32_t slot = 0; slot < e->blocks_fresh && n < max; slot++) {
		const struct block *block = &e->blocks[slot];
		if (!block->id || e->pools[block->pool].tenant != tenant ||
			(!number_equal(block->number, number) && !number_equal(block->with, number)))
			continue;
		enum err err = drop_at(e, slot, NULL);
		if (err) {
			engine_undo(e, mark);
			return err;
		}
		n++;
	}
	forget_suspect(e, tenant, number);
	*ret_n = n;
	return ERR_OK;
}

void blocks_expire(struct engine *e)
{
	uint32_t dropped = 0;

	if (e->blocks_looked_s == e->now_s)
		return;
	e->blocks_looked_s = e->now_s;
	for (uint32_t i = 0; i < EXPIRE_A_SECOND && i < e->blocks_fresh && dropped < EXPIRE_DROPS; i++) {
		uint32_t slot = e->blocks_look % e->blocks_fresh;
		const struct block *block = &e->blocks[slot];
		if (block->id && block->until && block->until <= e->now_s) {
			if (drop_at(e, slot, NULL) != ERR_OK)
				return; /* the batch is full */
			dropped++;
		}
		e->blocks_look = slot + 1;
	}
}

enum err engine_load_block(struct engine *e, const struct block_row *row)
{
	struct block block = {.id = row->id, .number = row->number, .with = row->with, .created_at = row->created_at,
		.until = row->until, .pool = (uint16_t)(row->pool_id - 1), .direction = (uint8_t)row->direction};
	struct block_key key = key_of(&block);

	engine_id_seen(e, row->id);
	if (row->pool_id < 1 || row->pool_id > e->pools_n || !row->id || !number_is(row->number) ||
		row->direction > BLOCK_TO || number_equal(row->number, row->with) ||
		find_id(e, row->id) != INDEX_NONE || find_key(e, &key) != INDEX_NONE)
		return ERR_STORE_REFUSED;
	if (e->blocks_n == e->limits.blocks)
		return ERR_LIMIT_REACHED;
	link_at(e, slot_take(e), &block);
	return board_list_put(e->board, BOARD_BLOCKED, &key, row->direction, row->until);
}
