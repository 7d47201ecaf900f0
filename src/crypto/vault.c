#include "crypto/vault.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "crypto/siv.h"
#include "crypto/vault_key.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

#define AD_MAX (8 + 1 + 255)

struct vault_use {
	const struct vault *vault;
	struct mac *person[VAULT_KEYS_MAX];
	struct siv *siv[VAULT_KEYS_MAX];
	struct mac *text;
	struct mac *audit;
};

/* A key of its own for each further purpose. */
static void derive(const struct vault *vault, const char *label, void *ret_key, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	ASSERT(kdf && ctx);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)vault->root, VAULT_ROOT_SIZE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)label, strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	ASSERT(EVP_KDF_derive(ctx, ret_key, len, params) == 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static struct mac *derived_mac(const struct vault *vault, const char *label)
{
	uint8_t key[32];
	derive(vault, label, key, sizeof key);
	struct mac *mac = mac_new_sha256(str_n((const char *)key, sizeof key));
	secret_wipe(key, sizeof key);
	return mac;
}

struct vault *vault_of(const uint8_t (*keys)[96], int n)
{
	ASSERT(n >= 1 && n <= VAULT_KEYS_MAX);
	struct vault *vault = calloc(1, sizeof *vault);
	ASSERT(vault);
	memset(vault->root, 0x5a, sizeof vault->root);
	vault->n = n;
	for (int i = 0; i < n; i++) {
		vault->keys[i].id = (uint8_t)(i + 1);
		memcpy(vault->keys[i].index, keys[i], VAULT_INDEX_SIZE);
		memcpy(vault->keys[i].data, keys[i] + VAULT_INDEX_SIZE, VAULT_DATA_SIZE);
	}
	return vault;
}

void vault_free(struct vault *vault)
{
	if (!vault)
		return;
	secret_wipe(vault, sizeof *vault);
	free(vault);
}

int vault_keys(const struct vault *vault)
{
	return vault->n;
}

int vault_key_id(const struct vault *vault, int i)
{
	ASSERT(i >= 0 && i < vault->n);
	return vault->keys[i].id;
}

static void check_of(const uint8_t *key, size_t len, struct str label, uint8_t ret_check[VAULT_CHECK_SIZE])
{
	uint8_t mac[SHA256_SIZE];
	hmac_sha256(str_n((const char *)key, len), label, mac);
	memcpy(ret_check, mac, VAULT_CHECK_SIZE);
}

void vault_check(const struct vault *vault, int i, uint8_t ret_check[VAULT_CHECK_SIZE])
{
	ASSERT(i >= 0 && i < vault->n);
	check_of(vault->keys[i].index, VAULT_INDEX_SIZE, STR("bauta key check"), ret_check);
}

void vault_root_check(const struct vault *vault, uint8_t ret_check[VAULT_CHECK_SIZE])
{
	check_of(vault->root, VAULT_ROOT_SIZE, STR("bauta root check"), ret_check);
}

struct vault_use *vault_use_new(const struct vault *vault)
{
	struct vault_use *use = calloc(1, sizeof *use);
	ASSERT(use);
	use->vault = vault;
	for (int i = 0; i < vault->n; i++) {
		const struct vault_key *key = &vault->keys[i];
		use->person[i] = mac_new_sha256(str_n((const char *)key->index, VAULT_INDEX_SIZE));
		use->siv[i] = siv_new(key->data, VAULT_DATA_SIZE);
	}
	use->text = derived_mac(vault, "bauta text mac");
	use->audit = derived_mac(vault, "bauta audit mac");
	return use;
}

void vault_use_free(struct vault_use *use)
{
	if (!use)
		return;
	for (int i = 0; i < use->vault->n; i++) {
		mac_free(use->person[i]);
		siv_free(use->siv[i]);
	}
	mac_free(use->text);
	mac_free(use->audit);
	free(use);
}

static void person_of(struct mac *mac, struct number number, struct person *ret_person)
{
	char text[NUMBER_TEXT_SIZE];
	uint8_t hash[SHA256_SIZE];
	struct str piece = str_of(number_text(number, text));
	mac_of(mac, &piece, 1, hash);
	memcpy(ret_person->key, hash, sizeof ret_person->key);
	secret_wipe(text, sizeof text);
}

void vault_person(struct vault_use *use, struct number number, struct person *ret_person)
{
	person_of(use->person[use->vault->n - 1], number, ret_person);
}

bool vault_person_old(struct vault_use *use, struct number number, struct person *ret_person)
{
	if (use->vault->n < 2)
		return false;
	person_of(use->person[0], number, ret_person);
	return true;
}

uint64_t vault_short_old(struct vault_use *use, struct number number)
{
	struct person old;
	return vault_person_old(use, number, &old) ? person_short(&old) : 0;
}

/* What a box belongs to: session id (8, big endian), index (1), role. */
static struct str box_ad(uint64_t session, struct str role, int index, uint8_t ad[AD_MAX])
{
	ASSERT(role.len <= AD_MAX - 9 && index >= 0 && index <= UINT8_MAX);
	for (int i = 0; i < 8; i++)
		ad[i] = (uint8_t)(session >> (56 - 8 * i));
	ad[8] = (uint8_t)index;
	if (role.len > 0)
		memcpy(ad + 9, role.at, role.len);
	return str_n((const char *)ad, 9 + role.len);
}

bool vault_seal(struct vault_use *use, struct number number, uint64_t session, struct str role, int index,
	uint8_t ret_box[VAULT_BOX_SIZE])
{
	uint8_t ad[AD_MAX];
	uint8_t text[8];
	int last = use->vault->n - 1;
	for (int i = 0; i < 8; i++)
		text[i] = (uint8_t)(number.e164 >> (56 - 8 * i));
	ret_box[0] = use->vault->keys[last].id;
	bool sealed = siv_seal(use->siv[last], box_ad(session, role, index, ad), text, sizeof text, ret_box + 1);
	secret_wipe(text, sizeof text);
	return sealed;
}

/* Index of the key with that id; -1: we have none. */
static int key_of(const struct vault_use *use, uint8_t id)
{
	int i = use->vault->n - 1;
	while (i >= 0 && use->vault->keys[i].id != id)
		i--;
	return i;
}

enum err vault_open(struct vault_use *use, const uint8_t box[VAULT_BOX_SIZE], uint64_t session, struct str role,
	int index, struct number *ret_number)
{
	uint8_t ad[AD_MAX];
	uint8_t text[8];
	int i = key_of(use, box[0]);
	if (i < 0)
		return ERR_STORE_REFUSED;
	enum err err = siv_open(use->siv[i], box_ad(session, role, index, ad), box + 1, sizeof text, text);
	if (err != ERR_OK)
		return err;
	uint64_t e164 = 0;
	for (int j = 0; j < 8; j++)
		e164 = e164 << 8 | text[j];
	*ret_number = (struct number){e164};
	secret_wipe(text, sizeof text);
	return ERR_OK;
}

/* What a text belongs to. As a session's id these first bytes would be of the year 6000: no box has such data. */
static struct str text_ad(struct str place, char ad[AD_MAX])
{
	static const char kind[] = "text:";
	size_t kind_len = sizeof kind - 1;
	ASSERT(place.len > 0 && place.len <= VAULT_PLACE_MAX);
	memcpy(ad, kind, kind_len);
	memcpy(ad + kind_len, place.at, place.len);
	return str_n(ad, kind_len + place.len);
}

/* The byte behind the text: OpenSSL's SIV makes no tag of nothing. */
void vault_seal_text(struct vault_use *use, struct str text, struct str place, struct buf *out)
{
	char ad[AD_MAX];
	int last = use->vault->n - 1;
	ASSERT(text.len <= VAULT_TEXT_MAX);
	char *room = buf_room(out, text.len + VAULT_TEXT_MORE);
	if (!room)
		return;
	uint8_t *clear = malloc(text.len + 1);
	if (!clear) {
		out->failed = out->no_memory = true;
		return;
	}
	if (text.len > 0)
		memcpy(clear, text.at, text.len);
	clear[text.len] = 1;
	room[0] = (char)use->vault->keys[last].id;
	if (siv_seal(use->siv[last], text_ad(place, ad), clear, text.len + 1, (uint8_t *)room + 1))
		buf_took(out, text.len + VAULT_TEXT_MORE);
	else
		out->failed = out->no_memory = true;
	secret_wipe(clear, text.len + 1);
	free(clear);
}

enum err vault_open_text(struct vault_use *use, struct str sealed, struct str place, struct buf *out)
{
	char ad[AD_MAX];
	if (sealed.len < VAULT_TEXT_MORE || sealed.len > VAULT_TEXT_MAX + VAULT_TEXT_MORE)
		return ERR_STORE_REFUSED;
	int i = key_of(use, (uint8_t)sealed.at[0]);
	if (i < 0)
		return ERR_STORE_REFUSED;
	size_t len = sealed.len - VAULT_TEXT_MORE;
	uint8_t *room = (uint8_t *)buf_room(out, len + 1);
	if (!room)
		return ERR_LIMIT_REACHED;
	enum err err = siv_open(use->siv[i], text_ad(place, ad), (const uint8_t *)sealed.at + 1, len + 1, room);
	if (err == ERR_OK)
		buf_took(out, len);
	return err;
}

int vault_text_sealed_by(struct str sealed)
{
	return sealed.len < VAULT_TEXT_MORE ? 0 : (uint8_t)sealed.at[0];
}

void vault_text_key(const struct vault *vault, uint64_t ret_key[2])
{
	derive(vault, "bauta text key", ret_key, 16);
}

void vault_audit(struct vault_use *use, const struct str *pieces, int pieces_n, uint8_t ret_hash[32])
{
	mac_of(use->audit, pieces, pieces_n, ret_hash);
}

void vault_text_hash(struct vault_use *use, const struct str *pieces, int pieces_n, uint8_t ret_hash[16])
{
	uint8_t hash[SHA256_SIZE];
	mac_of(use->text, pieces, pieces_n, hash);
	memcpy(ret_hash, hash, 16);
}
