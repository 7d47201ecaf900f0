/* config_webhook: the `webhooks` of a configuration. */
#ifndef CONFIG_WEBHOOK_H
#define CONFIG_WEBHOOK_H

#include "config/config.h"
#include "config/config_settings.h"

/* Reads webhooks.0, webhooks.1, ... with their secret files. Sentences in settings; then what is returned is not
 * whole. On the heap, for config_webhooks_free(); NULL when there is none (*ret_n 0). */
struct config_webhook *config_webhooks(struct settings *settings, int *ret_n);
void config_webhooks_free(struct config_webhook *webhooks, int n);

#endif
