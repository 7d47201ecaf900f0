/* Who may not ring whom: make, list, take away. Real numbers are masked unless the key may see them, and the digits of
 * what somebody wrote as a reason with them (S4); a number is never part of a URL: a block is named by its id. */
#include "api/dead_mask.h"
#include "api/task.h"
#include "base/check.h"
#include "phone/phone.h"

#define TTL_MAX_S (10u * 365 * 86400)
#define REASON_DIGITS 8 /* that could be a number's */

struct block_task {
	struct block_row row;   /* that is made, or was taken away */
	uint32_t ttl_s;
	struct blocks_filter filter;
};

static void put_number(struct json_out *json, const char *name, struct number number, bool reveal)
{
	char text[NUMBER_TEXT_SIZE];

	json_out_lit_or_null(json, name, reveal ? number_text(number, text) : number_mask(number, text));
}

static void put_head(struct json_out *json, const char *pool, const struct block_row *row, bool reveal)
{
	char id[BLOCK_ID_TEXT_SIZE];

	json_out_object(json, NULL);
	json_out_lit(json, "id", block_id_text(row->id, id));
	json_out_lit(json, "pool", pool);
	put_number(json, "number", row->number, reveal);
	put_number(json, "with", row->with, reveal);
	json_out_lit(json, "direction", block_direction_words[row->direction]);
	json_out_time_s(json, "created_at", row->created_at);
	json_out_time_s(json, "until", row->until);
}

static enum err put_block(struct task *task, struct json_out *json, const char *pool, const struct block_row *row,
	bool reveal)
{
	struct str reason = reveal || !row->reason.len ? row->reason : dead_mask(row->reason, &task->arena);

	if (row->reason.len && !reason.at)
		return ERR_OVERLOADED;
	put_head(json, pool, row, reveal);
	if (reason.len)
		json_out_str(json, "reason", reason);
	else
		json_out_null(json, "reason");
	json_out_end(json);
	return ERR_OK;
}

/* --- make --- */

static enum err run_create(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct block_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	const char *pool = engine_pool(engine, (uint16_t)(args->row.pool_id - 1))->name;
	char id[BLOCK_ID_TEXT_SIZE];
	bool fresh = false;

	if (args->ttl_s)
		args->row.until = (uint32_t)(now_ms / 1000) + args->ttl_s;
	enum err err = engine_block_put(engine, &args->row, &fresh);
	if (!err)
		err = task_audit(task, engine, now_ms, fresh ? "block.add" : "block.set",
			str_of(block_id_text(args->row.id, id)), str_of(pool));
	if (err)
		return err;
	task->status = fresh ? 201 : 200;
	/* Masked whoever asks, and without what was written: the answer may be kept with an Idempotency-Key. */
	put_head(&json, pool, &args->row, false);
	json_out_end(&json);
	return ERR_OK;
}

/* A premium number may not be rung, but it may well be kept from ringing. */
static enum err read_number(struct api *api, const char *name, uint16_t country, struct number *ret_number)
{
	struct json_at at = json_at_field(&api->body, name);
	struct board_vn vn;
	struct str text = STR_NONE;
	struct phone phone;

	if (!json_at_there(&at) || json_at_null(&at))
		return ERR_OK;
	enum err err = json_at_text(&at, 1, 64, &text, &api->problem);
	if (err)
		return err;
	err = phone_parse(text, country, &phone);
	if (err == ERR_DESTINATION_NOT_ALLOWED && number_parse(text, &phone.number) == ERR_OK)
		err = ERR_OK;
	if (!err && board_vn_find(api->server->board, phone.number, &vn))
		err = ERR_NUMBER_IS_VIRTUAL;
	if (err)
		return json_at_problem(&at, err, NULL, &api->problem);
	*ret_number = phone.number;
	return ERR_OK;
}

/* `ttl_s`, `until` or neither: for ever. */
static enum err read_end(struct api *api, struct block_row *row, uint32_t *ret_ttl_s)
{
	struct json_at ttl = json_at_field(&api->body, "ttl_s"), until = json_at_field(&api->body, "until");
	int64_t time_ms = 0;

	if (json_at_there(&ttl) && json_at_there(&until))
		return json_at_problem(&until, ERR_BAD_REQUEST, "give ttl_s or until, not both", &api->problem);
	enum err err = json_at_u32(&ttl, 1, TTL_MAX_S, ret_ttl_s, &api->problem);
	if (err || json_at_null(&until))
		return err;
	err = json_at_time(&until, &time_ms, &api->problem);
	if (err || !json_at_there(&until))
		return err;
	if (time_ms <= api->now_ms || time_ms > api->now_ms + (int64_t)TTL_MAX_S * 1000)
		return json_at_problem(&until, ERR_BAD_REQUEST, "this is to be a time to come, within ten years",
			&api->problem);
	row->until = (uint32_t)(time_ms / 1000);
	return ERR_OK;
}

/* Who a block is about is said by its numbers, which are erased with their persons: a text that may hold one is
 * refused. */
static bool may_hold_number(struct str reason, struct arena *arena)
{
	struct str masked = dead_mask(reason, arena);
	int digits = 0;

	for (size_t i = 0; masked.at && i < reason.len; i++)
		digits += masked.at[i] == '*' && reason.at[i] != '*';
	return !masked.at || digits >= REASON_DIGITS;
}

