#include "out/carrier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "log.h"
#include "out/checkpoint.h"
#include "out/relay.h"
#include "wire/cloud_event.h"

#define READ_MAX 256              /* events read at a time */
#define READ_AGAIN_MS 200
#define READ_BYTES_MAX ((size_t)64 << 20)
#define CHECKPOINT_MS 200
#define CHANGES_MAX 2000          /* of retries between two checkpoints; more: sending waits for it */
#define TURN_MIN_MS 5
#define TURN_MAX_MS 1000
#define LOG_EACH_MS 10000         /* failures of a sink are logged so often */
#define LAG_MS 1000               /* the lag is looked at so often */

const char *const carrier_state_words[] = {"ok", "failing", "full", "disabled", NULL};

struct carrier {
	struct carrier_options options;
	struct sink *sink;
	struct relay *relay;
	struct store_reader *reader;
	struct checkpoint *checkpoint;
	pthread_t thread;
	bool running;

	/* The thread's. */
	struct arena arena, fetched; /* rows as they are read; the one row of a retry */
	struct outbox_row retry;
	uint64_t cursor;
	uint32_t disabled_at;
	bool loaded;           /* the store had a row of it */
	bool changed;          /* its row has to be stored, whatever the relay says */
	bool all_dropped;      /* and its retries forgotten */
	bool begins_anew;      /* as soon as nothing is out */
	uint64_t begins_after;
	struct relay_checkpoint taken; /* what is to be stored next */
	bool has_taken;
	int64_t read_ms;       /* not to be read before, after an error; 0 */
	int64_t checkpoint_ms;
	int64_t logged_ms;
	int64_t lag_ms;        /* as it was when it was looked at */
	int64_t lag_looked_ms;

	_Atomic bool stopped, ended, more; /* more: there may be events that were not read */
	pthread_mutex_t lock;       /* for the rest */
	struct carrier_status status;
	bool replay_asked, enable_asked;
	uint64_t replay_after;
};

static int64_t now_ms(const struct carrier *carrier)
{
	return carrier->options.now_ms(carrier->options.clock_context);
}

/* --- results --- */

static void note_error(struct carrier *carrier, const char *why)
{
	int64_t now = now_ms(carrier);

	pthread_mutex_lock(&carrier->lock);
	carrier->status.last_error_ms = now;
	snprintf(carrier->status.last_error, sizeof carrier->status.last_error, "%s", why ? why : "");
	pthread_mutex_unlock(&carrier->lock);
	if (now - carrier->logged_ms < LOG_EACH_MS)
		return;
	carrier->logged_ms = now;
	log_warn("events can't be delivered now; they are kept and sent later", "sink", carrier->sink->name, "reason",
		why ? why : "");
}

static void note_given_up(struct carrier *carrier, uint64_t event, const char *why)
{
	char id[EVENT_ID_TEXT_SIZE];

	log_error("an event was given up", "sink", carrier->sink->name, "event", event_id_text(event, id), "reason",
		why ? why : "");
}

static void on_done(void *context, const struct outbox_row *row, enum sent sent, const char *why)
{
	struct carrier *carrier = context;
	uint64_t given_up = relay_counts(carrier->relay).given_up;
	uint64_t event = row->id; /* the row may go */

	relay_done(carrier->relay, row, sent, now_ms(carrier));
	if (sent == SENT_DONE) {
		pthread_mutex_lock(&carrier->lock);
		carrier->status.last_error[0] = '\0';
		pthread_mutex_unlock(&carrier->lock);
		return;
	}
	note_error(carrier, why);
	if (sent == SENT_REFUSED) {
		carrier->disabled_at = (uint32_t)(now_ms(carrier) / 1000);
		carrier->changed = carrier->all_dropped = true;
		log_error("a sink wants no more events and is disabled", "sink", carrier->sink->name, "reason", why ? why : "");
	} else if (relay_counts(carrier->relay).given_up != given_up) {
		note_given_up(carrier, event, why);
	}
}

static enum err fetch(void *context, uint64_t event, const struct outbox_row **ret_row)
{
	struct carrier *carrier = context;

