#include "serve/asking.h"

#include "base/check.h"
#include "base/steady.h"

#define VN_ATTEMPTS 10 /* strangers at one VN: so many times what one of them may */

struct asking asking_of(const struct account *account, const struct ask *ask)
{
	struct asking asking = {
		.question = ask->question,
		.provider = account->provider->name,
		.account = account->name,
		.account_index = account->index,
		.call_id = ask->call_id,
	};

	asking.question.account = account->index;
	asking.question.tenant = DECIDE_ANY_TENANT;
	asking.question.attestation = ask->attestation;
	if (!ask->called_is_number)
		asking.question.called = NUMBER_NONE;
	return asking;
}

/* A call that was refused tells us more (not_active) if the caller once had that VN. */
static void fill_caller(struct server *server, int worker, const struct asking *asking,
		const struct decision *decision, struct call_note *note)
{
	struct person person;

	if ((decision->reason != REASON_UNKNOWN_CALLER && !asking->stranger) || !decision->vn ||
		!number_is(asking->question.caller))
		return;
	vault_person(server->worker_vault[worker], asking->question.caller, &person);
	note->caller = person_short(&person);
	note->caller_old = vault_short_old(server->worker_vault[worker], asking->question.caller);
	note->vn = decision->vn;
	if (asking->stranger)
		note->stranger = asking->question.caller;
}

static enum call_status status_of(enum action action)
{
	switch (action) {
	case ACTION_CONNECT:
		return CALL_CONNECTING;
	case ACTION_FORWARD:
		return CALL_FORWARDED;
	case ACTION_DIGITS:
		return CALL_ASKED;
	case ACTION_REJECT:
	case ACTION_ANNOUNCE:
		break;
	}
	return CALL_REFUSED;
}

void asking_note(struct server *server, int worker, const struct asking *asking, const struct decision *decision,
		uint64_t took_ns)
{
	struct call_note note = {
		.call = {
			.at_ms = asking->question.now_ms,
			.pool_id = decision->vn ? decision->pool + 1u : 0,
			.session = decision->session,
			.vn = decision->vn ? asking->question.called : NUMBER_NONE,
			.shown = decision->show,
			.action = decision->action,
			.reason = decision->reason,
			.status = status_of(decision->action),
			.answer_us = (uint32_t)(took_ns / 1000),
		},
		.from_role_index = decision->from_role_index,
		.to_role_index = decision->to_role_index,
		.account = asking->account_index,
	};

	/* Too long for a call's row: the call is kept, but no report will find it. */
	if (!str_copy(note.call.provider_call_id, sizeof note.call.provider_call_id, asking->call_id))
		note.call.provider_call_id[0] = '\0';
	ASSERT(str_copy(note.call.provider, sizeof note.call.provider, str_of(asking->provider)));
	ASSERT(str_copy(note.call.account, sizeof note.call.account, str_of(asking->account)));
	fill_caller(server, worker, asking, decision, &note);
	writer_call(server->writer, &note);
	metrics_decision(server->metrics, worker, asking->provider, decision->action, decision->reason, took_ns,
			(int64_t)server->config->deadline_ms * 1000000 - (int64_t)took_ns);
}

/* Per call means per account, VN and call id: ids of two providers may be alike, and of two keys of the API. */
static struct attempt attempt_of(const struct asking *asking, uint32_t vn, char text[64 + CALL_PROVIDER_ID_MAX])
{
	int len = snprintf(text, 64 + CALL_PROVIDER_ID_MAX, "%s/%s/%u/%.*s", asking->provider, asking->account, vn,
			(int)(asking->call_id.len < CALL_PROVIDER_ID_MAX ? asking->call_id.len : CALL_PROVIDER_ID_MAX),
			asking->call_id.at ? asking->call_id.at : "");

	return (struct attempt){
		.now_ms = asking->question.now_ms,
		.caller = asking->question.withheld ? NUMBER_NONE : asking->question.caller,
		.vn = vn,
		.call = asking->call_id.len ? str_n(text, (size_t)len) : STR_NONE,
	};
}

static bool may_try(struct server *server, const struct attempt *attempt)
{
	pthread_mutex_lock(&server->attempts_lock);
	bool may = attempts_may(server->attempts, attempt);
	pthread_mutex_unlock(&server->attempts_lock);
	return may;
}

/* Counts a wrong PIN; may there be another? */
static bool tried_wrong(struct server *server, const struct attempt *attempt)
{
	pthread_mutex_lock(&server->attempts_lock);
	attempts_wrong(server->attempts, attempt);
	bool may = attempts_may(server->attempts, attempt);
	pthread_mutex_unlock(&server->attempts_lock);
	return may;
}

/* Its count is one more than the bound lets through. */
static bool count_too_often(struct pace *pace, const struct question *question, const struct decision *decision,
	bool stranger)
{
	uint32_t most = decision->attempts_per_minute;
	uint64_t caller = question->withheld ? 0 : question->caller.e164;
	bool often = false;

	if (!stranger)
		return caller && pace_count(pace, PACE_PAIR, caller, decision->vn, question->now_ms) > most;
	if (caller)
		often = pace_count(pace, PACE_CALLER, caller, decision->pool, question->now_ms) > most;
	return pace_count(pace, question->text ? PACE_VN_TEXTS : PACE_VN, decision->vn, 0, question->now_ms) >
		       (uint64_t)most * VN_ATTEMPTS ||
	       often;
}

