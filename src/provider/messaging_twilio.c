/* messaging_twilio: Twilio's webhooks for texts, <Message>, and its REST API (twilio.com/docs/messaging). */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/inventory_read.h"
#include "provider/messaging_twilio.h"
#include "provider/report.h"
#include "provider/webhook.h"
#include "provider/xml.h"

static const struct provider_reply document = {200, "text/xml"};

static enum err parse_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	return webhook->post ? webhook_form(webhook, arena, ret_form) : form_parse(webhook->query, arena, ret_form);
}

static struct str first_of(const struct form *form, const char *name, const char *other)
{
	struct str value = form_value(form, name);

	return value.len ? value : form_value(form, other);
}

enum err messaging_twilio_parse(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct messaging_in *ret_in)
{
	struct form form;
	struct ask ask = {0};
	enum err err = parse_form(webhook, arena, &form);

	if (err)
		return err;
	struct messaging_in in = {.id = first_of(&form, "MessageSid", "SmsSid"), .body = form_value(&form, "Body")};
	if (!call_id_ok(in.id))
		return ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, form_value(&form, "From"));
	ask_set_called(&ask, &account->dialplan, form_value(&form, "To"));
	in.question = ask.question;
	in.called_is_number = ask.called_is_number;
	uint32_t media = report_seconds(form_value(&form, "NumMedia"));
	in.media = media < UINT16_MAX ? (uint16_t)media : UINT16_MAX;
	in.opted_out = form_value(&form, "OptOutType").len > 0;
	*ret_in = in;
	return ERR_OK;
}

enum err messaging_twilio_parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct messaging_in *ret_in)
{
	struct messaging_in in = {.kind = MESSAGING_REPORT};
	struct form form;
	enum err err = parse_form(webhook, arena, &form);

	(void)account;
	if (err)
		return err;
	if (!messaging_ref(webhook, arena, &in.ref))
		return ERR_BAD_REQUEST;
	if (!messaging_word(first_of(&form, "MessageStatus", "SmsStatus"), &in.state))
		in.kind = MESSAGING_NOTHING;
	if (in.state == MESSAGE_FAILED)
		in.code = form_value(&form, "ErrorCode");
	*ret_in = in;
	return ERR_OK;
}

/* The reports go where `action` says; what we answer there, nothing, ends it. */
struct provider_reply messaging_twilio_render(const struct account *account, const struct messaging_out *out,
	struct buf *body)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE], room[INVENTORY_URL_MAX];
	struct buf url;

	(void)account;
	buf_lit(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (!out) {
		buf_lit(body, "<Response/>\n");
		return document;
	}
	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	buf_lit(body, "<Response><Message");
	xml_put_attribute(body, "to", str_of(number_text(out->to, to)));
	xml_put_attribute(body, "from", str_of(number_text(out->shown, shown)));
	buf_fixed(&url, room, sizeof room);
	messaging_put_status_url(&url, out);
	if (out->hook_base.len && buf_ok(&url)) {
		xml_put_attribute(body, "action", buf_text(&url));
		xml_put_attribute(body, "method", STR("POST"));
	}
	buf_char(body, '>');
	xml_put(body, out->body);
	buf_lit(body, "</Message></Response>\n");
	return document;
}

static struct provider_reply render_status(struct buf *body)
{
	return messaging_twilio_render(NULL, NULL, body);
}

static const char *lacks(const struct account *account)
{
	return account->sid[0] && account->secret[0] ? NULL : "account_sid and auth_token are missing";
}

enum err messaging_twilio_send(const struct account *account, const struct messaging_twilio_api *api,
	const struct messaging_out *out, struct messaging_request *ret_request)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
	struct messaging_writer writer;

	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	messaging_begin(&writer, account, api->url, ret_request);
	ret_request->user = account->sid;
	ret_request->password = api->password;
	buf_lit(&writer.url, api->path);
	form_encode(&writer.url, str_of(account->sid));
	buf_lit(&writer.url, "/Messages.json");
	messaging_field(&writer, "To", str_of(number_text(out->to, to)));
	messaging_field(&writer, "From", str_of(number_text(out->shown, shown)));
	messaging_field(&writer, "Body", out->body);
	messaging_field_status(&writer, "StatusCallback", out);
	return messaging_end(&writer);
}

static enum err send(const struct account *account, const struct messaging_out *out,
	struct messaging_request *ret_request)
{
	const struct messaging_twilio_api api = {messaging_twilio.api_url, "/2010-04-01/Accounts/", account->secret};

	return lacks(account) ? ERR_BAD_REQUEST : messaging_twilio_send(account, &api, out, ret_request);
}

void messaging_twilio_read_said(const struct json_at *root, struct messaging_said *ret_said)
{
	ret_said->id = inventory_text(root, "sid");
	ret_said->code = messaging_code(root, "code", ret_said->room);
	ret_said->message = inventory_text(root, "message");
}

const struct messaging messaging_twilio = {
	.answers = true,
	.api_url = "https://api.twilio.com",
	.parse = messaging_twilio_parse,
	.parse_status = messaging_twilio_parse_status,
	.render = messaging_twilio_render,
	.render_status = render_status,
	.lacks = lacks,
	.send = send,
	.read_said = messaging_twilio_read_said,
};
