/* messaging_bandwidth: Bandwidth's Messaging API (dev.bandwidth.com, "Messaging", "Webhooks"). An event is a list with
 * one item. Texts and reports may come to one URL or to two; a report has our name for the text as its tag. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/inventory_read.h"
#include "provider/messaging.h"
#include "provider/webhook_json.h"
#include "wire/json_out.h"

/* "message-sending", "message-delivered", "message-failed" with "errorCode":4720 */
static void read_report(const struct json_at *event, const struct json_at *message, struct str word,
	struct arena *arena, struct messaging_in *in)
{
	char room[24];

	in->ref = webhook_json_text(message, "tag", arena);
	in->kind = call_id_ok(in->ref) && messaging_word(word, &in->state) ? MESSAGING_REPORT : MESSAGING_NOTHING;
	if (in->kind == MESSAGING_REPORT && in->state == MESSAGE_FAILED)
		in->code = arena_str(arena, messaging_code(event, "errorCode", room));
}

static enum err read_event(
	const struct account *account, const struct json_at *event, struct arena *arena, struct messaging_in *in)
{
	static const struct str prefix = {"message-", 8};
	struct json_at message = json_at_field(event, "message");
	struct str type = webhook_json_text(event, "type", arena);

	if (!type.len || !json_at_is_object(&message))
		return ERR_BAD_REQUEST;
	if (str_equal(type, STR("message-received")))
		return messaging_read_text(account, &message, webhook_json_text(&message, "from", arena),
			webhook_json_text(event, "to", arena), arena, in);
	if (str_starts(type, prefix))
		read_report(event, &message, str_n(type.at + prefix.len, type.len - prefix.len), arena, in);
	return ERR_OK;
}

static enum err parse(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct messaging_in *ret_in)
{
	struct messaging_in in = {.kind = MESSAGING_NOTHING};
	struct problem problem = {0};
	struct json json;
	int n = 0;

	if (json_read(webhook->body, webhook->body.len, &json, &problem))
		return ERR_BAD_REQUEST;
	struct json_at root = json_at_root(&json), event = json_at_item(&root, 0);
	enum err err = json_at_count(&root, 1, 1, &n, &problem);
	if (!err)
		err = read_event(account, &event, arena, &in);
	json_done(&json);
	if (err)
		return ERR_BAD_REQUEST;
	*ret_in = in;
	return ERR_OK;
}

static struct provider_reply render(const struct account *account, const struct messaging_out *out, struct buf *body)
{
	(void)account;
	ASSERT(!out);
	return messaging_render_nothing(body);
}

static const char *lacks(const struct account *account)
{
	return !account->sid[0]                   ? "account_id is missing"
	       : !account->api_user[0]            ? "api_user is missing"
	       : !account->api_password[0]        ? "api_password is missing"
	       : !account->message_application[0] ? "message_application_id is missing"
						  : NULL;
}

/* Reports go where the application says. */
static enum err send(const struct account *account, const struct messaging_out *out,
	struct messaging_request *ret_request)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
	struct messaging_writer writer;

	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	if (lacks(account))
		return ERR_BAD_REQUEST;
	messaging_begin(&writer, account, messaging_bandwidth.api_url, ret_request);
	ret_request->user = account->api_user;
	ret_request->password = account->api_password;
	buf_lit(&writer.url, "/v2/users/");
	form_encode(&writer.url, str_of(account->sid));
	buf_lit(&writer.url, "/messages");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_lit(&json, "applicationId", account->message_application);
	json_out_lit(&json, "from", number_text(out->shown, shown));
	json_out_array(&json, "to");
	json_out_lit(&json, NULL, number_text(out->to, to));
	json_out_end(&json);
	json_out_str(&json, "text", out->body);
	json_out_str(&json, "tag", out->ref);
	json_out_end(&json);
	return messaging_end(&writer);
}

static void read_said(const struct json_at *root, struct messaging_said *ret_said)
{
	ret_said->id = inventory_text(root, "id");
	ret_said->code = inventory_text(root, "type");
	ret_said->message = inventory_text(root, "description");
}

const struct messaging messaging_bandwidth = {
	.api_url = "https://messaging.bandwidth.com/api",
	.parse = parse,
	.parse_status = parse,
	.render = render,
	.render_status = messaging_render_nothing,
	.lacks = lacks,
	.send = send,
	.read_said = read_said,
};
