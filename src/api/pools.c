#include "api/pools.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#define NOBODY UINT16_MAX /* the tenant of a pool that is still to come */

struct pools {
	pthread_rwlock_t lock;
	uint64_t key[2];
	struct pool_brief **at; /* by index; NULL: not there */
	uint32_t n;             /* of at[] */
	uint32_t *slots;        /* open addressing by tenant and name: index + 1; 0: empty */
	uint32_t slots_n;       /* power of two, at least twice n */
};

struct pools *pools_new(uint64_t seed)
{
	struct pools *pools = calloc(1, sizeof *pools);

	if (!pools)
		return NULL;
	pools->key[0] = seed;
	pools->key[1] = hash_mix(seed + 1);
	pthread_rwlock_init(&pools->lock, NULL);
	return pools;
}

void pools_free(struct pools *pools)
{
	if (!pools)
		return;
	for (uint32_t i = 0; i < pools->n; i++)
		free(pools->at[i]);
	free(pools->at);
	free(pools->slots);
	pthread_rwlock_destroy(&pools->lock);
	free(pools);
}

/* The slot of that name, or the empty one where it would be. */
static uint32_t slot_of(const struct pools *pools, uint16_t tenant, struct str name)
{
	uint64_t hash = hash_two(pools->key[0], tenant, hash_bytes(pools->key, name.at, name.len));
	uint32_t mask = pools->slots_n - 1, slot = (uint32_t)hash & mask;

	while (pools->slots[slot]) {
		const struct pool_brief *pool = pools->at[pools->slots[slot] - 1];
		if (pool->tenant == tenant && str_equal(str_of(pool->name), name))
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

static bool grow_slots(struct pools *pools, uint32_t n)
{
	if (pools->slots_n >= 2 * n)
		return true;
	uint32_t slots_n = pools->slots_n ? pools->slots_n * 2 : 64;
	while (slots_n < 2 * n)
		slots_n *= 2;
	uint32_t *slots = calloc(slots_n, sizeof *slots);
	if (!slots)
		return false;
	free(pools->slots);
	pools->slots = slots;
	pools->slots_n = slots_n;
	for (uint32_t i = 0; i < pools->n; i++)
		if (pools->at[i] && pools->at[i]->tenant != NOBODY)
			pools->slots[slot_of(pools, pools->at[i]->tenant, str_of(pools->at[i]->name))] =
				i + 1;
	return true;
}

static bool grow(struct pools *pools, uint32_t n)
{
	if (!grow_slots(pools, n))
		return false;
	if (n <= pools->n)
		return true;
	struct pool_brief **at = realloc(pools->at, n * sizeof(struct pool_brief *));
	if (!at)
		return false;
	pools->at = at;
	for (; pools->n < n; pools->n++)
		pools->at[pools->n] = NULL;
	return true;
}

static struct pool_brief brief_of(uint16_t index, uint16_t tenant, const struct pool_row *row)
{
	struct pool_brief brief = {
		.index = index,
		.tenant = tenant,
		.country = row->policy.country,
		.countries_n = row->policy.countries_n,
		.pin = row->policy.unknown_caller == POOL_UNKNOWN_PIN,
	};

	memcpy(brief.name, row->name, sizeof brief.name);
	memcpy(brief.countries, row->policy.countries, sizeof brief.countries);
	return brief;
}

bool pools_room(struct pools *pools, uint16_t index)
{
	pthread_rwlock_wrlock(&pools->lock);
	bool room = grow(pools, index + 1u);
	if (room && !pools->at[index]) {
		pools->at[index] = calloc(1, sizeof **pools->at);
		room = pools->at[index];
		if (room)
			pools->at[index]->tenant = NOBODY;
	}
	pthread_rwlock_unlock(&pools->lock);
	return room;
}

enum err pools_put(struct pools *pools, uint16_t index, uint16_t tenant, const struct pool_row *row)
{
	enum err err = ERR_LIMIT_REACHED;

	pthread_rwlock_wrlock(&pools->lock);
	if (grow(pools, index + 1u)) {
		if (!pools->at[index])
			pools->at[index] = malloc(sizeof **pools->at);
		if (pools->at[index]) {
			*pools->at[index] = brief_of(index, tenant, row);
			pools->slots[slot_of(pools, tenant, str_of(row->name))] = index + 1u;
			err = ERR_OK;
		}
	}
	pthread_rwlock_unlock(&pools->lock);
	return err;
}

enum err pools_load(struct pools *pools, const struct engine *engine)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; err == ERR_OK && i < engine_pools(engine); i++)
		err = pools_put(pools, (uint16_t)i, engine_pool_tenant(engine, (uint16_t)i),
			engine_pool(engine, (uint16_t)i));
	return err;
}

static enum err only_pool(const struct pools *pools, uint16_t tenant, const struct pool_brief **ret_pool)
{
	const struct pool_brief *only = NULL;

	for (uint32_t i = 0; i < pools->n; i++) {
		if (!pools->at[i] || pools->at[i]->tenant != tenant)
			continue;
		if (only)
			return ERR_BAD_REQUEST;
		only = pools->at[i];
	}
	*ret_pool = only;
	return only ? ERR_OK : ERR_NOT_FOUND;
}

enum err pools_find(struct pools *pools, uint16_t tenant, struct str name, struct pool_brief *ret_pool)
{
	const struct pool_brief *pool = NULL;
	enum err err = ERR_NOT_FOUND;

	pthread_rwlock_rdlock(&pools->lock);
	if (name.len == 0) {
		err = only_pool(pools, tenant, &pool);
	} else if (pools->slots_n) {
		uint32_t index = pools->slots[slot_of(pools, tenant, name)];
		pool = index ? pools->at[index - 1] : NULL;
		err = pool ? ERR_OK : ERR_NOT_FOUND;
	}
	if (err == ERR_OK)
		*ret_pool = *pool;
	pthread_rwlock_unlock(&pools->lock);
	return err;
}

enum err pools_find_said(struct pools *pools, uint16_t tenant, struct str name, struct pool_brief *ret_pool,
	struct problem *problem)
{
	enum err err = pools_find(pools, tenant, name, ret_pool);

	if (err == ERR_BAD_REQUEST)
		return problem_is(problem, err, "pool", "there are several pools: say which");
	if (err)
		return problem_is(problem, err, "pool",
			name.len ? "there is no such pool" : "there is no pool yet");
	return ERR_OK;
}

enum err pools_at(struct pools *pools, uint16_t tenant, uint32_t index, struct pool_brief *ret_pool)
{
	const struct pool_brief *pool = NULL;

	pthread_rwlock_rdlock(&pools->lock);
	if (index < pools->n && pools->at[index] && pools->at[index]->tenant == tenant)
		*ret_pool = *(pool = pools->at[index]);
	pthread_rwlock_unlock(&pools->lock);
	return pool ? ERR_OK : ERR_NOT_FOUND;
}

bool pool_brief_dials(const struct pool_brief *pool, uint16_t country)
{
	if (pool->countries_n == 0)
		return country == pool->country;
	for (int i = 0; i < pool->countries_n; i++)
		if (pool->countries[i] == country)
			return true;
	return false;
}
