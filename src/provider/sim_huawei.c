/* Huawei's side: its X mode events as JSON, with its header where the account has the application's secret; our answers
 * read strictly. */
#include <jansson.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/huawei_signature.h"
#include "provider/sim.h"
#include "wire/form.h"
#include "wire/json_text.h"
#include "wire/time_text.h"

#define LONG_AGO_MS 1518449420000 /* 2018-02-12T15:30:20Z, as in Huawei's example */
#define NONCE "66C92B11FF8A425FB8D4CCFE0ED9ED1F"
#define MINUTES_MAX 1440

static void put_member(struct buf *out, const char *name, const char *value)
{
	if (out->len && out->at[out->len - 1] != '{')
		buf_char(out, ',');
	json_put_string(out, str_of(name));
	buf_char(out, ':');
	json_put_string(out, str_of(value));
}

static enum err sign(const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char created[40], digest[HUAWEI_DIGEST_SIZE], value[sizeof request->header_value[0]];
	struct buf text;

	if (!account->secret[0])
		return ERR_OK;
	buf_fixed(&text, created, sizeof created - 1);
	time_text_put(&text, (question->now_ms ? question->now_ms : LONG_AGO_MS) / 1000 * 1000);
	if (!buf_ok(&text))
		return ERR_BAD_REQUEST;
	created[text.len] = '\0';
	huawei_aksk(str_of(account->secret), STR(NONCE), buf_text(&text), digest);
	int len = snprintf(value, sizeof value,
		"UsernameToken Username=\"%s\", PasswordDigest=\"%s\", Nonce=\"" NONCE "\", Created=\"%s\"",
		account->api_key, digest, created);
	if (len < 0 || (size_t)len >= sizeof value)
		return ERR_TOO_LARGE;
	sim_set_header(request, "Authorization", "AKSK realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"");
	sim_set_header(request, "X-AKSK", value);
	return ERR_OK;
}

/* Makes the POST to our `hook` from its body, which lacks its ends. */
static enum err finish(const struct account *account, const struct sim_question *question, const char *hook,
	struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/json;charset=UTF-8"};
	struct buf target;

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/huawei/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s/%s", account->secret_path, hook);
	buf_lit(body, "}}");
	if (!buf_ok(&target))
		return ERR_TOO_LARGE;
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (!err)
		err = sign(account, question, &request);
	if (!err)
		*ret_request = request;
	return err;
}

static void put_event(struct buf *out, const struct sim_question *question, const char *type, struct number to)
{
	char from_text[NUMBER_TEXT_SIZE], to_text[NUMBER_TEXT_SIZE];

	buf_char(out, '{');
	put_member(out, "eventType", type);
	buf_lit(out, ",\"statusInfo\":{");
	put_member(out, "timestamp", "2018-02-12 15:30:20");
	put_member(out, "sessionId",
		question->call_id ? question->call_id : "1200_0000_4294967295_20180212153020@callenabler.example.com");
	put_member(out, "caller", number_is(question->from) ? number_text(question->from, from_text) : "anonymous");
	put_member(out, "called", number_text(to, to_text));
}

static enum err ask(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	if (question->digits)
		return ERR_BAD_REQUEST; /* never asked for */
	buf_fixed(&body, room, sizeof room);
	put_event(&body, question, "callin", question->to);
	put_member(&body, "notifyMode", "Block");
	return finish(account, question, "voice", &body, ret_request);
}

static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	static const struct {
		const char *word;
		int reason;
	} ends[] = {{"completed", 0}, {"busy", 8102}, {"no-answer", 8101}, {"canceled", 8009}, {"failed", 8100}};
	const char *status = question->status ? question->status : "completed";
	char room[sizeof ret_request->body];
	struct buf body;
	int reason = -1;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (strcmp(ends[i].word, status) == 0)
			reason = ends[i].reason;
	if (reason < 0)
		return ERR_BAD_REQUEST;
	buf_fixed(&body, room, sizeof room);
	put_event(&body, question, "disconnect", question->to);
	buf_fmt(&body, ",\"stateCode\":%d", reason);
	put_member(&body, "stateDesc", "The user releases the call.");
	return finish(account, question, "status", &body, ret_request);
}

/* With a '+' and the country. */
static bool read_number(const json_t *value, struct number *ret_number)
{
	return json_is_string(value) &&
	       number_parse(str_n(json_string_value(value), json_string_length(value)), ret_number) == ERR_OK;
}

static bool read_connect(const json_t *info, struct sim_outcome *outcome)
{
	const json_t *show = json_object_get(info, "displayCalleeNum"), *most = json_object_get(info, "maxDuration");
	const json_t *record = json_object_get(info, "recordFlag");
	json_int_t minutes = json_integer_value(most);

	outcome->action = ACTION_CONNECT;
	outcome->max_call_s = (uint32_t)minutes * 60;
	return read_number(json_object_get(info, "calleeNum"), &outcome->rings) &&
	       (!show || read_number(show, &outcome->shows)) &&
	       (!most || (json_is_integer(most) && minutes >= 0 && minutes <= MINUTES_MAX)) &&
	       (!record || (json_is_string(record) && strcmp(json_string_value(record), "false") == 0));
}

static bool read_document(const json_t *document, struct sim_outcome *outcome)
{
	const char *operation = json_string_value(json_object_get(document, "operation"));

	if (operation && strcmp(operation, "connect") == 0)
		return read_connect(json_object_get(document, "connectInfo"), outcome);
	outcome->action = ACTION_REJECT;
	return operation && strcmp(operation, "close") == 0 && json_is_object(json_object_get(document, "closeInfo"));
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};

	if (status != 200)
		return ERR_BAD_REQUEST;
	json_t *document = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	bool understood = read_document(document, &outcome);
	json_decref(document);
	if (!understood)
		return ERR_BAD_REQUEST;
	/* Where it is reported is set at the application. */
	int len = snprintf(outcome.status_url, sizeof outcome.status_url, "/hooks/huawei/%s/%s/status", account->name,
		account->secret_path);
	if (outcome.action != ACTION_CONNECT || len < 0 || (size_t)len >= sizeof outcome.status_url)
		outcome.status_url[0] = '\0';
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_huawei = {.ask = ask, .tell = tell, .read = read_answer};
