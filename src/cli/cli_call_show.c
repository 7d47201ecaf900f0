#include "cli/cli_call.h"

#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "cli/mask.h"

const char *call_shown(const struct call_asked *call, struct number number, char text[NUMBER_TEXT_SIZE])
{
	if (!number_is(number))
		return "withheld";
	return call->whole ? number_text(number, text) : number_mask(number, text);
}

void call_put_document(const struct call_asked *call, struct str text, struct number show, const char *secret)
{
	const struct number virtuals[] = {call->to, show};
	struct buf out;

	buf_init(&out, text.len * 2 + 64);
	if (call->whole)
		buf_str(&out, text);
	else
		mask_document(&out, text, virtuals, 2, secret);
	for (struct str rest = buf_text(&out); rest.len;) {
		struct str line = str_cut(rest, '\n', &rest);
		fputs("    ", stdout);
		terminal_put(stdout, str_trim(line));
		putchar('\n');
	}
	buf_done(&out);
}

static void put_action(const char *action)
{
	bool colours = terminal_colours(stdout);

	printf("%s%s%s", colours ? terminal_colour(cli_state_colour(action)) : "", action,
		colours ? terminal_plain : "");
}

void call_put_outcome(const struct call_asked *call, const struct sim_outcome *outcome, const char *reason)
{
	char rings[NUMBER_TEXT_SIZE], shows[NUMBER_TEXT_SIZE];

	put_action(action_words[outcome->action]);
	if (number_is(outcome->rings)) {
		printf(": rings %s, which sees %s", call_shown(call, outcome->rings, rings),
			number_is(outcome->shows) ? number_text(outcome->shows, shows)
						  : "THE CALLER'S OWN NUMBER");
		if (outcome->ring_s)
			printf("; %u s to answer", (unsigned)outcome->ring_s);
		if (outcome->max_call_s)
			printf(", %u s to talk", (unsigned)outcome->max_call_s);
	}
	if (reason && reason[0])
		printf(": %s", reason);
	putchar('\n');
}

static json_t *number_json(struct number number)
{
	char text[NUMBER_TEXT_SIZE];

	return number_is(number) ? json_string(number_text(number, text)) : json_null();
}

void call_set_question(
	const struct call_asked *call, json_t *object, const char *provider, const char *account)
{
	json_t *question = json_pack("{s:o, s:o, s:s, s:s*, s:s*}", "from", number_json(call->from), "to",
		number_json(call->to), "provider", provider, "account", account, "digits", call->digits);

	ASSERT(question);
	json_object_set_new(object, "question", question);
}

void call_give_json(const struct call_asked *call, const struct account *account,
	const struct sim_request *sim, const struct client_answer *answer, const struct sim_outcome *outcome)
{
	json_t *object = json_object(), *request = json_object(), *headers = json_object();

	if (outcome) {
		json_object_set_new(object, "action", json_string(action_words[outcome->action]));
		json_object_set_new(object, "to", number_json(outcome->rings));
		json_object_set_new(object, "caller_id", number_json(outcome->shows));
		json_object_set_new(object, "ring_s", json_integer(outcome->ring_s));
		json_object_set_new(object, "max_s", json_integer(outcome->max_call_s));
		if (outcome->next[0])
			json_object_set_new(object, "next", json_string(outcome->next));
	}
	call_set_question(call, object, account->provider->name, account->name);
	json_object_set_new(request, "method", json_string(sim->post ? "POST" : "GET"));
	json_object_set_new(request, "target", json_string(sim->target));
	for (int i = 0; i < sim->headers_n; i++)
		json_object_set_new(headers, sim->header_name[i], json_string(sim->header_value[i]));
	json_object_set_new(request, "headers", headers);
	json_object_set_new(request, "body", json_string(sim->post ? sim->body : ""));
	json_object_set_new(object, "request", request);
	json_t *body = json_stringn(answer->body.at ? answer->body.at : "", answer->body.len);
	json_t *answered =
		json_pack("{s:i, s:o}", "status", answer->status, "body", body ? body : json_null());
	ASSERT(answered);
	json_object_set_new(object, "answer", answered);
	cli_print_json(object);
}

void call_give_picture(const struct call_asked *call, const struct account *account,
	const struct sim_request *sim, const struct client_answer *answer, const struct sim_outcome *outcome)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	struct number show = outcome ? outcome->shows : NUMBER_NONE;
	const char *secret = account->secret_path;

	printf("%s calls %s (%s, account %s)\n\n", call_shown(call, call->from, from),
		number_text(call->to, to), account->provider->name, account->name);
	printf("asked: %s\n", sim->post ? "POST" : "GET");
	call_put_document(call, str_of(sim->target), show, secret);
	for (int i = 0; i < sim->headers_n; i++)
		printf("    %s: %s\n", sim->header_name[i],
			strcasecmp(sim->header_name[i], "Authorization") == 0 ? "..." : sim->header_value[i]);
	if (sim->post)
		call_put_document(call, str_of(sim->body), show, secret);
	printf("\nanswered: %d\n", answer->status);
	call_put_document(call, buf_text(&answer->body), show, secret);
	putchar('\n');
	if (outcome)
		call_put_outcome(call, outcome, NULL);
}
