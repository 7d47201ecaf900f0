/* webhook: what most dialects ask of one as it came in. */
#ifndef PROVIDER_WEBHOOK_H
#define PROVIDER_WEBHOOK_H

#include "provider/provider.h"

/* Is the body of this media type, whatever its parameters? */
bool webhook_media_is(const struct webhook *webhook, const char *type);

/* The body as a form, whatever its media type. The arena is used where the webhook has no place to keep it.
 * Errors as form_parse(). */
MUST_CHECK enum err webhook_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form);

/* Does the query have a bodySHA256, and does it (hexadecimal) hold for the body? So a body that is no form is signed:
 * the URL is. */
bool webhook_body_hash_is_there(const struct webhook *webhook);
bool webhook_body_hash_holds(const struct webhook *webhook);

/* verify() says no for want of memory, not of a signature: whoever asks may say "come again" (struct arena.no_memory). */
void webhook_no_memory(const struct webhook *webhook);

#endif
