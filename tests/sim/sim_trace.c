#include "sim/sim.h"

#include <stdarg.h>

#define LINES 4000
#define LINE_SIZE 200
#define SHOWN 60

struct sim_trace {
	struct line {
		uint64_t step;
		int64_t ms;
		char about[24];
		char text[LINE_SIZE];
	} lines[LINES];
	uint64_t n;
};

struct sim_trace *trace_new(void)
{
	struct sim_trace *made = calloc(1, sizeof *made);

	ASSERT(made);
	return made;
}

void trace_free(struct sim_trace *gone)
{
	free(gone);
}

void trace(const char *about, const char *format, ...)
{
	struct line *line = &sim->trace->lines[sim->trace->n++ % LINES];
	va_list list;

	line->step = sim->step;
	line->ms = sim->now_ms;
	snprintf(line->about, sizeof line->about, "%s", about);
	va_start(list, format);
	vsnprintf(line->text, sizeof line->text, format, list);
	va_end(list);
}

/* What concerns it, what concerns all, and of what happens all the time ("...") the last few steps. */
static bool concerns(const struct line *line, const char *about)
{
	if (strcmp(line->about, "...") == 0)
		return line->step + 3 >= sim->step;
	return !line->about[0] || strcmp(line->about, about) == 0;
}

static void show(const char *about)
{
	uint64_t first = sim->trace->n > LINES ? sim->trace->n - LINES : 0, all = 0;

	for (uint64_t i = first; i < sim->trace->n; i++)
		all += concerns(&sim->trace->lines[i % LINES], about);
	uint64_t skip = all > SHOWN ? all - SHOWN : 0;
	for (uint64_t i = first; i < sim->trace->n; i++) {
		const struct line *line = &sim->trace->lines[i % LINES];
		if (!concerns(line, about) || (skip > 0 && skip--))
			continue;
		printf("  step %llu, %+.3f s: %s\n", (unsigned long long)line->step, (double)(line->ms - SIM_START_MS) / 1000, line->text);
	}
}

void violation(const char *invariant, const char *about, const char *format, ...)
{
	va_list list;

	printf("VIOLATION of %s, seed %llu, step %llu: ", invariant, (unsigned long long)sim->seed, (unsigned long long)sim->step);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n%s\n", about[0] ? about : "(all)");
	show(about);
	printf("again: make sim SEED=%llu\n", (unsigned long long)sim->seed);
	fflush(stdout);
	_Exit(1);
}
