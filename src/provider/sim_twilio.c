/* Twilio's side: its requests with every field it sends, signed; our TwiML read as strictly as by
 * Twilio, its defaults included: a <Dial> without callerId shows nobody's number of ours. */
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "provider/sim_xml.h"
#include "provider/twilio_signature.h"

#define READ_MEMORY_MAX (64 * 1024)

/* TwiML's own defaults. */
#define DEFAULT_RING_S 30
#define DEFAULT_CALL_S 14400

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "CA00000000000000000000000000000000";
}

/* Fields that both kinds of request have, in Twilio's alphabetical order where it matters to nobody. */
static void put_call(struct buf *body, const struct account *account, const struct sim_question *question,
	const char *call_status)
{
	char from_text[NUMBER_TEXT_SIZE], to_text[NUMBER_TEXT_SIZE];
	bool withheld = !number_is(question->from);
	const char *from = withheld ? "ANONYMOUS" : number_text(question->from, from_text);
	const char *to = number_text(question->to, to_text);

	sim_put_field(
		body, "AccountSid", account->sid[0] ? account->sid : "AC00000000000000000000000000000000");
	sim_put_field(body, "ApiVersion", "2010-04-01");
	sim_put_field(body, "CallSid", call_id(question));
	sim_put_field(body, "CallStatus", call_status);
	sim_put_field(body, "Called", to);
	sim_put_field(body, "CalledCity", "");
	sim_put_field(body, "CalledCountry", "");
	sim_put_field(body, "CalledState", "");
	sim_put_field(body, "CalledZip", "");
	sim_put_field(body, "Caller", from);
	sim_put_field(body, "CallerCity", "");
	sim_put_field(body, "CallerCountry", "");
	sim_put_field(body, "CallerState", "");
	sim_put_field(body, "CallerZip", "");
	sim_put_field(body, "Direction", "inbound");
	sim_put_field(body, "From", from);
	sim_put_field(body, "FromCity", "");
	sim_put_field(body, "FromCountry", "");
	sim_put_field(body, "FromState", "");
	sim_put_field(body, "FromZip", "");
	if (!withheld)
		sim_put_field(body, "StirVerstat", "TN-Validation-Passed-A");
	sim_put_field(body, "To", to);
	sim_put_field(body, "ToCity", "");
	sim_put_field(body, "ToCountry", "");
	sim_put_field(body, "ToState", "");
	sim_put_field(body, "ToZip", "");
}

static enum err sign(
	const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char url_text[2048 + 512], signature[TWILIO_SIGNATURE_SIZE];
	struct buf url;
	struct arena arena;
	struct form form;

	buf_fixed(&url, url_text, sizeof url_text);
	buf_lit(&url, question->public_url);
	buf_lit(&url, request->target);
	if (!buf_ok(&url))
		return ERR_TOO_LARGE;
	arena_init(&arena, READ_MEMORY_MAX);
	enum err err = form_parse(str_of(request->body), &arena, &form);
	if (!err) {
		twilio_sign(str_of(account->secret), buf_text(&url), &form, signature);
		sim_set_header(request, "X-Twilio-Signature", signature);
	}
	arena_done(&arena);
	return err;
}

/* Makes the POST to our `hook` from its body. */
static enum err finish(const struct account *account, const struct sim_question *question, const char *hook,
	const struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {
		.post = true, .content_type = "application/x-www-form-urlencoded; charset=UTF-8"};
	struct buf target;

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/twilio/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s", hook);
	if (!buf_ok(&target))
		return ERR_TOO_LARGE;
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (!err)
		err = sign(account, question, &request);
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
	put_call(&body, account, question, question->digits ? "in-progress" : "ringing");
	if (question->digits) {
		sim_put_field(&body, "Digits", question->digits);
		sim_put_field(&body, "FinishedOnKey", "");
		sim_put_field(&body, "msg", "Gather End");
	}
	return finish(account, question, "voice", &body, ret_request);
}

static enum err text(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	sim_put_field(&body, "AccountSid", account->sid[0] ? account->sid : "AC00000000000000000000000000000000");
	sim_put_field(&body, "ApiVersion", "2010-04-01");
	sim_put_field(&body, "Body", question->text);
	sim_put_field(&body, "From", number_is(question->from) ? number_text(question->from, from) : "ANONYMOUS");
	sim_put_field(&body, "MessageSid", call_id(question));
	sim_put_field(&body, "NumMedia", "0");
	sim_put_field(&body, "NumSegments", "1");
	sim_put_field(&body, "SmsStatus", "received");
	sim_put_field(&body, "To", number_text(question->to, to));
	return finish(account, question, "sms", &body, ret_request);
}

