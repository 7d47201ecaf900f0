/* retries: events of a sink that failed or wait behind one that did, by key, each key's in order. Only the oldest of a
 * key may be due. For relay.c; what changed is gathered for its checkpoint.
 *
 * Keys are told apart by a 64-bit keyed hash: two that share one would only wait for each other. Cost: O(1) but
 * retries_due, which looks at all when something is due by time. Memory: max entries, made at start. Threads: one.
 */
#ifndef OUT_RETRIES_H
#define OUT_RETRIES_H

#include "core/record.h"

struct retries;

struct retries *retries_new(uint32_t max); /* NULL: no memory */
void retries_free(struct retries *retries);

/* As stored; not a change. ERR_LIMIT_REACHED. */
MUST_CHECK enum err retries_load(struct retries *retries, const struct retry_row *row, uint64_t key);
/* A new one, behind those of its key. ERR_LIMIT_REACHED. */
MUST_CHECK enum err retries_put(struct retries *retries, const struct retry_row *row, uint64_t key);
bool retries_has(const struct retries *retries, uint64_t key);
/* Is there one of that key that is as new as the event, or newer? Then the event is a retry itself, or was done. */
bool retries_passed(const struct retries *retries, uint64_t key, uint64_t event);
uint32_t retries_n(const struct retries *retries);
uint32_t retries_room(const struct retries *retries);
uint64_t retries_oldest(const struct retries *retries); /* event; 0: none. O(entries) */

/* One that is due, first of its key, not out; 0: none. */
uint64_t retries_due(struct retries *retries, int64_t now_ms);
int64_t retries_next_ms(const struct retries *retries); /* when one may be due; INT64_MAX: never by itself */
/* It is out, with its row, which is freed (free) when it is in again or goes. */
void retries_out(struct retries *retries, uint64_t event, void *row);
/* It is not out any more; as it is. Its key text is the entry's. */
struct retry_row retries_in(struct retries *retries, uint64_t event);
void retries_again(struct retries *retries, const struct retry_row *row); /* attempt and time are others */
void retries_drop(struct retries *retries, uint64_t event); /* done or given up; not out */
/* But those that are out, which go when they are in. How many went. */
uint32_t retries_drop_all(struct retries *retries);
void retries_drop_later(struct retries *retries, uint64_t after); /* all whose event is above that; none is out */
void retries_none_out(struct retries *retries); /* what was out is not any more, and not answered */

int retries_changes(const struct retries *retries); /* how many puts and drops the next call gives, at most */
#define RETRIES_DROPS_MAX 4000 /* of one call */
/* What changed since the last call; the arrays live until the next. More drops than RETRIES_DROPS_MAX: so many of them and no
 * puts, which come when all drops were given (*ret_more). False: no memory, nothing was taken. */
bool retries_take(struct retries *retries, const struct retry_row **ret_puts, int *ret_puts_n, const uint64_t **ret_drops,
	int *ret_drops_n, bool *ret_more);

#endif
