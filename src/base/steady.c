#include "base/steady.h"

uint64_t steady_ns(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

uint64_t steady_us(void)
{
	return steady_ns() / 1000;
}

int64_t steady_ms(void)
{
	return (int64_t)(steady_ns() / 1000000);
}

struct timespec steady_in(int64_t ms)
{
	uint64_t at_ns = steady_ns() + (uint64_t)(ms > 0 ? ms : 0) * 1000000u;

	return (struct timespec){.tv_sec = (time_t)(at_ns / 1000000000u), .tv_nsec = (long)(at_ns % 1000000000u)};
}
