/* vault_key: what a vault holds. For vault.c and vault_file.c only. */
#ifndef CRYPTO_VAULT_KEY_H
#define CRYPTO_VAULT_KEY_H

#include "crypto/vault.h"

#define VAULT_ROOT_SIZE 32
#define VAULT_INDEX_SIZE 32
#define VAULT_DATA_SIZE 64

struct vault_key {
	uint8_t id; /* 1..255 */
	uint8_t index[VAULT_INDEX_SIZE];
	uint8_t data[VAULT_DATA_SIZE];
};

struct vault {
	uint8_t root[VAULT_ROOT_SIZE];
	int n;
	struct vault_key keys[VAULT_KEYS_MAX]; /* the last one seals */
};

#endif
