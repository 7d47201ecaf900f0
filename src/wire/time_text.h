/* time_text: RFC 3339 times <-> milliseconds since the epoch.
 *
 * Years 0000..9999, proleptic Gregorian. A leap second (":60") is the second before it (RFC 3339
 * section 5.7 allows it; POSIX time has no place for it). Fractions are cut to milliseconds.
 */
#ifndef WIRE_TIME_TEXT_H
#define WIRE_TIME_TEXT_H

#include "base/buf.h"
#include "base/err.h"

/* "2026-11-22T10:00:00Z", with ".250" before the Z unless the milliseconds are 0. Outside of the years
 * above nothing is written and *out is marked as failed. */
void time_text_put(struct buf *out, int64_t time_ms);

/* date-time of RFC 3339 section 5.6, offsets included. ERR_BAD_REQUEST: anything else. */
MUST_CHECK enum err time_text_parse(struct str text, int64_t *ret_time_ms);

#endif
