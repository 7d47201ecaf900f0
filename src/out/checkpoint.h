/* checkpoint: how far a sink is, on its way to the store through the writer: cursor and changed retries in one
 * transaction. One is on its way at a time; one that could not be stored is sent again as it is, before any later one.
 *
 * Threads: the carrier's, but what the writer does with the command.
 */
#ifndef OUT_CHECKPOINT_H
#define OUT_CHECKPOINT_H

#include "out/relay.h"
#include "serve/writer.h"

struct checkpoint;

struct checkpoint *checkpoint_new(const char *sink); /* NULL: no memory */
void checkpoint_free(struct checkpoint *checkpoint); /* nothing is on its way, or the writer has ended */

bool checkpoint_busy(const struct checkpoint *checkpoint);
/* Not busy. Copies; what can't be submitted now is kept for checkpoint_again(). False: no memory. `all_dropped`: retries
 * of the sink that are stored are forgotten first. */
bool checkpoint_send(struct checkpoint *checkpoint, struct writer *writer, const struct relay_checkpoint *taken,
	uint32_t disabled_at, bool all_dropped);
/* If it was refused or failed: once more. */
void checkpoint_again(struct checkpoint *checkpoint, struct writer *writer);
/* Until it is not on its way any more, or for so long. */
void checkpoint_wait(struct checkpoint *checkpoint, int timeout_ms);

#endif
