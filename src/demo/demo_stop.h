/* demo_stop: Ctrl-C, taken when it suits: between two things, so that nothing is left behind.
 *
 * SIGINT, SIGTERM and SIGHUP stay blocked in the demo's process; only these functions take them. */
#ifndef DEMO_STOP_H
#define DEMO_STOP_H

#include <signal.h>
#include <stdbool.h>

struct demo_stop {
	sigset_t before; /* what was blocked before us: for children */
	sigset_t taken;
	bool told;
};

void demo_stop_init(struct demo_stop *stop);

/* Passes `ms`, less when told to stop. False: told to stop, now or before. */
bool demo_stop_pause(struct demo_stop *stop, int ms);

/* Waits until told to stop (true) or until a child has changed (false). */
bool demo_stop_wait(struct demo_stop *stop);

#endif
