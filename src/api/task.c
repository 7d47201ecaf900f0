#include "api/task.h"

#include <stdlib.h>

#include "crypto/vault.h"

#define OF(type, member, at) ((type *)(void *)((char *)(at)-offsetof(type, member)))

static enum err command_run(struct command *command, struct engine *engine, int64_t now_ms);
static void command_finish(struct command *command, enum err err);
static void reading_run(struct reading *reading, struct store_reader *reader);

/* Who asks with which key for what: two keyed hashes, made in the worker (writer.h: the writer has better to
 * do). */
static void take_key(struct task *task, const struct api *api)
{
	const struct http_request *request = api->request;
	struct vault_use *vault = api->server->worker_vault[request->worker];
	const struct str key[] = {
		STR("idempotency-key\n"), str_of(task->asker.tenant), STR("\n"), api->idempotency_key};
	const struct str body[] = {STR("idempotency-body\nPOST "), request->target, STR("\n"), request->body};

	task->keyed = true;
	vault_text_hash(vault, key, 4, task->kept.key_hash);
	vault_text_hash(vault, body, 4, task->kept.body_hash);
}

struct task *task_new(struct api *api, size_t size)
{
	struct task *task = calloc(1, sizeof *task);

	if (!task)
		return NULL;
	arena_init(&task->arena, TASK_ARENA_MAX);
	buf_init(&task->out, TASK_ANSWER_MAX);
	task->command = (struct command){.run = command_run, .finish = command_finish};
	task->reading = (struct reading){.run = reading_run};
	task->server = api->server;
	task->handle = api->request->handle;
	task->asker = api->asker;
	task->status = 200;
	task->args = arena_alloc(&task->arena, size ? size : 1);
	if (!task->args) {
		task_free(task);
		return NULL;
	}
	if (api->idempotency_key.len)
		take_key(task, api);
	return task;
}

void task_free(struct task *task)
{
	if (!task)
		return;
	if (task->done)
		task->done(task);
	buf_done(&task->out);
	arena_done(&task->arena);
	free(task);
}

bool task_reveals(const struct task *task)
{
	return task->asker.scopes & KEY_REVEAL;
}

int64_t task_now_ms(const struct task *task)
{
	return task->server->now_ms(task->server->clock_context);
}

/* --- the way --- */

static enum err submit(struct task *task, bool change)
{
	task->command.change = change;
	enum err err = writer_submit(task->server->writer, &task->command);
	if (err)
		task_free(task);
	return err;
}

enum err task_change(
	struct task *task, enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms))
{
	task->run = run;
	return submit(task, true);
}

enum err task_query(
	struct task *task, enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms))
{
	task->run = run;
	return submit(task, false);
}

enum err task_read(struct task *task, enum err (*read)(struct task *task, struct store_reader *reader))
{
	task->read = read;
	enum err err = reader_submit(task->server->reader, &task->reading);
	if (err)
		task_free(task);
	return err;
}

enum err task_then_read(struct task *task, enum err (*read)(struct task *task, struct store_reader *reader))
{
	task->read = read;
	task->next = TASK_READ;
	return ERR_OK;
}

enum err task_then_change(
	struct task *task, enum err (*run)(struct task *task, struct engine *engine, int64_t now_ms))
{
	task->run = run;
	task->next = TASK_CHANGE;
	return ERR_OK;
}

/* A failed answer becomes its error. */
static enum err check_out(struct task *task)
{
	if (buf_ok(&task->out))
		return ERR_OK;
	return task->out.no_memory ? ERR_OVERLOADED
				   : problem_is(&task->problem, ERR_TOO_LARGE, NULL, "the answer is too large: ask for a smaller page");
}

/* What ran out of memory has failed, whatever it says: a text that could not be copied looks like one that is not there. */
static enum err check_memory(struct task *task, enum err err)
{
	if (!task->arena.no_memory || err == ERR_STORE_FAILED)
		return err;
	task->problem = (struct problem){0};
	return ERR_OVERLOADED;
}

static void answer(struct task *task, enum err err)
{
	char text[API_PROBLEM_MAX];
	struct http_reply reply;
	struct buf out;

	if (err == ERR_OK)
		err = check_out(task);
	if (err) {
		/* Not in task->out: there may be no memory for it. */
		buf_fixed(&out, text, sizeof text);
		api_problem_body(&out, &reply, err, &task->problem);
	} else {
		api_reply_head(&reply, task->status, buf_text(&task->out));
		if (task->location[0])
			reply.extra[reply.extra_n++] =
				(struct http_header){STR("Location"), str_of(task->location)};
		if (task->replayed)
			reply.extra[reply.extra_n++] =
				(struct http_header){STR("Idempotent-Replayed"), STR("true")};
	}
	http_reply_from(task->server->http, task->handle, &reply);
}

/* On to the next thread, or answers and ends. */
static void go_on(struct task *task, enum err err)
{
	enum task_next next = task->next;

	task->next = TASK_ANSWER;
	if (err == ERR_OK && next == TASK_READ)
		err = reader_submit(task->server->reader, &task->reading);
	else if (err == ERR_OK && next == TASK_CHANGE) {
		task->command.change = true;
		err = writer_submit(task->server->writer, &task->command);
	}
	if (err == ERR_OK && next != TASK_ANSWER)
		return;
	if (err && task->failed)
		err = task->failed(task, err);
	answer(task, err);
	task_free(task);
}

static void reading_run(struct reading *reading, struct store_reader *reader)
{
	struct task *task = OF(struct task, reading, reading);

	go_on(task, reader ? check_memory(task, task->read(task, reader)) : ERR_OVERLOADED);
}

