/* Pools: make, list, look, change. */
#include "base/check.h"
#include "api/pool_json.h"
#include "api/task.h"
#include "message/ledger.h"
#include "provider/shows_dialled.h"
#include "supply/supply.h"

struct pool_task {
	char name[POOL_NAME_MAX + 1]; /* of a new one */
	struct pool_change change;
	struct supply_change supply;
	struct message_policy_change messages;
	uint16_t index;
	uint64_t after; /* list: index of the last one shown, + 1 */
	int page_size;
};

/* The answer is this pool. A support number in it is somebody's number too: shown whole, it is audited. */
static enum err show(
	struct task *task, struct engine *engine, int64_t now_ms, struct json_out *json, uint16_t index)
{
	const struct pool_row *row = engine_pool(engine, index);
	bool reveal = task_reveals(task) && number_is(row->policy.forward_to);
	struct book *book = supply_book(task->server->supply);
	struct pool_json_supply supply = {book_policy(book, index), book_want(book, engine, index, now_ms),
		ledger_policy(task->server->ledger, index)};

	supply.policy = book_policy(book, index);
	pool_json_put(json, engine, index, reveal, &supply);
	return reveal ? task_audit(task, engine, now_ms, "pool.reveal", str_of(row->name), STR_NONE) : ERR_OK;
}

static enum err show_one(struct task *task, struct engine *engine, int64_t now_ms, uint16_t index)
{
	struct json_out json = json_out_to(&task->out);

	book_outlook(supply_book(task->server->supply), engine, index, now_ms);
	return show(task, engine, now_ms, &json, index);
}

static void publish(struct task *task)
{
	const struct pool_task *args = task->args;
	const struct engine *engine = task->server->engine;

	/* run_create() made room. */
	ASSERT(pools_put(task->server->pools, args->index, engine_pool_tenant(engine, args->index),
		       engine_pool(engine, args->index)) == ERR_OK);
}

/* The supply's part of a request; accounts have to be there, and the tenant's. */
static enum err set_supply(struct task *task, struct engine *engine, const struct supply_change *change, uint16_t index)
{
	struct book *book = supply_book(task->server->supply);
	struct supply_policy policy = *book_policy(book, index);

	if (!change->given)
		return ERR_OK;
	enum err err = supply_json_apply(change, &policy, &task->problem);
	for (int i = 0; !err && i < policy.accounts_n; i++)
		if (!supply_find(task->server->supply, str_of(task->asker.tenant), str_of(policy.accounts[i].provider),
			    str_of(policy.accounts[i].name)))
			err = problem_is(&task->problem, ERR_BAD_REQUEST, "supply.accounts",
				"there is no such account whose numbers can be fetched");
	return err ? err : book_policy_set(book, engine, index, &policy);
}

static enum err set_messages(struct task *task, struct engine *engine, const struct message_policy_change *change,
	uint16_t index)
{
	struct ledger *ledger = task->server->ledger;
	struct message_policy policy = ledger_policy(ledger, index);

	return message_policy_json_apply(change, &policy) ? ledger_policy_set(ledger, engine, index, &policy) : ERR_OK;
}

/* --- make --- */

static enum err run_create(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct pool_task *args = task->args;
	struct pool_policy policy = pool_policy_default(args->change.country);

	enum err err = pool_json_apply(&args->change, &policy, &task->problem);
	if (err == ERR_OK)
		err = engine_pool_create(
			engine, task->asker.tenant_index, str_of(args->name), &policy, &args->index);
	if (err == ERR_OK && !pools_room(task->server->pools, args->index))
		err = ERR_OVERLOADED;
	if (err == ERR_OK)
		err = set_supply(task, engine, &args->supply, args->index);
	if (err == ERR_OK)
		err = set_messages(task, engine, &args->messages, args->index);
	if (err == ERR_OK)
		err = task_audit(task, engine, now_ms, "pool.create", str_of(args->name), STR_NONE);
	if (err)
		return err;
	task->stored = publish;
	task->status = 201;
	snprintf(task->location, sizeof task->location, "/v1/pools/%s", args->name);
	return show_one(task, engine, now_ms, args->index);
}

static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c == '_' || c == '-' || c == '.'))
			return false;
	}
	return name.len >= 1 && name.len <= POOL_NAME_MAX;
}

enum err api_pool_create(struct api *api)
{
	struct json_at name_at = json_at_field(&api->body, "name");
	struct json_at supply_at = json_at_field(&api->body, "supply");
	struct supply_change supply = {0};
	struct message_policy_change messages = {0};
	struct pool_change change;
	struct str name = STR_NONE;

