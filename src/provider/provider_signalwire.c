/* signalwire: cXML (signalwire.com/docs/compatibility-api/cxml). Asks and is answered as Twilio; signs in its own way. */
#include "provider/dialects.h"
#include "provider/messaging.h"
#include "provider/signalwire_signature.h"
#include "provider/webhook.h"

#define SIGNED_MEMORY_MAX (256 * 1024) /* a form of 64 KiB, decoded, with its fields */

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	return provider_twilio.hook(account, webhook);
}

/* What is signed beside the URL, as fields. False: it can't be. */
static bool signed_form(const struct webhook *webhook, struct arena *arena, struct form *ret_form)
{
	*ret_form = (struct form){0};
	if (webhook->post && webhook_media_is(webhook, "application/x-www-form-urlencoded"))
		return webhook_form(webhook, arena, ret_form) == ERR_OK;
	return !webhook->post || webhook->body.len == 0 || webhook_body_hash_holds(webhook);
}

static bool key_holds(const char *key, const struct webhook *webhook, const struct form *form, struct str signature)
{
	struct str body = webhook->post ? webhook->body : STR_NONE;

	return (form && signalwire_form_holds(str_of(key), webhook->url, form, signature)) ||
	       signalwire_body_holds(str_of(key), webhook->url, body, signature);
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	struct str signature = webhook->header(webhook->header_context, "X-SignalWire-Signature");
	struct arena arena;
	struct form form;

	if (!signature.at)
		signature = webhook->header(webhook->header_context, "X-Twilio-Signature");
	if (!signature.at || !account_allows(account, webhook->peer))
		return false;
	arena_init(&arena, SIGNED_MEMORY_MAX);
	const struct form *fields = signed_form(webhook, &arena, &form) ? &form : NULL;
	bool holds = key_holds(account->secret, webhook, fields, signature) ||
		     key_holds(account->secret_2, webhook, fields, signature);
	if (arena.no_memory)
		webhook_no_memory(webhook);
	arena_done(&arena);
	return holds;
}

static enum err parse_voice(
	const struct account *account, const struct webhook *webhook, struct arena *arena, struct ask *ret_ask)
{
	return provider_twilio.parse_voice(account, webhook, arena, ret_ask);
}

static enum err parse_status(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct report *ret_report)
{
	return provider_twilio.parse_status(account, webhook, arena, ret_report);
}

static struct provider_reply render(const struct account *account, const struct answer *answer, struct buf *out)
{
	return provider_twilio.render(account, answer, out);
}

static struct provider_reply render_status(const struct account *account, const struct report *report, struct buf *out)
{
	return provider_twilio.render_status(account, report, out);
}

const struct provider provider_signalwire = {
	.name = "signalwire",
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
	.messaging = &messaging_signalwire,
	.sim = &sim_signalwire,
};
