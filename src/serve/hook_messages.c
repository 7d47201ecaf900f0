#include "serve/hook_messages.h"

#include <stdlib.h>

#include "base/check.h"
#include "core/redact.h"
#include "crypto/digest.h"
#include "message/ledger.h"
#include "message/sender.h"
#include "provider/messaging.h"
#include "serve/asking.h"
#include "serve/writer_calls.h"

#define ANSWER_MAX (MESSAGE_BODY_MAX * 6 + 4096) /* a text in XML: "&quot;" for each character */
#define ARENA_MAX ((size_t)1 << 20)

static void reply(struct http_request *request, int status, const char *content_type, struct str body)
{
	struct http_reply text = {.status = status, .content_type = content_type, .body = body,
		.extra = {{STR("Cache-Control"), STR("no-store")}}, .extra_n = 1};

	http_reply(request, &text);
}

/* --- what the writer does with a text --- */

struct text_command {
	struct command command; /* first: run() and finish() get it */
	struct server *server;
	struct http_handle handle;
	const struct account *account;
	bool replies;           /* when it is stored */
	struct message_row row; /* its body is behind this */
	uint8_t from_place, to_place;
	size_t size;            /* of the whole */
	uint64_t caller, caller_old; /* person_short() of an unknown sender; 0: not to be looked up */
	uint32_t vn;
	uint64_t id;
};

static void text_free(struct text_command *text)
{
	secret_wipe(text, text->size);
	free(text);
}

/* Roles as of calls. What was to wait for a session that ended meanwhile is refused. */
static enum err fill_roles(struct text_command *text, const struct engine *engine)
{
	struct message_row *row = &text->row;
	bool goes = row->session && row->state != MESSAGE_REFUSED;
	uint32_t slot = goes ? engine_session_find(engine, row->session) : ENGINE_NONE;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	const struct session_row *session = slot == ENGINE_NONE ? NULL : engine_session_row(engine, slot, &arena);
	if (session) {
		writer_calls_role(session, row->shown, text->from_place, row->from_role);
		writer_calls_role(session, row->vn, text->to_place, row->to_role);
	}
	arena_wipe(&arena);
	arena_done(&arena);
	if (slot != ENGINE_NONE && !session)
		return ERR_LIMIT_REACHED;
	if (slot == ENGINE_NONE) {
		row->body = STR_NONE; /* of a session that is no more nothing is kept: it may have been forgotten */
		row->keep_until = 0;
	}
	if (row->state != MESSAGE_QUEUED || (row->from_role[0] && row->to_role[0]))
		return ERR_OK;
	row->state = MESSAGE_REFUSED;
	row->why = MESSAGE_WHY_NOT_ACTIVE;
	row->to = row->from = row->shown = NUMBER_NONE;
	row->body = STR_NONE;
	return ERR_OK;
}

static enum err run_text(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct text_command *text = (struct text_command *)command;
	struct message_row *row = &text->row;

	if ((text->caller && engine_cools(engine, text->caller, text->vn)) ||
		(text->caller_old && engine_cools(engine, text->caller_old, text->vn)))
		row->why = MESSAGE_WHY_NOT_ACTIVE;
	row->at_ms = now_ms;
	row->done_ms = row->state == MESSAGE_QUEUED ? 0 : now_ms;
	enum err err = fill_roles(text, engine);
	return err ? err : ledger_add(text->server->ledger, engine, row, &text->id);
}

static void finish_text(struct command *command, enum err err)
{
	struct text_command *text = (struct text_command *)command;
	struct server *server = text->server;

	if (!err && text->id && text->row.state == MESSAGE_QUEUED)
		sender_wake(server->sender);
	if (text->replies) {
		struct buf body;
		buf_init(&body, ANSWER_MAX);
		struct provider_reply rendered = text->account->provider->messaging->render(text->account, NULL, &body);
		struct http_reply answer = {.status = err ? 503 : rendered.status,
			.content_type = err ? NULL : rendered.content_type,
			.body = err ? STR_NONE : buf_text(&body)};
		http_reply_from(server->http, text->handle, &answer);
		buf_done(&body);
	}
	text_free(text);
}

/* --- a text, in the worker --- */

/* What is decided of it, before anything is stored. */
struct decided {
	struct decision decision;
	enum message_why why;
	struct message_policy policy;
	char body[MESSAGE_BODY_MAX * 2]; /* as it goes on */
	size_t body_len;
	int redacted;
};

static void take_body(const struct account *account, const struct messaging_in *in, struct arena *arena,
	struct decided *decided)
{
	const struct messaging *messaging = account->provider->messaging;
	char *clean = arena_alloc(arena, in->body.len + 1);
	size_t chars = 0;

