#include "provider/inventory_pages.h"

#include <stdio.h>

bool inventory_page_index(const char *cursor, uint64_t *ret_index)
{
	uint64_t index = 1;

	if (cursor[0] && (!str_u64(str_of(cursor), &index) || index < 1 || index > INVENTORY_PAGES_MAX))
		return false;
	*ret_index = index;
	return true;
}

bool inventory_page_has(const struct inventory_page *page, struct number number)
{
	for (int i = 0; i < page->n; i++)
		if (number_equal(page->numbers[i].number, number))
			return true;
	return false;
}

void inventory_page_put(uint64_t index, char ret_cursor[INVENTORY_CURSOR_MAX + 1])
{
	snprintf(ret_cursor, INVENTORY_CURSOR_MAX + 1, "%llu", (unsigned long long)index);
}
