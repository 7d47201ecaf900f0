#include "crypto/siv.h"

#include "base/check.h"
#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

#define BLOCK_SIZE 16
_Static_assert(SIV_TAG_SIZE == BLOCK_SIZE, "the tag is a block: RFC 5297 section 2.6");

struct siv {
	EVP_MAC_CTX *mac;     /* CMAC under the first half of the key, begun anew for each text */
	EVP_CIPHER_CTX *ctr;  /* CTR under the second */
	uint8_t begin[BLOCK_SIZE]; /* what S2V begins with: the CMAC of a block of zeros, doubled once */
};

/* CMAC of the text and, if there is one, the block behind it. False, here and below: no memory; nothing else fails. */
static bool cmac(struct siv *siv, const uint8_t *text, size_t len, const uint8_t *block, uint8_t ret_mac[BLOCK_SIZE])
{
	size_t n;

	return EVP_MAC_init(siv->mac, NULL, 0, NULL) == 1 && (len == 0 || EVP_MAC_update(siv->mac, text, len) == 1) &&
	       (!block || EVP_MAC_update(siv->mac, block, BLOCK_SIZE) == 1) &&
	       EVP_MAC_final(siv->mac, ret_mac, &n, BLOCK_SIZE) == 1 && n == BLOCK_SIZE;
}

/* dbl() of RFC 5297 section 2.3; no branch on what is secret. */
static void twice(uint8_t block[BLOCK_SIZE])
{
	uint8_t carry = block[0] >> 7;

	for (int i = 0; i < BLOCK_SIZE - 1; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK_SIZE - 1] = (uint8_t)(block[BLOCK_SIZE - 1] << 1 ^ (0x87 & -carry));
}

static void xor_block(uint8_t into[BLOCK_SIZE], const uint8_t *other)
{
	for (int i = 0; i < BLOCK_SIZE; i++)
		into[i] ^= other[i];
}

/* S2V of RFC 5297 section 2.4, of `ad` and the text. */
static bool s2v(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t ret_tag[SIV_TAG_SIZE])
{
	uint8_t d[BLOCK_SIZE], last[BLOCK_SIZE] = {0};

	if (!cmac(siv, (const uint8_t *)ad.at, ad.len, NULL, d))
		return false;
	xor_block(d, siv->begin);
	if (len >= BLOCK_SIZE) {
		memcpy(last, text + len - BLOCK_SIZE, BLOCK_SIZE);
		len -= BLOCK_SIZE;
	} else {
		memcpy(last, text, len);
		last[len] = 0x80;
		len = 0;
		twice(d);
	}
	xor_block(last, d);
	bool made = cmac(siv, text, len, last, ret_tag);
	secret_wipe(last, sizeof last);
	return made;
}

/* The cipher text of a text, and back. */
static bool ctr(struct siv *siv, const uint8_t tag[SIV_TAG_SIZE], const uint8_t *in, size_t len, uint8_t *ret_out)
{
	uint8_t counter[BLOCK_SIZE];
	int n;

	memcpy(counter, tag, BLOCK_SIZE);
	counter[8] &= 0x7f; /* section 2.5: so that 32-bit counters don't carry */
	counter[12] &= 0x7f;
	return EVP_EncryptInit_ex2(siv->ctr, NULL, NULL, counter, NULL) == 1 &&
	       EVP_EncryptUpdate(siv->ctr, ret_out, &n, in, (int)len) == 1 && n == (int)len;
}

static EVP_MAC_CTX *mac_of_key(const uint8_t *key, size_t len)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	char name[] = "AES-128-CBC";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0), OSSL_PARAM_construct_end()};

	memcpy(name, len == 32 ? "AES-256" : "AES-128", 7);
	ASSERT(mac && ctx && EVP_MAC_init(ctx, key, len, params) == 1);
	EVP_MAC_free(mac);
	return ctx;
}

static EVP_CIPHER_CTX *ctr_of_key(const uint8_t *key, size_t len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, len == 32 ? "AES-256-CTR" : "AES-128-CTR", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	ASSERT(cipher && ctx && EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1);
	EVP_CIPHER_free(cipher);
	return ctx;
}

/* The library's own AES-SIV must give what we give, before a box is made or opened. */
static void agrees_with_openssl(struct siv *siv, const uint8_t *key, size_t key_len)
{
	static const uint8_t text[BLOCK_SIZE + 5] = "the same both ways: 1";
	uint8_t ours[SIV_TAG_SIZE + sizeof text], whole[sizeof ours];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, key_len == 64 ? "AES-256-SIV" : "AES-128-SIV", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	ASSERT(cipher && ctx && EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1);
	ASSERT(EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)"ad", 2) == 1);
	ASSERT(EVP_EncryptUpdate(ctx, whole + SIV_TAG_SIZE, &n, text, sizeof text) == 1);
	ASSERT(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_SIZE, whole) == 1);
	for (int again = 0; again < 2; again++) {
		ASSERT(siv_seal(siv, STR("ad"), text, sizeof text, ours));
		ASSERT(secret_equal(str_n((const char *)ours, sizeof ours), str_n((const char *)whole, sizeof whole)));
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

struct siv *siv_new(const uint8_t *key, size_t key_len)
{
	static const uint8_t zeros[BLOCK_SIZE];
	struct siv *siv = calloc(1, sizeof *siv);

	ASSERT(siv && (key_len == 32 || key_len == 64));
	siv->mac = mac_of_key(key, key_len / 2);
	siv->ctr = ctr_of_key(key + key_len / 2, key_len / 2);
	ASSERT(cmac(siv, zeros, sizeof zeros, NULL, siv->begin));
	twice(siv->begin);
	agrees_with_openssl(siv, key, key_len);
	return siv;
}

void siv_free(struct siv *siv)
{
	if (!siv)
		return;
	EVP_MAC_CTX_free(siv->mac);
	EVP_CIPHER_CTX_free(siv->ctr);
	secret_wipe(siv, sizeof *siv);
	free(siv);
}

bool siv_seal(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t *ret_sealed)
{
	ASSERT(len > 0 && len <= SIV_TEXT_MAX && ad.len > 0);
	bool sealed = s2v(siv, ad, text, len, ret_sealed) && ctr(siv, ret_sealed, text, len, ret_sealed + SIV_TAG_SIZE);
	if (!sealed)
		ERR_clear_error();
	return sealed;
}

enum err siv_open(struct siv *siv, struct str ad, const uint8_t *sealed, size_t len, uint8_t *ret_text)
{
	uint8_t tag[SIV_TAG_SIZE];

	ASSERT(len > 0 && len <= SIV_TEXT_MAX && ad.len > 0);
	bool looked = ctr(siv, sealed, sealed + SIV_TAG_SIZE, len, ret_text) && s2v(siv, ad, ret_text, len, tag);
	bool same = looked && secret_equal(str_n((const char *)tag, sizeof tag), str_n((const char *)sealed, sizeof tag));
	if (!same)
		secret_wipe(ret_text, len);
	if (!looked)
		ERR_clear_error();
	return same ? ERR_OK : looked ? ERR_STORE_REFUSED : ERR_OVERLOADED;
}
