/* What the doctor makes of facts. */
#include "unit/test.h"

#include <openssl/x509_vfy.h>

#include "doctor/diagnose.h"

#define NOW_MS 1795341600000 /* 2026-11-22T10:00:00Z */
#define URL "https://vn.example.com"
#define DAY_S 86400

static struct account account;
static struct finding finding;

static int set_up(void **state)
{
	(void)state;
	account = (struct account){.provider = provider_find(STR("twilio")), .name = "main"};
	return account.provider ? 0 : -1;
}

static void expect(enum verdict verdict, const char *found, const char *todo)
{
	if (finding.verdict != verdict || !strstr(finding.found, found) || !strstr(finding.todo, todo))
		fail_msg("%s: %s (%s)", verdict_words[finding.verdict], finding.found, finding.todo);
	assert_true((finding.verdict == VERDICT_WRONG) == (finding.todo[0] != '\0'));
}

/* --- the account --- */

static struct account_facts listed(int numbers, int right, int elsewhere)
{
	return (struct account_facts){.account = &account, .inventory = inventory_find(str_of(account.provider->name)),
		.result = {.outcome = INVENTORY_DONE, .status = 200}, .target = URL, .numbers = numbers, .right = right,
		.elsewhere = elsewhere};
}

static void credentials(const struct account_facts *facts, enum verdict verdict, const char *found, const char *todo)
{
	diagnose_credentials(facts, &finding);
	assert_int_equal(finding.check, CHECK_CREDENTIALS);
	expect(verdict, found, todo);
	if (verdict != VERDICT_OK) { /* then nothing is known of numbers */
		diagnose_webhooks(facts, URL, &finding);
		expect(VERDICT_SKIPPED, "see credentials", "");
	}
}

static void an_account_that_is_known_is_ok(void **state)
{
	struct account_facts facts = listed(3, 3, 0);

	(void)state;
	credentials(&facts, VERDICT_OK, "twilio knows the account: 3 numbers for calls", "");
	facts.numbers = 1;
	facts.more = true;
	credentials(&facts, VERDICT_OK, "1 number for calls, and more", "");
}

static void what_can_t_be_asked_is_skipped(void **state)
{
	struct account_facts facts = listed(0, 0, 0);

	(void)state;
	facts.cannot_ask = "api_key is not set";
	credentials(&facts, VERDICT_SKIPPED, "api_key is not set", "");
	facts.inventory = NULL;
	credentials(&facts, VERDICT_SKIPPED, "no API of twilio", "");
}

static void a_refusal_names_the_settings(void **state)
{
	struct account_facts facts = listed(0, 0, 0);

	(void)state;
	facts.result = (struct inventory_result){
		.outcome = INVENTORY_NO_ACCESS, .status = 401, .code = "20003", .why = "Authenticate"};
	credentials(&facts, VERDICT_WRONG, "answered 401, 20003: Authenticate", "set account_sid and auth_token");
	facts.result = (struct inventory_result){.outcome = INVENTORY_AGAIN, .status = 503};
	credentials(&facts, VERDICT_WRONG, "answered 503", "ask again");
	facts.result.outcome = INVENTORY_UNREADABLE;
	credentials(&facts, VERDICT_WRONG, "503", "is it really twilio");
	facts.result.outcome = INVENTORY_GONE;
	credentials(&facts, VERDICT_WRONG, "503", "no such account");
}

static void ways_to_get_no_answer_are_told_apart(void **state)
{
	static const struct {
		enum http_failure failure;
		const char *todo;
	} cases[] = {{HTTP_NOT_RESOLVED, "resolve names"}, {HTTP_NOT_CONNECTED, "firewall"},
		{HTTP_TLS_FAILED, "ca-certificates"}, {HTTP_TIMED_OUT, "a while"}, {HTTP_NOT_PUBLIC, "private address"}, {HTTP_BROKEN, "HTTP server"},
		{HTTP_BAD_ASK, "set account_sid"}};
	struct account_facts facts = listed(0, 0, 0);

	(void)state;
	facts.failure_why = "of this and that";
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		facts.failure = cases[i].failure;
		credentials(&facts, VERDICT_WRONG, "no answer of twilio's API: of this and that", cases[i].todo);
	}
}

