/* MessageBird's side: its call flow's question as a URL, its legs' reports as JSON, signed; our XML read strictly, its
 * default included: a <Transfer> without mask shows the caller. */
#include <stdio.h>

#include "provider/dialects.h"
#include "provider/messagebird_signature.h"
#include "provider/sim.h"
#include "provider/sim_xml.h"
#include "wire/json_text.h"

#define READ_MEMORY_MAX (64 * 1024)
#define LONG_AGO_MS 1625479200000 /* 2021-07-05T12:00:00+02:00, as in its library's tests */

static const char *call_id(const struct sim_question *question)
{
	return question->call_id ? question->call_id : "00000000-0000-0000-0000-000000000000";
}

static enum err sign(const struct account *account, const struct sim_question *question, struct sim_request *request)
{
	char url_text[sizeof request->target + 512], token[sizeof request->header_value[0]];
	struct buf url, out;

	buf_fixed(&url, url_text, sizeof url_text);
	buf_lit(&url, question->public_url);
	buf_lit(&url, request->target);
	buf_fixed(&out, token, sizeof token - 1);
	messagebird_sign(str_of(account->secret), buf_text(&url), str_of(request->body),
		question->now_ms ? question->now_ms : LONG_AGO_MS, &out);
	if (!buf_ok(&url) || !buf_ok(&out))
		return ERR_TOO_LARGE;
	token[out.len] = '\0';
	sim_set_header(request, "MessageBird-Signature-JWT", token);
	return ERR_OK;
}

static void put_target(struct buf *target, const struct account *account, const char *hook)
{
	buf_lit(target, "/hooks/messagebird/");
	form_encode(target, str_of(account->name));
	buf_fmt(target, "/%s", hook);
}

static enum err ask(const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	char room[sizeof ret_request->target], from[NUMBER_TEXT_SIZE], to[NUMBER_TEXT_SIZE];
	struct sim_request request = {0};
	struct buf target;

	if (question->digits)
		return ERR_BAD_REQUEST; /* never asked for */
	buf_fixed(&target, room, sizeof room);
	put_target(&target, account, "voice?");
	sim_put_field(&target, "callID", call_id(question));
	sim_put_field(&target, "destination", number_is(question->to) ? number_text(question->to, to) + 1 : "");
	sim_put_field(&target, "source", number_is(question->from) ? number_text(question->from, from) + 1 : "anonymous");
	enum err err = sim_take_text(request.target, sizeof request.target, &target);
	if (!err)
		err = sign(account, question, &request);
	if (!err)
		*ret_request = request;
	return err;
}

/* The end of the leg that was dialled. */
static enum err tell(
	const struct account *account, const struct sim_question *question, struct sim_request *ret_request)
{
	static const char *const words[][2] = {
		{"completed", "hangup"}, {"busy", "busy"}, {"no-answer", "no_answer"}, {"failed", "failed"}};
	const char *status = question->status ? question->status : "completed", *word = NULL;
	struct sim_request request = {.post = true, .content_type = "application/json"};
	char target_room[sizeof request.target], body_room[sizeof request.body];
	struct buf target, body;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], status) == 0)
			word = words[i][1];
	if (!word)
		return ERR_BAD_REQUEST;
	buf_fixed(&target, target_room, sizeof target_room);
	buf_fixed(&body, body_room, sizeof body_room);
	put_target(&target, account, "status");
	buf_lit(&body, "{\"items\":[{\"type\":\"legUpdated\",\"payload\":{\"callID\":");
	json_put_string(&body, str_of(call_id(question)));
	buf_fmt(&body, ",\"direction\":\"outgoing\",\"status\":\"%s\",\"duration\":%u}}]}", word, (unsigned)question->seconds);
	enum err err = sim_take_text(request.target, sizeof request.target, &target);
	if (!err)
		err = sim_take_text(request.body, sizeof request.body, &body);
	if (!err)
		err = sign(account, question, &request);
	if (!err)
		*ret_request = request;
	return err;
}

static bool read_root(const struct xml_node *root, struct sim_outcome *outcome)
{
	static const char *const transfer_known[] = {"destination", "mask", NULL};
	static const char *const say_known[] = {"language", "voice", NULL};
	static const char *const hangup_known[] = {NULL};
	struct str mask = xml_attribute(root, "mask");

	outcome->action = ACTION_REJECT;
	if (sim_xml_is_alone(root, "Hangup"))
		return sim_xml_attributes_known(root, hangup_known);
	outcome->action = ACTION_ANNOUNCE;
	if (sim_xml_is_alone(root, "Say"))
		return root->text.len && sim_xml_attributes_known(root, say_known) && xml_attribute(root, "language").len &&
		       xml_attribute(root, "voice").len;
	outcome->action = ACTION_CONNECT;
	outcome->shows_dialled = str_equal(mask, STR("true"));
	return sim_xml_is_alone(root, "Transfer") && !root->text.len && sim_xml_attributes_known(root, transfer_known) &&
	       (!mask.at || outcome->shows_dialled || str_equal(mask, STR("false"))) &&
	       number_parse_digits(xml_attribute(root, "destination"), &outcome->rings) == ERR_OK;
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
	if (!err && !read_root(root, &outcome))
		err = ERR_BAD_REQUEST;
	arena_done(&arena);
	if (err)
		return err;
	/* Where it is reported is set beside the call flow. */
	int len = snprintf(
		outcome.status_url, sizeof outcome.status_url, "/hooks/messagebird/%s/status", account->name);
	if (outcome.action != ACTION_CONNECT || len < 0 || (size_t)len >= sizeof outcome.status_url)
		outcome.status_url[0] = '\0';
	*ret_outcome = outcome;
	return ERR_OK;
}

const struct provider_sim sim_messagebird = {.ask = ask, .tell = tell, .read = read_answer};
