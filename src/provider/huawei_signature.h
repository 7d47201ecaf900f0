/* huawei_signature: the header by which Huawei's calls to us say who they are (support.huaweicloud.com, PrivateNumber,
 * "X mode call event notification"):
 *
 *	X-AKSK: UsernameToken Username="KEY", PasswordDigest="...", Nonce="...", Created="2018-02-12T15:30:20Z"
 *	        PasswordDigest = base64(HMAC-SHA256(secret, nonce created))
 *	X-WSSE: the same, as it was before 2024
 *	        PasswordDigest = base64(SHA-256(nonce created secret))
 *
 * It says who asks and when, not what is asked.
 */
#ifndef PROVIDER_HUAWEI_SIGNATURE_H
#define PROVIDER_HUAWEI_SIGNATURE_H

#include "provider/provider.h"

#define HUAWEI_DIGEST_SIZE 45 /* 44 characters and a terminator */
#define HUAWEI_AGE_MAX_S 300  /* older and younger ones are refused */

void huawei_aksk(struct str secret, struct str nonce, struct str created, char ret_digest[HUAWEI_DIGEST_SIZE]);
void huawei_wsse(struct str secret, struct str nonce, struct str created, char ret_digest[HUAWEI_DIGEST_SIZE]);

/* Either header holds for the account's key (api_key) and one of its two secrets, and is fresh. */
bool huawei_signature_holds(const struct account *account, const struct webhook *webhook);

#endif
