/* Bandwidth's side: its events as JSON with user and password; our BXML read as strictly as by Bandwidth, its
 * defaults included: a <Transfer> without transferCallerId shows nobody's number of ours. */
#include "provider/authorization.h"
#include "provider/dialects.h"
#include "provider/sim.h"
#include "provider/xml.h"
#include "wire/form.h"
#include "wire/json_text.h"
#include "wire/time_text.h"

#define READ_MEMORY_MAX (64 * 1024)
#define DEFAULT_RING_S 30
#define STARTED_MS 1561046062234 /* 2019-06-20T15:54:22.234Z, as in Bandwidth's examples */

static void put_member(struct buf *out, const char *name, const char *value)
{
	buf_char(out, out->len ? ',' : '{');
	json_put_string(out, str_of(name));
	buf_char(out, ':');
	json_put_string(out, str_of(value));
}

static void put_time(struct buf *out, const char *name, int64_t time_ms)
{
	buf_char(out, ',');
	json_put_string(out, str_of(name));
	buf_lit(out, ":\"");
	time_text_put(out, time_ms);
	buf_char(out, '"');
}

static void put_call(
	struct buf *out, const struct account *account, const struct sim_question *question, const char *type)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	put_member(out, "eventType", type);
	put_time(out, "eventTime", STARTED_MS + 94320);
	put_member(out, "accountId", account->sid[0] ? account->sid : "55555555");
	put_member(out, "applicationId", "7fc9698a-b04a-468b-9e8f-91238c0d0086");
	put_member(out, "from", number_is(question->from) ? number_text(question->from, from) : "Anonymous");
	put_member(out, "to", number_text(question->to, to));
	put_member(out, "callUrl", "https://voice.bandwidth.com/api/v2/accounts/55555555/calls/c-0");
	put_time(out, "startTime", STARTED_MS);
}

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "c-00000000-00000000-0000-4000-8000-000000000000";
}

/* Makes the POST to our `hook` from its body, which lacks its end. */
static enum err finish(
	const struct account *account, const char *hook, struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/json; charset=utf-8"};
	char authorization[AUTHORIZATION_MAX];
	struct buf target;

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/bandwidth/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s", hook);
	buf_char(body, '}');
	authorization_basic(account->api_key, account->secret, authorization);
	if (!buf_ok(&target) || strlen(authorization) >= sizeof request.header_value[0])
		return ERR_TOO_LARGE;
	sim_set_header(&request, "Authorization", authorization);
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (!err)
		*ret_request = request;
	return err;
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, question->digits ? "gather" : "initiate");
	put_member(&body, "direction", "inbound");
	put_member(&body, "callId", call_id(question));
	if (question->digits) {
		put_member(&body, "digits", question->digits);
		put_member(&body, "terminatingDigit", "#");
	} else if (number_is(question->from)) {
		buf_lit(&body, ",\"stirShaken\":{\"verstat\":\"TN-Verification-Passed\","
			       "\"attestationIndicator\":\"A\",\"originatingId\":\"x\"}");
	}
	return finish(account, "voice", &body, ret_request);
}

/* The end of the dialled leg. The word is Twilio's, as in every dialect, or Bandwidth's own cause. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	static const char *const causes[][2] = {{"completed", "hangup"}, {"no-answer", "timeout"},
		{"canceled", "cancel"}, {"failed", "error"}};
	const char *cause = question->status ? question->status : "completed";
	char room[sizeof ret_request->body];
	bool talked = strcmp(cause, "completed") == 0;
	struct buf body;

	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
		if (strcmp(cause, causes[i][0]) == 0)
			cause = causes[i][1];
	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, "transferDisconnect");
	put_member(&body, "direction", "outbound");
	put_member(&body, "callId", "c-ffffffff-00000000-0000-4000-8000-000000000000");
	put_member(&body, "parentCallId", call_id(question));
	if (talked)
		put_time(&body, "answerTime", STARTED_MS + 2599);
	put_time(&body, "endTime", STARTED_MS + 2599 + (int64_t)question->seconds * 1000);
	put_member(&body, "cause", cause);
	return finish(account, "status", &body, ret_request);
}

/* A whole number in an attribute, `fallback` where it is not given. */
static bool read_count(
	const struct xml_node *node, const char *name, uint32_t fallback, uint32_t max, uint32_t *ret_count)
{
	struct str text = xml_attribute(node, name);
	uint64_t count = fallback;

	if (text.at && (!str_u64(text, &count) || count < 1 || count > max))
		return false;
	*ret_count = (uint32_t)count;
	return true;
}

