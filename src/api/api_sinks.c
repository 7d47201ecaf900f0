/* Sinks: who gets our events, how far each is; enabling one that was disabled, sending again. They are the
 * installation's: keys of tenant `main` see them. */
#include "api/task.h"
#include "out/outbox.h"
#include "wire/cloud_event.h"

static bool may(const struct api *api)
{
	return strcmp(api->asker.tenant, "main") == 0;
}

static void put_sink(struct json_out *json, struct carrier *carrier)
{
	struct carrier_status status;
	char id[EVENT_ID_TEXT_SIZE];

	carrier_status(carrier, &status);
	json_out_object(json, NULL);
	json_out_lit(json, "name", status.name);
	json_out_lit(json, "kind", status.kind);
	json_out_lit(json, "state", carrier_state_words[status.state]);
	json_out_lit_or_null(json, "cursor", status.cursor ? event_id_text(status.cursor, id) : "");
	json_out_u64(json, "delivered", status.done);
	json_out_u64(json, "failed", status.failed);
	json_out_u64(json, "given_up", status.given_up);
	json_out_u64(json, "passed_over", status.passed_over);
	json_out_u64(json, "retries", status.retries);
	json_out_lit_or_null(json, "last_error", status.last_error);
	json_out_time_ms(json, "last_error_at", status.last_error[0] ? status.last_error_ms : 0);
	json_out_time_s(json, "disabled_at", status.disabled_at);
	json_out_end(json);
}

enum err api_sinks(struct api *api)
{
	const struct outbox *outbox = may(api) ? api->server->outbox : NULL;
	struct buf out;

	buf_init(&out, 256u << 10);
	struct json_out json = json_out_to(&out);
	json_out_object(&json, NULL);
	json_out_array(&json, "sinks");
	for (int i = 0; outbox && i < outbox_sinks(outbox); i++)
		put_sink(&json, outbox_sink(outbox, i));
	json_out_end(&json);
	json_out_end(&json);
	bool ok = buf_ok(&out);
	if (ok)
		api_answer(api, 200, buf_text(&out));
	buf_done(&out);
	return ok ? ERR_OK : ERR_OVERLOADED;
}

struct sink_task {
	struct carrier *carrier;
	int64_t since_ms; /* of a replay */
	uint64_t after;
	bool replay;
	bool ordered; /* written down in this run: not an answer that was kept */
};

/* The order reaches the carrier once it is written down who gave it. */
static void give_order(struct task *task)
{
	struct sink_task *args = task->args;

	if (args->ordered && args->replay)
		carrier_replay(args->carrier, args->after);
	else if (args->ordered)
		carrier_enable(args->carrier);
}

static enum err run_order(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct sink_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	char id[EVENT_ID_TEXT_SIZE];

	args->ordered = true;
	json_out_object(&json, NULL);
	json_out_lit(&json, "name", carrier_name(args->carrier));
	if (args->replay)
		json_out_lit_or_null(&json, "from", args->after ? event_id_text(args->after + 1, id) : "");
	json_out_end(&json);
	return task_audit(task, engine, now_ms, args->replay ? "sink.replay" : "sink.enable",
		str_of(carrier_name(args->carrier)), STR_NONE);
}

static enum err read_since(struct task *task, struct store_reader *reader)
{
	struct sink_task *args = task->args;
	uint64_t first = 0;
	enum err err = reader->store->ops->read_outbox_since(reader, args->since_ms, &first);

	if (err)
		return err;
	if (!first)
		return problem_is(&task->problem, ERR_NOT_FOUND, "since", "no event is kept that is not older than that");
	args->after = first - 1;
	return task_then_change(task, run_order);
}

static enum err task_of(struct api *api, struct task **ret_task)
{
	struct carrier *carrier = may(api) && api->server->outbox ? outbox_find(api->server->outbox, api->params[0]) : NULL;

	if (!carrier)
		return ERR_NOT_FOUND;
	*ret_task = task_new(api, sizeof(struct sink_task));
	if (!*ret_task)
		return ERR_OVERLOADED;
	*(struct sink_task *)(*ret_task)->args = (struct sink_task){.carrier = carrier};
	(*ret_task)->stored = give_order;
	return ERR_OK;
}

enum err api_sink_enable(struct api *api)
{
	struct task *task;
	enum err err = task_of(api, &task);

	return err ? err : task_change(task, run_order);
}

enum err api_sink_replay(struct api *api)
{
	static const char *const fields[] = {"!since", NULL};
	struct json_at at = json_at_field(&api->body, "since");
	struct task *task;
	int64_t since_ms = 0;
	enum err err = json_at_fields(&api->body, fields, &api->problem);

	if (err == ERR_OK)
		err = json_at_time(&at, &since_ms, &api->problem);
	if (err == ERR_OK)
		err = task_of(api, &task);
	if (err)
		return err;
	struct sink_task *args = task->args;
	args->replay = true;
	args->since_ms = since_ms;
	return task_read(task, read_since);
}
