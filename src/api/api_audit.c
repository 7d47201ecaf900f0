/* The audit trail: who revealed, erased, changed what, when. */
#include "api/task.h"
#include "wire/base64.h"

struct audit_task {
	int64_t since_ms;
	uint64_t after;
	int page_size;
};

static void put_row(struct json_out *json, const struct audit_row *row)
{
	char hex[2 * sizeof row->hash];
	struct buf text;

	buf_fixed(&text, hex, sizeof hex);
	hex_put(&text, row->hash, sizeof row->hash);
	json_out_object(json, NULL);
	json_out_u64(json, "id", row->id);
	json_out_time_ms(json, "at", row->at_ms);
	json_out_str(json, "key", row->key);
	json_out_str(json, "action", row->action);
	json_out_str(json, "target", row->target);
	json_out_str(json, "detail", row->detail);
	json_out_str(json, "hash", buf_text(&text));
	json_out_end(json);
}

static enum err read_audit(struct task *task, struct store_reader *reader)
{
	const struct audit_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct audit_row *rows;
	uint64_t next = 0;
	int n = 0;

	enum err err = reader->store->ops->read_audit(reader, str_of(task->asker.tenant), args->since_ms,
		args->after, args->page_size, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "audit");
	for (int i = 0; i < n; i++)
		put_row(&json, &rows[i]);
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return ERR_OK;
}

enum err api_audit(struct api *api)
{
	struct audit_task list = {0};

	enum err err = api_page_size(api, &list.page_size);
	if (err == ERR_OK)
		err = api_page_after(api, &list.after);
	if (err == ERR_OK)
		err = api_since(api, &list.since_ms);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof list);
	if (!task)
		return ERR_OVERLOADED;
	*(struct audit_task *)task->args = list;
	return task_read(task, read_audit);
}
