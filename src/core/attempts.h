/* attempts: how often somebody has typed a wrong PIN. At most 3 a call, then 5 a caller-hour, then
 * 30 a VN-hour: one stranger runs into the first two long before the third, which would shut out others.
 *
 * A caller who withholds its number counts as one caller per VN. The table is bounded; when it is
 * full the entry whose hour began longest ago makes room. Threads: one at a time (callers lock).
 */
#ifndef CORE_ATTEMPTS_H
#define CORE_ATTEMPTS_H

#include "core/number.h"

#define ATTEMPTS_PER_CALL 3
#define ATTEMPTS_PER_CALLER_HOUR 5
#define ATTEMPTS_PER_VN_HOUR 30

struct attempts;

struct attempts *attempts_new(uint32_t max, uint64_t seed);
void attempts_free(struct attempts *attempts);

struct attempt {
	int64_t now_ms;
	struct number caller; /* NUMBER_NONE: withheld */
	uint32_t vn;          /* id */
	struct str call;      /* account and provider's call id, any bytes; empty: not known, no call is counted */
};

/* May digits be asked for or looked at? Ask before decide() with digits. */
bool attempts_may(const struct attempts *attempts, const struct attempt *attempt);

/* Wrong digits were given. */
void attempts_wrong(struct attempts *attempts, const struct attempt *attempt);

#endif
