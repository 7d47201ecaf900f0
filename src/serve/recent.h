/* recent: the last so many keys of 16 bytes, each with a small value; the oldest is forgotten for the newest.
 * Idempotency-Keys and providers' call ids are kept so.
 *
 * Changes of an open batch can be taken back: recent_put() notes what was there, recent_undo() restores it,
 * recent_commit() ends the batch and only then forgets what is too much. Keys are keyed hashes already.
 *
 * Cost: O(1) expected. Memory: 64 bytes a key, reserved at start, touched as it fills. Threads: one at a time.
 */
#ifndef RECENT_H
#define RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct recent;

struct recent_key {
	uint64_t words[2];
};

struct recent_value {
	uint64_t words[5];
};

/* `batch_max`: changes that one batch may make. NULL without memory. */
struct recent *recent_new(uint32_t max, uint32_t batch_max, uint64_t seed);
void recent_free(struct recent *recent);

/* NULL: not there. Lives until the next change. */
const struct recent_value *recent_find(const struct recent *recent, const struct recent_key *key);

/* A new key, or another value for one that is there (which stays as old as it was). ERR_LIMIT_REACHED: the
 * batch has made batch_max changes. */
MUST_CHECK enum err recent_put(struct recent *recent, const struct recent_key *key, const struct recent_value *value);

uint32_t recent_mark(const struct recent *recent);
void recent_undo(struct recent *recent, uint32_t mark);
void recent_commit(struct recent *recent);

/* Between batches: the oldest key's value, NULL when there is none; and forgetting it. */
const struct recent_value *recent_oldest(const struct recent *recent);
void recent_forget_oldest(struct recent *recent);

uint32_t recent_count(const struct recent *recent);

#endif
