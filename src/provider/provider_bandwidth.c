/* bandwidth: Programmable Voice, BXML (Bandwidth/api-docs, "Voice"). Requests are not signed: they bring the
 * user and password that are set at the application, and that each answer names again for the requests that
 * it asks for.
 *
 *   POST voice    "initiate": where does this call go?  "gather": the digits that we asked for
 *   POST status   "transferDisconnect": the end of a dialled leg;  "disconnect": that of a call
 *
 * A transfer has no longest time: max_call_s of a pool can't be put. */
#include "base/check.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/authorization.h"
#include "provider/dialects.h"
#include "provider/messaging.h"
#include "provider/webhook_json.h"
#include "provider/xml.h"
#include "wire/time_text.h"

#define RING_MAX_S 300

static const struct provider_reply document = {200, "application/xml"};

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
	bool known = authorization_is_basic(webhook, account->api_key, account->secret) ||
		     authorization_is_basic(webhook, account->api_key, account->secret_2);

	return known && account_allows(account, webhook->peer);
}

/* 'A', 'B' or 'C' of a verified call. */
static char attestation(const struct json_at *event, struct arena *arena)
{
	struct json_at said = json_at_field(event, "stirShaken");
	struct str level = webhook_json_text(&said, "attestationIndicator", arena);

	if (!str_equal(webhook_json_text(&said, "verstat", arena), STR("TN-Verification-Passed")))
		return 0;
	return level.len == 1 && level.at[0] >= 'A' && level.at[0] <= 'C' ? level.at[0] : 0;
}

/* A gather that nobody answered is no question: it is refused as what is none, and the call hung up, where
 * another prompt would keep the line open for ever. */
static enum err read_ask(
	const struct account *account, const struct json_at *event, struct arena *arena, struct ask *ret_ask)
{
	struct str type = webhook_json_text(event, "eventType", arena);
	bool gather = str_equal(type, STR("gather"));
	struct ask ask = {.call_id = webhook_json_text(event, "callId", arena)};

	if (!call_id_ok(ask.call_id) || (!gather && !str_equal(type, STR("initiate"))))
		return ERR_BAD_REQUEST;
	if (gather) {
		ask.question.digits = webhook_json_text(event, "digits", arena);
		if (!ask.question.digits.len)
			return ERR_BAD_REQUEST;
	}
	ask_set_caller(&ask, &account->dialplan, webhook_json_text(event, "from", arena));
	ask_set_called(&ask, &account->dialplan, webhook_json_text(event, "to", arena));
	ask.attestation = attestation(event, arena);
	*ret_ask = ask;
	return ERR_OK;
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	if (err)
		return err;
	struct json_at event = json_at_root(&json);
	err = read_ask(account, &event, arena, ret_ask);
	json_done(&json);
	return err;
}

/* Why a leg ended; the list is not exhaustive, and what isn't here failed. */
static enum call_status fate_of(struct str cause)
{
	static const struct {
		const char *cause;
		enum call_status status;
	} fates[] = {
		{"hangup", CALL_CANCELED}, /* before somebody answered */
		{"cancel", CALL_CANCELED},
		{"busy", CALL_BUSY},
		{"rejected", CALL_BUSY},
		{"timeout", CALL_NO_ANSWER},
	};

	for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++)
		if (str_equal(str_of(fates[i].cause), cause))
			return fates[i].status;
	return CALL_FAILED;
}

static uint32_t talked_s(struct str from, struct str to)
{
	int64_t from_ms, to_ms;

	if (time_text_parse(from, &from_ms) || time_text_parse(to, &to_ms) || to_ms < from_ms ||
		(to_ms - from_ms) / 1000 > UINT32_MAX)
		return 0;
	return (uint32_t)((to_ms - from_ms) / 1000);
}

/* A dialled leg has a call id of its own and the asked call's as its parent. The asked call's own end tells
 * nothing that its legs don't tell better, but that it was cancelled or failed: CALL_ASKED changes nothing.
 */
static enum err read_report(const struct json_at *event, struct arena *arena, struct report *ret_report)
{
	struct str type = webhook_json_text(event, "eventType", arena);
	struct str cause = webhook_json_text(event, "cause", arena);
	struct str answered = webhook_json_text(event, "answerTime", arena);
	bool leg = str_equal(type, STR("transferDisconnect"));
	struct report report = {
		.call_id = webhook_json_text(event, leg ? "parentCallId" : "callId", arena),
		.status = fate_of(cause),
	};

	if (!call_id_ok(report.call_id) || !cause.len || (!leg && !str_equal(type, STR("disconnect"))))
		return ERR_BAD_REQUEST;
	if (leg && answered.len) {
		report.status = CALL_COMPLETED;
		report.seconds = talked_s(answered, webhook_json_text(event, "endTime", arena));
	} else if (!leg && str_equal(cause, STR("hangup"))) {
		report.status = CALL_ASKED;
	}
	*ret_report = report;
	return ERR_OK;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at event = json_at_root(&json);
	err = read_report(&event, arena, ret_report);
	json_done(&json);
	return err;
}

/* Where an event goes, and what it brings to get in. */
static void put_url(struct buf *out, const char *name, const struct account *account,
	const struct answer *answer, const char *hook_name)
{
	xml_put_url(out, name, answer->hook_base, hook_name);
	xml_put_attribute(out, "username", str_of(account->api_key));
	xml_put_attribute(out, "password", str_of(account->secret));
}

/* Without transferCallerId the callee would see the caller's number, and with another diversionTreatment the
 * called one. Of the leg its end is asked for, which is told however it ends; the verb is the last, so no
 * other answer is. */
static void render_transfer(const struct account *account, const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "<Transfer");
	xml_put_attribute(out, "transferCallerId", str_of(number_text(decision->show, show)));
	xml_put_count(out, "callTimeout", answer_seconds(decision->ring_s, RING_MAX_S));
	buf_lit(out, " diversionTreatment=\"none\"><PhoneNumber");
	put_url(out, "transferDisconnectUrl", account, answer, "status");
	buf_char(out, '>');
	buf_lit(out, number_text(decision->callee, callee));
	buf_lit(out, "</PhoneNumber></Transfer>");
}

static void render_gather(const struct account *account, const struct answer *answer, struct buf *out)
{
	ASSERT(answer->decision->pin_digits > 0);
	buf_lit(out, "<Gather");
	xml_put_count(out, "maxDigits", answer->decision->pin_digits);
	buf_lit(out, " terminatingDigits=\"#\"");
	xml_put_count(out, "firstDigitTimeout", 10);
	put_url(out, "gatherUrl", account, answer, "voice");
	buf_lit(out, "><SpeakSentence>");
	buf_lit(out, answer->pin_again ? "That code is not right. Please try again, then press the hash key."
				       : "Please enter your code, then press the hash key.");
	buf_lit(out, "</SpeakSentence></Gather>");
}

static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
{
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>");
	switch (answer->decision->action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		render_transfer(account, answer, out);
		break;
	case ACTION_DIGITS:
		render_gather(account, answer, out);
		break;
	case ACTION_ANNOUNCE:
		buf_lit(out, "<SpeakSentence>This number cannot be reached from your "
			     "phone.</SpeakSentence><Hangup/>");
		break;
	case ACTION_REJECT:
		/* Alone it rejects the call, which is not answered then, nor charged. */
		buf_lit(out, "<Hangup/>");
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

const struct provider provider_bandwidth = {
	.name = "bandwidth",
	.deadline_ms = 15000,
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.messaging = &messaging_bandwidth,
	.sim = &sim_bandwidth,
};
