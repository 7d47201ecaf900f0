/* sim: what the simulated providers do alike. */
#ifndef PROVIDER_SIM_H
#define PROVIDER_SIM_H

#include "provider/provider.h"

/* name=value&name=value, percent-encoded as providers do. The value may be NULL: "". */
void sim_put_field(struct buf *out, const char *name, const char *value);

/* Copies with a terminator. ERR_TOO_LARGE: no room; "" then. */
MUST_CHECK enum err sim_take_text(char *text, size_t size, const struct buf *from);

/* "http://host:1/a?b" -> "/a?b"; what has no scheme stays as it is. */
struct str sim_target(struct str url);

void sim_set_header(struct sim_request *request, const char *name, const char *value);

#endif
