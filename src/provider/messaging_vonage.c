/* messaging_vonage: SMS by Vonage's Messages API, v1 (developer.vonage.com, "Messages API"). JSON; numbers go without
 * '+'. What it signs is the body, as of calls. The older SMS API, which signs in another way, isn't spoken. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/inventory_read.h"
#include "provider/inventory_write.h"
#include "provider/messaging.h"
#include "provider/webhook_json.h"
#include "wire/json_out.h"

static enum err read_text(const struct json_at *root, struct arena *arena, struct messaging_in *ret_in)
{
	struct str type = webhook_json_text(root, "message_type", arena),
		channel = webhook_json_text(root, "channel", arena);
	struct messaging_in in = {
		.id = webhook_json_text(root, "message_uuid", arena), .body = webhook_json_text(root, "text", arena)};
	struct ask ask = {0};

	if (!call_id_ok(in.id))
		return ERR_BAD_REQUEST;
	ask_set_caller_digits(&ask, webhook_json_text(root, "from", arena));
	ask_set_called_digits(&ask, webhook_json_text(root, "to", arena));
	in.question = ask.question;
	in.called_is_number = ask.called_is_number;
	in.media = !str_equal(type, STR("text"));
	if (!str_equal(channel, STR("sms")) && !str_equal(channel, STR("mms")))
		in.kind = MESSAGING_NOTHING; /* WhatsApp and the like have pairs of another kind */
	*ret_in = in;
	return ERR_OK;
}

static enum err parse(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct messaging_in *ret_in)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	err = read_text(&root, arena, ret_in);
	json_done(&json);
	return err;
}

/* "error":{"type":"https://developer.vonage.com/api-errors/sms#1000","title":1000 or "1000",...} */
static struct str code_of(const struct json_at *root, struct arena *arena)
{
	struct json_at error = json_at_field(root, "error");
	char room[24];

	return arena_str(arena, messaging_code(&error, "title", room));
}

static enum err parse_status(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct messaging_in *ret_in)
{
	struct messaging_in in = {.kind = MESSAGING_REPORT};
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	if (!messaging_ref(webhook, arena, &in.ref))
		in.ref = webhook_json_text(&root, "client_ref", arena); /* the application's own URL has no query */
	if (!messaging_word(webhook_json_text(&root, "status", arena), &in.state) || !call_id_ok(in.ref))
		in.kind = MESSAGING_NOTHING;
	else if (in.state == MESSAGE_FAILED)
		in.code = code_of(&root, arena);
	json_done(&json);
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
	return account->api_key[0] && account->api_password[0] ? NULL : "api_key and api_secret are missing";
}

static void put_status_url(struct json_out *json, const struct messaging_out *out)
{
	char room[INVENTORY_URL_MAX];
	struct buf url;

	if (!out->hook_base.len)
		return;
	buf_fixed(&url, room, sizeof room);
	messaging_put_status_url(&url, out);
	if (!buf_ok(&url))
		return;
	json_out_str(json, "webhook_url", buf_text(&url));
	json_out_lit(json, "webhook_version", "v1");
}

static enum err send(const struct account *account, const struct messaging_out *out,
	struct messaging_request *ret_request)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
	struct messaging_writer writer;

	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	if (lacks(account))
		return ERR_BAD_REQUEST;
	messaging_begin(&writer, account, messaging_vonage.api_url, ret_request);
	ret_request->user = account->api_key;
	ret_request->password = account->api_password;
	buf_lit(&writer.url, "/v1/messages");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_lit(&json, "channel", "sms");
	json_out_lit(&json, "message_type", "text");
	json_out_lit(&json, "to", inventory_digits(out->to, to));
	json_out_lit(&json, "from", inventory_digits(out->shown, shown));
	json_out_str(&json, "text", out->body);
	json_out_str(&json, "client_ref", out->ref);
	put_status_url(&json, out);
	json_out_end(&json);
	return messaging_end(&writer);
}

static void read_said(const struct json_at *root, struct messaging_said *ret_said)
{
	ret_said->id = inventory_text(root, "message_uuid");
	str_cut(inventory_text(root, "type"), '#', &ret_said->code);
	ret_said->message = inventory_text(root, "title");
}

const struct messaging messaging_vonage = {
	.api_url = "https://api.nexmo.com",
	.parse = parse,
	.parse_status = parse_status,
	.render = render,
	.render_status = messaging_render_nothing,
	.lacks = lacks,
	.send = send,
	.read_said = read_said,
};
