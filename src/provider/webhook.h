/* webhook: what most dialects ask of one as it came in. */
#ifndef PROVIDER_WEBHOOK_H
#define PROVIDER_WEBHOOK_H

#include "provider/provider.h"

/* Is the body of this media type, whatever its parameters? */
bool webhook_media_is(const struct webhook *webhook, const char *type);

#endif
