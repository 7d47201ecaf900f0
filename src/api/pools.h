/* pools: what workers must know of pools before a change goes to the writer: their names, countries and
 * whether PINs are shown. A published copy of the engine's, kept by whoever changes a pool.
 *
 * Memory: an entry of some 230 bytes a pool, made as pools come; pools are never taken away, so an index
 * stays good. Threads: pools_find and pools_at from any; the rest from one (the writer, or the starter before
 * it).
 */
#ifndef POOLS_H
#define POOLS_H

#include "core/engine.h"
#include "wire/problem.h"

struct pools;

struct pool_brief {
	uint16_t index, tenant;
	char name[POOL_NAME_MAX + 1];
	uint16_t country;
	uint16_t countries[POOL_COUNTRIES_MAX];
	uint8_t countries_n; /* 0: only `country` */
	bool pin;            /* unknown_caller is pin: parties' PINs are shown */
};

/* NULL without memory. The seed is secret: names are strangers'. */
struct pools *pools_new(uint64_t seed);
void pools_free(struct pools *pools);

/* All pools of an engine. ERR_LIMIT_REACHED: no memory. */
MUST_CHECK enum err pools_load(struct pools *pools, const struct engine *engine);

/* Room for the pool of that index, which nobody sees before it is put: pools_put() can't fail then. False: no memory. */
MUST_CHECK bool pools_room(struct pools *pools, uint16_t index);

/* A pool as it is now, new or changed. ERR_LIMIT_REACHED: no memory. */
MUST_CHECK enum err pools_put(
	struct pools *pools, uint16_t index, uint16_t tenant, const struct pool_row *row);

/* ERR_NOT_FOUND. An empty name: the tenant's only pool; ERR_BAD_REQUEST if it has several. Copies. O(1),
 * O(pools) for an empty name. */
MUST_CHECK enum err pools_find(
	struct pools *pools, uint16_t tenant, struct str name, struct pool_brief *ret_pool);
/* The same where a request has it as `pool`: the problem says what is wrong with that. */
MUST_CHECK enum err pools_find_said(struct pools *pools, uint16_t tenant, struct str name,
	struct pool_brief *ret_pool, struct problem *problem);

/* ERR_NOT_FOUND: no such index, or another tenant's. */
MUST_CHECK enum err pools_at(
	struct pools *pools, uint16_t tenant, uint32_t index, struct pool_brief *ret_pool);

/* Where the pool's parties may be. */
bool pool_brief_dials(const struct pool_brief *pool, uint16_t country);

#endif
