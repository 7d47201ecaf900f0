#include "histogram.h"

#define PARTS_LOG2 6

static int bucket_of(uint64_t us)
{
	if (us < HISTOGRAM_PARTS)
		return (int)us;
	int shift = 63 - __builtin_clzll(us) - PARTS_LOG2;
	int bucket = shift * HISTOGRAM_PARTS + (int)(us >> shift);
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The first value that is above the bucket. */
static uint64_t end_us(int bucket)
{
	int shift = bucket / HISTOGRAM_PARTS - 1;
	if (shift < 0)
		return (uint64_t)bucket + 1;
	return (uint64_t)(bucket % HISTOGRAM_PARTS + HISTOGRAM_PARTS + 1) << shift;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->n++;
	histogram->buckets[bucket_of(ns / 1000)]++;
	if (ns > histogram->max_ns)
		histogram->max_ns = ns;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	into->n += from->n;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t histogram_at_ns(const struct histogram *histogram, double part)
{
	uint64_t wanted = (uint64_t)((double)histogram->n * part), seen = 0;

	if (wanted >= histogram->n)
		return histogram->max_ns;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen > wanted) {
			uint64_t ns = end_us(i) * 1000;
			return ns < histogram->max_ns ? ns : histogram->max_ns;
		}
	}
	return histogram->max_ns;
}
