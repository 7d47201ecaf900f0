/* reader: a thread of its own that reads kept rows (lists, ended sessions, calls, audit) through a
 * store_reader, so that a long list holds up neither a call nor a change. */
#ifndef READER_H
#define READER_H

#include "store/store.h"

struct reader;

struct reading {
	struct reading *next; /* the queue's */
	/* In the reader's thread: reads, answers, frees. `reader` NULL: the server stops, answer `overloaded`. */
	void (*run)(struct reading *reading, struct store_reader *reader);
};

/* `answered`, `context`: called when the queue has run empty or 32 answers were given: wake the workers. */
struct reader *reader_new(struct store *store, uint32_t queue_max, void (*answered)(void *context), void *context);
MUST_CHECK enum err reader_start(struct reader *reader);
void reader_stop(struct reader *reader);
void reader_free(struct reader *reader);

/* ERR_OVERLOADED: full; the reading stays the caller's. Any thread. */
MUST_CHECK enum err reader_submit(struct reader *reader, struct reading *reading);

#endif
