#include "unit/test.h"

#include "config/config_schema.h"
#include "unit/wiring/config_said.h"

static void without_any_source_the_defaults_of_the_contract_hold(void **state)
{
	struct config *config = good(NULL, NULL);

	(void)state;
	assert_string_equal(config->listen, "127.0.0.1:8080");
	assert_string_equal(config->data, "./bauta-data");
	assert_string_equal(config->store, "sqlite");
	assert_null(config->key_file);
	assert_null(config->public_url);
	assert_int_equal(config->deadline_ms, 800);
	assert_int_equal(config->tombstone_s, 30 * 86400);
	assert_int_equal(config->limits.engine.sessions, 1000000);
	assert_int_equal(config->limits.engine.pairs, 5004096);
	assert_true(config->limits.workers >= 1);
	assert_int_equal(config->accounts_n, 0);
	config_free(config);
}

static void every_key_of_the_documentation_is_taken(void **state)
{
	static const char text[] = "listen: 127.0.0.1:8080\n"
				   "admin_listen: '[::1]:9090'\n"
				   "public_url: https://vn.example.com/\n"
				   "tls: { certificate: cert.pem, key: /etc/key.pem }\n"
				   "data: data\n"
				   "store: memory\n"
				   "key_file: /etc/bauta/bauta.key\n"
				   "log_level: debug\nlog_format: json\naccept_clock: true\ntombstone_s: 86400\n"
				   "deadline_ms: 700\n"
				   "limits: { sessions: 5000, connections: 100, workers: 2, queue: 64, call_queue: 64,\n"
				   "  numbers: 10, pools: 3, accounts: 40, tenants: 2, roles: 9, calls: 8, idempotency: 7,\n"
				   "  routes: 20000, pairs: 60000, tombstones: 99 }\n"
				   "accounts:\n"
				   "  - { name: main, provider: twilio, country: NO, account_sid: AC1, auth_token_file: token,\n"
				   "      auth_token_2: second, sync_s: 0, manage_webhooks: false, tenant: shop }\n"
				   "  - { name: main, provider: exotel, country: IN, account_sid: s, api_key: k,\n"
				   "      api_token: t, subdomain: api.exotel.com, secret_path: 0123456789abcdef,\n"
				   "      flow_url: 'http://my.exotel.com/s/exoml/start_voice/77',\n"
				   "      allow: [203.0.113.0/24, '2001:db8::1'] }\n"
				   "  - { name: sip, provider: generic }\n"
				   "  - { name: main, provider: telnyx, public_key: PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=,\n"
				   "      public_key_2: /FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=, api_key: KEY1, connection_id: '12',\n"
				   "      call_control: true, messaging_profile_id: 3fa85f64-5717 }\n"
				   "  - { name: main, provider: vonage, signature_secret: s1, signature_secret_2: s2, api_key: k1,\n"
				   "      api_secret_file: token, application_id: app }\n"
				   "  - { name: us, provider: bandwidth, country: US, account_id: '9900012', user: u,\n"
				   "      password: p, password_2_file: token, api_user: a, api_password: b, site_id: '461',\n"
				   "      location_id: '500014' }\n"
				   "  - { name: eu, provider: sinch, application_key: k, application_secret: c2VjcmV0 }\n"
				   "  - { name: nm, provider: infobip, api_id: i, api_key: k, authorization: a, audio_url: 'https://h/x' }\n"
				   "  - { name: sg, provider: 8x8, authorization: Bearer a, authorization_2_file: token }\n"
				   "  - { name: cn, provider: huawei, country: CN, secret_path: 0123456789abcdef, app_key: k,\n"
				   "      app_secret: s, app_secret_2_file: token }\n"
				   "  - { name: east, provider: plivo, auth_id: MA1, auth_token_file: token, auth_token_2: second,\n"
				   "      app_id: '204' }\n";

	(void)state;
	write_file("token", "  first \n");
	struct config *config = good(text, NULL);
	assert_string_equal(config->admin_listen, "[::1]:9090");
	assert_string_equal(config->public_url, "https://vn.example.com");
	assert_string_equal(config->tls_certificate, path_of("cert.pem"));
	assert_string_equal(config->tls_key, "/etc/key.pem");
	assert_string_equal(config->data, path_of("data"));
	assert_string_equal(config->log_format, "json");
	assert_true(config->accept_clock);
	assert_int_equal(config->limits.engine.sessions, 5000);
	assert_int_equal(config->limits.engine.tombstones, 99);
	assert_int_equal(config->limits.call_queue, 64);
	assert_int_equal(config->accounts_n, 11);
	const struct account *account = config->accounts;
	assert_string_equal(account[0].provider->name, "twilio");
	assert_string_equal(account[0].sid, "AC1");
	assert_string_equal(account[0].secret, "first");
	assert_string_equal(account[0].secret_2, "second");
	assert_string_equal(account[0].tenant, "shop");
	assert_int_equal(account[0].dialplan.calling_code, 47);
	assert_string_equal(account[1].api_key, "k");
	assert_string_equal(account[1].secret, "t");
	assert_string_equal(account[1].subdomain, "api.exotel.com");
	assert_string_equal(account[1].application, "http://my.exotel.com/s/exoml/start_voice/77");
	assert_string_equal(account[1].secret_path, "0123456789abcdef");
	assert_string_equal(account[1].tenant, "main");
	assert_int_equal(account[1].allow_n, 2);
	assert_string_equal(account[1].dialplan.national_prefix, "0");
	assert_int_equal(account[2].dialplan.country, 0);
	assert_string_equal(account[3].secret, "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=");
	assert_string_equal(account[3].secret_2, "/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=");
	assert_string_equal(account[3].api_key, "KEY1");
	assert_string_equal(account[3].application, "12");
	assert_string_equal(account[3].message_application, "3fa85f64-5717");
	assert_true(account[3].call_control && !account[0].call_control);
	assert_string_equal(account[4].secret, "s1");
	assert_string_equal(account[4].secret_2, "s2");
	assert_string_equal(account[4].api_key, "k1");
	assert_string_equal(account[4].api_password, "first");
	assert_string_equal(account[4].application, "app");
	assert_string_equal(account[5].provider->name, "bandwidth");
	assert_string_equal(account[5].sid, "9900012");
	assert_string_equal(account[5].api_key, "u");
	assert_string_equal(account[5].secret, "p");
	assert_string_equal(account[5].secret_2, "first");
	assert_string_equal(account[5].api_user, "a");
	assert_string_equal(account[5].api_password, "b");
	assert_string_equal(account[5].application, "461");
	assert_string_equal(account[5].location, "500014");
	assert_string_equal(account[6].provider->name, "sinch");
	assert_string_equal(account[6].api_key, "k");
	assert_string_equal(account[6].secret, "c2VjcmV0");
	assert_string_equal(account[7].sid, "i");
	assert_string_equal(account[7].api_key, "k");
	assert_string_equal(account[7].secret, "a");
	assert_string_equal(account[7].audio_url, "https://h/x");
	assert_string_equal(account[8].secret, "Bearer a");
	assert_string_equal(account[8].secret_2, "first");
	assert_string_equal(account[9].provider->name, "huawei");
	assert_string_equal(account[9].secret_path, "0123456789abcdef");
	assert_string_equal(account[9].api_key, "k");
	assert_string_equal(account[9].secret, "s");
	assert_string_equal(account[9].secret_2, "first");
	assert_string_equal(account[10].provider->name, "plivo");
	assert_string_equal(account[10].sid, "MA1");
	assert_string_equal(account[10].secret, "first");
	assert_string_equal(account[10].secret_2, "second");
	assert_string_equal(account[10].application, "204");
	config_free(config);
}

