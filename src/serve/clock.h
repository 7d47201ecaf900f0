/* clock: the program's time (DESIGN.md, "Time"). Runs on the monotonic clock from the wall clock at start and is
 * never below the highest time that was stored. A wall clock that jumps changes nothing here; it is counted.
 *
 * Time suspended counts (CLOCK_BOOTTIME). Threads: clock_now_ms from any; clock_raise before there are others;
 * clock_look from one.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CLOCK_JUMP_MS (60 * 1000)
#define CLOCK_AHEAD_MAX_MS (7LL * 24 * 3600 * 1000)

/* Where time comes from; tests have their own. */
struct clock_source {
	int64_t (*wall_ms)(void *context);   /* since the epoch */
	int64_t (*steady_ms)(void *context); /* never goes back */
	void *context;
};
extern const struct clock_source clock_system;

struct clock;

/* Begins at the wall clock. NULL without memory. */
struct clock *clock_new(const struct clock_source *source);
void clock_free(struct clock *clock);

/* The highest time that was stored: from here on the clock is not below it. ERR_STORE_REFUSED: the wall clock
 * is more than 7 days ahead of it and `accept` is false. */
MUST_CHECK enum err clock_raise(struct clock *clock, int64_t stored_ms, bool accept, char ret_error[256]);

/* Milliseconds since the epoch; never goes back. Of type int64_t (*)(void *) for options. */
int64_t clock_now_ms(void *clock);

/* Compares with the wall clock, now and then. True: the wall jumped by over 60 s since the last look; *ret_ms: by
 * how much, backwards below 0. */
bool clock_look(struct clock *clock, int64_t *ret_ms);
uint64_t clock_jumps(const struct clock *clock); /* any thread */

#endif
