#include "serve/visit.h"

#include <pthread.h>

struct visiting {
	struct command command; /* first: run() and finish() get it */
	enum err (*run)(void *context, struct engine *engine, int64_t now_ms);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t came;
	bool done;
	enum err err;
};

static enum err run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct visiting *visiting = (struct visiting *)command;

	return visiting->run(visiting->context, engine, now_ms);
}

/* Signals under the lock: behind it the waiter may be gone, and this with it. */
static void finish(struct command *command, enum err err)
{
	struct visiting *visiting = (struct visiting *)command;

	pthread_mutex_lock(&visiting->lock);
	visiting->err = err;
	visiting->done = true;
	pthread_cond_signal(&visiting->came);
	pthread_mutex_unlock(&visiting->lock);
}

enum err visit(struct writer *writer, enum visit_kind kind,
	enum err (*function)(void *context, struct engine *engine, int64_t now_ms), void *context)
{
	struct visiting visiting = {
		.command = {.change = kind == VISIT_CHANGE, .run = run, .finish = finish},
		.run = function,
		.context = context,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.came = PTHREAD_COND_INITIALIZER,
	};

	enum err err = writer_submit(writer, &visiting.command);
	if (err)
		return err;
	pthread_mutex_lock(&visiting.lock);
	while (!visiting.done)
		pthread_cond_wait(&visiting.came, &visiting.lock);
	pthread_mutex_unlock(&visiting.lock);
	return visiting.err;
}
