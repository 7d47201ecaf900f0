/* http_date: the dates of HTTP's headers, in any of their three forms (RFC 9110 section 5.6.7). Pure. */
#ifndef WIRE_HTTP_DATE_H
#define WIRE_HTTP_DATE_H

#include "base/str.h"

/* Milliseconds since the epoch, whole seconds. White space at the ends is passed over. `now_ms` tells which century a
 * year of two digits is of. False: no date; the output is untouched. */
bool http_date_read(struct str text, int64_t now_ms, int64_t *ret_time_ms);

#endif
