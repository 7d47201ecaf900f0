/* Sessions: open, list, look, extend, close, forget. Parties of one are api_parties.c's. */
#include <stdlib.h>

#include "api/parties.h"
#include "api/party_blame.h"
#include "api/session_task.h"
#include "wire/time_text.h"

#define TTL_MAX_S (365u * 86400)

/* --- open --- */

struct opening {
	struct session_open open;
	uint32_t slot;
};

/* `ttl_s` or `expires_at`, not both; `expires_at` at most a year ahead. */
static enum err read_end(struct api *api, uint32_t *ret_ttl_s, uint32_t *ret_expires_at)
{
	struct json_at ttl = json_at_field(&api->body, "ttl_s"),
		       expires = json_at_field(&api->body, "expires_at");
	int64_t time_ms = 0;

	if (json_at_there(&ttl) && json_at_there(&expires))
		return json_at_problem(
			&expires, ERR_BAD_REQUEST, "give ttl_s or expires_at, not both", &api->problem);
	enum err err = json_at_u32(&ttl, 1, TTL_MAX_S, ret_ttl_s, &api->problem);
	if (err == ERR_OK)
		err = json_at_time(&expires, &time_ms, &api->problem);
	if (err || !json_at_there(&expires))
		return err;
	if (time_ms <= 0 || time_ms > api->now_ms + (int64_t)TTL_MAX_S * 1000)
		return json_at_problem(
			&expires, ERR_BAD_REQUEST, "this is to be at most a year ahead", &api->problem);
	*ret_expires_at = (uint32_t)(time_ms / 1000);
	return ERR_OK;
}

static enum err read_opening(struct api *api, struct task *task, struct session_open *open)
{
	static const char *const fields[] = {"pool", "!ref", "!parties", "ttl_s", "expires_at", NULL};
	struct json_at pool_at = json_at_field(&api->body, "pool"), ref_at = json_at_field(&api->body, "ref");
	struct json_at parties_at = json_at_field(&api->body, "parties");
	struct json_at expires_at = json_at_field(&api->body, "expires_at");
	struct str pool_name = STR_NONE, ref = STR_NONE;
	struct pool_brief pool;
	struct party_text *texts = NULL;

	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&pool_at, 1, POOL_NAME_MAX, &pool_name, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&ref_at, 1, SESSION_REF_MAX, &ref, &api->problem);
	if (err == ERR_OK && !session_ref_ok(ref))
		err = json_at_problem(
			&ref_at, ERR_BAD_REQUEST, "a ref has no control characters", &api->problem);
	if (err == ERR_OK)
		err = party_text_list(&parties_at, 1, &task->arena, &texts, &open->parties_n, &api->problem);
	if (err == ERR_OK)
		err = read_end(api, &open->ttl_s, &open->expires_at);
	if (err == ERR_OK && open->expires_at && open->expires_at <= api->now_ms / 1000)
		err = json_at_problem(&expires_at, ERR_BAD_REQUEST, "this time has passed", &api->problem);
	if (err == ERR_OK)
		err = api_pool_said(api, pool_name, &pool);
	if (err == ERR_OK)
		err = parties_fill(texts, open->parties_n, &pool,
			api->server->worker_vault[api->request->worker], &task->arena, &open->parties,
			&api->problem);
	if (err)
		return err;
	open->pool = pool.index;
	open->ref = arena_str(&task->arena, ref);
	return ERR_OK;
}

static enum err run_open(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct opening *opening = task->args;
	char id[SESSION_ID_TEXT_SIZE];
	uint64_t ended = 0;
	bool new = false;

	enum err err = engine_session_open(engine, &opening->open, &opening->slot, &new, &ended);
	if (err)
		return party_blame(&(struct party_blame){.engine = engine,
					   .pool = opening->open.pool,
					   .parties = opening->open.parties,
					   .n = opening->open.parties_n},
			err, &task->problem);
	const struct session_row *row = engine_session_row(engine, opening->slot, &task->arena);
	err = task_show_session(task, engine, now_ms, row);
	if (err)
		return err;
	task->status = new ? 201 : 200;
	if (new)
		snprintf(task->location, sizeof task->location, "/v1/sessions/%s",
			session_id_text(row->id, id));
	return ERR_OK;
}

enum err api_session_open(struct api *api)
{
	struct task *task = task_new(api, sizeof(struct opening));