bool asking_too_often(struct server *server, const struct asking *asking, const struct decision *decision,
	bool stranger)
{
	const struct question *question = &asking->question;
	enum pace_of of = question->text ? PACE_TEXT : PACE_CALL;
	struct pace *pace = server->pace;
	char text[64 + CALL_PROVIDER_ID_MAX];

	if (!decision->attempts_per_minute || !decision->vn || question->digits.len)
		return false;
	if (!asking->call_id.len)
		return count_too_often(pace, question, decision, stranger);
	struct attempt attempt = attempt_of(asking, decision->vn, text);
	uint64_t name = pace_name(pace, attempt.call.at, attempt.call.len);
	uint64_t caller = question->caller.e164; /* one name may be told of several callers by who asks POST /v1/route */
	uint32_t seen = pace_look(pace, of, name, caller, question->now_ms); /* 1: it got through; 2: it did not */
	if (seen)
		return seen > 1;
	bool often = count_too_often(pace, question, decision, stranger);
	for (int i = 0; i <= often; i++)
		(void)pace_count(pace, of, name, caller, question->now_ms);
	return often;
}

static struct call_name name_of(const struct asking *asking, uint32_t pool_id)
{
	return (struct call_name){asking->provider, asking->account, pool_id, asking->call_id};
}

/* Who is refused for another reason already is not counted. */
static void bound(struct server *server, struct asking *asking, struct decision *decision)
{
	enum reason reason = decision->reason;
	bool known = decision->action == ACTION_CONNECT;
	bool stranger = reason == REASON_UNKNOWN_CALLER || reason == REASON_WITHHELD_CALLER ||
		reason == REASON_NOT_ACTIVE;
	struct call_name name = name_of(asking, decision->pool + 1u);

	if (!decision->vn || (!known && !stranger))
		return;
	/* One who is asked for a PIN has not rung in vain yet. */
	asking->stranger = reason == REASON_UNKNOWN_CALLER &&
			   (decision->action != ACTION_DIGITS || decision->wrong_pin);
	if (asking_too_often(server, asking, decision, stranger))
		decide_refuse(decision, REASON_TOO_MANY_CALLS);
	else if (known && decision->calls_at_once &&
		 !ongoing_calls_begin(server->ongoing, &name, decision->session, decision->calls_at_once,
			 decision->ring_s + decision->max_call_s, asking->question.now_ms))
		decide_refuse(decision, REASON_TOO_MANY_CALLS);
}

void asking_ended(struct server *server, const struct asking *asking, uint32_t pool_id)
{
	struct call_name name = name_of(asking, pool_id);

	ongoing_calls_end(server->ongoing, &name);
}

void asking_decide(struct server *server, struct asking *asking, struct decision *ret_decision)
{
	char text[64 + CALL_PROVIDER_ID_MAX];
	struct question *question = &asking->question;
	struct board_vn vn;
	bool may = true;

	question->now_ms = server->now_ms(server->clock_context);
	if (question->digits.len && board_vn_find(server->board, question->called, &vn)) {
		struct attempt attempt = attempt_of(asking, vn.id, text);
		may = may_try(server, &attempt);
		if (!may)
			question->digits = STR_NONE; /* not looked at; a caller who is known by number gets through */
	}
	decide(server->board, question, ret_decision);
	bound(server, asking, ret_decision);
	if (ret_decision->action != ACTION_DIGITS)
		return;
	struct attempt attempt = attempt_of(asking, ret_decision->vn, text);
	if (may)
		may = ret_decision->wrong_pin ? tried_wrong(server, &attempt) : may_try(server, &attempt);
	if (!may)
		decide_refuse(ret_decision, REASON_BLOCKED);
}

void asking_refuse(struct server *server, const struct asking *asking, struct decision *decision)
{
	if (decision->action == ACTION_CONNECT && decision->calls_at_once)
		asking_ended(server, asking, decision->pool + 1u);
	*decision = (struct decision){
		.action = ACTION_REJECT,
		.reason = REASON_LATE,
		.pool = decision->pool,
		.vn = decision->vn,
		.account = decision->account,
	};
}

uint64_t asking_decide_by(struct server *server, struct asking *asking, uint64_t began_ns, struct decision *ret_decision)
{
	int64_t wall_ns = (int64_t)server->config->deadline_ms * 1000000;

	asking_decide(server, asking, ret_decision);
	uint64_t took_ns = steady_ns() - began_ns;
	if ((int64_t)took_ns > wall_ns)
		asking_refuse(server, asking, ret_decision);
	return took_ns;
}

void asking_report(struct server *server, const struct account *account, const struct call_report *report)
{
	struct call_name name = {account->provider->name, account->name, 0, str_of(report->provider_call_id)};

	if (report->status > CALL_ANSWERED)
		ongoing_calls_end(server->ongoing, &name);
	writer_report(server->writer, report);
}
