/* hooks: providers' webhooks, /hooks/{provider}/{account}/..., in the workers: which account, is it them, what do
 * they ask, what do we answer, what is kept of it (server.h: hooks_request).
 *
 * An unknown provider, account or path, a wrong secret, address or signature: 403 with nothing in it, so that
 * nothing can be probed. What took longer than config's deadline_ms gets the account's refusal, rendered at start.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include "config/config.h"

struct hooks;

/* Of the configuration's accounts, whose `index` is set. NULL without memory. */
struct hooks *hooks_new(const struct config *config, const char *public_url);
void hooks_free(struct hooks *hooks);

#endif
