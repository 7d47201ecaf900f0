/* sinch: the Voice API's callbacks and SVAML (developers.sinch.com). Everything comes to one URL, which is
 * set at the app:
 *
 *   POST voice    "ice": where does this call go?  "ace": it was answered;  "dice": it ended
 *
 * Digits can't be asked for: the event that brings them ("pie") doesn't say who was called. So asking for a
 * PIN is a refusal. */
#include "base/check.h"
#include "crypto/digest.h"
#include "provider/answer.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/sinch_signature.h"
#include "provider/webhook_json.h"
#include "wire/time_text.h"

/* A call lasts up to 4 hours; how long a phone may ring isn't said. */
#define RING_MAX_S 60
#define CALL_MAX_S 14400
#define CLOCKS_DIFFER_S 300

static const struct provider_reply document = {200, "application/json"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	struct str word = webhook_json_peek(webhook->body, "event");

	(void)account;
	if (!webhook->post || !str_equal(webhook->rest, STR("voice")))
		return HOOK_NONE;
	return str_equal(word, STR("ace")) || str_equal(word, STR("dice")) || str_equal(word, STR("notify"))
		       ? HOOK_STATUS
		       : HOOK_VOICE;
}

static bool is_fresh(struct str timestamp, int64_t now_ms)
{
	int64_t signed_ms;

	return time_text_parse(timestamp, &signed_ms) == ERR_OK && signed_ms >= now_ms - CLOCKS_DIFFER_S * 1000 &&
	       signed_ms <= now_ms + CLOCKS_DIFFER_S * 1000;
}

/* The path that Sinch called: the URL's, which a proxy may have in front of ours. */
static struct str path_of(struct str url)
{
	const char *host = url.len ? memmem(url.at, url.len, "://", 3) : NULL;
	struct str rest;

	if (!host)
		return STR_NONE;
	url = str_n(host + 3, url.len - (size_t)(host + 3 - url.at));
	const char *path = url.len ? memchr(url.at, '/', url.len) : NULL;
	return path ? str_cut(str_n(path, url.len - (size_t)(path - url.at)), '?', &rest) : STR_NONE;
}

/* "application KEY:SIGNATURE" */
static bool verify(const struct account *account, const struct webhook *webhook)
{
	struct str given,
		scheme = str_cut(webhook->header(webhook->header_context, "Authorization"), ' ', &given);
	struct sinch_signed what = {.content_type = webhook->content_type,
		.timestamp = webhook->header(webhook->header_context, "x-timestamp"),
		.path = path_of(webhook->url),
		.body = webhook->body};
	struct str key = str_cut(given, ':', &given);
	char expected[SINCH_SIGNATURE_SIZE];

	/* The method is signed: theirs is POST. */
	if (!webhook->post || !str_equal_nocase(scheme, STR("application")) || !key.len || !given.at ||
		!secret_equal(key, str_of(account->api_key)) || !is_fresh(what.timestamp, webhook->now_ms))
		return false;
	return sinch_sign(str_of(account->secret), &what, expected) &&
	       secret_equal(given, str_of(expected)) && account_allows(account, webhook->peer);
}

/* The documentation writes it both ways. */
static struct str call_id_of(const struct json_at *event, struct arena *arena)
{
	struct str id = webhook_json_text(event, "callid", arena);

	return id.len ? id : webhook_json_text(event, "callId", arena);
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at event = json_at_root(&json), to = json_at_field(&event, "to");
	struct ask ask = {.call_id = call_id_of(&event, arena)};
	if (!call_id_ok(ask.call_id) || !str_equal(webhook_json_text(&event, "event", arena), STR("ice")))
		err = ERR_BAD_REQUEST;
	ask_set_caller_digits(&ask, webhook_json_text(&event, "cli", arena));
	ask_set_called_digits(&ask, webhook_json_text(&to, "endpoint", arena));
	json_done(&json);
	if (!err)
		*ret_ask = ask;
	return err;
}

static enum call_status fate_of(struct str result, struct str reason)
{
	bool left = str_equal(reason, STR("CANCEL")) || str_equal(reason, STR("CALLERHANGUP"));

	if (str_equal(result, STR("ANSWERED")))
		return CALL_COMPLETED;
	if (str_equal(result, STR("BUSY")))
		return CALL_BUSY;
	if (left)
		return CALL_CANCELED;
	return str_equal(result, STR("NOANSWER")) || str_equal(reason, STR("TIMEOUT")) ? CALL_NO_ANSWER
										       : CALL_FAILED;
}

static enum err read_report(const struct json_at *event, struct arena *arena, struct report *ret_report)
{
	struct str word = webhook_json_text(event, "event", arena);
	struct report report = {.call_id = call_id_of(event, arena), .status = CALL_ANSWERED};

	if (!call_id_ok(report.call_id))
		return ERR_BAD_REQUEST;
	if (str_equal(word, STR("dice"))) {
		report.status = fate_of(
			webhook_json_text(event, "result", arena), webhook_json_text(event, "reason", arena));
		if (report.status == CALL_COMPLETED)
			report.seconds = webhook_json_count(event, "duration");
		report.final_leg = true;
	} else if (!str_equal(word, STR("ace"))) {
		return ERR_BAD_REQUEST;
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

/* Without `cli` the callee would see the caller. */
static void render_connect(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "{\"instructions\":[],\"action\":{\"name\":\"connectPstn\",\"number\":\"");
	buf_lit(out, number_text(decision->callee, callee));
	buf_lit(out, "\",\"cli\":\"");
	buf_lit(out, number_text(decision->show, show));
	buf_lit(out, "\",\"maxDuration\":");
	buf_u64(out, answer_seconds(decision->max_call_s, CALL_MAX_S));
	buf_lit(out, ",\"dialTimeout\":");
	buf_u64(out, answer_seconds(decision->ring_s, RING_MAX_S));
	buf_lit(out, ",\"locale\":\"en-US\",\"suppressCallbacks\":false}}\n");
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
	case ACTION_ANNOUNCE:
		buf_lit(out, "{\"instructions\":[{\"name\":\"say\",\"text\":\"This number cannot be reached "
			     "from your "
			     "phone.\",\"locale\":\"en-US\"}],\"action\":{\"name\":\"hangup\"}}\n");
		break;
	case ACTION_DIGITS:
	case ACTION_REJECT:
		buf_lit(out, "{\"action\":{\"name\":\"hangup\"}}\n");
		break;
	}
	return document;
}

/* Who answered is to stay connected; an end takes no action. */
static struct provider_reply render_status(
	const struct account *account, const struct report *report, struct buf *out)
{
	(void)account;
	buf_lit(out, report->final_leg ? "{}\n" : "{\"action\":{\"name\":\"continue\"}}\n");
	return document;
}

const struct provider provider_sinch = {
	.name = "sinch",
	.deadline_ms = 5000,
	.clocks_differ_s = CLOCKS_DIFFER_S,
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_sinch,
};
