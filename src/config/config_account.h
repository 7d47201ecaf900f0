/* config_account: the `accounts` of a configuration. */
#ifndef CONFIG_ACCOUNT_H
#define CONFIG_ACCOUNT_H

#include "config/config_settings.h"
#include "provider/provider.h"

/* Reads accounts.0, accounts.1, ... with their secret files. Sentences in settings; then what is returned
 * is not whole. On the heap, secret_wipe() before free; NULL when there is none (*ret_n 0). */
struct account *config_accounts(struct settings *settings, int *ret_n);

#endif
