/* What of the configuration is about others: Kafka, the orders database, webhooks. */
#include "unit/test.h"

#include "unit/wiring/config_said.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" /* 24 bytes, of the Standard Webhooks specification */
#define KAFKA "kafka:\n  brokers: k:9092\n"
#define HOOK "webhooks:\n  - name: shop\n    url: https://shop.example.com/hook\n    secret: " SECRET "\n"

static void without_brokers_there_is_no_kafka(void **state)
{
	struct config *config = good("listen: 127.0.0.1:1\n", NULL);

	(void)state;
	assert_null(config->kafka.brokers);
	assert_null(config->kafka.orders_topic);
	assert_null(config->orders_db.url);
	assert_null(config->mapping);
	assert_int_equal(config->webhooks_n, 0);
	assert_int_equal(config->limits.outbox, 1000000);
	assert_int_equal(config->outbox_keep_s, 3 * 86400);
	config_free(config);
}

static void brokers_bring_the_defaults_of_the_contract(void **state)
{
	struct config *config = good("kafka: { brokers: 'k1:9092, [::1]:9093 ,k-3.example.com:1' }\n", NULL);
	const struct config_kafka *kafka = &config->kafka;

	(void)state;
	assert_string_equal(kafka->brokers, "k1:9092,[::1]:9093,k-3.example.com:1");
	assert_string_equal(kafka->orders_topic, "orders");
	assert_string_equal(kafka->events_topic, "bauta.sessions");
	assert_string_equal(kafka->dead_letter_topic, "bauta.dead");
	assert_string_equal(kafka->group, "bauta");
	assert_string_equal(kafka->tenant, "main");
	assert_string_equal(kafka->client_id, "bauta");
	assert_string_equal(kafka->security_protocol, "plaintext");
	assert_null(kafka->instance);
	assert_null(kafka->sasl_mechanism);
	assert_int_equal(kafka->dead_max, 100000);
	config_free(config);
}

static void every_key_of_kafka_is_taken(void **state)
{
	struct config *config = good("kafka:\n  brokers: k:9092\n  orders_topic: ''\n  events_topic: e\n  dead_letter_topic: ''\n"
				     "  group: g h\n  instance: i\n  tenant: shop\n  client_id: c\n  security_protocol: sasl_ssl\n"
				     "  sasl_mechanism: SCRAM-SHA-512\n  sasl_username: u\n  sasl_password: p\n  ssl_ca: ca.pem\n"
				     "  ssl_certificate: c.pem\n  ssl_key: /k.pem\n  dead_max: 5\n",
		NULL);
	const struct config_kafka *kafka = &config->kafka;

	(void)state;
	assert_string_equal(kafka->orders_topic, "");
	assert_string_equal(kafka->dead_letter_topic, "");
	assert_string_equal(kafka->group, "g h");
	assert_string_equal(kafka->instance, "i");
	assert_string_equal(kafka->tenant, "shop");
	assert_string_equal(kafka->sasl_mechanism, "SCRAM-SHA-512");
	assert_string_equal(kafka->sasl_username, "u");
	assert_string_equal(kafka->sasl_password, "p");
	assert_string_equal(kafka->ssl_ca, path_of("ca.pem"));
	assert_string_equal(kafka->ssl_key, "/k.pem");
	assert_int_equal(kafka->dead_max, 5);
	config_free(config);
}

static void an_empty_name_of_kafka_is_none(void **state)
{
	static const char *const environment[] = {"BAUTA_KAFKA_INSTANCE=", NULL};
	struct config *config = good(KAFKA "  instance: ''\n  orders_topic: ''\n", NULL);

	(void)state;
	assert_string_equal(config->kafka.instance, "");
	assert_string_equal(config->kafka.orders_topic, "");
	config_free(config);
	config = good(KAFKA "  instance: i\n", &(struct config_sources){.environment = (char *const *)environment});
	assert_string_equal(config->kafka.instance, "");
	config_free(config);
}

