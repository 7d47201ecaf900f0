/* POST /v1/numbers/erase: one person's number out of everything this tenant keeps.
 *
 *   writer  open sessions with it are closed without grace and wiped
 *   reader  which kept sessions hold it (under both index keys while one is being rotated)
 *   writer  those rows are blanked, ERASE_BATCH at a time; the last batch has the audit row
 *
 * Stopped half-way it is asked again: what is erased stays so.
 */
#include "crypto/vault.h"
#include "api/task.h"

#define ERASE_BATCH 500

struct erase_task {
	struct number number;
	struct person persons[VAULT_KEYS_MAX];
	int persons_n;
	uint32_t closed;    /* open sessions */
	uint64_t *sessions; /* ids of ended ones */
	int sessions_n, done;
};

static enum err note(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct erase_task *args = task->args;
	char masked[NUMBER_TEXT_SIZE], detail[64];

	snprintf(detail, sizeof detail, "sessions %u, rows %u", args->closed,
		args->closed + (uint32_t)args->sessions_n);
	return task_audit(task, engine, now_ms, "number.erase", str_of(number_mask(args->number, masked)),
		str_of(detail));
}

static enum err run_ended(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct erase_task *args = task->args;
	struct json_out json = json_out_to(&task->out);

	for (int n = 0; n < ERASE_BATCH && args->done < args->sessions_n; n++, args->done++) {
		for (int i = 0; i < args->persons_n; i++) {
			enum err err =
				engine_erase_ended(engine, args->sessions[args->done], &args->persons[i]);
			if (err)
				return err;
		}
	}
	if (args->done < args->sessions_n)
		return task_then_change(task, run_ended);
	json_out_object(&json, NULL);
	json_out_u64(&json, "sessions", args->closed);
	json_out_u64(&json, "rows", args->closed + (uint64_t)args->sessions_n);
	json_out_end(&json);
	return note(task, engine, now_ms);
}

/* Of the sessions that hold it, those of this tenant. */
static enum err read_ended(struct task *task, struct store_reader *reader)
{
	struct erase_task *args = task->args;
	struct session_row *row;
	struct arena rows;
	uint64_t *ids;
	int n = 0;

	enum err err = reader->store->ops->read_person(
		reader, args->persons, args->persons_n, &task->arena, &ids, &n);
	if (err)
		return err;
	args->sessions = ids;
	arena_init(&rows, 1u << 20);
	for (int i = 0; i < n && !err; i++) {
		struct pool_brief pool;
		arena_reset(&rows);
		err = reader->store->ops->read_session(reader, ids[i], &rows, &row);
		if (err == ERR_OK && pools_at(task->server->pools, task->asker.tenant_index, row->pool_id - 1,
					     &pool) == ERR_OK)
			args->sessions[args->sessions_n++] = ids[i];
		if (err == ERR_NOT_FOUND)
			err = ERR_OK; /* purged in the meantime */
	}
	arena_done(&rows);
	return err ? err : task_then_change(task, run_ended);
}

static enum err run_open(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct erase_task *args = task->args;

	(void)now_ms;
	enum err err = engine_erase_of(engine, task->asker.tenant_index, args->number, &args->closed);
	return err ? err : task_then_read(task, read_ended);
}

enum err api_erase(struct api *api)
{
	static const char *const fields[] = {"!number", NULL};
	struct json_at at = json_at_field(&api->body, "number");
	struct vault_use *vault = api->server->worker_vault[api->request->worker];
	struct str text = STR_NONE;
	struct number number;

	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&at, 1, 64, &text, &api->problem);
	if (err == ERR_OK && number_parse(text, &number) != ERR_OK)
		err = json_at_problem(
			&at, ERR_BAD_NUMBER, "give the number as + and 8 to 15 digits", &api->problem);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct erase_task));
	if (!task)
		return ERR_OVERLOADED;
	struct erase_task *args = task->args;
	args->number = number;
	vault_person(vault, number, &args->persons[0]);
	args->persons_n = vault_person_old(vault, number, &args->persons[1]) ? 2 : 1;
	return task_change(task, run_open);
}
