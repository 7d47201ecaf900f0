/* Known answers: RFC 5297 appendix A.1 (A.2 has three pieces of associated data, which we never have); all else is held to OpenSSL's own SIV. */
#include "unit/test.h"

#include "base/hash.h"
#include "crypto/siv.h"
#include "unit/crypto/openssl_siv.h"

#define TEXT_MAX 64

static void siv_gives_the_answer_of_rfc_5297(void **state)
{
	static const uint8_t key[32] = {0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3, 0xf2,
		0xf1, 0xf0, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
	static const uint8_t ad[24] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
		0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27};
	static const uint8_t text[14] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
	static const uint8_t want[30] = {0x85, 0x63, 0x2d, 0x07, 0xc6, 0xe8, 0xf3, 0x7f, 0x95, 0x0a, 0xcd, 0x32, 0x0a, 0x2e,
		0xcc, 0x93, 0x40, 0xc0, 0x2b, 0x96, 0x90, 0xc4, 0xdc, 0x04, 0xda, 0xef, 0x7f, 0x6a, 0xfe, 0x5c};
	uint8_t sealed[30], opened[14];
	struct siv *siv = siv_new(key, sizeof key);
	(void)state;
	assert_true(siv_seal(siv, str_n((const char *)ad, sizeof ad), text, sizeof text, sealed));
	assert_memory_equal(sealed, want, sizeof want);
	assert_int_equal(siv_open(siv, str_n((const char *)ad, sizeof ad), sealed, sizeof text, opened), ERR_OK);
	assert_memory_equal(opened, text, sizeof text);
	siv_free(siv);
}

static void siv_with_aes_256_agrees_with_openssl_for_every_length(void **state)
{
	struct random random = {test_seed()};
	uint8_t key[64], ad[80], text[TEXT_MAX];
	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint8_t ours[SIV_TAG_SIZE + TEXT_MAX], theirs[sizeof ours];
		size_t ad_len = 1 + (size_t)i % sizeof ad, len = 1 + (size_t)i % TEXT_MAX;
		for (size_t j = 0; j < sizeof key; j++)
			key[j] = (uint8_t)random_next(&random);
		for (size_t j = 0; j < sizeof ad; j++)
			ad[j] = (uint8_t)random_next(&random);
		for (size_t j = 0; j < sizeof text; j++)
			text[j] = (uint8_t)random_next(&random);
		struct siv *siv = siv_new(key, sizeof key);
		assert_true(siv_seal(siv, str_n((const char *)ad, ad_len), text, len, ours));
		openssl_siv(key, true, str_n((const char *)ad, ad_len), text, (int)len, theirs);
		assert_memory_equal(ours, theirs, SIV_TAG_SIZE + len);
		siv_free(siv);
	}
}

/* One siv for all of them, texts opened between those sealed and some that don't open: nothing stays behind. */
static void siv_used_again_and_again_agrees_with_openssl(void **state)
{
	enum { LONG = 5000 };
	static uint8_t text[LONG], ours[SIV_TAG_SIZE + LONG], theirs[SIV_TAG_SIZE + LONG], opened[LONG];
	struct random random = {test_seed()};
	uint8_t key[64], ad[80];
	(void)state;
	for (int is_256 = 0; is_256 < 2; is_256++) {
		for (size_t j = 0; j < sizeof key; j++)
			key[j] = (uint8_t)random_next(&random);
		struct siv *siv = siv_new(key, is_256 ? 64 : 32);
		for (int i = 0; i < 1000; i++) {
			size_t len = 1 + random_below(&random, i % 10 ? 70 : LONG), ad_len = 1 + random_below(&random, sizeof ad);
			struct str what = str_n((const char *)ad, ad_len);
			for (size_t j = 0; j < ad_len; j++)
				ad[j] = (uint8_t)random_next(&random);
			for (size_t j = 0; j < len; j++)
				text[j] = (uint8_t)random_next(&random);
			assert_true(siv_seal(siv, what, text, len, ours));
			openssl_siv(key, is_256, what, text, (int)len, theirs);
			assert_memory_equal(ours, theirs, SIV_TAG_SIZE + len);
			assert_int_equal(siv_open(siv, what, theirs, len, opened), ERR_OK);
			assert_memory_equal(opened, text, len);
			theirs[random_below(&random, SIV_TAG_SIZE + (uint32_t)len)] ^= 1;
			memset(opened, 1, len);
			assert_int_equal(siv_open(siv, what, theirs, len, opened), ERR_STORE_REFUSED);
			for (size_t j = 0; j < len; j++)
				assert_int_equal(opened[j], 0);
		}
		siv_free(siv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siv_gives_the_answer_of_rfc_5297),
		cmocka_unit_test(siv_with_aes_256_agrees_with_openssl_for_every_length),
		cmocka_unit_test(siv_used_again_and_again_agrees_with_openssl),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
