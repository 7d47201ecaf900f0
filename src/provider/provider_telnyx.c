/* telnyx: TeXML (developers.telnyx.com, "TeXML"). The words are TwiML's; what differs is who signs what, the figures that are
 * taken, and that a call's own reports tell nothing: Telnyx answers a call before it asks us, so its "in-progress" is no
 * answered callee.
 *
 * POST alone: the signature is over the body, and a GET has none. */
#include "base/check.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/control.h"
#include "provider/dialects.h"
#include "provider/messaging.h"
#include "provider/report.h"
#include "provider/telnyx_signature.h"
#include "provider/webhook.h"
#include "provider/xml.h"

/* A figure outside these is refused, and the call with it. */
#define RING_MIN_S 5
#define RING_MAX_S 120
#define CALL_MIN_S 60
#define CALL_MAX_S 14400

static const struct provider_reply document = {200, "text/xml"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account;
	if (!webhook->post)
		return HOOK_NONE;
	if (str_equal(webhook->rest, STR("voice")))
		return HOOK_VOICE;
	return str_equal(webhook->rest, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	struct str signature = webhook->header(webhook->header_context, "telnyx-signature-ed25519");
	struct str timestamp = webhook->header(webhook->header_context, "telnyx-timestamp");

	if (!webhook->post || !signature.at || !timestamp.at || !account_allows(account, webhook->peer))
		return false;
	return telnyx_signature_holds(
		       str_of(account->secret), timestamp, webhook->body, signature, webhook->now_ms) ||
	       telnyx_signature_holds(
		       str_of(account->secret_2), timestamp, webhook->body, signature, webhook->now_ms);
}

/* What was attested counts only if it was found to be valid. */
static char attestation(const struct form *form)
{
	struct str letter = form_value(form, "ShakenStirAttestation");

	if (!str_equal_nocase(form_value(form, "ShakenStirValidated"), STR("true")) || letter.len != 1)
		return 0;
	return letter.at[0] >= 'A' && letter.at[0] <= 'C' ? letter.at[0] : 0;
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct form form;
	enum err err = webhook_form(webhook, arena, &form);

	if (err)
		return err;
	struct ask ask = {.call_id = form_value(&form, "CallSid")};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, form_value(&form, "From"));
	ask_set_called(&ask, &account->dialplan, form_value(&form, "To"));
	ask.question.digits = form_value(&form, "Digits");
	ask.attestation = attestation(&form);
	*ret_ask = ask;
	return ERR_OK;
}

/* The end of a <Dial> (its action) has the leg's fate in DialCallStatus; the leg's own progress has the call's id in
 * ParentCallSid. What has neither is the call's own. */
static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	struct form form;
	enum err err = webhook_form(webhook, arena, &form);

	(void)account;
	if (err)
		return err;
	struct str dial = form_value(&form, "DialCallStatus"), parent = form_value(&form, "ParentCallSid");
	struct report report = {.call_id = parent.len ? parent : form_value(&form, "CallSid"),
		.final_leg = dial.len != 0,
		.no_news = !dial.len && !parent.len};
	if (!call_id_ok(report.call_id))
		return ERR_BAD_REQUEST;
	if (!report.no_news &&
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

static uint32_t within(uint32_t seconds, uint32_t least, uint32_t most)
{
	return seconds < least ? least : answer_seconds(seconds, most);
}

static void render_dial(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "<Dial");
	xml_put_attribute(out, "callerId", str_of(number_text(decision->show, show)));
	xml_put_count(out, "timeout", within(decision->ring_s, RING_MIN_S, RING_MAX_S));
	xml_put_count(out, "timeLimit", within(decision->max_call_s, CALL_MIN_S, CALL_MAX_S));
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

/* The digits come by the method that the application has: POST. */
static void render_digits(const struct answer *answer, struct buf *out)
{
	ASSERT(answer->decision->pin_digits > 0);
	buf_lit(out, "<Gather");
	xml_put_count(out, "numDigits", answer->decision->pin_digits);
	xml_put_attribute(out, "finishOnKey", STR("#"));
	xml_put_count(out, "timeout", 10);
	xml_put_url(out, "action", answer->hook_base, "voice");
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
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Hangup/></Response>\n");
	return document;
}

const struct provider provider_telnyx = {
	.name = "telnyx",
	.clocks_differ_s = TELNYX_AGE_MAX_S,
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.messaging = &messaging_telnyx,
	.control = &control_telnyx,
	.sim = &sim_telnyx,
};
