#include "provider/messagebird_signature.h"

#include "crypto/digest.h"
#include "provider/webhook.h"
#include "wire/base64.h"
#include "wire/jwt.h"

#define CLAIM_MAX 256

static struct str text_of(const struct json_at *claims, const char *name)
{
	struct json_at at = json_at_field(claims, name);
	struct problem problem = {0};
	struct str text = STR_NONE;

	if (!json_at_is_text(&at) || json_at_text(&at, 0, CLAIM_MAX, &text, &problem) != ERR_OK)
		return STR_NONE;
	return text;
}

static bool is_of_now(const struct json_at *claims, int64_t now_ms)
{
	struct json_at nbf = json_at_field(claims, "nbf"), exp = json_at_field(claims, "exp");
	int64_t now_s = now_ms / 1000, begins_s, ends_s;

	return json_at_integer(&nbf, &begins_s) && json_at_integer(&exp, &ends_s) && now_s >= begins_s - MESSAGEBIRD_SKEW_S &&
	       now_s < ends_s + MESSAGEBIRD_SKEW_S;
}

static bool hash_holds(struct str claim, struct str bytes)
{
	uint8_t hash[SHA256_SIZE], claimed[SHA256_SIZE];
	size_t len;

	if (!hex_read(claim, claimed, sizeof claimed, &len) || len != sizeof claimed)
		return false;
	sha256(bytes.at, bytes.len, hash);
	return memcmp(hash, claimed, sizeof hash) == 0; /* neither is a secret */
}

/* No body, no hash of one. */
static bool payload_holds(const struct json_at *claims, struct str body)
{
	struct str claim = text_of(claims, "payload_hash");
	struct json_at at = json_at_field(claims, "payload_hash");

	return body.len ? hash_holds(claim, body) : !json_at_there(&at);
}

bool messagebird_signature_holds(const struct account *account, const struct webhook *webhook)
{
	struct str token = webhook->header(webhook->header_context, "MessageBird-Signature-JWT");
	const struct str secrets[] = {str_of(account->secret), str_of(account->secret_2)};
	struct json json;

	enum err err = token.len ? jwt_read(token, secrets, 2, &json) : ERR_BAD_REQUEST;
	if (err == ERR_OVERLOADED)
		webhook_no_memory(webhook);
	if (err)
		return false;
	struct json_at claims = json_at_root(&json);
	bool holds = str_equal(text_of(&claims, "iss"), STR("MessageBird")) && text_of(&claims, "jti").len &&
		     is_of_now(&claims, webhook->now_ms) && hash_holds(text_of(&claims, "url_hash"), webhook->url) &&
		     payload_holds(&claims, webhook->body);
	json_done(&json);
	return holds;
}

void messagebird_sign(struct str secret, struct str url, struct str body, int64_t now_ms, struct buf *out)
{
	uint8_t hash[SHA256_SIZE];
	struct buf claims;
	char room[512];

	buf_fixed(&claims, room, sizeof room);
	buf_lit(&claims, "{\"iss\":\"MessageBird\",\"nbf\":");
	buf_i64(&claims, now_ms / 1000);
	buf_lit(&claims, ",\"exp\":");
	buf_i64(&claims, now_ms / 1000 + 60);
	buf_lit(&claims, ",\"jti\":\"93e55006-a0e8-4526-a190-fa5ff00ea116\",\"url_hash\":\"");
	sha256(url.at, url.len, hash);
	hex_put(&claims, hash, sizeof hash);
	if (body.len) {
		buf_lit(&claims, "\",\"payload_hash\":\"");
		sha256(body.at, body.len, hash);
		hex_put(&claims, hash, sizeof hash);
	}
	buf_lit(&claims, "\"}");
	jwt_put(out, secret, buf_text(&claims));
}
