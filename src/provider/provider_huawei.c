/* huawei: Huawei Cloud PrivateNumber, X mode (support.huaweicloud.com). The path holds a secret; who has the
 * application's key set has its header checked as well.
 *
 *   POST {secret_path}/voice    callin: where does this call go?  Any other event, where one address is set for all
 *   POST {secret_path}/status   callout, alerting, answer, disconnect;  fee: bills
 *
 * Digits can't be asked for, and what is spoken must be a file of theirs: all but a connect is one refusal. */
#include "base/check.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/huawei_signature.h"
#include "provider/secret_path.h"
#include "provider/webhook_json.h"

#define CALL_MAX_MIN 1440

static const struct provider_reply document = {200, "application/json"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	struct str name = secret_path_hook(webhook);

	(void)account;
	if (!webhook->post)
		return HOOK_NONE;
	if (str_equal(name, STR("voice")))
		return str_equal(webhook_json_peek(webhook->body, "eventType"), STR("callin")) ? HOOK_VOICE : HOOK_STATUS;
	return str_equal(name, STR("status")) ? HOOK_STATUS : HOOK_NONE;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	bool opens = secret_path_opens(account, webhook);
	bool signs = account->secret[0] || account->secret_2[0];

	return opens && (!signs || huawei_signature_holds(account, webhook));
}

static bool is_event(const struct json_at *root, const char *word, struct arena *arena)
{
	return str_equal(webhook_json_text(root, "eventType", arena), str_of(word));
}

static enum err parse_voice(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct ask *ret_ask)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	if (err)
		return err;
	struct json_at root = json_at_root(&json), info = json_at_field(&root, "statusInfo");
	struct ask ask = {.call_id = webhook_json_text(&info, "sessionId", arena)};
	if (!call_id_ok(ask.call_id) || !is_event(&root, "callin", arena))
		err = ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, webhook_json_text(&info, "caller", arena));
	ask_set_called(&ask, &account->dialplan, webhook_json_text(&info, "called", arena));
	json_done(&json);
	if (!err)
		*ret_ask = ask;
	return err;
}

/* "Reasons for call hang-up". 0: they talked, and one of them hung up. */
static enum call_status fate_of(uint32_t reason)
{
	switch (reason) {
	case 0:
	case 8010: /* it lasted as long as it may */
		return CALL_COMPLETED;
	case 8003: /* rang for too long */
	case 8101:
		return CALL_NO_ANSWER;
	case 8102:
		return CALL_BUSY;
	case 8009: /* the caller hung up */
		return CALL_CANCELED;
	default:
		return CALL_FAILED;
	}
}

/* A callin that needs no answer, and a bill (up to 50 calls in one, some time later), tell nothing about the call. */
static enum err read_event(const struct json_at *root, struct arena *arena, struct report *ret_report)
{
	struct json_at info = json_at_field(root, "statusInfo"), reason = json_at_field(&info, "stateCode");
	struct str word = webhook_json_text(root, "eventType", arena);
	struct report report = {.call_id = webhook_json_text(&info, "sessionId", arena)};

	if (str_equal(word, STR("fee")) || str_equal(word, STR("callin"))) {
		*ret_report = (struct report){.no_news = true};
		return ERR_OK;
	}
	if (!call_id_ok(report.call_id))
		return ERR_BAD_REQUEST;
	if (str_equal(word, STR("callout")) || str_equal(word, STR("alerting"))) {
		report.status = CALL_CONNECTING;
	} else if (str_equal(word, STR("answer"))) {
		report.status = CALL_ANSWERED;
	} else if (str_equal(word, STR("disconnect")) && json_at_there(&reason)) {
		report.status = fate_of(webhook_json_count(&info, "stateCode"));
		report.final_leg = true;
	} else {
		return ERR_BAD_REQUEST;
	}
	*ret_report = report;
	return ERR_OK;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct report *ret_report)
{
	struct json json;
	enum err err = webhook_json(webhook, &json);

	(void)account;
	if (err)
		return err;
	struct json_at root = json_at_root(&json);
	err = read_event(&root, arena, ret_report);
	json_done(&json);
	return err;
}

/* Whole minutes, and not one too many; 0 would be no limit. */
static uint32_t minutes(uint32_t seconds)
{
	uint32_t count = seconds / 60;

	return count < 1 ? 1 : count > CALL_MAX_MIN ? CALL_MAX_MIN : count;
}

static void render_connect(const struct answer *answer, struct buf *out)
{
	const struct decision *decision = answer->decision;
	char callee[NUMBER_TEXT_SIZE], show[NUMBER_TEXT_SIZE];

	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	buf_lit(out, "{\"operation\":\"connect\",\"connectInfo\":{\"displayCalleeNum\":\"");
	buf_lit(out, number_text(decision->show, show));
	buf_lit(out, "\",\"calleeNum\":\"");
	buf_lit(out, number_text(decision->callee, callee));
	buf_lit(out, "\",\"maxDuration\":");
	buf_u64(out, minutes(decision->max_call_s));
	buf_lit(out, ",\"recordFlag\":\"false\"}}\n");
}

static struct provider_reply render(const struct account *account, const struct answer *answer, struct buf *out)
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
		buf_lit(out, "{\"operation\":\"close\",\"closeInfo\":{}}\n");
		break;
	}
	return document;
}

static struct provider_reply render_status(const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report;
	buf_lit(out, "{}\n");
	return document;
}

const struct provider provider_huawei = {
	.name = "huawei",
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_huawei,
};
