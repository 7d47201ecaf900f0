/* messaging_telnyx: Telnyx's Messaging API (developers.telnyx.com, "Receiving webhooks", "Send a message"). JSON,
 * signed as calls. The messaging profile's webhook gets what comes in, and reports of texts that named no other. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/inventory_read.h"
#include "provider/messaging.h"
#include "provider/webhook_json.h"
#include "wire/json_out.h"

/* Of the first receiver: "to":[{"phone_number":"+1...","status":"..."}] */
static struct str of_receiver(const struct json_at *payload, const char *name, struct arena *arena)
{
	struct json_at to = json_at_field(payload, "to"), first = json_at_item(&to, 0);

	return webhook_json_text(&first, name, arena);
}

static enum err read_text(
	const struct account *account, const struct json_at *payload, struct arena *arena, struct messaging_in *in)
{
	struct json_at from = json_at_field(payload, "from");
	struct str caller = webhook_json_text(&from, "phone_number", arena);

	return messaging_read_text(account, payload, caller, of_receiver(payload, "phone_number", arena), arena, in);
}

/* "errors":[{"code":"40300","title":"Blocked due to STOP message"}] */
static struct str code_of(const struct json_at *payload, struct arena *arena)
{
	struct json_at errors = json_at_field(payload, "errors"), first = json_at_item(&errors, 0);
	char room[24];

	return arena_str(arena, messaging_code(&first, "code", room));
}

static void read_report(const struct json_at *payload, struct arena *arena, struct messaging_in *in)
{
	in->kind = in->ref.len && messaging_word(of_receiver(payload, "status", arena), &in->state) ? MESSAGING_REPORT
												  : MESSAGING_NOTHING;
	if (in->kind == MESSAGING_REPORT && in->state == MESSAGE_FAILED)
		in->code = code_of(payload, arena);
}

/* Both webhooks may get both kinds. */
static enum err parse(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct messaging_in *ret_in)
{
	struct messaging_in in = {.kind = MESSAGING_NOTHING};
	struct json json;
	enum err err = webhook_json(webhook, &json);

	if (err)
		return err;
	struct json_at root = json_at_root(&json), data = json_at_field(&root, "data");
	struct json_at payload = json_at_field(&data, "payload");
	struct str type = webhook_json_text(&data, "event_type", arena);
	if (!messaging_ref(webhook, arena, &in.ref))
		in.ref = STR_NONE;
	if (!type.len || !json_at_is_object(&payload))
		err = ERR_BAD_REQUEST;
	else if (str_equal(type, STR("message.received")))
		err = read_text(account, &payload, arena, &in);
	else if (str_starts(type, STR("message.")))
		read_report(&payload, arena, &in);
	json_done(&json);
	if (!err)
		*ret_in = in;
	return err;
}

static struct provider_reply render(const struct account *account, const struct messaging_out *out, struct buf *body)
{
	(void)account;
	ASSERT(!out);
	return messaging_render_nothing(body);
}

static const char *lacks(const struct account *account)
{
	return account->api_key[0] ? NULL : "api_key is missing";
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
}

static enum err send(const struct account *account, const struct messaging_out *out,
	struct messaging_request *ret_request)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
	struct messaging_writer writer;

	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	if (lacks(account))
		return ERR_BAD_REQUEST;
	messaging_begin(&writer, account, messaging_telnyx.api_url, ret_request);
	ret_request->bearer = account->api_key;
	buf_lit(&writer.url, "/messages");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_lit(&json, "from", number_text(out->shown, shown));
	json_out_lit(&json, "to", number_text(out->to, to));
	json_out_str(&json, "text", out->body);
	json_out_lit(&json, "type", "SMS");
	put_status_url(&json, out);
	json_out_end(&json);
	return messaging_end(&writer);
}

static void read_said(const struct json_at *root, struct messaging_said *ret_said)
{
	struct json_at data = json_at_field(root, "data"), errors = json_at_field(root, "errors");
	struct json_at first = json_at_item(&errors, 0);

	ret_said->id = inventory_text(&data, "id");
	ret_said->code = messaging_code(&first, "code", ret_said->room);
	ret_said->message = inventory_text(&first, "title");
}

const struct messaging messaging_telnyx = {
	.api_url = "https://api.telnyx.com/v2",
	.parse = parse,
	.parse_status = parse,
	.render = render,
	.render_status = messaging_render_nothing,
	.lacks = lacks,
	.send = send,
	.read_said = read_said,
};
