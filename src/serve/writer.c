#include "serve/writer_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "serve/idempotency.h"
#include "serve/writer_abuse.h"
#include "serve/writer_health.h"

/* A batch that has so many records takes no further commands, so that each that it takes finds at least seven
 * eighths of the engine's room for records. */
#define RECORDS_ENOUGH 4096
#define RECORDS_TICK_MAX 16384 /* with more, what is due waits for the next batch */
#define TICK_SESSIONS 2000
#define ARENA_MAX ((size_t)64 << 20)

#define LINGER_MS 20         /* notes of calls are gathered so long when nobody waits for an answer */
#define QUIET_MS 50          /* nothing came for so long: time for the store's housekeeping */
#define SLEEP_MS 1000        /* the longest sleep: something may be due each second */
#define HOUSEKEEP_MS 5000    /* even under load */
#define HOUSEKEEP_MORE_MS 100 /* the same while the store says that there is more to do: thousands of rows a second may go */
#define HOUSEKEEP_IDLE_MS 60000
#define TIME_ALONE_MS 60000  /* between RECORD_TIMEs that are a batch of their own */

struct writer *writer_new(const struct writer_options *options)
{
	struct writer *writer = calloc(1, sizeof *writer);

	ASSERT(options->batch_max > 0 && options->engine && options->store && options->calls);
	if (!writer)
		return NULL;
	writer->options = *options;
	writer->queue = writer_queue_new(options->queue_max, options->call_queue_max);
	if (!writer->queue || !writer_view_init(&writer->view)) {
		writer_queue_free(writer->queue);
		free(writer);
		return NULL;
	}
	arena_init(&writer->arena, ARENA_MAX);
	writer->now_ms = options->now_ms(options->clock_context);
	writer->housework = true;
	writer_view_take(writer);
	return writer;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	ASSERT(!writer->running);
	writer_queue_free(writer->queue);
	writer_view_done(&writer->view);
	arena_done(&writer->arena);
	free(writer->verdicts);
	free(writer);
}

enum err writer_submit(struct writer *writer, struct command *command)
{
	return writer_queue_command(writer->queue, command);
}

bool writer_is_full(const struct writer *writer)
{
	return writer_queue_full(writer->queue);
}

void writer_call(struct writer *writer, const struct call_note *note)
{
	if (!writer_queue_note(writer->queue, note))
		tally(&writer->tally.calls_dropped, 1);
}

void writer_report(struct writer *writer, const struct call_report *report)
{
	if (!writer_queue_report(writer->queue, report))
		tally(&writer->tally.calls_dropped, 1);
}

struct writer_counts writer_counts(const struct writer *writer)
{
	const struct writer_tally *from = &writer->tally;
	struct writer_counts counts = {
		.rounds = from->rounds,
		.batches = from->batches,
		.changes = from->changes,
		.store_failures = from->store_failures,
		.calls_dropped = from->calls_dropped,
		.reports_unknown = from->reports_unknown,
		.queue_depth = writer_queue_commands(writer->queue),
		.call_queue_depth = writer_queue_items(writer->queue),
		.commit_us_sum = from->commit_us_sum,
	};

	for (int i = 0; i < BATCH_SIZES; i++)
		counts.batch_size[i] = from->batch_size[i];
	for (int i = 0; i < COMMIT_TIMES; i++)
		counts.commit_us[i] = from->commit_us[i];
	return counts;
}

/* --- take --- */

/* How long the writer may sleep when no command waits. */
static int64_t sleep_ms(const struct writer *writer)
{
	int64_t ms = writer->housework ? QUIET_MS : SLEEP_MS;

	if (writer->retry_ms > writer->now_ms && writer->retry_ms - writer->now_ms < ms)
		ms = writer->retry_ms - writer->now_ms;
	return ms;
}

static bool resting(const struct writer *writer)
{
	return writer->dead || writer->retry_ms > writer->now_ms;
}

static void take(struct writer *writer, bool waits)
{
	if (waits && !writer->left && !writer->more_due) {
		enum writer_wait wait = resting(writer) ? WAIT_COMMANDS : WAIT_ANY;
		writer_queue_wait(writer->queue, wait, sleep_ms(writer));
		if (wait == WAIT_ANY && writer_queue_items(writer->queue) > 0)
			writer_queue_wait(writer->queue, WAIT_MANY, LINGER_MS);
	}
	if (!writer->left)
		writer->left = writer_queue_take(writer->queue, writer->options.batch_max);
	writer->now_ms = writer->options.now_ms(writer->options.clock_context);
}

/* --- prepare --- */

