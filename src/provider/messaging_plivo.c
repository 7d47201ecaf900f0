/* messaging_plivo: Plivo's webhooks for texts, <Message>, and its REST API (plivo.com/docs/messaging). Numbers go
 * without '+'. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/inventory_read.h"
#include "provider/inventory_write.h"
#include "provider/messaging.h"
#include "provider/report.h"
#include "provider/webhook.h"
#include "provider/xml.h"
#include "wire/json_out.h"

static const struct provider_reply document = {200, "application/xml"};

static enum err parse_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	return webhook->post ? webhook_form(webhook, arena, ret_form) : form_parse(webhook->query, arena, ret_form);
}

static enum err parse(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct messaging_in *ret_in)
{
	struct form form;
	struct ask ask = {0};
	enum err err = parse_form(webhook, arena, &form);

	(void)account;
	if (err)
		return err;
	struct messaging_in in = {.id = form_value(&form, "MessageUUID"), .body = form_value(&form, "Text")};
	if (!call_id_ok(in.id))
		return ERR_BAD_REQUEST;
	ask_set_caller_digits(&ask, form_value(&form, "From"));
	ask_set_called_digits(&ask, form_value(&form, "To"));
	in.question = ask.question;
	in.called_is_number = ask.called_is_number;
	uint32_t media = report_seconds(form_value(&form, "MediaCount"));
	in.media = media < UINT16_MAX ? (uint16_t)media : UINT16_MAX;
	if (!in.media && form_value(&form, "Media0").len)
		in.media = 1;
	*ret_in = in;
	return ERR_OK;
}

static enum err parse_status(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct messaging_in *ret_in)
{
	struct messaging_in in = {.kind = MESSAGING_REPORT};
	struct form form;
	enum err err = parse_form(webhook, arena, &form);

	(void)account;
	if (err)
		return err;
	if (!messaging_ref(webhook, arena, &in.ref))
		return ERR_BAD_REQUEST;
	if (!messaging_word(form_value(&form, "Status"), &in.state))
		in.kind = MESSAGING_NOTHING;
	if (in.state == MESSAGE_FAILED)
		in.code = form_value(&form, "ErrorCode");
	*ret_in = in;
	return ERR_OK;
}

static struct provider_reply render(const struct account *account, const struct messaging_out *out, struct buf *body)
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
	xml_put_attribute(body, "src", str_of(inventory_digits(out->shown, shown)));
	xml_put_attribute(body, "dst", str_of(inventory_digits(out->to, to)));
	xml_put_attribute(body, "type", STR("sms"));
	buf_fixed(&url, room, sizeof room);
	messaging_put_status_url(&url, out);
	if (out->hook_base.len && buf_ok(&url)) {
		xml_put_attribute(body, "callbackUrl", buf_text(&url));
		xml_put_attribute(body, "callbackMethod", STR("POST"));
	}
	buf_char(body, '>');
	xml_put(body, out->body);
	buf_lit(body, "</Message></Response>\n");
	return document;
}

static struct provider_reply render_status(struct buf *body)
{
	return render(NULL, NULL, body);
}

static const char *lacks(const struct account *account)
{
	return account->sid[0] && account->secret[0] ? NULL : "auth_id and auth_token are missing";
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
	json_out_str(json, "url", buf_text(&url));
	json_out_lit(json, "method", "POST");
}

static enum err send(const struct account *account, const struct messaging_out *out,
	struct messaging_request *ret_request)
{
	char to[NUMBER_TEXT_SIZE], shown[NUMBER_TEXT_SIZE];
	struct messaging_writer writer;

	ASSERT(number_is(out->to) && number_is(out->shown)); /* S5 */
	if (lacks(account))
		return ERR_BAD_REQUEST;
	messaging_begin(&writer, account, messaging_plivo.api_url, ret_request);
	ret_request->user = account->sid;
	ret_request->password = account->secret;
	buf_lit(&writer.url, "/Account/");
	form_encode(&writer.url, str_of(account->sid));
	buf_lit(&writer.url, "/Message/");
	struct json_out json = json_out_to(&writer.body);
	json_out_object(&json, NULL);
	json_out_lit(&json, "src", inventory_digits(out->shown, shown));
	json_out_lit(&json, "dst", inventory_digits(out->to, to));
	json_out_str(&json, "text", out->body);
	put_status_url(&json, out);
	json_out_end(&json);
	return messaging_end(&writer);
}

/* "message_uuid":["..."] */
static void read_said(const struct json_at *root, struct messaging_said *ret_said)
{
	struct json_at ids = json_at_field(root, "message_uuid"), first = json_at_item(&ids, 0);
	struct problem problem = {0};

	if (!json_at_is_text(&first) || json_at_text(&first, 0, MESSAGE_REF_MAX, &ret_said->id, &problem) != ERR_OK)
		ret_said->id = STR_NONE;
	ret_said->message = inventory_text(root, "error");
}

const struct messaging messaging_plivo = {
	.answers = true,
	.api_url = "https://api.plivo.com/v1",
	.parse = parse,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.lacks = lacks,
	.send = send,
	.read_said = read_said,
};
