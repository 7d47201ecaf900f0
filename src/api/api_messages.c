/* Messages: sent by the app, and looked at. */
#include "api/message_json.h"
#include "api/session_task.h"
#include "core/redact.h"
#include "crypto/digest.h"
#include "message/ledger.h"
#include "message/sender.h"
#include "provider/messaging.h"

/* --- send --- */

struct send_task {
	struct session_task session; /* first: session_task() */
	char to_role[SESSION_ROLE_MAX + 1], from_role[SESSION_ROLE_MAX + 1]; /* from_role "": the only other party */
	char *body, *blanked;        /* clean, and the same with its numbers blanked */
	size_t body_len, blanked_len;
	int blanked_n;
	bool queued;
};

static enum err refuse(struct task *task, const char *field, const char *detail)
{
	return problem_is(&task->problem, ERR_BAD_REQUEST, field, detail);
}

/* Whom it goes to and whom it is from: places in the session. */
static enum err find_parties(struct task *task, const struct session_row *row, int *ret_to, int *ret_from)
{
	const struct send_task *args = task->args;

	*ret_to = session_party_of(row, str_of(args->to_role));
	*ret_from = row->parties_n == 2 ? 1 - *ret_to : -1;
	if (args->from_role[0])
		*ret_from = session_party_of(row, str_of(args->from_role));
	if (*ret_to < 0)
		return refuse(task, "to_role", "the session has no such party");
	if (!args->from_role[0] && row->parties_n != 2)
		return refuse(task, "from_role", "the session has several other parties: say from which");
	if (*ret_from < 0)
		return refuse(task, "from_role", "the session has no such party");
	return *ret_from == *ret_to ? refuse(task, "from_role", "a party sends nothing to itself") : ERR_OK;
}

/* The account whose VN it is; it has to be able to send. */
static enum err find_account(struct task *task, const struct engine *engine, uint32_t vn,
	const struct account **ret_account)
{
	const struct config *config = task->server->config;
	const struct account *account = NULL;
	struct vn_view view;

	enum err err = engine_vn(engine, vn, &view);
	for (int i = 0; !err && !account && i < config->accounts_n; i++)
		if (strcmp(config->accounts[i].provider->name, view.row->provider) == 0 &&
			strcmp(config->accounts[i].name, view.row->account) == 0)
			account = &config->accounts[i];
	if (err)
		return err;
	if (!account || !account->provider->messaging)
		return refuse(task, NULL,
			"texts can't be sent from the account that the session's virtual numbers belong to");
	const char *lacks = account->provider->messaging->lacks(account);
	if (lacks) {
		char detail[160];
		snprintf(detail, sizeof detail, "the account %s/%s can't send: %s", account->provider->name,
			account->name, lacks);
		return refuse(task, NULL, detail);
	}
	*ret_account = account;
	return ERR_OK;
}

static void wake(struct task *task)
{
	if (((struct send_task *)task->args)->queued)
		sender_wake(task->server->sender);
}

/* From the VN under which `from` appears to `to`: explicitly, for a provider's default is another's. */
static enum err make_row(struct task *task, const struct engine *engine, const struct session_row *session,
	int64_t now_ms, struct message_row *ret_row)
{
	const struct send_task *args = task->args;
	struct message_policy policy = ledger_policy(task->server->ledger, (uint16_t)(session->pool_id - 1));
	enum session_state state = session_state_at(session, now_ms);
	const struct account *account = NULL;
	uint32_t vn = 0;
	int to, from;

	if (!policy.on)
		return refuse(task, NULL, "messages are off in this pool");
	if (state == SESSION_WAITING)
		return refuse(task, NULL, "the session has no virtual numbers yet");
	enum err err = find_parties(task, session, &to, &from);
	if (err)
		return err;
	struct number shown = session_vn_seen(session, to, from, &vn);
	if (!number_is(shown) || !number_is(session->parties[to].numbers[0]))
		return refuse(task, "to_role", "that party can't be reached");
	err = find_account(task, engine, vn, &account);
	if (err)
		return err;
	*ret_row = (struct message_row){.at_ms = now_ms, .pool_id = session->pool_id, .session = session->id,
		.from_app = true, .shown = shown, .state = MESSAGE_QUEUED, .to = session->parties[to].numbers[0],
		.from = session->parties[from].numbers[0],
		.body = policy.redact ? str_n(args->blanked, args->blanked_len) : str_n(args->body, args->body_len),
		.redacted = policy.redact ? (uint16_t)args->blanked_n : 0};
	ret_row->segments = (uint16_t)message_segments(ret_row->body);
	snprintf(ret_row->provider, sizeof ret_row->provider, "%s", account->provider->name);
	snprintf(ret_row->account, sizeof ret_row->account, "%s", account->name);
	snprintf(ret_row->from_role, sizeof ret_row->from_role, "%s", session->parties[from].role);
	snprintf(ret_row->to_role, sizeof ret_row->to_role, "%s", session->parties[to].role);
	return ERR_OK;
}

static enum err run_send(struct task *task, struct engine *engine, int64_t now_ms)
{
	struct send_task *args = task->args;
	struct message_row row;
	uint32_t slot;

