/* demo_clock: the steady clock in milliseconds, for latencies and for giving up. */
#ifndef DEMO_CLOCK_H
#define DEMO_CLOCK_H

#include "base/steady.h"

static inline double demo_clock_ms(void)
{
	return (double)steady_ns() / 1e6;
}

#endif
