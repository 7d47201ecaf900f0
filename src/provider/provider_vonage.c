/* vonage: the Voice API, call control objects (developer.vonage.com, "Voice API webhooks reference", "NCCO reference").
 *
 *   GET or POST voice     where does this call go? Digits come here too
 *   POST status?call=ID   what became of the leg that we had dialled for call ID (the connect action's eventUrl)
 *   POST status           the application's event_url: what becomes of the caller's own leg, which tells nothing about the call:
 *                         Vonage answers it before anybody's phone rings
 *
 * Numbers are written without '+'. */
#include "base/check.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/messaging.h"
#include "provider/report.h"
#include "provider/vonage_signature.h"
#include "provider/webhook.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/json_out.h"

#define BODY_MAX (64 * 1024)

/* A call lasts up to 2 hours, which is the default too. How long a phone may ring is not said: what is known to be taken. */
#define RING_MAX_S 120
#define CALL_MAX_S 7200
#define DIGITS_MAX 20 /* of an input action */

/* An input action that ended without a key pressed: digits that are no PIN, so that tries are counted. */
static const struct str no_key = {"*", 1};

static const struct provider_reply document = {200, "application/json"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account;
	if (str_equal(webhook->rest, STR("voice")))
		return HOOK_VOICE;
	return webhook->post && str_equal(webhook->rest, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	return account_allows(account, webhook->peer) && vonage_signature_holds(account, webhook);
}

/* --- what is asked --- */

/* A member's text, in the arena; empty: none. False: no room. */
static bool take_text(const struct json_at *object, const char *name, struct arena *arena, struct str *ret_text)
{
	struct json_at at = json_at_field(object, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	*ret_text = STR_NONE;
	if (!json_at_is_text(&at) || json_at_text(&at, 0, BODY_MAX, &text, &problem) != ERR_OK || !text.len)
		return true;
	*ret_text = arena_str(arena, text);
	return ret_text->at != NULL;
}

/* "dtmf":{"digits":"1234","timed_out":false}; "dtmf":"1234" before 2020. Absent: it was not asked for. */
static bool take_digits(const struct json_at *root, struct arena *arena, struct str *ret_digits)
{
	struct json_at dtmf = json_at_field(root, "dtmf");

	*ret_digits = STR_NONE;
	if (!json_at_there(&dtmf) || json_at_null(&dtmf))
		return true;
	if (!(json_at_is_object(&dtmf) ? take_text(&dtmf, "digits", arena, ret_digits)
				       : take_text(root, "dtmf", arena, ret_digits)))
		return false;
	if (!ret_digits->len)
		*ret_digits = no_key;
	return true;
}

struct asked {
	struct str from, to, uuid, digits;
};

static enum err read_query(const struct webhook *webhook, struct arena *arena, struct asked *ret_asked)
{
	struct form form;
	enum err err = form_parse(webhook->query, arena, &form);

	if (!err)
		*ret_asked = (struct asked){.from = form_value(&form, "from"),
			.to = form_value(&form, "to"),
			.uuid = form_value(&form, "uuid")};
	return err;
}

static enum err read_body(const struct webhook *webhook, struct arena *arena, struct asked *ret_asked)
{
	struct problem problem = {0};
	struct asked asked;
	struct json json;
	enum err err = json_read(webhook->body, BODY_MAX, &json, &problem);

	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	bool fits = take_text(&root, "from", arena, &asked.from) && take_text(&root, "to", arena, &asked.to) &&
		    take_text(&root, "uuid", arena, &asked.uuid) && take_digits(&root, arena, &asked.digits);
	json_done(&json);
	if (fits)
		*ret_asked = asked;
	return fits ? ERR_OK : ERR_TOO_LARGE;
}

/* Always international, so the account's country has no say. */
static void set_numbers(struct ask *ask, struct str from, struct str to)
{
	from = str_trim(from);
	ask->question.withheld = caller_is_withheld(from);
	if (ask->question.withheld || number_parse_digits(from, &ask->question.caller) != ERR_OK)
		ask->question.caller = NUMBER_NONE;
	ask->called_is_number = number_parse_digits(to, &ask->question.called) == ERR_OK;
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct asked asked;

	(void)account;
	enum err err = webhook->post ? read_body(webhook, arena, &asked) : read_query(webhook, arena, &asked);

	if (err)
		return err;
	struct ask ask = {.call_id = asked.uuid};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	set_numbers(&ask, asked.from, asked.to);
	ask.question.digits = asked.digits;
	*ret_ask = ask;
	return ERR_OK;
}

/* --- what is reported --- */

static bool status_of(struct str word, enum call_status *ret_status)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {
		{"started", CALL_CONNECTING},
		{"ringing", CALL_CONNECTING},
		{"answered", CALL_ANSWERED},
		{"completed", CALL_COMPLETED},
		{"busy", CALL_BUSY},
		{"unanswered", CALL_NO_ANSWER},
		{"timeout", CALL_NO_ANSWER},
		{"rejected", CALL_FAILED},
		{"failed", CALL_FAILED},
		{"cancelled", CALL_CANCELED},
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (str_equal(str_of(words[i].word), word)) {
			*ret_status = words[i].status;
			return true;
		}
	}
	return false;
}

/* "duration":"2", as a text. */
static uint32_t seconds_of(const struct json_at *root)
{
	struct json_at at = json_at_field(root, "duration");
	struct problem problem = {0};
	struct str text = STR_NONE;
	int64_t seconds;

	if (json_at_integer(&at, &seconds))
		return seconds >= 0 && seconds <= UINT32_MAX ? (uint32_t)seconds : 0;
	if (!json_at_is_text(&at) || json_at_text(&at, 1, 16, &text, &problem) != ERR_OK)
		return 0;
	return report_seconds(text);
}

/* The leg that we had dialled is the outbound one. Other kinds of events (record, transfer, machine, ...) have other words. */
static enum err read_event(const struct json_at *root, struct arena *arena, struct report *report)
{
	struct str status, direction, uuid;

	if (!json_at_is_object(root))
		return ERR_BAD_REQUEST;
	if (!take_text(root, "status", arena, &status) || !take_text(root, "direction", arena, &direction) ||
		!take_text(root, "uuid", arena, &uuid))
		return ERR_TOO_LARGE;
	report->no_news = !report->call_id.len || str_equal(direction, STR("inbound")) ||
			  str_equal(uuid, report->call_id) || !status_of(status, &report->status);
	if (!report->no_news && report->status == CALL_COMPLETED)
		report->seconds = seconds_of(root);
	return ERR_OK;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	struct problem problem = {0};
	struct json json;
	struct form form;
	enum err err = form_parse(webhook->query, arena, &form);

	(void)account;
	if (err)
		return err;
	struct report report = {.call_id = form_value(&form, "call")};
	if (report.call_id.at && !call_id_ok(report.call_id))
		return ERR_BAD_REQUEST;
	err = json_read(webhook->body, BODY_MAX, &json, &problem);
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	err = read_event(&root, arena, &report);
	json_done(&json);
	if (!err)
		*ret_report = report;
	return err;
}

/* --- what is answered --- */

static void put_number(struct json_out *json, const char *name, struct number number)
{
	char text[NUMBER_TEXT_SIZE];

	json_out_lit(json, name, number_text(number, text) + 1);
}

/* "eventUrl":["https://..."], by POST. call_id: as the query; empty: none. */
static void put_event_url(
	struct json_out *json, const struct answer *answer, const char *hook_name, struct str call_id)
{
	char room[1024];
	struct buf url;

	buf_fixed(&url, room, sizeof room);
	buf_str(&url, answer->hook_base);
	buf_lit(&url, hook_name);
	if (call_id.len) {
		buf_lit(&url, "?call=");
		form_encode(&url, call_id);
	}
	if (!buf_ok(&url))
		return;
	json_out_array(json, "eventUrl");
	json_out_str(json, NULL, buf_text(&url));
	json_out_end(json);
	json_out_lit(json, "eventMethod", "POST");
}

static void render_connect(const struct answer *answer, struct json_out *json)
{
	const struct decision *decision = answer->decision;

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	json_out_object(json, NULL);
	json_out_lit(json, "action", "connect");
	put_number(json, "from", decision->show);
	json_out_u64(json, "timeout", answer_seconds(decision->ring_s, RING_MAX_S));
	json_out_u64(json, "limit", answer_seconds(decision->max_call_s, CALL_MAX_S));
	put_event_url(json, answer, "status", answer->call_id);
	json_out_array(json, "endpoint");
	json_out_object(json, NULL);
	json_out_lit(json, "type", "phone");
	put_number(json, "number", decision->callee);
	json_out_end(json);
	json_out_end(json);
	json_out_end(json);
}

static void render_talk(struct json_out *json, const char *text, bool may_be_cut)
{
	json_out_object(json, NULL);
	json_out_lit(json, "action", "talk");
	json_out_lit(json, "text", text);
	if (may_be_cut)
		json_out_bool(json, "bargeIn", true);
	json_out_end(json);
}

static void render_digits(const struct answer *answer, struct json_out *json)
{
	ASSERT(answer->decision->pin_digits > 0 && answer->decision->pin_digits <= DIGITS_MAX);
	render_talk(json,
		answer->pin_again ? "That code is not right. Please try again, then press the hash key."
				  : "Please enter your code, then press the hash key.",
		true);
	json_out_object(json, NULL);
	json_out_lit(json, "action", "input");
	json_out_array(json, "type");
	json_out_lit(json, NULL, "dtmf");
	json_out_end(json);
	json_out_object(json, "dtmf");
	json_out_u64(json, "timeOut", 10);
	json_out_u64(json, "maxDigits", answer->decision->pin_digits);
	json_out_bool(json, "submitOnHash", true);
	json_out_end(json);
	put_event_url(json, answer, "voice", STR_NONE);
	json_out_end(json);
}

/* A call ends where its actions do. A refusal is none. */
static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
{
	struct json_out json = json_out_to(out);

	(void)account;
	json_out_array(&json, NULL);
	switch (answer->decision->action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		render_connect(answer, &json);
		break;
	case ACTION_DIGITS:
		render_digits(answer, &json);
		break;
	case ACTION_ANNOUNCE:
		render_talk(&json, "This number cannot be reached from your phone.", false);
		break;
	case ACTION_REJECT:
		break;
	}
	json_out_end(&json);
	buf_char(out, '\n');
	return document;
}

static struct provider_reply render_status(
	const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report;
	buf_lit(out, "{}\n");
	return document;
}

const struct provider provider_vonage = {
	.name = "vonage",
	.deadline_ms = 5000,
	.clocks_differ_s = VONAGE_AGE_MAX_S,
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.messaging = &messaging_vonage,
	.sim = &sim_vonage,
};
