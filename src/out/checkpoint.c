#include "out/checkpoint.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"

enum state { STATE_NONE, STATE_SENT, STATE_FAILED };

struct checkpoint {
	struct command command; /* first: run() and finish() get it */
	char name[65];
	pthread_mutex_t lock;
	pthread_cond_t came;
	enum state state;

	struct sink_row sink;
	bool all_dropped;
	struct retry_row *puts, *drops;
	int puts_n, drops_n;
	char *texts;
};

struct checkpoint *checkpoint_new(const char *sink)
{
	struct checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
	pthread_condattr_t monotonic;

	if (!checkpoint)
		return NULL;
	snprintf(checkpoint->name, sizeof checkpoint->name, "%s", sink);
	checkpoint->sink.name = str_of(checkpoint->name);
	pthread_mutex_init(&checkpoint->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&checkpoint->came, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return checkpoint;
}

static void forget(struct checkpoint *checkpoint)
{
	free(checkpoint->puts);
	free(checkpoint->drops);
	free(checkpoint->texts);
	checkpoint->puts = checkpoint->drops = NULL;
	checkpoint->texts = NULL;
}

void checkpoint_free(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	forget(checkpoint);
	pthread_mutex_destroy(&checkpoint->lock);
	pthread_cond_destroy(&checkpoint->came);
	free(checkpoint);
}

/* --- in the writer --- */

static enum err note(struct engine *engine, enum record_kind kind, const struct retry_row *row)
{
	return engine_note(engine, &(struct record){.kind = kind, .retry = row});
}

static enum err run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct checkpoint *checkpoint = (struct checkpoint *)command;
	enum err err = ERR_OK;

	(void)now_ms;
	if (checkpoint->all_dropped)
		err = engine_note(engine, &(struct record){.kind = RECORD_SINK_DROP, .sink = &checkpoint->sink});
	if (!err) /* before its retries: they are kept for sinks that are known */
		err = engine_note(engine, &(struct record){.kind = RECORD_SINK, .sink = &checkpoint->sink});
	for (int i = 0; !err && i < checkpoint->drops_n && !checkpoint->all_dropped; i++)
		err = note(engine, RECORD_RETRY_DROP, &checkpoint->drops[i]);
	for (int i = 0; !err && i < checkpoint->puts_n; i++)
		err = note(engine, RECORD_RETRY, &checkpoint->puts[i]);
	return err;
}

static void finish(struct command *command, enum err err)
{
	struct checkpoint *checkpoint = (struct checkpoint *)command;

	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->state = err ? STATE_FAILED : STATE_NONE;
	pthread_cond_signal(&checkpoint->came);
	pthread_mutex_unlock(&checkpoint->lock);
}

/* --- in the carrier --- */

bool checkpoint_busy(const struct checkpoint *checkpoint)
{
	struct checkpoint *at = (struct checkpoint *)(uintptr_t)checkpoint; /* its lock alone is changed */

	pthread_mutex_lock(&at->lock);
	bool busy = at->state != STATE_NONE;
	pthread_mutex_unlock(&at->lock);
	return busy;
}

static void submit(struct checkpoint *checkpoint, struct writer *writer)
{
	checkpoint->state = STATE_SENT; /* nobody else knows of it now */
	checkpoint->command = (struct command){.change = true, .run = run, .finish = finish};
	if (writer_submit(writer, &checkpoint->command) != ERR_OK)
		checkpoint->state = STATE_FAILED;
}

static bool copy(struct checkpoint *checkpoint, const struct relay_checkpoint *taken)
{
	size_t len = 1;

	for (int i = 0; i < taken->puts_n; i++)
		len += taken->puts[i].key.len;
	checkpoint->puts = calloc((size_t)taken->puts_n + 1, sizeof *checkpoint->puts);
	checkpoint->drops = calloc((size_t)taken->drops_n + 1, sizeof *checkpoint->drops);
	checkpoint->texts = malloc(len);
	if (!checkpoint->puts || !checkpoint->drops || !checkpoint->texts)
		return false;
	char *at = checkpoint->texts;
	for (int i = 0; i < taken->puts_n; i++) {
		struct str key = taken->puts[i].key;
		checkpoint->puts[i] = taken->puts[i];
		checkpoint->puts[i].sink = checkpoint->sink.name;
		checkpoint->puts[i].key = str_n(at, key.len);
		if (key.len)
			memcpy(at, key.at, key.len);
		at += key.len;
	}
	for (int i = 0; i < taken->drops_n; i++)
		checkpoint->drops[i] = (struct retry_row){.sink = checkpoint->sink.name, .event = taken->drops[i]};
	checkpoint->puts_n = taken->puts_n;
	checkpoint->drops_n = taken->drops_n;
	return true;
}

bool checkpoint_send(struct checkpoint *checkpoint, struct writer *writer, const struct relay_checkpoint *taken,
	uint32_t disabled_at, bool all_dropped)
{
	ASSERT(!checkpoint_busy(checkpoint));
	forget(checkpoint);
	if (!copy(checkpoint, taken)) {
		forget(checkpoint);
		return false;
	}
	checkpoint->sink.cursor = taken->cursor;
	checkpoint->sink.disabled_at = disabled_at;
	checkpoint->all_dropped = all_dropped;
	submit(checkpoint, writer);
	return true;
}

void checkpoint_again(struct checkpoint *checkpoint, struct writer *writer)
{
	pthread_mutex_lock(&checkpoint->lock);
	bool failed = checkpoint->state == STATE_FAILED;
	pthread_mutex_unlock(&checkpoint->lock);
	if (failed)
		submit(checkpoint, writer);
}

void checkpoint_wait(struct checkpoint *checkpoint, int timeout_ms)
{
	struct timespec until = steady_in(timeout_ms);

	pthread_mutex_lock(&checkpoint->lock);
	while (checkpoint->state == STATE_SENT)
		if (pthread_cond_timedwait(&checkpoint->came, &checkpoint->lock, &until) != 0)
			break;
	pthread_mutex_unlock(&checkpoint->lock);
}
