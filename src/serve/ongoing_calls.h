/* ongoing_calls: which calls of bounded sessions go on (core/ongoing.h), for workers: behind a lock, by the names that
 * providers give calls. Only pools with calls_at_once ask; a call without a name can't be told from others and isn't
 * counted.
 *
 * Threads: any.
 */
#ifndef ONGOING_CALLS_H
#define ONGOING_CALLS_H

#include "core/ongoing.h"
#include "core/record.h"

struct ongoing_calls;

/* Its provider's name, and what is needed to tell it again from every other. */
struct call_name {
	const char *provider, *account;
	uint32_t pool_id;  /* who asks by POST /v1/route chooses ids, and tenants don't know each other's */
	struct str call_id;
};

/* NULL without memory. */
struct ongoing_calls *ongoing_calls_new(uint32_t max, uint64_t seed);
void ongoing_calls_free(struct ongoing_calls *calls);

/* May it begin? `lasts_s`: it can't outlast that. */
bool ongoing_calls_begin(struct ongoing_calls *calls, const struct call_name *name, uint64_t session, uint32_t at_once,
	uint32_t lasts_s, int64_t now_ms);
void ongoing_calls_end(struct ongoing_calls *calls, const struct call_name *name);

/* At start: a call as it was kept, with its pool's policy. */
void ongoing_calls_load(struct ongoing_calls *calls, const struct call *call, const struct pool_policy *policy,
	int64_t now_ms);

#endif