	arena_reset(&carrier->fetched);
	enum err err = carrier->options.store->ops->read_event(carrier->reader, event, &carrier->fetched, &carrier->retry);
	if (err == ERR_NOT_FOUND)
		note_given_up(carrier, event, "it is not kept any more: the outbox was at its limit");
	else if (err)
		note_error(carrier, "it can't be read from the store");
	else
		*ret_row = &carrier->retry;
	return err;
}

/* --- making it --- */

static bool relay_make(struct carrier *carrier)
{
	struct relay_options options = {
		.cursor = carrier->cursor,
		.window = carrier->sink->ops->window,
		.retries_max = carrier->options.retries_max,
		.schedule_s = carrier->sink->schedule_s,
		.fetch = fetch,
		.context = carrier,
		.seed = carrier->options.seed,
	};
	struct relay *relay = relay_new(&options);

	if (!relay)
		return false;
	relay_free(carrier->relay);
	carrier->relay = relay;
	if (carrier->disabled_at)
		relay_disable(relay);
	return true;
}

struct carrier *carrier_new(const struct carrier_options *options)
{
	struct carrier *carrier = calloc(1, sizeof *carrier);

	if (!carrier)
		return NULL;
	carrier->options = *options;
	carrier->sink = options->sink;
	arena_init(&carrier->arena, READ_BYTES_MAX);
	arena_init(&carrier->fetched, READ_BYTES_MAX);
	pthread_mutex_init(&carrier->lock, NULL);
	snprintf(carrier->status.name, sizeof carrier->status.name, "%s", options->sink->name);
	carrier->status.kind = options->sink->ops->kind;
	carrier->more = true;
	carrier->checkpoint = checkpoint_new(options->sink->name);
	if (carrier->checkpoint && relay_make(carrier)) {
		carrier->sink->done = on_done;
		carrier->sink->carrier = carrier;
		return carrier;
	}
	carrier->sink = NULL;
	carrier_free(carrier);
	return NULL;
}

void carrier_free(struct carrier *carrier)
{
	if (!carrier)
		return;
	ASSERT(!carrier->running);
	relay_free(carrier->relay);
	checkpoint_free(carrier->checkpoint);
	if (carrier->reader)
		carrier->options.store->ops->reader_close(carrier->reader);
	if (carrier->sink)
		carrier->sink->ops->free(carrier->sink);
	arena_done(&carrier->arena);
	arena_done(&carrier->fetched);
	pthread_mutex_destroy(&carrier->lock);
	free(carrier);
}

const char *carrier_name(const struct carrier *carrier)
{
	return carrier->status.name;
}

enum err carrier_load(struct carrier *carrier, const struct sink_row *row)
{
	carrier->cursor = row->cursor;
	carrier->disabled_at = row->disabled_at;
	carrier->loaded = true;
	return relay_make(carrier) ? ERR_OK : ERR_LIMIT_REACHED;
}

enum err carrier_load_retry(struct carrier *carrier, const struct retry_row *row)
{
	return carrier->disabled_at ? ERR_OK : relay_load(carrier->relay, row);
}

void carrier_begin_at(struct carrier *carrier, uint64_t last)
{
	if (carrier->loaded)
		return;
	carrier->cursor = last;
	carrier->changed = true;
	ASSERT(relay_make(carrier)); /* at start: as large as the one before */
}

bool carrier_first_row(const struct carrier *carrier, struct sink_row *ret_row)
{
	*ret_row = (struct sink_row){.name = str_of(carrier->status.name), .cursor = carrier->cursor};
	return !carrier->loaded;
}

/* --- the steps --- */

static void read_new(struct carrier *carrier)
{
	struct outbox_row *rows;
	int n = 0, room = relay_room(carrier->relay);

	if (now_ms(carrier) < carrier->read_ms)
		return;
	while (room > 0 && atomic_exchange(&carrier->more, false)) {
		int max = room < READ_MAX ? room : READ_MAX;
		arena_reset(&carrier->arena);
		enum err err = carrier->options.store->ops->read_outbox(carrier->reader, relay_after(carrier->relay), max,
			&carrier->arena, &rows, &n);
		for (int i = 0; !err && i < n; i++) {
			bool wanted = !carrier->sink->wants || carrier->sink->wants(carrier->sink, &rows[i]);
			err = relay_add(carrier->relay, &rows[i], wanted);
		}
		if (err || n == max)
			atomic_store(&carrier->more, true);
		carrier->read_ms = err ? now_ms(carrier) + READ_AGAIN_MS : 0;
		if (err)
			return; /* the store or memory */
		room = relay_room(carrier->relay);
	}
}

