#include "store/loss.h"

#include <stdio.h>

#define BURST_REST_MS (600ll * 1000)

void loss_add(struct loss *loss, struct store *store, uint64_t n)
{
	char sentence[256];
	if (n == 0)
		return;
	store->outbox_lost += n;
	if (loss->told)
		return;
	loss->told = true;
	snprintf(sentence, sizeof sentence, "the outbox is full (%u events): the oldest go now, those of sessions last, also "
		"what a receiver has not got yet", store->outbox_max);
	if (store->tell)
		store->tell(store->tell_context, sentence);
}

void loss_rest(struct loss *loss, const struct store *store, int64_t now_ms)
{
	uint64_t lost = store->outbox_lost;
	if (!loss->told)
		return;
	if (lost != loss->seen) {
		loss->seen = lost;
		loss->seen_ms = now_ms;
	} else if (now_ms - loss->seen_ms >= BURST_REST_MS) {
		loss->told = false;
	}
}