static void numbers_that_point_to_us_are_ok(void **state)
{
	struct account_facts facts = listed(3, 3, 0);

	(void)state;
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_OK, "3 of 3 numbers point to us", "");
	facts.numbers = 5; /* of two it isn't known */
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_OK, "3 of 3 numbers point to us; there are more", "");
}

static void numbers_that_point_elsewhere_are_named(void **state)
{
	struct account_facts facts = listed(15, 3, 12);

	(void)state;
	for (int i = 0; i < FINDING_NUMBERS_MAX; i++)
		facts.elsewhere_numbers[i] = (struct number){12125550100u + (unsigned)i};
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_WRONG, "3 of 15 numbers point to us, 12 elsewhere", "set manage_webhooks: true");
	expect(VERDICT_WRONG, "", URL "/hooks/twilio/main/voice");
	assert_int_equal(finding.numbers_n, FINDING_NUMBERS_MAX);
	assert_int_equal(finding.numbers_more, 2);
	assert_true(finding.numbers[9].e164 == 12125550109u);
	account.manage_webhooks = true;
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_WRONG, "", "run `bauta number sync --account twilio/main`");
	assert_null(strstr(finding.todo, "manage_webhooks"));
}

static void a_secret_path_is_not_told(void **state)
{
	struct account_facts facts = listed(1, 0, 1);

	(void)state;
	snprintf(account.secret_path, sizeof account.secret_path, "9f2c5a7e1b3d4c6f");
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_WRONG, "", URL "/hooks/twilio/main/.../voice");
	assert_null(strstr(finding.todo, "9f2c"));
}

static void where_numbers_should_point_may_be_unknown(void **state)
{
	struct account_facts facts = listed(3, 0, 0);

	(void)state;
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_SKIPPED, "doesn't say where its numbers point", "");
	facts.target = "";
	diagnose_webhooks(&facts, NULL, &finding);
	expect(VERDICT_SKIPPED, "public_url is not set", "");
	account.provider = provider_find(STR("telnyx"));
	facts.inventory = inventory_find(STR("telnyx"));
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_SKIPPED, "connection_id is not set", "");
	facts = listed(0, 0, 0);
	diagnose_webhooks(&facts, URL, &finding);
	expect(VERDICT_SKIPPED, "no numbers for calls", "");
}

/* --- clocks --- */

static struct clock_look look(int64_t date_ms)
{
	return (struct clock_look){.date_ms = date_ms, .before_ms = NOW_MS + 250, .after_ms = NOW_MS + 400};
}

static int64_t ahead(int64_t date_ms)
{
	struct clock_look at = look(date_ms);

	return clock_ahead_s(&at);
}

static void a_date_is_a_whole_second(void **state)
{
	(void)state;
	assert_true(ahead(NOW_MS) == 0);
	assert_true(ahead(NOW_MS - 1000) == 0); /* it may be 999 ms past that, 249 ms behind */
	assert_true(ahead(NOW_MS + 1000) == 0);
	assert_true(ahead(NOW_MS + 3600000) == 3599);
	assert_true(ahead(NOW_MS - 3600000) == -3599);
}

static void clocks(int64_t provider_s, int64_t url_s, enum verdict verdict, const char *found, const char *todo)
{
	struct clock_look none = look(-1), theirs = look(NOW_MS + provider_s * 1000), own = look(NOW_MS + url_s * 1000);

	diagnose_clock(account.provider, provider_s == -1 ? &none : &theirs, url_s == -1 ? &none : &own, &finding);
	expect(verdict, found, todo);
}

static void clocks_that_agree_are_ok(void **state)
{
	(void)state;
	clocks(0, 0, VERDICT_OK, "0 s from the clocks of twilio and public_url", "");
	clocks(-1, 20, VERDICT_OK, "from the clock of public_url", "");
	clocks(29, -1, VERDICT_OK, "28 s from the clock of twilio", "");
	clocks(-1, -1, VERDICT_SKIPPED, "no answer told the time", "");
}

static void clocks_that_don_t_are_wrong(void **state)
{
	(void)state;
	clocks(3600, 0, VERDICT_WRONG, "this machine's clock is 3599 s behind twilio's", "NTP");
	clocks(-3600, 0, VERDICT_WRONG, "this machine's clock is 3599 s ahead of twilio's", "NTP");
	clocks(0, 40, VERDICT_WRONG, "the clock at public_url is 39 s ahead of this machine's", "NTP");
	clocks(0, -40, VERDICT_WRONG, "the clock at public_url is 39 s behind this machine's", "NTP");
	account.provider = provider_find(STR("vonage"));
	clocks(3600, 0, VERDICT_WRONG, "behind vonage's; calls signed more than 300 s away are refused", "NTP");
}

