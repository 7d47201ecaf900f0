#include "serve/reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"

#define ANSWERS_MAX 32 /* between two calls of answered() */

struct reader {
	struct store *store;
	struct store_reader *rows;
	uint32_t queue_max, queue_n;
	struct reading *first, **last;
	bool running, stop;
	pthread_mutex_t lock;
	pthread_cond_t came;
	pthread_t thread;
	void (*answered)(void *context);
	void *context;
};

struct reader *reader_new(struct store *store, uint32_t queue_max, void (*answered)(void *context), void *context)
{
	struct reader *reader = calloc(1, sizeof *reader);

	ASSERT(queue_max > 0);
	if (!reader)
		return NULL;
	reader->store = store;
	reader->queue_max = queue_max;
	reader->last = &reader->first;
	reader->answered = answered;
	reader->context = context;
	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->came, NULL);
	return reader;
}

/* The next reading; NULL when the reader stops and nothing is left. */
static struct reading *take(struct reader *reader, bool *ret_more)
{
	pthread_mutex_lock(&reader->lock);
	while (!reader->first && !reader->stop)
		pthread_cond_wait(&reader->came, &reader->lock);
	struct reading *reading = reader->first;
	if (reading) {
		reader->first = reading->next;
		if (!reader->first)
			reader->last = &reader->first;
		reader->queue_n--;
	}
	*ret_more = reader->first != NULL;
	pthread_mutex_unlock(&reader->lock);
	return reading;
}

static bool stopping(struct reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	bool stop = reader->stop;
	pthread_mutex_unlock(&reader->lock);
	return stop;
}

static void *reader_main(void *context)
{
	struct reader *reader = context;
	struct reading *reading;
	int answers = 0;
	bool more;

	while ((reading = take(reader, &more))) {
		reading->run(reading, stopping(reader) ? NULL : reader->rows);
		if (++answers == ANSWERS_MAX || !more) {
			reader->answered(reader->context);
			answers = 0;
		}
	}
	return NULL;
}

enum err reader_start(struct reader *reader)
{
	reader->rows = reader->store->ops->reader_open(reader->store);
	if (!reader->rows)
		return ERR_STORE_FAILED;
	if (pthread_create(&reader->thread, NULL, reader_main, reader) != 0) {
		reader->store->ops->reader_close(reader->rows);
		reader->rows = NULL;
		return ERR_INTERNAL;
	}
	reader->running = true;
	return ERR_OK;
}

void reader_stop(struct reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	reader->stop = true;
	pthread_cond_signal(&reader->came);
	pthread_mutex_unlock(&reader->lock);
	if (!reader->running)
		return;
	pthread_join(reader->thread, NULL);
	reader->running = false;
	reader->store->ops->reader_close(reader->rows);
	reader->rows = NULL;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	ASSERT(!reader->running && !reader->first);
	pthread_mutex_destroy(&reader->lock);
	pthread_cond_destroy(&reader->came);
	free(reader);
}

enum err reader_submit(struct reader *reader, struct reading *reading)
{
	enum err err = ERR_OVERLOADED;

	pthread_mutex_lock(&reader->lock);
	if (!reader->stop && reader->queue_n < reader->queue_max) {
		reading->next = NULL;
		*reader->last = reading;
		reader->last = &reading->next;
		reader->queue_n++;
		pthread_cond_signal(&reader->came);
		err = ERR_OK;
	}
	pthread_mutex_unlock(&reader->lock);
	return err;
}