	if (in->opted_out) {
		decided->why = MESSAGE_WHY_OPTED_OUT;
		return;
	}
	size_t len = clean ? message_clean(in->body, clean, &chars) : 0;
	if (!clean || chars > MESSAGE_CHARS_MAX)
		decided->why = MESSAGE_WHY_TOO_LONG;
	else if (!len)
		decided->why = MESSAGE_WHY_EMPTY;
	else if (!messaging->answers && messaging->lacks(account))
		decided->why = MESSAGE_WHY_NO_SENDER;
	if (decided->why)
		return;
	ASSERT(len <= MESSAGE_BODY_MAX);
	if (decided->policy.redact) {
		decided->body_len = redact(str_n(clean, len), decided->body, &decided->redacted);
	} else {
		memcpy(decided->body, clean, len);
		decided->body_len = len;
	}
}

/* Nobody but the other party of a pair is ever reached: no forwarding to a support number, no PIN. */
static void decide_text(struct server *server, const struct account *account, const struct messaging_in *in,
	struct arena *arena, struct decided *decided)
{
	const struct ask ask = {.question = in->question, .called_is_number = in->called_is_number, .call_id = in->id};
	struct asking asking = asking_of(account, &ask);

	asking.question.digits = STR_NONE;
	asking.question.text = true;
	asking.question.now_ms = server->now_ms(server->clock_context);
	decide(server->board, &asking.question, &decided->decision);
	decided->why = decided->decision.action == ACTION_CONNECT ? MESSAGE_WHY_NONE
								  : message_why_of(decided->decision.reason);
	if (decided->decision.vn)
		decided->policy = ledger_policy_now(server->ledger, decided->decision.pool);
	if (!decided->why && !decided->policy.on)
		decided->why = MESSAGE_WHY_OFF;
	if (decided->policy.on && decided->why != MESSAGE_WHY_BLOCKED &&
		asking_too_often(server, &asking, &decided->decision, decided->why != MESSAGE_WHY_NONE))
		decided->why = MESSAGE_WHY_TOO_MANY;
	if (!decided->why)
		take_body(account, in, arena, decided);
}

static struct text_command *text_of(struct server *server, struct http_request *request, const struct account *account,
	const struct messaging_in *in, const struct decided *decided)
{
	const struct decision *decision = &decided->decision;
	bool answers = account->provider->messaging->answers, goes = !decided->why;
	bool keeps = answers && decided->policy.keep_bodies_s > 0;
	uint32_t now_s = (uint32_t)(server->now_ms(server->clock_context) / 1000);
	size_t body_len = goes && (!answers || keeps) ? decided->body_len : 0;
	struct text_command *text = calloc(1, sizeof *text + body_len);

	if (!text)
		return NULL;
	text->command = (struct command){.change = true, .run = run_text, .finish = finish_text};
	text->size = sizeof *text + body_len;
	text->server = server;
	text->handle = request->handle;
	text->account = account;
	text->replies = !answers;
	text->from_place = decision->from_role_index;
	text->to_place = decision->to_role_index;
	struct message_row *row = &text->row;
	row->state = !goes ? MESSAGE_REFUSED : answers ? MESSAGE_SENT : MESSAGE_QUEUED;
	row->why = decided->why;
	row->pool_id = decision->vn ? decision->pool + 1u : 0;
	row->session = decision->session;
	row->vn = decision->vn ? in->question.called : NUMBER_NONE;
	row->media = in->media;
	snprintf(row->provider, sizeof row->provider, "%s", account->provider->name);
	snprintf(row->account, sizeof row->account, "%s", account->name);
	ASSERT(str_copy(row->ref, sizeof row->ref, in->id));
	if (goes) {
		row->shown = decision->show;
		row->redacted = (uint16_t)decided->redacted;
		row->segments = (uint16_t)message_segments(str_n(decided->body, decided->body_len));
		row->to = answers ? NUMBER_NONE : decision->callee;
		row->from = answers ? NUMBER_NONE : in->question.caller;
		row->keep_until = keeps ? now_s + decided->policy.keep_bodies_s : 0;
		if (body_len)
			memcpy(text + 1, decided->body, body_len);
		row->body = str_n((const char *)(text + 1), body_len);
	}
	if (decided->why == MESSAGE_WHY_UNKNOWN_CALLER && decision->vn && number_is(in->question.caller)) {
		struct person person;
		vault_person(server->worker_vault[request->worker], in->question.caller, &person);
		text->caller = person_short(&person);
		text->caller_old = vault_short_old(server->worker_vault[request->worker], in->question.caller);
		text->vn = decision->vn;
	}
	return text;
}