/* --- TLS --- */

static void tls(const char *url, const struct tls_seen *seen, enum verdict verdict, const char *found, const char *todo)
{
	diagnose_tls(&(struct tls_facts){.url = url, .seen = seen, .now_ms = NOW_MS}, &finding);
	expect(verdict, found, todo);
}

static void plain_http_is_for_this_machine_alone(void **state)
{
	static const char *const here[] = {"http://127.0.0.1:8080", "http://localhost", "http://[::1]:80",
		"http://127.9.9.9"};

	(void)state;
	for (size_t i = 0; i < sizeof here / sizeof here[0]; i++)
		tls(here[i], NULL, VERDICT_SKIPPED, "on this machine", "");
	tls("http://vn.example.com", NULL, VERDICT_WRONG, "travel openly", "https://");
	tls("http://10.0.0.1", NULL, VERDICT_WRONG, "travel openly", "https://");
	tls("http://localhost.example.com", NULL, VERDICT_WRONG, "travel openly", "https://");
}

static void a_certificate_s_end_counts(void **state)
{
	struct tls_seen seen = {.version = "TLSv1.3", .expires_s = NOW_MS / 1000 + 60 * DAY_S};

	(void)state;
	tls(URL, &seen, VERDICT_OK, "TLSv1.3; the certificate is good for 60 days", "");
	seen.expires_s = NOW_MS / 1000 + 14 * DAY_S;
	tls(URL, &seen, VERDICT_WRONG, "ends in 14 days", "renew");
	seen.expires_s = NOW_MS / 1000 + DAY_S + 1;
	tls(URL, &seen, VERDICT_WRONG, "ends in 1 day", "renew");
	seen.expires_s = 0;
	tls(URL, &seen, VERDICT_OK, "trusted", "");
}

static void what_is_wrong_with_tls_is_told_apart(void **state)
{
	struct tls_seen seen = {.failure = HTTP_TLS_FAILED, .why = "so it is"};

	(void)state;
	tls(URL, &seen, VERDICT_WRONG, "so it is", "plain HTTP");
	seen.verify_error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
	tls(URL, &seen, VERDICT_WRONG, "so it is", "public authority");
	seen.other_name = true;
	tls(URL, &seen, VERDICT_WRONG, "so it is", "public_url's host");
	seen.failure = HTTP_NOT_RESOLVED;
	tls(URL, &seen, VERDICT_WRONG, "so it is", "DNS");
	seen.failure = HTTP_NOT_CONNECTED;
	tls(URL, &seen, VERDICT_WRONG, "so it is", "bauta serve");
	seen.failure = HTTP_BROKEN;
	tls(URL, &seen, VERDICT_WRONG, "so it is", "what answers");
}

static void trust_that_others_don_t_have_is_told(void **state)
{
	struct tls_seen seen = {.version = "TLSv1.2", .expires_s = NOW_MS / 1000 + 60 * DAY_S};

	(void)state;
	diagnose_tls(&(struct tls_facts){.url = URL, .seen = &seen, .own_ca = true, .now_ms = NOW_MS}, &finding);
	expect(VERDICT_OK, "trusted with --ca, which providers don't have", "");
}

/* --- questions --- */

static const struct question_reply refused = {
	.asked = true, .status = 200, .understood = true, .action = ACTION_REJECT};
static const struct question_reply shut_out = {.asked = true, .status = 403, .empty = true};

static void question(const struct question_reply *genuine, const struct question_reply *forged, enum verdict verdict,
	const char *found, const char *todo)
{
	const struct question_facts facts = {
		.account = &account, .public_url = URL, .genuine = *genuine, .forged = *forged};
	bool puts_through = genuine->action == ACTION_CONNECT || genuine->action == ACTION_FORWARD;

	diagnose_question(&facts, &finding);
	expect(verdict, found, todo);
	assert_int_equal(question_is_answered(&facts, genuine), genuine->status == 200 && genuine->understood && !puts_through);
}

