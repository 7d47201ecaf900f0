/* POST /v1/events with one JSON document: an event of ours, a CloudEvent (structured, or binary with `ce-`
 * headers), or a CloudEvents batch. Bodies of many lines are event_stream.c's. */
#include "api/event_lines.h"
#include "api/task.h"

struct events_task {
	struct event_tally tally; /* what the worker refused */
	int chunks_n;
	struct event_lines chunks[];
};

#define EVENTS_MAX 1000 /* of a batch; 64 KiB hold fewer */

static enum err run_events(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct events_task *args = task->args;

	(void)now_ms;
	for (int i = 0; i < args->chunks_n; i++) {
		event_lines_run(&args->chunks[i], engine);
		event_lines_count(&args->chunks[i], &args->tally);
	}
	event_tally_put(&task->out, &args->tally);
	return ERR_OK;
}

static void forget_tally(struct task *task)
{
	event_tally_done(&((struct events_task *)task->args)->tally);
}

static struct event_around binary_mode(const struct http_request *request)
{
	return (struct event_around){
		.id = http_header_of(request, "ce-id"),
		.type = http_header_of(request, "ce-type"),
		.time = http_header_of(request, "ce-time"),
	};
}

static enum err add(struct api *api, struct task *task, const struct json_at *at, uint32_t line)
{
	struct events_task *args = task->args;
	struct event_around around = binary_mode(api->request);
	struct event_sender sender = {
		api->server, api->asker.tenant_index, api->server->worker_vault[api->request->worker]};
	struct problem problem = {0};
	bool ignored = false;

	if (args->chunks_n == 0 || args->chunks[args->chunks_n - 1].n == EVENT_LINES_MAX)
		args->chunks_n++;
	enum err err = event_lines_add(&args->chunks[args->chunks_n - 1], &sender, at, &around, line, &task->arena,
		&ignored, &problem);
	if (err == ERR_OVERLOADED) /* no fault of the event's */
		return err;
	if (err)
		event_tally_refuse(&args->tally, line, err, &problem);
	args->tally.ignored += err == ERR_OK && ignored;
	return ERR_OK;
}

enum err api_events(struct api *api)
{
	bool many = json_at_is_array(&api->body);
	int n = 1;
	enum err err = ERR_OK;

	if (many)
		err = json_at_count(&api->body, 1, EVENTS_MAX, &n, &api->problem);
	if (err)
		return err;
	size_t chunks = (size_t)(n + EVENT_LINES_MAX - 1) / EVENT_LINES_MAX;
	struct task *task = task_new(api, sizeof(struct events_task) + chunks * sizeof(struct event_lines));
	if (!task)
		return ERR_OVERLOADED;
	task->done = forget_tally;
	for (int i = 0; err == ERR_OK && i < n; i++) {
		struct json_at item = json_at_item(&api->body, i);
		err = add(api, task, many ? &item : &api->body, (uint32_t)i + 1);
	}
	if (err) {
		task_free(task);
		return err;
	}
	return task_change(task, run_events);
}
