/* hook_control: events of calls of providers that want commands (provider/control.h), in the workers: the same asking
 * as for other webhooks, in memory; the answer is an empty 200 at once, and a command goes to the commander
 * (commander.h).
 *
 * An event that comes again is answered and nothing else. One whose command finds no room ends the call; where even
 * that finds none it is 503, and the provider brings it again. An account that can't send commands: 503 with a
 * sentence.
 */
#ifndef SERVE_HOOK_CONTROL_H
#define SERVE_HOOK_CONTROL_H

#include "provider/control.h"
#include "serve/server.h"

/* A verified webhook of that kind (HOOK_CONTROL). */
void hook_control(struct server *server, struct http_request *request, const struct account *account,
	const struct webhook *webhook);

/* commander_options.holds and .failed: context is the server. */
bool hook_control_holds(void *context, const struct question *question, const struct control_out *out);
void hook_control_failed(void *context, const struct account *account, struct str call_id);

#endif
