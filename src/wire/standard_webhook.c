#include "wire/standard_webhook.h"

#include <inttypes.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

static const struct str prefix = {"whsec_", 6};

enum err standard_webhook_secret_parse(
	struct str text, struct standard_webhook_secret *ret_secret, const char **ret_why)
{
	uint8_t bytes[STANDARD_WEBHOOK_SECRET_MAX + 3]; /* a little more is base64 too, and too long */
	size_t len = 0;

	*ret_why = NULL;
	if (!str_starts(text, prefix))
		*ret_why = "must begin with whsec_";
	else if (text.len - prefix.len > sizeof bytes / 3 * 4)
		*ret_why = "must be 24 to 64 bytes in base64 behind whsec_; it is longer";
	else if (!base64_read(
			 str_n(text.at + prefix.len, text.len - prefix.len), bytes, sizeof bytes, &len))
		*ret_why = "is not base64 (with its = at the end) behind whsec_";
	else if (len < STANDARD_WEBHOOK_SECRET_MIN)
		*ret_why = "must be 24 to 64 bytes in base64 behind whsec_; it is shorter";
	else if (len > STANDARD_WEBHOOK_SECRET_MAX)
		*ret_why = "must be 24 to 64 bytes in base64 behind whsec_; it is longer";
	if (!*ret_why) {
		*ret_secret = (struct standard_webhook_secret){.len = len};
		memcpy(ret_secret->bytes, bytes, len);
	}
	secret_wipe(bytes, sizeof bytes);
	return *ret_why ? ERR_BAD_REQUEST : ERR_OK;
}

static void put_signature(
	struct buf *out, const struct standard_webhook_secret *secret, const struct str *pieces, int pieces_n)
{
	uint8_t hash[SHA256_SIZE];

	hmac_sha256_of(str_n((const char *)secret->bytes, secret->len), pieces, pieces_n, hash);
	buf_lit(out, "v1,");
	base64_put(out, hash, sizeof hash);
}

void standard_webhook_sign(const struct standard_webhook_secret *secrets, int secrets_n, struct str id,
	int64_t timestamp_s, struct str body, char ret_signature[STANDARD_WEBHOOK_SIGNATURE_SIZE])
{
	char between[24];
	struct buf out;

	ASSERT(secrets_n >= 1 && secrets_n <= STANDARD_WEBHOOK_SECRETS_MAX);
	ASSERT(id.len && !memchr(id.at, '.', id.len) && timestamp_s >= 0);
	int len = snprintf(between, sizeof between, ".%" PRId64 ".", timestamp_s);
	const struct str pieces[] = {id, {between, (size_t)len}, body};
	buf_fixed(&out, ret_signature, STANDARD_WEBHOOK_SIGNATURE_SIZE);
	for (int i = 0; i < secrets_n; i++) {
		if (i > 0)
			buf_char(&out, ' ');
		put_signature(&out, &secrets[i], pieces, 3);
	}
	buf_char(&out, '\0');
	ASSERT(buf_ok(&out));
}
