#include "serve/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"

struct clock {
	struct clock_source source;
	int64_t offset_ms; /* what is added to the steady clock */
	int64_t ahead_ms;  /* wall clock minus this one at the last look */
	_Atomic uint64_t jumps;
};

static int64_t read_ms(clockid_t id)
{
	struct timespec at;
	int failed = clock_gettime(id, &at);

	ASSERT(!failed);
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static int64_t wall_ms(void *context)
{
	(void)context;
	return read_ms(CLOCK_REALTIME);
}

static int64_t steady_ms(void *context)
{
	(void)context;
	return read_ms(CLOCK_BOOTTIME);
}

const struct clock_source clock_system = {wall_ms, steady_ms, NULL};

struct clock *clock_new(const struct clock_source *source)
{
	struct clock *clock = calloc(1, sizeof *clock);

	if (!clock)
		return NULL;
	clock->source = *source;
	clock->offset_ms = source->wall_ms(source->context) - source->steady_ms(source->context);
	return clock;
}

void clock_free(struct clock *clock)
{
	free(clock);
}

enum err clock_raise(struct clock *clock, int64_t stored_ms, bool accept, char ret_error[256])
{
	int64_t now = clock_now_ms(clock);

	if (now - stored_ms > CLOCK_AHEAD_MAX_MS && !accept) {
		snprintf(ret_error, 256,
				"the clock is %lld days ahead of the last time that was stored: set it right, or start "
				"with --accept-clock",
				(long long)((now - stored_ms) / (24LL * 3600 * 1000)));
		return ERR_STORE_REFUSED;
	}
	if (stored_ms > now) {
		clock->offset_ms += stored_ms - now;
		clock->ahead_ms = now - stored_ms;
	}
	return ERR_OK;
}

int64_t clock_now_ms(void *context)
{
	const struct clock *clock = context;

	return clock->source.steady_ms(clock->source.context) + clock->offset_ms;
}

bool clock_look(struct clock *clock, int64_t *ret_ms)
{
	int64_t ahead_ms = clock->source.wall_ms(clock->source.context) - clock_now_ms(clock);
	int64_t jump_ms = ahead_ms - clock->ahead_ms;

	clock->ahead_ms = ahead_ms;
	if (jump_ms <= CLOCK_JUMP_MS && jump_ms >= -CLOCK_JUMP_MS)
		return false;
	atomic_fetch_add_explicit(&clock->jumps, 1, memory_order_relaxed);
	*ret_ms = jump_ms;
	return true;
}

uint64_t clock_jumps(const struct clock *clock)
{
	return atomic_load_explicit(&clock->jumps, memory_order_relaxed);
}
