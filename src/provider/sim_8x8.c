/* 8x8's side: its number masking events as JSON with the header that was set; our call flows read strictly.
 */
#include <jansson.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "wire/form.h"
#include "wire/json_text.h"

static void put_member(struct buf *out, const char *name, const char *value)
{
	if (out->len && out->at[out->len - 1] != '{')
		buf_char(out, ',');
	json_put_string(out, str_of(name));
	buf_char(out, ':');
	json_put_string(out, str_of(value));
}

/* Makes the POST to our `hook` from its body, which lacks its ends. */
static enum err finish(
	const struct account *account, const char *hook, struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/json"};
	struct buf target;

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/8x8/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s", hook);
	buf_lit(body, "}}");
	if (!buf_ok(&target) || strlen(account->secret) >= sizeof request.header_value[0])
		return ERR_TOO_LARGE;
	sim_set_header(&request, "Authorization", account->secret);
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (!err)
		*ret_request = request;
	return err;
}

static void put_event(struct buf *out, const struct sim_question *question, const char *type)
{
	buf_char(out, '{');
	put_member(out, "namespace", "VOICE");
	put_member(out, "eventType", type);
	put_member(out, "description", "");
	buf_lit(out, ",\"payload\":{");
	put_member(out, "eventId", "00000000-0000-0000-0000-000000000001");
	put_member(out, "sessionId",
		question->call_id ? question->call_id : "00000000-0000-0000-0000-000000000000");
	put_member(out, "subAccountId", "example1");
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	struct buf body;

	if (question->digits)
		return ERR_BAD_REQUEST; /* never asked for */
	buf_fixed(&body, room, sizeof room);
	put_event(&body, question, "CALL_ACTION");
	put_member(&body, "callId", "00000000-0000-0000-0000-000000000002");
	put_member(&body, "callStatus", "CALL_RECEIVED");
	put_member(&body, "callDirection", "INBOUND");
	put_member(&body, "callType", "PSTN");
	put_member(&body, "source",
		number_is(question->from) ? number_text(question->from, from) + 1 : "anonymous");
	put_member(&body, "destination", number_text(question->to, to) + 1);
	put_member(&body, "sourceFormat", "MSISDN");
	buf_lit(&body, ",\"callDuration\":0,\"sipCode\":100");
	put_member(&body, "timestamp", "2024-01-01T10:00:00.000Z");
	return finish(account, "voice", &body, ret_request);
}

/* The end of the dialled leg, by its SIP status. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	static const struct {
		const char *word;
		int code;
	} ends[] = {
		{"completed", 200}, {"busy", 486}, {"no-answer", 480}, {"canceled", 487}, {"failed", 503}};
	const char *status = question->status ? question->status : "completed";
	char room[sizeof ret_request->body];
	struct buf body;
	int code = 0;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (strcmp(ends[i].word, status) == 0)
			code = ends[i].code;
	if (!code)
		return ERR_BAD_REQUEST;
	buf_fixed(&body, room, sizeof room);
	put_event(&body, question, "CALL_STATUS");
	put_member(&body, "callId", "00000000-0000-0000-0000-000000000003");
	put_member(&body, "callStatus", "CALL_DISCONNECTED");
	put_member(&body, "callDirection", "OUTBOUND");
	buf_fmt(&body, ",\"callDuration\":%u,\"sipCode\":%d", (unsigned)question->seconds, code);
	return finish(account, "status", &body, ret_request);
}

/* Digits without a '+'. */
static bool read_number(const json_t *value, struct number *ret_number)
{
	const char *text = json_string_value(value);

	return text && text[0] != '+' &&
	       number_parse_digits(str_n(text, json_string_length(value)), ret_number) == ERR_OK;
}

static bool is_action(const json_t *step, const char *name)
{
	const char *action = json_string_value(json_object_get(step, "action"));

	return action && strcmp(action, name) == 0;
}

static bool read_flow(const json_t *flow, struct sim_outcome *outcome)
{
	const json_t *first = json_array_get(flow, 0), *params = json_object_get(first, "params");
	size_t n = json_array_size(flow);

	outcome->action = ACTION_REJECT;
	if (is_action(first, "hangup"))
		return n == 1;
	outcome->action = ACTION_ANNOUNCE;
	if (is_action(first, "say"))
		return n == 2 && json_is_string(json_object_get(params, "text")) &&
		       is_action(json_array_get(flow, 1), "hangup");
	outcome->action = ACTION_CONNECT;
	return n == 1 && is_action(first, "makeCall") &&
	       read_number(json_object_get(params, "destination"), &outcome->rings) &&
	       read_number(json_object_get(params, "source"), &outcome->shows) &&
	       !json_object_get(params, "callRecording");
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};

	if (status != 200)
		return ERR_BAD_REQUEST;
	json_t *document = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	bool understood = json_is_string(json_object_get(document, "clientActionId")) &&
			  read_flow(json_object_get(document, "callflow"), &outcome);
	json_decref(document);
	if (!understood)
		return ERR_BAD_REQUEST;
	/* Where it is reported is set at the sub-account. */
	int len = snprintf(
		outcome.status_url, sizeof outcome.status_url, "/hooks/8x8/%s/status", account->name);
	if (outcome.action != ACTION_CONNECT || len < 0 || (size_t)len >= sizeof outcome.status_url)
		outcome.status_url[0] = '\0';
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_8x8 = {.ask = ask, .tell = tell, .read = read_answer};
