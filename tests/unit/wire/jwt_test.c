/* Vectors: RFC 7515 appendix A.1, Vonage/vonage-python-jwt, and one of our own. */
#include "unit/test.h"

#include "crypto/digest.h"
#include "page_end.h"
#include "wire/base64.h"
#include "wire/jwt.h"

#define SECRET "qwertyuiopasdfghjklzxcvbnm123456"
#define PUBLISHED                                                                                            \
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."                                                               \
	"eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9." \
	"88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
#define RFC                                                                                                  \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."                                                           \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."      \
	"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static enum err read_token(struct str token, struct str secret, struct json *ret_claims)
{
	struct page_end copy = page_end_copy(token);
	enum err err = jwt_read(copy.text, &secret, 1, ret_claims);

	page_end_free(&copy);
	return err;
}

static enum err outcome(struct str token, struct str secret)
{
	struct json claims;
	enum err err = read_token(token, secret, &claims);

	if (!err)
		json_done(&claims);
	return err;
}

static void published_tokens_are_read(void **state)
{
	static const uint8_t key[] = {3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40, 230,
		240, 84, 201, 40, 169, 15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6, 71, 239, 150, 138, 180,
		195, 119, 98, 61, 34, 61, 46, 33, 114, 5, 46, 79, 8, 192, 205, 154, 245, 103, 208, 128, 163};
	struct json claims;
	int64_t exp = 0;

	(void)state;
	assert_int_equal(read_token(STR(PUBLISHED), STR(SECRET), &claims), ERR_OK);
	struct json_at root = json_at_root(&claims), at = json_at_field(&root, "exp");
	assert_true(json_at_integer(&at, &exp));
	assert_int_equal(exp, 33254540828);
	json_done(&claims);
	assert_int_equal(read_token(STR(RFC), str_n((const char *)key, sizeof key), &claims), ERR_OK);
	root = json_at_root(&claims);
	at = json_at_field(&root, "exp");
	assert_true(json_at_integer(&at, &exp));
	assert_int_equal(exp, 1300819380);
	json_done(&claims);
}

static void one_of_two_secrets_will_do_and_no_other(void **state)
{
	const struct str secrets[] = {STR("new"), STR(SECRET)}, none[] = {STR(""), STR_NONE};
	struct json claims;

	(void)state;
	assert_int_equal(jwt_read(STR(PUBLISHED), secrets, 2, &claims), ERR_OK);
	json_done(&claims);
	assert_int_equal(jwt_read(STR(PUBLISHED), secrets, 1, &claims), ERR_UNAUTHORIZED);
	assert_int_equal(jwt_read(STR(PUBLISHED), none, 2, &claims), ERR_UNAUTHORIZED);
	assert_int_equal(jwt_read(STR(PUBLISHED), secrets, 0, &claims), ERR_UNAUTHORIZED);
}

static void an_empty_secret_signs_nothing(void **state)
{
	char room[256];
	struct buf out;

	(void)state;
	buf_fixed(&out, room, sizeof room);
	jwt_put(&out, STR(""), STR("{}"));
	assert_int_equal(outcome(buf_text(&out), STR("")), ERR_UNAUTHORIZED);
}

static void any_other_character_is_another_token(void **state)
{
	static const char others[] = "Aa0-_.=+/ ";
	char token[] = PUBLISHED;

	(void)state;
	for (size_t i = 0; i < sizeof token - 1; i++) {
		char was = token[i];
		for (size_t k = 0; k < sizeof others - 1; k++) {
			if (others[k] == was)
				continue;
			token[i] = others[k];
			assert_int_equal(outcome(str_of(token), STR(SECRET)), ERR_UNAUTHORIZED);
		}
		token[i] = was;
		assert_int_equal(outcome(str_n(token, i), STR(SECRET)), ERR_UNAUTHORIZED);
	}
	assert_int_equal(outcome(STR(PUBLISHED "."), STR(SECRET)), ERR_UNAUTHORIZED);
	assert_int_equal(outcome(STR(PUBLISHED "="), STR(SECRET)), ERR_UNAUTHORIZED);
	assert_int_equal(outcome(STR("." PUBLISHED), STR(SECRET)), ERR_UNAUTHORIZED);
}

/* base64url of `text`, without padding. */
static void put_part(struct buf *out, const char *text)
{
	char room[512];
	struct buf signed_whole;

	/* The claims of a token that we make are the part that is wanted. */
	buf_fixed(&signed_whole, room, sizeof room);
	jwt_put(&signed_whole, STR("x"), str_of(text));
	struct str rest, tail, whole = buf_text(&signed_whole);
	str_cut(whole, '.', &rest);
	buf_str(out, str_cut(rest, '.', &tail));
}

