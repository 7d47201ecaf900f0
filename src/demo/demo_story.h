/* demo_story: one order from its first event to the day after, told in steps; and a second one in another
 * country. */
#ifndef DEMO_STORY_H
#define DEMO_STORY_H

#include "demo/demo.h"

/* True: told to its end, whatever was wrong on the way (demo->tally). False: it could not go on, or we were
 * told to stop. */
bool demo_story_tell(struct demo *demo);

/* What is open when the story is over, for people to try. */
const struct demo_order *demo_story_open_order(void);

#endif
