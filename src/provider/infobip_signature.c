#include "provider/infobip_signature.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "wire/base64.h"

bool infobip_sign(
	struct str key, struct str called, struct str body, char ret_signature[INFOBIP_SIGNATURE_SIZE])
{
	uint8_t hash[SHA256_SIZE];
	const struct str pieces[] = {called, body, key};
	struct buf out;

	if (!key.len)
		return false;
	sha256_of(pieces, 3, hash);
	buf_fixed(&out, ret_signature, INFOBIP_SIGNATURE_SIZE - 1);
	hex_put(&out, hash, sizeof hash);
	ASSERT(buf_ok(&out));
	ret_signature[out.len] = '\0';
	return true;
}
