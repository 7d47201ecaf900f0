/* twilio: Programmable Voice, TwiML (twilio.com/docs/voice/twiml). */
#include "base/check.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/messaging.h"
#include "provider/report.h"
#include "provider/twilio_signature.h"
#include "provider/webhook.h"
#include "provider/xml.h"

#define SIGNED_MEMORY_MAX (256 * 1024) /* a form of 64 KiB, decoded, with its fields */

/* Twilio takes rings of up to 600 s and calls of up to 4 hours; with a larger figure it drops the
 * whole document and the caller hears an application error. */
#define RING_MAX_S 600
#define CALL_MAX_S 14400

static const struct provider_reply document = {200, "text/xml"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account;
	if (str_equal(webhook->rest, STR("voice")))
		return HOOK_VOICE;
	return str_equal(webhook->rest, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

/* What is signed beside the URL. Where the URL holds the body's hash, it alone is signed, whatever the body is. */
static bool signed_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	*ret_form = (struct form){0};
	if (webhook_body_hash_is_there(webhook))
		return webhook_body_hash_holds(webhook);
	if (webhook->post && webhook_media_is(webhook, "application/x-www-form-urlencoded"))
		return webhook_form(webhook, arena, ret_form) == ERR_OK;
	return !webhook->post || webhook->body.len == 0;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	struct str signature = webhook->header(webhook->header_context, "X-Twilio-Signature");
	struct arena arena;
	struct form form;

	if (!signature.at || !account_allows(account, webhook->peer))
		return false;
	arena_init(&arena, SIGNED_MEMORY_MAX);
	bool holds =
		signed_form(webhook, &arena, &form) &&
		(twilio_signature_holds(str_of(account->secret), webhook->url, &form, signature) ||
			twilio_signature_holds(str_of(account->secret_2), webhook->url, &form, signature));
	if (arena.no_memory)
		webhook_no_memory(webhook);
	arena_done(&arena);
	return holds;
}

static enum err parse_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	return webhook->post ? webhook_form(webhook, arena, ret_form) : form_parse(webhook->query, arena, ret_form);
}

static struct str first_of(const struct form *form, const char *name, const char *other)
{
	struct str value = form_value(form, name);

	return value.len ? value : form_value(form, other);
}

/* "TN-Validation-Passed-A". Longer forms ("...-Diverted") vouch for another called number than ours. */
static char attestation(struct str verstat)
{
	static const struct str passed = {"TN-Validation-Passed-", 21};

	if (verstat.len != passed.len + 1 || !str_starts(verstat, passed))
		return 0;
	char letter = verstat.at[passed.len];
	return letter >= 'A' && letter <= 'C' ? letter : 0;
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct form form;
	enum err err = parse_form(webhook, arena, &form);

	if (err)
		return err;
	struct ask ask = {.call_id = form_value(&form, "CallSid")};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, first_of(&form, "From", "Caller"));
	ask_set_called(&ask, &account->dialplan, first_of(&form, "To", "Called"));
	ask.question.digits = form_value(&form, "Digits");
	ask.attestation = attestation(form_value(&form, "StirVerstat"));
	*ret_ask = ask;
	return ERR_OK;
}

/* Three kinds come here. The end of a <Dial> (its action): the parent's CallSid, the leg's fate in
 * DialCallStatus. The dialled leg's progress: a CallSid of its own, the parent's in ParentCallSid.
 * The parent's own, if somebody set it at the number. All are told of the parent: it is the call that
 * we were asked about. */
static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	struct form form;
	enum err err = parse_form(webhook, arena, &form);

	(void)account;
	if (err)
		return err;
	struct str dial = form_value(&form, "DialCallStatus");
	struct report report = {
		.call_id = first_of(&form, "ParentCallSid", "CallSid"), .final_leg = dial.len != 0};
	if (!call_id_ok(report.call_id) ||
		!report_word(report.final_leg ? dial : form_value(&form, "CallStatus"), &report.status))
		return ERR_BAD_REQUEST;
	/* A <Dial> that ended with "answered" has been talked through. */
	if (report.final_leg && report.status == CALL_ANSWERED)
		report.status = CALL_COMPLETED;
	if (report.status == CALL_COMPLETED)
		report.seconds = report_seconds(
			form_value(&form, report.final_leg ? "DialCallDuration" : "CallDuration"));
	*ret_report = report;
	return ERR_OK;
}

/* answerOnBridge: the caller hears ringing until the callee answers, and isn't charged for it.
 * Of the leg's progress only "answered" and "completed" are asked for: the earlier ones change nothing
 * that is kept and would double the requests of a call. The end comes twice, by the action too: the
 * action is not sure to be asked for when the caller hangs up first. */
static void render_dial(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "<Dial");
	xml_put_attribute(out, "callerId", str_of(number_text(decision->show, show)));
	xml_put_count(out, "timeout", answer_seconds(decision->ring_s, RING_MAX_S));
	xml_put_count(out, "timeLimit", answer_seconds(decision->max_call_s, CALL_MAX_S));
	xml_put_attribute(out, "answerOnBridge", STR("true"));
	xml_put_url(out, "action", answer->hook_base, "status");
	xml_put_attribute(out, "method", STR("POST"));
	buf_lit(out, "><Number");
	xml_put_url(out, "statusCallback", answer->hook_base, "status");
	xml_put_attribute(out, "statusCallbackEvent", STR("answered completed"));
	xml_put_attribute(out, "statusCallbackMethod", STR("POST"));
	buf_char(out, '>');
	buf_lit(out, number_text(decision->callee, callee));
	buf_lit(out, "</Number></Dial>");
}

static void render_digits(const struct answer *answer, struct buf *out)
{
	ASSERT(answer->decision->pin_digits > 0);
	buf_lit(out, "<Gather");
	xml_put_count(out, "numDigits", answer->decision->pin_digits);
	xml_put_attribute(out, "finishOnKey", STR("#"));
	xml_put_count(out, "timeout", 10);
	xml_put_url(out, "action", answer->hook_base, "voice");
	xml_put_attribute(out, "method", STR("POST"));
	buf_lit(out, "><Say>");
	buf_lit(out, answer->pin_again ? "That code is not right. Please try again, then press the hash key."
				       : "Please enter your code, then press the hash key.");
	buf_lit(out, "</Say></Gather><Hangup/>");
}

static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
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
		buf_lit(out, "<Say>This number cannot be reached from your phone.</Say><Hangup/>");
		break;
	case ACTION_REJECT:
		/* Free of charge as the first verb: the call is never answered. */
		buf_lit(out, "<Reject reason=\"rejected\"/>");
		break;
	}
	buf_lit(out, "</Response>\n");
	return document;
}

static struct provider_reply render_status(
	const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report;
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response/>\n");
	return document;
}

const struct provider provider_twilio = {
	.name = "twilio",
	.deadline_ms = 15000,
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.messaging = &messaging_twilio,
	.sim = &sim_twilio,
};
