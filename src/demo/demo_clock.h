/* demo_clock: the steady clock in milliseconds, for latencies and for giving up. */
#ifndef DEMO_CLOCK_H
#define DEMO_CLOCK_H

#include <time.h>

static inline double demo_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif
