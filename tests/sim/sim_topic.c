/* The topic and its consumer: batches of records on their way to the writer, as feed.c has them; what failed is run again, in order,
 * before anything behind it; partitions come and go; a start begins where the store says. */
#include "sim/sim.h"

#include <stdatomic.h>

#include "feed/feed_batch.h"

#define PARTITIONS 3
#define OUT_MAX 3
#define RECORDS 40000 /* a partition's that are kept */

struct rec {
	char key[16], id[24];
	char value[400];
};

struct partition {
	struct rec *records; /* a ring: record `offset` is at offset % RECORDS */
	int64_t end, stored, read; /* offsets: behind the last; consumed and committed; handed out in batches */
};

struct errand {
	struct command command; /* first */
	struct feed_batch *batch;
	enum err err;        /* of its last run */
	struct errand *next;
};

struct sim_topic {
	struct partition partitions[PARTITIONS];
	struct errand *first;
	struct positions ends; /* where the batches that are made end */
};

static struct feed_state *state_of_feed(void)
{
	return sim->serve->server.feed_state;
}

void topic_new(void)
{
	sim->topic = calloc(1, sizeof *sim->topic);
	ASSERT(sim->topic);
	for (int i = 0; i < PARTITIONS; i++) {
		sim->topic->partitions[i].records = malloc(RECORDS * sizeof(struct rec)); /* hardly any of it is used */
		ASSERT(sim->topic->partitions[i].records);
	}
	atomic_fetch_add(&state_of_feed()->epoch, 1);
}

static void drop_errands(void)
{
	while (sim->topic->first) {
		struct errand *next = sim->topic->first->next;
		feed_batch_free(sim->topic->first->batch);
		free(sim->topic->first);
		sim->topic->first = next;
	}
}

void topic_free(void)
{
	drop_errands();
	for (int i = 0; i < PARTITIONS; i++)
		free(sim->topic->partitions[i].records);
	free(sim->topic);
}