static void a_refusal_and_a_403_are_ok(void **state)
{
	struct question_reply reply = refused;

	(void)state;
	question(&refused, &shut_out, VERDICT_OK, "believed", "");
	reply.action = ACTION_DIGITS; /* a pool that asks for a PIN */
	question(&reply, &shut_out, VERDICT_OK, "believed", "");
	reply.action = ACTION_ANNOUNCE;
	question(&reply, &shut_out, VERDICT_OK, "believed", "");
}

static void a_stranger_who_gets_through_is_shouted(void **state)
{
	struct question_reply reply = refused;

	(void)state;
	reply.action = ACTION_CONNECT;
	question(&reply, &shut_out, VERDICT_WRONG, "WOULD BE PUT THROUGH", "unknown_caller");
	reply.action = ACTION_FORWARD;
	question(&reply, &shut_out, VERDICT_WRONG, "WOULD BE PUT THROUGH", "unknown_caller");
}

static void a_forged_question_that_is_answered_is_shouted(void **state)
{
	(void)state;
	question(&refused, &refused, VERDICT_WRONG, "A FORGED QUESTION WAS ANSWERED", "auth_token");
	question(&shut_out, &refused, VERDICT_WRONG, "A FORGED QUESTION WAS ANSWERED", "take it off the network");
}

static void a_forged_one_must_get_403(void **state)
{
	struct question_reply page = {.asked = true, .status = 200};

	(void)state;
	question(&refused, &page, VERDICT_WRONG, "forged one did not get 403", "proxy");
	page.status = 502;
	question(&refused, &page, VERDICT_WRONG, "forged one did not get 403", "proxy");
	question(&refused, &(struct question_reply){0}, VERDICT_WRONG, "forged one did not get 403", "proxy");
}

static void one_that_is_not_believed_names_url_and_secret(void **state)
{
	(void)state;
	question(&shut_out, &shut_out, VERDICT_WRONG, "not believed: 403", URL);
	expect(VERDICT_WRONG, "", "auth_token");
	account.allow_n = 1;
	question(&shut_out, &shut_out, VERDICT_SKIPPED, "allow", "");
}

static void who_else_answers_is_told_apart(void **state)
{
	struct question_reply reply = {.asked = true, .status = 403};

	(void)state;
	question(&reply, &reply, VERDICT_WRONG, "403 with a page", "firewall");
	reply.status = 302;
	question(&reply, &reply, VERDICT_WRONG, "302, a redirection", "public_url");
	reply.status = 404;
	question(&reply, &reply, VERDICT_WRONG, "404", "/hooks/");
	reply.status = 200;
	question(&reply, &reply, VERDICT_WRONG, "none that twilio would understand", URL);
	reply = (struct question_reply){
		.asked = true, .failure = HTTP_NOT_CONNECTED, .why = "no connection could be made"};
	question(&reply, &reply, VERDICT_WRONG, "no connection could be made", "running");
	reply.failure = HTTP_TLS_FAILED;
	question(&reply, &reply, VERDICT_SKIPPED, "see tls", "");
}

static void who_can_t_sign_still_forges(void **state)
{
	struct question_facts facts = {
		.account = &account, .public_url = URL, .cannot_sign = "nobody can sign", .forged = shut_out};

	(void)state;
	diagnose_question(&facts, &finding);
	expect(VERDICT_SKIPPED, "nobody can sign; a forged question gets 403", "");
	assert_true(question_is_answered(&facts, &facts.forged));
	facts.forged = refused;
	diagnose_question(&facts, &finding);
	expect(VERDICT_WRONG, "A FORGED QUESTION WAS ANSWERED", "");
	facts.forged.understood = false;
	diagnose_question(&facts, &finding);
	expect(VERDICT_WRONG, "none that twilio would understand", "");
	facts.forged = (struct question_reply){0};
	diagnose_question(&facts, &finding);
	expect(VERDICT_SKIPPED, "nobody can sign", "");
	assert_false(question_is_answered(&facts, &facts.forged));
}

static void all_answers_must_be_alike(void **state)
{
	struct question_facts facts = {
		.account = &account, .public_url = URL, .genuine = refused, .forged = shut_out, .more = 19, .astray = 6};

	(void)state;
	diagnose_question(&facts, &finding);
	expect(VERDICT_WRONG, "6 of 19 more were not", "several servers");
	facts.cannot_sign = "nobody can sign";
	diagnose_question(&facts, &finding);
	expect(VERDICT_WRONG, "6 of 19 more were not", "several servers");
}

