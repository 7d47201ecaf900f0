/* visit: runs a function in the writer's thread, as a change of its own or after a batch, and waits for what came of it.
 * For threads that may wait: never a worker's, never the writer's own. */
#ifndef SERVE_VISIT_H
#define SERVE_VISIT_H

#include "serve/writer.h"

enum visit_kind {
	VISIT_CHANGE, /* what it did is stored when this returns ERR_OK; on an error nothing was done */
	VISIT_LOOK,   /* only reads */
};

/* What `run` returned, or ERR_STORE_FAILED; ERR_OVERLOADED: the writer's queue is full, or it has stopped. */
MUST_CHECK enum err visit(struct writer *writer, enum visit_kind kind,
	enum err (*run)(void *context, struct engine *engine, int64_t now_ms), void *context);

#endif
