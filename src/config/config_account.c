#include "config/config_account.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config_file.h"
#include "config/config_schema.h"
#include "config/config_section.h"
#include "config/config_value.h"
#include "crypto/digest.h"
#include "phone/phone.h"
#include "provider/inventory.h"
#include "provider/telnyx_signature.h"
#include "wire/base64.h"

#define ACCOUNTS_MAX 65535
#define SECRET_PATH_MIN 16
#define SYNC_MIN_S 10
#define SYNC_MAX_S (7 * 86400)

/* What an account of each provider has besides the common keys. */
struct credential {
	const char *provider, *key;
	size_t offset; /* of char[ACCOUNT_SECRET_MAX + 1] in struct account */
	bool required, secret;
};

static const struct credential credentials[] = {
	{"twilio", "account_sid", offsetof(struct account, sid), true, false},
	{"twilio", "auth_token", offsetof(struct account, secret), true, true},
	{"twilio", "auth_token_2", offsetof(struct account, secret_2), false, true},
	{"exotel", "account_sid", offsetof(struct account, sid), false, false},
	{"exotel", "api_key", offsetof(struct account, api_key), false, true},
	{"exotel", "api_token", offsetof(struct account, secret), false, true},
	{"exotel", "subdomain", offsetof(struct account, subdomain), false, false},
	{"exotel", "secret_path", offsetof(struct account, secret_path), true, true},
	{"exotel", "flow_url", offsetof(struct account, application), false, false},
	{"telnyx", "public_key", offsetof(struct account, secret), true, false},
	{"telnyx", "public_key_2", offsetof(struct account, secret_2), false, false},
	{"telnyx", "api_key", offsetof(struct account, api_key), false, true},
	{"telnyx", "connection_id", offsetof(struct account, application), false, false},
	{"telnyx", "messaging_profile_id", offsetof(struct account, message_application), false, false},
	{"vonage", "signature_secret", offsetof(struct account, secret), true, true},
	{"vonage", "signature_secret_2", offsetof(struct account, secret_2), false, true},
	{"vonage", "api_key", offsetof(struct account, api_key), false, true},
	{"vonage", "api_secret", offsetof(struct account, api_password), false, true},
	{"vonage", "application_id", offsetof(struct account, application), false, false},
	{"sinch", "application_key", offsetof(struct account, api_key), true, false},
	{"sinch", "application_secret", offsetof(struct account, secret), true, true},
	{"8x8", "authorization", offsetof(struct account, secret), true, true},
	{"8x8", "authorization_2", offsetof(struct account, secret_2), false, true},
	{"infobip", "authorization", offsetof(struct account, secret), false, true},
	{"infobip", "api_id", offsetof(struct account, sid), false, false},
	{"infobip", "api_key", offsetof(struct account, api_key), false, true},
	{"infobip", "audio_url", offsetof(struct account, audio_url), true, false},
	{"bandwidth", "account_id", offsetof(struct account, sid), false, false},
	{"bandwidth", "user", offsetof(struct account, api_key), true, false},
	{"bandwidth", "password", offsetof(struct account, secret), true, true},
	{"bandwidth", "password_2", offsetof(struct account, secret_2), false, true},
	{"bandwidth", "api_user", offsetof(struct account, api_user), false, false},
	{"bandwidth", "api_password", offsetof(struct account, api_password), false, true},
	{"bandwidth", "site_id", offsetof(struct account, application), false, false},
	{"bandwidth", "location_id", offsetof(struct account, location), false, false},
	{"bandwidth", "message_application_id", offsetof(struct account, message_application), false, false},
	{"plivo", "auth_id", offsetof(struct account, sid), true, false},
	{"plivo", "auth_token", offsetof(struct account, secret), true, true},
	{"plivo", "auth_token_2", offsetof(struct account, secret_2), false, true},
	{"plivo", "app_id", offsetof(struct account, application), false, false},
	{"alibaba", "secret_path", offsetof(struct account, secret_path), true, true},
	{"messagebird", "signing_key", offsetof(struct account, secret), true, true},
	{"messagebird", "signing_key_2", offsetof(struct account, secret_2), false, true},
	{"huawei", "secret_path", offsetof(struct account, secret_path), true, true},
	{"huawei", "app_key", offsetof(struct account, api_key), false, false},
	{"huawei", "app_secret", offsetof(struct account, secret), false, true},
	{"huawei", "app_secret_2", offsetof(struct account, secret_2), false, true},
	{"signalwire", "project", offsetof(struct account, sid), true, false},
	{"signalwire", "space", offsetof(struct account, subdomain), false, false},
	{"signalwire", "api_token", offsetof(struct account, api_password), false, true},
	{"signalwire", "signing_key", offsetof(struct account, secret), true, true},
	{"signalwire", "signing_key_2", offsetof(struct account, secret_2), false, true},
	{0},
};

