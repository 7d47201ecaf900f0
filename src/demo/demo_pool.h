/* demo_pool: we as the marketplace's operator: pools, and the virtual numbers in them.
 *
 * As in demo_app.h: draws what it does, looks for real numbers in every answer and in what the market was asked, counts what
 * isn't as expected. False: the story can't go on from here. */
#ifndef DEMO_POOL_H
#define DEMO_POOL_H

#include "demo/demo.h"

/* An exclusive pool of `numbers_n` VNs. */
struct demo_pool {
	const char *name, *country;
	const char *countries[3]; /* where parties may be; NULL ends */
	const char *provider, *account;
	struct number first;      /* numbered upwards from here; none: they are bought at the market */
	int numbers_n;
	int grace_s, rest_s, cooldown_s;
	bool texts;               /* go on, with phone numbers in them blanked */
};

/* Makes it, and waits until all its numbers are there. */
bool demo_pool_make(struct demo *demo, const struct demo_pool *pool);

/* Was the market told a real number since we looked last? */
bool demo_pool_look_at_market(struct demo *demo);

#endif
