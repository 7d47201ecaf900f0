/* Vectors: RFC 2202 (HMAC-SHA-1), RFC 4231 (HMAC-SHA-256), RFC 1321 (MD5), FIPS 180-4 examples. */
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

	(void)state;
	hmac_sha1(repeat(key_room, 0x0b, 20), STR("Hi There"), mac);
	assert_string_equal(hex(mac, 20), "b617318655057264e28bc0b6fb378c8ef146be00");
	hmac_sha1(STR("Jefe"), STR("what do ya want for nothing?"), mac);
	assert_string_equal(hex(mac, 20), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	hmac_sha1(repeat(key_room, 0xaa, 20), repeat(data_room, 0xdd, 50), mac);
	assert_string_equal(hex(mac, 20), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
	hmac_sha1(repeat(key_room, 0xaa, 80), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
		mac);
	assert_string_equal(hex(mac, 20), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
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
		cmocka_unit_test(secrets_are_equal_only_whole),
		cmocka_unit_test(random_bytes_differ_and_wiped_bytes_are_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
