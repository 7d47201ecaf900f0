/* exotel: the Connect applet with a dynamic URL, and Passthru (support.exotel.com 3000096873,
 * developer.exotel.com). Requests are not signed: the path holds a secret, and the account may name
 * the addresses that requests come from.
 *
 *   GET  {secret_path}/connect    where does this call go?
 *   GET  {secret_path}/passthru   what became of a dialled leg (applet, or dial_passthru_event_url)
 *   POST {secret_path}/status     what became of a call (StatusCallback)
 *
 * The applet asks no questions and speaks no text of ours: asking for digits, an announcement and a
 * refusal are one document, no number to dial, and the flow's "no dial" branch says the rest. A Gather
 * applet before Connect hands us its digits. */
#include <jansson.h>
#include <stdio.h>

#include "base/check.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/report.h"
#include "provider/secret_path.h"
#include "provider/webhook.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/json_text.h"

/* A phone rings for up to 60 s, a call lasts up to 4 hours: what Exotel is known to take (the limits
 * themselves are not confirmed); a larger figure risks the whole answer. */
#define RING_MAX_S 60
#define CALL_MAX_S 14400

static const struct provider_reply document = {200, "application/json"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	struct str name = secret_path_hook(webhook);

	(void)account;
	if (str_equal(name, STR("connect")))
		return webhook->post ? HOOK_NONE : HOOK_VOICE;
	return str_equal(name, STR("passthru")) || str_equal(name, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

/* A Gather applet's digits come in quotes: "123456". */
static struct str without_quotes(struct str text)
{
	text = str_trim(text);
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
		return str_n(text.at + 1, text.len - 2);
	return text;
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct form form;
	enum err err = form_parse(webhook->query, arena, &form);

	if (err)
		return err;
	struct ask ask = {.call_id = form_value(&form, "CallSid")};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, form_value(&form, "CallFrom"));
	ask_set_called(&ask, &account->dialplan, form_value(&form, "CallTo"));
	ask.question.digits = without_quotes(form_value(&form, "digits"));
	*ret_ask = ask;
	return ERR_OK;
}

/* The texts and whole numbers at the top of a JSON object, as if they had come as a form. */
static enum err fields_of_json(struct str body, struct arena *arena, struct form *ret_form)
{
	struct problem problem = {0};
	struct json json;
	enum err err = json_read(body, body.len, &json, &problem);
	if (err)
		return err == ERR_OVERLOADED ? err : ERR_BAD_REQUEST;
	struct form form = {.fields = arena_alloc(arena, FORM_FIELDS_MAX * sizeof *form.fields)};
	json_t *object = json.root, *value;
	const char *name;

	err = !form.fields ? ERR_TOO_LARGE : !json_is_object(object) ? ERR_BAD_REQUEST : ERR_OK;

	json_object_foreach(object, name, value)
	{
		if (err || (!json_is_string(value) && !json_is_integer(value)))
			continue;
		char digits[24];
		snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value));
		struct str text = json_is_string(value)
					  ? str_n(json_string_value(value), json_string_length(value))
					  : str_of(digits);
		struct form_field field = {arena_str(arena, str_of(name)), arena_str(arena, text)};
		if (form.n == FORM_FIELDS_MAX || !field.name.at || !field.value.at)
			err = ERR_TOO_LARGE;
		else
			form.fields[form.n++] = field;
	}
	json_done(&json);
	if (!err)
		*ret_form = form;
	return err;
}

static enum err fields_of(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	if (!webhook->post)
		return form_parse(webhook->query, arena, ret_form);
	if (webhook_media_is(webhook, "application/json"))
		return fields_of_json(webhook->body, arena, ret_form);
	return form_parse(webhook->body, arena, ret_form);
}

/* Where no status is given, the kind of the call tells: CallType. */
static bool call_type(struct str word, enum call_status *ret_status)
{
	static const struct {
		const char *word;
		enum call_status status;
	} types[] = {
		{"call-attempt", CALL_CONNECTING},
		{"completed", CALL_COMPLETED},
		{"client-hangup", CALL_CANCELED},
		{"incomplete", CALL_NO_ANSWER},
		{"voicemail", CALL_NO_ANSWER},
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (str_equal_nocase(str_of(types[i].word), word)) {
			*ret_status = types[i].status;
			return true;
		}
	}
	return false;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	static const char *const status_fields[] = {"DialCallStatus", "Status", "CallStatus", "EventType"};
	static const char *const seconds_fields[] = {"DialCallDuration", "ConversationDuration", "Duration"};
	struct form form;
	enum err err = fields_of(webhook, arena, &form);
	bool known = false;

	(void)account;
	if (err)
		return err;
	struct report report = {.call_id = form_value(&form, "CallSid")};
	for (size_t i = 0; i < sizeof status_fields / sizeof status_fields[0] && !known; i++)
		known = report_word(form_value(&form, status_fields[i]), &report.status);
	known = known || call_type(form_value(&form, "CallType"), &report.status);
	if (!known || !call_id_ok(report.call_id))
		return ERR_BAD_REQUEST;
	for (size_t i = 0; i < sizeof seconds_fields / sizeof seconds_fields[0] && report.seconds == 0; i++)
		report.seconds = report_seconds(form_value(&form, seconds_fields[i]));
	/* DialCallDuration counts from the first ring: nothing was talked in a call that nobody took. */
	if (report.status != CALL_COMPLETED)
		report.seconds = 0;
	report.final_leg = str_equal(secret_path_hook(webhook), STR("passthru"));
	*ret_report = report;
	return ERR_OK;
}

static void render_connect(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE], url[1024];
	struct buf report_url;

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_fixed(&report_url, url, sizeof url);
	buf_str(&report_url, answer->hook_base);
	buf_lit(&report_url, "passthru");
	buf_lit(out, "{\"fetch_after_attempt\":false,\"destination\":{\"numbers\":[\"");
	buf_lit(out, number_text(decision->callee, callee));
	buf_lit(out, "\"]},\"outgoing_phone_number\":\"");
	buf_lit(out, number_text(decision->show, show));
	buf_lit(out, "\",\"record\":false,\"max_ringing_duration\":");
	buf_u64(out, answer_seconds(decision->ring_s, RING_MAX_S));
	buf_lit(out, ",\"max_conversation_duration\":");
	buf_u64(out, answer_seconds(decision->max_call_s, CALL_MAX_S));
	buf_char(out, ',');
	buf_lit(out, "\"music_on_hold\":{\"type\":\"operator_tone\"},"
		     "\"parallel_ringing\":{\"activate\":false,\"max_parallel_attempts\":1}");
	if (buf_ok(&report_url)) {
		buf_lit(out, ",\"dial_passthru_event_url\":");
		json_put_string(out, buf_text(&report_url));
	}
	buf_lit(out, "}\n");
}

static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
{
	(void)account;
	switch (answer->decision->action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		render_connect(answer, out);
		break;
	case ACTION_DIGITS:
	case ACTION_ANNOUNCE:
	case ACTION_REJECT:
		buf_lit(out, "{\"fetch_after_attempt\":false,\"destination\":{\"numbers\":[]},\"record\":"
			     "false}\n");
		break;
	}
	return document;
}

static struct provider_reply render_status(
	const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report;
	buf_lit(out, "{}\n");
	return document;
}

const struct provider provider_exotel = {
	.name = "exotel",
	.deadline_ms = 5000,
	.hook = hook,
	.verify = secret_path_opens,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_exotel,
};
