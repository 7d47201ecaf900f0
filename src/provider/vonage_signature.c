#include "provider/vonage_signature.h"

#include "crypto/digest.h"
#include "provider/webhook.h"
#include "wire/base64.h"
#include "wire/json_text.h"
#include "wire/jwt.h"

#define SIGNED_MEMORY_MAX (256 * 1024)

static const struct str scheme = {"Bearer ", 7};

/* RFC 7519: before its exp, not before its nbf; both may be absent. */
static bool is_fresh(const struct json_at *claims, int64_t now_ms)
{
	struct json_at iat = json_at_field(claims, "iat"), exp = json_at_field(claims, "exp"),
		       nbf = json_at_field(claims, "nbf");
	int64_t now_s = now_ms / 1000, made_s, ends_s, begins_s;

	if (!json_at_integer(&iat, &made_s) || made_s < now_s - VONAGE_AGE_MAX_S || made_s > now_s + VONAGE_AGE_MAX_S)
		return false;
	if (json_at_there(&exp) && !(json_at_integer(&exp, &ends_s) && now_s < ends_s))
		return false;
	return !json_at_there(&nbf) || (json_at_integer(&nbf, &begins_s) && begins_s <= now_s);
}

/* {"to":"442079460000","from":"447700900000",...}: the fields in the order of the query, without white space. */
static bool hash_query(const struct webhook *webhook, uint8_t hash[SHA256_SIZE])
{
	struct arena arena;
	struct form form;
	struct buf text;

	arena_init(&arena, SIGNED_MEMORY_MAX);
	buf_init(&text, SIGNED_MEMORY_MAX);
	bool read = form_parse(webhook->query, &arena, &form) == ERR_OK;
	buf_char(&text, '{');
	for (int i = 0; read && i < form.n; i++) {
		if (i)
			buf_char(&text, ',');
		json_put_string(&text, form.fields[i].name);
		buf_char(&text, ':');
		json_put_string(&text, form.fields[i].value);
	}
	buf_char(&text, '}');
	read = read && buf_ok(&text);
	if (arena.no_memory || text.no_memory)
		webhook_no_memory(webhook);
	if (read)
		sha256(text.at, text.len, hash);
	buf_done(&text);
	arena_done(&arena);
	return read;
}

static bool payload_holds(const struct json_at *claims, const struct webhook *webhook)
{
	struct json_at at = json_at_field(claims, "payload_hash");
	uint8_t hash[SHA256_SIZE], claimed[SHA256_SIZE];
	struct problem problem = {0};
	struct str text = STR_NONE;
	size_t len;

	if (!json_at_there(&at) || json_at_text(&at, 0, 2 * SHA256_SIZE, &text, &problem) != ERR_OK ||
		!hex_read(text, claimed, sizeof claimed, &len) || len != sizeof claimed)
		return false;
	if (webhook->post)
		sha256(webhook->body.at, webhook->body.len, hash);
	else if (!hash_query(webhook, hash))
		return false;
	return memcmp(hash, claimed, sizeof hash) == 0; /* neither is a secret */
}

bool vonage_signature_holds(const struct account *account, const struct webhook *webhook)
{
	struct str value = webhook->header(webhook->header_context, "Authorization");
	const struct str secrets[] = {str_of(account->secret), str_of(account->secret_2)};
	struct json json;

	if (value.len < scheme.len || !str_equal_nocase(str_n(value.at, scheme.len), scheme))
		return false;
	struct str token = str_trim(str_n(value.at + scheme.len, value.len - scheme.len));
	enum err err = jwt_read(token, secrets, 2, &json);
	if (err == ERR_OVERLOADED)
		webhook_no_memory(webhook);
	if (err)
		return false;
	struct json_at claims = json_at_root(&json);
	bool holds = is_fresh(&claims, webhook->now_ms) && payload_holds(&claims, webhook);
	json_done(&json);
	return holds;
}

void vonage_sign(const struct account *account, struct str body, int64_t now_ms, struct buf *out)
{
	uint8_t hash[SHA256_SIZE];
	char room[640];
	struct buf claims;

	sha256(body.at, body.len, hash);
	buf_fixed(&claims, room, sizeof room);
	buf_lit(&claims, "{\"iat\":");
	buf_i64(&claims, now_ms / 1000);
	buf_lit(&claims, ",\"jti\":\"c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5\",\"iss\":\"Vonage\",\"payload_hash\":\"");
	hex_put(&claims, hash, sizeof hash);
	buf_lit(&claims, "\",\"api_key\":\"a1b2c3d\",\"application_id\":\"aaaaaaaa-bbbb-cccc-dddd-0123456789ab\"}");
	buf_str(out, scheme);
	jwt_put(out, str_of(account->secret), buf_text(&claims));
}