static void kafka_may_come_from_the_environment_and_set(void **state)
{
	static const char *const environment[] = {"BAUTA_KAFKA_BROKERS=k:9092", "BAUTA_KAFKA_ORDERS_TOPIC=",
		"BAUTA_KAFKA_SASL_PASSWORD=hush", "BAUTA_KAFKA_SECURITY_PROTOCOL=sasl_ssl", "BAUTA_KAFKA_SASL_MECHANISM=PLAIN", NULL};
	static const char *const sets[] = {"kafka.group=g", "kafka.sasl_username=u", "kafka.events_topic=", NULL};

	(void)state;
	struct config *config = good(NULL, &(struct config_sources){.environment = (char *const *)environment, .sets = sets});
	assert_string_equal(config->kafka.group, "g");
	assert_string_equal(config->kafka.sasl_password, "hush");
	assert_string_equal(config->kafka.orders_topic, "");
	assert_string_equal(config->kafka.events_topic, "");
	config_free(config);
}

static void what_is_wrong_with_kafka_is_said_with_its_line(void **state)
{
	static const char name[] = "must be 1..249 letters, digits, '.', '_' and '-', but not '.' or '..'; or '' for none";
	static const char *const keys[] = {"orders_topic", "events_topic", "dead_letter_topic", "instance"};
	char text[512], want[512];
	static const char *const cases[][2] = {
		{"kafka:\n  group: g\n", "%:1: kafka: brokers is missing"},
		{"kafka: {}\n", "%:1: kafka: brokers is missing"},
		{"kafka:\n", "%:1: kafka: has no value"},
		{"kafka:\n  brokers: localhost\n",
			"%:2: kafka.brokers: 'localhost' is not HOST:PORT, such as kafka1:9092,kafka2:9092"},
		{"kafka:\n  brokers: a:1,,b:2\n", "%:2: kafka.brokers: '' is not HOST:PORT, such as kafka1:9092,kafka2:9092"},
		{"kafka:\n  brokers: a:0\n", "%:2: kafka.brokers: 'a:0' is not HOST:PORT, such as kafka1:9092,kafka2:9092"},
		{"kafka:\n  brokers: SASL://a:1\n",
			"%:2: kafka.brokers: 'SASL://a:1' is not HOST:PORT, such as kafka1:9092,kafka2:9092"},
		{KAFKA "  bokers: a:1\n", "%:3: kafka.bokers: unknown key; did you mean brokers?"},
		{KAFKA "  orders_topic:\n", "%:3: kafka.orders_topic: has no value"},
		{KAFKA "  group: ''\n", "%:3: kafka.group: has no value"},
		{KAFKA "  group: \"a\\tb\"\n", "%:3: kafka.group: must be 1..255 bytes without control characters"},
		{KAFKA "  tenant: a b\n", "%:3: kafka.tenant: must be 1..64 letters, digits, '_' or '-'"},
		{KAFKA "  dead_max: 0\n", "%:3: kafka.dead_max: 0 is out of range, 1..100000000"},
		{KAFKA "  events_topic: orders\n", "%:3: kafka: orders_topic and events_topic are the same topic"},
		{KAFKA "  orders_topic: bauta.dead\n", "%:3: kafka: orders_topic and dead_letter_topic are the same topic"},
		{KAFKA "  events_topic: x\n  dead_letter_topic: x\n",
			"%:4: kafka: events_topic and dead_letter_topic are the same topic"},
		{KAFKA "  security_protocol: SSL\n",
			"%:3: kafka.security_protocol: 'SSL' is none of: plaintext, ssl, sasl_plaintext, sasl_ssl"},
		{KAFKA "  sasl_mechanism: GSSAPI\n",
			"%:3: kafka.sasl_mechanism: 'GSSAPI' is none of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512\n"
			"%:3: kafka.sasl_mechanism: only with security_protocol sasl_plaintext or sasl_ssl"},
		{KAFKA "  security_protocol: sasl_ssl\n",
			"%:1: kafka: sasl_mechanism is missing\n%:1: kafka: sasl_username is missing\n"
			"%:1: kafka: sasl_password or sasl_password_file is missing"},
		{KAFKA "  security_protocol: ssl\n  sasl_username: u\n",
			"%:4: kafka.sasl_username: only with security_protocol sasl_plaintext or sasl_ssl"},
		{KAFKA "  sasl_password: p\n",
			"%:3: kafka.sasl_password: only with security_protocol sasl_plaintext or sasl_ssl"},
		{KAFKA "  ssl_ca: c\n", "%:3: kafka.ssl_ca: only with security_protocol ssl or sasl_ssl"},
		{KAFKA "  security_protocol: ssl\n  ssl_key: k\n", "%:1: kafka: ssl_certificate is missing"},
		{KAFKA "  security_protocol: ssl\n  ssl_certificate: k\n", "%:1: kafka: ssl_key is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_said(cases[i][0], cases[i][1]);
	const char *const names[] = {".", "..", "a b", "a/b", "\xc3\xa9"};
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		snprintf(want, sizeof want, "%%:3: kafka.%s: %s", keys[k], name);
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			snprintf(text, sizeof text, KAFKA "  %s: '%s'\n", keys[k], names[i]);
			assert_said(text, want);
		}
		snprintf(text, sizeof text, KAFKA "  %s: %0250d\n", keys[k], 0);
		assert_said(text, want);
		snprintf(text, sizeof text, KAFKA "  %s: %0249d\n", keys[k], 0);
		assert_said(text, "");
	}
}