static void a_signalwire_account_is_read(void **state)
{
	(void)state;
	write_file("token", "PSK1\n");
	struct config *config = good("accounts:\n  - { name: west, provider: signalwire, project: p, space: s.signalwire.com,\n"
				     "      signing_key_file: token, signing_key_2: PSK2 }\n", NULL);
	const struct account *account = config->accounts;
	assert_string_equal(account->provider->name, "signalwire");
	assert_string_equal(account->sid, "p");
	assert_string_equal(account->subdomain, "s.signalwire.com");
	assert_string_equal(account->secret, "PSK1");
	assert_string_equal(account->secret_2, "PSK2");
	config_free(config);
}

static void other_limits_follow_the_sessions_where_they_are_not_said(void **state)
{
	struct config *config = good("limits: { sessions: 1000, pairs: 77 }\n", NULL);

	(void)state;
	assert_int_equal(config->limits.engine.routes, 2 * 1000 + 4096);
	assert_int_equal(config->limits.engine.pairs, 77);
	assert_int_equal(config->limits.engine.tombstones, 2 * 1000 + 4096);
	assert_int_equal(config->limits.engine.numbers, 200000);
	config_free(config);
}

static void a_later_source_wins(void **state)
{
	static const char *const environment[] = {"BAUTA_LISTEN=127.0.0.1:2", "BAUTA_LIMITS_SESSIONS=200", "BAUTA_URL=http://x",
		"BAUTA_KEY=bauta_x_y", "HOME=/", "BAUTA_ACCOUNTS_0_AUTH_TOKEN=from-environment",
		"BAUTA_ACCOUNTS_0_ALLOW=198.51.100.0/24, 192.0.2.1", "BAUTA_DATA=relative", "BAUTA_TLS_CERTIFICATE=c", NULL};
	static const char *const sets[] = {"limits.sessions=300", "tls.key=k", "accounts.0.country=GB", NULL};
	static const char text[] = "listen: 127.0.0.1:1\nlimits: { sessions: 100, workers: 1 }\n"
				   "accounts: [{ name: a, provider: twilio, country: US, account_sid: AC1,\n"
				   "  auth_token_file: not-there, allow: [203.0.113.0/24] }]\n";

	(void)state;
	struct config *config = good(text, &(struct config_sources){.environment = (char *const *)environment, .sets = sets});
	assert_string_equal(config->listen, "127.0.0.1:2");
	assert_int_equal(config->limits.engine.sessions, 300);
	assert_int_equal(config->limits.workers, 1);
	assert_string_equal(config->data, "relative");
	assert_string_equal(config->accounts[0].secret, "from-environment");
	assert_int_equal(config->accounts[0].allow_n, 2);
	assert_int_equal(config->accounts[0].dialplan.calling_code, 44);
	config_free(config);

	config = good(text, &(struct config_sources){.environment = (char *const *)environment, .sets = sets, .listen = "[::1]:0",
		.data = "/d"});
	assert_string_equal(config->listen, "[::1]:0");
	assert_string_equal(config->data, "/d");
	config_free(config);
}

