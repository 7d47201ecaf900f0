/* loss: events that left a full outbox before every sink had them: counted, and told once a burst.
 *
 * Threads: one at a time; store->outbox_lost is for everybody.
 */
#ifndef STORE_LOSS_H
#define STORE_LOSS_H

#include "store/store.h"

struct loss {
	bool told;       /* of the burst that is under way */
	uint64_t seen;   /* outbox_lost, when loss_rest() last saw it grow */
	int64_t seen_ms;
};

/* So many more went; 0 says nothing. Not while a lock is held that tell() could want. */
void loss_add(struct loss *loss, struct store *store, uint64_t n);

/* A look at the clock now and then: a burst is over after ten minutes without a loss. */
void loss_rest(struct loss *loss, const struct store *store, int64_t now_ms);

#endif
