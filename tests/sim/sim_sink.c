/* A receiver of our events that fails and comes back: the real relay and the real checkpoints. Of each key in order, each at least
 * once, no real number in any. */
#include "sim/sim.h"

#include "out/checkpoint.h"
#include "out/relay.h"
#include "store/store.h"

#define TOLD 200000
#define WINDOW 64
#define NAME "sim"

struct told {
	uint64_t id, key;
};

struct sim_sink {
	struct relay *relay;
	struct checkpoint *checkpoint;
	struct store_reader *reader;
	struct arena arena;
	struct told *told; /* committed and not delivered yet, ids ascending */
	uint32_t told_n;
	uint64_t cursor;   /* as stored */
	struct retry_row retries[4096];
	int retries_n;
};

static uint64_t key_of(const struct outbox_row *row)
{
	uint64_t hash = 1469598103934665603u;

	for (size_t i = 0; i < row->key.len; i++)
		hash = (hash ^ (unsigned char)row->key.at[i]) * 1099511628211u;
	return hash;
}

void sink_told(const struct outbox_row *row)
{
	struct sim_sink *sink = sim->sink;

	text_check("an event", row->data.at, row->data.len);
	sim->totals.notices++;
	if (!sink)
		return;
	ASSERT(sink->told_n < TOLD);
	if (sink->told_n && sink->told[sink->told_n - 1].id >= row->id)
		violation("S8", "", "event ids do not ascend");
	sink->told[sink->told_n++] = (struct told){row->id, key_of(row)};
}

static enum err fetch(void *context, uint64_t event, const struct outbox_row **ret_row)
{
	struct sim_sink *sink = context;
	static struct outbox_row row;

	*ret_row = &row;
	return sim->store->ops->read_event(sink->reader, event, &sink->arena, &row);
}

static void make_relay(void)
{
	struct sim_sink *sink = sim->sink;
	const struct relay_options options = {.cursor = sink->cursor, .window = WINDOW, .retries_max = 4000, .fetch = fetch,
		.context = sink, .seed = sim->seed};

	relay_free(sink->relay);
	sink->relay = relay_new(&options);
	ASSERT(sink->relay);
}

void sink_new(void)
{
	struct sim_sink *sink = calloc(1, sizeof *sink);

	ASSERT(sink);
	sink->told = malloc(TOLD * sizeof *sink->told);
	sink->checkpoint = checkpoint_new(NAME);
	sink->reader = sim->store->ops->reader_open(sim->store);
	ASSERT(sink->told && sink->checkpoint && sink->reader);
	arena_init(&sink->arena, 16 << 20);
	sim->sink = sink;
	make_relay();
}

void sink_free(void)
{
	struct sim_sink *sink = sim->sink;

	relay_free(sink->relay);
	checkpoint_free(sink->checkpoint);
	sim->store->ops->reader_close(sink->reader);
	arena_done(&sink->arena);
	free(sink->told);
	free(sink);
	sim->sink = NULL;
}

static enum err load_sink(void *context, const struct sink_row *row)
{
	struct sim_sink *sink = context;

	if (str_equal(row->name, STR(NAME)))
		sink->cursor = row->cursor;
	return ERR_OK;
}

static enum err load_retry(void *context, const struct retry_row *row)
{
	struct sim_sink *sink = context;

	if (!str_equal(row->sink, STR(NAME)))
		return ERR_OK;
	ASSERT(sink->retries_n < 4096);
	sink->retries[sink->retries_n++] = *row;
	return ERR_OK;
}

static enum err nothing_pool(void *context, const struct pool_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err nothing_vn(void *context, const struct vn_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err nothing_session(void *context, const struct session_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err nothing_tombstone(void *context, const struct tombstone_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err nothing_idempotency(void *context, const struct idempotency_row *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err nothing_call(void *context, const struct call *row)
{
	(void)context, (void)row;
	return ERR_OK;
}

static enum err nothing_time(void *context, int64_t time_ms)
{
	(void)context, (void)time_ms;
	return ERR_OK;
}

static enum err nothing_id(void *context, uint64_t id)
{
	(void)context, (void)id;
	return ERR_OK;
}

/* What is out is forgotten; it goes on from what is stored. */
void sink_restarted(void)
{
	struct sim_sink *sink = sim->sink;
	char error[256];

	if (!sink)
		return;
	checkpoint_free(sink->checkpoint);
	sink->checkpoint = checkpoint_new(NAME);
	ASSERT(sink->checkpoint);
	sink->cursor = 0;
	sink->retries_n = 0;
	const struct store_visitor visitor = {.context = sink, .time = nothing_time, .pool = nothing_pool, .vn = nothing_vn,
		.session = nothing_session, .tombstone = nothing_tombstone, .idempotency = nothing_idempotency, .call = nothing_call,
		.sink = load_sink, .retry = load_retry, .last_id = nothing_id};
	enum err err = sim->store->ops->load(sim->store, sim->now_ms, &visitor, error);
	ASSERT(err == ERR_OK);
	make_relay();
	for (int i = 0; i < sink->retries_n; i++) {
		err = relay_load(sink->relay, &sink->retries[i]);
		ASSERT(err == ERR_OK);
	}
}

/* The first delivery of an event: nothing of its key that is older may still be to come. */
static void deliver(const struct outbox_row *row)
{
	struct sim_sink *sink = sim->sink;
	uint64_t key = key_of(row);

	for (uint32_t i = 0; i < sink->told_n; i++) {
		if (sink->told[i].id == row->id) {
			memmove(&sink->told[i], &sink->told[i + 1], (sink->told_n - i - 1) * sizeof *sink->told);
			sink->told_n--;
			return;
		}
		if (sink->told[i].id > row->id)
			return; /* again */
		if (sink->told[i].key == key)
			violation("S8", "", "an event comes before an older one of its key");
	}
}

static void read_more(void)
{
	struct sim_sink *sink = sim->sink;
	struct outbox_row *rows;
	int n;

	int room = relay_room(sink->relay);
	if (room <= 0)
		return;
	enum err err = sim->store->ops->read_outbox(sink->reader, relay_after(sink->relay), room, &sink->arena, &rows, &n);
	ASSERT(err == ERR_OK);
	for (int i = 0; i < n; i++) {
		err = relay_add(sink->relay, &rows[i], true);
		ASSERT(err == ERR_OK);
	}
}

static enum sent outcome(void)
{
	if (sim->healed || !chance_one_in(&sim->random, sim->faults.sink_fails))
		return SENT_DONE;
	return chance_one_in(&sim->random, 3) ? SENT_DOWN : SENT_AGAIN;
}

void sink_step(void)
{
	struct sim_sink *sink = sim->sink;
	struct relay_checkpoint taken;
	const struct outbox_row *row;

	arena_reset(&sink->arena);
	read_more();
	while ((row = relay_next(sink->relay, sim->now_ms))) {
		enum sent sent = outcome();
		/* Sometimes it has it, and we don't hear of it. */
		if (sent == SENT_DONE || chance_one_in(&sim->random, 3))
			deliver(row);
		relay_done(sink->relay, row, sent, sim->now_ms);
	}
	if (!checkpoint_busy(sink->checkpoint) && relay_take(sink->relay, &taken))
		ASSERT(checkpoint_send(sink->checkpoint, sim->serve->server.writer, &taken, 0, false));
	checkpoint_again(sink->checkpoint, sim->serve->server.writer);
	server_turn();
}

bool sink_idle(void)
{
	return sim->sink->told_n == 0;
}
