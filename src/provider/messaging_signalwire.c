/* messaging_signalwire: SignalWire's texts (signalwire.com/docs/compatibility-api): Twilio's words on another server,
 * with a token of their own for the REST API, which the signing key is not. */
#include <stdio.h>

#include "provider/messaging_twilio.h"

static struct provider_reply render_status(struct buf *body)
{
	return messaging_twilio_render(NULL, NULL, body);
}

static const char *lacks(const struct account *account)
{
	if (!account->api_password[0])
		return "api_token is missing";
	return account->subdomain[0] || account->api_url[0] ? NULL : "space is missing";
}

/* "example", or the whole name: "example.signalwire.com". */
static enum err send(const struct account *account, const struct messaging_out *out,
	struct messaging_request *ret_request)
{
	char url[ACCOUNT_SECRET_MAX + 64];

	const struct messaging_twilio_api api = {url, "/api/laml/2010-04-01/Accounts/", account->api_password};

	if (lacks(account))
		return ERR_BAD_REQUEST;
	const char *domain = strchr(account->subdomain, '.') ? "" : ".signalwire.com";
	snprintf(url, sizeof url, "https://%s%s", account->subdomain, domain);
	return messaging_twilio_send(account, &api, out, ret_request);
}

const struct messaging messaging_signalwire = {
	.answers = true,
	.parse = messaging_twilio_parse,
	.parse_status = messaging_twilio_parse_status,
	.render = messaging_twilio_render,
	.render_status = render_status,
	.lacks = lacks,
	.send = send,
	.read_said = messaging_twilio_read_said,
};
