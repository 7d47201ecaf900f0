/* Vonage's side: answer and event webhooks by POST, signed; our call control objects read strictly. */
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/sim.h"
#include "provider/vonage_signature.h"
#include "wire/json.h"
#include "wire/json_out.h"

#define READ_MAX (64 * 1024)

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
}

static void put_number(struct json_out *json, const char *name, struct number number, const char *none)
{
	char text[NUMBER_TEXT_SIZE];

	json_out_lit(json, name, number_is(number) ? number_text(number, text) + 1 : none);
}

/* Makes the POST to our `hook` from its body. */
static enum err finish(const struct account *account, const struct sim_question *question, const char *hook,
	const struct buf *body, struct sim_request *ret_request)
{
	struct sim_request request = {.post = true, .content_type = "application/json"};
	struct buf target, header;
	char room[SIM_HEADER_MAX];

	buf_fixed(&target, request.target, sizeof request.target - 1);
	buf_lit(&target, "/hooks/vonage/");
	form_encode(&target, str_of(account->name));
	buf_fmt(&target, "/%s", hook);
	if (strcmp(hook, "status") == 0) {
		buf_lit(&target, "?call=");
		form_encode(&target, str_of(call_id(question)));
	}
	enum err err = sim_take_text(request.body, sizeof request.body, body);
	if (err || !buf_ok(&target))
		return ERR_TOO_LARGE;
	buf_fixed(&header, room, sizeof room);
	vonage_sign(account, str_of(request.body), question->now_ms, &header);
	char value[SIM_HEADER_MAX + 1];
	err = sim_take_text(value, sizeof value, &header);
	if (err)
		return err;
	sim_set_header(&request, "Authorization", value);
	*ret_request = request;
	return ERR_OK;
}

static enum err ask(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body];
	struct buf body;

	buf_fixed(&body, room, sizeof room);
	struct json_out json = json_out_to(&body);
	json_out_object(&json, NULL);
	if (question->digits) {
		json_out_object(&json, "dtmf");
		json_out_lit(&json, "digits", question->digits);
		json_out_bool(&json, "timed_out", question->digits[0] == '\0');
		json_out_end(&json);
	}
	put_number(&json, "from", question->from, "anonymous");
	put_number(&json, "to", question->to, "");
	json_out_lit(&json, "uuid", call_id(question));
	json_out_lit(&json, "conversation_uuid", "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
	if (question->digits)
		json_out_lit(&json, "timestamp", "2024-01-01T10:00:00.000Z");
	else
		json_out_lit(&json, "region_url", "https://api-eu-3.vonage.com");
	json_out_end(&json);
	return finish(account, question, "voice", &body, ret_request);
}

/* An event of the dialled leg, which has an id of its own. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->body], seconds[16];
	struct buf body;

	snprintf(seconds, sizeof seconds, "%u", (unsigned)question->seconds);
	buf_fixed(&body, room, sizeof room);
	struct json_out json = json_out_to(&body);
	json_out_object(&json, NULL);
	put_number(&json, "from", question->to, "");
	json_out_lit(&json, "uuid", "bbbbbbbb-cccc-dddd-eeee-0123456789ab");
	json_out_lit(&json, "conversation_uuid", "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
	json_out_lit(&json, "status", question->status ? question->status : "completed");
	json_out_lit(&json, "direction", "outbound");
	json_out_lit(&json, "duration", seconds);
	json_out_lit(&json, "timestamp", "2024-01-01T10:00:00.000Z");
	json_out_end(&json);
	return finish(account, question, "status", &body, ret_request);
}

/* --- our answer --- */

static bool read_word(const struct json_at *object, const char *name, const char *word)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	return json_at_is_text(&at) && json_at_text(&at, 1, READ_MAX, &text, &problem) == ERR_OK &&
	       (!word || str_equal(text, str_of(word)));
}

/* Digits alone: a '+' is no number here. */
static bool read_number(const struct json_at *object, const char *name, struct number *ret_number)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	return json_at_is_text(&at) && json_at_text(&at, 1, 15, &text, &problem) == ERR_OK && text.at[0] != '+' &&
	       number_parse_digits(text, ret_number) == ERR_OK;
}

