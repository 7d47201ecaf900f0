/* inventory_send: a request that provider/inventory.h (about numbers) or provider/control.h (about calls) built, on its way
 * through the HTTP client. */
#ifndef SUPPLY_INVENTORY_SEND_H
#define SUPPLY_INVENTORY_SEND_H

#include "net/http_client.h"
#include "provider/inventory.h"
#include "provider/provider.h"

struct inventory_sending {
	const struct account *account;
	const struct inventory_request *request;
	uint32_t timeout_ms;
	bool once; /* must not be sent twice */
	size_t answer_max; /* bytes of the answer that are kept; 0: INVENTORY_ANSWER_MAX + 1 */
};

/* The API's own address must be public unless the account names another (api_url). Texts are copied; `answer` and errors as http_client_send(). */
MUST_CHECK enum err inventory_send(struct http_client *client, const struct inventory_sending *sending,
	void (*answer)(void *context, const struct http_answered *answered), void *context);

#endif
