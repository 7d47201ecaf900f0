/* inventory_telnyx: the readers of Telnyx's answers, for its table in inventory_telnyx.c. Contracts: inventory.h. */
#ifndef PROVIDER_INVENTORY_TELNYX_H
#define PROVIDER_INVENTORY_TELNYX_H

#include "provider/inventory.h"

/* Ids are digits or UUIDs. What is neither stays out of paths: ".." would be another call. */
bool telnyx_id_ok(struct str id);

void telnyx_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result);
void telnyx_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result);
void telnyx_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result);
void telnyx_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result);

#endif