static const char *const common[] = {
	"name", "provider", "country", "tenant", "allow", "sync_s", "manage_webhooks", "require_v3", "api_url",
	"call_control", NULL};

/* Reads one account out of the settings. */
struct maker {
	struct settings *settings;
	struct account *account;
	struct section at; /* "accounts.12" */
	const char *provider;
};

static const struct setting *find(const struct maker *maker, const char *key, const char *suffix)
{
	return section_setting(&maker->at, key, suffix);
}

static void take(
	struct maker *maker, const struct setting *setting, struct str value, char *field, size_t size)
{
	if (!str_copy(field, size, value))
		settings_wrong(
			maker->settings, setting->where, setting->path, "longer than %zu bytes", size - 1);
}

static void take_credential(struct maker *maker, const struct credential *credential)
{
	char *field = (char *)maker->account + credential->offset;
	const struct setting *value = find(maker, credential->key, ""), *said;
	const struct setting *file = credential->secret ? find(maker, credential->key, "_file") : NULL;

	if (!config_file_said(maker->settings, value, file, &said))
		return;
	if (said) {
		char *text = config_file_line(maker->settings, said, file, ACCOUNT_SECRET_MAX);
		if (text)
			str_copy(field, ACCOUNT_SECRET_MAX + 1, str_of(text));
		config_secret_free(text);
	} else if (credential->required && credential->secret) {
		section_missing_file(&maker->at, credential->key);
	} else if (credential->required) {
		section_missing(&maker->at, credential->key);
	}
}

/* Telnyx's keys to check with: an Ed25519 key in base64 each. */
static void check_public_key(struct maker *maker, const char *key, const char *text)
{
	const struct setting *said = find(maker, key, "");
	uint8_t bytes[ED25519_KEY_SIZE];
	size_t len;

	if (strcmp(maker->provider, "telnyx") != 0 || !said || !text[0])
		return;
	if (!base64_read(str_of(text), bytes, sizeof bytes, &len) || len != sizeof bytes)
		settings_wrong(maker->settings, said->where, said->path,
			"must be an Ed25519 public key: %d bytes in base64", ED25519_KEY_SIZE);
	else if (strcmp(text, telnyx_sim_public_key) == 0)
		settings_wrong(maker->settings, said->where, said->path,
			"this key is of examples: everybody can sign with it");
}

static void take_credentials(struct maker *maker)
{
	for (const struct credential *credential = credentials; credential->provider; credential++)
		if (strcmp(credential->provider, maker->provider) == 0)
			take_credential(maker, credential);
	check_public_key(maker, "public_key", maker->account->secret);
	check_public_key(maker, "public_key_2", maker->account->secret_2);

	/* The value is a secret and stays out of the sentence, its file too. */
	const struct setting *said = find(maker, "secret_path", "_file");
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const char *path = maker->account->secret_path;
	size_t len = strlen(path);
	if (!said || find(maker, "secret_path", ""))
		said = find(maker, "secret_path", "");
	if (len && (len < SECRET_PATH_MIN || strspn(path, good) != len))
		settings_wrong(maker->settings, said->where, said->path,
			"must be at least %d letters, digits, '_' or '-'", SECRET_PATH_MIN);
}

/* A secret that is a key in base64: another text would turn every webhook away, without a word of why. */
static void check_key(struct maker *maker, const char *key, const char *text)
{
	uint8_t bytes[ACCOUNT_SECRET_MAX];
	size_t len;
	const struct setting *said = find(maker, key, "");

	if (!said)
		said = find(maker, key, "_file");
	if (said && text[0] && (!base64_read(str_of(text), bytes, sizeof bytes, &len) || len == 0))
		settings_wrong(maker->settings, said->where, said->path,
			"is not base64, as the provider's dashboard shows it");
	secret_wipe(bytes, sizeof bytes);
}

/* Infobip signs with the pair, or sends the fixed header; with neither nothing would get in. And what refused
 * callers hear is fetched by Infobip. */
