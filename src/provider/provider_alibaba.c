/* alibaba: Alibaba Cloud Voice Service, dynamic IVR call transfer (help.aliyun.com 98200, 112702). Not signed: the
 * path holds a secret.
 *
 *   GET or POST {secret_path}/voice?caller=&serviceNumber=&timestamp=&uuid=&dtmf=    where does this call go?
 *
 * What became of a call isn't told here. Digits come with the question where the console collects them; they can't be
 * asked for, and nothing of ours is spoken: all but a connect is one refusal. */
#include <stdio.h>

#include "base/check.h"
#include "provider/ask.h"
#include "provider/dialects.h"
#include "provider/secret_path.h"
#include "provider/webhook.h"

#define CHINA 86
#define CHINA_MOBILE_DIGITS 11

static const struct provider_reply document = {200, "application/json"};

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account;
	return str_equal(secret_path_hook(webhook), STR("voice")) ? HOOK_VOICE : HOOK_NONE;
}

/* The fields stand in the URL, whatever the method. */
static enum err fields_of(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	enum err err = form_parse(webhook->query, arena, ret_form);

	if (!err && webhook->post && !form_value(ret_form, "uuid").at &&
		webhook_media_is(webhook, "application/x-www-form-urlencoded"))
		err = webhook_form(webhook, arena, ret_form);
	return err;
}

static enum err parse_voice(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct ask *ret_ask)
{
	struct form form;
	enum err err = fields_of(webhook, arena, &form);

	if (err)
		return err;
	struct ask ask = {.call_id = form_value(&form, "uuid")};
	if (!call_id_ok(ask.call_id))
		return ERR_BAD_REQUEST;
	ask_set_caller(&ask, &account->dialplan, form_value(&form, "caller"));
	ask_set_called(&ask, &account->dialplan, form_value(&form, "serviceNumber"));
	ask.question.digits = form_value(&form, "dtmf");
	*ret_ask = ask;
	return ERR_OK;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct report *ret_report)
{
	(void)account, (void)webhook, (void)arena, (void)ret_report;
	return ERR_BAD_REQUEST;
}

/* As at home: 0571..., a mobile number without the 0. Numbers of other countries as country and number, without '+'. */
static void put_number(const struct dialplan *plan, struct number number, struct buf *out)
{
	char text[NUMBER_TEXT_SIZE], code[8];
	const char *digits = number_text(number, text) + 1;
	size_t code_len = (size_t)snprintf(code, sizeof code, "%u", (unsigned)plan->calling_code);

	if (plan->calling_code && strncmp(digits, code, code_len) == 0) {
		digits += code_len;
		if (plan->calling_code != CHINA || strlen(digits) != CHINA_MOBILE_DIGITS || digits[0] != '1')
			buf_lit(out, plan->national_prefix);
	}
	buf_lit(out, digits);
}

/* False: what is written is another number at home. A number of country 1 has eleven digits, as a mobile number of China,
 * and may be somebody's there; Alibaba's documents tell no form that says which is meant. */
static bool is_plain(const struct dialplan *plan, struct number number)
{
	char text[2 * NUMBER_TEXT_SIZE];
	struct number read;
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	put_number(plan, number, &out);
	return dialplan_number(plan, buf_text(&out), &read) != ERR_OK || number_equal(read, number);
}

/* Left out, showNumber is the number that was dialled. */
static void render_connect(const struct account *account, const struct decision *decision, struct buf *out)
{
	buf_lit(out, "{\"result\":\"success\",\"msg\":\"connect\",\"data\":{\"called\":\"");
	put_number(&account->dialplan, decision->callee, out);
	buf_lit(out, "\",\"showNumber\":\"");
	put_number(&account->dialplan, decision->show, out);
	buf_lit(out, "\"}}\n");
}

static bool connects(const struct account *account, const struct decision *decision)
{
	if (decision->action != ACTION_CONNECT && decision->action != ACTION_FORWARD)
		return false;
	ASSERT(number_is(decision->callee) && number_is(decision->show)); /* S5 */
	return is_plain(&account->dialplan, decision->callee) && is_plain(&account->dialplan, decision->show);
}

static struct provider_reply render(const struct account *account, const struct answer *answer, struct buf *out)
{
	if (connects(account, answer->decision))
		render_connect(account, answer->decision, out);
	else
		buf_lit(out, "{\"result\":\"fail\",\"msg\":\"refused\",\"data\":{}}\n");
	return document;
}

static struct provider_reply render_status(const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report;
	buf_lit(out, "{}\n");
	return document;
}

const struct provider provider_alibaba = {
	.name = "alibaba",
	.deadline_ms = 3000,
	.hook = hook,
	.verify = secret_path_opens,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.sim = &sim_alibaba,
};