	enum err err = pool_json_read(&api->body, true, 0, &change, &api->problem);
	if (err == ERR_OK)
		err = supply_json_read(&supply_at, &supply, &api->problem);
	if (err == ERR_OK)
		err = message_policy_json_read(&api->body, &messages, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&name_at, 1, POOL_NAME_MAX, &name, &api->problem);
	if (err == ERR_OK && !name_ok(name))
		err = json_at_problem(&name_at, ERR_BAD_REQUEST,
			"a name has letters, digits, '_', '-' and '.'", &api->problem);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct pool_task));
	if (!task)
		return ERR_OVERLOADED;
	struct pool_task *args = task->args;
	args->change = change;
	args->supply = supply;
	args->messages = messages;
	ASSERT(str_copy(args->name, sizeof args->name, name));
	return task_change(task, run_create);
}

/* --- change --- */

static enum err run_patch(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct pool_task *args = task->args;
	const struct pool_row *row = engine_pool(engine, args->index);
	struct pool_policy policy = row->policy;

	enum err err = pool_json_apply(&args->change, &policy, &task->problem);
	if (err == ERR_OK && !shows_dialled_may_be(engine, args->index, policy.numbers))
		err = problem_is(&task->problem, ERR_BAD_REQUEST, "numbers", "there are VNs in it that show only themselves");
	if (err == ERR_OK)
		err = engine_pool_set(engine, args->index, &policy);
	if (err == ERR_BAD_REQUEST && !task->problem.field[0])
		return problem_is(&task->problem, err, policy.mode != row->policy.mode ? "mode" : "numbers",
			"this can't change while sessions are open");
	if (err == ERR_OK)
		err = set_supply(task, engine, &args->supply, args->index);
	if (err == ERR_OK)
		err = set_messages(task, engine, &args->messages, args->index);
	if (err == ERR_OK)
		err = task_audit(task, engine, now_ms, "pool.set", str_of(row->name), STR_NONE);
	task->stored = publish;
	return err ? err : show_one(task, engine, now_ms, args->index);
}

enum err api_pool_patch(struct api *api)
{
	struct json_at supply_at = json_at_field(&api->body, "supply");
	struct supply_change supply = {0};
	struct message_policy_change messages = {0};
	struct pool_change change;
	struct pool_brief pool;

	enum err err = api_pool(api, api->params[0], &pool);
	if (err == ERR_OK)
		err = pool_json_read(&api->body, false, pool.country, &change, &api->problem);
	if (err == ERR_OK)
		err = supply_json_read(&supply_at, &supply, &api->problem);
	if (err == ERR_OK)
		err = message_policy_json_read(&api->body, &messages, &api->problem);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct pool_task));
	if (!task)
		return ERR_OVERLOADED;
	struct pool_task *args = task->args;
	args->change = change;
	args->supply = supply;
	args->messages = messages;
	args->index = pool.index;
	return task_change(task, run_patch);
}

/* --- look --- */

static enum err run_get(struct task *task, struct engine *engine, int64_t now_ms)
{
	return show_one(task, engine, now_ms, ((struct pool_task *)task->args)->index);
}

enum err api_pool_get(struct api *api)
{
	struct pool_brief pool;
	enum err err = api_pool(api, api->params[0], &pool);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct pool_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct pool_task *)task->args)->index = pool.index;
	return task_reveals(task) ? task_change(task, run_get) : task_query(task, run_get);
}

/* --- list --- */

static enum err run_list(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct pool_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	uint64_t last = 0, next = 0;
	enum err err = ERR_OK;
	int n = 0;

	json_out_object(&json, NULL);
	json_out_array(&json, "pools");
	for (uint64_t i = args->after; err == ERR_OK && i < engine_pools(engine) && !next; i++) {
		if (engine_pool_tenant(engine, (uint16_t)i) != task->asker.tenant_index)
			continue;
		if (n++ == args->page_size) {
			next = last;
			break;
		}
		err = show(task, engine, now_ms, &json, (uint16_t)i);
		last = i + 1;
	}
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return err;
}

enum err api_pool_list(struct api *api)
{
	uint64_t after = 0;
	int page_size = 0;

	enum err err = api_page_size(api, &page_size);
	if (err == ERR_OK)
		err = api_page_after(api, &after);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct pool_task));
	if (!task)
		return ERR_OVERLOADED;
	struct pool_task *args = task->args;
	args->after = after;
	args->page_size = page_size;
	return task_reveals(task) ? task_change(task, run_list) : task_query(task, run_list);
}