static void check_infobip(struct maker *maker)
{
	const struct account *account = maker->account;
	const struct setting *said = find(maker, "audio_url", "");

	if (!account->secret[0] && !(account->sid[0] && account->api_key[0]))
		settings_wrong(maker->settings, maker->at.where, maker->at.prefix,
			"authorization, or api_id and api_key, is missing");
	if (said && strncmp(said->value, "https://", 8) != 0 && strncmp(said->value, "http://", 7) != 0)
		settings_wrong(maker->settings, said->where, said->path,
			"is to be a URL, such as https://files.example.com/refused.mp3");
}

/* A secret alone would turn every webhook away: they name the key that it belongs to. */
static void check_huawei(struct maker *maker)
{
	const struct account *account = maker->account;

	if ((account->secret[0] || account->secret_2[0]) && !account->api_key[0])
		section_missing(&maker->at, "app_key");
}

static bool fits_provider(const char *provider, const char *key)
{
	size_t len = strcspn(key, ".");

	for (const char *const *word = common; *word; word++)
		if (strlen(*word) == len && strncmp(*word, key, len) == 0)
			return true;
	for (const struct credential *credential = credentials; credential->provider; credential++) {
		size_t key_len = strlen(credential->key);
		if (strcmp(credential->provider, provider) == 0 &&
			strncmp(credential->key, key, key_len) == 0 &&
			(len == key_len || (credential->secret && strcmp(key + key_len, "_file") == 0)))
			return true;
	}
	return false;
}

static void refuse_others(struct maker *maker)
{
	struct settings *settings = maker->settings;
	size_t len = strlen(maker->at.prefix);

	for (int i = 0; i < settings->n; i++) {
		const struct setting *setting = &settings->at[i];
		if (strncmp(setting->path, maker->at.prefix, len) == 0 && setting->path[len] == '.' &&
			schema_find(setting->path) &&
			!fits_provider(maker->provider, setting->path + len + 1))
			settings_wrong(settings, setting->where, setting->path,
				"not a setting of a %s account", maker->provider);
	}
}

static void take_provider(struct maker *maker)
{
	const struct setting *said = find(maker, "provider", "");

	maker->provider = said ? said->value : "";
	if (!said) {
		section_missing(&maker->at, "provider");
		return;
	}
	maker->account->provider = provider_find(str_of(said->value));
	if (!maker->account->provider)
		settings_wrong(maker->settings, said->where, said->path, "'%s' is no provider", said->value);
}

static void take_country(struct maker *maker)
{
	const struct setting *said = find(maker, "country", "");

	if (!said) {
		/* These write callers in their national form. */
		if (strcmp(maker->provider, "exotel") == 0 || strcmp(maker->provider, "alibaba") == 0)
			section_missing(&maker->at, "country");
		return;
	}
	if (phone_dialplan(country_parse(str_of(said->value)), &maker->account->dialplan))
		settings_wrong(maker->settings, said->where, said->path,
			"'%s' is no country, such as ID or US", said->value);
}

static void take_net(struct maker *maker, const struct setting *setting, struct str text)
{
	struct account *account = maker->account;
	struct account_net net;

	if (!account_net_parse(text, &net))
		settings_wrong(maker->settings, setting->where, setting->path,
			"'%.*s' is no address or prefix, such as 203.0.113.0/24", (int)text.len, text.at);
	else if (account->allow_n == ACCOUNT_ALLOW_MAX)
		settings_wrong(maker->settings, setting->where, setting->path, "more than %d addresses",
			ACCOUNT_ALLOW_MAX);
	else
		account->allow[account->allow_n++] = net;
}

