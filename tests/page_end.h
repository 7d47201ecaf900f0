/* page_end: a copy of some bytes that ends where a page ends, with an unreadable page behind it, so
 * that a parser which reads one byte too many dies at once, without sanitizers too. */
#ifndef TESTS_PAGE_END_H
#define TESTS_PAGE_END_H

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/str.h"

struct page_end {
	void *map;
	size_t size;
	struct str text;
};

static inline struct page_end page_end_copy(struct str text)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t readable = (text.len + page - 1) / page * page;
	struct page_end copy = {.size = readable + page};

	copy.map = mmap(NULL, copy.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(copy.map != MAP_FAILED);
	char *end = (char *)copy.map + readable;
	ASSERT(mprotect(end, page, PROT_NONE) == 0);
	if (text.len)
		memcpy(end - text.len, text.at, text.len);
	copy.text = str_n(end - text.len, text.len);
	return copy;
}

static inline void page_end_free(struct page_end *copy)
{
	ASSERT(munmap(copy->map, copy->size) == 0);
}

#endif