static void the_orders_database_has_a_url_and_a_statement(void **state)
{
	struct config *config = good("orders_db: { url: 'postgresql://u:p@h/db', upsert: 'INSERT INTO c VALUES (:ref, :vn::text)' }\n",
		NULL);

	(void)state;
	assert_string_equal(config->orders_db.url, "postgresql://u:p@h/db");
	assert_string_equal(config->orders_db.upsert, "INSERT INTO c VALUES (:ref, :vn::text)");
	config_free(config);
	write_file("token", "postgres:///orders?host=/run/postgresql\n");
	write_file("second", "INSERT INTO c\n  VALUES (:ref)\n");
	config = good("orders_db: { url_file: token, upsert_file: second }\n", NULL);
	assert_string_equal(config->orders_db.url, "postgres:///orders?host=/run/postgresql");
	assert_string_equal(config->orders_db.upsert, "INSERT INTO c\n  VALUES (:ref)");
	config_free(config);
	config = good("orders_db: { url: 'postgres://h/db' }\n", NULL);
	assert_null(config->orders_db.upsert);
	config_free(config);
}

static void what_is_wrong_with_the_orders_database_is_said(void **state)
{
	static const char *const cases[][2] = {
		{"orders_db:\n  upsert: SELECT 1\n", "%:1: orders_db: url or url_file is missing"},
		{"orders_db:\n  url: mysql://u:hush@h/db\n",
			"%:2: orders_db.url: must begin with postgres:// (or postgresql://) and have no spaces"},
		{"orders_db:\n  url: 'postgres://u:hu sh@h/db'\n",
			"%:2: orders_db.url: must begin with postgres:// (or postgresql://) and have no spaces"},
		{"orders_db:\n  url: 'postgres://h'\n  url_file: token\n",
			"%:3: orders_db.url_file: said as a value too, at %:2"},
		{"orders_db:\n  url: 'postgres://h'\n  upsert: ''\n", "%:3: orders_db.upsert: has no value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_said(cases[i][0], cases[i][1]);
		assert_null(strstr(errors_text, "hush"));
	}
	/* The words of the sentence are sql_named.c's. */
	said_of("orders_db:\n  url: postgres://h\n  upsert: SELECT :reff\n", NULL, NULL);
	assert_non_null(strstr(errors_text, "bauta.yaml:3: orders_db.upsert: "));
}

static void every_key_of_a_webhook_is_taken(void **state)
{
	write_file("token", SECRET "\n");
	struct config *config = good("webhooks:\n"
				     "  - { name: shop, url: 'https://shop.example.com', secret: " SECRET " }\n"
				     "  - name: crm_2\n    url: http://[::1]:8080/a@b?token=x\n    secret_file: token\n"
				     "    secret_2: " SECRET "\n    tenant: other\n    ca: ca.pem\n    allow_private: true\n"
				     "    types: [session.live, 'call.*']\n    timeout_ms: 500\n",
		NULL);

	(void)state;
	assert_int_equal(config->webhooks_n, 2);
	const struct config_webhook *shop = &config->webhooks[0], *crm = &config->webhooks[1];
	assert_string_equal(shop->name, "shop");
	assert_string_equal(shop->tenant, "main");
	assert_true(shop->types_n == 0 && shop->timeout_ms == 15000 && !shop->allow_private && !shop->secret_2 && !shop->ca);
	assert_string_equal(crm->url, "http://[::1]:8080/a@b?token=x");
	assert_string_equal(crm->secret, SECRET);
	assert_string_equal(crm->secret_2, SECRET);
	assert_string_equal(crm->tenant, "other");
	assert_string_equal(crm->ca, path_of("ca.pem"));
	assert_true(crm->types_n == 2 && crm->timeout_ms == 500 && crm->allow_private);
	assert_string_equal(crm->types[1], "call.*");
	config_free(config);

	static const char *const environment[] = {"BAUTA_WEBHOOKS_0_TYPES=*, pool.exhausted", NULL};
	config = good(HOOK "    types: [call.refused]\n", &(struct config_sources){.environment = (char *const *)environment});
	assert_int_equal(config->webhooks[0].types_n, 2);
	assert_string_equal(config->webhooks[0].types[1], "pool.exhausted");
	config_free(config);
}

static void what_is_wrong_with_a_webhook_is_said_with_its_line(void **state)
{
	static const char *const secrets[][2] = {
		{"hush", "must begin with whsec_"},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must begin with whsec_"},
		{"whsec_", "must be 24 to 64 bytes in base64 behind whsec_; it is shorter"},
		{"whsec_aHVzaA==", "must be 24 to 64 bytes in base64 behind whsec_; it is shorter"},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=", "is not base64 (with its = at the end) behind whsec_"},
		/* 66 bytes */
		{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			"must be 24 to 64 bytes in base64 behind whsec_; it is longer"}};
	static const char host[] = "has no host or port that can be read", scheme[] = "must begin with http:// or https://";
	static const char space[] = "has a space, a control character or a letter that is not ASCII in it";
	static const char private[] = "must be a public address, unless allow_private is true";
	static const char *const urls[][2] = {
		{"hush.example.com", scheme},
		{"ftp://shop.example.com", scheme},
		{"https://", host},
		{"https://?hush", host},
		{"https://shop.example.com:99999/", host},
		{"https://shop.example.com:0/", host},
		{"https://[:::]/hush", host},
		{"https://shop .example.com/", space},
		{"https://caf\xc3\xa9.example.com/", space},
		{"https://hush:hush@shop.example.com/", "must not have a user in it; the secret signs what is sent"},
		{"https://hush@shop.example.com?x", "must not have a user in it; the secret signs what is sent"},
		{"https://shop.example.com/#hush", "must not have a '#' in it; what is behind it is never sent"},
		{"https://127.0.0.1:8080/hush", private},
		{"https://10.1/", private},
		{"https://[::1]/", private},
		{"http://LocalHost./", private},
	};
	static const char *const good_urls[] = {"https://shop_1.example.com/", "HTTPS://shop.example.com",
		"https://shop.example.com./a@b", "https://8.8.8.8:8443/?a=b@c", "http://shop:8080/a|b"};
	static const char *const cases[][2] = {
		{"webhooks:\n  - {}\n",
			"%:2: webhooks.0: name is missing\n%:2: webhooks.0: url is missing\n"
			"%:2: webhooks.0: secret or secret_file is missing"},
		{"webhooks: { a: b }\n", "%:1: webhooks: a list is expected here, not a map"},
		{HOOK "    types: [session]\n", "%:5: webhooks.0.types.0: 'session' is no type of events, such as session.live or call.*"},
		{HOOK "    types: ['*.x']\n", "%:5: webhooks.0.types.0: '*.x' is no type of events, such as session.live or call.*"},
		{HOOK "    types: [a..b]\n", "%:5: webhooks.0.types.0: 'a..b' is no type of events, such as session.live or call.*"},
		{HOOK "    types: [a.b, a.c, a.d, a.e, a.f, a.g, a.h, a.i, a.j, a.k, a.l, a.m, a.n, a.o, a.p, a.q, a.r]\n",
			"%:5: webhooks.0.types.16: more than 16 types"},
		{HOOK "    timeout_ms: 99\n", "%:5: webhooks.0.timeout_ms: 99 is out of range, 100..60000"},
		{HOOK "    allow_private: maybe\n", "%:5: webhooks.0.allow_private: 'maybe' is neither true nor false"},
		{HOOK "  - { name: shop, url: 'https://b.example.com', secret: " SECRET " }\n",
			"%:5: webhooks.1: webhooks.0 has the same name"},
	};
	char text[1024], want[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_said(cases[i][0], cases[i][1]);
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		snprintf(want, sizeof want, "%%:1: webhooks.0.secret: %s (Standard Webhooks)", secrets[i][1]);
		snprintf(text, sizeof text, "webhooks: [{ name: a, url: 'https://a.example.com', secret: '%s' }]\n", secrets[i][0]);
		assert_said(text, want);
	}
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		snprintf(want, sizeof want, "%%:1: webhooks.0.url: %s", urls[i][1]);
		snprintf(text, sizeof text, "webhooks: [{ name: a, url: '%s', secret: " SECRET " }]\n", urls[i][0]);
		assert_said(text, want);
	}
	for (size_t i = 0; i < sizeof good_urls / sizeof *good_urls; i++) {
		snprintf(text, sizeof text, "webhooks: [{ name: a, url: '%s', secret: " SECRET " }]\n", good_urls[i]);
		assert_said(text, "");
	}
	size_t n = (size_t)snprintf(text, sizeof text, "webhooks:\n");
	for (int i = 0; i <= CONFIG_WEBHOOKS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "  - { name: a%d }\n", i);
	assert_said(text, "webhooks: more than 32");
}

