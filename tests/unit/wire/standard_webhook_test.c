/* Standard Webhooks 1.0.0: the vector that its reference libraries are tested with. */
#include "unit/test.h"

#include "page_end.h"
#include "wire/base64.h"
#include "wire/standard_webhook.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_2 "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static struct standard_webhook_secret secret_of(const char *text)
{
	struct standard_webhook_secret secret;
	struct page_end copy = page_end_copy(str_of(text));
	const char *why;

	assert_int_equal(standard_webhook_secret_parse(copy.text, &secret, &why), ERR_OK);
	assert_null(why);
	page_end_free(&copy);
	return secret;
}

static void the_published_vector_holds(void **state)
{
	struct standard_webhook_secret secret = secret_of(SECRET);
	char signature[STANDARD_WEBHOOK_SIGNATURE_SIZE];

	(void)state;
	assert_int_equal(secret.len, 24);
	standard_webhook_sign(&secret, 1, STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
		STR("{\"test\": 2432232314}"), signature);
	assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void two_secrets_sign_beside_each_other(void **state)
{
	struct standard_webhook_secret secrets[] = {secret_of(SECRET_2), secret_of(SECRET)};
	char both[STANDARD_WEBHOOK_SIGNATURE_SIZE], one[STANDARD_WEBHOOK_SIGNATURE_SIZE];
	struct str id = STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), body = STR("{\"test\": 2432232314}"), rest;

	(void)state;
	standard_webhook_sign(secrets, 2, id, 1614265330, body, both);
	standard_webhook_sign(secrets, 1, id, 1614265330, body, one);
	struct str first = str_cut(str_of(both), ' ', &rest);
	assert_true(str_equal(first, str_of(one)));
	assert_true(str_equal(rest, STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
}

static void a_signature_is_of_id_time_and_body(void **state)
{
	struct standard_webhook_secret secret = secret_of(SECRET);
	char wanted[STANDARD_WEBHOOK_SIGNATURE_SIZE], other[STANDARD_WEBHOOK_SIGNATURE_SIZE];

	(void)state;
	standard_webhook_sign(&secret, 1, STR("a"), 1, STR("b"), wanted);
	standard_webhook_sign(&secret, 1, STR("b"), 1, STR("b"), other);
	assert_string_not_equal(wanted, other);
	standard_webhook_sign(&secret, 1, STR("a"), 2, STR("b"), other);
	assert_string_not_equal(wanted, other);
	standard_webhook_sign(&secret, 1, STR("a"), 1, STR(""), other);
	assert_string_not_equal(wanted, other);
	standard_webhook_sign(&secret, 1, STR("a"), 1, STR("b"), other);
	assert_string_equal(wanted, other);
}

/* "whsec_" and the base64 of that many bytes. */
static const char *secret_text(size_t len)
{
	static char text[256];
	static const uint8_t bytes[100];
	struct buf out;

	buf_fixed(&out, text, sizeof text);
	buf_lit(&out, "whsec_");
	base64_put(&out, bytes, len);
	buf_char(&out, '\0');
	assert_true(buf_ok(&out));
	return text;
}

static void a_secret_has_24_to_64_bytes(void **state)
{
	struct standard_webhook_secret secret = {.len = 7};
	const char *why;

	(void)state;
	for (size_t len = 0; len < 100; len++) {
		struct page_end copy = page_end_copy(str_of(secret_text(len)));
		bool good = len >= 24 && len <= 64;
		secret.len = 7;
		assert_int_equal(standard_webhook_secret_parse(copy.text, &secret, &why), good ? ERR_OK : ERR_BAD_REQUEST);
		assert_int_equal(secret.len, good ? len : 7);
		if (!good)
			assert_non_null(strstr(why, len < 24 ? "shorter" : "longer"));
		page_end_free(&copy);
	}
}

static void a_secret_that_is_none_is_told_why_and_not_quoted(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "must begin with whsec_"},
		{"whsec", "must begin with whsec_"},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must begin with whsec_"},
		{"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must begin with whsec_"},
		{" " SECRET, "must begin with whsec_"},
		{"whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "must begin with whsec_"},
		{SECRET "\n", "base64"},
		{SECRET "=", "base64"},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "base64"},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_", "base64"},
		{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "base64"},
	};
	struct standard_webhook_secret secret = {.len = 7};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
			standard_webhook_secret_parse(str_of(cases[i].text), &secret, &why), ERR_BAD_REQUEST);
		assert_non_null(strstr(why, cases[i].why));
		assert_null(strstr(why, "LaLaS"));
		assert_int_equal(secret.len, 7);
	}
}

static void sign_with_a_dot(void *data)
{
	char signature[STANDARD_WEBHOOK_SIGNATURE_SIZE];

	standard_webhook_sign(data, 1, STR("evt_1.5"), 1, STR("{}"), signature);
}

static void an_id_with_a_dot_is_an_assertion(void **state)
{
	struct standard_webhook_secret secret = secret_of(SECRET);

	(void)state;
	assert_true(test_dies(sign_with_a_dot, &secret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vector_holds),
		cmocka_unit_test(two_secrets_sign_beside_each_other),
		cmocka_unit_test(a_signature_is_of_id_time_and_body),
		cmocka_unit_test(a_secret_has_24_to_64_bytes),
		cmocka_unit_test(a_secret_that_is_none_is_told_why_and_not_quoted),
		cmocka_unit_test(an_id_with_a_dot_is_an_assertion),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
