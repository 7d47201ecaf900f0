/* openssl_siv: the same box as siv_seal() makes, by OpenSSL's whole AES-SIV. */
#ifndef UNIT_CRYPTO_OPENSSL_SIV_H
#define UNIT_CRYPTO_OPENSSL_SIV_H

#include <openssl/evp.h>

#include "crypto/siv.h"

static inline void openssl_siv(const uint8_t *key, bool is_256, struct str ad, const uint8_t *text, int len, uint8_t *ret_sealed)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, is_256 ? "AES-256-SIV" : "AES-128-SIV", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int got;
	assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, key, NULL, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &got, (const uint8_t *)ad.at, (int)ad.len), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, ret_sealed + SIV_TAG_SIZE, &got, text, len), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SIV_TAG_SIZE, ret_sealed), 1);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
}

#endif
