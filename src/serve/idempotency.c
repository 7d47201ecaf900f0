#include "serve/idempotency.h"

#include <stdlib.h>
#include <string.h>

#include "serve/recent.h"

_Static_assert(sizeof(struct idempotency_use) <= sizeof(struct recent_value), "a use fits a value");

struct idempotency {
	struct recent *recent;
};

struct idempotency *idempotency_new(uint32_t max, uint64_t seed)
{
	struct idempotency *idempotency = calloc(1, sizeof *idempotency);

	if (!idempotency)
		return NULL;
	idempotency->recent = recent_new(max, IDEMPOTENCY_BATCH_MAX, seed);
	if (!idempotency->recent) {
		free(idempotency);
		return NULL;
	}
	return idempotency;
}

void idempotency_free(struct idempotency *idempotency)
{
	if (!idempotency)
		return;
	recent_free(idempotency->recent);
	free(idempotency);
}

static struct recent_key key_of(const uint8_t key_hash[16])
{
	struct recent_key key;

	memcpy(&key, key_hash, sizeof key);
	return key;
}

static struct idempotency_use use_of(const struct recent_value *value)
{
	struct idempotency_use use;

	memcpy(&use, value, sizeof use);
	return use;
}

bool idempotency_find(const struct idempotency *idempotency, const uint8_t key_hash[16], uint32_t now,
		struct idempotency_use *ret_use)
{
	struct recent_key key = key_of(key_hash);
	const struct recent_value *value = recent_find(idempotency->recent, &key);

	if (!value)
		return false;
	struct idempotency_use use = use_of(value);
	if (use.until <= now)
		return false;
	*ret_use = use;
	return true;
}

enum err idempotency_note(struct idempotency *idempotency, const uint8_t key_hash[16],
		const struct idempotency_use *use)
{
	struct recent_key key = key_of(key_hash);
	struct recent_value value = {{0}};

	memcpy(&value, use, sizeof *use);
	return recent_put(idempotency->recent, &key, &value);
}

uint32_t idempotency_mark(const struct idempotency *idempotency)
{
	return recent_mark(idempotency->recent);
}

void idempotency_undo(struct idempotency *idempotency, uint32_t mark)
{
	recent_undo(idempotency->recent, mark);
}

void idempotency_commit(struct idempotency *idempotency, uint32_t now)
{
	const struct recent_value *oldest;

	recent_commit(idempotency->recent);
	while ((oldest = recent_oldest(idempotency->recent)) && use_of(oldest).until <= now)
		recent_forget_oldest(idempotency->recent);
}

uint32_t idempotency_count(const struct idempotency *idempotency)
{
	return recent_count(idempotency->recent);
}
