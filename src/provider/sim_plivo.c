/* Plivo's side: its requests, signed (V3); our XML read as strictly as by Plivo, its defaults included: a <Dial> without
 * callerId or callerName shows the caller's own. */
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/plivo_signature.h"
#include "provider/sim.h"
#include "provider/sim_xml.h"

#define READ_MEMORY_MAX (64 * 1024)
#define DEFAULT_CALL_S 14400 /* Plivo's own */
#define RING_UNTIL_S 86400   /* no default: until somebody gives up */
#define NONCE "31627761595286130198"

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "00000000-0000-0000-0000-000000000000";
}

/* Fields that all kinds of request have. */
static void put_call(
	struct buf *body, const struct account *account, const struct sim_question *question, const char *call_status)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	bool withheld = !number_is(question->from);

	number_text(question->from, from);
	number_text(question->to, to);
	sim_put_field(body, "BillRate", "0.0055");
	sim_put_field(body, "CallStatus", call_status);
	sim_put_field(body, "CallUUID", call_id(question));
	sim_put_field(body, "Direction", "inbound");
	sim_put_field(body, "From", withheld ? "anonymous" : from + 1);
	sim_put_field(body, "ParentAuthID", account->sid[0] ? account->sid : "MAXXXXXXXXXXXXXXXXXX");
	sim_put_field(body, "SessionStart", "2026-11-22 10:00:00.000000");
	sim_put_field(body, "To", number_is(question->to) ? to + 1 : "");
}

static enum err sign(const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char url_text[2048 + 512], signature[PLIVO_SIGNATURE_SIZE];
	struct plivo_signed what = {.post = true, .nonce = STR(NONCE)};
	struct arena arena;
	struct buf url;

	buf_fixed(&url, url_text, sizeof url_text);
	buf_lit(&url, question->public_url);
	buf_lit(&url, request->target);
	if (!buf_ok(&url))
		return ERR_TOO_LARGE;
	what.url = buf_text(&url);
	arena_init(&arena, READ_MEMORY_MAX);
	enum err err = form_parse(str_of(request->body), &arena, &what.body);
	if (!err) {
		plivo_sign_v3(str_of(account->secret), &what, signature);
		sim_set_header(request, "X-Plivo-Signature-V3", signature);
		sim_set_header(request, "X-Plivo-Signature-V3-Nonce", NONCE);
	}
	arena_done(&arena);
	return err;
}

/* Makes the POST to our `hook` from its body. */
static enum err finish(const struct account *account, const struct sim_question *question, const char *hook,
	const struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/x-www-form-urlencoded"};
	struct buf target;

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/plivo/");
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

static enum err ask(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, question->digits ? "in-progress" : "ringing");
	sim_put_field(&body, "Event", question->digits ? "Redirect" : "StartApp");
	if (question->digits)
		sim_put_field(&body, "Digits", question->digits);
	return finish(account, question, "voice", &body, ret_request);
}

static enum err text(const struct account *account, const struct sim_question *question,
	struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	struct buf body;

	number_text(question->from, from);
	number_text(question->to, to);
	buf_fixed(&body, room, sizeof room);
	sim_put_field(&body, "From", number_is(question->from) ? from + 1 : "anonymous");
	sim_put_field(&body, "MessageUUID", call_id(question));
	sim_put_field(&body, "Text", question->text);
	sim_put_field(&body, "To", number_is(question->to) ? to + 1 : "");
	sim_put_field(&body, "Type", "sms");
	return finish(account, question, "sms", &body, ret_request);
}

/* A leg that was talked through tells how long (callbackUrl); one that wasn't, the <Dial> tells why (action). */
static enum err tell(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	bool talked = !question->status || strcmp(question->status, "completed") == 0;
	char room[sizeof ret_request->body], seconds[16];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	put_call(&body, account, question, "in-progress");
	snprintf(seconds, sizeof seconds, "%u", (unsigned)question->seconds);
	sim_put_field(&body, "DialALegUUID", call_id(question));
	sim_put_field(&body, "DialBLegUUID", "00000000-0000-0000-0000-0000000000ff");
	sim_put_field(&body, "Event", talked ? "DialHangup" : "Redirect");
	if (talked) {
		sim_put_field(&body, "DialAction", "hangup");
		sim_put_field(&body, "DialBLegDuration", seconds);
		sim_put_field(&body, "DialBLegHangupCause", "NORMAL_CLEARING");
		sim_put_field(&body, "DialBLegStatus", "hangup");
	} else {
		sim_put_field(&body, "DialRingStatus", "true");
		sim_put_field(&body, "DialStatus", question->status);
	}
	return finish(account, question, "status", &body, ret_request);
}

