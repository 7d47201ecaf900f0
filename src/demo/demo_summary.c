#include "demo/demo_summary.h"

#include <stdarg.h>
#include <unistd.h>

static void counter(const struct demo *demo, const char *name, int count, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void counter(const struct demo *demo, const char *name, int count, const char *format, ...)
{
	char why[160];
	va_list list;

	va_start(list, format);
	vsnprintf(why, sizeof why, format, list);
	va_end(list);
	demo_screen_line(
		&demo->screen, count ? COLOUR_RED : COLOUR_GREEN, "  %-13s %d   %s", name, count, why);
}

bool demo_summary_show(const struct demo *demo)
{
	const struct demo_tally *tally = &demo->tally;
	const struct demo_leaks *leaks = &demo->leaks;
	int leaked = leaks->found + tally->shown_wrong;

	demo_screen_line(&demo->screen, COLOUR_NONE, "%s", "");
	demo_screen_line(&demo->screen, COLOUR_BOLD, "Summary");
	counter(demo, "wrong person", tally->wrong_person, "of %d calls connected and %d refused, %d texts brought and %d refused",
		tally->connected, tally->refused, tally->texts, tally->texts_refused);
	counter(demo, "leaked", leaked, "in %d answers and %llu KiB of database, WAL, logs%s%s",
		leaks->answers, (unsigned long long)leaks->bytes / 1024, leaks->where[0] ? "; first in " : "",
		leaks->where);
	counter(demo, "lost", tally->lost,
		"of %d calls and texts that had to come through and %d looks at acknowledged orders",
		tally->connected + tally->texts + tally->lost, tally->orders);
	counter(demo, "late", tally->late, "of %d questions (Twilio waits 15 s, Exotel 5 s)",
		tally->questions);
	demo_screen_line(&demo->screen, COLOUR_NONE,
		"  %-13s p50 %.2f ms, max %.2f ms, over HTTP, signature checked", "decision",
		demo_tally_median(tally), demo_tally_max(tally));
	demo_screen_line(&demo->screen, COLOUR_DIM,
		"  Real numbers were in %d answers: the instruction to the provider whom to ring, and "
		"nowhere else.",
		leaks->dialled);
	if (tally->wrong)
		demo_screen_line(&demo->screen, COLOUR_RED, "  %-13s %d   marked with a cross above",
			"went wrong", tally->wrong);
	return tally->wrong_person + leaked + tally->lost + tally->late + tally->wrong == 0;
}

static const char *own_path(char path[300])
{
	ssize_t len = readlink("/proc/self/exe", path, 299);

	if (len <= 0)
		return "bauta";
	path[len] = '\0';
	return path;
}

void demo_summary_try(const struct demo *demo, const struct demo_order *order)
{
	const struct demo_server *server = &demo->server;
	const struct demo_screen *screen = &demo->screen;
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE], path[300];

	demo_screen_line(screen, COLOUR_NONE, "%s", "");
	demo_screen_line(screen, COLOUR_BOLD, "The server stays up. To try, in another terminal:");
	demo_screen_line(
		screen, COLOUR_NONE, "\nexport BAUTA_URL=%s BAUTA_KEY=%s\n", server->url, server->key);
	demo_screen_line(
		screen, COLOUR_DIM, "# a phone rings: the provider's question, signed, and our answer");
	demo_screen_line(screen, COLOUR_NONE, "%s call -c %s --provider twilio --from %s --to %s\n",
		own_path(path), server->config, number_text(order->parties[0].phone->number, from),
		number_text(order->parties[1].vn, to));
	demo_screen_line(screen, COLOUR_DIM, "# an order of your own");
	demo_screen_line(screen, COLOUR_NONE,
		"curl -sS \"$BAUTA_URL/v1/sessions\" -H \"Authorization: Bearer $BAUTA_KEY\" -H "
		"'Content-Type: application/json' \\\n"
		"  -d "
		"'{\"pool\":\"bengaluru\",\"ref\":\"B-2002\",\"parties\":[{\"role\":\"patient\",\"number\":"
		"\"+919876543210\"},"
		"{\"role\":\"doctor\",\"number\":\"098765 43211\"}]}'\n");
	demo_screen_line(screen, COLOUR_DIM, "# what an app shows; what was called; the stock; the counters");
	demo_screen_line(screen, COLOUR_NONE,
		"curl -sS \"$BAUTA_URL/v1/orders/%s/contact?pool=%s&as=%s\" -H \"Authorization: Bearer "
		"$BAUTA_KEY\"\n"
		"curl -sS \"$BAUTA_URL/v1/calls?pool=%s\" -H \"Authorization: Bearer $BAUTA_KEY\"\n"
		"curl -sS \"$BAUTA_URL/v1/pools/%s\" -H \"Authorization: Bearer $BAUTA_KEY\"\n"
		"curl -sS \"$BAUTA_URL/metrics\"\n",
		order->ref, order->pool, order->parties[0].role, order->pool, order->pool);
	demo_screen_line(screen, COLOUR_BOLD, "Ctrl-C ends it and removes %s", demo->folder.path);
}
