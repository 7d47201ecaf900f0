/* demo_screen: the story as a call ladder: four lanes, an arrow for each message, beside it what it says.
 *
 *    app      Bauta     Twilio     phones
 *     │          │          │◄─────────┤  customer dials +622150005678
 *     │          │◄─ 0.3 ms ┤          │  ...
 *
 * Colours only on a terminal that wants them (terminal.h). Every line is out when the function returns. */
#ifndef DEMO_SCREEN_H
#define DEMO_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/terminal.h"

enum demo_lane { LANE_APP, LANE_BAUTA, LANE_PROVIDER, LANE_PHONES };
#define DEMO_LANES 4

struct demo_screen {
	FILE *out;
	bool colours;
	const char *provider; /* the lane's name now; NULL: no lanes drawn yet */
	int titles;
};

void demo_screen_init(struct demo_screen *screen, FILE *out);

/* Not for production, fictitious numbers. */
void demo_screen_banner(const struct demo_screen *screen);

/* The names of the lanes, if the provider isn't the one of before. */
void demo_screen_lanes(struct demo_screen *screen, const char *provider);

/* A new step of the story, numbered. */
void demo_screen_title(struct demo_screen *screen, const char *title);

struct demo_arrow {
	enum demo_lane from, to; /* different ones */
	enum terminal_colour colour;
	double ms; /* how long it took, written into it; below 0: not */
	bool lost; /* ends in a cross before it arrives */
};
void demo_screen_arrow(const struct demo_screen *screen, const struct demo_arrow *arrow, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* What came of it, with a tick or a cross. */
void demo_screen_verdict(const struct demo_screen *screen, bool good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Words beside the lanes. */
void demo_screen_note(const struct demo_screen *screen, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Without lanes, for what comes before and after the story. */
void demo_screen_line(const struct demo_screen *screen, enum terminal_colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
