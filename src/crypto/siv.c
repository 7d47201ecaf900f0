#include "crypto/siv.h"

#include "base/check.h"
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define BLOCK 16

struct siv {
	EVP_CIPHER_CTX *mac;     /* one block at a time: CMAC chains by hand */
	EVP_CIPHER_CTX *counter;
	uint8_t whole[BLOCK];    /* CMAC's subkey for messages that end with a whole block (NIST SP 800-38B, K1) */
	uint8_t padded[BLOCK];   /* and for those that are padded (K2) */
	uint8_t start[BLOCK];    /* dbl(CMAC(zero)): where S2V starts */
};

static EVP_CIPHER_CTX *block_cipher(const uint8_t *key, size_t key_len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, key_len == 32 ? "AES-256-ECB" : "AES-128-ECB", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	ASSERT(cipher && ctx);
	ASSERT(EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1);
	ASSERT(EVP_CIPHER_CTX_set_padding(ctx, 0) == 1);
	EVP_CIPHER_free(cipher);
	return ctx;
}

static void encrypt(EVP_CIPHER_CTX *ctx, uint8_t block[BLOCK])
{
	int len;
	ASSERT(EVP_EncryptUpdate(ctx, block, &len, block, BLOCK) == 1 && len == BLOCK);
}

/* Multiplication by x in GF(2^128), RFC 5297 section 2.3; without a branch on the value. */
static void dbl(uint8_t block[BLOCK])
{
	uint8_t carry = block[0] >> 7;
	for (int i = 0; i < BLOCK - 1; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK - 1] = (uint8_t)(block[BLOCK - 1] << 1) ^ (uint8_t)(-carry & 0x87);
}

static void xor_into(uint8_t *block, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		block[i] ^= bytes[i];
}

static void cmac(struct siv *siv, const uint8_t *bytes, size_t len, uint8_t ret_mac[BLOCK])
{
	uint8_t state[BLOCK] = {0};
	for (; len > BLOCK; bytes += BLOCK, len -= BLOCK) {
		xor_into(state, bytes, BLOCK);
		encrypt(siv->mac, state);
	}
	xor_into(state, bytes, len);
	if (len < BLOCK)
		state[len] ^= 0x80;
	xor_into(state, len < BLOCK ? siv->padded : siv->whole, BLOCK);
	encrypt(siv->mac, state);
	memcpy(ret_mac, state, BLOCK);
}

struct siv *siv_new(const uint8_t *key, size_t key_len)
{
	ASSERT(key_len == 32 || key_len == 64);
	struct siv *siv = calloc(1, sizeof *siv);
	ASSERT(siv);
	siv->mac = block_cipher(key, key_len / 2);
	siv->counter = block_cipher(key + key_len / 2, key_len / 2);
	encrypt(siv->mac, siv->whole);
	dbl(siv->whole);
	memcpy(siv->padded, siv->whole, BLOCK);
	dbl(siv->padded);
	static const uint8_t zero[BLOCK];
	cmac(siv, zero, BLOCK, siv->start);
	dbl(siv->start);
	return siv;
}

void siv_free(struct siv *siv)
{
	if (!siv)
		return;
	EVP_CIPHER_CTX_free(siv->mac);
	EVP_CIPHER_CTX_free(siv->counter);
	secret_wipe(siv, sizeof *siv);
	free(siv);
}

/* S2V of one associated data and a text shorter than a block (RFC 5297 section 2.4). */
static void s2v(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t ret_tag[BLOCK])
{
	uint8_t block[BLOCK];
	cmac(siv, (const uint8_t *)ad.at, ad.len, block);
	xor_into(block, siv->start, BLOCK);
	dbl(block);
	xor_into(block, text, len);
	block[len] ^= 0x80;
	cmac(siv, block, BLOCK, ret_tag);
}

/* Counter mode within one block, from the tag with two bits cleared (section 2.5). */
static void counter(struct siv *siv, const uint8_t tag[BLOCK], const uint8_t *in, size_t len, uint8_t *ret_out)
{
	uint8_t pad[BLOCK];
	memcpy(pad, tag, BLOCK);
	pad[8] &= 0x7f;
	pad[12] &= 0x7f;
	encrypt(siv->counter, pad);
	for (size_t i = 0; i < len; i++)
		ret_out[i] = in[i] ^ pad[i];
}

void siv_seal(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t *ret_sealed)
{
	ASSERT(len <= SIV_TEXT_MAX);
	s2v(siv, ad, text, len, ret_sealed);
	counter(siv, ret_sealed, text, len, ret_sealed + SIV_TAG_SIZE);
}

enum err siv_open(struct siv *siv, struct str ad, const uint8_t *sealed, size_t len, uint8_t *ret_text)
{
	ASSERT(len <= SIV_TEXT_MAX);
	uint8_t text[SIV_TEXT_MAX + 1];
	uint8_t tag[SIV_TAG_SIZE];
	counter(siv, sealed, sealed + SIV_TAG_SIZE, len, text);
	s2v(siv, ad, text, len, tag);
	bool same = CRYPTO_memcmp(tag, sealed, SIV_TAG_SIZE) == 0;
	if (same)
		memcpy(ret_text, text, len);
	secret_wipe(text, sizeof text);
	return same ? ERR_OK : ERR_STORE_REFUSED;
}
