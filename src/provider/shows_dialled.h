/* shows_dialled: numbers of providers that can show only the number that was dialled (struct provider,
 * shows_dialled_only) are for pools in which both parties dial the same one: `numbers: one`. In any other each call
 * would be refused. */
#ifndef PROVIDER_SHOWS_DIALLED_H
#define PROVIDER_SHOWS_DIALLED_H

#include "core/engine.h"

#define SHOWS_DIALLED_WHY "its numbers show only themselves: for pools with numbers one"

/* May a number of this provider join the pool? */
bool shows_dialled_may_join(const struct engine *engine, uint16_t pool, struct str provider);

/* May the pool's setting become this? Cost: a walk over its VNs, unless it stays or becomes `one`. */
bool shows_dialled_may_be(const struct engine *engine, uint16_t pool, enum pool_numbers numbers);

#endif
