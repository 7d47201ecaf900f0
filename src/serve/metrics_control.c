/* Commands for calls, to providers that want them: how many came to what, and how many wait. */
#include "serve/metrics_state.h"

#include "serve/commander.h"
#include "serve/server.h"

void metrics_control(struct server *server, struct buf *out)
{
	struct commander_counts counts = commander_counts(server->commander);
	const struct {
		const char *word;
		uint64_t n;
	} results[] = {{"done", counts.done}, {"gone", counts.gone}, {"failed", counts.failed},
		{"no_room", counts.no_room}};

	metrics_head(out, "bauta_commands_total", "counter", "Commands for calls, by what came of them.");
	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
		buf_fmt(out, "bauta_commands_total{result=\"%s\"} %llu\n", results[i].word,
			(unsigned long long)results[i].n);
	metrics_single(out, "bauta_command_tries_total", "counter", "Requests to providers with a command for a call.",
		(double)counts.tries);
	metrics_single(out, "bauta_commands_waiting", "gauge", "Commands that wait or are on their way.",
		counts.waiting);
}
