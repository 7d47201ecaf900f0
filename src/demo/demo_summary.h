/* demo_summary: what came of the story, in numbers, and what to try next. */
#ifndef DEMO_SUMMARY_H
#define DEMO_SUMMARY_H

#include "demo/demo.h"

/* True: every counter is 0 and nothing went wrong. */
bool demo_summary_show(const struct demo *demo);

/* Lines to copy: curl with the key, `bauta call`. */
void demo_summary_try(const struct demo *demo, const struct demo_order *order);

#endif
