/* Vectors: RFC 2202 (HMAC-SHA-1), RFC 4231 (HMAC-SHA-256), both whole, RFC 1321 (MD5), FIPS 180-4 examples, RFC 8032 (Ed25519). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "page_end.h"

static char hex_room[65];

static const char *hex(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		snprintf(hex_room + 2 * i, 3, "%02x", bytes[i]);
	return hex_room;
}

static bool hex_read(struct str text, uint8_t *bytes, size_t size, size_t *ret_len)
{
	unsigned byte;

	*ret_len = text.len / 2;
	for (size_t i = 0; i < *ret_len; i++) {
		if (i == size || sscanf(text.at + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (uint8_t)byte;
	}
	return true;
}

static struct str repeat(char *room, int byte, size_t len)
{
	memset(room, byte, len);
	return str_n(room, len);
}

static void hmac_sha256_gives_the_vectors_of_rfc_4231(void **state)
{
	char key_room[131], data_room[50];
	uint8_t mac[SHA256_SIZE];
	static const uint8_t key_4[25] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25};

	(void)state;
	hmac_sha256(repeat(key_room, 0x0b, 20), STR("Hi There"), mac);
	assert_string_equal(hex(mac, 32), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), mac);
	assert_string_equal(hex(mac, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hmac_sha256(repeat(key_room, 0xaa, 20), repeat(data_room, 0xdd, 50), mac);
	assert_string_equal(hex(mac, 32), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	hmac_sha256(str_n((const char *)key_4, 25), repeat(data_room, 0xcd, 50), mac);
	assert_string_equal(hex(mac, 32), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
	hmac_sha256(repeat(key_room, 0x0c, 20), STR("Test With Truncation"), mac);
	assert_string_equal(hex(mac, 16), "a3b6167473100ee06e0c796c2955552b"); /* all that the RFC tells of it */
	hmac_sha256(repeat(key_room, 0xaa, 131),
		STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
	assert_string_equal(hex(mac, 32), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256(repeat(key_room, 0xaa, 131),
		STR("This is a test using a larger than block-size key and a larger than block-size data. "
		    "The key "
		    "needs to be hashed before being used by the HMAC algorithm."),
		mac);
	assert_string_equal(hex(mac, 32), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void hmac_sha1_gives_the_vectors_of_rfc_2202(void **state)
{
	char key_room[80], data_room[50];
	uint8_t mac[SHA1_SIZE];
	static const uint8_t key_4[25] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25};

	(void)state;
	hmac_sha1(repeat(key_room, 0x0b, 20), STR("Hi There"), mac);
	assert_string_equal(hex(mac, 20), "b617318655057264e28bc0b6fb378c8ef146be00");
	hmac_sha1(STR("Jefe"), STR("what do ya want for nothing?"), mac);
	assert_string_equal(hex(mac, 20), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	hmac_sha1(repeat(key_room, 0xaa, 20), repeat(data_room, 0xdd, 50), mac);
	assert_string_equal(hex(mac, 20), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
	hmac_sha1(str_n((const char *)key_4, 25), repeat(data_room, 0xcd, 50), mac);
	assert_string_equal(hex(mac, 20), "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
	hmac_sha1(repeat(key_room, 0x0c, 20), STR("Test With Truncation"), mac);
	assert_string_equal(hex(mac, 20), "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04");
	hmac_sha1(repeat(key_room, 0xaa, 80), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
		mac);
	assert_string_equal(hex(mac, 20), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
	hmac_sha1(repeat(key_room, 0xaa, 80),
		STR("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"), mac);
	assert_string_equal(hex(mac, 20), "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

static void hashes_give_their_known_values(void **state)
{
	uint8_t hash[SHA256_SIZE];

	(void)state;
	sha256("abc", 3, hash);
	assert_string_equal(
		hex(hash, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(NULL, 0, hash);
	assert_string_equal(
		hex(hash, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	md5("abc", 3, hash);
	assert_string_equal(hex(hash, 16), "900150983cd24fb0d6963f7d28e17f72");
	md5(NULL, 0, hash);
	assert_string_equal(hex(hash, 16), "d41d8cd98f00b204e9800998ecf8427e");
}

static void a_mac_made_once_serves_many_messages_in_any_pieces(void **state)
{
	struct mac *sha1 = mac_new_sha1(STR("Jefe"));
	struct mac *sha256_mac = mac_new_sha256(STR("Jefe"));
	struct str pieces[] = {STR("what do "), STR_NONE, STR("ya want"), STR(""), STR(" for nothing?")};
	uint8_t mac[SHA256_SIZE];

	(void)state;
	for (int i = 0; i < 3; i++) {
		mac_of(sha1, pieces, 5, mac);
		assert_string_equal(hex(mac, 20), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
		mac_of(sha256_mac, pieces, 5, mac);
		assert_string_equal(
			hex(mac, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	}
	mac_free(sha1);
	mac_free(sha256_mac);
	mac_free(NULL);
}

/* RFC 8032 section 7.1, tests 1 to 3 and SHA(abc), whose key has its highest bit set. */
static void ed25519_gives_the_vectors_of_rfc_8032(void **state)
{
	static const struct {
		const char *seed, *key, *message, *signature;
	} vectors[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
			"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
			"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
			"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
			"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
		{"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
			"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
			"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
			"dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
			"09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
	};
	uint8_t seed[32], key[32], message[64], signature[64], made[64];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		assert_true(hex_read(str_of(vectors[i].seed), seed, sizeof seed, &len));
		assert_true(hex_read(str_of(vectors[i].key), key, sizeof key, &len));
		assert_true(hex_read(str_of(vectors[i].signature), signature, sizeof signature, &len));
		assert_true(hex_read(str_of(vectors[i].message), message, sizeof message, &len));
		struct page_end copy = page_end_copy(str_n((const char *)message, len));
		ed25519_public(seed, made);
		assert_memory_equal(made, key, sizeof key);
		ed25519_sign(seed, copy.text, made);
		assert_memory_equal(made, signature, sizeof signature);
		assert_true(ed25519_holds(key, copy.text, signature));
		page_end_free(&copy);
	}
}

static void any_changed_bit_of_an_ed25519_signature_is_noticed(void **state)
{
	uint8_t seed[32] = {1}, key[32], signature[64];
	char message[] = "1704067200|{}";

	(void)state;
	ed25519_public(seed, key);
	ed25519_sign(seed, str_of(message), signature);
	assert_true(ed25519_holds(key, str_of(message), signature));
	for (int bit = 0; bit < 64 * 8; bit++) {
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(ed25519_holds(key, str_of(message), signature));
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < strlen(message) * 8; bit++) {
		message[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(ed25519_holds(key, str_n(message, sizeof message - 1), signature));
		message[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_false(ed25519_holds(key, STR(""), signature));
	key[0] ^= 1;
	assert_false(ed25519_holds(key, str_of(message), signature));
	memset(key, 0xff, sizeof key); /* no point of the curve */
	assert_false(ed25519_holds(key, str_of(message), signature));
}

static void secrets_are_equal_only_whole(void **state)
{
	struct page_end copy = page_end_copy(STR("secret"));

	(void)state;
	assert_true(secret_equal(copy.text, STR("secret")));
	assert_false(secret_equal(copy.text, STR("secres")));
	assert_false(secret_equal(copy.text, STR("secre")));
	assert_false(secret_equal(copy.text, STR("secrets")));
	assert_true(secret_equal(STR_NONE, STR("")));
	page_end_free(&copy);
}

static void random_bytes_differ_and_wiped_bytes_are_zero(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};

	(void)state;
	secret_random(a, sizeof a);
	secret_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	secret_wipe(a, sizeof a);
	assert_memory_equal(a, zero, sizeof a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_sha256_gives_the_vectors_of_rfc_4231),
		cmocka_unit_test(hmac_sha1_gives_the_vectors_of_rfc_2202),
		cmocka_unit_test(hashes_give_their_known_values),
		cmocka_unit_test(a_mac_made_once_serves_many_messages_in_any_pieces),
		cmocka_unit_test(ed25519_gives_the_vectors_of_rfc_8032),
		cmocka_unit_test(any_changed_bit_of_an_ed25519_signature_is_noticed),
		cmocka_unit_test(secrets_are_equal_only_whole),
		cmocka_unit_test(random_bytes_differ_and_wiped_bytes_are_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
