/* demo_clock: the steady clock in milliseconds, for latencies and for giving up; and the time of day. */
#ifndef DEMO_CLOCK_H
#define DEMO_CLOCK_H

#include <time.h>

#include "base/steady.h"

static inline double demo_clock_ms(void)
{
	return (double)steady_ns() / 1e6;
}

static inline int64_t demo_clock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