static void what_is_wrong_in_a_file_is_said_with_its_line(void **state)
{
	static const char *const cases[][2] = {
		{"lisen: 127.0.0.1:1\n", "%:1: lisen: unknown key; did you mean listen?"},
		{"\n\nfrobnicate: { a: 1 }\n", "%:3: frobnicate: unknown key"},
		{"limits:\n  sesions: 1\n", "%:2: limits.sesions: unknown key; did you mean sessions?"},
		{"limits.sessions: 1\n", "%:1: a key must be a word without dots"},
		{"listen: 1\n", "%:1: listen: '1' is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080"},
		{"listen: 127.0.0.1:70000\n",
			"%:1: listen: '127.0.0.1:70000' is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080"},
		{"listen: [a]\n", "%:1: listen: a value is expected here, not a list"},
		{"limits: 5\n", "%:1: limits: a map is expected here, not a value"},
		{"accounts: { a: 1 }\n", "%:1: accounts: a list is expected here, not a map"},
		{"accounts: [5]\n", "%:1: accounts.0: a map is expected here, not a value"},
		{"data:\n", "%:1: data: has no value"},
		{"limits: { sessions: many }\n", "%:1: limits.sessions: 'many' is not a whole number"},
		{"limits: { sessions: -1 }\n", "%:1: limits.sessions: '-1' is not a whole number"},
		{"limits: { sessions: 1.5 }\n", "%:1: limits.sessions: '1.5' is not a whole number"},
		{"limits:\n  sessions: 0\n  workers: 1000\n",
			"%:2: limits.sessions: 0 is out of range, 1..100000000\n"
			"%:3: limits.workers: 1000 is out of range, 1..64"},
		{"lisen: x\nlisten: 1\nlimits: { sessions: -1 }\naccounts:\n  - { name: a, provider: telco }\n",
			"%:1: lisen: unknown key; did you mean listen?\n"
			"%:2: listen: '1' is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080\n"
			"%:3: limits.sessions: '-1' is not a whole number\n"
			"%:5: accounts.0.provider: 'telco' is no provider"},
		{"accept_clock: yes\n", "%:1: accept_clock: 'yes' is neither true nor false"},
		{"store: redis\n", "%:1: store: 'redis' is none of: sqlite, memory"},
		{"store: postgres://user:secret@host/db\n", "%:1: store: this version has no PostgreSQL store"},
		{"log_level: loud\n", "%:1: log_level: 'loud' is none of: error, warn, info, debug"},
		{"public_url: vn.example.com\n",
			"%:1: public_url: must begin with https:// (or http://) and a host, without user, '?' and '#'"},
		{"tls: { key: k }\n", "%:1: tls: a key without its certificate"},
		{"limits: { connections: 1, workers: 2 }\n", "%:1: limits.connections: fewer than the 2 workers"},
		{"limits:\n", "%:1: limits: has no value"},
		{"listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "%:2: listen: said before, at %:1"},
		{"a: &x 1\nb: *x\n", "%:1: a: anchors, aliases and tags are not for this file"},
		{"data: !!str x\n", "%:1: data: anchors, aliases and tags are not for this file"},
		{"listen: { a: [1, 2\n", "%:2: did not find expected ',' or ']'"},
		{"- a\n", "%:1: keys and values are expected"},
		{"listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:1\n", "%:2: a second document"},
		{"data: \"a\\0b\"\n", "%:1: data: a value with a NUL in it"},
		{"? [a]\n: b\n", "%:1: a key must be a word without dots"},
		{"data: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}\n", "%:1: data.a.a.a.a.a.a.a: nested too deeply"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_said(cases[i][0], cases[i][1]);
	assert_said("", "");
	assert_said("# nothing\n", "");
	assert_said("---\n", "");
}

static void what_is_wrong_with_an_account_is_said_with_its_line(void **state)
{
	static const char *const cases[][2] = {
		{"accounts:\n  - { provider: generic }\n", "%:2: accounts.0: name is missing"},
		{"accounts:\n  - { name: a }\n", "%:2: accounts.0: provider is missing"},
		{"accounts:\n  - name: a/b\n    provider: generic\n",
			"%:2: accounts.0.name: must be 1..31 letters, digits, '_' or '-'"},
		{"accounts:\n  - { name: a, provider: messagebird }\n", "%:2: accounts.0: signing_key or signing_key_file is missing"},
		{"accounts:\n  - { name: a, provider: alibaba }\n",
			"%:2: accounts.0: country is missing\n%:2: accounts.0: secret_path or secret_path_file is missing"},
		{"accounts:\n  - name: a\n    provider: telco\n", "%:3: accounts.0.provider: 'telco' is no provider"},
		{"accounts:\n  - { name: a, provider: twilio }\n",
			"%:2: accounts.0: account_sid is missing\n%:2: accounts.0: auth_token or auth_token_file is missing"},
		{"accounts:\n  - name: a\n    provider: sinch\n    application_key: k\n    application_secret: '?'\n",
			"%:5: accounts.0.application_secret: is not base64, as the provider's dashboard shows it"},
		{"accounts:\n  - name: a\n    provider: infobip\n    api_id: i\n    audio_url: file.mp3\n",
			"%:2: accounts.0: authorization, or api_id and api_key, is missing\n"
			"%:5: accounts.0.audio_url: is to be a URL, such as https://files.example.com/refused.mp3"},
		{"accounts:\n  - name: a\n    provider: huawei\n    secret_path: 0123456789abcdef\n    app_secret: s\n",
			"%:2: accounts.0: app_key is missing"},
		{"accounts:\n  - { name: a, provider: infobip, authorization: x }\n", "%:2: accounts.0: audio_url is missing"},
		{"accounts:\n  - { name: a, provider: bandwidth }\n",
			"%:2: accounts.0: user is missing\n%:2: accounts.0: password or password_file is missing"},
		{"accounts:\n  - { name: a, provider: plivo }\n",
			"%:2: accounts.0: auth_id is missing\n%:2: accounts.0: auth_token or auth_token_file is missing"},
		{"accounts:\n  - { name: a, provider: signalwire }\n",
			"%:2: accounts.0: project is missing\n%:2: accounts.0: signing_key or signing_key_file is missing"},
		{"accounts:\n  - { name: a, provider: exotel }\n",
			"%:2: accounts.0: country is missing\n%:2: accounts.0: secret_path or secret_path_file is missing"},
		{"accounts:\n  - name: a\n    provider: generic\n    country: ZZ\n",
			"%:4: accounts.0.country: 'ZZ' is no country, such as ID or US"},
		{"accounts:\n  - name: a\n    provider: generic\n    auth_token: x\n    secret_path_file: y\n",
			"%:4: accounts.0.auth_token: not a setting of a generic account\n"
			"%:5: accounts.0.secret_path_file: not a setting of a generic account"},
		{"accounts:\n  - name: a\n    provider: exotel\n    country: IN\n    secret_path: short-secret\n",
			"%:5: accounts.0.secret_path: must be at least 16 letters, digits, '_' or '-'"},
		{"accounts:\n  - name: a\n    provider: exotel\n    country: IN\n    secret_path: 0123456789abcdef/\n",
			"%:5: accounts.0.secret_path: must be at least 16 letters, digits, '_' or '-'"},
		{"accounts:\n  - { name: a, provider: telnyx }\n", "%:2: accounts.0: public_key is missing"},
		{"accounts:\n  - name: a\n    provider: telnyx\n    public_key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==\n",
			"%:4: accounts.0.public_key: must be an Ed25519 public key: 32 bytes in base64"},
		{"accounts:\n  - name: a\n    provider: telnyx\n    public_key: PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
			"    public_key_2: none\n",
			"%:5: accounts.0.public_key_2: must be an Ed25519 public key: 32 bytes in base64"},
		{"accounts:\n  - name: a\n    provider: telnyx\n    public_key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n",
			"%:4: accounts.0.public_key: this key is of examples: everybody can sign with it"},
		{"accounts:\n  - { name: a, provider: vonage }\n",
			"%:2: accounts.0: signature_secret or signature_secret_file is missing"},
		{"accounts:\n  - name: a\n    provider: vonage\n    signature_secret: s\n    public_key: x\n    auth_token_2: x\n",
			"%:5: accounts.0.public_key: not a setting of a vonage account\n"
			"%:6: accounts.0.auth_token_2: not a setting of a vonage account"},
		{"accounts:\n  - name: a\n    provider: vonage\n    signature_secret: s\n    call_control: true\n"
		 "    messaging_profile_id: x\n",
			"%:5: accounts.0.call_control: not a setting of a vonage account\n"
			"%:6: accounts.0.messaging_profile_id: not a setting of a vonage account"},
		{"accounts:\n  - name: a\n    provider: generic\n    allow:\n      - 203.0.113.0/24\n      - office\n",
			"%:6: accounts.0.allow.1: 'office' is no address or prefix, such as 203.0.113.0/24"},
		{"accounts:\n  - { name: a, provider: generic, allow: 192.0.2.1 }\n",
			"%:2: accounts.0.allow: a list is expected here, not a value"},
		{"accounts:\n  - { name: a, provider: generic, require_v3: true }\n",
			"%:2: accounts.0.require_v3: not for generic: only plivo signs so"},
		{"accounts:\n  - { name: a, provider: generic, sync_s: 60, manage_webhooks: true }\n",
			"%:2: accounts.0.sync_s: numbers can't be fetched from generic: only 0 is possible"},
		{"accounts:\n  - { name: a, provider: generic }\n  - { name: a, provider: generic }\n",
			"%:3: accounts.1: accounts.0 has the same provider and name"},
		{"accounts:\n  - { name: a, provider: generic, colour: red }\n", "%:2: accounts.0.colour: unknown key"},
		{"accounts:\n  - { name: a, provider: generic, tenant: a b }\n",
			"%:2: accounts.0.tenant: must be 1..64 letters, digits, '_' or '-'"},
		{"limits: { accounts: 1 }\naccounts: [{ name: a, provider: generic }, { name: b, provider: generic }]\n",
			"accounts: more than limits.accounts, 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_said(cases[i][0], cases[i][1]);
}

static void a_secret_file_is_one_line_and_is_named_when_it_is_not(void **state)
{
	static const char text[] = "accounts:\n  - { name: a, provider: twilio, account_sid: AC1,\n"
				   "      auth_token_file: token }\n";
	char want[1024];

	(void)state;
	const char *const cases[][2] = {{"", "is empty"}, {" \n", "is empty"}, {"a\nb\n", "has more than one line"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		write_file("token", cases[i][0]);
		snprintf(want, sizeof want, "%%:3: accounts.0.auth_token_file: %s/token %s", folder, cases[i][1]);
		assert_said(text, want);
	}
	char *text_long = malloc(600);
	memset(text_long, 'a', 599);
	text_long[599] = '\0';
	write_file("token", text_long);
	free(text_long);
	snprintf(want, sizeof want, "%%:3: accounts.0.auth_token_file: %s/token is longer than 255 bytes or has a NUL in it",
		folder);
	assert_said(text, want);
	unlink(path_of("token"));
	snprintf(want, sizeof want, "%%:3: accounts.0.auth_token_file: %s/token can't be read: No such file or directory",
		folder);
	assert_said(text, want);
	assert_said("accounts:\n  - { name: a, provider: twilio, account_sid: AC1, auth_token: x, auth_token_file: y }\n",
		"%:2: accounts.0.auth_token_file: said as a value too, at %:2");
}

static void wrongs_of_the_environment_and_of_set_are_said_by_name(void **state)
{
	static const char *const environment[] = {"BAUTA_LISTN=x", "BAUTA_LIMITS_SESSIONS=x", "BAUTA_KAFKA_BROKERS=localhost",
		"BAUTA_ACCOUNTS_X_NAME=y", "BAUTA_DATA=", NULL};
	static const char *const sets[] = {"listen", "=x", "colour=red", "accounts.0.auth_token=hush", "limits=5",
		"lisTen=x", NULL};

	(void)state;
	assert_string_equal(said_of(NULL, &(struct config_sources){.environment = (char *const *)environment}, NULL),
		"BAUTA_LISTN: no setting has this name\n"
		"BAUTA_ACCOUNTS_X_NAME: no setting has this name\n"
		"BAUTA_DATA: data: has no value\n"
		"BAUTA_LIMITS_SESSIONS: limits.sessions: 'x' is not a whole number\n"
		"BAUTA_KAFKA_BROKERS: kafka.brokers: 'localhost' is not HOST:PORT, such as kafka1:9092,kafka2:9092");
	assert_string_equal(said_of(NULL, &(struct config_sources){.environment = (char *const *)(environment + 1), .sets = sets}, NULL),
		"BAUTA_ACCOUNTS_X_NAME: no setting has this name\n"
		"--set: must be KEY=VALUE\n"
		"--set: must be KEY=VALUE\n"
		"BAUTA_DATA: data: has no value\n"
		"--set colour: colour: unknown key\n"
		"--set accounts.0.auth_token: a secret is never on the command line; use auth_token_file, or the environment\n"
		"--set limits: limits: a map is expected here, not a value\n"
		"--set lisTen: lisTen: unknown key; did you mean listen?\n"
		"BAUTA_KAFKA_BROKERS: kafka.brokers: 'localhost' is not HOST:PORT, such as kafka1:9092,kafka2:9092");
	assert_string_equal(said_of(NULL, &(struct config_sources){.listen = "nowhere", .data = ""}, NULL),
		"--listen: 'nowhere' is not ADDRESS:PORT\n--data: has no value");
	static const char *const one[] = {"BAUTA_LIMITS_SESSIONS=x", NULL};
	assert_string_equal(said_of(NULL, &(struct config_sources){.environment = (char *const *)one}, NULL),
		"BAUTA_LIMITS_SESSIONS: limits.sessions: 'x' is not a whole number");
	static const char *const gap[] = {"BAUTA_ACCOUNTS_1_NAME=x", "BAUTA_ACCOUNTS_1_PROVIDER=generic", NULL};
	assert_string_equal(said_of(NULL, &(struct config_sources){.environment = (char *const *)gap}, NULL),
		"accounts.0: nothing is said of it, but of a later one");
}

static void no_secret_is_ever_in_a_sentence(void **state)
{
	static const char *const environment[] = {"BAUTA_ACCOUNTS_0_SECRET_PATH=hush/hush", NULL};
	static const char *const sets[] = {"accounts.0.api_token=hush", "accounts.0.api_key=hush", NULL};

	(void)state;
	assert_non_null(strstr(said_of("accounts: [{name: a, provider: exotel, country: IN}]\n",
		&(struct config_sources){.environment = (char *const *)environment}, NULL), "secret_path"));
	assert_null(strstr(errors_text, "hush"));
	assert_non_null(strstr(said_of("accounts: [{name: a, provider: exotel, country: IN}]\n",
		&(struct config_sources){.sets = sets}, NULL), "never"));
	assert_null(strstr(errors_text, "hush"));
}

static void a_file_that_is_not_there_or_too_large_is_said(void **state)
{
	char want[512];
	char *text = malloc((1 << 20) + 2);

	(void)state;
	snprintf(want, sizeof want, "%s/nothing.yaml: can't be read: No such file or directory", folder);
	char file[256];
	snprintf(file, sizeof file, "%s", path_of("nothing.yaml"));
	assert_string_equal(said_of(NULL, &(struct config_sources){.file = file}, NULL), want);
	assert_non_null(text);
	memset(text, '#', (1 << 20) + 1);
	text[(1 << 20) + 1] = '\0';
	assert_said(text, "%: larger than 1048576 bytes");
	free(text);
}

static void more_wrongs_than_a_screen_are_counted(void **state)
{
	char text[1024] = "";
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 25; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "zebra%c: 1\n", 'a' + i);
	said_of(text, NULL, NULL);
	assert_non_null(strstr(errors_text, "bauta.yaml:20: zebrat: unknown key\nand 5 more"));
}

static void every_scalar_of_the_schema_has_a_variable(void **state)
{
	(void)state;
	for (const struct schema *row = schema_rows(); row->path; row++) {
		char name[SETTINGS_PATH_MAX + 1], path[SETTINGS_PATH_MAX + 1], want[SETTINGS_PATH_MAX + 1];
		size_t n = 0;
		if (row->type == SCHEMA_MAP || row->type == SCHEMA_LIST || row->type == SCHEMA_ITEM ||
			row->type == SCHEMA_WORDS)
			continue;
		for (const char *c = row->path; *c; c++, n++) {
			name[n] = *c == '.' ? '_' : *c == '*' ? '7' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
			want[n] = *c == '*' ? '7' : *c;
		}
		name[n] = want[n] = '\0';
		assert_ptr_equal(schema_find_variable(name, path), row);
		assert_string_equal(path, want);
	}
}

static void the_example_file_is_good(void **state)
{
	struct config *config;
	struct buf errors;

	(void)state;
	buf_init(&errors, 4096);
	enum err err = config_read(&(struct config_sources){.file = "docs/bauta.yaml"}, &config, &errors);
	if (err)
		fail_msg("%.*s", (int)errors.len, errors.at);
	buf_done(&errors);
	config_free(config);
}

static void the_memory_of_the_limits_is_told_as_a_table(void **state)
{
	struct config *config = good("limits: { sessions: 100000 }\n", NULL);
	struct buf out;

	(void)state;
	buf_init(&out, 8192);
	config_memory(config, &out);
	assert_true(buf_ok(&out));
	buf_char(&out, '\0');
	assert_non_null(strstr(out.at, "limits.sessions              100000"));
	assert_non_null(strstr(out.at, "\nsum "));
	buf_done(&out);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_any_source_the_defaults_of_the_contract_hold),
		cmocka_unit_test(every_key_of_the_documentation_is_taken),
		cmocka_unit_test(a_signalwire_account_is_read),
		cmocka_unit_test(other_limits_follow_the_sessions_where_they_are_not_said),
		cmocka_unit_test(a_later_source_wins),
		cmocka_unit_test(what_is_wrong_in_a_file_is_said_with_its_line),
		cmocka_unit_test(what_is_wrong_with_an_account_is_said_with_its_line),
		cmocka_unit_test(a_secret_file_is_one_line_and_is_named_when_it_is_not),
		cmocka_unit_test(wrongs_of_the_environment_and_of_set_are_said_by_name),
		cmocka_unit_test(no_secret_is_ever_in_a_sentence),
		cmocka_unit_test(a_file_that_is_not_there_or_too_large_is_said),
		cmocka_unit_test(more_wrongs_than_a_screen_are_counted),
		cmocka_unit_test(every_scalar_of_the_schema_has_a_variable),
		cmocka_unit_test(the_example_file_is_good),
		cmocka_unit_test(the_memory_of_the_limits_is_told_as_a_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
