/* Virtual numbers: add to a pool, list, disable, reserve. */
#include "base/check.h"
#include "core/health.h"
#include "phone/phone.h"
#include "provider/shows_dialled.h"
#include "api/task.h"
#include "wire/json.h"

#define NUMBERS_MAX 10000
#define NUMBER_TEXT_LONG 64

/* --- one, as it is shown --- */

/* Why it is disabled, since when and, where its health is why, until when at the latest. */
static void put_out(struct json_out *json, const struct vn_row *row)
{
	if (row->out == VN_OUT_NOT) {
		json_out_null(json, "out");
		return;
	}
	json_out_object(json, "out");
	json_out_lit(json, "why", vn_out_words[row->out]);
	json_out_time_s(json, "since", row->out_at);
	json_out_time_s(json, "until", row->out == VN_OUT_SICK ? row->out_at + health_out_s(row->out_times) : 0);
	json_out_end(json);
}

static void put_vn(struct json_out *json, const struct vn_view *view)
{
	char text[NUMBER_TEXT_SIZE];

	json_out_object(json, NULL);
	json_out_lit(json, "number", number_text(view->row->number, text));
	json_out_lit(json, "provider", view->row->provider);
	json_out_lit(json, "account", view->row->account);
	json_out_lit(json, "state", vn_state_words[view->state]);
	json_out_bool(json, "reserved", view->row->reserved);
	json_out_u64(json, "sessions", view->sessions);
	if (view->sessions)
		json_out_null(json, "free_since");
	else
		json_out_time_s(json, "free_since", view->row->free_since);
	put_out(json, view->row);
	json_out_end(json);
}

/* --- add --- */

/* One of the list, in the order of the request. */
struct add_item {
	struct str text; /* as it came: what `skipped` tells */
	enum err err;    /* why it is skipped */
	bool is_party;   /* it is somebody's own number: told masked */
	struct number number;
	struct place place;
	bool reserved;
	char provider[PROVIDER_NAME_MAX + 1], account[ACCOUNT_NAME_MAX + 1];
};

struct add_task {
	uint16_t pool;
	char pool_name[POOL_NAME_MAX + 1];
	int n;
	struct add_item *items;
};

/* An account that is another tenant's doesn't exist for this one; one that nobody has configured yet may
 * come. */
static enum err account_of(const struct api *api, const struct add_item *item)
{
	const struct config *config = api->server->config;

	for (int i = 0; i < config->accounts_n; i++) {
		const struct account *account = &config->accounts[i];
		if (strcmp(account->provider->name, item->provider) == 0 &&
			strcmp(account->name, item->account) == 0)
			return strcmp(account->tenant, api->asker.tenant) == 0 ? ERR_OK : ERR_NOT_FOUND;
	}
	return ERR_OK;
}

static enum err read_names(struct api *api, const struct json_at *at, struct add_item *item)
{
	struct json_at provider_at = json_at_field(at, "provider"), account_at = json_at_field(at, "account");
	struct str provider = STR("generic"), account = STR("main");

	enum err err = json_at_text(&provider_at, 1, PROVIDER_NAME_MAX, &provider, &api->problem);
	if (err == ERR_OK && !provider_find(provider))
		err = json_at_problem(
			&provider_at, ERR_BAD_REQUEST, "there is no such provider", &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&account_at, 1, ACCOUNT_NAME_MAX, &account, &api->problem);
	if (err == ERR_OK && !session_role_ok(account))
		err = json_at_problem(&account_at, ERR_BAD_REQUEST,
			"a name has letters, digits, '_', '-' and '.'", &api->problem);
	if (err)
		return err;
	ASSERT(str_copy(item->provider, sizeof item->provider, provider));
	ASSERT(str_copy(item->account, sizeof item->account, account));
	return ERR_OK;
}

static enum err read_item(struct api *api, const struct json_at *at, const struct pool_brief *pool,
	struct arena *arena, struct add_item *item)
{
	static const char *const fields[] = {"!number", "provider", "account", "reserved", NULL};
	struct json_at number_at = json_at_field(at, "number"), reserved_at = json_at_field(at, "reserved");
	struct str text = STR_NONE;
	struct phone phone;

