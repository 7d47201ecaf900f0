#include "provider/infobip_signature.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

bool infobip_sign(
	struct str key, struct str called, struct str body, char ret_signature[INFOBIP_SIGNATURE_SIZE])
{
	uint8_t hash[SHA256_SIZE];
	struct buf text, out;

	if (!key.len)
		return false;
	buf_init(&text, called.len + body.len + key.len);
	buf_str(&text, called);
	buf_str(&text, body);
	buf_str(&text, key);
	bool whole = buf_ok(&text);
	if (whole) {
		sha256(text.at, text.len, hash);
		secret_wipe(text.at, text.len);
		buf_fixed(&out, ret_signature, INFOBIP_SIGNATURE_SIZE - 1);
		hex_put(&out, hash, sizeof hash);
		ASSERT(buf_ok(&out));
		ret_signature[out.len] = '\0';
	}
	buf_done(&text);
	return whole;
}