static void command_finish(struct command *command, enum err err)
{
	struct task *task = OF(struct task, command, command);

	if (err == ERR_OK && task->stored) {
		task->stored(task);
		task->stored = NULL;
	}
	go_on(task, err);
}

/* --- Idempotency-Keys --- */

/* In the reader: the answer that was given, or the session that it was, as it is now. */
static enum err read_kept(struct task *task, struct store_reader *reader)
{
	struct idempotency_row row;
	struct session_row *session;

	enum err err = reader->store->ops->read_idempotency(reader, task->kept.id, &task->arena, &row);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_STORE_FAILED : err;
	task->status = row.status;
	task->replayed = true;
	if (!row.session) {
		buf_str(&task->out, row.answer);
		return ERR_OK;
	}
	err = task_read_session(task, reader, row.session, &session);
	return err ? err : task_show_kept(task, session, task_now_ms(task));
}

/* True: this key was used before; *ret_err is then the outcome of the run. */
static bool replays(struct task *task, int64_t now_ms, enum err *ret_err)
{
	struct idempotency_use use;

	if (!idempotency_find(
		    task->server->idempotency, task->kept.key_hash, (uint32_t)(now_ms / 1000), &use))
		return false;
	if (memcmp(use.body_hash, task->kept.body_hash, sizeof use.body_hash) != 0) {
		*ret_err = ERR_IDEMPOTENCY_MISMATCH;
		return true;
	}
	task->kept.id = use.row;
	*ret_err = task_then_read(task, read_kept);
	return true;
}

static enum err keep(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct idempotency_row *row = &task->kept;

	row->id = engine_next_id(engine);
	row->until = (uint32_t)(now_ms / 1000) + TASK_KEEP_S;
	row->status = task->status;
	row->session = task->shown_session;
	row->answer = task->shown_session ? STR_NONE : buf_text(&task->out);
	struct idempotency_use use = {.row = row->id, .until = row->until};
	memcpy(use.body_hash, row->body_hash, sizeof use.body_hash);
	enum err err = engine_note(engine, &(struct record){.kind = RECORD_IDEMPOTENCY, .idempotency = row});
	return err ? err : idempotency_note(task->server->idempotency, row->key_hash, &use);
}

static enum err command_run(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct task *task = OF(struct task, command, command);
	bool keyed = task->keyed && command->change;
	enum err err;

	if (keyed && replays(task, now_ms, &err)) {
		task->keyed = false;
		return err;
	}
	err = check_memory(task, task->run(task, engine, now_ms));
	/* A change whose answer can't be given is undone. */
	if (err == ERR_OK && task->next == TASK_ANSWER)
		err = check_out(task);
	if (err == ERR_OK && keyed && task->next == TASK_ANSWER)
		err = keep(task, engine, now_ms);
	return err;
}

/* --- what many of them do --- */

enum err task_audit(struct task *task, struct engine *engine, int64_t now_ms, const char *action,
	struct str target, struct str detail)
{
	struct audit_row *row = arena_alloc(&task->arena, sizeof *row);

	if (!row)
		return ERR_LIMIT_REACHED;
	*row = (struct audit_row){
		.at_ms = now_ms,
		.tenant = str_of(task->asker.tenant),
		.key = str_of(task->asker.key_id),
		.action = str_of(action),
		.target = arena_str(&task->arena, target),
		.detail = arena_str(&task->arena, detail),
	};
	return engine_note(engine, &(struct record){.kind = RECORD_AUDIT, .audit = row});
}

static void put_session(
	struct task *task, const struct session_row *row, const struct pool_brief *pool, int64_t now_ms)
{
	struct json_out json = json_out_to(&task->out);

	session_json_put(&json, NULL, &(struct session_shown){row, pool, now_ms, task_reveals(task)});
	if (task_reveals(task))
		task->shown_session = row->id;
}

enum err task_show_session(
	struct task *task, struct engine *engine, int64_t now_ms, const struct session_row *row)
{
	struct pool_brief pool;
	char id[SESSION_ID_TEXT_SIZE];

	if (!row)
		return ERR_LIMIT_REACHED;
	enum err err = pools_at(task->server->pools, task->asker.tenant_index, row->pool_id - 1, &pool);
	if (err)
		return err;
	put_session(task, row, &pool, now_ms);
	if (!task_reveals(task))
		return ERR_OK;
	return task_audit(
		task, engine, now_ms, "session.reveal", str_of(session_id_text(row->id, id)), row->ref);
}

enum err task_read_session(
	struct task *task, struct store_reader *reader, uint64_t id, struct session_row **ret_row)
{
	struct session_row *row;
	struct pool_brief pool;

	enum err err = reader->store->ops->read_session(reader, id, &task->arena, &row);
	if (err == ERR_OK)
		err = pools_at(task->server->pools, task->asker.tenant_index, row->pool_id - 1, &pool);
	if (err == ERR_OK)
		*ret_row = row;
	return err;
}

/* The answer is ready; who saw it is written down before it is given. */
static enum err note_reveal(struct task *task, struct engine *engine, int64_t now_ms)
{
	char id[SESSION_ID_TEXT_SIZE];

	return task_audit(task, engine, now_ms, "session.reveal",
		str_of(session_id_text(task->shown_session, id)), STR_NONE);
}

enum err task_show_kept(struct task *task, const struct session_row *row, int64_t now_ms)
{
	struct pool_brief pool;

	enum err err = pools_at(task->server->pools, task->asker.tenant_index, row->pool_id - 1, &pool);
	if (err)
		return err;
	put_session(task, row, &pool, now_ms);
	return task_reveals(task) ? task_then_change(task, note_reveal) : ERR_OK;
}
