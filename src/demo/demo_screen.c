#include "demo/demo_screen.h"

#include <stdarg.h>
#include <string.h>

#define GAP 10   /* columns between two lanes */
#define MARGIN 3 /* before the first */
#define WIDTH (MARGIN + (DEMO_LANES - 1) * (GAP + 1) + 1)

/* One line of the lanes, a character of up to three bytes in each cell. */
struct row {
	const char *cells[WIDTH];
	char label[GAP + 1]; /* ASCII, a byte a cell */
	char letters[GAP + 1][2];
};

static int column(enum demo_lane lane)
{
	return MARGIN + (int)lane * (GAP + 1);
}

static void row_lanes(struct row *row)
{
	for (int i = 0; i < WIDTH; i++)
		row->cells[i] = " ";
	for (int lane = 0; lane < DEMO_LANES; lane++)
		row->cells[column((enum demo_lane)lane)] = "│";
}

/* " 0.31 ms " into the middle of the gap at the arrow's tail. */
static void row_label(struct row *row, int tail, int step, double ms)
{
	snprintf(row->label, sizeof row->label,
		ms < 10     ? " %.2f ms"
		: ms < 1000 ? " %.0f ms"
			    : " %.1f s",
		ms < 1000 ? ms : ms / 1000);
	int len = (int)strlen(row->label);
	int at = (step > 0 ? tail + 1 : tail - GAP) + (GAP - len) / 2;
	for (int i = 0; i < len; i++) {
		row->letters[i][0] = row->label[i];
		row->cells[at + i] = row->letters[i];
	}
}

static void row_arrow(struct row *row, const struct demo_arrow *arrow)
{
	int from = column(arrow->from), to = column(arrow->to), step = from < to ? 1 : -1;

	row->cells[from] = step > 0 ? "├" : "┤";
	for (int i = from + step; i != to; i += step)
		row->cells[i] = strcmp(row->cells[i], "│") == 0 ? "┼" : "─";
	if (arrow->ms >= 0)
		row_label(row, from, step, arrow->ms);
	row->cells[to - step] = arrow->lost ? "╳" : step > 0 ? "►" : "◄";
}

static const char *colour_on(const struct demo_screen *screen, enum terminal_colour colour)
{
	return screen->colours ? terminal_colour(colour) : "";
}

static const char *colour_off(const struct demo_screen *screen)
{
	return screen->colours ? terminal_plain : "";
}

/* The arrow (`from`..`to`, inclusive) in its colour, the other lanes dim. */
static void put_row(const struct demo_screen *screen, const struct row *row, int from, int to,
	enum terminal_colour colour)
{
	fputs(colour_on(screen, COLOUR_DIM), screen->out);
	for (int i = 0; i < WIDTH; i++) {
		if (i == from)
			fprintf(screen->out, "%s%s", colour_off(screen), colour_on(screen, colour));
		fputs(row->cells[i], screen->out);
		if (i == to)
			fprintf(screen->out, "%s%s", colour_off(screen), colour_on(screen, COLOUR_DIM));
	}
	fputs(colour_off(screen), screen->out);
}

static void put_lanes(const struct demo_screen *screen)
{
	struct row row;

	row_lanes(&row);
	put_row(screen, &row, -1, -1, COLOUR_NONE);
}

static void end_line(const struct demo_screen *screen)
{
	fputc('\n', screen->out);
	fflush(screen->out);
}

void demo_screen_init(struct demo_screen *screen, FILE *out)
{
	*screen = (struct demo_screen){.out = out, .colours = terminal_colours(out)};
}

void demo_screen_banner(const struct demo_screen *screen)
{
	static const char *const lines[] = {
		"╔════════════════════════════════════════════════════════════════════════════╗",
		"║  D E M O                                                                   ║",
		"║  Not for production. The numbers are fictitious, nobody's phone rings, and ║",
		"║  everything stays on this machine: the server is a real one, on loopback   ║",
		"║  and in a temporary folder; the phone companies are played, in their own   ║",
		"║  dialects and with their own signatures.                                   ║",
		"╚════════════════════════════════════════════════════════════════════════════╝",
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		demo_screen_line(screen, COLOUR_YELLOW, "%s", lines[i]);
}

void demo_screen_lanes(struct demo_screen *screen, const char *provider)
{
	const char *const names[DEMO_LANES] = {"app", "Bauta", provider, "phones"};
	int at = 0;

	if (screen->provider && strcmp(screen->provider, provider) == 0)
		return;
	screen->provider = provider;
	end_line(screen);
	fputs(colour_on(screen, COLOUR_BOLD), screen->out);
	for (int lane = 0; lane < DEMO_LANES; lane++) {
		int begin = column((enum demo_lane)lane) - (int)strlen(names[lane]) / 2;
		fprintf(screen->out, "%*s%s", begin - at, "", names[lane]);
		at = begin + (int)strlen(names[lane]);
	}
	fputs(colour_off(screen), screen->out);
	end_line(screen);
}

void demo_screen_title(struct demo_screen *screen, const char *title)
{
	put_lanes(screen);
	end_line(screen);
	put_lanes(screen);
	fprintf(screen->out, "  %s%d. %s%s", colour_on(screen, COLOUR_BOLD), ++screen->titles, title,
		colour_off(screen));
	end_line(screen);
}

void demo_screen_arrow(
	const struct demo_screen *screen, const struct demo_arrow *arrow, const char *format, ...)
{
	int from = column(arrow->from), to = column(arrow->to);
	struct row row = {.label = ""};
	va_list list;

	row_lanes(&row);
	row_arrow(&row, arrow);
	put_row(screen, &row, from < to ? from : to, from < to ? to : from, arrow->colour);
	fputs("  ", screen->out);
	va_start(list, format);
	vfprintf(screen->out, format, list);
	va_end(list);
	end_line(screen);
}

void demo_screen_verdict(const struct demo_screen *screen, bool good, const char *format, ...)
{
	va_list list;

	put_lanes(screen);
	fprintf(screen->out, "  %s%s ", colour_on(screen, good ? COLOUR_GREEN : COLOUR_RED),
		good ? "✓" : "✗");
	va_start(list, format);
	vfprintf(screen->out, format, list);
	va_end(list);
	fputs(colour_off(screen), screen->out);
	end_line(screen);
}

void demo_screen_note(const struct demo_screen *screen, const char *format, ...)
{
	va_list list;

	put_lanes(screen);
	fprintf(screen->out, "  %s", colour_on(screen, COLOUR_DIM));
	va_start(list, format);
	vfprintf(screen->out, format, list);
	va_end(list);
	fputs(colour_off(screen), screen->out);
	end_line(screen);
}

void demo_screen_line(const struct demo_screen *screen, enum terminal_colour colour, const char *format, ...)
{
	va_list list;

	fputs(colour_on(screen, colour), screen->out);
	va_start(list, format);
	vfprintf(screen->out, format, list);
	va_end(list);
	fputs(colour_off(screen), screen->out);
	end_line(screen);
}
