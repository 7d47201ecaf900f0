/* `bauta call` with an account of Call Control. An event's answer tells nothing, and nobody but the provider can sign one:
 * so the decision is asked of POST /v1/route, and becomes the command that the provider would get. It is sent nowhere. */
#include "cli/cli_call.h"

#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "provider/control.h"

/* A part of a decision is enough: what a command is made of. */
static struct decision decision_of(const json_t *answer, const struct sim_outcome *outcome)
{
	return (struct decision){
		.action = outcome->action,
		.callee = outcome->rings,
		.show = outcome->shows,
		.ring_s = outcome->ring_s,
		.max_call_s = outcome->max_call_s,
		.pin_digits = (uint8_t)cli_int(answer, "digits"),
		.wrong_pin = json_is_true(json_object_get(answer, "again")),
	};
}

/* What a command is made of, has it come from a server that is not ours. */
static bool can_command(const struct decision *decision)
{
	bool rings = decision->action == ACTION_CONNECT || decision->action == ACTION_FORWARD;

	if (rings)
		return number_is(decision->callee) && number_is(decision->show);
	return decision->action != ACTION_DIGITS || decision->pin_digits > 0;
}

/* Digits come in a call that was answered to ask for them. */
static enum err make_command(const struct call_asked *call, const struct account *account, const struct decision *decision,
	struct inventory_request *ret_request)
{
	char leg[40], event[40];

	call_make_id("v3:", leg);
	call_make_id("", event);
	const struct control_event question = {.kind = CONTROL_QUESTION, .id = str_of(event), .leg = str_of(leg),
		.answered = call->digits != NULL};
	const struct control_out out = control_out_of(&question, decision);

	return account->provider->control->command(account, &out, ret_request);
}

static void give_json(const struct call_asked *call, const struct account *account, json_t *answer,
	const struct inventory_request *command)
{
	json_t *object = json_copy(answer);
	json_t *sent = json_pack("{s:s, s:s, s:s}", "method", "POST", "url", command->url, "body", command->body);

	ASSERT(object && sent);
	call_set_question(call, object, account->provider->name, account->name);
	json_object_set_new(object, "command", sent);
	cli_print_json(object);
}

static void give_picture(const struct call_asked *call, const struct account *account, const json_t *answer,
	const struct sim_outcome *outcome, const struct inventory_request *command)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	const char *provider = account->provider->name;

	printf("%s calls %s (%s, account %s, Call Control)\n\n", call_shown(call, call->from, from), number_text(call->to, to),
		provider, account->name);
	printf("only %s can sign its events: the decision is that of POST /v1/route\n\n", provider);
	printf("the event is answered 200 with nothing; %s is sent (not now):\n    POST %s\n", provider, command->url);
	call_put_document(call, str_of(command->body), outcome->shows, "");
	putchar('\n');
	call_put_outcome(call, outcome, cli_member(answer, "reason"));
}

int call_control(struct call_asked *call, const struct account *account)
{
	const char *lacks = account->provider->control->lacks(account);
	struct inventory_request *command = calloc(1, sizeof *command);
	json_t *answer;

	ASSERT(command);
	if (lacks) {
		free(command);
		return command_failed("%s: without it each event of a call is answered with 503", lacks);
	}
	int code = call_route(call, &answer);
	if (code == COMMAND_DONE) {
		struct sim_outcome outcome = call_route_outcome(answer);
		struct decision decision = decision_of(answer, &outcome);
		if (!can_command(&decision) || make_command(call, account, &decision, command) != ERR_OK)
			code = command_failed("the decision can't be put into a command of %s", account->provider->name);
		else if (call->cli.json)
			give_json(call, account, answer, command);
		else
			give_picture(call, account, answer, &outcome, command);
		json_decref(answer);
	}
	secret_wipe(command, sizeof *command);
	free(command);
	return code;
}
