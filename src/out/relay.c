#include "out/relay.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "out/retries.h"

enum item_state { ITEM_HELD, ITEM_OUT, ITEM_SETTLED };

/* An event between the outbox and the cursor. */
struct item {
	struct outbox_row *row; /* NULL once settled */
	uint64_t id, key;       /* hash of the key */
	uint64_t behind;        /* id of the event of the same key that was unsettled when this one came; 0 */
	enum item_state state;
};

struct relay {
	struct relay_options options;
	struct retries *retries;
	struct item *items; /* a ring, ids ascending */
	int first, items_n;
	int held;           /* items in state ITEM_HELD */
	int out;            /* items and retries that are out */
	uint64_t cursor, cursor_taken, after;
	int64_t rests_until_ms;
	uint32_t downs;     /* SENT_DOWN in a row */
	bool full, disabled;
	struct relay_counts counts;
	struct random random;
	uint64_t hash_key[2];
};

struct relay *relay_new(const struct relay_options *options)
{
	struct relay *relay = calloc(1, sizeof *relay);

	ASSERT(options->window > 0 && options->retries_max > 0);
	if (!relay)
		return NULL;
	relay->options = *options;
	relay->random.state = options->seed;
	relay->hash_key[0] = random_next(&relay->random);
	relay->hash_key[1] = random_next(&relay->random);
	relay->cursor = relay->cursor_taken = relay->after = options->cursor;
	relay->items = calloc((size_t)options->window, sizeof *relay->items);
	relay->retries = retries_new(options->retries_max);
	if (relay->items && relay->retries)
		return relay;
	relay_free(relay);
	return NULL;
}

static struct item *item_at(const struct relay *relay, int i)
{
	return &relay->items[(relay->first + i) % relay->options.window];
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	for (int i = 0; relay->items && i < relay->items_n; i++)
		free(item_at(relay, i)->row);
	free(relay->items);
	retries_free(relay->retries);
	free(relay);
}

static uint64_t key_hash(const struct relay *relay, struct str key)
{
	return hash_bytes(relay->hash_key, key.at, key.len);
}

enum err relay_load(struct relay *relay, const struct retry_row *row)
{
	return retries_load(relay->retries, row, key_hash(relay, row->key));
}

int relay_room(const struct relay *relay)
{
	return relay->full ? 0 : relay->options.window - relay->items_n;
}

uint64_t relay_after(const struct relay *relay)
{
	return relay->after;
}

/* A copy in one piece. */
static struct outbox_row *copy_row(const struct outbox_row *row)
{
	const struct str texts[] = {row->type, row->tenant, row->pool, row->key, row->data};
	size_t len = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		len += texts[i].len;
	struct outbox_row *copy = malloc(sizeof *copy + len + 1);
	if (!copy)
		return NULL;
	*copy = *row;
	struct str *const places[] = {&copy->type, &copy->tenant, &copy->pool, &copy->key, &copy->data};
	char *at = (char *)(copy + 1);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (texts[i].len)
			memcpy(at, texts[i].at, texts[i].len);
		*places[i] = str_n(at, texts[i].len);
		at += texts[i].len;
	}
	return copy;
}

/* The cursor goes over what is settled. */
static void advance(struct relay *relay)
{
	while (relay->items_n > 0 && item_at(relay, 0)->state == ITEM_SETTLED) {
		relay->cursor = item_at(relay, 0)->id;
		relay->first = (relay->first + 1) % relay->options.window;
		relay->items_n--;
	}
	if (relay->items_n == 0)
		relay->cursor = relay->after;
}

static void settle(struct relay *relay, struct item *item)
{
	if (item->state == ITEM_HELD)
		relay->held--;
	item->state = ITEM_SETTLED;
	free(item->row);
	item->row = NULL;
}

