/* Is there time to spare before the provider stops waiting? */
#include <stdio.h>
#include <stdlib.h>

#include "doctor/diagnose.h"

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* "4.1 ms", "8.12 s" */
static const char *put_time(uint64_t us, char text[32])
{
	if (us < 1000000)
		snprintf(text, 32, "%.1f ms", (double)us / 1000);
	else
		snprintf(text, 32, "%.2f s", (double)us / 1000000);
	return text;
}

/* "15 s" */
static void put_limit(const struct provider *provider, uint32_t deadline_ms, char text[80])
{
	if (provider->deadline_ms)
		snprintf(text, 80, "%u s", (unsigned)(deadline_ms / 1000));
	else
		snprintf(text, 80, "%u s (%s publishes no deadline)", (unsigned)(deadline_ms / 1000), provider->name);
}

void diagnose_deadline(struct deadline_facts *facts, struct finding *ret_finding)
{
	static const char where[] = "look at the server's load (/metrics), the proxy in front and the network between";
	const struct provider *provider = facts->provider;
	uint32_t deadline_ms = provider->deadline_ms ? provider->deadline_ms : DIAGNOSE_DEADLINE_MS;
	uint64_t *took = facts->took_us, half_us = (uint64_t)deadline_ms * 500;
	int n = facts->answers;
	char worst[32], median[32], limit[80];

	finding_begin(ret_finding, CHECK_DEADLINE);
	put_limit(provider, deadline_ms, limit);
	if (n + facts->lost == 0) {
		finding_skip(ret_finding, "no question was answered as it should be: see question");
		return;
	}
	if (facts->lost) {
		finding_wrong(ret_finding, "%d of %d questions had no answer within %s", facts->lost, n + facts->lost,
			limit);
		finding_todo(ret_finding, "such calls end unanswered: %s", where);
		return;
	}
	qsort(took, (size_t)n, sizeof took[0], by_size);
	put_time(took[n - 1], worst);
	put_time(took[(n - 1) / 2], median);
	const char *forged = facts->forged ? "; of forged questions" : "";
	if (took[n - 1] <= half_us) {
		finding_ok(ret_finding, "worst of %d answers %s of %s, median %s%s", n, worst, limit, median, forged);
	} else {
		finding_wrong(ret_finding, "worst of %d answers %s of %s, median %s%s", n, worst, limit, median,
			forged);
		finding_todo(ret_finding, "that is more than half of the deadline: %s", where);
	}
}
