#include "base/memory.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

#define HUGE_PAGE ((size_t)2 << 20)

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static void *map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Kernels before 6.7 place a mapping anywhere: map more, give the ends back. */
static void *map_huge(size_t bytes)
{
	char *at = map(bytes + HUGE_PAGE);

	if (!at)
		return NULL;
	size_t head = (HUGE_PAGE - (uintptr_t)at % HUGE_PAGE) % HUGE_PAGE;
	if (head)
		munmap(at, head);
	if (head < HUGE_PAGE)
		munmap(at + head + bytes, HUGE_PAGE - head);
	/* A kernel without huge pages refuses the advice; the table is then slower, not wrong. */
	(void)madvise(at + head, bytes, MADV_HUGEPAGE);
	return at + head;
}

void *memory_map(size_t bytes)
{
	ASSERT(bytes > 0);
	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = whole_pages(bytes);
	return bytes < 2 * HUGE_PAGE ? map(bytes) : map_huge(bytes);
}

void memory_unmap(void *at, size_t bytes)
{
	if (at)
		ASSERT(munmap(at, whole_pages(bytes)) == 0);
}
