/* The list of sessions, open and kept ones, newest first. */
#include "api/task.h"

struct list_task {
	struct sessions_filter filter;
	char detail[96]; /* for the audit: filter and count */
	int n;
};

static enum err note_list(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct list_task *args = task->args;

	return task_audit(task, engine, now_ms, "session.reveal", STR("list"), str_of(args->detail));
}

/* What was asked for and how many were shown, without the ref: it may be anything. */
static void tell_filter(struct list_task *args, int n)
{
	const struct sessions_filter *filter = &args->filter;

	snprintf(args->detail, sizeof args->detail, "count %d, pool %u, state %s, ref %s", n, filter->pool_id,
		filter->state < 0 ? "any" : session_state_words[filter->state],
		filter->ref.len ? "one" : "any");
}

static enum err read_list(struct task *task, struct store_reader *reader)
{
	struct list_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct session_row *rows;
	struct pool_brief pool;
	uint64_t next = 0;
	int n = 0;

	args->filter.tenant = str_of(task->asker.tenant);
	args->filter.now_ms = task_now_ms(task);
	enum err err =
		reader->store->ops->read_sessions(reader, &args->filter, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "sessions");
	for (int i = 0; i < n; i++)
		if (pools_at(task->server->pools, task->asker.tenant_index, rows[i].pool_id - 1, &pool) ==
			ERR_OK)
			session_json_put(&json, NULL,
				&(struct session_shown){
					&rows[i], &pool, args->filter.now_ms, task_reveals(task)});
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	if (!task_reveals(task) || n == 0)
		return ERR_OK;
	tell_filter(args, n);
	return task_then_change(task, note_list);
}

static enum err read_state(struct api *api, int *ret_state)
{
	struct str text = api_query(api, "state");

	*ret_state = -1;
	if (!text.at)
		return ERR_OK;
	for (int i = 0; session_state_words[i]; i++) {
		if (str_equal(text, str_of(session_state_words[i]))) {
			*ret_state = i;
			return ERR_OK;
		}
	}
	return api_problem(
		api, ERR_BAD_REQUEST, "state", "this is to be one of: waiting live closing cooling closed");
}

enum err api_session_list(struct api *api)
{
	struct sessions_filter filter = {0};
	struct str name = api_query(api, "pool"), ref = api_query(api, "ref");
	struct pool_brief pool;

	enum err err = api_page_size(api, &filter.page_size);
	if (err == ERR_OK)
		err = api_page_after(api, &filter.after);
	if (err == ERR_OK)
		err = read_state(api, &filter.state);
	if (err == ERR_OK && name.at) {
		err = api_pool_said(api, name, &pool);
		filter.pool_id = pool.index + 1u;
	}
	if (err == ERR_OK && ref.at && !session_ref_ok(ref))
		err = api_problem(
			api, ERR_BAD_REQUEST, "ref", "a ref has 1 to 191 bytes and no control characters");
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct list_task));
	if (!task)
		return ERR_OVERLOADED;
	struct list_task *args = task->args;
	args->filter = filter;
	if (ref.at)
		args->filter.ref = arena_str(&task->arena, ref);
	return task_read(task, read_list);
}
