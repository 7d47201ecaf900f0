/* retry_after: the value of a Retry-After field (RFC 9110 section 10.2.3): seconds, or an HTTP date in any of its
 * three forms (section 5.6.7), as seconds from now.
 *
 * Limits: at most RETRY_AFTER_MAX_S is told, whatever was said. Pure.
 */
#ifndef WIRE_RETRY_AFTER_H
#define WIRE_RETRY_AFTER_H

#include "base/str.h"

#define RETRY_AFTER_MAX_S (366LL * 24 * 3600)

/* 0: at once, or a time that has gone by. False: neither seconds nor a date; the output is untouched. */
bool retry_after_read(struct str value, int64_t now_ms, int64_t *ret_wait_s);

#endif
