/* memory: zeroed mappings for tables that are reserved whole at start and touched as they fill.
 *
 * Memory: address space at once, pages when they are first written. Mappings of 4 MiB and more begin
 * at a huge page and ask for huge pages, so that one random access is one miss and not two.
 * Threads: any.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* `bytes` > 0, page aligned, zeroed. NULL when the kernel refuses. */
void *memory_map(size_t bytes);

/* Gives back what memory_map() gave for the same `bytes`. NULL is ignored. */
void memory_unmap(void *at, size_t bytes);

#endif
