/* Exotel's side: the Connect and Passthru requests as they come, numbers in national form; our JSON
 * read strictly. */
#include <jansson.h>
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "wire/form.h"

#define NATIONAL_SIZE 24

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "00000000000000000000000000000000";
}

static void put_target(struct buf *target, const struct account *account, const char *hook)
{
	buf_lit(target, "/hooks/exotel/");
	form_encode(target, str_of(account->name));
	buf_fmt(target, "/%s/%s?", account->secret_path, hook);
}

/* Fields that both kinds of request have. A withheld caller comes as an empty CallFrom. */
static enum err put_call(struct buf *target, const struct account *account,
	const struct sim_question *question, const char *call_type, const char *seconds)
{
	char from[NATIONAL_SIZE] = "", to[NATIONAL_SIZE];
	enum err err = dialplan_national(&account->dialplan, question->to, to, sizeof to);

	if (!err && number_is(question->from))
		err = dialplan_national(&account->dialplan, question->from, from, sizeof from);
	if (err)
		return err;
	sim_put_field(target, "CallSid", call_id(question));
	sim_put_field(target, "CallFrom", from);
	sim_put_field(target, "CallTo", to);
	sim_put_field(target, "Direction", "incoming");
	sim_put_field(target, "Created", "Mon, 01 Jan 2024 10:00:00");
	sim_put_field(target, "DialCallDuration", seconds);
	sim_put_field(target, "StartTime", "2024-01-01 10:00:00");
	sim_put_field(target, "EndTime", "1970-01-01 05:30:00");
	sim_put_field(target, "CallType", call_type);
	sim_put_field(target, "DialWhomNumber", "");
	sim_put_field(target, "CustomField", "");
	sim_put_field(target, "flow_id", "100001");
	sim_put_field(target, "tenant_id", "100002");
	return ERR_OK;
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	struct sim_request request = {0};
	char room[sizeof request.target], quoted[64];
	struct buf target;

	buf_fixed(&target, room, sizeof room);
	put_target(&target, account, "connect");
	enum err err = put_call(&target, account, question, "call-attempt", "0");
	if (err)
		return err;
	if (question->digits) {
		snprintf(quoted, sizeof quoted, "\"%s\"", question->digits);
		sim_put_field(&target, "digits", quoted);
	}
	err = sim_take_text(request.target, sizeof request.target, &target);
	if (err)
		return err;
	sim_set_header(&request, "Exotel-Version", "1.0");
	*ret_request = request;
	return ERR_OK;
}

static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	struct sim_request request = {0};
	char room[sizeof request.target], seconds[16];
	const char *status = question->status ? question->status : "completed";
	bool talked = strcmp(status, "completed") == 0;
	struct buf target;

	buf_fixed(&target, room, sizeof room);
	snprintf(seconds, sizeof seconds, "%u", (unsigned)question->seconds);
	put_target(&target, account, "passthru");
	enum err err = put_call(&target, account, question, talked ? "completed" : "incomplete", seconds);
	if (err)
		return err;
	sim_put_field(&target, "CallStatus", "in-progress");
	sim_put_field(&target, "DialCallStatus", status);
	err = sim_take_text(request.target, sizeof request.target, &target);
	if (!err)
		*ret_request = request;
	return err;
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

static bool read_document(const json_t *document, struct sim_outcome *outcome)
{
	const json_t *numbers = json_object_get(json_object_get(document, "destination"), "numbers");
	const json_t *show = json_object_get(document, "outgoing_phone_number");
	const json_t *report = json_object_get(document, "dial_passthru_event_url");

	if (!json_is_false(json_object_get(document, "fetch_after_attempt")) || !json_is_array(numbers) ||
		json_array_size(numbers) > 1)
		return false;
	outcome->action = ACTION_REJECT;
	if (json_array_size(numbers) == 0)
		return true;
	outcome->action = ACTION_CONNECT;
	return read_number(json_array_get(numbers, 0), &outcome->rings) &&
	       (!show || read_number(show, &outcome->shows)) &&
	       json_is_false(json_object_get(document, "record")) &&
	       read_count(json_object_get(document, "max_ringing_duration"), 30, 60, &outcome->ring_s) &&
	       read_count(json_object_get(document, "max_conversation_duration"), 14400, 14400,
		       &outcome->max_call_s) &&
	       (!report || json_is_string(report)) &&
	       str_copy(outcome->status_url, sizeof outcome->status_url,
		       report ? sim_target(str_of(json_string_value(report))) : STR_NONE);
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};

	(void)account;
	if (status != 200)
		return ERR_BAD_REQUEST;
	json_t *document = json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, NULL);
	bool understood = json_is_object(document) && read_document(document, &outcome);
	json_decref(document);
	if (!understood)
		return ERR_BAD_REQUEST;
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_exotel = {.ask = ask, .tell = tell, .read = read_answer};