/* The parts, as they stand there, signed as if they were right. */
static enum err signed_parts(const char *parts)
{
	char room[1024];
	uint8_t mac[SHA256_SIZE];
	struct buf out;

	buf_fixed(&out, room, sizeof room);
	buf_lit(&out, parts);
	hmac_sha256(STR(SECRET), buf_text(&out), mac);
	buf_char(&out, '.');
	size_t from = out.len;
	base64_put(&out, mac, sizeof mac);
	out.len--; /* = */
	for (size_t i = from; i < out.len; i++)
		room[i] = room[i] == '+' ? '-' : room[i] == '/' ? '_' : room[i];
	return outcome(buf_text(&out), STR(SECRET));
}

/* A token with any header, signed as if it were right. */
static enum err forged(const char *header, const char *claims)
{
	char room[1024];
	struct buf out;

	buf_fixed(&out, room, sizeof room - 1);
	put_part(&out, header);
	buf_char(&out, '.');
	put_part(&out, claims);
	room[out.len] = '\0';
	return signed_parts(room);
}

static void no_algorithm_but_hs256_is_taken_even_if_signed(void **state)
{
	static const char *const headers[] = {"{\"alg\":\"none\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"hs256\"}", "{}",
		"{\"alg\":256}", "{\"alg\":null}", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"none\",\"alg\":\"HS256\"}", "[\"HS256\"]", "\"HS256\"", "HS256"};

	(void)state;
	assert_int_equal(forged("{\"alg\":\"HS256\"}", "{}"), ERR_OK);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		assert_int_equal(forged(headers[i], "{}"), ERR_BAD_REQUEST);
}

static void claims_are_one_object(void **state)
{
	static const char *const claims[] = {"[]", "null", "1", "{", "{}{}", "{\"iat\":1,\"iat\":2}", "not json"};

	(void)state;
	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
		assert_int_equal(forged("{\"alg\":\"HS256\"}", claims[i]), ERR_BAD_REQUEST);
}

static void parts_are_base64url_even_if_signed(void **state)
{
	static const char *const parts[] = {"eyJhbGciOiJIUzI1NiJ9.e", "eyJhbGciOiJIUzI1NiJ9.e3+", "eyJhbGciOiJIUzI1NiJ9.e3/",
		"eyJhbGciOiJIUzI1NiJ9.e30=", "eyJhbGciOiJIUzI1NiJ9.!!!!", "e.e30", "eyJhbGciOiJIUzI1NiJ9=.e30", "*.e30"};

	(void)state;
	assert_int_equal(signed_parts("eyJhbGciOiJIUzI1NiJ9.e30"), ERR_OK);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		assert_int_equal(signed_parts(parts[i]), ERR_BAD_REQUEST);
}

static void what_is_made_is_read_and_has_a_limit(void **state)
{
	char room[JWT_MAX + 8], claims[JWT_MAX];
	struct buf out;
	struct json json;

	(void)state;
	for (size_t len = 2; len < 60; len++) { /* every number of bytes in the last group */
		memset(claims, ' ', len);
		claims[0] = '{';
		claims[len - 1] = '}';
		buf_fixed(&out, room, sizeof room);
		jwt_put(&out, STR(SECRET), str_n(claims, len));
		assert_true(buf_ok(&out));
		assert_int_equal(read_token(buf_text(&out), STR(SECRET), &json), ERR_OK);
		json_done(&json);
	}
	/* 36 characters of header, 43 of signature, two dots: the claims may have 4,015, which is 3,011 bytes. */
	for (size_t len = 3011; len <= 3012; len++) {
		memset(claims, ' ', len);
		claims[0] = '{';
		claims[len - 1] = '}';
		buf_fixed(&out, room, sizeof room);
		jwt_put(&out, STR(SECRET), str_n(claims, len));
		assert_true(buf_ok(&out));
		assert_int_equal(out.len, len == 3011 ? JWT_MAX : JWT_MAX + 1);
		assert_int_equal(outcome(buf_text(&out), STR(SECRET)), len == 3011 ? ERR_OK : ERR_UNAUTHORIZED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_tokens_are_read),
		cmocka_unit_test(one_of_two_secrets_will_do_and_no_other),
		cmocka_unit_test(an_empty_secret_signs_nothing),
		cmocka_unit_test(any_other_character_is_another_token),
		cmocka_unit_test(no_algorithm_but_hs256_is_taken_even_if_signed),
		cmocka_unit_test(claims_are_one_object),
		cmocka_unit_test(parts_are_base64url_even_if_signed),
		cmocka_unit_test(what_is_made_is_read_and_has_a_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
