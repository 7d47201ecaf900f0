/* Dead letters: order events that were refused for good, and those parked behind them. Seen, tried again, dropped. */
#include "api/dead_mask.h"
#include "api/task.h"
#include "feed/feed_batch.h"
#include "feed/veil.h"
#include "wire/notice_json.h"

#define GO_ON_MAX 10000 /* events that one request applies; the rest stays parked */
#define AGAIN_MAX 100   /* times that others dropped letters between our reading and our turn */
#define ANSWER_ROOM 256
#define ARENA_ENOUGH (TASK_ARENA_MAX / 2) /* of payloads; the rest stays parked too */

/* --- looking at them --- */

struct list_task {
	struct dead_filter filter;
};

static void put_dead(struct json_out *json, const struct dead_row *row)
{
	static const char *const states[] = {"refused", "parked"};
	char id[DEAD_ID_TEXT_SIZE];

	json_out_lit(json, "id", dead_id_text(row->id, id));
	json_out_time_ms(json, "at", row->at_ms);
	json_out_lit(json, "state", states[row->state]);
	if (row->order.len)
		json_out_str(json, "order", row->order);
	else
		json_out_null(json, "order");
	json_out_str(json, "topic", row->topic);
	json_out_u64(json, "partition", (uint64_t)row->partition);
	json_out_u64(json, "offset", (uint64_t)row->offset);
	if (row->code.len)
		json_out_str(json, "code", row->code);
	else
		json_out_null(json, "code");
	json_out_str(json, "detail", row->detail);
}

static enum err read_list(struct task *task, struct store_reader *reader)
{
	struct list_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct dead_row *rows;
	uint64_t next = 0;
	int n = 0;

	args->filter.tenant = str_of(task->asker.tenant);
	if (args->filter.order.len) { /* by its id, though that may not be shown */
		args->filter.order = veil_order(task->server->reader_vault, args->filter.order, &task->arena);
		if (!args->filter.order.at)
			return ERR_OVERLOADED;
	}
	enum err err = reader->store->ops->read_dead_list(reader, &args->filter, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "dead");
	for (int i = 0; i < n; i++) {
		json_out_object(&json, NULL);
		put_dead(&json, &rows[i]);
		json_out_end(&json);
	}
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return ERR_OK;
}

enum err api_dead_list(struct api *api)
{
	struct dead_filter filter = {.order = api_query(api, "order")};
	enum err err = api_page_size(api, &filter.page_size);

	if (err == ERR_OK)
		err = api_page_after(api, &filter.after);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct list_task));
	if (!task)
		return ERR_OVERLOADED;
	struct list_task *args = task->args;
	args->filter = filter;
	args->filter.order = arena_str(&task->arena, filter.order);
	return task_read(task, read_list);
}

/* --- one of them --- */

struct dead_counts {
	uint32_t dropped, applied, repeated;
};

struct dead_task {
	uint64_t id;
	bool drop;          /* this one goes untried; those behind it are tried all the same */
	struct str order, tenant;
	struct dead_row row; /* the one at hand */
	struct feed_event read;
	bool gone;          /* the run dropped the row: its count is to go once that is stored */
	uint64_t turn;      /* dead_orders_turn() before the row was read */
	uint32_t again;
	enum err (*reads)(struct task *task, struct store_reader *reader); /* that read it */
	struct dead_counts counts;
	struct dead_counts stored; /* of the runs that are */
	uint32_t tried;
	bool refused;       /* the last one was: it stays, and what is behind it */
	char refused_id[DEAD_ID_TEXT_SIZE];
	enum err why;
};

/* ERR_NOT_FOUND also for other tenants'. */
static enum err read_row(struct task *task, struct store_reader *reader, uint64_t id)
{
	struct dead_task *args = task->args;
	enum err err = reader->store->ops->read_dead(reader, id, &task->arena, &args->row);

	return err == ERR_OK && !str_equal(args->row.tenant, str_of(task->asker.tenant)) ? ERR_NOT_FOUND : err;
}

static enum err note_reveal(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct dead_task *args = task->args;
	char id[DEAD_ID_TEXT_SIZE];

	return task_audit(task, engine, now_ms, "dead.reveal", str_of(dead_id_text(args->id, id)), args->row.order);
}

static enum err read_one(struct task *task, struct store_reader *reader)
{
	struct dead_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	enum err err = read_row(task, reader, args->id);

