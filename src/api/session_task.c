#include "api/session_task.h"

enum err session_task_new(struct api *api, struct task **ret_task)
{
	uint64_t id;
	enum err err = session_id_parse(api->params[0], &id);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct session_task));
	if (!task)
		return ERR_OVERLOADED;
	session_task(task)->id = id;
	*ret_task = task;
	return ERR_OK;
}

struct session_task *session_task(struct task *task)
{
	return task->args;
}

enum err session_task_find(struct task *task, struct engine *engine, uint32_t *ret_slot)
{
	uint32_t slot = engine_session_find(engine, session_task(task)->id);

	if (slot == ENGINE_NONE)
		return ERR_NOT_FOUND;
	if (engine_pool_tenant(engine, engine_session_pool(engine, slot)) != task->asker.tenant_index)
		return ERR_NOT_FOUND;
	*ret_slot = slot;
	return ERR_OK;
}

static enum err read_shown(struct task *task, struct store_reader *reader)
{
	struct session_row *row;
	enum err err = task_read_session(task, reader, session_task(task)->id, &row);

	return err ? err : task_show_kept(task, row, task_now_ms(task));
}

enum err session_task_show(struct task *task, struct engine *engine, int64_t now_ms, uint32_t slot)
{
	if (engine_session_find(engine, session_task(task)->id) != slot)
		return task_then_read(task, read_shown);
	return task_show_session(task, engine, now_ms, engine_session_row(engine, slot, &task->arena));
}

enum err session_task_refuse_ended(struct task *task, struct store_reader *reader)
{
	struct session_row *row;
	enum err err = task_read_session(task, reader, session_task(task)->id, &row);

	return err ? err : ERR_SESSION_CLOSED;
}