/* ["https://..."]: the target on our server; "" if there is none. */
static bool read_event_url(const struct json_at *object, char *text, size_t size)
{
	struct json_at urls = json_at_field(object, "eventUrl"), first = json_at_item(&urls, 0);
	struct problem problem = {0};
	struct str url = STR_NONE;
	int n = 0;

	text[0] = '\0';
	if (!json_at_there(&urls))
		return true;
	return json_at_is_array(&urls) && json_at_count(&urls, 1, 1, &n, &problem) == ERR_OK &&
	       json_at_is_text(&first) && json_at_text(&first, 1, READ_MAX, &url, &problem) == ERR_OK &&
	       str_starts(url, STR("http")) && str_copy(text, size, sim_target(url));
}

static bool read_connect(const struct json_at *action, struct sim_outcome *outcome)
{
	static const char *const known[] = {"!action", "!endpoint", "from", "timeout", "limit", "eventUrl",
		"eventMethod", NULL};
	static const char *const endpoint_known[] = {"!type", "!number", NULL};
	struct json_at endpoints = json_at_field(action, "endpoint"), endpoint = json_at_item(&endpoints, 0);
	struct json_at from = json_at_field(action, "from"), ring = json_at_field(action, "timeout"),
		       limit = json_at_field(action, "limit");
	struct problem problem = {0};
	int n = 0;

	outcome->action = ACTION_CONNECT;
	outcome->ring_s = 60;
	outcome->max_call_s = 7200;
	return json_at_fields(action, known, &problem) == ERR_OK && json_at_is_array(&endpoints) &&
	       json_at_count(&endpoints, 1, 1, &n, &problem) == ERR_OK &&
	       json_at_fields(&endpoint, endpoint_known, &problem) == ERR_OK && read_word(&endpoint, "type", "phone") &&
	       read_number(&endpoint, "number", &outcome->rings) &&
	       (!json_at_there(&from) || read_number(action, "from", &outcome->shows)) &&
	       json_at_u32(&ring, 1, 120, &outcome->ring_s, &problem) == ERR_OK &&
	       json_at_u32(&limit, 1, 7200, &outcome->max_call_s, &problem) == ERR_OK &&
	       read_event_url(action, outcome->status_url, sizeof outcome->status_url);
}

static bool read_input(const struct json_at *action, struct sim_outcome *outcome)
{
	static const char *const known[] = {"!action", "!type", "!dtmf", "!eventUrl", "eventMethod", NULL};
	static const char *const dtmf_known[] = {"timeOut", "maxDigits", "submitOnHash", NULL};
	struct json_at dtmf = json_at_field(action, "dtmf"), most = json_at_field(&dtmf, "maxDigits"),
		       wait = json_at_field(&dtmf, "timeOut");
	struct problem problem = {0};
	uint32_t count;

	outcome->action = ACTION_DIGITS;
	return json_at_fields(action, known, &problem) == ERR_OK &&
	       json_at_fields(&dtmf, dtmf_known, &problem) == ERR_OK &&
	       json_at_u32(&most, 1, 20, &count, &problem) == ERR_OK &&
	       json_at_u32(&wait, 1, 10, &count, &problem) == ERR_OK &&
	       read_event_url(action, outcome->next, sizeof outcome->next) && outcome->next[0];
}

static bool read_talk(const struct json_at *action)
{
	static const char *const known[] = {"!action", "!text", "bargeIn", NULL};
	struct problem problem = {0};

	return json_at_fields(action, known, &problem) == ERR_OK && read_word(action, "action", "talk") &&
	       read_word(action, "text", NULL);
}

static bool read_actions(const struct json_at *root, struct sim_outcome *outcome)
{
	struct json_at first = json_at_item(root, 0), second = json_at_item(root, 1);
	struct problem problem = {0};
	int n = 0;

	if (!json_at_is_array(root) || json_at_count(root, 0, 2, &n, &problem) != ERR_OK)
		return false;
	outcome->action = ACTION_REJECT;
	if (n == 0)
		return true;
	if (n == 1 && read_word(&first, "action", "connect"))
		return read_connect(&first, outcome);
	outcome->action = ACTION_ANNOUNCE;
	if (n == 1)
		return read_talk(&first);
	return read_talk(&first) && read_word(&second, "action", "input") && read_input(&second, outcome);
}

static enum err read_answer(
	const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome)
{
	struct sim_outcome outcome = {0};
	struct problem problem = {0};
	struct json json;

	(void)account;
	if (status != 200 || json_read(body, READ_MAX, &json, &problem) != ERR_OK)
		return ERR_BAD_REQUEST;
	struct json_at root = json_at_root(&json);
	bool understood = read_actions(&root, &outcome);
	json_done(&json);
	if (!understood)
		return ERR_BAD_REQUEST;
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_vonage = {.ask = ask, .tell = tell, .read = read_answer};
