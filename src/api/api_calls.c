/* Calls: what providers asked and what became of it. No real number is in a call. */
#include "api/task.h"

struct calls_task {
	struct calls_filter filter;
};

static void put_call(struct task *task, struct json_out *json, const struct call *call)
{
	char text[NUMBER_TEXT_SIZE], id[CALL_ID_TEXT_SIZE], session[SESSION_ID_TEXT_SIZE];
	struct pool_brief pool;
	bool known = call->pool_id && pools_at(task->server->pools, task->asker.tenant_index,
					      call->pool_id - 1, &pool) == ERR_OK;

	json_out_object(json, NULL);
	json_out_lit(json, "id", call_id_text(call->id, id));
	json_out_time_ms(json, "at", call->at_ms);
	json_out_lit_or_null(json, "pool", known ? pool.name : "");
	json_out_lit_or_null(json, "session", call->session ? session_id_text(call->session, session) : "");
	json_out_lit(json, "provider", call->provider);
	json_out_lit(json, "account", call->account);
	json_out_lit_or_null(json, "provider_call_id", call->provider_call_id);
	json_out_lit_or_null(json, "vn", number_text(call->vn, text));
	json_out_lit_or_null(json, "shown", number_text(call->shown, text));
	json_out_lit_or_null(json, "from_role", call->from_role);
	json_out_lit_or_null(json, "to_role", call->to_role);
	json_out_lit(json, "decision", action_words[call->action]);
	json_out_lit_or_null(json, "reason", reason_words[call->reason]);
	json_out_lit(json, "status", call_status_words[call->status]);
	json_out_u64(json, "seconds", call->seconds);
	json_out_u64(json, "answer_us", call->answer_us);
	json_out_end(json);
}

static enum err read_calls(struct task *task, struct store_reader *reader)
{
	struct calls_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct call *rows;
	uint64_t next = 0;
	int n = 0;

	args->filter.tenant = str_of(task->asker.tenant);
	enum err err = reader->store->ops->read_calls(reader, &args->filter, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "calls");
	for (int i = 0; i < n; i++)
		put_call(task, &json, &rows[i]);
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return ERR_OK;
}

static enum err read_filter(struct api *api, struct calls_filter *filter)
{
	struct str session = api_query(api, "session"), name = api_query(api, "pool");
	struct pool_brief pool;

	enum err err = api_page_size(api, &filter->page_size);
	if (err == ERR_OK)
		err = api_page_after(api, &filter->after);
	if (err == ERR_OK)
		err = api_since(api, &filter->since_ms);
	if (err == ERR_OK && session.at)
		err = session_id_parse(session, &filter->session);
	if (err == ERR_OK && name.at) {
		err = api_pool_said(api, name, &pool);
		filter->pool_id = pool.index + 1u;
	}
	return err;
}

enum err api_calls(struct api *api)
{
	struct calls_filter filter = {0};
	enum err err = read_filter(api, &filter);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct calls_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct calls_task *)task->args)->filter = filter;
	return task_read(task, read_calls);
}
