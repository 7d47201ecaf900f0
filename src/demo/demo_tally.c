#include "demo/demo_tally.h"

#include <stdlib.h>
#include <string.h>

void demo_tally_answered(struct demo_tally *tally, double ms, double deadline_ms)
{
	tally->questions++;
	tally->late += ms > deadline_ms;
	if (tally->ms_n < DEMO_QUESTIONS_MAX)
		tally->ms[tally->ms_n++] = ms;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double demo_tally_median(const struct demo_tally *tally)
{
	double sorted[DEMO_QUESTIONS_MAX];

	if (!tally->ms_n)
		return 0;
	memcpy(sorted, tally->ms, (size_t)tally->ms_n * sizeof sorted[0]);
	qsort(sorted, (size_t)tally->ms_n, sizeof sorted[0], by_size);
	return sorted[(tally->ms_n - 1) / 2];
}

double demo_tally_max(const struct demo_tally *tally)
{
	double max = 0;

	for (int i = 0; i < tally->ms_n; i++)
		if (tally->ms[i] > max)
			max = tally->ms[i];
	return max;
}