void topic_send(const char *key, const char *value, const char *id)
{
	uint32_t hash = 0;

	for (const char *c = key; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	struct partition *partition = &sim->topic->partitions[hash % PARTITIONS];
	struct rec *record = &partition->records[partition->end % RECORDS];
	ASSERT(partition->end - partition->stored < RECORDS);
	snprintf(record->key, sizeof record->key, "%s", key);
	snprintf(record->value, sizeof record->value, "%s", value);
	snprintf(record->id, sizeof record->id, "%s", id);
	partition->end++;
}

void topic_stored(int32_t at, int64_t next)
{
	struct partition *partition = &sim->topic->partitions[at];

	if (next < partition->stored)
		violation("S7", "", "partition %d goes back from %lld to %lld", at, (long long)partition->stored, (long long)next);
	if (next > partition->end)
		violation("S7", "", "partition %d is said to be consumed beyond its end", at);
	for (; partition->stored < next; partition->stored++)
		orders_topic_said(partition->records[partition->stored % RECORDS].id);
}

void topic_tell(void)
{
	for (int i = 0; i < PARTITIONS; i++)
		trace("", "partition %d: read to %lld, stored to %lld of %lld", i, (long long)sim->topic->partitions[i].read,
			(long long)sim->topic->partitions[i].stored, (long long)sim->topic->partitions[i].end);
	for (const struct errand *errand = sim->topic->first; errand; errand = errand->next)
	{
		trace("", "a batch: %d of %d records done, its last error: %s", errand->batch->first, errand->batch->n, err_slug(errand->err));
		for (int i = 0; i < errand->batch->parts_n; i++)
			trace("", "  partition %d from %lld to %lld, the writer is at %lld", errand->batch->parts[i].partition,
				(long long)errand->batch->parts[i].from, (long long)errand->batch->parts[i].next,
				(long long)position_of(&state_of_feed()->positions, errand->batch->parts[i].partition));
	}
}

bool topic_idle(void)
{
	for (int i = 0; i < PARTITIONS; i++)
		if (sim->topic->partitions[i].stored != sim->topic->partitions[i].end)
			return false;
	return true;
}

/* --- batches --- */

static int64_t ends_at(void *context, int32_t partition)
{
	(void)context;
	return position_of(&sim->topic->ends, partition);
}

static bool add_one(struct feed_batch *batch, int at)
{
	struct partition *partition = &sim->topic->partitions[at];
	struct event_sender sender = {&sim->serve->server, sim->serve->server.kafka_tenant, sim->serve->server.worker_vault[0]};

	if (partition->read == partition->end)
		return false;
	const struct rec *from = &partition->records[partition->read % RECORDS];
	const struct kafka_record record = {
		.partition = at, .offset = partition->read, .key = str_of(from->key), .value = str_of(from->value)};
	if (!feed_batch_add(batch, &sender, &record, ends_at, NULL))
		return false;
	partition->read++;
	return true;
}

static bool any_to_read(void)
{
	for (int i = 0; i < PARTITIONS; i++)
		if (sim->topic->partitions[i].read != sim->topic->partitions[i].end)
			return true;
	return false;
}

static void make_batch(void)
{
	struct errand **last = &sim->topic->first;
	struct errand *errand = calloc(1, sizeof *errand);
	int many = 1 + (int)chance_below(&sim->random, 40), added = 0, n = 0;

	ASSERT(errand);
	for (; *last; last = &(*last)->next)
		n++;
	errand->batch = feed_batch_new(1, state_of_feed()->epoch);
	for (int i = 0; n < OUT_MAX && i < many; i++)
		added += add_one(errand->batch, (int)chance_below(&sim->random, PARTITIONS));
	if (!added) {
		feed_batch_free(errand->batch);
		free(errand);
		return;
	}
	for (int i = 0; i < errand->batch->parts_n; i++) {
		enum err err = position_set(&sim->topic->ends, errand->batch->parts[i].partition, errand->batch->parts[i].next);
		ASSERT(err == ERR_OK);
	}
	*last = errand;
}

static enum err run(struct command *command, struct engine *engine, int64_t now_ms)
{
	return feed_batch_run(((struct errand *)command)->batch, state_of_feed(), engine, now_ms);
}

static void finish(struct command *command, enum err err)
{
	struct errand *errand = (struct errand *)command;

	errand->err = err;
	if (err)
		feed_batch_undone(errand->batch, state_of_feed());
	else
		feed_batch_stored(errand->batch);
}

static void send_all(void)
{
	for (struct errand *errand = sim->topic->first; errand; errand = errand->next) {
		errand->command = (struct command){.change = true, .run = run, .finish = finish};
		if (writer_submit(sim->serve->server.writer, &errand->command) != ERR_OK)
			return;
	}
}

static void leave_done(void)
{
	struct errand **at = &sim->topic->first;

	while (*at) {
		struct errand *errand = *at;
		if (errand->batch->first < errand->batch->n) {
			at = &errand->next;
			continue;
		}
		*at = errand->next;
		feed_batch_free(errand->batch);
		free(errand);
	}
}

/* Partitions go and come again: what is not stored is read again, what is made is nobody's. */
static void rebalance(void)
{
	trace("...", "partitions go and come");
	atomic_fetch_add(&state_of_feed()->epoch, 1);
	drop_errands();
	topic_begin();
}

void topic_begin(void)
{
	for (int i = 0; i < PARTITIONS; i++) {
		struct partition *partition = &sim->topic->partitions[i];
		partition->read = partition->stored;
		enum err err = position_set(&sim->topic->ends, i, partition->stored ? partition->stored : POSITION_NONE);
		ASSERT(err == ERR_OK);
	}
}

void topic_restarted(void)
{
	if (!sim->topic)
		return;
	drop_errands();
	atomic_fetch_add(&state_of_feed()->epoch, 1);
	for (int i = 0; i < PARTITIONS; i++) {
		int64_t known = position_of(&state_of_feed()->positions, i), stored = sim->topic->partitions[i].stored;
		if ((known == POSITION_NONE ? 0 : known) != stored)
			violation("S7", "", "after a start partition %d is at %lld, %lld was stored", i, (long long)known, (long long)stored);
	}
	topic_begin();
}

void topic_step(void)
{
	if (!sim->healed && chance_one_in(&sim->random, sim->faults.rebalances))
		rebalance();
	for (int i = 0; i < OUT_MAX && any_to_read(); i++)
		make_batch();
	if (!sim->topic->first)
		return;
	send_all();
	server_turn();
	if (sim->topic->first) /* a start has dropped them */
		leave_done();
}
