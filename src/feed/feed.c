#include "feed/feed.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/steady.h"
#include "log.h"
#include "serve/kafka_settings.h"

#define LOG_EACH_MS 10000

enum state {
	STATE_READY, /* made; waits for those before it */
	STATE_SENT,  /* the writer has it */
	STATE_FAILED, /* it has to be run (again) */
};

/* A batch on its way. */
struct errand {
	struct command command; /* first: run() and finish() get it */
	struct feed *feed;
	struct errand *next;
	struct feed_batch *batch;
	enum state state;
};

struct feed {
	struct server *server;
	struct feed_state *state;
	struct kafka_consumer *consumer;
	struct vault_use *vault;
	struct store_reader *reader;
	char mark[KAFKA_MARK_MAX + 1];
	char instance[40]; /* of this store */
	bool running;

	/* The consumer's thread. */
	int64_t logged_ms;

	pthread_mutex_t lock; /* for the rest */
	pthread_cond_t settled;
	struct errand *first, **last; /* in order */
	int errands_n, sent_n;
	struct positions ends; /* where the last batch of each partition ends: where the next one goes on */
	int64_t retry_ms;      /* not before; 0 */
	uint32_t failures;     /* in a row */
	enum err waits_for;
	struct feed_counts counts;
};

/* --- in the writer --- */

static enum err errand_run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct errand *errand = (struct errand *)command;

	return feed_batch_run(errand->batch, errand->feed->state, engine, now_ms);
}

static void count(struct feed *feed, const struct feed_batch *batch)
{
	feed->counts.applied += batch->ran_counts.applied;
	feed->counts.repeated += batch->ran_counts.repeated;
	feed->counts.refused += batch->ran_counts.refused;
	feed->counts.parked += batch->ran_counts.parked;
}

static void errand_free(struct errand *errand)
{
	feed_batch_free(errand->batch);
	free(errand);
}

/* It is done. (Not always the first: one of other partitions may have to wait.) */
static void leave(struct feed *feed, struct errand *errand)
{
	struct errand **at = &feed->first;

	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
	if (!*at)
		feed->last = at;
	feed->errands_n--;
	errand_free(errand);
}

static void tell_consumer(struct feed *feed, const struct feed_batch *batch)
{
	for (int i = 0; i < batch->parts_n; i++)
		if (batch->parts[i].from != POSITION_NONE)
			kafka_consumer_applied(feed->consumer, batch->parts[i].partition, batch->parts[i].from, feed->mark);
}

/* It waits, longer each time. ERR_OVERLOADED is also said of a batch that is out of turn because an earlier one failed: that one's
 * wait is enough. Of the first one it means that the writer has no room. */
static void failed(struct feed *feed, const struct errand *errand, enum err err)
{
	int64_t ms = FEED_RETRY_FIRST_MS;

	feed->counts.retried++;
	if (err == ERR_OVERLOADED && feed->first != errand && feed->first->state == STATE_FAILED)
		return;
	for (uint32_t i = 0; i < feed->failures && ms < FEED_RETRY_MAX_MS; i++)
		ms *= 2;
	feed->failures++;
	feed->waits_for = err;
	feed->retry_ms = steady_ms() + (ms < FEED_RETRY_MAX_MS ? ms : FEED_RETRY_MAX_MS);
}

static void errand_finish(struct command *command, enum err err)
{
	struct errand *errand = (struct errand *)command;
	struct feed *feed = errand->feed;
	struct feed_batch *batch = errand->batch;

	pthread_mutex_lock(&feed->lock);
	feed->sent_n--;
	if (err) {
		feed_batch_undone(batch, feed->state);
		errand->state = STATE_FAILED;
		failed(feed, errand, err);
	} else {
		count(feed, batch);
		feed_batch_stored(batch);
		tell_consumer(feed, batch);
		feed->failures = 0;
		feed->waits_for = ERR_OK;
		feed->retry_ms = 0;
		if (batch->first == batch->n) {
			leave(feed, errand);
			kafka_consumer_room(feed->consumer);
		} else {
			errand->state = STATE_FAILED; /* the rest of it */
			failed(feed, errand, ERR_LIMIT_REACHED);
		}
	}
	pthread_cond_broadcast(&feed->settled);
	pthread_mutex_unlock(&feed->lock);
}

/* --- in the consumer's thread --- */

static void send(struct feed *feed, struct errand *errand)
{
	errand->state = STATE_SENT;
	errand->command = (struct command){.change = true, .run = errand_run, .finish = errand_finish};
	feed->sent_n++;
	enum err err = writer_submit(feed->server->writer, &errand->command);
	if (!err)
		return;
	feed->sent_n--;
	errand->state = STATE_FAILED;
	failed(feed, errand, err);
}