	enum err err = json_at_fields(at, fields, &api->problem);
	if (err == ERR_OK)
		err = json_at_text(&number_at, 1, NUMBER_TEXT_LONG, &text, &api->problem);
	if (err == ERR_OK)
		err = json_at_bool(&reserved_at, &item->reserved, &api->problem);
	if (err == ERR_OK)
		err = read_names(api, at, item);
	if (err)
		return err;
	item->text = arena_str(arena, text);
	item->err = phone_parse_vn(text, pool->country, &phone);
	if (item->err)
		return item->err == ERR_OVERLOADED ? item->err : ERR_OK; /* no memory is no fault of the number's */
	item->number = phone.number;
	item->place = phone.place;
	item->err = account_of(api, item);
	return ERR_OK;
}

/* Adds what may be added, tells the rest. */
static enum err add_all(struct engine *engine, struct add_task *args, struct arena *arena, struct problem *problem,
	uint32_t *ret_added)
{
	char field[40];
	struct vn_add *adds = arena_alloc(arena, sizeof *adds * (size_t)(args->n + 1));
	bool *in_use = arena_alloc(arena, (size_t)args->n + 1);

	if (!adds || !in_use)
		return ERR_LIMIT_REACHED;
	for (int i = 0; i < args->n; i++)
		adds[i].number = args->items[i].number;
	enum err looked = engine_vn_in_use(engine, adds, args->n, in_use);
	if (looked)
		return looked;
	for (int i = 0; i < args->n; i++) {
		struct add_item *item = &args->items[i];
		if (item->err)
			continue;
		if (!shows_dialled_may_join(engine, args->pool, str_of(item->provider))) {
			snprintf(field, sizeof field, "numbers[%d].provider", i);
			return problem_is(problem, ERR_BAD_REQUEST, field, SHOWS_DIALLED_WHY);
		}
		if (in_use[i]) {
			item->err = ERR_NUMBER_IN_USE;
			item->is_party = true;
			continue;
		}
		adds[i].reserved = item->reserved;
		adds[i].place = item->place;
		enum err err = engine_account(
			engine, str_of(item->provider), str_of(item->account), &adds[i].account);
		if (err == ERR_OK)
			err = engine_vn_add(engine, args->pool, &adds[i]);
		if (err == ERR_NUMBER_IN_USE)
			item->err = err;
		else if (err)
			return err;
		else
			++*ret_added;
	}
	return ERR_OK;
}

/* `index` says which one of the request's list it is, since a party's number is masked. */
static void put_skipped(struct json_out *json, const struct add_item *item, int index)
{
	char masked[NUMBER_TEXT_SIZE];

	json_out_object(json, NULL);
	if (item->is_party)
		json_out_lit(json, "number", number_mask(item->number, masked));
	else
		json_out_str(json, "number", item->text);
	json_out_lit(json, "code", err_slug(item->err));
	json_out_u64(json, "index", (uint64_t)index);
	json_out_end(json);
}

static void put_added(struct buf *out, const struct add_task *args, uint32_t added)
{
	struct json_out json = json_out_to(out);

	json_out_object(&json, NULL);
	json_out_u64(&json, "added", added);
	json_out_array(&json, "skipped");
	for (int i = 0; i < args->n; i++)
		if (args->items[i].err)
			put_skipped(&json, &args->items[i], i);
	json_out_end(&json);
	json_out_end(&json);
}

static enum err run_add(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct add_task *args = task->args;
	char detail[64];
	uint32_t added = 0;

	enum err err = add_all(engine, args, &task->arena, &task->problem, &added);
	if (err)
		return err;
	put_added(&task->out, args, added);
	snprintf(detail, sizeof detail, "added %u of %d", added, args->n);
	return added ? task_audit(task, engine, now_ms, "number.add", str_of(args->pool_name), str_of(detail))
		     : ERR_OK;
}

static enum err read_items(struct api *api, const struct pool_brief *pool, struct task *task)
{
	struct add_task *args = task->args;
	struct json_at numbers = json_at_field(&api->body, "numbers");

	args->items = arena_alloc(&task->arena, sizeof *args->items * (size_t)(args->n + 1));
	if (!args->items)
		return ERR_LIMIT_REACHED;
	for (int i = 0; i < args->n; i++) {
		struct json_at item = json_at_item(&numbers, i);
		enum err err = read_item(api, &item, pool, &task->arena, &args->items[i]);
		if (err)
			return err;
	}
	return ERR_OK;
}

enum err api_numbers_add(struct api *api)
{
	static const char *const fields[] = {"!numbers", NULL};
	struct json_at numbers = json_at_field(&api->body, "numbers");
	struct pool_brief pool;
	int n = 0;

