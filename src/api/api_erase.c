/* POST /v1/numbers/erase: one person's number out of everything this tenant keeps.
 *
 *   writer  open sessions with it are closed without grace and wiped
 *   writer  blocks that name it are dropped, ERASE_BATCH at a time
 *   reader  which kept sessions hold it (under both index keys while one is being rotated)
 *   writer  those rows are blanked, ERASE_BATCH at a time
 *   reader  which dead letters hold it, a page at a time: they are opened one by one
 *   writer  those are dropped; the last batch has the audit row
 *
 * What is parked behind a letter that goes stays parked. Stopped half-way it is asked again: what is erased stays so.
 */
#include "api/dead_holds.h"
#include "api/task.h"
#include "crypto/vault.h"
#include "feed/feed_batch.h"

#define ERASE_BATCH 500
#define ERASE_DEAD_PAGE 200
#define ERASE_AGAIN_MAX 100 /* times that others dropped letters between our reading and our turn */

struct erase_task {
	struct number number;
	struct person persons[VAULT_KEYS_MAX];
	int persons_n;
	uint32_t closed;    /* open sessions */
	uint64_t *sessions; /* ids of ended ones */
	int sessions_n, done;
	struct arena page;             /* of dead letters */
	struct dead_row *deads;        /* of the page, those that hold it; without payload */
	int deads_n;
	uint64_t dead_after, dead_next; /* the page's beginning, the next one's (0: it was the last) */
	uint64_t turn;                 /* dead_orders_turn() before the page was read */
	uint32_t dead, again;          /* letters dropped and stored; readings anew */
	uint32_t blocks;               /* dropped */
};

static enum err note(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct erase_task *args = task->args;
	char masked[NUMBER_TEXT_SIZE], detail[96];

	snprintf(detail, sizeof detail, "sessions %u, rows %u, dead %u, blocks %u", args->closed,
		args->closed + (uint32_t)args->sessions_n, args->dead, args->blocks);
	return task_audit(task, engine, now_ms, "number.erase", str_of(number_mask(args->number, masked)),
		str_of(detail));
}

/* --- dead letters --- */

static enum err run_finish(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct erase_task *args = task->args;
	struct json_out json = json_out_to(&task->out);

	json_out_object(&json, NULL);
	json_out_u64(&json, "sessions", args->closed);
	json_out_u64(&json, "rows", args->closed + (uint64_t)args->sessions_n);
	json_out_u64(&json, "dead", args->dead);
	json_out_u64(&json, "blocks", args->blocks);
	json_out_end(&json);
	return note(task, engine, now_ms);
}

/* Stored: their orders wait for so many less. */
static void count_dead(struct task *task)
{
	struct erase_task *args = task->args;

	for (int i = 0; i < args->deads_n; i++)
		dead_orders_remove(task->server->feed_state->deads, args->deads[i].tenant, args->deads[i].order);
	args->dead += (uint32_t)args->deads_n;
	args->deads_n = 0;
}

static enum err read_dead(struct task *task, struct store_reader *reader);

static enum err run_dead(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct erase_task *args = task->args;
	struct dead_orders *deads = task->server->feed_state->deads;
	enum err err = ERR_OK;

	(void)now_ms;
	if (args->turn != dead_orders_turn(deads)) /* some may have been dropped by others */
		return ++args->again > ERASE_AGAIN_MAX ? ERR_OVERLOADED : task_then_read(task, read_dead);
	dead_orders_leaving(deads);
	for (int i = 0; i < args->deads_n && !err; i++)
		err = engine_note(engine, &(struct record){.kind = RECORD_DEAD_DROP, .dead = &args->deads[i]});
	if (err)
		return err;
	task->stored = count_dead;
	args->dead_after = args->dead_next;
	return args->dead_next ? task_then_read(task, read_dead) : task_then_change(task, run_finish);
}

/* Does this letter hold it? One that somebody dropped meanwhile does not. */
static enum err look_into(struct task *task, struct store_reader *reader, const struct dead_row *row, bool *ret_holds)
{
	const struct erase_task *args = task->args;
	struct dead_row whole;
	struct arena arena;

	arena_init(&arena, TASK_ARENA_MAX);
	enum err err = reader->store->ops->read_dead(reader, row->id, &arena, &whole);
	*ret_holds = err == ERR_OK && dead_holds(whole.payload, args->number);
	arena_done(&arena);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err read_dead(struct task *task, struct store_reader *reader)
{
	struct erase_task *args = task->args;
	struct dead_filter filter = {
		.tenant = str_of(task->asker.tenant), .after = args->dead_after, .page_size = ERASE_DEAD_PAGE};
	int n = 0;

	args->turn = dead_orders_turn(task->server->feed_state->deads);
	args->deads_n = 0;
	arena_reset(&args->page);
	enum err err = reader->store->ops->read_dead_list(reader, &filter, &args->page, &args->deads, &n, &args->dead_next);
	for (int i = 0; i < n && !err; i++) {
		bool holds = false;
		err = look_into(task, reader, &args->deads[i], &holds);
		if (holds)
			args->deads[args->deads_n++] = args->deads[i];
	}
	if (err)
		return err;
	if (args->deads_n)
		return task_then_change(task, run_dead);
	args->dead_after = args->dead_next;
	return args->dead_next ? task_then_read(task, read_dead) : task_then_change(task, run_finish);
}

static void free_page(struct task *task)
{
	arena_done(&((struct erase_task *)task->args)->page);
}

/* --- sessions --- */

static enum err run_ended(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct erase_task *args = task->args;

	(void)now_ms;
	for (int n = 0; n < ERASE_BATCH && args->done < args->sessions_n; n++, args->done++) {
		for (int i = 0; i < args->persons_n; i++) {
			enum err err =
				engine_erase_ended(engine, args->sessions[args->done], &args->persons[i]);
			if (err)
				return err;
		}
	}
	return args->done < args->sessions_n ? task_then_change(task, run_ended) : task_then_read(task, read_dead);
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

static enum err run_blocks(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct erase_task *args = task->args;
	uint32_t n = 0;

	(void)now_ms;
	enum err err = engine_block_erase(engine, task->asker.tenant_index, args->number, ERASE_BATCH, &n);
	if (err)
		return err;
	args->blocks += n;
	return n == ERASE_BATCH ? task_then_change(task, run_blocks) : task_then_read(task, read_ended);
}

static enum err run_open(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct erase_task *args = task->args;

	(void)now_ms;
	enum err err = engine_erase_of(engine, task->asker.tenant_index, args->number, &args->closed);
	return err ? err : task_then_change(task, run_blocks);
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
	arena_init(&args->page, TASK_ARENA_MAX);
	task->done = free_page;
	return task_change(task, run_open);
}