/* In order: nothing is sent past one that has to wait. */
static void send_all(struct feed *feed)
{
	bool again = false;

	for (struct errand *errand = feed->first; errand; errand = errand->next)
		again |= errand->state == STATE_FAILED;
	/* What failed is sent again only when nothing is on its way that could come in between. */
	if (again && (feed->sent_n > 0 || steady_ms() < feed->retry_ms))
		return;
	for (struct errand *errand = feed->first; errand; errand = errand->next) {
		if (errand->state == STATE_SENT)
			continue;
		send(feed, errand);
		if (errand->state == STATE_FAILED)
			return;
	}
}

static void complain(struct feed *feed, enum err err)
{
	int64_t now = steady_ms();

	if (!err || now - feed->logged_ms < LOG_EACH_MS)
		return;
	feed->logged_ms = now;
	log_warn("order events wait; nothing is passed over", "reason", err_slug(err));
}

static void on_turn(void *context)
{
	struct feed *feed = context;

	pthread_mutex_lock(&feed->lock);
	send_all(feed);
	enum err waits_for = feed->waits_for;
	pthread_mutex_unlock(&feed->lock);
	complain(feed, waits_for);
}

/* Where the batches that are made so far end: the lock is not needed, only this thread changes it. */
static int64_t ends_at(void *context, int32_t partition)
{
	struct feed *feed = context;

	return position_of(&feed->ends, partition);
}

/* A batch of as many of the records as fit; *ret_taken of them. NULL: no memory. */
static struct errand *errand_new(struct feed *feed, int32_t generation, const struct kafka_record *records, int n,
	int *ret_taken)
{
	struct event_sender sender = {feed->server, feed->server->kafka_tenant, feed->vault};
	struct errand *errand = calloc(1, sizeof *errand);
	int taken = 0;

	if (!errand)
		return NULL;
	errand->feed = feed;
	errand->state = STATE_READY;
	errand->batch = feed_batch_new(generation, feed->state->epoch);
	while (errand->batch && taken < n && feed_batch_add(errand->batch, &sender, &records[taken], ends_at, feed))
		taken++;
	if (taken == 0) {
		errand_free(errand);
		return NULL;
	}
	*ret_taken = taken;
	return errand;
}

/* All of them or, without room or memory, none. */
static bool on_records(void *context, int32_t generation, const struct kafka_record *records, int n)
{
	struct feed *feed = context;
	struct errand *made = NULL, **end = &made;
	struct positions before = feed->ends;
	int made_n = 0;

	pthread_mutex_lock(&feed->lock);
	bool room = feed->errands_n < FEED_OUT_MAX;
	pthread_mutex_unlock(&feed->lock);
	if (!room)
		return false;
	for (int at = 0, taken = 0; at < n; at += taken) {
		struct errand *errand = errand_new(feed, generation, records + at, n - at, &taken);
		if (errand) {
			*end = errand;
			end = &errand->next;
			made_n++;
		}
		for (int i = 0; errand && i < errand->batch->parts_n; i++)
			if (position_set(&feed->ends, errand->batch->parts[i].partition, errand->batch->parts[i].next) != ERR_OK)
				errand = NULL; /* it is in the list and goes with it */
		if (!errand) {
			while (made) {
				struct errand *next = made->next;
				errand_free(made);
				made = next;
			}
			feed->ends = before;
			return false;
		}
	}
	pthread_mutex_lock(&feed->lock);
	*feed->last = made;
	feed->last = end;
	feed->errands_n += made_n;
	feed->counts.records += (uint64_t)n;
	send_all(feed);
	pthread_mutex_unlock(&feed->lock);
	return true;
}

/* --- partitions come and go --- */

static bool is_ours(const struct feed *feed, const char *mark)
{
	return strcmp(mark, feed->mark) == 0;
}

static bool is_a_stores(const char *mark)
{
	return str_starts(str_of(mark), STR("bauta "));
}

static bool begin(struct feed *feed, struct kafka_start *start)
{
	const struct store *store = feed->server->store;
	struct offset_row row = {.next = POSITION_NONE};
	enum err err = store->ops->read_offset(feed->reader, str_of(feed->state->group), str_of(feed->state->topic),
		start->partition, &row);

	if (err && err != ERR_NOT_FOUND)
		return false;
	bool known = err == ERR_OK;
	start->ret_next = known ? row.next : start->committed;
	/* Another store went further while the partition was its: what it applied is its, not ours. What has our own mark and is
	 * further than our store is of a store that was set back: ours to do again. */
	if (known && start->committed > row.next && is_a_stores(start->mark) && !is_ours(feed, start->mark))
		start->ret_next = start->committed;
	return position_set(&feed->ends, start->partition, known ? row.next : POSITION_NONE) == ERR_OK;
}

static bool on_assigned(void *context, int32_t generation, struct kafka_start *starts, int n)
{
	struct feed *feed = context;
	char text[LOG_NUMBER_SIZE], partitions[LOG_NUMBER_SIZE];

	atomic_fetch_add(&feed->state->epoch, 1);
	for (int i = 0; i < n; i++)
		if (!begin(feed, &starts[i]))
			return false;
	log_info("partitions assigned", "topic", feed->state->topic, "partitions_n", log_number((uint64_t)n, partitions),
		"generation_n", log_number(generation < 0 ? 0 : (uint64_t)generation, text));
	return true;
}