/* By halves, for ids ascend: where one key has the window full, each of its events is asked about. */
static bool is_unsettled(const struct relay *relay, uint64_t id)
{
	int from = 0, to = relay->items_n;

	while (from < to) {
		int middle = from + (to - from) / 2;
		if (item_at(relay, middle)->id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < relay->items_n && item_at(relay, from)->id == id && item_at(relay, from)->state != ITEM_SETTLED;
}

enum err relay_add(struct relay *relay, const struct outbox_row *row, bool wanted)
{
	struct item item = {.id = row->id, .key = key_hash(relay, row->key), .state = ITEM_SETTLED};

	ASSERT(relay->items_n < relay->options.window && row->id > relay->after);
	/* After a start events beyond the cursor come again, and some of them have been settled: a retry of a key is made only
	 * when all earlier events of the key were. */
	bool settled = wanted && retries_passed(relay->retries, item.key, row->id);
	if (wanted && !settled && !relay->disabled) {
		item.row = copy_row(row);
		if (!item.row)
			return ERR_OVERLOADED;
		item.state = ITEM_HELD;
		relay->held++;
		for (int i = relay->items_n; i-- > 0 && !item.behind;)
			if (item_at(relay, i)->key == item.key && item_at(relay, i)->state != ITEM_SETTLED)
				item.behind = item_at(relay, i)->id;
	} else {
		relay->counts.passed_over += !settled;
	}
	*item_at(relay, relay->items_n++) = item;
	relay->after = row->id;
	advance(relay);
	return ERR_OK;
}

/* Behind a retry of its key: it becomes one itself. False: there is no room for it. */
static bool line_up(struct relay *relay, struct item *item)
{
	struct retry_row row = {.event = item->id, .key = item->row->key};

	if (retries_put(relay->retries, &row, item->key) != ERR_OK) {
		relay->full = true;
		return false;
	}
	settle(relay, item);
	return true;
}

static const struct outbox_row *next_item(struct relay *relay)
{
	const struct outbox_row *row = NULL;

	for (int i = 0; i < relay->items_n && relay->held > 0 && !row; i++) {
		struct item *item = item_at(relay, i);
		if (item->state != ITEM_HELD || (item->behind && is_unsettled(relay, item->behind)))
			continue;
		if (retries_has(relay->retries, item->key)) {
			if (!line_up(relay, item))
				break;
			continue;
		}
		item->state = ITEM_OUT;
		relay->held--;
		row = item->row;
	}
	advance(relay);
	return row;
}

static void make_room(struct relay *relay)
{
	if (retries_room(relay->retries) > 0)
		relay->full = false;
}

static const struct outbox_row *next_retry(struct relay *relay, int64_t now_ms)
{
	for (;;) {
		uint64_t event = retries_due(relay->retries, now_ms);
		if (!event)
			return NULL;
		const struct outbox_row *found = NULL;
		enum err err = relay->options.fetch(relay->options.context, event, &found);
		struct outbox_row *row = err ? NULL : copy_row(found);
		if (row) {
			retries_out(relay->retries, event, row);
			return row;
		}
		if (err != ERR_NOT_FOUND) {
			relay_rest(relay, now_ms + RELAY_REST_FIRST_MS); /* the store, or memory */
			return NULL;
		}
		relay->counts.given_up++;
		retries_drop(relay->retries, event);
		make_room(relay);
	}
}

const struct outbox_row *relay_next(struct relay *relay, int64_t now_ms)
{
	if (relay->disabled || now_ms < relay->rests_until_ms || relay->out >= relay->options.window)
		return NULL;
	const struct outbox_row *row = next_retry(relay, now_ms);
	if (!row)
		row = next_item(relay);
	if (row)
		relay->out++;
	return row;
}

/* A quarter less to a quarter more, so that many sinks don't come back at once. */
static int64_t jitter(struct relay *relay, int64_t ms)
{
	return ms - ms / 4 + random_below(&relay->random, (uint32_t)(ms / 2) + 1);
}

/* Until the next try, `attempt` of which were made; -1: there is none. */
static int64_t wait_ms(struct relay *relay, uint32_t attempts)
{
	const uint32_t *schedule = relay->options.schedule_s;

	if (!schedule)
		return jitter(relay, attempts < 12 ? 1000ll << (attempts - 1) : 3600000);
	for (uint32_t i = 0; i + 1 < attempts; i++)
		if (!schedule[i])
			return -1;
	return schedule[attempts - 1] ? jitter(relay, schedule[attempts - 1] * 1000ll) : -1;
}

void relay_rest(struct relay *relay, int64_t until_ms)
{
	if (until_ms > relay->rests_until_ms)
		relay->rests_until_ms = until_ms;
}

static void rest(struct relay *relay, int64_t now_ms)
{
	int64_t ms = RELAY_REST_FIRST_MS;

	if (now_ms < relay->rests_until_ms)
		return; /* of the same outage: events that were out together count once */
	for (uint32_t i = 0; i < relay->downs && ms < RELAY_REST_MAX_MS; i++)
		ms *= 2;
	relay->downs++;
	relay_rest(relay, now_ms + jitter(relay, ms < RELAY_REST_MAX_MS ? ms : RELAY_REST_MAX_MS));
}

/* One more attempt failed. False: it was the last, the event is given up. */
static bool schedule(struct relay *relay, struct retry_row *retry, int64_t now_ms)
{
	int64_t ms = wait_ms(relay, ++retry->attempt);

	if (ms < 0) {
		relay->counts.given_up++;
		return false;
	}
	retry->due_ms = now_ms + ms;
	return true;
}

static void retry_done(struct relay *relay, uint64_t event, enum sent sent, int64_t now_ms)
{
	struct retry_row retry = retries_in(relay->retries, event);

	if (relay->disabled || sent == SENT_DONE || sent == SENT_NEVER || sent == SENT_REFUSED)
		retries_drop(relay->retries, event);
	else if (sent == SENT_AGAIN && !schedule(relay, &retry, now_ms))
		retries_drop(relay->retries, event);
	else if (sent == SENT_AGAIN)
		retries_again(relay->retries, &retry);
	if (relay->disabled)
		retries_drop_all(relay->retries); /* those that waited behind it */
	make_room(relay);
}

static void item_done(struct relay *relay, struct item *item, enum sent sent, int64_t now_ms)
{
	struct retry_row retry = {.event = item->id, .key = item->row->key};
	bool again = sent == SENT_DOWN;

	ASSERT(item->state == ITEM_OUT);
	if (sent == SENT_AGAIN && !relay->disabled && schedule(relay, &retry, now_ms) &&
			retries_put(relay->retries, &retry, item->key) != ERR_OK) {
		relay->full = true;
		again = true; /* no room to remember it: it stays at hand and the sink rests */
		rest(relay, now_ms);
	}
	if (again && !relay->disabled) {
		item->state = ITEM_HELD;
		relay->held++;
	} else {
		settle(relay, item);
	}
	advance(relay);
}

static void count(struct relay *relay, enum sent sent)
{
	if (sent == SENT_DONE)
		relay->counts.done++;
	else if (sent == SENT_AGAIN || sent == SENT_DOWN)
		relay->counts.failed++;
	else
		relay->counts.given_up++;
}

void relay_done(struct relay *relay, const struct outbox_row *row, enum sent sent, int64_t now_ms)
{
	uint64_t id = row->id;
	struct item *item = NULL;

	ASSERT(relay->out > 0);
	relay->out--;
	count(relay, sent);
	if (sent == SENT_DOWN)
		rest(relay, now_ms);
	else
		relay->downs = 0; /* whatever it says, it is there */
	for (int i = 0; i < relay->items_n && !item; i++)
		if (item_at(relay, i)->id == id && item_at(relay, i)->state == ITEM_OUT)
			item = item_at(relay, i);
	if (item)
		item_done(relay, item, sent, now_ms);
	else
		retry_done(relay, id, sent, now_ms);
	if (sent == SENT_REFUSED)
		relay_disable(relay);
}

int64_t relay_wakes_ms(const struct relay *relay)
{
	int64_t due_ms = retries_next_ms(relay->retries);

	if (relay->disabled)
		return INT64_MAX;
	if (relay->held > 0 && relay->rests_until_ms < due_ms)
		return relay->rests_until_ms;
	return due_ms == INT64_MAX || due_ms > relay->rests_until_ms ? due_ms : relay->rests_until_ms;
}

int relay_out(const struct relay *relay)
{
	return relay->out;
}

uint64_t relay_oldest(const struct relay *relay)
{
	uint64_t held = relay->items_n > 0 ? item_at(relay, 0)->id : 0, retry = retries_oldest(relay->retries);

	return !held || (retry && retry < held) ? retry : held;
}

bool relay_full(const struct relay *relay)
{
	return relay->full;
}

void relay_disable(struct relay *relay)
{
	relay->disabled = true;
	relay->full = false;
	for (int i = 0; i < relay->items_n; i++)
		if (item_at(relay, i)->state == ITEM_HELD) {
			relay->counts.passed_over++;
			settle(relay, item_at(relay, i));
		}
	relay->counts.passed_over += retries_drop_all(relay->retries);
	advance(relay);
}

void relay_replay(struct relay *relay, uint64_t after)
{
	for (int i = 0; i < relay->items_n; i++)
		free(item_at(relay, i)->row);
	retries_none_out(relay->retries);
	retries_drop_later(relay->retries, after);
	relay->first = relay->items_n = relay->held = relay->out = 0;
	if (after < relay->cursor)
		relay->cursor = after;
	relay->after = relay->cursor_taken = relay->cursor;
	relay->rests_until_ms = 0;
	relay->downs = 0;
	relay->disabled = false;
	make_room(relay);
}

int relay_changes(const struct relay *relay)
{
	return retries_changes(relay->retries);
}

bool relay_take(struct relay *relay, struct relay_checkpoint *ret_checkpoint)
{
	struct relay_checkpoint checkpoint = {.cursor = relay->cursor};
	bool more;

	if (!retries_take(relay->retries, &checkpoint.puts, &checkpoint.puts_n, &checkpoint.drops, &checkpoint.drops_n, &more))
		return false;
	if (more)
		checkpoint.cursor = relay->cursor_taken; /* puts that belong to a later one are still to come */
	else if (relay->cursor == relay->cursor_taken && checkpoint.puts_n == 0 && checkpoint.drops_n == 0)
		return false;
	relay->cursor_taken = checkpoint.cursor;
	*ret_checkpoint = checkpoint;
	return true;
}

struct relay_counts relay_counts(const struct relay *relay)
{
	struct relay_counts counts = relay->counts;

	counts.retries = retries_n(relay->retries);
	return counts;
}
