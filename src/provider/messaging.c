#include "provider/messaging.h"

#include <stdio.h>

#include "provider/ask.h"
#include "provider/inventory_read.h"
#include "provider/webhook_json.h"
#include "wire/form.h"

enum hook messaging_hook(const struct provider *provider, const struct webhook *webhook)
{
	/* By GET a signature covers the query alone; only forms can come so. */
	if (!provider->messaging || (!webhook->post && !provider->messaging->answers))
		return HOOK_NONE;
	if (str_equal(webhook->rest, STR("sms")))
		return HOOK_SMS;
	return str_equal(webhook->rest, STR("sms/status")) ? HOOK_SMS_STATUS : HOOK_NONE;
}

bool messaging_ref(const struct webhook *webhook, struct arena *arena, struct str *ret_ref)
{
	struct form form;

	if (form_parse(webhook->query, arena, &form) != ERR_OK)
		return false;
	*ret_ref = form_value(&form, "of");
	return call_id_ok(*ret_ref);
}

void messaging_put_status_url(struct buf *out, const struct messaging_out *message)
{
	buf_str(out, message->hook_base);
	buf_lit(out, "sms/status?of=");
	form_encode(out, message->ref);
}

bool messaging_word(struct str word, enum message_state *ret_state)
{
	static const struct {
		const char *word;
		enum message_state state;
	} words[] = {
		{"accepted", MESSAGE_SENT},
		{"scheduled", MESSAGE_SENT},
		{"queued", MESSAGE_SENT},
		{"sending", MESSAGE_SENT},
		{"submitted", MESSAGE_SENT},
		{"sent", MESSAGE_SENT},
		{"delivered", MESSAGE_DELIVERED},
		{"read", MESSAGE_DELIVERED},
		{"undelivered", MESSAGE_FAILED},
		{"undeliverable", MESSAGE_FAILED},
		{"failed", MESSAGE_FAILED},
		{"rejected", MESSAGE_FAILED},
		{"canceled", MESSAGE_FAILED},
		{"expired", MESSAGE_FAILED},
		{"sending_failed", MESSAGE_FAILED},
		{"delivery_failed", MESSAGE_FAILED},
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (str_equal_nocase(str_of(words[i].word), word)) {
			*ret_state = words[i].state;
			return true;
		}
	}
	return false;
}

/* --- requests --- */

void messaging_begin(struct messaging_writer *writer, const struct account *account, const char *api_url,
	struct messaging_request *request)
{
	memset(request, 0, sizeof *request);
	*writer = (struct messaging_writer){.request = request};
	/* A byte is kept for the terminator. */
	buf_fixed(&writer->url, request->url, sizeof request->url - 1);
	buf_fixed(&writer->body, request->body, sizeof request->body - 1);
	buf_lit(&writer->url, account->api_url[0] ? account->api_url : api_url);
	request->content_type = "application/json";
}

static void begin_field(struct messaging_writer *writer, const char *name)
{
	writer->request->content_type = "application/x-www-form-urlencoded";
	if (writer->body.len)
		buf_char(&writer->body, '&');
	buf_lit(&writer->body, name);
	buf_char(&writer->body, '=');
}

void messaging_field(struct messaging_writer *writer, const char *name, struct str value)
{
	begin_field(writer, name);
	form_encode(&writer->body, value);
}

void messaging_field_status(struct messaging_writer *writer, const char *name, const struct messaging_out *message)
{
	char room[INVENTORY_URL_MAX];
	struct buf url;

	if (!message->hook_base.len)
		return;
	buf_fixed(&url, room, sizeof room);
	messaging_put_status_url(&url, message);
	if (buf_ok(&url))
		messaging_field(writer, name, buf_text(&url));
}

enum err messaging_end(struct messaging_writer *writer)
{
	struct messaging_request *request = writer->request;
	struct str url = buf_text(&writer->url);

	if (!buf_ok(&writer->url) || !buf_ok(&writer->body))
		return ERR_TOO_LARGE;
	request->url[url.len] = '\0';
	request->body[writer->body.len] = '\0';
	request->body_len = writer->body.len;
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.at[i] <= ' ' || (unsigned char)url.at[i] >= 0x7f)
			return ERR_BAD_REQUEST;
	return str_starts(url, STR("https://")) || str_starts(url, STR("http://")) ? ERR_OK : ERR_BAD_REQUEST;
}

/* --- texts in JSON --- */

static int count_of(const struct json_at *message, const char *name)
{
	struct json_at list = json_at_field(message, name);
	struct problem problem = {0};
	int n = 0;

	return json_at_is_array(&list) && json_at_count(&list, 0, UINT16_MAX, &n, &problem) == ERR_OK ? n : 0;
}

enum err messaging_read_text(const struct account *account, const struct json_at *message, struct str caller,
	struct str called, struct arena *arena, struct messaging_in *in)
{
	struct ask ask = {0};

	in->kind = MESSAGING_TEXT;
	in->id = webhook_json_text(message, "id", arena);
	in->body = webhook_json_text(message, "text", arena);
	if (!call_id_ok(in->id))
		return ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, caller);
	ask_set_called(&ask, &account->dialplan, called);
	in->question = ask.question;
	in->called_is_number = ask.called_is_number && count_of(message, "to") <= 1 && count_of(message, "cc") == 0;
	in->media = (uint16_t)count_of(message, "media");
	return ERR_OK;
}

/* --- answers --- */

struct str messaging_code(const struct json_at *object, const char *name, char room[24])
{
	struct json_at at = json_at_field(object, name);
	int64_t value;

	if (!json_at_integer(&at, &value))
		return inventory_text(object, name);
	snprintf(room, 24, "%lld", (long long)value);
	return str_of(room);
}

void messaging_read_sent(const struct messaging *messaging, int status, struct str body, struct messaging_sent *ret_sent)
{
	struct messaging_sent sent = {0};
	struct messaging_said said = {.id = STR_NONE};
	struct json json;

	inventory_by_status(status, &sent.result);
	if (inventory_json(body, &json, &sent.result)) {
		struct json_at root = json_at_root(&json);
		messaging->read_said(&root, &said);
		if (sent.result.outcome != INVENTORY_DONE)
			inventory_say(&sent.result, said.code, said.message);
		else if (!call_id_ok(said.id) || !str_copy(sent.id, sizeof sent.id, said.id))
			sent.id[0] = '\0';
		json_done(&json);
	}
	*ret_sent = sent;
}

struct provider_reply messaging_render_nothing(struct buf *body)
{
	(void)body;
	return (struct provider_reply){200, NULL};
}