static enum err read_reason(struct api *api, struct str *ret_reason)
{
	struct json_at at = json_at_field(&api->body, "reason");
	enum err err = json_at_null(&at) ? ERR_OK : json_at_text(&at, 0, BLOCK_REASON_MAX, ret_reason, &api->problem);

	for (size_t i = 0; !err && i < ret_reason->len; i++)
		if ((unsigned char)ret_reason->at[i] < ' ' || ret_reason->at[i] == 0x7f)
			err = json_at_problem(&at, ERR_BAD_REQUEST, "a reason has no control characters",
				&api->problem);
	if (!err && ret_reason->len && may_hold_number(*ret_reason, api->request->arena))
		err = json_at_problem(&at, ERR_BAD_REQUEST, "a reason has no phone number in it, nor as many digits",
			&api->problem);
	return err;
}

static enum err read_block(struct api *api, struct block_row *row, uint32_t *ret_ttl_s)
{
	static const char *const fields[] = {"pool", "!number", "with", "direction", "ttl_s", "until", "reason", NULL};
	struct json_at pool_at = json_at_field(&api->body, "pool"), number_at = json_at_field(&api->body, "number");
	struct json_at with_at = json_at_field(&api->body, "with");
	struct json_at direction_at = json_at_field(&api->body, "direction");
	struct str name = STR_NONE;
	struct pool_brief pool;
	int direction = BLOCK_BOTH;

	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (!err)
		err = json_at_text(&pool_at, 1, POOL_NAME_MAX, &name, &api->problem);
	if (!err)
		err = json_at_word(&direction_at, block_direction_words, &direction, &api->problem);
	if (!err)
		err = read_end(api, row, ret_ttl_s);
	if (!err)
		err = read_reason(api, &row->reason);
	if (!err)
		err = api_pool_said(api, name, &pool);
	if (!err)
		err = read_number(api, "number", pool.country, &row->number);
	if (!err && !number_is(row->number))
		err = json_at_problem(&number_at, ERR_BAD_REQUEST, "this is to be a number", &api->problem);
	if (!err)
		err = read_number(api, "with", pool.country, &row->with);
	if (!err && number_equal(row->number, row->with))
		err = json_at_problem(&with_at, ERR_SAME_NUMBER_TWICE, NULL, &api->problem);
	if (err)
		return err;
	row->pool_id = pool.index + 1u;
	row->direction = (enum block_direction)direction;
	return ERR_OK;
}

enum err api_block_add(struct api *api)
{
	struct block_row row = {0};
	uint32_t ttl_s = 0;
	enum err err = read_block(api, &row, &ttl_s);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct block_task));
	if (!task)
		return ERR_OVERLOADED;
	struct block_task *args = task->args;
	args->row = row;
	args->ttl_s = ttl_s;
	args->row.reason = arena_str(&task->arena, row.reason);
	if (row.reason.len && !args->row.reason.at) {
		task_free(task);
		return ERR_OVERLOADED;
	}
	return task_change(task, run_create);
}

/* --- list --- */

static enum err note_reveal(struct task *task, struct engine *engine, int64_t now_ms)
{
	return task_audit(task, engine, now_ms, "block.reveal", STR("blocks"), STR_NONE);
}

static enum err read_list(struct task *task, struct store_reader *reader)
{
	struct block_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct block_row *rows;
	struct pool_brief pool;
	uint64_t next;
	int n;

	args->filter.tenant = str_of(task->asker.tenant);
	args->filter.now_ms = task_now_ms(task);
	enum err err = reader->store->ops->read_blocks(reader, &args->filter, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "blocks");
	for (int i = 0; !err && i < n; i++)
		if (pools_at(task->server->pools, task->asker.tenant_index, rows[i].pool_id - 1, &pool) == ERR_OK)
			err = put_block(task, &json, pool.name, &rows[i], task_reveals(task));
	if (err)
		return err;
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return task_reveals(task) && n ? task_then_change(task, note_reveal) : ERR_OK;
}

enum err api_block_list(struct api *api)
{
	struct blocks_filter filter = {0};
	struct str name = api_query(api, "pool");
	struct pool_brief pool;
	enum err err = api_page_size(api, &filter.page_size);

	if (!err)
		err = api_page_after(api, &filter.after);
	if (!err && name.at)
		err = api_pool_said(api, name, &pool);
	if (err)
		return err;
	if (name.at)
		filter.pool_id = pool.index + 1u;
	struct task *task = task_new(api, sizeof(struct block_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct block_task *)task->args)->filter = filter;
	return task_read(task, read_list);
}

/* --- take away --- */

static enum err run_drop(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct block_task *args = task->args;
	char id[BLOCK_ID_TEXT_SIZE];
	enum err err = engine_block_drop(engine, task->asker.tenant_index, args->row.id, &args->row);

	if (!err)
		err = task_audit(task, engine, now_ms, "block.remove", str_of(block_id_text(args->row.id, id)),
			str_of(engine_pool(engine, (uint16_t)(args->row.pool_id - 1))->name));
	if (!err)
		task->status = 204;
	return err;
}

enum err api_block_drop(struct api *api)
{
	uint64_t id;
	enum err err = block_id_parse(api->params[0], &id);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct block_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct block_task *)task->args)->row.id = id;
	return task_change(task, run_drop);
}
