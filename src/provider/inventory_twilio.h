/* inventory_twilio: the readers of Twilio's answers. For inventory_twilio.c. */
#ifndef PROVIDER_INVENTORY_TWILIO_H
#define PROVIDER_INVENTORY_TWILIO_H

#include "provider/inventory.h"

/* A page's cursor is the query that asks for it: 1..INVENTORY_CURSOR_MAX characters that stand in queries. */
bool twilio_query_ok(struct str query);

void twilio_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result);
void twilio_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result);
void twilio_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result);
void twilio_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result);

#endif
