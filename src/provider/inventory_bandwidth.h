/* inventory_bandwidth: the readers of Bandwidth's answers. For inventory_bandwidth.c. */
#ifndef PROVIDER_INVENTORY_BANDWIDTH_H
#define PROVIDER_INVENTORY_BANDWIDTH_H

#include "provider/inventory.h"

/* Bandwidth writes the ten digits behind +1. "" for other numbers. Returns `text`. */
const char *bandwidth_digits(struct number number, char text[NUMBER_TEXT_SIZE]);

void bandwidth_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result);
void bandwidth_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result);
void bandwidth_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result);
void bandwidth_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result);

#endif