static void no_secret_is_taken_from_the_command_line_or_ever_said(void **state)
{
	static const char *const sets[] = {"kafka.sasl_password=hush", "webhooks.0.secret=hush", "webhooks.0.secret_2=hush",
		"orders_db.url=postgres://u:hush@h/db", NULL};
	static const char *const urls[] = {"orders_db.url=postgres://h/db?password=hush", "orders_db.url=postgres://h/db?a=b&sslpassword=hush",
		"orders_db.url=postgres://h/db?p%61ssword=hush", "orders_db.url=hush", "orders_db.url=postgres://u:hu?sh@h/db",
		"orders_db.url=postgres://u:hu/sh@h/db", "orders_db.url=postgresql://:hush@h"};

	(void)state;
	assert_string_equal(said_of(NULL, &(struct config_sources){.sets = sets}, NULL),
		"--set kafka.sasl_password: a secret is never on the command line; use sasl_password_file, or the environment\n"
		"--set webhooks.0.secret: a secret is never on the command line; use secret_file, or the environment\n"
		"--set webhooks.0.secret_2: a secret is never on the command line; use secret_2_file, or the environment\n"
		"--set orders_db.url: a secret is never on the command line; use url_file, or the environment");
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		const char *const one[] = {urls[i], NULL};
		assert_string_equal(said_of(NULL, &(struct config_sources){.sets = one}, NULL),
			"--set orders_db.url: a secret is never on the command line; use url_file, or the environment");
	}
	const char *const fine[] = {"orders_db.url=postgres://u@h:5432/db?sslmode=require", NULL};
	config_free(good(NULL, &(struct config_sources){.sets = fine}));
}

