#include "base/arena.h"

#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	size_t size; /* of bytes[] */
	size_t used;
	_Alignas(16) char bytes[];
};

#define BLOCK_SIZE 8192

void arena_init(struct arena *arena, size_t max)
{
	*arena = (struct arena){.max = max};
}

static void free_from(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void arena_done(struct arena *arena)
{
	free_from(arena->first);
	*arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->first;

	arena->no_memory = false;
	if (!keep)
		return;
	free_from(keep->next);
	keep->next = NULL;
	keep->used = 0;
	arena->last = keep;
	arena->used = keep->size;
}

void arena_wipe(struct arena *arena)
{
	for (struct arena_block *block = arena->first; block; block = block->next)
		explicit_bzero(block->bytes, block->used);
}

static struct arena_block *block_with_room(struct arena *arena, size_t size)
{
	struct arena_block *last = arena->last;

	if (last && last->size - last->used >= size)
		return last;
	size_t want = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	if (want > arena->max - arena->used)
		want = size;
	if (want > arena->max - arena->used)
		return NULL;
	struct arena_block *block = malloc(sizeof *block + want);
	if (!block) {
		arena->no_memory = true;
		return NULL;
	}
	block->next = NULL;
	block->size = want;
	block->used = 0;
	if (last)
		last->next = block;
	else
		arena->first = block;
	arena->last = block;
	arena->used += want;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size > arena->max)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	struct arena_block *block = block_with_room(arena, size);
	if (!block)
		return NULL;
	void *at = block->bytes + block->used;
	block->used += size;
	memset(at, 0, size);
	return at;
}

char *arena_text(struct arena *arena, struct str s)
{
	char *text = arena_alloc(arena, s.len + 1);

	if (text && s.len)
		memcpy(text, s.at, s.len);
	return text;
}

struct str arena_str(struct arena *arena, struct str s)
{
	char *text = arena_text(arena, s);

	return text ? str_n(text, s.len) : STR_NONE;
}
