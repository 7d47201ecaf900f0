#include "serve/writer_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"
#include "message/ledger.h"
#include "serve/idempotency.h"
#include "serve/writer_abuse.h"
#include "serve/writer_health.h"

#define RETRY_FIRST_MS 100
#define RETRY_MAX_MS 5000

struct writer_marks writer_mark(struct writer *writer)
{
	const struct writer_options *options = &writer->options;

	return (struct writer_marks){
		.engine = engine_mark(options->engine),
		.idempotency = options->idempotency ? idempotency_mark(options->idempotency) : 0,
		.book = options->book ? book_mark(options->book) : 0,
		.ledger = options->ledger ? ledger_mark(options->ledger) : 0,
	};
}

void writer_undo(struct writer *writer, const struct writer_marks *marks)
{
	const struct writer_options *options = &writer->options;

	engine_undo(options->engine, marks->engine);
	if (options->idempotency)
		idempotency_undo(options->idempotency, marks->idempotency);
	if (options->book)
		book_undo(options->book, marks->book);
	if (options->ledger)
		ledger_undo(options->ledger, marks->ledger);
}

/* The place of `value` among limits first, 2 * first, 4 * first, ...; n - 1: beyond. */
static int bucket(uint64_t value, uint64_t first, int n)
{
	int i = 0;

	while (i < n - 1 && value > first << i)
		i++;
	return i;
}

static bool verdicts_room(struct writer *writer, size_t n)
{
	if (n <= writer->verdicts_max)
		return true;
	enum store_verdict *verdicts = realloc(writer->verdicts, n * 2 * sizeof *verdicts);
	if (!verdicts)
		return false;
	writer->verdicts = verdicts;
	writer->verdicts_max = n * 2;
	return true;
}

static enum err store_batch(struct writer *writer, const struct record *records, size_t n)
{
	struct store *store = writer->options.store;
	size_t changes = (size_t)records[n - 1].change + 1;
	uint64_t began_us = steady_us();

	if (!verdicts_room(writer, changes))
		return ERR_STORE_FAILED;
	memset(writer->verdicts, 0, changes * sizeof *writer->verdicts);
	enum err err = store->ops->commit(store, records, n, writer->verdicts);
	uint64_t took_us = steady_us() - began_us;
	tally(&writer->tally.commit_us[bucket(took_us, 64, COMMIT_TIMES)], 1);
	tally(&writer->tally.commit_us_sum, took_us);
	if (err)
		return ERR_STORE_FAILED;
	/* Only stores that several nodes share have conflicts. */
	for (size_t i = 0; i < changes; i++)
		ASSERT(writer->verdicts[i] == STORE_DONE);
	return ERR_OK;
}

static void keep_batch(struct writer *writer)
{
	engine_commit(writer->options.engine);
	writer_calls_commit(writer->options.calls);
	if (writer->options.idempotency)
		idempotency_commit(writer->options.idempotency, (uint32_t)(writer->now_ms / 1000));
	if (writer->options.book)
		book_commit(writer->options.book);
	if (writer->options.ledger)
		ledger_commit(writer->options.ledger);
	if (writer->options.health)
		writer_health_commit(writer->options.health);
	if (writer->options.abuse)
		writer_abuse_commit(writer->options.abuse, writer->now_ms);
	writer_queue_drop(writer->queue, writer->items_n);
}

/* Notes of calls stay in the ring for the next try. */
static void undo_batch(struct writer *writer)
{
	engine_rollback(writer->options.engine);
	writer_calls_undo(writer->options.calls, 0);
	if (writer->options.idempotency)
		idempotency_undo(writer->options.idempotency, 0);
	if (writer->options.book)
		book_undo(writer->options.book, 0);
	if (writer->options.ledger)
		ledger_undo(writer->options.ledger, 0);
	if (writer->options.health)
		writer_health_undo(writer->options.health);
	if (writer->options.abuse)
		writer_abuse_undo(writer->options.abuse);
}

static void note_failure(struct writer *writer)
{
	struct store *store = writer->options.store;
	int64_t rest_ms = RETRY_FIRST_MS;

	tally(&writer->tally.store_failures, 1);
	for (uint32_t i = 0; i < writer->failures && rest_ms < RETRY_MAX_MS; i++)
		rest_ms *= 2;
	writer->failures++;
	writer->retry_ms = writer->now_ms + (rest_ms < RETRY_MAX_MS ? rest_ms : RETRY_MAX_MS);
	if (store->ops->must_stop(store)) {
		writer->dead = true;
		writer->options.must_stop(writer->options.context);
	}
}

static void count_batch(struct writer *writer)
{
	tally(&writer->tally.batches, 1);
	tally(&writer->tally.changes, writer->changes_n);
	tally(&writer->tally.batch_size[bucket(writer->changes_n, 1, BATCH_SIZES)], 1);
	writer->housework = true;
}

static bool any_outbox(const struct record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (records[i].kind == RECORD_OUTBOX)
			return true;
	return false;
}

enum err writer_commit(struct writer *writer)
{
	size_t n;
	const struct record *records = engine_records(writer->options.engine, &n);

	if (n > 0 && store_batch(writer, records, n) != ERR_OK) {
		undo_batch(writer);
		note_failure(writer);
		return ERR_STORE_FAILED;
	}
	bool told = writer->options.told && any_outbox(records, n);
	keep_batch(writer);
	if (told)
		writer->options.told(writer->options.context);
	if (n > 0) {
		writer->failures = 0;
		writer->retry_ms = 0;
		count_batch(writer);
	}
	return ERR_OK;
}
