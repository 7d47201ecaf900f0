/* 8x8: Number Masking of its Voice API (developer.8x8.com/connect). Requests bring an Authorization header
 * that is set beside each webhook.
 *
 *   POST voice    Voice Call Action: where does this call go?
 *   POST status   Voice Call Summary: what a leg does;  Voice Session Summary: how it ended
 *
 * Asking for digits belongs to another product: it is a refusal here. Times can't be set. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/authorization.h"
#include "provider/dialects.h"
#include "provider/webhook_json.h"

static const struct provider_reply document = {200, "application/json"};

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
	bool known = authorization_is(webhook, str_of(account->secret)) ||
		     authorization_is(webhook, str_of(account->secret_2));

	return known && account_allows(account, webhook->peer);
}

/* Both legs of a call have it, and its summary. */
static struct str session_of(const struct json_at *payload, struct arena *arena)
{
	return webhook_json_text(payload, "sessionId", arena);
}

static bool is_word(const struct json_at *object, const char *name, struct str word, struct arena *arena)
{
	return str_equal(webhook_json_text(object, name, arena), word);
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json), payload = json_at_field(&root, "payload");
	struct ask ask = {.call_id = session_of(&payload, arena)};
	if (!call_id_ok(ask.call_id) || !is_word(&root, "eventType", STR("CALL_ACTION"), arena) ||
		!is_word(&payload, "callStatus", STR("CALL_RECEIVED"), arena))
		err = ERR_BAD_REQUEST;
	ask_set_caller_digits(&ask, webhook_json_text(&payload, "source", arena));
	ask_set_called_digits(&ask, webhook_json_text(&payload, "destination", arena));
	json_done(&json);
	if (!err)
		*ret_ask = ask;
	return err;
}

/* The final SIP status of a leg (RFC 3261). */
static enum call_status fate_of_sip(uint32_t code)
{
	switch (code) {
	case 200:
		return CALL_COMPLETED;
	case 486:
	case 600:
	case 603:
		return CALL_BUSY;
	case 408:
	case 480:
		return CALL_NO_ANSWER;
	case 487:
		return CALL_CANCELED;
	default:
		return CALL_FAILED;
	}
}

/* The caller's own leg tells nothing that the dialled one doesn't tell better: CALL_ASKED changes nothing. */
static enum err read_leg(const struct json_at *payload, struct arena *arena, struct report *report)
{
	struct str status = webhook_json_text(payload, "callStatus", arena);

	report->status = CALL_ASKED;
	if (!status.len)
		return ERR_BAD_REQUEST;
	if (!is_word(payload, "callDirection", STR("OUTBOUND"), arena))
		return ERR_OK;
	if (str_equal(status, STR("CALL_CONNECTED"))) {
		report->status = CALL_ANSWERED;
	} else if (str_equal(status, STR("CALL_DISCONNECTED"))) {
		report->status = fate_of_sip(webhook_json_count(payload, "sipCode"));
		if (report->status == CALL_COMPLETED)
			report->seconds = webhook_json_count(payload, "callDuration");
	}
	return ERR_OK;
}

static enum err read_summary(const struct json_at *payload, struct arena *arena, struct report *report)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {
		{"COMPLETED", CALL_COMPLETED},
		{"NO_ANSWER", CALL_NO_ANSWER},
		{"BUSY", CALL_BUSY},
		{"CANCELED", CALL_CANCELED},
		{"FAILED", CALL_FAILED},
		{"ERROR", CALL_FAILED},
	};

	report->final_leg = true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (is_word(payload, "sessionStatus", str_of(words[i].word), arena)) {
			report->status = words[i].status;
			return ERR_OK;
		}
	}
	return ERR_BAD_REQUEST;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json), payload = json_at_field(&root, "payload");
	struct report report = {.call_id = session_of(&payload, arena)};
	if (!call_id_ok(report.call_id))
		err = ERR_BAD_REQUEST;
	else if (is_word(&root, "eventType", STR("CALL_STATUS"), arena))
		err = read_leg(&payload, arena, &report);
	else if (is_word(&root, "eventType", STR("SESSION_SUMMARY"), arena))
		err = read_summary(&payload, arena, &report);
	else
		err = ERR_BAD_REQUEST;
	json_done(&json);
	if (!err)
		*ret_report = report;
	return err;
}

/* Without recording: it is asked for by a member that isn't there. */
static void render_call(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "{\"action\":\"makeCall\",\"params\":{\"source\":\"");
	buf_lit(out, number_text(decision->show, show) + 1);
	buf_lit(out, "\",\"destination\":\"");
	buf_lit(out, number_text(decision->callee, callee) + 1);
	buf_lit(out, "\"}}");
}

static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
{
	(void)account;
	buf_lit(out, "{\"clientActionId\":\"bauta\",\"callflow\":[");
	switch (answer->decision->action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		render_call(answer, out);
		break;
	case ACTION_ANNOUNCE:
		buf_lit(out, "{\"action\":\"say\",\"params\":{\"text\":\"This number cannot be reached from "
			     "your phone.\","
			     "\"language\":\"en\",\"voiceProfile\":\"generic-en-male\",\"repetition\":1}},"
			     "{\"action\":\"hangup\"}");
		break;
	case ACTION_DIGITS:
	case ACTION_REJECT:
		buf_lit(out, "{\"action\":\"hangup\"}");
		break;
	}
	buf_lit(out, "]}\n");
	return document;
}

static struct provider_reply render_status(
	const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report;
	buf_lit(out, "{}\n");
	return document;
}

const struct provider provider_8x8 = {
	.name = "8x8",
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_8x8,
};
