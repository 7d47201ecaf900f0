/* hook_messages: texts that come in by webhook, and reports of ours, in the workers: the same pairs decide as for
 * calls, in memory; what goes on goes in the answer, or is stored first and then answered with nothing
 * (message/ledger.h).
 *
 * Whatever is refused, for whatever reason, is answered alike: with nothing. An unknown sender, an order that is over,
 * a pool without messages can't be told apart. Where a text can't be stored, because the queue is full or the store
 * down, it is 503: the provider brings it again.
 */
#ifndef SERVE_HOOK_MESSAGES_H
#define SERVE_HOOK_MESSAGES_H

#include "provider/provider.h"
#include "serve/server.h"

/* A verified webhook of that kind (HOOK_SMS, HOOK_SMS_STATUS); `base` as struct answer.hook_base. */
void hook_message(struct server *server, struct http_request *request, const struct account *account, struct str base,
	const struct webhook *webhook, enum hook hook);

#endif
