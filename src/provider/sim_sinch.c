/* Sinch's side: its events as JSON, signed; our SVAML read strictly, its defaults included: a connectPstn
 * without cli shows nobody's number of ours. */
#include <jansson.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "provider/sinch_signature.h"
#include "wire/form.h"
#include "wire/json_text.h"
#include "wire/time_text.h"

#define LONG_AGO_MS 1411556381000 /* 2014-09-24T10:59:41Z, as in Sinch's example */

static void put_member(struct buf *out, const char *name, const char *value)
{
	buf_char(out, out->len ? ',' : '{');
	json_put_string(out, str_of(name));
	buf_char(out, ':');
	json_put_string(out, str_of(value));
}

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "822aa4b7-05b4-4d83-87c7-1f835ee0b6f6_257";
}

static enum err sign(const struct account *account, const struct sim_question *question,
	const char *timestamp, struct sim_request *request)
{
	char signature[SINCH_SIGNATURE_SIZE], text[sizeof request->header_value[0]];
	struct sinch_signed what = {.content_type = str_of(request->content_type),
		.timestamp = str_of(timestamp),
		.path = str_of(request->target),
		.body = str_of(request->body)};
	char path[sizeof request->target + 512];
	struct str base = sim_target(str_of(question->public_url));

	/* What stands in front of our paths is signed too. */
	if (base.len > 1 && base.at[0] == '/') {
		int len = snprintf(path, sizeof path, "%.*s%s", (int)base.len, base.at, request->target);
		if (len < 0 || (size_t)len >= sizeof path)
			return ERR_TOO_LARGE;
		what.path = str_of(path);
	}
	if (!sinch_sign(str_of(account->secret), &what, signature))
		return ERR_BAD_REQUEST;
	int len = snprintf(text, sizeof text, "application %s:%s", account->api_key, signature);
	if (len < 0 || (size_t)len >= sizeof text)
		return ERR_TOO_LARGE;
	sim_set_header(request, "Authorization", text);
	sim_set_header(request, "x-timestamp", timestamp);
	return ERR_OK;
}

/* Makes the POST from its body, which lacks its end. */
static enum err finish(const struct account *account, const struct sim_question *question, struct buf *body,
	struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/json"};
	char timestamp[32];
	struct buf target, time;

	buf_fixed(&time, timestamp, sizeof timestamp - 1);
	time_text_put(&time, question->now_ms ? question->now_ms : LONG_AGO_MS);
	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/sinch/");
	form_encode(&target, str_of(account->name));
	buf_lit(&target, "/voice");
	buf_char(body, '}');
	if (!buf_ok(&target) || !buf_ok(&time))
		return ERR_TOO_LARGE;
	timestamp[time.len] = '\0';
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (!err)
		err = sign(account, question, timestamp, &request);
	if (!err)
		*ret_request = request;
	return err;
}

static void put_call(struct buf *out, const struct account *account, const struct sim_question *question,
	const char *event)
{
	put_member(out, "event", event);
	put_member(out, "callid", call_id(question));
	put_member(out, "timestamp", "2014-09-24T10:59:41Z");
	buf_lit(out, ",\"version\":1");
	put_member(out, "applicationKey", account->api_key);
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	const char *cli = number_is(question->from) ? number_text(question->from, from) + 1 : "private";
	struct buf body;

	if (question->digits)
		return ERR_BAD_REQUEST; /* digits come without who was called: never asked for */
	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, "ice");
	put_member(&body, "cli", cli);
	buf_lit(&body, ",\"to\":{\"type\":\"did\",\"endpoint\":");
	json_put_string(&body, str_of(number_text(question->to, to)));
	buf_char(&body, '}');
	buf_lit(&body, ",\"userRate\":{\"currencyId\":\"USD\",\"amount\":0.0}");
	put_member(&body, "domain", "pstn");
	put_member(&body, "originationType", "PSTN");
	put_member(&body, "rdnis", "");
	return finish(account, question, &body, ret_request);
}

/* The end of the call, in Sinch's words for Twilio's. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	static const char *const ends[][3] = {{"completed", "ANSWERED", "CALLEEHANGUP"},
		{"busy", "BUSY", "N/A"}, {"no-answer", "NOANSWER", "TIMEOUT"},
		{"canceled", "NOANSWER", "CANCEL"}, {"failed", "FAILED", "CONGESTION"}};
	const char *status = question->status ? question->status : "completed", *const *end = NULL;
	char room[sizeof ret_request->body];
	struct buf body;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (strcmp(ends[i][0], status) == 0)
			end = ends[i];
	if (!end)
		return ERR_BAD_REQUEST;
	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, "dice");
	put_member(&body, "result", end[1]);
	put_member(&body, "reason", end[2]);
	buf_fmt(&body, ",\"duration\":%u", (unsigned)question->seconds);
	return finish(account, question, &body, ret_request);
}

static bool read_number(const json_t *value, struct number *ret_number)
{
	return json_is_string(value) &&
	       number_parse(str_n(json_string_value(value), json_string_length(value)), ret_number) == ERR_OK;
}

static bool read_count(const json_t *value, uint32_t fallback, uint32_t max, uint32_t *ret_count)
{
	if (value &&
		(!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > max))
		return false;
	*ret_count = value ? (uint32_t)json_integer_value(value) : fallback;
	return true;
}

static bool is_word(const json_t *value, const char *word)
{
	return json_is_string(value) && strcmp(json_string_value(value), word) == 0;
}

/* No instruction, or one that speaks. */
static bool read_instructions(const json_t *instructions, bool *ret_speaks)
{
	const json_t *first = json_array_get(instructions, 0);

	*ret_speaks = first != NULL;
	if (!instructions || json_array_size(instructions) == 0)
		return !instructions || json_is_array(instructions);
	return json_array_size(instructions) == 1 && is_word(json_object_get(first, "name"), "say") &&
	       json_is_string(json_object_get(first, "text"));
}

static bool read_document(const json_t *document, struct sim_outcome *outcome)
{
	const json_t *action = json_object_get(document, "action"), *name = json_object_get(action, "name");
	const json_t *cli = json_object_get(action, "cli");
	bool speaks;

	if (!read_instructions(json_object_get(document, "instructions"), &speaks))
		return false;
	outcome->action = speaks ? ACTION_ANNOUNCE : ACTION_REJECT;
	if (is_word(name, "hangup"))
		return true;
	outcome->action = ACTION_CONNECT;
	return is_word(name, "connectPstn") && !speaks &&
	       read_number(json_object_get(action, "number"), &outcome->rings) &&
	       (!cli || read_number(cli, &outcome->shows)) &&
	       json_is_false(json_object_get(action, "suppressCallbacks")) &&
	       read_count(json_object_get(action, "dialTimeout"), 60, 60, &outcome->ring_s) &&
	       read_count(json_object_get(action, "maxDuration"), 14400, 14400, &outcome->max_call_s);
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
	/* Every event goes to the app's one URL. */
	int len = snprintf(
		outcome.status_url, sizeof outcome.status_url, "/hooks/sinch/%s/voice", account->name);
	if (outcome.action != ACTION_CONNECT || len < 0 || (size_t)len >= sizeof outcome.status_url)
		outcome.status_url[0] = '\0';
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_sinch = {.ask = ask, .tell = tell, .read = read_answer};
