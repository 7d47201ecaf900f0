/* digest: hashes, MACs, signatures, comparison and randomness, all OpenSSL's. Threads: any.
 *
 * A failure of the library itself (no memory, no entropy) is fatal: ASSERT.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/str.h"

#define SHA1_SIZE 20
#define SHA256_SIZE 32

void sha256(const void *bytes, size_t len, uint8_t ret_hash[SHA256_SIZE]);
void sha256_of(const struct str *pieces, int pieces_n, uint8_t ret_hash[SHA256_SIZE]); /* one after the other; may be secret */
void md5(const void *bytes, size_t len, uint8_t ret_hash[16]);

/* A key made ready once, used often: the cost of a MAC is then that of its blocks. */
struct mac;
struct mac *mac_new_sha1(struct str key);
struct mac *mac_new_sha256(struct str key);
void mac_free(struct mac *mac);
/* Message in pieces; out is 20 or 32 bytes. Not for two threads at once on one mac. */
void mac_of(struct mac *mac, const struct str *pieces, int pieces_n, uint8_t *ret_mac);

/* With a key that is used once: nothing is allocated, so that a signature can be checked whatever memory there is. */
void hmac_sha1_of(struct str key, const struct str *pieces, int pieces_n, uint8_t ret_mac[SHA1_SIZE]);
void hmac_sha256_of(struct str key, const struct str *pieces, int pieces_n, uint8_t ret_mac[SHA256_SIZE]);
void hmac_sha1(struct str key, struct str message, uint8_t ret_mac[SHA1_SIZE]);
void hmac_sha256(struct str key, struct str message, uint8_t ret_mac[SHA256_SIZE]);

/* Ed25519 (RFC 8032): false for a signature that isn't this key's, and for bytes that are no key, and without memory. What is compared is
 * public, so how long it takes tells nothing. */
#define ED25519_KEY_SIZE 32
#define ED25519_SIGNATURE_SIZE 64
bool ed25519_holds(const uint8_t public_key[ED25519_KEY_SIZE], struct str message,
	const uint8_t signature[ED25519_SIGNATURE_SIZE]);
/* For the other side, in tests and simulations. The seed is the private key of RFC 8032. */
void ed25519_public(const uint8_t seed[ED25519_KEY_SIZE], uint8_t ret_public_key[ED25519_KEY_SIZE]);
void ed25519_sign(const uint8_t seed[ED25519_KEY_SIZE], struct str message,
	uint8_t ret_signature[ED25519_SIGNATURE_SIZE]);

/* Takes as long for equal as for different texts of the same length. */
bool secret_equal(struct str a, struct str b);

void secret_random(void *bytes, size_t len);

/* Overwrites, also where a compiler would think it needless. */
void secret_wipe(void *bytes, size_t len);

#endif
