/* duration: spans of time as people write them on a command line: 90d, 12h, 30m, 15s, 1d12h, or plain
 * seconds.
 *
 * Units: w d h m s, each at most once, from large to small. */
#ifndef DURATION_H
#define DURATION_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define DURATION_MAX_S UINT32_MAX /* 136 years */
#define DURATION_TEXT_SIZE 32

/* ERR_BAD_REQUEST: empty, another unit, a unit twice or out of order, over DURATION_MAX_S. "0" and "0s" are
 * fine. */
MUST_CHECK enum err duration_parse(struct str text, uint32_t *ret_seconds);

/* The two largest units that matter: 5400 -> "1h30m", 90061 -> "1d1h", 0 -> "0s". Returns `text`. */
char *duration_text(uint64_t seconds, char text[DURATION_TEXT_SIZE]);

#endif
