/* What may be answered while something fails. */
#include "fault/fault.h"

#include <stdio.h>
#include <string.h>

#include "provider/provider.h"

bool answer_wrong(const char *what, const struct door_reply *reply)
{
	fprintf(stderr, "%s: %d times %d %s %.600s\n", what, reply->replies, reply->status, reply->content_type, reply->body);
	return false;
}

static bool says_not_now(const struct door_reply *reply)
{
	static const char *const codes[] = {"\"code\":\"overloaded\"", "\"code\":\"limit_reached\"", "\"code\":\"store_failed\"", NULL};

	for (int i = 0; codes[i]; i++)
		if (strstr(reply->body, codes[i]))
			return reply->status == 503 && strcmp(reply->content_type, "application/problem+json") == 0;
	return false;
}

bool answer_refuses(const struct operation *operation, const struct door_reply *reply)
{
	const struct account *account = &door.serve->config->accounts[operation->account];
	struct sim_outcome outcome = {.action = ACTION_CONNECT};
	struct sim_text text = {.goes = true};
	struct str body = str_n(reply->body, reply->body_len);

	if (strstr(operation->name, "report of"))
		return false;
	if (strstr(operation->name, " text"))
		return account->provider->sim->read_text(account, reply->status, body, &text) == ERR_OK && !text.goes;
	return account->provider->sim->read(account, reply->status, body, &outcome) == ERR_OK &&
	       (outcome.action == ACTION_REJECT || outcome.action == ACTION_ANNOUNCE);
}

bool answer_is_usual(const struct door_reply *reply, const struct door_reply *usual)
{
	static char body[2][DOOR_REPLY_MAX];

	memcpy(body[0], reply->body, reply->body_len + 1);
	memcpy(body[1], usual->body, usual->body_len + 1);
	state_alike(body[0]);
	state_alike(body[1]);
	return reply->status == usual->status && strcmp(body[0], body[1]) == 0;
}

/* No problem document is asked for there; what /proc could not be asked is missing, what we count is not. */
static bool metrics_hold(const struct operation *operation, const struct door_reply *reply)
{
	return strcmp(operation->name, "metrics") == 0 &&
	       (reply->status == 503 || (reply->status == 200 && strstr(reply->body, "pool=\"jakarta\"")));
}

bool answer_holds(const struct operation *operation, const struct door_reply *reply, const struct door_reply *usual)
{
	if (reply->replies != 1)
		return answer_wrong("it is not answered once", reply);
	if (!operation->reveals && town_tells_number(reply->body, reply->body_len))
		return answer_wrong("a real number is told", reply);
	if (answer_is_usual(reply, usual))
		return true;
	if (operation->answer == ANSWER_API)
		return says_not_now(reply) || metrics_hold(operation, reply) || answer_wrong("neither the usual answer nor `not now`", reply);
	if (operation->answer == ANSWER_HOOK)
		return reply->status == 503 || (reply->status == 403 && operation->closed) || answer_refuses(operation, reply) || answer_wrong("neither the usual answer nor a refusal", reply);
	return reply->status == 503 || answer_wrong("neither the usual answer nor `not now`", reply);
}