static void answer_now(struct http_request *request, const struct account *account, struct str base,
	const struct messaging_in *in, const struct decided *decided)
{
	const struct messaging_out out = {.to = decided->decision.callee, .shown = decided->decision.show,
		.body = str_n(decided->body, decided->body_len), .ref = in->id, .hook_base = base};
	struct buf body;

	buf_init(&body, ANSWER_MAX);
	struct provider_reply rendered =
		account->provider->messaging->render(account, decided->why ? NULL : &out, &body);
	reply(request, buf_ok(&body) ? rendered.status : 500, buf_ok(&body) ? rendered.content_type : NULL,
		buf_ok(&body) ? buf_text(&body) : STR_NONE);
	secret_wipe(body.at, body.size);
	buf_done(&body);
}

/* The text goes on in the answer whether or not the writer has room for its row, as calls do. */
static void take_text(struct server *server, struct http_request *request, const struct account *account,
	struct str base, const struct messaging_in *in)
{
	struct decided *decided = calloc(1, sizeof *decided);
	bool answers = account->provider->messaging->answers;

	if (!decided) {
		reply(request, 503, NULL, STR_NONE);
		return;
	}
	decide_text(server, account, in, request->arena, decided);
	struct text_command *text = text_of(server, request, account, in, decided);
	if (answers)
		answer_now(request, account, base, in, decided);
	bool submitted = text && writer_submit(server->writer, &text->command) == ERR_OK;
	if (!submitted && !answers)
		reply(request, 503, NULL, STR_NONE);
	if (!submitted)
		metrics_message_dropped(server->metrics);
	if (text && !submitted)
		text_free(text);
	secret_wipe(decided, sizeof *decided);
	free(decided);
}

/* --- a report --- */

struct report_command {
	struct command command;
	struct ledger *ledger;
	struct message_report report;
};

static enum err run_report(struct command *command, struct engine *engine, int64_t now_ms)
{
	struct report_command *report = (struct report_command *)command;

	return ledger_report(report->ledger, engine, &report->report, now_ms);
}

static void finish_report(struct command *command, enum err err)
{
	(void)err;
	free(command);
}

static bool submit_report(struct server *server, const struct account *account, const struct messaging_in *in)
{
	struct report_command *report = calloc(1, sizeof *report);

	if (!report)
		return false;
	report->command = (struct command){.change = true, .run = run_report, .finish = finish_report};
	report->ledger = server->ledger;
	report->report.state = in->state;
	snprintf(report->report.provider, sizeof report->report.provider, "%s", account->provider->name);
	snprintf(report->report.account, sizeof report->report.account, "%s", account->name);
	bool known = str_copy(report->report.ref, sizeof report->report.ref, in->ref);
	if (message_code_ok(in->code))
		(void)str_copy(report->report.code, sizeof report->report.code, in->code);
	if (known && writer_submit(server->writer, &report->command) == ERR_OK)
		return true;
	free(report);
	return !known;
}

static void answer_report(struct server *server, struct http_request *request, const struct account *account,
	const struct messaging_in *in, enum hook hook)
{
	struct buf body;

	if (in->kind == MESSAGING_REPORT && !submit_report(server, account, in)) {
		reply(request, 503, NULL, STR_NONE);
		return;
	}
	buf_init(&body, ANSWER_MAX);
	struct provider_reply rendered = hook == HOOK_SMS ? account->provider->messaging->render(account, NULL, &body)
							  : account->provider->messaging->render_status(&body);
	reply(request, rendered.status, rendered.content_type, buf_text(&body));
	buf_done(&body);
}

void hook_message(struct server *server, struct http_request *request, const struct account *account, struct str base,
	const struct webhook *webhook, enum hook hook)
{
	const struct messaging *messaging = account->provider->messaging;
	struct messaging_in in = {0};
	enum err err = hook == HOOK_SMS ? messaging->parse(account, webhook, request->arena, &in)
					: messaging->parse_status(account, webhook, request->arena, &in);

	if (err) {
		metrics_hook_refused(server->metrics, request->worker, account->provider->name);
		reply(request, 400, NULL, STR_NONE);
	} else if (in.kind == MESSAGING_TEXT && hook == HOOK_SMS) {
		take_text(server, request, account, base, &in);
	} else if (in.kind == MESSAGING_TEXT) {
		reply(request, 400, NULL, STR_NONE); /* a text is for /sms: here its answer would be another */
	} else {
		answer_report(server, request, account, &in, hook);
	}
}