static void drop_unsent(struct feed *feed)
{
	struct errand **at = &feed->first;

	while (*at) {
		struct errand *errand = *at;
		if (errand->state == STATE_SENT) {
			at = &errand->next;
			continue;
		}
		*at = errand->next;
		feed->errands_n--;
		errand_free(errand);
	}
	feed->last = at;
}

static void on_revoked(void *context, bool lost, int timeout_ms)
{
	struct feed *feed = context;
	struct timespec until = steady_in(timeout_ms);

	if (lost)
		atomic_fetch_add(&feed->state->epoch, 1); /* what the writer has not begun is not to be begun */
	pthread_mutex_lock(&feed->lock);
	drop_unsent(feed);
	while (feed->sent_n > 0)
		if (pthread_cond_timedwait(&feed->settled, &feed->lock, &until) != 0)
			break;
	pthread_mutex_unlock(&feed->lock);
	atomic_fetch_add(&feed->state->epoch, 1);
	/* Past its time the writer still has some: the epoch keeps them from being applied, but they are waited for, for they
	 * are ours to free. */
	pthread_mutex_lock(&feed->lock);
	while (feed->sent_n > 0)
		pthread_cond_wait(&feed->settled, &feed->lock);
	drop_unsent(feed);
	feed->retry_ms = 0;
	feed->failures = 0;
	feed->waits_for = ERR_OK;
	pthread_mutex_unlock(&feed->lock);
	log_info("partitions given back", "topic", feed->state->topic, "lost", lost ? "yes" : "no");
}

/* --- making it --- */

/* A static member (KIP-345): what is consumed goes into this store, so after a restart the same partitions are to come back,
 * at once and not when a session has timed out. NULL, by an empty name: an ordinary member. */
static const char *instance_of(const struct feed *feed, const struct config_kafka *kafka)
{
	bool lasts = strcmp(feed->server->config->store, "memory") != 0; /* that one has another identity after each start */

	if (!kafka->instance)
		return lasts ? feed->instance : NULL;
	return kafka->instance[0] ? kafka->instance : NULL;
}

static enum err consumer_new(struct feed *feed, char ret_error[256])
{
	const struct config_kafka *kafka = &feed->server->config->kafka;
	const struct kafka_consumer_options options = {
		.settings = kafka_settings_of(kafka),
		.topic = kafka->orders_topic,
		.group = kafka->group,
		.instance = instance_of(feed, kafka),
		.batch_max = FEED_BATCH_MAX,
		.context = feed,
		.assigned = on_assigned,
		.records = on_records,
		.revoked = on_revoked,
		.turn = on_turn,
	};

	return kafka_consumer_new(&options, &feed->consumer, ret_error);
}

enum err feed_new(struct server *server, struct feed_state *state, struct feed **ret_feed, char ret_error[256])
{
	struct feed *feed = calloc(1, sizeof *feed);
	pthread_condattr_t monotonic;

	snprintf(ret_error, 256, "not enough memory");
	if (!feed)
		return ERR_OVERLOADED;
	feed->server = server;
	feed->state = state;
	feed->last = &feed->first;
	pthread_mutex_init(&feed->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&feed->settled, &monotonic);
	pthread_condattr_destroy(&monotonic);
	unsigned long long identity = server->store->ops->identity(server->store);
	snprintf(feed->mark, sizeof feed->mark, "bauta %016llx", identity);
	snprintf(feed->instance, sizeof feed->instance, "bauta-%016llx", identity);
	feed->vault = vault_use_new(server->vault);
	feed->reader = server->store->ops->reader_open(server->store);
	enum err err = !feed->vault ? ERR_OVERLOADED : !feed->reader ? ERR_STORE_FAILED : consumer_new(feed, ret_error);
	if (err)
		feed_free(feed);
	else
		*ret_feed = feed;
	return err;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	ASSERT(!feed->running);
	kafka_consumer_free(feed->consumer);
	drop_unsent(feed);
	ASSERT(!feed->first);
	if (feed->reader)
		feed->server->store->ops->reader_close(feed->reader);
	vault_use_free(feed->vault);
	pthread_cond_destroy(&feed->settled);
	pthread_mutex_destroy(&feed->lock);
	free(feed);
}

enum err feed_start(struct feed *feed)
{
	enum err err = kafka_consumer_start(feed->consumer);

	feed->running = err == ERR_OK;
	return err;
}

void feed_stop(struct feed *feed)
{
	if (!feed->running)
		return;
	kafka_consumer_stop(feed->consumer);
	feed->running = false;
}

struct feed_counts feed_counts(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	struct feed_counts counts = feed->counts;
	counts.out = (uint32_t)feed->errands_n;
	counts.waits_for = feed->waits_for ? err_slug(feed->waits_for) : "";
	counts.waits = feed->waits_for != ERR_OK;
	pthread_mutex_unlock(&feed->lock);
	counts.consumer = kafka_consumer_counts(feed->consumer);
	return counts;
}
