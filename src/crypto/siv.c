#include "crypto/siv.h"

#include "base/check.h"
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define BLOCK 16

struct block {
	uint8_t at[BLOCK];
};

struct siv {
	EVP_CIPHER_CTX *mac, *ctr; /* AES of one block, under each half of the key */
	struct block whole, padded; /* CMAC's K1 and K2: RFC 4493 section 2.3 */
	struct block zero;          /* dbl(CMAC(0)), where S2V begins */
};

static EVP_CIPHER_CTX *keyed(EVP_CIPHER *cipher, const uint8_t *key)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	ASSERT(ctx && EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1);
	ASSERT(EVP_CIPHER_CTX_set_padding(ctx, 0) == 1);
	return ctx;
}

static void encrypt(EVP_CIPHER_CTX *ctx, struct block *block)
{
	int n;

	ASSERT(EVP_EncryptUpdate(ctx, block->at, &n, block->at, BLOCK) == 1 && n == BLOCK);
}

static void mix(struct block *block, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		block->at[i] ^= bytes[i];
}

/* Times x in GF(2^128), without a branch on the secret bit: RFC 5297 section 2.3. */
static void twice(struct block *block)
{
	uint8_t over = (uint8_t)(0 - (block->at[0] >> 7)) & 0x87;

	for (int i = 0; i < BLOCK - 1; i++)
		block->at[i] = (uint8_t)(block->at[i] << 1 | block->at[i + 1] >> 7);
	block->at[BLOCK - 1] = (uint8_t)(block->at[BLOCK - 1] << 1) ^ over;
}

/* RFC 4493. */
static struct block cmac(const struct siv *siv, const uint8_t *bytes, size_t len)
{
	struct block sum = {{0}};

	for (; len > BLOCK; bytes += BLOCK, len -= BLOCK) {
		mix(&sum, bytes, BLOCK);
		encrypt(siv->mac, &sum);
	}
	mix(&sum, bytes, len);
	if (len < BLOCK)
		sum.at[len] ^= 0x80;
	mix(&sum, len == BLOCK ? siv->whole.at : siv->padded.at, BLOCK);
	encrypt(siv->mac, &sum);
	return sum;
}

struct siv *siv_new(const uint8_t *key, size_t key_len)
{
	ASSERT(key_len == 32 || key_len == 64);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, key_len == 64 ? "AES-256-ECB" : "AES-128-ECB", NULL);
	struct siv *siv = calloc(1, sizeof *siv);

	ASSERT(cipher && siv);
	siv->mac = keyed(cipher, key);
	siv->ctr = keyed(cipher, key + key_len / 2);
	EVP_CIPHER_free(cipher);
	encrypt(siv->mac, &siv->whole);
	twice(&siv->whole);
	siv->padded = siv->whole;
	twice(&siv->padded);
	siv->zero = cmac(siv, siv->zero.at, BLOCK);
	twice(&siv->zero);
	return siv;
}

void siv_free(struct siv *siv)
{
	if (!siv)
		return;
	EVP_CIPHER_CTX_free(siv->mac);
	EVP_CIPHER_CTX_free(siv->ctr);
	secret_wipe(siv, sizeof *siv);
	free(siv);
}

/* RFC 5297 section 2.4, for one piece of associated data. */
static struct block s2v(const struct siv *siv, struct str ad, const uint8_t *text, size_t len)
{
	struct block d = cmac(siv, (const uint8_t *)ad.at, ad.len);
	uint8_t last[SIV_TEXT_MAX];

	mix(&d, siv->zero.at, BLOCK);
	if (len < BLOCK) {
		twice(&d);
		mix(&d, text, len);
		d.at[len] ^= 0x80;
		return cmac(siv, d.at, BLOCK);
	}
	memcpy(last, text, len);
	for (int i = 0; i < BLOCK; i++)
		last[len - BLOCK + (size_t)i] ^= d.at[i];
	d = cmac(siv, last, len);
	secret_wipe(last, sizeof last);
	return d;
}

/* RFC 5297 sections 2.5, 2.6: two bits of the tag are cleared, so that the counter never carries far. */
static void ctr(const struct siv *siv, const uint8_t tag[SIV_TAG_SIZE], const uint8_t *in, size_t len, uint8_t *out)
{
	struct block counter, stream;

	memcpy(counter.at, tag, BLOCK);
	counter.at[8] &= 0x7f;
	counter.at[12] &= 0x7f;
	for (size_t done = 0; done < len; done += BLOCK) {
		stream = counter;
		encrypt(siv->ctr, &stream);
		for (size_t i = 0; i < BLOCK && done + i < len; i++)
			out[done + i] = in[done + i] ^ stream.at[i];
		for (int i = BLOCK - 1; i >= 0 && ++counter.at[i] == 0; i--)
			;
	}
	secret_wipe(&stream, sizeof stream);
}

void siv_seal(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t *ret_sealed)
{
	ASSERT(len > 0 && len <= SIV_TEXT_MAX);
	struct block tag = s2v(siv, ad, text, len);

	memcpy(ret_sealed, tag.at, SIV_TAG_SIZE);
	ctr(siv, tag.at, text, len, ret_sealed + SIV_TAG_SIZE);
}

enum err siv_open(struct siv *siv, struct str ad, const uint8_t *sealed, size_t len, uint8_t *ret_text)
{
	uint8_t text[SIV_TEXT_MAX];

	ASSERT(len > 0 && len <= SIV_TEXT_MAX);
	ctr(siv, sealed, sealed + SIV_TAG_SIZE, len, text);
	struct block tag = s2v(siv, ad, text, len);
	bool same = CRYPTO_memcmp(tag.at, sealed, SIV_TAG_SIZE) == 0;
	if (same)
		memcpy(ret_text, text, len);
	secret_wipe(text, sizeof text);
	return same ? ERR_OK : ERR_STORE_REFUSED;
}
