/* The doctor's questions, in every dialect: believed by the account's own verify(), or surely not. */
#include "unit/test.h"

#include "core/number.h"
#include "doctor/question.h"
#include "phone/phone.h"
#include "provider/telnyx_signature.h"

#define NOW_MS 1795341600000 /* 2026-11-22T10:00:00Z */
#define URL "https://vn.example.com/behind"

static struct account account;
static struct sim_request request;

static void take(char *field, const char *text)
{
	assert_true(str_copy(field, ACCOUNT_SECRET_MAX + 1, str_of(text)));
}

/* An account with every credential that its dialect may look at. */
static void account_of(const struct provider *provider)
{
	account = (struct account){.provider = provider, .name = "main"};
	assert_int_equal(phone_dialplan('I' << 8 | 'N', &account.dialplan), ERR_OK);
	take(account.sid, "AC00000000000000000000000000000000");
	take(account.secret, "BeIukql3pTKJ8RGL5zo0DA==");
	take(account.secret_2, "AAAAAAAAAAAAAAAAAAAAAA==");
	take(account.api_key, "MDEyMzQ1Njc4OWFiY2RlZg==");
	take(account.audio_url, "https://vn.example.com/refused.mp3");
	static const char *const by_path[] = {"exotel", "alibaba", "huawei"};
	for (size_t i = 0; i < sizeof by_path / sizeof by_path[0]; i++)
		if (strcmp(provider->name, by_path[i]) == 0)
			take(account.secret_path, "9f2c5a7e1b3d4c6f");
	if (strcmp(provider->name, "telnyx") == 0)
		take(account.secret, "0PVmSFDsTBGmPsZyM8Rm4hMEgsoCSpBmeIjFmiRT40s=");
	account.allow_n = 1; /* some other address */
	assert_true(account_net_parse(STR("203.0.113.7"), &account.allow[0]));
}

static struct question_ask ask_of(void)
{
	return (struct question_ask){.account = &account, .public_url = URL, .vn = QUESTION_VN,
		.call_id = QUESTION_CALL_ID "0123456789abcdef-1", .now_ms = NOW_MS};
}

static bool only_the_provider_signs(const struct provider *provider)
{
	return strcmp(provider->name, "telnyx") == 0;
}

static void every_dialect_believes_its_own(void **state)
{
	(void)state;
	for (int i = 0; providers[i]; i++) {
		if (!providers[i]->sim)
			continue;
		account_of(providers[i]);
		struct question_ask ask = ask_of();
		enum err err = question_make(&ask, &request);
		if (err != (only_the_provider_signs(providers[i]) ? ERR_FORBIDDEN : ERR_OK))
			fail_msg("%s: %s", providers[i]->name, err_title(err));
		if (err)
			continue;
		assert_true(question_holds(&ask, &request));
		assert_non_null(strstr(request.post ? request.body : request.target, QUESTION_CALL_ID));
	}
}

static void no_dialect_believes_a_forged_one(void **state)
{
	(void)state;
	for (int i = 0; providers[i]; i++) {
		if (!providers[i]->sim)
			continue;
		account_of(providers[i]);
		struct question_ask ask = ask_of();
		enum err err = question_forge(&ask, &request);
		if (err || question_holds(&ask, &request))
			fail_msg("%s: %s", providers[i]->name, err_title(err));
		assert_non_null(strstr(request.post ? request.body : request.target, QUESTION_CALL_ID));
	}
}

/* It is asked at another webhook, and nothing is proved at the one that its provider doesn't call. */
static void an_account_of_call_control_is_asked_by_an_event(void **state)
{
	(void)state;
	account_of(provider_find(STR("telnyx")));
	account.call_control = true;
	struct question_ask ask = ask_of();
	assert_int_equal(question_make(&ask, &request), ERR_FORBIDDEN);
	assert_int_equal(question_forge(&ask, &request), ERR_OK);
	assert_string_equal(request.target, "/hooks/telnyx/main/control");
	assert_false(question_holds(&ask, &request));
	take(account.secret, telnyx_sim_public_key);
	assert_true(question_holds(&ask, &request));
	account.call_control = false;
	assert_false(question_holds(&ask, &request));
}

static void another_address_or_secret_is_not_believed(void **state)
{
	(void)state;
	account_of(provider_find(STR("twilio")));
	struct question_ask ask = ask_of();
	assert_int_equal(question_make(&ask, &request), ERR_OK);
	ask.public_url = "http://vn.example.com/behind";
	assert_false(question_holds(&ask, &request));
	ask.public_url = URL;
	assert_true(question_holds(&ask, &request));
	take(account.secret, "another");
	assert_false(question_holds(&ask, &request));
}

static void an_account_without_a_secret_can_t_sign(void **state)
{
	(void)state;
	account_of(provider_find(STR("infobip")));
	account.api_key[0] = account.secret[0] = account.secret_2[0] = '\0';
	struct question_ask ask = ask_of();
	assert_int_equal(question_make(&ask, &request), ERR_UNAUTHORIZED);
}

static void caller_and_number_are_numbers(void **state)
{
	char text[NUMBER_TEXT_SIZE];
	struct number number;

	(void)state;
	assert_int_equal(number_parse(str_of(number_text(QUESTION_CALLER, text)), &number), ERR_OK);
	assert_int_equal(number_parse(str_of(number_text(QUESTION_VN, text)), &number), ERR_OK);
	assert_false(number_equal(QUESTION_CALLER, QUESTION_VN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialect_believes_its_own),
		cmocka_unit_test(no_dialect_believes_a_forged_one),
		cmocka_unit_test(an_account_of_call_control_is_asked_by_an_event),
		cmocka_unit_test(another_address_or_secret_is_not_believed),
		cmocka_unit_test(an_account_without_a_secret_can_t_sign),
		cmocka_unit_test(caller_and_number_are_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
