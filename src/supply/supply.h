/* supply: the stock that looks after itself: the book, and an agent for each account whose provider we can ask.
 *
 * The book is made and loaded before the writer; agents begin after it and stop before it. Threads: new, open, start, stop, free by the
 * owner; the rest from any, but supply_book(), which is the writer's.
 */
#ifndef SUPPLY_SUPPLY_H
#define SUPPLY_SUPPLY_H

#include "message/ledger.h"
#include "config/config.h"
#include "supply/agent.h"

#define SUPPLY_AGENTS_MAX 256

struct supply;

struct supply_options {
	const struct config *config;   /* its accounts; outlives it */
	uint64_t seed;
	int64_t (*now_ms)(void *context);
	void *clock_context;
};

struct supply *supply_new(const struct supply_options *options); /* NULL: no memory */
void supply_free(struct supply *supply);
struct book *supply_book(struct supply *supply);

/* The agents, before anybody else's thread begins. `public_url`: where providers find us, no slash at its end; NULL: nobody said it. An
 * account that has an api_url of its own (a test, a demo) is given `own_url` then: where this server listens. The ledger, which knows
 * the pools with texts, outlives it. */
MUST_CHECK enum err supply_open(struct supply *supply, const struct ledger *ledger, const char *public_url, const char *own_url);
MUST_CHECK enum err supply_start(struct supply *supply, struct writer *writer);
void supply_wake(struct supply *supply);
void supply_stop(struct supply *supply);

int supply_agents(const struct supply *supply);
struct agent *supply_agent(const struct supply *supply, int i);
/* NULL: there is none of that tenant. */
struct agent *supply_find(const struct supply *supply, struct str tenant, struct str provider, struct str name);

#endif
