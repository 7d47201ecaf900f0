#include "serve/keyring.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "crypto/digest.h"

#define ID_LEN (KEY_ID_SIZE - 1)
#define SECRET_LEN 64 /* hex digits of 256 bits */

struct held {
	struct key_row row;
	uint16_t tenant;
};

struct keyring {
	pthread_rwlock_t lock;
	struct held *keys; /* by id, ascending */
	int keys_n;
};

static const struct {
	const char *word;
	enum key_scope bit;
} scopes[] = {
	{"sessions", KEY_SESSIONS}, {"numbers", KEY_NUMBERS}, {"calls", KEY_CALLS},
	{"route", KEY_ROUTE}, {"reveal", KEY_REVEAL}, {"admin", KEY_ADMIN},
};
#define SCOPES_N (sizeof scopes / sizeof *scopes)

struct keyring *keyring_new(void)
{
	struct keyring *keyring = calloc(1, sizeof *keyring);

	if (keyring && pthread_rwlock_init(&keyring->lock, NULL) != 0) {
		free(keyring);
		return NULL;
	}
	return keyring;
}

void keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return;
	pthread_rwlock_destroy(&keyring->lock);
	free(keyring->keys);
	free(keyring);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct held *)a)->row.id, ((const struct held *)b)->row.id, KEY_ID_SIZE);
}

enum err keyring_replace(struct keyring *keyring, const struct key_row *rows, const uint16_t *tenants, int n)
{
	struct held *keys = calloc((size_t)n + 1, sizeof *keys);

	if (!keys)
		return ERR_INTERNAL;
	for (int i = 0; i < n; i++)
		keys[i] = (struct held){rows[i], tenants[i]};
	qsort(keys, (size_t)n, sizeof *keys, by_id);
	pthread_rwlock_wrlock(&keyring->lock);
	struct held *old = keyring->keys;
	keyring->keys = keys;
	keyring->keys_n = n;
	pthread_rwlock_unlock(&keyring->lock);
	free(old);
	return ERR_OK;
}

/* "Bearer bauta_<id>_<secret>" -> id and secret. */
static bool split(struct str authorization, struct str *ret_id, struct str *ret_secret)
{
	static const struct str scheme = {"bearer ", 7}, prefix = {"bauta_", 6};
	size_t at = scheme.len;

	if (authorization.len < at || !str_equal_nocase(str_n(authorization.at, at), scheme))
		return false;
	struct str token = str_trim(str_n(authorization.at + at, authorization.len - at));
	if (!str_starts(token, prefix) || token.len != prefix.len + ID_LEN + 1 + SECRET_LEN)
		return false;
	if (token.at[prefix.len + ID_LEN] != '_')
		return false;
	*ret_id = str_n(token.at + prefix.len, ID_LEN);
	*ret_secret = str_n(token.at + prefix.len + ID_LEN + 1, SECRET_LEN);
	return true;
}

static const struct held *find(const struct keyring *keyring, struct str id)
{
	int low = 0, high = keyring->keys_n;

	while (low < high) {
		int middle = low + (high - low) / 2;
		int order = memcmp(keyring->keys[middle].row.id, id.at, ID_LEN);
		if (order == 0)
			return &keyring->keys[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool in_force(const struct key_row *row, int64_t now_ms)
{
	return row->revoked_at == 0 && (row->expires_at == 0 || now_ms < (int64_t)row->expires_at * 1000);
}

static bool opens(const struct key_row *row, const uint8_t hash[SHA256_SIZE])
{
	return secret_equal(str_n((const char *)row->secret_hash, SHA256_SIZE), str_n((const char *)hash, SHA256_SIZE));
}

enum err keyring_find(struct keyring *keyring, struct str authorization, int64_t now_ms, struct asker *ret_asker)
{
	struct str id, secret;
	uint8_t hash[SHA256_SIZE];
	enum err err = ERR_UNAUTHORIZED;

	if (!split(authorization, &id, &secret))
		return ERR_UNAUTHORIZED;
	/* Also for ids that are not there, so that time tells nothing of them. */
	sha256(secret.at, secret.len, hash);
	pthread_rwlock_rdlock(&keyring->lock);
	const struct held *held = find(keyring, id);
	if (held && opens(&held->row, hash) && in_force(&held->row, now_ms)) {
		memcpy(ret_asker->key_id, held->row.id, sizeof ret_asker->key_id);
		memcpy(ret_asker->tenant, held->row.tenant, sizeof ret_asker->tenant);
		ret_asker->tenant_index = held->tenant;
		ret_asker->scopes = held->row.scopes;
		err = ERR_OK;
	}
	pthread_rwlock_unlock(&keyring->lock);
	return err;
}

static void random_id(char id[KEY_ID_SIZE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t bytes[ID_LEN];

	secret_random(bytes, sizeof bytes);
	for (int i = 0; i < ID_LEN; i++)
		id[i] = letters[bytes[i] & 31];
	id[ID_LEN] = '\0';
}

void keyring_make(struct key_row *row, int64_t now_ms, char ret_text[100])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[SECRET_LEN / 2];
	char secret[SECRET_LEN + 1];

	random_id(row->id);
	secret_random(bytes, sizeof bytes);
	for (int i = 0; i < SECRET_LEN; i++)
		secret[i] = hex[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
	secret[SECRET_LEN] = '\0';
	sha256(secret, SECRET_LEN, row->secret_hash);
	row->created_at = (uint32_t)(now_ms / 1000);
	snprintf(ret_text, 100, "bauta_%s_%s", row->id, secret);
	secret_wipe(bytes, sizeof bytes);
	secret_wipe(secret, sizeof secret);
}

bool keyring_scopes(struct str words, unsigned *ret_scopes, struct str *ret_bad)
{
	unsigned bits = 0;
	struct str rest = words;

	while (rest.at) {
		struct str word = str_trim(str_cut(rest, ',', &rest));
		size_t i = 0;
		while (i < SCOPES_N && !str_equal(word, str_of(scopes[i].word)))
			i++;
		if (i == SCOPES_N) {
			*ret_bad = word;
			return false;
		}
		bits |= scopes[i].bit;
	}
	if (bits == 0) {
		*ret_bad = words;
		return false;
	}
	*ret_scopes = bits;
	return true;
}

void keyring_scopes_text(unsigned bits, char text[64])
{
	struct buf buf;

	buf_fixed(&buf, text, 63);
	for (size_t i = 0; i < SCOPES_N; i++)
		if (bits & scopes[i].bit)
			buf_fmt(&buf, "%s%s", buf.len ? "," : "", scopes[i].word);
	text[buf.len] = '\0';
}
