/* plivo: Plivo XML (plivo.com/docs/voice/xml). */
#include "base/check.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/messaging.h"
#include "provider/plivo_signature.h"
#include "provider/report.h"
#include "provider/webhook.h"
#include "provider/xml.h"

#define SIGNED_MEMORY_MAX (256 * 1024) /* a form of 64 KiB, decoded, with its fields */

/* Plivo ends every call after a day. */
#define CALL_MAX_S 86400

static const struct provider_reply document = {200, "application/xml"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account;
	if (str_equal(webhook->rest, STR("voice")))
		return HOOK_VOICE;
	return str_equal(webhook->rest, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

/* What is signed. A body that is no form isn't Plivo's. */
static bool signed_fields(const struct webhook *webhook, struct arena *arena, struct plivo_signed *ret_what)
{
	ret_what->post = webhook->post;
	ret_what->url = webhook->url;
	if (form_parse(webhook->query, arena, &ret_what->query))
		return false;
	if (!webhook->post || webhook->body.len == 0)
		return true;
	return webhook_media_is(webhook, "application/x-www-form-urlencoded") &&
	       webhook_form(webhook, arena, &ret_what->body) == ERR_OK;
}

static bool v3_holds(const struct account *account, const struct webhook *webhook, struct str signatures)
{
	struct plivo_signed what = {.nonce = webhook->header(webhook->header_context, "X-Plivo-Signature-V3-Nonce")};
	struct arena arena;

	arena_init(&arena, SIGNED_MEMORY_MAX);
	bool holds = signed_fields(webhook, &arena, &what) &&
		     (plivo_v3_holds(str_of(account->secret), &what, signatures) ||
			     plivo_v3_holds(str_of(account->secret_2), &what, signatures));
	if (arena.no_memory)
		webhook_no_memory(webhook);
	arena_done(&arena);
	return holds;
}

/* V2 signs the URL without its query, and no body, so it counts only where there is no V3 that could be wrong, and
 * never for a GET, whose question is all in the query. */
static bool verify(const struct account *account, const struct webhook *webhook)
{
	struct str v3 = webhook->header(webhook->header_context, "X-Plivo-Signature-V3");

	if (!account_allows(account, webhook->peer))
		return false;
	if (v3.at)
		return v3_holds(account, webhook, v3);
	if (!webhook->post || account->require_v3)
		return false;
	struct str v2 = webhook->header(webhook->header_context, "X-Plivo-Signature-V2");
	struct str nonce = webhook->header(webhook->header_context, "X-Plivo-Signature-V2-Nonce");
	return v2.at && (plivo_v2_holds(str_of(account->secret), webhook->url, nonce, v2) ||
				plivo_v2_holds(str_of(account->secret_2), webhook->url, nonce, v2));
}

static enum err parse_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	return webhook->post ? webhook_form(webhook, arena, ret_form) : form_parse(webhook->query, arena, ret_form);
}

/* Numbers come with their country code and without a '+'; digits are never taken for a national form before that. */
static struct number read_number(const struct dialplan *plan, struct str text)
{
	struct number number = NUMBER_NONE;

	text = str_trim(text);
	if (number_parse_digits(text, &number) && dialplan_number(plan, text, &number))
		return NUMBER_NONE;
	return number;
}

static enum err parse_voice(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct ask *ret_ask)
{
	struct form form;
	enum err err = parse_form(webhook, arena, &form);

	if (err)
		return err;
	struct ask ask = {.call_id = form_value(&form, "CallUUID")};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	struct str from = form_value(&form, "From");
	ask.question.withheld = caller_is_withheld(from);
	if (!ask.question.withheld)
		ask.question.caller = read_number(&account->dialplan, from);
	ask.question.called = read_number(&account->dialplan, form_value(&form, "To"));
	ask.called_is_number = number_is(ask.question.called);
	ask.question.digits = form_value(&form, "Digits");
	*ret_ask = ask;
	return ERR_OK;
}

/* Plivo's words for an end that aren't Twilio's as well. */
static bool status_of(struct str word, enum call_status *ret_status)
{
	if (str_equal_nocase(word, STR("timeout")))
		*ret_status = CALL_NO_ANSWER;
	else if (str_equal_nocase(word, STR("cancel")))
		*ret_status = CALL_CANCELED;
	else
		return report_word(word, ret_status);
	return true;
}

/* The end of a <Dial> (its action). How long they talked is in the leg's own report alone, which may come after: so a leg that
 * was talked through counts as answered here, and ends there. */
static bool read_dial(struct str word, struct report *report)
{
	report->final_leg = true;
	if (!status_of(word, &report->status))
		return false;
	if (report->status == CALL_COMPLETED)
		report->status = CALL_ANSWERED;
	return true;
}

/* The leg's progress (callbackUrl). A leg that ends without a talk says why in the <Dial>'s end: no news here. */
static bool read_leg(const struct form *form, struct str action, struct report *report)
{
	if (str_equal_nocase(action, STR("answer")) || str_equal_nocase(action, STR("connected"))) {
		report->status = CALL_ANSWERED;
		return true;
	}
	if (!str_equal_nocase(action, STR("hangup")))
		return false;
	report->seconds = report_seconds(form_value(form, "DialBLegDuration"));
	report->status = report->seconds ? CALL_COMPLETED : CALL_CONNECTING;
	return true;
}

/* The caller's own call (hangup_url), if somebody set that. */
static bool read_call(const struct form *form, struct report *report)
{
	if (!status_of(form_value(form, "CallStatus"), &report->status))
		return false;
	if (str_equal(form_value(form, "HangupCause"), STR("ORIGINATOR_CANCEL")))
		report->status = CALL_CANCELED;
	if (report->status == CALL_COMPLETED)
		report->seconds = report_seconds(form_value(form, "Duration"));
	return true;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct report *ret_report)
{
	struct form form;
	enum err err = parse_form(webhook, arena, &form);

	(void)account;
	if (err)
		return err;
	struct str leg = form_value(&form, "DialALegUUID"), dial = form_value(&form, "DialStatus");
	struct str action = form_value(&form, "DialAction");
	struct report report = {.call_id = leg.len ? leg : form_value(&form, "CallUUID")};
	bool read = dial.len     ? read_dial(dial, &report)
		    : action.len ? read_leg(&form, action, &report)
				 : read_call(&form, &report);
	if (!read || !call_id_ok(report.call_id))
		return ERR_BAD_REQUEST;
	*ret_report = report;
	return ERR_OK;
}

/* Left out, callerId is the caller's number and callerName the caller's name: both are always said. Digits without '+', as
 * Plivo writes numbers itself. */
static void render_dial(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	number_text(decision->callee, callee);
	number_text(decision->show, show);
	buf_lit(out, "<Dial");
	xml_put_attribute(out, "callerId", str_of(show + 1));
	xml_put_attribute(out, "callerName", str_of(show + 1));
	xml_put_count(out, "timeout", answer_seconds(decision->ring_s, CALL_MAX_S));
	xml_put_count(out, "timeLimit", answer_seconds(decision->max_call_s, CALL_MAX_S));
	xml_put_url(out, "action", answer->hook_base, "status");
	xml_put_attribute(out, "method", STR("POST"));
	xml_put_url(out, "callbackUrl", answer->hook_base, "status");
	xml_put_attribute(out, "callbackMethod", STR("POST"));
	buf_lit(out, "><Number>");
	buf_lit(out, callee + 1);
	buf_lit(out, "</Number></Dial>");
}

/* log="false": Plivo keeps the code out of its logs. Its own pause between two digits, 2 s, is short for reading a code off. */
static void render_digits(const struct answer *answer, struct buf *out)
{
	ASSERT(answer->decision->pin_digits > 0);
	buf_lit(out, "<GetDigits");
	xml_put_url(out, "action", answer->hook_base, "voice");
	xml_put_attribute(out, "method", STR("POST"));
	xml_put_count(out, "numDigits", answer->decision->pin_digits);
	xml_put_attribute(out, "finishOnKey", STR("#"));
	xml_put_count(out, "timeout", 10);
	xml_put_count(out, "digitTimeout", 5);
	xml_put_count(out, "retries", 1);
	xml_put_attribute(out, "log", STR("false"));
	buf_lit(out, "><Speak>");
	buf_lit(out, answer->pin_again ? "That code is not right. Please try again, then press the hash key."
				       : "Please enter your code, then press the hash key.");
	buf_lit(out, "</Speak></GetDigits><Hangup/>");
}

static struct provider_reply render(const struct account *account, const struct answer *answer, struct buf *out)
{
	(void)account;
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>");
	switch (answer->decision->action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		render_dial(answer, out);
		break;
	case ACTION_DIGITS:
		render_digits(answer, out);
		break;
	case ACTION_ANNOUNCE:
		buf_lit(out, "<Speak>This number cannot be reached from your phone.</Speak><Hangup/>");
		break;
	case ACTION_REJECT:
		/* As the first element: the call is not answered. */
		buf_lit(out, "<Hangup reason=\"rejected\"/>");
		break;
	}
	buf_lit(out, "</Response>\n");
	return document;
}

/* After a <Dial> the call goes on with what we say; nobody reads the other answers. */
static struct provider_reply render_status(const struct account *account, const struct report *report, struct buf *out)
{
	(void)account;
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	buf_lit(out, report->final_leg ? "<Response><Hangup/></Response>\n" : "<Response/>\n");
	return document;
}

const struct provider provider_plivo = {
	.name = "plivo",
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.messaging = &messaging_plivo,
	.sim = &sim_plivo,
};