/* The receiver wants to be left alone for a while. */
static void heed_rest(struct carrier *carrier)
{
	if (carrier->sink->rest_s)
		relay_rest(carrier->relay, now_ms(carrier) + carrier->sink->rest_s * 1000ll);
	carrier->sink->rest_s = 0;
}

static void send_due(struct carrier *carrier)
{
	const struct outbox_row *row;

	while (!carrier->begins_anew && relay_changes(carrier->relay) < CHANGES_MAX &&
			(row = relay_next(carrier->relay, now_ms(carrier))) != NULL) {
		carrier->sink->ops->send(carrier->sink, row);
		heed_rest(carrier);
	}
}

/* How long the sink may wait for something to happen. */
static int turn_ms(const struct carrier *carrier)
{
	int64_t ms = TURN_MAX_MS;
	int64_t due_ms = relay_wakes_ms(carrier->relay);

	if (atomic_load(&carrier->more) && relay_room(carrier->relay) > 0)
		return carrier->read_ms ? READ_AGAIN_MS : 0;
	if (relay_out(carrier->relay) == 0 && due_ms != INT64_MAX && due_ms - now_ms(carrier) < ms)
		ms = due_ms - now_ms(carrier);
	if (carrier->checkpoint_ms && ms > CHECKPOINT_MS)
		ms = CHECKPOINT_MS;
	return ms < TURN_MIN_MS ? TURN_MIN_MS : (int)ms;
}

/* What is to be stored; false: nothing changed. */
static bool take_progress(struct carrier *carrier)
{
	if (carrier->has_taken)
		return true;
	carrier->taken = (struct relay_checkpoint){.cursor = carrier->cursor};
	carrier->has_taken = relay_take(carrier->relay, &carrier->taken) || carrier->changed;
	carrier->cursor = carrier->taken.cursor;
	return carrier->has_taken;
}

static void store_progress(struct carrier *carrier, bool now)
{
	int64_t at_ms = now_ms(carrier);

	if (checkpoint_busy(carrier->checkpoint)) {
		checkpoint_again(carrier->checkpoint, carrier->options.writer);
		return;
	}
	if (!now && at_ms - carrier->checkpoint_ms < CHECKPOINT_MS)
		return;
	if (!take_progress(carrier)) {
		carrier->checkpoint_ms = 0;
		return;
	}
	carrier->checkpoint_ms = at_ms;
	if (!checkpoint_send(carrier->checkpoint, carrier->options.writer, &carrier->taken, carrier->disabled_at,
			carrier->all_dropped))
		return; /* no memory: at the next turn */
	carrier->has_taken = carrier->changed = carrier->all_dropped = false;
}

/* What is out then is nobody's any more. */
static void begin_anew(struct carrier *carrier)
{
	carrier->begins_anew = false;
	/* What was taken is of before: the cursor and the retries that it would store are gone over again. */
	carrier->has_taken = false;
	carrier->changed = true;
	relay_replay(carrier->relay, carrier->begins_after);
	if (carrier->begins_after < carrier->cursor)
		carrier->cursor = carrier->begins_after;
	atomic_store(&carrier->more, true);
}

static void take_orders(struct carrier *carrier)
{
	pthread_mutex_lock(&carrier->lock);
	bool asked = carrier->enable_asked || carrier->replay_asked;
	if (asked && !carrier->begins_anew)
		carrier->begins_after = UINT64_MAX;
	if (carrier->enable_asked && carrier->disabled_at) {
		carrier->disabled_at = 0;
		carrier->status.last_error[0] = '\0'; /* why it was disabled: a new beginning */
		carrier->begins_anew = true;
	}
	if (carrier->replay_asked) {
		carrier->begins_anew = true;
		if (carrier->replay_after < carrier->begins_after)
			carrier->begins_after = carrier->replay_after;
	}
	carrier->enable_asked = carrier->replay_asked = false;
	pthread_mutex_unlock(&carrier->lock);
	/* What is out has to be answered to the relay that gave it; nothing more is sent until then. */
	if (carrier->begins_anew && relay_out(carrier->relay) == 0)
		begin_anew(carrier);
}

