/* inventory_pages: pages of lists, and cursors of the providers that count them, from 1. For inventory_*.c. */
#ifndef PROVIDER_INVENTORY_PAGES_H
#define PROVIDER_INVENTORY_PAGES_H

#include "provider/inventory.h"

/* "": 1. False: not a page of 1..INVENTORY_PAGES_MAX. */
bool inventory_page_index(const char *cursor, uint64_t *ret_index);
/* Is the number among the first page->n? A list that names one twice gives it once. */
bool inventory_page_has(const struct inventory_page *page, struct number number);
void inventory_page_put(uint64_t index, char ret_cursor[INVENTORY_CURSOR_MAX + 1]);

#endif
