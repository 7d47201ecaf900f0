/* messagebird: a call flow that is fetched for each call (developers.messagebird.com, "Voice Calling", "Masked
 * numbers").
 *
 *   GET or POST voice    where does this call go? source, destination, callID
 *   POST status          what its voice webhooks tell of legs
 *
 * <Transfer mask="true"> shows the number that was dialled, and no other can be named. So its numbers are for pools
 * in which both parties dial the same one, and what would show another is refused here (S5). Digits can't be asked
 * for, and times have no place. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/messagebird_signature.h"
#include "provider/webhook.h"
#include "provider/webhook_json.h"
#include "provider/xml.h"

static const struct provider_reply document = {200, "application/xml"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account;
	if (str_equal(webhook->rest, STR("voice")))
		return HOOK_VOICE;
	return webhook->post && str_equal(webhook->rest, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	return account_allows(account, webhook->peer) && messagebird_signature_holds(account, webhook);
}

struct asked {
	struct str source, destination, call_id;
};

static struct asked asked_by_form(const struct form *form)
{
	return (struct asked){form_value(form, "source"), form_value(form, "destination"), form_value(form, "callID")};
}

static enum err read_json(const struct webhook *webhook, struct arena *arena, struct asked *ret_asked)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	*ret_asked = (struct asked){webhook_json_text(&root, "source", arena), webhook_json_text(&root, "destination", arena),
		webhook_json_text(&root, "callID", arena)};
	json_done(&json);
	return ERR_OK;
}

/* The fields stand in the URL, or in a POST's body: as JSON, else as a form. */
static enum err read_asked(const struct webhook *webhook, struct arena *arena, struct asked *ret_asked)
{
	struct form form;
	enum err err = form_parse(webhook->query, arena, &form);

	if (err)
		return err;
	bool in_body = webhook->post && !form_value(&form, "callID").at;
	if (in_body && webhook_media_is(webhook, "application/json"))
		return read_json(webhook, arena, ret_asked);
	if (in_body)
		err = webhook_form(webhook, arena, &form);
	if (!err)
		*ret_asked = asked_by_form(&form);
	return err;
}

static enum err parse_voice(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct ask *ret_ask)
{
	struct asked asked;
	enum err err = read_asked(webhook, arena, &asked);

	(void)account;
	if (err)
		return err;
	struct ask ask = {.call_id = asked.call_id};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	ask_set_caller_digits(&ask, asked.source);
	ask_set_called_digits(&ask, asked.destination);
	*ret_ask = ask;
	return ERR_OK;
}

static bool status_of(struct str word, enum call_status *ret_status)
{
	static const struct {
		const char *word;
		enum call_status status;
	} words[] = {{"starting", CALL_CONNECTING}, {"ringing", CALL_CONNECTING}, {"ongoing", CALL_ANSWERED},
		{"hangup", CALL_COMPLETED}, {"busy", CALL_BUSY}, {"no_answer", CALL_NO_ANSWER}, {"failed", CALL_FAILED}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (str_equal(str_of(words[i].word), word)) {
			*ret_status = words[i].status;
			return true;
		}
	}
	return false;
}

/* The first leg that we had dialled, of {"items":[{"type":"legUpdated","payload":{...}}]}. All else tells nothing. */
static enum err read_report(const struct json_at *root, struct arena *arena, struct report *ret_report)
{
	struct json_at items = json_at_field(root, "items");
	struct problem problem;
	int n = 0;

	*ret_report = (struct report){.no_news = true};
	if (!json_at_is_array(&items) || json_at_count(&items, 0, 100, &n, &problem) != ERR_OK)
		return ERR_BAD_REQUEST;
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(&items, i), payload = json_at_field(&item, "payload");
		struct report report = {.call_id = webhook_json_text(&payload, "callID", arena)};
		if (!str_equal(webhook_json_text(&payload, "direction", arena), STR("outgoing")) || !call_id_ok(report.call_id) ||
			!status_of(webhook_json_text(&payload, "status", arena), &report.status))
			continue;
		report.seconds = webhook_json_count(&payload, "duration");
		/* A leg that was hung up on without a talk wasn't answered. */
		if (report.status == CALL_COMPLETED && !report.seconds)
			report.status = CALL_NO_ANSWER;
		if (report.status != CALL_COMPLETED)
			report.seconds = 0;
		*ret_report = report;
		return ERR_OK;
	}
	return ERR_OK;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct report *ret_report)
{
	struct report report;
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	err = read_report(&root, arena, &report);
	json_done(&json);
	if (!err)
		*ret_report = report;
	return err;
}

/* mask: the callee sees the number that was dialled. */
static void render_transfer(const struct decision *decision, struct buf *out)
{
	char callee[NUMBER_TEXT_SIZE];

	buf_lit(out, "<Transfer");
	xml_put_attribute(out, "destination", str_of(number_text(decision->callee, callee) + 1));
	xml_put_attribute(out, "mask", STR("true"));
	buf_lit(out, "/>\n");
}

static struct provider_reply render(const struct account *account, const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	bool rings = decision->action == ACTION_CONNECT || decision->action == ACTION_FORWARD;

	(void)account;
	ASSERT(!rings || (number_is(decision->callee) && number_is(decision->show))); /* S5 */
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (rings && number_equal(decision->show, answer->called))
		render_transfer(decision, out);
	else if (decision->action == ACTION_ANNOUNCE)
		buf_lit(out, "<Say language=\"en-GB\" voice=\"female\">This number cannot be reached from your phone.</Say>\n");
	else
		buf_lit(out, "<Hangup/>\n");
	return document;
}

static struct provider_reply render_status(const struct account *account, const struct report *report, struct buf *out)
{
	static const struct provider_reply told = {200, "application/json"};

	(void)account, (void)report;
	buf_lit(out, "{}\n");
	return told;
}

const struct provider provider_messagebird = {
	.name = "messagebird",
	.shows_dialled_only = true,
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_messagebird,
};
