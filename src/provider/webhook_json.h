/* webhook_json: what dialects whose requests are JSON ask of one. */
#ifndef PROVIDER_WEBHOOK_JSON_H
#define PROVIDER_WEBHOOK_JSON_H

#include "provider/provider.h"
#include "wire/json.h"

/* The body, an object. ERR_BAD_REQUEST: it is none. The caller ends it with json_done(). */
MUST_CHECK enum err webhook_json(const struct webhook *webhook, struct json *ret_json);

/* What stands between the quotes behind the first "name": of a body that isn't verified yet. It may choose between our
 * functions, each of which looks at the member itself. STR_NONE: none. */
struct str webhook_json_peek(struct str body, const char *name);

/* A text member, copied into the arena; STR_NONE: absent, null, no text, or no memory. */
struct str webhook_json_text(const struct json_at *object, const char *name, struct arena *arena);

/* A whole number, as such or as a text: seconds, a code; 0: neither, or below 0. */
uint32_t webhook_json_count(const struct json_at *object, const char *name);

#endif