static bool attributes_known(const struct xml_node *node, const char *const *known)
{
	for (int i = 0; i < node->attributes_n; i++) {
		int k = 0;
		while (known[k] && !str_equal(str_of(known[k]), node->attributes[i].name))
			k++;
		if (!known[k])
			return false;
	}
	return true;
}

static bool is_alone(const struct xml_node *node, const char *name)
{
	return node && str_equal(node->name, str_of(name)) && !node->child && !node->next;
}

/* What its event will bring: without both of them we would turn it away. */
static bool names_access(const struct account *account, const struct xml_node *node)
{
	return str_equal(xml_attribute(node, "username"), str_of(account->api_key)) &&
	       str_equal(xml_attribute(node, "password"), str_of(account->secret));
}

static bool read_transfer(
	const struct account *account, const struct xml_node *transfer, struct sim_outcome *outcome)
{
	static const char *const transfer_known[] = {
		"transferCallerId", "callTimeout", "diversionTreatment", NULL};
	static const char *const number_known[] = {"transferDisconnectUrl", "username", "password", NULL};
	struct str show = xml_attribute(transfer, "transferCallerId"),
		   diversion = xml_attribute(transfer, "diversionTreatment");
	const struct xml_node *number = transfer->child;

	outcome->action = ACTION_CONNECT;
	return !transfer->next && attributes_known(transfer, transfer_known) &&
	       is_alone(number, "PhoneNumber") && attributes_known(number, number_known) &&
	       (!diversion.at || str_equal(diversion, STR("none"))) &&
	       number_parse(number->text, &outcome->rings) == ERR_OK &&
	       (!show.len || number_parse(show, &outcome->shows) == ERR_OK) &&
	       read_count(transfer, "callTimeout", DEFAULT_RING_S, 300, &outcome->ring_s) &&
	       (!xml_attribute(number, "transferDisconnectUrl").at || names_access(account, number)) &&
	       str_copy(outcome->status_url, sizeof outcome->status_url,
		       sim_target(xml_attribute(number, "transferDisconnectUrl")));
}

static bool read_gather(
	const struct account *account, const struct xml_node *gather, struct sim_outcome *outcome)
{
	static const char *const known[] = {"maxDigits", "terminatingDigits", "firstDigitTimeout",
		"gatherUrl", "username", "password", NULL};
	struct str next = xml_attribute(gather, "gatherUrl");
	uint32_t count;

	outcome->action = ACTION_DIGITS;
	return !gather->next && attributes_known(gather, known) && is_alone(gather->child, "SpeakSentence") &&
	       gather->child->text.len && read_count(gather, "maxDigits", 50, 50, &count) &&
	       read_count(gather, "firstDigitTimeout", 5, 60, &count) && names_access(account, gather) &&
	       next.len && str_copy(outcome->next, sizeof outcome->next, sim_target(next));
}

static bool read_verbs(
	const struct account *account, const struct xml_node *verb, struct sim_outcome *outcome)
{
	outcome->action = ACTION_REJECT;
	if (!verb) /* <Response/>: as <Hangup/> */
		return true;
	if (str_equal(verb->name, STR("Transfer")))
		return read_transfer(account, verb, outcome);
	if (str_equal(verb->name, STR("Gather")))
		return read_gather(account, verb, outcome);
	if (str_equal(verb->name, STR("SpeakSentence"))) {
		outcome->action = ACTION_ANNOUNCE;
		return verb->text.len && is_alone(verb->next, "Hangup");
	}
	return is_alone(verb, "Hangup") && !verb->attributes_n && !verb->text.len;
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};
	struct xml_node *root;
	struct arena arena;

	if (status != 200)
		return ERR_BAD_REQUEST;
	arena_init(&arena, READ_MEMORY_MAX);
	enum err err = xml_parse(body, &arena, &root);
	if (!err && (!str_equal(root->name, STR("Response")) || root->text.len))
		err = ERR_BAD_REQUEST;
	if (!err && !read_verbs(account, root->child, &outcome))
		err = ERR_BAD_REQUEST;
	if (!err)
		*ret_outcome = outcome;
	arena_done(&arena);
	return err;
}

const struct provider_sim sim_bandwidth = {.ask = ask, .tell = tell, .read = read_answer};