static size_t records_n(const struct writer *writer)
{
	size_t n;

	engine_records(writer->options.engine, &n);
	return n;
}

static enum err prepare_report(struct writer *writer, const struct call_report *report)
{
	struct call_came came;
	enum err err = writer_calls_report(writer->options.calls, writer->options.engine, report, &writer->arena, &came);

	if (!err && writer->options.health)
		err = writer_health_report(writer->options.health, writer->options.engine, &came, writer->now_ms, &writer->arena);
	return err;
}

static enum err prepare_note(struct writer *writer, const struct call_note *note)
{
	enum err err = writer_calls_note(writer->options.calls, writer->options.engine, note, &writer->arena);

	if (!err && writer->options.abuse)
		err = writer_abuse_note(writer->options.abuse, writer->options.engine, note, writer->now_ms,
			&writer->arena);
	return err;
}

/* One note or report as a change of its own. False: no room, it stays for the next batch. */
static bool prepare_item(struct writer *writer, const struct writer_item *item)
{
	struct engine *engine = writer->options.engine;
	struct writer_calls *calls = writer->options.calls;
	uint32_t mark = engine_mark(engine), calls_mark = writer_calls_mark(calls);
	enum err err = item->is_report ? prepare_report(writer, &item->report) : prepare_note(writer, &item->note);

	if (err == ERR_NOT_FOUND) {
		tally(&writer->tally.reports_unknown, 1);
	} else if (err) {
		engine_undo(engine, mark);
		writer_calls_undo(calls, calls_mark);
		return false;
	} else {
		writer->changes_n++;
	}
	return true;
}

static void prepare_calls(struct writer *writer)
{
	const struct writer_item *item;

	while (writer->items_n < WRITER_CALLS_BATCH_MAX && (item = writer_queue_peek(writer->queue, writer->items_n)) &&
			prepare_item(writer, item))
		writer->items_n++;
}

static enum err run_change(struct writer *writer, struct command *command)
{
	if (writer->dead)
		return ERR_STORE_FAILED;
	struct writer_marks marks = writer_mark(writer);
	enum err err = command->run(command, writer->options.engine, writer->now_ms);
	if (err)
		writer_undo(writer, &marks);
	else
		writer->changes_n++;
	return err;
}

static void prepare_commands(struct writer *writer)
{
	writer->batch_last = &writer->batch;
	while (writer->left && records_n(writer) <= RECORDS_ENOUGH) {
		struct command *command = writer->left;
		writer->left = command->next;
		command->next = NULL;
		*writer->batch_last = command;
		writer->batch_last = &command->next;
		if (command->change)
			command->err = run_change(writer, command);
	}
}

/* The highest time that was stored bounds where the next start may begin. What is stored was true in its second, so that
 * second goes with it, also of what is tried while the writer rests: a start at an earlier one would find sessions open whose
 * places and pairs others have by now. */
static void prepare_time(struct writer *writer)
{
	int64_t since_ms = writer->now_ms - writer->time_stored_ms;
	struct record record = {.kind = RECORD_TIME, .time_ms = writer->now_ms};
	bool alone = records_n(writer) == 0;

	writer->time_before_ms = writer->time_stored_ms;
	if (writer->now_ms / 1000 == writer->time_stored_ms / 1000 || (alone && (resting(writer) || since_ms < TIME_ALONE_MS)))
		return;
	engine_mark(writer->options.engine);
	if (engine_note(writer->options.engine, &record) == ERR_OK)
		writer->time_stored_ms = writer->now_ms;
}

static void prepare(struct writer *writer)
{
	writer->items_n = 0;
	writer->changes_n = 0;
	arena_reset(&writer->arena);
	engine_begin(writer->options.engine, writer->now_ms);
	if (!resting(writer))
		prepare_calls(writer);
	prepare_commands(writer);
}

static void tick(struct writer *writer)
{
	writer->more_due = false;
	if (resting(writer) || records_n(writer) > RECORDS_TICK_MAX)
		return;
	engine_mark(writer->options.engine);
	writer->more_due = engine_tick(writer->options.engine, TICK_SESSIONS);
	if (writer->options.health)
		writer->more_due |= writer_health_tick(writer->options.health, writer->options.engine, writer->now_ms, &writer->arena);
	if (writer->options.book) {
		engine_mark(writer->options.engine);
		book_note(writer->options.book, writer->options.engine, writer->now_ms, writer_queue_stopped(writer->queue));
	}
}

/* --- commit, query, answer --- */

/* What came may make a pool want more. */
static void look_at_pools(struct writer *writer)
{
	struct book *book = writer->options.book;

	if (book && book_look(book, writer->options.engine, writer->now_ms) && writer->options.wanted)
		writer->options.wanted(writer->options.context);
}

