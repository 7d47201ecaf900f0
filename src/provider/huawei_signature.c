#include "provider/huawei_signature.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"
#include "wire/time_text.h"

#define NONCE_MAX 128
#define CREATED_MAX 40

typedef void digest_of(struct str secret, struct str nonce, struct str created, char ret_digest[HUAWEI_DIGEST_SIZE]);

struct token {
	struct str user, digest, nonce, created;
};

static void put_digest(const uint8_t hash[SHA256_SIZE], char ret_digest[HUAWEI_DIGEST_SIZE])
{
	struct buf text;

	buf_fixed(&text, ret_digest, HUAWEI_DIGEST_SIZE - 1);
	base64_put(&text, hash, SHA256_SIZE);
	ASSERT(buf_ok(&text));
	ret_digest[text.len] = '\0';
}

void huawei_aksk(struct str secret, struct str nonce, struct str created, char ret_digest[HUAWEI_DIGEST_SIZE])
{
	const struct str pieces[] = {nonce, created};
	uint8_t hash[SHA256_SIZE];

	hmac_sha256_of(secret, pieces, 2, hash);
	put_digest(hash, ret_digest);
}

void huawei_wsse(struct str secret, struct str nonce, struct str created, char ret_digest[HUAWEI_DIGEST_SIZE])
{
	char room[NONCE_MAX + CREATED_MAX + ACCOUNT_SECRET_MAX];
	uint8_t hash[SHA256_SIZE];
	struct buf text;

	buf_fixed(&text, room, sizeof room);
	buf_str(&text, nonce);
	buf_str(&text, created);
	buf_str(&text, secret);
	ASSERT(buf_ok(&text));
	sha256(text.at, text.len, hash);
	secret_wipe(room, sizeof room);
	put_digest(hash, ret_digest);
}

/* name="value" of a list, whatever the order; values have no quotes in them. */
static struct str field_of(struct str list, const char *name)
{
	while (list.len) {
		struct str value, found = str_trim(str_cut(list, '=', &value));
		if (!value.len || value.at[0] != '"')
			return STR_NONE;
		value = str_cut(str_n(value.at + 1, value.len - 1), '"', &list);
		if (!list.at)
			return STR_NONE;
		if (str_equal(found, str_of(name)))
			return value;
		str_cut(list, ',', &list);
	}
	return STR_NONE;
}

static bool read_token(struct str text, struct token *ret_token)
{
	struct str list, scheme = str_cut(str_trim(text), ' ', &list);
	struct token token = {field_of(list, "Username"), field_of(list, "PasswordDigest"), field_of(list, "Nonce"),
		field_of(list, "Created")};

	if (!str_equal(scheme, STR("UsernameToken")) || !token.nonce.len || token.nonce.len > NONCE_MAX ||
		!token.created.len || token.created.len > CREATED_MAX || token.digest.len != HUAWEI_DIGEST_SIZE - 1)
		return false;
	*ret_token = token;
	return true;
}

static bool is_fresh(struct str created, int64_t now_ms)
{
	int64_t then_ms, most_ms = (int64_t)HUAWEI_AGE_MAX_S * 1000;

	return time_text_parse(created, &then_ms) == ERR_OK && then_ms >= now_ms - most_ms && then_ms <= now_ms + most_ms;
}

static bool digest_holds(const char *secret, const struct token *token, digest_of *digest)
{
	char expected[HUAWEI_DIGEST_SIZE];

	if (!secret[0])
		return false;
	digest(str_of(secret), token->nonce, token->created, expected);
	return secret_equal(str_of(expected), token->digest);
}

bool huawei_signature_holds(const struct account *account, const struct webhook *webhook)
{
	struct str text = webhook->header(webhook->header_context, "X-AKSK");
	digest_of *digest = text.at ? huawei_aksk : huawei_wsse;
	struct token token;

	if (!text.at)
		text = webhook->header(webhook->header_context, "X-WSSE");
	if (!read_token(text, &token) || !secret_equal(token.user, str_of(account->api_key)) ||
		!is_fresh(token.created, webhook->now_ms))
		return false;
	return digest_holds(account->secret, &token, digest) || digest_holds(account->secret_2, &token, digest);
}
