/* type_pattern: which types of events somebody wants: "session.live" that one, "session.*" all that begin with
 * "session.", "*" all. Pure. */
#ifndef WIRE_TYPE_PATTERN_H
#define WIRE_TYPE_PATTERN_H

#include "base/str.h"

#define TYPE_PATTERN_MAX 64

/* Words of a-z 0-9 _ with dots between them, the last of which may be a star; 1..TYPE_PATTERN_MAX bytes. */
bool type_pattern_ok(struct str pattern);

bool type_pattern_holds(struct str pattern, struct str type);

#endif
