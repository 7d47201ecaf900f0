#include "wire/jwt.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

static const struct str header = {"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", 27};

/* RFC 4648 section 5, without padding, strict. */
static bool read_base64url(struct str text, void *bytes, size_t size, size_t *ret_len)
{
	char plain[JWT_MAX + 4];

	ASSERT(text.len <= JWT_MAX); /* jwt_read takes no longer token */
	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '+' || c == '/' || c == '=')
			return false;
		plain[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	size_t len = text.len;
	while (len % 4)
		plain[len++] = '=';
	return base64_read(str_n(plain, len), bytes, size, ret_len);
}

static void put_base64url(struct buf *out, const void *bytes, size_t len)
{
	size_t from = out->len;

	base64_put(out, bytes, len);
	if (!buf_ok(out))
		return;
	while (out->len > from && out->at[out->len - 1] == '=')
		out->len--;
	for (size_t i = from; i < out->len; i++)
		out->at[i] = out->at[i] == '+' ? '-' : out->at[i] == '/' ? '_' : out->at[i];
}

/* Every secret is tried, so that the time doesn't tell which it was. */
static bool signature_holds(struct str what, struct str signature, const struct str *secrets, int secrets_n)
{
	uint8_t given[SHA256_SIZE], made[SHA256_SIZE];
	bool holds = false;
	size_t len;

	ASSERT(secrets_n <= JWT_SECRETS_MAX);
	if (!read_base64url(signature, given, sizeof given, &len) || len != sizeof given)
		return false;
	for (int i = 0; i < secrets_n; i++) {
		if (!secrets[i].len)
			continue;
		hmac_sha256(secrets[i], what, made);
		holds |= secret_equal(str_n((const char *)given, sizeof given), str_n((const char *)made, sizeof made));
	}
	return holds;
}

/* The JSON object in one part of the token. */
static enum err read_part(struct str part, struct json *ret_json)
{
	char text[JWT_MAX];
	struct problem problem = {0};
	size_t len;

	if (!read_base64url(part, text, sizeof text, &len))
		return ERR_BAD_REQUEST;
	enum err err = json_read(str_n(text, len), sizeof text, ret_json, &problem);
	if (err)
		return err;
	struct json_at root = json_at_root(ret_json);
	if (json_at_is_object(&root))
		return ERR_OK;
	json_done(ret_json);
	return ERR_BAD_REQUEST;
}

/* "crit" names what must be understood (RFC 7515 section 4.1.11): we understand none of it. */
static enum err check_header(struct str part)
{
	struct problem problem = {0};
	struct str alg = STR_NONE;
	struct json json;
	enum err err = read_part(part, &json);

	if (err)
		return err;
	struct json_at root = json_at_root(&json), at = json_at_field(&root, "alg"), crit = json_at_field(&root, "crit");
	err = json_at_text(&at, 1, 16, &alg, &problem);
	if (!err && (!str_equal(alg, STR("HS256")) || json_at_there(&crit)))
		err = ERR_BAD_REQUEST;
	json_done(&json);
	return err;
}

enum err jwt_read(struct str token, const struct str *secrets, int secrets_n, struct json *ret_claims)
{
	struct str signature, rest;

	if (token.len > JWT_MAX)
		return ERR_UNAUTHORIZED;
	struct str head = str_cut(token, '.', &rest), claims = str_cut(rest, '.', &signature);
	if (!head.len || !claims.len || !signature.len || memchr(signature.at, '.', signature.len))
		return ERR_UNAUTHORIZED;
	struct str what = str_n(token.at, head.len + 1 + claims.len);
	if (!signature_holds(what, signature, secrets, secrets_n))
		return ERR_UNAUTHORIZED;
	enum err err = check_header(head);
	return err ? err : read_part(claims, ret_claims);
}

void jwt_put(struct buf *out, struct str secret, struct str claims)
{
	uint8_t mac[SHA256_SIZE];
	size_t from = out->len;

	put_base64url(out, header.at, header.len);
	buf_char(out, '.');
	put_base64url(out, claims.at, claims.len);
	if (!buf_ok(out))
		return;
	hmac_sha256(secret, str_n(out->at + from, out->len - from), mac);
	buf_char(out, '.');
	put_base64url(out, mac, sizeof mac);
}
