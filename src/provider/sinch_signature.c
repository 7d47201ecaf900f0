#include "provider/sinch_signature.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define SECRET_MAX 256

bool sinch_sign(struct str secret, const struct sinch_signed *what, char ret_signature[SINCH_SIGNATURE_SIZE])
{
	uint8_t key[SECRET_MAX], hash[16], mac_bytes[SHA256_SIZE];
	char hash_text[25];
	size_t key_len;
	struct buf out;

	if (!base64_read(secret, key, sizeof key, &key_len) || key_len == 0)
		return false;
	md5(what->body.at, what->body.len, hash);
	buf_fixed(&out, hash_text, sizeof hash_text);
	base64_put(&out, hash, sizeof hash);
	ASSERT(buf_ok(&out));
	const struct str pieces[] = {STR("POST\n"), buf_text(&out), STR("\n"), what->content_type,
		STR("\nx-timestamp:"), what->timestamp, STR("\n"), what->path};
	hmac_sha256_of(str_n((const char *)key, key_len), pieces, sizeof pieces / sizeof pieces[0], mac_bytes);
	secret_wipe(key, sizeof key);
	buf_fixed(&out, ret_signature, SINCH_SIGNATURE_SIZE - 1);
	base64_put(&out, mac_bytes, sizeof mac_bytes);
	ASSERT(buf_ok(&out));
	ret_signature[out.len] = '\0';
	return true;
}
