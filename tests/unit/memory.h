/* memory: allocations that fail when a test says so. For tests whose name ends in _memory_test: the Makefile has their linker put what
 * is here in the place of malloc, calloc, realloc and memory_map in all that is ours; libraries keep theirs. */
#ifndef UNIT_MEMORY_H
#define UNIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_memory_map(size_t bytes);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_memory_map(size_t bytes);

/* So many more succeed, then one fails, and all after it if `memory_gone`; negative: all succeed. */
static long memory_left = -1;
static bool memory_gone;
static unsigned long memory_failed; /* how often it did */

static bool memory_fails(void)
{
	if (memory_left < 0 || memory_left-- > 0)
		return false;
	memory_left = memory_gone ? 0 : -1;
	memory_failed++;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return memory_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return memory_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return memory_fails() ? NULL : __real_realloc(at, size);
}

void *__wrap_memory_map(size_t bytes)
{
	return memory_fails() ? NULL : __real_memory_map(bytes);
}

/* Runs `body` again and again, and lets the first allocation fail, then the second, ... until it needs no more of them: each alone, then
 * with all after it. How many did. */
static inline unsigned long memory_try(void body(void *data), void *data)
{
	unsigned long before = memory_failed, last;

	for (int gone = 0; gone < 2; gone++) {
		long n = 0;
		do {
			last = memory_failed;
			memory_gone = gone;
			memory_left = n++;
			body(data);
			memory_left = -1;
		} while (memory_failed != last);
	}
	return memory_failed - before;
}

#endif