	if (err)
		return err;
	struct str payload = args->row.payload;
	if (!task_reveals(task))
		payload = dead_mask(payload, &task->arena);
	if (payload.len && !payload.at)
		return ERR_OVERLOADED;
	json_out_object(&json, NULL);
	put_dead(&json, &args->row);
	json_out_str(&json, "payload", payload);
	json_out_end(&json);
	return task_reveals(task) ? task_then_change(task, note_reveal) : ERR_OK;
}

static enum err task_of(struct api *api, bool drop, struct task **ret_task)
{
	uint64_t id;
	enum err err = dead_id_parse(api->params[0], &id);

	if (err)
		return err;
	*ret_task = task_new(api, sizeof(struct dead_task));
	if (!*ret_task)
		return ERR_OVERLOADED;
	*(struct dead_task *)(*ret_task)->args = (struct dead_task){.id = id, .drop = drop};
	return ERR_OK;
}

enum err api_dead_get(struct api *api)
{
	struct task *task;
	enum err err = task_of(api, false, &task);

	return err ? err : task_read(task, read_one);
}

/* --- again, or away; then those that are parked behind it, in order --- */

static enum err read_next(struct task *task, struct store_reader *reader);

static enum err finish(struct task *task)
{
	const struct dead_task *args = task->args;
	struct json_out json = json_out_to(&task->out);

	json_out_object(&json, NULL);
	json_out_u64(&json, "dropped", args->counts.dropped);
	json_out_u64(&json, "applied", args->counts.applied);
	json_out_u64(&json, "repeated", args->counts.repeated);
	json_out_array(&json, "refused");
	if (args->refused) {
		json_out_object(&json, NULL);
		json_out_lit(&json, "id", args->refused_id);
		json_out_lit(&json, "code", err_slug(args->why));
		json_out_lit(&json, "detail", problem_detail(&args->read.problem, args->why));
		json_out_end(&json);
	}
	json_out_end(&json);
	json_out_end(&json);
	return ERR_OK;
}

/* What is stored is told, so that nobody looks for a letter that is gone; what is behind it stays parked. */
static enum err tell_stored(struct task *task, enum err err)
{
	struct dead_task *args = task->args;

	(void)err;
	buf_reset(&task->out);
	args->counts = args->stored;
	args->refused = false;
	return finish(task);
}

/* Stored: its order waits for one less. */
static void count_gone(struct task *task)
{
	struct dead_task *args = task->args;

	task->failed = tell_stored;
	args->stored = args->counts;

	if (args->gone)
		dead_orders_remove(task->server->feed_state->deads, args->tenant, args->order);
	args->gone = false;
}

static enum err bury_again(struct task *task, struct engine *engine, enum err why)
{
	struct dead_task *args = task->args;
	bool was_parked = args->row.state == DEAD_PARKED; /* nobody has heard of it yet */
	char text[FEED_DETAIL_MAX];
	struct buf detail;

	buf_fixed(&detail, text, sizeof text);
	feed_detail(&detail, &args->read.problem, why);
	args->row.state = DEAD_REFUSED;
	args->row.code = str_of(err_slug(why));
	args->row.detail = arena_str(&task->arena, buf_text(&detail));
	args->refused = true;
	args->why = why;
	(void)dead_id_text(args->row.id, args->refused_id);
	enum err err = engine_note(engine, &(struct record){.kind = RECORD_DEAD, .dead = &args->row});
	/* One that was refused before has been told. */
	return !err && was_parked ? feed_tell_refused(engine, &task->arena, &args->row) : err;
}

static enum err audit(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct dead_task *args = task->args;
	char id[DEAD_ID_TEXT_SIZE];

	if (args->row.id != args->id)
		return ERR_OK; /* it goes with the one that was asked for */
	return task_audit(task, engine, now_ms, args->drop ? "dead.drop" : "dead.retry", str_of(dead_id_text(args->id, id)),
		args->row.order);
}

