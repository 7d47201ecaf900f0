/* config_orders: `orders_db` of a configuration: the app's own database, and the statement that is run on it. */
#ifndef CONFIG_ORDERS_H
#define CONFIG_ORDERS_H

#include "config/config.h"
#include "config/config_settings.h"

/* Sentences in settings; the URL, which may hold a password, is in none. */
void config_orders(struct settings *settings, struct config_orders_db *orders);

#endif
