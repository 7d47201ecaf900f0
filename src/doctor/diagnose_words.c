#include "doctor/diagnose.h"

static const struct setting_words words[] = {
	{"twilio", "account_sid and auth_token", "auth_token", ""},
	{"plivo", "auth_id and auth_token", "auth_token", "app_id"},
	{"signalwire", "project and signing_key", "signing_key", ""},
	{"exotel", "account_sid, api_key, api_token and subdomain", "secret_path", "flow_url"},
	{"telnyx", "api_key", "public_key", "connection_id"},
	{"vonage", "api_key and api_secret", "signature_secret", "application_id"},
	{"bandwidth", "account_id, api_user and api_password", "user and password", "site_id"},
	{"sinch", "application_key and application_secret", "application_key and application_secret", ""},
	{"infobip", "api_id and api_key", "authorization, or api_id and api_key", ""},
	{"8x8", "authorization", "authorization", ""},
	{"huawei", "app_key and app_secret", "secret_path, and app_secret", ""},
	{"alibaba", "secret_path", "secret_path", ""},
	{"messagebird", "signing_key", "signing_key", ""},
	{"", "the account's credentials", "the account's secret", "the application"},
};

const struct setting_words *setting_words(const char *provider)
{
	const struct setting_words *at = words;

	while (at->provider[0] && strcmp(at->provider, provider) != 0)
		at++;
	return at;
}
