/* steady: the monotonic clock, for deadlines and for how long something took. What happens when in the world is told by
 * the program's own clock (serve/clock.h); core is given its time and asks no clock. Threads: any.
 */
#ifndef BASE_STEADY_H
#define BASE_STEADY_H

#include <stdint.h>
#include <time.h>

int64_t steady_ms(void);
uint64_t steady_us(void);
uint64_t steady_ns(void);

/* So many ms from now, for what waits on CLOCK_MONOTONIC. */
struct timespec steady_in(int64_t ms);

#endif