static void commit(struct writer *writer)
{
	if (writer_commit(writer) == ERR_OK) {
		look_at_pools(writer);
		return;
	}
	writer->more_due = false;
	writer->time_stored_ms = writer->time_before_ms;
	for (struct command *command = writer->batch; command; command = command->next)
		/* Errors too: they may stem from changes that now never were. */
		if (command->change)
			command->err = ERR_STORE_FAILED;
}

static void answer(struct writer *writer)
{
	struct command *command = writer->batch;

	if (!command)
		return;
	writer->batch = NULL;
	while (command) {
		struct command *next = command->next;
		if (!command->change)
			command->err = command->run(command, writer->options.engine, writer->now_ms);
		command->finish(command, command->err);
		command = next;
	}
	writer->options.answered(writer->options.context);
}

/* --- idle --- */

static bool nothing_waits(const struct writer *writer)
{
	return !writer->left && !writer->more_due && writer_queue_commands(writer->queue) == 0 &&
	       writer_queue_items(writer->queue) == 0;
}

static void look_at_keys(struct writer *writer)
{
	struct store *store = writer->options.store;

	if (writer->now_ms - writer->looked_ms < 1000)
		return;
	writer->looked_ms = writer->now_ms;
	writer->keys_changed |= store->ops->changed(store);
	if (writer->keys_changed)
		writer->keys_changed = !writer->options.keys_changed(writer->options.context);
}

/* `quiet`: this round had nothing to do. */
static void idle(struct writer *writer, bool quiet)
{
	struct store *store = writer->options.store;
	int64_t since_ms = writer->now_ms - writer->housekept_ms;

	writer_view_take(writer);
	if (writer->dead)
		return;
	look_at_keys(writer);
	if (since_ms < (writer->housework ? HOUSEKEEP_MORE_MS : HOUSEKEEP_MS) && !(quiet && writer->housework))
		return;
	if (quiet && !writer->housework && since_ms < HOUSEKEEP_IDLE_MS)
		return;
	/* Not for long at a time: what falls due and the watchdog wait meanwhile. */
	do {
		writer->housework = store->ops->idle(store, writer->now_ms);
	} while (writer->housework && quiet && nothing_waits(writer) && !writer_queue_stopped(writer->queue) &&
			writer->options.now_ms(writer->options.clock_context) - writer->now_ms < SLEEP_MS);
	writer->housekept_ms = writer->now_ms;
	if (store->ops->must_stop(store)) {
		writer->dead = true;
		writer->options.must_stop(writer->options.context);
	}
}

static void writer_loop_once(struct writer *writer, bool waits)
{
	tally(&writer->tally.rounds, 1);
	take(writer, waits);
	prepare(writer);
	tick(writer);
	prepare_time(writer);
	bool quiet = !writer->batch && writer->items_n == 0 && records_n(writer) == 0;
	commit(writer);
	answer(writer);
	idle(writer, quiet);
}

bool writer_turn(struct writer *writer)
{
	ASSERT(!writer->running);
	writer_loop_once(writer, false);
	return writer->left || writer->more_due || writer_queue_commands(writer->queue) > 0 ||
	       (writer_queue_items(writer->queue) > 0 && !resting(writer));
}

/* Notes that can't be stored any more. */
static void drop_rest(struct writer *writer)
{
	uint32_t n = 0;

	while (writer_queue_peek(writer->queue, n))
		n++;
	writer_queue_drop(writer->queue, n);
	tally(&writer->tally.calls_dropped, n);
}

static void *writer_main(void *context)
{
	struct writer *writer = context;

	while (!writer_queue_stopped(writer->queue))
		writer_loop_once(writer, true);
	/* What was taken in before the stop, unless the store is the one that can't. */
	while (writer->left || writer_queue_commands(writer->queue) > 0 ||
			(writer_queue_items(writer->queue) > 0 && !resting(writer)))
		writer_loop_once(writer, true);
	/* One more, for what is noted now and then. */
	if (writer->options.book && !resting(writer))
		writer_loop_once(writer, true);
	drop_rest(writer);
	return NULL;
}

enum err writer_start(struct writer *writer)
{
	ASSERT(!writer->running);
	if (pthread_create(&writer->thread, NULL, writer_main, writer) != 0)
		return ERR_INTERNAL;
	writer->running = true;
	return ERR_OK;
}

void writer_stop(struct writer *writer)
{
	writer_queue_stop(writer->queue);
	if (!writer->running)
		return;
	pthread_join(writer->thread, NULL);
	writer->running = false;
}
