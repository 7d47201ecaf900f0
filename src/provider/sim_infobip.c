/* Infobip's side: its number masking requests as JSON, signed, or with the account's fixed header; our
 * commands read strictly. */
#include <jansson.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/infobip_signature.h"
#include "provider/sim.h"
#include "wire/form.h"
#include "wire/json_text.h"

static void put_member(struct buf *out, const char *name, const char *value)
{
	buf_char(out, out->len ? ',' : '{');
	json_put_string(out, str_of(name));
	buf_char(out, ':');
	json_put_string(out, str_of(value));
}

static enum err sign(
	const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char signature[INFOBIP_SIGNATURE_SIZE], text[sizeof request->header_value[0]];
	char path[sizeof request->target + 512];
	struct str base = sim_target(str_of(question->public_url));
	bool behind = base.len > 1 && base.at[0] == '/'; /* a path in front of ours */

	int len = snprintf(path, sizeof path, "%.*s%s", behind ? (int)base.len : 0, behind ? base.at : "",
		request->target);
	if (len < 0 || (size_t)len >= sizeof path)
		return ERR_TOO_LARGE;
	if (!account->api_key[0])
		len = snprintf(text, sizeof text, "%s", account->secret);
	else if (infobip_sign(str_of(account->api_key), str_of(path), str_of(request->body), signature))
		len = snprintf(text, sizeof text, "%s:%s", account->sid, signature);
	if (len < 0 || (size_t)len >= sizeof text)
		return ERR_TOO_LARGE;
	sim_set_header(request, "Authorization", text);
	return ERR_OK;
}

/* Makes the POST to our `hook` from its body, which lacks its end. */
static enum err finish(const struct account *account, const struct sim_question *question, const char *hook,
	struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/json"};
	struct buf target;

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/infobip/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s", hook);
	buf_char(body, '}');
	if (!buf_ok(&target))
		return ERR_TOO_LARGE;
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (!err)
		err = sign(account, question, &request);
	if (!err)
		*ret_request = request;
	return err;
}

static void put_call(struct buf *body, const struct sim_question *question)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	put_member(body, "from",
		number_is(question->from) ? number_text(question->from, from) + 1 : "anonymous");
	put_member(body, "to", number_text(question->to, to) + 1);
	put_member(body, "correlationId", "00000000-0000-0000-0000-000000000000");
	put_member(body, "nmCorrelationId",
		question->call_id ? question->call_id : "00000000-0000-0000-0000-000000000001");
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	if (question->digits)
		return ERR_BAD_REQUEST; /* never asked for */
	buf_fixed(&body, room, sizeof room);
	put_call(&body, question);
	return finish(account, question, "voice", &body, ret_request);
}

/* Infobip's words for Twilio's. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	static const char *const words[][2] = {{"completed", "answered"}, {"busy", "busy"},
		{"no-answer", "no answer"}, {"canceled", "no answer"}, {"failed", "failed"}};
	const char *status = question->status ? question->status : "completed", *word = NULL;
	char room[sizeof ret_request->body];
	struct buf body;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], status) == 0)
			word = words[i][1];
	if (!word)
		return ERR_BAD_REQUEST;
	buf_fixed(&body, room, sizeof room);
	put_member(&body, "action", "dial");
	put_call(&body, question);
	buf_fmt(&body, ",\"duration\":%u", (unsigned)question->seconds);
	put_member(&body, "status", word);
	return finish(account, question, "status", &body, ret_request);
}

/* Digits without a '+'. */
static bool read_number(const json_t *value, struct number *ret_number)
{
	const char *text = json_string_value(value);

	return text && text[0] != '+' &&
	       number_parse_digits(str_n(text, json_string_length(value)), ret_number) == ERR_OK;
}

static bool read_document(const json_t *document, struct sim_outcome *outcome)
{
	const char *command = json_string_value(json_object_get(document, "command"));

	if (!command)
		return false;
	if (strcmp(command, "audio") == 0) {
		const char *url = json_string_value(json_object_get(document, "fileUrl"));
		outcome->action = ACTION_ANNOUNCE;
		return url && url[0];
	}
	outcome->action = ACTION_CONNECT;
	return strcmp(command, "dial") == 0 &&
	       read_number(json_object_get(document, "phoneNumber"), &outcome->rings) &&
	       read_number(json_object_get(document, "callerId"), &outcome->shows) &&
	       json_is_false(json_object_get(json_object_get(document, "recording"), "enabled"));
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};

	if (status != 200)
		return ERR_BAD_REQUEST;
	json_t *document = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	bool understood = json_is_object(document) && read_document(document, &outcome);
	json_decref(document);
	if (!understood)
		return ERR_BAD_REQUEST;
	/* The status URL is set beside the callback's. */
	int len = snprintf(
		outcome.status_url, sizeof outcome.status_url, "/hooks/infobip/%s/status", account->name);
	if (outcome.action != ACTION_CONNECT || len < 0 || (size_t)len >= sizeof outcome.status_url)
		outcome.status_url[0] = '\0';
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_infobip = {.ask = ask, .tell = tell, .read = read_answer};
