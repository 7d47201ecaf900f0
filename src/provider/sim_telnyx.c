/* Telnyx's side: TeXML's requests, or of an account with call_control the first event of a call, signed with a key of our own (only Telnyx has Telnyx's: an account with another public key
 * can't be played); our TeXML read as strictly as by Telnyx. */
#include <inttypes.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "provider/telnyx_signature.h"
#include "provider/xml.h"
#include "wire/json_out.h"

#define READ_MEMORY_MAX (64 * 1024)

/* TeXML's own defaults and limits. */
#define RING_DEFAULT_S 30
#define RING_MIN_S 5
#define RING_MAX_S 120
#define CALL_MIN_S 60
#define CALL_MAX_S 14400

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "v3:0000000000000000000000000000000000000000000000000000";
}

/* Fields that all requests have. */
static void put_call(struct buf *body, const struct sim_question *question)
{
	char from_text[NUMBER_TEXT_SIZE], to_text[NUMBER_TEXT_SIZE];
	bool withheld = !number_is(question->from);

	sim_put_field(body, "AccountSid", "f5586561-8ff0-4291-a51b-c7dfe4139ff9");
	sim_put_field(body, "CallSid", call_id(question));
	sim_put_field(body, "CallSidLegacy", call_id(question));
	sim_put_field(body, "ConnectionId", "1293384261075731499");
	sim_put_field(body, "From", withheld ? "anonymous" : number_text(question->from, from_text));
	sim_put_field(body, "To", number_text(question->to, to_text));
}

/* Makes the POST to our `hook` from its body, a form, or of Call Control JSON. */
static enum err finish(const struct account *account, const struct sim_question *question, const char *hook,
	const struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true};
	char timestamp[24], signature[TELNYX_SIGNATURE_SIZE];
	struct buf target;

	if (strcmp(account->secret, telnyx_sim_public_key) != 0)
		return ERR_FORBIDDEN;
	snprintf(request.content_type, sizeof request.content_type, "%s",
		strcmp(hook, "control") == 0 ? "application/json" : "application/x-www-form-urlencoded");
	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/telnyx/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s", hook);
	if (!buf_ok(&target))
		return ERR_TOO_LARGE;
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (err)
		return err;
	snprintf(timestamp, sizeof timestamp, "%" PRId64, question->now_ms / 1000);
	telnyx_sim_sign(str_of(timestamp), str_of(request.body), signature);
	sim_set_header(&request, "telnyx-signature-ed25519", signature);
	sim_set_header(&request, "telnyx-timestamp", timestamp);
	*ret_request = request;
	return ERR_OK;
}

static void put_payload(struct json_out *json, const struct sim_question *question)
{
	char from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];

	json_out_object(json, "payload");
	json_out_lit(json, "call_control_id", call_id(question));
	json_out_lit(json, "call_session_id", call_id(question));
	json_out_null(json, "client_state");
	json_out_lit(json, "connection_id", "1293384261075731499");
	json_out_lit(json, "from", number_is(question->from) ? number_text(question->from, from) : "anonymous");
	json_out_lit(json, "to", number_text(question->to, to));
	json_out_lit(json, "direction", "incoming");
	json_out_lit(json, "state", "parked");
	json_out_end(json);
}

/* Call Control's question: a call came. What a caller types is told by later events, of a call that was answered by command. */
static enum err ask_control(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	if (question->digits)
		return ERR_BAD_REQUEST;
	buf_fixed(&body, room, sizeof room);
	struct json_out json = json_out_to(&body);
	json_out_object(&json, NULL);
	json_out_object(&json, "data");
	json_out_lit(&json, "record_type", "event");
	json_out_lit(&json, "event_type", "call.initiated");
	json_out_lit(&json, "id", call_id(question)); /* of the call's only event */
	put_payload(&json, question);
	json_out_end(&json);
	json_out_end(&json);
	return finish(account, question, "control", &body, ret_request);
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	if (account->call_control)
		return ask_control(account, question, ret_request);
	buf_fixed(&body, room, sizeof room);
	put_call(&body, question);
	sim_put_field(&body, "CallStatus", question->digits ? "in-progress" : "ringing");
	if (number_is(question->from)) {
		sim_put_field(&body, "ShakenStirAttestation", "A");
		sim_put_field(&body, "ShakenStirValidated", "true");
	}
	if (question->digits)
		sim_put_field(&body, "Digits", question->digits);
	return finish(account, question, "voice", &body, ret_request);
}

