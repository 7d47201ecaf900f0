/* generic: whoever asks by POST /v1/route with an API key (an own PBX, a provider without a dialect
 * here). It has no webhooks; the table exists so that VNs and accounts can name it. */
#include "provider/dialects.h"

static enum hook hook(const struct account *account, const struct webhook *webhook)
{
	(void)account, (void)webhook;
	return HOOK_NONE;
}

static bool verify(const struct account *account, const struct webhook *webhook)
{
	(void)account, (void)webhook;
	return false;
}

static enum err parse_voice(const struct account *account, const struct webhook *webhook, struct arena *arena,
	struct ask *ret_ask)
{
	(void)account, (void)webhook, (void)arena, (void)ret_ask;
	return ERR_BAD_REQUEST;
}

static enum err parse_status(const struct account *account, const struct webhook *webhook,
	struct arena *arena, struct report *ret_report)
{
	(void)account, (void)webhook, (void)arena, (void)ret_report;
	return ERR_BAD_REQUEST;
}

static struct provider_reply render(
	const struct account *account, const struct answer *answer, struct buf *out)
{
	(void)account, (void)answer, (void)out;
	return (struct provider_reply){404, "text/plain"};
}

static struct provider_reply render_status(
	const struct account *account, const struct report *report, struct buf *out)
{
	(void)account, (void)report, (void)out;
	return (struct provider_reply){404, "text/plain"};
}

const struct provider provider_generic = {
	.name = "generic",
	.hook = hook,
	.verify = verify,
	.parse_voice = parse_voice,
	.parse_status = parse_status,
	.render = render,
	.render_status = render_status,
};
