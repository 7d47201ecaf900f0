/* histogram: how often which latency was seen, at a relative error of 1/64, from 1 us to hours, in fixed memory
 * (16 KiB). Nothing here allocates; threads: the owner's.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_PARTS 64 /* of a doubling */
#define HISTOGRAM_BUCKETS (32 * HISTOGRAM_PARTS)

struct histogram {
	uint64_t n, max_ns;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t ns);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value that `part` (0.99) of them don't exceed, at most 1/64 too large and never above the largest; 0 of none. */
uint64_t histogram_at_ns(const struct histogram *histogram, double part);

#endif
