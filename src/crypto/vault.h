/* vault: the keys that make a data folder readable, and what is done with them (DESIGN.md section 4).
 *
 * The key file is text, mode 0600, outside the database:
 *
 *   bauta-key 1
 *   root <64 hex>
 *   key 1 index <64 hex> data <128 hex>
 *   key 2 index <64 hex> data <128 hex>     (optional: while rotating; ids ascend, the last line seals)
 *
 * Index key: HMAC-SHA-256 of a number ("+62...") -> person, cut to 16 bytes. Data key: AES-256-SIV of a
 * number with session id and role as associated data -> box; of a text (a refused event) with its place. Further
 * keys (texts' hashes, audit) are derived from the root by HKDF-SHA-256 with a label: the root is made once and
 * outlives every rotation.
 *
 * Threads: a vault is read only; each thread that seals, opens or hashes has its own vault_use.
 */
#ifndef CRYPTO_VAULT_H
#define CRYPTO_VAULT_H

#include "base/buf.h"
#include "core/number.h"

#define VAULT_KEYS_MAX 2
#define VAULT_ID_MAX 255
#define VAULT_BOX_SIZE 25 /* key id (1), SIV (16), number as 64-bit big endian (8) */
#define VAULT_CHECK_SIZE 16
#define VAULT_TEXT_MAX (1u << 20)  /* of a sealed text */
#define VAULT_TEXT_MORE 18         /* bytes that sealing adds to one */
#define VAULT_PLACE_MAX 200

struct vault;
struct vault_use;

/* Reads the key file. ERR_NOT_FOUND: there is none. ERR_STORE_REFUSED: not readable, others may read it
 * (mode), not of this form; ret_error gets one sentence. A systemd credential or mode 0400 is fine. */
MUST_CHECK enum err vault_read(const char *path, struct vault **ret_vault, char ret_error[256]);

/* Makes a new key file (O_EXCL, 0600, fsynced with its folder) and reads it. */
MUST_CHECK enum err vault_create(const char *path, struct vault **ret_vault, char ret_error[256]);

/* Adds the next key to the file: a new one takes its place, whole or not at all, with the same owner and mode.
 * ERR_NOT_FOUND; ERR_STORE_REFUSED as vault_read, and when it has two keys already. */
MUST_CHECK enum err vault_rotate(const char *path, int *ret_id, char ret_error[256]);

/* From 96 bytes a key, for tests and the simulator; all such vaults have one root. */
struct vault *vault_of(const uint8_t (*keys)[96], int n);
void vault_free(struct vault *vault);

int vault_keys(const struct vault *vault);

/* The number (1..255) that key i has in the file and in its boxes. */
int vault_key_id(const struct vault *vault, int i);

/* A value by which a database knows its key: HMAC of a constant under key i's index key. */
void vault_check(const struct vault *vault, int i, uint8_t ret_check[VAULT_CHECK_SIZE]);
/* The same of the root. */
void vault_root_check(const struct vault *vault, uint8_t ret_check[VAULT_CHECK_SIZE]);

struct vault_use *vault_use_new(const struct vault *vault);
void vault_use_free(struct vault_use *use);

/* Under the key that seals; vault_person_old under the other one (false when there is only one). */
void vault_person(struct vault_use *use, struct number number, struct person *ret_person);
bool vault_person_old(struct vault_use *use, struct number number, struct person *ret_person);

/* person_short() under the other key; 0: there is only one. */
uint64_t vault_short_old(struct vault_use *use, struct number number);

/* False: no memory. */
MUST_CHECK bool vault_seal(struct vault_use *use, struct number number, uint64_t session, struct str role, int index,
	uint8_t ret_box[VAULT_BOX_SIZE]);

/* ERR_STORE_REFUSED: it was not sealed for that session, role and index with one of our keys. ERR_OVERLOADED: no memory. */
MUST_CHECK enum err vault_open(struct vault_use *use, const uint8_t box[VAULT_BOX_SIZE], uint64_t session,
	struct str role, int index, struct number *ret_number);

/* A text of up to VAULT_TEXT_MAX bytes, also an empty one, for one place ("dead:123", 1..VAULT_PLACE_MAX bytes) only:
 * key id (1), SIV (16), then the text and a byte 1 under AES-256-SIV. Appends to `out`; ask buf_ok() there. The same
 * text, place and key give the same bytes. */
void vault_seal_text(struct vault_use *use, struct str text, struct str place, struct buf *out);

/* Appends the text to `out`. ERR_STORE_REFUSED: it was not sealed for that place with one of our keys;
 * ERR_LIMIT_REACHED: `out` has no room. `out` is as it was then, but for its error. */
MUST_CHECK enum err vault_open_text(struct vault_use *use, struct str sealed, struct str place, struct buf *out);

/* The id of the key that a text says it is sealed with; 0: it is no sealed text. */
int vault_text_sealed_by(struct str sealed);

/* Key of hash_bytes() for refs, fingerprints, idempotency: stable across restarts and rotation. */
void vault_text_key(const struct vault *vault, uint64_t ret_key[2]);

/* HMAC-SHA-256 under the audit key. */
void vault_audit(struct vault_use *use, const struct str *pieces, int pieces_n, uint8_t ret_hash[32]);

/* HMAC-SHA-256 cut to 16 bytes under the text key: idempotency keys and bodies. */
void vault_text_hash(struct vault_use *use, const struct str *pieces, int pieces_n, uint8_t ret_hash[16]);

#endif