/* The request of a <Dial>'s action. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], seconds[16];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, "in-progress");
	snprintf(seconds, sizeof seconds, "%u", (unsigned)question->seconds);
	sim_put_field(&body, "DialBridged", question->seconds ? "true" : "false");
	sim_put_field(&body, "DialCallDuration", seconds);
	sim_put_field(&body, "DialCallSid", "CA000000000000000000000000000000ff");
	sim_put_field(&body, "DialCallStatus", question->status ? question->status : "completed");
	return finish(account, question, "status", &body, ret_request);
}

static bool read_dial(const struct xml_node *dial, struct sim_outcome *outcome)
{
	static const char *const dial_known[] = {
		"callerId", "timeout", "timeLimit", "answerOnBridge", "action", "method", NULL};
	static const char *const number_known[] = {
		"statusCallback", "statusCallbackEvent", "statusCallbackMethod", NULL};
	struct str show = xml_attribute(dial, "callerId");
	const struct xml_node *number = dial->child;

	outcome->action = ACTION_CONNECT;
	return !dial->next && sim_xml_attributes_known(dial, dial_known) && sim_xml_is_alone(number, "Number") &&
	       sim_xml_attributes_known(number, number_known) &&
	       number_parse(number->text, &outcome->rings) == ERR_OK &&
	       (!show.at || number_parse(show, &outcome->shows) == ERR_OK) &&
	       sim_xml_count(dial, "timeout", DEFAULT_RING_S, 600, &outcome->ring_s) &&
	       sim_xml_count(dial, "timeLimit", DEFAULT_CALL_S, 14400, &outcome->max_call_s) &&
	       str_copy(outcome->status_url, sizeof outcome->status_url,
		       sim_target(xml_attribute(dial, "action")));
}

static bool read_gather(const struct xml_node *gather, struct sim_outcome *outcome)
{
	static const char *const known[] = {"numDigits", "finishOnKey", "timeout", "action", "method", NULL};
	struct str next = xml_attribute(gather, "action");
	uint32_t count;

	outcome->action = ACTION_DIGITS;
	return sim_xml_attributes_known(gather, known) && sim_xml_is_alone(gather->child, "Say") && gather->child->text.len &&
	       sim_xml_count(gather, "numDigits", 1, 32, &count) &&
	       sim_xml_count(gather, "timeout", 5, 600, &count) && sim_xml_is_alone(gather->next, "Hangup") &&
	       next.len && str_copy(outcome->next, sizeof outcome->next, sim_target(next));
}

static bool read_verbs(const struct xml_node *verb, struct sim_outcome *outcome)
{
	outcome->action = ACTION_REJECT;
	if (!verb) /* <Response/>: Twilio hangs up */
		return true;
	if (str_equal(verb->name, STR("Dial")))
		return read_dial(verb, outcome);
	if (str_equal(verb->name, STR("Gather")))
		return read_gather(verb, outcome);
	if (str_equal(verb->name, STR("Say"))) {
		outcome->action = ACTION_ANNOUNCE;
		return verb->text.len && sim_xml_is_alone(verb->next, "Hangup");
	}
	struct str reason = xml_attribute(verb, "reason");
	return sim_xml_is_alone(verb, "Reject") &&
	       (str_equal(reason, STR("rejected")) || str_equal(reason, STR("busy")));
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};
	struct xml_node *root;
	struct arena arena;

	(void)account;
	if (status != 200)
		return ERR_BAD_REQUEST;
	arena_init(&arena, READ_MEMORY_MAX);
	enum err err = xml_parse(body, &arena, &root);
	if (!err && (!str_equal(root->name, STR("Response")) || root->text.len))
		err = ERR_BAD_REQUEST;
	if (!err && !read_verbs(root->child, &outcome))
		err = ERR_BAD_REQUEST;
	if (!err)
		*ret_outcome = outcome;
	arena_done(&arena);
	return err;
}

static enum err read_text(const struct account *account, int status, struct str body, struct sim_text *ret_text)
{
	static const struct sim_xml_message words = {"to", "from", "action", {"to", "from", "action", "method", NULL}};

	(void)account;
	return status == 200 ? sim_xml_message(body, &words, ret_text) : ERR_BAD_REQUEST;
}

const struct provider_sim sim_twilio = {
	.ask = ask, .tell = tell, .read = read_answer, .text = text, .read_text = read_text};
