#include "sim/sim.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/steady.h"

#define ORDERS 1500
#define YEAR_MS (365 * 86400000.0)

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* sim [SEED [SECONDS|NUMBERx [ORDERS]]]: seeds from SEED on, for so many seconds (0: that seed alone), or so many of them (to compare
 * what they cost). */
int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, first = seed;
	long long many = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
	bool counted = argc > 2 && strchr(argv[2], 'x');
	int64_t until_ms = steady_ms() + many * 1000;
	uint32_t orders = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : ORDERS;
	struct sim_totals totals = {0};

	/* Each start makes the server's tables, hardly any of which is used: no huge pages to clear, and what was freed is kept. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	/* What a server whose store has failed for good tells its main thread by: here that is us, and we know. */
	signal(SIGUSR1, SIG_IGN);
	do {
		town_run(seed++, orders, &totals);
	} while (counted ? seed < first + (uint64_t)many : steady_ms() < until_ms);
	printf("seeds %llu..%llu: %llu events, %llu connected, %llu refused, %llu commits, %llu failed, %llu told; %.1f s of CPU\n",
		(unsigned long long)first, (unsigned long long)seed - 1, (unsigned long long)totals.events,
		(unsigned long long)totals.connected, (unsigned long long)totals.refused, (unsigned long long)totals.commits,
		(unsigned long long)totals.commit_failures, (unsigned long long)totals.notices, cpu_s());
	printf("%llu PINs typed, %llu texts, %llu went on, %llu blocks, %llu people forgotten\n", (unsigned long long)totals.pins,
		(unsigned long long)totals.texts, (unsigned long long)totals.texts_sent, (unsigned long long)totals.blocks,
		(unsigned long long)totals.erased);
	printf("%.2f simulated years, %llu orders, %llu calls, %llu crashes, 0 violations\n", (double)totals.ms / YEAR_MS,
		(unsigned long long)totals.orders, (unsigned long long)totals.calls, (unsigned long long)totals.crashes);
	return 0;
}