/* A list in the file; one text with commas elsewhere, which replaces the list. */
static void take_allow(struct maker *maker)
{
	const struct setting *said = find(maker, "allow", "");
	struct str rest = said ? str_of(said->value) : STR_NONE;
	char key[24];

	while (rest.at && said->kind == SETTING_VALUE)
		take_net(maker, said, str_trim(str_cut(rest, ',', &rest)));
	if (said && said->kind == SETTING_VALUE)
		return;
	for (int i = 0;; i++) {
		snprintf(key, sizeof key, "allow.%d", i);
		const struct setting *one = find(maker, key, "");
		if (!one)
			return;
		take_net(maker, one, str_of(one->value));
	}
}
/* The provider's REST API: where it is, how often it is asked, what may be changed there. */
static void take_inventory(struct maker *maker)
{
	const struct setting *sync = find(maker, "sync_s", ""), *manage = find(maker, "manage_webhooks", ""),
			     *url = find(maker, "api_url", ""), *control = find(maker, "call_control", "");
	struct account *account = maker->account;
	bool has = account->provider && inventory_find(str_of(account->provider->name));

	if (sync && config_value_count(maker->settings, sync, 0, SYNC_MAX_S, &account->sync_s) && account->sync_s &&
		account->sync_s < SYNC_MIN_S)
		settings_wrong(maker->settings, sync->where, sync->path, "0 (never by itself) or at least %d", SYNC_MIN_S);
	if (manage)
		config_value_flag(maker->settings, manage, &account->manage_webhooks);
	if (control && config_value_flag(maker->settings, control, &account->call_control) && account->provider &&
		!account->provider->control)
		settings_wrong(maker->settings, control->where, control->path, "not a setting of a %s account",
			account->provider->name);
	if (account->provider && !has && (account->sync_s || account->manage_webhooks)) {
		const struct setting *said = account->sync_s ? sync : manage;
		settings_wrong(maker->settings, said->where, said->path, "numbers can't be fetched from %s: only %s is possible",
			account->provider->name, account->sync_s ? "0" : "false");
	}
	if (!url)
		return;
	const char *why = config_api_url_wrong(url->value);
	if (why)
		settings_wrong(maker->settings, url->where, url->path, "%s", why);
	else
		take(maker, url, str_of(url->value), account->api_url, sizeof account->api_url);
	for (size_t n = strlen(account->api_url); n && account->api_url[n - 1] == '/'; n--)
		account->api_url[n - 1] = '\0';
}

static void take_require_v3(struct maker *maker)
{
	const struct setting *require = find(maker, "require_v3", "");
	const struct provider *provider = maker->account->provider;

	if (require && provider && strcmp(provider->name, "plivo") != 0)
		settings_wrong(maker->settings, require->where, require->path, "not for %s: only plivo signs so", provider->name);
	else if (require)
		config_value_flag(maker->settings, require, &maker->account->require_v3);
}

static void take_account(struct maker *maker)
{
	struct account *account = maker->account;
	const struct setting *name = find(maker, "name", ""), *tenant = find(maker, "tenant", "");

	take_provider(maker);
	if (!name)
		section_missing(&maker->at, "name");
	else if (config_value_name(maker->settings, name, ACCOUNT_NAME_MAX))
		take(maker, name, str_of(name->value), account->name, sizeof account->name);
	str_copy(account->tenant, sizeof account->tenant, STR("main"));
	if (tenant && config_value_name(maker->settings, tenant, sizeof account->tenant - 1))
		take(maker, tenant, str_of(tenant->value), account->tenant, sizeof account->tenant);
	take_country(maker);
	take_allow(maker);
	take_inventory(maker);
	take_require_v3(maker);
	if (account->provider) {
		take_credentials(maker);
		if (strcmp(maker->provider, "sinch") == 0)
			check_key(maker, "application_secret", account->secret);
		if (strcmp(maker->provider, "infobip") == 0)
			check_infobip(maker);
		if (strcmp(maker->provider, "huawei") == 0)
			check_huawei(maker);
		refuse_others(maker);
	}
}

static void refuse_twice(struct maker *maker, const struct account *accounts, int n)
{
	const struct account *account = maker->account;

	for (int i = 0; i < n && account->name[0]; i++)
		if (accounts[i].provider == account->provider && strcmp(accounts[i].name, account->name) == 0)
			settings_wrong(maker->settings, maker->at.where, maker->at.prefix,
				"accounts.%d has the same provider and name", i);
}

struct account *config_accounts(struct settings *settings, int *ret_n)
{
	int n = section_count(settings, "accounts", ACCOUNTS_MAX);
	struct account *accounts = n ? calloc((size_t)n, sizeof *accounts) : NULL;

	*ret_n = accounts ? n : 0;
	if (n && !accounts)
		settings_wrong(settings, "accounts", NULL, "no memory");
	for (int i = 0; i < *ret_n; i++) {
		struct maker maker = {.settings = settings, .account = &accounts[i]};
		if (!section_item(settings, "accounts", i, &maker.at))
			continue;
		take_account(&maker);
		refuse_twice(&maker, accounts, i);
	}
	return accounts;
}
