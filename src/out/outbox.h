/* outbox: what leaves this server by itself: a carrier for each receiver that the configuration names: Kafka, webhooks, the
 * orders database. And how notices are written.
 *
 *   engine -> rows of the outbox (one transaction with their cause) -> carriers -> sinks
 *
 * Threads: new, load, start, stop, free by the owner; the rest from any.
 */
#ifndef OUT_OUTBOX_H
#define OUT_OUTBOX_H

#include "config/config.h"
#include "out/carrier.h"
#include "core/engine.h"

#define OUTBOX_SINKS_MAX (CONFIG_WEBHOOKS_MAX + 2)

struct outbox;

/* Does the configuration name a receiver at all? Without one nothing is told. */
bool outbox_wanted(const struct config *config);

/* The engine's teller. */
struct str outbox_tell(void *context, const struct notice *notice, struct arena *arena);

/* Makes the sinks; sends nothing yet. The orders database is asked whether the statement is right: ERR_BAD_REQUEST with its
 * words when it is not; when it can't be asked that is logged and it is asked later. ret_error is one sentence. */
MUST_CHECK enum err outbox_new(const struct config *config, struct store *store, int64_t (*now_ms)(void *context),
	void *clock_context, struct outbox **ret_outbox, char ret_error[256]);
void outbox_free(struct outbox *outbox);

/* What the store has of sinks, before the start. Sinks that the configuration names no more are forgotten. */
MUST_CHECK enum err outbox_load_sink(struct outbox *outbox, const struct sink_row *row);
MUST_CHECK enum err outbox_load_retry(struct outbox *outbox, const struct retry_row *row);
void outbox_load_last(struct outbox *outbox, uint64_t last_id); /* new sinks begin behind it */

MUST_CHECK enum err outbox_start(struct outbox *outbox, struct writer *writer);
/* Within about grace_ms for all together; what is not stored by then is sent again after the next start. */
void outbox_stop(struct outbox *outbox, int grace_ms);
void outbox_wake(struct outbox *outbox); /* there may be new events */

int outbox_sinks(const struct outbox *outbox);
struct carrier *outbox_sink(const struct outbox *outbox, int i);
struct carrier *outbox_find(const struct outbox *outbox, struct str name); /* NULL */

#endif
