/* SHA-1 and SHA-256 go through OpenSSL's plain functions, not EVP: with 450 bytes of message and a new
 * key each time, an HMAC costs 0.4 us this way and 1.6 us by HMAC(), nearly all of it looking up the
 * algorithm and allocating. OpenSSL marks them deprecated (an application can't swap the provider
 * underneath), which is no loss to us. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "base/check.h"

#define BLOCK_SIZE 64 /* of both hashes */

struct mac {
	bool sha1;
	/* The hash after the block (key ^ ipad), and after (key ^ opad): RFC 2104 section 4. */
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
	} inner, outer;
};

void sha256(const void *bytes, size_t len, uint8_t ret_hash[SHA256_SIZE])
{
	SHA256_CTX hash;

	ASSERT(SHA256_Init(&hash));
	ASSERT(len == 0 || SHA256_Update(&hash, bytes, len));
	ASSERT(SHA256_Final(ret_hash, &hash));
}

void md5(const void *bytes, size_t len, uint8_t ret_hash[16])
{
	ASSERT(EVP_Digest(len ? bytes : "", len, ret_hash, NULL, EVP_md5(), NULL));
}

/* RFC 2104 section 2: a key longer than a block is replaced by its hash. */
static void key_block(struct str key, bool sha1, uint8_t block[BLOCK_SIZE])
{
	memset(block, 0, BLOCK_SIZE);
	if (key.len <= BLOCK_SIZE) {
		if (key.len)
			memcpy(block, key.at, key.len);
	} else if (sha1) {
		ASSERT(SHA1((const uint8_t *)key.at, key.len, block));
	} else {
		sha256(key.at, key.len, block);
	}
}

static void mac_init(struct mac *mac, struct str key, bool sha1)
{
	uint8_t block[BLOCK_SIZE];

	mac->sha1 = sha1;
	key_block(key, sha1, block);
	for (int i = 0; i < BLOCK_SIZE; i++)
		block[i] ^= 0x36;
	if (sha1)
		ASSERT(SHA1_Init(&mac->inner.sha1) && SHA1_Update(&mac->inner.sha1, block, BLOCK_SIZE));
	else
		ASSERT(SHA256_Init(&mac->inner.sha256) &&
			SHA256_Update(&mac->inner.sha256, block, BLOCK_SIZE));
	for (int i = 0; i < BLOCK_SIZE; i++)
		block[i] ^= 0x36 ^ 0x5c;
	if (sha1)
		ASSERT(SHA1_Init(&mac->outer.sha1) && SHA1_Update(&mac->outer.sha1, block, BLOCK_SIZE));
	else
		ASSERT(SHA256_Init(&mac->outer.sha256) &&
			SHA256_Update(&mac->outer.sha256, block, BLOCK_SIZE));
	secret_wipe(block, sizeof block);
}

static struct mac *mac_new(struct str key, bool sha1)
{
	struct mac *mac = malloc(sizeof *mac);

	ASSERT(mac);
	mac_init(mac, key, sha1);
	return mac;
}

struct mac *mac_new_sha1(struct str key)
{
	return mac_new(key, true);
}

struct mac *mac_new_sha256(struct str key)
{
	return mac_new(key, false);
}

void mac_free(struct mac *mac)
{
	if (!mac)
		return;
	secret_wipe(mac, sizeof *mac);
	free(mac);
}

/* A webhook's form is some fifty pieces of a few bytes: put together first, each costs a third. */
static void sha1_pieces(SHA_CTX *hash, const struct str *pieces, int pieces_n)
{
	uint8_t together[4 * BLOCK_SIZE];
	size_t n = 0;

	for (int i = 0; i < pieces_n; i++) {
		if (pieces[i].len == 0)
			continue;
		if (pieces[i].len > sizeof together - n) {
			ASSERT(SHA1_Update(hash, together, n));
			n = 0;
		}
		if (pieces[i].len > sizeof together) {
			ASSERT(SHA1_Update(hash, pieces[i].at, pieces[i].len));
			continue;
		}
		memcpy(together + n, pieces[i].at, pieces[i].len);
		n += pieces[i].len;
	}
	ASSERT(SHA1_Update(hash, together, n));
}

