/* What comes by itself: order events of a topic, as feed.c brings them to the writer; texts that wait; API keys that another process
 * changed. */
#include "fault/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "feed/feed_batch.h"
#include "message/ledger.h"

struct errand {
	struct command command; /* first */
	struct feed_batch *batch;
	bool answered;
};

static struct feed_state *state(void)
{
	return door.serve->server.feed_state;
}

static int64_t ends_at(void *context, int32_t partition)
{
	(void)context;
	return position_of(&state()->positions, partition);
}

static enum err run(struct command *command, struct engine *engine, int64_t now_ms)
{
	return feed_batch_run(((struct errand *)command)->batch, state(), engine, now_ms);
}

static void finish(struct command *command, enum err err)
{
	struct errand *errand = (struct errand *)command;

	errand->answered = true;
	if (err)
		feed_batch_undone(errand->batch, state());
	else
		feed_batch_stored(errand->batch);
}

/* Once through, as the consumer would: false: it is to come again, from where the store says. */
static bool bring(const char *value)
{
	struct event_sender sender = {&door.serve->server, door.serve->server.kafka_tenant, door.serve->server.worker_vault[0]};
	int64_t at = position_of(&state()->positions, 0);
	const struct kafka_record record = {.partition = 0, .offset = at == POSITION_NONE ? 0 : at, .key = STR("A-1"), .value = str_of(value)};
	struct errand errand = {.batch = feed_batch_new(1, state()->epoch)};

	if (!errand.batch)
		return false;
	bool done = false;
	if (feed_batch_add(errand.batch, &sender, &record, ends_at, NULL)) {
		errand.command = (struct command){.change = true, .run = run, .finish = finish};
		if (writer_submit(door.serve->server.writer, &errand.command) == ERR_OK) {
			door_turn();
			ASSERT(errand.answered);
		}
		done = errand.batch->first == errand.batch->n;
	}
	feed_batch_free(errand.batch);
	return done;
}

bool feed_event_once(const char *value)
{
	fault_hold();
	bool stored = bring(value);
	fault_go_on();
	return stored;
}

#define EVENT(type, version, more) "{\"type\":\"order." type "\",\"order\":\"C-1\",\"version\":" #version ",\"pool\":\"jakarta\"" more "}"
#define PLACED EVENT("placed", 1, ",\"parties\":[{\"role\":\"customer\",\"number\":\"+6281234567219\"}]")
#define ASSIGNED EVENT("assigned", 2, ",\"parties\":[{\"role\":\"courier\",\"number\":\"+6281298765889\"}]")

static const struct {
	const char *name, *value;
	int before; /* of the order's first two events */
} events[] = {
	{"topic placed", PLACED, 0},
	{"topic assigned", ASSIGNED, 1},
	{"topic reassigned", EVENT("reassigned", 3, ",\"parties\":[{\"role\":\"courier\",\"number\":\"+6281298765890\"}]"), 2},
	{"topic completed", EVENT("completed", 4, ""), 2},
	{"topic cancelled", EVENT("cancelled", 4, ""), 2},
	{"topic refused for good", EVENT("placed", 1, ",\"parties\":[{\"role\":\"customer\",\"number\":\"+628123\"}]"), 0},
	{"topic parked", "{\"type\":\"order.completed\",\"order\":\"A-1\",\"version\":5,\"pool\":\"jakarta\"}", 0},
	{"topic not an event", "{\"order\":", 0},
	{NULL, NULL, 0},
};

static int event_of(const struct operation *operation)
{
	int i = 0;

	while (strcmp(events[i].name, operation->name) != 0)
		i++;
	return i;
}

static void prepare(const struct operation *operation)
{
	int before = events[event_of(operation)].before;
	bool stored = (before < 1 || feed_event_once(PLACED)) && (before < 2 || feed_event_once(ASSIGNED));

	ASSERT(stored);
}

/* "Answered": consumed. */
static void act(const struct operation *operation)
{
	door.reply.status = 0;
	door.reply.body_len = 0;
	door.reply.status = bring(events[event_of(operation)].value) ? 200 : 503;
	door.reply.replies = 1;
}

