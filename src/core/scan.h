/* scan: who tries one virtual number after the other, and is known to none of them.
 *
 * Of each caller the VNs are kept that it tried within an hour of its first, as 16 bits each (two that look alike count
 * as one). Who reaches the pool's threshold is suspected, once; for an hour nothing more is noted of it.
 *
 * A bucket has eight callers, and which it is depends on the seed. In a full one the caller with the fewest VNs makes
 * room, but not before as many newcomers as it has VNs came; what is over an hour old does at once. Strangers who ring
 * once push out each other: to flush somebody who tried five VNs takes callers who tried as many in all seven other
 * places of a bucket that nobody can aim at, and five newcomers on top.
 *
 * Memory: 128 bytes a caller, at start. Time: epoch seconds. Threads: one, the writer.
 */
#ifndef CORE_SCAN_H
#define CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_SPAN_S 3600
#define SCAN_VNS_MAX 50

struct scan;

struct scan_try {
	uint16_t pool;
	uint64_t caller;   /* person_short() */
	uint32_t vn;       /* id */
	uint32_t now_s;
	uint32_t vns_max;  /* so many are suspicious: 2..SCAN_VNS_MAX */
};

/* One caller as it was before a try, so that it can be taken back. */
struct scan_was {
	uint32_t place;
	uint64_t words[16];
};

/* NULL without memory. */
struct scan *scan_new(uint32_t max, uint64_t seed);
void scan_free(struct scan *scan);

/* True: with this try it is suspected. */
bool scan_note(struct scan *scan, const struct scan_try *try, struct scan_was *ret_was);

/* Takes tries back, the last one first. */
void scan_undo(struct scan *scan, const struct scan_was *was);

size_t scan_bytes(const struct scan *scan);

#endif
