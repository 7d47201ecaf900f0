#include "crypto/siv.h"

#include "base/check.h"
#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct siv {
	EVP_CIPHER_CTX *sealing, *opening; /* with their key, never used themselves */
	EVP_CIPHER_CTX *work;
};

static EVP_CIPHER_CTX *keyed(EVP_CIPHER *cipher, const uint8_t *key, int seals)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	ASSERT(ctx && EVP_CipherInit_ex2(ctx, cipher, key, NULL, seals, NULL) == 1);
	return ctx;
}

struct siv *siv_new(const uint8_t *key, size_t key_len)
{
	ASSERT(key_len == 32 || key_len == 64);
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, key_len == 64 ? "AES-256-SIV" : "AES-128-SIV", NULL);
	struct siv *siv = calloc(1, sizeof *siv);

	ASSERT(cipher && siv);
	siv->sealing = keyed(cipher, key, 1);
	siv->opening = keyed(cipher, key, 0);
	siv->work = EVP_CIPHER_CTX_new();
	ASSERT(siv->work);
	EVP_CIPHER_free(cipher);
	return siv;
}

void siv_free(struct siv *siv)
{
	if (!siv)
		return;
	EVP_CIPHER_CTX_free(siv->sealing);
	EVP_CIPHER_CTX_free(siv->opening);
	EVP_CIPHER_CTX_free(siv->work);
	free(siv);
}

bool siv_seal(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t *ret_sealed)
{
	int n;

	ASSERT(len > 0 && len <= SIV_TEXT_MAX && ad.len > 0);
	/* What can fail in each of these is an allocation: OpenSSL copies the context, and one of a MAC for each text. */
	bool sealed = EVP_CIPHER_CTX_copy(siv->work, siv->sealing) == 1 &&
		      EVP_EncryptUpdate(siv->work, NULL, &n, (const uint8_t *)ad.at, (int)ad.len) == 1 &&
		      EVP_EncryptUpdate(siv->work, ret_sealed + SIV_TAG_SIZE, &n, text, (int)len) == 1 && n == (int)len &&
		      EVP_EncryptFinal_ex(siv->work, ret_sealed + SIV_TAG_SIZE + len, &n) == 1 && n == 0 &&
		      EVP_CIPHER_CTX_ctrl(siv->work, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_SIZE, ret_sealed) == 1;
	if (!sealed)
		ERR_clear_error();
	return sealed;
}

/* A tag that is another leaves nothing in OpenSSL's queue of errors. */
static enum err why_not(void)
{
	bool silent = ERR_peek_error() == 0;

	ERR_clear_error();
	return silent ? ERR_STORE_REFUSED : ERR_OVERLOADED;
}

enum err siv_open(struct siv *siv, struct str ad, const uint8_t *sealed, size_t len, uint8_t *ret_text)
{
	uint8_t tag[SIV_TAG_SIZE];
	int n;

	ASSERT(len > 0 && len <= SIV_TEXT_MAX && ad.len > 0);
	memcpy(tag, sealed, SIV_TAG_SIZE);
	ERR_clear_error();
	bool ready = EVP_CIPHER_CTX_copy(siv->work, siv->opening) == 1 &&
		     EVP_CIPHER_CTX_ctrl(siv->work, EVP_CTRL_AEAD_SET_TAG, SIV_TAG_SIZE, tag) == 1 &&
		     EVP_DecryptUpdate(siv->work, NULL, &n, (const uint8_t *)ad.at, (int)ad.len) == 1;
	if (ready && EVP_DecryptUpdate(siv->work, ret_text, &n, sealed + SIV_TAG_SIZE, (int)len) == 1 && n == (int)len)
		return ERR_OK;
	secret_wipe(ret_text, len);
	enum err err = why_not();
	return ready ? err : ERR_OVERLOADED;
}