/* A "valid phone number"; digits with or without '+'. */
static bool read_number(struct str text, struct number *ret_number)
{
	return number_parse_digits(text, ret_number) == ERR_OK;
}

/* Both what the callee sees: a number and, unless it is said, the caller's name. */
static bool read_shown(const struct xml_node *dial, struct number *ret_shows)
{
	struct str id = xml_attribute(dial, "callerId"), name = xml_attribute(dial, "callerName");
	struct number shows = NUMBER_NONE;

	if ((id.at && !read_number(id, &shows)) || name.len > 50)
		return false;
	*ret_shows = name.len ? shows : NUMBER_NONE;
	return true;
}

static bool is_method(struct str method)
{
	return !method.at || str_equal(method, STR("POST")) || str_equal(method, STR("GET"));
}

static bool read_dial(const struct xml_node *dial, struct sim_outcome *outcome)
{
	static const char *const known[] = {"callerId", "callerName", "timeout", "timeLimit", "action", "method",
		"callbackUrl", "callbackMethod", NULL};
	static const char *const number_known[] = {NULL};
	const struct xml_node *number = dial->child;

	outcome->action = ACTION_CONNECT;
	return !dial->next && sim_xml_attributes_known(dial, known) && sim_xml_is_alone(number, "Number") &&
	       sim_xml_attributes_known(number, number_known) && read_number(number->text, &outcome->rings) &&
	       read_shown(dial, &outcome->shows) &&
	       sim_xml_count(dial, "timeout", RING_UNTIL_S, RING_UNTIL_S, &outcome->ring_s) &&
	       sim_xml_count(dial, "timeLimit", DEFAULT_CALL_S, 86400, &outcome->max_call_s) &&
	       is_method(xml_attribute(dial, "method")) && is_method(xml_attribute(dial, "callbackMethod")) &&
	       str_copy(outcome->status_url, sizeof outcome->status_url, sim_target(xml_attribute(dial, "callbackUrl")));
}

static bool read_digits(const struct xml_node *gather, struct sim_outcome *outcome)
{
	static const char *const known[] = {
		"action", "method", "numDigits", "finishOnKey", "timeout", "digitTimeout", "retries", "log", NULL};
	struct str next = xml_attribute(gather, "action"), key = xml_attribute(gather, "finishOnKey");
	uint32_t count;

	outcome->action = ACTION_DIGITS;
	return sim_xml_attributes_known(gather, known) && sim_xml_is_alone(gather->child, "Speak") &&
	       gather->child->text.len && sim_xml_count(gather, "numDigits", 99, 99, &count) &&
	       sim_xml_count(gather, "timeout", 5, 3600, &count) && sim_xml_count(gather, "digitTimeout", 2, 3600, &count) &&
	       sim_xml_count(gather, "retries", 1, 99, &count) && (!key.at || str_equal(key, STR("#"))) &&
	       is_method(xml_attribute(gather, "method")) && sim_xml_is_alone(gather->next, "Hangup") && next.len &&
	       str_copy(outcome->next, sizeof outcome->next, sim_target(next));
}

static bool read_elements(const struct xml_node *element, struct sim_outcome *outcome)
{
	outcome->action = ACTION_REJECT;
	if (!element) /* <Response/>: nothing to do, Plivo hangs up */
		return true;
	if (str_equal(element->name, STR("Dial")))
		return read_dial(element, outcome);
	if (str_equal(element->name, STR("GetDigits")))
		return read_digits(element, outcome);
	if (str_equal(element->name, STR("Speak"))) {
		outcome->action = ACTION_ANNOUNCE;
		return element->text.len && sim_xml_is_alone(element->next, "Hangup");
	}
	struct str reason = xml_attribute(element, "reason");
	return sim_xml_is_alone(element, "Hangup") &&
	       (!reason.at || str_equal(reason, STR("rejected")) || str_equal(reason, STR("busy")));
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
	if (!err && !read_elements(root->child, &outcome))
		err = ERR_BAD_REQUEST;
	if (!err)
		*ret_outcome = outcome;
	arena_done(&arena);
	return err;
}

static enum err read_text(const struct account *account, int status, struct str body, struct sim_text *ret_text)
{
	static const struct sim_xml_message words = {
		"dst", "src", "callbackUrl", {"dst", "src", "type", "callbackUrl", "callbackMethod", NULL}};

	(void)account;
	return status == 200 ? sim_xml_message(body, &words, ret_text) : ERR_BAD_REQUEST;
}

const struct provider_sim sim_plivo = {
	.ask = ask, .tell = tell, .read = read_answer, .text = text, .read_text = read_text};
