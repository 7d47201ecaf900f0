/* Parties of one session: add or replace, take out; and what the app of one shows. */
#include "api/party_blame.h"
#include "api/session_task.h"

/* --- add, replace --- */

/* National numbers wait for the session's pool, which the writer knows. Rare: they cost it some 20 us. */
static enum err read_now(struct task *task, const struct pool_brief *pool)
{
	struct session_task *put = session_task(task);
	struct vault_use *vault = put->was_read ? NULL : vault_use_new(task->server->vault);
	enum err err = put->was_read || vault ? ERR_OK : ERR_OVERLOADED;

	if (vault)
		err = parties_read(&put->text, pool->country, vault, "", &put->read, &task->problem);
	vault_use_free(vault);
	return err ? err : parties_dialled(&put->read, pool, "", &task->problem);
}

static enum err blame(struct task *task, struct engine *engine, uint32_t slot, enum err err)
{
	const struct session_row *session = engine_session_row(engine, slot, &task->arena);

	if (!session)
		return err;
	return party_blame(&(struct party_blame){.engine = engine,
				   .pool = engine_session_pool(engine, slot),
				   .parties = &session_task(task)->read.party,
				   .n = 1,
				   .session = session},
		err, &task->problem);
}

static enum err run_put(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct pool_brief pool;
	uint32_t slot;

	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, session_task_refuse_ended);
	enum err err = pools_at(
		task->server->pools, task->asker.tenant_index, engine_session_pool(engine, slot), &pool);
	if (err == ERR_OK)
		err = read_now(task, &pool);
	if (err)
		return err;
	err = engine_party_put(engine, slot, &session_task(task)->read.party);
	return err ? blame(task, engine, slot, err) : session_task_show(task, engine, now_ms, slot);
}

static struct party_text copy_text(const struct party_text *text, struct arena *arena)
{
	struct party_text copy = *text;

	copy.role = arena_str(arena, text->role);
	for (int i = 0; i < text->numbers_n; i++)
		copy.numbers[i] = arena_str(arena, text->numbers[i]);
	if (text->vn.at)
		copy.vn = arena_str(arena, text->vn);
	return copy;
}

enum err api_party_put(struct api *api)
{
	struct vault_use *vault = api->server->worker_vault[api->request->worker];
	struct party_text text = {0};
	struct task *task;

	enum err err = party_text_read(&api->body, false, &text, &api->problem);
	text.role = api->params[1];
	if (err == ERR_OK && !session_role_ok(text.role))
		err = api_problem(
			api, ERR_BAD_REQUEST, "role", "a role has 1 to 32 letters, digits, '_', '-' and '.'");
	if (err == ERR_OK)
		err = session_task_new(api, &task);
	if (err)
		return err;
	struct session_task *put = session_task(task);
	put->was_read = parties_international(&text);
	if (put->was_read)
		err = parties_read(&text, 0, vault, "", &put->read, &api->problem);
	else
		put->text = copy_text(&text, &task->arena);
	if (err) {
		task_free(task);
		return err;
	}
	return task_change(task, run_put);
}

/* --- take out --- */

static enum err run_drop(struct task *task, struct engine *engine, int64_t now_ms)
{
	uint32_t slot;

	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, session_task_refuse_ended);
	enum err err = engine_party_drop(engine, slot, session_task(task)->role);
	return err ? err : session_task_show(task, engine, now_ms, slot);
}

enum err api_party_drop(struct api *api)
{
	struct task *task;
	enum err err = session_task_new(api, &task);

	if (err)
		return err;
	session_task(task)->role = arena_str(&task->arena, api->params[1]);
	return task_change(task, run_drop);
}

/* --- contact --- */

struct contact {
	struct pool_brief pool;
	struct str ref, as;
	uint64_t ended; /* the order's last session */
};

static void put_contact(struct task *task, const struct session_row *row, int64_t now_ms, int viewer)
{
	const struct contact *contact = task->args;
	struct json_out json = json_out_to(&task->out);

	session_json_contact(&json, &(struct session_shown){row, &contact->pool, now_ms, false}, viewer);
}

/* The order has ended: whether it cools or not is in its row; an order that never had a session is closed. */
static enum err read_ended(struct task *task, struct store_reader *reader)
{
	const struct contact *contact = task->args;
	struct session_row none = {.ref = contact->ref, .closed_at = 1, .never_live = true}, *row = &none;

	if (contact->ended) {
		enum err err = task_read_session(task, reader, contact->ended, &row);
		if (err == ERR_NOT_FOUND)
			row = &none;
		else if (err)
			return err;
	}
	put_contact(task, row, task_now_ms(task), -1);
	return ERR_OK;
}

static enum err run_contact(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct contact *contact = task->args;
	uint32_t slot = engine_session_by_ref(engine, contact->pool.index, contact->ref);

	if (slot == ENGINE_NONE) {
		if (!engine_session_ended(engine, contact->pool.index, contact->ref, &contact->ended))
			return ERR_NOT_FOUND;
		return task_then_read(task, read_ended);
	}
	const struct session_row *row = engine_session_row(engine, slot, &task->arena);
	if (!row)
		return ERR_LIMIT_REACHED;
	int viewer = session_party_of(row, contact->as);
	if (viewer < 0)
		return problem_is(
			&task->problem, ERR_NOT_FOUND, "as", "the session has no party of that role");
	put_contact(task, row, now_ms, viewer);
	return ERR_OK;
}

enum err api_contact(struct api *api)
{
	struct str as = api_query(api, "as");
	struct pool_brief pool;

	if (as.len == 0)
		return api_problem(api, ERR_BAD_REQUEST, "as", "say whose app asks: as=ROLE");
	if (!session_ref_ok(api->params[0]))
		return ERR_NOT_FOUND;
	enum err err = api_pool_said(api, api_query(api, "pool"), &pool);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct contact));
	if (!task)
		return ERR_OVERLOADED;
	struct contact *contact = task->args;
	contact->pool = pool;
	contact->ref = arena_str(&task->arena, api->params[0]);
	contact->as = arena_str(&task->arena, as);
	return task_query(task, run_contact);
}
