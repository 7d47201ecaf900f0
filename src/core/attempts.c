#include "core/attempts.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

#define WINDOW_MS (3600 * 1000)
#define NONE UINT32_MAX

enum who { WHO_CALL, WHO_CALLER, WHO_WITHHELD, WHO_VN };
#define KEYS 3 /* at most, of one attempt */

struct counted {
	uint64_t key;
	int64_t began_ms;
	uint32_t wrong;
	uint32_t chain;        /* next of the same hash chain */
	uint32_t newer, older; /* by began_ms */
};

struct attempts {
	struct counted *counted;
	uint32_t *chains; /* as many as counted */
	uint32_t max, count;
	uint32_t oldest, newest;
	uint64_t key[2];
};

/* What one attempt counts against, and how often that may be. */
struct against {
	uint64_t key;
	uint32_t limit;
};

struct attempts *attempts_new(uint32_t max, uint64_t seed)
{
	ASSERT(max >= KEYS && max < NONE);
	struct attempts *attempts = calloc(1, sizeof *attempts);
	if (!attempts)
		return NULL;
	*attempts = (struct attempts){
		.counted = calloc(max, sizeof *attempts->counted),
		.chains = calloc(max, sizeof *attempts->chains),
		.max = max,
		.oldest = NONE,
		.newest = NONE,
		.key = {hash_mix(seed), hash_mix(~seed)},
	};
	if (!attempts->counted || !attempts->chains) {
		attempts_free(attempts);
		return NULL;
	}
	for (uint32_t i = 0; i < max; i++)
		attempts->chains[i] = NONE;
	return attempts;
}

void attempts_free(struct attempts *attempts)
{
	if (!attempts)
		return;
	free(attempts->counted);
	free(attempts->chains);
	free(attempts);
}

static uint64_t key_of(const struct attempts *attempts, enum who who, const void *bytes, size_t len)
{
	const uint64_t parts[2] = {who, hash_bytes(attempts->key, bytes, len)};

	return hash_bytes(attempts->key, parts, sizeof parts);
}

/* How many: a call without an id is no call of its own, or all of those would be one. */
static int keys_of(const struct attempts *attempts, const struct attempt *attempt, struct against ret_keys[KEYS])
{
	struct against *key = ret_keys;
	uint64_t caller = attempt->caller.e164, vn = attempt->vn;
	bool withheld = !number_is(attempt->caller);

	if (attempt->call.len)
		*key++ = (struct against){key_of(attempts, WHO_CALL, attempt->call.at, attempt->call.len),
				ATTEMPTS_PER_CALL};
	*key++ = (struct against){key_of(attempts, withheld ? WHO_WITHHELD : WHO_CALLER, withheld ? &vn : &caller,
					sizeof vn), ATTEMPTS_PER_CALLER_HOUR};
	*key++ = (struct against){key_of(attempts, WHO_VN, &vn, sizeof vn), ATTEMPTS_PER_VN_HOUR};
	return (int)(key - ret_keys);
}

static uint32_t *chain_of(const struct attempts *attempts, uint64_t key)
{
	return &attempts->chains[hash_reduce(key, attempts->max)];
}

static uint32_t find(const struct attempts *attempts, uint64_t key)
{
	uint32_t i = *chain_of(attempts, key);

	while (i != NONE && attempts->counted[i].key != key)
		i = attempts->counted[i].chain;
	return i;
}

static void take_from_ages(struct attempts *attempts, uint32_t i)
{
	struct counted *counted = &attempts->counted[i];

	*(counted->older == NONE ? &attempts->oldest : &attempts->counted[counted->older].newer) = counted->newer;
	*(counted->newer == NONE ? &attempts->newest : &attempts->counted[counted->newer].older) = counted->older;
}

static void put_newest(struct attempts *attempts, uint32_t i)
{
	attempts->counted[i].older = attempts->newest;
	attempts->counted[i].newer = NONE;
	*(attempts->newest == NONE ? &attempts->oldest : &attempts->counted[attempts->newest].newer) = i;
	attempts->newest = i;
}

static uint32_t take_oldest(struct attempts *attempts)
{
	uint32_t i = attempts->oldest;
	uint32_t *link = chain_of(attempts, attempts->counted[i].key);

	take_from_ages(attempts, i);
	while (*link != i)
		link = &attempts->counted[*link].chain;
	*link = attempts->counted[i].chain;
	return i;
}

static bool is_over(const struct counted *counted, int64_t now_ms)
{
	return now_ms >= counted->began_ms + WINDOW_MS;
}

static void count(struct attempts *attempts, uint64_t key, int64_t now_ms)
{
	uint32_t i = find(attempts, key);

	if (i != NONE && !is_over(&attempts->counted[i], now_ms)) {
		attempts->counted[i].wrong++;
		return;
	}
	if (i != NONE) {
		take_from_ages(attempts, i);
	} else {
		i = attempts->count < attempts->max ? attempts->count++ : take_oldest(attempts);
		attempts->counted[i].key = key;
		attempts->counted[i].chain = *chain_of(attempts, key);
		*chain_of(attempts, key) = i;
	}
	attempts->counted[i].began_ms = now_ms;
	attempts->counted[i].wrong = 1;
	put_newest(attempts, i);
}

bool attempts_may(const struct attempts *attempts, const struct attempt *attempt)
{
	struct against keys[KEYS];
	int n = keys_of(attempts, attempt, keys);

	for (int k = 0; k < n; k++) {
		uint32_t i = find(attempts, keys[k].key);
		if (i == NONE || is_over(&attempts->counted[i], attempt->now_ms))
			continue;
		if (attempts->counted[i].wrong >= keys[k].limit)
			return false;
	}
	return true;
}

void attempts_wrong(struct attempts *attempts, const struct attempt *attempt)
{
	struct against keys[KEYS];
	int n = keys_of(attempts, attempt, keys);

	for (int k = 0; k < n; k++)
		count(attempts, keys[k].key, attempt->now_ms);
}