/* Every second: all retries are gone through. */
static void look_at_lag(struct carrier *carrier)
{
	int64_t now = now_ms(carrier);

	if (now - carrier->lag_looked_ms < LAG_MS)
		return;
	uint64_t oldest = relay_oldest(carrier->relay);
	int64_t lag_ms = oldest ? now - (int64_t)(oldest >> 16) : 0;
	carrier->lag_ms = lag_ms > 0 ? lag_ms : 0;
	carrier->lag_looked_ms = now;
}

static void show(struct carrier *carrier)
{
	struct relay_counts counts = relay_counts(carrier->relay);
	struct carrier_status *status = &carrier->status;

	look_at_lag(carrier);

	pthread_mutex_lock(&carrier->lock);
	status->done = counts.done;
	status->failed = counts.failed;
	status->given_up = counts.given_up;
	status->passed_over = counts.passed_over;
	status->retries = counts.retries;
	status->out = (uint32_t)relay_out(carrier->relay);
	status->lag_ms = carrier->lag_ms;
	status->cursor = carrier->cursor;
	status->disabled_at = carrier->disabled_at;
	status->state = carrier->disabled_at                ? CARRIER_DISABLED
			: relay_full(carrier->relay)        ? CARRIER_FULL
			: carrier->status.last_error[0]     ? CARRIER_FAILING
							    : CARRIER_OK;
	pthread_mutex_unlock(&carrier->lock);
}

static void carrier_loop_once(struct carrier *carrier)
{
	take_orders(carrier);
	read_new(carrier);
	send_due(carrier);
	carrier->sink->ops->turn(carrier->sink, turn_ms(carrier));
	heed_rest(carrier);
	store_progress(carrier, false);
	show(carrier);
}

static void *carrier_main(void *context)
{
	struct carrier *carrier = context;

	while (!atomic_load(&carrier->stopped))
		carrier_loop_once(carrier);
	atomic_store(&carrier->ended, true);
	return NULL;
}

bool carrier_ended(const struct carrier *carrier)
{
	return !carrier->running || atomic_load(&carrier->ended);
}

enum err carrier_start(struct carrier *carrier, struct writer *writer)
{
	carrier->options.writer = writer;
	carrier->reader = carrier->options.store->ops->reader_open(carrier->options.store);
	if (!carrier->reader)
		return ERR_STORE_FAILED;
	if (pthread_create(&carrier->thread, NULL, carrier_main, carrier) != 0)
		return ERR_INTERNAL;
	carrier->running = true;
	return ERR_OK;
}

void carrier_wake(struct carrier *carrier)
{
	atomic_store(&carrier->more, true);
	carrier->sink->ops->wake(carrier->sink);
}

void carrier_stopping(struct carrier *carrier)
{
	atomic_store(&carrier->stopped, true);
	if (carrier->running)
		carrier->sink->ops->wake(carrier->sink);
}

void carrier_stop(struct carrier *carrier, int grace_ms)
{
	carrier_stopping(carrier);
	if (!carrier->running)
		return;
	pthread_join(carrier->thread, NULL);
	carrier->running = false;
	carrier->sink->ops->stop(carrier->sink, grace_ms / 2);
	take_orders(carrier);
	if (carrier->begins_anew)
		begin_anew(carrier);
	checkpoint_wait(carrier->checkpoint, grace_ms / 4);
	store_progress(carrier, true);
	checkpoint_wait(carrier->checkpoint, grace_ms / 4);
}

/* --- orders from others --- */

void carrier_replay(struct carrier *carrier, uint64_t after)
{
	pthread_mutex_lock(&carrier->lock);
	carrier->replay_asked = true;
	carrier->replay_after = after;
	pthread_mutex_unlock(&carrier->lock);
	carrier_wake(carrier);
}

void carrier_enable(struct carrier *carrier)
{
	pthread_mutex_lock(&carrier->lock);
	carrier->enable_asked = true;
	pthread_mutex_unlock(&carrier->lock);
	carrier_wake(carrier);
}

void carrier_status(struct carrier *carrier, struct carrier_status *ret_status)
{
	pthread_mutex_lock(&carrier->lock);
	*ret_status = carrier->status;
	pthread_mutex_unlock(&carrier->lock);
}