static void queues_for_the_outside_are_in_the_memory_table(void **state)
{
	struct config *config = good(KAFKA HOOK "store: memory\n", NULL);
	struct buf out;

	(void)state;
	buf_init(&out, 8192);
	config_memory(config, &out);
	buf_char(&out, '\0');
	assert_true(buf_ok(&out));
	assert_non_null(strstr(out.at, "limits.outbox               1000000"));
	assert_non_null(strstr(out.at, "kafka: consumed"));
	assert_non_null(strstr(out.at, "kafka: produced                4096            8.0"));
	assert_non_null(strstr(out.at, "\nwebhooks "));
	assert_non_null(strstr(out.at, "\nkafka: batches read              25 ")); /* those on their way, and one being filled */
	assert_non_null(strstr(out.at, "\nkafka.dead_max               100000 "));
	assert_non_null(strstr(out.at, "\nretries                      200000 ")); /* of two receivers: Kafka and the webhook */
	buf_done(&out);
	config_free(config);
}

static double mib_of(const struct config *config, const char *what)
{
	struct buf out;
	double mib;

	buf_init(&out, 8192);
	config_memory(config, &out);
	buf_char(&out, '\0');
	assert_true(buf_ok(&out));
	const char *line = strstr(out.at, what);
	assert_non_null(line);
	assert_int_equal(sscanf(line + strlen(what), "%*u %lf", &mib), 1);
	buf_done(&out);
	return mib;
}