/* The request of a <Dial>'s action. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], seconds[16];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	put_call(&body, question);
	snprintf(seconds, sizeof seconds, "%u", (unsigned)question->seconds);
	sim_put_field(&body, "CallStatus", "in-progress");
	sim_put_field(&body, "DialCallDuration", seconds);
	sim_put_field(&body, "DialCallSid", "v3:00000000000000000000000000000000000000000000000000ff");
	sim_put_field(&body, "DialCallStatus", question->status ? question->status : "completed");
	return finish(account, question, "status", &body, ret_request);
}

/* A whole number in an attribute, `fallback` where it is not given. */
static bool read_count(const struct xml_node *node, const char *name, uint32_t fallback, uint32_t min,
	uint32_t max, uint32_t *ret_count)
{
	struct str text = xml_attribute(node, name);
	uint64_t count = fallback;

	if (text.at && (!str_u64(text, &count) || count < min || count > max))
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

static bool read_dial(const struct xml_node *dial, struct sim_outcome *outcome)
{
	static const char *const dial_known[] = {"callerId", "timeout", "timeLimit", "action", "method", NULL};
	static const char *const number_known[] = {
		"statusCallback", "statusCallbackEvent", "statusCallbackMethod", NULL};
	struct str show = xml_attribute(dial, "callerId");
	const struct xml_node *number = dial->child;

	outcome->action = ACTION_CONNECT;
	return !dial->next && attributes_known(dial, dial_known) && is_alone(number, "Number") &&
	       attributes_known(number, number_known) &&
	       number_parse(number->text, &outcome->rings) == ERR_OK &&
	       (!show.at || number_parse(show, &outcome->shows) == ERR_OK) &&
	       read_count(dial, "timeout", RING_DEFAULT_S, RING_MIN_S, RING_MAX_S, &outcome->ring_s) &&
	       read_count(dial, "timeLimit", CALL_MAX_S, CALL_MIN_S, CALL_MAX_S, &outcome->max_call_s) &&
	       str_copy(outcome->status_url, sizeof outcome->status_url,
		       sim_target(xml_attribute(dial, "action")));
}

static bool read_gather(const struct xml_node *gather, struct sim_outcome *outcome)
{
	static const char *const known[] = {"numDigits", "finishOnKey", "timeout", "action", NULL};
	struct str next = xml_attribute(gather, "action");
	uint32_t count;

	outcome->action = ACTION_DIGITS;
	return attributes_known(gather, known) && is_alone(gather->child, "Say") && gather->child->text.len &&
	       read_count(gather, "numDigits", 1, 1, 128, &count) &&
	       read_count(gather, "timeout", 5, 1, 120, &count) && is_alone(gather->next, "Hangup") &&
	       next.len && str_copy(outcome->next, sizeof outcome->next, sim_target(next));
}

static bool read_verbs(const struct xml_node *verb, struct sim_outcome *outcome)
{
	outcome->action = ACTION_REJECT;
	if (!verb)
		return false; /* what an empty document does is nowhere said */
	if (str_equal(verb->name, STR("Dial")))
		return read_dial(verb, outcome);
	if (str_equal(verb->name, STR("Gather")))
		return read_gather(verb, outcome);
	if (str_equal(verb->name, STR("Say"))) {
		outcome->action = ACTION_ANNOUNCE;
		return verb->text.len && is_alone(verb->next, "Hangup");
	}
	if (is_alone(verb, "Hangup"))
		return true;
	struct str reason = xml_attribute(verb, "reason");
	return is_alone(verb, "Reject") &&
	       (str_equal(reason, STR("rejected")) || str_equal(reason, STR("busy")));
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};
	struct xml_node *root;
	struct arena arena;

	if (status != 200)
		return ERR_BAD_REQUEST;
	if (account->call_control) { /* an event is taken or not: what becomes of the call is told by a command */
		*ret_outcome = (struct sim_outcome){.action = ACTION_REJECT};
		return body.len ? ERR_BAD_REQUEST : ERR_OK;
	}
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

const struct provider_sim sim_telnyx = {.ask = ask, .tell = tell, .read = read_answer};
