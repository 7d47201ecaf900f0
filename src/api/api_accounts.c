/* Accounts at providers whose numbers can be fetched: how each is, a sync, its report. */
#include "api/task.h"
#include "supply/supply.h"

#define REPORT_MAX ((size_t)1 << 20)

static const char *name_of_pool(struct api *api, uint16_t index, struct pool_brief *brief)
{
	return pools_at(api->server->pools, api->asker.tenant_index, index, brief) == ERR_OK ? brief->name : "";
}

static void put_counts(struct json_out *json, const struct sync_report *report)
{
	json_out_object(json, "counts");
	for (int kind = 0; step_kind_words[kind]; kind++)
		json_out_u64(json, step_kind_words[kind], (uint64_t)report->counts[kind]);
	json_out_u64(json, "same", (uint64_t)report->same);
	json_out_u64(json, "gone", (uint64_t)report->gone);
	json_out_u64(json, "failed", (uint64_t)report->failed);
	json_out_end(json);
}

static void put_report(struct json_out *json, const struct sync_report *report)
{
	json_out_u64(json, "sync", report->number);
	json_out_lit(json, "state", sync_state_words[report->state]);
	json_out_bool(json, "dry_run", report->order.dry_run);
	json_out_time_ms(json, "at", report->at_ms);
	json_out_u64(json, "took_ms", (uint64_t)report->took_ms);
	json_out_u64(json, "listed", (uint64_t)report->listed);
	json_out_bool(json, "doubtful", report->doubtful);
	json_out_lit_or_null(json, "error", report->error);
	put_counts(json, report);
}

static void put_steps(struct api *api, struct json_out *json, const struct sync_report *report)
{
	char text[NUMBER_TEXT_SIZE];
	struct pool_brief brief;
	int told = 0;

	json_out_array(json, "steps");
	for (int i = 0; i < report->lines_n; i++, told++) {
		const struct sync_line *line = &report->lines[i];
		json_out_object(json, NULL);
		json_out_lit(json, "step", step_kind_words[line->kind]);
		json_out_lit(json, "number", number_text(line->number, text));
		json_out_lit_or_null(json, "pool", line->pool == UINT16_MAX ? "" : name_of_pool(api, line->pool, &brief));
		json_out_bool(json, "failed", line->failed);
		json_out_lit_or_null(json, "why", line->why);
		json_out_end(json);
	}
	json_out_end(json);
	for (int kind = 0; step_kind_words[kind]; kind++)
		told -= report->counts[kind];
	json_out_u64(json, "steps_more", (uint64_t)-told);
}

static void put_account(struct json_out *json, struct agent *agent)
{
	const struct account *account = agent_account(agent);
	struct agent_status status;

	agent_status(agent, &status);
	json_out_object(json, NULL);
	json_out_lit(json, "provider", status.provider);
	json_out_lit(json, "name", status.name);
	json_out_u64(json, "sync_s", account->sync_s);
	json_out_bool(json, "manage_webhooks", account->manage_webhooks);
	json_out_time_ms(json, "next_sync_at", status.next_sync_ms);
	json_out_object(json, "last_sync");
	put_report(json, &status.sync);
	json_out_end(json);
	json_out_lit_or_null(json, "buying_error", status.buying_error);
	json_out_time_ms(json, "buying_error_at", status.buying_error_ms);
	json_out_u64(json, "requests", status.requests);
	json_out_u64(json, "tried_again", status.tried_again);
	json_out_u64(json, "failures", status.failures);
	json_out_end(json);
}

static enum err answer(struct api *api, int status, struct buf *out)
{
	bool ok = buf_ok(out);

	if (ok)
		api_answer(api, status, buf_text(out));
	buf_done(out);
	return ok ? ERR_OK : ERR_OVERLOADED;
}

enum err api_accounts(struct api *api)
{
	struct supply *supply = api->server->supply;
	struct buf out;

	buf_init(&out, REPORT_MAX);
	struct json_out json = json_out_to(&out);
	json_out_object(&json, NULL);
	json_out_array(&json, "accounts");
	for (int i = 0; i < supply_agents(supply); i++)
		if (strcmp(agent_account(supply_agent(supply, i))->tenant, api->asker.tenant) == 0)
			put_account(&json, supply_agent(supply, i));
	json_out_end(&json);
	json_out_end(&json);
	return answer(api, 200, &out);
}

static struct agent *find(struct api *api)
{
	return supply_find(api->server->supply, str_of(api->asker.tenant), api->params[0], api->params[1]);
}

enum err api_account_report(struct api *api)
{
	struct agent *agent = find(api);
	struct sync_report report;
	struct arena arena;
	struct buf out;

	if (!agent)
		return ERR_NOT_FOUND;
	arena_init(&arena, REPORT_MAX);
	enum err err = agent_report(agent, &arena, &report);
	if (err == ERR_OK) {
		buf_init(&out, REPORT_MAX);
		struct json_out json = json_out_to(&out);
		json_out_object(&json, NULL);
		put_report(&json, &report);
		put_steps(api, &json, &report);
		json_out_end(&json);
		err = answer(api, 200, &out);
	}
	arena_done(&arena);
	return err;
}

struct sync_task {
	struct agent *agent;
	struct sync_order order;
};

/* What the sync changes is audited change by change; this is who asked for it. */
static enum err run_sync(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct sync_task *args = task->args;
	const struct account *account = agent_account(args->agent);
	struct json_out json = json_out_to(&task->out);
	char target[64];

	snprintf(target, sizeof target, "%s/%s", account->provider->name, account->name);
	enum err err = task_audit(task, engine, now_ms, args->order.dry_run ? "account.sync_dry_run" : "account.sync",
		str_of(target), args->order.believe ? STR("believe") : STR_NONE);
	if (err)
		return err;
	task->status = 202;
	json_out_object(&json, NULL);
	json_out_u64(&json, "sync", agent_sync(args->agent, &args->order));
	json_out_end(&json);
	return ERR_OK;
}

enum err api_account_sync(struct api *api)
{
	static const char *const fields[] = {"dry_run", "believe", NULL};
	struct json_at dry_at = json_at_field(&api->body, "dry_run"), believe_at = json_at_field(&api->body, "believe");
	struct agent *agent = find(api);
	struct sync_order order = {0};
	enum err err = json_at_there(&api->body) ? json_at_fields(&api->body, fields, &api->problem) : ERR_OK;

	if (!agent)
		return ERR_NOT_FOUND;
	if (err == ERR_OK)
		err = json_at_bool(&dry_at, &order.dry_run, &api->problem);
	if (err == ERR_OK)
		err = json_at_bool(&believe_at, &order.believe, &api->problem);
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct sync_task));
	if (!task)
		return ERR_OVERLOADED;
	*(struct sync_task *)task->args = (struct sync_task){agent, order};
	return task_change(task, run_sync);
}
