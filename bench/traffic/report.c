#include "traffic.h"

#include <sys/resource.h>

#include "base/steady.h"

void traffic_print(const struct traffic *traffic, bool whole)
{
	const struct town *town = &traffic->town;
	struct rusage use;
	double at_s = (double)(steady_ns() - traffic->begin_ns) / 1e9;

	getrusage(RUSAGE_SELF, &use);
	printf("{\"at_s\":%.3f,\"whole\":%s,\"questions\":%llu,\"live\":%u,\"opened\":%llu,\"ended\":%llu,\"overloaded\":%llu,\"tries_max\":%u,"
	       "\"waits\":%u,\"unsent\":%llu,\"missed\":%llu,\"sent_late_max_ms\":%.3f,\"generator_cpu_s\":%.2f,",
		at_s, whole ? "true" : "false", (unsigned long long)traffic->asker.calls, town->live_n,
		(unsigned long long)town->opened, (unsigned long long)town->ended,
		(unsigned long long)traffic->overloaded, town->tries_max, town->refused.n, (unsigned long long)traffic->unsent,
		(unsigned long long)(traffic->calls.missed + traffic->strangers.missed), (double)traffic->late_max_ns / 1e6,
		(double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
	figures_print(&traffic->figures, whole, traffic->asker.accounts, traffic->asker.pools, traffic->wall_ms, stdout);
	printf("}\n");
	fflush(stdout);
}
