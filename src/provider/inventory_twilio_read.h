/* inventory_twilio_read: the readers of inventory_twilio; contracts in inventory.h. */
#ifndef PROVIDER_INVENTORY_TWILIO_READ_H
#define PROVIDER_INVENTORY_TWILIO_READ_H

#include "provider/inventory.h"

void inventory_twilio_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result);
void inventory_twilio_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result);
void inventory_twilio_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result);
void inventory_twilio_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result);

#endif
