#include "wire/json_arena.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/check.h"

static _Thread_local struct arena *entered;

static void *take(size_t size)
{
	return entered ? arena_alloc(entered, size) : malloc(size);
}

static void give(void *at)
{
	if (!entered)
		free(at);
}

/* Before there are threads: jansson keeps the functions in plain variables. */
__attribute__((constructor)) static void set_functions(void)
{
	json_set_alloc_funcs(take, give);
}

void json_arena_enter(struct arena *arena)
{
	ASSERT(!entered);
	entered = arena;
}

void json_arena_leave(void)
{
	ASSERT(entered);
	entered = NULL;
}