/* --- a key is revoked beside the server --- */

static void revoke(void *context, const struct key_row *row)
{
	if (strcmp(row->name, "reveals") == 0)
		*(struct key_row *)context = *row;
}

static void prepare_keys(const struct operation *operation)
{
	struct store *store, *beside;
	struct key_row row = {0};
	struct audit_row audit = {.at_ms = door.now_ms, .tenant = STR("main"), .key = STR("test"), .action = STR("key.revoke"),
		.target = STR("reveals"), .detail = STR("")};
	char error[256];

	(void)operation;
	fault_hold();
	store = door.serve->server.store;
	enum err err = store->ops->keys(store, revoke, &row);
	ASSERT(!err && row.id[0]);
	err = store_sqlite_join(door.serve->datadir.database, door.serve->server.vault, &beside, error);
	ASSERT(!err);
	row.revoked_at = (uint32_t)(door.now_ms / 1000);
	err = beside->ops->key_put(beside, &row, &audit);
	ASSERT(!err);
	beside->ops->close(beside);
	fault_go_on();
}

/* Whatever became of it at once: after the rest the key opens nothing any more. */
static void act_keys(const struct operation *operation)
{
	(void)operation;
	door.now_ms += 1000; /* so often the writer looks whether they changed */
	door_turn();
	door.reply.status = 200;
	door.reply.body_len = 0;
	door.reply.replies = 1;
}

/* --- what the sender has the writer do with texts that wait --- */

static struct sending {
	struct command command; /* first */
	struct ledger_item items[4];
	int n;
	bool settles;
} sending;

static enum err run_sending(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct ledger *ledger = door.serve->server.ledger;
	struct ledger_take take = {.items = sending.items, .max = 4, .account_max = 4};
	struct ledger_outcome outcome = {.id = sending.items[0].id, .state = MESSAGE_SENT, .provider_id = "SM1"};

	(void)command;
	if (sending.settles)
		return ledger_settle(ledger, engine, &outcome, now_ms);
	enum err err = ledger_take(ledger, engine, now_ms, &take);
	sending.n = err ? 0 : take.n;
	return err;
}

static void finish_sending(struct command *command, enum err err)
{
	(void)command;
	door.reply.status = err ? 503 : 200;
}

static void act_sending(const struct operation *operation)
{
	door.reply.status = 503;
	door.reply.replies = 1;
	sending.settles = strcmp(operation->name, "texts settled") == 0;
	sending.command = (struct command){.change = true, .run = run_sending, .finish = finish_sending};
	if (writer_submit(door.serve->server.writer, &sending.command) == ERR_OK)
		door_turn();
	door.reply.body_len = (size_t)snprintf(door.reply.body, sizeof door.reply.body, "%s",
		door.reply.status == 503 || sending.settles ? "" : sending.n == 1 ? "one" : "none");
}

static void prepare_sending(const struct operation *operation)
{
	if (strcmp(operation->name, "texts given up") == 0)
		town_make(HTTP_METHOD_POST, "/v1/sessions/{live}/close", "{\"grace_s\":0}", 200);
	if (strcmp(operation->name, "texts settled") != 0)
		return;
	fault_hold();
	act_sending(&(struct operation){.name = "texts taken"});
	ASSERT(sending.n == 1);
	fault_go_on();
}

void feed_operations(void)
{
	static const char *const names[] = {"texts taken", "texts given up", "texts settled", NULL};

	for (int i = 0; names[i]; i++)
		operation_add((struct operation){.name = names[i], .answer = ANSWER_NONE, .prepare = prepare_sending, .act = act_sending});
	for (int i = 0; events[i].name; i++)
		operation_add((struct operation){.name = events[i].name, .answer = ANSWER_NONE, .prepare = prepare, .act = act});
	operation_add((struct operation){.name = "keys revoked beside", .answer = ANSWER_NONE, .prepare = prepare_keys, .act = act_keys});
}
