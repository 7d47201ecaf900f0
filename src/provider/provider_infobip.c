/* infobip: Number Masking (infobip.com/docs/api, "Number masking"; infobip-api clients).
 *
 *   POST voice    where does this call go?
 *   POST status   what became of it
 *
 * There are three answers: dial, audio, captureDtmf. So a refusal is an audio file of the account's, and
 * asking for a PIN is a refusal too: the request that brings the digits has them where the called number was.
 * Times can't be set. */
#include "base/check.h"
#include "crypto/digest.h"
#include "provider/ask.h"
#include "provider/authorization.h"
#include "provider/dialects.h"
#include "provider/infobip_signature.h"
#include "provider/webhook_json.h"
#include "wire/json_text.h"

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

/* Lower case, as ours; what isn't hex becomes something that matches nothing. */
static void to_lower(struct str text, char lower[INFOBIP_SIGNATURE_SIZE])
{
	lower[0] = '\0';
	if (!str_copy(lower, INFOBIP_SIGNATURE_SIZE, text))
		return;
	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'F')
			*c += 'a' - 'A';
}

/* "apiId:hash". The page says "URL path", its formula "url": both are tried, and each needs the key. */
static bool signature_holds(const struct account *account, const struct webhook *webhook)
{
	struct str given,
		id = str_cut(webhook->header(webhook->header_context, "Authorization"), ':', &given);
	const char *host = webhook->url.len ? memmem(webhook->url.at, webhook->url.len, "://", 3) : NULL;
	char lower[INFOBIP_SIGNATURE_SIZE], expected[INFOBIP_SIGNATURE_SIZE];
	struct str path = STR_NONE;
	bool holds = false;

	if (!account->sid[0] || !host || !given.at || !secret_equal(id, str_of(account->sid)))
		return false;
	struct str rest = str_n(host + 3, webhook->url.len - (size_t)(host + 3 - webhook->url.at));
	const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
	if (slash)
		path = str_n(slash, rest.len - (size_t)(slash - rest.at));
	to_lower(given, lower);
	const struct str called[] = {path, webhook->url};
	for (size_t i = 0; i < 2; i++)
		holds |= called[i].len &&
			 infobip_sign(str_of(account->api_key), called[i], webhook->body, expected) &&
			 secret_equal(str_of(lower), str_of(expected));
	return holds;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	bool known = authorization_is(webhook, str_of(account->secret)) || signature_holds(account, webhook);

	return known && account_allows(account, webhook->peer);
}

/* Both come with question and report alike. */
static struct str call_id_of(const struct json_at *object, struct arena *arena)
{
	struct str id = webhook_json_text(object, "nmCorrelationId", arena);

	return id.len ? id : webhook_json_text(object, "correlationId", arena);
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	struct problem problem = {0};
	struct json json;
	bool captured = false;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json), flag = json_at_field(&root, "dtmfCaptured");
	struct ask ask = {.call_id = call_id_of(&root, arena)};
	if (json_at_bool(&flag, &captured, &problem) || captured || !call_id_ok(ask.call_id))
		err = ERR_BAD_REQUEST;
	ask_set_caller_digits(&ask, webhook_json_text(&root, "from", arena));
	ask_set_called_digits(&ask, webhook_json_text(&root, "to", arena));
	json_done(&json);
	if (!err)
		*ret_ask = ask;
	return err;
}

static bool fate_of(struct str word, enum call_status *ret_status)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {
		{"answered", CALL_COMPLETED},
		{"busy", CALL_BUSY},
		{"no answer", CALL_NO_ANSWER},
		{"failed", CALL_FAILED},
		{"congestion", CALL_FAILED},
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (str_equal_nocase(word, str_of(words[i].word))) {
			*ret_status = words[i].status;
			return true;
		}
	}
	return false;
}

/* Of an audio file nothing is kept: CALL_ASKED changes nothing. */
static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	struct report report = {.final_leg = true};
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	report.call_id = call_id_of(&root, arena);
	if (!call_id_ok(report.call_id) ||
		!fate_of(webhook_json_text(&root, "status", arena), &report.status))
		err = ERR_BAD_REQUEST;
	else if (!str_equal(webhook_json_text(&root, "action", arena), STR("dial")))
		report.status = CALL_ASKED;
	else if (report.status == CALL_COMPLETED)
		report.seconds = webhook_json_count(&root, "duration");
	json_done(&json);
	if (!err)
		*ret_report = report;
	return err;
}

static void render_dial(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "{\"command\":\"dial\",\"phoneNumber\":\"");
	buf_lit(out, number_text(decision->callee, callee) + 1);
	buf_lit(out, "\",\"callerId\":\"");
	buf_lit(out, number_text(decision->show, show) + 1);
	buf_lit(out, "\",\"recording\":{\"enabled\":false}}\n");
}

static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
{
	switch (answer->decision->action) {
	case ACTION_CONNECT:
	case ACTION_FORWARD:
		render_dial(answer, out);
		break;
	case ACTION_DIGITS:
	case ACTION_ANNOUNCE:
	case ACTION_REJECT:
		buf_lit(out, "{\"command\":\"audio\",\"fileUrl\":");
		json_put_string(out, str_of(account->audio_url));
		buf_lit(out, "}\n");
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

const struct provider provider_infobip = {
	.name = "infobip",
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_infobip,
};
