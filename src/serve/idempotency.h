/* idempotency: which Idempotency-Keys were used for what, and in which row the answer is kept.
 *
 * The last `max` keys, each until its time is over: of more the oldest is forgotten (S14: the limit is a memory, not a refusal). What a batch notes becomes
 * old news with idempotency_commit() or is taken back with idempotency_undo(), as the engine's changes are; the
 * writer does both (writer.c), so that a key and its effect are stored together or not at all.
 *
 * How a change uses it, in run():
 *
 *     if (idempotency_find(server->idempotency, key_hash, now_s, &used))
 *             memcmp(used.body_hash, ...) ? ERR_IDEMPOTENCY_MISMATCH : answer again from row used.row
 *     ... the effect ...
 *     engine_note(engine, &(struct record){.kind = RECORD_IDEMPOTENCY, .idempotency = row});
 *     idempotency_note(server->idempotency, key_hash, &(struct idempotency_use){...});
 *
 * Cost: O(1) expected. Memory: 64 bytes a key, made at start. Threads: the writer's alone.
 */
#ifndef IDEMPOTENCY_H
#define IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define IDEMPOTENCY_BATCH_MAX 8192 /* keys that one batch may note */

struct idempotency;

struct idempotency_use {
	uint8_t body_hash[16];
	uint64_t row;   /* idempotency_row.id */
	uint32_t until; /* epoch seconds; the same distance for all keys */
};

/* NULL without memory. The seed is secret and fresh per start. */
struct idempotency *idempotency_new(uint32_t max, uint64_t seed);
void idempotency_free(struct idempotency *idempotency);

/* False: never used, forgotten, or its time is over at `now` (epoch seconds). */
bool idempotency_find(const struct idempotency *idempotency, const uint8_t key_hash[16], uint32_t now,
	struct idempotency_use *ret_use);

/* A key that idempotency_find() doesn't find. ERR_LIMIT_REACHED: the batch has IDEMPOTENCY_BATCH_MAX. */
MUST_CHECK enum err idempotency_note(struct idempotency *idempotency, const uint8_t key_hash[16],
	const struct idempotency_use *use);

/* How many were noted in this batch; takes back all but the first `mark` of them; begins the next batch. */
uint32_t idempotency_mark(const struct idempotency *idempotency);
void idempotency_undo(struct idempotency *idempotency, uint32_t mark);
void idempotency_commit(struct idempotency *idempotency, uint32_t now);

uint32_t idempotency_count(const struct idempotency *idempotency);

#endif
