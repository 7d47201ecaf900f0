#include "serve/writer_state.h"

#include <math.h>
#include <stdlib.h>

#define TAKE_EVERY_MS 1000

bool writer_view_init(struct writer_view *view)
{
	*view = (struct writer_view){.taken_ms = INT64_MIN / 2};
	return pthread_mutex_init(&view->lock, NULL) == 0;
}

void writer_view_done(struct writer_view *view)
{
	pthread_mutex_destroy(&view->lock);
	free(view->pools);
}

static bool pools_room(struct writer_view *view, int n)
{
	if (n <= view->pools_max)
		return true;
	struct writer_pool_counts *pools = realloc(view->pools, (size_t)n * 2 * sizeof *pools);
	if (!pools)
		return false;
	view->pools = pools;
	view->pools_max = n * 2;
	return true;
}

static void take_wants(struct writer *writer)
{
	struct writer_view *view = &writer->view;
	struct book *book = writer->options.book;

	if (!book)
		return;
	view->purchases = book_counts(book);
	for (int i = 0; i < WRITER_WANTS && i < view->pools_n; i++) {
		view->wants_next = view->wants_next + 1 < view->pools_n ? view->wants_next + 1 : 0;
		view->pools[view->wants_next].want =
			book_want(book, writer->options.engine, (uint16_t)view->wants_next, writer->now_ms);
	}
}

void writer_view_take(struct writer *writer)
{
	struct writer_view *view = &writer->view;
	const struct engine *engine = writer->options.engine;

	if (writer->now_ms - view->taken_ms < TAKE_EVERY_MS)
		return;
	view->taken_ms = writer->now_ms;
	pthread_mutex_lock(&view->lock);
	view->counts = engine_counts(engine);
	int n = engine_pools(engine);
	if (!pools_room(view, n))
		n = view->pools_n;
	for (int i = 0; i < n; i++) {
		struct writer_pool_counts *pool = &view->pools[i];
		if (i >= view->pools_n)
			pool->want = (struct book_want){.lasts_s = NAN};
		const struct pool_row *row = engine_pool(engine, (uint16_t)i);
		memcpy(pool->tenant, row->tenant, sizeof pool->tenant);
		memcpy(pool->name, row->name, sizeof pool->name);
		engine_pool_count(engine, (uint16_t)i, &pool->stock, &pool->sessions);
		pool->demand = engine_pool_demand(engine, (uint16_t)i);
	}
	view->pools_n = n;
	take_wants(writer);
	pthread_mutex_unlock(&view->lock);
}

int writer_pools(struct writer *writer, struct arena *arena, struct writer_pool_counts **ret_pools,
		struct engine_counts *ret_counts)
{
	struct writer_view *view = &writer->view;

	pthread_mutex_lock(&view->lock);
	int n = view->pools_n;
	struct writer_pool_counts *pools = arena_alloc(arena, (size_t)(n + 1) * sizeof *pools);
	if (!pools)
		n = 0;
	for (int i = 0; i < n; i++)
		pools[i] = view->pools[i];
	*ret_counts = view->counts;
	pthread_mutex_unlock(&view->lock);
	*ret_pools = pools;
	return n;
}

struct book_counts writer_purchases(struct writer *writer)
{
	struct writer_view *view = &writer->view;

	pthread_mutex_lock(&view->lock);
	struct book_counts counts = view->purchases;
	pthread_mutex_unlock(&view->lock);
	return counts;
}