static void dead_letters_are_in_memory_where_the_store_is(void **state)
{
	struct config *kept = good(KAFKA, NULL), *held = good(KAFKA "store: memory\n", NULL);

	(void)state;
	assert_true(mib_of(kept, "kafka.dead_max") > 1);
	assert_true(mib_of(held, "kafka.dead_max") > 50 * mib_of(kept, "kafka.dead_max"));
	config_free(kept);
	config_free(held);
}

static void nothing_for_the_outside_is_counted_where_there_is_none(void **state)
{
	struct config *config = good("", NULL);
	struct buf out;

	(void)state;
	buf_init(&out, 8192);
	config_memory(config, &out);
	buf_char(&out, '\0');
	assert_null(strstr(out.at, "kafka"));
	assert_null(strstr(out.at, "retries"));
	buf_done(&out);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_brokers_there_is_no_kafka),
		cmocka_unit_test(brokers_bring_the_defaults_of_the_contract),
		cmocka_unit_test(every_key_of_kafka_is_taken),
		cmocka_unit_test(an_empty_name_of_kafka_is_none),
		cmocka_unit_test(kafka_may_come_from_the_environment_and_set),
		cmocka_unit_test(what_is_wrong_with_kafka_is_said_with_its_line),
		cmocka_unit_test(the_orders_database_has_a_url_and_a_statement),
		cmocka_unit_test(what_is_wrong_with_the_orders_database_is_said),
		cmocka_unit_test(every_key_of_a_webhook_is_taken),
		cmocka_unit_test(what_is_wrong_with_a_webhook_is_said_with_its_line),
		cmocka_unit_test(no_secret_is_taken_from_the_command_line_or_ever_said),
		cmocka_unit_test(queues_for_the_outside_are_in_the_memory_table),
		cmocka_unit_test(dead_letters_are_in_memory_where_the_store_is),
		cmocka_unit_test(nothing_for_the_outside_is_counted_where_there_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
