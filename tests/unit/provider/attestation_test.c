/* What a provider's network vouches for: A, B or C of a call that was found to be valid, and nothing else, as each dialect writes it. */
#include "unit/test.h"

#include "provider/provider.h"
#include "wire/base64.h"

static struct arena arena;

static char by(const char *provider, const char *content_type, const char *body)
{
	const struct account account = {.name = "main"};
	const struct webhook webhook = {.post = true, .content_type = str_of(content_type), .body = str_of(body)};
	struct ask ask;

	arena_reset(&arena);
	if (provider_find(str_of(provider))->parse_voice(&account, &webhook, &arena, &ask) != ERR_OK)
		fail_msg("%s: %s", provider, body);
	return ask.attestation;
}

struct saying {
	const char *letter; /* as it is written */
	char counts;        /* valid */
};

static const struct saying sayings[] = {{"A", 'A'}, {"B", 'B'}, {"C", 'C'}, {"@", 0}, {"D", 0}, {"a", 0}, {"", 0}, {"AB", 0}, {"\x7f", 0}};

static void each_letter_counts_if_it_is_one_and_valid(void **state)
{
	char body[512];

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
		const char *letter = sayings[i].letter;
		char counts = sayings[i].counts;
		snprintf(body, sizeof body, "CallSid=CA1&From=%%2B14155551212&To=%%2B15005550006&StirVerstat=TN-Validation-Passed-%s", letter);
		assert_int_equal(by("twilio", "application/x-www-form-urlencoded", body), counts);
		snprintf(body, sizeof body, "CallSid=CA1&From=%%2B14155551212&To=%%2B15005550006&StirVerstat=TN-Validation-Failed-%s", letter);
		assert_int_equal(by("twilio", "application/x-www-form-urlencoded", body), 0);
		for (int valid = 0; valid < 2; valid++) {
			snprintf(body, sizeof body,
				"CallSid=CA1&From=%%2B14155551212&To=%%2B15005550006&ShakenStirAttestation=%s&ShakenStirValidated=%s", letter,
				valid ? "TRUE" : "no");
			assert_int_equal(by("telnyx", "application/x-www-form-urlencoded", body), valid ? counts : 0);
			snprintf(body, sizeof body,
				"{\"eventType\":\"initiate\",\"callId\":\"c-1\",\"from\":\"+14155551212\",\"to\":\"+15005550006\","
				"\"stirShaken\":{\"verstat\":\"TN-Verification-%s\",\"attestationIndicator\":\"%s\"}}",
				valid ? "Passed" : "Failed", letter);
			assert_int_equal(by("bandwidth", "application/json", body), valid ? counts : 0);
		}
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_letter_counts_if_it_is_one_and_valid),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
