/* Numbers that were bought, are being bought, or are more than is needed. */
#include "api/task.h"
#include "supply/supply.h"

struct purchases_task {
	struct purchases_filter filter;
};

static void put_purchase(struct task *task, struct json_out *json, const struct purchase_row *row)
{
	char text[NUMBER_TEXT_SIZE], id[24];
	struct pool_brief brief;
	bool known = pools_at(task->server->pools, task->asker.tenant_index, row->pool_id - 1, &brief) == ERR_OK;

	snprintf(id, sizeof id, "%llu", (unsigned long long)row->id);
	json_out_object(json, NULL);
	json_out_lit(json, "id", id);
	json_out_lit_or_null(json, "pool", known ? brief.name : "");
	json_out_lit(json, "provider", row->provider);
	json_out_lit(json, "account", row->account);
	json_out_lit(json, "number", number_text(row->number, text));
	json_out_lit(json, "state", purchase_state_words[row->state]);
	json_out_time_ms(json, "at", row->at_ms);
	json_out_time_ms(json, "done_at", row->done_ms);
	if (row->month_micros >= 0)
		json_out_micros(json, "month_price", (uint64_t)row->month_micros);
	else
		json_out_null(json, "month_price");
	json_out_lit_or_null(json, "currency", row->currency);
	json_out_lit_or_null(json, "code", row->code);
	json_out_lit_or_null(json, "why", row->why);
	json_out_end(json);
}

static enum err read_purchases(struct task *task, struct store_reader *reader)
{
	struct purchases_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct purchase_row *rows;
	uint64_t next;
	int n;

	args->filter.tenant = str_of(task->asker.tenant);
	enum err err = reader->store->ops->read_purchases(reader, &args->filter, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "purchases");
	for (int i = 0; i < n; i++)
		put_purchase(task, &json, &rows[i]);
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return ERR_OK;
}

static enum err read_open(struct api *api, bool *ret_open)
{
	struct str text = api_query(api, "open");

	if (text.at && !str_equal(text, STR("true")) && !str_equal(text, STR("false")))
		return api_problem(api, ERR_BAD_REQUEST, "open", "true or false");
	*ret_open = text.at && str_equal(text, STR("true"));
	return ERR_OK;
}

enum err api_purchases(struct api *api)
{
	struct purchases_filter filter = {0};
	struct str name = api_query(api, "pool");
	struct pool_brief pool;
	enum err err = api_page_size(api, &filter.page_size);

	if (err == ERR_OK)
		err = api_page_after(api, &filter.after);
	if (err == ERR_OK)
		err = read_open(api, &filter.open);
	if (err == ERR_OK && name.at)
		err = api_pool_said(api, name, &pool);
	if (err)
		return err;
	if (name.at)
		filter.pool_id = pool.index + 1u;
	struct task *task = task_new(api, sizeof(struct purchases_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct purchases_task *)task->args)->filter = filter;
	return task_read(task, read_purchases);
}

/* --- surplus --- */

#define SURPLUS_TOLD_MAX 1000

struct surplus_task {
	uint16_t index;
};

/* Free, and for so long that nobody's pair with it can still be cooling. */
static bool may_go(const struct engine *engine, uint16_t index, const struct vn_view *view, uint32_t now_s)
{
	const struct pool_policy *policy = &engine_pool(engine, index)->policy;

	return view->state == VN_FREE && view->sessions == 0 &&
	       (uint64_t)view->row->free_since + policy->grace_s + policy->cooldown_s <= now_s;
}

static enum err run_surplus(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct surplus_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	uint32_t n = book_surplus(supply_book(task->server->supply), engine, args->index, now_ms), told = 0;
	char text[NUMBER_TEXT_SIZE];
	struct vn_view view;

	json_out_object(&json, NULL);
	json_out_lit(&json, "pool", engine_pool(engine, args->index)->name);
	json_out_u64(&json, "surplus", n);
	json_out_array(&json, "numbers");
	for (uint32_t vn = 0; told < n && told < SURPLUS_TOLD_MAX && (vn = engine_vn_next(engine, args->index, VN_FREE, vn)) != 0;) {
		if (engine_vn(engine, vn, &view) != ERR_OK || !may_go(engine, args->index, &view, (uint32_t)(now_ms / 1000)))
			continue;
		json_out_object(&json, NULL);
		json_out_lit(&json, "number", number_text(view.row->number, text));
		json_out_lit(&json, "provider", view.row->provider);
		json_out_lit(&json, "account", view.row->account);
		json_out_time_s(&json, "free_since", view.row->free_since);
		json_out_end(&json);
		told++;
	}
	json_out_end(&json);
	json_out_end(&json);
	return ERR_OK;
}

enum err api_surplus(struct api *api)
{
	struct pool_brief pool;
	enum err err = api_pool(api, api->params[0], &pool);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct surplus_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct surplus_task *)task->args)->index = pool.index;
	return task_query(task, run_surplus);
}