static void mac_of_sha1(const struct mac *mac, const struct str *pieces, int pieces_n, uint8_t *ret_mac)
{
	SHA_CTX hash = mac->inner.sha1;
	uint8_t inner[SHA1_SIZE];

	sha1_pieces(&hash, pieces, pieces_n);
	ASSERT(SHA1_Final(inner, &hash));
	hash = mac->outer.sha1;
	ASSERT(SHA1_Update(&hash, inner, sizeof inner));
	ASSERT(SHA1_Final(ret_mac, &hash));
}

static void mac_of_sha256(const struct mac *mac, const struct str *pieces, int pieces_n, uint8_t *ret_mac)
{
	SHA256_CTX hash = mac->inner.sha256;
	uint8_t inner[SHA256_SIZE];

	for (int i = 0; i < pieces_n; i++)
		ASSERT(pieces[i].len == 0 || SHA256_Update(&hash, pieces[i].at, pieces[i].len));
	ASSERT(SHA256_Final(inner, &hash));
	hash = mac->outer.sha256;
	ASSERT(SHA256_Update(&hash, inner, sizeof inner));
	ASSERT(SHA256_Final(ret_mac, &hash));
}

void mac_of(struct mac *mac, const struct str *pieces, int pieces_n, uint8_t *ret_mac)
{
	if (mac->sha1)
		mac_of_sha1(mac, pieces, pieces_n, ret_mac);
	else
		mac_of_sha256(mac, pieces, pieces_n, ret_mac);
}

static void hmac(struct str key, struct str message, bool sha1, uint8_t *ret_mac)
{
	struct mac mac;

	mac_init(&mac, key, sha1);
	mac_of(&mac, &message, 1, ret_mac);
	secret_wipe(&mac, sizeof mac);
}

void hmac_sha1(struct str key, struct str message, uint8_t ret_mac[SHA1_SIZE])
{
	hmac(key, message, true, ret_mac);
}

void hmac_sha256(struct str key, struct str message, uint8_t ret_mac[SHA256_SIZE])
{
	hmac(key, message, false, ret_mac);
}

bool ed25519_holds(const uint8_t public_key[ED25519_KEY_SIZE], struct str message,
	const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_KEY_SIZE);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const uint8_t *bytes = (const uint8_t *)(message.len ? message.at : "");

	/* Any 32 bytes are a key; what is no point of the curve verifies nothing. */
	ASSERT(key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1);
	bool holds = EVP_DigestVerify(context, signature, ED25519_SIGNATURE_SIZE, bytes, message.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return holds;
}

void ed25519_public(const uint8_t seed[ED25519_KEY_SIZE], uint8_t ret_public_key[ED25519_KEY_SIZE])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_KEY_SIZE);
	size_t len = ED25519_KEY_SIZE;

	ASSERT(key && EVP_PKEY_get_raw_public_key(key, ret_public_key, &len) == 1 && len == ED25519_KEY_SIZE);
	EVP_PKEY_free(key);
}

void ed25519_sign(const uint8_t seed[ED25519_KEY_SIZE], struct str message,
	uint8_t ret_signature[ED25519_SIGNATURE_SIZE])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_KEY_SIZE);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const uint8_t *bytes = (const uint8_t *)(message.len ? message.at : "");
	size_t len = ED25519_SIGNATURE_SIZE;

	ASSERT(key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
	ASSERT(EVP_DigestSign(context, ret_signature, &len, bytes, message.len) == 1);
	ASSERT(len == ED25519_SIGNATURE_SIZE);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

bool secret_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

void secret_random(void *bytes, size_t len)
{
	while (len) {
		int some = len < 1 << 20 ? (int)len : 1 << 20;

		ASSERT(RAND_bytes(bytes, some) == 1);
		bytes = (char *)bytes + some;
		len -= (size_t)some;
	}
}

void secret_wipe(void *bytes, size_t len)
{
	OPENSSL_cleanse(bytes, len);
}
