#include "figures.h"

#include <string.h>

static const char *const kind_names[KIND__COUNT] = {"call", "status", "stranger", "event", "open", "look", "close", "forget",
	"overloaded"};

static bool of_provider(enum kind kind)
{
	return kind <= KIND_STRANGER;
}

void figures_add(struct figures *figures, enum kind kind, uint8_t pool, uint64_t due_ns, uint64_t sent_ns, uint64_t at_ns)
{
	struct figure *figure = &figures->now[kind][of_provider(kind) ? pool : 0];

	histogram_add(&figure->due, at_ns > due_ns ? at_ns - due_ns : 0);
	histogram_add(&figure->sent, at_ns - sent_ns);
}

void figures_next(struct figures *figures)
{
	for (int kind = 0; kind < KIND__COUNT; kind++) {
		for (int pool = 0; pool < POOLS_MAX; pool++) {
			histogram_merge(&figures->all[kind][pool].due, &figures->now[kind][pool].due);
			histogram_merge(&figures->all[kind][pool].sent, &figures->now[kind][pool].sent);
		}
	}
	memset(figures->now, 0, sizeof figures->now);
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void print_one(const struct figure *figure, const char *name, const char *provider, FILE *out)
{
	const struct histogram *due = &figure->due, *sent = &figure->sent;

	fprintf(out, "\"%s%s%s\":{\"n\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f,"
		"\"sent_p50_ms\":%.3f,\"sent_p99_ms\":%.3f,\"sent_p999_ms\":%.3f,\"sent_max_ms\":%.3f",
		name, provider ? "_" : "", provider ? provider : "", (unsigned long long)due->n, ms(histogram_at_ns(due, 0.5)),
		ms(histogram_at_ns(due, 0.99)), ms(histogram_at_ns(due, 0.999)), ms(due->max_ns), ms(histogram_at_ns(sent, 0.5)),
		ms(histogram_at_ns(sent, 0.99)), ms(histogram_at_ns(sent, 0.999)), ms(sent->max_ns));
}

void figures_print(const struct figures *figures, bool whole, const struct account *accounts, int pools, uint32_t wall_ms, FILE *out)
{
	const char *comma = "";

	fprintf(out, "\"kinds\":{");
	for (int kind = 0; kind < KIND__COUNT; kind++) {
		for (int pool = 0; pool < (of_provider(kind) ? pools : 1); pool++) {
			const struct figure *figure = whole ? &figures->all[kind][pool] : &figures->now[kind][pool];
			const struct provider *provider = of_provider(kind) ? accounts[pool].provider : NULL;
			if (figure->due.n == 0)
				continue;
			fputs(comma, out);
			print_one(figure, kind_names[kind], provider ? provider->name : NULL, out);
			if (kind == KIND_CALL || kind == KIND_STRANGER)
				fprintf(out, ",\"wall_slack_ms\":%.3f,\"deadline_ms\":%u,\"slack_ms\":%.3f", wall_ms - ms(figure->due.max_ns),
					provider->deadline_ms, provider->deadline_ms - ms(figure->due.max_ns));
			fputs("}", out);
			comma = ",";
		}
	}
	fputs("}", out);
}
