/* demo_tally: what happened in the story, counted as it happens; the summary is nothing but these. */
#ifndef DEMO_TALLY_H
#define DEMO_TALLY_H

#include <stdbool.h>

#define DEMO_QUESTIONS_MAX 256

struct demo_tally {
	int wrong;     /* expectations of any kind that weren't met */
	int connected; /* calls that rang somebody */
	int refused;
	int texts;         /* that went on to somebody */
	int texts_refused;
	int wrong_person; /* calls and texts that reached somebody else than they should, or should have reached nobody */
	int shown_wrong;  /* that would show anything but the VN that stands for the caller or writer: leaks */
	int lost;   /* calls and texts that should have come through and didn't; acknowledged orders that changed or
		       went */
	int orders; /* acknowledged and looked at again after the crash and at the end */
	int late;   /* questions not answered in the provider's time, or refused because our own was over */
	int questions;
	double ms[DEMO_QUESTIONS_MAX]; /* from question to answer, as the provider sees it; the first ones */
	int ms_n;
};

void demo_tally_answered(struct demo_tally *tally, double ms, double deadline_ms);

/* Half of the answers took no longer; 0 without answers. */
double demo_tally_median(const struct demo_tally *tally);
double demo_tally_max(const struct demo_tally *tally);

#endif
