/* pace: how often somebody rings in a minute, for many at a time and without a lock; and which calls and texts were
 * counted already, so that one that is told twice counts once.
 *
 * A bucket is one cache line of eight words: tag (32 bits), minute (16), count (16). Where a bucket is full the
 * smallest count of its minute makes room, so that a flood of callers who ring once flushes nobody who rings often;
 * where a key lies depends on the seed. Minutes are those of the clock: over the edge of two there may be twice as
 * many.
 *
 * Memory: 8 bytes a key, at start. Threads: any. Two that count the same key at once may lose one of the two.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counted: caller and VN; caller and pool; VN, by calls and by texts of strangers. Seen: calls and texts by name. */
enum pace_of { PACE_PAIR, PACE_CALLER, PACE_VN, PACE_VN_TEXTS, PACE_CALL, PACE_TEXT };

struct pace;

/* NULL without memory. */
struct pace *pace_new(uint32_t max, uint64_t seed);
void pace_free(struct pace *pace);

/* Counts one more of (of, a, b); how many there were in this minute, this one included (up to 65,535). */
uint32_t pace_count(struct pace *pace, enum pace_of of, uint64_t a, uint64_t b, int64_t now_ms);

/* How many there were in this minute; counts none. */
uint32_t pace_look(const struct pace *pace, enum pace_of of, uint64_t a, uint64_t b, int64_t now_ms);

/* A text as an `a` or `b`. */
uint64_t pace_name(const struct pace *pace, const void *bytes, size_t len);

size_t pace_bytes(const struct pace *pace);

#endif