	if (!task)
		return ERR_OVERLOADED;
	struct opening *opening = task->args;
	enum err err = read_opening(api, task, &opening->open);
	if (err) {
		task_free(task);
		return err;
	}
	return task_change(task, run_open);
}

/* --- look --- */

static enum err read_one(struct task *task, struct store_reader *reader)
{
	struct session_row *row;
	enum err err = task_read_session(task, reader, session_task(task)->id, &row);

	return err ? err : task_show_kept(task, row, task_now_ms(task));
}

static enum err run_get(struct task *task, struct engine *engine, int64_t now_ms)
{
	uint32_t slot;

	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, read_one);
	return task_show_session(task, engine, now_ms, engine_session_row(engine, slot, &task->arena));
}

enum err api_session_get(struct api *api)
{
	struct task *task;
	enum err err = session_task_new(api, &task);

	if (err)
		return err;
	return task_reveals(task) ? task_change(task, run_get) : task_query(task, run_get);
}

/* --- extend, shorten --- */

static enum err run_patch(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct session_task *change = session_task(task);
	uint32_t slot, expires_at = change->expires_at;

	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, session_task_refuse_ended);
	if (change->ttl_s)
		expires_at = (uint32_t)(now_ms / 1000) + change->ttl_s;
	enum err err = engine_session_expire_at(engine, slot, expires_at);
	return err ? err : session_task_show(task, engine, now_ms, slot);
}

enum err api_session_patch(struct api *api)
{
	static const char *const fields[] = {"ttl_s", "expires_at", NULL};
	uint32_t ttl_s = 0, expires_at = 0;
	struct task *task;

	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK)
		err = read_end(api, &ttl_s, &expires_at);
	if (err == ERR_OK && !ttl_s && !expires_at)
		err = api_problem(api, ERR_BAD_REQUEST, "ttl_s", "give ttl_s or expires_at");
	if (err == ERR_OK)
		err = session_task_new(api, &task);
	if (err)
		return err;
	session_task(task)->ttl_s = ttl_s;
	session_task(task)->expires_at = expires_at;
	return task_change(task, run_patch);
}

/* --- close --- */

static enum err run_close(struct task *task, struct engine *engine, int64_t now_ms)
{
	uint32_t slot;

	/* Closing what has ended changes nothing and is no error: it is shown as it is. */
	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, read_one);
	enum err err = engine_session_close(engine, slot, session_task(task)->grace_s);
	return err ? err : session_task_show(task, engine, now_ms, slot);
}

enum err api_session_close(struct api *api)
{
	static const char *const fields[] = {"grace_s", NULL};
	struct json_at grace = json_at_field(&api->body, "grace_s");
	uint32_t grace_s = 0;
	struct task *task;
	enum err err = ERR_OK;

	if (api->json.root)
		err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK)
		err = json_at_u32(&grace, 0, 7 * 86400, &grace_s, &api->problem);
	if (err == ERR_OK)
		err = session_task_new(api, &task);
	if (err)
		return err;
	session_task(task)->grace_s = json_at_there(&grace) ? (int64_t)grace_s : -1;
	return task_change(task, run_close);
}

/* --- forget --- */

static enum err note_forget(struct task *task, struct engine *engine, int64_t now_ms)
{
	char id[SESSION_ID_TEXT_SIZE];

	task->status = 204;
	return task_audit(task, engine, now_ms, "session.forget",
		str_of(session_id_text(session_task(task)->id, id)), STR_NONE);
}

static enum err run_forget_ended(struct task *task, struct engine *engine, int64_t now_ms)
{
	enum err err = engine_erase_ended(engine, session_task(task)->id, NULL);

	return err ? err : note_forget(task, engine, now_ms);
}

static enum err read_before_forget(struct task *task, struct store_reader *reader)
{
	struct session_row *row;
	enum err err = task_read_session(task, reader, session_task(task)->id, &row);

	return err ? err : task_then_change(task, run_forget_ended);
}

static enum err run_forget(struct task *task, struct engine *engine, int64_t now_ms)
{
	uint32_t slot;

	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, read_before_forget);
	enum err err = engine_session_forget(engine, slot);
	return err ? err : note_forget(task, engine, now_ms);
}

enum err api_session_forget(struct api *api)
{
	struct task *task;
	enum err err = session_task_new(api, &task);

	return err ? err : task_change(task, run_forget);
}