/* --- time --- */

static void the_slowest_answer_is_held_against_the_deadline(void **state)
{
	struct deadline_facts facts = {.provider = account.provider, .took_us = {900, 4100, 1000}, .answers = 3};

	(void)state;
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_OK, "worst of 3 answers 4.1 ms of 15 s, median 1.0 ms", "");
	facts.took_us[1] = 7500000;
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_OK, "7.50 s of 15 s", "");
	facts.took_us[0] = 7500001;
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_WRONG, "7.50 s of 15 s", "more than half");
	facts.lost = 1;
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_WRONG, "1 of 4 questions had no answer within 15 s", "load");
	facts = (struct deadline_facts){.provider = account.provider};
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_SKIPPED, "see question", "");
}

static void without_a_deadline_the_shortest_known_is_taken(void **state)
{
	struct deadline_facts facts = {
		.provider = provider_find(STR("telnyx")), .took_us = {2600000}, .answers = 1, .forged = true};

	(void)state;
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_WRONG, "2.60 s of 5 s (telnyx publishes no deadline)", "more than half");
	facts.took_us[0] = 2400000;
	diagnose_deadline(&facts, &finding);
	expect(VERDICT_OK, "of forged questions", "");
}

/* --- words --- */

static void every_dialect_has_words(void **state)
{
	(void)state;
	for (int i = 0; providers[i]; i++)
		if (strcmp(providers[i]->name, "generic") != 0)
			assert_string_equal(setting_words(providers[i]->name)->provider, providers[i]->name);
	for (int i = 0; inventories[i]; i++) {
		const struct setting_words *words = setting_words(inventories[i]->provider);
		assert_string_equal(words->provider, inventories[i]->provider);
		assert_int_equal(words->application[0] != '\0', inventories[i]->by_application);
	}
	assert_string_equal(setting_words("nobody")->provider, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_account_that_is_known_is_ok, set_up),
		cmocka_unit_test_setup(what_can_t_be_asked_is_skipped, set_up),
		cmocka_unit_test_setup(a_refusal_names_the_settings, set_up),
		cmocka_unit_test_setup(ways_to_get_no_answer_are_told_apart, set_up),
		cmocka_unit_test_setup(numbers_that_point_to_us_are_ok, set_up),
		cmocka_unit_test_setup(numbers_that_point_elsewhere_are_named, set_up),
		cmocka_unit_test_setup(a_secret_path_is_not_told, set_up),
		cmocka_unit_test_setup(where_numbers_should_point_may_be_unknown, set_up),
		cmocka_unit_test_setup(a_date_is_a_whole_second, set_up),
		cmocka_unit_test_setup(clocks_that_agree_are_ok, set_up),
		cmocka_unit_test_setup(clocks_that_don_t_are_wrong, set_up),
		cmocka_unit_test_setup(plain_http_is_for_this_machine_alone, set_up),
		cmocka_unit_test_setup(a_certificate_s_end_counts, set_up),
		cmocka_unit_test_setup(what_is_wrong_with_tls_is_told_apart, set_up),
		cmocka_unit_test_setup(trust_that_others_don_t_have_is_told, set_up),
		cmocka_unit_test_setup(a_refusal_and_a_403_are_ok, set_up),
		cmocka_unit_test_setup(a_stranger_who_gets_through_is_shouted, set_up),
		cmocka_unit_test_setup(a_forged_question_that_is_answered_is_shouted, set_up),
		cmocka_unit_test_setup(a_forged_one_must_get_403, set_up),
		cmocka_unit_test_setup(one_that_is_not_believed_names_url_and_secret, set_up),
		cmocka_unit_test_setup(who_else_answers_is_told_apart, set_up),
		cmocka_unit_test_setup(who_can_t_sign_still_forges, set_up),
		cmocka_unit_test_setup(all_answers_must_be_alike, set_up),
		cmocka_unit_test_setup(the_slowest_answer_is_held_against_the_deadline, set_up),
		cmocka_unit_test_setup(without_a_deadline_the_shortest_known_is_taken, set_up),
		cmocka_unit_test_setup(every_dialect_has_words, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
