/* inventory_pages: cursors of the providers that count their pages, from 1. For inventory_*.c. */
#ifndef PROVIDER_INVENTORY_PAGES_H
#define PROVIDER_INVENTORY_PAGES_H

#include "provider/inventory.h"

/* "": 1. False: not a page of 1..INVENTORY_PAGES_MAX. */
bool inventory_page_index(const char *cursor, uint64_t *ret_index);
void inventory_page_put(uint64_t index, char ret_cursor[INVENTORY_CURSOR_MAX + 1]);

#endif
