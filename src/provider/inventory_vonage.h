/* inventory_vonage: the readers of Vonage's answers, for its table in inventory_vonage.c. Contracts: inventory.h. */
#ifndef PROVIDER_INVENTORY_VONAGE_H
#define PROVIDER_INVENTORY_VONAGE_H

#include "provider/inventory.h"

#define VONAGE_PAGE_SIZE 100 /* the largest that is taken; a page's place follows from it */

void vonage_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result);
void vonage_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result);
void vonage_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result);
void vonage_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result);

#endif
