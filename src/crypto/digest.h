/* digest: hashes, MACs, comparison and randomness, all OpenSSL's. Threads: any.
 *
 * A failure of the library itself (no memory, no entropy) is fatal: ASSERT.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/str.h"

#define SHA1_SIZE 20
#define SHA256_SIZE 32

void sha256(const void *bytes, size_t len, uint8_t ret_hash[SHA256_SIZE]);
void md5(const void *bytes, size_t len, uint8_t ret_hash[16]);

/* A key made ready once, used often: the cost of a MAC is then that of its blocks. */
struct mac;
struct mac *mac_new_sha1(struct str key);
struct mac *mac_new_sha256(struct str key);
void mac_free(struct mac *mac);
/* Message in pieces; out is 20 or 32 bytes. Not for two threads at once on one mac. */
void mac_of(struct mac *mac, const struct str *pieces, int pieces_n, uint8_t *ret_mac);

void hmac_sha1(struct str key, struct str message, uint8_t ret_mac[SHA1_SIZE]);
void hmac_sha256(struct str key, struct str message, uint8_t ret_mac[SHA256_SIZE]);

/* Takes as long for equal as for different texts of the same length. */
bool secret_equal(struct str a, struct str b);

void secret_random(void *bytes, size_t len);

/* Overwrites, also where a compiler would think it needless. */
void secret_wipe(void *bytes, size_t len);

#endif