static enum err run_row(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct dead_task *args = task->args;
	struct dead_orders *deads = task->server->feed_state->deads;
	bool drop = args->drop && args->row.id == args->id;
	enum event_effect effect = EVENT_REPEATED;
	uint32_t slot;

	if (args->turn != dead_orders_turn(deads)) /* somebody else's request may have dropped it */
		return ++args->again > AGAIN_MAX ? ERR_OVERLOADED : task_then_read(task, args->reads);
	dead_orders_leaving(deads);
	enum err err = drop || args->read.ignored ? ERR_OK : args->read.err;

	if (!err && !drop && !args->read.ignored)
		err = engine_event(engine, &args->read.event, &effect, &slot);
	if (feed_is_of_the_moment(err))
		return err;
	if (err)
		err = bury_again(task, engine, err);
	else
		err = engine_note(engine, &(struct record){.kind = RECORD_DEAD_DROP, .dead = &args->row});
	if (!err)
		err = audit(task, engine, now_ms);
	if (err)
		return err;
	if (args->refused)
		return finish(task);
	args->gone = true;
	task->stored = count_gone; /* of each run */
	args->tried++;
	args->counts.dropped += drop;
	args->counts.applied += !drop && effect == EVENT_APPLIED;
	args->counts.repeated += !drop && effect == EVENT_REPEATED;
	bool enough = args->order.len == 0 || args->tried == GO_ON_MAX || task->arena.used > ARENA_ENOUGH;
	return enough ? finish(task) : task_then_read(task, read_next);
}

static enum err prepare(struct task *task)
{
	struct dead_task *args = task->args;
	struct event_sender sender = {task->server, task->asker.tenant_index, task->server->reader_vault};
	struct event_around around = {0};

	if (args->row.ce_id.len)
		around.id = args->row.ce_id;
	if (args->row.ce_type.len)
		around.type = args->row.ce_type;
	if (args->row.ce_time.len)
		around.time = args->row.ce_time;
	enum err err = feed_event_read(&sender, args->row.payload, &around, args->row.order, &task->arena, &args->read);
	return err ? err : task_then_change(task, run_row);
}

/* The oldest of the order; 0: there is none (any more). A page may end before it, empty, when others lie in between. */
static enum err first_of(struct task *task, struct store_reader *reader, uint64_t *ret_id)
{
	struct dead_task *args = task->args;
	struct dead_filter filter = {.tenant = args->tenant, .order = args->order, .page_size = 1};
	struct dead_row *rows;
	enum err err;
	int n = 0;

	do
		err = reader->store->ops->read_dead_list(reader, &filter, &task->arena, &rows, &n, &filter.after);
	while (!err && n == 0 && filter.after);
	if (!err)
		*ret_id = n > 0 ? rows[0].id : 0;
	return err;
}

static void note_turn(struct task *task, enum err (*read)(struct task *task, struct store_reader *reader))
{
	struct dead_task *args = task->args;

	args->turn = dead_orders_turn(task->server->feed_state->deads);
	args->reads = read;
}

static enum err read_next(struct task *task, struct store_reader *reader)
{
	struct dead_task *args = task->args;
	uint64_t id;

	note_turn(task, read_next);
	enum err err = first_of(task, reader, &id);

	if (err)
		return err;
	/* What was dropped was behind another one: that one still bars the way. */
	if (id == 0 || (args->drop && id < args->id))
		return finish(task);
	err = read_row(task, reader, id);
	if (err == ERR_NOT_FOUND) /* dropped by somebody else meanwhile */
		return task_then_read(task, read_next);
	return err ? err : prepare(task);
}

static enum err read_first(struct task *task, struct store_reader *reader)
{
	struct dead_task *args = task->args;
	uint64_t first = args->id;

	note_turn(task, read_first);
	enum err err = read_row(task, reader, args->id);

	if (err)
		return err;
	args->order = args->row.order;
	args->tenant = args->row.tenant;
	if (args->drop)
		return task_then_change(task, run_row);
	if (args->order.len)
		err = first_of(task, reader, &first);
	if (!err && first != args->id)
		err = problem_is(&task->problem, ERR_BAD_REQUEST, "id", "an earlier event of this order is to be tried or dropped first");
	return err ? err : prepare(task);
}

/* In the writer first: an Idempotency-Key is looked up there, before the row is missed. */
static enum err run_begin(struct task *task, struct engine *engine, int64_t now_ms)
{
	(void)engine;
	(void)now_ms;
	/* Room for tell_stored(), while nothing is stored yet. */
	return buf_room(&task->out, ANSWER_ROOM) ? task_then_read(task, read_first) : ERR_OVERLOADED;
}

static enum err settle(struct api *api, bool drop)
{
	struct task *task;
	enum err err = task_of(api, drop, &task);

	if (err)
		return err;
	return task_change(task, run_begin);
}

enum err api_dead_retry(struct api *api)
{
	return settle(api, false);
}

enum err api_dead_drop(struct api *api)
{
	return settle(api, true);
}