	if (session_task_find(task, engine, &slot) != ERR_OK)
		return task_then_read(task, session_task_refuse_ended);
	const struct session_row *session = engine_session_row(engine, slot, &task->arena);
	if (!session)
		return ERR_LIMIT_REACHED;
	enum err err = make_row(task, engine, session, now_ms, &row);
	if (!err)
		err = ledger_add(task->server->ledger, engine, &row, &row.id);
	if (err)
		return err != ERR_LIMIT_REACHED
			       ? err
			       : problem_is(&task->problem, err, NULL, "too many texts wait for their provider");
	args->queued = true;
	task->stored = wake;
	task->status = 202;
	struct json_out json = json_out_to(&task->out);
	message_json_put(&json, &row, engine_pool(engine, (uint16_t)(row.pool_id - 1))->name, false);
	return ERR_OK;
}

static void wipe(struct task *task)
{
	struct send_task *args = task->args;

	if (args->body)
		secret_wipe(args->body, args->body_len);
	if (args->blanked)
		secret_wipe(args->blanked, args->blanked_len);
}

static enum err read_send(struct api *api, struct task *task)
{
	static const char *const fields[] = {"!to_role", "from_role", "!body", NULL};
	struct json_at to = json_at_field(&api->body, "to_role"), from = json_at_field(&api->body, "from_role");
	struct json_at body = json_at_field(&api->body, "body");
	struct str to_role = STR_NONE, from_role = STR_NONE, text = STR_NONE;
	struct send_task *args = task->args;
	size_t chars = 0;

	enum err err = json_at_fields(&api->body, fields, &api->problem);
	if (!err)
		err = json_at_text(&to, 1, SESSION_ROLE_MAX, &to_role, &api->problem);
	if (!err)
		err = json_at_text(&from, 1, SESSION_ROLE_MAX, &from_role, &api->problem);
	if (!err)
		err = json_at_text(&body, 1, API_BODY_MAX, &text, &api->problem);
	if (err)
		return err;
	args->body = arena_alloc(&task->arena, text.len);
	args->blanked = arena_alloc(&task->arena, text.len);
	if (!args->body || !args->blanked)
		return ERR_OVERLOADED;
	args->body_len = message_clean(text, args->body, &chars);
	if (!args->body_len)
		return json_at_problem(&body, ERR_BAD_REQUEST, "there is no text in it", &api->problem);
	if (chars > MESSAGE_CHARS_MAX)
		return json_at_problem(&body, ERR_TOO_LARGE, "a text has at most 1600 characters", &api->problem);
	args->blanked_len = redact(str_n(args->body, args->body_len), args->blanked, &args->blanked_n);
	if (!str_copy(args->to_role, sizeof args->to_role, to_role) ||
		!str_copy(args->from_role, sizeof args->from_role, from_role))
		return ERR_BAD_REQUEST;
	return ERR_OK;
}

enum err api_message_send(struct api *api)
{
	uint64_t id;
	enum err err = session_id_parse(api->params[0], &id);

	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct send_task));
	if (!task)
		return ERR_OVERLOADED;
	session_task(task)->id = id;
	task->done = wipe;
	err = read_send(api, task);
	if (err) {
		task_free(task);
		return err;
	}
	return task_change(task, run_send);
}

/* --- look --- */

struct messages_task {
	struct messages_filter filter;
	int shown; /* texts in the answer */
};

/* Who saw what people said is written down before it is given. */
static enum err note_reveal(struct task *task, struct engine *engine, int64_t now_ms)
{
	const struct messages_task *args = task->args;
	char target[SESSION_ID_TEXT_SIZE] = "", detail[32];

	if (args->filter.session)
		session_id_text(args->filter.session, target);
	snprintf(detail, sizeof detail, "texts %d", args->shown);
	return task_audit(task, engine, now_ms, "message.reveal", str_of(target), str_of(detail));
}

static enum err read_messages(struct task *task, struct store_reader *reader)
{
	struct messages_task *args = task->args;
	struct json_out json = json_out_to(&task->out);
	struct message_row *rows;
	uint64_t next = 0;
	int n = 0;

	args->filter.tenant = str_of(task->asker.tenant);
	args->filter.now_ms = task_now_ms(task);
	args->filter.bodies = task_reveals(task);
	enum err err = reader->store->ops->read_messages(reader, &args->filter, &task->arena, &rows, &n, &next);
	if (err)
		return err;
	json_out_object(&json, NULL);
	json_out_array(&json, "messages");
	for (int i = 0; i < n; i++) {
		struct pool_brief pool;
		bool known = rows[i].pool_id &&
			pools_at(task->server->pools, task->asker.tenant_index, rows[i].pool_id - 1, &pool) == ERR_OK;
		message_json_put(&json, &rows[i], known ? pool.name : NULL, args->filter.bodies);
		args->shown += rows[i].body.len > 0;
	}
	json_out_end(&json);
	api_next_page(&json, next);
	json_out_end(&json);
	return args->shown ? task_then_change(task, note_reveal) : ERR_OK;
}

enum err api_messages(struct api *api)
{
	struct str session = api_query(api, "session"), name = api_query(api, "pool");
	struct messages_filter filter = {0};
	struct pool_brief pool;

	enum err err = api_page_size(api, &filter.page_size);
	if (err == ERR_OK)
		err = api_page_after(api, &filter.after);
	if (err == ERR_OK)
		err = api_since(api, &filter.since_ms);
	if (err == ERR_OK && session.at)
		err = session_id_parse(session, &filter.session);
	if (err == ERR_OK && name.at) {
		err = api_pool_said(api, name, &pool);
		filter.pool_id = err ? 0 : pool.index + 1u;
	}
	if (err)
		return err;
	struct task *task = task_new(api, sizeof(struct messages_task));
	if (!task)
		return ERR_OVERLOADED;
	((struct messages_task *)task->args)->filter = filter;
	return task_read(task, read_messages);
}