	enum err err = api_pool(api, api->params[0], &pool);
	if (err == ERR_OK)
		err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK)
		err = json_at_count(&numbers, 1, NUMBERS_MAX, &n, &api->problem);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct add_task));
	if (!task)
		return ERR_OVERLOADED;
	struct add_task *args = task->args;
	args->pool = pool.index;
	args->n = n;
	memcpy(args->pool_name, pool.name, sizeof args->pool_name);
	err = read_items(api, &pool, task);
	if (err) {
		task_free(task);
		return err;
	}
	return task_change(task, run_add);
}

/* --- list --- */

struct list_task {
	uint16_t pool;
	int state; /* enum vn_state; -1: any */
	uint32_t after;
	int page_size;
};

static enum err run_list(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct list_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	uint32_t vn = engine_vn_next(engine, args->pool, args->state, args->after), last = 0;
	struct vn_view view;

	(void)now_ms;
	json_out_object(&json, NULL);
	json_out_array(&json, "numbers");
	for (int n = 0; vn && n < args->page_size; n++) {
		enum err err = engine_vn(engine, vn, &view);
		if (err)
			return err;
		put_vn(&json, &view);
		last = vn;
		vn = engine_vn_next(engine, args->pool, args->state, last);
	}
	json_out_end(&json);
	api_next_page(&json, vn ? last : 0);
	json_out_end(&json);
	return ERR_OK;
}

static enum err read_state(struct api *api, int *ret_state)
{
	struct str text = api_query(api, "state");

	*ret_state = -1;
	if (!text.at)
		return ERR_OK;
	for (int i = 0; vn_state_words[i]; i++) {
		if (str_equal(text, str_of(vn_state_words[i]))) {
			*ret_state = i;
			return ERR_OK;
		}
	}
	return api_problem(
		api, ERR_BAD_REQUEST, "state", "this is to be one of: free lent cooling reserved disabled");
}

enum err api_numbers_list(struct api *api)
{
	struct list_task list = {0};
	struct pool_brief pool;
	uint64_t after = 0;

	enum err err = api_pool(api, api->params[0], &pool);
	if (err == ERR_OK)
		err = read_state(api, &list.state);
	if (err == ERR_OK)
		err = api_page_size(api, &list.page_size);
	if (err == ERR_OK)
		err = api_page_after(api, &after);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof list);
	if (!task)
		return ERR_OVERLOADED;
	list.pool = pool.index;
	list.after = (uint32_t)after;
	*(struct list_task *)task->args = list;
	return task_query(task, run_list);
}

/* --- change one --- */

struct set_task {
	struct number number;
	int disabled, reserved; /* -1: as it is */
};

static enum err run_set(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct set_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	char number[NUMBER_TEXT_SIZE], detail[64];
	struct vn_view view;
	uint32_t vn;

	enum err err = engine_vn_set(
		engine, task->asker.tenant_index, args->number, args->disabled, args->reserved, &vn);
	if (err == ERR_OK)
		err = engine_vn(engine, vn, &view);
	if (err)
		return err;
	put_vn(&json, &view);
	snprintf(detail, sizeof detail, "disabled %s, reserved %s", view.row->disabled ? "yes" : "no",
		view.row->reserved ? "yes" : "no");
	return task_audit(task, engine, now_ms, "number.set", str_of(number_text(args->number, number)),
		str_of(detail));
}

enum err api_number_patch(struct api *api)
{
	static const char *const fields[] = {"state", "reserved", NULL};
	static const char *const words[] = {"enabled", "disabled", NULL};
	struct json_at state = json_at_field(&api->body, "state"),
		       reserved_at = json_at_field(&api->body, "reserved");
	struct set_task set = {.disabled = -1, .reserved = -1};
	bool reserved = false;

	if (number_parse_digits(api->params[0], &set.number) != ERR_OK)
		return ERR_NOT_FOUND;
	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (err == ERR_OK)
		err = json_at_word(&state, words, &set.disabled, &api->problem);
	if (err == ERR_OK)
		err = json_at_bool(&reserved_at, &reserved, &api->problem);
	if (err)
		return err;
	if (json_at_there(&reserved_at))
		set.reserved = reserved;
	else if (!json_at_there(&state))
		return api_problem(api, ERR_BAD_REQUEST, "state", "give state or reserved");
	struct task *task = task_new(api, sizeof set);
	if (!task)
		return ERR_OVERLOADED;
	*(struct set_task *)task->args = set;
	return task_change(task, run_set);
}
