/* siv: AES-SIV (RFC 5297) with one piece of associated data, of OpenSSL's AES-CMAC and AES-CTR.
 *
 * Deterministic: the same number, session and role give the same box. OpenSSL has the whole mode too, but 3.0 can't use
 * a context of it twice: a copy for each text costs 0.9 us, this 0.35. Whether both give the same is looked at
 * whenever a key is made ready (siv_new), and by the tests for every length.
 *
 * Threads: one at a time on one siv. A failure of the library itself is fatal: ASSERT.
 */
#ifndef CRYPTO_SIV_H
#define CRYPTO_SIV_H

#include "base/err.h"
#include "base/str.h"

#define SIV_TAG_SIZE 16
#define SIV_TEXT_MAX ((1u << 20) + 64)

struct siv;

/* `key_len` 32 (AES-128) or 64 (AES-256). */
struct siv *siv_new(const uint8_t *key, size_t key_len);
void siv_free(struct siv *siv);

/* ret_sealed gets tag (16), then `len` (1..SIV_TEXT_MAX) bytes of cipher text; it must not overlap `text`. `ad` is not
 * empty: OpenSSL's own mode before 3.0.10 leaves an empty one out (CVE-2023-2975). False: no memory. */
MUST_CHECK bool siv_seal(struct siv *siv, struct str ad, const uint8_t *text, size_t len, uint8_t *ret_sealed);

/* ERR_STORE_REFUSED: not sealed with this key and associated data; ERR_OVERLOADED: no memory. ret_text holds zeros
 * then. It must not overlap `sealed`. */
MUST_CHECK enum err siv_open(struct siv *siv, struct str ad, const uint8_t *sealed, size_t len, uint8_t *ret_text);

#endif
