#include "serve/hook_control.h"

#include "log.h"
#include "serve/asking.h"
#include "serve/commander.h"
#include "serve/control_memory.h"

static void reply(struct http_request *request, int status, struct str body)
{
	struct http_reply text = {.status = status, .content_type = body.len ? "text/plain" : NULL, .body = body,
		.extra = {{STR("Cache-Control"), STR("no-store")}}, .extra_n = 1};

	http_reply(request, &text);
}

/* The call is ended by whatever command still has room. */
static struct errand *take_end(struct server *server, const struct account *account, const struct control_out *out,
	struct str call_id, bool answered)
{
	struct control_out end = control_instead(out, answered);

	return commander_take(server->commander, account, &(struct commanding){&end, call_id, answered, NULL});
}

/* 200, 503: bring it again. */
static int answer_question(struct server *server, struct http_request *request, const struct account *account,
	const struct control_event *event)
{
	struct asking asking = asking_of(account, &event->ask);
	struct decision decision;
	uint64_t took_ns = asking_decide_by(server, &asking, request->began_ns, &decision);
	struct control_out out = control_out_of(event, &decision);
	const struct commanding command = {&out, event->call_id, event->answered, &asking.question};
	struct errand *errand = commander_take(server->commander, account, &command);

	if (!errand) {
		asking_refuse(server, &asking, &decision);
		errand = take_end(server, account, &out, event->call_id, event->answered);
	}
	if (!errand)
		return 503;
	/* Before the command: what becomes of it finds the call. */
	asking_note(server, request->worker, &asking, &decision, took_ns);
	commander_send(server->commander, errand);
	return 200;
}

static int take_step(struct server *server, const struct account *account, const struct control_event *event)
{
	const struct control_out out = {.verb = event->next, .leg = event->leg, .event = event->id,
		.pin_digits = event->pin_digits, .attestation = event->attestation};
	struct errand *errand =
		commander_take(server->commander, account, &(struct commanding){&out, event->call_id, true, NULL});

	if (!errand)
		errand = take_end(server, account, &out, event->call_id, true);
	if (!errand)
		return 503;
	commander_send(server->commander, errand);
	return 200;
}

/* From the callee's answer; where that was not seen, from the first ring on. */
static uint32_t seconds_of(struct server *server, const struct account *account, const struct control_event *event)
{
	int64_t from_ms = control_memory_answered_ms(server->control, account, event->call_id);

	if (!from_ms)
		from_ms = event->began_ms;
	if (!from_ms || event->at_ms < from_ms || (event->at_ms - from_ms) / 1000 > UINT32_MAX)
		return 0;
	return (uint32_t)((event->at_ms - from_ms) / 1000);
}

static int take_report(struct server *server, const struct account *account, const struct control_event *event)
{
	struct call_report report = {.account = account->index, .status = event->report.status};
	struct errand *errand = NULL;

	if (event->caller_leg.len) {
		const struct control_out out = {.verb = CONTROL_HANG_UP, .leg = event->caller_leg, .event = event->id};
		errand = commander_take(server->commander, account, &(struct commanding){&out, event->call_id, true, NULL});
		if (!errand)
			return 503;
	}
	if (event->leg_answered && event->at_ms)
		control_memory_answered(server->control, account, event->call_id, event->at_ms);
	if (event->leg_ended && report.status == CALL_COMPLETED)
		report.seconds = seconds_of(server, account, event);
	if (str_copy(report.provider_call_id, sizeof report.provider_call_id, event->call_id))
		asking_report(server, account, &report);
	if (errand)
		commander_send(server->commander, errand);
	return 200;
}

static int act(struct server *server, struct http_request *request, const struct account *account,
	const struct control_event *event)
{
	switch (event->kind) {
	case CONTROL_QUESTION:
		return answer_question(server, request, account, event);
	case CONTROL_STEP:
		return take_step(server, account, event);
	case CONTROL_REPORT:
		return take_report(server, account, event);
	case CONTROL_NOTHING:
		break;
	}
	return 200;
}

void hook_control(struct server *server, struct http_request *request, const struct account *account,
	const struct webhook *webhook)
{
	const struct control *control = account->provider->control;
	const char *lacks = control->lacks(account);
	struct control_event event;

	if (lacks) {
		log_error("calls are brought to an account that can't command them", "account", account->name, "why",
			lacks);
		metrics_hook_refused(server->metrics, request->worker, account->provider->name);
		reply(request, 503, str_of(lacks));
		return;
	}
	enum err err = control->parse(account, webhook, request->arena, &event);
	if (err || request->arena->no_memory) {
		metrics_hook_refused(server->metrics, request->worker, account->provider->name);
		reply(request, err == ERR_OVERLOADED || request->arena->no_memory ? 503 : 400, STR_NONE);
		return;
	}
	int status = 200;
	if (event.kind != CONTROL_NOTHING && control_memory_first(server->control, account, &event)) {
		status = act(server, request, account, &event);
		if (status != 200)
			control_memory_forget(server->control, account, &event);
	}
	reply(request, status, STR_NONE);
}

bool hook_control_holds(void *context, const struct question *question, const struct control_out *out)
{
	const struct server *server = context;
	struct question now = *question;
	struct decision decision;

	now.now_ms = server->now_ms(server->clock_context);
	decide(server->board, &now, &decision);
	return (decision.action == ACTION_CONNECT || decision.action == ACTION_FORWARD) &&
	       decision.callee.e164 == out->to.e164 && decision.show.e164 == out->shown.e164;
}

void hook_control_failed(void *context, const struct account *account, struct str call_id)
{
	struct call_report report = {.account = account->index, .status = CALL_FAILED};

	if (str_copy(report.provider_call_id, sizeof report.provider_call_id, call_id))
		asking_report(context, account, &report);
}
