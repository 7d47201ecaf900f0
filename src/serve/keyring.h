/* keyring: the API keys in force, as workers ask for them: `bauta_<id>_<secret>` -> who may do what.
 *
 * Threads: keyring_find from any; keyring_replace from one.
 */
#ifndef KEYRING_H
#define KEYRING_H

#include "store/store.h"

struct keyring;

/* Who asks: a copy. */
struct asker {
	char key_id[KEY_ID_SIZE];
	char tenant[TENANT_NAME_MAX + 1];
	uint16_t tenant_index;
	unsigned scopes; /* bits of enum key_scope */
};

struct keyring *keyring_new(void);
void keyring_free(struct keyring *keyring);

/* All keys anew; tenants[i] is the engine's index of rows[i].tenant. */
MUST_CHECK enum err keyring_replace(struct keyring *keyring, const struct key_row *rows, const uint16_t *tenants, int n);

/* The value of an Authorization header. ERR_UNAUTHORIZED: missing, malformed, unknown, expired, revoked or
 * wrong: not told apart; the secret is compared in constant time. */
MUST_CHECK enum err keyring_find(struct keyring *keyring, struct str authorization, int64_t now_ms, struct asker *ret_asker);

/* Makes a key: fills id, secret_hash and created_at of *row and gives the text to show once. */
void keyring_make(struct key_row *row, int64_t now_ms, char ret_text[100]);

/* "sessions,numbers" -> bits; false: an unknown word (in *ret_bad). */
bool keyring_scopes(struct str words, unsigned *ret_scopes, struct str *ret_bad);
void keyring_scopes_text(unsigned scopes, char text[64]);

#endif
